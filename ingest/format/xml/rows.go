package xml

import (
	"io"
	"math"

	"sellthrough"
)

// Rows turns what a format makes of its records into rows, as all formats give them. The format calls Add and Bad; Next
// is the format's own Next. It is not safe for concurrent use.
type Rows struct {
	names    []string
	maxField int
	fill     func() error
	fields   [][]byte
	waiting  []waiting
	row      int64
	done     error
	held     bool
}

// waiting is a row, or why there is none.
type waiting struct {
	values map[string][]byte
	row    uint32
	err    error
}

// NewRows gives the columns of names. fill reads on, and adds any number of rows; its error ends the body.
func NewRows(names []string, maxField int, fill func() error) *Rows {
	if maxField <= 0 {
		maxField = 64 << 10
	}
	return &Rows{names: names, maxField: maxField, fill: fill, fields: make([][]byte, len(names))}
}

// Next gives the values of the next row, in the order of the names, and its number. They are valid until the next call.
// A row that can't be read is a *sellthrough.Refusal, after which Next goes on; a refusal of row 0 is the whole body's, or
// that of the rest of it. The end is io.EOF; any other error is the source's own.
func (r *Rows) Next() ([][]byte, uint32, error) {
	for {
		if len(r.waiting) > 0 && !r.held {
			w := r.waiting[0]
			if r.waiting = r.waiting[1:]; w.err != nil {
				return nil, w.row, w.err
			}
			for i, name := range r.names {
				if r.fields[i] = w.values[name]; len(r.fields[i]) > r.maxField {
					return nil, w.row, sellthrough.Bad(w.row, name, string(r.fields[i][:100]), "the value is longer than the limit; shorten it, or raise limits.field")
				}
			}
			return r.fields, w.row, nil
		}
		if r.done != nil {
			return nil, 0, r.done
		}
		if len(r.waiting) == 0 {
			r.waiting = nil
		}
		if err := r.fill(); err != nil {
			r.done, r.held = err, false
			if _, ok := sellthrough.AsRefusal(err); ok {
				r.done, r.waiting = io.EOF, nil
				return nil, 0, err
			}
		}
	}
}

func (r *Rows) number() uint32 {
	r.row++
	return uint32(min(r.row, math.MaxUint32))
}

// Add adds a row.
func (r *Rows) Add(values map[string][]byte) {
	r.waiting = append(r.waiting, waiting{values: values, row: r.number()})
}

// Bad adds a refusal.
func (r *Rows) Bad(column, value, reason string) {
	row := r.number()
	r.waiting = append(r.waiting, waiting{row: row, err: sellthrough.Bad(row, column, value, reason)})
}

// Hold lets rows wait, because what belongs to all of them is still to come, or gives them with it. It says how many
// wait.
func (r *Rows) Hold(held bool, with map[string][]byte) int {
	r.held = held
	for _, w := range r.waiting {
		for name, value := range with {
			if w.values != nil {
				w.values[name] = value
			}
		}
	}
	return len(r.waiting)
}

// Mark is where Back takes rows back to, before fill returns.
type Mark struct {
	n   int
	row int64
}

// Mark remembers what was added so far.
func (r *Rows) Mark() Mark { return Mark{len(r.waiting), r.row} }

// Since counts the rows that were added since m, without refusals.
func (r *Rows) Since(m Mark) (n int) {
	for _, w := range r.waiting[m.n:] {
		if w.err == nil {
			n++
		}
	}
	return n
}

// Back takes back what was added since m.
func (r *Rows) Back(m Mark) { r.waiting, r.row = r.waiting[:m.n], m.row }

// Sign gives the sign of a number written in digits with a point: −1, 0 or 1. Anything else is not ok.
func Sign(text []byte) (sign int, ok bool) {
	sign = 1
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
	}
	digits, points, zero := 0, 0, true
	for _, c := range text {
		switch {
		case c == '.':
			points++
		case c >= '0' && c <= '9':
			digits++
			zero = zero && c == '0'
		default:
			return 0, false
		}
	}
	if zero {
		sign = 0
	}
	return sign, digits > 0 && points <= 1
}

// Signed writes the digits of a number with a sign or without.
func Signed(text []byte, minus bool) []byte {
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		text = text[1:]
	}
	if s, _ := Sign(text); !minus || s == 0 {
		return text
	}
	return append([]byte{'-'}, text...)
}
