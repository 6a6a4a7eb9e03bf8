package edi

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Segment is one segment. What it gives are views that hold until the next one is read.
type Segment struct {
	Number uint32 // 1-based in the body
	Raw    []byte // without terminator and the blanks around it
	Last   bool   // the body ends with it, without a terminator: it may be cut

	marks    Delimiters
	cuts     []int32 // where each component ends
	first    []int32 // the first component of each element, and of one behind the last
	released bool    // a release character occurs
	scratch  []byte
}

// Parse cuts raw into elements, and these into components.
func (s *Segment) Parse(raw []byte, d Delimiters, number uint32, limit int) (err error) {
	s.Raw, s.Number, s.marks, s.cuts, s.first, s.scratch = raw, number, d, s.cuts[:0], append(s.first[:0], 0), s.scratch[:0]
	if s.marks.Component == 0 {
		s.marks.Component = d.Element // components are not told apart
	}
	if s.released = d.Release != 0 && bytes.IndexByte(raw, d.Release) >= 0; s.released {
		err = s.cutReleased(limit)
	} else {
		err = s.cut(limit)
	}
	if err == nil {
		s.cuts = append(s.cuts, int32(len(raw)))
		s.first = append(s.first, int32(len(s.cuts)))
	}
	return err
}

// quick finds and cuts the first segment of b in one go, and gives its length with the terminator: as nearly every one
// is, without a release character or blanks before its end. It is 0 where more is to be looked at.
func (s *Segment) quick(b []byte, d Delimiters, limit int) int {
	if d.Component == 0 {
		d.Component = d.Element // components are not told apart
	}
	release := d.Release
	if release == 0 {
		release = d.Terminator
	}
	elements, components, ends, releases := uint64(d.Element)*ones, uint64(d.Component)*ones, uint64(d.Terminator)*ones, uint64(release)*ones
	cuts, first := s.cuts[:0], append(s.first[:0], 0)
	for i, n := 0, min(len(b), limit); i+8 <= n; i += 8 {
		w := binary.LittleEndian.Uint64(b[i : i+8])
		found := zeros(w^elements) | zeros(w^components) | zeros(w^ends) | zeros(w^releases)
		for ; found != 0; found &= found - 1 {
			at := i + bits.TrailingZeros64(found)/8
			switch c := b[at]; c {
			case d.Element:
				cuts = append(cuts, int32(at))
				first = append(first, int32(len(cuts)))
			case d.Component:
				cuts = append(cuts, int32(at))
			case d.Terminator:
				if at == 0 || b[at-1] <= ' ' {
					return 0
				}
				cuts = append(cuts, int32(at))
				s.Raw, s.marks, s.cuts, s.first, s.scratch, s.released = b[:at], d, cuts, append(first, int32(len(cuts))), s.scratch[:0], false
				return at + 1
			default:
				return 0
			}
		}
	}
	return 0
}

// cut finds the marks, eight characters at a time.
func (s *Segment) cut(limit int) error {
	raw, element := s.Raw, s.marks.Element
	elements, components := uint64(element)*ones, uint64(s.marks.Component)*ones
	for i := 0; i < len(raw); i += 8 {
		w, rest := uint64(0), len(raw)-i
		if i+8 <= cap(raw) {
			w = binary.LittleEndian.Uint64(raw[i : i+8])
		} else {
			for k, c := range raw[i:] {
				w |= uint64(c) << (8 * k)
			}
		}
		found := zeros(w^elements) | zeros(w^components)
		if rest < 8 {
			found &= 1<<(8*rest) - 1 // what lies behind is the next segment's
		}
		for ; found != 0; found &= found - 1 {
			at := i + bits.TrailingZeros64(found)/8
			s.cuts = append(s.cuts, int32(at))
			if raw[at] == element {
				if s.first = append(s.first, int32(len(s.cuts))); len(s.first) > limit+1 {
					return ErrParts
				}
			}
		}
	}
	return nil
}

const ones = 0x0101010101010101

// zeros has the high bit of each byte of x that is zero.
func zeros(x uint64) uint64 {
	const low = 0x7F7F7F7F7F7F7F7F
	return ^((x&low + low) | x | low)
}

func (s *Segment) cutReleased(limit int) error {
	for i := 0; i < len(s.Raw); i++ {
		switch c := s.Raw[i]; c {
		case s.marks.Release:
			i++
		case s.marks.Element:
			s.cuts = append(s.cuts, int32(i))
			if s.first = append(s.first, int32(len(s.cuts))); len(s.first) > limit+1 {
				return ErrParts
			}
		case s.marks.Component:
			s.cuts = append(s.cuts, int32(i))
		}
	}
	return nil
}

// between gives what stands from component i to component j.
func (s *Segment) between(i, j int32) []byte {
	from := int32(0)
	if i > 0 {
		from = s.cuts[i-1] + 1
	}
	b := s.Raw[from:s.cuts[j]]
	if s.released {
		b = s.plain(b)
	}
	return filled(b)
}

// Is asks for the segment's name.
func (s *Segment) Is(id string) bool { return string(s.ID()) == id }

// ID is the segment's name.
func (s *Segment) ID() []byte {
	if len(s.first) < 2 {
		return nil
	}
	return s.Raw[:s.cuts[s.first[1]-1]]
}

// Len is the number of elements behind the name.
func (s *Segment) Len() int { return len(s.first) - 2 }

// At is element i, with the blanks around it cut off; nil where it is empty or missing.
func (s *Segment) At(i int) []byte {
	if i >= len(s.first)-1 {
		return nil
	}
	return s.between(s.first[i], s.first[i+1]-1)
}

// Component is component j, from 0, of element i.
func (s *Segment) Component(i, j int) []byte {
	if i >= len(s.first)-1 {
		return nil
	}
	k := s.first[i] + int32(j)
	if k >= s.first[i+1] {
		return nil
	}
	return s.between(k, k)
}

// plain takes the release characters out.
func (s *Segment) plain(b []byte) []byte {
	if bytes.IndexByte(b, s.marks.Release) < 0 {
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
	if n := len(b); n > 0 && b[0] > ' ' && b[n-1] > ' ' {
		return b
	}
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
