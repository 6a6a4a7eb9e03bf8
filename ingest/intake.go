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
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest/archive"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
)

// Log is the part of the bus that the intake uses; *bus.Bus is one.
type Log interface {
	Ensure(ctx context.Context) (bus.Incarnations, error)
	Offsets(ctx context.Context, t bus.Topic, partition int) (first, end int64, err error)
	Reader(t bus.Topic, partition int, inc bus.Incarnation, offset int64) *bus.Reader
	At(ctx context.Context, t bus.Topic, partition int, inc bus.Incarnation, offsets []int64, use func(bus.Message) error) error
	Publish(ctx context.Context, t bus.Topic, partition int, inc bus.Incarnation, msgs ...bus.Message) ([]int64, error)
	Partitions() int
}

// Options of an intake.
type Options struct {
	Config  *config.Config
	Bus     Log
	Archive *archive.Archive
	Room    func(more int64) error // says no where so many bytes more would fill a disk; nil: there is always room
	// Waiting is when the oldest submission came that waits for a person, and whether there is one; nil: not known.
	Waiting  func(context.Context) (time.Time, bool, error)
	Registry prometheus.Registerer // nil: no metrics are shown
	Log      zerolog.Logger
}

// Intake takes custody of bodies. It is safe for concurrent use while Run runs.
type Intake struct {
	o       Options
	feeds   map[sellthrough.FeedID]*feed
	gate    *gate
	turns   chan struct{} // of decoding large bodies: one processor is left to the others
	metrics *metrics
	index   *index
	journal journal

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
	rule    sellthrough.Rule
	policy  sellthrough.Policy
}

// New wires an intake. It dials nothing.
func New(o Options) (*Intake, error) {
	if o.Config == nil || o.Bus == nil || o.Archive == nil {
		return nil, errors.New("ingest: Config, Bus and Archive have to be given")
	}
	i := &Intake{
		o: o, feeds: map[sellthrough.FeedID]*feed{}, gate: newGate(o.Config.Limits), metrics: newMetrics(o.Registry), index: newIndex(),
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
		i.feeds[f.ID] = &feed{config: f, partner: p, mapping: m, rule: f.Rule(), policy: f.Policy(p)}
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

// Request is one body and what is said with it.
type Request struct {
	Partner  sellthrough.PartnerID // who sends, as authenticated
	Feed     sellthrough.FeedID
	Key      string // Idempotency-Key; empty: every request is a submission of its own
	File     string
	Body     io.Reader
	Encoding string // of the body: empty, gzip or zstd
	Length   int64  // of the body as encoded; negative: not known
	Scope    sellthrough.Scope
	Confirm  bool // never hold it
	DryRun   bool // decode and count, and leave nothing anywhere
}

// Taken is the answer to a body.
type Taken struct {
	sellthrough.Receipt
	Replayed bool // of an earlier request with the same key
}

// Accept takes custody of a body. When it returns nil, the submission is wholly on the road; a receipt with refused
// and no accepted rows is one that changes nothing. Its errors are *Fault.
func (i *Intake) Accept(ctx context.Context, r Request) (taken Taken, err error) {
	begun := time.Now()
	defer func() { i.metrics.accepted(begun, taken, r.DryRun, err) }()
	release, err := i.hold()
	if err != nil {
		return Taken{}, err
	}
	defer release()
	f, err := i.feed(r.Partner, r.Feed)
	if err != nil {
		return Taken{}, err
	}
	if !i.ready.Load() && !r.DryRun {
		return Taken{}, fault(Unavailable, 2*time.Second, nil, "the collector is still starting; send the same request again in a moment")
	}
	if len(r.Key) > 255 {
		return Taken{}, fault(Malformed, 0, nil, "the Idempotency-Key is longer than 255 bytes; send a shorter one")
	}
	leave, err := i.gate.enter(ctx, r.Partner)
	if err != nil {
		return Taken{}, err
	}
	defer leave()
	scope, err := f.scope(&r)
	if err != nil {
		return Taken{}, err
	}
	draft, err := i.receive(ctx, &r)
	if err != nil {
		return Taken{}, err
	}
	defer draft.Discard()

	sub := sellthrough.Submission{
		ID: newSubmissionID(begun), Feed: r.Feed, Partner: r.Partner, Key: r.Key, Body: draft.Sum, Bytes: draft.Size, File: r.File,
		Received: begun.UTC().Truncate(time.Millisecond), Scope: scope, Confirm: r.Confirm, Collector: i.collector,
	}
	if r.Key != "" && !r.DryRun {
		receipt, first, err := i.index.claim(ctx, i, &sub)
		if err != nil || !first {
			return Taken{receipt, true}, err
		}
		defer i.index.unclaim(&sub)
	}
	src, err := draft.Open(ctx)
	if err != nil {
		return Taken{}, fault(Unavailable, 5*time.Second, err, "the body could not be kept; send the same request again")
	}
	defer src.Close()
	body, err := i.open(f, src, sub.Bytes)
	if err != nil {
		return Taken{}, err
	}
	defer body.close()
	if r.DryRun {
		receipt, err := i.rehearse(ctx, f, &sub, body)
		return Taken{Receipt: receipt}, err
	}
	if err := i.room(draft.Size); err != nil { // its lines go to the log, and about as much with them
		return Taken{}, err
	}
	if err := draft.Commit(ctx); err != nil {
		return Taken{}, fault(Unavailable, 5*time.Second, err, "the body could not be kept; send the same request again")
	}
	if !i.index.begin(sub.ID) {
		return Taken{}, fault(Unavailable, time.Second, nil, "the submission is already being finished; send the same request again")
	}
	defer i.index.end(sub.ID)
	receipt, winner, err := i.register(ctx, &sub)
	if err != nil || !winner {
		return Taken{receipt, true}, err
	}
	// From here on the submission is ours to finish, whether or not the partner still listens.
	receipt, err = i.finish(context.WithoutCancel(ctx), f, &sub, 1, body)
	if err != nil {
		i.again()
		return Taken{}, fault(Unavailable, 5*time.Second, err, "the log does not take the lines just now; the body is kept and will be finished: "+
			"send the same request with the same Idempotency-Key, or ask for /v1/submissions/"+string(sub.ID))
	}
	return Taken{Receipt: receipt}, nil
}

// feed finds a partner's feed. Of another's feed it says what it says of one that does not exist.
func (i *Intake) feed(partner sellthrough.PartnerID, id sellthrough.FeedID) (*feed, error) {
	if f, ok := i.feeds[id]; ok && f.config.Partner == partner {
		return f, nil
	}
	own := ""
	for k := range i.o.Config.Feeds {
		if f := &i.o.Config.Feeds[k]; f.Partner == partner {
			if own != "" {
				own += ", "
			}
			own += string(f.ID)
		}
	}
	if own == "" {
		return nil, fault(Unknown, 0, nil, fmt.Sprintf("partner %s has no feed %q, and no other; ask for one to be configured", partner, id))
	}
	return nil, fault(Unknown, 0, nil, fmt.Sprintf("partner %s has no feed %q; its feeds are: %s", partner, id, own))
}

// register puts the submission before the sequencer. winner is false where another collector registered the same key
// first; the receipt is then that submission's.
func (i *Intake) register(ctx context.Context, sub *sellthrough.Submission) (_ sellthrough.Receipt, winner bool, err error) {
	none := sellthrough.Receipt{}
	fail := func(err error) error {
		return fault(Unavailable, 5*time.Second, err, "the log can't be reached, so nothing was taken; send the same request again, with an Idempotency-Key")
	}
	msg, err := message(bus.TypeRegistered, sub)
	if err != nil {
		return none, false, err
	}
	offsets, err := i.o.Bus.Publish(ctx, bus.Submissions, 0, i.inc.Submissions, msg)
	if err != nil {
		i.again() // it may lie in the log all the same
		return none, false, fail(err)
	}
	sub.Revision = sellthrough.RevisionOf(i.inc.Submissions.Era(), offsets[0])
	// The tail says whose key it is, and which older submissions are not yet on the road.
	life, cancel := i.bound(context.WithoutCancel(ctx), i.giveUp)
	defer cancel()
	if err := i.index.reached(life, offsets[0]); err != nil {
		i.again()
		return none, false, fail(err)
	}
	if sub.Key == "" {
		return none, true, nil
	}
	first, body := i.index.holder(sub)
	if first == sub.ID {
		return none, true, nil
	}
	if body != sub.Body {
		return none, false, conflict(first)
	}
	receipt, err := i.index.await(ctx, i, first)
	return receipt, false, err
}

// bound is a ctx that also ends with the intake, or after d.
func (i *Intake) bound(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, d)
	stop := context.AfterFunc(i.life, cancel)
	return ctx, func() { stop(); cancel() }
}
