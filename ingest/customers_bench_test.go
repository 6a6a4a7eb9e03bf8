package ingest

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/ingest/archive"
	"sellthrough/ingest/keys"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/block"
	"sellthrough/internal/config"
)

// BenchmarkCustomers is the way of a body to its blocks, with a column that nobody reads and with the same one hidden as the
// customer, of few and of many people.
func BenchmarkCustomers(b *testing.B) {
	store, err := keys.Open(b.Context(), keys.Options{At: filepath.Join(b.TempDir(), "keys")})
	if err != nil {
		b.Fatal(err)
	}
	c, err := config.Parse("t.yml", fmt.Appendf(nil, settings, b.TempDir()), func(string) (string, bool) { return "", false })
	if err != nil {
		b.Fatal(err)
	}
	const rows = 50_000
	for _, people := range []int{500, rows} {
		var body strings.Builder
		body.WriteString(bought)
		for k := range rows {
			fmt.Fprintf(&body, "r%d,s%d,item-%d,%d,2026-03-%02d,+49 171 %07d\n", k/3, k%7, k%500, 1+k%3, 1+k%28, k*7919%people)
		}
		for _, hide := range []bool{false, true} {
			name := fmt.Sprintf("%d people, not read", people)
			if hide {
				name = fmt.Sprintf("%d people, hidden", people)
				hiding(c)
			}
			f, _ := c.Feed("invoices")
			m, err := mapping.New(f)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(name, func(b *testing.B) {
				b.SetBytes(int64(body.Len()))
				for b.Loop() {
					done := func() {}
					in, err := openRows(&feed{config: f, mapping: m}, c.Limits, strings.NewReader(body.String()))
					if err != nil {
						b.Fatal(err)
					}
					bind, err := m.Bind(in.columns)
					if err != nil {
						b.Fatal(err)
					}
					if hide {
						h, err := store.Of("acme").Hider(b.Context(), keys.Phone)
						if err != nil {
							b.Fatal(err)
						}
						bind.Hide, done = h.Hide, h.Done
					}
					k, lines := mapping.NewBuilder(f.ID, "s", 1), 0
					var cells mapping.Cells
					var out []byte
					for {
						fields, row, err := in.Next()
						if err != nil {
							break
						}
						if err := bind.MapTo(fields, row, &cells); err != nil {
							b.Fatal(err)
						}
						k.Append(&cells)
						lines++
						if k.Full() {
							taken := k.Take()
							out = block.Append(out[:0], &taken)
						}
					}
					done()
					if lines != rows {
						b.Fatal(lines)
					}
				}
				b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "lines/s")
			})
			for i := range c.Feeds {
				c.Feeds[i].Columns.Customer = config.Customer{}
			}
		}
	}
}

// BenchmarkKeep is what it costs to keep a body durably, sealed and not.
func BenchmarkKeep(b *testing.B) {
	a, err := archive.Open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	if a.Keys, err = keys.Open(b.Context(), keys.Options{At: filepath.Join(b.TempDir(), "keys")}); err != nil {
		b.Fatal(err)
	}
	v := a.Keys.Of("acme").Vault(sellthrough.FeedID("pos"))
	for _, size := range []int{300, 4 << 20} {
		for _, seal := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d bytes, sealed %t", size, seal), func(b *testing.B) {
				n := 0
				b.SetBytes(int64(size))
				for b.Loop() {
					n++
					begin := a.Draft
					if seal {
						begin = func(ctx context.Context) (*archive.Draft, error) { return a.Sealed(ctx, v) }
					}
					d, err := begin(b.Context())
					if err != nil {
						b.Fatal(err)
					}
					for written := 0; written < size; {
						k, err := fmt.Fprintf(d, "r%d-%d,s1,item-%d,1,2026-03-02,+49 171 %07d\n", n, written, written%500, written*7919%100_000)
						if err != nil {
							b.Fatal(err)
						}
						written += k
					}
					if err = d.Finish(); err == nil {
						err = d.Commit(b.Context())
					}
					if err != nil {
						b.Fatal(err)
					}
					d.Discard()
				}
			})
		}
	}
}
