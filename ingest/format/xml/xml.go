// Package xml reads XML as partners send it, for the formats that are written in it: a stream of elements, of which one
// record at a time is held as a tree.
//
// It reads what encoding/xml reads in its strict mode, and closes what that leaves open: an element that ends under another
// name, a prefix without a namespace, an attribute given twice and a document type with declarations are faults; there are
// no entities but XML's own five; and tags, depth, attributes and records are bounded. Of a long text no more is held than a
// value may have: a till writes pictures of its receipts among the sales. Names are told apart by their namespace, never by
// the prefix that happens to be written.
//
// Encodings are UTF-8, UTF-16 by its mark or its bytes, and what the XML declaration says.
package xml

import (
	"bufio"
	"bytes"
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
	MaxToken      int  // bytes of a tag; default 1 MiB
	MaxField      int  // bytes of a value; default 64 KiB. Of a longer text one more is kept, so that it is too long for one
	MaxRecord     int  // bytes of text and names in a record; default 8 MiB
	MaxElements   int  // elements in a record; default 50000
	MaxDepth      int  // elements in one another; default 64
	MaxAttributes int  // of an element; default 64
	Doctype       bool // a document type is passed over, if it declares nothing and only names a file, which is never read
}

// Reader reads a body. It is not safe for concurrent use.
type Reader struct {
	o     Options
	in    *scanner
	open  []element
	bound []binding
	err   error
	root  bool // was there
	wide  bool // UTF-16, already in UTF-8

	nodes []*Node // of the record, and of those before it
	used  int
	stack []*Node
	texts [][]byte // of the elements that are open in a record
	kept  []byte   // the text of the elements that ended
}

type element struct {
	raw   string
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
	def(&o.MaxField, 64<<10)
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
	r.in = newScanner(src, o.MaxToken)
	r.in.declare = r.charset
	return r
}

// charset goes on in the encoding that the XML declaration names.
func (r *Reader) charset(label string) error {
	name := strings.ToLower(strings.TrimSpace(label))
	if r.wide || strings.HasPrefix(name, "utf-16") { // a declaration that can be read as ASCII is in none of UTF-16
		return nil
	}
	e, err := encoding.Parse(name)
	if err != nil || e == encoding.Auto {
		return fault(fmt.Sprintf("the encoding %q of the XML declaration is not known here; write UTF-8", label))
	}
	r.in.recode(e)
	return nil
}

// Depth is how many elements are open.
func (r *Reader) Depth() int { return len(r.open) }

// Next goes to the next start of an element, or to the end of one, which is nil. Its attributes are given, its content
// follows. The end of the body is io.EOF. A body that can't be read is a refusal of row 0; any other error is the
// source's own.
func (r *Reader) Next() (*Node, error) {
	r.used = 0
	for {
		tok, err := r.token()
		if err != nil {
			return nil, err
		}
		switch tok {
		case start:
			return r.start()
		case end:
			return nil, r.end()
		case text:
			if len(r.open) == 0 && blanks(r.in.text) < len(r.in.text) {
				return nil, r.fail("text stands outside of the root element")
			}
		}
	}
}

// token is the next one.
func (r *Reader) token() (token, error) {
	for r.err == nil {
		tok, err := r.in.next()
		if err == nil {
			return tok, nil
		}
		var why fault
		switch {
		case errors.Is(err, errDoctype):
			if !r.o.Doctype || r.root || !bytes.HasPrefix(r.in.text, []byte("DOCTYPE")) || bytes.ContainsAny(r.in.text, "[<&%") {
				return 0, r.fail("it has a document type (<!DOCTYPE …>) or a declaration, which is not read here; leave it out")
			}
			continue
		case errors.Is(err, errToken):
			return 0, r.fail(fmt.Sprintf("a tag is longer than %d bytes", r.o.MaxToken))
		case errors.As(err, &why):
			return 0, r.fail(string(why))
		case err == io.EOF && len(r.open) > 0:
			return 0, r.fail("it ends within the element " + r.open[len(r.open)-1].raw + "; was it cut?")
		case err == io.EOF && !r.root:
			return 0, r.fail("it holds no element")
		}
		r.err = err
		if _, ok := sellthrough.AsRefusal(err); ok {
			r.err = io.EOF
		}
		return 0, err
	}
	return 0, r.err
}

// split parts a name at its prefix.
func split(name []byte) (prefix, local []byte, ok bool) {
	n := bytes.IndexByte(name, ':')
	if n <= 0 || n == len(name)-1 {
		return nil, name, n < 0 || bytes.Count(name, []byte(":")) == 1
	}
	return name[:n], name[n+1:], bytes.IndexByte(name[n+1:], ':') < 0
}

func (r *Reader) start() (*Node, error) {
	attrs := r.in.attrs
	switch {
	case len(r.open) == 0 && r.root:
		return nil, r.fail("a second root element follows the first")
	case len(r.open) >= r.o.MaxDepth:
		return nil, r.fail(fmt.Sprintf("elements lie more than %d deep in one another", r.o.MaxDepth))
	case len(attrs) > r.o.MaxAttributes:
		return nil, r.fail(fmt.Sprintf("an element has more than %d attributes", r.o.MaxAttributes))
	}
	r.root = true
	e := element{raw: r.in.keep(r.in.name), bound: len(r.bound)}
	for _, a := range attrs {
		switch prefix, local, ok := split(a.name); {
		case !ok:
			return nil, r.fail("a name has more than one prefix")
		case string(prefix) == "xmlns":
			if len(a.value) == 0 || string(local) == "xmlns" || string(local) == "xml" {
				return nil, r.fail("the prefix " + string(local) + " is bound to what it can't be")
			}
			r.bound = append(r.bound, binding{r.in.keep(local), string(a.value)})
		case prefix == nil && string(local) == "xmlns":
			r.bound = append(r.bound, binding{"", string(a.value)})
		}
	}
	prefix, local, ok := split(r.in.name)
	if !ok {
		return nil, r.fail("a name has more than one prefix")
	}
	n := r.node()
	if n.Space, ok = r.space(prefix); !ok {
		return nil, r.fail("the prefix " + string(prefix) + " has no namespace")
	}
	n.Local = r.in.keep(local)
	for i, a := range attrs {
		prefix, local, _ := split(a.name)
		if string(prefix) == "xmlns" || prefix == nil && string(local) == "xmlns" {
			if again(attrs[:i], a.name) {
				return nil, r.fail("an attribute is given twice")
			}
			continue
		}
		name := Name{"", r.in.keep(local)}
		if prefix != nil {
			if name.Space, ok = r.space(prefix); !ok {
				return nil, r.fail("the prefix " + string(prefix) + " has no namespace")
			}
		}
		for _, b := range n.Attrs {
			if b.Name == name {
				return nil, r.fail("the attribute " + name.Local + " is given twice")
			}
		}
		n.Attrs = append(n.Attrs, Attr{name, r.in.keep(a.value)})
	}
	r.open = append(r.open, e)
	return n, nil
}

// node gives one that is empty.
func (r *Reader) node() *Node {
	if r.used == len(r.nodes) {
		fresh := make([]Node, 32)
		for i := range fresh {
			r.nodes = append(r.nodes, &fresh[i])
		}
	}
	n := r.nodes[r.used]
	r.used++
	*n = Node{Attrs: n.Attrs[:0], Nodes: n.Nodes[:0]}
	return n
}

func again(attrs []attribute, name []byte) bool {
	for _, a := range attrs {
		if bytes.Equal(a.name, name) {
			return true
		}
	}
	return false
}

// space is the namespace of a prefix.
func (r *Reader) space(prefix []byte) (string, bool) {
	for _, v := range slices.Backward(r.bound) {
		if v.prefix == string(prefix) {
			return v.space, true
		}
	}
	return "", len(prefix) == 0
}

func (r *Reader) end() error {
	if len(r.open) == 0 {
		return r.fail("the element " + string(r.in.name) + " ends without a beginning")
	}
	e := r.open[len(r.open)-1]
	if e.raw != string(r.in.name) {
		return r.fail("the element " + e.raw + " ends as " + string(r.in.name))
	}
	r.open, r.bound = r.open[:len(r.open)-1], r.bound[:e.bound]
	return nil
}

// Record reads the rest of the element that Next gave last, as a tree.
func (r *Reader) Record(top *Node) error {
	above, first := len(r.open), r.used
	r.stack, r.kept = append(r.stack[:0], top), r.kept[:0]
	r.level(0)
	size, elements := 0, 0
	for len(r.open) >= above {
		tok, err := r.token()
		if err != nil {
			return err
		}
		last := len(r.stack) - 1
		switch tok {
		case start:
			n, err := r.start()
			if err != nil {
				return err
			}
			size += 64 + len(n.Local)
			for _, a := range n.Attrs {
				size += len(a.Local) + len(a.Value)
			}
			r.stack[last].Nodes = append(r.stack[last].Nodes, n)
			r.stack = append(r.stack, n)
			r.level(last + 1)
			elements++
		case end:
			if err := r.end(); err != nil {
				return err
			}
			n := r.stack[last]
			n.from = len(r.kept)
			t := r.texts[last]
			if len(t) <= r.o.MaxField { // of one that was cut, the end is not known
				t = bytes.TrimSpace(t)
			}
			r.kept = append(r.kept, t...)
			n.to = len(r.kept)
			r.stack = r.stack[:last]
		case text:
			before := len(r.texts[last])
			r.add(last, r.in.text)
			size += len(r.texts[last]) - before
		}
		if size > r.o.MaxRecord || elements > r.o.MaxElements {
			return r.fail("the element " + top.Local + " is larger than the limit; send fewer lines in one, or raise limits.line")
		}
	}
	all := string(r.kept)
	top.Text = all[top.from:top.to]
	for _, n := range r.nodes[first:r.used] {
		n.Text = all[n.from:n.to]
	}
	return nil
}

// level begins the text of an element.
func (r *Reader) level(i int) {
	if i == len(r.texts) {
		r.texts = append(r.texts, nil)
	}
	r.texts[i] = r.texts[i][:0]
}

// add adds a piece to the text of an element, as far as it is kept.
func (r *Reader) add(level int, piece []byte) {
	t := r.texts[level]
	if len(t) == 0 {
		piece = piece[blanks(piece):]
	}
	r.texts[level] = append(t, piece[:min(len(piece), r.o.MaxField+1-len(t))]...)
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
	r.err = io.EOF
	return sellthrough.Bad(0, "", "", fmt.Sprintf("the body is not XML that can be read here, see line %d: %s. Mend it and send it again", r.in.line(), strings.TrimSuffix(why, ".")))
}
