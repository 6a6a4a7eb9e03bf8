package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// fate is what becomes of a question to an engine.
type fate int

const (
	fine       fate = iota
	lost            // it never arrives
	unanswered      // it takes effect, but the answer is lost
	twice           // it takes effect twice
)

var (
	errDead = errors.New("the process is dead")
	errLost = errors.New("no answer")
)

// process is one that can die or be held.
type process struct {
	name   string
	dead   bool
	frozen bool
	thawed chan struct{} // closed when it is let go
}

// call is a question that waits for its answer.
type call struct {
	by     *process
	lane   int // partition whose owner asks
	what   string
	seq    int
	run    func(fate) error // on the stage's goroutine
	answer chan error
	orphan bool // who asked has gone; it may arrive all the same
}

// stage decides what happens next. Everything that the engines do is done by its goroutine.
type stage struct {
	r       *rand.Rand
	odds    odds
	tell    func(format string, args ...any)
	mu      sync.Mutex
	parked  []*call
	seq     int
	arrived chan struct{}
	moves   int
	trace   uint64
}

// lane is the key under which a context tells the partition.
type lane struct{}

// odds are how often a question meets each fate, in a thousand.
type odds struct{ lost, unanswered, twice int }

func newStage(r *rand.Rand, tell func(string, ...any)) *stage {
	return &stage{r: r, tell: tell, arrived: make(chan struct{}, 1)}
}

// ask parks a question until it is its turn. Of a process that is held nothing moves, not even the end of ctx.
func (s *stage) ask(ctx context.Context, by *process, what string, run func(fate) error) error {
	part, _ := ctx.Value(lane{}).(int)
	c := &call{by: by, lane: part, what: what, run: run, answer: make(chan error, 2)}
	s.mu.Lock()
	if by.dead {
		s.mu.Unlock()
		return errDead
	}
	s.seq++
	c.seq = s.seq
	s.parked = append(s.parked, c)
	s.mu.Unlock()
	select {
	case s.arrived <- struct{}{}:
	default:
	}
	for {
		select {
		case err := <-c.answer:
			return err
		case <-ctx.Done():
		}
		s.mu.Lock()
		held := by.frozen
		thawed := by.thawed
		c.orphan = !held
		s.mu.Unlock()
		select {
		case err := <-c.answer:
			return err
		default:
		}
		if !held {
			return ctx.Err()
		}
		select {
		case err := <-c.answer:
			return err
		case <-thawed:
		}
	}
}

// settle waits until nothing moves.
func (s *stage) settle() { synctest.Wait() }

// next answers a question, or lets some time pass where there is none. It says whether there was one.
func (s *stage) next() bool {
	s.settle()
	s.mu.Lock()
	var can []*call
	for _, c := range s.parked {
		if !c.by.frozen || c.orphan {
			can = append(can, c)
		}
	}
	if len(can) == 0 {
		s.mu.Unlock()
		s.pass(time.Second)
		return false
	}
	slices.SortFunc(can, func(a, b *call) int {
		return cmp.Or(cmp.Compare(a.by.name, b.by.name), cmp.Compare(a.lane, b.lane), cmp.Compare(a.what, b.what), cmp.Compare(a.seq, b.seq))
	})
	c := can[s.r.IntN(len(can))]
	s.parked = slices.DeleteFunc(s.parked, func(x *call) bool { return x == c })
	orphan := c.orphan
	s.mu.Unlock()
	s.moves++
	f := s.fate()
	if orphan && s.r.IntN(2) == 0 {
		f = lost
	}
	s.note(c, f)
	var err error
	switch f {
	case lost:
		err = errLost
	default:
		err = c.run(f)
		if f == unanswered && err == nil {
			err = errLost
		}
	}
	c.answer <- err
	return true
}

// pass lets up to d of time pass, or until a question arrives.
func (s *stage) pass(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-s.arrived:
	case <-t.C:
	}
}

func (s *stage) fate() fate {
	n := s.r.IntN(1000)
	switch o := s.odds; {
	case n < o.lost:
		return lost
	case n < o.lost+o.unanswered:
		return unanswered
	case n < o.lost+o.unanswered+o.twice:
		return twice
	}
	return fine
}

// note adds to the trace, by which two runs are compared.
func (s *stage) note(c *call, f fate) {
	h := fnv.New64a()
	fmt.Fprint(h, s.trace, c.by.name, c.what, f, time.Now().UnixNano())
	s.trace = h.Sum64()
	if s.tell != nil {
		s.tell("%s %s: %s%s", time.Now().Format("15:04:05.000"), c.by.name, c.what, [...]string{"", " LOST", " UNANSWERED", " TWICE"}[f])
	}
}

// kill ends a process where it is. What it had asked may arrive all the same.
func (s *stage) kill(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.dead = true
	if p.frozen {
		p.frozen = false
		close(p.thawed)
	}
	for _, c := range s.parked {
		if c.by == p && !c.orphan {
			c.orphan = true
			c.answer <- errDead
		}
	}
}

// freeze holds a process, thaw lets it go.
func (s *stage) freeze(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !p.dead && !p.frozen {
		p.frozen, p.thawed = true, make(chan struct{})
	}
}

func (s *stage) thaw(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.frozen {
		p.frozen = false
		close(p.thawed)
	}
}
