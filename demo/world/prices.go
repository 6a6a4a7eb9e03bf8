package world

import (
	"slices"

	"sellthrough"
)

// Cut is a list price that the vendor lowers on a day.
type Cut struct {
	Product  int
	Day      sellthrough.Day
	Old, New int64 // fen
}

// ProtectedDays is how far back from a price cut the vendor pays the difference on what was bought and is still on hand.
const ProtectedDays = 45

// The price cuts, in days from the opening day: notebooks, a while ago printers, and before them displays.
const (
	CutNotebooks = -35
	CutPrinters  = -120
	CutDisplays  = -210
)

// lower plans the price cuts: the best-selling products of a line that are old enough and go on.
func (w *World) lower() {
	cut := func(line string, n int, day sellthrough.Day, percent int64) {
		for rank := 0; n > 0 && rank < len(w.Products); rank++ {
			for i := range w.Products {
				p := &w.Products[i]
				if p.Line != line || p.rank != rank || p.Launch > day-90 || p.End != 0 && p.End < w.Opening+60 {
					continue
				}
				n--
				p.Cut = &Cut{Product: i, Day: day, Old: p.List, New: p.List * (100 - percent) / 10_000 * 100}
				w.Cuts = append(w.Cuts, *p.Cut)
			}
		}
	}
	cut("Notebooks", 8, w.Opening+CutNotebooks, 12)
	cut("Printers", 6, w.Opening+CutPrinters, 10)
	cut("Displays", 8, w.Opening+CutDisplays, 8)
}

// ListOn is the list price of a day.
func (p *Product) ListOn(d sellthrough.Day) int64 {
	if p.Cut != nil && d >= p.Cut.Day {
		return p.Cut.New
	}
	return p.List
}

// Cheaper is how many days before the opening day production became cheaper.
const Cheaper = 365

// CostOn is what a unit costs the vendor on a day.
func (w *World) CostOn(product int, d sellthrough.Day) int64 {
	p := &w.Products[product]
	if d < w.Opening-Cheaper {
		return p.Cost * 104 / 100
	}
	return p.Cost
}

// floors are the lowest prices of a tier, as a share of the list price. A campaign stays above them.
var floors = map[string]float64{"national-distributor": 0.73, "regional-distributor": 0.73, "dealer": 0.75, "retailer": 0.66}

// Floor is the lowest price that a tier may ask at a list price, in fen; 0: there is none.
func Floor(tier string, list int64) int64 { return int64(float64(list)*floors[tier]) / 100 * 100 }

// price is what a unit costs on a day, in cents of the location's currency.
func (w *World) price(n *Listing, off float64, d sellthrough.Day) int64 {
	l := &w.Locations[n.Location]
	p := &Partners[l.Partner]
	street := 0.95 + 0.06*share(w.Seed, 0x57, uint64(l.Partner), uint64(n.Product), uint64(d/7))
	return round(local(float64(w.Products[n.Product].ListOn(d)), l.Currency)*p.Level*street*(1-off), p.Trade)
}

// cost is what a location pays for a unit that it orders on a day.
func (w *World) cost(n *Listing, d sellthrough.Day) int64 {
	l := &w.Locations[n.Location]
	return round(local(float64(w.Products[n.Product].ListOn(d)), l.Currency)*Partners[l.Partner].Buys, Wholesale)
}

// local is an amount in fen in cents of a currency, with what other markets ask on top.
func local(fen float64, currency string) float64 {
	if currency == "CNY" {
		return fen
	}
	return fen * 1.06 / rates[currency]
}

// Local is a list price in cents of a currency.
func Local(fen int64, currency string) int64 { return round(local(float64(fen), currency), Wholesale) }

// round makes a price of a figure: shops avoid odd cents, wholesale does not.
func round(cents float64, t Trade) int64 {
	c := int64(cents + 0.5)
	switch {
	case t == Wholesale:
		return max(c, 1)
	case c >= 10_000:
		return c/100*100 - 100 + 100*(c/100%2)
	case c >= 1000:
		return c/100*100 + 90
	}
	return c/10*10 + 9
}

// Off is what a campaign takes off the price of a product at a partner on a day, and the lift of demand that it brings;
// 0 and 1 where there is none.
func (w *World) Off(partner int, country string, product int, d sellthrough.Day) (off, lift float64) {
	c := w.campaign(partner, country, product, d)
	if c.Off == 0 {
		return 0, 1
	}
	return c.Off, 1 + c.pull*c.Off
}

// Campaign is a promotion of a product at a partner.
type Campaign struct {
	Name     string // 618, double-11, black-friday, or of a line
	From, To sellthrough.Day
	Off      float64
	pull     float64
}

func (w *World) campaign(partner int, country string, product int, d sellthrough.Day) Campaign {
	t := d.Time()
	y, m, n := t.Year(), t.Month(), t.Day()
	part := 1.0
	switch Partners[partner].Trade {
	case Wholesale, Office:
		return Campaign{}
	case Dealer: // it goes along half-heartedly
		part = 0.6
	}
	what, name := uint64(0), ""
	from, to := d, d
	switch {
	case country == "CN" && m == 6 && n <= 20:
		what, name, from, to = 618, "618", day(y, m, 1), day(y, m, 20)
	case country == "CN" && m == 11 && n <= 11:
		what, name, from, to = 1111, "double-11", day(y, m, 1), day(y, m, 11)
	case country != "CN" && m == 11 && n >= 20:
		what, name, from, to = 1129, "black-friday", day(y, m, 20), day(y, m, 30)
	}
	if what != 0 {
		x := share(w.Seed, what, uint64(y), uint64(product))
		if x >= 0.35 {
			return Campaign{}
		}
		return Campaign{name, from, to, part * (0.10 + 0.12*x/0.35), 5}
	}
	quarter := uint64(y*4 + (int(m)-1)/3)
	h := hash(w.Seed, 0x9b, uint64(partner), quarter)
	from = day(y, m-(m-1)%3, 1) + sellthrough.Day(h%75)
	to = from + 9
	if d < from || d > to || w.Products[product].line != int(h>>32%5) || product%2 != 0 {
		return Campaign{}
	}
	return Campaign{w.Products[product].Line, from, to, part * (0.08 + 0.07*share(h)), 6}
}

// Campaigns are all campaigns of a product at a partner in a country that begin in a span of days.
func (w *World) Campaigns(partner int, country string, product int, from, to sellthrough.Day) []Campaign {
	var out []Campaign
	for d := from; d <= to; d++ {
		c := w.campaign(partner, country, product, d)
		known := func(x Campaign) bool { return x.Name == c.Name && x.From == c.From }
		if c.Off > 0 && c.From >= from && !slices.ContainsFunc(out, known) {
			out = append(out, c)
		}
	}
	return out
}
