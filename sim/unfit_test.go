package sim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"sellthrough"
)

// picky is a server that can't keep lines of an item in a quantity, of feeds that cover nothing: elsewhere such a line protects what is
// there, in its partition alone.
func picky(feed string, l fact) bool {
	return (feed == "lines" || feed == "loose") && l.item == "i1" && l.qty == 3
}

func (v *server) bad(r *sellthrough.Rows, i int) bool {
	return v.unfits != nil && r.Sign[i] > 0 && v.unfits(r.Feed[i], fact{item: r.Item[i], qty: r.RawQty[i] / int64(sellthrough.One)})
}

// unfit is what the server says of an insert with a bad row. Of those before it, some may have landed, as of an insert that is cut into
// blocks; once for a token.
func (v *server) unfit(table, token string, b *sellthrough.Batch) error {
	rows := &b.Movements
	for i := range rows.Len() {
		if table != "movements" || !v.bad(rows, i) {
			continue
		}
		if n := v.s.r.IntN(i + 1); n > 0 {
			_ = v.put(table, token+"/first block", false, func() { // it can't fail
				var some sellthrough.Rows
				for k := range n {
					some.AppendRow(rows, k)
				}
				v.tables.add(sellthrough.Sales, &some, b.Token)
			})
		}
		return refusal(rows, i)
	}
	return nil
}

func refusal(rows *sellthrough.Rows, i int) error {
	return &sellthrough.Unfit{Table: "movements", Reason: fmt.Sprintf("row %d is bad", rows.Row[i]), Err: errors.New("bad")}
}

// Examine tries rows where nothing is kept.
func (l ledger) Examine(_ context.Context, p int) (func(context.Context, *sellthrough.Batch) error, func(), error) {
	return func(ctx context.Context, b *sellthrough.Batch) error {
		return l.ask(ctx, fmt.Sprint("try rows of ", p, " ", b.Len()), func() error {
			for i := range b.Movements.Len() {
				if l.v.bad(&b.Movements, i) {
					return refusal(&b.Movements, i)
				}
			}
			return nil
		})
	}, func() {}, nil
}

func (l ledger) Unfit(ctx context.Context, p int, rev sellthrough.Revision, except *sellthrough.Token) (n int64, err error) {
	err = l.ask(ctx, fmt.Sprint("unfit lines in ", p, rev), func() error {
		n = 0
		for _, o := range l.v.tables.outcomes {
			if o.token.Partition == p && o.v.Revision == rev && kept(o.token, except) {
				n += o.v.Counts.Refused
			}
		}
		return nil
	})
	return n, err
}

// TestALineThatTheServerCantKeepProtects: a document sent again with such a line withdraws nothing, for the line that it replaces may be
// the one that is missing.
func TestALineThatTheServerCantKeepProtects(t *testing.T) {
	day := sellthrough.Day(10950)
	first := &file{name: "first", lines: []fact{{doc: "d1", loc: "s0", item: "i1", day: day, qty: 1}, {doc: "d1", loc: "s0", item: "i2", day: day, qty: 2}}}
	again := &file{name: "again", lines: []fact{{doc: "d1", loc: "s0", item: "i1", day: day, qty: 3}, {doc: "d1", loc: "s0", item: "i2", day: day, qty: 4}}}
	cryptotest.SetGlobalRandom(t, 1)
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, dir, nil, 1, 2, &kinds[1])
		w.strict, w.files["invoices"] = true, []*file{first, again}
		w.v.unfits = func(_ string, l fact) bool { return l.item == "i1" && l.qty == 3 }
		w.collect("collector")
		w.transform("transformer")
		w.send(&kinds[1], 1)
		w.play(func(idle time.Duration) bool { return w.sending.Load() == 0 && idle > 30*time.Second })
		w.judge()
		w.end()
		if o, _ := w.outcome(again); o.counts.Refused != 1 || o.counts.New != 1 || o.counts.Withdrawn != 0 {
			t.Errorf("the second file comes to %+v", o.counts)
		}
		if len(w.faulty) > 0 {
			t.Error(strings.Join(w.faulty, "\n"))
		}
	})
}
