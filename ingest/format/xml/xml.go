// Package xml reads XML as partners send it, for the formats that are written in it: a stream of elements, of which one
// record at a time is held as a tree.
//
// encoding/xml does the reading, in its strict mode. What it leaves open is closed here: an element that ends under
// another name, a prefix without a namespace, an attribute given twice and a document type with declarations are faults;
// there are no entities but XML's own five; and tokens, depth, attributes and records are bounded. Names are told apart
// by their namespace, never by the prefix that happens to be written.
//
// Encodings are UTF-8, UTF-16 by its mark or its bytes, and what the XML declaration says.
package xml

import (
	"bufio"
	"bytes"
	stdxml "encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/encoding"
)

// Options are the limits of a Reader. A zero value is the default.
type Options struct {
	MaxToken      int  // bytes of a tag, or of a piece of text; default 1 MiB
	MaxRecord     int  // bytes of text and names in a record; default 8 MiB
	MaxElements   int  // elements in a record; default 50000
	MaxDepth      int  // elements in one another; default 64
	MaxAttributes int  // of an element; default 64
	Doctype       bool // a document type is passed over, if it declares nothing and only names a file, which is never read
}

// Name is a name in its namespace.
type Name struct{ Space, Local string }

// Attr is an attribute. One without a prefix is in no namespace.
type Attr struct {
	Name
	Value string
}

// Node is an element of a record.
type Node struct {
	Name
	Attrs []Attr
	Text  string // its own, without the blanks around
	Nodes []*Node
}

// Reader reads a body. It is not safe for concurrent use.
type Reader struct {
	o     Options
	in    *source
	dec   *stdxml.Decoder
	open  []element
	bound []binding
	err   error
	root  bool // was there
	wide  bool // UTF-16, already in UTF-8
}

type element struct {
	raw   stdxml.Name
	name  Name
	bound int // bindings outside of it
}

type binding struct{ prefix, space string }

// NewReader reads src.
func NewReader(src io.Reader, o Options) *Reader {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&o.MaxToken, 1<<20)
	def(&o.MaxRecord, 8<<20)
	def(&o.MaxElements, 50_000)
	def(&o.MaxDepth, 64)
	def(&o.MaxAttributes, 64)
	r := &Reader{o: o, bound: []binding{{"xml", "http://www.w3.org/XML/1998/namespace"}}}
	b := bufio.NewReaderSize(src, 64<<10)
	head, _ := b.Peek(4) // an error comes again
	src = b
	for mark, e := range map[string]encoding.Encoding{
		"\xFE\xFF": encoding.UTF16BE, "\xFF\xFE": encoding.UTF16LE, "\x00<": encoding.UTF16BE, "<\x00": encoding.UTF16LE, "\xEF\xBB\xBF": encoding.UTF8,
	} {
		if bytes.HasPrefix(head, []byte(mark)) {
			src, r.wide = encoding.NewReader(b, encoding.Options{Encoding: e}), e != encoding.UTF8
		}
	}
	r.in = newSource(src)
	r.dec = stdxml.NewDecoder(r.in)
	r.dec.CharsetReader = r.charset
	return r
}

// charset goes on in the encoding that the XML declaration names.
func (r *Reader) charset(label string, rest io.Reader) (io.Reader, error) {
	name := strings.ToLower(strings.TrimSpace(label))
	if r.wide || strings.HasPrefix(name, "utf-16") { // a declaration that can be read as ASCII is in none of UTF-16
		return rest, nil
	}
	e, err := encoding.Parse(name)
	if err != nil || e == encoding.Auto {
		return nil, fmt.Errorf("the encoding %q of the XML declaration is not known here; write UTF-8", label)
	}
	r.in.left = -1 // what is read ahead from here on belongs to several tokens
	r.in = newSource(encoding.NewReader(rest, encoding.Options{Encoding: e}))
	r.in.left = r.o.MaxToken
	return r.in, nil
}

// Depth is how many elements are open.
func (r *Reader) Depth() int { return len(r.open) }

// Next goes to the next start of an element, or to the end of one, which is nil. Its attributes are given, its content
// follows. The end of the body is io.EOF. A body that can't be read is a refusal of row 0; any other error is the
// source's own.
func (r *Reader) Next() (*Node, error) {
	for {
		tok, err := r.token()
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case stdxml.StartElement:
			return r.start(tok)
		case stdxml.EndElement:
			return nil, r.end(tok)
		case stdxml.CharData:
			if len(r.open) == 0 && len(bytes.TrimSpace(tok)) > 0 {
				return nil, r.fail("text stands outside of the root element")
			}
		}
	}
}

// token is the next one that means something.
func (r *Reader) token() (stdxml.Token, error) {
	for r.err == nil {
		r.in.left = r.o.MaxToken
		tok, err := r.dec.RawToken()
		switch {
		case err == io.EOF && len(r.open) > 0:
			return nil, r.fail("it ends within the element " + r.open[len(r.open)-1].raw.Local + "; was it cut?")
		case err == io.EOF && !r.root:
			return nil, r.fail("it holds no element")
		case err != nil:
			return nil, r.broken(err)
		}
		switch tok := tok.(type) {
		case stdxml.Comment, stdxml.ProcInst:
		case stdxml.Directive:
			if !r.o.Doctype || r.root || !bytes.HasPrefix(tok, []byte("DOCTYPE")) || bytes.ContainsAny(tok, "[<&%") {
				return nil, r.fail("it has a document type (<!DOCTYPE …>) or a declaration, which is not read here; leave it out")
			}
		default:
			return tok, nil
		}
	}
	return nil, r.err
}

func (r *Reader) start(tok stdxml.StartElement) (*Node, error) {
	switch {
	case len(r.open) == 0 && r.root:
		return nil, r.fail("a second root element follows the first")
	case len(r.open) >= r.o.MaxDepth:
		return nil, r.fail(fmt.Sprintf("elements lie more than %d deep in one another", r.o.MaxDepth))
	case len(tok.Attr) > r.o.MaxAttributes:
		return nil, r.fail(fmt.Sprintf("an element has more than %d attributes", r.o.MaxAttributes))
	}
	r.root = true
	e := element{raw: tok.Name, bound: len(r.bound)}
	for _, a := range tok.Attr {
		switch {
		case a.Name.Space == "xmlns":
			if a.Value == "" || a.Name.Local == "xmlns" || a.Name.Local == "xml" {
				return nil, r.fail("the prefix " + a.Name.Local + " is bound to what it can't be")
			}
			r.bound = append(r.bound, binding{a.Name.Local, a.Value})
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			r.bound = append(r.bound, binding{"", a.Value})
		}
	}
	n := &Node{}
	var ok bool
	if n.Space, ok = r.space(tok.Name.Space); !ok {
		return nil, r.fail("the prefix " + tok.Name.Space + " has no namespace")
	}
	n.Local = tok.Name.Local
	for i, a := range tok.Attr {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			if again(tok.Attr[:i], a.Name) {
				return nil, r.fail("an attribute is given twice")
			}
			continue
		}
		name := Name{"", a.Name.Local}
		if a.Name.Space != "" {
			if name.Space, ok = r.space(a.Name.Space); !ok {
				return nil, r.fail("the prefix " + a.Name.Space + " has no namespace")
			}
		}
		for _, b := range n.Attrs {
			if b.Name == name {
				return nil, r.fail("the attribute " + name.Local + " is given twice")
			}
		}
		n.Attrs = append(n.Attrs, Attr{name, a.Value})
	}
	e.name = n.Name
	r.open = append(r.open, e)
	return n, nil
}

func again(attrs []stdxml.Attr, name stdxml.Name) bool {
	for _, a := range attrs {
		if a.Name == name {
			return true
		}
	}
	return false
}

// space is the namespace of a prefix.
func (r *Reader) space(prefix string) (string, bool) {
	for _, v := range slices.Backward(r.bound) {
		if v.prefix == prefix {
			return v.space, true
		}
	}
	return "", prefix == ""
}

func (r *Reader) end(tok stdxml.EndElement) error {
	if len(r.open) == 0 {
		return r.fail("the element " + tok.Name.Local + " ends without a beginning")
	}
	e := r.open[len(r.open)-1]
	if e.raw != tok.Name {
		return r.fail("the element " + e.raw.Local + " ends as " + tok.Name.Local)
	}
	r.open, r.bound = r.open[:len(r.open)-1], r.bound[:e.bound]
	return nil
}

// Record reads the rest of the element that Next gave last, as a tree.
func (r *Reader) Record(top *Node) error {
	above := len(r.open)
	stack, text := []*Node{top}, [][]byte{nil}
	bytes, elements := 0, 0
	for len(r.open) >= above {
		tok, err := r.token()
		if err != nil {
			return err
		}
		last := len(stack) - 1
		switch tok := tok.(type) {
		case stdxml.StartElement:
			n, err := r.start(tok)
			if err != nil {
				return err
			}
			bytes += 64 + len(n.Local)
			for _, a := range n.Attrs {
				bytes += len(a.Local) + len(a.Value)
			}
			stack[last].Nodes = append(stack[last].Nodes, n)
			stack, text = append(stack, n), append(text, nil)
			elements++
		case stdxml.EndElement:
			if err := r.end(tok); err != nil {
				return err
			}
			stack[last].Text = strings.TrimSpace(string(text[last]))
			stack, text = stack[:last], text[:last]
		case stdxml.CharData:
			bytes += len(tok)
			text[last] = append(text[last], tok...)
		}
		if bytes > r.o.MaxRecord || elements > r.o.MaxElements {
			return r.fail("the element " + top.Local + " is larger than the limit; send fewer lines in one, or raise limits.line")
		}
	}
	return nil
}

// Skip passes over the rest of the element that Next gave last.
func (r *Reader) Skip() error {
	for above := len(r.open); len(r.open) >= above; {
		if _, err := r.Next(); err != nil {
			return err
		}
	}
	return nil
}

// fail refuses the body, or what is left of it.
func (r *Reader) fail(why string) error {
	line, _ := r.dec.InputPos()
	r.err = io.EOF
	return sellthrough.Bad(0, "", "", fmt.Sprintf("the body is not XML that can be read here, see line %d: %s. Mend it and send it again", line, strings.TrimSuffix(why, ".")))
}

// broken says what an error of the decoder means.
func (r *Reader) broken(err error) error {
	var syntax *stdxml.SyntaxError
	switch {
	case err == io.EOF:
		r.err = err
		return err
	case errors.Is(err, errToken):
		return r.fail(fmt.Sprintf("a tag or a piece of text is longer than %d bytes", r.o.MaxToken))
	case errors.As(err, &syntax):
		return r.fail(syntax.Msg)
	case r.in.err != nil && r.in.err != io.EOF:
		r.err = r.in.err
		if _, ok := sellthrough.AsRefusal(r.err); ok {
			r.err = io.EOF
		}
		return r.in.err
	}
	return r.fail(strings.TrimPrefix(err.Error(), "xml: "))
}
