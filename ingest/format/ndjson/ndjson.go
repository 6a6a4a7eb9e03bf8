// Package ndjson reads one JSON object per line, in the row form that CSV has: the values of the names asked for, in
// their order. A nested value is named by its dotted path: "store.id".
//
// It is strict where JSON libraries guess: names match by exact case, a name given twice and text that is not UTF-8 are
// refused, and a number stays the digits that were written, never a float64. null and a missing name are a nil field.
// It streams within the bounds of Options, and a bad line is refused by itself.
package ndjson

import (
	"bytes"
	"io"
	"math"
	"unicode/utf8"

	"sellthrough"
	"sellthrough/ingest/format/json/object"
)

// Options are the limits of a Reader. A zero value is the default.
type Options struct {
	MaxLine   int // bytes of a line; default 1 MiB
	MaxField  int // bytes of a value that is asked for; default 64 KiB
	MaxFields int // names in a line, nested ones included; default 1000
}

// Reader reads rows. It is not safe for concurrent use.
type Reader struct {
	src  io.Reader
	opt  Options
	buf  []byte
	pos  int
	end  int
	err  error // of src, io.EOF included
	done error // what Next returns from here on
	line int64
	next bool // the first bytes are looked at

	parse *object.Parser
}

// NewReader reads the values of names from r. No name may be given twice.
func NewReader(r io.Reader, names []string, o Options) *Reader {
	if o.MaxLine <= 0 {
		o.MaxLine = 1 << 20
	}
	if o.MaxField <= 0 {
		o.MaxField = 64 << 10
	}
	if o.MaxFields <= 0 {
		o.MaxFields = 1000
	}
	return &Reader{
		src: r, opt: o, buf: make([]byte, 64<<10), line: 1,
		parse: object.New(names, object.Limits{MaxField: o.MaxField, MaxFields: o.MaxFields}),
	}
}

// Next gives the values of the next line, in the order of the names, and its number. They are valid until the next
// call. A line that can't be read is a *sellthrough.Refusal, after which Next goes on; a refusal of row 0 is the whole
// body's. The end is io.EOF; any other error is the source's own.
func (r *Reader) Next() ([][]byte, uint32, error) {
	for r.done == nil {
		n := bytes.IndexByte(r.buf[r.pos:r.end], '\n')
		if n < 0 && r.end-r.pos <= r.opt.MaxLine && (r.err != io.EOF || r.pos == r.end) {
			if r.err != nil {
				r.done = r.err
				break
			}
			r.fill()
			if err := r.head(); err != nil {
				r.done = io.EOF
				return nil, 0, err
			}
			continue
		}
		row := uint32(min(r.line, math.MaxUint32))
		r.line++
		if n < 0 && r.end-r.pos > r.opt.MaxLine || n > r.opt.MaxLine {
			r.skip(n)
			return nil, row, sellthrough.Bad(row, "", "", "the line is longer than the limit; write one JSON object per line, or raise limits.line")
		}
		line := r.buf[r.pos:r.end]
		r.pos = r.end
		if n >= 0 {
			r.pos = r.pos - len(line) + n + 1
			line = line[:n]
		}
		if line = bytes.Trim(line, " \t\r"); len(line) == 0 {
			continue
		}
		if !utf8.Valid(line) {
			return nil, row, sellthrough.Bad(row, "", sample(line), "the line is not UTF-8; write JSON in UTF-8")
		}
		n, err := r.parse.Read(line)
		if err == nil && n < len(line) {
			err = &object.Fault{Text: "something follows the JSON object; write one object per line"}
		}
		if err != nil {
			return nil, row, sellthrough.Bad(row, err.Name, sample(line), err.Text)
		}
		return r.parse.Fields(), row, nil
	}
	return nil, 0, r.done
}

// head looks at the first bytes of the body.
func (r *Reader) head() error {
	if r.next {
		return nil
	}
	r.next = true
	b := r.buf[r.pos:r.end]
	switch {
	case bytes.HasPrefix(b, []byte("\xFF\xFE")), bytes.HasPrefix(b, []byte("\xFE\xFF")), len(b) > 1 && (b[0] == 0) != (b[1] == 0):
		return sellthrough.Bad(0, "", "", "the body is UTF-16; JSON is UTF-8, so write it so and send it again")
	case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
		r.pos += 3
		b = b[3:]
	}
	if b = bytes.TrimLeft(b, " \t\r\n"); len(b) > 0 && b[0] == '[' {
		return sellthrough.Bad(0, "", "", "the body is one JSON array; write one object per line, without brackets and commas around them")
	}
	return nil
}

// fill reads more behind what is not yet consumed.
func (r *Reader) fill() {
	if r.pos > 0 {
		copy(r.buf, r.buf[r.pos:r.end])
		r.end -= r.pos
		r.pos = 0
	}
	if r.end == len(r.buf) {
		grown := make([]byte, 2*len(r.buf))
		copy(grown, r.buf[:r.end])
		r.buf = grown
	}
	for idle := 0; r.end < len(r.buf) && r.err == nil; {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		r.err = err
		if idle++; n > 0 {
			idle = 0
		} else if err == nil && idle == 100 {
			r.err = io.ErrNoProgress
		}
	}
}

// skip consumes a line that is too long; n is where it ends in the buffer, or −1.
func (r *Reader) skip(n int) {
	for n < 0 {
		r.pos = r.end
		if r.err != nil {
			return
		}
		r.fill()
		n = bytes.IndexByte(r.buf[r.pos:r.end], '\n')
	}
	r.pos += n + 1
}

func sample(line []byte) string {
	return string(bytes.ToValidUTF8(line[:min(len(line), 150)], []byte("\uFFFD")))
}
