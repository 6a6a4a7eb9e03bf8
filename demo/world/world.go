// Package world is the channel that the demo stands for: partners, places, products, and what happens there day by day.
// Shops sell by chance around a demand with season, weekday, festivals, promotions, launches and ends of life; shelves
// empty and are filled again from warehouses and the vendor. It is pure: the same options give the same days, whatever
// the clock says and however often they are asked for. It knows nothing of files; package reports turns days into what
// partners send.
package world

import (
	"sellthrough"
)

// Options of a world.
type Options struct {
	Seed    uint64
	First   sellthrough.Day // of the history
	Opening sellthrough.Day // the day on which the demo was first started; stories and the catalogue hang on it
}

// World is the channel on its way through the days.
type World struct {
	Options
	Products  []Product
	Locations []Location
	Listings  []Listing
	Stories   Stories
	Cuts      []Cut

	origin   sellthrough.Day // of growth
	next     sellthrough.Day
	of       [][]int // listings by location
	climates map[climateKey]map[sellthrough.Day]float64
	returns  map[sellthrough.Day][]parcel
	orders   [][]parcel                // by warehouse: what was ordered from it and it has not shipped yet
	backlog  [][]parcel                // by warehouse: what dealers no longer sell
	launches map[sellthrough.Day][]int // listings, by when they are ordered for the first time
	laters   map[sellthrough.Day][]Flow
	route    route
	accounts accounts
	desk     desk
	raided   raided
	serials  []int32 // so far, by product
	lots     int32
	closing  []int32
	incoming []int32
}

// Listing is a product that a location sells.
type Listing struct {
	Location, Product int
	From, To          sellthrough.Day // inclusive
	onHand            int32
	onOrder, onWay    int32   // not yet shipped, shipped
	pace              float64 // units a day, smoothed
	announced         bool    // its first units were ordered before its first day
	frozen            bool
}

// parcel is units that are ordered for a listing, or that come back to it.
type parcel struct {
	listing int
	units   int32
	cents   int64 // of a return for all of them; of an order for one
	of      Paper // of a return: what they were sold by
	more    *More
	buyer   string
	order   string // of an order: its number, where it is told of
	line    int32
}

// Sale is a line of a receipt, an invoice or a delivery note.
type Sale struct {
	Listing int
	Kind    sellthrough.Kind
	Units   int32  // signed
	Cents   int64  // signed, in the location's currency
	Second  int32  // of the day, on the location's clock
	Doc     int32  // number within the location's day, from 1
	Line    int32  // within the document, from 1
	Buyer   string // wholesale only: the vendor's code of the location that bought, or the seller's of a customer
	More    *More  // nil: nothing

	lot int32 // lines of one lot stay together
}

// Day is what happened on a business day.
type Day struct {
	Date     sellthrough.Day
	Sales    []Sale  // by location, then time
	Goods    []Sale  // all else that moved stock: sell_in, return_out, transfer, adjustment
	Flows    []Flow  // what was said of goods, money and service
	OnHand   []int32 // by listing, when the day closes; -1: not listed
	Incoming []int32 // by listing, shipped and not yet there
}

// Never is the end of what has none.
const Never = sellthrough.Day(120529) // 2299-12-31

// New makes a world before its first day.
func New(o Options) *World {
	w := &World{
		Options: o, Products: catalog(o.Seed, o.Opening), Locations: buildLocations(), origin: o.Opening - 730, next: o.First,
		climates: map[climateKey]map[sellthrough.Day]float64{}, returns: map[sellthrough.Day][]parcel{},
		launches: map[sellthrough.Day][]int{}, laters: map[sellthrough.Day][]Flow{}, route: newRoute(),
	}
	w.of = make([][]int, len(w.Locations))
	w.orders, w.backlog = make([][]parcel, len(w.Locations)), make([][]parcel, len(w.Locations))
	w.serials = make([]int32, len(w.Products))
	w.stage()
	w.lower()
	w.list()
	w.closing, w.incoming = make([]int32, len(w.Listings)), make([]int32, len(w.Listings))
	w.accounts.open(w)
	return w
}

// Next is the day that Step will make.
func (w *World) Next() sellthrough.Day { return w.next }

// Partner of a listing.
func (w *World) Partner(listing int) int { return w.Locations[w.Listings[listing].Location].Partner }

// At lists the listings of a location.
func (w *World) At(location int) []int { return w.of[location] }

// ranged is the share of the catalogue that a trade's locations carry.
var ranged = map[Trade]float64{Wholesale: 0.76, Dealer: 0.64, Store: 0.58, Shop: 0.5, Online: 0.7, Office: 0.34}

// breadth is what share of what it may sell a partner carries.
func breadth(partner int) float64 {
	switch {
	case only[partner] != "":
		return 0.8
	case partner == East: // it supplies its offices
		return 0.55
	}
	return ranged[Partners[partner].Trade]
}

// list decides which location carries which product, and when.
func (w *World) list() {
	for li := range w.Locations {
		l := &w.Locations[li]
		opens := w.Opens(li)
		for pi := range w.Products {
			x := &w.Products[pi]
			if o := only[l.Partner]; o != "" && o != x.Line {
				continue
			}
			popular := 1 - float64(x.rank)/float64(Lines[x.line].products)
			chance := breadth(l.Partner) * (0.5 + 0.75*popular) * (0.85 + 0.15*l.Size)
			if share(w.Seed, 0x11, uint64(li), uint64(pi)) > chance && !w.Stories.carried(w, li, pi) {
				continue
			}
			n := Listing{Location: li, Product: pi, From: x.Launch + sellthrough.Day(hash(w.Seed, 0x12, uint64(li), uint64(pi))%12), To: Never}
			if x.Line == "Displays" && w.Stories.fresh(pi) {
				n.From = x.Launch
			}
			if x.End != 0 {
				n.To = x.End + sellthrough.Day(hash(w.Seed, 0x13, uint64(li), uint64(pi))%45)
			}
			if s := l.Supplier; s >= 0 && !w.within(&n, s) || n.To < opens || n.From > w.Opening+400 {
				continue
			}
			n.From = max(n.From, opens)
			if before := n.From - sellthrough.Day(l.Lead); before > w.First {
				w.launches[before] = append(w.launches[before], len(w.Listings))
			}
			w.of[li] = append(w.of[li], len(w.Listings))
			w.Listings = append(w.Listings, n)
		}
	}
}

// within keeps a listing to the time in which a warehouse has the product; false: it never has.
func (w *World) within(n *Listing, warehouse int) bool {
	for _, i := range w.of[warehouse] {
		if s := &w.Listings[i]; s.Product == n.Product {
			if s.From > w.First {
				n.From = max(n.From, s.From+sellthrough.Day(w.Locations[n.Location].Lead)+3)
			}
			n.To = min(n.To, s.To-14)
			return n.From < n.To
		}
	}
	return false
}

// Active says whether a listing is carried on a day.
func (n *Listing) Active(d sellthrough.Day) bool { return d >= n.From && d <= n.To }

// Step makes the next day. The slices of the day by listing hold until the step after it.
func (w *World) Step() *Day {
	d := w.next
	w.next++
	day := &Day{Date: d, OnHand: w.closing, Incoming: w.incoming}
	w.move(day)
	w.swap(day)
	w.announce(day)
	for li := range w.Locations {
		w.open(li, day)
	}
	w.count(day)
	w.account(day)
	w.answer(day)
	for _, f := range take(w.laters, d) {
		if f.Kind == sellthrough.Credited {
			f.Line = w.route.line(f.More.Document)
		}
		day.Flows = append(day.Flows, f)
	}
	for i := range w.Listings {
		n := &w.Listings[i]
		w.closing[i], w.incoming[i] = -1, -1
		if n.Active(d) {
			w.closing[i], w.incoming[i] = n.onHand, n.onWay
		}
	}
	return day
}

// OnHandAt is what a listing had on hand at a second of the day, by its own clock.
func (d *Day) OnHandAt(listing int, second int32) int32 {
	units := d.OnHand[listing]
	for i := range d.Sales {
		if s := &d.Sales[i]; s.Listing == listing && s.Second > second {
			units += s.Units
		}
	}
	for i := range d.Goods {
		if s := &d.Goods[i]; s.Listing == listing && s.Second > second {
			units -= s.Units
		}
	}
	return units
}

// Opens is the first day of a location.
func (w *World) Opens(location int) sellthrough.Day {
	if after := w.Locations[location].OpensAfter; after > 0 {
		return max(w.First, w.origin+sellthrough.Day(after))
	}
	return w.First
}
