package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/zeebo/xxh3"

	"sellthrough"
	"sellthrough/internal/bus"
)

// keyLife is how long an Idempotency-Key is remembered.
const keyLife = 30 * 24 * time.Hour

// index is what the submissions topic says: whose key is whose, and what is not yet wholly on the road. Of a completed
// submission it keeps only where its records lie.
type index struct {
	mu      sync.Mutex
	entries map[sellthrough.SubmissionID]*entry
	keys    map[xxh3.Uint128]*entry
	open    map[sellthrough.PartnerID]map[*entry]struct{}
	claims  map[xxh3.Uint128]chan struct{} // keys that a request of this process is about to register
	running map[sellthrough.SubmissionID]bool
	recent  map[sellthrough.SubmissionID]sellthrough.Receipt
	ring    []sellthrough.SubmissionID // of recent, the oldest first
	ancient ancient                    // what is open of those that are older than keys are remembered
	next    int64                      // offset after the last record that was read
	changed chan struct{}              // closed and made anew whenever something above changes
}

type entry struct {
	id        sellthrough.SubmissionID
	body      string
	key       xxh3.Uint128 // zero: none
	at        time.Time    // by the log
	offset    int64        // of the registration
	completed int64        // offset of the newest completed record; -1: none
	attempt   uint32
	open      *sellthrough.Submission // until it is completed
	partner   sellthrough.PartnerID
}

func newIndex() *index {
	return &index{
		entries: map[sellthrough.SubmissionID]*entry{}, keys: map[xxh3.Uint128]*entry{}, open: map[sellthrough.PartnerID]map[*entry]struct{}{},
		claims: map[xxh3.Uint128]chan struct{}{}, running: map[sellthrough.SubmissionID]bool{},
		recent: map[sellthrough.SubmissionID]sellthrough.Receipt{}, changed: make(chan struct{}),
		ancient: ancient{map[sellthrough.SubmissionID]time.Time{}, map[xxh3.Uint128]time.Time{}},
	}
}

func keyOf(p sellthrough.PartnerID, f sellthrough.FeedID, key string) xxh3.Uint128 {
	if key == "" {
		return xxh3.Uint128{}
	}
	return xxh3.HashString128(string(p) + "\x00" + string(f) + "\x00" + key)
}

func (x *index) signal() {
	close(x.changed)
	x.changed = make(chan struct{})
}

// apply takes one record of the topic, in order.
func (x *index) apply(m bus.Message, era uint32, now time.Time) error {
	if now.Sub(m.Time) > keyLife { // old news: only its place counts, and whether it is open
		x.mu.Lock()
		err := x.ancient.apply(m)
		x.mu.Unlock()
		if err != nil {
			return err
		}
		m.Type = ""
	}
	switch m.Type {
	case bus.TypeRegistered:
		var s sellthrough.Submission
		if err := json.Unmarshal(m.Value, &s); err != nil {
			return fmt.Errorf("read registration at offset %d: %w", m.Offset, err)
		}
		s.Revision = sellthrough.RevisionOf(era, m.Offset)
		x.mu.Lock()
		x.registered(&s, m)
		x.mu.Unlock()
	case bus.TypeCompleted:
		var c sellthrough.Completed
		if err := json.Unmarshal(m.Value, &c); err != nil {
			return fmt.Errorf("read completion at offset %d: %w", m.Offset, err)
		}
		x.completed(c.ID, c.Attempt, m.Offset, nil)
	}
	x.mu.Lock()
	x.next = m.Offset + 1
	x.signal()
	x.mu.Unlock()
	return nil
}

func (x *index) registered(s *sellthrough.Submission, m bus.Message) {
	if x.entries[s.ID] != nil {
		return // a second copy of the record: the first one counts
	}
	e := &entry{id: s.ID, body: s.Body, key: keyOf(s.Partner, s.Feed, s.Key), at: m.Time, offset: m.Offset, completed: -1, open: s, partner: s.Partner}
	if s.Key != "" {
		if first := x.keys[e.key]; first != nil && m.Time.Sub(first.at) < keyLife {
			return // lost the race for its key: it is not a submission
		}
		x.keys[e.key] = e
	}
	x.entries[s.ID] = e
	if x.open[s.Partner] == nil {
		x.open[s.Partner] = map[*entry]struct{}{}
	}
	x.open[s.Partner][e] = struct{}{}
}

// completed notes that an attempt is wholly on the road. A receipt is kept at hand for a while.
func (x *index) completed(id sellthrough.SubmissionID, attempt uint32, offset int64, r *sellthrough.Receipt) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.ancient.open, id)
	e := x.entries[id]
	if e == nil {
		return
	}
	if r != nil && len(r.Refusals) <= 20 {
		if _, ok := x.recent[id]; !ok {
			x.ring = append(x.ring, id)
		}
		x.recent[id] = *r
		if len(x.ring) > 4096 {
			delete(x.recent, x.ring[0])
			x.ring = x.ring[1:]
		}
	}
	if offset > e.completed {
		e.completed, e.attempt, e.open = offset, max(attempt, e.attempt), nil
		if r == nil && x.recent[id].Attempt < attempt {
			delete(x.recent, id) // another collector finished a newer attempt
		}
		delete(x.open[e.partner], e)
		if len(x.open[e.partner]) == 0 {
			delete(x.open, e.partner)
		}
	}
	x.signal()
}

// prune forgets what is older than a key's life.
func (x *index) prune(now time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ancient.forget(now)
	for id, e := range x.entries {
		if e.open == nil && now.Sub(e.at) > keyLife {
			delete(x.entries, id)
			if x.keys[e.key] == e {
				delete(x.keys, e.key)
			}
		}
	}
}

// overtakes says whether an older submission of the partner is not yet wholly on the road.
func (x *index) overtakes(sub *sellthrough.Submission) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for e := range x.open[sub.Partner] {
		if e.open.Revision < sub.Revision && e.id != sub.ID {
			return true
		}
	}
	return false
}

// holder is the submission that a key belongs to, and its body.
func (x *index) holder(sub *sellthrough.Submission) (sellthrough.SubmissionID, string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if e := x.keys[keyOf(sub.Partner, sub.Feed, sub.Key)]; e != nil {
		return e.id, e.body
	}
	return sub.ID, sub.Body
}

// reached waits until the record at offset has been read.
func (x *index) reached(ctx context.Context, offset int64) error {
	return x.wait(ctx, func() bool { return x.next > offset })
}

func (x *index) wait(ctx context.Context, ok func() bool) error {
	for {
		x.mu.Lock()
		done, changed := ok(), x.changed
		x.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// claim makes the request the first with its key. If another was, it answers with that one's receipt as soon as there
// is one, or with a conflict.
func (x *index) claim(ctx context.Context, i *Intake, sub *sellthrough.Submission) (_ sellthrough.Receipt, first bool, err error) {
	key := keyOf(sub.Partner, sub.Feed, sub.Key)
	for {
		x.mu.Lock()
		e, other := x.keys[key], x.claims[key]
		if e != nil && sub.Received.Sub(e.at) >= keyLife {
			e = nil
		}
		if e == nil && other == nil {
			x.claims[key] = make(chan struct{})
			x.mu.Unlock()
			return sellthrough.Receipt{}, true, nil
		}
		x.mu.Unlock()
		if e != nil {
			if e.body != sub.Body {
				return sellthrough.Receipt{}, false, conflict(e.id)
			}
			r, err := x.await(ctx, i, e.id)
			return r, false, err
		}
		select {
		case <-other:
		case <-ctx.Done():
			return sellthrough.Receipt{}, false, fault(Cut, time.Second, ctx.Err(), "the request ended before its answer; send it again")
		}
	}
}

func (x *index) unclaim(sub *sellthrough.Submission) {
	key := keyOf(sub.Partner, sub.Feed, sub.Key)
	x.mu.Lock()
	defer x.mu.Unlock()
	close(x.claims[key])
	delete(x.claims, key)
}

// await waits for a submission to be wholly on the road and gives its receipt.
func (x *index) await(ctx context.Context, i *Intake, id sellthrough.SubmissionID) (sellthrough.Receipt, error) {
	ctx, cancel := i.bound(ctx, i.giveUp/2)
	defer cancel()
	err := x.wait(ctx, func() bool { e := x.entries[id]; return e == nil || e.completed >= 0 })
	if err != nil {
		return sellthrough.Receipt{}, fault(Unavailable, 5*time.Second, err,
			fmt.Sprintf("the first request with this key, submission %s, is still under way; send the same request again", id))
	}
	return i.Receipt(ctx, id)
}

// begin marks a submission as being worked on in this process; it is false if it already is.
func (x *index) begin(id sellthrough.SubmissionID) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.running[id] {
		return false
	}
	x.running[id] = true
	return true
}

func (x *index) end(id sellthrough.SubmissionID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.running, id)
}

func (x *index) len() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.entries)
}

func (x *index) find(id sellthrough.SubmissionID) (entry, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if e := x.entries[id]; e != nil {
		return *e, true
	}
	return entry{}, false
}

// unfinished are the submissions of a collector that are not wholly on the road, the oldest first by revision.
func (x *index) unfinished(collector string) []sellthrough.SubmissionID {
	x.mu.Lock()
	defer x.mu.Unlock()
	var left []*entry
	for _, set := range x.open {
		for e := range set {
			if e.open.Collector == collector && !x.running[e.id] {
				left = append(left, e)
			}
		}
	}
	slices.SortFunc(left, func(a, b *entry) int { return cmp.Compare(a.offset, b.offset) })
	out := make([]sellthrough.SubmissionID, len(left))
	for i, e := range left {
		out[i] = e.id
	}
	return out
}
