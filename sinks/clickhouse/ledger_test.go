package clickhouse

import (
	"context"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/sinks/road"
	"sellthrough/transform"
)

var _ transform.Ledger = (*Ledger)(nil)

func TestMain(m *testing.M) {
	enginetest.Users(policed()...)
	enginetest.Main(m)
}

func open(t *testing.T, window int) *Ledger {
	t.Helper()
	s := enginetest.ClickHouse(t)
	l, err := Open(Options{Address: s.TCP, Database: enginetest.Database(t), User: s.AdminUser, Password: s.AdminPassword, Window: window})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if err := l.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	for p := range 3 { // who inserts has to own the partition
		if _, err := l.Claim(context.Background(), "0000aa-x", p); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func count(t *testing.T, l *Ledger, table string) (n uint64) {
	t.Helper()
	if err := l.query(t.Context(), "count", "SELECT count() FROM "+l.table(table), func(r driver.Rows) error { return r.Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// row is a movement of the test: 2 units for 5.10 in slice s, line n.
func row(r *sellthrough.Rows, slice, line uint64, rev sellthrough.Revision, year int, sign int8) {
	r.Grow()
	i := r.Len() - 1
	r.Partner[i], r.Feed[i], r.Namespace[i] = "acme", "pos", "pos"
	r.Slice[i], r.Line[i], r.Content[i], r.Revision[i] = slice, line, 77, uint64(rev)
	r.Sign[i], r.Kind[i], r.Cause[i] = sign, uint8(sellthrough.SellOut), uint8(sellthrough.CauseNew)
	r.Document[i], r.Location[i], r.Place[i], r.Item[i] = "d1", "s1", "S1", "i1"
	r.Currency[i], r.Qty[i], r.Amount[i], r.RawQty[i] = "GBP", 2_000_000*int64(sign), 5_100_000*int64(sign), 2_000_000*int64(sign)
	r.Flags[i] = sellthrough.HasAmount
	day := int32(sellthrough.DayOf(time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC)))
	r.Day[i], r.BusinessDate[i], r.At[i], r.SoldAt[i] = day, day, int64(day)*86400+3600, int64(day)*86400+3600
}

func batch(first, last int64) *sellthrough.Batch {
	b := &sellthrough.Batch{Known: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	b.Token = sellthrough.Token{Incarnation: "0000aa-x", Partition: 1, First: first, Last: last}
	b.Epoch, b.Complete, b.Blocks = 1, true, 1
	return b
}

func TestMigrationsMayRunTwice(t *testing.T) {
	l := open(t, 100)
	if err := l.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestABatchInsertedTwiceCountsOnceInEveryTable(t *testing.T) {
	l := open(t, 100)
	b := batch(0, 9)
	row(&b.Movements, 1, 1, 5, 2026, 1)
	row(&b.Movements, 1, 2, 5, 2025, 1)
	row(&b.Reports, 2, 1, 5, 2026, 1)
	b.Floors = []sellthrough.Floor{{Partner: "acme", Namespace: "pos", Slice: 9, Revision: 5}}
	b.Outcomes = []sellthrough.Outcome{{Submission: "S", Revision: 5, Attempt: 1, Counts: sellthrough.Counts{New: 3}}}
	b.Votes = []sellthrough.Vote{{Submission: "S", Revision: 5, Attempt: 1}}
	b.Homes = []sellthrough.EndMark{{Submission: "S", Home: &sellthrough.Home{}, Partitions: []int{1}}}
	b.Refusals = []sellthrough.RefusedBlock{{Submission: "S", Rows: []sellthrough.Refusal{{Row: 3, Reason: "no"}}}}
	b.OrdersDone = []sellthrough.Order{{Kind: sellthrough.OrderUndo, At: b.Known}}
	for range 3 {
		if err := l.Put(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	for table, want := range map[string]uint64{"movements": 2, "stock_reports": 1, "sales_daily": 2, "stock_daily": 1, "floors": 1, "outcomes": 1, "votes": 1, "submissions": 1, "refused": 1, "orders": 1} {
		if got := count(t, l, table); got != want {
			t.Errorf("%s holds %d rows, want %d", table, got, want)
		}
	}
}

func TestARowReadsBackAsItWasWritten(t *testing.T) {
	l := open(t, 100)
	b := batch(0, 9)
	row(&b.Movements, 1, 1, 5, 2026, 1)
	m := &b.Movements
	m.Base[0], m.Version[0], m.Reference[0], m.Row[0], m.LineKey[0] = 6_000_000, 3, 4, 12, "7"
	m.Unit[0], m.Product[0], m.Counterparty[0], m.Serial[0] = "CS", "P1", "c", "sn"
	m.Day[0], m.At[0], m.RawQty[0] = m.Day[0]-1, m.At[0]-500, 1_000_000
	m.SetMore(0, sellthrough.MoreRow{
		More:  sellthrough.More{Customer: "h", Segment: "government", Salesperson: "s7", Title: "vendor", Reason: "r", RefersTo: "d0", Destination: "Oost", Until: 77},
		Party: "S9", Region: "NL-East",
	})
	if err := l.Put(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	got, err := l.Current(t.Context(), "acme", "pos", sellthrough.Sales, []sellthrough.LineRef{{Slice: 1, Line: 1}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got.Whole()
	if d := cmp.Diff(b.Movements, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got, err := l.Current(t.Context(), "acme", "pos", sellthrough.Sales, []sellthrough.LineRef{{Slice: 1, Line: 1}}, &b.Token); err != nil || got.Len() != 0 {
		t.Errorf("without the token's rows there are %d, %v", got.Len(), err)
	}
}

func TestEveryKindOfFeedHasALedgerAndSums(t *testing.T) {
	l := open(t, 100)
	b := batch(0, 9)
	for n, k := range sellthrough.FeedKinds() {
		r := b.Of(k)
		row(r, 1, uint64(n), 5, 2026, 1)
		row(r, 1, uint64(n)+100, 5, 2026, 1)
		r.Kind[0], r.Kind[1] = max(1, uint8(sellthrough.FirstKind(k))), max(1, uint8(sellthrough.FirstKind(k)))
		r.SetMore(1, sellthrough.MoreRow{Party: "S9"}) // to another: a sum of its own
	}
	for range 2 {
		if err := l.Put(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range sellthrough.FeedKinds() {
		if got := count(t, l, ledgers[k]); got != 2 {
			t.Errorf("%s holds %d rows, want 2", ledgers[k], got)
		}
	}
	for table, want := range map[string]uint64{"sales_daily": 2, "flow_daily": 10} {
		if got := count(t, l, table); got != want {
			t.Errorf("%s holds %d rows, want %d", table, got, want)
		}
	}
	if found, err := l.Verify(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("verify finds %v, %v", found, err)
	}
	for _, sql := range []string{
		"INSERT INTO " + l.table("flow_daily") + " (partner, kind_wire, qty_micros, lines) VALUES ('acme', 16, 1000000, 1)",
		"INSERT INTO " + l.table("sales_daily") + " (partner, kind_wire, party, qty_micros, lines) VALUES ('acme', 1, 'S9', 1000000, 1)",
	} {
		if err := l.exec(t.Context(), "spoil the sums", sql); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := l.Verify(t.Context()); err != nil || len(found) != 2 {
		t.Errorf("verify of spoilt sums finds %v, %v", found, err)
	}
	if err := l.Rebuild(t.Context(), "mend"); err != nil {
		t.Fatal(err)
	}
	if found, err := l.Verify(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("verify after mending finds %v, %v", found, err)
	}
}

func TestTheNewestWordOfALine(t *testing.T) {
	l := open(t, 100)
	b := batch(0, 9)
	row(&b.Movements, 1, 1, 5, 2026, 1) // corrected at 6
	row(&b.Movements, 1, 1, 6, 2026, -1)
	row(&b.Movements, 1, 1, 6, 2026, 1)
	b.Movements.Content[2] = 99
	row(&b.Movements, 1, 2, 5, 2026, 1) // withdrawn at 7
	row(&b.Movements, 1, 2, 7, 2026, -1)
	if err := l.Put(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	got, err := l.Slices(t.Context(), "acme", "pos", sellthrough.Sales, []uint64{1, 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	byLine := map[uint64]sellthrough.Held{}
	for _, h := range got {
		byLine[h.Line] = h
	}
	want := map[uint64]sellthrough.Held{
		1: {Slice: 1, Line: 1, Content: 99, Revision: 6, Live: true},
		2: {Slice: 1, Line: 2, Revision: 7, Live: false}, // it says nothing any more
	}
	if d := cmp.Diff(want, byLine); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAHigherClaimFencesTheOwnerBefore(t *testing.T) {
	l := open(t, 100)
	old, err := l.Claim(t.Context(), "0000aa-x", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Claim(t.Context(), "0000aa-x", 1); err != nil {
		t.Fatal(err)
	}
	i := batch(0, 1).Intent
	i.Epoch = old
	if err := l.Intend(t.Context(), i); err == nil {
		t.Error("the old owner was not fenced")
	}
}

func TestAnotherTopicIsRefused(t *testing.T) {
	l := open(t, 100)
	if _, err := l.Claim(t.Context(), "0000aa-x", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Claim(t.Context(), "0000bb-y", 1); err == nil {
		t.Error("a topic made anew was accepted")
	}
}

// TestARedoBeyondTheWindowHeals: the server no longer knows the token, so the redo would double. Trusted says so, Heal
// takes the rows out and mends the sums, and the batch written anew under the next token counts once.
func TestARedoBeyondTheWindowHeals(t *testing.T) {
	l := open(t, 3)
	ctx := t.Context()
	mine := batch(0, 9)
	row(&mine.Movements, 1, 1, 5, 2026, 1)
	row(&mine.Reports, 2, 1, 5, 2026, 1)
	if err := l.Intend(ctx, mine.Intent); err != nil {
		t.Fatal(err)
	}
	if err := l.Insert(ctx, mine); err != nil {
		t.Fatal(err)
	}
	for n := range int64(6) { // another partition pushes the token out
		other := batch(n*10, n*10+9)
		other.Partition = 2
		row(&other.Movements, 100+uint64(n), 1, 6, 2026, 1)
		for _, f := range []func() error{
			func() error { return l.Intend(ctx, other.Intent) }, func() error { return l.Insert(ctx, other) }, func() error { return l.Done(ctx, other.Intent) },
		} {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if ok, err := l.Trusted(ctx, mine.Intent); err != nil || ok {
		t.Fatalf("the window is trusted: %v, %v", ok, err)
	}
	if err := l.Heal(ctx, mine); err != nil {
		t.Fatal(err)
	}
	mine.Retry++
	if err := l.Intend(ctx, mine.Intent); err != nil {
		t.Fatal(err)
	}
	if err := l.Insert(ctx, mine); err != nil {
		t.Fatal(err)
	}
	var ledger, daily, levels, reports int64
	sql := "SELECT (SELECT sum(qty_micros) FROM " + l.table("movements") + "), (SELECT sum(qty_micros) FROM " + l.table("sales_daily") + "), " +
		"(SELECT sum(qty_micros) FROM " + l.table("stock_daily") + "), (SELECT sum(lines) FROM " + l.table("stock_daily") + ")"
	if err := l.query(ctx, "sum", sql, func(r driver.Rows) error { return r.Scan(&ledger, &daily, &levels, &reports) }); err != nil {
		t.Fatal(err)
	}
	if ledger != 14_000_000 || daily != 14_000_000 {
		t.Errorf("7 lines of 2 units: the ledger holds %d millionths, the sums %d", ledger, daily)
	}
	if levels != 2_000_000 || reports != 1 {
		t.Errorf("one report of 2 units: the levels hold %d millionths in %d reports", levels, reports)
	}
}

// TestWhatIsNotApplied: a submission that was put off and then voted on has voted; a held attempt outranks its vote, a
// later vote the held attempt; what was applied is none of it; and the rows of a token can be left out.
func TestWhatIsNotApplied(t *testing.T) {
	l := open(t, 100)
	first, second := batch(0, 9), batch(10, 19)
	vote := func(id string, attempt uint32, end int64, waits bool) sellthrough.Vote {
		return sellthrough.Vote{Submission: sellthrough.SubmissionID(id), Partner: "acme", Revision: 5, Attempt: attempt, End: end, Waits: waits}
	}
	outcome := func(id string, attempt uint32, held bool) sellthrough.Outcome {
		return sellthrough.Outcome{Submission: sellthrough.SubmissionID(id), Partner: "acme", Revision: 5, Attempt: attempt, Held: held}
	}
	first.Votes = []sellthrough.Vote{vote("put off", 1, 3, true), vote("voted", 1, 4, true), vote("held", 1, 5, false), vote("again", 1, 6, false), vote("applied", 1, 7, false)}
	second.Votes = []sellthrough.Vote{vote("voted", 1, 14, false), vote("again", 2, 16, true)}
	second.Outcomes = []sellthrough.Outcome{outcome("held", 1, true), outcome("again", 1, true), outcome("applied", 1, false)}
	for _, b := range []*sellthrough.Batch{first, second} {
		if err := l.Put(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	pending := func(attempt uint32, end int64, s sellthrough.PendingState) sellthrough.Pending {
		return sellthrough.Pending{Partner: "acme", Revision: 5, Attempt: attempt, End: end, State: s}
	}
	want := map[sellthrough.SubmissionID]sellthrough.Pending{
		"put off": pending(1, 3, sellthrough.IsWaiting), "voted": pending(1, 14, sellthrough.HasVoted),
		"held": pending(1, 0, sellthrough.IsHeld), "again": pending(2, 16, sellthrough.IsWaiting),
	}
	got, err := l.Unresolved(t.Context(), 1, nil)
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	want = map[sellthrough.SubmissionID]sellthrough.Pending{
		"put off": pending(1, 3, sellthrough.IsWaiting), "voted": pending(1, 4, sellthrough.IsWaiting), "held": pending(1, 5, sellthrough.HasVoted),
		"again": pending(1, 6, sellthrough.HasVoted), "applied": pending(1, 7, sellthrough.HasVoted),
	}
	got, err = l.Unresolved(t.Context(), 1, &second.Token)
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("without the second batch: %v (-want +got):\n%s", err, d)
	}
	for id, n := range map[sellthrough.SubmissionID]int{"put off": 0, "voted": 1} {
		if votes, err := l.Votes(t.Context(), id, 1); err != nil || len(votes) != n {
			t.Errorf("%s: %d votes, %v", id, len(votes), err)
		}
	}
}

// TestAnInsertWaitsForItsRowsNoLongerThanTheRoadThinks: what is sent late would find its token forgotten.
func TestAnInsertWaitsForItsRowsNoLongerThanTheRoadThinks(t *testing.T) {
	l := open(t, 100)
	var seconds, look uint64
	err := l.query(t.Context(), "read settings", "SELECT toUInt64(anyIf(value, name = 'receive_timeout')), toUInt64(anyIf(value, name = 'poll_interval')) FROM system.settings",
		func(r driver.Rows) error { return r.Scan(&seconds, &look) })
	if limit := uint64(road.Patience / time.Second); err != nil || seconds == 0 || seconds+look > limit {
		t.Errorf("%d seconds, looked at every %d; the limit is %d: %v", seconds, look, limit, err)
	}
}

// TestTheSumsAreSetAgainByAnotherHeal: what a heal brought in line once can go wrong again, and is then not taken for the same.
func TestTheSumsAreSetAgainByAnotherHeal(t *testing.T) {
	l := open(t, 100)
	ctx := t.Context()
	mine := batch(0, 9)
	row(&mine.Movements, 1, 1, 5, 2026, 1)
	for retry := range 3 {
		mine.Retry = 0 // the same batch is healed again and again, as by owners that die before they write it anew
		if err := l.Intend(ctx, mine.Intent); err != nil {
			t.Fatal(err)
		}
		if err := l.exec(ctx, "spoil the sums", "INSERT INTO "+l.table("sales_daily")+" (partner, product, qty_micros) VALUES ('acme', 'P', ?)", retry+1); err != nil {
			t.Fatal(err)
		}
		if err := l.Heal(ctx, mine); err != nil {
			t.Fatal(err)
		}
		var sum, rows int64
		sql := "SELECT (SELECT sum(qty_micros) FROM " + l.table("sales_daily") + "), (SELECT toInt64(count()) FROM " + l.table("movements") + ")"
		if err := l.query(ctx, "sum", sql, func(r driver.Rows) error { return r.Scan(&sum, &rows) }); err != nil || sum != 0 || rows != 0 {
			t.Fatalf("heal %d leaves sums of %d and %d rows, %v", retry+1, sum, rows, err)
		}
	}
}

// TestWhatAnOwnerBeforeWritesLateDoesNotCount: the batch was taken out; the done of the owner who stalled, and its next
// intent, are of no effect. Neither is an intent that it wrote after the new owner had arrived.
func TestWhatAnOwnerBeforeWritesLateDoesNotCount(t *testing.T) {
	l := open(t, 100)
	ctx := t.Context()
	b := batch(0, 9)
	b.Step, b.Complete = 1, false
	row(&b.Movements, 1, 1, 5, 2026, 1)
	if err := l.Intend(ctx, b.Intent); err != nil {
		t.Fatal(err)
	}
	old, late := b.Intent, b.Intent
	late.Step = 2
	epoch, err := l.Claim(ctx, b.Incarnation, b.Partition)
	if err != nil {
		t.Fatal(err)
	}
	b.Epoch = epoch
	if err := l.Heal(ctx, b); err != nil {
		t.Fatal(err)
	}
	if err := l.Done(ctx, old); err != nil {
		t.Fatal(err)
	}
	if err := l.Intend(ctx, late); err == nil {
		t.Error("the owner before was not fenced")
	}
	intent, done, err := l.Newest(ctx, b.Incarnation, b.Partition)
	if err != nil || done != nil || intent == nil || intent.Token != b.Token || intent.Epoch != epoch {
		t.Errorf("newest are %+v and %+v, %v", intent, done, err)
	}
	if flying, err := (notes{l}).Flying(ctx, b.Incarnation); err != nil || len(flying) != 0 {
		t.Errorf("in flight is %v, %v", flying, err)
	}
	// Another partition: its owner arrives, and then the one before wakes.
	if _, err := l.Claim(ctx, b.Incarnation, 2); err != nil {
		t.Fatal(err)
	}
	arrived := sellthrough.Intent{Token: sellthrough.Token{Incarnation: b.Incarnation, Partition: 2, First: -1, Last: -1}, Epoch: 2, Complete: true}
	if err := l.Done(ctx, arrived); err != nil {
		t.Fatal(err)
	}
	late.Partition = 2
	if err := l.Intend(ctx, late); err == nil {
		t.Error("the owner before was not fenced")
	}
	if err := l.Hold(ctx, b.Intent); err != nil { // after the intent, so that it would be waited for
		t.Fatal(err)
	}
	if flying, err := (notes{l}).Flying(ctx, b.Incarnation); err != nil || len(flying) != 0 {
		t.Errorf("in flight is %v, %v", flying, err)
	}
	late.Epoch = 2 // one of its own is
	late.First = 10
	if err := l.note(ctx, road.Intent, late); err != nil {
		t.Fatal(err)
	}
	if flying, err := (notes{l}).Flying(ctx, b.Incarnation); err != nil || len(flying) != 1 || flying[0] != 2 {
		t.Errorf("in flight is %v, %v", flying, err)
	}
}
