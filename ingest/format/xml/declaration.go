package xml

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

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
