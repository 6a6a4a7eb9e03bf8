package alerts

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"
)

// world is what outlives a process in the simulation: the table of events, the lease, the channel that the violations come
// from, and the receivers.
type world struct {
	mu     sync.Mutex
	events []Event
	people []Event
	epoch  uint64
	beat   time.Time
	free   bool

	wrong  map[Key]bool // what is wrong now
	stale  map[Key]bool // nothing is known of it
	moves  int
	broken bool // queries fail

	inbox map[string][]Message // of each channel, as its receiver keeps them: one of each name
	tries int
}

func newWorld() *world {
	return &world{free: true, wrong: map[Key]bool{}, stale: map[Key]bool{}, inbox: map[string][]Message{}}
}

var errDead = errors.New("the process is dead")

// life is one process in the world. Its luck kills it at some step: before the step took effect, or after.
type life struct {
	*world
	luck   sync.Mutex // of rnd: the parts of a process step at once
	rnd    *rand.Rand
	mortal bool
	steps  int // left to live; negative: for ever
	dead   bool
	cancel context.CancelFunc
}

// chance is a number below n.
func (l *life) chance(n int64) int64 {
	l.luck.Lock()
	defer l.luck.Unlock()
	return l.rnd.Int64N(n)
}

// step takes an effect on the world, unless the process is dead or dies before it.
func (l *life) step(ctx context.Context, effect func() error) error {
	if l.chance(8) == 0 {
		select {
		case <-time.After(time.Duration(l.chance(int64(3 * time.Second)))):
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if l.mortal && l.chance(40) == 0 {
		// The whole process is paused, or the step is long on its way: longer than a lease, and then it takes effect.
		time.Sleep(leaseTTL + time.Duration(l.chance(int64(leaseTTL))))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return errDead
	}
	if l.steps == 0 {
		l.dead = true
		l.cancel()
		if l.chance(2) == 0 {
			_ = effect() // done, but the process does not learn of it
		}
		return errDead
	}
	l.steps--
	return effect()
}

func (l *life) Load(ctx context.Context) (out []Event, err error) {
	err = l.step(ctx, func() error { out = slices.Clone(l.events); return nil })
	return out, err
}

func (l *life) Append(ctx context.Context, events []Event) error {
	return l.step(ctx, func() error { l.events = append(l.events, events...); return nil })
}

func (l *life) People(ctx context.Context, mark string) (out []Event, next string, err error) {
	from, _ := strconv.Atoi(mark)
	err = l.step(ctx, func() error { out = slices.Clone(l.people[from:]); return nil })
	return out, strconv.Itoa(from + len(out)), err
}

func (l *life) Claim(ctx context.Context, _ string, ttl time.Duration) (epoch uint64, err error) {
	err = l.step(ctx, func() error {
		if l.free || time.Since(l.beat) > ttl {
			l.epoch++
			epoch, l.beat, l.free = l.epoch, time.Now(), false
		}
		return nil
	})
	return epoch, err
}

func (l *life) Beat(ctx context.Context, _ string, epoch uint64) error {
	return l.step(ctx, func() error {
		if epoch != l.epoch {
			return ErrFenced
		}
		l.beat = time.Now()
		return nil
	})
}

func (l *life) Release(ctx context.Context, _ string, epoch uint64) error {
	return l.step(ctx, func() error { l.free = l.free || epoch == l.epoch; return nil })
}

func (l *life) Progress(ctx context.Context) (mark string, err error) {
	err = l.step(ctx, func() error { mark = strconv.Itoa(l.moves); return nil })
	return mark, err
}

func (l *life) Rules() []Asked {
	return []Asked{{Name: "stock_out", Over: Text{En: "over"}}, {Name: "missing_report", Clock: true, Over: Text{En: "over"}}}
}

func (l *life) Find(ctx context.Context, rule string, now time.Time) (out []Violation, complete bool, err error) {
	err = l.step(ctx, func() error {
		if l.broken {
			return errors.New("the query failed")
		}
		for k := range l.wrong {
			if k.Rule == rule {
				out = append(out, Violation{Key: k, Severity: "warning", Since: now, DataAt: now, Evidence: fmt.Sprintf(`{"at":%d}`, now.Unix())})
			}
		}
		return nil
	})
	return out, true, err
}

func (l *life) Gone(ctx context.Context, _ string, keys []Key, _ time.Time) (map[Key]Verdict, error) {
	out := map[Key]Verdict{}
	err := l.step(ctx, func() error {
		for _, k := range keys {
			out[k] = Verdict{Stay: l.stale[k], Why: Text{En: "a newer report says so"}}
		}
		return nil
	})
	return out, err
}

// hook is a channel to a receiver that knows the names of messages.
type hook struct {
	*life
	name   string
	limits Limits
	fails  bool // now and then
}

func (h *hook) Name() string         { return h.name }
func (h *hook) Limits() Limits       { return h.limits }
func (h *hook) Wants(*Incident) bool { return true }

func (h *hook) Send(ctx context.Context, m Message) error {
	if h.fails && h.chance(4) == 0 {
		return errors.New("503")
	}
	err := h.step(ctx, func() error {
		h.tries++
		for _, known := range h.inbox[h.name] {
			if known.ID == m.ID {
				return nil
			}
		}
		h.inbox[h.name] = append(h.inbox[h.name], m)
		return nil
	})
	if h.fails && err == nil && h.chance(6) == 0 {
		return errors.New("the answer was lost")
	}
	return err
}
