package main

import (
	"math/rand/v2"

	"sellthrough"
)

// Kinds and levels as the ledger's rows carry them.
var (
	sellOut  = kindOf("sell_out")
	returnIn = kindOf("return_in")
	sellIn   = kindOf("sell_in")
	onHand   = levelOf("on_hand")
)

func kindOf(name string) uint8 {
	k, ok := sellthrough.KindOf(name)
	if !ok {
		panic(name) // a name of this program's
	}
	return uint8(k)
}

func levelOf(name string) uint8 {
	l, ok := sellthrough.LevelOf(name)
	if !ok {
		panic(name) // a name of this program's
	}
	return uint8(l)
}

// row adds a row of a location's product on a day, and gives its place.
func (f *filler) row(r *sellthrough.Rows, x *filed, l int, p int32, d sellthrough.Day, second int64, slice, line uint64) int {
	r.Grow()
	i, n := r.Len()-1, &f.names
	r.Partner[i], r.Feed[i], r.Namespace[i] = n.partner[x.partner], x.feed, x.feed
	r.Slice[i], r.Line[i], r.Revision[i], r.Reference[i] = slice, line, x.revision, uint64(f.version)
	r.Cause[i], r.Sign[i], r.Row[i] = uint8(sellthrough.CauseNew), 1, x.row
	r.Location[i], r.Place[i], r.Item[i], r.Product[i] = n.store[l], n.location[l], n.item[p], n.product[p]
	r.Day[i], r.BusinessDate[i] = int32(d), int32(d)
	r.At[i] = int64(d)*86400 + second
	r.SoldAt[i] = r.At[i]
	x.row++
	return i
}

// line is what a customer, or a delivery, takes or brings.
func (f *filler) line(r *sellthrough.Rows, x *filed, l int, p int32, d sellthrough.Day, kind uint8, qty int64, seq int) {
	slice := mix(uint64(l), uint64(d), 21)
	i := f.row(r, x, l, p, d, int64(8*3600+seq*60%43200), slice, mix(slice, uint64(seq), 22))
	r.Document[i], r.LineKey[i], r.Currency[i] = f.names.receipt[seq/3], f.names.key[seq%3], "GBP"
	r.Kind[i], r.Qty[i], r.RawQty[i] = kind, qty*int64(sellthrough.One), qty*int64(sellthrough.One)
	r.Amount[i] = qty * int64(productPrice(int(p)))
	r.Base[i], r.Flags[i] = r.Amount[i], sellthrough.HasAmount|sellthrough.HasBase
	r.Content[i] = mix(r.Line[i], uint64(qty), 23)
	x.counts.New++
}

// sales is what a location sold on a day, what came back, and once in four weeks of each product what was delivered.
func (f *filler) sales(x *filed, l int, d sellthrough.Day) {
	r, seq := &f.in(x.known).Movements, 0
	rnd := rand.New(rand.NewPCG(uint64(l), uint64(d)))
	for _, p := range f.ranged[l] {
		if rnd.Uint64N(1000) < f.c.rate(int(p)) {
			for range 1 + rnd.IntN(5)/4 { // now and then by two customers
				kind, qty := sellOut, 1+int64(rnd.IntN(8)/5)
				if rnd.IntN(40) == 0 {
					kind, qty = returnIn, -1
				}
				f.line(r, x, l, p, d, kind, qty, seq)
				seq++
			}
		}
		if (int(d)+int(p)+l)%28 == 0 && l%5 == 0 {
			f.line(r, x, l, p, d, sellIn, 6, seq)
			seq++
		}
	}
}

// correct says some lines of an earlier day anew, each with one piece more, and takes one back.
func (f *filler) correct(x *filed, l int, d sellthrough.Day) {
	var was sellthrough.Rows
	old := &filed{partner: x.partner, feed: x.feed}
	before := f.batch
	f.batch = &sellthrough.Batch{}
	f.sales(old, l, d)
	was, f.batch = f.batch.Movements, before
	r := &f.in(x.known).Movements
	for i := 0; i < was.Len(); i += 10 {
		cause := sellthrough.CauseCorrected
		if i == 10 {
			cause = sellthrough.CauseWithdrawn
		}
		r.AppendNegated(&was, i, cause, sellthrough.Revision(x.revision), 0)
		if cause == sellthrough.CauseWithdrawn {
			x.counts.Withdrawn++
			continue
		}
		r.AppendRow(&was, i)
		n := r.Len() - 1
		one := int64(sellthrough.One)
		r.Cause[n], r.Revision[n], r.Qty[n], r.RawQty[n] = uint8(cause), x.revision, r.Qty[n]+one, r.RawQty[n]+one
		r.Amount[n] += was.Amount[i] / max(1, was.Qty[i]/one)
		r.Base[n], r.Content[n] = r.Amount[n], mix(r.Line[n], uint64(r.Qty[n]), 23)
		x.counts.Corrected++
	}
}

// levels is what stands at a location in the evening: shelves that empty and are filled again, each at its own pace.
func (f *filler) levels(x *filed, l int, d sellthrough.Day) {
	r := &f.in(x.known).Reports
	for _, p := range f.ranged[l] {
		h := mix(uint64(l), uint64(p), 31)
		cycle, full := int64(20+h%30), int64(4+h>>8%40)
		left := cycle - 1 - (int64(d)+int64(h>>16%64))%cycle
		qty := (full*left + cycle - 1) / cycle
		slice := mix(uint64(l), uint64(d), 32)
		i := f.row(r, x, l, p, d, 20*3600, slice, mix(slice, uint64(p), 33))
		r.Kind[i], r.Qty[i], r.RawQty[i] = onHand, qty*int64(sellthrough.One), qty*int64(sellthrough.One)
		r.Content[i] = mix(r.Line[i], uint64(qty), 34)
		x.counts.New++
	}
}
