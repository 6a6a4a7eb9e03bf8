package world

import (
	"math"
	"math/rand/v2"

	"sellthrough"
)

// How many days of sales a trade orders at once, and keeps on top.
var (
	review = map[Trade]float64{Wholesale: 14, Dealer: 10, Store: 9, Shop: 14, Online: 10, Office: 14}
	safety = map[Trade]float64{Wholesale: 7, Dealer: 6, Store: 7, Shop: 8, Online: 7, Office: 12}
	shelf  = map[Trade]float64{Wholesale: 6, Dealer: 1, Store: 2, Shop: 2, Online: 2, Office: 4}
)

type climateKey struct {
	trade   Trade
	country string
}

// climateOf is climate, remembered.
func (w *World) climateOf(l *Location, p *Partner, d sellthrough.Day) float64 {
	k := climateKey{p.Trade, l.Country}
	if w.climates[k] == nil {
		w.climates[k] = map[sellthrough.Day]float64{}
	}
	f, ok := w.climates[k][d]
	if !ok {
		f = w.climate(l, p, d)
		w.climates[k][d] = f
	}
	return f
}

// fill is how many units a shelf begins with.
func (w *World) fill(n *Listing, pace float64) int32 {
	p := &Partners[w.Locations[n.Location].Partner]
	return int32(math.Ceil(max(pace, 0.01)*(float64(w.Locations[n.Location].Lead)+review[p.Trade]+safety[p.Trade])*1.2 + shelf[p.Trade]))
}

// begin stocks a listing on its first day: at the beginning of the history it was there before; later it was ordered in
// time, or it is a delivery of the early morning.
func (w *World) begin(i int, pace float64, day *Day) {
	n := &w.Listings[i]
	n.pace = max(pace, 0.01)
	if n.announced {
		return
	}
	units := w.fill(n, pace)
	n.onHand += units
	if day.Date == w.First {
		return
	}
	kind := sellthrough.SellIn
	if w.owned(&w.Locations[n.Location], day.Date) {
		kind = sellthrough.Transfer
	}
	day.Goods = append(day.Goods, Sale{
		Listing: i, Kind: kind, Units: units, Cents: w.cost(n, day.Date) * int64(units), Second: 7 * 3600, Doc: 3,
		Line: w.route.line(paper("first", day.Date, n.Location)),
	})
}

// announce orders what a location will begin to sell when its lead time is over.
func (w *World) announce(day *Day) {
	d := day.Date
	for _, i := range take(w.launches, d) {
		n := &w.Listings[i]
		x := &w.Products[n.Product]
		units := w.fill(n, w.mixOf(n.Location, n.From).typical(x, n.From)*unitsALine(Partners[w.Partner(i)].Trade, x))
		n.announced = true
		w.want(i, units, day, n.From, true)
	}
}

// want orders units for a listing where it gets them.
func (w *World) want(i int, units int32, day *Day, due sellthrough.Day, sure bool) {
	n := &w.Listings[i]
	s := w.supplier(&w.Locations[n.Location], day.Date)
	if s < 0 {
		w.ask(i, units, day, due, sure)
		return
	}
	n.onOrder += units
	o := parcel{listing: i, units: units, cents: w.cost(n, day.Date)}
	if w.told(day.Date) && !w.owned(&w.Locations[n.Location], day.Date) {
		o.order = paper("XD", day.Date, n.Location)
		o.line = w.route.line(o.order)
		w.dealt(day, s, sellthrough.Ordered, &o, units)
	}
	w.orders[s] = append(w.orders[s], o)
}

// dealt notes what a distributor says of a dealer's order.
func (w *World) dealt(day *Day, s int, kind sellthrough.Kind, o *parcel, units int32) {
	if o.order == "" || units == 0 {
		return
	}
	c := consignment{listing: o.listing, from: s, price: o.cents}
	w.say(day, w.Locations[s].Partner, kind, &c, units, o.order, o.line, "")
}

// order asks for what is running out, and sends back what is no longer sold.
func (w *World) order(li int, r *rand.Rand, day *Day) {
	l := &w.Locations[li]
	p := &Partners[l.Partner]
	d := day.Date
	closed := rest(l.Country, d)
	outlook := w.outlook(l, p, d)
	line := int32(0)
	for _, i := range w.of[li] {
		n := &w.Listings[i]
		if d == n.To && n.onHand > 0 {
			line++
			w.sendBack(i, day, line)
		}
		if closed || n.frozen || !n.Active(d) || n.To-d < sellthrough.Day(l.Lead+25) {
			continue
		}
		pace := n.pace * outlook
		position := float64(n.onHand + n.onOrder + n.onWay)
		if position > pace*(float64(l.Lead)+safety[p.Trade])+shelf[p.Trade]/2 {
			continue
		}
		want := int32(math.Ceil(pace*(float64(l.Lead)+review[p.Trade]+safety[p.Trade]) + shelf[p.Trade] - position))
		if pack := int32(w.Products[n.Product].Pack); p.Trade == Wholesale && pack > 1 {
			want = (want + pack - 1) / pack * pack
		}
		if want <= 0 {
			continue
		}
		late := 0
		if r.IntN(20) == 0 {
			late = 3 + r.IntN(8)
		}
		w.want(i, want, day, w.withheld(n, d+sellthrough.Day(l.Lead+late)), false)
	}
}

// outlook is how much more than of late the coming two weeks will sell.
func (w *World) outlook(l *Location, p *Partner, d sellthrough.Day) float64 {
	ahead := 0.0
	for i := sellthrough.Day(1); i <= 14; i++ {
		ahead += w.climateOf(l, p, d+i)
	}
	return min(max(ahead/14, 0.4), 2.2)
}

// carries finds a warehouse's listing of a product; -1: it has none.
func (w *World) carries(li, product int, d sellthrough.Day) int {
	for _, i := range w.of[li] {
		if n := &w.Listings[i]; n.Product == product && n.Active(d) {
			return i
		}
	}
	return -1
}

// ship works off what was ordered from a warehouse: it sells what it has, or sends it to an office of its own, and the rest
// is not delivered. What dealers no longer sell comes back.
func (w *World) ship(li int, day *Day) {
	queue, back := w.orders[li], w.backlog[li]
	w.orders[li], w.backlog[li] = nil, nil
	for _, o := range queue {
		to := &w.Listings[o.listing]
		l := &w.Locations[to.Location]
		d := day.Date
		units := int32(0)
		if i := w.carries(li, to.Product, d); i >= 0 && w.supplier(l, d) == li {
			n := &w.Listings[i]
			n.pace += 0.06 * float64(o.units)
			units = min(o.units, n.onHand)
			w.hand(i, units, &o, day)
		}
		to.onOrder -= o.units
		w.dealt(day, li, sellthrough.Confirmed, &o, units)
		w.dealt(day, li, sellthrough.Cancelled, &o, o.units-units)
	}
	for _, b := range back {
		if i := w.carries(li, w.Listings[b.listing].Product, day.Date); i >= 0 {
			w.Listings[i].onHand += b.units
			day.Sales = append(day.Sales, Sale{
				Listing: i, Kind: sellthrough.ReturnIn, Units: -b.units, Cents: -b.cents, Second: 8 * 3600, Buyer: w.Locations[w.Listings[b.listing].Location].Code,
			})
		}
	}
}

// hand sends units of a warehouse's listing to whoever ordered them.
func (w *World) hand(i int, units int32, o *parcel, day *Day) {
	if units == 0 {
		return
	}
	n, to := &w.Listings[i], &w.Listings[o.listing]
	l := &w.Locations[to.Location]
	d := day.Date
	n.onHand -= units
	to.onWay += units
	c := consignment{listing: o.listing, units: units, from: n.Location, owned: w.owned(l, d), told: w.told(d), due: working(l.Country, d+sellthrough.Day(l.Lead))}
	if c.due > to.To {
		c.due = to.To
	}
	if c.owned {
		c.price = w.cost(to, d)
		day.Goods = append(day.Goods, Sale{
			Listing: i, Kind: sellthrough.Transfer, Units: -units, Cents: -c.price * int64(units), Second: 8 * 3600, Doc: 4,
			Line: w.route.line(paper("out", d, n.Location)),
		})
		if c.told {
			c.note = paper("TE", d, to.Location)
			w.say(day, w.Locations[n.Location].Partner, sellthrough.Sent, &c, units, c.note, w.route.line(c.note), "")
		}
	} else {
		price := w.price(n, 0, d)
		c.price = price
		day.Sales = append(day.Sales, Sale{Listing: i, Kind: sellthrough.SellThru, Units: units, Cents: price * int64(units), Second: 8 * 3600, Buyer: l.Code})
	}
	w.route.shipped[c.due] = append(w.route.shipped[c.due], c)
}
