package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/ingest/archive"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
)

// TestABodyIsKeptWhileAnythingWaitsForIt: past the retention a body goes, but not while a submission is unfinished, nor while one
// waits for a person, nor while that can't be asked.
func TestABodyIsKeptWhileAnythingWaitsForIt(t *testing.T) {
	w := newWorld(t)
	retained := func(c *config.Config) { c.Archive.Retention = 48 * time.Hour }
	c := w.collect("a", retained)
	c.giveUp = time.Millisecond
	c.failing(bus.TypeEnd)
	_, err := c.Accept(t.Context(), request("pos", "k", csvBody(3)))
	kind(t, err, Unavailable)
	id, _ := c.Find("acme", "pos", "k")
	e, _ := c.index.find(id)
	there := func() bool {
		r, err := c.o.Archive.Open(t.Context(), e.body)
		if err == nil {
			r.Close()
		} else if !errors.Is(err, archive.ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil
	}
	later := time.Now().Add(30 * 24 * time.Hour)
	look := func() {
		t.Helper()
		if err := c.expire(t.Context(), later); err != nil {
			t.Fatal(err)
		}
	}
	if look(); !there() {
		t.Fatal("the body of an unfinished submission is gone")
	}
	c.stop()
	c = w.collect("a", retained)
	c.settled(t, id, 2)
	waits := time.Now()
	c.o.Waiting = func(context.Context) (time.Time, bool, error) { return waits, true, nil }
	if look(); !there() {
		t.Fatal("the body of a submission that waits for a person is gone")
	}
	c.o.Waiting = func(context.Context) (time.Time, bool, error) { return waits, false, errors.New("no books") }
	if err := c.expire(t.Context(), later); err == nil || !there() {
		t.Fatalf("it is not known what waits: %v", err)
	}
	c.o.Waiting = func(context.Context) (time.Time, bool, error) { return time.Time{}, false, nil }
	if look(); there() {
		t.Fatal("a body that nothing waits for stays past the retention")
	}
}

// TestWhatIsOpenIsKnownHoweverOldItIs: keys are forgotten after a month, an unfinished submission is not.
func TestWhatIsOpenIsKnownHoweverOldItIs(t *testing.T) {
	x := newIndex()
	now := time.Now()
	at := func(days int) time.Time { return now.Add(-time.Duration(days) * 24 * time.Hour) }
	offset := int64(0)
	put := func(typ bus.Type, when time.Time, v any) {
		t.Helper()
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.apply(bus.Message{Type: typ, Value: text, Offset: offset, Time: when}, 1, now); err != nil {
			t.Fatal(err)
		}
		offset++
	}
	said := func(id, key string) sellthrough.Submission {
		return sellthrough.Submission{ID: sellthrough.SubmissionID(id), Partner: "acme", Feed: "pos", Key: key}
	}
	put(bus.TypeRegistered, at(300), said("done", "a"))
	put(bus.TypeRegistered, at(299), said("open", "b"))
	put(bus.TypeRegistered, at(298), said("lost the race for its key", "b"))
	put(bus.TypeCompleted, at(297), sellthrough.Completed{ID: "done"})
	put(bus.TypeRegistered, at(2), said("young", ""))
	if oldest, ok := x.oldest(); !ok || !oldest.Equal(at(299)) {
		t.Errorf("the oldest open submission is of %v", oldest)
	}
	put(bus.TypeCompleted, at(1), sellthrough.Completed{ID: "open"})
	if oldest, ok := x.oldest(); !ok || !oldest.Equal(at(2)) {
		t.Errorf("then the oldest is of %v", oldest)
	}
	put(bus.TypeCompleted, at(0), sellthrough.Completed{ID: "young"})
	if oldest, ok := x.oldest(); ok {
		t.Errorf("nothing is open, and the oldest is of %v", oldest)
	}
	x.prune(now)
	if len(x.ancient.keys) != 0 || len(x.ancient.open) != 0 {
		t.Errorf("%v", x.ancient)
	}
}
