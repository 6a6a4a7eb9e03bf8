package incentives

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sellthrough"
)

// State of a claim.
type State string

// The states.
const (
	IsSubmitted State = "submitted"
	IsApproved  State = "approved"
	IsRejected  State = "rejected"
	IsPaid      State = "paid"
)

// States lists them in their order.
func States() []State { return []State{IsSubmitted, IsApproved, IsRejected, IsPaid} }

// next are the states into which a claim may go.
var next = map[State][]State{"": {IsSubmitted}, IsSubmitted: {IsApproved, IsRejected}, IsApproved: {IsPaid}}

// Claim is what a partner asks for under a programme; each row is one event of it.
type Claim struct {
	ID        string
	State     State
	Programme string
	Partner   string
	Period    string
	Documents []string // of the sales that it is for
	Amount    sellthrough.Decimal
	Currency  string // as the programme pays; empty: points
	Who       string
	Why       string
	At        time.Time
}

// Fault is a mistake of whoever asks.
type Fault string

// Error says what to do.
func (f Fault) Error() string { return string(f) }

func faultf(format string, args ...any) error { return Fault(fmt.Sprintf(format, args...)) }

// Submit checks a new claim against the rules, and against the claims of its partner that there are.
func Submit(r Rules, c Claim, all []Claim) error {
	kind := r.KindOf(c.Programme)
	p, err := ParsePeriod(c.Period)
	switch {
	case c.ID == "" || c.Partner == "" || c.Programme == "":
		return faultf("a claim needs a name of its own, a partner and a programme")
	case kind == "":
		return faultf("claim %s: there is no programme %s in programmes.csv", c.ID, c.Programme)
	case err != nil:
		return faultf("claim %s: period %s", c.ID, err)
	case c.Amount <= 0:
		return faultf("claim %s: the amount has to be above 0", c.ID)
	}
	rules, ok := r.Of(c.Programme, p)
	if !ok {
		return faultf("claim %s: programme %s is reckoned by the %s and does not run in %s", c.ID, c.Programme, kind, c.Period)
	}
	if rules.Pays == Points && c.Amount%sellthrough.One != 0 {
		return faultf("claim %s: points are whole", c.ID)
	}
	for _, other := range all {
		if other.ID == c.ID {
			return faultf("claim %s is there already: %s by %s on %s", c.ID, other.State, other.Who, other.At.UTC().Format(time.DateOnly))
		}
		if other.Partner != c.Partner || other.State == IsRejected || !r.Apart(c.Programme, other.Programme) {
			continue
		}
		for _, d := range c.Documents {
			if slices.Contains(other.Documents, d) {
				return faultf("claims %s (%s) and %s (%s) are for the same sale %s of %s, and the programmes do not stack: reject one of them", other.ID, other.Programme, c.ID, c.Programme, d, c.Partner)
			}
		}
	}
	return nil
}

// Move takes a claim to another state, or says why that is no way to go.
func Move(c Claim, to State) error {
	if slices.Contains(next[c.State], to) {
		return nil
	}
	var ways []string
	for _, s := range next[c.State] {
		ways = append(ways, string(s))
	}
	if len(ways) == 0 {
		return faultf("claim %s is %s, and that is final", c.ID, c.State)
	}
	return faultf("claim %s is %s: it can become %s, not %s", c.ID, c.State, strings.Join(ways, " or "), to)
}

// Step is how many events a claim has had in a state: which of two at once counts is decided by it.
func (s State) Step() int {
	switch s {
	case IsSubmitted:
		return 1
	case IsPaid:
		return 3
	}
	return 2
}
