package transform

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"sellthrough"
	"sellthrough/internal/bus"
	"sellthrough/transform/restate"
)

// pending is a submission that is not applied here: it waits for an older one, for votes, or for a person.
type pending struct {
	sellthrough.Pending
	id    sellthrough.SubmissionID
	space *space // once it was asked for
	reach restate.Reach
}

// overtakes says whether an older word may still come after a submission: one of the same partner is not on the road
// yet, or waits here for votes or for a person.
func (w *worker) overtakes(e *sellthrough.EndMark) bool {
	if e.Overtakes {
		return true
	}
	for id, u := range w.unresolved {
		if id != e.Submission && u.Partner == e.Partner && u.Revision < e.Revision {
			return true
		}
	}
	return false
}

// applied notes that a submission has taken effect.
func (w *worker) applied(e *sellthrough.EndMark) {
	w.newest = max(w.newest, e.Revision)
	delete(w.unresolved, e.Submission)
}

// mayBeHeld says whether it is counted what a submission takes away, before any of it is applied.
func mayBeHeld(p *part) bool {
	return p.decided == nil && restate.Covers(&p.end) && !p.end.Policy.Confirmed && p.end.Policy.HoldAbove < 1
}

// waits says whether a submission's scope can't be counted yet: an older one that meets it is not decided. What it
// replaces is then not in the ledger, and a filtered file would look as if it replaced nothing.
func (w *worker) waits(ctx context.Context, p *part) (bool, error) {
	if !mayBeHeld(p) {
		return false, nil
	}
	return w.blocked(ctx, p.end.Submission, p.end.Revision, spaceOf(&p.end), p.run.Reach)
}

func spaceOf(e *sellthrough.EndMark) space {
	return space{string(e.Partner), e.Rule.Namespace, e.Kind}
}

// oldest lists what is not applied here, the oldest first.
func (w *worker) oldest() []*pending {
	return slices.SortedFunc(maps.Values(w.unresolved), func(a, b *pending) int { return cmp.Compare(a.Revision, b.Revision) })
}

// blocked looks for an older submission that is not decided and meets a reach.
func (w *worker) blocked(ctx context.Context, id sellthrough.SubmissionID, rev sellthrough.Revision, in space, reach func() restate.Reach) (bool, error) {
	for _, u := range w.oldest() {
		if u.id == id || string(u.Partner) != in.partner || u.Revision >= rev || u.State == sellthrough.IsHeld {
			continue
		}
		if err := w.survey(ctx, u); err != nil {
			return false, err
		}
		if *u.space == in && u.reach.Meets(reach()) {
			return true, nil
		}
	}
	return false, nil
}

// survey finds out what a pending submission is about, from its end mark and blocks.
func (w *worker) survey(ctx context.Context, u *pending) error {
	if u.space != nil {
		return nil
	}
	e, _, err := w.endOf(ctx, u.End)
	if err != nil {
		return err
	}
	p := &part{end: e, offset: u.End}
	if err := w.prepare(ctx, p, false); err != nil {
		return err
	}
	sp := spaceOf(&e)
	u.space, u.reach = &sp, p.run.Reach()
	return nil
}

// wait puts a submission off until the older ones that it meets are decided.
func (w *worker) wait(b *build, p *part) {
	b.batch.Votes = append(b.batch.Votes, sellthrough.Vote{
		Submission: p.end.Submission, Partner: p.end.Partner, Revision: p.end.Revision, Attempt: p.end.Attempt, End: p.offset, Waits: true,
	})
	w.pend(p, sellthrough.IsWaiting)
}

// pend notes that a submission is not applied yet.
func (w *worker) pend(p *part, s sellthrough.PendingState) {
	sp := spaceOf(&p.end)
	u := &pending{id: p.end.Submission, space: &sp}
	if s != sellthrough.IsHeld {
		u.reach = p.run.Reach()
	}
	u.Partner, u.Revision, u.Attempt, u.End, u.State = p.end.Partner, p.end.Revision, p.end.Attempt, p.offset, s
	w.unresolved[p.end.Submission] = u
}

// release writes the end marks of submissions that wait for nothing any more to the end of the partition, where they are
// read as if they came only now. Two owners may do it at once: a second copy has no effect.
func (w *worker) release(ctx context.Context) error {
	var free []*pending
	for _, u := range w.oldest() {
		if u.State != sellthrough.IsWaiting || w.released[u.id] == u.End {
			continue
		}
		if err := w.survey(ctx, u); err != nil {
			return err
		}
		blocked, err := w.blocked(ctx, u.id, u.Revision, *u.space, func() restate.Reach { return u.reach })
		if err != nil {
			return err
		}
		if !blocked {
			free = append(free, u)
		}
	}
	for _, u := range free {
		e, _, err := w.endOf(ctx, u.End)
		if err != nil {
			return err
		}
		value, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("write the end mark of %s again: %w", e.Submission, err)
		}
		if _, err := w.t.opts.Log.Publish(ctx, bus.Lines, w.partition, w.inc, bus.Message{Type: bus.TypeEnd, Value: value}); err != nil {
			return err
		}
		w.released[e.Submission] = u.End
	}
	return nil
}
