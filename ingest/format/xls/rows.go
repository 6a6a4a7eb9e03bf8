package xls

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"sellthrough"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/format/sheet/cell"
)

// Rows gives the rows of one sheet that hold anything. It is not safe for concurrent use.
type Rows struct {
	book *Book
	name string
	r    *records
	done error
	wide int // fields that a row is filled up to

	row    int // from 0; −1: none
	column int
	line   []byte
	ends   []int
	fields [][]byte
	faults []sheet.Fault
	given  []sheet.Fault // those of the row that was given
	filled bool
	large  bool
	nested int // sheets inside the sheet, as charts

	hidden     int
	firstShut  int
	passed     string // which hidden sheets were not looked at
	hiddenCols int
	filter     bool
}

// Rows opens a sheet by its place in Sheets.
func (b *Book) Rows(i int) (*Rows, error) {
	t := b.tabs[i]
	r := &Rows{book: b, name: t.Name, r: newRecords(b.file, int64(t.at)), row: -1}
	if err := r.r.next(); err != nil {
		return nil, refuse(err)
	}
	if r.r.kind != recBOF || r.r.u16(2) != worksheet {
		return nil, refuse(damaged("sheet %q does not begin where the workbook says", t.Name))
	}
	return r, nil
}

// Name is the sheet's.
func (r *Rows) Name() string { return r.name }

// Expect fills rows up to width fields: a workbook leaves empty cells out.
func (r *Rows) Expect(width int) { r.wide = width }

// Faults are the cells of the last row that can't be given as text.
func (r *Rows) Faults() []sheet.Fault { return r.given }

// Warnings are what a person should know of the sheet; they are complete once it is read to its end.
func (r *Rows) Warnings() []string {
	var out []string
	if r.passed != "" {
		out = append(out, r.passed)
	}
	if r.hidden > 0 {
		out = append(out, fmt.Sprintf("sheet %q has %d hidden rows, the first is row %d; they were read like all others", r.name, r.hidden, r.firstShut))
	}
	if r.hiddenCols > 0 {
		out = append(out, fmt.Sprintf("sheet %q has %d hidden columns; they were read like all others", r.name, r.hiddenCols))
	}
	if r.filter {
		out = append(out, fmt.Sprintf("sheet %q has a filter; rows that it hides were read like all others", r.name))
	}
	return out
}

// Next gives the texts of the next row that holds anything, and its number in the sheet. They are valid until the next
// call. A row that can't be read is a *sellthrough.Refusal, after which Next goes on; a refusal of row 0 is the whole
// body's. The end is io.EOF; any other error is the source's own.
func (r *Rows) Next() ([][]byte, uint32, error) {
	for r.done == nil {
		next, err := r.cell()
		switch {
		case err == io.EOF:
			r.done = io.EOF
			next = -1
		case err != nil:
			err = refuse(fmt.Errorf("sheet %q: %w", r.name, err))
			r.done = err
			if _, refused := sellthrough.AsRefusal(err); refused {
				r.done = io.EOF
			}
			return nil, 0, err
		case next == r.row:
			continue
		}
		fields, row, large, some := r.give(), r.row+1, r.large, r.filled
		r.row, r.column, r.filled, r.large = next, -1, false, false
		switch {
		case large:
			return nil, uint32(row), sellthrough.Bad(uint32(row), "", "", fmt.Sprintf("the row of sheet %q is longer than the limit; look at its cells, or raise limits.line", r.name))
		case some:
			return fields, uint32(row), nil
		}
	}
	return nil, 0, r.done
}

// give hands the row over and makes room for the next.
func (r *Rows) give() [][]byte {
	r.fields = r.fields[:0]
	from := 0
	for _, to := range r.ends {
		r.fields = append(r.fields, r.line[from:to:to])
		from = to
	}
	for len(r.fields) < r.wide {
		r.fields = append(r.fields, nil)
	}
	r.given = append(r.given[:0], r.faults...)
	r.faults = r.faults[:0]
	r.fresh()
	return r.fields
}

// fresh starts a new line; the texts that were given stay where they are until the next row is given.
func (r *Rows) fresh() {
	r.line, r.ends = make([]byte, 0, max(64, len(r.line))), r.ends[:0]
}

// cell goes on to the next cell and reads it, unless it is the first of another row: then that row's number is given,
// and the cell is read by the call after.
func (r *Rows) cell() (row int, err error) {
	for {
		if err := r.r.next(); err != nil {
			return 0, err
		}
		switch r.r.kind {
		case recBOF:
			if r.nested++; r.nested > 100 {
				return 0, damaged("its parts lie too deep in one another")
			}
			continue
		case recEOF:
			if r.nested == 0 {
				return 0, io.EOF
			}
			r.nested--
			continue
		}
		if r.nested > 0 {
			continue
		}
		switch r.r.kind {
		case recRow:
			if r.r.u16(12)&0x20 != 0 {
				if r.hidden++; r.hidden == 1 {
					r.firstShut = int(r.r.u16(0)) + 1
				}
			}
		case recColInfo:
			if r.r.u16(8)&1 != 0 && r.r.u16(2) >= r.r.u16(0) {
				r.hiddenCols += min(int(r.r.u16(2)-r.r.u16(0))+1, maxColumns)
			}
		case recFilterMode:
			r.filter = true
		case recLabelSST, recNumber, recRK, recMulRK, recLabel, recRString, recBoolErr, recFormula:
			at := int(r.r.u16(0))
			if len(r.r.data) < 6 || at < r.row {
				return 0, damaged("row %d follows row %d", at+1, r.row+1)
			}
			if at > r.row {
				r.r.back = true
				return at, nil
			}
			return at, r.value()
		}
	}
}

// value reads the cell of the record.
func (r *Rows) value() error {
	d, col, style := r.r.data, int(r.r.u16(2)), r.r.u16(4)
	switch r.r.kind {
	case recMulRK:
		for i, c := 4, col; i+6 <= len(d)-2; i, c = i+6, c+1 {
			if err := r.number(c, r.r.u16(i), rk(r.r.u32(i+2))); err != nil {
				return err
			}
		}
		return nil
	case recRK:
		return r.number(col, style, rk(r.r.u32(6)))
	case recNumber:
		return r.number(col, style, float(d, 6))
	case recLabelSST:
		s, ok := r.book.at(r.r.u32(6))
		if !ok {
			return damaged("row %d has a text that is not in the workbook", r.row+1)
		}
		return r.text(col, s)
	case recLabel, recRString:
		p := pieces{r.r, 6}
		n, err := p.u16()
		if err != nil {
			return err
		}
		flags, err := p.byte()
		if err != nil {
			return err
		}
		s, err := p.text(nil, n, flags&1 != 0)
		if err != nil {
			return err
		}
		return r.text(col, s)
	case recBoolErr:
		if len(d) < 8 {
			return damaged("row %d has a cell that is cut", r.row+1)
		}
		return r.truth(col, d[6], d[7] != 0)
	}
	return r.formula(col, style)
}

// formula reads the result that the file keeps of a formula.
func (r *Rows) formula(col int, style uint16) error {
	d := r.r.data
	if len(d) < 14 {
		return damaged("row %d has a formula that is cut", r.row+1)
	}
	if d[12] != 0xFF || d[13] != 0xFF {
		return r.number(col, style, float(d, 6))
	}
	switch d[6] {
	case 0: // a text, which follows; between stand records of shared formulas
		for range 4 {
			if err := r.r.next(); err != nil {
				return err
			}
			if r.r.kind == recString {
				p := pieces{r.r, 0}
				s, err := p.rich(nil)
				if err != nil {
					return err
				}
				return r.text(col, s)
			}
			if r.r.kind == recEOF || r.r.kind == recFormula || r.r.kind == recRow {
				r.r.back = true
				break
			}
		}
		if err := r.place(col); err != nil {
			return err
		}
		r.fault("", "the formula has no result in the file; open it in a spreadsheet program, let it calculate, save it and send it again")
		return nil
	case 1, 2:
		return r.truth(col, d[8], d[6] == 2)
	}
	return r.text(col, nil)
}

// place goes to a column. What is added to the line afterwards is its text.
func (r *Rows) place(col int) error {
	if col >= maxColumns || col <= r.column {
		return damaged("row %d has a cell in column %d behind column %d", r.row+1, col+1, r.column+1)
	}
	for len(r.ends) < col {
		r.ends = append(r.ends, len(r.line))
	}
	r.ends = append(r.ends, len(r.line))
	r.column = col
	return nil
}

func (r *Rows) fault(value, reason string) {
	r.filled = true
	r.faults = append(r.faults, sheet.Fault{Column: r.column, Value: value, Reason: reason})
}

func (r *Rows) put(s string) {
	if r.large = r.large || len(r.line)+len(s) > r.book.opt.MaxLine; r.large {
		return
	}
	r.line = append(r.line, s...)
	r.ends[len(r.ends)-1] = len(r.line)
	r.filled = r.filled || s != ""
}

func (r *Rows) text(col int, s []byte) error {
	if err := r.place(col); err != nil {
		return err
	}
	if len(s) > r.book.opt.MaxField {
		r.fault("", "the text of the cell is longer than the limit; shorten it, or raise limits.field")
		return nil
	}
	r.put(string(s))
	return nil
}

func (r *Rows) number(col int, style uint16, v float64) error {
	if err := r.place(col); err != nil {
		return err
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		r.fault("", cell.ErrNumber.Error())
		return nil
	}
	var f cell.Format
	if int(style) < len(r.book.styles) {
		f = r.book.styles[style]
	}
	raw := strconv.AppendFloat(nil, v, 'g', -1, 64)
	s, err := f.Apply(raw, r.book.epoch)
	if err != nil {
		if s == "" {
			s = string(raw)
		}
		r.fault(s, err.Error())
	}
	r.put(s)
	return nil
}

var errorNames = map[byte]string{0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}

func (r *Rows) truth(col int, v byte, isError bool) error {
	if err := r.place(col); err != nil {
		return err
	}
	switch {
	case isError:
		name := errorNames[v]
		r.fault(name, "the cell is an error of a formula; mend the formula, or write the value in its place")
		r.put(name)
	case v != 0:
		r.put("TRUE")
	default:
		r.put("FALSE")
	}
	return nil
}

// rk is a number in 30 bits: an integer or the upper part of a float, perhaps in hundredths.
func rk(v uint32) float64 {
	var f float64
	if v&2 != 0 {
		f = float64(int32(v) >> 2)
	} else {
		f = math.Float64frombits(uint64(v&^3) << 32)
	}
	if v&1 != 0 {
		f /= 100
	}
	return f
}

func float(d []byte, i int) float64 {
	if i+8 > len(d) {
		return math.NaN()
	}
	var u uint64
	for j := 7; j >= 0; j-- {
		u = u<<8 | uint64(d[i+j])
	}
	return math.Float64frombits(u)
}
