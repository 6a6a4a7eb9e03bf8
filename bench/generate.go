package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const (
	stores    = 1000
	items     = 5000
	fileLines = 50_000
	perStore  = 1000 // lines of a store in a file: its day
	inFile    = fileLines / perStore
)

var firstDay = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func store(i int) string { return fmt.Sprintf("S%04d", i+1) }
func item(i int) string  { return strconv.Itoa(400_000 + 7*i) }

// writeReference makes products, locations and the chain's codes of both, so that every line is resolved.
func writeReference(dir string) error {
	var p, l, x bytes.Buffer
	p.WriteString("code,gtin,name,line,units_per_pack,list_price,currency\n")
	l.WriteString("code,name,partner,country,region,city,territory,time_zone\n")
	x.WriteString("partner,kind,code,target,units,from,to\n")
	for i := range items {
		fmt.Fprintf(&p, "PRD-%05d,,Product %d,Line %d,1,%d.%02d,GBP\n", i, i, i%40, price(i)/100, price(i)%100)
		fmt.Fprintf(&x, "chain,item,%s,PRD-%05d,1,,\n", item(i), i)
	}
	for i := range stores {
		fmt.Fprintf(&l, "CHN-%04d,Store %d,chain,GB,England,Town %d,UK,Europe/London\n", i, i, i%200)
		fmt.Fprintf(&x, "chain,location,%s,CHN-%04d,,,\n", store(i), i)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, b := range map[string]*bytes.Buffer{"products.csv": &p, "locations.csv": &l, "crossreferences.csv": &x} {
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "rates.csv"), []byte("currency,date,rate\nEUR,2026-01-01,0.8724\n"), 0o644)
}

// price of an item, in pence.
func price(i int) int { return 99 + (i*i*31+i*17)%9900 }

// file is a body and the number of its lines.
type file struct {
	body  []byte
	lines int
}

// generator makes the files of a run: the same ones at every run.
type generator struct {
	zipf *rand.Zipf
	rnd  *rand.Rand
}

func newGenerator(seed uint64) *generator {
	r := rand.New(rand.NewPCG(seed, 7))
	return &generator{rnd: r, zipf: rand.NewZipf(r, 1.1, 8, items-1)}
}

const csvHeader = "Store,Receipt,Line,Time,SKU,Quantity,Amount\n"

// day appends the lines of a store's day: receipts of one to nine lines from 08:00 on. Every line for which pick says so
// is written.
func (g *generator) day(b []byte, st string, d time.Time, n int, pick func(i int) (write bool, more int)) []byte {
	date := d.Format("2006-01-02")
	second, receipt, line, left := 8*3600, 0, 0, 0
	for i := range n {
		if left == 0 {
			receipt, line, left = receipt+1, 0, 1+g.rnd.IntN(9)
			second = min(second+20+g.rnd.IntN(380), 22*3600-1)
		}
		line, left = line+1, left-1
		it := int(g.zipf.Uint64())
		qty := 1
		switch k := g.rnd.IntN(100); {
		case k < 2:
			qty = -1
		case k > 85:
			qty = 2 + k%4
		}
		write, more := pick(i)
		if !write {
			continue
		}
		if qty > 0 {
			qty += more
		}
		amount := qty * price(it)
		b = append(append(b, st...), ",R"...)
		b = append(strconv.AppendInt(b, int64(100_000+receipt), 10), ',')
		b = append(strconv.AppendInt(b, int64(line), 10), ',')
		b = append(append(b, date...), ' ')
		b = append(two(b, second/3600), ':')
		b = append(two(b, second/60%60), ':')
		b = append(append(two(b, second%60), ','), item(it)...)
		b = append(strconv.AppendInt(append(b, ','), int64(qty), 10), ',')
		if amount < 0 {
			b, amount = append(b, '-'), -amount
		}
		b = append(strconv.AppendInt(b, int64(amount/100), 10), '.')
		b = append(two(b, amount%100), '\n')
	}
	return b
}

func two(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// original is file k: a day of some stores, up to limit lines of it. With correct, it is every line of one in a hundred
// again with one piece more: what the corrections of that file say.
func original(k, limit int, correct bool) []byte {
	g := newGenerator(uint64(k))
	b := make([]byte, 0, 64*limit)
	d := firstDay.AddDate(0, 0, k/(stores/inFile))
	done := 0
	for s := range inFile {
		if done >= limit {
			break
		}
		st := store((k*inFile + s) % stores)
		b = g.day(b, st, d, min(perStore, limit-done), func(i int) (bool, int) {
			if correct {
				return i%correctEvery == 3, 1
			}
			return true, 0
		})
		done += perStore
	}
	return b
}

// Of a hundred lines, 9 come again in files that are sent again, and 1 is corrected. Files with even numbers are sent
// again, those with odd ones are corrected, so that no old word comes after its correction.
const correctEvery = 45 // of the lines of every second file: one in 90

// plan is the files of a run of so many lines, in the order of sending, and how many lines are new in all.
func plan(lines int) (out []file, fresh int) {
	var even []file
	again, sent := 0.0, 0
	for k := 0; sent < lines; k++ {
		n := min(fileLines, lines-sent)
		f := file{append([]byte(csvHeader), original(k, n, false)...), n}
		if c := k - 6; c >= 0 && c%2 == 1 { // late enough for the file itself to be through
			more := original(c, fileLines, true)
			f.body = append(f.body, more...)
			f.lines += bytes.Count(more, []byte{'\n'})
		}
		if k%2 == 0 {
			even = append(even, f)
		}
		out, fresh, sent = append(out, f), fresh+n, sent+f.lines
		if again += 0.1; again > 0.55 && sent < lines {
			again--
			old := even[(len(even)-1)/2]
			out, sent = append(out, old), sent+old.lines
		}
	}
	return out, fresh
}
