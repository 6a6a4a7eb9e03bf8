package transform

import (
	"context"

	"sellthrough"
	"sellthrough/internal/bus"
	"sellthrough/transform/restate"
)

// stepRefused bounds the messages of refused rows that one step carries.
const stepRefused = 100

// stepwise works a message off in bounded steps, each with its own intent: a submission that is larger than a batch, or
// an order. It begins at step from; with only > 0 it redoes that step alone. Steps are numbered from 1 and cut by the
// content of the message, so that a redo cuts them in the same places.
func (w *worker) stepwise(ctx context.Context, m bus.Message, from, only int) error {
	if m.Type == bus.TypeOrder {
		return w.order(ctx, m, from, only)
	}
	parts, err := w.parts(ctx, []bus.Message{m})
	if err != nil {
		return err
	}
	if len(parts) == 0 {
		return w.commit(ctx, w.begin([]bus.Message{m}), nil, from, true)
	}
	s := &steps{w: w, m: m, p: parts[0], from: from, only: only, step: 1}
	return s.run(ctx)
}

// steps is a large submission on its way.
type steps struct {
	w          *worker
	m          bus.Message
	p          *part
	from, only int
	step       int
	done       bool // the only step was made
}

// skip says whether the current step was done before; it is passed over.
func (s *steps) skip() bool { return s.step < s.from }

// commit ends the current step. It says whether to go on.
func (s *steps) commit(ctx context.Context, b *build, complete bool) (bool, error) {
	if err := b.settle(ctx); err != nil {
		return false, err
	}
	var parts []*part
	if complete {
		parts = []*part{s.p}
	}
	if err := s.w.commit(ctx, b, parts, s.step, complete); err != nil {
		return false, err
	}
	s.done = s.step == s.only
	s.step++
	return !s.done, nil
}

func (s *steps) begin() *build { return s.w.begin([]bus.Message{s.m}) }

func (s *steps) run(ctx context.Context) error {
	w, p := s.w, s.p
	if err := w.prepare(ctx, p, false); err != nil {
		return err
	}
	if more, err := s.books(ctx); err != nil || !more {
		return err
	}
	if err := w.load(ctx, p); err != nil {
		return err
	}
	if s.from <= s.step { // nothing of it is applied yet: it may still be put off or held
		wait, err := w.waits(ctx, p)
		if err != nil {
			return err
		}
		if wait {
			b := s.begin()
			w.wait(b, p)
			_, err := s.commit(ctx, b, true)
			return err
		}
		why, err := s.held(ctx)
		if err != nil {
			return err
		}
		if why != "" {
			b := s.begin()
			b.outcome(p, sellthrough.Counts{Held: p.end.Lines}, why)
			w.pend(p, sellthrough.IsHeld)
			_, err := s.commit(ctx, b, true)
			return err
		}
	}
	if more, err := s.lines(ctx); err != nil || !more {
		return err
	}
	return s.withdraw(ctx)
}

// books writes the submission as a whole and its refused rows.
func (s *steps) books(ctx context.Context) (more bool, err error) {
	home := s.p.end.Home
	if home == nil || s.p.decided != nil || s.p.told {
		return true, nil
	}
	refused := home.RefusedBlocks
	if s.p.repeat {
		refused = nil
	}
	for first := true; first || len(refused) > 0; first = false {
		n := min(len(refused), stepRefused)
		if s.skip() {
			s.step++
		} else {
			b := s.begin()
			if first {
				b.batch.Homes = append(b.batch.Homes, s.p.end)
			}
			if b.batch.Refusals, err = s.w.refusals(ctx, &s.p.end, refused[:n]); err != nil {
				return false, err
			}
			if more, err := s.commit(ctx, b, false); err != nil || !more {
				return false, err
			}
		}
		refused = refused[n:]
	}
	return true, nil
}

func (s *steps) held(ctx context.Context) (string, error) {
	p := s.p
	if p.decided != nil {
		return p.decided.Why, nil
	}
	if !restate.Covers(&p.end) || p.end.Policy.Confirmed {
		return "", nil
	}
	held, err := s.w.inScope(ctx, p)
	if err != nil {
		return "", err
	}
	floors, err := s.w.floors(ctx, s.begin(), p)
	if err != nil {
		return "", err
	}
	loss, scope, err := s.w.loss(ctx, p, held, floors)
	return tooMuch(p.end.Policy, loss, scope), err
}

// lines applies the blocks, a step for as many as fit.
func (s *steps) lines(ctx context.Context) (more bool, err error) {
	w, p := s.w, s.p
	floors, err := w.floors(ctx, s.begin(), p)
	if err != nil {
		return false, err
	}
	res, err := w.resolver(p)
	if err != nil {
		return false, err
	}
	run := restate.NewRun(&p.end) // numbers the lines anew, in their order
	run.Unfit = p.unfit
	run.Sight = w.overtakes(&p.end)
	var b *build
	var c sellthrough.Counts
	lines := 0
	more = true
	flush := func(partial bool) error {
		if b == nil {
			if lines > 0 {
				s.step++ // done before
			}
		} else {
			b.batch.Outcomes = append(b.batch.Outcomes, sellthrough.Outcome{
				Submission: p.end.Submission, Feed: p.end.Feed, Partner: p.end.Partner, Revision: p.end.Revision,
				Attempt: p.end.Attempt, Partial: partial, Counts: c,
			})
			if more, err = s.commit(ctx, b, false); err != nil {
				return err
			}
		}
		b, c, lines = nil, sellthrough.Counts{}, 0
		return nil
	}
	err = w.each(ctx, &p.end, func(blk *sellthrough.Block) error {
		if !more {
			return nil
		}
		if lines > 0 && lines+blk.Len() > w.t.stepRows {
			if err := flush(true); err != nil || !more {
				return err
			}
		}
		ids := run.Scan(blk)
		lines += blk.Len()
		if s.skip() {
			return nil
		}
		if b == nil {
			b = s.begin()
		}
		v := run.Apply(w.state, blk, ids, floors, &c)
		b.batch.Floors = append(b.batch.Floors, run.Sightings()...)
		b.lines(p, res, blk, ids, v, &c)
		return nil
	})
	if err == nil && more && lines > 0 {
		err = flush(true)
	}
	if err == nil {
		run.Declare()
		p.run = run
	}
	return more, err
}

// takeOut withdraws as much as a step holds; left says that there is more. What else a coverage says comes with the last.
func (s *steps) takeOut(ctx context.Context, b *build, c *sellthrough.Counts) (left bool, err error) {
	w, p := s.w, s.p
	held, err := w.inScope(ctx, p)
	if err != nil {
		return false, err
	}
	floors, err := w.floors(ctx, s.begin(), p)
	if err != nil {
		return false, err
	}
	refs, left := p.run.Withdraw(w.state, held, floors, w.t.stepRows)
	b.withdraw(p, refs)
	c.Withdrawn = int64(len(refs))
	if left {
		return true, nil
	}
	res, err := w.resolver(p)
	if err != nil {
		return false, err
	}
	return false, w.covered(ctx, b, p, res, c)
}

// withdraw takes out what a complete report does not contain; its last step closes the books.
func (s *steps) withdraw(ctx context.Context) error {
	w, p := s.w, s.p
	s.step = max(s.step, s.from) // earlier withdrawals are no longer held, so the list begins where it was cut
	if restate.Covers(&p.end) {  // a line that an earlier step could not keep protects as any refused line does
		err := w.hold(ctx, "read books", func() error {
			n, err := w.t.opts.Ledger.Unfit(ctx, w.partition, p.end.Revision, w.redo)
			if err == nil {
				p.end.Refused += n
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for {
		b := s.begin()
		var c sellthrough.Counts
		left := false
		if restate.Covers(&p.end) || len(p.end.Acts) > 0 {
			var err error
			if left, err = s.takeOut(ctx, b, &c); err != nil {
				return err
			}
		}
		b.batch.Outcomes = append(b.batch.Outcomes, sellthrough.Outcome{
			Submission: p.end.Submission, Feed: p.end.Feed, Partner: p.end.Partner, Revision: p.end.Revision,
			Attempt: p.end.Attempt, Partial: left, Counts: c,
		})
		w.applied(&p.end)
		more, err := s.commit(ctx, b, !left)
		if err != nil {
			return err
		}
		if !left || !more {
			return nil
		}
	}
}
