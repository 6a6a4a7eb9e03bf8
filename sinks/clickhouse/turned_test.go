package clickhouse

import (
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"

	"sellthrough"
)

// texts are the rows of a query of one text column.
func lines(t *testing.T, l *Ledger, sql string) []string {
	t.Helper()
	var out []string
	if err := l.query(t.Context(), "ask", sql, func(r driver.Rows) error {
		var s string
		err := r.Scan(&s)
		out = append(out, s)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestUnmatchedCodesAreWeighedOverAllLedgersAndGoneWithTheirLines(t *testing.T) {
	l := open(t, 100)
	b := batch(0, 9)
	for n, k := range sellthrough.FeedKinds() {
		r := b.Of(k)
		row(r, 1, uint64(n), 5, 2026, 1)
		r.Kind[0], r.Flags[0] = max(1, uint8(sellthrough.FirstKind(k))), sellthrough.UnknownItem
	}
	m := &b.Movements
	row(m, 1, 50, 5, 2026, 1) // a return of a code, at a place that is not known either
	m.Flags[1], m.Qty[1], m.Item[1], m.Location[1] = sellthrough.UnknownItem|sellthrough.UnknownPlace, -3_000_000, "i2", "s2"
	row(m, 1, 51, 5, 2026, 1) // a pack whose size is not known
	m.Flags[2], m.Item[2], m.Product[2] = sellthrough.UnknownItem, "i3", "P3"
	row(m, 1, 52, 5, 2026, 1) // read and taken back
	row(m, 1, 52, 6, 2026, -1)
	m.Flags[3], m.Item[3], m.Flags[4], m.Item[4] = sellthrough.UnknownItem, "gone", sellthrough.UnknownItem, "gone"
	if err := l.Insert(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	got := lines(t, l, "SELECT concat(what, ' ', code, ' lines ', toString(lines), ' units ', toString(units), ' levels ', toString(levels)) FROM "+l.table("v_unmatched_codes")+" ORDER BY what, code")
	// Seven ledgers hold i1; the level of the stock report is no unit that moved.
	if d := cmp.Diff([]string{"item i1 lines 7 units 12 levels 1", "item i2 lines 1 units 3 levels 0", "location s2 lines 1 units 3 levels 0", "pack i3 lines 1 units 2 levels 0"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAFileThatWasTurnedAwayIsNotedOnceAndSettledByALaterOne(t *testing.T) {
	l := open(t, 100)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	x := sellthrough.TurnedAway{
		ID: "turned_1", At: at, Partner: "acme", Feed: "pos", File: "a.csv", Reason: "the header lacks \"qty\"",
		Missing: []sellthrough.MissingColumn{{Column: "qty", As: "qty", Renamed: []string{"quantity", "units"}}, {Column: "day", As: "business_date"}},
	}
	for range 2 {
		if err := l.TurnedAway(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	ask := "SELECT concat(id, ' ', toString(missing), ' ', toString(reads), ' ', toString(renamed), ' ', toString(settled)) FROM " + l.table("v_turned_away")
	if d := cmp.Diff([]string{"turned_1 ['qty','day'] ['qty','business_date'] [['quantity','units'],[]] 0"}, lines(t, l, ask)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	b := batch(0, 9)
	b.Homes = []sellthrough.EndMark{{Submission: "S", Feed: "pos", Partner: "acme", Partitions: []int{1}, Home: &sellthrough.Home{Receipt: sellthrough.Receipt{Received: at.Add(time.Hour), Accepted: 1, Rows: 1}}}}
	if err := l.Insert(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"1"}, lines(t, l, "SELECT toString(settled) FROM "+l.table("v_turned_away"))); d != "" {
		t.Errorf("a later file was read (-want +got):\n%s", d)
	}
}

func TestVersionsOfAMappingAreNotedOnceAndNumberedAsTheyCome(t *testing.T) {
	l := open(t, 100)
	for _, v := range []string{"aaa", "bbb", "aaa"} {
		if err := l.Mapping(t.Context(), "acme", "pos", v, "text of "+v); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Mapping(t.Context(), "acme", "stock", "aaa", "text"); err != nil {
		t.Fatal(err)
	}
	got := lines(t, l, "SELECT concat(feed, ' ', mapping, ' ', toString(number)) FROM "+l.table("v_mappings")+" ORDER BY feed, number")
	if d := cmp.Diff([]string{"pos aaa 1", "pos bbb 2", "stock aaa 1"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
