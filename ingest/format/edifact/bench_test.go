package edifact

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"sellthrough"
)

func interchangeOf(kind string, lines int, head, line string) []byte {
	var b strings.Builder
	b.WriteString("UNB+UNOC:3+4260026610003:14+4007399000006:14+260308:0510+1'\nUNH+1+" + kind + "'\n" + head)
	for i := range lines {
		b.WriteString(strings.ReplaceAll(line, "#", fmt.Sprint(100000+i)))
	}
	n := strings.Count(b.String(), "\n")
	fmt.Fprintf(&b, "UNT+%d+1'\nUNZ+1+1'\n", n)
	return []byte(b.String())
}

var benches = map[string]struct {
	body    []byte
	o       Options
	columns []string
}{
	"SLSRPT": {
		interchangeOf("SLSRPT:D:96A:UN:EAN004", 20_000, "BGM+73E::9+R1+9'\nDTM+356:20260307:102'\nNAD+SE+4260026610102::9'\nCUX+2:EUR:10'\nLOC+162+4260026610102::9'\n",
			"LIN+#+4+4007399#:EN'\nRFF+SA:76'\nRFF+SP:108'\nPRI+AAE:39.95::RTP'\nQTY+153:1:PCE'\n"),
		Options{Feed: sellthrough.Sales},
		[]string{"document", "location", "item", "qty", "kind", "price", "currency", "business_date"},
	},
	"INVRPT": {
		interchangeOf("INVRPT:D:96A:UN:EAN004", 20_000, "BGM+35+R1+9'\nDTM+366:20260307:102'\nNAD+WH+4260026610102::9'\n",
			"LIN+#++5412345#:EN'\nPIA+1+AUR-#:SA'\nQTY+17:310:PCE'\nQTY+145:300:PCE'\nQTY+66:25:PCE'\n"),
		Options{Feed: sellthrough.Stock},
		[]string{"location", "item", "qty", "level", "unit", "business_date"},
	},
}

func BenchmarkRows(b *testing.B) {
	for _, name := range []string{"SLSRPT", "INVRPT"} {
		c := benches[name]
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				r := NewReader(bytes.NewReader(c.body), c.columns, c.o)
				for rows = 0; ; rows++ {
					if _, _, err := r.Next(); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// A body that is nothing but one endless something has to be refused long before its end.
func TestHostileBodiesAreRefusedEarly(t *testing.T) {
	head := string(benches["SLSRPT"].body[:260])
	head = head[:strings.Index(head, "LIN+")]
	for name, c := range map[string]struct{ head, again string }{
		"no terminator":  {head, "A"},
		"no elements":    {head, "+"},
		"no interchange": {"", "A"},
		"blank segments": {head + "LIN+1++1:EN'", "QTY"},
		"junk":           {head, "UNB "},
	} {
		t.Run(name, func(t *testing.T) {
			src := &endless{head: c.head, again: c.again, left: 1 << 30}
			r := NewReader(src, []string{"qty"}, Options{})
			refused := 0
			for {
				_, _, err := r.Next()
				if err == io.EOF {
					break
				}
				if _, bad := sellthrough.AsRefusal(err); !bad {
					t.Fatal(err)
				}
				refused++
			}
			if read := 1<<30 - src.left; refused == 0 || read > 4<<20 {
				t.Errorf("%d refusals after %d bytes", refused, read)
			}
		})
	}
}

type endless struct {
	head, again string
	left        int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	if e.head != "" {
		n := copy(p, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	n := 0
	for n < len(p) && (n == 0 || n+len(e.again) <= len(p)) {
		n += copy(p[n:], e.again)
	}
	e.left -= n
	return n, nil
}
