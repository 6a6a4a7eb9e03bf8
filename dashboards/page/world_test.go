package page_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough/dashboards/page"
	"sellthrough/internal/access"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/sinks/clickhouse"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// facts are what the boards of testdata ask: four weeks of three partners, whose names are as bad as names are.
var facts = []string{
	`CREATE TABLE sales (partner String, partner_name String, day Date32, location String, line String, product String, qty Decimal(18, 6), amount Decimal(18, 6)) ENGINE = MergeTree ORDER BY (partner, day)`,
	`INSERT INTO sales
	SELECT p.1, p.2, toDate32('2026-03-01') + number % 28 AS d, concat(p.1, '-', toString(number % 3 + 1)), ['Aurora', 'Borealis', 'Corona'][number % 3 + 1],
		['AUR-1', 'BOR-2', 'COR''3\\', '=SUM(A1)'][number % 4 + 1], toDecimal64(if(number % 11 = 0, -1, number % 5 + 1), 6), toDecimal64(if(number % 11 = 0, -1, number % 5 + 1) * 19.99, 6)
	FROM numbers(112) AS n ARRAY JOIN [('acme', 'Acme <b>Retail</b>'), ('o''hara', 'O''Hara & Sons'), ('east', '东方贸易')] AS p
	WHERE NOT (p.1 = 'east' AND number % 28 BETWEEN 10 AND 13)`,
	`CREATE TABLE supply (location String, days Float64) ENGINE = MergeTree ORDER BY location`,
	`INSERT INTO supply VALUES ('acme-1', 2.25), ('acme-2', 9), ('acme-3', 31.5), ('east-1', 14.04), ('<img src=x onerror=alert(1)>', 6.9)`,
	`CREATE TABLE states (at DateTime('UTC'), feed String, state String) ENGINE = MergeTree ORDER BY (feed, at)`,
	`INSERT INTO states SELECT toDateTime('2026-03-05 00:00:00', 'UTC') + number * 21600, f, if(f = 'acme-pos', if(number % 9 = 8, 'late', 'good'), ['good', 'good', 'late', 'missing'][intDiv(number, 6) % 4 + 1])
	FROM numbers(40) ARRAY JOIN ['acme-pos', 'east-stock'] AS f`,
}

// world is a page over facts.
type world struct {
	url    string
	reader *counting
	page   *page.Page
	lines  *prometheus.CounterVec
	as     atomic.Pointer[access.Viewer] // who asks
}

// counting is a reader that knows how often it was asked, and can be held up.
type counting struct {
	page.Reader
	asked atomic.Int64
	hold  chan struct{} // nil: nothing is held up
}

func (c *counting) Read(ctx context.Context, v access.Viewer, sql string) (clickhouse.Table, error) {
	c.asked.Add(1)
	if c.hold != nil {
		select {
		case <-c.hold:
		case <-ctx.Done():
			return clickhouse.Table{}, ctx.Err()
		}
	}
	return c.Reader.Read(ctx, v, sql)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s, db := enginetest.ClickHouse(t), enginetest.Database(t)
	for _, statement := range facts {
		exec(t, s, db, statement)
	}
	r, err := clickhouse.NewReader(clickhouse.ReaderOptions{Address: s.TCP, Database: db, User: s.ReadUser, Password: s.ReadPassword})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	reg := prometheus.NewRegistry()
	lines := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "test_lines_total", Help: "x"}, []string{"partition"})
	lag := prometheus.NewGauge(prometheus.GaugeOpts{Name: "test_lag", Help: "x"})
	reg.MustRegister(lines, lag)
	lines.WithLabelValues("0").Add(100)
	lag.Set(42)
	w := &world{reader: &counting{Reader: r}, lines: lines}
	w.page, err = page.New(page.Options{
		Reader: w.reader, Boards: os.DirFS("testdata/boards"), Age: "SELECT now() - 90", Gatherer: reg, Title: "Test channel", Version: "test", Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	local := access.Local()
	w.as.Store(&local)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.page.ServeHTTP(rw, r.WithContext(access.With(r.Context(), *w.as.Load())))
	}))
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// exec runs one statement over HTTP as the administrator.
func exec(t *testing.T, s enginetest.Server, db, statement string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.HTTP+"/?database="+db, strings.NewReader(statement))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-ClickHouse-User", s.AdminUser)
	r.Header.Set("X-ClickHouse-Key", s.AdminPassword)
	r.Close = true // an idle connection would hold the server's end up
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", statement, text, err)
	}
}

// frame is an answer's table.
type frame struct {
	Columns []string `json:"columns"`
	Types   []string `json:"types"`
	Rows    [][]any  `json:"rows"`
}

// post asks and gives the status and the body.
func (w *world) post(t *testing.T, path string, body any) (int, []byte, http.Header) {
	t.Helper()
	text, ok := body.([]byte)
	if !ok {
		var err error
		if text, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := http.Post(w.url+path, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, got, answer.Header
}

// march is a request for the four weeks of the facts.
func march(vars map[string][]string) map[string]any {
	return map[string]any{"from": "2026-03-01", "to": "2026-03-28", "lang": "en", "vars": vars}
}

// rows asks a panel and gives its only frame.
func (w *world) rows(t *testing.T, path string, vars map[string][]string) frame {
	t.Helper()
	status, text, _ := w.post(t, path, march(vars))
	var a struct {
		Frames []frame  `json:"frames"`
		Age    *float64 `json:"age"`
	}
	if err := json.Unmarshal(text, &a); status != http.StatusOK || err != nil || len(a.Frames) != 1 {
		t.Fatalf("%s: %d %s %v", path, status, text, err)
	}
	if a.Age == nil || *a.Age < 89 || *a.Age > 300 {
		t.Errorf("%s: the age of the data is %v", path, a.Age)
	}
	return a.Frames[0]
}

// sample keeps this process's metrics once.
func (w *world) sample(t *testing.T) {
	t.Helper()
	if err := w.page.Sample(time.Now()); err != nil {
		t.Fatal(err)
	}
}
