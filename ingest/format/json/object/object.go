// Package object reads one JSON object from the front of a text: the values of the members that are asked for, by dotted
// path ("store.id"), in their order.
//
// It is strict where JSON libraries guess: names match by exact case, a name given twice is a fault, and a number stays
// the digits that were written, never a float64. null and a missing name are a nil field. Nothing recurses deeper than
// the bound on depth, and nothing is kept of what was not asked for. Whether the text is UTF-8 is left to its callers,
// who know the extent of the whole.
package object

import (
	"bytes"
	"strconv"
)

// Depth is how deep objects and arrays may lie in one another.
const Depth = 32

// member is a name of an object as it was written, with the depth at which it stands.
type member struct {
	name  []byte // between its quotes, as written
	depth int
	field int // that it fills, or −1
}

// Limits of an object. All have to be set.
type Limits struct {
	MaxField  int // bytes of a value that is asked for
	MaxFields int // names in an object, nested ones included
}

// Fault is why a text is no object that can be read: the name it concerns, if any, and what to do.
type Fault struct{ Name, Text string }

func (f *Fault) Error() string { return f.Text }

// Parser reads objects, one after the other. The objects of a body nearly always have the same names in the same order:
// the names of the object before are remembered, and as long as one repeats them byte for byte, no name has to be
// looked up or compared with its neighbours. It is not safe for concurrent use.
type Parser struct {
	names  map[string]int
	limits Limits
	fields [][]byte

	b     []byte
	i     int
	level int
	count int
	lists int // how many lists the parser is in

	shape   []member
	learned []byte // the names of shape
	fast    bool

	path    []byte
	seen    map[string]struct{} // paths of the objects' names, for what is given twice
	scratch []byte              // strings with escapes
}

var other = &Fault{} // the object has other names than the one before

// New reads the members that names lists. No name may be given twice.
func New(names []string, l Limits) *Parser {
	p := &Parser{names: map[string]int{}, limits: l, fields: make([][]byte, len(names)), seen: map[string]struct{}{}}
	for i, name := range names {
		p.names[name] = i
	}
	return p
}

// Fields are the values of the object that was read last, in the order of the names. They point into its text, or into
// the parser, and hold until the next call of Read.
func (p *Parser) Fields() [][]byte { return p.fields }

// Read reads the object that b begins with and says where it ends. b must not be empty.
func (p *Parser) Read(b []byte) (n int, err *Fault) {
	if len(p.shape) > 0 {
		err := p.run(b, true)
		if err == nil && p.count == len(p.shape) {
			return p.i, nil
		}
	}
	err = p.run(b, false)
	return p.i, err
}

// Skip reads the value that b begins with, of any kind, and keeps nothing of it.
func (p *Parser) Skip(b []byte) (n int, err *Fault) {
	p.begin(b, false)
	err = p.value(-1)
	p.shape = p.shape[:0]
	return p.i, err
}

func (p *Parser) begin(b []byte, fast bool) {
	p.b, p.i, p.level, p.count, p.lists, p.fast = b, 0, 0, 0, 0, fast
	p.scratch, p.path = p.scratch[:0], p.path[:0]
	clear(p.fields)
	if !fast {
		p.shape, p.learned = p.shape[:0], p.learned[:0]
		clear(p.seen)
	}
}

func (p *Parser) run(b []byte, fast bool) *Fault {
	p.begin(b, fast)
	if b[0] != '{' {
		return &Fault{Text: "this is not a JSON object; write one, {…}"}
	}
	err := p.object()
	if err != nil && !fast {
		p.shape = p.shape[:0]
	}
	return err
}

func (p *Parser) blank() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\t' || p.b[p.i] == '\r' || p.b[p.i] == '\n') {
		p.i++
	}
}

func (p *Parser) at(c byte) bool {
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *Parser) syntax() *Fault {
	if p.i >= len(p.b) {
		return &Fault{Text: "the JSON object ends too early; was it cut, or does a text hold a line end?"}
	}
	return &Fault{Text: "this is not JSON: see byte " + strconv.Itoa(p.i+1) + " of the object"}
}

func (p *Parser) object() *Fault {
	p.i++ // {
	if p.level++; p.level > Depth {
		return &Fault{Text: "objects lie too deep in one another; write flat objects"}
	}
	base := len(p.path)
	if p.blank(); p.at('}') {
		p.level--
		return nil
	}
	for {
		p.blank()
		if p.i >= len(p.b) || p.b[p.i] != '"' {
			return p.syntax()
		}
		start := p.i + 1
		escaped, err := p.skipString()
		if err != nil {
			return err
		}
		name := p.b[start : p.i-1]
		field, err := p.member(name, escaped, base)
		if err != nil {
			return err
		}
		if p.blank(); !p.at(':') {
			return p.syntax()
		}
		p.blank()
		if err := p.value(field); err != nil {
			return err
		}
		p.path = p.path[:base]
		if p.blank(); p.at(',') {
			continue
		}
		if p.at('}') {
			p.level--
			return nil
		}
		return p.syntax()
	}
}

// member says which field a name fills.
func (p *Parser) member(name []byte, escaped bool, base int) (int, *Fault) {
	k := p.count
	p.count++
	if p.fast {
		if k >= len(p.shape) || p.shape[k].depth != p.level || !bytes.Equal(p.shape[k].name, name) {
			return 0, other
		}
		return p.shape[k].field, nil
	}
	if k >= p.limits.MaxFields {
		return 0, &Fault{Text: "the object has too many names; leave out what the feed does not need"}
	}
	if base > 0 {
		p.path = append(p.path, '.')
	}
	if escaped {
		from := len(p.scratch)
		if !p.unescape(name) {
			return 0, p.syntax()
		}
		p.path = append(p.path, p.scratch[from:]...)
	} else {
		p.path = append(p.path, name...)
	}
	if _, ok := p.seen[string(p.path)]; ok {
		return 0, &Fault{Name: string(p.path), Text: "the name is given twice in one object; keep one"}
	}
	p.seen[string(p.path)] = struct{}{}
	field, ok := p.names[string(p.path)]
	if !ok || p.lists > 0 {
		field = -1
	}
	from := len(p.learned)
	p.learned = append(p.learned, name...)
	p.shape = append(p.shape, member{p.learned[from:len(p.learned):len(p.learned)], p.level, field})
	return field, nil
}

func (p *Parser) value(field int) *Fault {
	if p.i >= len(p.b) {
		return p.syntax()
	}
	start := p.i
	switch c := p.b[p.i]; {
	case c == '"':
		escaped, err := p.skipString()
		if err != nil || field < 0 && !escaped {
			return err
		}
		text := p.b[start+1 : p.i-1]
		if escaped {
			from := len(p.scratch)
			if !p.unescape(text) {
				return &Fault{Name: p.name(field), Text: `a string has an escape that JSON does not know, or half of a pair; mend it`}
			}
			text = p.scratch[from:len(p.scratch):len(p.scratch)]
		}
		return p.set(field, text)
	case c == '-' || c >= '0' && c <= '9':
		if !p.number() {
			return p.syntax()
		}
		return p.set(field, p.b[start:p.i])
	case c == '{':
		if field >= 0 {
			return &Fault{Name: p.name(field), Text: "an object stands where a value belongs; name its member by a dotted path, like " + p.name(field) + ".id"}
		}
		return p.object()
	case c == '[':
		if field >= 0 {
			return &Fault{Name: p.name(field), Text: "a list stands where one value belongs; write one line per entry"}
		}
		return p.array()
	}
	for _, word := range [...]string{"null", "true", "false"} {
		if len(p.b)-p.i >= len(word) && string(p.b[p.i:p.i+len(word)]) == word {
			p.i += len(word)
			if word == "null" {
				return nil
			}
			return p.set(field, p.b[start:p.i])
		}
	}
	return p.syntax()
}

func (p *Parser) set(field int, text []byte) *Fault {
	if field < 0 {
		return nil
	}
	if len(text) > p.limits.MaxField {
		return &Fault{Name: p.name(field), Text: "a value is longer than the limit; shorten it, or raise limits.field"}
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return &Fault{Name: p.name(field), Text: "a value holds a NUL character; write plain text"}
	}
	p.fields[field] = text
	return nil
}

func (p *Parser) name(field int) string {
	for name, i := range p.names {
		if i == field {
			return name
		}
	}
	return ""
}

// array skips a list. Nothing in it can be asked for.
func (p *Parser) array() *Fault {
	p.i++ // [
	if p.level++; p.level > Depth {
		return &Fault{Text: "lists lie too deep in one another; write flat objects"}
	}
	p.lists++
	defer func() { p.level--; p.lists-- }()
	if p.blank(); p.at(']') {
		return nil
	}
	base := len(p.path)
	for n := 0; ; n++ {
		if !p.fast { // the names of an object in it are told apart by its position
			p.path = append(strconv.AppendInt(append(p.path[:base], '['), int64(n), 10), ']')
		}
		p.blank()
		if err := p.value(-1); err != nil {
			return err
		}
		p.path = p.path[:base]
		if p.blank(); p.at(',') {
			continue
		}
		if p.at(']') {
			return nil
		}
		return p.syntax()
	}
}

// skipString goes past a string and says whether it has escapes.
func (p *Parser) skipString() (escaped bool, err *Fault) {
	for i := p.i + 1; i < len(p.b); i++ {
		switch c := p.b[i]; {
		case c == '"':
			p.i = i + 1
			return escaped, nil
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			p.i = i
			return false, p.syntax()
		}
	}
	p.i = len(p.b)
	return false, p.syntax()
}

// number goes past a number in JSON's grammar.
func (p *Parser) number() bool {
	p.at('-')
	if !p.at('0') && !p.digits() {
		return false
	}
	if p.at('.') && !p.digits() {
		return false
	}
	if p.at('e') || p.at('E') {
		if !p.at('+') {
			p.at('-')
		}
		return p.digits()
	}
	return true
}

func (p *Parser) digits() bool {
	from := p.i
	for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		p.i++
	}
	return p.i > from
}
