package demo

import (
	"slices"
	"time"

	"sellthrough"
	"sellthrough/demo/reports"
	"sellthrough/demo/world"
)

// Truth is what the ledger must hold, to the last digit: by the partners' words and what the rules of their feeds make of
// them, not by the pipeline.
type Truth struct {
	Sales map[SalesKey]Sum
	Stock map[StockKey]sellthrough.Decimal // the last level of each day
	Files int                              // that said so
	Rows  int64                            // in them, refused ones included
	Held  int                              // files that wait for a person
	Bad   int64                            // refused rows
}

// SalesKey is a row of v_sales_daily. Product is empty where the partner's code is not known.
type SalesKey struct {
	Partner, Location, Product, Kind, Currency string
	Day                                        sellthrough.Day
}

// Sum is its figures.
type Sum struct {
	Qty, Amount, Base sellthrough.Decimal
	Lines, Unmatched  int64
}

// StockKey is a row of v_stock_daily.
type StockKey struct {
	Partner, Location, Product, Level string
	Day                               sellthrough.Day
}

// Truth of everything that was due by an instant. What a later file repeats is left out: whoever begins then never sends it.
func (c *Channel) Truth(at time.Time) *Truth {
	plan := c.Plan()
	t := &Truth{Sales: map[SalesKey]Sum{}, Stock: map[StockKey]sellthrough.Decimal{}}
	books := map[*reports.Feed]book{}
	shelves := map[*reports.Feed]shelf{}
	for f := plan.Next(at); f != nil; f = plan.Next(at) {
		if f.Superseded(at) {
			continue
		}
		t.Files++
		t.Rows += int64(len(f.Rows))
		t.Bad += int64(f.Refused())
		switch {
		case f.Held:
			t.Held++
		case f.Feed.Stock:
			feed := f.Feed.Namespace()
			if shelves[feed] == nil {
				shelves[feed] = shelf{}
			}
			shelves[feed].take(plan.World(), f)
		default:
			if books[f.Feed] == nil {
				books[f.Feed] = book{}
			}
			books[f.Feed].take(f)
		}
	}
	w := plan.World()
	for f, b := range books {
		for _, rows := range b {
			for i := range rows {
				c.add(t, w, f, &rows[i], at)
			}
		}
	}
	for f, s := range shelves {
		c.level(t, w, f, s, at)
	}
	return t
}

// book is the standing rows of a feed, by unit.
type book map[reports.Unit][]reports.Row

// take brings a file to effect: each unit that it tells of, or is the whole word of, becomes what it says. A file with a
// refused row takes nothing away.
func (b book) take(f *reports.File) {
	whole := f.Refused() == 0
	said := map[reports.Unit][]reports.Row{}
	for i := range f.Rows {
		r := &f.Rows[i]
		if !r.Typo {
			said[f.Unit(r)] = append(said[f.Unit(r)], *r)
		}
	}
	if whole {
		for _, u := range f.Covers {
			delete(b, u)
		}
	}
	for u, rows := range said {
		if !whole {
			for _, held := range b[u] {
				same := func(r reports.Row) bool { return r.Doc == held.Doc && r.Line == held.Line }
				if !slices.ContainsFunc(rows, same) {
					rows = append(rows, held)
				}
			}
		}
		b[u] = rows
	}
}

// product that a partner's code means; empty: nobody knows.
func (c *Channel) product(w *world.World, listing int, at time.Time) string {
	n := &w.Listings[listing]
	if !c.knows(w, w.Locations[n.Location].Partner, n.Product, at) {
		return ""
	}
	return w.Products[n.Product].Code
}

const (
	perUnit = int64(sellthrough.One)
	perCent = perUnit / 100
)

func (c *Channel) add(t *Truth, w *world.World, f *reports.Feed, r *reports.Row, at time.Time) {
	l := &w.Locations[w.Listings[r.Listing].Location]
	k := SalesKey{
		Partner: world.Partners[f.Partner].ID, Location: l.Code, Product: c.product(w, r.Listing, at), Kind: r.Kind.String(), Currency: l.Currency, Day: r.Day,
	}
	s := t.Sales[k]
	s.Qty += sellthrough.Decimal(int64(r.Units) * perUnit)
	s.Amount += sellthrough.Decimal(r.Cents * perCent)
	s.Base += sellthrough.Decimal(r.Cents * world.Rate(l.Currency, r.Day)) // cents × ten-thousandths are millionths
	s.Lines++
	if k.Product == "" {
		s.Unmatched++
	}
	t.Sales[k] = s
}

// shelf is the levels that a feed reported, by what they are of, in the order of time.
type shelf map[slot][]level

type slot struct {
	listing int
	level   sellthrough.Level
}

type level struct {
	at    int64 // seconds on the location's clock
	units int32
}

func moment(r *reports.Row) int64 { return int64(r.Day)*86400 + int64(r.Second) }

func (s shelf) set(k slot, l level) {
	i, ok := slices.BinarySearchFunc(s[k], l, func(a, b level) int { return int(a.at - b.at) })
	if ok {
		s[k][i] = l
		return
	}
	s[k] = slices.Insert(s[k], i, l)
}

// take notes the levels of a file. What a snapshot leaves out of a location that it tells of is zero, where it was not.
func (s shelf) take(w *world.World, f *reports.File) {
	present := map[slot]bool{}
	counted := map[int]int64{}
	for i := range f.Rows {
		r := &f.Rows[i]
		k := slot{r.Listing, r.Level}
		present[k] = true
		counted[w.Listings[r.Listing].Location] = moment(r)
		s.set(k, level{moment(r), r.Units})
	}
	if f.Feed.Cover != reports.Snapshot {
		return
	}
	levels := map[sellthrough.Level]bool{}
	for k := range present {
		levels[k.level] = true
	}
	for k, held := range s {
		at, ok := counted[w.Listings[k.listing].Location]
		if !ok || present[k] || !levels[k.level] {
			continue
		}
		i, same := slices.BinarySearchFunc(held, level{at: at}, func(a, b level) int { return int(a.at - b.at) })
		if !same {
			i--
		}
		if i >= 0 && held[i].units != 0 {
			s.set(k, level{at, 0})
		}
	}
}

func (c *Channel) level(t *Truth, w *world.World, f *reports.Feed, s shelf, at time.Time) {
	for k, held := range s {
		l := &w.Locations[w.Listings[k.listing].Location]
		key := StockKey{Partner: world.Partners[f.Partner].ID, Location: l.Code, Product: c.product(w, k.listing, at), Level: k.level.String()}
		for i, x := range held {
			key.Day = sellthrough.Day(x.at / 86400)
			if i+1 == len(held) || sellthrough.Day(held[i+1].at/86400) != key.Day {
				t.Stock[key] += sellthrough.Decimal(int64(x.units) * perUnit)
			}
		}
	}
}
