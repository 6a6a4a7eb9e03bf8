package xml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
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

// instruction passes over a processing instruction, and reads the XML declaration.
func (s *scanner) instruction() error {
	if s.have(6); bytes.HasPrefix(s.buf[s.pos:s.end], []byte("<?xml")) && s.end-s.pos > 5 && classes[s.buf[s.pos+5]]&named == 0 {
		return s.xml()
	}
	if !s.have(3) {
		return s.cut()
	}
	if classes[s.buf[s.pos+2]]&begins == 0 {
		return fault("a processing instruction has no name")
	}
	s.pos += 2
	return s.past("?>")
}

func (s *scanner) xml() error {
	if s.begun {
		return fault("a second XML declaration stands within it")
	}
	s.begun = true
	err := s.tag(func(b []byte) (int, error) {
		n := bytes.Index(b, []byte("?>"))
		if n < 0 {
			return 0, nil
		}
		s.text = b[5:n]
		return n + 2, nil
	})
	if err != nil {
		return err
	}
	if v := pseudo(s.text, "version"); v != "" && v != "1.0" {
		return fault(fmt.Sprintf("it is of version %q of XML; only 1.0 is read", v))
	}
	e := pseudo(s.text, "encoding")
	if e == "" || strings.EqualFold(e, "utf-8") {
		return nil
	}
	return s.declare(e)
}

// pseudo is the value of what looks like an attribute in an XML declaration.
func pseudo(b []byte, name string) string {
	for {
		n := bytes.Index(b, []byte(name))
		if n < 0 {
			return ""
		}
		before := n == 0 || classes[b[n-1]]&named == 0
		b = b[n+len(name):]
		rest := bytes.TrimLeft(b, " \t\r\n")
		if !before || len(rest) == 0 || rest[0] != '=' {
			continue
		}
		rest = bytes.TrimLeft(rest[1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return ""
		}
		value, _, ok := bytes.Cut(rest[1:], rest[:1])
		if !ok {
			return ""
		}
		return string(value)
	}
}

// errDoctype says that a document type is there, which may be allowed. Its text is in scanner.text.
var errDoctype = errors.New("document type")

// declaration passes over a comment, enters CDATA, and tells of a document type.
func (s *scanner) declaration() error {
	const open = "<![CDATA["
	if s.have(len(open)); bytes.HasPrefix(s.buf[s.pos:s.end], []byte(open)) {
		s.pos += len(open)
		s.section, s.begun = true, true
		return nil
	}
	if bytes.HasPrefix(s.buf[s.pos:s.end], []byte("<!--")) {
		s.pos += 4
		if err := s.past("--"); err != nil {
			return err
		}
		if !s.have(1) {
			return s.cut()
		}
		if s.buf[s.pos] != '>' {
			return fault("a comment holds --, which XML does not allow in one")
		}
		s.pos++
		return nil
	}
	s.begun = true
	err := s.tag(func(b []byte) (int, error) {
		quote := byte(0)
		for i := 2; i < len(b); i++ {
			switch c := b[i]; {
			case c == '[' || c == '<' || c == '&' || c == '%': // it declares something
				s.text = b[2 : i+1]
				return i + 1, nil
			case quote != 0 && c == quote:
				quote = 0
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case quote == 0 && c == '>':
				s.text = b[2:i]
				return i + 1, nil
			}
		}
		return 0, nil
	})
	if err != nil {
		return err
	}
	return errDoctype
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
