package world

import "sellthrough"

// Support is marketing money that a partner is given, or that it has used.
type Support struct {
	Partner   int
	Programme string
	Used      bool
	Day       sellthrough.Day
	Cents     int64
	Currency  string
	Line      string
}

// budgets is what a partner is given in a quarter, in cents of its currency, and which part of it it uses.
var budgets = []struct {
	partner int
	cents   int64
	used    int64 // percent
	line    string
}{
	{JadeCrane, 240_000_00, 92, "Notebooks"},
	{NineBridges, 400_000_00, 97, "Notebooks"},
	{Lychee, 60_000_00, 100, "Displays"},
	{NorthLantern, 80_000_00, 55, "Printers"},
	{Pixelwald, 9_000_00, 30, "Displays"},
	{Tamarind, 8_000_00, 80, "Networking"},
	{Bazaarlet, 150_000_00, 99, "Accessories"},
}

// Support of a span of days: given in the second week of a quarter, used in its last two months.
func (w *World) Support(from, to sellthrough.Day) []Support {
	var out []Support
	for d := from; d <= to; d++ {
		y, m, n := d.Time().Date()
		for _, b := range budgets {
			s := Support{Partner: b.partner, Programme: Quarter(d) + " market development", Day: d, Currency: Partners[b.partner].Currency, Line: b.line}
			switch {
			case m%3 == 1 && n == 10:
				s.Cents = b.cents
			case m%3 == 2 && n == 20:
				s.Used, s.Cents = true, b.cents*b.used/100*3/5
			case m%3 == 0 && n == 20:
				s.Used, s.Cents = true, b.cents*b.used/100-b.cents*b.used/100*3/5-int64(hash(uint64(y), uint64(m), uint64(b.partner))%40_000)
			default:
				continue
			}
			out = append(out, s)
		}
	}
	return out
}

// Quarter of a day, as 2026-Q1.
func Quarter(d sellthrough.Day) string {
	y, m, _ := d.Time().Date()
	return digits(y, 4) + "-Q" + digits((int(m)+2)/3, 1)
}

// Prospect is what a location is expected to sell of a line in a month.
type Prospect struct {
	Location, Line int
	Month          sellthrough.Day // its first day
	Units          float64
	Money          float64 // fen of the reporting currency
}

// Expect plans the sales of a span of days as the vendor would, from the demand that it knows of: by location, line and month.
// What is out of stock or comes back is left out by rule of thumb.
func (w *World) Expect(from, to sellthrough.Day) []Prospect {
	type key struct {
		location int
		month    sellthrough.Day
	}
	var out []Prospect
	at := map[key]int{} // of the first line
	add := func(li int, d sellthrough.Day, units, money [5]float64) {
		k := key{li, d - sellthrough.Day(d.Time().Day()) + 1}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			for line := range units {
				out = append(out, Prospect{Location: li, Line: line, Month: k.month})
			}
		}
		for line := range units {
			out[i+line].Units += units[line]
			out[i+line].Money += money[line]
		}
	}
	const step = 7
	for li := range w.Locations {
		l := &w.Locations[li]
		p := &Partners[l.Partner]
		for d := from; d <= to; d += step {
			units, money := w.typicalSales(li, d)
			for e := d; e < d+step && e <= to; e++ { // a week may end in the next month
				climate := w.climateOf(l, p, e)
				add(li, e, scale(units, climate), scale(money, climate))
				if s := w.supplier(l, e); s >= 0 && !w.owned(l, e) { // what it sells was bought there
					add(s, e, scale(units, climate), scale(money, climate*Partners[w.Locations[s].Partner].Level/p.Level))
				}
			}
		}
	}
	return out
}

// typicalSales are the units and the money that a location takes on an average day, by line.
func (w *World) typicalSales(li int, d sellthrough.Day) (units, money [5]float64) {
	l := &w.Locations[li]
	p := &Partners[l.Partner]
	m := w.mixOf(li, d)
	month := d.Time().Month() - 1
	for _, i := range w.of[li] {
		n := &w.Listings[i]
		x := &w.Products[n.Product]
		if !n.Active(d) {
			continue
		}
		off, lift := w.Off(l.Partner, l.Country, n.Product, d)
		u := m.typical(x, d) * season[x.Line][month] * lift * unitsALine(p.Trade, x) * (1 - p.Returns)
		units[x.line] += u
		money[x.line] += u * float64(w.price(n, off, d)) * float64(Rate(l.Currency, d)) / 10_000
	}
	return units, money
}

func scale(v [5]float64, by float64) [5]float64 {
	for i := range v {
		v[i] *= by
	}
	return v
}
