package ingest

import (
	"errors"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/internal/bus"
)

// settled waits until a submission is wholly on the road.
func (c *collector) settled(t *testing.T, id sellthrough.SubmissionID, attempt uint32) sellthrough.Receipt {
	t.Helper()
	err := c.index.wait(t.Context(), func() bool {
		e := c.index.entries[id]
		return e != nil && e.completed >= 0 && e.attempt >= attempt
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Receipt(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestACrashAtAnyPointIsFinishedAtTheNextStart(t *testing.T) {
	for _, at := range []bus.Type{bus.TypeBlock, bus.TypeRefused, bus.TypeEnd, bus.TypeCompleted} {
		t.Run(string(at), func(t *testing.T) {
			w := newWorld(t)
			c := w.collect("a")
			c.giveUp = time.Millisecond
			c.failing(at)
			body := csvBody(300) + "r,s,i,one,2026-01-01\n"
			_, err := c.Accept(t.Context(), request("pos", "k", body))
			kind(t, err, Unavailable)
			id, ok := c.Find("acme", "pos", "k")
			if !ok {
				t.Fatal("it is not registered")
			}
			c.stop()

			other := w.collect("b") // does not touch what another has in hand
			if _, completed, ok := other.Owner(id); !ok || completed {
				t.Fatal("another collector finished it")
			}
			c = w.collect("a")
			got := c.settled(t, id, 2)
			if got.Accepted != 300 || got.Refused != 1 || got.Attempt < 2 {
				t.Fatalf("%+v", got)
			}
			if f := w.find(id, got.Attempt); len(f.lines) != 300 || len(f.refused) != 1 {
				t.Fatalf("%d lines, %d refused", len(f.lines), len(f.refused))
			}
			again, err := c.Accept(t.Context(), request("pos", "k", body))
			if err != nil || !again.Replayed || again.Submission != id {
				t.Fatalf("%+v %v", again, err)
			}
			if len(c.journal.all()) != 0 {
				t.Errorf("the journal still holds %v", c.journal.all())
			}
		})
	}
}

func TestAttemptsRiseOverCrashes(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	c.giveUp = time.Millisecond
	c.failing(bus.TypeEnd)
	_, err := c.Accept(t.Context(), request("pos", "k", csvBody(3)))
	kind(t, err, Unavailable)
	id, _ := c.Find("acme", "pos", "k")
	c.stop()
	for attempt := uint32(2); attempt < 5; attempt++ {
		if err := c.journal.write(id, struct {
			Attempt uint32 `json:"attempt"`
			Confirm bool   `json:"confirm,omitempty"`
		}{attempt, false}); err != nil { // as if the collector died in it
			t.Fatal(err)
		}
	}
	c = w.collect("a")
	if got := c.settled(t, id, 2); got.Attempt != 5 {
		t.Fatalf("attempt %d", got.Attempt)
	}
}

func TestALostAnswerOfTheSequencerIsNotASecondSubmission(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	lost := false
	f := func(topic bus.Topic, m bus.Message) error {
		if m.Type != bus.TypeRegistered || lost {
			return nil
		}
		lost = true
		if _, err := c.wire.Bus.Publish(t.Context(), topic, 0, c.inc.Submissions, m); err != nil {
			t.Error(err)
		}
		return errors.New("the answer was lost")
	}
	c.wire.refuse.Store(&f)
	body := csvBody(20)
	_, err := c.Accept(t.Context(), request("pos", "k", body))
	kind(t, err, Unavailable)
	got, err := c.Accept(t.Context(), request("pos", "k", body))
	if err != nil || !got.Replayed || got.Accepted != 20 {
		t.Fatalf("%+v %v", got, err)
	}
	if c.index.len() != 1 {
		t.Fatalf("%d submissions", c.index.len())
	}
}

func TestAFailedRegistrationLeavesNothing(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	c.failing(bus.TypeRegistered)
	_, err := c.Accept(t.Context(), request("pos", "k", csvBody(3)))
	if f := faultOf(t, err, Unavailable); f.Retry == 0 {
		t.Error("no time to try again")
	}
	if w.marks() != 0 {
		t.Error("end marks")
	}
	c.failing()
	if got, err := c.Accept(t.Context(), request("pos", "k", csvBody(3))); err != nil || got.Replayed {
		t.Fatalf("%+v %v", got, err)
	}
}

func TestConfirmSendsTheSameLinesAgainNeverToBeHeld(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	got, err := c.Accept(t.Context(), request("pos", "k", csvBody(40)))
	if err != nil {
		t.Fatal(err)
	}
	for attempt := uint32(2); attempt < 4; attempt++ {
		again, err := c.Confirm(t.Context(), got.Submission, "a person")
		if err != nil || again.Revision != got.Revision || again.Attempt != attempt {
			t.Fatalf("%+v %v", again, err)
		}
		f := w.find(got.Submission, attempt)
		if len(f.lines) != 40 {
			t.Fatalf("%d lines", len(f.lines))
		}
		for _, e := range f.marks {
			if !e.Policy.Confirmed {
				t.Error("it may be held")
			}
		}
	}
	_, err = c.Confirm(t.Context(), "../../collector.id", "a person")
	kind(t, err, Unknown)
	_, err = c.Adopt(t.Context(), "../../collector.id")
	kind(t, err, Unknown)
	other := w.collect("b") // reads the registration from the log
	if again, err := other.Confirm(t.Context(), got.Submission, "a person"); err != nil || again.Attempt != 4 {
		t.Fatalf("%+v %v", again, err)
	}
}
