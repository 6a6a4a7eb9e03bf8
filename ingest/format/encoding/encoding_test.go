package encoding

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	xencoding "golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"sellthrough"
)

const (
	simplified  = "门店编码,商品编码,商品名称,销售数量,销售金额,销售日期\nSH001,6901234567892,纯牛奶250ml装,3,12.50,2026-11-23\nSH001,6901234567885,无线蓝牙耳机（白色）,1,199.00,2026-11-23\n"
	traditional = "門市代碼,商品編號,商品名稱,銷售數量,銷售金額,銷售日期\nTP01,4710000000011,無線藍牙耳機（白色）,1,990,2026-11-23\nTP02,4710000000028,行動電源與充電線組合,2,780,2026-11-23\n"
	japaneseTxt = "店舗コード,商品コード,商品名,数量,金額,売上日\nT001,4900000000011,ワイヤレスイヤホン（白）,1,9900,2026-11-23\n"
	german      = "Filiale;Artikel;Bezeichnung;Menge;Umsatz\n007;123;Kopfhörer weiß für Schüler;1;1.234,50\n008;124;Übergroße Hülle, geprüft – 5 €;2;9,99\n"
)

func encoded(t testing.TB, e xencoding.Encoding, text string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func cases(t testing.TB) []struct {
	name string
	body []byte
	want Encoding
	text string
} {
	little, big := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	return []struct {
		name string
		body []byte
		want Encoding
		text string
	}{
		{"ascii", []byte("a,b\n1,2\n"), UTF8, "a,b\n1,2\n"},
		{"empty", nil, UTF8, ""},
		{"utf-8", []byte(simplified), UTF8, simplified},
		{"utf-8 with a mark", []byte("\uFEFF" + german), UTF8, german},
		{"gbk", encoded(t, simplifiedchinese.GBK, simplified), GB18030, simplified},
		{"gb18030 of four bytes", encoded(t, simplifiedchinese.GB18030, simplified+"㐀𠀀,1\n"), GB18030, simplified + "㐀𠀀,1\n"},
		{"big5", encoded(t, traditionalchinese.Big5, traditional), Big5, traditional},
		{"shift-jis", encoded(t, japanese.ShiftJIS, japaneseTxt), ShiftJIS, japaneseTxt},
		{"windows-1252", encoded(t, charmap.Windows1252, german), Windows1252, german},
		{"utf-16le with a mark", append([]byte("\xFF\xFE"), encoded(t, little, simplified)...), UTF16LE, simplified},
		{"utf-16be with a mark", append([]byte("\xFE\xFF"), encoded(t, big, simplified)...), UTF16BE, simplified},
		{"utf-16le without a mark", encoded(t, little, simplified), UTF16LE, simplified},
		{"utf-16be without a mark", encoded(t, big, german), UTF16BE, german},
	}
}

func TestBodiesAreReadInTheEncodingThatTheirBytesShow(t *testing.T) {
	for _, c := range cases(t) {
		g := Detect(c.body)
		if g.Encoding != c.want || !g.Certain || g.Evidence == "" {
			t.Errorf("%s: %+v", c.name, g)
		}
		for name, src := range map[string]io.Reader{
			"whole": bytes.NewReader(c.body), "bytes": iotest.OneByteReader(bytes.NewReader(c.body)),
			"halves": iotest.HalfReader(bytes.NewReader(c.body)), "eof with data": iotest.DataErrReader(bytes.NewReader(c.body)),
		} {
			r := NewReader(src, Options{})
			got, err := io.ReadAll(r)
			if err != nil || string(got) != c.text {
				t.Errorf("%s, %s: %v\n got %q\nwant %q", c.name, name, err, got, c.text)
			}
			if r.Guess().Encoding != c.want {
				t.Errorf("%s, %s: %+v", c.name, name, r.Guess())
			}
		}
		got, err := io.ReadAll(NewReader(bytes.NewReader(c.body), Options{Encoding: c.want}))
		if err != nil || string(got) != c.text {
			t.Errorf("%s, configured: %v\n got %q\nwant %q", c.name, err, got, c.text)
		}
	}
}

// A reader that decides by the first kilobytes takes these for UTF-8 and refuses every row with Chinese in it.
func TestTheFirstByteThatTellsMayComeAfterMegabytes(t *testing.T) {
	prefix := strings.Repeat("SH001,6901234567892,3,12.50,2026-11-23\n", 100_000)
	for _, chunk := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.HalfReader, iotest.DataErrReader} {
		body := prefix + string(encoded(t, simplifiedchinese.GBK, simplified))
		r := NewReader(chunk(strings.NewReader(body)), Options{})
		got, err := io.ReadAll(r)
		if err != nil || string(got) != prefix+simplified {
			t.Fatalf("%v: %d bytes, want %d", err, len(got), len(prefix)+len(simplified))
		}
		if g := r.Guess(); g.Encoding != GB18030 || !strings.Contains(g.Evidence, "at 3900000") {
			t.Errorf("%+v", g)
		}
	}
}

// x/text gives U+FFFD and no error, so that a broken code would be another code.
func TestWhatCannotBeDecodedIsMarkedAndTheRestIsRead(t *testing.T) {
	gbk := func(s string) string { return string(encoded(t, simplifiedchinese.GBK, s)) }
	body := gbk(simplified+"SH002,坏") + "\x81\n" + gbk("SH003,好的数据\n")
	got, err := io.ReadAll(NewReader(strings.NewReader(body), Options{}))
	if want := simplified + "SH002,坏\xff\nSH003,好的数据\n"; err != nil || string(got) != want {
		t.Errorf("%v\n got %q\nwant %q", err, got, want)
	}
	got, err = io.ReadAll(NewReader(strings.NewReader("caf\xe9,\x81,1\n"), Options{Encoding: Windows1252}))
	if want := "café,\xff,1\n"; err != nil || string(got) != want {
		t.Errorf("%v, got %q", err, got)
	}
	got, err = io.ReadAll(NewReader(strings.NewReader("a\x00,\x00\x00\xd8"), Options{Encoding: UTF16LE}))
	if want := "a,\xff"; err != nil || string(got) != want {
		t.Errorf("%v, got %q", err, got)
	}
	// UTF-8 is passed on as it is: the reader of rows finds the broken byte itself
	got, err = io.ReadAll(NewReader(strings.NewReader(simplified+"x\x81\n"), Options{}))
	if err != nil || string(got) != simplified+"x\x81\n" {
		t.Errorf("%v, got %q", err, got)
	}
	got, err = io.ReadAll(NewReader(strings.NewReader("a,b\n\xff,1\n"), Options{}))
	if err != nil || string(got) != "a,b\n\xff,1\n" {
		t.Errorf("%v, got %q", err, got)
	}
}

func TestTwoReadingsRefuseTheBodyAndNameBoth(t *testing.T) {
	body := "id,\xc3\xc5\xb5\xea\n" // 门店 in GBK, and as good two characters of Big5
	g := Detect([]byte(body))
	if g.Certain || len(g.Others) == 0 {
		t.Fatalf("%+v", g)
	}
	_, err := io.ReadAll(NewReader(strings.NewReader(body), Options{}))
	r, ok := sellthrough.AsRefusal(err)
	if !ok || r.Row != 0 || !strings.Contains(r.Reason, "gb18030") || !strings.Contains(r.Reason, "big5") || !strings.Contains(r.Reason, "format.encoding") {
		t.Errorf("%v", err)
	}
	for e, want := range map[Encoding]string{GB18030: "id,门店\n", Big5: "id,藷虛\n"} {
		got, err := io.ReadAll(NewReader(strings.NewReader(body), Options{Encoding: e}))
		if err != nil || string(got) != want {
			t.Errorf("%s: %v, got %q, want %q", e, err, got, want)
		}
		got, err = io.ReadAll(NewReader(strings.NewReader(body), Options{Candidates: []Encoding{e}}))
		if err != nil || string(got) != want {
			t.Errorf("candidate %s: %v, got %q, want %q", e, err, got, want)
		}
	}
}

func TestHalfWidthKanaAloneIsAQuestion(t *testing.T) {
	if g := Detect([]byte("a,\xb1\xb2\n")); g.Certain { // ｱｲ, or one character of GB 2312
		t.Errorf("%+v", g)
	}
}

func TestAMarkThatContradictsTheFeedRefusesTheBody(t *testing.T) {
	_, err := io.ReadAll(NewReader(strings.NewReader("\uFEFFa,b\n"), Options{Encoding: GB18030}))
	if r, ok := sellthrough.AsRefusal(err); !ok || r.Row != 0 || !strings.Contains(r.Reason, "make them agree") {
		t.Errorf("%v", err)
	}
}

func TestTheSourcesErrorIsItsOwn(t *testing.T) {
	lost := errors.New("connection lost")
	for _, head := range []string{"a,b\n", strings.Repeat("a,b\n", 50_000), simplified, strings.Repeat(string(encoded(t, simplifiedchinese.GBK, simplified)), 1000)} {
		for _, e := range []Encoding{Auto, Detect([]byte(head)).Encoding} {
			_, err := io.ReadAll(NewReader(io.MultiReader(strings.NewReader(head), iotest.ErrReader(lost)), Options{Encoding: e}))
			if err != lost {
				t.Errorf("%q, %q: %v", head[:4], e, err)
			}
		}
	}
}

func TestNamesOfEncodings(t *testing.T) {
	for name, want := range map[string]Encoding{"GBK": GB18030, "gb2312": GB18030, " UTF-8 ": UTF8, "Shift_JIS": ShiftJIS, "latin1": Windows1252, "": Auto, "big5": Big5} {
		if got, err := Parse(name); err != nil || got != want {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	if _, err := Parse("ebcdic"); err == nil || !strings.Contains(err.Error(), "gb18030") {
		t.Errorf("%v", err)
	}
}

// FuzzChunksChangeNothing: however the source is cut, the same comes out; what comes out is UTF-8 but for Undecodable
// and what was passed on; and nothing grows without bound.
func FuzzChunksChangeNothing(f *testing.F) {
	for _, c := range cases(f) {
		f.Add(c.body, uint8(3), uint8(0))
	}
	f.Add([]byte("\x84\x31\x95"), uint8(1), uint8(4))
	f.Fuzz(func(t *testing.T, body []byte, chunk, configured uint8) {
		e := append([]Encoding{Auto}, All()...)[int(configured)%(len(All())+1)]
		whole, err1 := io.ReadAll(NewReader(bytes.NewReader(body), Options{Encoding: e, Window: 4096}))
		random := rand.New(rand.NewPCG(uint64(chunk), 1))
		r := NewReader(&chopped{bytes.NewReader(body), random, int(chunk)%7 + 1}, Options{Encoding: e, Window: 4096})
		pieces, err2 := io.ReadAll(r)
		if (err1 == nil) != (err2 == nil) || !bytes.Equal(whole, pieces) {
			t.Fatalf("%q: %v, %v\n%q\n%q", e, err1, err2, whole, pieces)
		}
		if err1 != nil {
			if _, ok := sellthrough.AsRefusal(err1); !ok {
				t.Fatal(err1)
			}
		}
		if len(whole) > 3*len(body)+3 {
			t.Fatalf("%d bytes of %d", len(whole), len(body))
		}
		if g := r.Guess(); g.Encoding != UTF8 && err2 == nil && !utf8.Valid(bytes.ReplaceAll(whole, broken, nil)) {
			t.Fatalf("not UTF-8: %q", whole)
		}
	})
}

type chopped struct {
	r      io.Reader
	random *rand.Rand
	most   int
}

func (c *chopped) Read(p []byte) (int, error) {
	return c.r.Read(p[:min(len(p), 1+c.random.IntN(c.most))])
}

func bench(b *testing.B, body []byte) {
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	buf := make([]byte, 64<<10)
	for b.Loop() {
		r := NewReader(bytes.NewReader(body), Options{})
		for {
			if _, err := r.Read(buf); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkASCII(b *testing.B) {
	bench(b, bytes.Repeat([]byte("SH001,6901234567892,3,12.50,2026-11-23\n"), 50_000))
}
func BenchmarkUTF8(b *testing.B) { bench(b, bytes.Repeat([]byte(simplified), 10_000)) }
func BenchmarkGB18030(b *testing.B) {
	bench(b, bytes.Repeat(encoded(b, simplifiedchinese.GBK, simplified), 10_000))
}
