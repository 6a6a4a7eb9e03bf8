package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"sellthrough"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/block"
	"sellthrough/internal/bus"
)

// finish brings one attempt at a registered submission wholly onto the road: blocks and refused rows, then end marks,
// then the completed record. sub.Revision is set.
func (i *Intake) finish(ctx context.Context, f *feed, sub *sellthrough.Submission, attempt uint32, b *body) (sellthrough.Receipt, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(i.life, cancel)()
	n := i.o.Bus.Partitions()
	home := int(xxh3.HashString(string(sub.ID)) % uint64(n))
	r := newRoad(ctx, i, b.turn.give)
	w := &writer{
		road: r, home: home, feed: f, sub: sub, attempt: attempt, builders: make([]*mapping.Builder, n),
		where: mapping.NewPartitioner(f.rule, sub.Partner, n), said: newNamed(f, sub),
	}
	t, err := i.decode(f, b, w.line, w.refuse)
	b.turn.give()
	if err == nil {
		err = w.flush()
	}
	err = cmp.Or(r.wait(), err) // in any case: nothing may still use what is freed
	if err != nil {
		return sellthrough.Receipt{}, fmt.Errorf("publish lines of %s: %w", sub.ID, err)
	}

	rc := receipt(f, sub, attempt, &t)
	if rc.Acknowledgement, err = i.acknowledge(ctx, sub, b); err != nil {
		return sellthrough.Receipt{}, err
	}
	policy := f.policy
	policy.Confirmed = sub.Confirm
	if t.stopped || t.accepted == 0 && t.refused > 0 || w.said.tooMany() {
		policy.Coverage = sellthrough.CoverNone // what was not read can't be missing
	}
	if t.accepted > 0 && !t.acts.told {
		policy.Coverage = sellthrough.CoverNone // what adds or repeats is never the whole
	}
	rc.Partitions = partitions(f, policy.Coverage, sub, append(w.touched(r), t.acts.partitions(f, n, w.where)...), home, n, w.where)
	if err := i.endMarks(ctx, f, sub, policy, rc, r, home, w.where, w.said.scopes(), &t.acts); err != nil {
		return sellthrough.Receipt{}, fmt.Errorf("publish end marks of %s: %w", sub.ID, err)
	}
	msg, err := message(bus.TypeCompleted, sellthrough.Completed{ID: sub.ID, Attempt: attempt, Receipt: rc})
	if err != nil {
		return sellthrough.Receipt{}, err
	}
	offsets, err := i.publish(ctx, bus.Submissions, 0, i.inc.Submissions, []bus.Message{msg})
	if err != nil {
		return sellthrough.Receipt{}, fmt.Errorf("publish completion of %s: %w", sub.ID, err)
	}
	i.index.completed(sub.ID, attempt, offsets[0], &rc)
	i.journal.done(sub.ID)
	i.metrics.rows.WithLabelValues("accepted").Add(float64(t.accepted))
	i.metrics.rows.WithLabelValues("refused").Add(float64(t.refused))
	return rc, nil
}

func receipt(f *feed, sub *sellthrough.Submission, attempt uint32, t *tally) sellthrough.Receipt {
	r := sellthrough.Receipt{
		Submission: sub.ID, Feed: sub.Feed, Partner: sub.Partner, Revision: sub.Revision, Received: sub.Received, Body: sub.Body, Bytes: sub.Bytes,
		Rows: t.accepted + t.refused, Accepted: t.accepted, Refused: t.refused, Scope: sub.Scope, Attempt: attempt,
		Mapping: f.version, Mends: sub.Mends, Refusals: t.first, Warnings: t.warnings, Partitions: []int{}, Cancelled: t.acts.cancelled,
	}
	warn := func(s string) { r.Warnings = append(r.Warnings, s) }
	switch c := f.policy.Coverage; {
	case c == sellthrough.CoverNone:
		if sub.Scope.Declared {
			warn("the feed claims no coverage, so the declared scope has no effect")
		}
	case t.refused > 0 && t.accepted > 0 && !t.stopped && !f.policy.DespiteRefused:
		warn("rows were refused, so nothing that is missing from this report is withdrawn; mend the rows and send the whole report again")
	case r.Rows == 0 && !sub.Scope.Declared && len(t.acts.list) == 0:
		warn("the report has no rows and declares no scope, so it changes nothing; name its location and day to report zero")
	}
	return r
}

// writer turns lines into blocks by partition, and refusals into messages to the home partition.
type writer struct {
	road     *road
	home     int
	feed     *feed
	sub      *sellthrough.Submission
	attempt  uint32
	where    mapping.Partitioner
	builders []*mapping.Builder
	open     int    // lines in builders
	said     *named // nil where nobody asks

	refused []sellthrough.Refusal
	weight  int
}

func (w *writer) line(c *mapping.Cells) error {
	p := w.where.Of(c.Document, c.Location)
	if c.Function <= sellthrough.Replace {
		w.said.add(c)
	}
	b := w.builders[p]
	if b == nil {
		b = mapping.NewBuilder(w.sub.Feed, w.sub.ID, w.attempt)
		w.builders[p] = b
	}
	b.Append(c)
	w.open++
	if b.Full() {
		return w.take(p)
	}
	if w.open < openLines {
		return nil
	}
	largest := p // many partitions share the memory of one block
	for q, o := range w.builders {
		if o != nil && o.Len() > w.builders[largest].Len() {
			largest = q
		}
	}
	return w.take(largest)
}

func (w *writer) take(p int) error {
	b := w.builders[p].Take()
	w.open -= b.Len()
	buf := blocks.Get().(*[]byte)
	*buf = block.Append((*buf)[:0], &b)
	return w.road.send(p, bus.TypeBlock, *buf, int64(b.Len()), buf)
}

// A message of refused rows holds at most so much.
const (
	refusedRows  = 2000
	refusedBytes = 400 << 10
)

func (w *writer) refuse(r sellthrough.Refusal) error {
	w.refused = append(w.refused, r)
	w.weight += weight(&r)
	if len(w.refused) < refusedRows && w.weight < refusedBytes {
		return nil
	}
	return w.flushRefused()
}

func (w *writer) flushRefused() error {
	if len(w.refused) == 0 {
		return nil
	}
	v, err := json.Marshal(sellthrough.RefusedBlock{Submission: w.sub.ID, Feed: w.sub.Feed, Partner: w.sub.Partner, Rows: w.refused})
	if err != nil {
		return fmt.Errorf("write refused rows: %w", err)
	}
	w.refused, w.weight = w.refused[:0], 0
	return w.road.send(w.home, bus.TypeRefused, v, 0, nil)
}

func (w *writer) flush() error {
	for p, b := range w.builders {
		if b != nil && b.Len() > 0 {
			if err := w.take(p); err != nil {
				return err
			}
		}
	}
	return w.flushRefused()
}

// touched are the partitions that lines went to.
func (w *writer) touched(r *road) []int {
	var out []int
	for p := range w.builders {
		if offsets, _ := r.wrote(p, bus.TypeBlock); len(offsets) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// byLocation says whether the locations of a scope tell its partitions.
func byLocation(f *feed) bool { return f.rule.Scope == sellthrough.ByLocationDay }

// partitions are those that get an end mark: where lines went, where the scope could hold lines, and home.
func partitions(f *feed, c sellthrough.CoverageKind, sub *sellthrough.Submission, touched []int, home, n int, where mapping.Partitioner) []int {
	out := append(touched, home)
	sc := sub.Scope
	all := false
	switch c {
	case sellthrough.CoverNone, sellthrough.CoverDocument:
	case sellthrough.CoverLocationDay:
		all = !byLocation(f) || sc.Declared && len(sc.Locations) == 0
	default: // period, snapshot
		all = !byLocation(f) || len(sc.Locations) == 0
	}
	if all {
		out = out[:0]
		for p := range n {
			out = append(out, p)
		}
	} else if c != sellthrough.CoverNone && c != sellthrough.CoverDocument {
		for _, l := range sc.Locations {
			out = append(out, where.Of(nil, []byte(l)))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// scopeIn is the part of a scope that lies in a partition.
func scopeIn(f *feed, sc sellthrough.Scope, p int, where mapping.Partitioner) sellthrough.Scope {
	if !byLocation(f) || len(sc.Locations) == 0 {
		return sc
	}
	var mine []string
	for _, l := range sc.Locations {
		if where.Of(nil, []byte(l)) == p {
			mine = append(mine, l)
		}
	}
	sc.Locations, sc.Elsewhere = mine, len(mine) == 0
	return sc
}

func (i *Intake) endMarks(ctx context.Context, f *feed, sub *sellthrough.Submission, policy sellthrough.Policy, rc sellthrough.Receipt,
	r *road, home int, where mapping.Partitioner, said []sellthrough.Scope, acts *acts,
) error {
	overtakes := i.index.overtakes(sub)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	for _, p := range rc.Partitions {
		offsets, lines := r.wrote(p, bus.TypeBlock)
		e := sellthrough.EndMark{
			Submission: sub.ID, Feed: sub.Feed, Partner: sub.Partner, Kind: f.config.Kind, Revision: sub.Revision, Attempt: rc.Attempt, Body: sub.Body,
			Rule: f.rule, Policy: policy, Scope: scopeIn(f, sub.Scope, p, where), Blocks: offsets, Lines: lines, Refused: rc.Refused,
			Partitions: rc.Partitions, Overtakes: overtakes, Scopes: said,
			Acts: acts.in(f, p, where),
		}
		if p == home {
			h := sellthrough.Home{Receipt: rc, Key: sub.Key, File: sub.File}
			h.Receipt.Refusals = nil // the refused blocks have them all
			h.RefusedBlocks, _ = r.wrote(p, bus.TypeRefused)
			e.Home = &h
		}
		msg, err := message(bus.TypeEnd, e)
		if err != nil {
			return err
		}
		g.Go(func() error {
			_, err := i.publish(ctx, bus.Lines, p, i.inc.Lines, []bus.Message{msg})
			return err
		})
	}
	return g.Wait()
}

func message(t bus.Type, v any) (bus.Message, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return bus.Message{}, fmt.Errorf("write %s: %w", t, err)
	}
	if len(text) > bus.MaxMessage {
		return bus.Message{}, fmt.Errorf("a %s record of %d bytes is above the limit of %d", t, len(text), bus.MaxMessage)
	}
	return bus.Message{Type: t, Value: text}, nil
}

// publish tries again until it is known that the messages lie in the log, or for giveUp. A second copy is harmless.
func (i *Intake) publish(ctx context.Context, t bus.Topic, p int, inc bus.Incarnation, msgs []bus.Message) ([]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, i.giveUp)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		offsets, err := i.o.Bus.Publish(ctx, t, p, inc, msgs...)
		if err == nil {
			return offsets, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		i.metrics.retries.Inc()
		i.o.Log.Warn().Err(err).Str("topic", string(t)).Int("partition", p).Msg("publishing again")
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		case <-time.After(wait):
		}
	}
}
