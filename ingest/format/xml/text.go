package xml

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// piece is what is kept back of a text that goes on, so that no reference and no character is cut: a reference is shorter.
const piece = 64

// chars reads text up to the next tag, or a good piece of it.
func (s *scanner) chars() error {
	for s.begun = true; ; {
		b := s.buf[s.pos:s.end]
		n := bytes.IndexByte(b, '<')
		switch {
		case n >= 0:
		case s.err != nil:
			n = len(b)
		case len(b) <= 2*piece:
			s.more(4 * piece)
			continue
		default:
			n = uncut(b, len(b)-piece)
		}
		s.pos += n
		return s.read(b[:n], plain)
	}
}

// uncut is where b can be cut near n, so that neither a reference nor a character nor a line end is.
func uncut(b []byte, n int) int {
	from := max(0, n-piece)
	if at := bytes.LastIndexByte(b[from:n], '&'); at > 0 && bytes.IndexByte(b[from+at:n], ';') < 0 {
		return from + at
	}
	for k := 0; k < utf8.UTFMax && n > 1 && !utf8.RuneStart(b[n]); k++ {
		n--
	}
	for n > 1 && b[n-1] == '\r' {
		n--
	}
	return n
}

// cdata reads a section up to its end, or a good piece of it.
func (s *scanner) cdata() error {
	for {
		b := s.buf[s.pos:s.end]
		n := bytes.Index(b, []byte("]]>"))
		switch {
		case n >= 0:
			s.section = false
			s.pos += n + 3
		case s.err != nil:
			return s.cut()
		case len(b) <= 2*piece:
			s.more(4 * piece)
			continue
		default:
			n = uncut(b, len(b)-piece)
			s.pos += n
		}
		return s.read(b[:n], literal)
	}
}

// read gives b as text.
func (s *scanner) read(b []byte, in context) (err error) {
	if look(b) == 0 {
		s.text, s.ends = b, 0
		return nil
	}
	s.scratch, s.ends, err = decode(s.scratch[:0], b, in, s.ends)
	s.text = s.scratch
	return err
}

// context is where text stands.
type context uint8

const (
	plain context = iota
	quoted
	literal // in CDATA
)

// decode adds text to a buffer: with its references resolved, and lines that end as XML says. ends is how many ] stood
// before it, and stand at its end.
func decode(to, b []byte, in context, ends int) ([]byte, int, error) {
	for i := 0; i < len(b); {
		c := b[i]
		before := ends
		ends = 0
		switch {
		case c == '&' && in != literal:
			n := bytes.IndexByte(b[i:], ';')
			r, ok := rune(0), false
			if n > 1 && n < piece {
				r, ok = reference(string(b[i+1 : i+n]))
			}
			if !ok {
				shown := b[i:min(len(b), i+piece)]
				if n > 0 && n < piece {
					shown = b[i : i+n+1]
				}
				return to, 0, fault("invalid character entity " + strings.ToValidUTF8(string(shown), "\uFFFD"))
			}
			if !allowed(r) {
				return to, 0, fault(fmt.Sprintf("illegal character code %U", r))
			}
			to = utf8.AppendRune(to, r)
			i += n + 1
		case c == '\r':
			to = append(to, '\n')
			if i++; i < len(b) && b[i] == '\n' {
				i++
			}
		case c == ']':
			ends = min(before+1, 2)
			to = append(to, c)
			i++
		case c == '>' && in == plain && before == 2:
			return to, 0, fault("]]> stands in text")
		case c < 0x80:
			if !allowed(rune(c)) {
				return to, 0, fault(fmt.Sprintf("illegal character code %U", rune(c)))
			}
			to = append(to, c)
			i++
		default:
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && n == 1 {
				return to, 0, fault("invalid UTF-8")
			}
			if !allowed(r) {
				return to, 0, fault(fmt.Sprintf("illegal character code %U", r))
			}
			to = append(to, b[i:i+n]...)
			i += n
		}
	}
	return to, ends, nil
}

// reference is the character that a reference names: XML's own five, and numbers.
func reference(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	digits, base := strings.TrimPrefix(name, "#"), 10
	if digits == name {
		return 0, false
	}
	if hex := strings.TrimPrefix(digits, "x"); hex != digits {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n <= unicode.MaxRune
}

// allowed asks whether a character may stand in a document: XML 1.0, production 2.
func allowed(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= unicode.MaxRune
}

// The classes of bytes.
const (
	blank  = 1 << iota
	begins // a name
	named  // stands in a name
	odd    // is to be looked at in text
)

var classes = func() (c [256]uint8) {
	for i := range c {
		letter := i >= 'a' && i <= 'z' || i >= 'A' && i <= 'Z' || i == '_' || i == ':' || i >= 0x80
		if letter {
			c[i] |= begins | named
		}
		if i >= '0' && i <= '9' || i == '.' || i == '-' {
			c[i] |= named
		}
		if i == ' ' || i == '\t' || i == '\n' || i == '\r' {
			c[i] |= blank
		}
		if i < ' ' && i != '\t' && i != '\n' || i >= 0x80 || i == '&' || i == '>' || i == ']' {
			c[i] |= odd
		}
	}
	return c
}()

// look asks whether text is more than plain ASCII.
func look(b []byte) (found uint8) {
	for _, c := range b {
		found |= classes[c]
	}
	return found & odd
}

// keep gives a name or a short value as a string: mostly one that was there before.
func (s *scanner) keep(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > 40 {
		return string(b)
	}
	h := uint(len(b))
	for _, c := range b {
		h = h*31 + uint(c)
	}
	k := &s.names[h%uint(len(s.names))]
	if *k != string(b) {
		*k = string(b)
	}
	return *k
}
