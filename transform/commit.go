package transform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sellthrough"
	"sellthrough/internal/bus"
)

// The windows of the protocol, as a crash test names them.
const (
	BeforeIntent = "before intent"
	AfterIntent  = "between intent and insert"
	MidInsert    = "in the middle of an insert"
	AfterInsert  = "between insert and done"
	AfterDone    = "after done"

	AfterRefusal = "between refusal and removal" // of a batch with a line that the store calls bad
	AfterRemoval = "between removal and the halved intent"
	AfterHalving = "after the halved intent"
)

// commit makes a batch count: intent, insert, done. A batch without effect leaves no trace but the position.
func (w *worker) commit(ctx context.Context, b *build, parts []*part, step int, complete bool) error {
	batch := &b.batch
	batch.Step, batch.Complete = step, complete
	batch.Rows = batch.Len()
	batch.Blocks = blocks(batch)
	if empty(batch) && step == 0 && w.redo == nil {
		w.advance(b, parts)
		return nil
	}
	o := w.t.opts
	for again := w.redo != nil; ; again = false {
		start := time.Now()
		o.Fault(BeforeIntent, w.partition)
		if err := w.hold(ctx, "intend", func() error { return o.Ledger.Intend(ctx, batch.Intent) }); err != nil {
			return err
		}
		w.stage("intend", start)
		start = time.Now()
		o.Fault(AfterIntent, w.partition)
		trusted, err := w.insert(ctx, b, again)
		if err != nil {
			return err
		}
		w.stage("insert", start)
		if trusted {
			break
		}
		if err := w.heal(ctx, batch); err != nil {
			return err
		}
	}
	o.Fault(AfterInsert, w.partition)
	if err := w.hold(ctx, "decide", func() error { return w.decide(ctx, batch.Votes, parts) }); err != nil {
		return err
	}
	if err := w.hold(ctx, "release", func() error { return w.release(ctx) }); err != nil {
		return err
	}
	if err := w.hold(ctx, "done", func() error { return o.Ledger.Done(ctx, batch.Intent) }); err != nil {
		return err
	}
	o.Fault(AfterDone, w.partition)
	w.advance(b, parts)
	return nil
}

// insert makes the insert, again under the same token after an error. Where it may have been made before, it asks first
// whether the server can be trusted to know the token; trusted is false where it can't. Lines that the store calls bad end it
// by an error: see unfit.go.
func (w *worker) insert(ctx context.Context, b *build, again bool) (trusted bool, err error) {
	var end error
	trusted = true
	err = w.hold(ctx, "insert", func() error {
		if again {
			if trusted, err = w.t.opts.Ledger.Trusted(ctx, b.batch.Intent); err != nil || !trusted {
				return err
			}
		}
		again = true
		err := w.t.opts.Ledger.Insert(ctx, &b.batch)
		if _, bad := sellthrough.AsUnfit(err); !bad {
			return err
		}
		lines, ferr := w.unfit(ctx, b)
		if ferr != nil || len(lines) == 0 {
			return errors.Join(err, ferr)
		}
		end = w.refuse(ctx, b, lines)
		return nil
	})
	if err == nil {
		err = end
	}
	return trusted, err
}

// heal takes out what may have come of a batch under a token that the server may have forgotten. The batch is then another,
// by its token.
func (w *worker) heal(ctx context.Context, b *sellthrough.Batch) error {
	w.log.Warn().Int64("first", b.First).Int64("last", b.Last).Msg("the server may have forgotten the batch; it is taken out and written anew")
	if err := w.hold(ctx, "heal", func() error { return w.t.opts.Ledger.Heal(ctx, b) }); err != nil {
		return err
	}
	w.t.metrics.healed.Inc()
	b.Retry++
	return nil
}

// advance moves on after a batch.
func (w *worker) advance(b *build, parts []*part) {
	batch, m := &b.batch, w.t.metrics
	if batch.Complete {
		w.next = batch.Last + 1
	}
	for _, f := range batch.Floors {
		ns := space{f.Partner, f.Namespace, ""}
		if rev, ok := w.highest[ns]; ok {
			w.highest[ns] = max(rev, f.Revision)
		}
	}
	batch.Each(func(_ sellthrough.FeedKind, rows *sellthrough.Rows) { w.known.add(rows.Slice) })
	for _, p := range parts {
		w.cache.forget(p.end.Blocks)
		m.freshness.Observe(time.Since(p.at).Seconds())
	}
	w.state.Turn()
	m.batches.Inc()
	m.rows.Add(float64(batch.Rows))
	m.state.WithLabelValues(w.label).Set(float64(w.state.Lines()))
	for _, o := range batch.Outcomes {
		c := o.Counts
		for name, n := range map[string]int64{
			"new": c.New, "duplicate": c.Duplicate, "corrected": c.Corrected, "superseded": c.Superseded,
			"withdrawn": c.Withdrawn, "held": c.Held, "unmatched": c.Unmatched, "implied": c.Implied, "refused": c.Refused,
		} {
			m.lines.WithLabelValues(name).Add(float64(n))
		}
	}
}

func empty(b *sellthrough.Batch) bool {
	return b.Rows == 0 && len(b.Floors)+len(b.Outcomes)+len(b.Votes)+len(b.Homes)+len(b.Refusals)+len(b.OrdersDone) == 0
}

// blocks is how many data blocks the largest insert of a batch makes: one a year of business dates.
func blocks(b *sellthrough.Batch) int {
	years := map[int]struct{}{}
	b.Each(func(_ sellthrough.FeedKind, rows *sellthrough.Rows) {
		last := int32(-1 << 31)
		for _, d := range rows.BusinessDate {
			if d != last {
				years[sellthrough.Day(d).Time().Year()] = struct{}{}
				last = d
			}
		}
	})
	return max(1, len(years))
}

// decide tells all partitions of a submission what their votes came to, if this partition's was the last. Two that are
// last at once both tell the same; the second telling has no effect.
func (w *worker) decide(ctx context.Context, cast []sellthrough.Vote, parts []*part) error {
	for _, v := range cast {
		if v.Waits {
			continue
		}
		var p *part
		for _, q := range parts {
			if q.end.Submission == v.Submission && q.end.Attempt == v.Attempt {
				p = q
			}
		}
		if p == nil {
			return fmt.Errorf("vote on %s without its end mark", v.Submission)
		}
		all, err := w.t.opts.Ledger.Votes(ctx, v.Submission, v.Attempt)
		if err != nil {
			return err
		}
		var loss, scope int64
		complete := true
		for _, q := range p.end.Partitions {
			other, ok := all[q]
			complete = complete && ok
			loss, scope = loss+other.Loss, scope+other.Scope
		}
		if !complete {
			continue
		}
		d := sellthrough.Decision{Submission: v.Submission, Why: tooMuch(p.end.Policy, loss, scope)}
		d.Held = d.Why != ""
		for _, q := range p.end.Partitions {
			d.End = all[q].End
			value, err := json.Marshal(d)
			if err != nil {
				return fmt.Errorf("write decision on %s: %w", v.Submission, err)
			}
			if _, err := w.t.opts.Log.Publish(ctx, bus.Lines, q, w.inc, bus.Message{Type: bus.TypeDecision, Value: value}); err != nil {
				return err
			}
		}
	}
	return nil
}
