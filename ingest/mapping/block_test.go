package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"testing"

	"sellthrough"
)

const invoices = `
  - id: inv
    partner: acme
    kind: sales
    columns:
      document: InvoiceNo
      item: StockCode
      qty: Quantity
      amount: {price: UnitPrice}
      kind: {constant: sell_out, negative: return_in}
      at: InvoiceDate
      counterparty: CustomerID
    identity: {scope: document}
    equal_rows_across_files: duplicate
`

func body(n int) []byte {
	var b bytes.Buffer
	b.WriteString("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%dA,WHITE HANGING HEART T-LIGHT HOLDER,%d,2010-12-%02d 08:26:00,2.55,%d.0,United Kingdom\n", 536365+i/12, 85000+i*7%3000, i%9+1, i%28+1, 17850+i/12%500)
	}
	return b.Bytes()
}

func TestBlockHoldsWhatTheRowsSay(t *testing.T) {
	feed := feedOf(t, invoices)
	m, _ := New(feed)
	in := body(100_000)
	read := func() (blocks []sellthrough.Block) {
		r, b, err := open(m, feed, bytes.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		k := NewBuilder(feed.ID, "s", 1)
		var c Cells
		for {
			fields, row, err := r.Next()
			if errors.Is(err, io.EOF) {
				return append(blocks, k.Take())
			}
			if err := errors.Join(err, b.MapTo(fields, row, &c)); err != nil {
				t.Fatal(err)
			}
			if k.Append(&c); k.Full() {
				blocks = append(blocks, k.Take())
			}
		}
	}
	blocks := read()
	if len(blocks) < 2 || !reflect.DeepEqual(blocks, read()) {
		t.Fatalf("%d blocks, or not the same ones again", len(blocks))
	}
	r, b, _ := open(m, feed, bytes.NewReader(in))
	for _, k := range blocks {
		for i := range k.Len() {
			var want sellthrough.Line
			fields, row, _ := r.Next()
			if err := b.Line(fields, row, &want); err != nil {
				t.Fatal(err)
			}
			if got := k.Line(i, feed.Kind); got != want {
				t.Fatalf("got %+v, want %+v", got, want)
			}
		}
	}
	if _, _, err := r.Next(); err != io.EOF {
		t.Error("the blocks lack rows")
	}
}

func TestPartitionFollowsTheScopeAlone(t *testing.T) {
	doc := NewPartitioner(sellthrough.Rule{Namespace: "n", Scope: sellthrough.ByDocument}, "p", 8)
	day := NewPartitioner(sellthrough.Rule{Namespace: "n", Scope: sellthrough.ByLocationDay}, "p", 8)
	other := NewPartitioner(sellthrough.Rule{Namespace: "m", Scope: sellthrough.ByDocument}, "p", 8)
	moved, seen := 0, map[int]bool{}
	for i := range 1000 {
		d := []byte(fmt.Sprint("doc", i))
		p := doc.Of(d, nil)
		seen[p] = true
		if p != doc.Of(d, []byte("elsewhere")) || day.Of(nil, d) != day.Of([]byte("x"), d) {
			t.Fatal("the partition follows more than the scope")
		}
		if p != other.Of(d, nil) {
			moved++
		}
	}
	if len(seen) != 8 || moved < 500 {
		t.Errorf("%d partitions, %d moved by the namespace", len(seen), moved)
	}
	// Fixed for good: another value would move every line of every partner.
	if got := doc.Of([]byte("536365"), nil); got != 1 {
		t.Errorf("the hash changed: %d", got)
	}
}

func TestHotPathAllocatesNothing(t *testing.T) {
	feed := feedOf(t, invoices)
	m, _ := New(feed)
	r, b, _ := open(m, feed, bytes.NewReader(body(5000)))
	b.Now = now
	var c Cells
	if n := testing.AllocsPerRun(4000, func() {
		fields, row, err := r.Next()
		if err != nil || b.MapTo(fields, row, &c) != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func BenchmarkRoad(b *testing.B) {
	feed := feedOf(b, invoices)
	m, _ := New(feed)
	const lines = 50_000
	in := body(lines)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	p := NewPartitioner(feed.Rule(), "acme", 4)
	for b.Loop() {
		r, bind, _ := open(m, feed, bytes.NewReader(in))
		bind.Now = now
		k := NewBuilder(feed.ID, "s", 1)
		var c Cells
		for {
			fields, row, err := r.Next()
			if err == io.EOF {
				break
			}
			if err := bind.MapTo(fields, row, &c); err != nil {
				b.Fatal(err)
			}
			p.Of(c.Document, c.Location)
			if k.Append(&c); k.Full() {
				k.Take()
			}
		}
	}
	b.ReportMetric(float64(b.N)*lines/b.Elapsed().Seconds()/1e6, "Mlines/s")
}
