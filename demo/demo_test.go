package demo

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/demo/reports"
	"sellthrough/demo/world"
	"sellthrough/ingest/format/csv"
	"sellthrough/ingest/format/ndjson"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/config"
	"sellthrough/transform/reference"
	"sellthrough/transform/resolve"
)

// opened is the instant at which the channels of the tests open: after a double-11, with a spring festival behind.
var opened = time.Date(2026, 11, 24, 14, 30, 0, 0, time.UTC)

func place(t *testing.T) Place {
	return Place{Dir: t.TempDir(), Listen: config.Listen{API: "127.0.0.1:8080", Admin: "127.0.0.1:9090"}, Log: config.Log{Level: "info"}}
}

func TestTheConfigurationLoadsAndDescribesTheFeedsAsTheyAreSent(t *testing.T) {
	c, err := Config(place(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Feeds) != len(reports.Feeds) || len(c.Partners) != len(world.Partners) {
		t.Fatalf("%d feeds and %d partners, want %d and %d", len(c.Feeds), len(c.Partners), len(reports.Feeds), len(world.Partners))
	}
	covers := map[reports.Cover]sellthrough.CoverageKind{
		reports.Nothing: sellthrough.CoverNone, reports.Documents: sellthrough.CoverDocument, reports.Days: sellthrough.CoverLocationDay,
		reports.Period: sellthrough.CoverPeriod, reports.Snapshot: sellthrough.CoverSnapshot,
	}
	seen := map[sellthrough.CoverageKind]bool{}
	for _, f := range reports.Feeds {
		k, ok := c.Feed(sellthrough.FeedID(f.ID))
		if !ok {
			t.Errorf("feed %s is not configured", f.ID)
			continue
		}
		rule := k.Rule()
		if string(k.Partner) != world.Partners[f.Partner].ID || k.Kind != f.Kind || k.Coverage.Kind != covers[f.Cover] ||
			f.Kind != sellthrough.Stock && (rule.Keyed != f.Keyed || (rule.Scope == sellthrough.ByDocument) != (f.Document || f.Kind.Flow())) {
			t.Errorf("feed %s is configured otherwise than it is sent", f.ID)
		}
		seen[k.Coverage.Kind] = true
	}
	if len(seen) != len(covers) {
		t.Errorf("the feeds use the coverages %v, not all", seen)
	}
	for _, p := range world.Partners {
		if k, ok := c.PartnerOf(Key(p.ID)); !ok || string(k.ID) != p.ID {
			t.Errorf("the key of %s does not open", p.ID)
		}
	}
}

func TestTheReferenceFolderLoads(t *testing.T) {
	dir := t.TempDir()
	c := New(1, Scale{}, opened)
	if err := c.WriteReference(dir, opened); err != nil {
		t.Fatal(err)
	}
	tables, _, err := reference.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(tables.Products) != 300 || len(tables.Locations) != 68 {
		t.Errorf("%d products at %d locations, want 300 at 68", len(tables.Products), len(tables.Locations))
	}
	for name := range c.Reference(opened) {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestTheSameOptionsGiveTheSameBytes(t *testing.T) {
	until := opened.Add(24 * time.Hour)
	a, b := New(7, Scale{Days: 20}, opened).Plan(), New(7, Scale{Days: 20}, opened).Plan()
	other := New(8, Scale{Days: 20}, opened).Plan()
	n, differ := 0, false
	for f := a.Next(until); f != nil; f = a.Next(until) {
		g := b.Next(until)
		if g == nil || f.Key != g.Key || !f.Due.Equal(g.Due) || !bytes.Equal(f.Text(), g.Text()) {
			t.Fatalf("file %d is %s due %s, then another", n, f.Key, f.Due)
		}
		if h := other.Next(until); h != nil && !bytes.Equal(f.Text(), h.Text()) {
			differ = true
		}
		n++
	}
	if n < 500 || b.Next(until) != nil {
		t.Errorf("%d files, and then more", n)
	}
	if !differ {
		t.Error("another seed gives the same channel")
	}
}

// reader reads a body as the intake does.
func reader(t *testing.T, feed *config.Feed, m *mapping.Mapping, body []byte) (next func() ([][]byte, uint32, error), b *mapping.Binding) {
	t.Helper()
	columns := m.Columns()
	if feed.Format.Type == "ndjson" {
		next = ndjson.NewReader(bytes.NewReader(body), columns, ndjson.Options{}).Next
	} else {
		r := csv.NewReader(bytes.NewReader(body), csv.Options{Delimiter: feed.Format.Comma()})
		next = r.Next
		fields, _, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		columns = mapping.Header(fields)
	}
	b, err := m.Bind(columns)
	if err != nil {
		t.Fatal(err)
	}
	return next, b
}

// Every file of a channel is read and resolved as the pipeline does, and must say what the file's rows say.
func TestEveryFileIsReadAsItIsMeant(t *testing.T) {
	p := place(t)
	cfg, err := Config(p)
	if err != nil {
		t.Fatal(err)
	}
	c := New(3, Scale{Days: 75}, opened)
	until := opened.Add(5 * 24 * time.Hour)
	if err := c.WriteReference(p.Reference(), until); err != nil {
		t.Fatal(err)
	}
	tables, _, err := reference.Load(p.Reference())
	if err != nil {
		t.Fatal(err)
	}
	version, err := reference.New(1, "CNY", tables)
	if err != nil {
		t.Fatal(err)
	}
	plan := c.Plan()
	w := plan.World()
	keys, sent := map[string]bool{}, map[string]int{}
	facts := &Facts{channel: c, plan: plan, at: until, parties: parties(w)}
	for f := plan.Next(until); f != nil; f = plan.Next(until) {
		if keys[f.Key] {
			t.Fatalf("the key %s is used twice", f.Key)
		}
		keys[f.Key] = true
		sent[f.Feed.ID]++
		feed, _ := cfg.Feed(sellthrough.FeedID(f.Feed.ID))
		partner, _ := cfg.Partner(feed.Partner)
		m, err := mapping.New(feed)
		if err != nil {
			t.Fatal(err)
		}
		frame, err := resolve.NewFrame(feed.Partner, feed.Policy(partner))
		if err != nil {
			t.Fatal(err)
		}
		res := resolve.New(frame, version)
		next, binding := reader(t, feed, m, f.Text())
		binding.Now = f.Due
		binding.Hide = func(customer []byte) []byte { return customer }
		refused := 0
		for i := 0; ; i++ {
			fields, row, err := next()
			if errors.Is(err, io.EOF) {
				if want := len(f.Rows) + total(f); i != want {
					t.Fatalf("%s: %d rows, want %d", f.Key, i, want)
				}
				break
			}
			var l sellthrough.Line
			if err == nil {
				err = binding.Line(fields, row, &l)
			}
			if _, ok := sellthrough.AsRefusal(err); ok {
				if i == len(f.Rows) {
					continue // the row of totals, which the intake tells from a line
				}
				refused++
				if !f.Rows[i].Typo {
					t.Fatalf("%s: %v", f.Key, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			var got resolve.Facts
			res.Line(resolve.Codes{
				Item: l.Item, Location: l.Location, Unit: l.Unit, Currency: l.Currency, Counterparty: l.Counterparty, Destination: l.Destination, Qty: l.Qty,
				Amount: l.Amount, HasAmount: l.HasAmount, At: l.At, Day: l.Day,
			}, &got)
			r := &f.Rows[i]
			fact := facts.fact(f.Feed, r)
			want := resolve.Facts{
				Product: fact.Product, Place: fact.Location, Party: fact.Party, Region: fact.Region, Currency: fact.Currency, Qty: int64(fact.Qty), Base: int64(fact.Base),
				BusinessDate: fact.Day, SoldAt: fact.At,
			}
			if fact.Unmatched {
				want.Flags |= sellthrough.UnknownItem
			}
			if fact.HasAmount {
				want.Flags |= sellthrough.HasAmount | sellthrough.HasBase
			}
			kind := l.Kind.String()
			if feed.Kind == sellthrough.Stock {
				kind = l.Level.String()
			}
			if got != want || kind != fact.Kind || l.Amount != fact.Amount || l.Item != fact.Item {
				t.Fatalf("%s row %d reads %+v, %s of %s, %s\nwant %+v, %s of %s, %s", f.Key, row, got, kind, l.Item, l.Amount, want, fact.Kind, fact.Item, fact.Amount)
			}
			if l.Document != fact.Document || l.Serial != fact.Serial || l.More != fact.More {
				t.Fatalf("%s row %d says %s, %s, %+v\nwant %s, %s, %+v", f.Key, row, l.Document, l.Serial, l.More, fact.Document, fact.Serial, fact.More)
			}
		}
		if refused != f.Refused() {
			t.Fatalf("%s: %d rows are refused, want %d", f.Key, refused, f.Refused())
		}
		scope(t, w, feed, f)
	}
	for _, f := range reports.Feeds {
		if sent[f.ID] == 0 {
			t.Errorf("feed %s sends nothing", f.ID)
		}
	}
}

func total(f *reports.File) int {
	if f.Totals {
		return 1
	}
	return 0
}

// scope checks that what a file covers is what its name or its request declare.
func scope(t *testing.T, w *world.World, feed *config.Feed, f *reports.File) {
	t.Helper()
	s, declared, err := mapping.ScopeFrom(f.Query)
	if err == nil && !declared {
		s, declared, err = mapping.ScopeOf(feed, f.Name)
	}
	if err != nil {
		t.Fatal(err)
	}
	if declared != (len(f.Covers) > 0) {
		t.Fatalf("%s declares a scope: %v, and covers %d units", f.Key, declared, len(f.Covers))
	}
	if !declared {
		return
	}
	covered := map[reports.Unit]bool{}
	for _, u := range f.Covers {
		covered[u] = true
	}
	n := 0
	for i := range w.Locations {
		l := &w.Locations[i]
		if world.Partners[l.Partner].ID != string(feed.Partner) || len(s.Locations) > 0 && !slices.Contains(s.Locations, l.Own) {
			continue
		}
		for d := s.From; d <= s.To; d++ {
			n++
			if !covered[reports.Unit{Location: i, Day: d}] {
				t.Fatalf("%s declares %s of %s and does not cover it", f.Key, d, l.Own)
			}
		}
	}
	if n != len(covered) {
		t.Fatalf("%s covers %d units and declares %d", f.Key, len(covered), n)
	}
}
