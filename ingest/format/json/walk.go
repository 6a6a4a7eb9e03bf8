package json

import (
	"bytes"
	stdjson "encoding/json"
	"io"
	"strings"
	"unicode/utf8"

	"sellthrough"
	"sellthrough/ingest/format/json/object"
)

// place is an open array or object around rows.
type place struct {
	depth int // of the path
	array bool
	frame *frame // of an object
}

// want is what may come next.
type want uint8

const (
	wantValue want = iota // at the top, behind a colon or behind a comma in an array
	wantFirst             // a value or a member, or the end of what was just opened
	wantNext              // a comma, or the end
	wantKey               // a member behind a comma
)

// step reads on by one token. It may give a row, a refusal, or nothing.
func (r *Reader) step() ([][]byte, uint32, error) {
	if !r.began {
		if err := r.begin(); err != nil {
			return nil, 0, err
		}
	}
	c, ok := r.in.peek()
	if !ok {
		return nil, 0, r.end()
	}
	if len(r.stack) == 0 {
		return r.value(0, c)
	}
	top := &r.stack[len(r.stack)-1]
	closing := byte('}')
	if top.array {
		closing = ']'
	}
	switch {
	case c == closing && (r.want == wantFirst || r.want == wantNext):
		r.in.pos++
		return r.close(top)
	case c == ',' && r.want == wantNext:
		r.in.pos++
		if r.want = wantKey; top.array {
			r.want = wantValue
		}
		return nil, 0, nil
	case r.want == wantNext:
		return nil, 0, r.fail(r.in.broken(0))
	case top.array:
		return r.value(top.depth, c)
	}
	return r.member(top, c)
}

// begin looks at the first bytes of the body.
func (r *Reader) begin() error {
	r.began = true
	r.in.fill()
	b := r.in.ahead()
	if bytes.HasPrefix(b, []byte("\xFF\xFE")) || bytes.HasPrefix(b, []byte("\xFE\xFF")) || len(b) > 1 && (b[0] == 0) != (b[1] == 0) {
		return r.fail(sellthrough.Bad(0, "", "", "the body is UTF-16; JSON is UTF-8, so write it so and send it again"))
	}
	if bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")) {
		r.in.pos += 3
	}
	return nil
}

// end is what the end of the source means here.
func (r *Reader) end() error {
	switch {
	case r.in.err != io.EOF:
		r.done = r.in.err
		return r.done
	case len(r.stack) > 0:
		return r.fail(errCut)
	case !r.seen:
		return r.fail(sellthrough.Bad(0, "", "", "the body is empty; a report without lines is an empty list, []"))
	}
	r.done = io.EOF
	return nil
}

// value reads what begins with c at a place of the path.
func (r *Reader) value(depth int, c byte) ([][]byte, uint32, error) {
	inArray := len(r.stack) > 0 && r.stack[len(r.stack)-1].array
	r.seen = true
	switch {
	case c == '[' && !inArray:
		r.in.pos++
		r.stack = append(r.stack, place{depth: depth, array: true})
		r.want = wantFirst
		return nil, 0, nil
	case c == '{' && depth == len(r.path):
		r.want = wantNext
		return r.object()
	case c == '{':
		r.in.pos++
		f := r.frame(depth)
		r.stack, r.open = append(r.stack, place{depth: depth, frame: f}), append(r.open, f)
		r.want = wantFirst
		return nil, 0, nil
	case len(r.stack) == 0:
		return nil, 0, r.fail(sellthrough.Bad(0, "", sample(r.in.ahead()), "the body is neither a JSON object nor a list of objects; is it meant for another feed?"))
	}
	text, n, bad, err := r.extent(r.parse.Skip)
	if err != nil {
		return nil, 0, err
	}
	r.want = wantNext
	null := bad == nil && string(text) == "null" && !inArray
	if shown := sample(text); !null {
		r.in.pos += n
		row := r.number()
		switch {
		case bad != nil:
		case c == '[':
			bad = &object.Fault{Text: "a list stands in a list where an object belongs; write one list of objects"}
		default:
			bad = &object.Fault{Text: "a row is an object, {…}; this is not one"}
		}
		return r.hold(row, nil, sellthrough.Bad(row, strings.Join(r.path[:depth], "."), shown, bad.Text))
	}
	r.in.pos += n
	return nil, 0, nil
}

// frame begins an object around rows. The one before is used again where no row waits for it.
func (r *Reader) frame(depth int) *frame {
	l := r.levels[depth]
	f := l.spare
	if f == nil || f.shared {
		f = &frame{known: map[string]struct{}{}}
		l.spare = f
	}
	f.begin(l)
	return f
}

// close ends what was opened last.
func (r *Reader) close(top *place) ([][]byte, uint32, error) {
	depth, f := top.depth, top.frame
	r.stack = r.stack[:len(r.stack)-1]
	r.want = wantNext
	if f == nil {
		return nil, 0, nil
	}
	f.left = 0
	r.open = r.open[:len(r.open)-1]
	if f.rows {
		return nil, 0, nil
	}
	row, name := r.number(), r.path[depth]
	return r.hold(row, nil, sellthrough.Bad(row, strings.Join(r.path[:depth+1], "."), "",
		"the object has no member "+name+"; write it with an empty list where there are no rows, or mend the path of the rows in the feed's format"))
}

// member reads a name of an object around rows, and its value unless rows lie in it.
func (r *Reader) member(top *place, c byte) ([][]byte, uint32, error) {
	if c != '"' {
		return nil, 0, r.fail(r.in.broken(0))
	}
	raw, n, bad, err := r.extent(r.parse.Skip)
	if err == nil && bad != nil {
		err = r.fail(bad)
	}
	if err != nil {
		return nil, 0, err
	}
	k, err := r.name(top, raw)
	if err != nil {
		return nil, 0, r.fail(err)
	}
	r.in.pos += n
	if c, ok := r.in.peek(); !ok {
		return nil, 0, r.end()
	} else if c != ':' {
		return nil, 0, r.fail(r.in.broken(0))
	}
	r.in.pos++
	if c, ok := r.in.peek(); !ok {
		return nil, 0, r.end()
	} else if k == onPath {
		top.frame.rows = true
		return r.value(top.depth+1, c)
	}
	r.want = wantNext
	return nil, 0, r.beside(top, k)
}

// onPath is the member that rows lie in.
var onPath = new(key)

// name finds out what a member is. Its error refuses the body.
func (r *Reader) name(top *place, raw []byte) (*key, error) {
	f, l := top.frame, r.levels[top.depth]
	i := f.keys
	f.keys++
	if f.same && i < len(l.shape) && l.shape[i].raw == string(raw) {
		return l.shape[i].key, nil
	}
	if f.same { // from here on it differs from the object before
		f.same = false
		l.shape = l.shape[:i:i]
		for _, s := range l.shape {
			f.known[s.name] = struct{}{}
		}
	}
	if i >= r.opt.MaxFields {
		return nil, &object.Fault{Text: "an object around the rows has too many members; leave out what the feed does not need"}
	}
	var name string
	if !utf8.Valid(raw) || stdjson.Unmarshal(raw, &name) != nil || strings.ContainsRune(name, utf8.RuneError) {
		return nil, r.in.broken(0)
	}
	if _, double := f.known[name]; double {
		return nil, &object.Fault{Name: name, Text: "the member " + name + " is given twice in one object around the rows; keep one"}
	}
	f.known[name] = struct{}{}
	k := l.keys[name]
	if name == r.path[top.depth] {
		k = onPath
	}
	l.shape = append(l.shape, shaped{string(raw), name, k})
	return k, nil
}

// beside reads a member that lies beside the rows.
func (r *Reader) beside(top *place, k *key) error {
	f, l := top.frame, r.levels[top.depth]
	c, _ := r.in.peek()
	if k == nil {
		_, n, bad, err := r.extent(l.other.Skip)
		if err == nil && bad != nil {
			err = r.fail(bad)
		}
		r.in.pos += n
		return err
	}
	read := k.parse.Skip
	if c == '{' {
		read = k.parse.Read
	}
	text, n, bad, err := r.extent(read)
	if err != nil {
		return err
	}
	if bad != nil && text == nil {
		return r.fail(bad)
	}
	defer func() { r.in.pos += n }()
	f.left -= len(k.fills)
	if k.scalar >= 0 {
		f.left--
	}
	blame := func(name, text string) {
		if f.fault == nil {
			f.fault = &object.Fault{Name: r.named(top.depth, name), Text: text}
		}
	}
	switch {
	case bad != nil:
		blame(strings.TrimSuffix(k.name+"."+bad.Name, "."), bad.Text)
	case string(text) == "null":
	case c == '{' && k.scalar < 0:
		for i, v := range k.parse.Fields() {
			f.values[k.fills[i]] = bytes.Clone(v)
		}
	case c == '{':
		blame(k.name, "an object stands around the rows where a value belongs; name its member by a path, like "+r.named(top.depth, k.name)+".id")
	case c == '[':
		blame(k.name, "a list stands around the rows where one value belongs; name the rows' path through it, or leave the name out")
	case k.scalar < 0:
		blame(k.name, "a value stands around the rows where an object belongs; mend the feed's columns")
	case c == '"':
		var s string
		switch err := stdjson.Unmarshal(text, &s); {
		case err != nil || strings.ContainsRune(s, utf8.RuneError) && !bytes.ContainsRune(text, utf8.RuneError):
			blame(k.name, "a string has an escape that JSON does not know, or half of a pair; mend it")
		case strings.IndexByte(s, 0) >= 0:
			blame(k.name, "a value holds a NUL character; write plain text")
		case len(s) > r.opt.MaxField:
			blame(k.name, "a value is longer than the limit; shorten it, or raise limits.field")
		default:
			f.values[k.scalar] = []byte(s)
		}
	case len(text) > r.opt.MaxField:
		blame(k.name, "a value is longer than the limit; shorten it, or raise limits.field")
	default:
		f.values[k.scalar] = bytes.Clone(text)
	}
	return nil
}
