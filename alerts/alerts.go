// Package alerts watches the channel: it finds what is wrong now, keeps one incident for each thing that is, and tells people.
//
// A rule (package rules) is a query that returns the current violations. The evaluator compares them with the incidents that
// are open and writes what changed as events: opened, evidence, closed. Events are all there is; an incident's state, what
// each channel still has to be told, and when it may be told again, are folds over them (Book).
//
// It promises:
//
//   - The same violation is one incident, however often it is found and by however many evaluators: an incident's name is a
//     hash of rule, partner, location, product and subject, and the number of its opening.
//   - Missing data closes nothing and opens no stock-out. A rule whose query fails closes nothing.
//   - A message is on disk, with its name and its text, before it is sent, and is sent again under the same name until
//     its receiver took it. A receiver that knows the name gets everything once. One that can't may get the one message twice that
//     was on its way when the process was killed, and never loses one.
//   - One evaluator acts at a time; one that lost its lease sends nothing.
//
// It leaves the queries' numbers to the ledger's views, and the forms of messages to the sinks.
package alerts

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"sellthrough"
)

// Key is what a violation is about; it names the incident.
type Key struct {
	Rule     string
	Partner  string
	Location string // empty: all of the partner
	Product  string // empty: all products
	Subject  string // a feed or a submission, where the rule is about one
}

// Incident is the name of the nth incident about a key.
func (k Key) Incident(opening uint32) string {
	h := fnv.New128a()
	for _, s := range []string{k.Rule, k.Partner, k.Location, k.Product, k.Subject} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return fmt.Sprintf("%s-%d", hex.EncodeToString(h.Sum(nil))[:20], opening)
}

// Violation is something that is wrong now, with what says so.
type Violation struct {
	Key
	Severity string
	Since    time.Time            // it has been so
	DataAt   time.Time            // of the newest data that says so
	Units    sellthrough.Decimal  // lost or threatened
	Money    *sellthrough.Decimal // of them, in the reporting currency; nil where no price is known
	Evidence string               // JSON object
	Text     Text
}

// Text is a sentence in both languages.
type Text struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// EventKind says what an event did to an incident.
type EventKind string

// The kinds of events. Led and ChannelSeen are about no incident.
const (
	Opened       EventKind = "opened"
	Evidence     EventKind = "evidence" // the violation goes on, and says something else now
	Raised       EventKind = "raised"   // again: a snooze ended, or nobody took it on
	Acknowledged EventKind = "acknowledged"
	Assigned     EventKind = "assigned"
	Snoozed      EventKind = "snoozed"
	Unsnoozed    EventKind = "unsnoozed"
	Commented    EventKind = "commented"
	Closed       EventKind = "closed"
	Intended     EventKind = "intended" // a message is about to be sent
	Notified     EventKind = "notified" // it was sent, or a try failed
	ChannelSeen  EventKind = "channel"  // a channel is configured for the first time
	Led          EventKind = "led"      // an evaluator took over: what another writes after it does not count
)

// EventKinds lists all kinds, in the order of the table's enum.
func EventKinds() []string {
	return []string{
		string(Opened), string(Evidence), string(Raised), string(Acknowledged), string(Assigned), string(Snoozed), string(Unsnoozed), string(Commented),
		string(Closed), string(Intended), string(Notified), string(ChannelSeen), string(Led),
	}
}

// Event is one row of the incidents table. Which fields it fills depends on its kind.
type Event struct {
	Kind     EventKind
	At       time.Time
	Epoch    uint64 // of the evaluator that wrote it; 0: a person
	Incident string
	Opening  uint32

	Violation // of opened and evidence; the key of all that name an incident

	Flapping bool // opened: it opened and closed often lately, and is told only once it lasts
	Who      string
	Why      Text
	Until    time.Time // snoozed; notified without OK: the next try, zero when it was given up

	Channel string
	Message string // its name
	About   string // what of the incident it tells: opened, raised N, closed
	OK      bool
	Attempt int
	Payload string // the message itself, on an intended event of no incident
}

// ErrFenced says that another evaluator has taken over.
var ErrFenced = errors.New("another evaluator has taken over")

// Store keeps the events. Append is all or nothing, and what it returned nil for is on disk; an error means that nothing is
// known. Load gives events in the order in which they were written, without those of incidents that closed long ago.
type Store interface {
	Load(ctx context.Context) ([]Event, error)
	Append(ctx context.Context, events []Event) error
	// People gives what people did, and that the caller has not seen, by a mark that the last call returned.
	People(ctx context.Context, mark string) ([]Event, string, error)
	// Claim takes the lease where it is free, expired or released; epoch is 0 where another holds it.
	Claim(ctx context.Context, holder string, ttl time.Duration) (epoch uint64, err error)
	// Beat keeps it, and is ErrFenced when it is lost.
	Beat(ctx context.Context, holder string, epoch uint64) error
	Release(ctx context.Context, holder string, epoch uint64) error
	// Progress changes whenever a batch, an order or a reference version was written.
	Progress(ctx context.Context) (string, error)
}

// Finder asks the ledger what is wrong now.
type Finder interface {
	// Rules are the names of the rules that are on, and how each is asked.
	Rules() []Asked
	// Find returns the current violations of a rule. complete is false where there were more than can be returned.
	Find(ctx context.Context, rule string, now time.Time) (found []Violation, complete bool, err error)
	// Gone says what became of incidents whose violation is not found any more.
	Gone(ctx context.Context, rule string, keys []Key, now time.Time) (map[Key]Verdict, error)
}

// Asked is a rule as the evaluator sees it.
type Asked struct {
	Name   string
	Clock  bool // its answer changes with the time alone
	Urgent bool // it is asked before the others
	Over   Text // why an incident closes where nothing more exact is known
}

// Verdict is what became of an incident whose violation is not found any more.
type Verdict struct {
	Stay bool // nothing is known: it stays as it was
	Why  Text
}

// Channel is somewhere messages go.
type Channel interface {
	Name() string
	Limits() Limits
	// Wants says whether an incident is for this channel.
	Wants(i *Incident) bool
	// Send makes one try. nil means that the receiver took it.
	Send(ctx context.Context, m Message) error
}

// Limits are what a channel's service allows.
type Limits struct {
	PerMinute int           // messages
	Items     int           // of each sort that a message spells out
	Whole     bool          // a message spells everything out: what is beyond Items waits for the next one
	Timeout   time.Duration // of a try
}

// Delay is the error of a receiver that says when to come again.
type Delay struct {
	After time.Duration
	Err   error
}

// Error says why.
func (d Delay) Error() string { return d.Err.Error() }

// Unwrap is the error.
func (d Delay) Unwrap() error { return d.Err }

// Unreadable is the error of a receiver that will never take this message, as it is.
type Unreadable struct{ Err error }

// Error says why.
func (u Unreadable) Error() string { return u.Err.Error() }

// Unwrap is the error.
func (u Unreadable) Unwrap() error { return u.Err }

// Mirror is a receiver that holds the state rather than messages: it is told what is firing again and again.
type Mirror interface {
	Name() string
	// Sync posts what is firing, and what no longer is. It gives the receiver's own name for each incident.
	Sync(ctx context.Context, firing, resolved []*Incident, now time.Time) (map[string]string, error)
	Every() time.Duration
}
