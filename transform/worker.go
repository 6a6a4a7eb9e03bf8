package transform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/internal/bus"
	"sellthrough/transform/reference"
	"sellthrough/transform/restate"
)

// stepRows bounds what one step of a stepwise work writes. It decides where steps are cut, and a redo must cut where the
// first try did: it is a constant, not a setting.
const stepRows = 200_000

// worker owns one partition for one assignment.
type worker struct {
	t         *Transformer
	log       zerolog.Logger
	partition int
	label     string
	inc       bus.Incarnation
	epoch     uint64
	next      int64 // first offset of the next batch
	reference sellthrough.Revision
	version   *reference.Version
	state     *restate.State
	known     *filter              // slices that the ledger may hold
	newest    sellthrough.Revision // of those applied
	// Submissions that may still be applied after newer ones: they wait for votes or for a person.
	unresolved map[sellthrough.SubmissionID]*pending
	released   map[sellthrough.SubmissionID]int64 // those that waited and whose end mark was written again: the one it was
	highest    map[space]sellthrough.Revision     // floor of each namespace, once it was asked for
	cache      blockCache
	reader     bus.Reader
	redo       *sellthrough.Token      // the batch in hand was intended before
	retry      int                     // of its token
	left       []sellthrough.UnfitLine // lines that the batch in hand is written without
	pending    *bus.Message            // read, but for the next batch
}

func newWorker(t *Transformer, partition int, inc bus.Incarnation) *worker {
	return &worker{
		t: t, partition: partition, label: strconv.Itoa(partition), inc: inc,
		log:   t.opts.Logger.With().Int("partition", partition).Logger(),
		state: restate.NewState(t.opts.StateLines / t.opts.Partitions),
		cache: blockCache{limit: 64 << 20 / t.opts.Partitions}, highest: map[space]sellthrough.Revision{},
		unresolved: map[sellthrough.SubmissionID]*pending{}, released: map[sellthrough.SubmissionID]int64{},
	}
}

// run claims the partition, ends what its last owner began, and goes on until ctx ends.
func (w *worker) run(ctx context.Context) error {
	var intent, done *sellthrough.Intent
	err := w.hold(ctx, "claim", func() (err error) {
		if w.epoch, err = w.t.opts.Ledger.Claim(ctx, string(w.inc), w.partition); err != nil {
			return err
		}
		if intent, done, err = w.t.opts.Ledger.Newest(ctx, string(w.inc), w.partition); err != nil {
			return err
		}
		if w.newest, err = w.t.opts.Ledger.MaxRevision(ctx, w.partition); err != nil {
			return err
		}
		var except *sellthrough.Token // what the batch in flight says is found out again
		if open(intent, done) {
			except = &intent.Token
		}
		found, err := w.t.opts.Ledger.Unresolved(ctx, w.partition, except)
		if err != nil {
			return err
		}
		for id, u := range found {
			w.unresolved[id] = &pending{Pending: u, id: id}
		}
		w.known = newFilter()
		return w.t.opts.Ledger.Known(ctx, w.partition, w.known.add)
	})
	if err != nil {
		return err
	}
	step := 0
	if done != nil {
		w.reference = done.Reference
		w.next = done.Last + 1
		if !done.Complete {
			w.next, step = done.First, done.Step+1
		}
	}
	w.reader = w.t.opts.Log.Reader(bus.Lines, w.partition, w.inc, w.next)
	if err := w.force(ctx, w.reference); err != nil {
		return err
	}
	if open(intent, done) {
		if err := w.again(ctx, *intent); err != nil {
			return err
		}
		if step = 0; !intent.Complete {
			step = intent.Step + 1
		}
	} else if err := w.arrive(ctx, done); err != nil {
		return err
	}
	if step > 0 {
		last := w.next
		if intent != nil {
			last = intent.Last
		}
		if err := w.resume(ctx, last, step); err != nil {
			return err
		}
	}
	if err := w.hold(ctx, "release", func() error { return w.release(ctx) }); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := w.batch(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// open says whether the newest intent has no done. An intent of an owner before the one of the newest done is not open: that
// one has ended what it found, and what was written after it had claimed was fenced.
func open(intent, done *sellthrough.Intent) bool {
	switch {
	case intent == nil:
		return false
	case done == nil:
		return true
	}
	return intent.Epoch >= done.Epoch && done.Token != intent.Token
}

// arrive says that nothing of the owners before is open any more, by the newest done, said again in this owner's name.
func (w *worker) arrive(ctx context.Context, done *sellthrough.Intent) error {
	i := sellthrough.Intent{Token: sellthrough.Token{Incarnation: string(w.inc), Partition: w.partition, First: -1, Last: -1}, Complete: true}
	if done != nil {
		i = *done
	}
	i.Epoch = w.epoch
	return w.hold(ctx, "arrive", func() error { return w.t.opts.Ledger.Done(ctx, i) })
}

// again ends a batch that was intended and perhaps inserted: under the same token while the server surely remembers it,
// else under another, after its rows were taken out. See commit.
func (w *worker) again(ctx context.Context, i sellthrough.Intent) error {
	if i.Reference != w.reference {
		if err := w.force(ctx, i.Reference); err != nil {
			return err
		}
	}
	token := i.Token
	w.redo, w.retry, w.next, w.left = &token, i.Retry, i.First, i.Unfit // what lies before had no effect, so no done tells of it
	defer func() { w.redo, w.retry, w.left = nil, 0, nil }()
	w.log.Info().Int64("first", i.First).Int64("last", i.Last).Int("step", i.Step).Int("rows", i.Rows).Msg("redo of the batch in flight")
	w.t.metrics.redone.Inc()
	msgs, err := w.read(ctx, i.First, i.Last)
	if err != nil {
		return err
	}
	if i.Step > 0 {
		return w.stepwise(ctx, msgs[len(msgs)-1], i.Step, i.Step)
	}
	return w.plain(ctx, msgs)
}

// resume goes on with a stepwise work after a done step.
func (w *worker) resume(ctx context.Context, last int64, step int) error {
	msgs, err := w.read(ctx, w.next, last)
	if err != nil {
		return err
	}
	return w.stepwise(ctx, msgs[len(msgs)-1], step, 0)
}

// read takes the messages first..last from the reader.
func (w *worker) read(ctx context.Context, first, last int64) ([]bus.Message, error) {
	w.reader = w.t.opts.Log.Reader(bus.Lines, w.partition, w.inc, first)
	var msgs []bus.Message
	for {
		m, ok, err := w.take(ctx, time.Second)
		if err != nil {
			return nil, err
		}
		if ok {
			w.cache.put(m)
			msgs = append(msgs, m)
			if m.Offset >= last {
				return msgs, nil
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// take reads the next message, holding the line while Kafka does not answer.
func (w *worker) take(ctx context.Context, wait time.Duration) (m bus.Message, ok bool, err error) {
	err = w.hold(ctx, "read", func() error {
		m, ok, err = w.reader.Next(ctx, wait)
		return err
	})
	if err == nil {
		w.t.metrics.lag.WithLabelValues(w.label).Set(float64(w.reader.Lag()))
	}
	return m, ok, err
}

// hold calls f until it succeeds: an error that is not the data's fault holds the line and shows as lag. It gives up when
// ctx ends, when another owner is there, or when waiting cannot mend it.
func (w *worker) hold(ctx context.Context, what string, f func() error) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := f()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, sellthrough.ErrFenced), errors.Is(err, bus.ErrIncarnation), errors.Is(err, sellthrough.ErrIncarnation), errors.Is(err, sellthrough.ErrSchema):
			return fmt.Errorf("%s: %w", what, err)
		}
		w.t.metrics.retries.Inc()
		w.log.Warn().Err(err).Str("stage", what).Dur("retry_in", wait).Msg("holding the line")
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// force puts a reference version in force.
func (w *worker) force(ctx context.Context, rev sellthrough.Revision) error {
	return w.hold(ctx, "reference", func() error {
		var tables reference.Tables
		if rev != 0 {
			var err error
			if tables, err = w.t.opts.Ledger.Reference(ctx, rev); err != nil {
				return err
			}
		}
		v, err := reference.New(rev, w.t.opts.Reporting, tables)
		if err != nil {
			return err
		}
		w.reference, w.version = rev, v
		return nil
	})
}

// parse reads a control message. One that cannot be read was not written by this program: it is logged and passed over,
// so that it stops nothing.
func parse[T any](w *worker, m bus.Message) (v T, ok bool) {
	if err := json.Unmarshal(m.Value, &v); err != nil {
		w.log.Error().Err(err).Int64("offset", m.Offset).Str("type", string(m.Type)).Msg("message cannot be read")
		return v, false
	}
	return v, true
}
