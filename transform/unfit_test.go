package transform

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
)

// refused is what the store says of a batch with bad rows: those before the first bad one have landed, as of an insert that is
// cut into several.
func (m *memLedger) refused(b *sellthrough.Batch) error {
	if m.unfit == nil {
		return nil
	}
	for kind, rows := range map[sellthrough.FeedKind]*sellthrough.Rows{sellthrough.Sales: &b.Movements, sellthrough.Stock: &b.Reports} {
		for i := range rows.Len() {
			if !m.unfit(rows, i) {
				continue
			}
			m.once(b.Token, "rows before a bad one", func() {
				for k := range i {
					r := memRow{token: b.Token, kind: kind}
					r.AppendRow(rows, k)
					m.rows = append(m.rows, r)
				}
			})
			return &sellthrough.Unfit{Table: "movements", Reason: fmt.Sprintf("row %d is bad", rows.Row[i]), Err: errors.New("bad")}
		}
	}
	return nil
}

func (m *memLedger) Examine(context.Context, int) (func(context.Context, *sellthrough.Batch) error, func(), error) {
	return func(_ context.Context, b *sellthrough.Batch) error {
		return m.try("examine", func() error {
			for i := range b.Movements.Len() {
				if m.unfit != nil && m.unfit(&b.Movements, i) {
					return &sellthrough.Unfit{Table: "movements", Reason: fmt.Sprintf("row %d is bad", b.Movements.Row[i]), Err: errors.New("bad")}
				}
			}
			return nil
		})
	}, func() {}, nil
}

func (m *memLedger) Unfit(_ context.Context, p int, rev sellthrough.Revision, except *sellthrough.Token) (n int64, _ error) {
	for _, o := range m.outcomes {
		if o.token.Partition == p && o.v.Revision == rev && (except == nil || o.token != *except) {
			n += o.v.Counts.Refused
		}
	}
	return n, nil
}

// TestLinesThatTheStoreCantKeepAreRefusedAlone: files in which some lines are bad to the store, in all ways of feeding, with
// owners that die and answers that are lost: the ledger holds what the files come to without those lines, as in a run in
// which nothing went wrong, and the books account for every line.
func TestLinesThatTheStoreCantKeepAreRefusedAlone(t *testing.T) {
	seeds := uint64(150)
	if testing.Short() {
		seeds = 30
	}
	bad := func(rows *sellthrough.Rows, i int) bool {
		return rows.RawQty[i] == int64(3*sellthrough.One) && rows.Item[i] == "i1"
	}
	refused := 0
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			for s := range seeds {
				if *seed != 0 {
					s = *seed
				}
				r := rand.New(rand.NewPCG(s, 11))
				w := newWorld(t, r, kind)
				files := w.files(3 + r.IntN(6))
				for _, f := range files {
					w.send(f)
				}
				calm := &world{t: t, r: rand.New(rand.NewPCG(s, 12)), log: w.log, ledger: newMemLedger(1000), kind: w.kind, parts: w.parts, stepRows: w.stepRows}
				w.ledger.unfit, calm.ledger.unfit = bad, bad
				for p := range w.parts {
					calm.work(p, true)
					for range r.IntN(3) {
						w.work(p, false)
					}
					w.work(p, true)
				}
				if d := cmp.Diff(calm.totals(), w.totals()); d != "" {
					t.Errorf("seed %d (run it alone with -seed %d): with faults the ledger is another (-calm +got):\n%s", s, s, d)
				}
				w.books(files, s)
				calm.books(files, s)
				want := map[sellthrough.Revision]int64{}
				for _, o := range calm.ledger.outcomes {
					want[o.v.Revision] += o.v.Counts.Refused
					refused += int(o.v.Counts.Refused)
				}
				got := map[sellthrough.Revision]int64{}
				for _, o := range w.ledger.outcomes {
					got[o.v.Revision] += o.v.Counts.Refused
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("seed %d: refused lines by submission (-calm +got):\n%s", s, d)
				}
				for i := range w.ledger.rows {
					if bad(&w.ledger.rows[i].Rows, 0) {
						t.Errorf("seed %d: the ledger holds a bad row", s)
					}
				}
				if w.kind.policy.Coverage == sellthrough.CoverNone {
					good := slices.Clone(files)
					for i := range good {
						good[i].lines = slices.DeleteFunc(slices.Clone(good[i].lines), func(l fact) bool { return l.qty == 3 && l.item == "i1" })
					}
					truth := kind.truth(good)
					maps.DeleteFunc(truth, func(_ string, q int64) bool { return q == 0 })
					if d := cmp.Diff(truth, w.totals()); d != "" {
						t.Errorf("seed %d: the ledger is not what the files come to without the bad lines (-want +got):\n%s", s, d)
					}
				}
				if t.Failed() || *seed != 0 {
					return
				}
			}
		})
	}
	if refused == 0 {
		t.Error("no line was bad")
	}
}

// TestARefusedLineProtects: a document sent again with a bad line withdraws nothing, for the line that it replaces may be the
// one that is missing.
func TestARefusedLineProtects(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(1, 1)), kinds[1]) // no keys, document coverage
	day := sellthrough.Day(20000)
	first := file{rev: sellthrough.RevisionOf(1, 1), lines: []fact{{doc: "d1", loc: "s0", item: "i1", day: day, qty: 1}, {doc: "d1", loc: "s0", item: "i2", day: day, qty: 2}}}
	again := file{rev: sellthrough.RevisionOf(1, 2), lines: []fact{{doc: "d1", loc: "s0", item: "i1", day: day, qty: 3}, {doc: "d1", loc: "s0", item: "i2", day: day, qty: 4}}}
	w.ledger.unfit = func(rows *sellthrough.Rows, i int) bool { return rows.RawQty[i] == int64(3*sellthrough.One) }
	for _, f := range []file{first, again} {
		w.send(f)
	}
	for p := range w.parts {
		w.work(p, true)
	}
	want := map[string]int64{}
	for _, f := range []fact{first.lines[0], first.lines[1], again.lines[1]} {
		want[f.content()] = f.qty
	}
	if d := cmp.Diff(want, w.totals()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestAStoreThatCallsTheSumBadHoldsTheLine: what can't be a line's fault refuses no line.
func TestAStoreThatCallsTheSumBadHoldsTheLine(t *testing.T) {
	b := &build{w: &worker{}}
	b.batch.Movements.Grow()
	b.batch.Movements.Grow()
	for i := range 2 {
		b.batch.Movements.Sign[i], b.batch.Movements.Row[i], b.batch.Movements.Cause[i] = 1, uint32(i+2), uint8(sellthrough.CauseNew)
	}
	var found []sellthrough.UnfitLine
	try := func(_ context.Context, b *sellthrough.Batch) error {
		if b.Movements.Len() == 2 {
			return &sellthrough.Unfit{Reason: "together they are too much"}
		}
		return nil
	}
	if err := (&worker{}).halve(t.Context(), b, b.units(), try, &found); err != nil || len(found) != 0 {
		t.Errorf("%v, %v", found, err)
	}
}

// TestACorrectionWhoseOldRowCantBeTakenOutIsRefused: the rows of a correction stand or fall together.
func TestACorrectionWhoseOldRowCantBeTakenOutIsRefused(t *testing.T) {
	b := &build{w: &worker{}}
	m := &b.batch.Movements
	for i, line := range []struct {
		sign int8
		row  uint32
	}{{1, 2}, {1, 3}, {-1, 9}} {
		m.Grow()
		m.Sign[i], m.Row[i], m.Cause[i] = line.sign, line.row, uint8(sellthrough.CauseCorrected)
	}
	b.caused = []pair{{sellthrough.Sales, 2, 1}} // the old row goes because of row 3 of the file
	var found []sellthrough.UnfitLine
	try := func(_ context.Context, b *sellthrough.Batch) error {
		if slices.Contains(b.Movements.Sign, -1) {
			return &sellthrough.Unfit{Reason: "the old row is bad"}
		}
		return nil
	}
	if err := (&worker{}).halve(t.Context(), b, b.units(), try, &found); err != nil || len(found) != 1 || found[0].Row != 3 {
		t.Errorf("%v, %v", found, err)
	}
}
