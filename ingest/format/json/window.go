package json

import (
	"errors"
	"io"
	"strconv"

	"sellthrough/ingest/format/json/object"
)

// window is the part of the source that lies in memory.
type window struct {
	src      io.Reader
	buf      []byte
	pos, end int
	err      error // of src, io.EOF included
	gone     int64 // bytes before buf
}

func (w *window) ahead() []byte { return w.buf[w.pos:w.end] }

// fill reads more behind what is not yet consumed. It says whether anything came.
func (w *window) fill() bool {
	if w.err != nil {
		return false
	}
	if w.pos > 0 {
		copy(w.buf, w.buf[w.pos:w.end])
		w.gone += int64(w.pos)
		w.end -= w.pos
		w.pos = 0
	}
	if w.end == len(w.buf) {
		grown := make([]byte, 2*len(w.buf))
		copy(grown, w.buf[:w.end])
		w.buf = grown
	}
	from := w.end
	for idle := 0; w.end < len(w.buf) && w.err == nil; {
		n, err := w.src.Read(w.buf[w.end:])
		w.end += n
		w.err = err
		if idle++; n > 0 {
			idle = 0
		} else if err == nil && idle == 100 {
			w.err = io.ErrNoProgress
		}
	}
	return w.end > from
}

// peek is the next byte that is no blank; false at the end of the source.
func (w *window) peek() (byte, bool) {
	for {
		for ; w.pos < w.end; w.pos++ {
			switch c := w.buf[w.pos]; c {
			case ' ', '\t', '\r', '\n':
			default:
				return c, true
			}
		}
		if !w.fill() {
			return 0, false
		}
	}
}

var errLong = errors.New("longer than the limit")

// errCut is the end of the body within a value.
var errCut = &object.Fault{Text: "the body ends within a value; was it cut? Send it again as a whole"}

// extent finds the end of the value at the front without understanding it: by its brackets and quotes. Of a value above
// limit it consumes the most and gives the rest, with errLong.
func (w *window) extent(limit int) (int, error) {
	var kinds uint64 // of the open brackets, one bit each: 1 is a brace
	depth, i, inString := 0, 0, false
	long := false
	for {
		for ; w.pos+i < w.end; i++ {
			c := w.buf[w.pos+i]
			switch {
			case inString:
				if c == '\\' {
					if w.pos+i+1 == w.end && !w.more(&i, limit, &long) {
						return 0, w.cut()
					}
					i++
				} else if c == '"' {
					inString = false
					if depth == 0 {
						return w.found(i+1, limit, long)
					}
				} else if c < ' ' {
					return 0, w.broken(i)
				}
			case c == '"':
				inString = true
			case c == '{' || c == '[':
				if depth == 64 {
					return 0, &object.Fault{Text: "objects lie too deep in one another; write flat objects"}
				}
				kinds <<= 1
				if c == '{' {
					kinds |= 1
				}
				depth++
			case c == '}' || c == ']':
				if depth == 0 { // behind a number or a word
					return w.found(i, limit, long)
				}
				if (kinds&1 == 1) != (c == '}') {
					return 0, w.broken(i)
				}
				kinds >>= 1
				if depth--; depth == 0 {
					return w.found(i+1, limit, long)
				}
			case depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n'):
				return w.found(i, limit, long)
			}
		}
		if !w.more(&i, limit, &long) {
			if depth == 0 && !inString && i > 0 && w.err == io.EOF {
				return w.found(i, limit, long)
			}
			return 0, w.cut()
		}
	}
}

// more reads on; what lies before *i is given up once it is above the limit.
func (w *window) more(i *int, limit int, long *bool) bool {
	if *i > limit {
		*long = true
		w.pos += *i
		*i = 0
	}
	return w.fill()
}

func (w *window) found(n, limit int, long bool) (int, error) {
	if long || n > limit {
		return n, errLong
	}
	return n, nil
}

func (w *window) cut() error {
	if w.err == io.EOF {
		return errCut
	}
	return w.err
}

// broken says that the byte i ahead can't stand there.
func (w *window) broken(i int) error {
	at := strconv.FormatInt(w.gone+int64(w.pos+i)+1, 10)
	return &object.Fault{Text: "this is not JSON: see byte " + at + " of the body. What follows can't be told apart; mend it and send the body again"}
}
