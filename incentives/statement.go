package incentives

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"sellthrough"
)

// Account is what stands between the vendor and a partner under a programme in a period. Amounts are in money of the
// programme's currency or in points. What the vendor owes is positive.
type Account struct {
	Programme string              `json:"programme"`
	Name      string              `json:"name,omitempty"`
	Partner   string              `json:"partner"`
	Period    string              `json:"period"`
	From      sellthrough.Day     `json:"from"`
	To        sellthrough.Day     `json:"to"`
	Pays      string              `json:"pays"`
	Currency  string              `json:"currency"` // as the programme says, the reporting currency by its name; of points: empty
	Opening   sellthrough.Decimal `json:"opening"`  // the closing of the statement before
	Lines     []Line              `json:"lines"`
	Earned    sellthrough.Decimal `json:"earned"`   // tiers, cap, penalties and clawback of this period
	Adjusted  sellthrough.Decimal `json:"adjusted"` // of earlier periods
	Claims    []Paid              `json:"claims,omitempty"`
	PaidOut   sellthrough.Decimal `json:"paid"`
	Closing   sellthrough.Decimal `json:"closing"` // opening + earned + adjusted − paid
	Worth     sellthrough.Decimal `json:"worth"`   // earned and adjusted in the reporting currency; of points, and where no rate is known, 0

	Counted sellthrough.Decimal  `json:"counted"` // what the thresholds are of: units or money, as Counts says
	Counts  string               `json:"counts"`
	Next    *sellthrough.Decimal `json:"next,omitempty"` // the next threshold
}

// Paid is a claim that a statement lists: as it stood then. It counts where it was paid.
type Paid struct {
	Claim  string              `json:"claim"`
	State  State               `json:"state"`
	Amount sellthrough.Decimal `json:"amount"`
	Who    string              `json:"who"`
	At     time.Time           `json:"at"`
}

// Mark is how far a partition of the log had been worked off: rows of later batches came to be known later.
type Mark struct {
	Incarnation string `json:"incarnation"`
	Partition   int    `json:"partition"`
	Batch       int64  `json:"batch"`
	Step        int    `json:"step"`
}

// Statement is an account that was closed. It is never changed.
type Statement struct {
	Account
	Number    int       `json:"number"`    // of the partner's statements, from 1
	Reference uint64    `json:"reference"` // version of the reference data by which it was reckoned
	Rules     Programme `json:"rules"`     // as they stood in it
	Included  []string  `json:"included"`  // feeds that declared their money with tax in it
	Late      int       `json:"late"`      // reports of the period that came late or not at all
	Position  []Mark    `json:"position"`  // of the ledger
	Closed    time.Time `json:"closed"`
	By        string    `json:"by"`
	Before    string    `json:"before"` // hash of the partner's statement with the number before; empty of the first
	Hash      string    `json:"-"`      // of Content
	Content   string    `json:"-"`      // the statement as text, which is what is hashed
}

// Seal writes the content of a statement and its hash.
func (s *Statement) Seal() error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("statement %d of %s: %w", s.Number, s.Partner, err)
	}
	s.Content, s.Hash = string(text), HashOf(string(text))
	return nil
}

// HashOf is the hash of a statement's content: SHA-256, in hex.
func HashOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// Open reads a sealed statement.
func Open(content, hash string) (Statement, error) {
	var s Statement
	if err := json.Unmarshal([]byte(content), &s); err != nil {
		return s, fmt.Errorf("statement with hash %s: %w", hash, err)
	}
	s.Content, s.Hash = content, hash
	return s, nil
}

// Check finds statements of one partner, in the order of their numbers, that do not say what they said when they were closed,
// and breaks of the chain.
func Check(chain []Statement) []string {
	var found []string
	before := ""
	for i, s := range chain {
		switch {
		case HashOf(s.Content) != s.Hash:
			found = append(found, fmt.Sprintf("statement %d of %s for %s does not have the hash that it was closed with", s.Number, s.Partner, s.Period))
		case s.Number != i+1:
			found = append(found, fmt.Sprintf("statement %d of %s is missing", i+1, s.Partner))
			return found
		case s.Before != before:
			found = append(found, fmt.Sprintf("statement %d of %s does not follow from statement %d", s.Number, s.Partner, i))
		}
		before = s.Hash
	}
	return found
}

// settle adds up an account.
func (a *Account) settle() {
	a.Earned, a.Adjusted, a.PaidOut = 0, 0, 0
	for _, l := range a.Lines {
		if l.Part == OfAdjustment {
			a.Adjusted += l.Amount
		} else {
			a.Earned += l.Amount
		}
	}
	for _, c := range a.Claims {
		if c.State == IsPaid {
			a.PaidOut += c.Amount
		}
	}
	a.Closing = a.Opening + a.Earned + a.Adjusted - a.PaidOut
}

// Restatement is what a submission changed of the sales of a closed period, after it was closed.
type Restatement struct {
	Partner    string
	Cause      string
	Submission string // empty: a change of reference data, or of a batch that the books do not name
	Known      time.Time
	Units      sellthrough.Decimal
	Money      sellthrough.Decimal
}

// Adjust is the lines by which a later statement brings a closed one up to date: the difference between what the closed
// period earns now, by its own rules, and what was stated for it, in its statement and in adjustments since; and why. None
// where there is no difference.
func Adjust(closed Statement, later []Statement, now Reckoned, why []Restatement) []Line {
	stated := closed.Earned
	for _, s := range later {
		for _, l := range s.Lines {
			if l.Part == OfAdjustment && l.Of == closed.Period {
				stated += l.Amount
			}
		}
	}
	if now.Earned == stated {
		return nil
	}
	out := []Line{{
		Part: OfAdjustment, Of: closed.Period, Amount: now.Earned - stated,
		Note: fmt.Sprintf("statement %d: recomputed %s, stated %s", closed.Number, now.Earned, stated),
	}}
	for _, r := range why {
		out = append(out, Line{Part: OfReason, Of: closed.Period, Cause: r.Cause, Submission: r.Submission, Units: r.Units, Money: r.Money, Note: r.Known.UTC().Format(time.RFC3339)})
	}
	return out
}
