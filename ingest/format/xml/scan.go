package xml

import (
	"bytes"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"

	"sellthrough/ingest/format/encoding"
)

// errToken says that a tag is too long.
var errToken = errors.New("tag above the limit")

// fault is what is wrong with a document.
type fault string

func (f fault) Error() string { return string(f) }

// token is what a scanner cuts a document into.
type token uint8

const (
	text  token = iota // a piece of text: long ones come in several
	start              // name and attrs
	end                // name
)

// scanner cuts a document in UTF-8 into tokens, within bounded memory: of a tag it holds all, of text a piece, of comments
// and processing instructions nothing. What it gives are views that hold until the next token.
type scanner struct {
	src      io.Reader
	buf      []byte
	pos, end int
	err      error // the source's
	max      int   // bytes of a tag
	lines    int   // that ended before buf
	begun    bool  // something that may only follow the XML declaration was there

	name    []byte
	attrs   []attribute
	text    []byte
	scratch []byte
	closing bool // the tag ends its element itself
	section bool // within CDATA
	ends    int  // how many ] the text so far ends with

	declare func(encoding string) error // told of what the XML declaration names
	names   [256]string
}

type attribute struct{ name, value []byte }

func newScanner(src io.Reader, maxTag int) *scanner {
	return &scanner{src: src, max: maxTag, buf: make([]byte, 32<<10)}
}

// line is the line that is looked at, from 1.
func (s *scanner) line() int { return s.lines + bytes.Count(s.buf[:s.pos], []byte("\n")) + 1 }

// more reads until n bytes are at hand or the source ends.
func (s *scanner) more(n int) {
	if s.pos > 0 {
		s.lines += bytes.Count(s.buf[:s.pos], []byte("\n"))
		s.end = copy(s.buf, s.buf[s.pos:s.end])
		s.pos = 0
	}
	if n > len(s.buf) {
		grown := make([]byte, max(n, 2*len(s.buf)))
		copy(grown, s.buf[:s.end])
		s.buf = grown
	}
	for idle := 0; s.end < n && s.err == nil; idle++ {
		var k int
		if k, s.err = s.src.Read(s.buf[s.end:]); k > 0 {
			s.end, idle = s.end+k, 0
		}
		if idle == 100 {
			s.err = io.ErrNoProgress
		}
	}
}

// recode goes on in another encoding.
func (s *scanner) recode(e encoding.Encoding) {
	rest := io.MultiReader(bytes.NewReader(bytes.Clone(s.buf[s.pos:s.end])), s.src)
	if s.err != nil {
		rest = io.MultiReader(bytes.NewReader(bytes.Clone(s.buf[s.pos:s.end])), failing{s.err})
	}
	s.lines = s.line() - 1
	s.src, s.pos, s.end, s.err = encoding.NewReader(rest, encoding.Options{Encoding: e}), 0, 0, nil
}

// failing is a source that ended.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// have asks whether n bytes are at hand, or can be had.
func (s *scanner) have(n int) bool {
	if s.end-s.pos < n && s.err == nil {
		s.more(n)
	}
	return s.end-s.pos >= n
}

// cut is the error of a body that ends too early, if it is not the source's own.
func (s *scanner) cut() error {
	if s.err != nil && s.err != io.EOF {
		return s.err
	}
	return fault("it ends within a tag or a comment; was it cut?")
}

// next gives the next token. The end of the body is io.EOF.
func (s *scanner) next() (token, error) {
	if s.closing {
		s.closing = false
		return end, nil
	}
	for {
		switch {
		case !s.have(1):
			if s.section && s.err == io.EOF {
				return 0, s.cut()
			}
			return 0, s.err
		case s.section:
			return text, s.cdata()
		case s.buf[s.pos] != '<':
			return text, s.chars()
		}
		s.ends = 0
		if !s.have(2) {
			return 0, s.cut()
		}
		var err error
		switch s.buf[s.pos+1] {
		case '/':
			return end, s.tag(s.closeTag)
		case '?':
			err = s.instruction()
		case '!':
			err = s.declaration()
		default:
			s.begun = true
			return start, s.tag(s.openTag)
		}
		if err != nil {
			return 0, err
		}
	}
}

// tag reads a tag as a whole. parse gives its length, or 0 where more of it is needed.
func (s *scanner) tag(parse func(b []byte) (int, error)) error {
	for want := 0; ; {
		b := s.buf[s.pos:s.end]
		n, err := parse(b)
		if err != nil {
			return err
		}
		if n > s.max || n == 0 && len(b) > s.max {
			return errToken
		}
		if n > 0 {
			s.pos += n
			return nil
		}
		if want = min(2*len(b)+64, max(s.max, len(b))+1); !s.have(want) && s.end-s.pos == len(b) {
			return s.cut()
		}
	}
}

func (s *scanner) openTag(b []byte) (int, error) {
	i := 1
	n, err := name(b[i:])
	if n == 0 || err != nil {
		return 0, err
	}
	s.name, s.attrs, s.scratch = b[i:i+n], s.attrs[:0], s.scratch[:0]
	for i += n; ; {
		if i += blanks(b[i:]); i == len(b) {
			return 0, nil
		}
		switch b[i] {
		case '>':
			return i + 1, nil
		case '/':
			if i+1 == len(b) {
				return 0, nil
			}
			if b[i+1] != '>' {
				return 0, fault("a / in a tag has no > behind it")
			}
			s.closing = true
			return i + 2, nil
		}
		n, err := name(b[i:])
		if n == 0 || err != nil {
			return 0, err
		}
		a := attribute{name: b[i : i+n]}
		i += n
		if i += blanks(b[i:]); i == len(b) {
			return 0, nil
		}
		if b[i] != '=' {
			return 0, fault("an attribute has no value")
		}
		i++
		if i += blanks(b[i:]); i == len(b) {
			return 0, nil
		}
		quote := b[i]
		if quote != '"' && quote != '\'' {
			return 0, fault("the value of an attribute has no quotes")
		}
		i++
		n = bytes.IndexByte(b[i:], quote)
		if n < 0 {
			return 0, nil
		}
		if a.value = b[i : i+n]; bytes.IndexByte(a.value, '<') >= 0 {
			return 0, fault("the value of an attribute holds a <, or lacks its quote")
		}
		if look(a.value) != 0 {
			from := len(s.scratch)
			if s.scratch, _, err = decode(s.scratch, a.value, quoted, 0); err != nil {
				return 0, err
			}
			a.value = s.scratch[from:len(s.scratch):len(s.scratch)]
		}
		s.attrs = append(s.attrs, a)
		i += n + 1
	}
}

func (s *scanner) closeTag(b []byte) (int, error) {
	i := 2
	n, err := name(b[i:])
	if n == 0 || err != nil {
		return 0, err
	}
	s.name = b[i : i+n]
	i += n
	if i += blanks(b[i:]); i == len(b) {
		return 0, nil
	}
	if b[i] != '>' {
		return 0, fault("the end of an element holds more than its name")
	}
	return i + 1, nil
}

// name is the length of the name that b begins with; 0 where it may go on behind b.
func name(b []byte) (int, error) {
	n, high := 0, false
	for ; n < len(b) && classes[b[n]]&named != 0; n++ {
		high = high || b[n] >= 0x80
	}
	if n == len(b) {
		return 0, nil
	}
	if n == 0 || classes[b[0]]&begins == 0 || high && !spelt(b[:n]) {
		return 0, fault("an element or attribute has no name, or one that XML does not allow")
	}
	return n, nil
}

// spelt asks whether a name beyond ASCII is one.
func spelt(b []byte) bool {
	for i, r := range string(b) {
		switch {
		case r == utf8.RuneError:
			return false
		case r < 0x80, unicode.IsLetter(r), i > 0 && (unicode.IsDigit(r) || unicode.Is(unicode.M, r) || unicode.Is(unicode.Lm, r) || r == '·'):
		default:
			return false
		}
	}
	return true
}

func blanks(b []byte) (n int) {
	for n < len(b) && classes[b[n]]&blank != 0 {
		n++
	}
	return n
}

// past goes on behind the next mark.
func (s *scanner) past(mark string) error {
	for {
		if !s.have(len(mark)) {
			return s.cut()
		}
		if n := bytes.Index(s.buf[s.pos:s.end], []byte(mark)); n >= 0 {
			s.pos += n + len(mark)
			return nil
		}
		s.pos = s.end - len(mark) + 1
	}
}
