package ingest

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sellthrough"
	"sellthrough/ingest/archive"
	"sellthrough/internal/bus"
)

// tail feeds the index from the submissions topic until ctx ends. Whatever reads again may mend is tried again.
func (i *Intake) tail(ctx context.Context, atEnd func()) error {
	first, end := int64(0), int64(-1)
	var reader bus.Reader
	pruned := time.Now()
	for wait := 50 * time.Millisecond; ; {
		err := func() (err error) {
			if end < 0 {
				if first, end, err = i.o.Bus.Offsets(ctx, bus.Submissions, 0); err != nil {
					end = -1
					return err
				}
				reader = i.o.Bus.Reader(bus.Submissions, 0, i.inc.Submissions, first)
				i.index.start(first)
			}
			if atEnd != nil && i.index.position() >= end {
				atEnd()
				atEnd = nil
			}
			m, ok, err := reader.Next(ctx, heartbeat)
			if err != nil || !ok {
				return err
			}
			return i.index.apply(m, i.inc.Submissions.Era(), time.Now())
		}()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, bus.ErrIncarnation):
			return err
		case err != nil:
			i.o.Log.Warn().Err(err).Msg("reading submissions again")
			select {
			case <-ctx.Done():
			case <-time.After(wait):
			}
			wait = min(2*wait, 2*time.Second)
		default:
			wait = 50 * time.Millisecond
		}
		if time.Since(pruned) > time.Hour {
			pruned = time.Now()
			i.index.prune(pruned)
		}
	}
}

func (x *index) start(at int64) {
	x.mu.Lock()
	x.next = at
	x.mu.Unlock()
}

func (x *index) position() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.next
}

// again asks for a recovery soon.
func (i *Intake) again() {
	select {
	case i.kick <- struct{}{}:
	default:
	}
}

// recover finishes what this collector registered and did not complete, now and whenever something was left.
func (i *Intake) recover(ctx context.Context) {
	for {
		left := 0
		ids := i.index.unfinished(i.collector)
		ids = append(ids, i.journal.all()...)
		for _, id := range ids {
			if ctx.Err() != nil {
				return
			}
			if _, err := i.resume(ctx, id, 0, false); err != nil {
				left++
				i.o.Log.Error().Err(err).Str("submission", string(id)).Msg("submission not finished; it is tried again")
			}
		}
		i.metrics.unfinished.Set(float64(left))
		wait := time.Minute // a registration may have landed unseen
		if left > 0 {
			wait = 5 * time.Second
		}
		select {
		case <-ctx.Done():
			return
		case <-i.kick:
		case <-time.After(wait):
		}
		select { // what asked for it may still be at work
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// adopted attempts outrank those of the collector that died with the submission in hand.
const adopted = 1 << 16

// Adopt finishes a submission that another collector registered and will not complete. Only a person knows that.
func (i *Intake) Adopt(ctx context.Context, id sellthrough.SubmissionID) (sellthrough.Receipt, error) {
	return i.resume(ctx, id, adopted, false)
}

// Confirm sends a completed submission again as the next attempt, under the same revision, never to be held.
func (i *Intake) Confirm(ctx context.Context, id sellthrough.SubmissionID, who string) (sellthrough.Receipt, error) {
	e, ok := i.index.find(id)
	switch {
	case !ok:
		return sellthrough.Receipt{}, unknown(id)
	case e.completed < 0:
		return sellthrough.Receipt{}, fault(Conflict, 2*time.Second, nil, "the submission is not wholly received yet; ask for it again, then confirm it if it is held")
	}
	i.o.Log.Info().Str("submission", string(id)).Str("who", who).Msg("confirmed")
	return i.resume(context.WithoutCancel(ctx), id, 0, true)
}

func unknown(id sellthrough.SubmissionID) error {
	return fault(Unknown, 0, nil, fmt.Sprintf("there is no submission %q of yours in the last 30 days", id))
}

// resume sends a submission from the archive as its next attempt.
func (i *Intake) resume(ctx context.Context, id sellthrough.SubmissionID, base uint32, confirm bool) (sellthrough.Receipt, error) {
	none := sellthrough.Receipt{}
	release, err := i.hold()
	if err != nil {
		return none, err
	}
	defer release()
	if !i.index.begin(id) {
		return none, fault(Conflict, 2*time.Second, nil, fmt.Sprintf("submission %s is being worked on; ask for it again in a moment", id))
	}
	defer i.index.end(id)
	e, ok := i.index.find(id)
	note, noted := i.journal.read(id)
	if !ok {
		i.journal.done(id)
		return none, unknown(id)
	}
	if e.completed >= 0 && !confirm && (!noted || note.Attempt <= e.attempt) {
		i.journal.done(id)
		return i.Receipt(ctx, id)
	}
	note = attempt{Attempt: max(e.attempt, note.Attempt, base, 1) + 1, Confirm: confirm || note.Confirm}
	if err := i.journal.write(id, note); err != nil {
		return none, fault(Unavailable, 5*time.Second, err, "the attempt could not be noted; try again")
	}
	sub, err := i.submission(ctx, &e)
	if err != nil {
		return none, err
	}
	f, ok := i.feeds[sub.Feed]
	if !ok {
		return none, fault(Unavailable, 0, nil, fmt.Sprintf("feed %s of submission %s is no longer configured; configure it again to finish the submission", sub.Feed, id))
	}
	sub.Confirm = sub.Confirm || note.Confirm
	src, err := i.o.Archive.Open(ctx, sub.Body)
	if errors.Is(err, archive.ErrErased) {
		return i.erased(ctx, f, sub, &e, note.Attempt)
	}
	if err != nil {
		return none, fault(Unavailable, 0, err, fmt.Sprintf("the body of submission %s can't be read from the archive", id))
	}
	defer src.Close()
	b, err := i.open(f, src, sub.Bytes)
	if err != nil {
		return none, err
	}
	defer b.close()
	r, err := i.finish(ctx, f, sub, note.Attempt, b)
	if err != nil {
		i.again()
		return none, fault(Unavailable, 5*time.Second, err, fmt.Sprintf("submission %s is not finished; it is tried again", id))
	}
	i.o.Log.Info().Str("submission", string(id)).Uint32("attempt", note.Attempt).Msg("submission finished from the archive")
	return r, nil
}

// submission reads a registration, from memory or from the log.
func (i *Intake) submission(ctx context.Context, e *entry) (*sellthrough.Submission, error) {
	s := sellthrough.Submission{}
	if e.open != nil {
		s = *e.open
		return &s, nil
	}
	err := i.read(ctx, e.offset, &s)
	s.Revision = sellthrough.RevisionOf(i.inc.Submissions.Era(), e.offset)
	return &s, err
}

func (i *Intake) read(ctx context.Context, offset int64, v any) error {
	err := i.o.Bus.At(ctx, bus.Submissions, 0, i.inc.Submissions, []int64{offset}, func(m bus.Message) error { return json.Unmarshal(m.Value, v) })
	if err != nil {
		return fault(Unavailable, 2*time.Second, err, "the log can't be read just now; ask again")
	}
	return nil
}

// Receipt is the receipt of a completed submission. A Fault of kind Conflict says that it is not completed yet.
func (i *Intake) Receipt(ctx context.Context, id sellthrough.SubmissionID) (sellthrough.Receipt, error) {
	i.index.mu.Lock()
	r, ok := i.index.recent[id]
	i.index.mu.Unlock()
	if ok {
		return r, nil
	}
	e, ok := i.index.find(id)
	if !ok {
		return r, unknown(id)
	}
	if e.completed < 0 {
		return r, fault(Conflict, time.Second, nil, "the submission is registered and not yet wholly received; ask again")
	}
	var c sellthrough.Completed
	if err := i.read(ctx, e.completed, &c); err != nil {
		return r, err
	}
	i.index.completed(id, c.Attempt, e.completed, &c.Receipt)
	return c.Receipt, nil
}

// Owner is the partner of a submission, and whether it is wholly on the road.
func (i *Intake) Owner(id sellthrough.SubmissionID) (p sellthrough.PartnerID, completed, ok bool) {
	e, ok := i.index.find(id)
	return e.partner, e.completed >= 0, ok
}

// Find is the submission that an Idempotency-Key belongs to.
func (i *Intake) Find(p sellthrough.PartnerID, f sellthrough.FeedID, key string) (sellthrough.SubmissionID, bool) {
	id, _ := i.index.holder(&sellthrough.Submission{Partner: p, Feed: f, Key: key})
	return id, id != ""
}

// attempt is what the journal holds of a submission that is sent again.
type attempt struct {
	Attempt uint32 `json:"attempt"`
	Confirm bool   `json:"confirm,omitempty"`
}

// journal is a folder with one file for each submission that is sent again, so that attempts rise over crashes.
type journal struct{ dir string }

func (j journal) path(id sellthrough.SubmissionID) string {
	return filepath.Join(j.dir, filepath.Base(string(id)))
}

func (j journal) write(id sellthrough.SubmissionID, a attempt) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return writeFile(j.path(id), text)
}

func (j journal) read(id sellthrough.SubmissionID) (a attempt, ok bool) {
	text, err := os.ReadFile(j.path(id))
	return a, err == nil && json.Unmarshal(text, &a) == nil
}

func (j journal) done(id sellthrough.SubmissionID) { _ = os.Remove(j.path(id)) } // one that stays is seen to be done

func (j journal) all() (out []sellthrough.SubmissionID) {
	entries, _ := os.ReadDir(j.dir) // missing: none
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".tmp") {
			out = append(out, sellthrough.SubmissionID(e.Name()))
		}
	}
	return out
}

// writeFile writes a small file durably: all of it or nothing.
func writeFile(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	if d, err := os.Open(filepath.Dir(path)); err == nil {
		_ = d.Sync() // not every system can
		d.Close()
	}
	return nil
}

// collectorID is this collector's name for good, made at its first start.
func collectorID(data string) (string, error) {
	path := filepath.Join(data, "collector.id")
	text, err := os.ReadFile(path)
	if id := strings.TrimSpace(string(text)); err == nil && id != "" {
		return id, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("ingest: read the collector's id: %w", err)
	}
	id := "col_" + strings.ToLower(rand.Text()[:12])
	if err := writeFile(path, []byte(id+"\n")); err != nil {
		return "", fmt.Errorf("ingest: write the collector's id: %w", err)
	}
	return id, nil
}

// newSubmissionID is unique, and sorts about as submissions came.
func newSubmissionID(now time.Time) sellthrough.SubmissionID {
	var raw [15]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(raw[6:]) // never fails
	return sellthrough.SubmissionID("sub_" + strings.ToLower(base32.HexEncoding.EncodeToString(raw[:])))
}
