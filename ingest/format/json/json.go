// Package json reads JSON bodies that are more than one object per line: an array of rows, rows in an envelope
// ("data.lines"), lines nested in documents ("orders.lines"), and objects written one after the other. It gives rows as
// package ndjson does.
//
// Rows are the objects at Options.Rows, a dotted path from the top; an array on the way stands for each of its entries.
// A plain name, "sku" or "store.id", is a member of the row. A name that begins with "$." is a path from the top and
// names a member of an object that encloses the row: with rows at orders.lines, "$.orders.id" is the id of the order
// that the line stands in, and "$.store" a member of the envelope.
//
// It promises what package ndjson does: exact case, no name twice in an object, UTF-8, digits as written, and a bad row
// refused by itself. Beyond that it holds no more of the body than one row, and the rows that wait for a member of their
// envelope that is written behind them; these are bounded by Options.MaxHeld. An envelope that can't be read refuses the
// rest of the body, because where its next row begins would be a guess.
package json

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"sellthrough"
	"sellthrough/ingest/format/json/object"
)

// Options are the place of the rows and the limits of a Reader. A zero limit is the default.
type Options struct {
	Rows      string // dotted path of the rows; empty: the top-level objects, in an array or one after the other
	MaxRow    int    // bytes of a row, or of a member beside the rows; default 1 MiB
	MaxField  int    // bytes of a value that is asked for; default 64 KiB
	MaxFields int    // names in a row, or in an object around it; default 1000
	MaxHeld   int    // bytes of rows that wait for a member of their envelope; default 8 MiB
}

// Reader reads rows. It is not safe for concurrent use.
type Reader struct {
	in     window
	opt    Options
	path   []string // of the rows
	levels []*level // the objects around a row, the outermost first
	parse  *object.Parser
	width  int
	inRow  []int    // of each name of parse: its place among all names
	again  [][2]int // names that say the same: place to fill, place to fill it from
	fields [][]byte

	stack []place
	open  []*frame // of the objects in stack
	want  want
	began bool
	seen  bool // a value at the top
	row   int64
	held  queue
	done  error
}

// NewReader reads the values of names from src.
func NewReader(src io.Reader, names []string, o Options) *Reader {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&o.MaxRow, 1<<20)
	def(&o.MaxField, 64<<10)
	def(&o.MaxFields, 1000)
	def(&o.MaxHeld, 8<<20)
	r := &Reader{in: window{src: src, buf: make([]byte, 64<<10)}, opt: o, width: len(names), fields: make([][]byte, len(names))}
	if o.Rows != "" {
		r.path = strings.Split(o.Rows, ".")
	}
	limits := object.Limits{MaxField: o.MaxField, MaxFields: o.MaxFields}
	for range r.path {
		r.levels = append(r.levels, newLevel())
	}
	var own []string
	at := map[string]int{}
	for i, name := range names {
		depth, rest := r.place(name)
		key := fmt.Sprint(depth, " ", rest)
		if first, ok := at[key]; ok {
			r.again = append(r.again, [2]int{i, first})
			continue
		}
		at[key] = i
		if depth == len(r.path) {
			own, r.inRow = append(own, rest), append(r.inRow, i)
		} else if rest != r.path[depth] {
			r.levels[depth].add(rest, i)
		}
	}
	r.parse = object.New(own, limits)
	for _, l := range r.levels {
		l.ready(limits)
	}
	return r
}

// place says in which object around the row a name stands, and under which path there. The row itself is the last.
func (r *Reader) place(name string) (depth int, rest string) {
	rest, ok := strings.CutPrefix(name, "$.")
	if !ok {
		return len(r.path), name
	}
	for depth < len(r.path) {
		below, ok := strings.CutPrefix(rest, r.path[depth]+".")
		if !ok {
			break
		}
		rest = below
		depth++
	}
	return depth, rest
}

// Check says what is wrong with the path of the rows and the names of a feed.
func Check(rows string, names []string) error {
	if rows != "" && slices.Contains(strings.Split(rows, "."), "") {
		return fmt.Errorf("the path %q of the rows has an empty part; write it like data.lines", rows)
	}
	for _, name := range names {
		if rest, ok := strings.CutPrefix(name, "$."); ok && (rest == rows || strings.HasPrefix(rows, rest+".")) {
			return fmt.Errorf("%q is where the rows lie, not a value; name a member beside it", name)
		}
	}
	return nil
}

// Next gives the values of the next row, in the order of the names, and its number: rows are counted from 1, over the
// whole body. Values hold until the next call. A row that can't be read is a *sellthrough.Refusal, after which Next goes
// on; a refusal of row 0 is the whole body's, or that of the rest of it. The end is io.EOF; any other error is the
// source's own.
func (r *Reader) Next() ([][]byte, uint32, error) {
	for {
		if w := r.held.first(); w != nil && w.settled() {
			return r.release(w)
		}
		if r.done != nil {
			return nil, 0, r.done
		}
		fields, row, err := r.step()
		if fields != nil || err != nil {
			return fields, row, err
		}
	}
}

// release gives the oldest row that waited.
func (r *Reader) release(w *waiting) ([][]byte, uint32, error) {
	defer r.held.drop()
	if w.err != nil {
		return nil, w.row, w.err
	}
	if _, err := r.parse.Read(w.text); err != nil { // it was read once, so it can be
		return nil, w.row, sellthrough.Bad(w.row, err.Name, sample(w.text), err.Text)
	}
	return r.give(w.frames, w.row, w.text)
}

// give puts the members of a row and of what is around it in the order of the names.
func (r *Reader) give(frames []*frame, row uint32, text []byte) ([][]byte, uint32, error) {
	for k, v := range r.parse.Fields() {
		r.fields[r.inRow[k]] = v
	}
	for d, f := range frames {
		if f.fault != nil {
			return nil, row, sellthrough.Bad(row, f.fault.Name, sample(text), f.fault.Text)
		}
		for k, v := range f.values {
			r.fields[r.levels[d].at[k]] = v
		}
	}
	for _, same := range r.again {
		r.fields[same[0]] = r.fields[same[1]]
	}
	return r.fields, row, nil
}

// number counts a row.
func (r *Reader) number() uint32 {
	r.row++
	return uint32(min(r.row, math.MaxUint32))
}

// object reads a row at the front of the window.
func (r *Reader) object() ([][]byte, uint32, error) {
	row := r.number()
	text, n, bad, err := r.extent(r.parse.Read)
	if err != nil {
		return nil, 0, err
	}
	if bad != nil {
		r.in.pos += n
		return r.hold(row, nil, sellthrough.Bad(row, bad.Name, sample(text), bad.Text))
	}
	if len(r.held.rows) > 0 || !settled(r.open) {
		fields, row, err := r.hold(row, text, nil)
		r.in.pos += n
		return fields, row, err
	}
	r.in.pos += n
	return r.give(r.open, row, text)
}

// extent reads the value at the front of the window: its text, and how long it is. A fault of the value is bad; err
// ends the reading of the body.
func (r *Reader) extent(read func([]byte) (int, *object.Fault)) (text []byte, n int, bad *object.Fault, err error) {
	b := r.in.ahead()
	n, bad = read(b)
	whole := n < len(b) || b[0] == '{' || b[0] == '[' || b[0] == '"' // a number at the end of the window may go on
	if bad != nil || !whole || n > r.opt.MaxRow {
		end, err := r.in.extent(r.opt.MaxRow)
		if err == errLong {
			return nil, end, &object.Fault{Text: "the object is longer than the limit; send fewer members, or raise limits.line"}, nil
		}
		if err != nil {
			return nil, 0, nil, r.fail(err)
		}
		text = r.in.ahead()[:end]
		if bad != nil && end < len(b) {
			return text, end, bad, nil
		}
		if n, bad = read(text); bad != nil { // only its beginning was read before
			return text, end, bad, nil
		}
	}
	if text = r.in.ahead()[:n]; !utf8.Valid(text) {
		return text, n, &object.Fault{Text: "the object is not UTF-8; write JSON in UTF-8"}, nil
	}
	return text, n, nil, nil
}

// named is how a feed names a member of an object around the rows.
func (r *Reader) named(depth int, path string) string {
	return "$." + strings.Join(append(slices.Clone(r.path[:depth]), path), ".")
}

// fail ends the reading of the body. What still waits for it is not given.
func (r *Reader) fail(err error) error {
	r.held = queue{}
	if f, ok := errors.AsType[*object.Fault](err); ok {
		err = sellthrough.Bad(0, f.Name, "", f.Text)
	}
	r.done = err
	if _, ok := sellthrough.AsRefusal(err); ok {
		r.done = io.EOF
	}
	return err
}

func sample(b []byte) string {
	return string(bytes.ToValidUTF8(b[:min(len(b), 150)], []byte("\uFFFD")))
}
