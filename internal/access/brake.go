package access

import (
	"net/netip"
	"sync"
	"time"
)

// limit is how many guesses are free, and how long the wait after them grows: from a second, doubled with each.
type limit struct {
	free    int
	longest time.Duration
}

// A name waits a minute at most: whoever guesses it must not keep its owner out for long. An address waits longer, as
// its neighbours are few.
var limits = [2]limit{{5, time.Minute}, {20, 15 * time.Minute}}

const (
	forgotten = time.Hour // after the last guess
	brakeKeys = 20_000    // kept at most: about 3 MB
)

// brake slows down who guesses passwords, by name and by address. Its memory is bounded: when it is full, what was
// guessed least of is forgotten.
type brake struct {
	mu    sync.Mutex
	tries map[string]*guess
}

type guess struct {
	failed int
	last   time.Time
}

func newBrake() *brake { return &brake{tries: map[string]*guess{}} }

// keys are what a guess counts for: the name, and the address it comes from. An IPv6 customer has a whole /64.
func keys(name string, from netip.Addr) [2]string {
	from = from.Unmap()
	if from.Is6() {
		if p, err := from.Prefix(64); err == nil {
			from = p.Addr()
		}
	}
	return [2]string{"name " + fold(name), "address " + from.String()}
}

func (l limit) wait(failed int) time.Duration {
	n := failed - l.free
	switch {
	case n < 0:
		return 0
	case n < 10:
		return min(time.Second<<n, l.longest)
	}
	return l.longest
}

// begin counts a guess before it is checked, so that many at once are not free. It says how long to wait first; a guess
// that has to wait is not counted.
func (b *brake) begin(name string, from netip.Addr, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	both := keys(name, from)
	for i, k := range both {
		g := b.tries[k]
		if g == nil {
			continue
		}
		if now.Sub(g.last) > forgotten {
			delete(b.tries, k)
			continue
		}
		if left := g.last.Add(limits[i].wait(g.failed)).Sub(now); left > 0 {
			return left
		}
	}
	for _, k := range both {
		g := b.tries[k]
		if g == nil {
			b.room(now)
			g = &guess{}
			b.tries[k] = g
		}
		g.failed++
		g.last = now
	}
	return 0
}

// succeed takes a right guess out of the count of its name and its address.
func (b *brake) succeed(name string, from netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	both := keys(name, from)
	delete(b.tries, both[0])
	if g := b.tries[both[1]]; g != nil {
		if g.failed--; g.failed <= 0 {
			delete(b.tries, both[1])
		}
	}
}

// room makes room: for an eighth at once, so that it is rarely done.
func (b *brake) room(now time.Time) {
	if len(b.tries) < brakeKeys {
		return
	}
	for few := 0; len(b.tries) > brakeKeys-brakeKeys/8; few++ {
		for k, g := range b.tries {
			if now.Sub(g.last) > forgotten || g.failed <= few && len(b.tries) > brakeKeys-brakeKeys/8 {
				delete(b.tries, k)
			}
		}
	}
}
