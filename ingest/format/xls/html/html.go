// Package html reads the tables of a page of HTML, which many programs write under the name of a workbook. It streams,
// and gives rows of text as the packages of workbooks do; it gives them no meaning.
//
// Every row of every table is a record; a row that only holds another table is none. A cell over several columns stands
// in its first one, and one over several rows in its first row, as in a workbook. The encoding is the one the feed
// says, else the one that the page says of itself, else what its bytes show.
package html

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"sellthrough"
	"sellthrough/ingest/format/encoding"
)

// Options are the limits of a Reader. A zero value is the default.
type Options struct {
	Encoding   encoding.Encoding // as the feed configures it
	MaxLine    int               // bytes of a row; default 1 MiB
	MaxField   int               // bytes of a cell; default 64 KiB
	MaxColumns int               // of a row; default 1000
}

const (
	maxDepth = 50        // tables in one another
	maxToken = 512 << 10 // bytes of a tag or a piece of text
)

// Reader reads rows. It is not safe for concurrent use.
type Reader struct {
	src   io.Reader
	opt   Options
	z     *html.Tokenizer
	done  error
	row   uint32 // <tr>s so far
	stack []*table
	mute  int // inside a script or style
	wide  int // fields that a row is filled up to
}

// table is a table that is open, with its row.
type table struct {
	inRow  bool
	inCell bool
	row    uint32
	line   []byte
	ends   []int
	span   int   // columns of the open cell
	down   int   // rows of the open cell
	held   []int // rows that a cell above still holds of each column
	large  bool
	fault  string
	blank  bool // white space is pending
	column int  // where the open cell begins
}

// NewReader reads src.
func NewReader(src io.Reader, o Options) *Reader {
	o.MaxLine = cmp.Or(o.MaxLine, 1<<20)
	o.MaxField = cmp.Or(o.MaxField, 64<<10)
	o.MaxColumns = cmp.Or(o.MaxColumns, 1000)
	return &Reader{src: src, opt: o}
}

// Expect fills rows up to width fields: pages leave empty cells at the end out.
func (r *Reader) Expect(width int) { r.wide = width }

// Next gives the texts of the next row and its number among the rows of all tables. They are valid until the next call.
// A row that can't be read is a *sellthrough.Refusal, after which Next goes on; a refusal of row 0 is the whole body's. The
// end is io.EOF; any other error is the source's own.
func (r *Reader) Next() ([][]byte, uint32, error) {
	if r.z == nil && r.done == nil {
		r.done = r.begin()
	}
	for r.done == nil {
		t, err := r.step()
		if err != nil {
			if r.done = err; err == html.ErrBufferExceeded {
				r.done = sellthrough.Bad(0, "", "", "the page has a tag or text of more than 512 KiB; send the report as CSV or .xlsx")
			}
			break
		}
		if t == nil || t.empty() {
			continue
		}
		if t.large {
			return nil, t.row, sellthrough.Bad(t.row, "", "", "the row is longer than the limit; look at its cells, or raise limits.line")
		}
		if t.fault != "" {
			return nil, t.row, sellthrough.Bad(t.row, "", "", t.fault)
		}
		return t.fields(r.wide), t.row, nil
	}
	err := r.done
	if _, refused := sellthrough.AsRefusal(err); refused {
		r.done = io.EOF
	}
	return nil, 0, err
}

// begin finds the encoding that the page says of itself.
func (r *Reader) begin() error {
	head := make([]byte, 2048)
	n, err := io.ReadFull(r.src, head)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = head[:n]
	e := r.opt.Encoding
	if e == encoding.Auto && encoding.Detect(head).Mark == 0 {
		e = declared(head)
	}
	r.z = html.NewTokenizer(encoding.NewReader(io.MultiReader(bytes.NewReader(head), r.src), encoding.Options{Encoding: e}))
	r.z.SetMaxBuf(maxToken)
	return nil
}

// declared is what a page's meta element says of its encoding. UTF-16 can't be said by bytes that are not.
func declared(head []byte) encoding.Encoding {
	low := bytes.ToLower(head)
	_, after, ok := bytes.Cut(low, []byte("charset="))
	if !ok {
		return encoding.Auto
	}
	name := strings.TrimLeft(string(after), `"' `)
	if n := strings.IndexAny(name, `"' ;/>`); n >= 0 {
		name = name[:n]
	}
	e, err := encoding.Parse(name)
	if err != nil || e == encoding.UTF16LE || e == encoding.UTF16BE {
		return encoding.Auto
	}
	return e
}

// step reads a token; it gives a table whose row has just ended.
func (r *Reader) step() (*table, error) {
	switch k := r.z.Next(); k {
	case html.ErrorToken:
		return nil, r.z.Err()
	case html.TextToken:
		if r.mute == 0 && len(r.stack) > 0 {
			r.top().text(r.z.Text(), &r.opt)
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		name, attrs := r.z.TagName()
		return r.start(atom.Lookup(name), attrs, k == html.SelfClosingTagToken)
	case html.EndTagToken:
		name, _ := r.z.TagName()
		return r.end(atom.Lookup(name))
	}
	return nil, nil
}

func (r *Reader) top() *table { return r.stack[len(r.stack)-1] }

func (r *Reader) start(tag atom.Atom, attrs, closed bool) (*table, error) {
	switch tag {
	case atom.Script, atom.Style, atom.Title:
		if !closed {
			r.mute++
		}
		return nil, nil
	case atom.Table:
		if len(r.stack) == maxDepth {
			return nil, sellthrough.Bad(0, "", "", fmt.Sprintf("the page has more than %d tables in one another; send the report as CSV or .xlsx", maxDepth))
		}
		r.stack = append(r.stack, &table{})
		return nil, nil
	}
	if len(r.stack) == 0 {
		return nil, nil
	}
	t := r.top()
	switch tag {
	case atom.Tr:
		var ended *table
		if t.inRow { // its end tag may be left out
			ended = t.finish(&r.opt)
		}
		if r.row < math.MaxUint32 {
			r.row++
		}
		if ended != nil && !ended.empty() {
			given := *ended
			t.open(r.row)
			return &given, nil
		}
		t.open(r.row)
	case atom.Td, atom.Th:
		if t.inRow {
			t.close(&r.opt)
			t.begin(r.spans(attrs))
		}
	case atom.Br, atom.P, atom.Div:
		t.blank = true
	}
	return nil, nil
}

// spans reads how many columns and rows a cell takes.
func (r *Reader) spans(attrs bool) (across, down int) {
	across, down = 1, 1
	for attrs {
		var key, value []byte
		key, value, attrs = r.z.TagAttr()
		n, err := strconv.Atoi(strings.TrimSpace(string(value)))
		switch {
		case err != nil || n < 1:
		case string(key) == "colspan":
			across = min(n, r.opt.MaxColumns)
		case string(key) == "rowspan":
			down = min(n, 65_536)
		}
	}
	return across, down
}

func (r *Reader) end(tag atom.Atom) (*table, error) {
	switch tag {
	case atom.Script, atom.Style, atom.Title:
		r.mute = max(0, r.mute-1)
		return nil, nil
	}
	if len(r.stack) == 0 {
		return nil, nil
	}
	t := r.top()
	switch tag {
	case atom.Td, atom.Th:
		t.close(&r.opt)
	case atom.Tr:
		if t.inRow {
			return t.finish(&r.opt), nil
		}
	case atom.Table:
		r.stack = r.stack[:len(r.stack)-1]
		if t.inRow {
			return t.finish(&r.opt), nil
		}
	}
	return nil, nil
}

// open begins a row. What the row before gave stays valid.
func (t *table) open(row uint32) {
	t.row, t.inRow, t.inCell, t.large, t.fault, t.blank = row, true, false, false, "", false
	t.line, t.ends = nil, nil
}

// begin begins a cell in the next column that no cell above holds.
func (t *table) begin(across, down int) {
	for len(t.ends) < len(t.held) && t.held[len(t.ends)] > 0 {
		t.ends = append(t.ends, len(t.line))
	}
	t.inCell, t.span, t.down, t.column, t.blank = true, across, down, len(t.ends), false
}

// text adds to the open cell, with runs of white space made one blank.
func (t *table) text(b []byte, o *Options) {
	if !t.inCell || t.large {
		return
	}
	from := t.from()
	for len(b) > 0 {
		n := bytes.IndexAny(b, " \t\r\n\f")
		if n == 0 {
			t.blank, b = true, b[1:]
			continue
		}
		if n < 0 {
			n = len(b)
		}
		if t.blank && len(t.line) > from {
			t.line = append(t.line, ' ')
		}
		t.blank = false
		t.line = append(t.line, b[:n]...)
		b = b[n:]
	}
	t.large = len(t.line) > o.MaxLine
}

// from is where the open cell's text begins.
func (t *table) from() int {
	if len(t.ends) == 0 {
		return 0
	}
	return t.ends[len(t.ends)-1]
}

// close ends the open cell.
func (t *table) close(o *Options) {
	if !t.inCell {
		return
	}
	t.inCell = false
	if len(t.line)-t.from() > o.MaxField {
		t.line = t.line[:t.from()]
		t.fault = "the text of a cell is longer than the limit; shorten it, or raise limits.field"
	}
	if bytes.IndexByte(t.line[t.from():], encoding.Undecodable) >= 0 {
		t.fault = "a cell holds bytes that are no text in the encoding of the page; set format.encoding of the feed, or mend the export"
	}
	for range t.span {
		if len(t.ends) >= o.MaxColumns {
			t.fault = fmt.Sprintf("the row has more than %d columns; look at the page", o.MaxColumns)
			return
		}
		t.ends = append(t.ends, len(t.line))
	}
	if t.down > 1 {
		for len(t.held) < t.column+t.span {
			t.held = append(t.held, 0)
		}
		for c := t.column; c < min(t.column+t.span, len(t.held)); c++ {
			t.held[c] = t.down
		}
	}
}

// finish ends the row.
func (t *table) finish(o *Options) *table {
	t.close(o)
	t.inRow = false
	for c := range t.held {
		t.held[c] = max(0, t.held[c]-1)
	}
	return t
}

// empty asks whether the row says nothing.
func (t *table) empty() bool {
	return t.fault == "" && !t.large && len(bytes.TrimFunc(t.line, func(r rune) bool { return r == ' ' || r == '\u00A0' || r == '\u3000' })) == 0
}

func (t *table) fields(wide int) [][]byte {
	var out [][]byte
	from := 0
	for _, to := range t.ends {
		out = append(out, t.line[from:to:to])
		from = to
	}
	for len(out) < wide {
		out = append(out, nil)
	}
	return out
}
