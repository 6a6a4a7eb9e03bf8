package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/internal/child"
	"sellthrough/internal/config"
)

const (
	apiKey   = "key-of-the-bench-0123456789"
	database = "sellthrough"
	feedPath = "/v1/feeds/%s" // where bodies are posted

	partitions = 4 // as the default
)

const configuration = `
data: %s
listen: {api: 127.0.0.1:%d, admin: 127.0.0.1:%d}
reporting: {currency: GBP, time_zone: Europe/London}
reference: {folder: %s, watch: 1h}
engines: {kafka: {partitions: %d}}
limits: {per_minute: 1000000, concurrent: 64, per_partner: 64}
log: {level: info, format: json}
partners:
  - {id: chain, name: Chain, time_zone: Europe/London, currency: GBP, keys: [%s]}
feeds:
  - id: chain-pos
    partner: chain
    kind: sales
    columns:
      document: Receipt
      location: Store
      item: SKU
      qty: Quantity
      amount: Amount
      kind: {constant: sell_out, negative: return_in}
      at: Time
    identity: {scope: location-day, line_key: [Line]}
    coverage: {kind: none}
  - id: chain-stock
    partner: chain
    kind: stock
    columns: {location: Store, item: SKU, qty: On hand, at: Counted}
    coverage: {kind: none}
alerts:
  channels: [{name: hook, type: json, url: '%s', per_minute: 600}]
`

const (
	feed      = "chain-pos"
	stockFeed = "chain-stock"
)

// system is the program under load, in a folder and on ports of its own.
type system struct {
	dir, binary    string
	api, admin     string
	proc           *child.Process
	out            *os.File
	gone           bool
	child          int // pid of the embedded ClickHouse
	address        string
	user, password string
	conn           driver.Conn
	http           *http.Client
	hook           *hook
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// build builds the program into a folder.
func build(ctx context.Context, dir string) (binary string, err error) {
	say("building")
	binary = filepath.Join(dir, "sellthrough")
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "sellthrough/cmd/sellthrough")
	c.Stderr = os.Stderr
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("build: %w", err)
	}
	return binary, nil
}

// where a system lives.
type where struct {
	dir, hook  string
	api, admin int
}

// roadSettings is the configuration of the system that the road is measured on.
func roadSettings(w where) string {
	return fmt.Sprintf(configuration, filepath.Join(w.dir, "data"), w.api, w.admin, filepath.Join(w.dir, "reference"), partitions, config.HashKey(apiKey), w.hook)
}

// startSystem starts the program in a folder, with its reference data, and waits until it answers.
func startSystem(ctx context.Context, binary, dir string, settings func(where) string) (*system, error) {
	api, err := freePort()
	if err != nil {
		return nil, err
	}
	admin, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &system{
		dir: dir, binary: binary, api: fmt.Sprintf("http://127.0.0.1:%d", api), admin: fmt.Sprintf("http://127.0.0.1:%d", admin), hook: newHook(),
		http: &http.Client{Timeout: 3 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 128}},
	}
	file := filepath.Join(dir, "sellthrough.yaml")
	if err := os.WriteFile(file, []byte(settings(where{dir, s.hook.URL, api, admin})), 0o600); err != nil {
		return nil, err
	}
	if s.out, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, "up", "--config", file)
	cmd.Stdout, cmd.Stderr = s.out, s.out
	say("starting")
	if s.proc, err = child.Start(cmd); err != nil {
		return nil, err
	}
	err = s.await(ctx)
	if err == nil {
		err = s.connect()
	}
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func (s *system) await(ctx context.Context) error {
	limit := time.After(4 * time.Minute) // a first start may fetch the engine
	for {
		if _, err := s.get(ctx, "/readyz"); err == nil {
			break
		}
		select {
		case <-s.proc.Ended():
			return fmt.Errorf("the program ended: %s\n%s", s.proc.How(), s.tail())
		case <-limit:
			return fmt.Errorf("the program is not ready:\n%s", s.tail())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	if s.child = childOf(s.proc.Process.Pid); s.child == 0 {
		return errors.New("there is no ClickHouse child of the program in /proc")
	}
	return nil
}

// get asks the admin port.
func (s *system) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.admin+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, resp.Status)
	}
	return b, err
}

func (s *system) tail() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(b[max(0, len(b)-4000):])
}

// stop ends the program as an operator does, and by force when that takes too long.
func (s *system) stop() error {
	if s.gone {
		return nil
	}
	s.gone = true
	defer s.out.Close()
	defer s.hook.Close()
	if s.conn != nil {
		_ = s.conn.Close()
	}
	if !s.proc.Stop(time.Minute) {
		return fmt.Errorf("the program did not stop within a minute:\n%s", s.tail())
	}
	return nil
}

// connect opens a connection to the program's own ClickHouse, as its own user.
func (s *system) connect() error {
	var e struct{ ClickHouse, User, Password string }
	text, err := os.ReadFile(filepath.Join(s.dir, "data", "engines.json"))
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		return err
	}
	s.address, s.user, s.password = e.ClickHouse, e.User, e.Password
	s.conn, err = clickhouse.Open(&clickhouse.Options{
		Addr: []string{s.address}, Auth: clickhouse.Auth{Database: database, Username: s.user, Password: s.password}, ReadTimeout: 5 * time.Minute,
		MaxOpenConns: 4,
	})
	return err
}

// post sends a body and gives the receipt of the 202.
func (s *system) post(ctx context.Context, feed string, body []byte) (rc sellthrough.Receipt, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.api+fmt.Sprintf(feedPath, url.PathEscape(feed)), bytes.NewReader(body))
	if err != nil {
		return rc, err
	}
	req.Header.Set("Authorization", "Bearer "+apiKey)
	req.Header.Set("Content-Type", "text/csv")
	resp, err := s.http.Do(req)
	if err != nil {
		return rc, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return rc, err
	}
	if resp.StatusCode >= 300 {
		return rc, fmt.Errorf("post: %s: %.500s", resp.Status, text)
	}
	if err := json.Unmarshal(text, &rc); err != nil {
		return rc, err
	}
	if rc.Refused > 0 {
		return rc, fmt.Errorf("%d rows of %s were refused: %+v", rc.Refused, rc.Submission, rc.Refusals[0])
	}
	return rc, nil
}

// sizes merges all parts and reads what a line takes on disk.
func (s *system) sizes(ctx context.Context, r *report) error {
	say("merging, for the size on disk")
	for _, t := range []string{"movements", "sales_daily"} {
		if err := s.conn.Exec(ctx, "OPTIMIZE TABLE "+database+"."+t+" FINAL"); err != nil {
			return err
		}
	}
	size := func(table string) (z size, err error) {
		err = s.conn.QueryRow(ctx, "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND database = ? AND table = ?", database, table).Scan(&z.rows, &z.bytes)
		return z, err
	}
	var err error
	if r.movements, err = size("movements"); err != nil {
		return err
	}
	r.daily, err = size("sales_daily")
	return err
}
