package clickhouse

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
)

// twin is a ledger and its shadow with one batch each.
func twin(t *testing.T, mine, theirs func(*sellthrough.Rows)) (*Ledger, sellthrough.Replay) {
	t.Helper()
	l := open(t, 100)
	s, err := l.Shadow(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Close()
		if err := l.DropShadow(t.Context(), s.Name()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	for ledger, fill := range map[*Ledger]func(*sellthrough.Rows){l: mine, s: theirs} {
		b := batch(0, 9)
		fill(&b.Movements)
		if err := ledger.Put(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	return l, sellthrough.Replay{Shadow: s.Name(), Partner: "acme", Namespaces: []string{"pos"}}
}

func lineOf(m *sellthrough.Rows, slice, line uint64, rev sellthrough.Revision, year int, product string) {
	row(m, slice, line, rev, year, 1)
	m.Product[m.Len()-1] = product
}

// TestTheDifferenceOfAShadowIsWholeLines: what reads otherwise, what is gone and what is new, within a period as lines, and
// nothing of what was said since.
func TestTheDifferenceOfAShadowIsWholeLines(t *testing.T) {
	const big = 1 << 63 // slices from end to end
	l, r := twin(t, func(m *sellthrough.Rows) {
		lineOf(m, 1, 1, 5, 2025, "A")     // the same in both, said by another submission
		lineOf(m, 2, 1, 5, 2025, "A")     // reads otherwise
		lineOf(m, 3, 1, 5, 2025, "A")     // moves to another year
		lineOf(m, big, 1, 5, 2025, "A")   // gone
		lineOf(m, 5, 1, 99, 2025, "A")    // of a submission that the shadow does not know
		lineOf(m, 7, 1, 5, 2024, "A")     // gone, in another year
		lineOf(m, 9, 1, 5, 2025, "twice") // a fault of ours
		lineOf(m, 9, 1, 5, 2025, "twice")
	}, func(m *sellthrough.Rows) {
		lineOf(m, 1, 1, 4, 2025, "A")
		lineOf(m, 2, 1, 5, 2025, "B")
		lineOf(m, 3, 1, 5, 2026, "A")
		lineOf(m, big+2, 1, 5, 2025, "C") // new
		lineOf(m, 9, 1, 5, 2025, "twice")
	})
	s := &Ledger{opts: l.opts, conn: l.conn, sender: l.sender, big: l.big}
	s.opts.Database = r.Shadow
	if err := s.Consider(t.Context(), []sellthrough.Revision{4, 5}); err != nil {
		t.Fatal(err)
	}
	type change struct {
		Slice   uint64
		Sign    int8
		Product string
		Year    int
	}
	changes := func(r sellthrough.Replay, limit int) (out []change) {
		var after sellthrough.LineRef
		for {
			rows, err := l.Replayed(t.Context(), sellthrough.Sales, 1, r, after, limit, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows.Len() {
				if rows.Qty[i] != 2_000_000*int64(rows.Sign[i]) || sellthrough.Cause(rows.Cause[i]) != sellthrough.CauseReplayed {
					t.Errorf("row %d: %d, %v", i, rows.Qty[i], rows.Cause[i])
				}
				out = append(out, change{rows.Slice[i], rows.Sign[i], rows.Product[i], sellthrough.Day(rows.BusinessDate[i]).Time().Year()})
				after = sellthrough.LineRef{Slice: rows.Slice[i], Line: rows.Line[i]}
			}
			if rows.Len() == 0 {
				return out
			}
		}
	}
	all := []change{
		{2, -1, "A", 2025}, {2, 1, "B", 2025}, {3, -1, "A", 2025}, {3, 1, "A", 2026}, {7, -1, "A", 2024}, {9, -1, "twice", 2025}, {big, -1, "A", 2025}, {big + 2, 1, "C", 2025},
	}
	for _, limit := range []int{1, 2, 3, 5, 100} {
		if d := cmp.Diff(all, changes(r, limit)); d != "" {
			t.Errorf("at most %d rows at once (-want +got):\n%s", limit, d)
		}
	}
	year := r
	year.From, year.To = dayOf(2026), dayOf(2026)+200
	if d := cmp.Diff([]change{{3, -1, "A", 2025}, {3, 1, "A", 2026}}, changes(year, 100)); d != "" {
		t.Errorf("of a period, lines that come into it too (-want +got):\n%s", d)
	}
	cells, alone, err := l.Differences(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var added, removed, changed int64
	for _, c := range cells {
		added, removed, changed = added+c.Added, removed+c.Removed, changed+c.Changed
	}
	if added != 1 || removed != 3 || changed != 2 || alone != 1 {
		t.Errorf("added %d, removed %d, changed %d, left alone %d", added, removed, changed, alone)
	}
	if !slices.ContainsFunc(cells, func(c Difference) bool {
		return c.Product == "B" && c.Changed == 1 && c.UnitsBefore == 0 && c.UnitsAfter == 2_000_000 && c.MoneyAfter == 5_100_000 && c.Kind == "sell_out" && c.Currency == "GBP"
	}) {
		t.Errorf("%+v", cells)
	}
	if err := l.DropShadow(t.Context(), r.Shadow); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Replayed(t.Context(), sellthrough.Sales, 1, r, sellthrough.LineRef{}, 1, nil); !errors.Is(err, sellthrough.ErrGone) {
		t.Errorf("without the shadow: %v", err)
	}
	if err := l.DropShadow(t.Context(), l.Name()); err == nil {
		t.Error("the ledger itself was dropped as a shadow")
	}
}

func dayOf(year int) sellthrough.Day {
	var m sellthrough.Rows
	row(&m, 1, 1, 1, year, 1)
	return sellthrough.Day(m.BusinessDate[0])
}
