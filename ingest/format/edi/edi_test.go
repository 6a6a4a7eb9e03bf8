package edi

import (
	"bytes"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func TestNumbersAreReadOrRefused(t *testing.T) {
	ok := func(in, want string) {
		t.Helper()
		if got, _, reason := Number([]byte(in), true); reason != "" || string(got) != want {
			t.Errorf("%q: %q, %s", in, got, reason)
		}
	}
	bad := func(in string) {
		t.Helper()
		if got, _, reason := Number([]byte(in), true); reason == "" {
			t.Errorf("%q was read as %q", in, got)
		}
	}
	ok("5", "5")
	ok("-5.50", "-5.50") // digits as written
	ok("1,250", "1.250")
	ok(".5", "0.5")
	ok("-,5", "-0.5")
	ok("5.", "5")
	ok("007", "007")
	for _, in := range []string{"", "-", ".", "-.", "1.2.3", "1,2.3", "+5", "5-", "1E3", "x", " 5", "1 000", "9999999999999999", "0.1234567"} {
		bad(in)
	}
	if _, _, reason := Number([]byte("1,5"), false); reason == "" {
		t.Error("X12 knows no decimal comma")
	}
	for in, want := range map[string]string{"5": "-5", "-5": "5", "0": "0", "0.00": "0.00", "-0": "0"} {
		if got := string(Negate([]byte(in))); got != want {
			t.Errorf("−%s is %s, not %s", in, got, want)
		}
	}
}

func TestDaysAreThoseOfTheCalendar(t *testing.T) {
	for in, want := range map[string]string{
		"20260307": "2026-03-07", "260307": "2026-03-07", "950613": "1995-06-13", "791231": "2079-12-31", "20240229": "2024-02-29",
		"20260229": "", "20261301": "", "20260100": "", "850101": "", "2026": "", "2026-3-7": "", "00000101": "",
	} {
		if got, ok := Day([]byte(in)); string(got) != want || ok != (want != "") {
			t.Errorf("%s: %s, not %s", in, got, want)
		}
	}
	for in, want := range map[string]string{"0000": "T00:00", "2359": "T23:59", "235959": "T23:59:59", "23595999": "T23:59:59", "2400": "", "1260": "", "12": "", "12x0": "", "120061": ""} {
		if got, _ := Clock([]byte(in)); string(got) != want {
			t.Errorf("%s: %s, not %s", in, got, want)
		}
	}
}

func TestSegmentsAreCutAtTerminatorsThatAreNotReleased(t *testing.T) {
	const body = "A+1?'2+x:?:y?+:z??'\r\n B+''C+??'D+last"
	want := []string{"1 A|1'2|x", "2 B|", "3 C|?", "4 D|last last"}
	for _, src := range []io.Reader{strings.NewReader(body), iotest.OneByteReader(strings.NewReader(body)), iotest.DataErrReader(strings.NewReader(body))} {
		s := NewScanner(src, Limits{}.Default())
		s.Marks = Delimiters{Element: '+', Component: ':', Release: '?', Terminator: '\''}
		var seg Segment
		for _, w := range want {
			if err := s.Next(&seg); err != nil {
				t.Fatal(err)
			}
			var parts []string
			for i := 0; i <= seg.Len(); i++ {
				parts = append(parts, string(seg.Component(i, 0)))
			}
			got := string(rune('0'+seg.Number)) + " " + strings.Join(parts, "|")
			if seg.Last {
				got += " last"
			}
			if got != w {
				t.Errorf("got %s, want %s", got, w)
			}
			if seg.Number == 1 && (string(seg.Component(2, 1)) != ":y+" || string(seg.Component(2, 2)) != "z?" || seg.Component(2, 3) != nil || seg.At(9) != nil) {
				t.Errorf("components %q, %q", seg.Component(2, 1), seg.Component(2, 2))
			}
		}
		if err := s.Next(&seg); err != io.EOF {
			t.Error(err)
		}
	}
}

func TestASegmentIsBounded(t *testing.T) {
	s := NewScanner(strings.NewReader("A*1~"+strings.Repeat("x", 100)+"~"), Limits{Segment: 50, Elements: 3}.Default())
	s.Marks = Delimiters{Element: '*', Terminator: '~'}
	var seg Segment
	if err := s.Next(&seg); err != nil {
		t.Fatal(err)
	}
	if err := s.Next(&seg); err != ErrLong {
		t.Error(err)
	}
	s = NewScanner(strings.NewReader("A*1*2*3*4~B*1~"), Limits{Segment: 50, Elements: 3}.Default())
	s.Marks = Delimiters{Element: '*', Terminator: '~'}
	if err := s.Next(&seg); err != ErrParts {
		t.Error(err)
	}
	if err := s.Next(&seg); err != nil || !seg.Is("B") {
		t.Error(err)
	}
}

func TestTextIsOfItsCharacterSetOrRefused(t *testing.T) {
	ok := func(set, in, want string) {
		t.Helper()
		c, err := NewCharset(set)
		if err != nil {
			t.Fatal(err)
		}
		if got, reason := c.Text([]byte(in)); string(got) != want || reason != "" {
			t.Errorf("%s %q: %q %s", set, in, got, reason)
		}
	}
	bad := func(set, in string) {
		t.Helper()
		c, _ := NewCharset(set)
		if got, reason := c.Text([]byte(in)); reason == "" {
			t.Errorf("%s %q was read as %q", set, in, got)
		}
	}
	ok("", "Café", "Café")
	bad("", "Caf\xe9")
	ok("ascii", "Cafe", "Cafe")
	bad("ascii", "Caf\xe9")
	ok("iso-8859-1", "Caf\xe9 M\xfcller", "Café Müller")
	bad("iso-8859-1", "Caf\xc3\xa9")                       // UTF-8
	bad("iso-8859-1", "\xc3\xc5\xb5\xea")                  // GBK, or four letters in a row
	bad("iso-8859-1", "a\x80b")                            // a control character
	ok("iso-8859-5", "\xbc\xde\xe1\xda\xd2\xd0", "Москва") // in an alphabet of its own, letters stand together
	ok("gb18030", "\xc3\xc5\xb5\xea", "门店")
	ok("gb18030", "\x81\x39\xee\x39", "㐀") // four bytes
	bad("gb18030", "\xff\xff")
	if _, err := NewCharset("ebcdic"); err == nil {
		t.Error("there is no such character set here")
	}
}

func TestADialectThatCannotWorkSaysEveryMistake(t *testing.T) {
	d := Dialect{
		Codes: map[string]string{"QS": "sold", "Q1": ""}, Returns: "minus", Functions: []string{"delete"}, Coverage: map[string]string{"11": "half"},
		Zones: map[string]string{"ET": "5"}, Charset: "ebcdic", Element: "*", Component: "*",
	}
	err := d.Check()
	if err == nil {
		t.Fatal("it passed")
	}
	for _, want := range []string{"codes.QS", "codes.Q1", "returns", "functions", "coverage.11", "zones.ET", "charset", "component and element are the same mark", "element and terminator belong together"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing on %s in\n%v", want, err)
		}
	}
	good := Dialect{Codes: map[string]string{"QS": "sell_out", "OH": "on_hand", "Q1": "none"}, Zones: map[string]string{"ET": "-05:00", "CT": "local"}, Element: "*", Terminator: "\n"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

func TestARepetitionIsKnownByNumbersAndContent(t *testing.T) {
	var s Seen
	is := func(control, document string, sum uint64, again, same bool) {
		t.Helper()
		if a, b := s.Ended(control, document, [2]uint64{sum, 1}); a != again || b != same {
			t.Errorf("again %t, same %t", a, b)
		}
	}
	is("1", "R1", 7, false, false)
	is("1", "R1", 7, true, false)  // sent twice
	is("1", "R2", 8, false, false) // a constant control number
	is("2", "R1", 7, false, true)  // the same report under another number
	is("2", "R1", 9, false, false) // another part of the same report
	is("3", "", 7, false, false)   // nothing names the report
	if !s.Control("1") || s.Control("9") || !s.Document("R2") || s.Document("") {
		t.Error("what was seen is not known")
	}
}

// cutSlowly is the rule of segments, written once more and plainly.
func cutSlowly(body string, d Delimiters) (segments [][][]string) {
	var seg [][]string
	var part []byte
	element := []string{}
	end := func(c byte) {
		element, part = append(element, string(filled(part))), nil
		if c != d.Component {
			seg, element = append(seg, element), []string{}
		}
		if c == d.Terminator {
			segments, seg = append(segments, seg), nil
		}
	}
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case d.Release != 0 && c == d.Release && i+1 < len(body):
			i++
			part = append(part, body[i])
		case len(part) == 0 && len(element) == 0 && len(seg) == 0 && (blank(c) || c == d.Terminator):
		case c == d.Element, c == d.Terminator, d.Component != 0 && c == d.Component:
			end(c)
		default:
			part = append(part, c)
		}
	}
	if len(part) > 0 || len(element) > 0 || len(seg) > 0 {
		end(d.Terminator)
	}
	return segments
}

// Every segment of every length is cut as the plain rule says, wherever it lies among the words that are looked at.
func TestSegmentsAreCutAsThePlainRuleSays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 2000 {
		d := Delimiters{Element: '+', Component: ':', Release: '?', Terminator: '\''}
		if round%2 == 1 {
			d = Delimiters{Element: '*', Component: '>', Terminator: '~'}
		}
		if round%5 == 0 {
			d.Component = 0
		}
		var b []byte
		for range 1 + r.IntN(6) {
			b = append(b, "QTY"...)
			for range r.IntN(12) {
				b = append(b, []byte{d.Element, ':', 'A', '7', '*' ^ 1, '+' ^ 1, 0xC3, 'x', 'y', 'z', '?', ' '}[r.IntN(12)])
				if b[len(b)-1] == '?' && d.Release != 0 {
					b = append(b, []byte{'?', '\'', '+', ':', 'q'}[r.IntN(5)])
				}
			}
			b = append(append(b, d.Terminator), []string{"", "\n", "\r\n"}[r.IntN(3)]...)
		}
		var got [][][]string
		s := NewScanner(bytes.NewReader(b), Limits{}.Default())
		s.Marks = d
		var seg Segment
		for {
			err := s.Next(&seg)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			var elements [][]string
			for i := 0; i <= seg.Len(); i++ {
				var components []string
				for j := range int(seg.first[i+1] - seg.first[i]) {
					components = append(components, string(seg.Component(i, j)))
				}
				elements = append(elements, components)
			}
			got = append(got, elements)
		}
		if want := cutSlowly(string(b), d); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q under %+v:\ngot  %q\nwant %q", b, d, got, want)
		}
	}
}

func TestASegmentOfTooManyElementsIsRefusedAtTheLimit(t *testing.T) {
	for n, want := range map[int]error{10: nil, 11: ErrParts, 40: ErrParts} {
		s := NewScanner(strings.NewReader("A"+strings.Repeat("+", n)+"'"), Limits{Elements: 10}.Default())
		s.Marks = Delimiters{Element: '+', Component: ':', Release: '?', Terminator: '\''}
		var seg Segment
		if err := s.Next(&seg); err != want || string(seg.ID()) != "A" {
			t.Errorf("%d elements: %v, %q", n, err, seg.ID())
		}
	}
}
