// Package edi is what X12 and EDIFACT truly share: segments cut at delimiters, the columns of a row, dates and numbers
// as text, quantities of one item that say the same thing twice, and messages that were sent twice in one body.
// Envelopes, messages and codes are the formats' own: see packages x12 and edifact.
package edi

import (
	"bytes"
	"errors"
	"io"
)

// Delimiters are the marks of an interchange. A zero Release, Component or Repetition means that there is none.
type Delimiters struct {
	Element, Component, Release, Repetition, Terminator byte
}

// Limits of what a body may hold. A zero value is the default.
type Limits struct {
	Segment  int // bytes of a segment; default 64 KiB
	Elements int // elements of a segment; default 1000
	Group    int // quantities of one item, or of one sale; default 100,000
	Message  int // bytes of a message that may be a repetition, and so is kept until its end; default 16 MiB
	Messages int // messages in a body; default 100,000
}

// Default fills in what is zero.
func (l Limits) Default() Limits {
	for _, v := range []struct {
		p *int
		d int
	}{{&l.Segment, 64 << 10}, {&l.Elements, 1000}, {&l.Group, 100_000}, {&l.Message, 16 << 20}, {&l.Messages, 100_000}} {
		if *v.p <= 0 {
			*v.p = v.d
		}
	}
	return l
}

// Faults of a segment.
var (
	ErrLong  = errors.New("segment too long")
	ErrParts = errors.New("too many elements")
)

// Segment is one segment. What it gives are views that hold until the next one is read.
type Segment struct {
	Number uint32 // 1-based in the body
	Raw    []byte // without terminator and the blanks around it
	Last   bool   // the body ends with it, without a terminator: it may be cut

	marks    Delimiters
	parts    [][]byte
	released bool // a release character occurs
	scratch  []byte
}

// Parse cuts raw into elements.
func (s *Segment) Parse(raw []byte, d Delimiters, number uint32, limit int) error {
	s.Raw, s.Number, s.marks, s.parts, s.scratch = raw, number, d, s.parts[:0], s.scratch[:0]
	s.released = d.Release != 0 && bytes.IndexByte(raw, d.Release) >= 0
	from := 0
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == d.Element:
			if len(s.parts) >= limit {
				return ErrParts
			}
			s.parts = append(s.parts, raw[from:i])
			from = i + 1
		case s.released && c == d.Release:
			i++
		}
	}
	s.parts = append(s.parts, raw[from:])
	return nil
}

// Is asks for the segment's name.
func (s *Segment) Is(id string) bool { return len(s.parts) > 0 && string(s.parts[0]) == id }

// ID is the segment's name.
func (s *Segment) ID() []byte {
	if len(s.parts) == 0 {
		return nil
	}
	return s.parts[0]
}

// Len is the number of elements behind the name.
func (s *Segment) Len() int { return len(s.parts) - 1 }

// At is element i, with the blanks around it cut off; nil where it is empty or missing.
func (s *Segment) At(i int) []byte {
	if i >= len(s.parts) {
		return nil
	}
	return filled(s.plain(s.parts[i]))
}

// Component is component j, from 0, of element i.
func (s *Segment) Component(i, j int) []byte {
	if i >= len(s.parts) || s.marks.Component == 0 {
		if j == 0 {
			return s.At(i)
		}
		return nil
	}
	rest := s.parts[i]
	for ; ; j-- {
		end := len(rest)
		for k := 0; k < len(rest); k++ {
			if rest[k] == s.marks.Component {
				end = k
				break
			}
			if s.released && rest[k] == s.marks.Release {
				k++
			}
		}
		if j == 0 {
			return filled(s.plain(rest[:end]))
		}
		if end == len(rest) {
			return nil
		}
		rest = rest[end+1:]
	}
}

// plain takes the release characters out.
func (s *Segment) plain(b []byte) []byte {
	if !s.released || bytes.IndexByte(b, s.marks.Release) < 0 {
		return b
	}
	from := len(s.scratch)
	for i := 0; i < len(b); i++ {
		if b[i] == s.marks.Release && i+1 < len(b) {
			i++
		}
		s.scratch = append(s.scratch, b[i])
	}
	return s.scratch[from:len(s.scratch):len(s.scratch)]
}

func filled(b []byte) []byte {
	for len(b) > 0 && blank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && blank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return nil
	}
	return b
}

func blank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// Scanner cuts a body into segments. Marks may change between two of them.
type Scanner struct {
	Marks Delimiters
	Limit Limits

	src    io.Reader
	buf    []byte
	pos    int
	end    int
	err    error
	number uint32
}

// NewScanner reads from src.
func NewScanner(src io.Reader, l Limits) *Scanner {
	return &Scanner{src: src, Limit: l, buf: make([]byte, 64<<10)}
}

// Number is that of the last segment.
func (s *Scanner) Number() uint32 { return s.number }

// Peek gives up to n of the next bytes; fewer at the end. Its error is the source's own.
func (s *Scanner) Peek(n int) ([]byte, error) {
	for s.end-s.pos < n && s.err == nil {
		s.fill()
	}
	if s.err != nil && s.err != io.EOF {
		return nil, s.err
	}
	return s.buf[s.pos:min(s.end, s.pos+n)], nil
}

// Skip goes past n peeked bytes.
func (s *Scanner) Skip(n int) { s.pos += n }

// Blanks goes past blanks, a byte order mark and an end-of-file mark.
func (s *Scanner) Blanks() error {
	for {
		b, err := s.Peek(3)
		switch {
		case err != nil:
			return err
		case len(b) == 0:
			return io.EOF
		case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
			s.pos += 3
		case blank(b[0]) || b[0] == 0x1A:
			s.pos++
		default:
			return nil
		}
	}
}

// Next reads a segment. ErrLong ends the reading: where a terminator is not found, nothing that follows can be told
// apart. ErrParts is the segment's own. The last segment may lack its terminator.
func (s *Scanner) Next(seg *Segment) error {
	for {
		for s.pos < s.end && (blank(s.buf[s.pos]) || s.buf[s.pos] == s.Marks.Terminator || s.buf[s.pos] == 0x1A) {
			s.pos++
		}
		looked := 0
		for {
			b := s.buf[s.pos:s.end]
			n := s.terminator(b, looked)
			if n < 0 && len(b) <= s.Limit.Segment && s.err == nil {
				looked = len(b)
				s.fill()
				continue
			}
			if s.err != nil && s.err != io.EOF {
				return s.err
			}
			if n > s.Limit.Segment || n < 0 && len(b) > s.Limit.Segment {
				s.number++
				return ErrLong
			}
			seg.Last = n < 0
			if seg.Last {
				n = len(b)
				s.pos = s.end
			} else {
				s.pos += n + 1
			}
			raw := filled(b[:n])
			for len(raw) > 0 && raw[len(raw)-1] == 0x1A {
				raw = filled(raw[:len(raw)-1])
			}
			if len(raw) == 0 {
				if s.pos == s.end && s.err == io.EOF {
					return io.EOF
				}
				break
			}
			s.number++
			return seg.Parse(raw, s.Marks, s.number, s.Limit.Elements)
		}
	}
}

// terminator finds the end of a segment in b, of which the first bytes were looked at before.
func (s *Scanner) terminator(b []byte, looked int) int {
	for from := looked; ; {
		n := bytes.IndexByte(b[from:], s.Marks.Terminator)
		if n < 0 {
			return -1
		}
		n += from
		marks := 0
		for i := n - 1; s.Marks.Release != 0 && i >= 0 && b[i] == s.Marks.Release; i-- {
			marks++
		}
		if marks%2 == 0 {
			return n
		}
		from = n + 1
	}
}

// fill reads more behind what is not yet consumed.
func (s *Scanner) fill() {
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		grown := make([]byte, 2*len(s.buf))
		copy(grown, s.buf[:s.end])
		s.buf = grown
	}
	for idle := 0; s.err == nil; idle++ {
		n, err := s.src.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 {
			return
		}
		if err == nil && idle == 100 {
			s.err = io.ErrNoProgress
		}
	}
}
