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

	origin   sellthrough.Day // of growth
	next     sellthrough.Day
	of       [][]int // listings by location
	climates map[climateKey]map[sellthrough.Day]float64
	arrivals map[sellthrough.Day][]parcel
	returns  map[sellthrough.Day][]parcel
	orders   [][]parcel // by warehouse: what dealers ordered and it has not shipped yet
	closing  []int32
	incoming []int32
}

// Listing is a product that a location sells.
type Listing struct {
	Location, Product int
	From, To          sellthrough.Day // inclusive
	onHand, onWay     int32
	pace              float64 // units a day, smoothed
	frozen            bool
}

// parcel is units on their way to a listing, or back to it.
type parcel struct {
	listing int
	units   int32
	cents   int64 // for all of them
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
}

// Day is what happened on a business day.
type Day struct {
	Date     sellthrough.Day
	Sales    []Sale  // by location, then time
	Goods    []Sale  // sell_in and return_out
	OnHand   []int32 // by listing, when the day closes; -1: not listed
	Incoming []int32 // by listing, ordered and not yet there
}

// Never is the end of what has none.
const Never = sellthrough.Day(120529) // 2299-12-31

// New makes a world before its first day.
func New(o Options) *World {
	w := &World{
		Options: o, Products: catalog(o.Seed, o.Opening), Locations: buildLocations(), origin: o.Opening - 730, next: o.First,
		climates: map[climateKey]map[sellthrough.Day]float64{}, arrivals: map[sellthrough.Day][]parcel{}, returns: map[sellthrough.Day][]parcel{},
	}
	w.of = make([][]int, len(w.Locations))
	w.orders = make([][]parcel, len(w.Locations))
	w.stage()
	w.list()
	w.closing, w.incoming = make([]int32, len(w.Listings)), make([]int32, len(w.Listings))
	return w
}

// Next is the day that Step will make.
func (w *World) Next() sellthrough.Day { return w.next }

// Partner of a listing.
func (w *World) Partner(listing int) int { return w.Locations[w.Listings[listing].Location].Partner }

// At lists the listings of a location.
func (w *World) At(location int) []int { return w.of[location] }

// ranged is the share of the catalogue that a trade's locations carry.
var ranged = map[Trade]float64{Wholesale: 0.72, Dealer: 0.52, Store: 0.58, Shop: 0.5, Online: 0.7}

// list decides which location carries which product, and when.
func (w *World) list() {
	for li := range w.Locations {
		l := &w.Locations[li]
		p := &Partners[l.Partner]
		opens := w.Opens(li)
		for pi := range w.Products {
			x := &w.Products[pi]
			popular := 1 - float64(x.rank)/float64(Lines[x.line].products)
			chance := ranged[p.Trade] * (0.5 + 0.75*popular) * (0.85 + 0.15*l.Size)
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
			if n.To < opens || n.From > w.Opening+400 {
				continue
			}
			n.From = max(n.From, opens)
			w.of[li] = append(w.of[li], len(w.Listings))
			w.Listings = append(w.Listings, n)
		}
	}
}

// Active says whether a listing is carried on a day.
func (n *Listing) Active(d sellthrough.Day) bool { return d >= n.From && d <= n.To }

// Step makes the next day. The slices of the day by listing hold until the step after it.
func (w *World) Step() *Day {
	d := w.next
	w.next++
	day := &Day{Date: d, OnHand: w.closing, Incoming: w.incoming}
	w.receive(day)
	for li := range w.Locations {
		w.open(li, day)
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
