package alerts

import (
	"context"
	"time"
)

// ending is how a try of a message ended.
type ending struct {
	parcel *parcel
	err    error
}

// written is a report, or why there is none.
type written struct {
	report Report
	err    error
}

// mirrored is when a mirror was told, and how many openings and closings there had been.
type mirrored struct {
	at    time.Time
	turns uint64
}

// synced is how a mirror took the state.
type synced struct {
	mirror       string
	told         []transition
	fingerprints map[string]string
	err          error
}

// send starts the next try of every channel that may have one. All that is new is on disk, and the lease was seen to be held
// after that, before anything leaves: a successor that does not find the message on disk can rely on it that it was not sent.
func (d *desk) send(ctx context.Context) error {
	at := now()
	var events []Event
	var out []*parcel
	var by []Channel
	for _, ch := range d.o.Channels {
		if d.sending[ch.Name()] {
			continue
		}
		p, intents, err := d.book.plan(ch, frame{d.o.Currency, d.o.Board}, at)
		if err == nil && p == nil {
			p, intents, err = d.book.planReport(ch, d.ready, d.o.Weekly, at)
		}
		if err != nil {
			return err
		}
		if p != nil {
			out, by, events = append(out, p), append(by, ch), append(events, intents...)
		}
	}
	if len(out) == 0 {
		return nil
	}
	if err := d.write(ctx, events); err != nil {
		return err
	}
	if len(events) > 0 {
		if err := d.lease.beat(ctx); err != nil {
			return err
		}
	}
	for n, p := range out {
		if flight := d.book.channel(by[n].Name()).flight; flight != nil && flight.message.ID == p.message.ID {
			p = flight // as it stands in the book now
		}
		limit := by[n].Limits().Timeout
		if d.lease.left() < limit {
			continue // the next beat comes first
		}
		d.sending[by[n].Name()] = true
		go func(ch Channel, m Message) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
			defer cancel()
			d.ended <- ending{p, ch.Send(ctx, m)}
		}(by[n], p.message)
	}
	return nil
}

// note writes down how a try ended.
func (d *desk) note(ctx context.Context, end ending) error {
	name := end.parcel.message.Channel
	delete(d.sending, name)
	events := d.book.outcome(end.parcel, end.err, now())
	log := d.o.Log.Info()
	switch {
	case end.err == nil:
		d.m.sent.WithLabelValues(name, "taken").Inc()
	case events[0].Until.IsZero():
		d.m.sent.WithLabelValues(name, "failed").Inc()
		d.m.givenUp.WithLabelValues(name).Inc()
		log = d.o.Log.Error().Err(end.err).Time("first_try", end.parcel.began)
	default:
		d.m.sent.WithLabelValues(name, "failed").Inc()
		log = d.o.Log.Warn().Err(end.err).Time("next_try", events[0].Until)
	}
	log.Str("channel", name).Str("message", end.parcel.message.ID).Int("tells", len(end.parcel.tells)).Int("attempt", end.parcel.attempt+1).Msg(map[bool]string{true: "message taken", false: "message not taken"}[end.err == nil])
	return d.write(ctx, events)
}

// settle waits for what is under way when a term ends, and notes what can still be noted.
func (d *desk) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseTTL/2)
	defer cancel()
	for len(d.sending) > 0 {
		select {
		case end := <-d.ended:
			if err := d.note(ctx, end); err != nil {
				d.o.Log.Warn().Err(err).Str("channel", end.parcel.message.Channel).Msg("how the last message ended is not noted; it is sent again under its name")
			}
		case <-ctx.Done():
			return
		}
	}
	if d.asking {
		select {
		case <-d.found:
		case <-ctx.Done():
		}
	}
	for n := len(d.syncing); n > 0; n-- {
		select {
		case <-d.syncs:
		case <-ctx.Done():
			return
		}
	}
	if d.writing {
		select {
		case <-d.reports:
		case <-ctx.Done():
		}
	}
}

// compose writes the weekly report where a channel is owed it.
func (d *desk) compose(ctx context.Context) {
	if d.o.Weekly == nil || d.writing || now().Before(d.retryAt) {
		return
	}
	week, since := d.o.Weekly.Due(now())
	if d.ready != nil && d.ready.Week == week {
		return
	}
	for _, ch := range d.o.Channels {
		if d.book.owesReport(ch.Name(), week, since, d.o.Weekly) {
			d.writing = true
			go func() {
				r, err := d.o.Weekly.Write(ctx, week)
				d.reports <- written{r, err}
			}()
			return
		}
	}
}

func (d *desk) file(w written) {
	d.writing = false
	if w.err != nil {
		d.retryAt = now().Add(time.Minute)
		d.o.Log.Error().Err(w.err).Msg("the weekly report can't be written; it is tried again")
		return
	}
	d.ready = &w.report
}

// owesReport says whether a channel still has to be sent the report of a week.
func (b *Book) owesReport(channel, week string, due time.Time, w Weekly) bool {
	c := b.channel(channel)
	return w.Takes(channel) && week != "" && !c.since.IsZero() && !c.since.After(due) && !c.seen[transition{"report/" + week, "report"}]
}

// planReport is plan for the weekly report.
func (b *Book) planReport(ch Channel, r *Report, w Weekly, at time.Time) (*parcel, []Event, error) {
	c := b.channel(ch.Name())
	if r == nil || w == nil || c.flight != nil || len(c.sent) >= ch.Limits().PerMinute {
		return nil, nil, nil
	}
	if week, due := w.Due(at); week != r.Week || !b.owesReport(ch.Name(), week, due, w) {
		return nil, nil, nil
	}
	p := &parcel{began: at, tells: []transition{{"report/" + r.Week, "report"}}, message: Message{Channel: ch.Name(), At: at, Report: r}}
	events, err := b.intend(p, at)
	return p, events, err
}

// afterClose is how long a mirror is told that an incident closed, in case that it was away.
const afterClose = 10 * time.Minute

// mirror tells every mirror the state, when it is time or something changed.
func (d *desk) mirror(ctx context.Context) {
	at := now()
	for _, m := range d.o.Mirrors {
		name := m.Name()
		since := at.Sub(d.mirrored[name].at)
		due := since >= m.Every() || since >= time.Second && d.mirrored[name].turns != d.book.turns
		if d.syncing[name] || !due || d.lease.left() < leaseTTL/2 {
			continue
		}
		d.mirrored[name] = mirrored{at, d.book.turns}
		firing, resolved, news := d.book.mirrorOf(name, at)
		if len(firing)+len(resolved) == 0 {
			continue
		}
		d.syncing[name] = true
		go func() {
			ctx, cancel := context.WithTimeout(ctx, leaseTTL/2)
			defer cancel()
			prints, err := m.Sync(ctx, firing, resolved, at)
			d.syncs <- synced{name, news, prints, err}
		}()
	}
}

// mirrorOf is what a mirror is to show, and what of it is new to it.
func (b *Book) mirrorOf(name string, at time.Time) (firing, resolved []*Incident, news []transition) {
	c := b.channel(name)
	for _, i := range b.byID {
		opened, closed := transition{i.ID, string(Opened)}, transition{i.ID, string(Closed)}
		copied := *i
		switch {
		case i.Open() && i.Flapping && at.Sub(i.OpenedAt) < flapHold && !c.seen[opened]:
		case i.Open():
			firing = append(firing, &copied)
			if !c.seen[opened] {
				news = append(news, opened)
			}
		case c.seen[opened] && (!c.seen[closed] || at.Sub(i.ClosedAt) < afterClose):
			resolved = append(resolved, &copied)
			if !c.seen[closed] {
				news = append(news, closed)
			}
		}
	}
	return firing, resolved, news
}

// mirrorRetry is the time after which a mirror that was away is tried again.
const mirrorRetry = 5 * time.Second

func (d *desk) every(mirror string) time.Duration {
	for _, m := range d.o.Mirrors {
		if m.Name() == mirror {
			return m.Every()
		}
	}
	return 0
}

// sync notes what a mirror was told for the first time.
func (d *desk) sync(ctx context.Context, s synced) error {
	delete(d.syncing, s.mirror)
	if s.err != nil {
		d.mirrored[s.mirror] = mirrored{at: now().Add(mirrorRetry - d.every(s.mirror)), turns: d.book.turns}
		if ctx.Err() == nil {
			d.m.mirrorFails.WithLabelValues(s.mirror).Inc()
			d.o.Log.Warn().Err(s.err).Str("channel", s.mirror).Msg("the state is not posted; it is tried again")
		}
		return nil
	}
	var events []Event
	for _, t := range s.told {
		e := Event{Kind: Notified, At: now(), Incident: t.incident, About: t.about, Channel: s.mirror, Message: s.fingerprints[t.incident], OK: true, Attempt: 1}
		if i := d.book.byID[t.incident]; i != nil {
			e.Key, e.Opening = i.Key, i.Opening
		}
		events = append(events, e)
	}
	return d.write(ctx, events)
}
