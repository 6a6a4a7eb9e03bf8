package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"sellthrough/demo/reports"
)

// Player sends a channel's files: the history at once, then each file when its time has come.
type Player struct {
	Channel   *Channel
	URL       string // of the HTTP door
	Reference string // folder of the reference data, watched by the pipeline
	// Speed is how many seconds of the channel pass in one, until it has caught up with the clock; from then on it keeps step
	// with it. 0 sends what was due when it began, and nothing more.
	Speed   float64
	Started time.Time // now
	// Sent gives the Idempotency-Keys that the books hold: their files are not sent again.
	Sent func(context.Context) (map[string]bool, error)
	Say  func(format string, args ...any) // progress, for people
}

// inFlight is how many files are on their way at once.
const inFlight = 6

// Prepare writes the reference data as it stands when the channel begins to play. It has to be in force before Run, so
// that no line is read without it.
func (p *Player) Prepare() error {
	return p.Channel.WriteReference(p.Reference, p.known(newClock(p.Started, p.Channel.Opened, p.Speed).begin))
}

// known is the instant of the reference data at the beginning. In a channel that was played before, nothing that it
// knew is forgotten.
func (p *Player) known(begin time.Time) time.Time {
	if p.Started.Sub(p.Channel.Opened) > time.Second {
		return p.Started
	}
	return begin
}

// Run plays until ctx ends.
func (p *Player) Run(ctx context.Context) error {
	sent, err := p.Sent(ctx)
	if err != nil {
		return end(ctx, fmt.Errorf("ask which of the demo's files the books hold: %w", err))
	}
	return end(ctx, p.play(ctx, sent))
}

// end is err, unless it only says that ctx has ended.
func end(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

func (p *Player) play(ctx context.Context, sent map[string]bool) error {
	k := newClock(p.Started, p.Channel.Opened, p.Speed)
	group, ctx := errgroup.WithContext(ctx)
	s := newSender(ctx, group, p.URL)
	group.Go(func() error {
		defer s.close()
		plan := p.Channel.Plan()
		if err := p.history(ctx, k, plan, s, sent); err != nil {
			return err
		}
		if p.Speed <= 0 {
			<-ctx.Done()
			return nil
		}
		return p.live(ctx, k, plan, s, sent)
	})
	return group.Wait()
}

// history sends all that was due when the channel begins to play, and waits until it is in the books.
func (p *Player) history(ctx context.Context, k *clock, plan *reports.Plan, s *sender, sent map[string]bool) error {
	began := time.Now()
	first := p.Channel.Opening().Time().AddDate(0, 0, -p.Channel.Days)
	days := max(1, k.begin.Sub(first).Hours()/24)
	files, rows, said := 0, 0, 0
	for f := plan.Next(k.begin); f != nil; f = plan.Next(k.begin) {
		if sent[f.Key] || f.Superseded(k.begin) {
			continue
		}
		if percent := int(min(100, 100*f.Day.Time().Sub(first).Hours()/24/days)); percent > said {
			said = percent
			p.Say("backfill %d %%: %s", percent, f.Day)
		}
		files, rows = files+1, rows+len(f.Rows)
		if err := s.put(ctx, f); err != nil {
			return err
		}
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	p.Say("backfill complete: %d files with %d rows in %s", files, rows, time.Since(began).Round(time.Second/10))
	return nil
}

// live sends each file when it is due. What an earlier play has sent is passed over without waiting.
func (p *Player) live(ctx context.Context, k *clock, plan *reports.Plan, s *sender, sent map[string]bool) error {
	next := plan.Next(time.Now())
	for next != nil && (sent[next.Key] || next.Superseded(k.begin)) {
		if next.Due.After(k.begin) {
			k.begin = next.Due
		}
		next = plan.Next(time.Now())
	}
	k.started = time.Now()
	mapped := !p.known(k.begin).Before(p.Channel.Mapped())
	behind := k.behind(k.started)
	if behind {
		p.Say("the demo goes on from %s in China, %g times as fast as the clock until it has caught up", k.begin.In(vendorZone).Format(time.DateTime), p.Speed)
	}
	for {
		now := k.now(time.Now())
		if behind && !k.behind(time.Now()) {
			behind = false
			p.Say("the demo has caught up, and keeps step with the clock")
		}
		if !mapped && !now.Before(p.Channel.Mapped()) {
			mapped = true
			if err := p.Channel.WriteReference(p.Reference, now); err != nil {
				return err
			}
		}
		if next == nil {
			next = plan.Next(now)
		}
		if next != nil && !next.Due.After(now) {
			f := next
			next = nil
			if sent[f.Key] || f.Superseded(now) {
				continue
			}
			if err := s.put(ctx, f); err != nil {
				return err
			}
			continue
		}
		wake := plan.Wake()
		if next != nil {
			wake = next.Due
		}
		if !mapped && p.Channel.Mapped().Before(wake) {
			wake = p.Channel.Mapped()
		}
		t := time.NewTimer(max(time.Millisecond, time.Until(k.when(wake))))
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
}

// clock is the channel's time. It begins some hours before the clock on the wall, runs faster, and never passes it:
// nobody reports from the future.
type clock struct {
	begin   time.Time // of the channel
	started time.Time
	speed   float64
}

// lead is how long the channel plays faster than the clock, at most so many hours of its own.
const (
	lead     = 12 * time.Minute
	leadMost = 36 * time.Hour
)

func newClock(started, opened time.Time, speed float64) *clock {
	started = started.Truncate(time.Second)
	if opened.After(started) { // the clock was put back
		started = opened
	}
	k := &clock{begin: started, started: started, speed: speed}
	if speed > 1 {
		k.begin = started.Add(-min(leadMost, time.Duration(float64(lead)*speed)))
	}
	return k
}

func (k *clock) now(wall time.Time) time.Time {
	if k.speed <= 0 {
		return k.begin
	}
	t := k.begin.Add(time.Duration(float64(wall.Sub(k.started)) * max(1, k.speed)))
	if t.After(wall) {
		return wall
	}
	return t
}

// behind says whether the channel is still behind the clock on the wall.
func (k *clock) behind(wall time.Time) bool { return wall.Sub(k.now(wall)) > time.Second }

// when is when the channel reaches an instant.
func (k *clock) when(t time.Time) time.Time {
	fast := k.started.Add(time.Duration(float64(t.Sub(k.begin)) / max(1, k.speed)))
	if fast.Before(t) { // it keeps step by then
		return t
	}
	return fast
}
