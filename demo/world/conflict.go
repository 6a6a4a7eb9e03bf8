package world

import (
	"math/rand/v2"
	"time"

	"sellthrough"
)

// raided is what became of the unit that is sold twice.
type raided struct {
	product int
	serial  string
	again   bool
}

// raid sells lots of the raider to resellers far outside its territory, below what it paid: it hopes for a rebate on its
// purchases (窜货).
func (w *World) raid(li int, r *rand.Rand, day *Day) {
	d := day.Date
	wd := d.Time().Weekday()
	if li != w.Stories.Raider || d < w.Opening+RaidFrom || d > w.Opening+RaidTo || wd != time.Tuesday && wd != time.Friday {
		return
	}
	lots := 1 + r.IntN(2)
	from := r.IntN(len(w.of[li]))
	for k := range w.of[li] {
		i := w.of[li][(from+k)%len(w.of[li])]
		n := &w.Listings[i]
		x := &w.Products[n.Product]
		if lots == 0 {
			return
		}
		if !n.Active(d) || n.onHand < 4 || x.line > 1 {
			continue
		}
		lots--
		units := min(n.onHand-1, 4+r.Int32N(7))
		price := round(float64(x.ListOn(d))*(0.68+0.04*r.Float64()), Dealer)
		to := []struct{ customer, province string }{{"6699100001", "浙江"}, {"6699100002", "江苏"}, {"6699100003", "湖北"}}[r.IntN(3)]
		s := Sale{
			Listing: i, Kind: sellthrough.SellOut, Units: units, Cents: price * int64(units), Second: 17*3600 + r.Int32N(3600),
			More: &More{Customer: to.customer, Segment: "enterprise", Salesperson: codes[Lychee].vendor + digits(10*(li%10)+3, 3), Destination: to.province},
		}
		n.onHand -= units
		n.pace += 0.03 * float64(units) // it orders them again
		if x.line == 1 {
			w.lots++
			s.lot = w.lots
			day.Sales = append(day.Sales, s)
			continue
		}
		w.sell(day, s)
	}
}

// again is the serial number of a unit that was sold before, where a listing of the marketplace sells it once more;
// empty: it sells a unit of its own.
func (w *World) again(n *Listing, d sellthrough.Day) string {
	l := &w.Locations[n.Location]
	t := &w.raided
	if t.serial == "" || t.again || n.Product != t.product || l.Partner != Bazaarlet || l.Country != "CN" || d < w.Opening+TwiceAgain {
		return ""
	}
	t.again = true
	return t.serial
}

// remember keeps the serial number that will be sold twice: the first one of the raider, of a product that the marketplace
// has, too.
func (w *World) remember(s *Sale, d sellthrough.Day) {
	n := &w.Listings[s.Listing]
	w.desk.sold(w, s, d)
	if w.raided.serial != "" || n.Location != w.Stories.Raider || d < w.Opening+TwiceFrom || Territory(s.More.Destination) == "CN-South" {
		return
	}
	for li := range w.Locations {
		if l := &w.Locations[li]; l.Partner == Bazaarlet && l.Country == "CN" && w.carries(li, n.Product, w.Opening) >= 0 {
			w.raided = raided{product: n.Product, serial: s.More.Serial}
		}
	}
}
