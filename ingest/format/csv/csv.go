// Package csv reads delimited text as partners really send it: with or without a byte order mark, with any line ends,
// with quotes that never close. It turns bytes into records and gives them no meaning.
//
// It streams: memory is bounded by Options whatever the body holds, and a record costs no allocation. A bad line is
// refused by itself and reading goes on with the next physical line, so that an unclosed quote loses at most one row.
// Three things refuse the whole body: UTF-16, a workbook, and a "sep=" line that contradicts the feed.
//
// A field that begins with a quote is quoted: two quotes inside are one, and line ends and delimiters are part of it.
// A quote elsewhere is an ordinary character. ="00123", as spreadsheets write codes, is 00123. LF, CRLF and CR end
// lines. Lines that hold nothing, or nothing but blanks and delimiters, are skipped.
package csv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/bits"
	"unicode/utf8"

	"sellthrough"
)

// Options are the limits of a Reader. A zero value is the default.
type Options struct {
	Delimiter byte // default ','
	MaxLine   int  // bytes of a record; default 1 MiB
	MaxField  int  // bytes of a field; default 64 KiB
	MaxFields int  // of a record; default 1000
}

// Reader reads records. It is not safe for concurrent use.
type Reader struct {
	src  io.Reader
	opt  Options
	buf  []byte // buf[pos:end] is read and not yet consumed
	pos  int
	end  int
	err  error // of src, io.EOF included; nil while there may be more
	done error // what Next returns from here on
	line int64 // 1-based physical line that begins at pos

	// Where each special byte is next, or end where there is none before it. Valid while pos has not passed it.
	lf, cr, quote, nul int
	high               int // the next byte outside ASCII

	begun   bool
	width   int // fields of the first record
	fields  [][]byte
	scratch []byte // fields with doubled quotes
}

var (
	errMore = errors.New("csv: more bytes are needed")
	utf8BOM = []byte("\xEF\xBB\xBF")
)

// NewReader reads records from r.
func NewReader(r io.Reader, o Options) *Reader {
	if o.Delimiter == 0 {
		o.Delimiter = ','
	}
	if o.MaxLine <= 0 {
		o.MaxLine = 1 << 20
	}
	if o.MaxField <= 0 {
		o.MaxField = 64 << 10
	}
	if o.MaxFields <= 0 {
		o.MaxFields = 1000
	}
	return &Reader{src: r, opt: o, buf: make([]byte, 64<<10), line: 1}
}

// Expect says how many fields a record has from here on, so that a quote that closes in a later line is told from one
// that was never closed; 0 is as many as the next record has. A body with title rows above its header needs it.
func (r *Reader) Expect(width int) { r.width = width }

// Next gives the fields of the next record and the physical line on which it begins. The fields are valid until the
// next call. A line that can't be read is a *sellthrough.Refusal, after which Next goes on; a refusal of row 0 is the
// whole body's. The end is io.EOF; any other error is the source's own.
func (r *Reader) Next() ([][]byte, uint32, error) {
	if r.done != nil {
		return nil, 0, r.done
	}
	if !r.begun {
		r.begun = true
		if err := r.begin(); err != nil {
			if _, refused := sellthrough.AsRefusal(err); refused {
				r.done = io.EOF
			} else {
				r.done = err
			}
			return nil, 0, err
		}
	}
	for {
		row := uint32(min(r.line, math.MaxUint32))
		fields, err := r.record(row)
		switch {
		case err == errMore:
			if err := r.fill(); err != nil {
				r.done = err
				return nil, 0, err
			}
		case err != nil:
			return nil, row, err
		case fields != nil:
			if r.width == 0 {
				r.width = len(fields)
			}
			return fields, row, nil
		}
	}
}

// begin looks at the first bytes of the body.
func (r *Reader) begin() error {
	for r.end-r.pos < 16 && r.err == nil {
		if err := r.fill(); err != nil {
			break
		}
	}
	head := r.buf[r.pos:r.end]
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xFE")) || bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return sellthrough.Bad(0, "", "", "the body is UTF-16; save it as CSV UTF-8 and send it again")
	case len(head) >= 4 && (head[0] == 0) != (head[1] == 0) && (head[0] == 0) == (head[2] == 0) && (head[1] == 0) == (head[3] == 0):
		return sellthrough.Bad(0, "", "", "the body looks like UTF-16 without a byte order mark; save it as CSV UTF-8 and send it again")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")):
		return sellthrough.Bad(0, "", "", "the body is a workbook or an archive, not CSV; save the sheet as CSV UTF-8 and send that")
	case bytes.HasPrefix(head, utf8BOM):
		r.pos += len(utf8BOM)
		head = head[len(utf8BOM):]
	}
	if len(head) >= 5 && string(head[:4]) == "sep=" && (len(head) == 5 || head[5] == '\n' || head[5] == '\r') {
		if head[4] != r.opt.Delimiter {
			return sellthrough.Bad(0, "", string(head[:5]), "the first line says that "+string(head[4:5])+" parts the columns, but the feed is set to another delimiter; make them agree")
		}
		r.pos += 5
	}
	r.scan()
	return nil
}

// fill reads more of the source behind what is not yet consumed. It fails with the source's error, io.EOF included,
// once nothing is left to read.
func (r *Reader) fill() error {
	if r.err != nil {
		return r.err
	}
	if r.pos > 0 {
		copy(r.buf, r.buf[r.pos:r.end])
		r.end -= r.pos
		r.pos = 0
	}
	if r.end == len(r.buf) { // one record fills it: the callers see to it that none is much longer than MaxLine
		grown := make([]byte, 2*len(r.buf))
		copy(grown, r.buf[:r.end])
		r.buf = grown
	}
	for idle := 0; r.end < len(r.buf) && r.err == nil; { // to the brim, so that small reads don't cost a scan each
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		r.err = err
		if idle++; n > 0 {
			idle = 0
		} else if err == nil && idle == 100 {
			r.err = io.ErrNoProgress
		}
	}
	r.scan()
	return nil
}

func (r *Reader) scan() {
	r.high = r.nextHigh(r.pos)
	r.lf, r.cr, r.quote, r.nul = r.next(r.pos, '\n'), r.next(r.pos, '\r'), r.next(r.pos, '"'), r.next(r.pos, 0)
}

// next is where c is at or after i, or end.
func (r *Reader) next(i int, c byte) int {
	if n := bytes.IndexByte(r.buf[i:r.end], c); n >= 0 {
		return i + n
	}
	return r.end
}

// nextHigh is where a byte outside ASCII is at or after i, or end.
func (r *Reader) nextHigh(i int) int {
	b := r.buf[:r.end]
	for ; i+8 <= len(b); i += 8 {
		if m := binary.LittleEndian.Uint64(b[i:]) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for ; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return i
		}
	}
	return r.end
}

// record reads one record. It gives nil fields and no error for a line that is skipped, and errMore where the buffer
// does not hold the whole of it.
func (r *Reader) record(row uint32) ([][]byte, error) {
	stop := min(r.lf, r.cr)
	if stop == r.end {
		if r.end-r.pos > r.opt.MaxLine {
			return nil, r.tooLong(row)
		}
		if r.pos == r.end || r.err != io.EOF {
			return nil, errMore
		}
	}
	line := r.buf[r.pos:stop]
	if len(line) > r.opt.MaxLine {
		return nil, r.tooLong(row)
	}
	if r.split(stop) {
		return nil, errMore
	}
	if blank(line, r.opt.Delimiter) {
		r.advance(stop)
		return nil, nil
	}
	if r.quote < stop {
		return r.quoted(row, stop)
	}
	bad, high := r.nul < stop, r.high < stop
	r.advance(stop)
	if bad || high {
		if err := r.text(row, line, bad); err != nil {
			return nil, err
		}
	}
	r.fields = cut(r.fields[:0], line, r.opt.Delimiter, r.opt.MaxFields+1)
	if len(r.fields) > r.opt.MaxFields {
		return nil, r.bounds(row, nil)
	}
	if len(line) > r.opt.MaxField {
		for _, f := range r.fields {
			if len(f) > r.opt.MaxField {
				return nil, r.bounds(row, f)
			}
		}
	}
	return r.fields, nil
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// cut appends the fields of a line that holds no quote, up to a number of them: eight bytes are looked at together, for most
// fields are short.
func cut(fields [][]byte, line []byte, d byte, most int) [][]byte {
	from, i := 0, 0
	pattern := uint64(d) * ones
	for ; i+8 <= len(line); i += 8 {
		x := binary.LittleEndian.Uint64(line[i:]) ^ pattern
		// The high bit of every byte that is zero, and of none below the lowest of them: the others are looked at again.
		for m := (x - ones) &^ x & highs; m != 0; m &= m - 1 {
			at := i + bits.TrailingZeros64(m)>>3
			if line[at] != d {
				continue
			}
			fields = append(fields, line[from:at:at])
			if from = at + 1; len(fields) == most {
				return fields
			}
		}
	}
	for ; i < len(line); i++ {
		if line[i] == d {
			fields = append(fields, line[from:i:i])
			if from = i + 1; len(fields) == most {
				return fields
			}
		}
	}
	return append(fields, line[from:])
}

// split asks whether the line end at stop may be the first half of a CRLF whose other half is not read yet.
func (r *Reader) split(stop int) bool {
	return stop == r.end-1 && r.buf[stop] == '\r' && r.err != io.EOF
}

// advance consumes a physical line that ends at stop, with its line end.
func (r *Reader) advance(stop int) {
	r.pos = stop
	if stop < r.end {
		r.pos++
		if r.buf[stop] == '\r' && r.pos < r.end && r.buf[r.pos] == '\n' {
			r.pos++
		}
		r.line++
	}
	r.seek()
}

// seek brings the marks up to pos.
func (r *Reader) seek() {
	if r.lf < r.pos {
		r.lf = r.next(r.pos, '\n')
	}
	if r.cr < r.pos {
		r.cr = r.next(r.pos, '\r')
	}
	if r.quote < r.pos {
		r.quote = r.next(r.pos, '"')
	}
	if r.nul < r.pos {
		r.nul = r.next(r.pos, 0)
	}
	if r.high < r.pos {
		r.high = r.nextHigh(r.pos)
	}
}

// blank asks whether a line holds nothing but blanks and delimiters.
func blank(line []byte, d byte) bool {
	for _, c := range line {
		if c != d && c != ' ' && c != '\t' {
			return false
		}
	}
	return true
}

func (r *Reader) text(row uint32, line []byte, nul bool) error {
	if nul {
		return sellthrough.Bad(row, "", sample(line), "the line holds a NUL character; export it as plain UTF-8 text")
	}
	if !utf8.Valid(line) {
		return sellthrough.Bad(row, "", sample(line), "the line holds bytes that are no text in the encoding of the body; save the file as CSV UTF-8, or set format.encoding of the feed")
	}
	return nil
}

// sample is the beginning of a line, fit to be shown.
func sample(line []byte) string {
	return string(bytes.ToValidUTF8(line[:min(len(line), 150)], []byte("\uFFFD")))
}

func (r *Reader) bounds(row uint32, field []byte) error {
	if len(field) > r.opt.MaxField {
		return sellthrough.Bad(row, "", sample(field), "a field is longer than the limit; look for a quote that is not closed, or raise limits.field")
	}
	return sellthrough.Bad(row, "", "", "the line has too many fields; look at the delimiter of the feed")
}

func (r *Reader) longLine(row uint32) error {
	return sellthrough.Bad(row, "", "", "the line is longer than the limit; look at the line ends, or raise limits.line")
}

// tooLong skips a physical line that does not fit into the buffer.
func (r *Reader) tooLong(row uint32) error {
	for {
		if stop := min(r.lf, r.cr); stop < r.end {
			if r.split(stop) {
				r.pos = stop // keep the CR: an LF may follow
				if err := r.fill(); err != nil {
					break
				}
				continue
			}
			r.advance(stop)
			break
		}
		r.pos = r.end
		if r.fill() != nil {
			break
		}
	}
	return r.longLine(row)
}
