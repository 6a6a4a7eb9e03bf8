package edi

import "io"

const (
	header = 512     // bytes that Seek shows at once
	junk   = 1 << 20 // bytes in which an envelope has to begin
)

// Stray is text that belongs to no envelope.
type Stray struct {
	Sample  []byte
	Meaning bool // it is more than a stray mark
	TooLong bool // no envelope follows within reason
}

// Seek goes past blanks and stray text to the next envelope, and gives its first bytes. begin finds it in b, or gives
// −1; start says that nothing was skipped before b. The error is io.EOF where none follows.
func (s *Scanner) Seek(begin func(b []byte, start bool) int) (head []byte, stray Stray, err error) {
	if err := s.Blanks(); err != nil {
		return nil, stray, err
	}
	for skipped := 0; ; {
		b, err := s.Peek(header)
		if err != nil {
			return nil, stray, err
		}
		if len(b) == 0 {
			return nil, stray, io.EOF
		}
		step := begin(b, skipped == 0)
		if step == 0 {
			return b, stray, nil
		}
		if step < 0 {
			step = max(len(b)-3, 1)
		}
		if n := 60 - len(stray.Sample); n > 0 {
			stray.Sample = append(stray.Sample, b[:min(step, n)]...)
		}
		words := 0
		for _, c := range b[:step] {
			if Word(c) {
				words++
			}
		}
		stray.Meaning = stray.Meaning || words > 2
		s.Skip(step)
		if skipped += step; skipped > junk {
			stray.TooLong = true
			return nil, stray, nil
		}
	}
}

// Word asks whether c is a letter or digit, or a part of one.
func Word(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80
}
