package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/internal/child"
	"sellthrough/internal/config"
	"sellthrough/sinks/clickhouse"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "sellthrough-e2e-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "sellthrough")
	build := exec.Command("go", append(buildWith(dir), "-o", binary, "sellthrough/cmd/sellthrough")...)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the program under test:", err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// buildWith is the command that builds it; tests behind a build tag have their own.
var buildWith = func(string) []string { return []string{"build"} }

// system is one running `sellthrough`, with its own data folder and ports.
type system struct {
	t     *testing.T
	dir   string
	api   string
	admin string
	proc  *child.Process
	out   *os.File
	env   []string
	args  []string
	bin   string // another build of the program; empty: the one under test
}

// program is the build that the system runs.
func (s *system) program() string {
	if s.bin != "" {
		return s.bin
	}
	return binary
}

const header = `
data: %s
listen: {api: 127.0.0.1:%d, admin: 127.0.0.1:%d}
reporting: {currency: GBP, time_zone: Europe/London}
limits: {per_minute: 1000000, concurrent: 32, per_partner: 16}
log: {level: info, format: json}
`

// apiKey is the key of a partner of the tests; partner gives its YAML.
func apiKey(partner string) string { return "key-of-" + partner + "-0123456789" }

func partner(id, zone, currency string) string {
	return fmt.Sprintf("  - {id: %s, name: %s, time_zone: %s, currency: %s, keys: [%s]}\n", id, id, zone, currency, config.HashKey(apiKey(id)))
}

// start runs the program on a configuration (without data and listen) and waits until it is ready.
func start(t *testing.T, yaml string) *system {
	t.Helper()
	s := &system{t: t, dir: t.TempDir(), args: []string{"up"}}
	api, admin := freePort(t), freePort(t)
	s.api, s.admin = fmt.Sprintf("http://127.0.0.1:%d", api), fmt.Sprintf("http://127.0.0.1:%d", admin)
	text := fmt.Sprintf(header, filepath.Join(s.dir, "data"), api, admin) + yaml
	if err := os.WriteFile(filepath.Join(s.dir, "sellthrough.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run()
	t.Cleanup(s.stop)
	return s
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// run starts the process (again) and waits until it answers.
func (s *system) run() {
	s.t.Helper()
	var err error
	if s.out, err = os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(s.program(), append(s.args, "--config", filepath.Join(s.dir, "sellthrough.yaml"))...)
	cmd.Stdout, cmd.Stderr = s.out, s.out
	cmd.Env = append(os.Environ(), s.env...)
	if s.proc, err = child.Start(cmd); err != nil {
		s.t.Fatal(err)
	}
	s.await()
}

// await waits until the program is ready, or fails with the log when the process ends.
func (s *system) await() {
	s.t.Helper()
	limit := time.After(3 * time.Minute) // a first start may fetch the engine
	for {
		resp, err := http.Get(s.admin + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-s.proc.Ended():
			s.t.Fatalf("the program ended: %s\n%s", s.proc.How(), s.log())
		case <-limit:
			s.t.Fatalf("the program does not answer:\n%s", s.log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *system) log() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	if len(b) > 8000 {
		b = b[len(b)-8000:]
	}
	return string(b)
}

// kill is kill -9, and waits for the process to be gone.
func (s *system) kill() {
	s.proc.Kill()
	s.out.Close()
}

// stop ends the process as an operator does.
func (s *system) stop() {
	if !s.proc.Stop(time.Minute) {
		s.t.Errorf("the program did not stop:\n%s", s.log())
	}
	s.out.Close()
}

// answer is what the door said to a body.
type answer struct {
	Status  int
	Body    []byte
	Receipt sellthrough.Receipt
}

// send posts a body once. An error is a cut connection.
func (s *system) send(ctx context.Context, feed, partner string, query url.Values, key string, body io.Reader, header http.Header) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.api+"/v1/feeds/"+feed+"?"+query.Encode(), body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+apiKey(partner))
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	maps.Copy(req.Header, header)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{Status: resp.StatusCode}
	if a.Body, err = io.ReadAll(resp.Body); err != nil {
		return a, err
	}
	if a.Status < 300 {
		err = json.Unmarshal(a.Body, &a.Receipt)
	}
	return a, err
}

// push posts a body, which must be taken.
func (s *system) push(feed, partner string, query url.Values, body []byte) sellthrough.Receipt {
	s.t.Helper()
	a, err := s.send(s.t.Context(), feed, partner, query, "", bytes.NewReader(body), nil)
	if err != nil || a.Status >= 300 {
		s.t.Fatalf("push to %s: %d %s %v\n%s", feed, a.Status, a.Body, err, s.log())
	}
	return a.Receipt
}

// final waits until the books are final (or hold the submission) and gives the outcome.
func (s *system) final(id sellthrough.SubmissionID) clickhouse.Report {
	s.t.Helper()
	l := s.ledger()
	defer l.Close()
	for limit := time.Now().Add(2 * time.Minute); ; {
		p, ok, err := l.Submission(s.t.Context(), id)
		if err == nil && ok && p.State != clickhouse.OnTheRoad {
			return p
		}
		if time.Now().After(limit) {
			s.t.Fatalf("submission %s is not final: %+v %v\n%s", id, p, err, s.log())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// ledger opens the embedded ClickHouse as the program's own user.
func (s *system) ledger() *clickhouse.Ledger {
	s.t.Helper()
	var e struct{ ClickHouse, User, Password string }
	text, err := os.ReadFile(filepath.Join(s.dir, "data", "engines.json"))
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	l, err := clickhouse.Open(clickhouse.Options{Address: e.ClickHouse, Database: "sellthrough", User: e.User, Password: e.Password})
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// ask runs SQL and gives the rows as text, cells by a blank.
func (s *system) ask(sql string) string {
	s.t.Helper()
	l := s.ledger()
	defer l.Close()
	t, err := l.Query(s.t.Context(), sql, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	var rows []string
	for _, r := range t.Rows {
		rows = append(rows, strings.Trim(fmt.Sprint(r...), "[]"))
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = fmt.Sprint(c)
		}
		rows[len(rows)-1] = strings.Join(cells, " ")
	}
	return strings.Join(rows, "\n")
}

// tool runs a subcommand beside the running system and gives its output.
func (s *system) tool(args ...string) (string, error) {
	c := exec.Command(s.program(), append(args, "--config", filepath.Join(s.dir, "sellthrough.yaml"))...)
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return string(out), err
}

// settled waits until the books are final for all submissions that were acknowledged: n of them.
func (s *system) settled(n int) {
	s.t.Helper()
	want := fmt.Sprint(n)
	for limit := time.Now().Add(3 * time.Minute); s.ask("SELECT count() FROM sellthrough.v_submissions WHERE state != 'on the road'") != want; {
		if time.Now().After(limit) {
			s.t.Fatalf("%s of %d submissions are in the books:\n%s", s.ask("SELECT count() FROM sellthrough.v_submissions"), n, s.log())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *system) verify() {
	s.t.Helper()
	if out, err := s.tool("verify"); err != nil {
		s.t.Errorf("verify: %v\n%s", err, out)
	}
}
