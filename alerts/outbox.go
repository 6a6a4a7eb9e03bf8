package alerts

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"time"

	"sellthrough"
)

// giveUp is how long a message is tried. Later nobody wants it.
const giveUp = 72 * time.Hour

// unreadableTries is how often a message is tried that its receiver calls malformed: often enough for a mistaken proxy to be
// mended, not so long that it holds up what waits behind it.
const unreadableTries = 5

// Amount is units or money, in JSON a string of plain digits.
type Amount sellthrough.Decimal

// String is a with as many places as it needs.
func (a Amount) String() string { return sellthrough.Decimal(a).String() }

// MarshalText writes a as String does, for JSON.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (a *Amount) UnmarshalText(text []byte) error {
	d, err := sellthrough.ParseDecimal(text)
	*a = Amount(d)
	return err
}

// Item is an incident as a message tells it.
type Item struct {
	Incident string          `json:"incident"`
	Rule     string          `json:"rule"`
	Severity string          `json:"severity"`
	Partner  string          `json:"partner"`
	Location string          `json:"location,omitempty"`
	Product  string          `json:"product,omitempty"`
	Subject  string          `json:"subject,omitempty"`
	Since    time.Time       `json:"since"`
	OpenedAt time.Time       `json:"opened_at"`
	ClosedAt *time.Time      `json:"closed_at,omitempty"`
	DataAt   time.Time       `json:"data_at"`
	Money    *Amount         `json:"money_at_stake,omitempty"`
	Units    Amount          `json:"units_at_stake"`
	Text     Text            `json:"text"`
	Why      *Text           `json:"why,omitempty"` // it closed
	Evidence json.RawMessage `json:"evidence,omitempty"`
}

// Part is one sort of news in a message: how many there are, and the first of them by money.
type Part struct {
	Count int    `json:"count"`
	Money Amount `json:"money_at_stake"` // of all of them where it is known
	Items []Item `json:"items"`
}

// Message is what a channel is told at once.
type Message struct {
	ID       string    `json:"id"` // the same however often it is sent
	Channel  string    `json:"channel"`
	At       time.Time `json:"at"`
	Currency string    `json:"currency"`
	Board    string    `json:"board,omitempty"` // address of the page
	Opened   *Part     `json:"opened,omitempty"`
	Raised   *Part     `json:"raised,omitempty"`
	Closed   *Part     `json:"closed,omitempty"`
	Report   *Report   `json:"report,omitempty"`
}

// Report is a weekly report.
type Report struct {
	Week    string `json:"week"` // 2026-W12
	Subject Text   `json:"subject"`
	HTML    string `json:"html"`
	Brief   Text   `json:"brief"` // a few lines for a chat
}

func isReport(incident string) bool { return strings.HasPrefix(incident, "report/") }

// frame is what all messages of an evaluator say.
type frame struct{ currency, board string }

// owed lists what a channel has to be told, in the order in which it happened.
func (b *Book) owed(c *told, wants func(*Incident) bool, now time.Time) (opened, raised, closed []*Incident) {
	for _, i := range b.byID {
		if !i.Open() && i.ClosedAt.Before(c.since) || !wants(i) {
			continue
		}
		knows := c.seen[transition{i.ID, string(Opened)}]
		held := i.Flapping && (!i.Open() || now.Sub(i.OpenedAt) < flapHold)
		switch {
		case !knows && held:
			continue
		case !knows:
			opened = append(opened, i)
		case i.Open() && i.Raises > 0 && !c.seen[transition{i.ID, raise(i.Raises)}]:
			raised = append(raised, i)
		}
		if !i.Open() && !c.seen[transition{i.ID, string(Closed)}] {
			closed = append(closed, i)
		}
	}
	return opened, raised, closed
}

// byMoney puts the most expensive first, then the oldest.
func byMoney(a, b *Incident) int {
	return cmp.Or(-cmp.Compare(worth(a), worth(b)), a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
}

func worth(i *Incident) sellthrough.Decimal {
	if i.Money == nil {
		return -1
	}
	return *i.Money
}

func item(i *Incident) Item {
	out := Item{
		Incident: i.ID, Rule: i.Rule, Severity: i.Severity, Partner: i.Partner, Location: i.Location, Product: i.Product, Subject: i.Subject,
		Since: i.Since, OpenedAt: i.OpenedAt, DataAt: i.DataAt, Money: (*Amount)(i.Money), Units: Amount(i.Units), Text: i.Text, Evidence: json.RawMessage(i.Evidence),
	}
	if i.Evidence == "" {
		out.Evidence = nil
	}
	if !i.Open() {
		out.ClosedAt, out.Why = &i.ClosedAt, &i.Why
	}
	return out
}

// part is a part of a message, and what it tells. Where a message has to spell everything out, the rest waits.
func part(of []*Incident, about func(*Incident) string, l Limits) (*Part, []transition) {
	if len(of) == 0 {
		return nil, nil
	}
	slices.SortFunc(of, byMoney)
	if l.Whole && len(of) > l.Items {
		of = of[:l.Items]
	}
	p, tells := &Part{Count: len(of)}, make([]transition, len(of))
	for n, i := range of {
		tells[n] = transition{i.ID, about(i)}
		if i.Money != nil {
			p.Money = add(p.Money, Amount(*i.Money))
		}
		if n < l.Items {
			p.Items = append(p.Items, item(i))
		}
	}
	return p, tells
}

// add stops at the largest Decimal.
func add(a, b Amount) Amount {
	if b > 0 && a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// plan is the next message of a channel: the one in flight where its next try is due, or a new one with all that is owed. It
// gives the events that have to be on disk before it is sent; none for a message that was in flight already.
func (b *Book) plan(ch Channel, f frame, now time.Time) (*parcel, []Event, error) {
	c, l := b.channel(ch.Name()), ch.Limits()
	c.sent = slices.DeleteFunc(c.sent, func(t time.Time) bool { return now.Sub(t) > time.Minute })
	if c.since.IsZero() || len(c.sent) >= l.PerMinute {
		return nil, nil, nil
	}
	if c.flight != nil {
		if c.flight.next.After(now) {
			return nil, nil, nil
		}
		return c.flight, nil, nil
	}
	opened, raised, closed := b.owed(c, ch.Wants, now)
	p := &parcel{began: now, message: Message{Channel: ch.Name(), At: now, Currency: f.currency, Board: f.board}}
	var tells [3][]transition
	p.message.Opened, tells[0] = part(opened, func(*Incident) string { return string(Opened) }, l)
	p.message.Raised, tells[1] = part(raised, func(i *Incident) string { return raise(i.Raises) }, l)
	if l.Whole { // what closed is told no earlier than that it opened
		told := map[string]bool{}
		for _, t := range tells[0] {
			told[t.incident] = true
		}
		closed = slices.DeleteFunc(closed, func(i *Incident) bool { return !told[i.ID] && !c.seen[transition{i.ID, string(Opened)}] })
	}
	p.message.Closed, tells[2] = part(closed, func(*Incident) string { return string(Closed) }, l)
	p.tells = slices.Concat(tells[0], tells[1], tells[2])
	if len(p.tells) == 0 {
		return nil, nil, nil
	}
	events, err := b.intend(p, now)
	return p, events, err
}

// intend names a message and gives the events that put it on disk. Its name is what it tells, so that two evaluators would
// give it the same.
func (b *Book) intend(p *parcel, now time.Time) ([]Event, error) {
	h := fnv.New128a()
	fmt.Fprint(h, p.message.Channel)
	for _, t := range p.tells {
		fmt.Fprint(h, "\x00", t.incident, "\x00", t.about)
	}
	p.message.ID = fmt.Sprintf("%x", h.Sum(nil))
	payload, err := json.Marshal(p.message)
	if err != nil {
		return nil, fmt.Errorf("write the message to %s: %w", p.message.Channel, err)
	}
	// The text stands in a row of no partner: it tells of several, and a partner may read its own rows.
	events := []Event{{Kind: Intended, At: now, Channel: p.message.Channel, Message: p.message.ID, Payload: string(payload)}}
	for _, t := range p.tells {
		e := Event{Kind: Intended, At: now, Incident: t.incident, Channel: p.message.Channel, Message: p.message.ID, About: t.about}
		if i := b.byID[t.incident]; i != nil {
			e.Key, e.Opening = i.Key, i.Opening
		}
		events = append(events, e)
	}
	return events, nil
}

// outcome is the event that notes how a try ended.
func (b *Book) outcome(p *parcel, err error, now time.Time) []Event {
	base := Event{Kind: Notified, At: now, Channel: p.message.Channel, Message: p.message.ID, Attempt: p.attempt + 1}
	if err == nil {
		events := make([]Event, len(p.tells))
		for n, t := range p.tells {
			events[n] = base
			events[n].OK, events[n].Incident, events[n].About = true, t.incident, t.about
			if i := b.byID[t.incident]; i != nil {
				events[n].Key, events[n].Opening = i.Key, i.Opening
			}
		}
		return events
	}
	base.Why.En = err.Error()
	base.Until = now.Add(pause(base.Attempt, err))
	var unreadable Unreadable
	if base.Until.Sub(p.began) > giveUp || errors.As(err, &unreadable) && base.Attempt >= unreadableTries {
		base.Until = time.Time{}
	}
	return []Event{base}
}

// pause is the time until the next try: what the receiver said, else twice as long each time, up to five minutes.
func pause(attempt int, err error) time.Duration {
	wait := min(time.Second<<min(attempt-1, 20), 5*time.Minute)
	if d, ok := errors.AsType[Delay](err); ok {
		wait = max(wait, min(d.After, time.Hour))
	}
	return wait
}
