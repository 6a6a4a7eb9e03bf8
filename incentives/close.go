package incentives

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Close closes a period of programmes, of all that are reckoned by such a period where none is named: it freezes a
// statement for every partner that has anything in it. What was cut off half way, it brings to its end as it was begun.
func (d *Desk) Close(ctx context.Context, period string, programmes []string, by string) ([]Statement, error) {
	p, err := ParsePeriod(period)
	switch {
	case err != nil:
		return nil, faultf("%s", err)
	case by == "":
		return nil, faultf("say who closes the period")
	case p.To >= d.today():
		return nil, faultf("%s ends on %s; close it after that day", p.Name, p.To)
	}
	b, err := d.read(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	if len(programmes) == 0 {
		for _, id := range b.rules.IDs() {
			runs := slices.ContainsFunc(b.rules.Programmes, func(x Programme) bool { return x.ID == id && x.From <= p.To })
			if b.rules.KindOf(id) == p.Kind && runs {
				programmes = append(programmes, id)
			}
		}
	}
	if len(programmes) == 0 {
		return nil, faultf("no programme is reckoned by the %s and had begun by %s", p.Kind, p.To)
	}
	for _, id := range programmes {
		if err := b.mayClose(id, p); err != nil {
			return nil, err
		}
	}
	var out []Statement
	for _, id := range programmes {
		made, err := d.closeOne(ctx, id, p, by)
		out = append(out, made...)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// mayClose says why a period of a programme cannot be closed now.
func (b *books) mayClose(id string, p Period) error {
	kind := b.rules.KindOf(id)
	if kind == "" {
		return faultf("there is no programme %s in programmes.csv", id)
	}
	if kind != p.Kind {
		return faultf("programme %s is reckoned by the %s: close such a period of it, like %s", id, kind, PeriodOf(kind, p.From).Name)
	}
	done := b.closed(id)
	if len(done) == 0 {
		return nil
	}
	last, err := ParsePeriod(done[len(done)-1].Period)
	switch {
	case err != nil:
		return err
	case p.From > last.To+1:
		return faultf("close %s of %s first", last.Next().Name, id)
	case p.From < last.From && !slices.ContainsFunc(done, func(c Closing) bool { return c.Period == p.Name }):
		return faultf("%s of %s lies before %s, which is closed: what was sold then was settled elsewhere", p.Name, id, last.Name)
	case p.From <= last.From && b.whole(done, p):
		c := done[slices.IndexFunc(done, func(c Closing) bool { return c.Period == p.Name })]
		return faultf("%s of %s is closed, by %s on %s, and never changes: what is found out since is an adjustment in the next", p.Name, id, c.By, c.Closed.UTC().Format(time.DateOnly))
	}
	return nil
}

// whole says that a closed period has the statements that belong to it, or that a later one is closed.
func (b *books) whole(done []Closing, p Period) bool {
	i := slices.IndexFunc(done, func(c Closing) bool { return c.Period == p.Name })
	return i < len(done)-1 || done[i].stands(b.statements)
}

// stands says whether every statement of a closing is there: they are counted in it.
func (c Closing) stands(all []Statement) bool {
	n := 0
	for _, s := range all {
		if s.Programme == c.Programme && s.Period == c.Period {
			n++
		}
	}
	return n >= c.Count
}

// closeOne closes a period of one programme.
func (d *Desk) closeOne(ctx context.Context, id string, p Period, by string) ([]Statement, error) {
	b, err := d.read(ctx, time.Time{}) // what was closed just before is in the books
	if err != nil {
		return nil, err
	}
	var c Closing
	done := b.closed(id)
	i := slices.IndexFunc(done, func(c Closing) bool { return c.Period == p.Name })
	if i >= 0 {
		c = done[i]
		b.closings = slices.DeleteFunc(b.closings, func(x Closing) bool { return x.Programme == id && x.Period == p.Name })
	} else if c, err = b.begin(ctx, id, p, by); err != nil {
		return nil, err
	}
	if b.claims, err = d.o.Counter.Claims(ctx, "", c.Closed); err != nil {
		return nil, err
	}
	have := map[string]bool{}
	var before []Statement
	for _, s := range b.statements {
		if s.Programme == id && s.Period == p.Name {
			have[s.Partner] = true
		} else {
			before = append(before, s)
		}
	}
	all := b.statements
	b.statements = before
	accounts, err := b.draft(ctx, c, nil)
	if err != nil {
		return nil, err
	}
	if i < 0 {
		c.Count = len(accounts)
		if err := d.o.Vault.Begin(ctx, c); err != nil {
			return nil, err
		}
	}
	var out []Statement
	for _, partner := range slices.Sorted(maps.Keys(accounts)) {
		if have[partner] {
			continue
		}
		s := Statement{
			Account: accounts[partner], Number: 1, Reference: c.Reference, Rules: c.Rules, Included: c.Included, Late: c.Late[partner], Position: c.Position, Closed: c.Closed, By: c.By,
		}
		for _, x := range all {
			if x.Partner == partner {
				s.Number, s.Before = x.Number+1, x.Hash
			}
		}
		if err := s.Seal(); err != nil {
			return out, err
		}
		if err := d.o.Vault.Freeze(ctx, s); err != nil {
			return out, fmt.Errorf("statement %d of %s: %w", s.Number, partner, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// begin is a closing as of now. Its instant has milliseconds, as the ledger keeps them.
func (b *books) begin(ctx context.Context, id string, p Period, by string) (Closing, error) {
	c, err := b.plan(ctx, id, p)
	if err != nil {
		return c, err
	}
	c.By, c.Closed = by, b.o.Now().UTC().Truncate(time.Millisecond)
	c.Position, err = b.o.Source.Position(ctx)
	if c.Position == nil {
		c.Position = []Mark{}
	}
	return c, err
}
