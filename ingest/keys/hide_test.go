package keys

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

func TestWaysOfWritingThatAreOneCustomer(t *testing.T) {
	same := func(form Form, ways ...string) {
		t.Helper()
		want := string(form.Normal(nil, []byte(ways[0])))
		for _, w := range ways {
			if got := string(form.Normal(nil, []byte(w))); got != want {
				t.Errorf("%s: %q is %q, and %q is %q", form, ways[0], want, w, got)
			}
		}
	}
	other := func(form Form, a, b string) {
		t.Helper()
		if x, y := form.Normal(nil, []byte(a)), form.Normal(nil, []byte(b)); bytes.Equal(x, y) {
			t.Errorf("%s: %q and %q are both %q", form, a, b, x)
		}
	}
	same(Text, "Anna Berg", "anna berg", " ANNA\t  BERG ", "ＡＮＮＡ　Ｂｅｒｇ", "Anna\u00a0Berg")
	same(Text, "Jürgen Öz", "JÜRGEN ÖZ", "Ju\u0308rgen O\u0308z")
	same(Text, "王小明", " 王小明 ")
	same(Text, "K-0042", "k-0042")
	other(Text, "K-0042", "K-42") // zeros belong to a number
	other(Text, "Anna Berg", "AnnaBerg")
	same(Phone, "+49 30 123456", "0049 30/123 456", "+49-30-123456", "＋４９３０１２３４５６", "tel. +49 (30) 123456")
	same(Phone, "030 123456", "030/123456")
	other(Phone, "+49 30 123456", "030 123456") // what country it is called from is not known
	for _, nobody := range []string{"", " ", "n/a", "+", "—"} {
		if got := Phone.Normal(nil, []byte(nobody)); len(got) > 0 {
			t.Errorf("%q is the number %q", nobody, got)
		}
	}
}

func FuzzNormalIsItsOwnNormal(f *testing.F) {
	for _, s := range []string{"Anna Berg", "+49 30 1", "ﬁ İ ß ſ", "\xff\xfe", "王小明"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, form := range []Form{Text, Phone} {
			once := form.Normal(nil, []byte(s))
			if !utf8.Valid(once) && utf8.ValidString(s) {
				t.Fatalf("%s: %q became %q", form, s, once)
			}
			if twice := form.Normal(nil, once); !bytes.Equal(once, twice) {
				t.Fatalf("%s: %q is %q, and that is %q", form, s, once, twice)
			}
		}
	})
}

func BenchmarkHide(b *testing.B) {
	s, err := Open(b.Context(), Options{At: filepath.Join(b.TempDir(), "keys")})
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{100, 20_000, 1 << 20} {
		b.Run(fmt.Sprintf("of %d customers", n), func(b *testing.B) {
			h, err := s.Of("acme").Hider(b.Context(), Text)
			if err != nil {
				b.Fatal(err)
			}
			defer h.Done()
			cells := make([][]byte, n)
			for i := range cells {
				cells[i] = fmt.Appendf(nil, "Customer %07d", i)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				h.Hide(cells[i])
				if i++; i == n {
					i = 0
				}
			}
		})
	}
}
