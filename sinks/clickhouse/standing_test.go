package clickhouse

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
)

// TestTheStandingRowIsTheOneThatNothingTookBack: rows of one revision and one reference version, of which no column says which
// came last: a key that stands twice in a file, and a replay that went back to an older version's reading.
func TestTheStandingRowIsTheOneThatNothingTookBack(t *testing.T) {
	l := open(t, 100)
	b := batch(0, 9)
	m := &b.Movements
	say := func(line, content uint64, product string, reference uint64, qty int64, sign int8) {
		row(m, 1, line, 5, 2026, sign)
		i := m.Len() - 1
		m.Content[i], m.Product[i], m.Reference[i], m.Qty[i], m.RawQty[i] = content, product, reference, qty*int64(sign), qty*int64(sign)
	}
	say(1, 10, "A", 7, 1, 1) // a key twice in a file
	say(1, 20, "A", 7, 2, 1)
	say(1, 10, "A", 7, 1, -1)
	say(2, 30, "A", 7, 3, 1) // read by a newer version, then by the old one again
	say(2, 30, "A", 7, 3, -1)
	say(2, 30, "B", 9, 3, 1)
	say(2, 30, "B", 9, 3, -1)
	say(2, 30, "A", 7, 3, 1)
	say(3, 40, "A", 7, 4, 1) // gone
	say(3, 40, "A", 7, 4, -1)
	if err := l.Put(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	refs := []sellthrough.LineRef{{Slice: 1, Line: 1}, {Slice: 1, Line: 2}, {Slice: 1, Line: 3}}
	got, err := l.Current(t.Context(), "acme", "pos", sellthrough.Sales, refs, nil)
	if err != nil {
		t.Fatal(err)
	}
	type standing struct {
		Line, Content uint64
		Product       string
		Qty           int64
	}
	var rows []standing
	for i := range got.Len() {
		rows = append(rows, standing{got.Line[i], got.Content[i], got.Product[i], got.Qty[i]})
	}
	if d := cmp.Diff([]standing{{1, 20, "A", 2}, {2, 30, "A", 3}}, rows); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	held, err := l.Slices(t.Context(), "acme", "pos", sellthrough.Sales, []uint64{1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range held {
		if want := map[uint64]uint64{1: 20, 2: 30, 3: 0}[h.Line]; h.Content != want || h.Live != (want != 0) {
			t.Errorf("line %d: content %d, live %v; want %d", h.Line, h.Content, h.Live, want)
		}
	}
}
