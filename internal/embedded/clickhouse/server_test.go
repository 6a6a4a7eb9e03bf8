package clickhouse_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	client "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/rs/zerolog"

	"sellthrough/internal/embedded/clickhouse"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/internal/embedded/filelock"
)

const (
	adminPassword = "admin & <secret>"
	readPassword  = "reader's"
)

// run starts a server of the test's own in dir, which stop ends as a program would.
func run(t *testing.T, dir string, change ...func(*clickhouse.Options)) (a clickhouse.Address, stop func()) {
	t.Helper()
	o := clickhouse.Options{
		LibPath: library(t), Dir: dir, AdminPassword: adminPassword, ReadPassword: readPassword,
		Log: zerolog.New(zerolog.NewTestWriter(t)),
	}
	for _, c := range change {
		c(&o)
	}
	s, err := clickhouse.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan clickhouse.Address, 1), make(chan error, 1)
	go func() { ended <- s.Run(ctx, func(a clickhouse.Address) { ready <- a }) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		ended <- nil
	}
	t.Cleanup(stop)
	select {
	case a = <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatalf("Run: %v", err)
	}
	return a, stop
}

func library(t *testing.T) string {
	t.Helper()
	lib, err := clickhouse.Fetch(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

func connect(t *testing.T, tcp, user, password string) driver.Conn {
	t.Helper()
	c, err := client.Open(&client.Options{Addr: []string{tcp}, Auth: client.Auth{Username: user, Password: password}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func exec1(t *testing.T, c driver.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if err := c.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// refused checks that statement fails with one of the server's own errors.
func refused(t *testing.T, c driver.Conn, statement string) {
	t.Helper()
	err := c.Exec(t.Context(), statement)
	if _, ok := errors.AsType[*client.Exception](err); !ok {
		t.Errorf("%s: got %v, want the server to refuse it", statement, err)
	}
}

func count(ctx context.Context, c driver.Conn, query string, args ...any) (n uint64, err error) {
	err = c.QueryRow(ctx, query, args...).Scan(&n)
	return n, err
}

// processes lists the running processes that have text in their command line.
func processes(t *testing.T, text string) (pids []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-eo", "pid=,args=", "-ww").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if pid, args, _ := strings.Cut(strings.TrimSpace(line), " "); strings.Contains(args, text) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// gone waits for the child of the server in dir to have ended: its lock is free only then.
func gone(t *testing.T, dir string) {
	t.Helper()
	l, err := filelock.Wait(t.Context(), filepath.Join(dir, "process.lock"))
	if err != nil {
		t.Fatal(err)
	}
	l.Release()
}

func TestServerAnswersTheGoClient(t *testing.T) {
	s := enginetest.ClickHouse(t)
	db := enginetest.Database(t)
	c := connect(t, s.TCP, s.AdminUser, s.AdminPassword)
	exec1(t, c,
		"CREATE TABLE "+db+".t (d Date, n UInt64) ENGINE = MergeTree PARTITION BY toYYYYMM(d) ORDER BY n",
		"INSERT INTO "+db+".t SELECT toDate('2026-01-01') + number % 90, number FROM numbers(1000)",
		"ALTER TABLE "+db+".t DELETE WHERE n >= 900 SETTINGS mutations_sync = 1",
		"OPTIMIZE TABLE "+db+".t FINAL",
	)
	n, err := count(t.Context(), c, "SELECT sum(n) FROM "+db+".t")
	if err != nil || n != 899*900/2 {
		t.Fatalf("got %d, %v", n, err)
	}
}

func TestReaderReadsWithParametersAndDeadlines(t *testing.T) {
	s := enginetest.ClickHouse(t)
	c := connect(t, s.TCP, s.ReadUser, s.ReadPassword)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ctx = client.Context(ctx, client.WithParameters(client.Parameters{"limit": "10"}))
	n, err := count(ctx, c, "SELECT sum(number) FROM numbers({limit:UInt64})")
	if err != nil || n != 45 {
		t.Fatalf("got %d, %v", n, err)
	}
	n, err = count(t.Context(), c, "SELECT sum(number) FROM numbers(?)", 10)
	if err != nil || n != 45 {
		t.Fatalf("got %d, %v", n, err)
	}
}

func TestReaderCanOnlyRead(t *testing.T) {
	s := enginetest.ClickHouse(t)
	db := enginetest.Database(t)
	admin := connect(t, s.TCP, s.AdminUser, s.AdminPassword)
	exec1(t, admin, "CREATE TABLE "+db+".t (n UInt64) ENGINE = MergeTree ORDER BY n")
	c := connect(t, s.TCP, s.ReadUser, s.ReadPassword)
	exec1(t, c, "SELECT n FROM "+db+".t")
	refused(t, c, "INSERT INTO "+db+".t VALUES (1)")
	refused(t, c, "CREATE TABLE "+db+".u (n UInt64) ENGINE = Memory")
	refused(t, c, "DROP TABLE "+db+".t")
	refused(t, c, "ALTER TABLE "+db+".t DELETE WHERE 1")
	refused(t, c, "SET readonly = 0")
	refused(t, c, "SELECT 1 SETTINGS max_memory_usage = 0")
	refused(t, c, "SELECT 1 SETTINGS max_execution_time = 0")
	refused(t, c, "SELECT 1 SETTINGS max_execution_time = 100000")
	refused(t, c, "SELECT number FROM numbers(1000001)")
	refused(t, c, "SELECT * FROM file('/etc/passwd', 'LineAsString')")
	refused(t, c, "SELECT * FROM default.`/etc/passwd`")
	refused(t, c, "SELECT * FROM url('http://127.0.0.1:9/', 'LineAsString')")
	refused(t, c, "SELECT * FROM remote('127.0.0.1', system.one)")
	refused(t, c, "SYSTEM STOP MERGES "+db+".t")
}

func TestThePasswordlessUserCanDoNothing(t *testing.T) {
	s := enginetest.ClickHouse(t)
	c := connect(t, s.TCP, "default", "")
	refused(t, c, "SYSTEM STOP LISTEN HTTP")
	refused(t, c, "CREATE TEMPORARY TABLE t (n UInt64) ENGINE = Memory")
	refused(t, c, "SELECT count() FROM system.tables WHERE NOT ignore(*)")
	refused(t, c, "SELECT * FROM file('/etc/passwd', 'LineAsString')")
	if err := connect(t, s.TCP, s.AdminUser, "wrong").Ping(t.Context()); err == nil {
		t.Error("a wrong password was accepted")
	}
}

func TestMemoryLimitIsTheServers(t *testing.T) {
	dir := t.TempDir()
	a, _ := run(t, dir, func(o *clickhouse.Options) { o.MemoryLimit = 512 << 20 })
	before := processes(t, dir)
	c := connect(t, a.TCP, clickhouse.AdminUser, adminPassword)
	refused(t, c, "SELECT length(groupArray(number)) FROM numbers(1000000000) SETTINGS max_memory_usage = 0, max_bytes_ratio_before_external_group_by = 0")
	exec1(t, c, "SELECT sum(number) FROM numbers(1000000)")
	if now := processes(t, dir); len(now) != 1 || now[0] != before[0] {
		t.Errorf("processes %v after %v", now, before)
	}
}

func TestServerComesBackWithItsDataWhenItIsKilled(t *testing.T) {
	dir := t.TempDir()
	a, stop := run(t, dir)
	c := connect(t, a.TCP, clickhouse.AdminUser, adminPassword)
	exec1(t, c,
		"CREATE DATABASE d",
		"CREATE TABLE d.t (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
		"INSERT INTO d.t SELECT number FROM numbers(1000)",
	)
	before := processes(t, dir)
	if len(before) != 1 {
		t.Fatalf("processes %v, want one", before)
	}
	if err := exec.CommandContext(t.Context(), "kill", "-9", before[0]).Run(); err != nil {
		t.Fatal(err)
	}
	var n uint64
	for {
		var err error
		n, err = count(t.Context(), c, "SELECT sum(n) FROM d.t")
		if err == nil {
			break
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
	if n != 999*1000/2 {
		t.Errorf("got %d after the kill", n)
	}
	if now := processes(t, dir); len(now) != 1 || now[0] == before[0] {
		t.Errorf("processes %v after %v", now, before)
	}
	stop()
	if left := processes(t, dir); left != nil {
		t.Errorf("processes %v are left after the end", left)
	}
	gone(t, dir)

	a, _ = run(t, dir)
	if n, err := count(t.Context(), connect(t, a.TCP, clickhouse.AdminUser, adminPassword), "SELECT sum(n) FROM d.t"); err != nil || n != 999*1000/2 {
		t.Errorf("got %d, %v after a clean restart", n, err)
	}
}

func TestServerEndsWhenItsParentIsKilled(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, parentCommand, dir, library(t))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, strings.TrimSpace(address), clickhouse.AdminUser, adminPassword)
	exec1(t, c, "CREATE TABLE default.t (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS fsync_after_insert = 1",
		"INSERT INTO default.t VALUES (7)")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	gone(t, dir)
	if left := processes(t, dir); left != nil {
		t.Errorf("processes %v are left", left)
	}
	// The next program takes the directory over as if nothing had happened.
	a, _ := run(t, dir)
	if n, err := count(t.Context(), connect(t, a.TCP, clickhouse.AdminUser, adminPassword), "SELECT sum(n) FROM default.t"); err != nil || n != 7 {
		t.Errorf("got %d, %v", n, err)
	}
}

func TestTwoProgramsCannotShareADirectory(t *testing.T) {
	dir := t.TempDir()
	lock, err := filelock.Try(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	s, err := clickhouse.New(clickhouse.Options{LibPath: "unused", Dir: dir, AdminPassword: "a", ReadPassword: "b"})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Run(t.Context(), func(clickhouse.Address) { t.Error("ready") })
	if !errors.Is(err, filelock.ErrHeld) || !strings.Contains(err.Error(), "another sellthrough uses "+dir) {
		t.Errorf("got %v", err)
	}
}

func TestALibraryThatDoesNotLoadIsAnErrorNotALoop(t *testing.T) {
	dir := t.TempDir()
	lib := filepath.Join(dir, "libchdb.so")
	if err := os.WriteFile(lib, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := clickhouse.New(clickhouse.Options{LibPath: lib, Dir: dir, AdminPassword: "a", ReadPassword: "b"})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Run(t.Context(), func(clickhouse.Address) { t.Error("ready") })
	if err == nil || !strings.Contains(err.Error(), lib) {
		t.Errorf("got %v, want an error that names %s", err, lib)
	}
}

func TestOptionsAreCheckedAtOnce(t *testing.T) {
	good := clickhouse.Options{LibPath: "x", AdminPassword: "a", ReadPassword: "b"}
	bad := func(change func(*clickhouse.Options)) {
		t.Helper()
		o := good
		change(&o)
		if _, err := clickhouse.New(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
	if _, err := clickhouse.New(good); err != nil {
		t.Error(err)
	}
	bad(func(o *clickhouse.Options) { o.LibPath = "" })
	bad(func(o *clickhouse.Options) { o.AdminPassword = "" })
	bad(func(o *clickhouse.Options) { o.ReadPassword = "" })
	bad(func(o *clickhouse.Options) { o.Users = []clickhouse.User{{Name: "x"}} })
	bad(func(o *clickhouse.Options) { o.Users = []clickhouse.User{{Name: clickhouse.AdminUser, Password: "p"}} })
	bad(func(o *clickhouse.Options) { o.Users = []clickhouse.User{{Name: "x/><y", Password: "p"}} })
	bad(func(o *clickhouse.Options) { o.Host = "0.0.0.0" })
	bad(func(o *clickhouse.Options) { o.Host = "localhost" })
	bad(func(o *clickhouse.Options) { o.MemoryLimit = 1 })
}

func TestUsersSeeWhatTheirGrantsAndPoliciesSay(t *testing.T) {
	s := enginetest.ClickHouse(t)
	admin := connect(t, s.TCP, s.AdminUser, s.AdminPassword)
	exec1(t, admin, "CREATE DATABASE test_users")
	defer exec1(t, admin, "DROP DATABASE test_users SYNC")
	exec1(t, admin,
		"CREATE TABLE test_users.t (n UInt64, secret String) ENGINE = MergeTree ORDER BY n",
		"CREATE TABLE test_users.u (n UInt64) ENGINE = MergeTree ORDER BY n",
		"INSERT INTO test_users.t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
	)
	c := connect(t, s.TCP, "small_reader", readPassword)
	n, err := count(t.Context(), c, "SELECT sum(n) FROM test_users.t")
	if err != nil || n != 1 {
		t.Errorf("got %d, %v", n, err)
	}
	refused(t, c, "SELECT secret FROM test_users.t")
	refused(t, c, "SELECT n FROM test_users.u")
	refused(t, c, "SELECT count() FROM system.processes")
	refused(t, c, "INSERT INTO test_users.t VALUES (4, 'd')")
	for _, user := range []string{s.AdminUser, s.ReadUser} {
		password := map[string]string{s.AdminUser: s.AdminPassword, s.ReadUser: s.ReadPassword}[user]
		if n, err = count(t.Context(), connect(t, s.TCP, user, password), "SELECT sum(n) FROM test_users.t"); err != nil || n != 6 {
			t.Errorf("%s, who has no policy, gets %d, %v", user, n, err)
		}
	}
}
