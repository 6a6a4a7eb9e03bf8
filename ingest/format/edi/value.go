package edi

import (
	"bytes"
	"time"

	"sellthrough"
)

// Number brings a number into plain digits with a point. Both marks are decimal marks, as EDIFACT has it: neither
// format knows a mark for thousands. The reason says why it is none; comma allows a comma.
func Number(b []byte, comma bool) (text []byte, d sellthrough.Decimal, reason string) {
	const digits = "this is not a number; write digits, a decimal mark and no other sign than a minus before them"
	point, n := -1, len(b)
	from := 0
	if n > 0 && b[0] == '-' {
		from = 1
	}
	for i := from; i < n; i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9':
		case (c == '.' || c == ',' && comma) && point < 0:
			point = i
		case c == '.' || c == ',':
			return nil, 0, "it holds more than one decimal mark, or a comma where none is known; write no marks for thousands"
		default:
			return nil, 0, digits
		}
	}
	switch {
	case n == from || n == from+1 && point >= 0:
		return nil, 0, digits
	case n > 40:
		return nil, 0, "this is too long for a number; look at the element"
	case point == n-1:
		b = b[:point]
	case point == from:
		b = append(append(append([]byte(nil), b[:from]...), "0."...), b[point+1:]...)
	case point >= 0 && b[point] == ',':
		b = bytes.Clone(b)
		b[point] = '.'
	}
	d, err := sellthrough.ParseDecimal(b)
	if err != nil {
		return nil, 0, err.Error() + "; round it before the export"
	}
	return b, d, ""
}

// Negate turns the sign of a plain number.
func Negate(b []byte) []byte {
	if len(b) > 0 && b[0] == '-' {
		return b[1:]
	}
	if len(bytes.Trim(b, "0.")) == 0 {
		return b
	}
	return append([]byte{'-'}, b...)
}

// Day reads CCYYMMDD or YYMMDD into YYYY-MM-DD. Two digits of a year are 1990 to 2079.
func Day(b []byte) ([]byte, bool) {
	var year int
	var ok bool
	switch len(b) {
	case 6:
		if year, ok = digits(b[:2]); !ok || year >= 80 && year < 90 {
			return nil, false
		}
		if year += 2000; year >= 2090 {
			year -= 100
		}
		b = b[2:]
	case 8:
		if year, ok = digits(b[:4]); !ok {
			return nil, false
		}
		b = b[4:]
	default:
		return nil, false
	}
	month, ok1 := digits(b[:2])
	day, ok2 := digits(b[2:])
	if !ok1 || !ok2 || month < 1 || month > 12 || day < 1 || day > Days(year, month) || year < 1 {
		return nil, false
	}
	return AppendDay(nil, year, month, day), true
}

// Days is the length of a month.
func Days(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// AppendDay writes YYYY-MM-DD.
func AppendDay(b []byte, year, month, day int) []byte {
	return append(b, byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10))
}

// Clock reads HHMM or HHMMSS, with decimals of a second that are cut, into THH:mm[:ss].
func Clock(b []byte) ([]byte, bool) {
	if len(b) < 4 || len(b) > 8 || len(b) == 5 {
		return nil, false
	}
	if _, ok := digits(b); !ok || string(b[:2]) > "23" || string(b[2:4]) > "59" {
		return nil, false
	}
	out := append(make([]byte, 0, 12), 'T', b[0], b[1], ':', b[2], b[3])
	if len(b) >= 6 {
		if string(b[4:6]) > "59" {
			return nil, false
		}
		out = append(out, ':', b[4], b[5])
	}
	return out, true
}

func digits(b []byte) (int, bool) {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0
}

// Int reads a whole number of up to nine digits.
func Int(b []byte) (int, bool) {
	if len(b) > 9 {
		return 0, false
	}
	return digits(b)
}
