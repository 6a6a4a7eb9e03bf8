package reports

import (
	"strconv"

	"sellthrough"
)

// place and item of a row, in the partner's own codes.
func (p *Plan) place(r *Row) string {
	return p.world.Locations[p.world.Listings[r.Listing].Location].Own
}

func (p *Plan) item(r *Row) string {
	n := &p.world.Listings[r.Listing]
	return p.codes[p.world.Locations[n.Location].Partner][n.Product]
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	for len(s) < width {
		s = "0" + s
	}
	return s
}

// number appends digits with leading zeros.
func number(b []byte, n, width int) []byte {
	for limit := 10; width > 1; width-- {
		if n < limit {
			b = append(b, '0')
		}
		limit *= 10
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// date appends year, month and day by a pattern of Y, M, D and marks.
func date(b []byte, d sellthrough.Day, pattern string) []byte {
	y, m, n := d.Time().Date()
	for i := range len(pattern) {
		switch pattern[i] {
		case 'Y':
			b = strconv.AppendInt(b, int64(y), 10)
		case 'M':
			b = two(b, int(m))
		case 'D':
			b = two(b, n)
		default:
			b = append(b, pattern[i])
		}
	}
	return b
}

func two(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// clock appends hours and minutes, and seconds where asked for.
func clock(b []byte, second int32, seconds bool) []byte {
	b = append(two(b, int(second)/3600), ':')
	b = two(b, int(second)/60%60)
	if seconds {
		b = two(append(b, ':'), int(second)%60)
	}
	return b
}

// money appends cents with a decimal mark, and a thousands mark where there is one.
func money(b []byte, cents int64, point, group byte) []byte {
	if cents < 0 {
		b, cents = append(b, '-'), -cents
	}
	whole := strconv.Itoa(int(cents / 100))
	for i := range len(whole) {
		if group != 0 && i > 0 && (len(whole)-i)%3 == 0 {
			b = append(b, group)
		}
		b = append(b, whole[i])
	}
	return two(append(b, point), int(cents%100))
}

// units appends a quantity, or what a tired hand typed instead.
func units(b []byte, r *Row, n int32) []byte {
	if r.Typo {
		return append(strconv.AppendInt(b, int64(n), 10), "pcs?"...)
	}
	return strconv.AppendInt(b, int64(n), 10)
}

func (p *Plan) locationOf(r *Row) int { return p.world.Listings[r.Listing].Location }

// document appends a number that is unique for the partner.
func (p *Plan) document(b []byte, prefix string, r *Row) []byte {
	b = append(b, prefix...)
	b = date(b, r.Day, "YMD")
	b = number(append(b, '-'), p.locationOf(r), 2)
	return number(b, int(r.Doc), 4)
}

func abs(n int32) int32 { return max(n, -n) }

func jadeInvoice(b []byte, p *Plan, r *Row) []byte {
	b = append(p.document(b, "JC", r), ';')
	b = append(date(b, r.Day, "Y/M/D"), ';')
	b = append(append(b, p.place(r)...), ';')
	b = append(append(b, r.Buyer...), ';')
	kind, cents := "销售", r.Cents
	if r.Kind == sellthrough.ReturnIn { // written without a minus
		kind, cents = "退货", -cents
	}
	b = append(append(b, kind...), ';')
	b = append(append(b, p.item(r)...), ';')
	b = append(units(b, r, abs(r.Units)), ';')
	return money(b, cents, '.', ',')
}

func jadeReceipt(b []byte, p *Plan, r *Row) []byte {
	b = append(p.document(b, "SH", r), ';')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ';')
	b = append(date(b, r.Day, "Y/M/D"), ';')
	b = append(append(b, p.place(r)...), ';')
	b = append(append(b, p.item(r)...), ';')
	b = append(units(b, r, r.Units), ';')
	return money(b, r.Cents, '.', ',')
}

func jadeStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ';')
	b = append(append(b, p.item(r)...), ';')
	if r.Level == sellthrough.InTransit {
		b = append(b, "在途;"...)
	} else {
		b = append(b, "在库;"...)
	}
	b = append(units(b, r, r.Units), ';')
	return clock(append(date(b, r.Day, "Y/M/D"), ' '), r.Second, true)
}

func northSales(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), '\t')
	b = append(date(b, r.Day, "YMD"), '\t')
	b = append(append(b, p.item(r)...), '\t')
	b = append(units(b, r, r.Units), '\t')
	return money(b, r.Cents, '.', 0)
}

func northStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), '\t')
	b = append(append(b, p.item(r)...), '\t')
	b = append(units(b, r, r.Units), '\t')
	return clock(append(date(b, r.Day, "YMD"), ' '), r.Second, false)
}

func lycheeOrder(b []byte, p *Plan, r *Row) []byte {
	b = append(p.document(b, "LC", r), ',')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ',')
	b = append(clock(append(date(b, r.Day, "Y-M-D"), ' '), r.Second, false), ',')
	b = append(append(b, p.place(r)...), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	return money(b, r.Cents/int64(r.Units), '.', 0)
}

func lycheeStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	return clock(append(date(b, r.Day, "Y-M-D"), ' '), r.Second, false)
}

func nineSale(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ',')
	b = append(number(append(b, 'R'), int(r.Doc), 4), ',')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ',')
	b = append(clock(append(date(b, r.Day, "Y-M-D"), ' '), r.Second, true), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	return money(b, r.Cents, '.', 0)
}

func nineReceipt(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ',')
	b = append(p.document(b, "D", r), ',')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ',')
	b = append(date(b, r.Day, "Y-M-D"), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	return money(b, r.Cents, '.', 0)
}

func nineStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	return clock(append(date(b, r.Day, "Y-M-D"), ' '), r.Second, true)
}

func waldSale(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ';')
	b = append(strconv.AppendInt(b, int64(r.Doc), 10), ';')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ';')
	b = append(clock(append(date(b, r.Day, "D.M.Y"), ' '), r.Second, false), ';')
	b = append(append(b, p.item(r)...), ';')
	b = append(units(b, r, r.Units), ';')
	return money(b, r.Cents, ',', '.')
}

func waldStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ';')
	b = append(append(b, p.item(r)...), ';')
	b = append(units(b, r, r.Units), ';')
	return clock(append(date(b, r.Day, "D.M.Y"), ' '), r.Second, false)
}

func tamarindInvoice(b []byte, p *Plan, r *Row) []byte {
	b = append(p.document(b, "TT", r), '|')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), '|')
	b = append(date(b, r.Day, "D/M/Y"), '|')
	b = append(append(b, p.place(r)...), '|')
	b = append(append(b, r.Buyer...), '|')
	b = append(append(b, p.item(r)...), '|')
	n, uom := r.Units, "EA|"
	if pack := int32(p.world.Products[p.world.Listings[r.Listing].Product].Pack); pack > 1 && n%pack == 0 {
		n, uom = n/pack, "CASE|"
	}
	b = append(b, uom...)
	b = append(units(b, r, n), '|')
	return money(b, r.Cents/int64(n), '.', ',')
}

func tamarindReceipt(b []byte, p *Plan, r *Row) []byte {
	b = append(p.document(b, "GI", r), '|')
	b = append(date(b, r.Day, "D/M/Y"), '|')
	b = append(append(b, p.place(r)...), '|')
	b = append(append(b, p.item(r)...), '|')
	b = append(units(b, r, r.Units), '|')
	return money(b, r.Cents, '.', ',')
}

func tamarindStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), '|')
	b = append(append(b, p.item(r)...), '|')
	b = append(units(b, r, r.Units), '|')
	return clock(append(date(b, r.Day, "D/M/Y"), ' '), r.Second, false)
}
