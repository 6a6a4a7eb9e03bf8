package csv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
)

// read gives the rows as "1:a|b" and the refusals as "2!".
func read(src io.Reader, o Options) string {
	r := NewReader(src, o)
	var out []string
	for range 10_000 {
		fields, row, err := r.Next()
		if err == io.EOF {
			return strings.Join(out, " ")
		}
		if _, ok := sellthrough.AsRefusal(err); ok {
			out = append(out, fmt.Sprintf("%d!", row))
			continue
		}
		if err != nil {
			return strings.Join(append(out, err.Error()), " ")
		}
		out = append(out, fmt.Sprintf("%d:%s", row, bytes.Join(fields, []byte("|"))))
	}
	return "endless"
}

func TestRecords(t *testing.T) {
	small := Options{MaxLine: 30, MaxField: 12, MaxFields: 4}
	ok := func(in, want string) {
		t.Helper()
		for name, src := range map[string]io.Reader{"whole": strings.NewReader(in), "bytes": iotest.OneByteReader(strings.NewReader(in)), "eof": iotest.DataErrReader(strings.NewReader(in))} {
			if got := read(src, small); got != want {
				t.Errorf("%s %q:\n got %s\nwant %s", name, in, got, want)
			}
		}
	}
	ok("", "")
	ok("a,b\n1,2\n", "1:a|b 2:1|2")
	ok("a,b\n1,2", "1:a|b 2:1|2")
	ok("a,b\r\n1,2\r\n", "1:a|b 2:1|2")
	ok("a,b\r1,2\r", "1:a|b 2:1|2")
	ok("\xEF\xBB\xBF\"a\",b\n", "1:a|b")
	ok("a,b\n\n \n,,\n1,2\n", "1:a|b 5:1|2") // nothing on a line is no row
	ok("a,\n,b\n", "1:a| 2:|b")
	ok("sep=,\na,b\n", "2:a|b")
	ok("sep=;\na;b\n", "0!")
	// quotes
	ok("\"a,b\",\"c\"\"d\"\n", `1:a,b|c"d`)
	ok("a,\"x\ny\"\nb,c\n", "1:a|x\ny 3:b|c")
	ok("a,\"x\r\ny\"\r\nb,c\r\n", "1:a|x\r\ny 3:b|c")
	ok("5\" tv,1\n", `1:5" tv|1`)
	ok("=\"00123\",1\n", "1:00123|1")
	ok("\"=\"\"00123\"\"\",1\n", "1:00123|1")
	// an unclosed quote loses at most its own row
	ok("a,b\n\"x,1\ny,2\nz,3\n", "1:a|b 2! 3:y|2 4:z|3")
	ok("a,b\nx,\"1\ny,\"2\"\n", "1:a|b 2! 3:y|2")
	ok("a,b\n\"x,1\n\"y\",2,3\n", "1:a|b 2! 3:y|2|3")
	ok("\"a\"b,c\nd,e\n", "1! 2:d|e")
	ok("a,b\n1,\"2", "1:a|b 2!")
	ok("a,b\n\"x\n1\",2,3\n4,5\n", "1:a|b 2! 3:1\"|2|3 4:4|5") // three columns in a body of two
	// bounds
	ok("a,1234567890123\nb,c\n", "1! 2:b|c")
	ok("a,\"1234567890123\"\nb,c\n", "1! 2:b|c")
	ok("1,2,3,4,5\nb,c\n", "1! 2:b|c")
	ok(strings.Repeat("x", 31)+"\nb,c\n", "1! 2:b|c")
	ok(strings.Repeat("x,", 40)+"\r\nb,c\r\n", "1! 2:b|c")
	// text that is none
	ok("a\x00b\nc\n", "1! 2:c")
	ok("a\xff\nc\n", "1! 2:c")
	ok("\xff\xfea\x00\n\x00", "0!")
	ok("a\x00b\x00\n\x00", "0!")
	ok("PK\x03\x04zip", "0!")
}

func TestCRLFAtTheEdgeOfTheBuffer(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} {
		for n := 64<<10 - 6; n < 64<<10+6; n++ {
			in := strings.Repeat("x", n/2) + "," + strings.Repeat("y", n-n/2-1) + end + "\"a\",\"b" + end + "c\"" + end + "d,e" + end
			r := NewReader(strings.NewReader(in), Options{MaxField: 1 << 20})
			for _, want := range []uint32{1, 2, 4} {
				fields, row, err := r.Next()
				if err != nil || row != want || len(fields) != 2 {
					t.Fatalf("%q at %d: row %d, want %d, %d fields, %v", end, n, row, want, len(fields), err)
				}
			}
			if _, _, err := r.Next(); err != io.EOF {
				t.Fatal(err)
			}
		}
	}
}

func TestSourceErrorIsNotTheDatasFault(t *testing.T) {
	broken := errors.New("connection lost")
	got := read(io.MultiReader(strings.NewReader("a,b\n1,2\n3,"), iotest.ErrReader(broken)), Options{})
	if want := "1:a|b 2:1|2 connection lost"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	got = read(io.MultiReader(strings.NewReader("a,b\n1,\"2"), iotest.ErrReader(broken)), Options{})
	if want := "1:a|b connection lost"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A title row of one field above a header with line ends in its cells, as spreadsheets export it.
func TestAHeaderOfSeveralLinesBelowATitle(t *testing.T) {
	r := NewReader(strings.NewReader("Sales of week 48\nStore,\"Qty\nsold\"\nLON1,3\n"), Options{})
	var got []string
	for range 3 {
		fields, row, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d:%s", row, bytes.Join(fields, []byte("|"))))
		r.Expect(0)
	}
	if want := "1:Sales of week 48 2:Store|Qty\nsold 4:LON1|3"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

type endless struct{ left int }

func (e *endless) Read(b []byte) (int, error) {
	n := min(len(b), e.left)
	for i := range n {
		b[i] = 'x'
	}
	e.left -= n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestLongLineCostsBoundedMemory(t *testing.T) {
	r := NewReader(io.MultiReader(strings.NewReader("a,b\n"), &endless{200 << 20}, strings.NewReader("\n1,2\n")), Options{})
	var rows []uint32
	for {
		_, row, err := r.Next()
		if err == io.EOF {
			break
		}
		rows = append(rows, row)
	}
	if fmt.Sprint(rows) != "[1 2 3]" || cap(r.buf) > 4<<20 {
		t.Errorf("rows %v, buffer %d", rows, cap(r.buf))
	}
}

func FuzzAcceptedRowsReadBackTheSame(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\"\"\",b\r\n\"x\ny\",2", "a,\"b\nc,\"d\"\n", "=\"1\",\r2\r\n", "\xEF\xBB\xBFa;b", strings.Repeat("ab\"", 30) + "\n1,2"} {
		f.Add([]byte(s))
	}
	f.Add([]byte("0,\r0\n\"\n\",")) // a narrow row between two wide ones, the second with a line end in it
	o := Options{MaxLine: 64, MaxField: 24, MaxFields: 8}
	f.Fuzz(func(t *testing.T, in []byte) {
		var text bytes.Buffer
		var rows [][]string
		r := NewReader(bytes.NewReader(in), o)
		for n := 0; ; n++ {
			fields, _, err := r.Next()
			if err == io.EOF {
				break
			}
			if n > len(in)+1 {
				t.Fatal("more rows than bytes")
			}
			if err != nil {
				if _, ok := sellthrough.AsRefusal(err); !ok {
					t.Fatal(err)
				}
				continue
			}
			var row []string
			for i, field := range fields {
				row = append(row, string(field))
				if i > 0 {
					text.WriteByte(',')
				}
				text.WriteString(`"` + strings.ReplaceAll(string(field), `"`, `""`) + `"`)
			}
			rows = append(rows, row)
			text.WriteByte('\n')
		}
		if cap(r.buf) > 128<<10 {
			t.Fatalf("the buffer grew to %d", cap(r.buf))
		}
		r = NewReader(&text, Options{})
		for _, want := range rows {
			r.Expect(len(want)) // rows of other widths are the mapping's to refuse
			got, _, err := r.Next()
			if err != nil {
				t.Fatalf("%q: %v", want, err)
			}
			if len(got) != len(want) {
				t.Fatalf("got %q, want %q", got, want)
			}
			for i := range got {
				if string(got[i]) != want[i] && string(got[i]) != string(unwrap([]byte(want[i]))) {
					t.Fatalf("got %q, want %q", got, want)
				}
			}
		}
		if _, _, err := r.Next(); err != io.EOF {
			t.Fatal(err)
		}
	})
}

func bench(b *testing.B, line string) {
	body := []byte(strings.Repeat(line, 20_000))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(bytes.NewReader(body), Options{})
		for {
			if _, _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkSimple(b *testing.B) {
	bench(b, "536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n")
}

func BenchmarkQuoted(b *testing.B) {
	bench(b, "\"536365\",\"85123A\",\"WHITE \"\"HANGING\"\" HEART\",6,\"2010-12-01 08:26:00\",2.55,17850.0,\"United Kingdom\"\r\n")
}

// TestCutIsWhatSplitGives: looking at eight bytes together finds the same fields, also where a neighbour of the delimiter
// stands behind it.
func TestCutIsWhatSplitGives(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		line := make([]byte, r.IntN(40))
		for i := range line {
			line[i] = [...]byte{',', ',' + 1, ',' ^ 0x80, 'a', ',' - 1, 0xFF, 0}[r.IntN(7)]
		}
		if d := cmp.Diff(bytes.Split(line, []byte(",")), cut(nil, line, ',', 1000)); d != "" {
			t.Fatalf("%q: %s", line, d)
		}
	}
}
