package xml

import (
	"bytes"
	stdxml "encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"sellthrough"
)

// show writes a tree: namespace initials, attributes, text.
func show(n *Node) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%s", n.Space, n.Local)
	for _, a := range n.Attrs {
		fmt.Fprintf(&b, "@%s:%s=%s", a.Space, a.Local, a.Value)
	}
	if n.Text != "" {
		fmt.Fprintf(&b, "=%s", n.Text)
	}
	for _, c := range n.Nodes {
		fmt.Fprintf(&b, "(%s)", show(c))
	}
	return b.String()
}

func read(src io.Reader, o Options) string {
	r := NewReader(src, o)
	n, err := r.Next()
	if err == nil {
		err = r.Record(n)
	}
	if err == nil {
		_, err = r.Next()
	}
	if err == io.EOF {
		return show(n)
	}
	if bad, ok := sellthrough.AsRefusal(err); ok {
		if _, again := r.Next(); again != io.EOF {
			return "it goes on"
		}
		return fmt.Sprintf("%d: %s", bad.Row, bad.Reason)
	}
	return fmt.Sprint("error ", err)
}

func TestDocuments(t *testing.T) {
	o := Options{MaxToken: 200, MaxDepth: 5, MaxAttributes: 4, MaxElements: 20, MaxRecord: 4000}
	check := func(in, want string) {
		t.Helper()
		for _, src := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in))} {
			if got := read(src, o); !strings.HasPrefix(got, want) {
				t.Errorf("%.100q\n got %s\nwant %s", in, got, want)
			}
		}
	}
	bad := func(in, why string) {
		t.Helper()
		check(in, "0: the body is not XML that can be read here, see line 1: "+why)
	}
	check(`<a> x <b c="1&lt;&#65;"/><![CDATA[<y>]]><!-- z --></a>`, "a:"[1:]+"a=x <y>(:b@:c=1<A)")
	// the prefix is nothing, the namespace everything
	check(`<p:a xmlns:p="u" xmlns="v"><b/><q:b xmlns:q="u" q:c="1" c="2"/><b xmlns=""/></p:a>`, "u:a(v:b)(u:b@u:c=1@:c=2)(:b)")
	bad(`<a><p:b/></a>`, "the prefix p has no namespace")
	bad(`<a p:b="1"/>`, "the prefix p has no namespace")
	bad(`<a b="1" b="2"/>`, "the attribute b is given twice")
	bad(`<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>`, "the attribute b is given twice")
	bad(`<a xmlns="u" xmlns="v"/>`, "an attribute is given twice")
	bad(`<a></b>`, "the element a ends as b")
	bad(`<a><b></a></b>`, "the element b ends as a")
	bad(`<a/><b/>`, "a second root element")
	bad(`<a/>x`, "text stands outside")
	bad(`<a>`, "it ends within the element a")
	bad(``, "it holds no element")
	bad(`receipt,store`, "text stands outside")
	bad(`<a>&b;</a>`, "invalid character entity &b;")
	bad(`<!DOCTYPE a [<!ENTITY b "bomb">]><a>&b;</a>`, "it has a document type")
	bad(`<!DOCTYPE a SYSTEM "a.dtd"><a/>`, "it has a document type")
	bad(`<a><b><c><d><e><f/></e></d></c></b></a>`, "elements lie more than 5 deep")
	bad(`<a b="1" c="2" d="3" e="4" f="5"/>`, "an element has more than 4 attributes")
	bad(`<a `+strings.Repeat("x", 300)+`="1"/>`, "a tag is longer than 200 bytes")
	bad(`<a b="`+strings.Repeat("x", 300), "a tag is longer than 200 bytes")
	bad(`<a b="1`, "it ends within a tag")
	bad(`<a><!-- x`, "it ends within a tag or a comment")
	bad(`<a><!-- x -- y --></a>`, "a comment holds --")
	bad(`<a>]]></a>`, "]]> stands in text")
	bad(`<a b></a>`, "an attribute has no value")
	bad(`<a b=1/>`, "the value of an attribute has no quotes")
	bad(`<a b="<"/>`, "the value of an attribute holds a <")
	bad(`<1/>`, "an element or attribute has no name")
	bad(`<a:b:c/>`, "a name has more than one prefix")
	bad(`<a>&#0;</a>`, "illegal character code U+0000")
	bad(`<?xml version="1.1"?><a/>`, `it is of version "1.1" of XML`)
	bad(`<a><?xml version="1.0"?></a>`, "a second XML declaration")
	bad(`<a>`+strings.Repeat("<b/>", 21)+`</a>`, "the element a is larger than the limit")
	bad(`<a>`+strings.Repeat(strings.Repeat("x", 150)+"<!-- -->", 50)+`</a>`, "the element a is larger than the limit")
	bad("<a>\xff</a>", "invalid UTF-8")
	bad(`<?xml version="1.0" encoding="klingon"?><a/>`, `the encoding "klingon" of the XML declaration`)
	check(`<?xml version="1.0" encoding="UTF-16"?><a>é</a>`, ":a=é") // what a program writes that declares its memory
	o.Doctype = true
	check(`<!DOCTYPE a SYSTEM "a.dtd"><a/>`, ":a")
	bad(`<!DOCTYPE a [<!ENTITY b "bomb">]><a>&b;</a>`, "it has a document type")
	bad(`<a><!DOCTYPE a SYSTEM "a.dtd"></a>`, "it has a document type")
}

// Of a text as long as a picture no more is held than a value may have, and the rest of the record is read.
func TestALongTextIsNotHeld(t *testing.T) {
	in := `<a><b>` + strings.Repeat("xyz&amp;", 1_000_000) + `</b><c> ` + strings.Repeat(" \n", 100_000) + `d</c><e>5` + strings.Repeat(" ", 1000) + `7</e></a>`
	r := NewReader(strings.NewReader(in), Options{MaxField: 100, MaxRecord: 1000})
	n, err := r.Next()
	if err == nil {
		err = r.Record(n)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := n.In("b").Text; len(got) != 101 || !strings.HasPrefix(got, "xyz&xyz&") {
		t.Errorf("%d bytes: %.60s", len(got), got)
	}
	if got := n.In("c").Text; got != "d" {
		t.Errorf("the blanks before a text are held for it: %.60q", got)
	}
	if got := n.In("e").Text; len(got) != 101 {
		t.Errorf("a text whose end was cut off passes for %q", got)
	}
	if most := len(r.in.buf) + cap(r.kept) + cap(r.texts[1]); most > 70_000 {
		t.Errorf("%d bytes are held", most)
	}
}

// tokens gives what a document comes to, token by token: text that stands together is one.
func tokens(in string) (out []string, err error) {
	s := newScanner(strings.NewReader(in), 1<<20)
	s.declare = func(string) error { return nil }
	var said []byte
	tell := func(one string) {
		if len(said) > 0 {
			out, said = append(out, "text "+string(said)), nil
		}
		out = append(out, one)
	}
	for {
		tok, err := s.next()
		switch {
		case err == io.EOF:
			tell("end")
			return out, nil
		case err != nil:
			return out, err
		case tok == text:
			said = append(said, s.text...)
		case tok == end:
			tell("</" + string(s.name))
		default:
			one := "<" + string(s.name)
			for _, a := range s.attrs {
				one += " " + string(a.name) + "=" + string(a.value)
			}
			tell(one)
		}
	}
}

// std is the same by encoding/xml.
func std(in string) (out []string, err error) {
	d := stdxml.NewDecoder(strings.NewReader(in))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	whole := func(n stdxml.Name) string {
		if n.Space != "" {
			return n.Space + ":" + n.Local
		}
		return n.Local
	}
	var said []byte
	tell := func(one string) {
		if len(said) > 0 {
			out, said = append(out, "text "+string(said)), nil
		}
		out = append(out, one)
	}
	for {
		tok, err := d.RawToken()
		if err == io.EOF {
			tell("end")
			return out, nil
		}
		if err != nil {
			return out, err
		}
		switch tok := tok.(type) {
		case stdxml.CharData:
			said = append(said, tok...)
		case stdxml.EndElement:
			tell("</" + whole(tok.Name))
		case stdxml.StartElement:
			one := "<" + whole(tok.Name)
			for _, a := range tok.Attr {
				one += " " + whole(a.Name) + "=" + a.Value
			}
			tell(one)
		case stdxml.Directive:
			return out, errDoctype
		}
	}
}

// lenient are documents that one of the two reads and the other does not, on purpose: a declaration in the middle, names of
// more than one prefix, and names beyond ASCII, of which encoding/xml knows the list of 1998.
func lenient(in string, err error) bool {
	if err != nil && (strings.Contains(err.Error(), "declaration") || strings.Contains(err.Error(), "no name")) {
		return true
	}
	for i := range len(in) {
		if in[i] >= 0x80 {
			return true
		}
	}
	return strings.Contains(in, "<?") || strings.Count(in, ":") > 1
}

// FuzzLikeTheStandard holds that what is read is what encoding/xml reads, token by token.
func FuzzLikeTheStandard(f *testing.F) {
	for _, in := range []string{
		`<?xml version="1.0"?><a xmlns:p="u" b="1"> x <p:c/><![CDATA[y]]></a>`, "<a b='&#65;&lt;\r\n'>\r\n\r]]&gt;]</a>", `<a>é<!-- - --><b c = "1"d='2' /></a >`,
		`<a>` + strings.Repeat("0123456789&amp;", 40) + strings.Repeat("é", 300) + `</a>`, "<a><![CDATA[" + strings.Repeat("]\r\n", 200) + "]]></a>", `<!DOCTYPE a><a/>`, `<a>]]></a>`,
		`<a`, `<a b`, `<a b=`, `<a b="`, `</a`, `<!--`, `<![CDATA[x`, `<?x`, `&#x110000;`, `&amp`, "<a>\x01</a>",
	} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := tokens(in)
		want, err2 := std(in)
		if err2 == errDoctype || err == errDoctype {
			return
		}
		if (err == nil) != (err2 == nil) {
			if !lenient(in, err) && !lenient(in, err2) {
				t.Fatalf("%q\nread here %v\nencoding/xml %v", in, err, err2)
			}
			return
		}
		if err == nil && !slices.Equal(got, want) {
			t.Fatalf("%q\nread here    %q\nencoding/xml %q", in, got, want)
		}
	})
}

func TestEncodings(t *testing.T) {
	text := "<a b=\"门店\">编码㐀𠀀</a>"
	want := ":a@:b=门店=编码㐀𠀀"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string]string{
		"UTF-8": text, "with a mark": "\xEF\xBB\xBF" + text,
		"GBK, as GB18030": `<?xml version="1.0" encoding="GBK"?>` + gb, "GB18030": `<?xml version='1.0' encoding='gb18030'?>` + gb,
	}
	for _, e := range []unicode.Endianness{unicode.BigEndian, unicode.LittleEndian} {
		for _, mark := range []unicode.BOMPolicy{unicode.UseBOM, unicode.IgnoreBOM} {
			if bodies[fmt.Sprint("UTF-16 ", e, mark)], err = unicode.UTF16(e, mark).NewEncoder().String(`<?xml version="1.0" encoding="UTF-16"?>` + text); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, body := range bodies {
		for _, src := range []io.Reader{strings.NewReader(body), iotest.OneByteReader(strings.NewReader(body))} {
			if got := read(src, Options{}); got != want {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
	if got := read(strings.NewReader(`<?xml version="1.0" encoding="GB18030"?><a>`+"\x81</a>"), Options{}); !strings.HasPrefix(got, "0: ") {
		t.Error("half a character passes:", got)
	}
}

func TestTheSourcesOwnErrorIsNotTheBodys(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("<a>"), iotest.ErrReader(io.ErrClosedPipe))
	if got := read(broken, Options{}); got != "error io: read/write on closed pipe" {
		t.Error(got)
	}
}

// FuzzChunks holds that what is read does not depend on how the source is cut, and ends.
func FuzzChunks(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><a xmlns:p="u" b="1"> x <p:c/><![CDATA[y]]></a>`))
	f.Add([]byte(`<?xml version="1.0" encoding="gbk"?><a>` + "\xb1\xe0</a>"))
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		o := Options{MaxToken: 100, MaxDepth: 6, MaxElements: 50}
		if a, b := read(bytes.NewReader(in), o), read(iotest.OneByteReader(bytes.NewReader(in)), o); a != b {
			t.Fatalf("%q\n%s\n%s", in, a, b)
		}
	})
}
