package sim

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"
)

var (
	only  = flag.Uint64("seed", 0, "play this seed alone")
	seeds = flag.Uint64("seeds", 1000, "how many seeds to play")
	from  = flag.Uint64("from", 1, "the first of them")
	tells = flag.Bool("tell", false, "say everything that happens")
	first = flag.Bool("first", false, "end at the first seed that fails")
)

// TestWhateverHappensTheNumbersAreExact plays seeds.
func TestWhateverHappensTheNumbersAreExact(t *testing.T) {
	begin, n := *from, *seeds
	if *only != 0 {
		begin, n = *only, 1
	} else if testing.Short() {
		n = min(n, 100)
	}
	defer alone()()
	faults, moves, began := map[string]int{}, 0, time.Now()
	for seed := begin; seed < begin+n && !(*first && t.Failed()); seed++ {
		w := play(t, seed)
		if seed%50 == 0 {
			runtime.GC()
		}
		for k, c := range w.faults {
			faults[k] += c
		}
		moves += w.moves
		if len(w.faulty) > 0 {
			t.Errorf("seed %d (again: go test ./sim -run Whatever -seed %d -tell):\n%s", seed, seed, strings.Join(w.faulty, "\n"))
		}
	}
	t.Logf("%d seeds in %.1f s, %d moves; troubles: %v", n, time.Since(began).Seconds(), moves, faults)
}

// play runs one seed.
func play(t *testing.T, seed uint64) (w *world) {
	var tell func(string, ...any)
	if *tells {
		tell = func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	}
	t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
		cryptotest.SetGlobalRandom(t, seed)
		dir := folder(t)
		synctest.Test(t, func(t *testing.T) {
			w = chosen(t, seed, dir, tell)
			w.whole()
		})
	})
	return w
}

// chosen is the world of a seed.
func chosen(t *testing.T, seed uint64, dir string, tell func(string, ...any)) *world {
	r := rand.New(rand.NewPCG(seed, 5))
	var some []*kind
	for _, k := range r.Perm(len(kinds))[:1+r.IntN(3)] {
		some = append(some, &kinds[k])
	}
	w := newWorld(t, seed, dir, tell, []float64{1, 0.2, 0.5}[r.IntN(3)], 0, some...)
	w.strict = r.IntN(2) == 0
	if r.IntN(3) == 0 {
		w.v.unfits = picky
	}
	for _, k := range some {
		w.files[k.feed] = w.invent(k, 2+r.IntN(7))
	}
	w.chance()
	return w
}

// whole plays a world from its beginning to its end, and judges it.
func (w *world) whole() {
	for n := range 1 + w.r.IntN(2) {
		w.collect(fmt.Sprint("collector-", n))
	}
	for range 1 + w.r.IntN(3) {
		w.transform("transformer")
	}
	for _, k := range w.kinds {
		senders := 1
		if !w.strict && k.feed != "stock" { // a snapshot that comes late says what was, not what is
			senders += w.r.IntN(3)
		}
		w.send(k, senders)
	}
	if !w.play(func(time.Duration) bool { return w.sending.Load() == 0 }) {
		w.fail("the files are not taken")
	}
	moves := w.moves + w.r.IntN(300)
	w.play(func(idle time.Duration) bool { return w.moves >= moves || idle > time.Minute })
	w.calm()
	if !w.play(func(idle time.Duration) bool { return idle > 30*time.Second && w.sending.Load() == 0 }) {
		w.fail("the road does not come to rest")
	}
	w.judge()
	if w.tell != nil && len(w.faulty) > 0 {
		w.dump()
	}
	w.end()
}

// TestASeedPlaysTheSameAgain: what a failing seed did can be watched. (A goroutine that the runtime interrupts, because the
// machine is busy, can change the order of things: it is then played once more.)
func TestASeedPlaysTheSameAgain(t *testing.T) {
	defer alone()()
	for seed := uint64(1); seed <= 25; seed++ {
		first := play(t, seed)
		same := false
		for n := 0; n < 15 && !same; n++ {
			same = play(t, seed).trace == first.trace
		}
		if !same {
			t.Errorf("seed %d was another play each time", seed)
		}
	}
}

// alone has one goroutine run at a time, and none stopped for the sake of garbage, until it is ended.
func alone() (end func()) {
	procs, percent := runtime.GOMAXPROCS(1), debug.SetGCPercent(-1)
	return func() { runtime.GOMAXPROCS(procs); debug.SetGCPercent(percent) }
}
