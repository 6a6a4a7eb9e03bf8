package x12

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/ingest/format/edi"
)

func interchangeOf(kind, group string, lines int, head, line string) []byte {
	var b strings.Builder
	b.WriteString("ISA*00*          *00*          *ZZ*STOREHUB       *ZZ*AURORA         *260308*0510*U*00401*000000101*0*P*>~\nGS*" + group + "*STOREHUB*AURORA*20260308*0510*1*X*004010~\nST*" + kind + "*0001~\n" + head)
	for i := range lines {
		b.WriteString(strings.ReplaceAll(line, "#", fmt.Sprint(100000+i)))
	}
	n := strings.Count(b.String(), "\n") - 2 + 1
	fmt.Fprintf(&b, "SE*%d*0001~\nGE*1*1~\nIEA*1*000000101~\n", n)
	return []byte(b.String())
}

var benches = map[string]struct {
	body    []byte
	o       Options
	columns []string
}{
	"852": {
		interchangeOf("852", "PD", 20_000, "XQ*G*20260302*20260308*R1*00~\nN1*RL*Hafen*92*3001~\n",
			"LIN*#*UP*072470#*VN*AUR-#*IN*990402230~\nCTP**RTL*12.57~\nZA*QS*88*EA~\nZA*QA*415*EA~\nZA*QP*100*EA~\n"),
		Options{Feed: sellthrough.Stock},
		[]string{"location", "item", "qty", "level", "unit", "business_date"},
	},
	"852-stores": {
		interchangeOf("852", "PD", 5_000, "XQ*G*20260302*20260308*R1*00~\n",
			"LIN*#*UP*072470#~\nZA*QS~\nSDQ*EA*92*0001*12*0002*7*0003*5*0004*118*0005*2*0006*3*0007*9*0008*11*0009*1*0010*4~\nSDQ*EA*92*0011*12*0012*7*0013*5*0014*118*0015*2*0016*3*0017*9*0018*11*0019*1*0020*4~\n"),
		Options{Feed: sellthrough.Sales},
		[]string{"location", "item", "qty", "kind", "unit", "business_date"},
	},
	"867": {
		interchangeOf("867", "PT", 10_000, "BPT*00*R1*20260302~\nN1*DS*Distributor*91*D1~\n",
			"PTD*SS~\nN1*ST*SOUTHEAST HOSPITAL*21*89KGH1140~\nN3*155 FULTON AVENUE~\nN4*CHARLESTON*SC*29401~\nQTY*32*15*BX~\nLIN**MG*#*UK*30387698433527~\nUIT*BX*18.25*CT~\nREF*DI*DIN#~\nDTM*003*20260301~\n"),
		Options{Feed: sellthrough.Sales},
		[]string{"document", "location", "counterparty", "invoice", "item", "qty", "kind", "price", "business_date"},
	},
	"846": {
		interchangeOf("846", "IB", 20_000, "BIA*00*SI*R1*20260308*0430~\nN1*WH*Central*92*W01~\n",
			"LIN*#*BP*46L#*VP*AUR-#~\nQTY*17*5250*EA~\nQTY*27*100*EA~\nQTY*33*5150*EA~\n"),
		Options{Feed: sellthrough.Stock},
		[]string{"location", "item", "qty", "level", "unit", "at"},
	},
}

func BenchmarkRows(b *testing.B) {
	for _, name := range []string{"852", "852-stores", "867", "846"} {
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
	head := string(benches["852"].body[:400])
	head = head[:strings.Index(head, "LIN*")]
	for name, c := range map[string]struct{ head, again string }{
		"no terminator":  {head, "A"},
		"no elements":    {head, "*"},
		"no interchange": {"", "A"},
		"blank segments": {head + "LIN**UP*1~", "SDQ"},
		"junk":           {head, "ISA "},
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

// A line of more quantities than the limit is refused by itself, and kept in no more memory than the limit.
func TestLineOfTooManyQuantitiesIsRefused(t *testing.T) {
	body := interchangeOf("852", "PD", 1, "XQ*G*20260302*20260308*R1*00~\n", "LIN*#*UP*1~\n"+strings.Repeat("ZA*QS*1*EA~\n", 50)+"LIN*2*UP*2~\nZA*QS*3*EA~\n")
	r := NewReader(bytes.NewReader(body), []string{"item", "qty"}, Options{Limits: edi.Limits{Group: 20}})
	var got []string
	for {
		fields, row, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			got = append(got, fmt.Sprint(row, "!"))
			continue
		}
		got = append(got, string(bytes.Join(fields, []byte("="))))
	}
	if want := "6! 2=3"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
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
