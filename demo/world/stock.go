package world

import (
	"math"
	"math/rand/v2"
	"time"

	"sellthrough"
)

// How many days of sales a trade orders at once, and keeps on top.
var (
	review = map[Trade]float64{Wholesale: 14, Dealer: 10, Store: 9, Shop: 14, Online: 10}
	safety = map[Trade]float64{Wholesale: 7, Dealer: 6, Store: 7, Shop: 8, Online: 7}
	shelf  = map[Trade]float64{Wholesale: 6, Dealer: 1, Store: 2, Shop: 2, Online: 2}
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

// stock fills a shelf for the first time: at the beginning of the history it was there before, later it is a delivery
// of the early morning.
func (w *World) stock(n *Listing, pace float64) {
	p := &Partners[w.Locations[n.Location].Partner]
	n.pace = max(pace, 0.01)
	n.onHand = int32(math.Ceil(n.pace*(float64(w.Locations[n.Location].Lead)+review[p.Trade]+safety[p.Trade])*1.2 + shelf[p.Trade]))
}

// receive books what arrives on a day: one delivery note a location.
func (w *World) receive(day *Day) {
	d := day.Date
	due := w.arrivals[d]
	delete(w.arrivals, d)
	for li := range w.Locations {
		line := int32(0)
		for _, a := range due {
			n := &w.Listings[a.listing]
			if n.Location != li {
				continue
			}
			n.onWay -= a.units
			n.onHand += a.units
			line++
			day.Goods = append(day.Goods, Sale{Listing: a.listing, Kind: sellthrough.SellIn, Units: a.units, Cents: a.cents, Second: 7 * 3600, Doc: 1, Line: line})
		}
	}
}

// order asks for what is running out, and sends back what is no longer sold.
func (w *World) order(li int, r *rand.Rand, day *Day) {
	l := &w.Locations[li]
	p := &Partners[l.Partner]
	d := day.Date
	wd := d.Time().Weekday()
	closed := wd == time.Sunday || l.Country == "CN" && w.spring(d)
	outlook := w.outlook(l, p, d)
	line := int32(0)
	for _, i := range w.of[li] {
		n := &w.Listings[i]
		if d == n.To && n.onHand > 0 {
			line++
			cents := w.cost(n) * int64(n.onHand)
			day.Goods = append(day.Goods, Sale{Listing: i, Kind: sellthrough.ReturnOut, Units: -n.onHand, Cents: -cents, Second: 22*3600 + 1800, Doc: 2, Line: line})
			n.onHand = 0
		}
		if closed || n.frozen || !n.Active(d) || n.To-d < sellthrough.Day(l.Lead+25) {
			continue
		}
		pace := n.pace * outlook
		position := float64(n.onHand + n.onWay)
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
		n.onWay += want
		if l.Supplier >= 0 && w.carries(l.Supplier, n.Product, d) >= 0 {
			w.orders[l.Supplier] = append(w.orders[l.Supplier], parcel{listing: i, units: want})
			continue
		}
		late := 0
		if r.IntN(20) == 0 {
			late = 3 + r.IntN(8)
		}
		w.send(i, want, d+sellthrough.Day(l.Lead+late))
	}
}

// cost is what a location pays for a unit.
func (w *World) cost(n *Listing) int64 {
	l := &w.Locations[n.Location]
	return round(local(float64(w.Products[n.Product].List), l.Currency)*Partners[l.Partner].Buys, Wholesale)
}

// send brings units to a listing on a day on which somebody is there to take them.
func (w *World) send(i int, units int32, due sellthrough.Day) {
	n := &w.Listings[i]
	due = w.withheld(n, due)
	for due.Time().Weekday() == time.Sunday || w.Locations[n.Location].Country == "CN" && w.spring(due) {
		due++
	}
	if due > n.To {
		n.onWay -= units
		return
	}
	w.arrivals[due] = append(w.arrivals[due], parcel{i, units, w.cost(n) * int64(units)})
}

func (w *World) spring(d sellthrough.Day) bool {
	s := d - spring(d.Time().Year())
	return s >= -1 && s <= 6
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

// ship works off what dealers ordered from a warehouse: it sells what it has, and the rest is not delivered.
func (w *World) ship(li int, day *Day) {
	queue := w.orders[li]
	w.orders[li] = nil
	for _, o := range queue {
		dealer := &w.Listings[o.listing]
		units := int32(0)
		if i := w.carries(li, dealer.Product, day.Date); i >= 0 {
			n := &w.Listings[i]
			if units = min(o.units, n.onHand); units > 0 {
				n.onHand -= units
				day.Sales = append(day.Sales, Sale{
					Listing: i, Kind: sellthrough.SellThru, Units: units, Cents: w.price(n, 0, day.Date) * int64(units), Second: 8 * 3600,
					Buyer: w.Locations[dealer.Location].Code,
				})
			}
		}
		dealer.onWay -= o.units - units
		if units > 0 {
			w.send(o.listing, units, day.Date+sellthrough.Day(w.Locations[dealer.Location].Lead))
		}
	}
}
