//go:build chaos

package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	minutes   = flag.Int("minutes", 15, "how long the chaos lasts")
	chaosSeed = flag.Uint64("seed", 0, "the seed of the chaos; 0: a new one")
)

// TestChaos: whatever happens to the processes, their disks, links and clocks, what partners were told is accepted counts once.
// Faults and files follow from the seed; when they meet does not.
func TestChaos(t *testing.T) {
	seed := *chaosSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano()) % 1_000_000
	}
	t.Logf("seed %d, %d minutes", seed, *minutes)
	c := newChaos(t, 3, seed)
	c.l.start()
	c.well(time.Now(), 3*time.Minute)

	stop, tended := make(chan struct{}), make(chan struct{})
	var tending, raging sync.WaitGroup
	tending.Go(func() { c.tend(tended) })
	end := time.Now().Add(time.Duration(*minutes) * time.Minute)
	raging.Go(func() { c.rage(stop, c.kills(), rand.New(rand.NewPCG(seed, 100)), 3, 6) })
	raging.Go(func() { c.rage(stop, c.others(), rand.New(rand.NewPCG(seed, 200)), 0.5, 3) })
	c.pause(time.Until(end))
	close(stop)
	raging.Wait()
	lasted := time.Since(end) + time.Duration(*minutes)*time.Minute
	c.watch.Wait()
	c.l.end()
	for _, s := range c.all() {
		c.hands[s].Lock()
		if alive, err := s.readyOrEnded(2 * time.Minute); !alive || err != nil {
			t.Errorf("a %s is not ready when all faults are over: %v\n%s", s.args[0], err, s.log())
		}
		c.hands[s].Unlock()
	}
	v := c.judge(5*time.Minute + lasted/5)
	close(tended)
	tending.Wait()
	c.say(seed, lasted, v)
	if v.lost+v.lostSums != 0 || v.doubled+v.doubledSums != 0 {
		t.Errorf("LOST OR DOUBLED: make chaos MINUTES=%d SEED=%d", *minutes, seed)
	}
}

// rage does fault after fault: every kind once, in some order, then every kind once again.
func (c *chaos) rage(stop <-chan struct{}, faults []fault, r *rand.Rand, from, to float64) {
	for {
		for _, i := range r.Perm(len(faults)) {
			select {
			case <-stop:
				return
			case <-c.t.Context().Done():
				return
			case <-time.After(between(r, from, to)):
			}
			f := faults[i]
			mine := rand.New(rand.NewPCG(r.Uint64(), 1)) // what a fault takes from it changes nothing for the next
			began := time.Now()
			if !f.do(mine) {
				c.t.Logf("%6.1f s %s: not now", time.Since(c.began).Seconds(), f.kind)
				continue
			}
			c.t.Logf("%6.1f s %s, for %.1f s", time.Since(c.began).Seconds(), f.kind, time.Since(began).Seconds())
			c.mu.Lock()
			c.counts[f.kind]++
			c.mu.Unlock()
			undone := time.Now()
			c.watch.Go(func() {
				if c.well(undone, 5*time.Minute) {
					c.mu.Lock()
					c.back[f.kind] = append(c.back[f.kind], time.Since(undone))
					c.mu.Unlock()
				}
			})
		}
	}
}

// well waits until a moment is over and done with: everything answers that it is ready, a file was taken since, and all that
// was taken by then is final.
func (c *chaos) well(since time.Time, limit time.Duration) bool {
	c.t.Helper()
	c.mu.Lock()
	n := len(c.taken)
	var ids []string
	for _, t := range c.taken[max(0, n-8):] {
		ids = append(ids, fmt.Sprintf("'%s'", t.receipt.Submission))
	}
	c.mu.Unlock()
	ready := map[*system]bool{}
	taken, final := false, len(ids) == 0
	for end := since.Add(limit); ; {
		for _, s := range c.all() {
			if !ready[s] {
				if resp, err := quick.Get(s.admin + "/readyz"); err == nil {
					resp.Body.Close()
					ready[s] = resp.StatusCode == http.StatusOK
				}
			}
		}
		c.mu.Lock()
		taken = len(c.taken) > n
		c.mu.Unlock()
		if taken && !final {
			got, err := c.collectors[0].try("SELECT uniqExact(submission) FROM sellthrough.v_submissions WHERE state != 'on the road' AND submission IN (" + strings.Join(ids, ", ") + ")")
			final = err == nil && got == fmt.Sprint(len(ids))
		}
		if taken && final && len(ready) == len(c.all()) && !slices.Contains(values(ready), false) {
			return true
		}
		if time.Now().After(end) {
			c.t.Errorf("after %s not well: ready %v, a file taken %v, files final %v (%s)", limit, values(ready), taken, final, strings.Join(ids, ", "))
			return false
		}
		select {
		case <-c.t.Context().Done():
			return false
		case <-time.After(500 * time.Millisecond):
		}
	}
}

var quick = http.Client{Timeout: 2 * time.Second}

func values(m map[*system]bool) (out []bool) {
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// say prints the table, and checks that there was chaos.
func (c *chaos) say(seed uint64, lasted time.Duration, v verdict) {
	var b strings.Builder
	kills, fewest := 0, *minutes*2/15
	row := func(kind string) {
		back := slices.Sorted(slices.Values(c.back[kind]))
		if len(back) == 0 {
			fmt.Fprintf(&b, "%-34s %6d\n", kind, c.counts[kind])
			return
		}
		fmt.Fprintf(&b, "%-34s %6d %12.1f s %8.1f s\n", kind, c.counts[kind], back[len(back)/2].Seconds(), back[len(back)-1].Seconds())
	}
	fmt.Fprintf(&b, "\nseed %d, %s of faults, disks of their own: %v\n%-34s %6s %14s %10s\n", seed, lasted.Round(time.Second), c.small, "fault", "times", "well: median", "max")
	for _, f := range c.kills() {
		row(f.kind)
		kills += c.counts[f.kind]
	}
	for _, f := range c.others() {
		row(f.kind)
		if c.counts[f.kind] < fewest {
			c.t.Errorf("%s: %d times, want %d", f.kind, c.counts[f.kind], fewest)
		}
	}
	kills += 2 * c.counts["too few in-sync replicas"]
	if kills < 4**minutes {
		c.t.Errorf("%d kills, want %d", kills, 4**minutes)
	}
	fmt.Fprintf(&b, "kills %d; processes that ended by themselves %v; posts cut %d\n", kills, c.alone, c.l.cut.Load())
	fmt.Fprintf(&b, "files %d, rows %d, refused %d, lines that stand %d\n", v.files, v.rows, v.refused, v.lines)
	fmt.Fprintf(&b, "ledger: lost %d, doubled %d; sums: lost %d, doubled %d\n", v.lost, v.doubled, v.lostSums, v.doubledSums)
	c.t.Log(b.String())
}
