package alerts

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

// TestWhateverIsKilledNothingIsToldTwiceOrForgotten runs two evaluators that stall and die at random steps, before or after
// the step took effect, over a channel in which things go wrong and right again, stale and back. In the end every opening and
// every closing was told to every receiver exactly once.
func TestWhateverIsKilledNothingIsToldTwiceOrForgotten(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { simulate(t, seed) })
		})
	}
}

func simulate(t *testing.T, seed uint64) {
	w := newWorld()
	rnd := rand.New(rand.NewPCG(seed, 1))
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	calm := make(chan struct{}) // closed when nobody is killed any more
	for machine := range uint64(2) {
		all.Go(func() {
			luck := rand.New(rand.NewPCG(seed, 2+machine))
			for n := 0; ctx.Err() == nil; n++ {
				steps := 1 + luck.IntN(400)
				select {
				case <-calm:
					steps = -1
				default:
				}
				w.live(ctx, fmt.Sprint(machine, "/", n), luck, steps)
			}
		})
	}
	var keys []Key
	for n := range 12 {
		rule := "stock_out"
		if n%4 == 0 {
			rule = "missing_report"
		}
		keys = append(keys, Key{Rule: rule, Partner: "p", Location: fmt.Sprint("L", n%3), Product: fmt.Sprint("I", n)})
	}
	for range 60 {
		time.Sleep(time.Duration(rnd.Int64N(int64(20 * time.Second))))
		w.mu.Lock()
		for range 1 + rnd.IntN(6) {
			k := keys[rnd.IntN(len(keys))]
			w.wrong[k] = !w.wrong[k]
			if !w.wrong[k] {
				delete(w.wrong, k)
			}
			w.stale[k] = rnd.IntN(5) == 0
		}
		w.broken = rnd.IntN(8) == 0
		w.moves++
		w.mu.Unlock()
	}
	// What comes after the storm: nothing is stale, nothing is killed, and there is time for whatever is held back.
	w.mu.Lock()
	w.broken = false
	clear(w.stale)
	w.moves++
	w.mu.Unlock()
	close(calm)
	time.Sleep(30 * time.Minute)
	stop()
	all.Wait()
	w.check(t)
}

// live runs one process until it dies or the world ends.
func (w *world) live(ctx context.Context, name string, luck *rand.Rand, steps int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &life{world: w, rnd: rand.New(rand.NewPCG(luck.Uint64(), 0)), mortal: steps > 0, steps: steps, cancel: cancel}
	e, err := New(Options{
		Store: l, Finder: l, Holder: name, Every: 5 * time.Second, Log: zerolog.Nop(),
		Channels: []Channel{
			&hook{life: l, name: "machine", limits: Limits{PerMinute: 60, Items: 2, Whole: true, Timeout: 4 * time.Second}, fails: steps > 0},
			&hook{life: l, name: "chat", limits: Limits{PerMinute: 5, Items: 3, Timeout: 4 * time.Second}},
		},
	})
	if err != nil {
		panic(err)
	}
	_ = e.Run(ctx)
}

// check compares the receivers' inboxes with the events.
func (w *world) check(t *testing.T) {
	b := NewBook()
	if err := b.Apply(w.events...); err != nil {
		t.Fatal(err)
	}
	for k := range w.wrong {
		if h := b.byKey[k]; h == nil || h.open == nil {
			t.Errorf("%v is wrong and has no open incident", k)
		}
	}
	for k, h := range b.byKey {
		if h.open != nil && !w.wrong[k] {
			t.Errorf("%v is right, and its incident is open", k)
		}
	}
	openings, closings := 0, 0
	want := map[string]bool{} // transitions that everybody must have been told
	for _, i := range b.byID {
		if i.Flapping && !i.Open() {
			continue // may have been held back, and then is told never; it is checked below that both or neither were
		}
		want[i.ID+" opened"] = true
		openings++
		if !i.Open() {
			want[i.ID+" closed"] = true
			closings++
		}
	}
	if openings < 5 || closings < 2 {
		t.Errorf("only %d openings and %d closings: the simulation shows nothing", openings, closings)
	}
	for name, inbox := range w.inbox {
		got, counts := map[string]int{}, 0
		for _, m := range inbox {
			for part, about := range map[*Part]string{m.Opened: "opened", m.Closed: "closed"} {
				if part == nil {
					continue
				}
				counts += part.Count
				for _, it := range part.Items {
					got[it.Incident+" "+about]++
				}
			}
		}
		for tr, n := range got {
			if n != 1 {
				t.Errorf("%s was told %d times of %s", name, n, tr)
			}
		}
		if name == "machine" { // spells everything out
			for tr := range want {
				if got[tr] != 1 {
					t.Errorf("%s was told %d times of %s", name, got[tr], tr)
				}
			}
			for _, i := range b.byID {
				if i.Flapping && !i.Open() && got[i.ID+" opened"] != got[i.ID+" closed"] {
					t.Errorf("%s was told of %s half", name, i.ID)
				}
			}
			continue
		}
		most := len(want)
		for _, i := range b.byID {
			if i.Flapping && !i.Open() {
				most += 2
			}
		}
		if counts < len(want) || counts > most {
			t.Errorf("%s was told of %d openings and closings, there were %d to %d", name, counts, len(want), most)
		}
	}
}
