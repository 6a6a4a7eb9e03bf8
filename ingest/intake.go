// Package ingest is the intake: it takes custody of what partners send. A body is archived as it came, registered with
// the sequencer (which gives it its revision), decoded, and put on the road as blocks, refused rows and end marks.
//
// It promises:
//
//   - Accept returns a receipt only when every block and end mark is held by all in-sync replicas, and the body is
//     durable in the archive. Any other end leaves nothing that counts on the road, or a registration that this
//     collector itself brings to its end.
//   - The same Idempotency-Key with the same body is one submission, also over two collectors and after a crash.
//   - A body that is cut, too large, or unreadable as a whole never reaches the road.
//   - Memory does not grow with the body, and one partner can't take all of the collector.
//   - An end customer is on the road as a token alone. The body that names him lies sealed, in the archive and on the way
//     there, and what is told of a refused row shows no value.
//
// How a body arrives (HTTP, a folder, SFTP) is left to the doors, what a row means to package mapping, and what becomes
// of an accepted line to the transformer.
//
// Things that are not obvious: a registration whose publish failed may lie in the log all the same; it is found by the
// tail and finished. Publishing a block twice is harmless, because an end mark lists the offsets that count. Attempts of
// one submission have to rise over crashes, so each after the first is written to a file before it begins.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest/archive"
	"sellthrough/ingest/keys"
	"sellthrough/ingest/mapping"
	"sellthrough/ingest/veil"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
)

// Log is the part of the bus that the intake uses.
type Log interface {
	Ensure(ctx context.Context) (bus.Incarnations, error)
	Offsets(ctx context.Context, t bus.Topic, partition int) (first, end int64, err error)
	Reader(t bus.Topic, partition int, inc bus.Incarnation, offset int64) bus.Reader
	At(ctx context.Context, t bus.Topic, partition int, inc bus.Incarnation, offsets []int64, use func(bus.Message) error) error
	Publish(ctx context.Context, t bus.Topic, partition int, inc bus.Incarnation, msgs ...bus.Message) ([]int64, error)
	Partitions() int
	Silence() time.Duration
}

// Options of an intake.
type Options struct {
	Config  *config.Config
	Bus     Log
	Archive *archive.Archive
	Keys    *keys.Store            // of end customers and sealed bodies; needed where a feed has them
	Room    func(more int64) error // says no where so many bytes more would fill a disk; nil: there is always room
	// Waiting is when the oldest submission came that waits for a person, and whether there is one; nil: not known.
	Waiting  func(context.Context) (time.Time, bool, error)
	Registry prometheus.Registerer // nil: no metrics are shown
	// TurnedAway is told of every body that is refused as a whole, before its partner is; it keeps the note. May be nil.
	TurnedAway func(sellthrough.TurnedAway)
	Log        zerolog.Logger
}

// Intake takes custody of bodies. It is safe for concurrent use while Run runs.
type Intake struct {
	o       Options
	feeds   map[sellthrough.FeedID]*feed
	gate    *gate
	turns   chan struct{} // of decoding large bodies: one processor is left to the others
	metrics *metrics
	index   *index
	hush    *hush
	journal journal
	told    told

	collector string
	inc       bus.Incarnations

	ready   atomic.Bool
	closing atomic.Bool
	hands   sync.WaitGroup // what is in hand
	admit   sync.Mutex     // orders hands.Add before hands.Wait
	life    context.Context
	kill    context.CancelFunc
	kick    chan struct{} // asks for a recovery

	giveUp time.Duration // how long publishing is tried before the submission is left to the recovery
	drain  time.Duration
}

type feed struct {
	config  *config.Feed
	partner *config.Partner
	mapping *mapping.Mapping
	veil    *veil.Veil // nil: the feed holds no end customers
	version string     // of the mapping
	rule    sellthrough.Rule
	policy  sellthrough.Policy
}

// New wires an intake. It dials nothing.
func New(o Options) (*Intake, error) {
	if o.Config == nil || o.Bus == nil || o.Archive == nil {
		return nil, errors.New("ingest: Config, Bus and Archive have to be given")
	}
	i := &Intake{
		o: o, feeds: map[sellthrough.FeedID]*feed{}, gate: newGate(o.Config.Limits), metrics: newMetrics(o.Registry), index: newIndex(), hush: newHush(),
		journal: journal{filepath.Join(o.Config.Data, "collector", "attempts")}, turns: newTurns(), kick: make(chan struct{}, 1),
		giveUp: time.Minute, drain: 20 * time.Second,
	}
	i.life, i.kill = context.WithCancel(context.Background())
	for k := range o.Config.Feeds {
		f := &o.Config.Feeds[k]
		p, ok := o.Config.Partner(f.Partner)
		if !ok {
			return nil, fmt.Errorf("ingest: feed %s belongs to partner %s, who is not configured", f.ID, f.Partner)
		}
		m, err := mapping.New(f)
		if err != nil {
			return nil, fmt.Errorf("ingest: %w", err)
		}
		if f.Sealed() && (o.Keys == nil || o.Archive.Keys == nil) {
			return nil, fmt.Errorf("ingest: feed %s holds end customers, and there is no key store", f.ID)
		}
		version, _ := f.Mapping()
		i.feeds[f.ID] = &feed{config: f, partner: p, mapping: m, veil: veil.New(f), version: version, rule: f.Rule(), policy: f.Policy(p)}
	}
	return i, nil
}

// Ready says whether Accept takes bodies: the submissions topic has been read to its end.
func (i *Intake) Ready() bool { return i.ready.Load() && !i.closing.Load() }

// Run reads the submissions topic, finishes what a crash left, and serves Accept until ctx ends. What is then in hand
// is finished under a limit.
func (i *Intake) Run(ctx context.Context) error {
	var err error
	if i.collector, err = collectorID(i.o.Config.Data); err != nil {
		return err
	}
	if err := i.o.Archive.Sweep(ctx, time.Now().Add(-24*time.Hour)); err != nil {
		i.o.Log.Warn().Err(err).Msg("drafts of the archive stay")
	}
	if i.inc, err = i.o.Bus.Ensure(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	tailing, stop := context.WithCancel(context.WithoutCancel(ctx)) // it outlives ctx: what is in hand waits for it
	defer stop()
	atEnd, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- i.tail(tailing, func() { close(atEnd) }) }()
	listened := make(chan struct{})
	go func() { defer close(listened); i.listen(tailing) }()
	recovered := make(chan struct{})
	go func() {
		defer close(recovered)
		select {
		case <-atEnd:
			i.ready.Store(true)
			i.o.Log.Info().Str("collector", i.collector).Int("submissions", i.index.len()).Msg("intake ready")
			var retained sync.WaitGroup
			retained.Go(func() { i.retain(ctx) })
			i.recover(ctx)
			retained.Wait()
		case <-ctx.Done():
		case <-tailing.Done():
		}
	}()
	select {
	case <-ctx.Done():
	case err = <-ended:
		ended <- nil
	}
	i.admit.Lock()
	i.closing.Store(true)
	i.admit.Unlock()
	if err != nil {
		i.kill()
	}
	done := make(chan struct{})
	go func() { i.hands.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(i.drain):
		i.o.Log.Warn().Msg("intake stops with submissions in hand; the next start finishes them")
	}
	i.kill()
	<-done
	stop()
	<-recovered
	<-listened
	if terr := <-ended; err == nil {
		err = terr
	}
	return err
}

// hold counts one piece of work in hand; it is refused once the intake stops.
func (i *Intake) hold() (release func(), err error) {
	i.admit.Lock()
	defer i.admit.Unlock()
	if i.closing.Load() {
		return nil, fault(Unavailable, 2*time.Second, nil, "the collector is stopping; send the same request again")
	}
	i.hands.Add(1)
	return i.hands.Done, nil
}

// bound is a ctx that also ends with the intake, or after d.
func (i *Intake) bound(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, d)
	stop := context.AfterFunc(i.life, cancel)
	return ctx, func() { stop(); cancel() }
}
