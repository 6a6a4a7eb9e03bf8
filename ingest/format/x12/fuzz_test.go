package x12

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"sellthrough"
	"sellthrough/ingest/format/edi"
)

func seeds(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.TrimSuffix(txtar.Parse(text).Files[1].Data, []byte("\n")), uint8(len(file)))
	}
}

// Whatever the body, and however it arrives: no panic, the same rows, an end, every quantity and day in its form, and an
// acknowledgement that can be read.
func FuzzAnyBody(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte, by uint8) {
		var all []string
		for _, c := range edi.Columns {
			all = append(all, c.Name)
		}
		o := asked{Columns: all}
		if by%3 == 0 {
			o.Feed = sellthrough.Stock
		}
		want := brief(o, bytes.NewReader(in))
		if got := brief(o, &slow{in, int(by)%7 + 1}); got != want {
			t.Fatalf("by parts of %d it reads\n%s\ninstead of\n%s", by%7+1, got, want)
		}
		if n := strings.Count(want, "\n"); n > 8*len(in)+10 {
			t.Fatalf("%d rows of %d bytes", n, len(in))
		}
		r := NewReader(bytes.NewReader(in), []string{"qty", "business_date", "period_to", "price", "amount"}, Options{})
		for {
			fields, row, err := r.Next()
			if err == io.EOF {
				break
			}
			if refusal, bad := sellthrough.AsRefusal(err); bad {
				if refusal.Reason == "" || refusal.Row != row {
					t.Fatalf("row %d: %+v", row, refusal)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{0, 3, 4} {
				if fields[n] != nil {
					if _, err := sellthrough.ParseDecimal(fields[n]); err != nil {
						t.Fatalf("number %q: %v", fields[n], err)
					}
				}
			}
			for _, n := range []int{1, 2} {
				if fields[n] != nil {
					if _, err := sellthrough.ParseDay(string(fields[n])); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		var answer bytes.Buffer
		if _, err := Acknowledge(&answer, r.Outcome(), Answer{At: at, Control: 1}); err != nil {
			return
		}
		if got := brief(asked{Columns: []string{"qty"}}, bytes.NewReader(answer.Bytes())); got != "" {
			t.Fatalf("the acknowledgement\n%s\nreads as\n%s", answer.Bytes(), got)
		}
	})
}

// slow gives a body in parts of n bytes.
type slow struct {
	b []byte
	n int
}

func (s *slow) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.n)], s.b)
	s.b = s.b[n:]
	return n, nil
}
