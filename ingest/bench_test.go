package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// BenchmarkAccept takes a body of 200,000 lines: archive, decoding, mapping, blocks, Kafka in the same process.
func BenchmarkAccept(b *testing.B) {
	w := newWorld(b)
	c := w.collect("a")
	const rows = 200_000
	var body strings.Builder
	body.WriteString(header)
	for k := range rows {
		fmt.Fprintf(&body, "R%09d,store-%d,SKU-%06d,%d,2026-03-%02d\n", k/3, k%300, k*7919%20_000, 1+k%3, 1+k%28)
	}
	b.SetBytes(int64(body.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if got, err := c.Accept(b.Context(), request("invoices", "", body.String())); err != nil || got.Accepted != rows {
			b.Fatal(got, err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds()/1e6, "Mlines/s")
}

// BenchmarkAcceptSmall is the time to the receipt of a body with few lines.
func BenchmarkAcceptSmall(b *testing.B) {
	w := newWorld(b)
	c := w.collect("a")
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		body := csvBody(5) + fmt.Sprintf("x%d-%d,s,i,1,2026-01-01\n", n, time.Now().UnixNano())
		if _, err := c.Accept(b.Context(), request("invoices", fmt.Sprint("k", n), body)); err != nil {
			b.Fatal(err)
		}
	}
}
