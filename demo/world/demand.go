package world

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"sellthrough"
)

// linesADay is how many lines an average location of a trade writes on an average day.
var linesADay = map[Trade]float64{Wholesale: 14, Dealer: 15, Store: 23, Shop: 14, Online: 55, Office: 9}

// mix is how the demand of a location spreads over what it carries on a day.
type mix struct {
	mean            float64 // lines
	shares, weights [5]float64
}

func (w *World) mixOf(li int, d sellthrough.Day) mix {
	l := &w.Locations[li]
	p := &Partners[l.Partner]
	m := mix{mean: linesADay[p.Trade] * l.Size, shares: lineShare[p.Trade]}
	if p.Trade == Online && l.Country != "CN" {
		m.mean *= 0.8
	}
	if only[l.Partner] != "" {
		m.shares = [5]float64{0.5, 0.5, 0.5, 0.5, 0.5}
	}
	for _, i := range w.of[li] {
		if n := &w.Listings[i]; n.Active(d) {
			m.weights[w.Products[n.Product].line] += w.Products[n.Product].weight
		}
	}
	return m
}

// typical is the lines of a product on an average day.
func (m mix) typical(x *Product, d sellthrough.Day) float64 {
	return m.mean * m.shares[x.line] * x.weight / max(m.weights[x.line], x.weight) * life(x, d)
}

// open lives a location's day: it sells, takes back, and orders.
func (w *World) open(li int, day *Day) {
	l := &w.Locations[li]
	p := &Partners[l.Partner]
	d := day.Date
	r := Dice(w.Seed, 0xda, uint64(li), uint64(d))
	first := len(day.Sales)
	climate := w.climateOf(l, p, d)
	weather := climate * (0.8 + 0.4*r.Float64())
	if climate > 0.1 {
		w.ship(li, day)
	}
	shipped := len(day.Sales)
	m := w.mixOf(li, d)
	month := int(d.Time().Month()) - 1
	for _, i := range w.of[li] {
		n := &w.Listings[i]
		if !n.Active(d) {
			continue
		}
		x := &w.Products[n.Product]
		w.haunt(n, d)
		typical := m.typical(x, d)
		if n.pace == 0 {
			w.begin(i, typical*unitsALine(p.Trade, x), day)
		}
		if n.frozen || weather == 0 {
			continue
		}
		off, lift := w.Off(l.Partner, l.Country, n.Product, d)
		want := count(r, typical*weather*season[x.Line][month]*lift, 3)
		sold := int32(0)
		for range want {
			units := min(basket(r, p.Trade, x), n.onHand)
			if units == 0 {
				break
			}
			n.onHand -= units
			sold += units
			w.sell(day, Sale{Listing: i, Kind: Sells(p.Trade), Units: units, Cents: w.price(n, off, d) * int64(units), Second: moment(r, p.Trade)})
		}
		if want == 0 || sold > 0 { // an empty shelf says nothing about demand
			n.pace += 0.06 * (float64(sold)/max(weather, 0.2) - n.pace)
			n.pace = max(n.pace, 0.01)
		}
	}
	w.raid(li, r, day)
	w.takeBack(li, r, day)
	w.number(li, r, day, first, shipped)
	w.promise(r, day, first)
	w.order(li, r, day)
}

// sell notes a sale; where serial numbers are noted, a line for each unit.
func (w *World) sell(day *Day, s Sale) {
	n := &w.Listings[s.Listing]
	if !Serialised(w.Partner(s.Listing), w.Products[n.Product].Line) {
		day.Sales = append(day.Sales, s)
		return
	}
	w.lots++
	each := s
	each.Units, each.Cents, each.lot = 1, s.Cents/int64(s.Units), w.lots
	for range s.Units {
		day.Sales = append(day.Sales, each)
	}
}

// unitsALine is about how many units a line has.
func unitsALine(t Trade, x *Product) float64 {
	switch {
	case t == Wholesale && x.line == 4:
		return 16
	case t == Wholesale:
		return 5.5
	case t == Dealer, t == Office:
		return 1.45
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
	case t == Dealer, t == Office:
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
	case Dealer, Shop, Office:
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
func (w *World) promise(r *rand.Rand, day *Day, first int) {
	for i := first; i < len(day.Sales); i++ {
		s := &day.Sales[i]
		n := &w.Listings[s.Listing]
		p := &Partners[w.Partner(s.Listing)]
		if s.Units < 0 || r.Float64() >= p.Returns {
			continue
		}
		units := 1 + r.Int32N(s.Units)
		back := day.Date + 2 + sellthrough.Day(r.IntN(11))
		for n := 0; n < 14 && w.climateOf(&w.Locations[w.Listings[s.Listing].Location], p, back) < 0.1; n++ {
			back++ // closed
		}
		if back <= n.To {
			w.returns[back] = append(w.returns[back], parcel{
				listing: s.Listing, units: units, cents: s.Cents / int64(s.Units) * int64(units), of: Paper{day.Date, s.Doc}, more: s.More, buyer: s.Buyer,
			})
		}
	}
}

// takeBack books the returns of a location's day. Some that are broken are replaced on the spot.
func (w *World) takeBack(li int, r *rand.Rand, day *Day) {
	for _, b := range w.returns[day.Date] {
		n := &w.Listings[b.listing]
		if n.Location != li {
			continue
		}
		if n.frozen { // the shelf is looked at then; the story would end
			continue
		}
		trade := Partners[w.Locations[li].Partner].Trade
		s := Sale{Listing: b.listing, Kind: sellthrough.ReturnIn, Units: -b.units, Cents: -b.cents, Second: moment(r, trade), More: &More{Of: b.of}}
		if trade == Wholesale {
			s.Buyer = b.buyer
		}
		if b.more != nil {
			*s.More = *b.more
			s.More.Of = b.of
		}
		n.onHand += b.units
		day.Sales = append(day.Sales, s)
		w.explain(&s, r, day)
	}
	if li == len(w.Locations)-1 {
		delete(w.returns, day.Date)
	}
}

// number puts a location's lines in the order of time and gives them documents: neighbours share one.
func (w *World) number(li int, r *rand.Rand, day *Day, first, shipped int) {
	p := &Partners[w.Locations[li].Partner]
	lines := day.Sales[first:]
	free := day.Sales[shipped:]
	slices.SortStableFunc(free, func(a, b Sale) int { return cmp.Compare(a.Second, b.Second) })
	doc, line := int32(0), int32(0)
	split := map[Trade]float64{Wholesale: 0.35, Dealer: 0.5, Store: 0.72, Shop: 0.7, Online: 0.78, Office: 0.45}[p.Trade]
	buyer := ""
	var more *More
	for i := range lines {
		s := &lines[i]
		fresh := i == 0 || r.Float64() < split || (s.Kind == sellthrough.ReturnIn) != (lines[i-1].Kind == sellthrough.ReturnIn)
		switch {
		case first+i < shipped: // a dealer's order: one invoice each
			fresh = i == 0 || s.Buyer != lines[i-1].Buyer || s.Kind != lines[i-1].Kind
		case first+i == shipped:
			fresh = true
		case s.lot != 0 && s.lot == lines[i-1].lot:
			fresh = false
		case s.More != nil || lines[i-1].More != nil && lines[i-1].More != more: // it has a customer of its own
			fresh = true
		}
		if fresh {
			doc, line = doc+1, 0
			more = w.meet(r, li)
			if p.Trade == Wholesale {
				buyer = "K" + digits(100*(li%40)+int(40*r.Float64()*r.Float64()), 5)
			}
		} else {
			s.Second = lines[i-1].Second
		}
		if line++; p.Trade == Wholesale && s.Buyer == "" {
			s.Buyer = buyer
		}
		if s.Doc, s.Line = doc, line; s.More == nil {
			s.More = more
		}
	}
	for i := range lines {
		w.mark(&lines[i], day.Date)
	}
}

// mark gives a line that is sold the serial number of its unit.
func (w *World) mark(s *Sale, d sellthrough.Day) {
	n := &w.Listings[s.Listing]
	if s.Units < 0 || !Serialised(w.Partner(s.Listing), w.Products[n.Product].Line) {
		return
	}
	own := *s.More
	own.Serial = w.again(n, d)
	if own.Serial == "" {
		own.Serial = w.serial(n.Product)
	}
	s.More = &own
	w.remember(s, d)
}
