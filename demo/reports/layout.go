package reports

import (
	"strconv"

	"sellthrough"
	"sellthrough/demo/world"
)

// place and item of a row, in the partner's own codes; empty where it is of none.
func (p *Plan) place(r *Row) string {
	if r.Place < 0 {
		return ""
	}
	return p.world.Locations[r.Place].Own
}

func (p *Plan) item(r *Row) string {
	if r.Product < 0 {
		return ""
	}
	return p.codes[p.reporter(r)][r.Product]
}

// own is the partner's own code of a location of its, by the vendor's.
func (p *Plan) own(code string) string {
	for i := range p.world.Locations {
		if l := &p.world.Locations[i]; l.Code == code {
			return l.Own
		}
	}
	return code
}

// reporter is the partner that says a row: the location's, else the vendor.
func (p *Plan) reporter(r *Row) int {
	if r.Place < 0 {
		return world.Head
	}
	return p.world.Locations[r.Place].Partner
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

// numbered appends a document's number that is unique for the partner: a prefix, the day, and a number within it.
func numbered(b []byte, prefix string, r *Row) []byte {
	b = append(b, prefix...)
	b = date(b, r.Day, "YMD")
	b = number(append(b, '-'), int(r.Place), 2)
	return number(b, int(r.Doc), 4)
}

// origin is a row of the document that a returned unit was sold by; false: it is no return of one.
func origin(r *Row) (Row, bool) {
	if r.More == nil || r.More.Of.Doc == 0 {
		return Row{}, false
	}
	return Row{Place: r.Place, Day: r.More.Of.Day, Doc: r.More.Of.Doc}, true
}

// more is what a row says beyond what every row does.
func (r *Row) more() *world.More {
	if r.More == nil {
		return &world.More{}
	}
	return r.More
}

// cells appends cells with a mark between them.
func cells(b []byte, mark byte, cells ...string) []byte {
	for i, c := range cells {
		if i > 0 {
			b = append(b, mark)
		}
		b = append(b, c...)
	}
	return b
}

func abs(n int32) int32 { return max(n, -n) }
