package csv

import "testing"

func TestDelimiterIsWhatPartsAllLinesAlike(t *testing.T) {
	ok := func(in string, want byte, certain bool) {
		t.Helper()
		g := DetectDelimiter([]byte(in), true)
		if g.Byte != want || g.Certain != certain || g.Evidence == "" {
			t.Errorf("%q: %q, certain %v (%s), want %q", in, g.Byte, g.Certain, g.Evidence, want)
		}
	}
	ok("a,b\n1,2\n", ',', true)
	ok("a\tb\n1\t2\n", '\t', true)
	ok("a|b\n1|2,5\n", '|', true)
	// decimal commas part every line of figures into three, but not the header
	ok("Artikel;Umsatz\n1;2,50\n2;3,99\n3;1,00\n", ';', true)
	// a title and a footer have other numbers of fields
	ok("Sales of week 48\n\nStore;Item;Qty\nA;1;2\nB;2;3\nC;2;3\nTotal;;8\nprinted by till 3\n", ';', true)
	ok("name,remark\n\"a;b\",\"c;d\"\n\"e;f\",\"g;h\"\n", ',', true)
	ok("sep=|\na,b|c\n", '|', true)
	ok("one\ntwo\n", 0, false)
	ok("", 0, false)
	// both part all of it alike: a question
	ok("a,b;c\nx,y;z\n", ',', false)
	if g := DetectDelimiter([]byte("a,b;c\nx,y;z\n"), true); len(g.Others) != 1 || g.Others[0] != ';' {
		t.Errorf("%+v", g)
	}
	// the last line is cut, and says nothing
	if g := DetectDelimiter([]byte("a;b\n1;2\n3;4,5,6,7"), false); g.Byte != ';' || !g.Certain {
		t.Errorf("%+v", g)
	}
}
