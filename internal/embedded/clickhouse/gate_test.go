package clickhouse_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	client "github.com/ClickHouse/clickhouse-go/v2"

	"sellthrough/internal/embedded/clickhouse"
	"sellthrough/internal/embedded/enginetest"
)

// The server would end at any of these if they reached it.
func TestAClientThatCannotLogInDoesNotEndTheServer(t *testing.T) {
	dir := t.TempDir()
	a, _ := run(t, dir)
	before := processes(t, dir)
	code := func(database, user, password string) int32 {
		t.Helper()
		c, err := client.Open(&client.Options{
			Addr: []string{a.TCP}, Auth: client.Auth{Database: database, Username: user, Password: password},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		err = c.Ping(t.Context())
		e, ok := errors.AsType[*client.Exception](err)
		if !ok {
			t.Fatalf("%s@%s: got %v, want the server to refuse", user, database, err)
		}
		return e.Code
	}
	say := func(text string) {
		t.Helper()
		c, err := net.Dial("tcp", a.TCP)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	}
	for range 3 {
		if got := code("", clickhouse.AdminUser, "wrong"); got != 516 {
			t.Errorf("wrong password: code %d", got)
		}
		if got := code("", "nobody", ""); got != 516 {
			t.Errorf("unknown user: code %d", got)
		}
		if got := code("nowhere", clickhouse.AdminUser, adminPassword); got != 81 {
			t.Errorf("unknown database: code %d", got)
		}
		say("")
		say("GET / HTTP/1.0\r\n\r\n")
		say("\x00\x01x")
		say("\x00\xff\xff\xff\xff\x0f")
	}
	exec1(t, connect(t, a.TCP, clickhouse.AdminUser, adminPassword), "SELECT 1")
	if now := processes(t, dir); len(now) != 1 || now[0] != before[0] {
		t.Errorf("processes %v after %v: the server has ended", now, before)
	}
}

func TestSystemTablesThatOnlyGrowAreAbsent(t *testing.T) {
	s := enginetest.ClickHouse(t)
	c := connect(t, s.TCP, s.AdminUser, s.AdminPassword)
	exec1(t, c, "SELECT 1", "SYSTEM FLUSH LOGS")
	rows, err := c.Query(t.Context(), "SELECT name FROM system.tables WHERE database = 'system' AND engine LIKE '%MergeTree'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if len(names) > 0 {
		t.Errorf("there are %s", strings.Join(names, ", "))
	}
}
