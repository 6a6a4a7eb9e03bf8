package incentives

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"sellthrough"
)

// Part is what a line of a statement is.
type Part string

// The parts, in the order in which they stand.
const (
	OfSales      Part = "sales"      // what qualified, by product line; its amount is nothing
	OfTier       Part = "tier"       // what a tier earned
	OfCap        Part = "cap"        // what was earned above the cap, taken off
	OfPenalty    Part = "penalty"    //
	OfClawback   Part = "clawback"   // of returns of what an earlier period was paid for
	OfAdjustment Part = "adjustment" // of an earlier period, recomputed
	OfReason     Part = "reason"     // of the adjustment above it; its amount is nothing
)

// Line of a statement. Amount is rounded, and nothing is worked out from a rounded figure.
type Line struct {
	Part       Part                `json:"part"`
	Line       string              `json:"line,omitempty"` // product line, or the cause of a penalty
	Threshold  sellthrough.Decimal `json:"threshold,omitempty"`
	Rate       sellthrough.Decimal `json:"rate,omitempty"`
	Per        string              `json:"per,omitempty"`
	Units      sellthrough.Decimal `json:"units,omitempty"`
	Money      sellthrough.Decimal `json:"money,omitempty"` // by the programme's tax basis, in its currency
	Amount     sellthrough.Decimal `json:"amount"`
	Of         string              `json:"of,omitempty"`         // the period that an adjustment or clawback is of
	Cause      string              `json:"cause,omitempty"`      // of a restatement: new, corrected, withdrawn, undone, reflowed
	Submission string              `json:"submission,omitempty"` // that restated
	Note       string              `json:"note,omitempty"`
}

// Sales is what one partner sold that qualifies, by product line and the tax basis that the feed declares.
type Sales struct {
	Partner  string
	Line     string
	Other    bool // the feed declares the other tax basis than the programme
	Of       sellthrough.Day
	Units    sellthrough.Decimal
	Money    sellthrough.Decimal
	Astray   sellthrough.Decimal // of Money: outside the partner's territories
	Below    sellthrough.Decimal // of Money: below the floor price
	Unpriced int64               // lines without an amount in the programme's currency
}

// Return is what came back, of what an earlier period counted: Of is a day of that period.
type Return = Sales

// Case is all that decides what a partner earns in a period.
type Case struct {
	Programme Programme
	Sales     []Sales
	Late      int                // reports of the period that came late or not at all
	Returned  []Return           // for which something is taken back
	Stood     map[string]Earning // by period: what Returned is a share of
}

// Earning is what a closed period earned on what it counted.
type Earning struct {
	Units, Money *big.Rat
	Amount       sellthrough.Decimal
}

// Reckoned is what a partner earns in a period.
type Reckoned struct {
	Lines   []Line
	Counted sellthrough.Decimal  // what the thresholds are of, rounded for the eye
	Next    *sellthrough.Decimal // threshold of the next tier; nil: there is none
	Earned  sellthrough.Decimal  // the sum of the amounts
	exact   totals
}

// Earning is what a later return of these sales is a share of.
func (r Reckoned) Earning() Earning {
	var earned sellthrough.Decimal
	for _, l := range r.Lines {
		if l.Part == OfTier || l.Part == OfCap {
			earned += l.Amount
		}
	}
	return Earning{r.exact.units, r.exact.money, earned}
}

type totals struct{ units, money, astray, below *big.Rat }

// Reckon works out what a partner earns in a period.
func Reckon(c Case) (Reckoned, error) {
	p := c.Programme
	var out Reckoned
	out.exact = totals{new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat)}
	if err := out.sales(p, c.Sales); err != nil {
		return out, err
	}
	counted := out.exact.units
	if p.Counts == Money {
		counted = out.exact.money
	}
	for _, t := range p.Tiers {
		if rat(t.Threshold).Cmp(counted) > 0 {
			next := t.Threshold
			out.Next = &next
			break
		}
	}
	var err error
	if out.Counted, err = round(counted, 2); err != nil {
		return out, err
	}
	if p.Counts == Units {
		out.Counted, err = round(counted, 6)
	}
	if err == nil {
		err = out.tiers(p, counted)
	}
	if err == nil {
		err = out.penalties(p, c.Late)
	}
	if err == nil {
		err = out.clawbacks(p, c.Returned, c.Stood)
	}
	for _, l := range out.Lines {
		out.Earned += l.Amount
	}
	return out, err
}

// sales adds up what qualifies.
func (r *Reckoned) sales(p Programme, sales []Sales) error {
	lines := map[string]*totals{}
	var left sellthrough.Decimal
	var unpriced int64
	for _, s := range sales {
		share := big.NewRat(1, 1)
		if s.Other {
			if p.TaxRate == 0 && p.Counts == Money {
				left += s.Money
				continue
			}
			share = taxed(p)
		}
		t := lines[s.Line]
		if t == nil {
			t = &totals{new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat)}
			lines[s.Line] = t
		}
		for _, of := range []*totals{t, &r.exact} {
			of.units.Add(of.units, rat(s.Units))
			of.money.Add(of.money, new(big.Rat).Mul(rat(s.Money), share))
			of.astray.Add(of.astray, new(big.Rat).Mul(rat(s.Astray), share))
			of.below.Add(of.below, new(big.Rat).Mul(rat(s.Below), share))
		}
		unpriced += s.Unpriced
	}
	names := make([]string, 0, len(lines))
	for name := range lines {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		l := Line{Part: OfSales, Line: name}
		var err, other error
		l.Units, err = round(lines[name].units, 6)
		l.Money, other = round(lines[name].money, 2)
		if err := errors.Join(err, other); err != nil {
			return err
		}
		r.Lines = append(r.Lines, l)
	}
	if left != 0 {
		r.Lines = append(r.Lines, Line{Part: OfSales, Money: left, Note: "not counted: the feed declares the other tax basis, and the programme has no tax_rate"})
	}
	if unpriced > 0 {
		r.Lines = append(r.Lines, Line{Part: OfSales, Note: fmt.Sprintf("%d lines have no amount in the programme's currency", unpriced)})
	}
	return nil
}

// taxed is the share that brings money of the other tax basis to the programme's.
func taxed(p Programme) *big.Rat {
	whole := new(big.Rat).Add(big.NewRat(1, 1), new(big.Rat).Quo(rat(p.TaxRate), big.NewRat(100, 1)))
	if p.Tax == Excluded {
		return whole.Inv(whole)
	}
	return whole
}

// tiers earn. Of retroactive ones, the highest that was reached is for everything; of marginal ones, each is for what lies in
// it. What a tier pays once, it pays when it is reached.
func (r *Reckoned) tiers(p Programme, counted *big.Rat) error {
	var sum sellthrough.Decimal
	for i, t := range p.Tiers {
		from := rat(t.Threshold)
		if from.Cmp(counted) > 0 || counted.Sign() <= 0 {
			break
		}
		last := i+1 == len(p.Tiers) || rat(p.Tiers[i+1].Threshold).Cmp(counted) > 0
		if p.Tiering == Retroactive && !last {
			continue
		}
		units, money := r.exact.units, r.exact.money
		if p.Tiering == Marginal {
			slice := new(big.Rat).Sub(counted, from)
			if !last {
				slice.Sub(rat(p.Tiers[i+1].Threshold), from)
			}
			if slice.Sign() == 0 && t.Per != Once {
				continue
			}
			units, money = new(big.Rat), new(big.Rat)
			if p.Counts == Units {
				units = slice
			} else {
				money = slice
			}
		}
		l := Line{Part: OfTier, Threshold: t.Threshold, Rate: t.Rate, Per: t.Per}
		earned := rat(t.Rate)
		switch t.Per {
		case Percent:
			earned = new(big.Rat).Quo(new(big.Rat).Mul(earned, money), big.NewRat(100, 1))
		case PerUnit:
			earned = new(big.Rat).Mul(earned, units)
		}
		var errs [3]error
		l.Units, errs[0] = round(units, 6)
		l.Money, errs[1] = round(money, 2)
		l.Amount, errs[2] = round(earned, p.places())
		if err := errors.Join(errs[:]...); err != nil {
			return err
		}
		sum += l.Amount
		r.Lines = append(r.Lines, l)
	}
	if p.Cap != nil && sum > *p.Cap {
		r.Lines = append(r.Lines, Line{Part: OfCap, Threshold: *p.Cap, Amount: *p.Cap - sum})
	}
	return nil
}

// penalties take at most what was earned.
func (r *Reckoned) penalties(p Programme, late int) error {
	left := r.Earning().Amount
	for _, x := range p.Penalties {
		l := Line{Part: OfPenalty, Line: x.Cause, Rate: x.Rate}
		of := r.exact.astray
		switch x.Cause {
		case BelowFloor:
			of = r.exact.below
		case LateReport:
			of, l.Units = nil, sellthrough.Decimal(late)*sellthrough.One
		}
		taken := new(big.Rat).Mul(rat(x.Rate), big.NewRat(int64(late), 1))
		if of != nil {
			var err error
			if l.Money, err = round(of, 2); err != nil {
				return err
			}
			taken = new(big.Rat).Quo(new(big.Rat).Mul(rat(x.Rate), of), big.NewRat(100, 1))
			l.Per = Percent
		} else {
			l.Per = Once
		}
		if taken.Sign() <= 0 {
			continue
		}
		amount, err := round(taken, p.places())
		if err != nil {
			return err
		}
		if amount > left {
			amount, l.Note = left, "at most what was earned"
		}
		left -= amount
		l.Amount = -amount
		r.Lines = append(r.Lines, l)
	}
	return nil
}

// clawbacks take back, of what an earlier period earned, the share that came back of what it counted.
func (r *Reckoned) clawbacks(p Programme, returned []Return, stood map[string]Earning) error {
	type sum struct{ units, money *big.Rat }
	sums := map[string]sum{}
	for _, x := range returned {
		of := PeriodOf(p.Period, x.Of).Name
		s, ok := sums[of]
		if !ok {
			s = sum{new(big.Rat), new(big.Rat)}
			sums[of] = s
		}
		share := big.NewRat(1, 1)
		if x.Other {
			share = taxed(p)
		}
		s.units.Add(s.units, rat(x.Units))
		s.money.Add(s.money, new(big.Rat).Mul(rat(x.Money), share))
	}
	names := make([]string, 0, len(sums))
	for name := range sums {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare[string])
	for _, of := range names {
		s, e := sums[of], stood[of]
		back, counted := s.units, e.Units
		if p.Counts == Money {
			back, counted = s.money, e.Money
		}
		if counted == nil || counted.Sign() <= 0 || e.Amount <= 0 {
			continue
		}
		l := Line{Part: OfClawback, Of: of}
		taken := new(big.Rat).Quo(new(big.Rat).Mul(rat(e.Amount), back), counted) // what came back is negative
		if limit := new(big.Rat).Neg(rat(e.Amount)); taken.Cmp(limit) < 0 {
			taken = limit
		}
		var errs [3]error
		l.Units, errs[0] = round(s.units, 6)
		l.Money, errs[1] = round(s.money, 2)
		l.Amount, errs[2] = round(taken, p.places())
		if err := errors.Join(errs[:]...); err != nil {
			return err
		}
		r.Lines = append(r.Lines, l)
	}
	return nil
}

// places is how many decimals an amount has: hundredths of money, whole points.
func (p Programme) places() int {
	if p.Pays == Points {
		return 0
	}
	return 2
}

func rat(d sellthrough.Decimal) *big.Rat {
	return big.NewRat(int64(d), int64(sellthrough.One))
}

// round is the one place in which an amount is rounded: half away from zero, at a number of decimals.
func round(r *big.Rat, places int) (sellthrough.Decimal, error) {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	n := new(big.Int).Mul(r.Num(), scale)
	n.Mul(n, big.NewInt(2))
	if n.Sign() >= 0 {
		n.Add(n, r.Denom())
	} else {
		n.Sub(n, r.Denom())
	}
	n.Quo(n, new(big.Int).Mul(r.Denom(), big.NewInt(2))) // towards zero
	n.Mul(n, new(big.Int).Quo(big.NewInt(int64(sellthrough.One)), scale))
	if !n.IsInt64() {
		return 0, sellthrough.ErrDecimalOverflow
	}
	return sellthrough.Decimal(n.Int64()), nil
}
