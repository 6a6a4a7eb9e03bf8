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
	{JadeCrane, 240_000_00, 92, "Notebooks"}, {NineBridges, 400_000_00, 97, "Notebooks"}, {Lychee, 60_000_00, 100, "Displays"},
	{NorthLantern, 80_000_00, 55, "Printers"}, {Pixelwald, 9_000_00, 30, "Displays"}, {Tamarind, 8_000_00, 80, "Networking"}, {Bazaarlet, 150_000_00, 99, "Accessories"},
}

// Support of a span of days: given in the second week of a quarter, used in its last two months.
func (w *World) Support(from, to sellthrough.Day) []Support {
	var out []Support
	for d := from; d <= to; d++ {
		y, m, n := d.Time().Date()
		for _, b := range budgets {
			s := Support{Partner: b.partner, Programme: quarter(d) + " market development", Day: d, Currency: Partners[b.partner].Currency, Line: b.line}
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

// quarter is a day's, as 2026-Q1.
func quarter(d sellthrough.Day) string {
	y, m, _ := d.Time().Date()
	return digits(y, 4) + "-Q" + digits((int(m)+2)/3, 1)
}

// Prospect is what a partner is expected to sell of a line in a month.
type Prospect struct {
	Partner, Line int
	Month         sellthrough.Day // its first day
	Units         float64
	Money         float64 // fen of the reporting currency
}

// Expect plans the sales of whole months as the vendor would, from the demand that it knows of: by partner, line and month. What
// is out of stock or comes back is left out by rule of thumb.
func (w *World) Expect(from, to sellthrough.Day) []Prospect {
	type key struct {
		partner, line int
		month         sellthrough.Day
	}
	at := map[key]int{}
	var out []Prospect
	const step = 7
	for li := range w.Locations {
		l := &w.Locations[li]
		p := &Partners[l.Partner]
		for d := from; d <= to; d += step {
			m := w.mixOf(li, d)
			y, mo, _ := d.Time().Date()
			var units, money [5]float64
			for _, i := range w.of[li] {
				n := &w.Listings[i]
				x := &w.Products[n.Product]
				if !n.Active(d) {
					continue
				}
				off, lift := w.Off(l.Partner, l.Country, n.Product, d)
				u := m.typical(x, d) * season[x.Line][mo-1] * lift * unitsALine(p.Trade, x) * 0.93 * (1 - p.Returns)
				units[x.line] += u
				money[x.line] += u * float64(w.price(n, off, d)) * float64(Rate(l.Currency, d)) / 10_000
			}
			// A week may end in the next month.
			for e := d; e < d+step && e <= to; e++ {
				y, mo, _ = e.Time().Date()
				climate := w.climateOf(l, p, e)
				for line := range units {
					k := key{l.Partner, line, day(y, mo, 1)}
					i, ok := at[k]
					if !ok {
						i = len(out)
						at[k] = i
						out = append(out, Prospect{Partner: l.Partner, Line: line, Month: k.month})
					}
					out[i].Units += units[line] * climate
					out[i].Money += money[line] * climate
				}
			}
		}
	}
	return out
}
