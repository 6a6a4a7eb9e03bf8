package csv

import (
	"bytes"
	"errors"
	"io"

	"sellthrough"
)

const tooLongRecord = "the record is longer than the limit; look for a quote that is not closed, or raise limits.line"

// quoted reads a record whose first physical line ends at stop and holds a quote.
func (r *Reader) quoted(row uint32, stop int) ([][]byte, error) {
	first, d := stop, r.opt.Delimiter
	refuse := func(reason string) ([][]byte, error) {
		line := r.buf[r.pos:first]
		r.advance(first)
		return nil, sellthrough.Bad(row, "", sample(line), reason)
	}
	fields := r.fields[:0]
	r.scratch = r.scratch[:0]
	lines, i := int64(0), r.pos // i is where the next field begins
	for {
		if len(fields) == r.opt.MaxFields {
			return refuse("the line has too many fields; look at the delimiter of the feed")
		}
		var field []byte
		if i < stop && r.buf[i] == '"' {
			content, after, n, err := r.string(i+1, d)
			switch err {
			case nil:
			case errMore:
				r.fields = fields
				return nil, errMore
			default:
				return refuse(err.Error())
			}
			field, i, lines = content, after, lines+n
			if n > 0 { // the record goes on in another physical line
				stop = min(r.next(i, '\n'), r.next(i, '\r'))
				if stop-r.pos > r.opt.MaxLine {
					return refuse(tooLongRecord)
				}
				if stop == r.end && r.err != io.EOF || r.split(stop) {
					return nil, errMore
				}
			}
		} else {
			n := bytes.IndexByte(r.buf[i:stop], d)
			if n < 0 {
				n = stop - i
			}
			field = unwrap(r.buf[i : i+n : i+n])
			i += n
		}
		if len(field) > r.opt.MaxField {
			return refuse("a field is longer than the limit; look for a quote that is not closed, or raise limits.field")
		}
		fields = append(fields, field)
		if i >= stop {
			break
		}
		i++ // the delimiter
	}
	if lines > 0 && r.width > 0 && len(fields) != r.width {
		return refuse("a quote opens in this line and closes in a later one, and the columns do not fit; close the quote")
	}
	record := r.buf[r.pos:stop]
	if err := r.text(row, record, r.nul < stop); err != nil {
		r.advance(first)
		return nil, err
	}
	r.line += lines
	r.advance(stop)
	r.fields = fields
	return fields, nil
}

var (
	errUnclosed = errors.New("a quote is opened and not closed; close it, or double a quote that is part of the text")
	errJunk     = errors.New("text follows a closing quote; double a quote that is part of the text")
)

// string reads a quoted field whose content begins at i: the content, where the field ends, and the line ends in it.
func (r *Reader) string(i int, d byte) (content []byte, after int, lines int64, err error) {
	from, kept := i, -1 // kept is where the content begins in scratch, once it has a doubled quote
	for {
		limit := min(r.end, from+2*r.opt.MaxField+2, r.pos+r.opt.MaxLine+1)
		n := -1
		if i < limit {
			n = bytes.IndexByte(r.buf[i:limit], '"')
		}
		if n < 0 {
			if limit == r.end && r.err != io.EOF {
				return nil, 0, 0, errMore
			}
			return nil, 0, 0, errUnclosed
		}
		q := i + n
		if q+1 == r.end && r.err != io.EOF {
			return nil, 0, 0, errMore // a second quote may follow
		}
		if q+1 < r.end && r.buf[q+1] == '"' {
			if kept < 0 {
				kept = len(r.scratch)
				i = from
			}
			r.scratch = append(r.scratch, r.buf[i:q+1]...)
			i = q + 2
			continue
		}
		if q+1 < r.end && r.buf[q+1] != d && r.buf[q+1] != '\n' && r.buf[q+1] != '\r' {
			return nil, 0, 0, errJunk
		}
		content = r.buf[from:q:q]
		if kept >= 0 {
			r.scratch = append(r.scratch, r.buf[i:q]...)
			content = r.scratch[kept:len(r.scratch):len(r.scratch)]
		}
		if r.lf < q || r.cr < q {
			lines = ends(r.buf[from:q])
		}
		return unwrap(content), q + 1, lines, nil
	}
}

// unwrap takes ="…" off, by which spreadsheets keep a code from being read as a number.
func unwrap(b []byte) []byte {
	if len(b) >= 3 && b[0] == '=' && b[1] == '"' && b[len(b)-1] == '"' && bytes.IndexByte(b[2:len(b)-1], '"') < 0 {
		return b[2 : len(b)-1]
	}
	return b
}

// ends counts the line ends in b.
func ends(b []byte) int64 {
	n := int64(0)
	for i, c := range b {
		if c == '\n' || c == '\r' && (i+1 == len(b) || b[i+1] != '\n') {
			n++
		}
	}
	return n
}
