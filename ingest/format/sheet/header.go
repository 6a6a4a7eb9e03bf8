package sheet

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"sellthrough"
)

// Header names the columns of a header of one or more rows: the texts of a column from above, each once, joined by "/".
// An empty cell of an upper row takes the text left of it where a cell below is filled, as merged cells leave it. Line
// ends and runs of blanks in a text are one blank.
func Header(rows [][]string) []string {
	var out []string
	for _, p := range paths(rows) {
		out = append(out, strings.Join(p, "/"))
	}
	return out
}

// paths are the texts of each column, from above.
func paths(rows [][]string) [][]string {
	width := 0
	for _, r := range rows {
		width = max(width, len(r))
	}
	out := make([][]string, width)
	for i, row := range rows {
		left := ""
		for c := range width {
			text := ""
			if c < len(row) {
				text = Text(row[c])
			}
			below := false
			for _, lower := range rows[i+1:] {
				below = below || c < len(lower) && Text(lower[c]) != ""
			}
			switch {
			case text != "":
				left = text
			case i+1 < len(rows) && below:
				text = left
			default:
				left = ""
			}
			if text != "" && !slices.Contains(out[c], text) {
				out[c] = append(out[c], text)
			}
		}
	}
	return out
}

// Text is a header's cell with its blanks and line ends made one blank each.
func Text(cell string) string {
	return strings.Join(strings.FieldsFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' }), " ")
}

// lookahead is how many rows may stand above and in a header.
const lookahead = 50

// pending is a record that was read while the header was looked for.
type pending struct {
	fields [][]byte
	row    uint32
	err    error
}

// find reads up to the header and names the columns.
func (r *Reader) find() error {
	if len(r.opt.Header) > 0 {
		return r.headed()
	}
	n := max(1, r.layout.HeaderRows)
	want := r.opt.Names
	if u := &r.layout.Unpivot; u.Name != "" {
		want = u.Keep
	}
	best, bestHits := -1, -1
	for len(r.queue) < lookahead+n {
		if e, ok := r.src.(expecter); ok {
			e.Expect(0)
		}
		p := r.pull()
		if p.err != nil && p.err != io.EOF {
			if _, refused := sellthrough.AsRefusal(p.err); !refused || p.row == 0 {
				r.sourced = true
				return p.err
			}
		}
		if p.err == io.EOF {
			r.queue = append(r.queue, p)
			break
		}
		r.queue = append(r.queue, p)
		at := len(r.queue) - n
		if at < 0 || p.err != nil || r.queue[at].err != nil {
			continue
		}
		if r.layout.HeaderRow > 0 {
			if int64(r.queue[at].row) < int64(r.layout.HeaderRow) {
				continue
			}
			best = at
			break
		}
		if n > 1 && slices.ContainsFunc(r.queue[at:], func(p pending) bool { return p.err != nil }) {
			continue
		}
		hits := r.hits(at, n, want)
		if hits > bestHits {
			best, bestHits = at, hits
		}
		if hits == len(want) {
			break
		}
	}
	if best < 0 {
		return r.headless()
	}
	if r.layout.HeaderRow > 0 && int64(r.queue[best].row) != int64(r.layout.HeaderRow) {
		return bad(0, "", "", fmt.Sprintf("the header should begin in row %d, which is empty or not there; send it there, or mend format.layout of the feed", r.layout.HeaderRow))
	}
	return r.take(best, n)
}

// headed takes the names from the configuration. What refuses the body as a whole is known before its first row.
func (r *Reader) headed() error {
	p := r.pull()
	if p.err != nil && p.err != io.EOF {
		if f, refused := sellthrough.AsRefusal(p.err); !refused || f.Row == 0 {
			r.sourced = true
			return p.err
		}
	}
	r.queue = append(r.queue, p)
	r.names = slices.Clone(r.opt.Header)
	if e, ok := r.src.(expecter); ok {
		e.Expect(len(r.names))
	}
	return r.bind(paths([][]string{r.names}))
}

// headless says why no header was found.
func (r *Reader) headless() error {
	for _, p := range r.queue {
		if p.err != nil { // the source's own word, or the first row that could not be read
			return p.err
		}
	}
	return bad(0, "", "", "no header was found; send the header row, or mend format.layout of the feed")
}

// hits counts the names that n rows from at on are the header of.
func (r *Reader) hits(at, n int, want []string) int {
	names := Header(r.texts(at, n))
	hits := 0
	for _, w := range want {
		if slices.Contains(names, Text(w)) {
			hits++
		}
	}
	return hits
}

func (r *Reader) texts(at, n int) [][]string {
	rows := make([][]string, n)
	for i := range n {
		for _, f := range r.queue[at+i].fields {
			rows[i] = append(rows[i], string(f))
		}
	}
	return rows
}

// take makes n rows from at on the header.
func (r *Reader) take(at, n int) error {
	rows := r.texts(at, n)
	p := paths(rows)
	r.names = nil
	for _, path := range p {
		r.names = append(r.names, strings.Join(path, "/"))
	}
	if n == 1 { // a plain file keeps the names exactly as they are written, but for line ends
		for i, text := range rows[0] {
			if !strings.ContainsAny(text, "\r\n") {
				r.names[i] = text
			}
		}
	}
	for _, q := range r.queue[:at] {
		if q.err == nil {
			r.counts.Titles++
		}
	}
	for _, q := range r.queue[at : at+n] {
		if len(q.fields) > 0 {
			r.heads = append(r.heads, q.fields)
		}
	}
	r.queue = r.queue[at+n:]
	if e, ok := r.src.(expecter); ok {
		e.Expect(len(r.names))
	}
	return r.bind(p)
}

// Fits counts the names that the header of a table has, of those it has to have, where its layout says or else among the
// first rows; −1 is a table without a header. It reads no further. Its error is the source's own, or a refusal of the whole
// body.
func Fits(src Source, l Layout, names []string) (fit, want int, err error) {
	r := NewReader(src, l, Options{Names: names})
	if l.Unpivot.Name != "" {
		names = l.Unpivot.Keep
	}
	if _, err := r.Columns(); err != nil {
		if f, refused := sellthrough.AsRefusal(err); err == io.EOF || refused && (f.Row > 0 || !r.sourced) {
			return -1, len(names), nil
		}
		return -1, len(names), err
	}
	for _, n := range names {
		if slices.ContainsFunc(r.names, func(have string) bool { return Text(have) == Text(n) }) {
			fit++
		}
	}
	return fit, len(names), nil
}
