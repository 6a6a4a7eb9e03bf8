package incentives

import (
	"context"
	"errors"
	"time"

	"sellthrough"
)

// Question is which sales of a programme's period are asked for.
type Question struct {
	Programme Programme
	Ahead     []Programme // to which a sale goes first
	Period    Period
	Reference uint64    // version of the reference data
	Included  []string  // feeds that declare their money with tax in it
	Known     time.Time // what was known before it; zero: everything
	Position  []Mark    // what was worked off there; nil: everything
	After     []Mark    // without what was worked off there; nil: nothing is left out
}

// Source is the ledger and the rules.
type Source interface {
	// Rules are those of a version; of 0, the version in force.
	Rules(ctx context.Context, version uint64) (Rules, error)
	// Sales are what qualifies, and what came back of sales of earlier periods.
	Sales(ctx context.Context, q Question) (sales []Sales, returned []Return, err error)
	// Restated is what came to be known of such sales after a position, by what caused it.
	Restated(ctx context.Context, q Question) ([]Restatement, error)
	// Late counts the reports of partners for a period that came late or not at all.
	Late(ctx context.Context, p Period) (map[string]int, error)
	// Position is how far the log is worked off.
	Position(ctx context.Context) ([]Mark, error)
	// Worth is what one unit of a currency is in the reporting currency on a day, by a version; 0 where no rate is known.
	Worth(ctx context.Context, currency string, day sellthrough.Day, version uint64) (sellthrough.Decimal, error)
}

// Vault keeps what was closed and reckoned.
type Vault interface {
	// Closings are those of all programmes in the order of their periods.
	Closings(ctx context.Context) ([]Closing, error)
	// Begin keeps a closing. One whose programme and period somebody else took first is an ErrTaken.
	Begin(ctx context.Context, c Closing) error
	// Statements are those of a partner, or of all, by partner and number.
	Statements(ctx context.Context, partner string) ([]Statement, error)
	// Freeze keeps a statement. One whose number somebody else took first is an ErrTaken.
	Freeze(ctx context.Context, s Statement) error
	// Kept are the accounts of open periods as they were kept last; Keep keeps what has changed.
	Kept(ctx context.Context) ([]Standing, error)
	Keep(ctx context.Context, a []Standing) error
}

// Counter keeps claims.
type Counter interface {
	// Claims are those of a partner, or of all, as they stood at an instant; the zero time is now.
	Claims(ctx context.Context, partner string, at time.Time) ([]Claim, error)
	// Note keeps an event of a claim.
	Note(ctx context.Context, c Claim) error
}

// ErrTaken is why something is not kept: somebody else was faster.
var ErrTaken = errors.New("somebody else closed at the same time; look at what is closed now, and try again")

// Closing is the word that a period of a programme is closed. Everything that its statements say follows from it.
type Closing struct {
	Programme string         `json:"programme"`
	Period    string         `json:"period"`
	Reference uint64         `json:"reference"`
	Runs      bool           `json:"runs"` // false: the programme had ended, and only what was left of it is stated
	Rules     Programme      `json:"rules"`
	Ahead     []Programme    `json:"ahead,omitempty"`
	Included  []string       `json:"included"`
	Late      map[string]int `json:"late,omitempty"`
	Position  []Mark         `json:"position"`
	Closed    time.Time      `json:"closed"`
	By        string         `json:"by"`
	Count     int            `json:"count"` // of its statements
}

// Standing is the account of an open period as it stands.
type Standing struct {
	Account
	Reference uint64 `json:"reference"`
}

// Options of a desk.
type Options struct {
	Source   Source
	Vault    Vault
	Counter  Counter
	Included []string // feeds that declare their money with tax in it
	Currency string   // the reporting one
	Zone     *time.Location
	Now      func() time.Time
}

// Desk reckons, closes, states and takes claims.
type Desk struct{ o Options }

// New makes a desk.
func New(o Options) *Desk {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &Desk{o}
}

func (d *Desk) today() sellthrough.Day {
	t := d.o.Now().In(d.o.Zone)
	return sellthrough.DayOf(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC))
}
