package poslog

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"gopkg.in/yaml.v3"

	"sellthrough"
	"sellthrough/ingest/format/formattest"
)

func open(t testing.TB, src io.Reader, settings string) (formattest.Reader, []string) {
	var s struct {
		Names   []string
		Dialect Dialect
	}
	if err := yaml.Unmarshal([]byte(settings), &s); err != nil {
		t.Fatal(err)
	}
	return NewReader(src, s.Names, Options{Dialect: s.Dialect}), s.Names
}

func TestLogs(t *testing.T) { formattest.Files(t, open) }

// sums adds up what a log sold.
func sums(t testing.TB, src io.Reader, d Dialect) (units, amount sellthrough.Decimal, refused int) {
	t.Helper()
	r := NewReader(src, []string{"qty", "amount"}, Options{Dialect: d})
	for {
		fields, _, err := r.Next()
		if err == io.EOF {
			return units, amount, refused
		}
		if _, ok := sellthrough.AsRefusal(err); ok {
			refused++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, sum := range []*sellthrough.Decimal{&units, &amount} {
			d, err := sellthrough.ParseDecimal(fields[i])
			if err == nil {
				*sum, err = sum.Add(d)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

const sale = `<Transaction><RetailStoreID>9</RetailStoreID><WorkstationID>1</WorkstationID><SequenceNumber>7</SequenceNumber><BusinessDayDate>2026-03-02</BusinessDayDate><RetailTransaction>` +
	`<LineItem><SequenceNumber>1</SequenceNumber><Sale ItemType="Stock"><ItemID>A</ItemID><ExtendedAmount>12.50</ExtendedAmount><Quantity>2</Quantity></Sale></LineItem>` +
	`<LineItem><SequenceNumber>2</SequenceNumber><Tender><Amount>12.50</Amount></Tender></LineItem></RetailTransaction></Transaction>`

func TestALogThatBreaksOffGivesItsWholeTransactions(t *testing.T) {
	got := formattest.Show(NewReader(strings.NewReader("<POSLog>"+sale+sale[:200]), []string{"qty"}, Options{}), []string{"qty"})
	if !strings.HasPrefix(got, "1 qty=2\n0 refused: ") || strings.Count(got, "\n") != 2 {
		t.Error(got)
	}
}

func FuzzLogs(f *testing.F) {
	f.Add([]byte("<POSLog>"+sale+"</POSLog>"), "signed")
	f.Add([]byte(`<p:POSLog xmlns:p="u"><p:Transaction><p:RetailTransaction><p:LineItem VoidFlag="true"><p:Return><p:Quantity>-1</p:Quantity></p:Return></p:LineItem></p:RetailTransaction></p:Transaction></p:POSLog>`), "reverse")
	f.Fuzz(func(t *testing.T, in []byte, void string) {
		o := Options{Dialect: Dialect{Void: Void(void)}}
		a := formattest.Show(NewReader(bytes.NewReader(in), Columns, o), Columns)
		if b := formattest.Show(NewReader(iotest.OneByteReader(bytes.NewReader(in)), Columns, o), Columns); a != b {
			t.Fatalf("%s\n%s", a, b)
		}
	})
}

func BenchmarkLog(b *testing.B) {
	body := "<POSLog>" + strings.Repeat(sale, 2000) + "</POSLog>"
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, _, refused := sums(b, strings.NewReader(body), Dialect{}); refused > 0 {
			b.Fatal(refused)
		}
	}
}
