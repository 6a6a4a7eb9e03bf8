// Package road is the protocol by which a batch comes into the ledger exactly once: claims, intents, inserts under a
// token, dones, and what is done when the server can no longer be trusted to know a token. It decides; what keeps the
// notes and the tables is behind Store. Reading it beside docs/protocol.md is the shortest way to both.
//
// Every method makes one try. An error means that nothing is known; the caller holds the line and calls again.
package road

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"sellthrough"
)

// Kind is what a note says.
type Kind string

// The kinds of notes.
const (
	Claim   Kind = "claim"   // a partition has a new owner
	Intent  Kind = "intent"  // a batch is about to be inserted
	Done    Kind = "done"    // all of its rows are in
	Void    Kind = "void"    // its rows were taken out; it is written anew under another token
	Hold    Kind = "hold"    // all owners wait at their next intent, because sums are compared with the ledger
	Release Kind = "release" // they go on
)

// Store keeps notes and tables. What Note returned nil for is on disk, and seen by every later read. Notes carry the time
// of the server at which they were written.
type Store interface {
	Note(ctx context.Context, k Kind, i sellthrough.Intent) error
	// Fed is the incarnation that a partition was claimed for last; "" where it never was.
	Fed(ctx context.Context, partition int) (incarnation string, err error)
	// Epoch is the highest claim of a partition, Claims how many there are of an epoch or a higher one.
	Epoch(ctx context.Context, incarnation string, partition int) (uint64, error)
	Claims(ctx context.Context, incarnation string, partition int, epoch uint64) (int, error)
	// Holds are those without a release that equals them, by partition. One of Pause that was not said again for its life has ended.
	Holds(ctx context.Context, incarnation string) (map[int][]sellthrough.Intent, error)
	// Before says whether an intent was written before every hold that is not released, or within Visible after it.
	// Flying lists the partitions whose newest intent, by epoch and place, was, has neither done nor void, and is of no owner
	// before the one of the newest done. A void counts as an intent of the owner who wrote it.
	Before(ctx context.Context, i sellthrough.Intent) (bool, error)
	Flying(ctx context.Context, incarnation string) ([]int, error)
	// Since is what has happened to the server since an intent was written.
	Since(ctx context.Context, i sellthrough.Intent) (Since, error)
	// Insert puts what a batch has for a table there, under tokens that begin with token. It calls check when all that is
	// left is to send the rows, and sends nothing where that is an error.
	Insert(ctx context.Context, table, token string, b *sellthrough.Batch, check func(context.Context) error) error
	// TakeOut deletes the rows of an intent from every table that names the batch.
	TakeOut(ctx context.Context, i sellthrough.Intent) error
	// Rebuild sets the sums to what the ledger comes to. Nothing may be in flight.
	Rebuild(ctx context.Context, token string) error
}

// Since is what has happened since an intent was written.
type Since struct {
	Void      bool // it was taken out
	Restarted bool // the server has started anew, or the intent is not there
	Blocks    int  // of all intents since, itself among them
}

// Road is the protocol over a store.
type Road struct {
	Store  Store
	Window int // blocks that each table remembers for deduplication

	mu      sync.Mutex
	checked map[owner]time.Time // when the claims were read last, by owner
}

type owner struct {
	incarnation string
	partition   int
	epoch       uint64
}

// New makes a road.
func New(s Store, window int) *Road {
	return &Road{Store: s, Window: window, checked: map[owner]time.Time{}}
}

// Text names a batch for the server's deduplication.
func Text(t sellthrough.Token) string {
	return fmt.Sprintf("%s/%d/%d-%d/%d/%d", t.Incarnation, t.Partition, t.First, t.Last, t.Step, t.Retry)
}

// Claim takes a partition over: the new epoch is one more than any before, so that the owner before is fenced at its next
// intent.
func (r *Road) Claim(ctx context.Context, incarnation string, partition int) (uint64, error) {
	if err := r.same(ctx, incarnation, partition); err != nil {
		return 0, err
	}
	for {
		epoch, err := r.Store.Epoch(ctx, incarnation, partition)
		if err != nil {
			return 0, err
		}
		epoch++
		// First tells claims of one epoch apart, so that both are kept and both owners see that there are two.
		i := sellthrough.Intent{Token: sellthrough.Token{Incarnation: incarnation, Partition: partition, First: int64(chance() >> 1), Last: -1}, Epoch: epoch}
		began := time.Now()
		if err := r.Store.Note(ctx, Claim, i); err != nil {
			return 0, err
		}
		n, err := r.Store.Claims(ctx, incarnation, partition, epoch)
		if err != nil {
			return 0, err
		}
		if n == 1 {
			r.saw(owner{incarnation, partition, epoch}, began)
			return epoch, r.Mend(ctx, incarnation, partition)
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Duration(chance() % uint64(50*time.Millisecond))):
		}
	}
}

// chance is a random number.
func chance() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}

// same refuses a partition that was fed from another making of the topic.
func (r *Road) same(ctx context.Context, incarnation string, partition int) error {
	other, err := r.Store.Fed(ctx, partition)
	if err != nil {
		return err
	}
	if other != "" && other != incarnation {
		return fmt.Errorf("%w: partition %d of the ledger was fed from topic incarnation %q, this Kafka has %q. Nothing is written, so that nothing is dropped or doubled. "+
			"If the topic was made anew on purpose, start once with `sellthrough up --accept-new-topics` (or `transform --accept-new-topics`); if this is the wrong Kafka or the wrong ClickHouse, mend the configuration",
			sellthrough.ErrIncarnation, partition, other, incarnation)
	}
	return nil
}

// Intend puts an intent on disk, then reads the claims again: another epoch means that another owner is there. It waits,
// by an error, while a heal holds the road.
func (r *Road) Intend(ctx context.Context, i sellthrough.Intent) error {
	if err := r.Store.Note(ctx, Intent, i); err != nil {
		return err
	}
	if err := r.own(ctx, i); err != nil {
		return err
	}
	held, err := r.Store.Holds(ctx, i.Incarnation)
	if err != nil || len(held) == 0 {
		return err
	}
	// An intent that was written before a hold, or so shortly after it that its owner may not have seen it, is waited for by
	// the hold, not the other way round: else the redo of a batch in flight and the heal would wait for each other.
	before, err := r.Store.Before(ctx, i)
	if err == nil && !before {
		err = errors.New("clickhouse: the sums are being compared with the ledger; intents wait")
	}
	return err
}

// own reads the claims: another epoch than an intent's is another owner. A lower one is another, too: the ledger was
// restored from a time before this owner.
func (r *Road) own(ctx context.Context, i sellthrough.Intent) error {
	began := time.Now()
	epoch, err := r.Store.Epoch(ctx, i.Incarnation, i.Partition)
	if err != nil {
		return err
	}
	if epoch != i.Epoch {
		return fmt.Errorf("clickhouse: partition %d, epoch %d, ours is %d: %w", i.Partition, epoch, i.Epoch, sellthrough.ErrFenced)
	}
	r.saw(owner{i.Incarnation, i.Partition, i.Epoch}, began)
	return nil
}

func (r *Road) saw(o owner, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checked[o] = at
}

// Visible is how long after a note was written another connection may not see it.
const Visible = time.Second

// fresh is how long a look at the claims counts. An owner that was stopped for longer looks again before it sends.
const fresh = 5 * time.Second

// Late is how long after an owner's last look its rows may still reach a table: the server waits for them no longer than
// Patience once an insert has begun. What lands late is dropped by its token, so the deduplication window has to hold half
// of itself for that long; see Trusted.
const (
	Patience = 30 * time.Second
	Late     = fresh + Patience
)

// stale says whether an owner has to look again: it was stopped, or the server is slow.
func (r *Road) stale(i sellthrough.Intent) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Since(r.checked[owner{i.Incarnation, i.Partition, i.Epoch}]) >= fresh
}

// Done says that all of an intent's rows are in.
func (r *Road) Done(ctx context.Context, i sellthrough.Intent) error {
	return r.Store.Note(ctx, Done, i)
}
