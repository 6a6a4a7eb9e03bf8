package world

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"sellthrough"
)

// linesADay is how many lines an average location of a trade writes on an average day.
var linesADay = map[Trade]float64{Wholesale: 14, Dealer: 19, Store: 23, Shop: 14, Online: 55}

// open lives a location's day: it sells, takes back, and orders.
func (w *World) open(li int, day *Day) {
	l := &w.Locations[li]
	p := &Partners[l.Partner]
	d := day.Date
	r := Dice(w.Seed, 0xda, uint64(li), uint64(d))
	first := len(day.Sales)
	climate := w.climateOf(l, p, d)
	weather := climate * (0.8 + 0.4*r.Float64())
	if p.Trade == Wholesale && climate > 0.1 {
		w.ship(li, day)
	}
	shipped := len(day.Sales)
	var weights [5]float64
	for _, i := range w.of[li] {
		if n := &w.Listings[i]; n.Active(d) {
			weights[w.Products[n.Product].line] += w.Products[n.Product].weight
		}
	}
	mean := linesADay[p.Trade] * l.Size
	if p.Trade == Online && l.Country != "CN" {
		mean *= 0.8
	}
	month := int(d.Time().Month()) - 1
	shares := lineShare[p.Trade]
	fresh := int32(0)
	for _, i := range w.of[li] {
		n := &w.Listings[i]
		if !n.Active(d) {
			continue
		}
		x := &w.Products[n.Product]
		w.haunt(n, d)
		typical := mean * shares[x.line] * x.weight / weights[x.line] * life(x, d)
		if n.pace == 0 {
			w.stock(n, typical*unitsALine(p.Trade, x))
			if d > w.First {
				fresh++
				day.Goods = append(day.Goods, Sale{
					Listing: i, Kind: sellthrough.SellIn, Units: n.onHand, Cents: w.cost(n) * int64(n.onHand), Second: 7 * 3600, Doc: 3, Line: fresh,
				})
			}
		}
		if n.frozen || weather == 0 {
			continue
		}
		off, lift := w.promotion(l.Partner, l.Country, n.Product, d)
		want := count(r, typical*weather*season[x.Line][month]*lift, 3)
		sold := int32(0)
		for range want {
			units := min(basket(r, p.Trade, x), n.onHand)
			if units == 0 {
				break
			}
			n.onHand -= units
			sold += units
			day.Sales = append(day.Sales, Sale{
				Listing: i, Kind: Sells(p.Trade), Units: units, Cents: w.price(n, off, d) * int64(units), Second: moment(r, p.Trade),
			})
		}
		if want == 0 || sold > 0 { // an empty shelf says nothing about demand
			n.pace += 0.06 * (float64(sold)/max(weather, 0.2) - n.pace)
			n.pace = max(n.pace, 0.01)
		}
	}
	w.promise(r, p, day, first)
	w.takeBack(li, r, day)
	w.number(li, r, p, day, first, shipped)
	w.order(li, r, day)
}

// unitsALine is about how many units a line has.
func unitsALine(t Trade, x *Product) float64 {
	switch {
	case t == Wholesale && x.line == 4:
		return 16
	case t == Wholesale:
		return 5.5
	case t == Dealer:
		return 1.7
	}
	return 1.15
}

// basket is the units of a line.
func basket(r *rand.Rand, t Trade, x *Product) int32 {
	switch {
	case t == Wholesale && x.Pack > 1:
		return int32((1 + r.IntN(4)) * x.Pack / (1 + r.IntN(2)))
	case t == Wholesale && x.line == 4:
		return int32(4 + r.IntN(16))
	case t == Wholesale:
		return int32(1 + r.IntN(10))
	case t == Dealer:
		return int32(1 + max(0, r.IntN(7)-3)*r.IntN(2))
	}
	if k := r.IntN(100); k >= 96 {
		return 3
	} else if k >= 88 {
		return 2
	}
	return 1
}

// Sells is the kind of a trade's sales.
func Sells(t Trade) sellthrough.Kind {
	if t == Wholesale {
		return sellthrough.SellThru
	}
	return sellthrough.SellOut
}

// life is the factor of a product's age: a launch draws, an end fades.
func life(x *Product, d sellthrough.Day) float64 {
	f := 1 + 0.9*math.Exp(-max(0, float64(d-x.Launch))/30)
	if x.End != 0 && x.End-d < 75 {
		f *= max(0.25, float64(x.End-d)/75)
	}
	return f
}

// moment is a second of the day.
func moment(r *rand.Rand, t Trade) int32 {
	switch t {
	case Wholesale:
		return int32(8*3600+1800) + r.Int32N(9*3600)
	case Dealer, Shop:
		return int32(9*3600+1800) + r.Int32N(9*3600)
	case Store:
		return 10*3600 + r.Int32N(11*3600+1800)
	}
	if r.IntN(10) < 7 { // an evening of shopping
		return 24*3600 - 1 - int32(9*3600*r.Float64()*r.Float64())
	}
	return 7*3600 + r.Int32N(16*3600)
}

// promise draws which of the day's lines will come back.
func (w *World) promise(r *rand.Rand, p *Partner, day *Day, first int) {
	for i := first; i < len(day.Sales); i++ {
		s := &day.Sales[i]
		if r.Float64() >= p.Returns {
			continue
		}
		units := 1 + r.Int32N(s.Units)
		back := day.Date + 2 + sellthrough.Day(r.IntN(11))
		for n := 0; n < 14 && w.climateOf(&w.Locations[w.Listings[s.Listing].Location], p, back) < 0.1; n++ {
			back++ // closed
		}
		if n := &w.Listings[s.Listing]; back <= n.To {
			w.returns[back] = append(w.returns[back], parcel{s.Listing, units, s.Cents / int64(s.Units) * int64(units)})
		}
	}
}

// takeBack books the returns of a location's day.
func (w *World) takeBack(li int, r *rand.Rand, day *Day) {
	for _, b := range w.returns[day.Date] {
		n := &w.Listings[b.listing]
		if n.Location != li {
			continue
		}
		if n.frozen { // the shelf is looked at then; the story would end
			continue
		}
		n.onHand += b.units
		day.Sales = append(day.Sales, Sale{
			Listing: b.listing, Kind: sellthrough.ReturnIn, Units: -b.units, Cents: -b.cents,
			Second: moment(r, Partners[w.Locations[li].Partner].Trade),
		})
	}
	if li == len(w.Locations)-1 {
		delete(w.returns, day.Date)
	}
}

// number puts a location's lines in the order of time and gives them documents: neighbours share one.
func (w *World) number(li int, r *rand.Rand, p *Partner, day *Day, first, shipped int) {
	lines := day.Sales[first:]
	free := day.Sales[shipped:]
	slices.SortStableFunc(free, func(a, b Sale) int { return cmp.Compare(a.Second, b.Second) })
	doc, line := int32(0), int32(0)
	split := map[Trade]float64{Wholesale: 0.35, Dealer: 0.5, Store: 0.72, Shop: 0.7, Online: 0.78}[p.Trade]
	buyer := ""
	for i := range lines {
		s := &lines[i]
		fresh := i == 0 || r.Float64() < split || (s.Kind == sellthrough.ReturnIn) != (lines[i-1].Kind == sellthrough.ReturnIn)
		if first+i < shipped { // a dealer's order: one invoice each
			fresh = i == 0 || s.Buyer != lines[i-1].Buyer
		} else if first+i == shipped {
			fresh = true
		}
		if fresh {
			doc, line = doc+1, 0
			if p.Trade == Wholesale {
				buyer = "K" + digits(100*(li%40)+int(40*r.Float64()*r.Float64()), 5)
			}
		} else {
			s.Second = lines[i-1].Second
		}
		if line++; p.Trade == Wholesale && s.Buyer == "" {
			s.Buyer = buyer
		}
		s.Doc, s.Line = doc, line
	}
}

// price is what a unit costs on a day, in cents of the location's currency.
func (w *World) price(n *Listing, off float64, d sellthrough.Day) int64 {
	l := &w.Locations[n.Location]
	p := &Partners[l.Partner]
	street := 0.95 + 0.06*share(w.Seed, 0x57, uint64(l.Partner), uint64(n.Product), uint64(d/7))
	return round(local(float64(w.Products[n.Product].List), l.Currency)*p.Level*street*(1-off), p.Trade)
}

// local is an amount in fen in cents of a currency, with what other markets ask on top.
func local(fen float64, currency string) float64 {
	if currency == "CNY" {
		return fen
	}
	return fen * 1.06 / rates[currency]
}

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

// promotion is the price off and the lift of demand that it brings; 0 and 1 where there is none.
func (w *World) promotion(partner int, country string, product int, d sellthrough.Day) (off, lift float64) {
	t := d.Time()
	y, m, n := t.Year(), int(t.Month()), t.Day()
	trade := Partners[partner].Trade
	if trade == Wholesale {
		return 0, 1
	}
	what := uint64(0)
	switch {
	case country == "CN" && m == 6 && n <= 20:
		what = 618
	case country == "CN" && m == 11 && n <= 11:
		what = 1111
	case country != "CN" && m == 11 && n >= 20:
		what = 1129
	}
	if what != 0 {
		if x := share(w.Seed, what, uint64(y), uint64(product)); x < 0.35 {
			off = 0.10 + 0.12*x/0.35
			return off, 1 + 5*off
		}
		return 0, 1
	}
	quarter := uint64(y*4 + (m-1)/3)
	h := hash(w.Seed, 0x9b, uint64(partner), quarter)
	begin := day(y, t.Month()-(t.Month()-1)%3, 1) + sellthrough.Day(h%75)
	if d >= begin && d < begin+10 && w.Products[product].line == int(h>>32%5) && product%2 == 0 {
		off = 0.08 + 0.07*share(h)
		return off, 1 + 6*off
	}
	return 0, 1
}
