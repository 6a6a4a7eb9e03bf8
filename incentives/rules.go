// Package incentives is what the vendor owes its partners for what they sold: what accrues under which programme, what a
// statement of a period says, and what becomes of a claim.
//
// It promises: the same rules and the same sales give the same statement, to the last digit, whoever works it out and when; every line
// of a statement is rounded once, half away from zero; a statement that was closed is never changed, and what is found out later
// is an adjustment in a later one, worked out by the rules that the closed one was.
//
// Everything in rules.go, reckon.go, adjust.go and claim.go is pure: values in, values out, no clock and no server. Desk asks a
// ledger for the sales and keeps what comes out. Which sales qualify is a question to the ledger, because only there do all
// of them lie; what they are worth is worked out here.
package incentives

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"sellthrough"
)

// Words of programmes, as the reference sheets write them.
const (
	Units       = "units"
	Money       = "money"
	Points      = "points"
	Marginal    = "marginal"
	Retroactive = "retroactive"
	Percent     = "percent"
	PerUnit     = "unit"
	Once        = "once"
	Included    = "included"
	Excluded    = "excluded"

	CrossTerritory = "cross-territory"
	BelowFloor     = "below-floor"
	LateReport     = "late-report"
)

// Programme is the rules by which one period of a programme is reckoned.
type Programme struct {
	ID       string               `json:"programme"`
	Name     string               `json:"name,omitempty"`
	From     sellthrough.Day      `json:"from"` // days of the programme; a period is cut to them
	To       sellthrough.Day      `json:"to"`
	Basis    string               `json:"basis"`              // sell_in, sell_through or sell_out
	Counts   string               `json:"counts"`             // units or money: what thresholds are of
	Kinds    []string             `json:"kinds,omitempty"`    // of movements; none: all of the basis, returns too
	Tax      string               `json:"tax,omitempty"`      // whether the money it counts has tax in it
	TaxRate  sellthrough.Decimal  `json:"tax_rate,omitempty"` // percent, for feeds that declare the other basis; 0: their sales do not count
	Pays     string               `json:"pays"`               // money or points
	Currency string               `json:"currency,omitempty"` // of what it counts and pays; empty: the reporting currency
	Period   string               `json:"period"`             // month, quarter, half or year
	Tiering  string               `json:"tiering"`
	Cap      *sellthrough.Decimal `json:"cap,omitempty"` // of a partner's period
	Excludes []string             `json:"excludes,omitempty"`
	Rank     int                  `json:"rank,omitempty"`          // of programmes that do not stack, a sale goes to the lowest
	Clawback int                  `json:"clawback_days,omitempty"` // 0: a return counts when it happens

	Qualifying []Qualifier `json:"qualifying"` // any of them is enough
	Tiers      []Tier      `json:"tiers"`      // ascending
	Penalties  []Penalty   `json:"penalties,omitempty"`
}

// Qualifier says who and what takes part; what is empty is not asked.
type Qualifier struct {
	Partner     string          `json:"partner,omitempty"`
	Tier        string          `json:"tier,omitempty"`
	Group       string          `json:"group,omitempty"`
	Mode        string          `json:"mode,omitempty"`
	ChannelType string          `json:"channel_type,omitempty"`
	Product     string          `json:"item,omitempty"`
	Line        string          `json:"line,omitempty"`
	Unit        string          `json:"unit,omitempty"`
	From        sellthrough.Day `json:"from"`
	To          sellthrough.Day `json:"to"`
}

// Tier begins at a threshold and ends where the next begins.
type Tier struct {
	Threshold sellthrough.Decimal `json:"threshold"`
	Rate      sellthrough.Decimal `json:"rate"`
	Per       string              `json:"per"` // percent of the money, for each unit, or once
}

// Penalty takes something back: a percentage of the money of the sales concerned, or a sum for every report that was late.
type Penalty struct {
	Cause string              `json:"cause"`
	Rate  sellthrough.Decimal `json:"rate"`
}

// Dated is something that holds from a day to a day.
type Dated[T any] struct {
	ID       string // of the programme
	From, To sellthrough.Day
	Is       T
}

// Rules are the programmes of one version of the reference data, as its sheets say them.
type Rules struct {
	Version    uint64
	Programmes []Programme // without qualifiers, tiers and penalties; several of one id do not overlap
	Qualifiers []Dated[Qualifier]
	Tiers      []Dated[Tier]
	Penalties  []Dated[Penalty]
}

// Of are the rules of a programme for a period: those in force on the first of its days that the programme runs. ok is false
// where it does not run in it.
func (r Rules) Of(id string, p Period) (out Programme, ok bool) {
	for _, row := range r.Programmes {
		if row.ID == id && row.Period == p.Kind && row.From <= p.To && p.From <= row.To && (!ok || row.From < out.From) {
			out, ok = row, true
		}
	}
	if !ok {
		return out, false
	}
	day := max(out.From, p.From)
	for _, q := range r.Qualifiers {
		if q.ID == id {
			x := q.Is
			x.From, x.To = q.From, q.To
			out.Qualifying = append(out.Qualifying, x)
		}
	}
	out.Tiers, out.Penalties = nil, nil
	for _, t := range r.Tiers {
		if t.ID == id && t.From <= day && day <= t.To {
			out.Tiers = append(out.Tiers, t.Is)
		}
	}
	for _, t := range r.Penalties {
		if t.ID == id && t.From <= day && day <= t.To {
			out.Penalties = append(out.Penalties, t.Is)
		}
	}
	slices.SortFunc(out.Tiers, func(a, b Tier) int { return cmp.Compare(a.Threshold, b.Threshold) })
	slices.SortFunc(out.Penalties, func(a, b Penalty) int { return cmp.Compare(a.Cause, b.Cause) })
	return out, true
}

// IDs are the programmes, each once, in order.
func (r Rules) IDs() []string {
	var out []string
	for _, p := range r.Programmes {
		out = append(out, p.ID)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// KindOf is the kind of period of a programme; empty where there is none of this name.
func (r Rules) KindOf(id string) string {
	for _, p := range r.Programmes {
		if p.ID == id {
			return p.Period
		}
	}
	return ""
}

// Ahead are the programmes to which a sale goes before it goes to p: those that do not stack with it and have a lower rank.
// Only of one basis can a sale be one and the same.
func (r Rules) Ahead(p Programme, in Period) []Programme {
	var out []Programme
	for _, id := range r.IDs() {
		if id == p.ID || !r.Apart(p.ID, id) {
			continue
		}
		kind := r.KindOf(id)
		// A month of the one lies in several periods of the other, or the other way round: its rows that overlap.
		for _, row := range r.Programmes {
			if row.ID != id || row.From > in.To || row.To < in.From || row.Rank >= p.Rank || row.Basis != p.Basis {
				continue
			}
			x, ok := r.Of(id, Period{Name: in.Name, Kind: kind, From: max(row.From, in.From), To: min(row.To, in.To)})
			if ok {
				out = append(out, x)
			}
		}
	}
	return out
}

// Apart says that one sale must not be rewarded under both: one excludes the other, or they are the same.
func (r Rules) Apart(a, b string) bool {
	return a == b || slices.ContainsFunc(r.Programmes, func(p Programme) bool {
		return p.ID == a && slices.Contains(p.Excludes, b) || p.ID == b && slices.Contains(p.Excludes, a)
	})
}

// Period is the days that are reckoned together.
type Period struct {
	Name     string // 2026-Q3, 2026-07, 2026-H2 or 2026
	Kind     string // month, quarter, half or year
	From, To sellthrough.Day
}

// ErrPeriod is the answer to a text that is no period.
var ErrPeriod = errors.New("not a period; write it as 2026, 2026-H1, 2026-Q1 or 2026-03")

var months = map[string]int{"month": 1, "quarter": 3, "half": 6, "year": 12}

// ParsePeriod reads a period's name.
func ParsePeriod(name string) (Period, error) {
	bad := fmt.Errorf("%q: %w", name, ErrPeriod)
	var year, n int
	kind := "year"
	forms := []struct{ kind, form string }{{"half", "%4d-H%1d"}, {"quarter", "%4d-Q%1d"}, {"month", "%4d-%2d"}, {"year", "%4d"}}
	n = 1
	for _, f := range forms {
		args := []any{&year, &n}
		if f.kind == "year" {
			args, n = args[:1], 1
		}
		if _, err := fmt.Sscanf(name, f.form, args...); err == nil {
			kind = f.kind
			break
		}
	}
	first := (n-1)*months[kind] + 1
	if year < 1970 || n < 1 || first > 12 {
		return Period{}, bad
	}
	p := periodAt(kind, time.Date(year, time.Month(first), 1, 0, 0, 0, 0, time.UTC))
	if p.Name != name {
		return Period{}, bad
	}
	return p, nil
}

// PeriodOf is the period of a kind that a day lies in.
func PeriodOf(kind string, d sellthrough.Day) Period {
	t, n := d.Time(), months[kind]
	return periodAt(kind, time.Date(t.Year(), time.Month((int(t.Month())-1)/n*n+1), 1, 0, 0, 0, 0, time.UTC))
}

func periodAt(kind string, first time.Time) Period {
	n := months[kind]
	p := Period{Kind: kind, From: sellthrough.DayOf(first), To: sellthrough.DayOf(first.AddDate(0, n, -1))}
	nth := (int(first.Month())-1)/n + 1
	switch kind {
	case "half":
		p.Name = fmt.Sprintf("%d-H%d", first.Year(), nth)
	case "quarter":
		p.Name = fmt.Sprintf("%d-Q%d", first.Year(), nth)
	case "month":
		p.Name = first.Format("2006-01")
	default:
		p.Name = first.Format("2006")
	}
	return p
}

// Next is the period behind p.
func (p Period) Next() Period { return PeriodOf(p.Kind, p.To+1) }

// Before is the period before p.
func (p Period) Before() Period { return PeriodOf(p.Kind, p.From-1) }
