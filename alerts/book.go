package alerts

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Incident is what the events say of one.
type Incident struct {
	ID      string
	Opening uint32
	Violation
	OpenedAt   time.Time
	ClosedAt   time.Time // zero: open
	EvidenceAt time.Time
	Why        Text // it closed
	Flapping   bool

	AcknowledgedBy string
	AssignedTo     string
	SnoozedUntil   time.Time
	SnoozedBy      string
	Raises         int
	RaisedAt       time.Time
}

// Open says whether it is.
func (i *Incident) Open() bool { return i.ClosedAt.IsZero() }

// transition is one thing that a channel has to be told: an incident, and what of it.
type transition struct{ incident, about string }

// raise is what a channel is told of the nth raise.
func raise(n int) string { return fmt.Sprintf("raised %d", n) }

// parcel is a message on its way.
type parcel struct {
	message Message
	tells   []transition
	began   time.Time
	attempt int
	next    time.Time
	last    string // error
}

// told is what a channel knows.
type told struct {
	since  time.Time // it is configured
	seen   map[transition]bool
	flight *parcel
	sent   []time.Time // tries of the last minute
}

// history is the openings of a key.
type history struct {
	openings uint32
	recent   []time.Time
	open     *Incident
}

// Book is the fold over all events. It has one owner.
type Book struct {
	led      uint64
	turns    uint64 // openings and closings so far
	byID     map[string]*Incident
	byKey    map[Key]*history
	channels map[string]*told
}

// NewBook is a book without events.
func NewBook() *Book {
	return &Book{byID: map[string]*Incident{}, byKey: map[Key]*history{}, channels: map[string]*told{}}
}

func (b *Book) channel(name string) *told {
	c := b.channels[name]
	if c == nil {
		c = &told{seen: map[transition]bool{}}
		b.channels[name] = c
	}
	return c
}

func (b *Book) key(k Key) *history {
	h := b.byKey[k]
	if h == nil {
		h = &history{}
		b.byKey[k] = h
	}
	return h
}

// Apply folds events in. Events that say again what is known change nothing.
func (b *Book) Apply(events ...Event) error {
	for i := range events {
		if err := b.apply(&events[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) apply(e *Event) error {
	if e.Epoch > 0 && e.Epoch < b.led {
		return nil // by an evaluator that another had already followed
	}
	switch e.Kind {
	case Led:
		b.led = e.Epoch
	case ChannelSeen:
		if c := b.channel(e.Channel); c.since.IsZero() {
			c.since = e.At
		}
	case Intended, Notified:
		return b.message(e)
	case Opened:
		b.open(e)
	default:
		if i := b.byID[e.Incident]; i != nil {
			b.change(i, e)
		}
	}
	return nil
}

func (b *Book) open(e *Event) {
	h := b.key(e.Key)
	if e.Opening <= h.openings {
		return
	}
	i := &Incident{ID: e.Incident, Opening: e.Opening, Violation: e.Violation, OpenedAt: e.At, EvidenceAt: e.At, Flapping: e.Flapping}
	h.openings, h.open = e.Opening, i
	h.recent = append(h.recent, e.At)
	if len(h.recent) > flapOpenings {
		h.recent = h.recent[1:]
	}
	b.byID[i.ID] = i
	b.turns++
}

func (b *Book) change(i *Incident, e *Event) {
	if e.Kind != Commented && e.Kind != Assigned && !i.Open() {
		return
	}
	switch e.Kind {
	case Evidence:
		i.Violation, i.EvidenceAt = e.Violation, e.At
	case Raised:
		i.Raises, i.RaisedAt, i.SnoozedUntil = i.Raises+1, e.At, time.Time{}
	case Acknowledged:
		i.AcknowledgedBy = e.Who
	case Assigned:
		i.AssignedTo = e.Who
	case Snoozed:
		i.SnoozedUntil, i.SnoozedBy = e.Until, e.Who
	case Unsnoozed:
		i.SnoozedUntil = time.Time{}
	case Closed:
		i.ClosedAt, i.Why = e.At, e.Why
		b.turns++
		if h := b.key(i.Key); h.open == i {
			h.open = nil
		}
	}
}

func (b *Book) message(e *Event) error {
	c, t := b.channel(e.Channel), transition{e.Incident, e.About}
	p := c.flight
	if e.Kind == Intended {
		if p == nil || p.message.ID != e.Message {
			p = &parcel{began: e.At}
			p.message.ID = e.Message
			c.flight = p
			c.try(e.At)
		}
		if e.Payload != "" {
			if err := json.Unmarshal([]byte(e.Payload), &p.message); err != nil {
				return fmt.Errorf("incidents: the message %s to %s can't be read back: %w", e.Message, e.Channel, err)
			}
		}
		if e.Incident != "" {
			p.tells = append(p.tells, t)
			c.seen[t] = true
		}
		return nil
	}
	if e.Incident != "" {
		c.seen[t] = true
	}
	if p == nil || p.message.ID != e.Message {
		return nil
	}
	if e.OK || e.Until.IsZero() { // taken, or given up
		c.flight = nil
		return nil
	}
	p.attempt, p.next, p.last = e.Attempt, e.Until, e.Why.En
	c.try(e.At)
	return nil
}

// try notes the instant of a try, for the limit by the minute.
func (c *told) try(at time.Time) {
	c.sent = append(slices.DeleteFunc(c.sent, func(t time.Time) bool { return at.Sub(t) > time.Minute }), at)
}

// Open lists the open incidents of a rule.
func (b *Book) Open(rule string) (out []*Incident) {
	for k, h := range b.byKey {
		if h.open != nil && k.Rule == rule {
			out = append(out, h.open)
		}
	}
	slices.SortFunc(out, func(x, y *Incident) int { return compare(x.ID, y.ID) })
	return out
}

// Forget drops what closed long ago and needs nobody's attention, so that a book does not grow for ever. The count of a
// key's openings stays.
func (b *Book) Forget(before time.Time) {
	for id, i := range b.byID {
		if !i.Open() && i.ClosedAt.Before(before) {
			delete(b.byID, id)
		}
	}
	for _, c := range b.channels {
		flying := map[transition]bool{}
		if c.flight != nil {
			for _, t := range c.flight.tells {
				flying[t] = true
			}
		}
		for t := range c.seen {
			if _, known := b.byID[t.incident]; !known && !isReport(t.incident) && !flying[t] {
				delete(c.seen, t)
			}
		}
	}
}
