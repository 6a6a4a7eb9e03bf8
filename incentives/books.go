package incentives

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"sellthrough"
)

// books is everything that was closed and claimed, read once for one piece of work, and the answers of the ledger.
type books struct {
	*Desk
	rules      Rules
	closings   []Closing
	statements []Statement // by partner and number
	claims     []Claim
	known      time.Time // zero: now
	periods    map[string]reckoned
}

// reckoned is a period of a programme for all partners.
type reckoned struct {
	by  map[string]Reckoned
	err error
}

// read reads the books as they were known at an instant; the zero time is now.
func (d *Desk) read(ctx context.Context, known time.Time) (*books, error) {
	b := &books{Desk: d, known: known, periods: map[string]reckoned{}}
	var err error
	if b.rules, err = d.o.Source.Rules(ctx, 0); err != nil {
		return nil, err
	}
	if b.closings, err = d.o.Vault.Closings(ctx); err != nil {
		return nil, err
	}
	if b.statements, err = d.o.Vault.Statements(ctx, ""); err != nil {
		return nil, err
	}
	if b.claims, err = d.o.Counter.Claims(ctx, "", known); err != nil {
		return nil, err
	}
	if !known.IsZero() {
		b.closings = slices.DeleteFunc(b.closings, func(c Closing) bool { return !c.Closed.Before(known) })
		b.statements = slices.DeleteFunc(b.statements, func(s Statement) bool { return !s.Closed.Before(known) })
	}
	return b, nil
}

// closed are the closings of a programme, in the order of their periods.
func (b *books) closed(programme string) []Closing {
	var out []Closing
	for _, c := range b.closings {
		if c.Programme == programme {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(x, y Closing) int { return cmp.Compare(x.first(), y.first()) })
	return out
}

// first is the first day of what was closed.
func (c Closing) first() sellthrough.Day {
	p, _ := ParsePeriod(c.Period) // it was parsed when it was closed
	return p.From
}

// of are the statements of a partner under a programme, in the order of their periods.
func (b *books) of(programme, partner string) []Statement {
	var out []Statement
	for _, s := range b.statements {
		if s.Programme == programme && s.Partner == partner {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(x, y Statement) int { return cmp.Compare(x.From, y.From) })
	return out
}

// plan is a closing of a period that is open: how it would be closed now.
func (b *books) plan(ctx context.Context, id string, p Period) (Closing, error) {
	c := Closing{Programme: id, Period: p.Name, Reference: b.rules.Version, Included: b.o.Included}
	c.Rules, c.Runs = b.rules.Of(id, p)
	if !c.Runs {
		for _, row := range b.rules.Programmes {
			if row.ID == id && row.From >= c.Rules.From {
				c.Rules = row
			}
		}
		return c, nil
	}
	c.Ahead = b.rules.Ahead(c.Rules, p)
	if slices.ContainsFunc(c.Rules.Penalties, func(x Penalty) bool { return x.Cause == LateReport }) {
		late, err := b.o.Source.Late(ctx, p)
		if err != nil {
			return c, err
		}
		c.Late = late
	}
	return c, nil
}

func (c Closing) question() (Question, error) {
	p, err := ParsePeriod(c.Period)
	return Question{Programme: c.Rules, Ahead: c.Ahead, Period: p, Reference: c.Reference, Included: c.Included}, err
}

// earned reckons a period for all partners: by the rules of a closing, with what is known now, or what was worked off at a
// position.
func (b *books) earned(ctx context.Context, c Closing, position []Mark) (map[string]Reckoned, error) {
	key := fmt.Sprintf("%s\x00%s\x00%v", c.Programme, c.Period, position)
	if r, ok := b.periods[key]; ok {
		return r.by, r.err
	}
	by, err := b.reckon(ctx, c, position)
	b.periods[key] = reckoned{by, err}
	return by, err
}

func (b *books) reckon(ctx context.Context, c Closing, position []Mark) (map[string]Reckoned, error) {
	out := map[string]Reckoned{}
	if !c.Runs {
		return out, nil
	}
	q, err := c.question()
	if err != nil {
		return nil, err
	}
	q.Known, q.Position = b.known, position
	sales, returned, err := b.o.Source.Sales(ctx, q)
	if err != nil {
		return nil, err
	}
	cases := map[string]*Case{}
	of := func(partner string) *Case {
		if cases[partner] == nil {
			cases[partner] = &Case{Programme: c.Rules, Late: c.Late[partner], Stood: map[string]Earning{}}
		}
		return cases[partner]
	}
	for _, s := range sales {
		of(s.Partner).Sales = append(of(s.Partner).Sales, s)
	}
	done := b.closed(c.Programme)
	for _, r := range returned {
		x := of(r.Partner)
		period := PeriodOf(c.Rules.Period, r.Of).Name
		i := slices.IndexFunc(done, func(before Closing) bool { return before.Period == period })
		if i < 0 { // nothing was stated for it: it counts when it happens
			x.Sales = append(x.Sales, r)
			continue
		}
		x.Returned = append(x.Returned, r)
		if _, ok := x.Stood[period]; ok {
			continue
		}
		was, err := b.earned(ctx, done[i], position)
		if err != nil {
			return nil, err
		}
		x.Stood[period] = was[r.Partner].Earning()
	}
	for partner, x := range cases {
		if out[partner], err = Reckon(*x); err != nil {
			return nil, fmt.Errorf("%s of %s in %s: %w", c.Programme, partner, c.Period, err)
		}
	}
	return out, nil
}

// draft is the accounts of all partners under a programme for a period, by what a closing of it says. ahead are those of the
// period before, where that is open too: they carry the adjustments, and their closing is this one's opening.
func (b *books) draft(ctx context.Context, c Closing, ahead map[string]Account) (map[string]Account, error) {
	p, err := ParsePeriod(c.Period)
	if err != nil {
		return nil, err
	}
	earned, err := b.earned(ctx, c, c.Position)
	if err != nil {
		return nil, err
	}
	out := map[string]Account{}
	of := func(partner string) Account {
		a, ok := out[partner]
		if ok {
			return a
		}
		a = Account{Programme: c.Programme, Name: c.Rules.Name, Partner: partner, Period: p.Name, From: p.From, To: p.To, Pays: c.Rules.Pays, Currency: b.currency(c.Rules), Counts: c.Rules.Counts}
		if before := b.of(c.Programme, partner); len(before) > 0 {
			a.Opening = before[len(before)-1].Closing
		}
		if x, ok := ahead[partner]; ok {
			a.Opening = x.Closing
		}
		return a
	}
	for partner, r := range earned {
		a := of(partner)
		a.Lines, a.Counted, a.Next = r.Lines, r.Counted, r.Next
		out[partner] = a
	}
	if ahead == nil {
		adjusted, err := b.adjustments(ctx, c)
		if err != nil {
			return nil, err
		}
		for partner, lines := range adjusted {
			a := of(partner)
			a.Lines = append(a.Lines, lines...)
			out[partner] = a
		}
	}
	for _, s := range b.statements {
		if s.Programme == c.Programme {
			out[s.Partner] = of(s.Partner)
		}
	}
	for partner := range ahead {
		out[partner] = of(partner)
	}
	for _, x := range b.claims {
		if x.Programme == c.Programme {
			out[x.Partner] = of(x.Partner)
		}
	}
	rate, err := b.worth(ctx, c, p)
	if err != nil {
		return nil, err
	}
	for partner, a := range out {
		a.Claims = b.listed(c.Programme, partner, ahead)
		a.settle()
		if a.Worth, err = (a.Earned + a.Adjusted).Mul(rate); err != nil {
			return nil, fmt.Errorf("%s of %s in %s: %w", c.Programme, partner, c.Period, err)
		}
		out[partner] = a
	}
	return out, nil
}

// worth is what one unit of what a programme pays is in the reporting currency, at the end of the period; of points it is nothing.
func (b *books) worth(ctx context.Context, c Closing, p Period) (sellthrough.Decimal, error) {
	switch {
	case c.Rules.Pays == Points:
		return 0, nil
	case c.Rules.Currency == "" || c.Rules.Currency == b.o.Currency:
		return sellthrough.One, nil
	}
	return b.o.Source.Worth(ctx, c.Rules.Currency, p.To, c.Reference)
}

func (b *books) currency(p Programme) string {
	switch {
	case p.Pays == Points:
		return ""
	case p.Currency == "":
		return b.o.Currency
	}
	return p.Currency
}

// listed are the claims of a partner that no statement lists as settled yet.
func (b *books) listed(programme, partner string, ahead map[string]Account) []Paid {
	settled := map[string]bool{}
	note := func(list []Paid) {
		for _, x := range list {
			settled[x.Claim] = settled[x.Claim] || x.State == IsPaid || x.State == IsRejected
		}
	}
	for _, s := range b.of(programme, partner) {
		note(s.Claims)
	}
	note(ahead[partner].Claims)
	var out []Paid
	for _, x := range b.claims {
		if x.Programme != programme || x.Partner != partner || settled[x.ID] {
			continue
		}
		out = append(out, Paid{Claim: x.ID, State: x.State, Amount: x.Amount, Who: x.Who, At: x.At})
	}
	return out
}

// adjustments are the lines that bring what was closed of a programme up to date, by partner. Only partners of whom anything
// came to be known since their programme was closed last can have any.
func (b *books) adjustments(ctx context.Context, c Closing) (map[string][]Line, error) {
	out := map[string][]Line{}
	done := b.closed(c.Programme)
	if len(done) == 0 {
		return out, nil
	}
	last := done[len(done)-1]
	for _, closed := range done {
		if !closed.Runs {
			continue
		}
		q, err := closed.question()
		if err != nil {
			return nil, err
		}
		q.Known, q.Position, q.After = b.known, c.Position, last.Position
		restated, err := b.o.Source.Restated(ctx, q)
		if err != nil {
			return nil, err
		}
		why := map[string][]Restatement{}
		for _, r := range restated {
			why[r.Partner] = append(why[r.Partner], r)
		}
		if len(why) == 0 {
			continue
		}
		now, err := b.earned(ctx, closed, c.Position)
		if err != nil {
			return nil, err
		}
		for _, partner := range slices.Sorted(maps.Keys(why)) {
			all := b.of(c.Programme, partner)
			stated := Statement{Account: Account{Programme: c.Programme, Partner: partner, Period: closed.Period}} // one who had sold nothing that was known
			if i := slices.IndexFunc(all, func(s Statement) bool { return s.Period == closed.Period }); i >= 0 {
				stated = all[i]
			}
			out[partner] = append(out[partner], Adjust(stated, all, now[partner], why[partner])...)
		}
	}
	return out, nil
}
