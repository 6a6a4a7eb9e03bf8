package alerts

import (
	"context"
	"time"
)

// desk is the work of one term. One goroutine, run, owns the book; queries and sending happen beside it and hand in what they
// came to.
type desk struct {
	*Evaluator
	lease *lease
	book  *Book
	mark  string // of what people did

	progress string
	rules    map[string]*ruleState
	asking   bool
	napUntil time.Time
	found    chan answer

	sending  map[string]bool
	ended    chan ending
	reports  chan written
	writing  bool
	retryAt  time.Time // of a report that could not be written
	ready    *Report
	mirrored map[string]mirrored
	syncs    chan synced
	syncing  map[string]bool
	forgot   time.Time
}

type ruleState struct {
	progress string // when it was asked last
	asked    time.Time
	rests    time.Time // until then
	day      string
	failed   bool
}

// answer is what a rule's queries came to.
type answer struct {
	finding Finding
	took    time.Duration
	err     error
}

// run takes up where the events end, and works until ctx ends.
func (d *desk) run(ctx context.Context) error {
	d.sending, d.mirrored, d.syncing, d.syncs = map[string]bool{}, map[string]mirrored{}, map[string]bool{}, make(chan synced, len(d.o.Mirrors))
	asks, stop := context.WithCancel(ctx)
	defer d.settle(ctx)
	defer stop()
	if err := d.takeUp(ctx); err != nil {
		return err
	}
	d.m.leading.Set(1)
	d.o.Log.Info().Uint64("epoch", d.lease.epoch).Int("incidents", len(d.book.byID)).Msg("evaluating")
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		if err := d.round(ctx, asks); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		case a := <-d.found:
			if err := d.take(ctx, a); err != nil {
				return err
			}
		case end := <-d.ended:
			if err := d.note(ctx, end); err != nil {
				return err
			}
		case w := <-d.reports:
			d.file(w)
		case s := <-d.syncs:
			if err := d.sync(ctx, s); err != nil {
				return err
			}
		}
	}
}

// takeUp fences whoever evaluated before, and reads what was written.
func (d *desk) takeUp(ctx context.Context) error {
	if err := d.lease.append(ctx, []Event{{Kind: Led, At: now(), Who: d.lease.holder}}); err != nil {
		return err
	}
	events, err := d.o.Store.Load(ctx)
	if err != nil {
		return err
	}
	if err := d.book.Apply(events...); err != nil {
		return err
	}
	var fresh []Event
	for _, name := range d.names() {
		if d.book.channel(name).since.IsZero() {
			fresh = append(fresh, Event{Kind: ChannelSeen, At: now(), Channel: name})
		}
	}
	if err := d.write(ctx, fresh); err != nil {
		return err
	}
	return d.closeOff(ctx)
}

func (d *desk) names() (out []string) {
	for _, c := range d.o.Channels {
		out = append(out, c.Name())
	}
	for _, m := range d.o.Mirrors {
		out = append(out, m.Name())
	}
	return out
}

// closeOff closes incidents of rules that are not on any more.
func (d *desk) closeOff(ctx context.Context) error {
	on := map[string]bool{}
	for _, r := range d.o.Finder.Rules() {
		on[r.Name] = true
	}
	off := map[string]bool{}
	for k, h := range d.book.byKey {
		if h.open != nil && !on[k.Rule] {
			off[k.Rule] = true
		}
	}
	for rule := range off {
		if err := d.write(ctx, d.book.Diff(Finding{Asked: Asked{Name: rule}, At: now(), Complete: true, Off: true})); err != nil {
			return err
		}
	}
	return nil
}

// now is the time as events hold it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// write puts events on disk, and then into the book.
func (d *desk) write(ctx context.Context, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	if err := d.lease.append(ctx, events); err != nil {
		return err
	}
	for i := range events {
		d.m.events.WithLabelValues(string(events[i].Kind)).Inc()
	}
	return d.book.Apply(events...)
}

// round does what is due.
func (d *desk) round(ctx, asks context.Context) error {
	people, mark, err := d.o.Store.People(ctx, d.mark)
	if err != nil {
		return err
	}
	if err := d.book.Apply(people...); err != nil {
		return err
	}
	d.mark = mark
	if err := d.write(ctx, d.book.Timers(now(), d.o.Remind)); err != nil {
		return err
	}
	if d.progress, err = d.o.Store.Progress(ctx); err != nil {
		return err
	}
	d.ask(asks)
	d.compose(asks)
	d.mirror(asks)
	d.gauges()
	return d.send(ctx)
}

// ask sends a rule off, where one is due: an urgent one first, then the one that has waited longest.
func (d *desk) ask(ctx context.Context) {
	at := now()
	if d.asking || at.Before(d.napUntil) {
		return
	}
	var next *Asked
	var state *ruleState
	for _, r := range d.o.Finder.Rules() {
		s := d.rules[r.Name]
		if s == nil {
			s = &ruleState{}
			d.rules[r.Name] = s
		}
		since := at.Sub(s.asked)
		due := s.asked.IsZero() || s.progress != d.progress || r.Clock && since >= d.o.Every || since >= idle || s.day != at.Format(time.DateOnly) || s.failed && since >= d.o.Every
		if !due || s.rests.After(at) {
			continue
		}
		if next == nil || r.Urgent && !next.Urgent || r.Urgent == next.Urgent && s.asked.Before(state.asked) {
			next, state = &r, s
		}
	}
	if next == nil {
		return
	}
	d.asking = true
	state.asked, state.progress, state.day = at, d.progress, at.Format(time.DateOnly)
	open := d.book.Open(next.Name)
	keys := make([]Key, len(open))
	for i := range open {
		keys[i] = open[i].Key
	}
	asked := *next
	go func() { d.found <- d.find(ctx, asked, keys, at) }()
}

// find asks a rule, and what became of open incidents that it does not find again.
func (d *desk) find(ctx context.Context, r Asked, open []Key, at time.Time) answer {
	began := time.Now()
	a := answer{finding: Finding{Asked: r, At: at}}
	f := &a.finding
	f.Found, f.Complete, a.err = d.o.Finder.Find(ctx, r.Name, at)
	if a.err == nil && f.Complete {
		again := make(map[Key]bool, len(f.Found))
		for i := range f.Found {
			again[f.Found[i].Key] = true
		}
		var gone []Key
		for _, k := range open {
			if !again[k] {
				gone = append(gone, k)
			}
		}
		if len(gone) > 0 {
			f.Gone, a.err = d.o.Finder.Gone(ctx, r.Name, gone, at)
		}
	}
	a.took = time.Since(began)
	return a
}

// take brings the book in line with an answer. A rule that failed changes nothing.
func (d *desk) take(ctx context.Context, a answer) error {
	d.asking = false
	name := a.finding.Name
	d.rules[name].rests = now().Add(min(restOf*a.took, longestNap))
	if a.took > heavy {
		d.napUntil = now().Add(min(a.took, longestNap))
	}
	if d.rules[name].failed = a.err != nil; a.err != nil {
		if ctx.Err() == nil {
			d.m.failures.WithLabelValues(name).Inc()
			d.o.Log.Error().Err(a.err).Str("rule", name).Msg("the rule can't be asked; its incidents stay as they are")
		}
		return nil
	}
	d.m.seconds.WithLabelValues(name).Observe(a.took.Seconds())
	d.m.evaluated.WithLabelValues(name).SetToCurrentTime()
	if !a.finding.Complete {
		d.m.cut.WithLabelValues(name).Inc()
		d.o.Log.Warn().Str("rule", name).Int("taken", len(a.finding.Found)).Msg("more violations than are taken; while it is so, none of its incidents closes")
	}
	return d.write(ctx, d.book.Diff(a.finding))
}

// gauges shows the book, and drops what nobody needs.
func (d *desk) gauges() {
	at := now()
	if at.Sub(d.forgot) < 10*time.Second {
		return
	}
	d.forgot = at
	d.book.Forget(at.Add(-memory))
	d.m.open.Reset()
	for _, h := range d.book.byKey {
		if h.open != nil {
			d.m.open.WithLabelValues(h.open.Rule, h.open.Severity).Inc()
		}
	}
	for name, c := range d.book.channels {
		age := 0.0
		if c.flight != nil {
			age = at.Sub(c.flight.began).Seconds()
		}
		d.m.waiting.WithLabelValues(name).Set(age)
	}
}
