package e2e

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/sinks/clickhouse"
)

var restateYAML = "partners:\n" + partner("chain", "Europe/London", "GBP") + `
feeds:
  - id: keyed
    partner: chain
    kind: sales
    columns: {document: doc, location: store, item: item, qty: qty, amount: amount, at: at}
    identity: {scope: location-day, line_key: [line]}
    coverage: {kind: location-day, file_name: '^(?P<location>[A-Z]\d)_(?P<day>\d{4}-\d\d-\d\d)\.csv$'}
  - id: keyless
    partner: chain
    kind: sales
    columns: {document: doc, location: store, item: item, qty: qty, amount: amount, at: at}
    identity: {scope: location-day}
    coverage: {kind: location-day}
  - id: month
    partner: chain
    kind: sales
    columns: {document: doc, location: store, item: item, qty: qty, amount: amount, at: at}
    identity: {scope: document, line_key: [line]}
    coverage: {kind: period}
  - id: invoices
    partner: chain
    kind: sales
    columns: {document: doc, location: store, item: item, qty: qty, amount: amount, at: at}
    identity: {scope: document}
    coverage: {kind: location-day}
  - id: versioned
    partner: chain
    kind: sales
    columns: {document: doc, location: store, item: item, qty: qty, amount: amount, at: at, version: version}
    identity: {scope: document, line_key: [line]}
  - id: levels
    partner: chain
    kind: stock
    columns: {location: store, item: item, qty: qty, at: at}
    coverage: {kind: snapshot}
`

// line is a row of the tests' files.
type line struct {
	store, doc, no, item string
	qty                  int
	day                  time.Time
}

// file writes lines as CSV; an amount is 2.50 a unit.
func file(lines []line) []byte {
	var b bytes.Buffer
	b.WriteString("store,doc,line,item,qty,amount,at\n")
	for _, l := range lines {
		fmt.Fprintf(&b, "%s,%s,%s,%s,%d,%.2f,%s 10:00:00\n", l.store, l.doc, l.no, l.item, l.qty, 2.5*float64(l.qty), l.day.Format(time.DateOnly))
	}
	return b.Bytes()
}

var quarter = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// storeDay is 20 receipts of 3 lines: 60 lines, 120 units.
func storeDay(store string, day time.Time) []line {
	var out []line
	for d := range 20 {
		for n := range 3 {
			out = append(out, line{store, fmt.Sprintf("R%02d", d), fmt.Sprint(n + 1), fmt.Sprintf("I%d", (d*3+n)%17), 1 + n, day})
		}
	}
	return out
}

func (s *system) counts(id sellthrough.SubmissionID) string {
	c := s.final(id).Counts
	return fmt.Sprintf("new %d duplicate %d corrected %d superseded %d withdrawn %d held %d", c.New, c.Duplicate, c.Corrected, c.Superseded, c.Withdrawn, c.Held)
}

func (s *system) units(feed string) string {
	ledger := s.ask("SELECT sum(sign), sum(qty), sum(amount) FROM sellthrough.movements WHERE feed = '" + feed + "'")
	return ledger
}

// inLine says that the sums are the ledger's.
func (s *system) inLine() {
	s.t.Helper()
	a := s.ask("SELECT sum(sign), sum(qty), sum(amount) FROM sellthrough.movements")
	b := s.ask("SELECT sum(d.lines), sum(d.qty), sum(d.amount) FROM sellthrough.sales_daily AS d")
	if a != b {
		s.t.Errorf("ledger %s, sums %s", a, b)
	}
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// TestAQuarterOfThreeStoresIsRestated walks a quarter of three stores, 270 store-days of 60 lines and 120 units each,
// through every way of saying it again. The numbers are by hand.
func TestAQuarterOfThreeStoresIsRestated(t *testing.T) {
	s := start(t, restateYAML)
	var all []line
	for d := range 90 {
		for _, st := range []string{"S1", "S2", "S3"} {
			all = append(all, storeDay(st, quarter.AddDate(0, 0, d))...)
		}
	}
	day := quarter.AddDate(0, 0, 30)
	for _, feed := range []string{"keyed", "keyless"} {
		r := s.push(feed, "chain", nil, file(all))
		want(t, feed+" first", s.counts(r.Submission), "new 16200 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0")
	}
	before := time.Now().UTC()

	// The day again: receipts R00, R01, R02 sell one unit more in their first line, R03 has lost its line 3 (3 units), R04
	// is gone (3 lines, 6 units). 120 + 3 − 3 − 6 = 114 units.
	var again []line
	for _, l := range storeDay("S2", day) {
		switch {
		case l.doc == "R04" || l.doc == "R03" && l.no == "3":
			continue
		case l.doc < "R03" && l.no == "1":
			l.qty++
		}
		again = append(again, l)
	}
	r := s.push("keyed", "chain", nil, file(again))
	want(t, "keyed again", s.counts(r.Submission), "new 0 duplicate 53 corrected 3 superseded 0 withdrawn 4 held 0")
	keyless := s.push("keyless", "chain", nil, file(again))
	want(t, "keyless again", s.counts(keyless.Submission), "new 3 duplicate 53 corrected 0 superseded 0 withdrawn 7 held 0")
	for _, feed := range []string{"keyed", "keyless"} {
		want(t, feed, s.units(feed), "16196 32394 80985")
	}
	s.inLine()
	out, err := s.tool("query", "--as-of", before.Format(time.RFC3339Nano))
	if err != nil || !strings.Contains(out, "64800") {
		t.Errorf("as of before: %v\n%s", err, out)
	}

	// Undone, the day is what it was.
	if out, err := s.tool("undo", string(keyless.Submission), "--why", "sent by mistake"); err != nil {
		t.Fatalf("undo: %v\n%s", err, out)
	}
	s.until("SELECT sum(qty) FROM sellthrough.movements WHERE feed = 'keyless'", "32400")
	want(t, "keyless undone", s.units("keyless"), "16200 32400 81000")
	s.inLine()

	// A filtered file: half of a store's day. It is held, changes nothing, and takes effect when it is confirmed.
	half := file(storeDay("S3", day)[:30])
	r = s.push("keyed", "chain", nil, half)
	want(t, "filtered", s.counts(r.Submission), "new 0 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 30")
	want(t, "keyed, one held", s.units("keyed"), "16196 32394 80985")
	if out, err := s.tool("confirm", string(r.Submission)); err != nil {
		t.Fatalf("confirm: %v\n%s", err, out)
	}
	// The books come last: until then they say what the first attempt came to.
	s.until("SELECT state, attempt FROM sellthrough.v_submissions WHERE submission = '"+string(r.Submission)+"'", "final 2")
	s.until("SELECT sum(sign) FROM sellthrough.movements WHERE feed = 'keyed'", "16166")
	want(t, "confirmed", s.counts(r.Submission), "new 0 duplicate 30 corrected 0 superseded 0 withdrawn 30 held 0")

	// A nil report: the file's name says what it is about, its rows say nothing. It would withdraw a whole day, so it says
	// that it means it. A day that holds nothing needs no such word.
	nilDay := url.Values{"file": {"S1_" + day.Format(time.DateOnly) + ".csv"}, "confirm": {"1"}}
	r = s.push("keyed", "chain", nilDay, file(nil))
	want(t, "nil", s.counts(r.Submission), "new 0 duplicate 0 corrected 0 superseded 0 withdrawn 60 held 0")
	r = s.push("keyed", "chain", url.Values{"location": {"S9"}, "day": {day.Format(time.DateOnly)}}, file(nil))
	want(t, "nil of nothing", s.counts(r.Submission), "new 0 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0")
	want(t, "keyed after all", s.ask("SELECT sum(sign) FROM sellthrough.movements WHERE feed = 'keyed'"), "16106")

	// A row that can't be read in a covered day withdraws nothing.
	broken := append(file(storeDay("S1", quarter)[:50]), []byte("S1,R99,1,I1,many,1.00,2026-01-01 10:00:00\n")...)
	r = s.push("keyed", "chain", nil, broken)
	want(t, "with a refused row", s.counts(r.Submission), "new 0 duplicate 50 corrected 0 superseded 0 withdrawn 0 held 0")
	s.inLine()
	s.verify()
}

// until waits for a query to give an answer.
func (s *system) until(sql, answer string) {
	s.t.Helper()
	for limit := time.Now().Add(time.Minute); s.ask(sql) != answer; {
		if time.Now().After(limit) {
			s.t.Fatalf("%s gives %s, want %s\n%s", sql, s.ask(sql), answer, s.log())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestMonthToDateFilesCoverTheirPeriod: every day the month so far; on the fifth day a receipt of the second is gone, and
// one has moved to another store.
func TestMonthToDateFilesCoverTheirPeriod(t *testing.T) {
	s := start(t, restateYAML)
	for d := range 10 {
		var lines []line
		for k := range d + 1 {
			for n := range 20 {
				l := line{"S1", fmt.Sprintf("D%d-%d", k, n), "1", "I1", 1, quarter.AddDate(0, 0, k)}
				if d >= 5 && k == 2 && n == 7 {
					continue
				}
				if d >= 5 && k == 2 && n == 8 {
					l.store = "S2"
				}
				lines = append(lines, l)
			}
		}
		r := s.push("month", "chain", url.Values{"from": {"2026-01-01"}, "to": {quarter.AddDate(0, 0, d).Format(time.DateOnly)}}, file(lines))
		got := s.counts(r.Submission)
		expect := fmt.Sprintf("new 20 duplicate %d corrected 0 superseded 0 withdrawn 0 held 0", 20*d)
		switch {
		case d == 5:
			expect = "new 20 duplicate 98 corrected 1 superseded 0 withdrawn 1 held 0"
		case d > 5:
			expect = fmt.Sprintf("new 20 duplicate %d corrected 0 superseded 0 withdrawn 0 held 0", 20*d-1)
		}
		want(t, fmt.Sprint("day ", d), got, expect)
	}
	want(t, "units by store", s.ask("SELECT location, sum(qty) FROM sellthrough.movements GROUP BY location ORDER BY location"), "S1 198\nS2 1")
	s.inLine()
	s.verify()
}

// TestAnInvoiceMissingFromItsDayIsWithdrawnInEveryPartition: invoices lie in partitions by number, and the file declares no
// scope. The day is covered as a whole all the same, also in a partition that got no line of it.
func TestAnInvoiceMissingFromItsDayIsWithdrawnInEveryPartition(t *testing.T) {
	s := start(t, restateYAML)
	var lines []line
	for n := range 8 {
		lines = append(lines, line{"S1", fmt.Sprintf("INV%d", n), "1", "I1", 1, quarter})
	}
	s.final(s.push("invoices", "chain", nil, file(lines)).Submission)
	for n := range 8 { // one by one every invoice is the one that is missing
		r := s.push("invoices", "chain", nil, file(append(append([]line(nil), lines[:n]...), lines[n+1:]...)))
		expect := "new 0 duplicate 7 corrected 0 superseded 0 withdrawn 1 held 0"
		if n > 0 {
			expect = "new 1 duplicate 6 corrected 0 superseded 0 withdrawn 1 held 0"
		}
		want(t, fmt.Sprint("without INV", n), s.counts(r.Submission), expect)
	}
	s.inLine()
	s.verify()
}

// TestAMappedVersionOutranksTheOrderOfReceipt: version 3 came before version 2; the late one changes nothing. An invoice
// sent again with another date and store is corrected, not doubled.
func TestAMappedVersionOutranksTheOrderOfReceipt(t *testing.T) {
	s := start(t, restateYAML)
	say := func(version, qty int, store, day string) string {
		body := fmt.Sprintf("store,doc,line,item,qty,amount,at,version\n%s,INV1,1,I1,%d,10.00,%s 09:00:00,%d\n", store, qty, day, version)
		return s.counts(s.push("versioned", "chain", nil, []byte(body)).Submission)
	}
	want(t, "version 1", say(1, 5, "S1", "2026-01-05"), "new 1 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0")
	want(t, "version 3", say(3, 7, "S2", "2026-02-05"), "new 0 duplicate 0 corrected 1 superseded 0 withdrawn 0 held 0")
	want(t, "version 2, late", say(2, 6, "S1", "2026-01-05"), "new 0 duplicate 0 corrected 0 superseded 1 withdrawn 0 held 0")
	want(t, "the ledger", s.ask("SELECT location, toString(toDate(business_date)), sum(qty) FROM sellthrough.movements GROUP BY ALL HAVING sum(sign) > 0"), "S2 2026-02-05 7")
	s.inLine()
}

// TestAFullSnapshotZeroesWhatItLeavesOut: an item missing from a full snapshot is zero, flagged as implied; an earlier
// report that comes late does not become the latest.
func TestAFullSnapshotZeroesWhatItLeavesOut(t *testing.T) {
	s := start(t, restateYAML)
	shelf := func(day string, items ...string) clickhouse.Report {
		b := "store,item,qty,at\n"
		for i, it := range items {
			b += fmt.Sprintf("S1,%s,%d,%s 20:00:00\n", it, i+1, day)
		}
		return s.final(s.push("levels", "chain", nil, []byte(b)).Submission)
	}
	shelf("2026-03-01", "A", "B", "C", "D", "E", "F")
	if p := shelf("2026-03-02", "A", "B", "C", "D", "E"); p.Counts.Implied != 1 || p.Counts.New != 5 {
		t.Errorf("second day: %+v", p.Counts)
	}
	latest := "SELECT item, toString(qty), toString(implied) FROM sellthrough.v_stock_items ORDER BY item"
	want(t, "latest", s.ask(latest), "A 1 0\nB 2 0\nC 3 0\nD 4 0\nE 5 0\nF 0 1")
	if p := shelf("2026-03-03", "A", "B"); p.State != clickhouse.IsHeld {
		t.Errorf("a snapshot that zeroes 3 of 5 items is %s", p.State)
	}
	shelf("2026-02-20", "A", "B", "C", "D", "E", "F", "G")
	want(t, "latest after a late one", s.ask(latest+" LIMIT 6"), "A 1 0\nB 2 0\nC 3 0\nD 4 0\nE 5 0\nF 0 1")
	s.verify()
}

// TestTenYearsInOneFileLoad: one file of 3,653 days, three lines a day.
func TestTenYearsInOneFileLoad(t *testing.T) {
	s := start(t, restateYAML)
	var lines []line
	for d := range 3653 {
		for n := range 3 {
			lines = append(lines, line{"S1", "R1", fmt.Sprint(n), "I1", 1, time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, d)})
		}
	}
	r := s.push("keyed", "chain", nil, file(lines))
	want(t, "ten years", s.counts(r.Submission), "new 10959 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0")
	want(t, "years", s.ask("SELECT uniqExact(toYear(business_date)), sum(qty) FROM sellthrough.movements"), "10 10959")
	s.inLine()
}

// TestUnmatchedLinesReflowWhenTheirCodeArrives: a code is unknown, then a cross-reference says that it is a case of 12.
func TestUnmatchedLinesReflowWhenTheirCodeArrives(t *testing.T) {
	s := start(t, restateYAML)
	r := s.push("keyed", "chain", nil, file([]line{{"S1", "R1", "1", "CASE-7", 2, quarter}, {"S1", "R1", "2", "P7", 5, quarter}}))
	if c := s.final(r.Submission).Counts; c.Unmatched != 2 {
		t.Errorf("unmatched %d", c.Unmatched)
	}
	dir := filepath.Join(s.dir, "reference")
	put := func(name, text string) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	apply := func() {
		if out, err := s.tool("reference", "apply", dir); err != nil {
			t.Fatalf("reference apply: %v\n%s", err, out)
		}
	}
	held := "SELECT product, sum(qty), sum(amount), sum(sign) FROM sellthrough.movements GROUP BY product HAVING sum(sign) != 0 ORDER BY product"
	put("products.csv", "code,units_per_pack\nP7,1\n")
	put("locations.csv", "code,partner,time_zone\nS1,chain,Europe/London\n")
	put("crossreferences.csv", "partner,kind,code,target,units\nchain,item,CASE-7,P7,12\n")
	apply()
	s.until(held, "P7 29 17.5 2")
	put("crossreferences.csv", "partner,kind,code,target,units\nchain,item,CASE-7,P7,10\n")
	apply()
	s.until(held, "P7 25 17.5 2")
	s.inLine()
	s.verify()
	r = s.push("keyed", "chain", nil, file([]line{{"S1", "R1", "1", "CASE-7", 2, quarter}, {"S1", "R1", "2", "P7", 5, quarter}}))
	want(t, "again", s.counts(r.Submission), "new 0 duplicate 2 corrected 0 superseded 0 withdrawn 0 held 0")
}
