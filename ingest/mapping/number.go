package mapping

import (
	"errors"
	"strconv"
	"unicode"
	"unicode/utf8"

	"sellthrough"
	"sellthrough/internal/config"
)

// convention is how all numbers of a feed are written.
type convention struct {
	point byte
	group rune // 0: none
}

func newConvention(n config.Numbers) (convention, error) {
	c := convention{point: '.'}
	if n.Point == "," {
		c.point = ','
	}
	if n.Grouping != "" {
		c.group, _ = utf8.DecodeRuneInString(n.Grouping)
		if c.group == '’' {
			c.group = '\''
		}
	}
	if rune(c.point) == c.group {
		return c, errors.New("point and grouping are the same mark")
	}
	return c, nil
}

// parse reads a number cell. money allows a currency sign around it. A reason says why it can't be read.
func (c convention) parse(b []byte, money bool) (d sellthrough.Decimal, reason string) {
	// Plain digits with a point need no rewriting, which is nearly every cell.
	if len(b) > 0 && len(b) <= 18 {
		var v uint64
		i, places := 0, -1
		if b[0] == '-' {
			i = 1
		}
		from := i
		for ; i < len(b); i++ {
			x := b[i] - '0'
			if x > 9 {
				if b[i] != c.point || places >= 0 {
					return c.slow(b, money)
				}
				places = i
				continue
			}
			v = v*10 + uint64(x)
		}
		frac := 0
		if places >= 0 {
			frac = len(b) - places - 1
		}
		if i > from && (places < 0 || places > from && frac > 0) && frac <= 6 && len(b)-from-frac <= 12 {
			if v *= millionths[frac]; from > 0 {
				return -sellthrough.Decimal(v), ""
			}
			return sellthrough.Decimal(v), ""
		}
	}
	return c.slow(b, money)
}

// millionths are in a unit of so many decimals.
var millionths = [7]uint64{1_000_000, 100_000, 10_000, 1000, 100, 10, 1}

func space(r rune) bool {
	return r == ' ' || r == '\t' || r == 0xA0 || r == 0x202F || r == 0x2007 || r == 0x2009 || r == 0x3000 || r == 0xFEFF
}

// narrow turns full-width forms, and other forms of a sign or apostrophe, into their ASCII ones.
func narrow(r rune) rune {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFEE0
	case r == 0x2212 || r == 0xFE63:
		return '-'
	case r == '’':
		return '\''
	}
	return r
}

func (c convention) slow(b []byte, money bool) (sellthrough.Decimal, string) {
	const notNumber = "this is not a number; write digits"
	if len(b) > 200 {
		return 0, "this is too long for a number; look at the column"
	}
	var runes [200]rune
	n := 0
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		i += size
		runes[n] = narrow(r)
		n++
	}
	s := runes[:n]
	neg, signs := false, 0
	for changed := true; changed; {
		changed = false
		for len(s) > 0 && space(s[0]) {
			s = s[1:]
		}
		for len(s) > 0 && space(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
		if len(s) == 0 {
			return 0, notNumber
		}
		last := s[len(s)-1]
		switch {
		case s[0] == '-' || s[0] == '+':
			neg = s[0] == '-'
			s = s[1:]
			changed = true
			signs++
		case last == '-' || last == '+':
			neg = last == '-'
			s = s[:len(s)-1]
			changed = true
			signs++
		case len(s) > 2 && s[0] == '(' && last == ')':
			neg = true
			s = s[1 : len(s)-1]
			changed = true
			signs++
		case money && unicode.Is(unicode.Sc, s[0]):
			s = s[1:]
			changed = true
		case money && unicode.Is(unicode.Sc, last):
			s = s[:len(s)-1]
			changed = true
		}
	}
	if signs > 1 {
		return 0, "the number has two signs; write one minus"
	}
	var out [200]byte
	o, grouped, run, pointed := 0, false, 0, false
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			out[o] = byte(r)
			o++
			run++
		case r == rune(c.point):
			if pointed || grouped && run != 3 {
				return 0, notNumber + " with one decimal mark " + strconv.QuoteRune(rune(c.point))
			}
			pointed = true
			out[o] = '.'
			o++
		case c.group != 0 && (r == c.group || c.group == ' ' && space(r)):
			if pointed || run == 0 || run > 3 || grouped && run != 3 {
				return 0, "the thousands marks are not at every third digit; the feed's point is " + strconv.QuoteRune(rune(c.point)) + ", so look at numbers.point and numbers.grouping"
			}
			grouped, run = true, 0
		case (r == 'E' || r == 'e') && i > 0:
			return 0, "this is written with an exponent, as spreadsheets shorten long numbers; format the column as a plain number and export again"
		case r == '%' || r == '万' || r == '億' || r == '亿':
			return 0, "a number in units of " + string(r) + " is not read; write the plain number"
		case r == '.' || r == ',' || r == '\'' || space(r):
			return 0, "it holds the mark " + strconv.QuoteRune(r) + ", but the feed's numbers have the point " + strconv.QuoteRune(rune(c.point)) + " and " + c.grouping() + "; mend the cell, or numbers of the feed"
		default:
			return 0, notNumber
		}
	}
	if grouped && !pointed && run != 3 {
		return 0, "the thousands marks are not at every third digit; the feed's point is " + strconv.QuoteRune(rune(c.point)) + ", so look at numbers.point and numbers.grouping"
	}
	d, err := sellthrough.ParseDecimal(out[:o])
	switch {
	case errors.Is(err, sellthrough.ErrDecimalSyntax):
		return 0, notNumber
	case err != nil:
		return 0, err.Error() + "; round it before the export"
	case neg:
		return -d, ""
	}
	return d, ""
}

func (c convention) grouping() string {
	if c.group == 0 {
		return "no thousands mark"
	}
	return "the thousands mark " + strconv.QuoteRune(c.group)
}

func parseVersion(b []byte) (uint64, string) {
	const reason = "this is not a version; write a whole number from 1 up, which grows with every change of the document"
	var v uint64
	for _, c := range b {
		if c < '0' || c > '9' || v > (1<<63)/10 {
			return 0, reason
		}
		v = v*10 + uint64(c-'0')
	}
	if v == 0 {
		return 0, reason
	}
	return v, ""
}
