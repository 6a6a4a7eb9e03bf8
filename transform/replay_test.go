package transform

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/internal/bus"
)

// standing is what stands in some rows, a row a line.
func standing(rows []memRow, pass func(*memRow) bool) map[sellthrough.LineRef]*memRow {
	type reading struct {
		ref     sellthrough.LineRef
		content uint64
		qty     int64
		item    string
	}
	sums, last := map[reading]int{}, map[reading]*memRow{}
	for i := range rows {
		r := &rows[i]
		if !pass(r) {
			continue
		}
		k := reading{sellthrough.LineRef{Slice: r.Slice[0], Line: r.Line[0]}, r.Content[0], r.Qty[0] * int64(r.Sign[0]), r.Item[0]}
		if sums[k] += int(r.Sign[0]); r.Sign[0] > 0 {
			last[k] = r
		}
	}
	out := map[sellthrough.LineRef]*memRow{}
	for k, n := range sums {
		if n > 0 {
			out[k.ref] = last[k]
		}
	}
	return out
}

// Replayed compares with the shadow's rows.
func (m *memLedger) Replayed(_ context.Context, kind sellthrough.FeedKind, p int, r sellthrough.Replay, after sellthrough.LineRef, limit int, except *sellthrough.Token) (sellthrough.Rows, error) {
	var out sellthrough.Rows
	shadow := m.shadows[r.Shadow]
	if shadow == nil {
		return out, sellthrough.ErrGone
	}
	have := standing(m.rows, func(x *memRow) bool {
		return x.kind == kind && x.token.Partition == p && (except == nil || x.token != *except)
	})
	want := standing(shadow.rows, func(x *memRow) bool { return x.kind == kind && x.token.Partition == p })
	var refs []sellthrough.LineRef
	for ref := range have {
		refs = append(refs, ref)
	}
	for ref := range want {
		if have[ref] == nil {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b sellthrough.LineRef) int {
		if a.Slice != b.Slice {
			if a.Slice < b.Slice {
				return -1
			}
			return 1
		}
		if a.Line < b.Line {
			return -1
		}
		return 1
	})
	for _, ref := range refs {
		if ref.Slice < after.Slice || ref.Slice == after.Slice && ref.Line <= after.Line {
			continue
		}
		h, w := have[ref], want[ref]
		if h != nil && w != nil && h.Content[0] == w.Content[0] && h.Qty[0] == w.Qty[0] && h.Item[0] == w.Item[0] {
			continue
		}
		if out.Len() >= limit {
			break
		}
		if h != nil {
			out.AppendNegated(&h.Rows, 0, sellthrough.CauseReplayed, sellthrough.Revision(h.Revision[0]), h.Version[0])
		}
		if w != nil {
			out.AppendRow(&w.Rows, 0)
			out.Cause[out.Len()-1], out.Sign[out.Len()-1] = uint8(sellthrough.CauseReplayed), 1
		}
	}
	return out, nil
}

// TestAReplayBringsTheLedgerInLineAcrossEveryCrash: a shadow is fed with other lines than the ledger; the order to replay is
// worked off by owners that die, stall and lose answers, once and again. The ledger then holds what the shadow holds, what
// comes later is judged as ever, and the second order writes nothing.
func TestAReplayBringsTheLedgerInLineAcrossEveryCrash(t *testing.T) {
	seeds := uint64(150)
	if testing.Short() {
		seeds = 30
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			for s := range seeds {
				if *seed != 0 {
					s = *seed
				}
				r := rand.New(rand.NewPCG(s, 13))
				w := newWorld(t, r, kind)
				files := w.files(3 + r.IntN(5))
				shadow := &world{t: t, r: r, log: newMemLog(w.parts), ledger: newMemLedger(1000), kind: w.kind, parts: w.parts, stepRows: w.stepRows}
				other := slices.Clone(files)
				for i := range other { // as another mapping reads them: other quantities, other items
					other[i].lines = slices.Clone(other[i].lines)
					for k := range other[i].lines {
						if r.IntN(3) == 0 {
							other[i].lines[k].qty += 5
						}
					}
				}
				for i := range files {
					w.send(files[i])
					shadow.send(other[i])
				}
				atOnce := r.IntN(2) == 0 // one owner does everything, and remembers
				for p := range w.parts {
					if !atOnce {
						w.work(p, true)
					}
					shadow.work(p, true)
				}
				w.ledger.shadows = map[string]*memLedger{"x": shadow.ledger}
				order := func(rev int64) {
					v, err := json.Marshal(sellthrough.Order{Kind: sellthrough.OrderReplay, Revision: sellthrough.RevisionOf(1, rev), Replay: &sellthrough.Replay{Shadow: "x", Partner: "acme"}})
					if err != nil {
						t.Fatal(err)
					}
					for p := range w.parts {
						w.log.add(p, bus.TypeOrder, v)
					}
				}
				again := other[len(other)-1] // the newest file again, as the other mapping reads it
				again.rev = sellthrough.RevisionOf(1, 200)
				order(100)
				if atOnce {
					w.send(again)
				}
				for p := range w.parts {
					for range r.IntN(4) {
						w.work(p, atOnce)
					}
					w.work(p, true)
				}
				if !atOnce {
					if d := cmp.Diff(shadow.totals(), w.totals()); d != "" {
						t.Errorf("seed %d (run it alone with -seed %d): the ledger is not the shadow's (-shadow +ledger):\n%s", s, s, d)
					}
					rows := len(w.ledger.rows)
					order(101)
					for p := range w.parts {
						w.work(p, true)
					}
					if n := len(w.ledger.rows) - rows; n != 0 {
						t.Errorf("seed %d: the second replay wrote %d rows", s, n)
					}
					w.send(again)
				}
				shadow.send(again)
				for p := range w.parts {
					w.work(p, true)
					shadow.work(p, true)
				}
				if d := cmp.Diff(shadow.totals(), w.totals()); d != "" {
					t.Errorf("seed %d: a file after the replay comes to something else (-shadow +ledger):\n%s", s, d)
				}
				if t.Failed() || *seed != 0 {
					return
				}
			}
		})
	}
}

// TestAReplayWhoseShadowIsGoneIsPassedOver: the line does not wait for what will never be there again.
func TestAReplayWhoseShadowIsGoneIsPassedOver(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(2, 2)), kinds[0])
	v, err := json.Marshal(sellthrough.Order{Kind: sellthrough.OrderReplay, Revision: 7, Replay: &sellthrough.Replay{Shadow: "nowhere"}})
	if err != nil {
		t.Fatal(err)
	}
	w.log.add(0, bus.TypeOrder, v)
	w.work(0, true)
	if n := len(w.ledger.rows); n != 0 {
		t.Errorf("%d rows", n)
	}
}
