package incentives

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"sellthrough"
)

// Sheet is what a partner is told of a period: its closed statements, and the accounts that are open.
type Sheet struct {
	Partner  string
	Period   Period
	Known    time.Time // zero: as it stands now
	Entries  []Entry
	Currency string // the reporting currency
}

// Entry is a programme's period of a sheet.
type Entry struct {
	Account
	Closed *Statement // nil: it is open
	Ends   sellthrough.Day
}

// Sheet states a partner's accounts of all programmes whose periods lie in a period, as they were known at an instant; the
// zero time is now.
func (d *Desk) Sheet(ctx context.Context, partner, period string, known time.Time) (Sheet, error) {
	p, err := ParsePeriod(period)
	if err != nil {
		return Sheet{}, faultf("%s", err)
	}
	out := Sheet{Partner: partner, Period: p, Known: known, Currency: d.o.Currency}
	b, err := d.read(ctx, known)
	if err != nil {
		return out, err
	}
	ids := b.rules.IDs()
	for _, c := range b.closings {
		if !slices.Contains(ids, c.Programme) {
			ids = append(ids, c.Programme)
		}
	}
	for _, id := range ids {
		for _, s := range b.of(id, partner) {
			if s.From >= p.From && s.To <= p.To {
				out.Entries = append(out.Entries, Entry{Account: s.Account, Closed: &s, Ends: s.To})
			}
		}
		if kind := b.rules.KindOf(id); kind == "" || months[kind] > months[p.Kind] {
			continue
		}
		open, err := b.open(ctx, id, p.From, p.To)
		if err != nil {
			return out, err
		}
		for _, o := range open {
			if a, ok := o.accounts[partner]; ok && o.period.From >= p.From {
				out.Entries = append(out.Entries, Entry{Account: a, Ends: o.period.To})
			}
		}
	}
	slices.SortStableFunc(out.Entries, func(x, y Entry) int {
		return cmp.Or(cmp.Compare(x.Programme, y.Programme), cmp.Compare(x.From, y.From))
	})
	return out, nil
}

// draftOf is a period that is open.
type draftOf struct {
	period   Period
	accounts map[string]Account
	plan     Closing
}

// open are the accounts of a programme's open periods up to a day: from the one behind what was closed last; where nothing
// was, from the one that holds the first day.
func (b *books) open(ctx context.Context, id string, first, last sellthrough.Day) ([]draftOf, error) {
	kind := b.rules.KindOf(id)
	p := PeriodOf(kind, first)
	if done := b.closed(id); len(done) > 0 {
		at, err := ParsePeriod(done[len(done)-1].Period)
		if err != nil {
			return nil, err
		}
		p = at.Next()
	}
	if b.known.IsZero() {
		last = min(last, b.today())
	}
	var out []draftOf
	var ahead map[string]Account
	for ; p.From <= last; p = p.Next() {
		c, err := b.plan(ctx, id, p)
		if err != nil {
			return nil, err
		}
		accounts, err := b.draft(ctx, c, ahead)
		if err != nil {
			return nil, err
		}
		out = append(out, draftOf{p, accounts, c})
		ahead = accounts
	}
	return out, nil
}

// Reckon reckons the open periods of all programmes, up to the one that today lies in, and keeps what has changed. It says how
// many accounts did.
func (d *Desk) Reckon(ctx context.Context) (int, error) {
	b, err := d.read(ctx, time.Time{})
	if err != nil {
		return 0, err
	}
	kept, err := d.o.Vault.Kept(ctx)
	if err != nil {
		return 0, err
	}
	type key struct{ programme, partner, period string }
	was := map[key]Standing{}
	for _, k := range kept {
		was[key{k.Programme, k.Partner, k.Period}] = k
	}
	var changed []Standing
	now := map[key]bool{}
	for _, id := range b.rules.IDs() {
		open, err := b.open(ctx, id, PeriodOf(b.rules.KindOf(id), d.today()).Before().From, d.today())
		if err != nil {
			return 0, err
		}
		for _, o := range open {
			for _, partner := range slices.Sorted(maps.Keys(o.accounts)) {
				s := Standing{Account: o.accounts[partner], Reference: o.plan.Reference}
				k := key{id, partner, o.period.Name}
				now[k] = true
				if before, ok := was[k]; !ok || !same(before, s) {
					changed = append(changed, s)
				}
			}
		}
	}
	for _, k := range kept { // of whom nothing qualifies any more
		if at := (key{k.Programme, k.Partner, k.Period}); !now[at] && (k.Earned != 0 || k.Adjusted != 0 || len(k.Lines) > 0) && !b.isClosed(k.Programme, k.Period) {
			k.Account = Account{Programme: k.Programme, Name: k.Name, Partner: k.Partner, Period: k.Period, From: k.From, To: k.To, Pays: k.Pays, Currency: k.Currency, Counts: k.Counts}
			changed = append(changed, k)
		}
	}
	return len(changed), d.o.Vault.Keep(ctx, changed)
}

func (b *books) isClosed(programme, period string) bool {
	return slices.ContainsFunc(b.closings, func(c Closing) bool { return c.Programme == programme && c.Period == period })
}

// same says that two accounts tell the same; a version of the reference data that changes nothing of it is no change.
func same(a, b Standing) bool {
	x, y := Statement{Account: a.Account}, Statement{Account: b.Account}
	return x.Seal() == nil && y.Seal() == nil && x.Hash == y.Hash
}

// Verify finds statements that do not say what they were closed with.
func (d *Desk) Verify(ctx context.Context) ([]string, error) {
	all, err := d.o.Vault.Statements(ctx, "")
	if err != nil {
		return nil, err
	}
	var found []string
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Partner == all[0].Partner {
			n++
		}
		found = append(found, Check(all[:n])...)
		all = all[n:]
	}
	return found, nil
}

// Submit takes new claims, all or, where one is at fault, none.
func (d *Desk) Submit(ctx context.Context, claims []Claim) error {
	rules, err := d.o.Source.Rules(ctx, 0)
	if err != nil {
		return err
	}
	all, err := d.o.Counter.Claims(ctx, "", time.Time{})
	if err != nil {
		return err
	}
	at := d.o.Now().UTC().Truncate(time.Millisecond)
	for i := range claims {
		c := &claims[i]
		c.State, c.At = IsSubmitted, at
		if err := Submit(rules, *c, all); err != nil {
			return err
		}
		c.Currency = d.paidIn(rules, *c)
		all = append(all, *c)
	}
	for _, c := range claims {
		if err := d.o.Counter.Note(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// Decide takes a claim to another state.
func (d *Desk) Decide(ctx context.Context, id string, to State, who, why string) error {
	all, err := d.o.Counter.Claims(ctx, "", time.Time{})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(c Claim) bool { return c.ID == id })
	switch {
	case i < 0:
		return faultf("there is no claim %s", id)
	case to == IsRejected && why == "":
		return faultf("say why claim %s is rejected", id)
	}
	c := all[i]
	if err := Move(c, to); err != nil {
		return err
	}
	c.State, c.Who, c.Why, c.At = to, who, why, d.o.Now().UTC().Truncate(time.Millisecond)
	return d.o.Counter.Note(ctx, c)
}

// Claims are the claims of a partner, or of all, as they stand.
func (d *Desk) Claims(ctx context.Context, partner string) ([]Claim, error) {
	return d.o.Counter.Claims(ctx, partner, time.Time{})
}
