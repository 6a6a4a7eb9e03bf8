package json

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"gopkg.in/yaml.v3"

	"sellthrough/ingest/format/formattest"
)

func open(t testing.TB, src io.Reader, settings string) (formattest.Reader, []string) {
	var s struct {
		Rows      string
		Names     []string
		Row, Held int
	}
	if err := yaml.Unmarshal([]byte(settings), &s); err != nil {
		t.Fatal(err)
	}
	if err := Check(s.Rows, s.Names); err != nil {
		t.Fatal(err)
	}
	return NewReader(src, s.Names, Options{Rows: s.Rows, MaxRow: s.Row, MaxHeld: s.Held}), s.Names
}

func TestBodies(t *testing.T) { formattest.Files(t, open) }

func TestBodiesThatAreNotText(t *testing.T) {
	bad := func(in, want string) {
		t.Helper()
		if got := formattest.Show(NewReader(strings.NewReader(in), []string{"a"}, Options{}), []string{"a"}); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s", in, got)
		}
	}
	bad("", "0 refused: the body is empty")
	bad("\xEF\xBB\xBF \n", "0 refused: the body is empty")
	bad("\xff\xfe[\x00", "0 refused: the body is UTF-16")
	bad("[{\"a\":\"\xff\"}]", "1 refused \"{\\\"a\\\":\\\"\uFFFD\\\"}\": the object is not UTF-8")
	bad("\xEF\xBB\xBF[{\"a\":1}]", "1 a=1\n")
	bad(strings.Repeat(`{"a":`, 100), "0 refused: objects lie too deep")
	bad(strings.Repeat(`[`, 100), "0 refused: objects lie too deep")
	bad(`[{"a":"`+strings.Repeat("x", 3<<20)+`"},{"a":1}]`, "1 refused: the object is longer than the limit")
	bad(`{"a":1} x`, "1 a=1\n0 refused")
}

func TestNamesOfTheRowsThemselvesAreFound(t *testing.T) {
	for _, c := range [][]string{{"a..b"}, {"a.b", "$.a"}, {"a.b", "$.a.b"}} {
		if Check(c[0], c[1:]) == nil {
			t.Error(c)
		}
	}
	if err := Check("a.b", []string{"a", "$.c", "$.a.c"}); err != nil {
		t.Error(err)
	}
}

func TestARowLongerThanTheWindowIsReadWhole(t *testing.T) {
	long := strings.Repeat("x", 200<<10)
	in := `[{"a":"` + long + `"},{"a":12}]`
	got := formattest.Show(NewReader(iotest.HalfReader(strings.NewReader(in)), []string{"a"}, Options{MaxField: 1 << 20}), []string{"a"})
	if want := "1 a=" + long + "\n2 a=12\n"; got != want {
		t.Errorf("%.100s", got)
	}
}

// FuzzChunks holds that rows do not depend on how the source is cut, and that what encoding/json refuses is refused.
func FuzzChunks(f *testing.F) {
	for _, s := range []string{
		`[{"a":1},{"a":"x"}]`, `{"s":"S","l":[{"a":1},{"a":{"b":2}}],"t":{"u":1}}`, `{"a":1}{"a":2}`,
		`{"l":[{"a":1}],"s":"é"}`, `[{"l":{"a":-1.5e3}},{"l":null}]`, `[1,"a\"b",[],{"l":[[]]}]`,
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, in []byte, nested bool) {
		o := Options{MaxRow: 100, MaxHeld: 1000}
		names := []string{"a", "$.s"}
		if nested {
			o.Rows = "l"
		}
		got := formattest.Show(NewReader(bytes.NewReader(in), names, o), names)
		if again := formattest.Show(NewReader(iotest.OneByteReader(bytes.NewReader(in)), names, o), names); again != got {
			t.Fatalf("%q reads as\n%s\nand byte by byte as\n%s", in, got, again)
		}
		if strings.Contains(got, "refused") {
			return
		}
		d := stdjson.NewDecoder(bytes.NewReader(bytes.TrimPrefix(in, []byte("\xEF\xBB\xBF"))))
		d.UseNumber()
		for {
			var v any
			if err := d.Decode(&v); err == io.EOF {
				return
			} else if err != nil {
				t.Fatalf("%q is accepted: %v", in, err)
			}
		}
	})
}

const line = `{"invoice":"536365","item":"85123A","text":"WHITE HANGING HEART","qty":6,"at":"2010-12-01T08:26:00","price":2.55,"store":{"id":"12"}}`

func bench(b *testing.B, body string, names []string, o Options) {
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(strings.NewReader(body), names, o)
		for {
			if _, _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkArray(b *testing.B) {
	bench(b, "["+strings.Repeat(line+",\n", 20_000)+line+"]", []string{"invoice", "item", "qty", "at", "price", "store.id"}, Options{})
}

func BenchmarkNested(b *testing.B) {
	var s strings.Builder
	s.WriteString(`{"store":"12","orders":[`)
	for i := range 5_000 {
		if i > 0 {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, `{"id":%d,"at":"2010-12-01T08:26:00","customer":{"id":"c"},"lines":[%s,%s,%s]}`, i, line, line, line)
	}
	s.WriteString("]}")
	bench(b, s.String(), []string{"item", "qty", "price", "$.orders.id", "$.orders.at", "$.store"}, Options{Rows: "orders.lines"})
}
