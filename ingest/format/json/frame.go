package json

import (
	"bytes"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/json/object"
)

// level is one of the objects around a row: which of its members are asked for, and what it has in common with the one
// read before it.
type level struct {
	at    []int    // of each member that is asked for: its place among all names
	paths []string // in the object
	keys  map[string]*key
	other *object.Parser // of members that nobody asked for
	shape []shaped       // the members of the object before, in their order
	spare *frame         // of the object before
}

type shaped struct {
	raw, name string
	key       *key
}

// key is a member of the object that holds what is asked for.
type key struct {
	name   string
	scalar int // the value itself, or −1
	parse  *object.Parser
	fills  []int // by the names of parse
}

func newLevel() *level { return &level{keys: map[string]*key{}} }

func (l *level) add(path string, at int) {
	l.at, l.paths = append(l.at, at), append(l.paths, path)
}

func (l *level) ready(limits object.Limits) {
	l.other = object.New(nil, limits)
	below := map[string][]string{}
	for i, path := range l.paths {
		name, rest, nested := strings.Cut(path, ".")
		k := l.keys[name]
		if k == nil {
			k = &key{name: name, scalar: -1}
			l.keys[name] = k
		}
		if nested {
			below[name], k.fills = append(below[name], rest), append(k.fills, i)
		} else {
			k.scalar = i
		}
	}
	for name, k := range l.keys {
		k.parse = object.New(below[name], limits)
	}
}

// frame is one object around rows, as far as it is read.
type frame struct {
	values [][]byte
	left   int // members that may still come; 0 once the object is closed
	fault  *object.Fault

	keys   int
	same   bool // so far, its members are those of the object before
	known  map[string]struct{}
	shared bool // rows wait for it
	rows   bool // the member on the path was there
}

func (f *frame) begin(l *level) {
	f.values = append(f.values[:0], make([][]byte, len(l.paths))...)
	f.left, f.fault, f.keys, f.same, f.rows = len(l.paths), nil, 0, true, false
	clear(f.known)
}

func settled(frames []*frame) bool {
	for _, f := range frames {
		if f.left > 0 {
			return false
		}
	}
	return true
}

// waiting is a row whose envelope is not wholly read.
type waiting struct {
	text   []byte
	row    uint32
	err    error
	frames []*frame
}

func (w *waiting) settled() bool { return settled(w.frames) }

// queue holds rows in their order.
type queue struct {
	rows  []waiting
	bytes int
}

func (q *queue) first() *waiting {
	if len(q.rows) == 0 {
		return nil
	}
	return &q.rows[0]
}

func (q *queue) drop() {
	q.bytes -= q.rows[0].weight()
	q.rows[0] = waiting{}
	if q.rows = q.rows[1:]; len(q.rows) == 0 {
		q.rows = nil
	}
}

// weight is about what a waiting row takes.
func (w *waiting) weight() int { return 128 + len(w.text) + 8*len(w.frames) }

// hold lets a row wait where what belongs to it is still to come, or where another one before it waits. Otherwise a
// refusal goes out at once.
func (r *Reader) hold(row uint32, text []byte, err error) ([][]byte, uint32, error) {
	if len(r.held.rows) == 0 && err != nil {
		return nil, row, err
	}
	w := waiting{text: bytes.Clone(text), row: row, err: err}
	if err == nil {
		w.frames = slices.Clone(r.open)
	}
	for _, f := range w.frames {
		f.shared = true
	}
	r.held.rows, r.held.bytes = append(r.held.rows, w), r.held.bytes+w.weight()
	if r.held.bytes <= r.opt.MaxHeld {
		return nil, 0, nil
	}
	name := ""
	for d, f := range r.held.rows[0].frames {
		for k, v := range f.values {
			if f.left > 0 && v == nil {
				name = r.named(d, r.levels[d].paths[k])
			}
		}
	}
	return nil, 0, r.fail(sellthrough.Bad(0, name, "", "the rows come before the member "+name+" of the object around them, too many to wait for it; write it before the rows"))
}
