package sheet

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"sellthrough"
)

// Reader gives the rows of a table under its named columns. It is not safe for concurrent use. Its memory is that of its
// source, of 50 rows while the header is looked for, and of one row for each group.
type Reader struct {
	src    Source
	layout Layout
	opt    Options
	words  *words

	queue   []pending
	begun   bool
	fatal   error
	sourced bool       // fatal is the source's word
	names   []string   // of the header
	heads   [][][]byte // its rows, as read
	key     int        // the column that tells data from totals; −1: none is known
	reads   []int      // columns whose faults refuse a row
	sums    []sum
	since   int // rows of data since the last total
	counts  Counts

	out    []string // the columns that are given
	keep   []int    // with groups: the columns that go with each
	groups []group
	at     int // the group to give next, of now
	now    [][]byte
	row    uint32
	fields [][]byte
}

// group is a store's column, or its columns by what they say.
type group struct {
	name    []byte
	columns []int // by measure; −1: the group has none
}

// NewReader reads src by a layout.
func NewReader(src Source, l Layout, o Options) *Reader {
	return &Reader{src: src, layout: l, opt: o, words: newWords(&l), key: -1}
}

func bad(row uint32, column, value, reason string) error {
	return sellthrough.Bad(row, column, value, reason)
}

// Columns reads up to the header and gives the names of the columns that Next gives. Its error is the source's own, io.EOF
// where the body is empty, or a refusal.
func (r *Reader) Columns() ([]string, error) {
	if !r.begun {
		r.begun = true
		r.fatal = r.find()
	}
	return r.out, r.fatal
}

// Header is the names of the columns as the table has them, before groups of columns become rows. After Columns.
func (r *Reader) Header() []string { return r.names }

// Counts is what was met beside data so far.
func (r *Reader) Counts() Counts { return r.counts }

// Group is the text of the group that the last row came from, or "".
func (r *Reader) Group() string {
	if r.at > 0 && r.at <= len(r.groups) {
		return string(r.groups[r.at-1].name)
	}
	return ""
}

// Next gives the fields of the next row of data, in the order of Columns, and where it stands. They are valid until the
// next call. A row that can't be read is a *sellthrough.Refusal, after which Next goes on. The end is io.EOF; any other
// error is the source's own.
func (r *Reader) Next() ([][]byte, uint32, error) {
	if _, err := r.Columns(); err != nil {
		if _, refused := sellthrough.AsRefusal(err); refused {
			r.fatal = io.EOF
		}
		return nil, 0, err
	}
	if len(r.groups) > 0 {
		return r.grouped()
	}
	return r.record()
}

// pull reads a record and keeps it.
func (r *Reader) pull() pending {
	fields, row, err := r.src.Next()
	kept := make([][]byte, len(fields))
	for i, f := range fields {
		kept[i] = bytes.Clone(f)
	}
	if err == nil {
		if f, ok := r.src.(faulty); ok && len(f.Faults()) > 0 {
			for _, fault := range f.Faults() { // a title or header is no data; a row of data that was read ahead is none of it
				if fault.Column < len(kept) {
					kept[fault.Column] = []byte(fault.Value)
				}
			}
		}
	}
	return pending{fields: kept, row: row, err: err}
}

// record gives the next row of data as the source has it.
func (r *Reader) record() ([][]byte, uint32, error) {
	for {
		var fields [][]byte
		var row uint32
		var err error
		if len(r.queue) > 0 {
			p := r.queue[0]
			r.queue = r.queue[1:]
			fields, row, err = p.fields, p.row, p.err
		} else {
			fields, row, err = r.src.Next()
			if f, ok := r.src.(faulty); ok && err == nil {
				err = r.check(f.Faults(), row)
			}
		}
		if err != nil {
			if _, refused := sellthrough.AsRefusal(err); refused {
				for i := range r.sums {
					r.sums[i].bad, r.sums[i].badPart = true, true
				}
			}
			return nil, row, err
		}
		switch class, kind, label := r.classify(fields); class {
		case total:
			r.counts.Totals++
			if t := r.control(fields, row, kind, label); r.opt.Total != nil {
				r.opt.Total(t)
			}
			continue
		case footer:
			r.counts.Footers++
			continue
		case repeated:
			r.counts.Headers++
			continue
		}
		r.since++
		for i := range r.sums {
			if s := &r.sums[i]; s.column < len(fields) {
				s.add(fields[s.column], r.opt.Number)
			}
		}
		return fields, row, nil
	}
}

// check refuses a row with a fault in a column that is read.
func (r *Reader) check(faults []Fault, row uint32) error {
	for _, f := range faults {
		if slices.Contains(r.reads, f.Column) {
			name := ""
			if f.Column < len(r.names) {
				name = r.names[f.Column]
			}
			return bad(row, name, f.Value, f.Reason)
		}
	}
	return nil
}

// isHeader asks whether a row is a row of the header again, as every page of a printed report begins.
func (r *Reader) isHeader(fields [][]byte) bool {
	for _, h := range r.heads {
		if bytes.Equal(fields[0], h[0]) && slices.EqualFunc(fields, h, bytes.Equal) {
			return filled(fields, 2) > 1
		}
	}
	return false
}

// bind finds the columns by their names; p are the texts of each column of the header.
func (r *Reader) bind(p [][]string) error {
	r.out = r.names
	index := func(name string) int {
		return slices.IndexFunc(r.names, func(n string) bool { return Text(n) == Text(name) })
	}
	u := &r.layout.Unpivot
	if u.Name != "" {
		if err := r.split(p, index); err != nil {
			return err
		}
	}
	for _, k := range r.opt.Key {
		if i := index(k); i >= 0 {
			r.key = i
			break
		}
	}
	for _, n := range r.opt.Names {
		if i := index(n); i >= 0 {
			r.reads = append(r.reads, i)
		}
	}
	for _, g := range r.groups {
		r.reads = append(r.reads, g.columns...)
	}
	if r.opt.Number == nil {
		return nil
	}
	for i, n := range r.names {
		measured := slices.ContainsFunc(r.groups, func(g group) bool { return slices.Contains(g.columns, i) })
		listed := slices.ContainsFunc(r.opt.Sums, func(s string) bool { return Text(s) == Text(n) })
		if n != "" && (measured || listed) {
			r.sums = append(r.sums, sum{name: n, column: i})
		}
	}
	return nil
}

// split finds the groups of columns.
func (r *Reader) split(p [][]string, index func(string) int) error {
	u := &r.layout.Unpivot
	r.out = nil
	for _, k := range u.Keep {
		if i := index(k); i >= 0 {
			r.keep = append(r.keep, i)
			r.out = append(r.out, k)
		}
	}
	r.out = append(r.out, u.Name)
	var measures []string
	byName := map[string]int{}
	for c, path := range p {
		if len(path) == 0 || slices.Contains(r.keep, c) || slices.ContainsFunc(u.Ignore, func(n string) bool { return Text(n) == Text(r.names[c]) }) {
			continue
		}
		name, measure := path[0], u.Value
		if len(path) > 1 {
			name, measure = strings.Join(path[:len(path)-1], "/"), path[len(path)-1]
		}
		m := slices.Index(measures, measure)
		if m < 0 {
			m = len(measures)
			measures = append(measures, measure)
		}
		g, known := byName[name]
		if !known {
			g = len(r.groups)
			byName[name] = g
			r.groups = append(r.groups, group{name: []byte(name)})
		}
		for len(r.groups[g].columns) <= m {
			r.groups[g].columns = append(r.groups[g].columns, -1)
		}
		if r.groups[g].columns[m] >= 0 {
			return bad(0, "", "", fmt.Sprintf("the header names %q twice; give every column a name of its own", r.names[c]))
		}
		r.groups[g].columns[m] = c
	}
	for i := range r.groups {
		for len(r.groups[i].columns) < len(measures) {
			r.groups[i].columns = append(r.groups[i].columns, -1)
		}
	}
	if len(r.groups) == 0 {
		return bad(0, "", "", fmt.Sprintf("the header has no column beside those that go with every %s; send a column for each, or mend format.layout.unpivot of the feed", u.Name))
	}
	r.out = append(r.out, measures...)
	r.at = len(r.groups)
	r.fields = make([][]byte, len(r.out))
	return nil
}

// grouped gives a row for each group of a record that says anything.
func (r *Reader) grouped() ([][]byte, uint32, error) {
	for {
		if r.at >= len(r.groups) {
			fields, row, err := r.record()
			if err != nil {
				r.at = len(r.groups) + 1 // no group is meant
				return nil, row, err
			}
			r.now, r.row, r.at = fields, row, 0
			if len(fields) > len(r.names) && filled(fields[len(r.names):], 1) > 0 {
				r.at = len(r.groups) + 1
				return nil, row, bad(row, "", "", fmt.Sprintf("the row has %d fields and the header %d, so it is unclear which store a figure is of; mend the header", len(fields), len(r.names)))
			}
			for c, name := range r.names {
				if name == "" && c < len(fields) && len(trim(fields[c])) > 0 {
					r.at = len(r.groups) + 1
					return nil, row, bad(row, "", string(fields[c]), fmt.Sprintf("a cell stands in column %d, which has no name in the header; name it, or empty the cell", c+1))
				}
			}
		}
		cell := func(c int) []byte {
			if c < 0 || c >= len(r.now) {
				return nil
			}
			return r.now[c]
		}
		g := &r.groups[r.at]
		r.at++
		says := false
		for i, c := range g.columns {
			v := cell(c)
			r.fields[len(r.keep)+1+i] = v
			says = says || len(trim(v)) > 0
		}
		if !says {
			r.counts.Blank++
			continue
		}
		for i, c := range r.keep {
			r.fields[i] = cell(c)
		}
		r.fields[len(r.keep)] = g.name
		return r.fields, r.row, nil
	}
}
