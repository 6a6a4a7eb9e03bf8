package deploy

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/ingest/format/csv"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/config"
	"sellthrough/transform/reference"
)

// said is what a file of the examples holds.
type said struct {
	lines, refused int
	qty, amount    sellthrough.Decimal
	scope          string
}

func (s said) String() string {
	return fmt.Sprintf("%d lines, %d refused, qty %s, amount %s, scope %s", s.lines, s.refused, s.qty, s.amount, s.scope)
}

// sum reads a file as a collector does.
func sum(t *testing.T, feed *config.Feed, file string) said {
	t.Helper()
	f, err := os.Open(filepath.Join("..", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := mapping.New(feed)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(f, csv.Options{Delimiter: feed.Format.Comma()})
	header, _, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Bind(mapping.Header(header))
	if err != nil {
		t.Fatal(err)
	}
	s := said{scope: "by its lines"}
	if scope, ok, err := mapping.ScopeOf(feed, file); err != nil {
		t.Fatal(err)
	} else if ok {
		s.scope = fmt.Sprintf("%s %s", strings.Join(scope.Locations, ","), scope.From)
	}
	for {
		fields, row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return s
		}
		var l sellthrough.Line
		if err == nil {
			err = b.Line(fields, row, &l)
		}
		if _, refused := sellthrough.AsRefusal(err); refused {
			s.refused++
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		s.lines++
		s.qty += l.Qty
		s.amount += l.Amount
	}
}

// The numbers that README.md promises.
func TestExamplesHoldWhatTheReadmeSays(t *testing.T) {
	c, err := config.Load("../sellthrough.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []struct {
		feed       sellthrough.FeedID
		file, want string
	}{
		{"demo-pos", "examples/pos_LON1_2026-03-02.csv", "12 lines, 0 refused, qty 13, amount 1506.1, scope LON1 2026-03-02"},
		{"demo-pos", "examples/corrected/pos_LON1_2026-03-02.csv", "11 lines, 0 refused, qty 11, amount 1274.2, scope LON1 2026-03-02"},
		{"demo-pos", "examples/pos_LON2_2026-03-02.csv", "3 lines, 1 refused, qty 5, amount 335.4, scope LON2 2026-03-02"},
		{"demo-invoices", "examples/invoices_2026-03-02.csv", "6 lines, 0 refused, qty 23, amount 11753.6, scope by its lines"},
		{"demo-stock", "examples/stock_LON1_2026-03-02.csv", "5 lines, 0 refused, qty 58, amount 0, scope LON1 2026-03-02"},
	} {
		feed, ok := c.Feed(e.feed)
		if !ok {
			t.Fatalf("no feed %s", e.feed)
		}
		if got := sum(t, feed, e.file).String(); got != e.want {
			t.Errorf("%s: %s, want %s", e.file, got, e.want)
		}
		if !strings.Contains(read(t, "README.md")+read(t, "docs/partners.md"), e.file) {
			t.Errorf("no document shows %s", e.file)
		}
	}
	key := "demo-key-change-me"
	if p, ok := c.PartnerOf(key); !ok || p.ID != "demo" {
		t.Errorf("%s is not the key of demo", key)
	}
	if !strings.Contains(read(t, "README.md"), key) {
		t.Error("README.md does not name the demo key")
	}
}

// Every code of the examples but 1099 has a product, and every location is known.
func TestExampleReferenceLoads(t *testing.T) {
	tables, _, err := reference.Load("../examples/reference")
	if err != nil {
		t.Fatal(err)
	}
	v, err := reference.New(1, "GBP", tables)
	if err != nil {
		t.Fatal(err)
	}
	day, err := sellthrough.ParseDay("2026-03-02")
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]string{"1001": "AUR-100", "1004": "AUR-CBL", "AUR-500": "AUR-500", "1099": ""} {
		if p, _, _ := v.Item("demo", code, day); p != want {
			t.Errorf("item %s is product %q, want %q", code, p, want)
		}
	}
	for code, want := range map[string]string{"LON1": "DEMO-LON1", "LON2": "DEMO-LON2", "WHOLESALE": "DEMO-WHS"} {
		if p, zone, ok := v.Place("demo", code, day); !ok || p != want || zone == nil || zone.String() != "Europe/London" {
			t.Errorf("location %s is %q in zone %v, want %q in Europe/London", code, p, zone, want)
		}
	}
}
