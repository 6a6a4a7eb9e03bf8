// Package edi is what X12 and EDIFACT truly share: segments cut at delimiters, the columns of a row, dates and numbers
// as text, quantities of one item that say the same thing twice, and messages that were sent twice in one body.
// Envelopes, messages and codes are the formats' own: see packages x12 and edifact.
package edi

import (
	"bytes"
	"encoding/binary"
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

// Scanner cuts a body into segments. Marks may change between two of them.
type Scanner struct {
	Marks Delimiters
	Limit Limits
	High  bool // what was read so far is not all ASCII

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
		if s.err == nil || s.err == io.EOF {
			if n := seg.quick(s.buf[s.pos:s.end], s.Marks, min(s.Limit.Elements, s.Limit.Segment)); n > 0 {
				s.pos += n
				s.number++
				seg.Number, seg.Last = s.number, false
				return nil
			}
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
		s.High = s.High || high(s.buf[s.end:s.end+n])
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

// high asks whether b is not all ASCII.
func high(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return true
		}
	}
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
	}
	return false
}
