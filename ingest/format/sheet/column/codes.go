package column

import (
	"strings"
)

// Codes is what the cells of a column of identifiers show.
type Codes struct {
	Count    int // cells that are filled
	Distinct int
	Blank    int
	Lost     []string // cells whose digits a spreadsheet lost, as 6.90123E+12, the first few
	Decimal  int      // cells that end in ".0": numbers were made of codes on the way
	Leading  int      // cells with leading zeros
	GTIN     int      // cells with 8, 12, 13 or 14 digits whose check digit is right
	Cases    []string // pairs of codes that differ by case only, the first few, joined by a blank
	Numeric  int      // cells of digits only
}

// CodesOf looks at cells that are meant to be identifiers.
func CodesOf(cells []string) Codes {
	var c Codes
	seen, folded := map[string]bool{}, map[string]string{}
	for _, raw := range cells {
		cell := strings.TrimSpace(raw)
		if cell == "" {
			c.Blank++
			continue
		}
		c.Count++
		if !seen[cell] {
			seen[cell] = true
			low := strings.ToLower(cell)
			if other, ok := folded[low]; ok {
				if len(c.Cases) < 5 {
					c.Cases = append(c.Cases, other+" "+cell)
				}
			} else {
				folded[low] = cell
			}
		}
		digits := strings.Trim(cell, "0123456789") == ""
		switch {
		case digits:
			c.Numeric++
			if cell[0] == '0' && len(cell) > 1 {
				c.Leading++
			}
			if checked(cell) {
				c.GTIN++
			}
		case strings.HasSuffix(cell, ".0") && strings.Trim(cell[:len(cell)-2], "0123456789") == "":
			c.Decimal++
		case exponent(cell):
			if len(c.Lost) < 5 {
				c.Lost = append(c.Lost, cell)
			}
		}
	}
	c.Distinct = len(seen)
	return c
}

// checked asks whether digits are a GTIN: every second digit from the right counts three times.
func checked(s string) bool {
	if len(s) != 8 && len(s) != 12 && len(s) != 13 && len(s) != 14 {
		return false
	}
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			d *= 3
		}
		sum += d
	}
	return sum%10 == 0 && strings.Trim(s, "0") != ""
}

// exponent asks whether a cell looks like 6.90123E+12.
func exponent(s string) bool {
	i := strings.IndexAny(s, "Ee")
	if i < 1 || i+2 >= len(s) || s[i+1] != '+' {
		return false
	}
	return strings.Trim(s[:i], "0123456789.,") == "" && strings.Trim(s[i+2:], "0123456789") == "" && s[0] >= '0' && s[0] <= '9'
}
