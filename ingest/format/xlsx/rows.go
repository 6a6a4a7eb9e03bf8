package xlsx

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"sellthrough"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/format/sheet/cell"
)

// Rows gives the rows of one sheet that hold anything. It is not safe for concurrent use.
type Rows struct {
	book  *Book
	name  string
	part  io.ReadCloser
	x     *scanner
	done  error
	wide  int // fields that a row is filled up to
	inRow bool

	row    uint32
	column int // of the cell, from 0
	hidden bool
	line   []byte // the texts of the row, one after another
	ends   []int  // where each field ends in line
	fields [][]byte
	faults []sheet.Fault
	large  bool // the row is longer than the limit
	filled bool

	hiddenRows  int
	firstHidden uint32
	passed      string // which hidden sheets were not looked at
	hiddenCols  int
	filter      string
}

// Rows opens a sheet. Close it, unless it was read to its end.
func (b *Book) Rows(s Sheet) (*Rows, error) {
	if err := b.load(); err != nil {
		return nil, b.refuse(err)
	}
	p, err := b.part(s.part)
	if err != nil {
		return nil, b.refuse(err)
	}
	if p == nil {
		return nil, b.refuse(fmt.Errorf("the sheet %q is not in it: %w", s.Name, errDamaged))
	}
	return &Rows{book: b, name: s.Name, part: p, x: newScanner(p)}, nil
}

// Close lets go of a sheet that is not read to its end.
func (r *Rows) Close() error {
	if r.done == nil {
		r.done = io.EOF
		return r.part.Close()
	}
	return nil
}

// Name is the sheet's.
func (r *Rows) Name() string { return r.name }

// Expect fills rows up to width fields: a workbook leaves empty cells out.
func (r *Rows) Expect(width int) { r.wide = width }

// Faults are the cells of the last row that can't be given as text.
func (r *Rows) Faults() []sheet.Fault { return r.faults }

// Warnings are what a person should know of the sheet; they are complete once it is read to its end.
func (r *Rows) Warnings() []string {
	var out []string
	if r.passed != "" {
		out = append(out, r.passed)
	}
	if r.hiddenRows > 0 {
		out = append(out, fmt.Sprintf("sheet %q has %d hidden rows, the first is row %d; they were read like all others", r.name, r.hiddenRows, r.firstHidden))
	}
	if r.hiddenCols > 0 {
		out = append(out, fmt.Sprintf("sheet %q has %d hidden columns; they were read like all others", r.name, r.hiddenCols))
	}
	if r.filter != "" {
		out = append(out, fmt.Sprintf("sheet %q has a filter on %s; rows that it hides were read like all others", r.name, r.filter))
	}
	return out
}

// Next gives the texts of the next row that holds anything, and its number in the sheet. They are valid until the next
// call. A row that can't be read is a *sellthrough.Refusal, after which Next goes on; a refusal of row 0 is the whole
// body's. The end is io.EOF; any other error is the source's own.
func (r *Rows) Next() ([][]byte, uint32, error) {
	for r.done == nil {
		whole, err := r.read()
		switch {
		case err == io.EOF:
			r.done = io.EOF
			if cerr := r.part.Close(); cerr != nil { // the checksum
				r.done = r.book.refuse(cerr)
				return r.fail(r.done)
			}
		case err != nil:
			r.part.Close()
			r.done = r.book.refuse(fmt.Errorf("sheet %q: %w", r.name, err))
			return r.fail(r.done)
		case whole && r.large:
			return nil, r.row, sellthrough.Bad(r.row, "", "", fmt.Sprintf("the row of sheet %q is longer than the limit; look at its cells, or raise limits.line", r.name))
		case whole && r.filled:
			if !utf8.Valid(r.line) {
				return nil, r.row, sellthrough.Bad(r.row, "", "", fmt.Sprintf("the row of sheet %q holds bytes that are no text; save the workbook anew and send it again", r.name))
			}
			return r.split(), r.row, nil
		}
	}
	return nil, 0, r.done
}

// fail gives a refusal of the body once, and then the end.
func (r *Rows) fail(err error) ([][]byte, uint32, error) {
	if _, refused := sellthrough.AsRefusal(err); refused {
		r.done = io.EOF
	}
	return nil, 0, err
}

func (r *Rows) split() [][]byte {
	r.fields = r.fields[:0]
	from := 0
	for _, to := range r.ends {
		r.fields = append(r.fields, r.line[from:to:to])
		from = to
	}
	for len(r.fields) < r.wide {
		r.fields = append(r.fields, nil)
	}
	return r.fields
}

// read goes on to the end of the next row.
func (r *Rows) read() (row bool, err error) {
	for {
		k, tag, err := r.x.next()
		if err != nil {
			return false, err
		}
		if k == text {
			continue
		}
		name := tagName(tag)
		switch {
		case k == start && name == "row":
			if err := r.begin(tag); err != nil {
				return false, err
			}
		case k == start && name == "c" && r.inRow:
			if err := r.cell(tag); err != nil {
				return false, err
			}
		case k == end && name == "row":
			r.inRow = false
			return true, nil
		case k == start && name == "col":
			if truth(attr(tag, "hidden")) {
				lo, _ := strconv.Atoi(attr(tag, "min"))
				hi, _ := strconv.Atoi(attr(tag, "max"))
				if hi >= lo && hi <= r.book.opt.MaxColumns && r.hiddenCols <= r.book.opt.MaxColumns {
					r.hiddenCols += hi - lo + 1
				}
			}
		case k == start && name == "autoFilter":
			r.filter = attr(tag, "ref")
		}
	}
}

// tagName is the local name of a tag as one of those that matter, without an allocation.
func tagName(tag []byte) string {
	n := bytes.IndexByte(tag, ' ')
	if n < 0 {
		n = len(tag)
	}
	switch string(tag[:n]) {
	case "c":
		return "c"
	case "v":
		return "v"
	case "row":
		return "row"
	case "f":
		return "f"
	case "is":
		return "is"
	case "t":
		return "t"
	}
	return local(tag)
}

func (r *Rows) begin(tag []byte) error {
	last := r.row
	if v := value(tag, "r", false); v != nil {
		n, err := strconv.ParseUint(string(v), 10, 31)
		if err != nil || uint32(n) <= last {
			return &syntaxError{fmt.Sprintf("row %q follows row %d", v, last)}
		}
		r.row = uint32(n)
	} else {
		r.row++
	}
	r.hidden = truth(string(value(tag, "hidden", false)))
	if r.hidden {
		if r.hiddenRows++; r.hiddenRows == 1 {
			r.firstHidden = r.row
		}
	}
	r.inRow, r.column, r.large, r.filled = true, -1, false, false
	r.line, r.ends, r.faults = r.line[:0], r.ends[:0], r.faults[:0]
	return nil
}

// place finds the column of a cell.
func (r *Rows) place(tag []byte) error {
	v := value(tag, "r", false)
	if v == nil {
		r.column++
	} else {
		n := 0
		for i, c := range v {
			if c < 'A' || c > 'Z' || i > 3 {
				break
			}
			n = n*26 + int(c-'A') + 1
		}
		if n-1 <= r.column {
			return &syntaxError{fmt.Sprintf("cell %q of row %d stands behind another one right of it", v, r.row)}
		}
		r.column = n - 1
	}
	if r.column >= r.book.opt.MaxColumns {
		return &syntaxError{fmt.Sprintf("row %d has more than %d columns", r.row, r.book.opt.MaxColumns)}
	}
	for len(r.ends) < r.column {
		r.ends = append(r.ends, len(r.line))
	}
	return nil
}

func (r *Rows) fault(value, reason string) {
	r.filled = true
	r.faults = append(r.faults, sheet.Fault{Column: r.column, Value: value[:min(len(value), 200)], Reason: reason})
}

// cell reads one cell.
func (r *Rows) cell(tag []byte) error {
	if err := r.place(tag); err != nil {
		return err
	}
	form, style := typeOf(tag), 0
	if v := value(tag, "s", false); v != nil {
		style, _ = strconv.Atoi(string(v)) // none is the plain one
	}
	from := len(r.line)
	valued, formula, err := r.content(from, form)
	if err != nil {
		return err
	}
	if r.large {
		r.line = r.line[:from]
	} else if err := r.settle(from, form, style, valued, formula); err != nil {
		return err
	}
	r.ends = append(r.ends, len(r.line))
	r.filled = r.filled || len(r.line) > from
	return nil
}

func typeOf(tag []byte) string {
	switch v := value(tag, "t", false); string(v) {
	case "", "n":
		return "n"
	case "s":
		return "s"
	case "str":
		return "str"
	default:
		return string(v)
	}
}

// content appends what stands in a cell to line: its value, or its own text.
func (r *Rows) content(from int, form string) (valued, formula bool, err error) {
	in, aside := false, 0
	for {
		k, tag, err := r.x.next()
		if err != nil {
			return false, false, unexpected(err)
		}
		if k == text {
			if !in || aside > 0 || r.large {
				continue
			}
			if r.line, err = unescape(r.line, tag); err != nil {
				return false, false, err
			}
			if len(r.line) > r.book.opt.MaxLine+r.book.opt.MaxField {
				r.large = true
			}
			continue
		}
		switch name := tagName(tag); name {
		case "c":
			if k == end {
				if form == "inlineStr" || form == "str" {
					r.line = plainText(r.line, from)
				}
				return valued, formula, nil
			}
		case "v":
			in = k == start
			valued = true
		case "t":
			in = k == start && form == "inlineStr"
			valued = true
		case "f":
			formula = true
		case "rPh":
			if k == start {
				aside++
			} else {
				aside--
			}
		}
	}
}

// settle turns the raw value at line[from:] into text, by the cell's type.
func (r *Rows) settle(from int, form string, style int, valued, formula bool) error {
	raw := r.line[from:]
	if formula && (!valued || len(raw) == 0 && form != "str") {
		r.fault("", "the formula has no result in the file; open it in a spreadsheet program, let it calculate, save it and send it again")
		return nil
	}
	if !valued || len(raw) == 0 {
		return nil
	}
	switch form {
	case "n":
		return r.number(from, raw, style)
	case "s":
		i, err := strconv.Atoi(string(raw))
		s, ok := r.book.texts.at(i)
		if err != nil || !ok {
			return &syntaxError{fmt.Sprintf("row %d has a text that is not in the workbook", r.row)}
		}
		r.line = append(r.line[:from], s...)
	case "b":
		word := "FALSE"
		if raw[0] == '1' {
			word = "TRUE"
		}
		r.line = append(r.line[:from], word...)
	case "e":
		v := string(raw)
		r.fault(v, "the cell is an error of a formula; mend the formula, or write the value in its place")
	case "d", "str", "inlineStr":
	default:
		return &syntaxError{fmt.Sprintf("row %d has a cell of the unknown type %q", r.row, form)}
	}
	switch {
	case len(r.line)-from > r.book.opt.MaxField:
		r.line = r.line[:from]
		r.fault("", "the text of the cell is longer than the limit; shorten it, or raise limits.field")
	case len(r.line) > r.book.opt.MaxLine:
		r.large = true
	}
	return nil
}

func (r *Rows) number(from int, raw []byte, style int) error {
	var f cell.Format
	if style > 0 && style < len(r.book.styles) {
		f = r.book.styles[style]
	}
	s, err := f.Apply(raw, r.book.epoch)
	if err != nil {
		v := string(raw)
		if s != "" {
			v = s
		}
		r.fault(v, err.Error())
		r.line = append(r.line[:from], v...) // a fault of a column that nobody reads is none
		return nil
	}
	r.line = append(r.line[:from], s...)
	return nil
}
