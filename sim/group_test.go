package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// group gives partitions to its members. It knows of a member that is held only after a while; then others get what it
// had, and it goes on with it when it wakes, until it hears.
type group struct {
	s       *stage
	parts   int
	members []*member
}

type member struct {
	by    *process
	given chan []int // the newest assignment
	owes  []int      // one that it has not heard of, because it is held
	waits bool
}

func (g *group) remove(m *member) {
	g.members = slices.DeleteFunc(g.members, func(x *member) bool { return x == m })
}

// rebalance deals the partitions out anew, on the stage's goroutine.
func (g *group) rebalance() {
	g.members = slices.DeleteFunc(g.members, func(m *member) bool { return m.by.dead })
	var live []*member
	for _, m := range g.members {
		if m.by.frozen {
			m.owes, m.waits = nil, true
			continue
		}
		live = append(live, m)
	}
	if len(live) == 0 {
		return
	}
	slices.SortFunc(live, func(a, b *member) int { return cmp.Compare(a.by.name, b.by.name) })
	dealt := make([][]int, len(live))
	first := g.s.r.IntN(len(live))
	for p := range g.parts {
		k := (first + p) % len(live)
		dealt[k] = append(dealt[k], p)
	}
	for k, m := range live {
		m.give(dealt[k])
	}
}

func (m *member) give(parts []int) {
	select {
	case <-m.given: // one that it has not taken up yet is out of date
	default:
	}
	m.given <- parts
}

// woke tells a member what it missed, and has it join again.
func (g *group) woke(p *process) {
	again := false
	for _, m := range g.members {
		if m.by == p && m.waits {
			m.waits, again = false, true
		}
	}
	if again {
		g.rebalance()
	}
}

// Consume is the bus's.
func (w wire) Consume(ctx context.Context, run func(context.Context, int) error, fatal func(error) bool) error {
	m := &member{by: w.by, given: make(chan []int, 1)}
	for {
		err := w.b.s.ask(ctx, w.by, "join the group", func(fate) error {
			w.group.remove(m)
			w.group.members = append(w.group.members, m)
			w.group.rebalance()
			return nil
		})
		if err == nil {
			break
		}
		if ctx.Err() != nil || errors.Is(err, errDead) {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
	var mu sync.Mutex
	var stop error
	runs, cancel := context.WithCancel(ctx)
	defer cancel()
	begin := func(parts []int) (end func()) {
		gctx, stopped := context.WithCancel(runs)
		var all sync.WaitGroup
		for _, p := range parts {
			all.Go(func() {
				err := run(context.WithValue(gctx, lane{}, p), p)
				switch {
				case err == nil || gctx.Err() != nil:
				case fatal(err):
					mu.Lock()
					stop = errors.Join(stop, err)
					mu.Unlock()
					cancel()
				default: // the partition is given back, and the group joined anew
					select {
					case <-time.After(time.Second):
					case <-gctx.Done():
						return
					}
					for gctx.Err() == nil {
						again := func(fate) error { w.group.rebalance(); return nil }
						if err := w.b.s.ask(gctx, w.by, fmt.Sprintf("give back partition %d", p), again); err == nil || errors.Is(err, errDead) {
							return
						}
						time.Sleep(100 * time.Millisecond)
					}
				}
			})
		}
		return func() { stopped(); all.Wait() }
	}
	end := begin(nil)
	defer func() { end() }()
	for {
		select {
		case parts := <-m.given:
			end()
			end = begin(parts)
		case <-runs.Done():
			mu.Lock()
			defer mu.Unlock()
			return cmp.Or(stop, ctx.Err())
		}
	}
}
