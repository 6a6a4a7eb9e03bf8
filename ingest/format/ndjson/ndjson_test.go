package ndjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"sellthrough"
)

func read(src io.Reader, o Options) string {
	r := NewReader(src, []string{"a", "b.c"}, o)
	var out []string
	for range 10_000 {
		fields, row, err := r.Next()
		if err == io.EOF {
			return strings.Join(out, " ")
		}
		if _, ok := sellthrough.AsRefusal(err); ok {
			out = append(out, fmt.Sprintf("%d!", row))
		} else if err != nil {
			return strings.Join(append(out, err.Error()), " ")
		} else {
			out = append(out, fmt.Sprintf("%d:%s", row, bytes.Join(fields, []byte("|"))))
		}
	}
	return "endless"
}

func TestLines(t *testing.T) {
	ok := func(in, want string) {
		t.Helper()
		for _, src := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in))} {
			if got := read(src, Options{MaxLine: 60, MaxField: 12, MaxFields: 6}); got != want {
				t.Errorf("%q:\n got %s\nwant %s", in, got, want)
			}
		}
	}
	bad := func(line string) {
		t.Helper()
		ok(`{"a":1}`+"\n"+line+"\n"+`{"a":2}`, "1:1| 2! 3:2|")
	}
	ok(`{"a":"x","b":{"c":"y"}}`, "1:x|y")
	ok(`{"a":"x"}`+"\r\n\n"+`{"a":"y"}`+"\n", "1:x| 3:y|")
	ok("\xEF\xBB\xBF"+`{"a":1.50}`, "1:1.50|") // digits as written
	ok(`{"a":12345678901234567890}`, "1!")     // longer than the field limit here
	ok(`{"a":null,"b":{"c":true}}`, "1:|true")
	ok(`{"A":1}`, "1:|") // exact case
	ok(`{"z":[1,{"a":2,"b":[]}],"a":3}`, "1:3|")
	ok(`{"a":"\u00e9\ud83d\ude00\n"}`, "1:é😀\n|")
	ok(`{"\u0061":"x"}`, "1:x|")
	ok(`{"b.c":"y"}`, "1:|y")
	// names in another order, and the shape before them again
	ok(`{"a":1,"b":{"c":2}}`+"\n"+`{"b":{"c":2},"a":1}`+"\n"+`{"a":1}`+"\n"+`{"a":1,"b":{"c":2}}`, "1:1|2 2:1|2 3:1| 4:1|2")
	bad(`{"a":1,"a":2}`)
	bad(`{"a":1,"\u0061":2}`)
	bad(`{"b":{"c":1},"b.c":2}`)
	bad(`{"z":{"q":1,"q":2}}`)
	bad(`{"a":1}{"a":2}`)
	bad(`{"a":{"x":1}}`)
	bad(`{"a":[1]}`)
	bad(`{"a":01}`)
	bad(`{"a":1.}`)
	bad(`{"a":+1}`)
	bad(`{"a":NaN}`)
	bad(`{"a":"x}`)
	bad(`{"a":"\ud800"}`)
	bad(`{"a":"\x"}`)
	bad(`{"z":"\x"}`)
	bad(`{"a":"` + "\xff" + `"}`)
	bad(`{"a":"\u0000"}`)
	bad(`{"a":1,}`)
	bad(`[1]`)
	bad(`1`)
	bad(`{"a":"1234567890123"}`)
	bad(strings.Repeat(`{"z":`, 11) + "1")
	bad(`{"1":1,"2":1,"3":1,"4":1,"5":1,"6":1,"7":1}`)
	bad(`{"a":"` + strings.Repeat("x", 60) + `"}`)
	ok("[{}]", "0!")
	ok("\xff\xfe{\x00", "0!")
}

func FuzzRowsAreJSON(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":"\u00e9","b":{"c":[1,{}]}}`, "{\"a\":1}\n{\"b\":2}\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(bytes.NewReader(in), []string{"a"}, Options{MaxLine: 200})
		lines := bytes.Split(bytes.TrimPrefix(in, []byte("\xEF\xBB\xBF")), []byte("\n"))
		for {
			fields, row, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				continue
			}
			var want map[string]json.RawMessage
			if err := json.Unmarshal(lines[row-1], &want); err != nil {
				t.Fatalf("accepted %q: %v", lines[row-1], err)
			}
			raw, given := want["a"]
			if !given || string(raw) == "null" {
				if fields[0] != nil {
					t.Fatalf("%q gave %q", lines[row-1], fields[0])
				}
				continue
			}
			text := string(raw)
			if raw[0] == '"' {
				if err := json.Unmarshal(raw, &text); err != nil {
					t.Fatal(err)
				}
			}
			if string(fields[0]) != text {
				t.Fatalf("got %q, want %q", fields[0], text)
			}
		}
	})
}

func BenchmarkLines(b *testing.B) {
	body := []byte(strings.Repeat(`{"invoice":"536365","item":"85123A","text":"WHITE HANGING HEART","qty":6,"at":"2010-12-01T08:26:00","price":2.55,"store":{"id":"12"}}`+"\n", 20_000))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(bytes.NewReader(body), []string{"invoice", "item", "qty", "at", "price", "store.id"}, Options{})
		for {
			if _, _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}
