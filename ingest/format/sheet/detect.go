package sheet

import (
	"fmt"
	"slices"
	"strings"

	"sellthrough/ingest/format/sheet/field"
)

// Row is a record with its place.
type Row struct {
	Number uint32
	Cells  []string
}

// Proposal is a layout that rows show, and why. What it does not show is asked.
type Proposal struct {
	Layout     Layout
	Columns    []string   // the names in the header; without one, column 1, column 2, ...
	Headless   bool       // no row is a header
	Data       []Row      // the rows of data among those given
	Totals     []Row      // the rows that are totals
	Groups     []string   // columns that look like stores: unpivot is proposed
	Confidence int        // in percent
	Evidence   []string   // sentences for people
	Questions  []Question // to be answered before a feed reads such files
}

// Question is something that rows leave open.
type Question struct {
	ID      string   // stable: what is asked about
	Text    string   // for people
	Options []Option // two or more
}

// Option is one answer.
type Option struct {
	Value string
	Means string // for people
}

// shape is what a row looks like.
type shape struct {
	filled  int // cells that hold something
	figures int // of them, numbers and dates
	known   int // of them, words of headers
	repeats int // of them, those that stand in the row before, too
}

func look(cells []string) shape {
	var s shape
	seen := map[string]bool{}
	for _, c := range cells {
		t := Text(c)
		if t == "" {
			continue
		}
		s.filled++
		if figure(t) {
			s.figures++
		}
		if _, ok := field.Of(t); ok {
			s.known++
		}
		if seen[t] {
			s.repeats++
		}
		seen[t] = true
	}
	return s
}

// figure asks whether a cell is a number, a date or a time, and so no name of a column.
func figure(t string) bool {
	digits := 0
	for _, r := range t {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case strings.ContainsRune(" .,:+-−/'()%￥¥$€£年月日时分秒TZ", r):
		default:
			return false
		}
	}
	return digits > 0
}

// Detect proposes a layout for the first rows of a table, blank ones left out; a few hundred are enough. It is pure.
func Detect(rows []Row) Proposal {
	var p Proposal
	if len(rows) == 0 {
		p.Headless = true
		p.Evidence = []string{"there are no rows"}
		return p
	}
	shapes := make([]shape, len(rows))
	counts := map[int]int{}
	for i, r := range rows {
		shapes[i] = look(r.Cells)
		counts[shapes[i].filled]++
	}
	width := 0
	for n, c := range counts {
		if c > counts[width] || c == counts[width] && n > width {
			width = n
		}
	}
	first, n := header(rows, shapes, width)
	if first < 0 {
		p.Headless, p.Confidence = true, 50
		for i := range widest(rows) {
			p.Columns = append(p.Columns, fmt.Sprintf("column %d", i+1))
		}
		p.Evidence = append(p.Evidence, "no row names the columns")
		p.Questions = append(p.Questions, Question{ID: "header", Text: "No row names the columns. Name them in format.header, or let the partner send a header row.", Options: []Option{
			{"name", "name the columns in the configuration"}, {"send", "let the partner send a header row"},
		}})
		p.Data = rows
		return p
	}
	p.Layout.HeaderRows = n
	if n == 1 {
		p.Layout.HeaderRows = 0
	}
	var texts [][]string
	for _, r := range rows[first : first+n] {
		texts = append(texts, r.Cells)
	}
	p.Columns = Header(texts)
	s := shapes[first+n-1]
	p.Confidence = min(99, 60+10*s.known)
	p.Evidence = append(p.Evidence, fmt.Sprintf("row %d is the header: it has %d texts and no figure, %d of them are known words, and figures follow", rows[first].Number, s.filled, s.known))
	if n > 1 {
		p.Evidence = append(p.Evidence, fmt.Sprintf("the header has %d rows", n))
	}
	if first > 0 {
		p.Evidence = append(p.Evidence, fmt.Sprintf("%d rows above it are titles", first))
	}
	p.split(rows[first+n:], texts)
	return p
}

func widest(rows []Row) int {
	w := 0
	for _, r := range rows {
		w = max(w, len(r.Cells))
	}
	return w
}

// header finds the rows of the header; first is −1 where there is none.
func header(rows []Row, shapes []shape, width int) (first, n int) {
	best, top := -1, 0
	for i := range min(len(rows), lookahead) {
		s := shapes[i]
		if s.filled < 2 && width > 1 || s.filled == 0 || s.figures*5 > s.filled || s.filled*2 < width {
			continue
		}
		score := 10*s.known + s.filled - 5*s.figures - 3*s.repeats
		if i+1 < len(rows) && shapes[i+1].figures > s.figures {
			score += 5
		}
		if s.known == 0 && !slices.ContainsFunc(shapes[i+1:], func(d shape) bool { return d.figures > 0 }) {
			continue // text above text says nothing
		}
		if s.known == 0 && i > 0 && shapes[i-1].figures > 0 { // text below figures is data
			continue
		}
		if score > top {
			best, top = i, score
		}
	}
	if best < 0 {
		return -1, 0
	}
	first, n = best, 1
	// names repeated in a row stand below the names of their groups
	if first > 0 && shapes[first].repeats > 0 && shapes[first-1].figures == 0 && shapes[first-1].filled >= 2 {
		return first - 1, 2
	}
	// empty cells in the header are named, or parted, in the row below
	if i := first + 1; i < len(rows) && shapes[i].figures == 0 && shapes[i].filled > 0 && shapes[i].known > 0 && below(rows[first].Cells, rows[i].Cells) {
		n = 2
	}
	return first, n
}

// below asks whether a row fills the gaps of the row above it, as the second row of a header does.
func below(upper, lower []string) bool {
	gap := false
	for c := range lower {
		if Text(lower[c]) == "" {
			continue
		}
		if c >= len(upper) || Text(upper[c]) == "" {
			gap = true
		}
	}
	return gap
}

// split parts what follows the header into data, totals and remarks, and looks for columns that are stores.
func (p *Proposal) split(rows []Row, header [][]string) {
	r := &Reader{words: newWords(&p.Layout), key: -1}
	item := slices.IndexFunc(p.Columns, func(c string) bool { a, ok := field.Of(c); return ok && a.Field == field.Item })
	if item < 0 {
		item = slices.IndexFunc(p.Columns, func(c string) bool { a, ok := field.Of(c); return ok && a.Field == field.GTIN })
	}
	r.key = item
	blank := 0
	for _, row := range rows {
		fields := make([][]byte, len(row.Cells))
		for i, c := range row.Cells {
			fields[i] = []byte(c)
		}
		if slices.ContainsFunc(header, func(h []string) bool { return slices.Equal(h, row.Cells) }) {
			continue
		}
		switch class, _, _ := r.classify(fields); class {
		case total:
			p.Totals = append(p.Totals, row)
		case footer:
			p.Evidence = append(p.Evidence, fmt.Sprintf("row %d is a remark", row.Number))
		case data:
			if item >= 0 && (item >= len(fields) || len(trim(fields[item])) == 0) && r.figures(fields) && filled(fields, 1) > 0 {
				blank++
				p.Totals = append(p.Totals, row)
				continue
			}
			p.Data = append(p.Data, row)
		}
	}
	if n := len(p.Totals) - blank; n > 0 {
		p.Evidence = append(p.Evidence, fmt.Sprintf("%d rows are totals by their words; they are compared with the rows above", n))
	}
	if blank > 0 {
		p.Questions = append(p.Questions, Question{
			ID: "layout.blank_total", Text: fmt.Sprintf("%d rows have figures but no %s. Are they totals, or sales whose code is missing?", blank, p.Columns[item]),
			Options: []Option{{"true", "totals: they are compared with the rows above"}, {"false", "lines: they are refused until their code is filled in"}},
		})
	}
	p.groups(header)
}

// groups looks for columns that are stores: three or more side by side whose names are no words of headers and whose
// cells are figures, in a table that has no other quantity; or names under a common one.
func (p *Proposal) groups(header [][]string) {
	var keep, groups []string
	quantity := false
	for c, path := range paths(header) {
		name := p.Columns[c]
		if name == "" {
			continue
		}
		a, known := field.Of(name)
		switch {
		case len(path) > 1 && known && measure(a.Field):
			groups = append(groups, name)
		case known && measure(a.Field):
			quantity = true
			keep = append(keep, name)
		case !known && p.numbers(c):
			if _, isTotal := newWords(&p.Layout).total([]byte(name)); isTotal {
				p.Layout.Unpivot.Ignore = append(p.Layout.Unpivot.Ignore, name)
				continue
			}
			groups = append(groups, name)
		default:
			keep = append(keep, name)
		}
	}
	ignore := p.Layout.Unpivot.Ignore
	p.Layout.Unpivot = Unpivot{}
	two := slices.ContainsFunc(groups, func(g string) bool { return strings.Contains(g, "/") }) && len(header) > 1
	if len(groups) < 3 && !two || quantity && !two {
		return
	}
	p.Groups = groups
	p.Layout.Unpivot = Unpivot{Name: "store", Value: "quantity", Keep: keep, Ignore: ignore}
	if two {
		p.Layout.Unpivot.Value = ""
	}
	p.Confidence = min(p.Confidence, 70)
	p.Evidence = append(p.Evidence, fmt.Sprintf("%d columns of figures have names that are no words of headers: %s", len(groups), strings.Join(groups[:min(4, len(groups))], ", ")))
	p.Questions = append(p.Questions, Question{
		ID: "layout.unpivot", Text: fmt.Sprintf("Does each of the %d columns %s … stand for a store?", len(groups), strings.Join(groups[:min(3, len(groups))], ", ")),
		Options: []Option{{"stores", "yes: a row is made of each store's figures"}, {"columns", "no: they are figures of the row"}},
	})
}

// measure asks whether a field is a figure that is told of a store.
func measure(f field.Field) bool {
	return slices.Contains([]field.Field{field.Qty, field.ReturnQty, field.Stock, field.Available, field.InTransit, field.Committed, field.Damaged, field.Amount, field.AmountNet, field.AmountGross, field.ReturnAmount}, f)
}

// numbers asks whether the data under a column is figures, where it is filled.
func (p *Proposal) numbers(c int) bool {
	n, figures := 0, 0
	for _, r := range p.Data {
		if c < len(r.Cells) && Text(r.Cells[c]) != "" {
			n++
			if figure(Text(r.Cells[c])) {
				figures++
			}
		}
	}
	return n > 0 && figures == n
}
