package clickhouse

import (
	"fmt"
	"os"
	"testing"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"sellthrough/internal/embedded/enginetest"
	server "sellthrough/internal/embedded/clickhouse"
)

func init() {
	for _, u := range ReadUsers("test_access", "policed_", "s") {
		x := server.User{Name: u.Name, Password: u.Password, Grants: u.Grants}
		for _, p := range u.Policies {
			x.Policies = append(x.Policies, server.Policy(p))
		}
		enginetest.Users(x)
	}
}

func TestTry(t *testing.T) {
	s := enginetest.ClickHouse(t)
	l, err := Open(Options{Address: s.TCP, Database: "test_access", User: s.AdminUser, Password: s.AdminPassword, Window: 100})
	if err != nil { t.Fatal(err) }
	if err := l.Migrate(t.Context()); err != nil { t.Fatal(err) }
	for _, q := range []string{
		"INSERT INTO test_access.sales_daily (partner, location, product, qty_micros, lines) VALUES ('acme','A1','p',1000000,1),('beta','B1','p',2000000,1),('','X','p',4000000,1)",
		"INSERT INTO test_access.ref_products (version, code, cost) VALUES (1,'p',5)",
		"INSERT INTO test_access.ref_locations (version, code, partner) VALUES (1,'A1','acme'),(1,'B1','beta')",
		"INSERT INTO test_access.ref_ranging (version, location,product) VALUES (1,'A1','p'),(1,'B1','p')",
	} {
		if err := l.exec(t.Context(), "x", q); err != nil { t.Fatal(err) }
	}
	if err := l.exec(t.Context(), "x", "CREATE VIEW test_access.v_prod SQL SECURITY INVOKER AS SELECT code, cost, name FROM test_access.ref_products"); err != nil { t.Fatal(err) }
	queries, _ := os.ReadFile("/tmp/s_queries.txt")
	for _, name := range []string{"policed_reader", "policed_reader_cost", "policed_partner_reader"} {
		r, err := NewReader(ReaderOptions{Address: s.TCP, Database: "test_access", User: name, Password: PasswordOf("s", name)})
		if err != nil { t.Fatal(err) }
		for i, q := range split(string(queries)) {
			id := fmt.Sprintf("scope:acme:%s%d", name, i)
			tb, err := ask(ch.Context(t.Context(), ch.WithQueryID(id)), r.conn, q)
			e := ""
			if err != nil { e = err.Error(); if len(e) > 260 { e = e[:260] } }
			rows := fmt.Sprint(tb.Rows)
			if len(rows) > 600 { rows = rows[:600] }
			fmt.Printf("%s | %s\n   -> %s %s\n", name, q, rows, e)
		}
		r.Close()
	}
	_ = l.exec(t.Context(), "x", "DROP DATABASE test_access SYNC")
}

func split(s string) (out []string) {
	line := ""
	for _, c := range s {
		if c == '\n' { if line != "" { out = append(out, line) }; line = ""; continue }
		line += string(c)
	}
	return out
}
