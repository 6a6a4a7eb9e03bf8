package world

import (
	"cmp"
	"slices"
	"time"

	"sellthrough"
)

// Flow is what somebody says of goods, money or service beside sales and stock.
type Flow struct {
	By       int // the partner that says it
	Kind     sellthrough.Kind
	Place    int // its location; -1: of none
	Product  int // -1: of none
	Units    int32
	Cents    int64
	Currency string
	Second   int32
	Line     int32
	Other    string // the other side: a location's code, a partner's id, or the vendor's number of a debtor
	More     *More
}

// ToldFrom is how many days before the opening day the vendor's own system began to tell of orders, deliveries, money and
// service. What was ordered before goes on without a word.
const ToldFrom = 300

// told says whether orders of a day are told of.
func (w *World) told(d sellthrough.Day) bool { return d >= w.Opening-ToldFrom && d >= w.First }

// consignment is units on their way from an order to a shelf.
type consignment struct {
	listing     int
	units, lost int32
	price       int64  // of a unit, in cents of the location's currency
	from        int    // the location that sends them; -1: the vendor's warehouse
	order, note string // documents; empty: nobody tells of it
	orderLine   int32
	due         sellthrough.Day
	told        bool
	owned       bool // it stays the vendor's: moved, not sold
	sure        bool // promised as it was ordered, and in time
	cut         bool // it was not promised as it was ordered
}

// route is what is ordered, about to leave, and about to arrive, by day.
type route struct {
	asked, packed, shipped map[sellthrough.Day][]consignment
	lines                  map[string]int32 // so far, of a document of the day
}

func newRoute() route {
	return route{
		asked: map[sellthrough.Day][]consignment{}, packed: map[sellthrough.Day][]consignment{}, shipped: map[sellthrough.Day][]consignment{},
		lines: map[string]int32{},
	}
}

// line numbers the lines of a document.
func (r *route) line(doc string) int32 {
	r.lines[doc]++
	return r.lines[doc]
}

// paper is a document's number: what it is, its day, and a location.
func paper(what string, d sellthrough.Day, li int) string {
	return what + d.Time().Format("060102") + "-" + digits(li, 2)
}

// rest says whether a warehouse is closed on a day.
func rest(country string, d sellthrough.Day) bool {
	if d.Time().Weekday() == time.Sunday {
		return true
	}
	s := d - spring(d.Time().Year())
	return country == "CN" && s >= -1 && s <= 6
}

// working is the first day not before d on which a warehouse works.
func working(country string, d sellthrough.Day) sellthrough.Day {
	for rest(country, d) {
		d++
	}
	return d
}

// ask orders units of the vendor, for a day.
func (w *World) ask(i int, units int32, day *Day, due sellthrough.Day, sure bool) {
	n := &w.Listings[i]
	l := &w.Locations[n.Location]
	d := day.Date
	n.onOrder += units
	c := consignment{listing: i, units: units, price: w.cost(n, d), from: -1, due: due, told: w.told(d), owned: w.owned(l, d), sure: sure}
	if c.told && !c.owned {
		c.order = paper("SO", d, n.Location)
		c.orderLine = w.route.line(c.order)
		w.say(day, Head, sellthrough.Ordered, &c, units, c.order, c.orderLine, "")
	}
	at := working("CN", d+1)
	w.route.asked[at] = append(w.route.asked[at], c)
}

// say notes a word of the vendor, or of who sends in its stead, about a consignment.
func (w *World) say(day *Day, by int, kind sellthrough.Kind, c *consignment, units int32, doc string, line int32, refers string) {
	n := &w.Listings[c.listing]
	l := &w.Locations[n.Location]
	f := Flow{
		By: by, Kind: kind, Place: c.from, Product: n.Product, Units: units, Cents: c.price * int64(units), Currency: l.Currency,
		Second: 9 * 3600, Line: line, Other: l.Code, More: &More{Document: doc, RefersTo: refers},
	}
	day.Flows = append(day.Flows, f)
}

// move lives a day of the goods on their way: orders are confirmed, what is ready leaves, what is due arrives.
func (w *World) move(day *Day) {
	clear(w.route.lines)
	d := day.Date
	for _, c := range take(w.route.asked, d) {
		w.confirm(c, day)
	}
	out := take(w.route.packed, d)
	slices.SortStableFunc(out, func(a, b consignment) int {
		return cmp.Compare(w.Listings[a.listing].Location, w.Listings[b.listing].Location)
	})
	for i := range out {
		w.leave(&out[i], day)
	}
	w.bill(out, day)
	in := take(w.route.shipped, d)
	slices.SortStableFunc(in, func(a, b consignment) int {
		return cmp.Compare(w.Listings[a.listing].Location, w.Listings[b.listing].Location)
	})
	for i := range in {
		w.arrive(&in[i], day)
	}
}

func take[T any](m map[sellthrough.Day][]T, d sellthrough.Day) []T {
	out := m[d]
	delete(m, d)
	return out
}

// confirm promises what was ordered, or less.
func (w *World) confirm(c consignment, day *Day) {
	n := &w.Listings[c.listing]
	d := day.Date
	if c.order != "" {
		promised := c.units
		if x := share(w.Seed, 0xcf, uint64(c.listing), uint64(d)); !c.sure && x < 0.015 {
			promised = 0
		} else if !c.sure && x < 0.045 {
			promised = c.units * 4 / 5
		}
		if promised > 0 {
			w.say(day, Head, sellthrough.Confirmed, &c, promised, c.order, c.orderLine, "")
		}
		if promised < c.units {
			w.say(day, Head, sellthrough.Cancelled, &c, c.units-promised, c.order, c.orderLine, "")
			n.onOrder -= c.units - promised
			c.cut = true
		}
		if c.units = promised; promised == 0 {
			return
		}
	}
	at := max(d, working("CN", c.due-w.transit(n.Location)))
	w.route.packed[at] = append(w.route.packed[at], c)
}

// transit is how many days goods of the vendor are under way.
func (w *World) transit(li int) sellthrough.Day { return sellthrough.Day(w.Locations[li].Lead*2/3 + 1) }

// leave sends a consignment from the vendor's warehouse.
func (w *World) leave(c *consignment, day *Day) {
	n := &w.Listings[c.listing]
	l := &w.Locations[n.Location]
	d := day.Date
	n.onOrder -= c.units
	c.due = max(c.due, d+1)
	if c.due = working(l.Country, w.detained(l, d, c.due)); c.due > n.To { // it would come too late
		if c.order != "" {
			line := c.orderLine
			if c.cut { // of which a part was cancelled before
				line += 500
			}
			w.say(day, Head, sellthrough.Cancelled, c, c.units, c.order, line, "")
		}
		c.units = 0
		return
	}
	if x := share(w.Seed, 0x105, uint64(c.listing), uint64(d)); !c.sure && c.told && x < 0.006 {
		c.lost = 1 + c.units/5
	}
	if c.told {
		kind, what := sellthrough.Shipped, "DN"
		if c.owned {
			kind, what = sellthrough.Sent, "TN"
		}
		c.note = paper(what, d, n.Location)
		w.say(day, Head, kind, c, c.units, c.note, w.route.line(c.note), c.order)
	}
	n.onWay += c.units
	w.route.shipped[c.due] = append(w.route.shipped[c.due], *c)
}

// arrive puts a consignment on the shelf.
func (w *World) arrive(c *consignment, day *Day) {
	n := &w.Listings[c.listing]
	l := &w.Locations[n.Location]
	d := day.Date
	units := c.units - c.lost
	n.onWay -= c.units
	if units == 0 {
		return
	}
	n.onHand += units
	kind, said := sellthrough.SellIn, sellthrough.Received
	if c.owned {
		kind, said = sellthrough.Transfer, sellthrough.Arrived
	}
	day.Goods = append(day.Goods, Sale{
		Listing: c.listing, Kind: kind, Units: units, Cents: c.price * int64(units), Second: 7 * 3600, Doc: 1, Line: w.route.line(paper("in", d, n.Location)),
	})
	w.protect(c.listing, units, d)
	if !c.told || c.from >= 0 && !c.owned { // a distributor's delivery is in its invoice
		return
	}
	other := Partners[Head].ID
	if c.from >= 0 {
		other = w.Locations[c.from].Code
	}
	doc := paper("WE", d, n.Location)
	day.Flows = append(day.Flows, Flow{
		By: l.Partner, Kind: said, Place: n.Location, Product: n.Product, Units: units, Cents: c.price * int64(units), Currency: l.Currency, Second: 7 * 3600,
		Line: w.route.line(doc), Other: other, More: &More{Document: doc, RefersTo: c.note},
	})
	if c.lost > 0 && said == sellthrough.Received {
		w.credit(d+8, l.Partner, l.Currency, c.price*int64(c.lost), invoiceOf(c.note), "lost in transit")
	}
}

// sendBack returns what a location no longer sells.
func (w *World) sendBack(i int, day *Day, line int32) {
	n := &w.Listings[i]
	l := &w.Locations[n.Location]
	d := day.Date
	units, cents := n.onHand, w.cost(n, d)*int64(n.onHand)
	n.onHand = 0
	kind := sellthrough.ReturnOut
	if w.owned(l, d) {
		kind = sellthrough.Transfer
	}
	day.Goods = append(day.Goods, Sale{Listing: i, Kind: kind, Units: -units, Cents: -cents, Second: 22*3600 + 1800, Doc: 2, Line: line})
	switch s := w.supplier(l, d); {
	case s >= 0 && kind == sellthrough.ReturnOut:
		w.backlog[s] = append(w.backlog[s], parcel{listing: i, units: units, cents: cents})
	case !w.told(d):
	case kind == sellthrough.ReturnOut:
		w.credit(d+12, l.Partner, l.Currency, cents, paper("RT", d, n.Location), "returned")
	default:
		other := Partners[Head].ID
		doc := paper("TB", d, n.Location)
		f := Flow{
			By: l.Partner, Kind: sellthrough.Sent, Place: n.Location, Product: n.Product, Units: units, Cents: cents, Currency: l.Currency,
			Second: 22*3600 + 1800, Line: line, Other: other, More: &More{Document: doc},
		}
		day.Flows = append(day.Flows, f)
		back := f
		back.By, back.Kind, back.Place, back.Other = Head, sellthrough.Arrived, -1, l.Code
		w.later(working("CN", d+w.transit(n.Location)), back)
	}
}

// later says something on a later day.
func (w *World) later(d sellthrough.Day, f Flow) { w.laters[d] = append(w.laters[d], f) }
