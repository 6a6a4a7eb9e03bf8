package transform

import (
	"context"
	"fmt"
	"math"
	"time"

	"sellthrough"
	"sellthrough/internal/bus"
	"sellthrough/transform/resolve"
	"sellthrough/transform/restate"
)

// batch gathers messages until there are enough lines or enough time has passed, and works them off. A large submission
// or an order ends a batch and is worked off by itself.
func (w *worker) batch(ctx context.Context) error {
	var msgs []bus.Message
	lines := int64(0)
	wait, deadline := time.Second, time.Time{}
	for lines < int64(w.t.opts.BatchLines) {
		m, ok, err := w.receive(ctx, wait)
		if err != nil {
			return err
		}
		if !ok {
			if len(msgs) > 0 && !deadline.IsZero() || ctx.Err() != nil {
				break
			}
			continue
		}
		w.cache.put(m)
		how, n := w.weigh(ctx, m)
		if how != together && !deadline.IsZero() {
			w.pending = &m
			break
		}
		switch how {
		case inSteps:
			return w.stepwise(ctx, m, 1, 0)
		case alone:
			return w.plain(ctx, append(msgs, m))
		}
		msgs = append(msgs, m)
		lines += n
		if deadline.IsZero() && (m.Type == bus.TypeEnd || m.Type == bus.TypeDecision) {
			deadline = time.Now().Add(w.t.opts.BatchWait)
		}
		if !deadline.IsZero() {
			if wait = time.Until(deadline); wait <= 0 {
				break
			}
		}
	}
	if len(msgs) == 0 {
		return nil
	}
	return w.plain(ctx, msgs)
}

func (w *worker) receive(ctx context.Context, wait time.Duration) (bus.Message, bool, error) {
	if w.pending != nil {
		m := *w.pending
		w.pending = nil
		return m, true, nil
	}
	return w.take(ctx, wait)
}

// manner says how a message is worked off.
type manner int

const (
	together manner = iota // with others in one step
	alone                  // in one step, with nothing pending before it: it asks the ledger
	inSteps                // in bounded steps
)

// weigh says how a message is worked off, and how many lines it brings. A submission that comes after a newer one is
// worked off with nothing pending before it, because it reads what the newer one left.
func (w *worker) weigh(ctx context.Context, m bus.Message) (how manner, lines int64) {
	var e *sellthrough.EndMark
	switch m.Type {
	case bus.TypeOrder:
		return inSteps, 0
	case bus.TypeEnd:
		if v, ok := parse[sellthrough.EndMark](w, m); ok {
			e = &v
		}
	case bus.TypeDecision:
		if d, ok := parse[sellthrough.Decision](w, m); ok && !d.Held {
			if v, _, err := w.endOf(ctx, d.End); err == nil {
				e = &v
			}
		}
	}
	if e == nil {
		return together, 0
	}
	switch {
	case (w.large(e) || withdrawsMuch(e)) && (m.Type == bus.TypeDecision || !votes(e, nil)):
		return inSteps, e.Lines
	case w.large(e) || withdrawsMuch(e):
		return alone, e.Lines
	}
	return together, e.Lines
}

// endOf reads the end mark that a decision is about.
func (w *worker) endOf(ctx context.Context, offset int64) (e sellthrough.EndMark, at time.Time, err error) {
	err = w.hold(ctx, "read end mark", func() error {
		return w.t.opts.Log.At(ctx, bus.Lines, w.partition, w.inc, []int64{offset}, func(m bus.Message) error {
			e, _ = parse[sellthrough.EndMark](w, m)
			at = m.Time
			return nil
		})
	})
	return e, at, err
}

// plain works off a range of messages in one step.
func (w *worker) plain(ctx context.Context, msgs []bus.Message) error {
	parts, err := w.parts(ctx, msgs)
	if err != nil {
		return err
	}
	b := w.begin(msgs)
	if len(parts) > 0 {
		start := time.Now()
		for _, p := range parts {
			b.expect[p.end.Kind] += int(p.end.Lines)
		}
		for _, p := range parts {
			if err := w.prepare(ctx, p, !votes(&p.end, p.decided)); err != nil {
				return err
			}
		}
		if err := w.load(ctx, parts...); err != nil {
			return err
		}
		w.stage("load", start)
		start = time.Now()
		for _, p := range parts {
			if err := w.restate(ctx, b, p); err != nil {
				return err
			}
		}
		if err := b.settle(ctx); err != nil {
			return err
		}
		w.stage("restate", start)
	}
	return w.commit(ctx, b, parts, 0, true)
}

// begin makes an empty batch over a range of messages.
func (w *worker) begin(msgs []bus.Message) *build {
	last := msgs[len(msgs)-1]
	b := &build{w: w, expect: map[sellthrough.FeedKind]int{}}
	b.batch.Token = sellthrough.Token{Incarnation: string(w.inc), Partition: w.partition, First: w.next, Last: last.Offset, Retry: w.retry}
	b.batch.Epoch, b.batch.Reference, b.batch.Known, b.batch.Unfit = w.epoch, w.reference, last.Time, w.left
	return b
}

// parts lists the submissions that the messages bring to effect, without those that the books hold already: an end mark
// that was written twice, or a second attempt after a first that came through.
func (w *worker) parts(ctx context.Context, msgs []bus.Message) ([]*part, error) {
	var parts []*part
	for _, m := range msgs {
		p := &part{offset: m.Offset, at: m.Time}
		switch m.Type {
		case bus.TypeEnd:
			e, ok := parse[sellthrough.EndMark](w, m)
			if !ok {
				continue
			}
			p.end = e
		case bus.TypeDecision:
			d, ok := parse[sellthrough.Decision](w, m)
			if !ok {
				continue
			}
			e, at, err := w.endOf(ctx, d.End)
			if err != nil {
				return nil, err
			}
			p.end, p.offset, p.at, p.decided = e, d.End, at, &d
		default:
			continue
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	revs := make([]uint64, len(parts))
	for i, p := range parts {
		revs[i] = uint64(p.end.Revision)
	}
	var applied map[sellthrough.Revision]sellthrough.Applied
	err := w.hold(ctx, "read books", func() (err error) {
		applied, err = w.t.opts.Ledger.Applied(ctx, w.partition, revs, w.redo)
		return err
	})
	if err != nil {
		return nil, err
	}
	kept := parts[:0]
	voted := map[sellthrough.SubmissionID]uint32{}
	for _, p := range parts {
		a, ok := applied[p.end.Revision]
		u := w.unresolved[p.end.Submission]
		if ok && (!a.Held || p.end.Attempt <= a.Attempt) || p.decided == nil && (said(u, p.end.Attempt) || voted[p.end.Submission] >= p.end.Attempt) {
			w.log.Debug().Str("submission", string(p.end.Submission)).Msg("already in the books")
			continue
		}
		p.unfit = w.unfitRows(p.end.Revision)
		p.end.Refused += int64(len(p.unfit)) // they protect as any refused line does
		p.repeat = ok || u != nil
		p.told = u != nil && u.Attempt == p.end.Attempt
		if votes(&p.end, p.decided) {
			voted[p.end.Submission] = p.end.Attempt
		} else {
			applied[p.end.Revision] = sellthrough.Applied{Attempt: p.end.Attempt, Held: p.decided != nil && p.decided.Held}
		}
		kept = append(kept, p)
	}
	return kept, nil
}

// said says whether an attempt has voted, or a later one has come: the end mark is a second copy, or too late.
func said(u *pending, attempt uint32) bool {
	return u != nil && (u.Attempt > attempt || u.Attempt == attempt && u.State != sellthrough.IsWaiting)
}

// restate decides a part: it is put off, votes, is held, or is applied.
func (w *worker) restate(ctx context.Context, b *build, p *part) error {
	if err := w.home(ctx, b, p); err != nil {
		return err
	}
	if p.decided != nil && p.decided.Held {
		b.outcome(p, sellthrough.Counts{Held: p.end.Lines}, p.decided.Why)
		w.pend(p, sellthrough.IsHeld)
		return nil
	}
	wait, err := w.waits(ctx, p)
	if err != nil {
		return err
	}
	if wait {
		w.wait(b, p)
		return nil
	}
	held, err := w.inScope(ctx, p)
	if err != nil {
		return err
	}
	floors, err := w.floors(ctx, b, p)
	if err != nil {
		return err
	}
	if restate.Covers(&p.end) && p.decided == nil && !p.end.Policy.Confirmed {
		loss, scope, err := w.loss(ctx, p, held, floors)
		if err != nil {
			return err
		}
		if votes(&p.end, p.decided) {
			b.batch.Votes = append(b.batch.Votes, sellthrough.Vote{
				Submission: p.end.Submission, Partner: p.end.Partner, Revision: p.end.Revision, Attempt: p.end.Attempt, End: p.offset, Scope: scope, Loss: loss,
			})
			w.pend(p, sellthrough.HasVoted)
			return nil
		}
		if why := tooMuch(p.end.Policy, loss, scope); why != "" {
			b.outcome(p, sellthrough.Counts{Held: p.end.Lines}, why)
			w.pend(p, sellthrough.IsHeld)
			return nil
		}
	}
	res, err := w.resolver(p)
	if err != nil {
		return err
	}
	var c sellthrough.Counts
	p.run.Sight = w.overtakes(&p.end)
	for i := range p.blocks {
		v := p.run.Apply(w.state, &p.blocks[i], p.ids[i], floors, &c)
		b.lines(p, res, &p.blocks[i], p.ids[i], v, &c)
	}
	if restate.Covers(&p.end) || len(p.end.Acts) > 0 {
		if err := w.cover(ctx, b, p, held, floors, res, &c); err != nil {
			return err
		}
	}
	b.batch.Floors = append(b.batch.Floors, p.run.Sightings()...)
	b.outcome(p, c, "")
	w.applied(&p.end)
	return nil
}

// cover withdraws what a complete report does not contain and what a document takes back, and leaves the floors of both.
func (w *worker) cover(ctx context.Context, b *build, p *part, held []sellthrough.Held, floors restate.Floors, res *resolve.Resolver, c *sellthrough.Counts) error {
	refs, _ := p.run.Withdraw(w.state, held, floors, math.MaxInt) // no more than its own slices hold; see withdrawsMuch
	b.withdraw(p, refs)
	c.Withdrawn += int64(len(refs))
	return w.covered(ctx, b, p, res, c)
}

// covered writes what a coverage says beside what it withdraws: the zeros that a snapshot implies, and floors.
func (w *worker) covered(ctx context.Context, b *build, p *part, res *resolve.Resolver, c *sellthrough.Counts) error {
	if restate.Covers(&p.end) && p.end.Policy.Coverage == sellthrough.CoverSnapshot {
		if err := w.imply(ctx, b, p, res, c); err != nil {
			return err
		}
	}
	b.batch.Floors = append(b.batch.Floors, p.run.FloorRows(w.state)...)
	return nil
}

// loss says how much of what is held in its scope a part would take away.
func (w *worker) loss(ctx context.Context, p *part, held []sellthrough.Held, floors restate.Floors) (loss, scope int64, err error) {
	if p.end.Policy.Coverage == sellthrough.CoverSnapshot {
		return w.zeroed(ctx, p)
	}
	loss, scope = p.run.Loss(w.state, held, floors)
	return loss, scope, nil
}

// inScope reads from the ledger what is held in a scope, or of a document, that the state alone does not know.
func (w *worker) inScope(ctx context.Context, p *part) (held []sellthrough.Held, err error) {
	e := &p.end
	partner, ns := string(e.Partner), e.Rule.Namespace
	var scopes []sellthrough.Scope
	if byScope(e) {
		scopes = p.run.Scopes()
	}
	documents := p.run.Documents()
	if len(scopes)+len(documents) == 0 {
		return nil, nil
	}
	err = w.hold(ctx, "load scope", func() error {
		held = held[:0]
		if len(documents) > 0 { // first: they say more of a line than its scope does
			h, err := w.t.opts.Ledger.OfDocuments(ctx, partner, ns, e.Kind, w.partition, documents, w.redo)
			if err != nil {
				return err
			}
			held = append(held, h...)
		}
		for _, sc := range scopes {
			h, err := w.t.opts.Ledger.InScope(ctx, partner, ns, e.Kind, w.partition, sc, w.redo)
			if err != nil {
				return err
			}
			held = append(held, h...)
		}
		return nil
	})
	return held, err
}

// byScope says whether the ledger is to be asked for what is held in the covered scope.
func byScope(e *sellthrough.EndMark) bool {
	switch e.Policy.Coverage {
	case sellthrough.CoverNone, sellthrough.CoverSnapshot:
		return false
	}
	return restate.Covers(e) && !restate.BySlices(e)
}

// tooMuch says why a submission is held, or "".
func tooMuch(p sellthrough.Policy, loss, scope int64) string {
	if loss == 0 || float64(loss) <= p.HoldAbove*float64(scope) {
		return ""
	}
	return fmt.Sprintf("it would withdraw %d of %d lines held in its scope (%.0f %%, the limit is %.0f %%): if the file is complete, confirm it; if it was filtered or cut, send the whole",
		loss, scope, 100*float64(loss)/float64(scope), 100*p.HoldAbove)
}

// home puts the submission as a whole into the books, once.
func (w *worker) home(ctx context.Context, b *build, p *part) error {
	if p.end.Home == nil || p.decided != nil || p.told {
		return nil
	}
	b.batch.Homes = append(b.batch.Homes, p.end)
	if p.repeat || len(p.end.Home.RefusedBlocks) == 0 {
		return nil
	}
	rows, err := w.refusals(ctx, &p.end, p.end.Home.RefusedBlocks)
	b.batch.Refusals = append(b.batch.Refusals, rows...)
	return err
}

func (w *worker) resolver(p *part) (*resolve.Resolver, error) {
	f, err := resolve.NewFrame(p.end.Partner, p.end.Policy)
	if err != nil {
		return nil, err
	}
	return resolve.New(f, w.version), nil
}

func (b *build) outcome(p *part, c sellthrough.Counts, why string) {
	e := &p.end
	b.batch.Outcomes = append(b.batch.Outcomes, sellthrough.Outcome{
		Submission: e.Submission, Feed: e.Feed, Partner: e.Partner, Revision: e.Revision, Attempt: e.Attempt,
		Held: why != "", Why: why, Counts: c,
	})
}

func (w *worker) stage(name string, since time.Time) {
	w.t.metrics.seconds.WithLabelValues(name).Observe(time.Since(since).Seconds())
}
