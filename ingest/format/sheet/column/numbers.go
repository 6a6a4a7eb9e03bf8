// Package column tells by which convention the cells of one column, or of several, are written: numbers, dates and
// identifiers. A convention is decided for all cells together and never for one of them: 1.234 alone is two numbers.
// What several conventions read alike is no question; what they read differently is one, and stays one.
package column

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sellthrough"
)

// Convention is how numbers are written: the decimal mark, and the thousands mark or "".
type Convention struct {
	Point, Grouping string
}

func (c Convention) String() string {
	switch c.Grouping {
	case "":
		return fmt.Sprintf("decimal mark %q, no thousands mark", c.Point)
	case " ":
		return fmt.Sprintf("decimal mark %q, blanks between thousands", c.Point)
	}
	return fmt.Sprintf("decimal mark %q, thousands mark %q", c.Point, c.Grouping)
}

// conventions, those with the fewest marks first.
var conventions = []Convention{{".", ""}, {",", ""}, {".", ","}, {",", "."}, {".", " "}, {",", " "}, {".", "'"}, {",", "'"}}

// Numbers is what the cells of columns of numbers say about their convention.
type Numbers struct {
	Readings []Convention // that read all cells, one for each different outcome; the first has the fewest marks. More than one is a question; none: the cells are no numbers by any
	Example  string       // a cell that two readings read differently
	Count    int          // cells that are numbers
	Odd      []string     // cells that are numbers by no convention, the first few
	OddCount int
	Decimals bool // some cell has decimals by the first reading
	Negative int  // cells below zero
	Evidence string
}

// Read gives the number that a cell is by a convention. Signs before, behind and as brackets, currency signs, full-width
// digits and blanks around it are allowed.
func (c Convention) Read(cell string) (sellthrough.Decimal, bool) {
	s, negative := bare(cell)
	if s == "" {
		return 0, false
	}
	var digits strings.Builder
	run, grouped, pointed := 0, false, false
	for _, r := range s {
		mark := string(r)
		if r == '\u00A0' || r == '\u202F' || r == '\u2009' || r == '\u3000' {
			mark = " "
		}
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
			run++
		case mark == c.Point:
			if pointed || grouped && run != 3 || run == 0 {
				return 0, false
			}
			pointed, run = true, 0
			digits.WriteByte('.')
		case mark == c.Grouping:
			if pointed || run == 0 || run > 3 || grouped && run != 3 {
				return 0, false
			}
			grouped, run = true, 0
		default:
			return 0, false
		}
	}
	if run == 0 || grouped && !pointed && run != 3 {
		return 0, false
	}
	d, err := sellthrough.ParseDecimal(digits.String())
	if negative {
		d = -d
	}
	return d, err == nil
}

// bare takes signs, currency signs and blanks off a number.
func bare(cell string) (s string, negative bool) {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			return r - 0xFEE0
		case r == 0x2212 || r == 0xFE63:
			return '-'
		case r == '’':
			return '\''
		}
		return r
	}, cell)
	signs := 0
	for changed := true; changed && s != ""; {
		changed = false
		s = strings.TrimFunc(s, unicode.IsSpace)
		first, n := utf8.DecodeRuneInString(s)
		last, m := utf8.DecodeLastRuneInString(s)
		switch {
		case s == "":
		case first == '-' || first == '+':
			s, negative, changed = s[n:], first == '-', true
			signs++
		case last == '-' || last == '+':
			s, negative, changed = s[:len(s)-m], last == '-', true
			signs++
		case first == '(' && last == ')' && len(s) > 2:
			s, negative, changed = s[1:len(s)-1], true, true
			signs++
		case unicode.Is(unicode.Sc, first):
			s, changed = s[n:], true
		case unicode.Is(unicode.Sc, last) || last == '元':
			s, changed = s[:len(s)-m], true
		}
	}
	if signs > 1 {
		return "", false
	}
	return s, negative
}

// NumbersOf tells the convention of cells that are meant to be numbers; empty ones say nothing. Cells that no convention
// reads are odd, and decide nothing.
func NumbersOf(cells []string) Numbers {
	var n Numbers
	alive := make([]bool, len(conventions))
	for i := range alive {
		alive[i] = true
	}
	values := make([][]sellthrough.Decimal, len(conventions))
	var read []string
	for _, cell := range cells {
		if strings.TrimSpace(cell) == "" {
			continue
		}
		var oks [8]bool
		readable := false
		for i, c := range conventions {
			d, ok := c.Read(cell)
			oks[i] = ok
			readable = readable || ok
			values[i] = append(values[i], d)
		}
		if !readable {
			for i := range values {
				values[i] = values[i][:len(values[i])-1]
			}
			if n.OddCount++; len(n.Odd) < 5 {
				n.Odd = append(n.Odd, cell)
			}
			continue
		}
		for i, ok := range oks {
			alive[i] = alive[i] && ok
		}
		read = append(read, cell)
	}
	n.Count = len(read)
	if n.Count == 0 {
		n.Evidence = "no cell is a number"
		return n
	}
	var kept []int
	for i := range conventions {
		if !alive[i] {
			continue
		}
		twin := slices.ContainsFunc(kept, func(k int) bool { return slices.Equal(values[k], values[i]) })
		if twin {
			continue
		}
		kept = append(kept, i)
		n.Readings = append(n.Readings, conventions[i])
	}
	if len(kept) == 0 {
		n.Evidence = fmt.Sprintf("no one convention reads all %d cells", n.Count)
		return n
	}
	for j, v := range values[kept[0]] {
		n.Decimals = n.Decimals || v%sellthrough.One != 0
		if v < 0 {
			n.Negative++
		}
		for _, k := range kept[1:] {
			if n.Example == "" && values[k][j] != v {
				n.Example = read[j]
			}
		}
	}
	n.Evidence = fmt.Sprintf("%s reads all %d cells", n.Readings[0], n.Count)
	if len(kept) > 1 {
		n.Evidence += fmt.Sprintf(", and %s does so otherwise: %s is %s or %s", n.Readings[1], n.Example, text(conventions[kept[0]], n.Example), text(conventions[kept[1]], n.Example))
	}
	return n
}

func text(c Convention, cell string) string {
	d, _ := c.Read(cell)
	return d.String()
}
