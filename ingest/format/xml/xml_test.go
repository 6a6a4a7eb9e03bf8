package xml

import (
	"bytes"
	"fmt"
	"io"
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
	bad(`<a>`+strings.Repeat("x", 300)+`</a>`, "a tag or a piece of text is longer than 200 bytes")
	bad(`<a `+strings.Repeat("x", 300)+`="1"/>`, "a tag or a piece of text is longer than 200 bytes")
	bad(`<a>`+strings.Repeat("<b/>", 21)+`</a>`, "the element a is larger than the limit")
	bad(`<a>`+strings.Repeat(strings.Repeat("x", 150)+"<!-- -->", 50)+`</a>`, "the element a is larger than the limit")
	bad("<a>\xff</a>", "invalid UTF-8")
	bad(`<?xml version="1.0" encoding="klingon"?><a/>`, `opening charset "klingon": the encoding "klingon"`)
	check(`<?xml version="1.0" encoding="UTF-16"?><a>é</a>`, ":a=é") // what a program writes that declares its memory
	o.Doctype = true
	check(`<!DOCTYPE a SYSTEM "a.dtd"><a/>`, ":a")
	bad(`<!DOCTYPE a [<!ENTITY b "bomb">]><a>&b;</a>`, "it has a document type")
	bad(`<a><!DOCTYPE a SYSTEM "a.dtd"></a>`, "it has a document type")
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
