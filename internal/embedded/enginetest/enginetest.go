// Package enginetest gives tests the real ClickHouse and a Kafka broker.
//
// Engines start when the first test asks, are shared by all tests of a test binary, keep their data in a temporary
// directory and end with Main. A package that uses it has
//
//	func TestMain(m *testing.M) { enginetest.Main(m) }
//
// and its tests take a database of their own with Database, and topic names of their own. Without an engine at hand
// the first test fetches it, with progress on standard error.
package enginetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"sellthrough/internal/embedded/broker"
	"sellthrough/internal/embedded/clickhouse"
)

// Server is where the shared ClickHouse answers and how to log in.
type Server struct {
	TCP, HTTP                string // host:port
	AdminUser, AdminPassword string
	ReadUser, ReadPassword   string
}

// engines of this test binary. Shared state is what the package is for: testing hands nothing else from TestMain to
// the tests.
var engines struct {
	mu    sync.Mutex
	dir   string
	stops []func() error
	users []clickhouse.User

	clickhouse func() (Server, error)
	kafka      func() (string, error)
}

// Users gives the shared server more users. TestMain calls it before Main: a server reads its users at its start only.
func Users(users ...clickhouse.User) { engines.users = append(engines.users, users...) }

// Main runs the tests, stops the engines and exits. In the process that the embedded ClickHouse starts it is that
// process's main function instead.
func Main(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == clickhouse.ChildCommand {
		os.Exit(clickhouse.Child(os.Args[2:]))
	}
	os.Exit(run(m))
}

func run(m *testing.M) (code int) {
	dir, err := os.MkdirTemp("", "enginetest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	engines.dir = dir
	engines.clickhouse = sync.OnceValues(startClickHouse)
	engines.kafka = sync.OnceValues(startKafka)
	code = m.Run()
	engines.mu.Lock()
	defer engines.mu.Unlock()
	for _, stop := range engines.stops {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	return code
}

// ClickHouse returns the shared server.
func ClickHouse(t testing.TB) Server {
	t.Helper()
	if engines.clickhouse == nil {
		t.Fatal("TestMain does not call enginetest.Main")
	}
	s, err := engines.clickhouse()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Kafka returns the shared broker's host:port.
func Kafka(t testing.TB) string {
	t.Helper()
	if engines.kafka == nil {
		t.Fatal("TestMain does not call enginetest.Main")
	}
	addr, err := engines.kafka()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// Database makes an empty database on the shared server, gone after the test, and returns its name.
func Database(t testing.TB) string {
	t.Helper()
	s := ClickHouse(t)
	name := "test_" + strings.ToLower(rand.Text()[:12])
	if err := s.exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.exec(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" SYNC"); err != nil {
			t.Error(err)
		}
	})
	return name
}

// exec runs one statement over HTTP, which needs no client library.
func (s Server) exec(ctx context.Context, statement string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.HTTP+"/", strings.NewReader(statement))
	if err != nil {
		return err
	}
	r.Header.Set("X-ClickHouse-User", s.AdminUser)
	r.Header.Set("X-ClickHouse-Key", s.AdminPassword)
	r.Close = true // an idle connection would hold the server's end up
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", statement, text)
	}
	return err
}

func startClickHouse() (Server, error) {
	s := Server{
		AdminUser: clickhouse.AdminUser, AdminPassword: rand.Text(),
		ReadUser: clickhouse.ReadUser, ReadPassword: rand.Text(),
	}
	o := clickhouse.Options{
		Binary: clickhouse.FindBinary(), Dir: filepath.Join(engines.dir, "clickhouse"),
		AdminPassword: s.AdminPassword, ReadPassword: s.ReadPassword, Users: engines.users, Log: log(),
	}
	if o.Binary == "" {
		var err error
		if o.LibPath, err = clickhouse.Fetch(context.Background(), os.Stderr); err != nil {
			return s, err
		}
	}
	server, err := clickhouse.New(o)
	if err != nil {
		return s, err
	}
	a, err := keep(server.Run)
	s.TCP, s.HTTP = a.TCP, a.HTTP
	return s, err
}

func startKafka() (string, error) {
	b, err := broker.New(broker.Options{Dir: filepath.Join(engines.dir, "kafka"), Log: log()})
	if err != nil {
		return "", err
	}
	return keep(b.Run)
}

// keep runs an engine in the background until the tests have ended and returns what it says when it is ready.
func keep[A any](engine func(context.Context, func(A)) error) (A, error) {
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan A, 1), make(chan error, 1)
	go func() { ended <- engine(ctx, func(a A) { ready <- a }) }()
	select {
	case a := <-ready:
		engines.mu.Lock()
		defer engines.mu.Unlock()
		engines.stops = append(engines.stops, func() error { cancel(); return <-ended })
		return a, nil
	case err := <-ended:
		cancel()
		var none A
		if err == nil {
			err = errors.New("the engine ended before it was ready")
		}
		return none, err
	}
}

func log() zerolog.Logger {
	return zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr}).Level(zerolog.WarnLevel)
}
