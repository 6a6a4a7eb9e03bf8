// Package transform reads the facts: it takes the blocks of a partition in their order, gives the codes their meaning,
// decides what each line is against the ledger, and writes the outcome so that doing it again has no further effect.
//
// A submission counts in a partition from its end mark on, as a whole. What a batch writes is a function of the messages,
// the reference version in force and the ledger before it; so a redo of the same range under the same token gives the
// same rows, and ClickHouse drops what it already holds. The order of steps is
//
//	claim (on assignment) · intent, then claims are read again · insert by token · done
//
// Reading the code: Run → worker.run → worker.batch (several small submissions) or worker.stepwise (one large submission
// or an order, in bounded steps) → commit.
package transform

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/internal/bus"
	"sellthrough/transform/reference"
)

// Ledger is the truth, as the transformer needs it. All methods hold or fail: an error means that nothing is known, and
// the call is made again. Methods with an except leave out the rows of that token, which a redo will write again.
type Ledger interface {
	Claim(ctx context.Context, incarnation string, partition int) (epoch uint64, err error)
	Newest(ctx context.Context, incarnation string, partition int) (intent, done *sellthrough.Intent, err error)
	Intend(ctx context.Context, i sellthrough.Intent) error
	Insert(ctx context.Context, b *sellthrough.Batch) error
	Done(ctx context.Context, i sellthrough.Intent) error
	Trusted(ctx context.Context, i sellthrough.Intent) (bool, error)
	// Examine tries rows without keeping them: an Unfit says that the store would not. The end frees what the tries needed.
	Examine(ctx context.Context, partition int) (try func(context.Context, *sellthrough.Batch) error, end func(), err error)
	Heal(ctx context.Context, b *sellthrough.Batch) error

	Known(ctx context.Context, partition int, use func(slices []uint64)) error
	Slices(ctx context.Context, partner, namespace string, kind sellthrough.FeedKind, slices []uint64, except *sellthrough.Token) ([]sellthrough.Held, error)
	Current(ctx context.Context, partner, namespace string, kind sellthrough.FeedKind, refs []sellthrough.LineRef, except *sellthrough.Token) (sellthrough.Rows, error)
	InScope(ctx context.Context, partner, namespace string, kind sellthrough.FeedKind, partition int, scope sellthrough.Scope, except *sellthrough.Token) ([]sellthrough.Held, error)
	OfDocuments(ctx context.Context, partner, namespace string, kind sellthrough.FeedKind, partition int, documents []string, except *sellthrough.Token) ([]sellthrough.Held, error)
	LatestLevels(ctx context.Context, partner, namespace string, partition int, locations []string, before int64, except *sellthrough.Token) (sellthrough.Rows, error)
	Floors(ctx context.Context, partner, namespace string, partition int, slices []uint64, locations []string, from, to sellthrough.Day, after sellthrough.Revision, except *sellthrough.Token) ([]sellthrough.Floor, error)
	Applied(ctx context.Context, partition int, revisions []uint64, except *sellthrough.Token) (map[sellthrough.Revision]sellthrough.Applied, error)
	// Unfit is how many lines of a submission the store could not keep.
	Unfit(ctx context.Context, partition int, rev sellthrough.Revision, except *sellthrough.Token) (int64, error)
	Unresolved(ctx context.Context, partition int, except *sellthrough.Token) (map[sellthrough.SubmissionID]sellthrough.Pending, error)
	MaxFloor(ctx context.Context, partner, namespace string, partition int) (sellthrough.Revision, error)
	MaxRevision(ctx context.Context, partition int) (sellthrough.Revision, error)
	Votes(ctx context.Context, id sellthrough.SubmissionID, attempt uint32) (map[int]sellthrough.Vote, error)
	OfRevision(ctx context.Context, kind sellthrough.FeedKind, partition int, rev sellthrough.Revision, limit int, except *sellthrough.Token) (now, before sellthrough.Rows, err error)
	Reflowable(ctx context.Context, kind sellthrough.FeedKind, partition int, f reference.Change, after sellthrough.LineRef, limit int, except *sellthrough.Token) (sellthrough.Rows, error)
	// Replayed is what brings lines in line with a shadow run; ErrGone where there is none any more.
	Replayed(ctx context.Context, kind sellthrough.FeedKind, partition int, r sellthrough.Replay, after sellthrough.LineRef, limit int, except *sellthrough.Token) (sellthrough.Rows, error)
	Reference(ctx context.Context, rev sellthrough.Revision) (reference.Tables, error)
}

// Log is the bus, as the transformer needs it.
type Log interface {
	Ensure(ctx context.Context) (bus.Incarnations, error)
	Consume(ctx context.Context, run func(context.Context, int) error, fatal func(error) bool) error
	Reader(t bus.Topic, partition int, inc bus.Incarnation, offset int64) bus.Reader
	At(ctx context.Context, t bus.Topic, partition int, inc bus.Incarnation, offsets []int64, use func(bus.Message) error) error
	Publish(ctx context.Context, t bus.Topic, partition int, inc bus.Incarnation, msgs ...bus.Message) ([]int64, error)
}

// Options tunes the transformer.
type Options struct {
	Ledger     Ledger
	Log        Log
	Reporting  string                                    // currency of Base
	Policies   map[sellthrough.FeedID]sellthrough.Policy // of the feeds, to read held lines anew
	BatchLines int
	BatchWait  time.Duration
	StateLines int // shared by the partitions
	StepRows   int // of a step; 0 is the constant, another number is for tests: a redo must cut where the first try did
	Partitions int
	Logger     zerolog.Logger
	Registry   prometheus.Registerer
	Fault      Fault // for the crash tests; nil in production
}

// Fault is asked at each window of the protocol; a test kills the process there.
type Fault func(window string, partition int)

// Transformer is one process's share of the partitions.
type Transformer struct {
	opts     Options
	metrics  *metrics
	stepRows int
}

// New makes a transformer. It dials nothing.
func New(o Options) (*Transformer, error) {
	if o.Ledger == nil || o.Log == nil {
		return nil, errors.New("transform: a ledger and a log are needed")
	}
	if o.BatchLines <= 0 || o.StateLines <= 0 || o.Partitions <= 0 {
		return nil, fmt.Errorf("transform: batch_lines %d, state_lines %d and partitions %d must be positive", o.BatchLines, o.StateLines, o.Partitions)
	}
	if o.Fault == nil {
		o.Fault = func(string, int) {}
	}
	if o.StepRows == 0 {
		o.StepRows = stepRows
	}
	return &Transformer{opts: o, metrics: newMetrics(o.Registry), stepRows: o.StepRows}, nil
}

// Run works until ctx ends, or until an error that waiting cannot mend: a topic made anew.
func (t *Transformer) Run(ctx context.Context) error {
	inc, err := t.opts.Log.Ensure(ctx)
	if err != nil {
		return fmt.Errorf("transform: %w", err)
	}
	run := func(ctx context.Context, partition int) error {
		t.opts.Logger.Info().Int("partition", partition).Msg("partition assigned")
		err := t.own(ctx, func() *worker { return newWorker(t, partition, inc.Lines) })
		t.metrics.lag.DeleteLabelValues(strconv.Itoa(partition))
		t.opts.Logger.Info().Int("partition", partition).Msg("partition left")
		return err
	}
	err = t.opts.Log.Consume(ctx, run, func(err error) bool {
		return errors.Is(err, bus.ErrIncarnation) || errors.Is(err, sellthrough.ErrIncarnation) || errors.Is(err, sellthrough.ErrSchema)
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}
