package world

import (
	"sellthrough"
)

// count lives what moves between the shelves of one owner, and what a count of the shelves finds: the chain helps a store
// out with what another in its territory has too much of, counts its stores once a month and says what is missing; and in
// one of the distributor's warehouses goods are gone that nobody books out.
func (w *World) count(day *Day) {
	d := day.Date
	if w.told(d) && !rest("CN", d) {
		w.help(day)
	}
	for li := range w.Locations {
		l := &w.Locations[li]
		switch {
		case l.Partner == NineBridges && d.Time().Day() == 2+li%25 && d > w.First:
			w.find(li, 2, day)
		case li == w.Stories.Leaky && d == w.Opening+LeakOn:
			w.find(li, 9, day)
		}
	}
}

// find takes units of some of a location's products off the books.
func (w *World) find(li, products int, day *Day) {
	r := Dice(w.Seed, 0xf1d, uint64(li), uint64(day.Date))
	from := r.IntN(len(w.of[li]))
	line := int32(0)
	for k := range w.of[li] {
		i := w.of[li][(from+k)%len(w.of[li])]
		n := &w.Listings[i]
		if int(line) == products {
			return
		}
		if !n.Active(day.Date) || n.frozen || n.onHand < 3 {
			continue
		}
		line++
		units := 1 + r.Int32N(max(1, n.onHand/6))
		n.onHand -= units
		day.Goods = append(day.Goods, Sale{
			Listing: i, Kind: sellthrough.Adjustment, Units: -units, Cents: -w.cost(n, day.Date) * int64(units), Second: 22 * 3600, Doc: 5, Line: line,
		})
	}
}

// help sends some units from stores of the chain that have plenty to those of the same territory that have none.
func (w *World) help(day *Day) {
	d := day.Date
	r := Dice(w.Seed, 0x4e1, uint64(d))
	var stores []int
	for li := range w.Locations {
		if w.Locations[li].Partner == NineBridges {
			stores = append(stores, li)
		}
	}
	for range 40 {
		to, from := stores[r.IntN(len(stores))], stores[r.IntN(len(stores))]
		k := r.IntN(1 << 20)
		if to == from || w.Locations[to].Territory != w.Locations[from].Territory || len(w.of[to]) == 0 {
			continue
		}
		for j := range w.of[to] {
			i := w.of[to][(k+j)%len(w.of[to])]
			n := &w.Listings[i]
			if !n.Active(d) || n.onHand > 0 || n.frozen || n.To < d+10 || w.Stories.starves(n.Product) {
				continue
			}
			if s := w.carries(from, n.Product, d); s >= 0 && w.Listings[s].onHand >= 6 && !w.Listings[s].frozen {
				w.lend(s, i, day)
				break
			}
		}
	}
}

// lend sends a third of what one listing has to another.
func (w *World) lend(from, to int, day *Day) {
	d := day.Date
	a, b := &w.Listings[from], &w.Listings[to]
	units := a.onHand / 3
	a.onHand -= units
	b.onWay += units
	c := consignment{listing: to, units: units, price: w.cost(b, d), from: a.Location, due: working("CN", d+2), told: true, owned: true}
	if share(w.Seed, 0x1e4d, uint64(to), uint64(d)) < 0.05 {
		c.lost = 1
	}
	c.note = paper("UL", d, a.Location)
	line := w.route.line(c.note)
	day.Goods = append(day.Goods, Sale{
		Listing: from, Kind: sellthrough.Transfer, Units: -units, Cents: -c.price * int64(units), Second: 21*3600 + 1800, Doc: 6, Line: line,
	})
	w.say(day, NineBridges, sellthrough.Sent, &c, units, c.note, line, "")
	w.route.shipped[c.due] = append(w.route.shipped[c.due], c)
}
