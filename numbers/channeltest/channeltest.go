// Package channeltest puts a small channel that is written down as rows of text into a ledger, through the tables that
// the transformer fills: what a test then reads has come the way that real facts come. It is for tests.
package channeltest

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/alerts"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/numbers"
	"sellthrough/sinks/clickhouse"
	"sellthrough/transform/reference"
)

// Channel is a ledger in a database of its own, with every view.
type Channel struct {
	ledger  *clickhouse.Ledger
	reader  *clickhouse.Ledger
	name    string
	batches int64
	epoch   uint64 // of the partition that the batches are of; 0: not claimed yet
}

// New makes an empty channel on the shared server.
func New(t testing.TB) *Channel {
	t.Helper()
	return In(t, enginetest.Database(t))
}

// In makes an empty channel in a database of that name, for which users may have been made.
func In(t testing.TB, database string) *Channel {
	t.Helper()
	return Where(t, database, "UTC")
}

// Where makes an empty channel whose business days are those of a time zone.
func Where(t testing.TB, database, zone string) *Channel {
	t.Helper()
	s := enginetest.ClickHouse(t)
	c := &Channel{name: database}
	open := func(o clickhouse.Options) *clickhouse.Ledger {
		o.Address, o.Database = s.TCP, c.name
		l, err := clickhouse.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	c.ledger = open(clickhouse.Options{User: s.AdminUser, Password: s.AdminPassword, Zone: zone, Views: numbers.Views})
	c.reader = open(clickhouse.Options{User: s.ReadUser, Password: s.ReadPassword, ReadOnly: true})
	if err := c.ledger.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// Ask asks as the readonly user does, in the database: no setting can be changed, and nothing but SELECT is granted.
func (c *Channel) Ask(t testing.TB, sql string) clickhouse.Table {
	t.Helper()
	got, err := c.reader.Query(t.Context(), sql, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	return got
}

// Clear takes everything out again.
func (c *Channel) Clear(t testing.TB) {
	c.epoch = 0 // the claim goes with the road
	t.Helper()
	tables := c.Ask(t, "SELECT name FROM system.tables WHERE database = '"+c.name+"' AND engine LIKE '%MergeTree' AND name != 'migrations' AND total_rows > 0")
	for _, r := range tables.Rows {
		c.Empty(t, fmt.Sprint(r[0]))
	}
}

// Empty takes all rows out of tables.
func (c *Channel) Empty(t testing.TB, tables ...string) {
	t.Helper()
	for _, name := range tables {
		c.exec(t, fmt.Sprintf("TRUNCATE TABLE %s.%s", c.name, name))
	}
}

// Keep holds the answers of kept views for a day, as it is written.
func (c *Channel) Keep(t testing.TB, day string) {
	t.Helper()
	d, err := sellthrough.ParseDay(day)
	if err == nil {
		err = c.ledger.KeepDay(t.Context(), d)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// exec runs a statement over HTTP: the ledger knows none that takes facts out.
func (c *Channel) exec(t testing.TB, statement string) {
	t.Helper()
	s := enginetest.ClickHouse(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.HTTP+"/", strings.NewReader(statement))
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
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body) // for the message only
		t.Fatalf("%s: %s", statement, text)
	}
}

// known is when a fact came to be known where the row does not say.
const known = "2026-01-01T00:00"

// writer makes batches, one for each instant at which something came to be known.
type writer struct {
	t       testing.TB
	batches map[string]*sellthrough.Batch
	events  []alerts.Event
	serial  uint64
}

func (w *writer) fatal(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *writer) at(instant string) *sellthrough.Batch {
	if instant == "" {
		instant = known
	}
	b := w.batches[instant]
	if b == nil {
		b = &sellthrough.Batch{Known: w.instant(instant)}
		w.batches[instant] = b
	}
	return b
}

func (w *writer) instant(text string) time.Time {
	at, err := time.Parse("2006-01-02T15:04", text)
	w.fatal(err)
	return at
}

func (w *writer) decimal(text string) sellthrough.Decimal {
	d, err := sellthrough.ParseDecimal(text)
	w.fatal(err)
	return d
}

func (w *writer) count(text string) int64 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	w.fatal(err)
	return n
}

// Write puts rows of numbers.Given into the ledger; reference data takes force.
func (c *Channel) Write(t testing.TB, rows map[string]string) {
	t.Helper()
	w := &writer{t: t, batches: map[string]*sellthrough.Batch{}}
	sheets := map[string][]map[string]string{}
	var acts []act
	for _, kind := range slices.Sorted(maps.Keys(rows)) {
		list, err := numbers.Rows(kind, rows[kind])
		w.fatal(err)
		for _, r := range list {
			switch kind {
			case "sales":
				w.sale(r)
			case "stock":
				w.level(r)
			case "flows":
				w.flow(r)
			case "submissions":
				w.submission(r)
			case "incidents":
				w.incident(r)
			case "turned_away":
				w.fatal(c.ledger.TurnedAway(t.Context(), w.turned(r)))
			case "claims", "closed", "reckoned":
				acts = append(acts, act{kind, r})
			case "refused":
				b := w.at("")
				b.Refusals = append(b.Refusals, sellthrough.RefusedBlock{
					Submission: "S", Feed: sellthrough.FeedID(r["feed"]), Partner: sellthrough.PartnerID(r["partner"]),
					Rows: []sellthrough.Refusal{{Row: uint32(w.count(r["row"])), Column: r["column"], Value: r["value"], Reason: r["reason"]}},
				})
			default:
				sheets[kind] = append(sheets[kind], r)
			}
		}
	}
	if len(sheets) > 0 {
		w.reference(c.ledger, sheets, sellthrough.Revision(c.batches+1))
	}
	w.fatal(clickhouse.Incidents{Ledger: c.ledger}.Append(t.Context(), w.events))
	for _, instant := range slices.Sorted(maps.Keys(w.batches)) {
		c.insert(t, w.batches[instant])
	}
	for _, a := range acts {
		c.act(t, a)
	}
}

// reference goes the way of the folder: as files.
func (w *writer) reference(l *clickhouse.Ledger, sheets map[string][]map[string]string, version sellthrough.Revision) {
	dir := w.t.TempDir()
	for kind, list := range sheets {
		f, err := os.Create(filepath.Join(dir, kind+".csv"))
		w.fatal(err)
		c := csv.NewWriter(f)
		var head []string
		for _, name := range numbers.Given[kind] {
			head = append(head, strings.TrimSuffix(name, "?"))
		}
		w.fatal(c.Write(head))
		for _, r := range list {
			var cells []string
			for _, name := range head {
				cells = append(cells, r[name])
			}
			w.fatal(c.Write(cells))
		}
		c.Flush()
		w.fatal(c.Error())
		w.fatal(f.Close())
	}
	tables, content, err := reference.Load(dir)
	w.fatal(err)
	w.fatal(l.SaveReference(w.t.Context(), version, content, "a test", tables))
	b := w.at("")
	b.OrdersDone = []sellthrough.Order{{Kind: sellthrough.OrderReference, Revision: version, At: b.Known}}
}

var causes = map[string]struct {
	cause sellthrough.Cause
	sign  int8
}{
	"": {sellthrough.CauseNew, 1}, "new": {sellthrough.CauseNew, 1},
	"-corrected": {sellthrough.CauseCorrected, -1}, "+corrected": {sellthrough.CauseCorrected, 1}, "-withdrawn": {sellthrough.CauseWithdrawn, -1},
	"-reflowed": {sellthrough.CauseReflowed, -1}, "+reflowed": {sellthrough.CauseReflowed, 1},
}

// grow adds a row with what sales and stock have in common.
func (w *writer) grow(r *sellthrough.Rows, cells map[string]string, at time.Time) int {
	r.Grow()
	i := r.Len() - 1
	w.serial++
	r.Slice[i], r.Line[i], r.Content[i], r.Revision[i] = w.serial, w.serial, w.serial, w.serial
	r.Partner[i], r.Feed[i], r.Location[i], r.Place[i] = cells["partner"], cells["partner"]+"-feed", cells["location"], cells["location"]
	r.Product[i], r.Item[i], r.Sign[i], r.Cause[i] = cells["product"], "i-"+cells["product"], 1, uint8(sellthrough.CauseNew)
	if cells["product"] == "" {
		r.Item[i], r.Flags[i] = "unknown", sellthrough.UnknownItem
	}
	day := int32(sellthrough.DayOf(at))
	r.Qty[i] = int64(w.decimal(cells["qty"]))
	r.RawQty[i], r.Day[i], r.BusinessDate[i], r.At[i], r.SoldAt[i] = r.Qty[i], day, day, at.Unix(), at.Unix()
	return i
}

func (w *writer) sale(cells map[string]string) {
	at, err := time.Parse(time.DateOnly, cells["day"])
	w.fatal(err)
	r := &w.at(cells["known"]).Movements
	i := w.grow(r, cells, at)
	kind, ok := sellthrough.KindOf(cells["kind"])
	if !ok {
		w.t.Fatalf("%q is no kind of movement", cells["kind"])
	}
	c, ok := causes[cells["cause"]]
	if !ok {
		w.t.Fatalf("%q is no cause", cells["cause"])
	}
	r.Namespace[i], r.Kind[i], r.Sign[i], r.Cause[i] = "pos", uint8(kind), c.sign, uint8(c.cause)
	r.Document[i], r.Currency[i] = fmt.Sprintf("d%d", w.serial), "GBP"
	if cells["feed"] != "" {
		r.Feed[i] = cells["feed"]
	}
	w.more(r, i, cells)
	if cells["money"] != "" {
		r.Amount[i] = int64(w.decimal(cells["money"]))
		r.Base[i] = r.Amount[i]
		r.Flags[i] |= sellthrough.HasAmount | sellthrough.HasBase
	}
}

// flow is a line beside sales and stock: its kind says of which ledger it is.
func (w *writer) flow(c map[string]string) {
	at := w.instant(c["at"])
	kind, ok := sellthrough.KindOf(c["kind"])
	if !ok {
		w.t.Fatalf("%q is no kind", c["kind"])
	}
	if c["qty"] == "" {
		c["qty"] = "0"
	}
	for _, feed := range sellthrough.FeedKinds() {
		if !slices.Contains(sellthrough.Kinds(feed), kind.String()) {
			continue
		}
		r := w.at(c["known"]).Of(feed)
		i := w.grow(r, c, at)
		cause, ok := causes[c["cause"]]
		if !ok {
			w.t.Fatalf("%q is no cause", c["cause"])
		}
		r.Namespace[i], r.Kind[i], r.Sign[i], r.Cause[i] = string(feed), uint8(kind), cause.sign, uint8(cause.cause)
		r.Document[i], r.Currency[i] = c["document"], "GBP"
		if c["product"] == "" {
			r.Item[i], r.Flags[i] = "", 0
		}
		if c["money"] != "" {
			r.Amount[i] = int64(w.decimal(c["money"]))
			r.Base[i] = r.Amount[i]
			r.Flags[i] |= sellthrough.HasAmount | sellthrough.HasBase
		}
		w.more(r, i, c)
		return
	}
	w.t.Fatalf("%s is a kind of sales: give it under sales", kind)
}

// more says of row i what only some feeds say.
func (w *writer) more(r *sellthrough.Rows, i int, c map[string]string) {
	m := sellthrough.MoreRow{Party: c["party"], Region: c["region"]}
	m.Customer, m.Segment, m.Salesperson, m.Title, m.Reason, m.RefersTo = c["customer"], c["segment"], c["salesperson"], c["title"], c["reason"], c["refers_to"]
	m.Destination = c["region"]
	if c["until"] != "" {
		m.Until = w.instant(c["until"]).Unix()
	}
	r.Counterparty[i], r.Serial[i] = c["party"], c["serial"]
	if m != (sellthrough.MoreRow{}) {
		r.SetMore(i, m)
	}
}

func (w *writer) level(cells map[string]string) {
	r := &w.at("").Reports
	i := w.grow(r, cells, w.instant(cells["at"]))
	name := cells["level"]
	if name == "" {
		name = "on_hand"
	}
	level, ok := sellthrough.LevelOf(name)
	if !ok {
		w.t.Fatalf("%q is no level", name)
	}
	r.Namespace[i], r.Kind[i] = "stock", uint8(level)
}

func (w *writer) submission(c map[string]string) {
	w.serial++
	b := w.at(c["received"])
	id, feed, partner := sellthrough.SubmissionID(fmt.Sprintf("S%d", w.serial)), sellthrough.FeedID(c["feed"]), sellthrough.PartnerID(c["partner"])
	rev := sellthrough.Revision(w.serial)
	held := w.count(c["held"])
	var scope sellthrough.Scope
	if c["day"] != "" {
		day, err := sellthrough.ParseDay(c["day"])
		w.fatal(err)
		scope = sellthrough.Scope{From: day, To: day, Declared: true}
	}
	b.Homes = append(b.Homes, sellthrough.EndMark{
		Submission: id, Feed: feed, Partner: partner, Kind: sellthrough.Sales, Revision: rev, Attempt: 1, Partitions: []int{1},
		Home: &sellthrough.Home{Receipt: sellthrough.Receipt{
			Received: b.Known, Scope: scope, Rows: w.count(c["rows"]), Refused: w.count(c["refused"]), Accepted: w.count(c["rows"]) - w.count(c["refused"]),
		}},
	})
	b.Outcomes = append(b.Outcomes, sellthrough.Outcome{
		Submission: id, Revision: rev, Feed: feed, Partner: partner, Attempt: 1, Held: held > 0,
		Counts: sellthrough.Counts{
			New: w.count(c["new"]), Duplicate: w.count(c["duplicate"]), Corrected: w.count(c["corrected"]), Withdrawn: w.count(c["withdrawn"]), Held: held,
		},
	})
}

// turned is one note by its feed, file and instant, however often it is written.
func (w *writer) turned(c map[string]string) sellthrough.TurnedAway {
	n := sellthrough.TurnedAway{
		ID: "turned_" + c["feed"] + c["file"] + c["at"], At: w.instant(c["at"]), Partner: sellthrough.PartnerID(c["partner"]), Feed: sellthrough.FeedID(c["feed"]),
		File: c["file"], Reason: c["reason"], Mapping: "0a1b2c3d4e5f",
	}
	for m := range strings.SplitSeq(c["missing"], ",") {
		column, name, renamed := strings.Cut(m, ">")
		if column == "" {
			continue
		}
		x := sellthrough.MissingColumn{Column: column, As: "qty"}
		if renamed {
			x.Renamed = []string{name}
		}
		n.Missing = append(n.Missing, x)
	}
	return n
}

func (w *writer) incident(c map[string]string) {
	e := alerts.Event{Kind: alerts.Opened, At: w.instant(c["opened"]), Epoch: 1, Incident: c["incident"], Opening: 1}
	e.Rule, e.Partner, e.Location, e.Product, e.Severity = c["rule"], c["partner"], c["location"], c["product"], "warning"
	e.Since, e.DataAt, e.Evidence = e.At, e.At, `{}`
	e.Text = alerts.Text{En: "what is wrong", Zh: "问题"}
	if c["money"] != "" {
		d := w.decimal(c["money"])
		e.Money, e.Units = &d, sellthrough.One
	}
	w.events = append(w.events, e)
	if c["closed"] != "" {
		e.Kind, e.At, e.Why = alerts.Closed, w.instant(c["closed"]), alerts.Text{En: "mended", Zh: "已恢复"}
		w.events = append(w.events, e)
	}
}
