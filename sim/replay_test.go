package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/internal/bus"
)

// stands is the row of each line of a kind that stands in a partition.
func (t *tables) stands(kind sellthrough.FeedKind, p int, except *sellthrough.Token) map[sellthrough.LineRef]*row {
	type reading struct {
		ref     sellthrough.LineRef
		content uint64
		qty     int64
		item    string
	}
	sums, last := map[reading]int{}, map[reading]*row{}
	for _, r := range t.rows {
		if r.kind != kind || r.token.Partition != p || !kept(r.token, except) {
			continue
		}
		k := reading{r.ref(), r.Content[r.i], r.Qty[r.i] * int64(r.Sign[r.i]), r.Item[r.i]}
		if sums[k] += int(r.Sign[r.i]); r.Sign[r.i] > 0 {
			last[k] = r
		}
	}
	out := map[sellthrough.LineRef]*row{}
	for k, n := range sums {
		if n > 0 {
			out[k.ref] = last[k]
		}
	}
	return out
}

// Replayed compares with the shadow's rows.
func (l ledger) Replayed(ctx context.Context, kind sellthrough.FeedKind, p int, r sellthrough.Replay, after sellthrough.LineRef, limit int, except *sellthrough.Token) (out sellthrough.Rows, err error) {
	err = l.ask(ctx, fmt.Sprint("compare with the shadow ", p, kind, after), func() error {
		shadow := l.v.shadows[r.Shadow]
		if shadow == nil {
			return sellthrough.ErrGone
		}
		have, want := l.v.tables.stands(kind, p, except), shadow.stands(kind, p, nil)
		var refs []sellthrough.LineRef
		for ref := range have {
			refs = append(refs, ref)
		}
		for ref := range want {
			if have[ref] == nil {
				refs = append(refs, ref)
			}
		}
		slices.SortFunc(refs, order)
		for _, ref := range refs {
			h, w := have[ref], want[ref]
			if order(ref, after) <= 0 || h != nil && w != nil && h.Content[h.i] == w.Content[w.i] && h.Qty[h.i] == w.Qty[w.i] && h.Item[h.i] == w.Item[w.i] {
				continue
			}
			if out.Len() >= limit {
				break
			}
			if h != nil {
				out.AppendNegated(h.Rows, h.i, sellthrough.CauseReplayed, sellthrough.Revision(h.Revision[h.i]), h.Version[h.i])
			}
			if w != nil {
				out.AppendRow(w.Rows, w.i)
				out.Cause[out.Len()-1], out.Sign[out.Len()-1] = uint8(sellthrough.CauseReplayed), 1
			}
		}
		return nil
	})
	return out, err
}

// totals is what stands, by what a line says.
func (w *world) totals(k *kind) map[string]int64 {
	out := map[string]int64{}
	for _, r := range w.v.tables.rows {
		if id := k.id(r); true {
			if out[id] += r.RawQty[r.i]; out[id] == 0 {
				delete(out, id)
			}
		}
	}
	return out
}

// order gives an order to every partition.
func (w *world) order(o sellthrough.Order) {
	v, err := json.Marshal(o)
	if err != nil {
		w.t.Fatal(err)
	}
	for p := range w.g.parts {
		w.b.add(bus.Lines, p, bus.Message{Type: bus.TypeOrder, Value: v})
	}
}

// rest plays until nothing is left to do.
func (w *world) rest() {
	if !w.play(func(idle time.Duration) bool { return w.sending.Load() == 0 && idle > 30*time.Second }) {
		w.fail("the road does not come to rest")
	}
}

// TestAReplayBringsTheLedgerInLineWhateverHappens: a shadow is fed with other lines than the ledger, as another mapping would read them. The
// order to replay is worked off while owners die, stall and lose answers. The ledger then holds what the shadow holds; the order
// given again writes nothing; and a file that comes after it is judged as the shadow would.
func TestAReplayBringsTheLedgerInLineWhateverHappens(t *testing.T) {
	n := uint64(40)
	if testing.Short() {
		n = 8
	}
	defer alone()()
	for i := range kinds {
		k := &kinds[i]
		if k.apply == nil {
			continue
		}
		t.Run(string(k.feed), func(t *testing.T) {
			for seed := uint64(1); seed <= n; seed++ {
				cryptotest.SetGlobalRandom(t, seed)
				dir := folder(t)
				synctest.Test(t, func(t *testing.T) {
					r := rand.New(rand.NewPCG(seed, 13))
					parts := 1 + r.IntN(3)
					begin := func(name string, files []*file) *world {
						w := newWorld(t, seed, dir+"/"+name, nil, 1, parts, k)
						w.strict = true
						w.collect("collector")
						w.transform("transformer")
						w.files[k.feed] = files
						w.send(k, 1)
						w.rest()
						return w
					}
					plan := newWorld(t, seed, dir, nil, 1, parts, k)
					plan.strict = true
					files := plan.invent(k, 3+r.IntN(5))
					other := make([]*file, len(files))
					for i, f := range files {
						g := *f
						g.lines = slices.Clone(f.lines)
						for j := range g.lines {
							if r.IntN(3) == 0 {
								g.lines[j].qty += 5
							}
						}
						other[i] = &g
					}
					shadow, w := begin("shadow", other), begin("ledger", files)
					w.v.shadows = map[string]*tables{"x": &shadow.v.tables}
					replay := func(rev int64) {
						w.order(sellthrough.Order{Kind: sellthrough.OrderReplay, Revision: sellthrough.RevisionOf(1, rev), Replay: &sellthrough.Replay{Shadow: "x", Partner: "acme"}})
					}
					replay(1000)
					w.mood = mood{trouble: 400, kinds: []string{"transformer killed", "transformer held", "rebalance", "server killed", "window passes", "time passes"}}
					w.odds = odds{30, 30, 5}
					moves := w.moves + 300
					w.play(func(idle time.Duration) bool { return w.moves >= moves || idle > time.Minute })
					w.calm()
					w.rest()
					if d := cmp.Diff(shadow.totals(k), w.totals(k)); d != "" {
						t.Errorf("seed %d: the ledger is not the shadow's (-shadow +ledger):\n%s", seed, d)
					}
					rows := len(w.v.tables.rows)
					replay(1001)
					w.rest()
					if n := len(w.v.tables.rows) - rows; n != 0 {
						t.Errorf("seed %d: the second replay wrote %d rows", seed, n)
					}
					w.judgeSums()
					again := *other[len(other)-1]
					again.name, again.receipt = "again", sellthrough.Receipt{}
					for _, x := range []*world{shadow, w} {
						one := again
						x.files[k.feed] = []*file{&one}
						x.send(k, 1)
						x.rest()
					}
					if d := cmp.Diff(shadow.totals(k), w.totals(k)); d != "" {
						t.Errorf("seed %d: a file after the replay comes to something else (-shadow +ledger):\n%s", seed, d)
					}
					w.judgeSums()
					shadow.end()
					w.end()
					if faults := append(shadow.faulty, w.faulty...); len(faults) > 0 {
						t.Errorf("seed %d:\n%s", seed, strings.Join(faults, "\n"))
					}
				})
				if t.Failed() {
					return
				}
			}
		})
	}
}

// TestAReplayWhoseShadowIsGoneIsPassedOver: the line does not wait for what will never be there again.
func TestAReplayWhoseShadowIsGoneIsPassedOver(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 1)
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, dir, nil, 1, 2, &kinds[0])
		w.collect("collector")
		w.transform("transformer")
		w.order(sellthrough.Order{Kind: sellthrough.OrderReplay, Revision: 7, Replay: &sellthrough.Replay{Shadow: "nowhere"}})
		w.files["lines"] = []*file{{name: "after it", lines: []fact{{doc: "d", key: "1", loc: "s0", item: "i0", day: 10950, qty: 1}}}}
		w.send(&kinds[0], 1)
		w.rest()
		w.judge()
		w.end()
		if len(w.faulty) > 0 {
			t.Error(strings.Join(w.faulty, "\n"))
		}
	})
}
