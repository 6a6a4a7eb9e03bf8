package channeltest

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/demo"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/transform/reference"
)

// Demo is the demo's whole channel: in a ledger, for the numbers' views, and as facts and sheets, for computing the same number
// in plain Go. What stands in the ledger was partly said wrongly first, and corrected, withdrawn or mapped anew later.
type Demo struct {
	*Channel
	Day    sellthrough.Day                // the last whole one
	Sheets map[string][]map[string]string // rows of the reference folder by the file's name without .csv

	facts map[sellthrough.FeedKind][]demo.Fact
}

// Whole fills a ledger with the demo's channel of two years; half a minute for all tests of a package, which share it as parts of
// one test. Its days are those of Shanghai.
func Whole(t testing.TB) *Demo {
	t.Helper()
	opened := time.Date(2025, 11, 24, 14, 30, 0, 0, time.UTC) // long ago, whatever the clock says
	c := demo.New(2, demo.Scale{}, opened)
	facts := c.Facts(opened.Add(10 * 24 * time.Hour))
	d := &Demo{
		Channel: Where(t, enginetest.Database(t), "Asia/Shanghai"), Day: c.Opening() - 1, Sheets: map[string][]map[string]string{}, facts: map[sellthrough.FeedKind][]demo.Fact{},
	}
	w := &writer{t: t, batches: map[string]*sellthrough.Batch{}}
	d.reference(w, c.Reference(opened.Add(10*24*time.Hour)))
	l := loader{writer: w, groups: map[int64][]told{}, zones: map[string]*time.Location{}}
	for _, p := range d.Sheets["partners"] {
		zone, err := time.LoadLocation(p["time_zone"])
		w.fatal(err)
		l.zones[p["partner"]] = zone
	}
	for _, kind := range sellthrough.FeedKinds() {
		d.facts[kind] = slices.Collect(facts.Of(kind))
		l.plan(kind, d.facts[kind], d.Day)
	}
	for _, known := range slices.Sorted(maps.Keys(l.groups)) {
		b := &sellthrough.Batch{Known: time.UnixMilli(known).UTC()}
		for _, x := range l.groups[known] {
			l.write(b, &d.facts[x.kind][x.at], x)
		}
		d.insert(t, b)
	}
	return d
}

// Of is the facts of a kind of feed, each once, as they stand.
func (d *Demo) Of(kind sellthrough.FeedKind) []demo.Fact { return d.facts[kind] }

// Known is when what was said of a day came to be known: of the last sixty days at six in the morning UTC of the next, of every
// fifth of these three days later; of the days before at the end of sixty days at once.
func (d *Demo) Known(day sellthrough.Day) time.Time { return learned(day, d.Day) }

// learned is when a day is known of, in a demo whose last day is known.
func learned(day, last sellthrough.Day) time.Time {
	if day <= last-60 {
		return (day + 60 - (day-last+600000)%60).Time()
	}
	if day%5 == 0 {
		day += 3
	}
	return (day + 1).Time().Add(6 * time.Hour)
}

// Hash is what stands for an end customer in the ledger of the tests.
func Hash(partner, customer string) string {
	if customer == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(partner + "\x00" + customer))
	return hex.EncodeToString(sum[:8])
}

// reference puts a reference folder into the ledger, and keeps its rows.
func (d *Demo) reference(w *writer, files map[string][]byte) {
	dir := w.t.TempDir()
	for name, text := range files {
		w.fatal(os.WriteFile(filepath.Join(dir, name), text, 0o600))
		rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		w.fatal(err)
		sheet := strings.TrimSuffix(name, ".csv")
		for _, cells := range rows[1:] {
			row := map[string]string{}
			for i, column := range rows[0] {
				row[column] = cells[i]
			}
			d.Sheets[sheet] = append(d.Sheets[sheet], row)
		}
	}
	tables, content, err := reference.Load(dir)
	w.fatal(err)
	w.fatal(d.ledger.SaveReference(w.t.Context(), 1, content, "a test", tables))
	b := &sellthrough.Batch{Known: w.instant(known)}
	b.OrdersDone = []sellthrough.Order{{Kind: sellthrough.OrderReference, Revision: 1, At: b.Known}}
	d.insert(w.t, b)
}

// insert puts a batch into the ledger, as an owner of the partition does.
func (c *Channel) insert(t testing.TB, b *sellthrough.Batch) {
	t.Helper()
	var err error
	if c.epoch == 0 {
		c.epoch, err = c.ledger.Claim(t.Context(), "0000aa-test", 1)
	}
	b.Token = sellthrough.Token{Incarnation: "0000aa-test", Partition: 1, First: c.batches, Last: c.batches}
	b.Epoch, b.Complete, b.Blocks = c.epoch, true, 1
	b.Rows = b.Len()
	for _, do := range []func() error{
		func() error { return c.ledger.Intend(t.Context(), b.Intent) },
		func() error { return c.ledger.Insert(t.Context(), b) },
		func() error { return c.ledger.Done(t.Context(), b.Intent) },
	} {
		if err == nil {
			err = do()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	c.batches++
}

// told is one word about a fact.
type told struct {
	kind  sellthrough.FeedKind
	at    int
	sign  int8
	cause sellthrough.Cause
	wrong bool   // twice as much as is true
	blank bool   // no product is known for the code yet
	line  uint64 // whose word it is
}

// loader plans who says what when.
type loader struct {
	*writer
	groups map[int64][]told
	lines  uint64
	zones  map[string]*time.Location
}

// offset is how far a zone's clock is ahead, in seconds.
func offset(zone *time.Location, at int64) int64 {
	_, ahead := time.Unix(at, 0).In(zone).Zone()
	return int64(ahead)
}

// plan says of every fact when it becomes known: at once, or wrongly first. Of some a line more is said, and withdrawn.
func (l *loader) plan(kind sellthrough.FeedKind, facts []demo.Fact, last sellthrough.Day) {
	for i := range facts {
		f := &facts[i]
		first := learned(f.Day, last).UnixMilli()
		later := first + 2*86_400_000
		l.lines++
		x := told{kind: kind, at: i, sign: 1, cause: sellthrough.CauseNew, line: l.lines}
		say := func(when int64, x told) { l.groups[when] = append(l.groups[when], x) }
		switch {
		case l.lines%29 == 0:
			x.wrong = true
			say(first, x)
			x.sign, x.cause = -1, sellthrough.CauseCorrected
			say(later, x)
			x.sign, x.wrong = 1, false
			say(later, x)
		case l.lines%37 == 0 && kind != sellthrough.Stock && f.Product != "":
			x.blank = true
			say(first, x)
			x.sign, x.cause = -1, sellthrough.CauseReflowed
			say(later, x)
			x.sign, x.blank = 1, false
			say(later, x)
		default:
			say(first, x)
		}
		if l.lines%31 == 0 && kind != sellthrough.Stock {
			l.lines++
			x = told{kind: kind, at: i, sign: 1, cause: sellthrough.CauseNew, line: l.lines}
			say(first, x)
			x.sign, x.cause = -1, sellthrough.CauseWithdrawn
			say(later, x)
		}
	}
}

// write is a word as a row of the ledger.
func (l *loader) write(b *sellthrough.Batch, f *demo.Fact, x told) {
	r := b.Of(x.kind)
	r.Grow()
	i := r.Len() - 1
	qty, amount, base := int64(f.Qty), int64(f.Amount), int64(f.Base)
	if x.wrong {
		qty, amount, base = 2*qty+int64(sellthrough.One), 2*amount, 2*base
	}
	s := int64(x.sign)
	r.Slice[i], r.Line[i], r.Content[i], r.Revision[i] = x.line, x.line, x.line, x.line
	r.Partner[i], r.Feed[i], r.Namespace[i], r.Location[i], r.Place[i] = f.Partner, f.Feed, f.Feed, f.Location, f.Location
	r.Item[i], r.Product[i], r.Sign[i], r.Cause[i], r.Document[i], r.Currency[i], r.Serial[i] = f.Item, f.Product, x.sign, uint8(x.cause), f.Document, f.Currency, f.Serial
	r.Qty[i], r.RawQty[i], r.Amount[i], r.Base[i] = s*qty, s*qty, s*amount, s*base
	r.Day[i], r.BusinessDate[i], r.At[i], r.SoldAt[i] = int32(f.Day), int32(f.Day), f.At+offset(l.zones[f.Partner], f.At), f.At
	if f.Unmatched || x.blank {
		r.Product[i] = ""
		r.Flags[i] |= sellthrough.UnknownItem
	}
	if f.HasAmount {
		r.Flags[i] |= sellthrough.HasAmount | sellthrough.HasBase
	}
	if f.Implied {
		r.Flags[i] |= sellthrough.ImpliedZero
	}
	if x.kind == sellthrough.Stock {
		level, ok := sellthrough.LevelOf(f.Kind)
		if !ok {
			l.t.Fatalf("%q is no level", f.Kind)
		}
		r.Kind[i] = uint8(level)
		return
	}
	kind, ok := sellthrough.KindOf(f.Kind)
	if !ok {
		l.t.Fatalf("%q is no kind", f.Kind)
	}
	r.Kind[i] = uint8(kind)
	m := sellthrough.MoreRow{More: f.More, Party: f.Party, Region: f.Region}
	m.Customer = Hash(f.Partner, f.Customer)
	r.Counterparty[i] = f.Party
	if m != (sellthrough.MoreRow{}) {
		r.SetMore(i, m)
	}
}

// Tell is the first cell of the first row of an answer, as text.
func (d *Demo) Tell(t testing.TB, sql string) string {
	t.Helper()
	got := d.Ask(t, sql)
	if len(got.Rows) == 0 {
		return ""
	}
	return fmt.Sprint(got.Rows[0][0])
}
