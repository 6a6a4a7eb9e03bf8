package xlsx

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// syntaxError is XML that is none.
type syntaxError struct{ text string }

func (e *syntaxError) Error() string { return e.text }

// scanner gives the tags and texts of XML one after another. It knows of XML what workbooks use: no entity but the five
// and characters by number, no document type. A tag lies in its buffer as a whole, a text may come in pieces.
type scanner struct {
	src  io.Reader
	buf  []byte
	pos  int
	end  int
	err  error
	open bool // the tag before was an empty element: its end comes next
	last []byte
	idle int
}

const maxTag = 256 << 10

type kind uint8

const (
	start kind = iota
	end
	text
)

func newScanner(src io.Reader) *scanner { return &scanner{src: src, buf: make([]byte, 64<<10)} }

func (x *scanner) fill() error {
	if x.err != nil {
		return x.err
	}
	if x.pos > 0 {
		copy(x.buf, x.buf[x.pos:x.end])
		x.end -= x.pos
		x.pos = 0
	}
	if x.end == len(x.buf) {
		if len(x.buf) >= maxTag {
			return &syntaxError{"a tag is longer than 256 KiB"}
		}
		grown := make([]byte, 2*len(x.buf))
		copy(grown, x.buf[:x.end])
		x.buf = grown
	}
	for {
		n, err := x.src.Read(x.buf[x.end:])
		x.end += n
		x.err = err
		if n > 0 || err != nil {
			break
		}
		if x.idle++; x.idle == 100 {
			x.err = io.ErrNoProgress
			break
		}
	}
	if x.end > x.pos {
		return nil
	}
	return x.err
}

// next gives the next tag, without its brackets, or text as written. It is valid until the next call. The end is io.EOF.
func (x *scanner) next() (kind, []byte, error) {
	if x.open {
		x.open = false
		return end, x.last, nil
	}
	for {
		if x.pos == x.end {
			if err := x.fill(); err != nil {
				return 0, nil, err
			}
			continue
		}
		if x.buf[x.pos] != '<' {
			n := bytes.IndexByte(x.buf[x.pos:x.end], '<')
			if n < 0 {
				n = x.end - x.pos
				if i := bytes.LastIndexByte(x.buf[x.pos:x.end], '&'); i > 0 && n-i < 12 && x.err == nil {
					n = i // an entity that may be cut
				} else if i == 0 && n < 12 && x.err == nil {
					if err := x.more(); err != nil {
						return 0, nil, err
					}
					continue
				}
			}
			b := x.buf[x.pos : x.pos+n]
			x.pos += n
			return text, b, nil
		}
		switch rest := x.buf[x.pos:x.end]; {
		case len(rest) < 9 && x.err == nil:
			if err := x.more(); err != nil {
				return 0, nil, err
			}
		case bytes.HasPrefix(rest, []byte("<!--")):
			if err := x.skip("-->"); err != nil {
				return 0, nil, err
			}
		case bytes.HasPrefix(rest, []byte("<?")):
			if i := bytes.Index(rest[:min(len(rest), 200)], []byte("encoding=")); i > 0 && bytes.HasPrefix(rest, []byte("<?xml")) {
				if e := strings.ToLower(string(rest[i+10 : min(len(rest), i+15)])); e != "utf-8" && e != "us-as" {
					return 0, nil, &syntaxError{"the XML is not UTF-8"}
				}
			}
			if err := x.skip("?>"); err != nil {
				return 0, nil, err
			}
		case bytes.HasPrefix(rest, []byte("<![CDATA[")), bytes.HasPrefix(rest, []byte("<!")):
			return 0, nil, &syntaxError{"it holds a document type or raw text, which no workbook has"}
		default:
			return x.tag()
		}
	}
}

// more reads behind what is there; at the end of the source it is satisfied with that.
func (x *scanner) more() error {
	if err := x.fill(); err != nil && (err != io.EOF || x.pos == x.end) {
		return err
	}
	return nil
}

func (x *scanner) skip(mark string) error {
	for {
		if i := bytes.Index(x.buf[x.pos:x.end], []byte(mark)); i >= 0 {
			x.pos += i + len(mark)
			return nil
		}
		x.pos = max(x.pos, x.end-len(mark))
		if err := x.fill(); err != nil {
			return unexpected(err)
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// tag gives the tag at pos.
func (x *scanner) tag() (kind, []byte, error) {
	i, quote := 1, byte(0)
	for {
		for ; x.pos+i < x.end; i++ {
			c := x.buf[x.pos+i]
			switch {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '>':
				b := x.buf[x.pos+1 : x.pos+i]
				x.pos += i + 1
				switch {
				case len(b) > 0 && b[0] == '/':
					return end, b[1:], nil
				case len(b) > 0 && b[len(b)-1] == '/':
					x.open, x.last = true, b[:len(b)-1]
					return start, x.last, nil
				case len(b) == 0:
					return 0, nil, &syntaxError{"a tag has no name"}
				}
				return start, b, nil
			case c == '<':
				return 0, nil, &syntaxError{"a tag is not closed"}
			}
		}
		if err := x.fill(); err != nil {
			return 0, nil, unexpected(err)
		}
	}
}

// local is the name of a tag without its prefix.
func local(tag []byte) string {
	n := bytes.IndexAny(tag, " \t\r\n")
	if n < 0 {
		n = len(tag)
	}
	if i := bytes.IndexByte(tag[:n], ':'); i >= 0 {
		return string(tag[i+1 : n])
	}
	return string(tag[:n])
}

// value gives the value of an attribute as written, nil where there is none. prefixed takes the name with any prefix, too.
func value(tag []byte, name string, prefixed bool) []byte {
	i := bytes.IndexAny(tag, " \t\r\n")
	for i >= 0 && i < len(tag) {
		for i < len(tag) && (tag[i] == ' ' || tag[i] == '\t' || tag[i] == '\r' || tag[i] == '\n') {
			i++
		}
		eq := bytes.IndexByte(tag[i:], '=')
		if eq < 0 {
			return nil
		}
		key := bytes.TrimSpace(tag[i : i+eq])
		i += eq + 1
		for i < len(tag) && tag[i] != '"' && tag[i] != '\'' {
			i++
		}
		if i >= len(tag) {
			return nil
		}
		n := bytes.IndexByte(tag[i+1:], tag[i])
		if n < 0 {
			return nil
		}
		v := tag[i+1 : i+1+n]
		i += n + 2
		if string(key) == name || prefixed && bytes.HasSuffix(key, append([]byte{':'}, name...)) {
			return v
		}
	}
	return nil
}

func attr(tag []byte, name string) string { return unescaped(value(tag, name, false)) }

// attrLocal finds an attribute by its name without prefix.
func attrLocal(tag []byte, name string) string { return unescaped(value(tag, name, true)) }

func unescaped(b []byte) string {
	out, err := unescape(nil, b)
	if err != nil {
		return string(b)
	}
	return string(out)
}

var entities = map[string]byte{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\''}

// unescape appends text with its entities resolved.
func unescape(dst, b []byte) ([]byte, error) {
	for {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			return append(dst, b...), nil
		}
		dst = append(dst, b[:i]...)
		n := bytes.IndexByte(b[i:], ';')
		if n < 2 || n > 11 {
			return nil, &syntaxError{"an entity is not closed"}
		}
		name := string(b[i+1 : i+n])
		b = b[i+n+1:]
		if c, ok := entities[name]; ok {
			dst = append(dst, c)
			continue
		}
		digits, base := strings.TrimPrefix(name, "#"), 10
		if digits == name {
			return nil, &syntaxError{fmt.Sprintf("the entity %q is unknown", name)}
		}
		if digits != "" && (digits[0] == 'x' || digits[0] == 'X') {
			digits, base = digits[1:], 16
		}
		v, err := strconv.ParseUint(digits, base, 32)
		if err != nil || v == 0 || !utf8.ValidRune(rune(v)) {
			return nil, &syntaxError{fmt.Sprintf("the entity %q is no character", name)}
		}
		dst = utf8.AppendRune(dst, rune(v))
	}
}

// plainText resolves _x000D_, by which workbooks write control characters, in b[from:].
func plainText(b []byte, from int) []byte {
	if !bytes.Contains(b[from:], []byte("_x")) {
		return b
	}
	out := b[:from]
	rest := bytes.Clone(b[from:])
	for {
		i := bytes.Index(rest, []byte("_x"))
		if i < 0 {
			return append(out, rest...)
		}
		out = append(out, rest[:i]...)
		if len(rest) >= i+7 && rest[i+6] == '_' {
			if v, err := strconv.ParseUint(string(rest[i+2:i+6]), 16, 16); err == nil && v != 0 && utf8.ValidRune(rune(v)) {
				out = utf8.AppendRune(out, rune(v))
				rest = rest[i+7:]
				continue
			}
		}
		out = append(out, "_x"...)
		rest = rest[i+2:]
	}
}
