package mend

import (
	"bytes"
	"errors"
	"io"

	"sellthrough/ingest/format/encoding"
	"sellthrough/internal/config"
)

// longest is the longest line that is looked at.
const longest = 64 << 20

var errLong = errors.New("a line is longer than 64 MiB")

// lines splits text into its physical lines, as the readers of rows count them.
type lines struct {
	src io.Reader
	cr  bool // a CR ends a line too, alone or before an LF
	buf []byte
	pos int
	end int
	err error
}

// linesOf gives the lines of a feed's body in UTF-8.
func linesOf(f *config.Feed, src io.Reader) (*lines, error) {
	l := &lines{src: src, buf: make([]byte, 128<<10)}
	if f.Format.Type == "ndjson" {
		return l, nil
	}
	code, err := encoding.Parse(f.Format.Encoding)
	l.src, l.cr = encoding.NewReader(src, encoding.Options{Encoding: code}), true
	return l, err
}

// next gives a line with its line end, and io.EOF behind the last one. It holds until the next call.
func (l *lines) next() ([]byte, error) {
	for from := l.pos; ; {
		text := l.buf[from:l.end]
		n := bytes.IndexByte(text, '\n')
		if l.cr {
			if c := bytes.IndexByte(text, '\r'); c >= 0 && (n < 0 || c < n) {
				n = c
				if from+c+1 == l.end && l.err == nil { // an LF may follow
					n = -2
				} else if from+c+1 < l.end && l.buf[from+c+1] == '\n' {
					n = c + 1
				}
			}
		}
		if n >= 0 {
			line := l.buf[l.pos : from+n+1]
			l.pos = from + n + 1
			return line, nil
		}
		if l.err != nil {
			line := l.buf[l.pos:l.end]
			l.pos = l.end
			if len(line) > 0 && l.err == io.EOF {
				return line, nil
			}
			return nil, l.err
		}
		if n == -1 {
			from = l.end
		}
		if l.end-l.pos > longest {
			return nil, errLong
		}
		from -= l.fill()
	}
}

// fill reads more behind what is not consumed, and says by how much that moved.
func (l *lines) fill() int {
	moved := 0
	if l.end == len(l.buf) {
		if moved = l.pos; moved > 0 {
			copy(l.buf, l.buf[l.pos:l.end])
			l.pos, l.end = 0, l.end-moved
		} else {
			l.buf = append(l.buf, make([]byte, len(l.buf))...)
		}
	}
	for idle := 0; ; idle++ {
		n, err := l.src.Read(l.buf[l.end:])
		l.end += n
		if l.err = err; n > 0 || err != nil {
			return moved
		}
		if idle == 100 {
			l.err = io.ErrNoProgress
			return moved
		}
	}
}

// ending is the line end of a line.
func ending(line []byte) string {
	switch {
	case bytes.HasSuffix(line, []byte("\r\n")):
		return "\r\n"
	case bytes.HasSuffix(line, []byte("\n")):
		return "\n"
	case bytes.HasSuffix(line, []byte("\r")):
		return "\r"
	}
	return ""
}

// count is how many physical lines a text without its last line end has.
func count(text []byte, cr bool) uint32 {
	n := uint32(1)
	for i, c := range text {
		if c == '\n' || cr && c == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			n++
		}
	}
	return n
}
