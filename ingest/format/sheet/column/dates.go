package column

import (
	"fmt"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/mapping/layout"
)

// Dates is what the cells of a column say about how days and times are written.
type Dates struct {
	Readings [][]string // sets of layouts that read all cells; more than one is a question, none: the cells are no dates that can be read
	Example  string     // a cell that two readings read differently
	Count    int        // cells that some layout reads
	Odd      []string   // cells that none reads, the first few
	OddCount int
	Timed    bool // the cells carry a time of day
	Offset   bool // and an offset
	First    sellthrough.Day
	Last     sellthrough.Day // by the first reading
	Serial   bool            // the cells look like day numbers of a spreadsheet, whose first day is not in the file
	Evidence string
}

var days = []string{
	"YYYY-MM-DD", "YYYY-M-D", "YYYY/MM/DD", "YYYY/M/D", "YYYY.MM.DD", "YYYY.M.D", "YYYYMMDD", "YYYY年MM月DD日", "YYYY年M月D日",
	"DD/MM/YYYY", "D/M/YYYY", "MM/DD/YYYY", "M/D/YYYY", "DD.MM.YYYY", "D.M.YYYY", "DD-MM-YYYY", "D-M-YYYY", "MM-DD-YYYY", "M-D-YYYY",
	"DD/MM/YY", "D/M/YY", "MM/DD/YY", "M/D/YY", "YY/MM/DD", "DD.MM.YY", "D.M.YY", "YY-MM-DD", "DD-MMM-YYYY", "D-MMM-YYYY", "DD-MMM-YY", "D-MMM-YY",
	"RRR/MM/DD", "RRR/M/D", "RRR年MM月DD日", "RRR年M月D日", "民國RRR年M月D日", "民国RRR年M月D日",
}

var times = []string{
	"", " HH:mm", " HH:mm:ss", " H:mm", " H:mm:ss", "THH:mm", "THH:mm:ss", " HHmmss", "HHmmss", " HH:mm:ssZ", "THH:mm:ssZ", " HH:mm:ss Z", "THH:mmZ",
	" A h:mm", " Ah:mm", " A h:mm:ss", " Ah:mm:ss", " h:mm A", " h:mm:ss A", " E",
}

type candidate struct {
	text  string
	l     *layout.Layout
	loose int // parts of one or two digits; fewer is stricter
}

var candidates = func() []candidate {
	var out []candidate
	for _, d := range days {
		for _, t := range times {
			if t == "HHmmss" && d != "YYYYMMDD" || strings.HasPrefix(t, "T") && d != "YYYY-MM-DD" && d != "YYYYMMDD" {
				continue
			}
			l, err := layout.Compile(d + t)
			if err != nil {
				panic(err) // a bug of ours: the table is built in
			}
			loose := 0
			for _, p := range []string{"MM", "DD", "HH", "hh"} {
				if strings.Contains(d+t, p[:1]) && !strings.Contains(d+t, p) {
					loose++
				}
			}
			out = append(out, candidate{d + t, l, loose})
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int { return a.loose - b.loose })
	return out
}()

// DatesOf tells how cells that are meant to be dates are written; empty ones say nothing. One layout is looked for that
// reads all cells; where cells are written in several ways, a set of them, each of which is the only way to read its
// cells. now, unless it is zero, is a day after which no cell may be: a reading that puts cells later is none.
func DatesOf(cells []string, now sellthrough.Day) Dates {
	var d Dates
	var read []string
	fits := make([][]bool, len(candidates)) // by layout, for each cell that is read
	value := make([][]layout.Stamp, len(candidates))
	alike := make(map[string]bool, 16) // cells that were read before say nothing new
	for _, raw := range cells {
		cell := strings.TrimSpace(raw)
		if cell == "" {
			continue
		}
		readable := false
		if !dateLike(cell) {
			if d.OddCount++; len(d.Odd) < 5 {
				d.Odd = append(d.Odd, cell)
			}
			continue
		}
		if alike[cell] {
			d.Count++
			continue
		}
		text := []byte(cell)
		for i, c := range candidates {
			s, err := c.l.Parse(text)
			ok := err == nil && sellthrough.Day(s.Day) >= sellthrough.FirstDay && sellthrough.Day(s.Day) <= sellthrough.LastDay && (now == 0 || sellthrough.Day(s.Day) <= now)
			fits[i] = append(fits[i], ok)
			value[i] = append(value[i], s)
			readable = readable || ok
		}
		if !readable {
			for i := range candidates {
				fits[i], value[i] = fits[i][:len(read)], value[i][:len(read)]
			}
			if d.OddCount++; len(d.Odd) < 5 {
				d.Odd = append(d.Odd, cell)
			}
			continue
		}
		read = append(read, cell)
		alike[cell] = true
		d.Count++
	}
	d.Serial = serials(d.Odd) && d.Count == 0
	if d.Count == 0 {
		d.Evidence = "no cell is a date by any layout"
		if d.Serial {
			d.Evidence = fmt.Sprintf("cells such as %s look like day numbers of a spreadsheet", d.Odd[0])
		}
		return d
	}
	d.choose(read, fits, value)
	return d
}

// dateLike asks whether a cell has the digits of a date, which nearly no other text has.
func dateLike(cell string) bool {
	digits := 0
	for i := range len(cell) {
		if cell[i] >= '0' && cell[i] <= '9' {
			digits++
		}
	}
	begins := cell[0] >= '0' && cell[0] <= '9' || strings.HasPrefix(cell, "民")
	return begins && len(cell) <= 50 && (digits >= 5 || digits >= 3 && len(cell) >= 6) // 1/2/26, 3-Nov-26
}

// choose finds the readings.
func (d *Dates) choose(read []string, fits [][]bool, value [][]layout.Stamp) {
	var whole []int // candidates
	for c := range candidates {
		if !slices.Contains(fits[c], false) && !slices.ContainsFunc(whole, func(k int) bool { return slices.Equal(value[k], value[c]) }) {
			whole = append(whole, c)
			d.Readings = append(d.Readings, []string{candidates[c].text})
		}
	}
	var stamps func(cell int) layout.Stamp
	switch {
	case len(whole) > 0:
		first := value[whole[0]]
		stamps = func(i int) layout.Stamp { return first[i] }
		d.Evidence = fmt.Sprintf("%s reads all %d cells", candidates[whole[0]].text, d.Count)
		if len(whole) > 1 {
			for i, cell := range read {
				if d.Example == "" && first[i] != value[whole[1]][i] {
					d.Example = cell
					d.Evidence += fmt.Sprintf(", and %s reads them otherwise: %s is %s or %s", candidates[whole[1]].text, cell, sellthrough.Day(first[i].Day), sellthrough.Day(value[whole[1]][i].Day))
				}
			}
		}
	default:
		set, of := cover(read, fits, value)
		if set == nil {
			d.Evidence = fmt.Sprintf("the %d cells are written in several ways, and some can be read as two days", d.Count)
			return
		}
		d.Readings = [][]string{set}
		stamps = func(i int) layout.Stamp { return value[of[i]][i] }
		d.Evidence = fmt.Sprintf("the %d cells are written in %d ways: %s", d.Count, len(set), strings.Join(set, ", "))
	}
	for i := range read {
		s := stamps(i)
		d.Timed = d.Timed || s.HasTime
		d.Offset = d.Offset || s.HasOffset
		day := sellthrough.Day(s.Day)
		if i == 0 || day < d.First {
			d.First = day
		}
		if i == 0 || day > d.Last {
			d.Last = day
		}
	}
}

// cover finds layouts that together read all cells, where no cell has two meanings.
func cover(read []string, fits [][]bool, value [][]layout.Stamp) (set []string, of []int) {
	of = make([]int, len(read))
	for i := range read {
		of[i] = -1
		for c := range candidates {
			switch {
			case !fits[c][i]:
			case of[i] < 0:
				of[i] = c
			case value[of[i]][i] != value[c][i]:
				return nil, nil
			}
		}
	}
	shapes := map[string]bool{}
	for i := range read {
		for c := range candidates { // one that is in the set already, where it reads the cell
			if fits[c][i] && slices.Contains(set, candidates[c].text) {
				of[i] = c
			}
		}
		c := candidates[of[i]]
		if slices.Contains(set, c.text) {
			continue
		}
		if shapes[c.l.Shape()] {
			return nil, nil // the configuration would not tell them apart
		}
		shapes[c.l.Shape()] = true
		set = append(set, c.text)
	}
	return set, of
}

// serials asks whether cells are day numbers of a spreadsheet between 1990 and 2079.
func serials(cells []string) bool {
	for _, c := range cells {
		whole, _, _ := strings.Cut(c, ".")
		if len(whole) != 5 || strings.Trim(c, "0123456789.") != "" || whole < "32874" || whole > "65745" {
			return false
		}
	}
	return len(cells) > 0
}
