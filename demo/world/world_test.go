package world

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"sellthrough"
)

var opening = day(2026, time.November, 24)

// history lives through so many days before the opening day, and it.
func history(seed uint64, days int, each func(w *World, d *Day)) *World {
	w := New(Options{Seed: seed, First: opening - sellthrough.Day(days), Opening: opening})
	for w.Next() <= opening {
		each(w, w.Step())
	}
	return w
}

// chronicle is the days before the opening day as they were, once for all tests that only read them.
var chronicle = sync.OnceValue(func() (c struct {
	w    *World
	days []*Day
},
) {
	c.w = history(1, 240, func(_ *World, d *Day) {
		own := *d
		own.OnHand, own.Incoming = nil, nil // hold until the next day
		c.days = append(c.days, &own)
	})
	return c
})

// read goes through the chronicle.
func read(each func(w *World, d *Day)) *World {
	c := chronicle()
	for _, d := range c.days {
		each(c.w, d)
	}
	return c.w
}

func TestStockBalancesEveryDayAndIsNeverNegative(t *testing.T) {
	for _, seed := range []uint64{1, 2} {
		held := map[int]int32{}
		history(seed, 200, func(w *World, d *Day) {
			moved := map[int]int32{}
			for _, s := range d.Sales {
				moved[s.Listing] -= s.Units
			}
			for _, s := range d.Goods {
				moved[s.Listing] += s.Units
			}
			for i, closing := range d.OnHand {
				if closing < 0 {
					if moved[i] != 0 {
						t.Fatalf("%s: listing %d moves %d units and is not carried", d.Date, i, moved[i])
					}
					if held[i] != 0 {
						t.Fatalf("%s: listing %d left with %d units on hand", d.Date, i, held[i])
					}
					continue
				}
				if before, known := held[i]; (known || d.Date > w.First) && before+moved[i] != closing {
					t.Fatalf("%s: listing %d had %d, moved %d and closes with %d", d.Date, i, before, moved[i], closing)
				}
				held[i] = closing
			}
		})
	}
}

func TestNothingSellsBeforeItsLaunchOrAfterItsEnd(t *testing.T) {
	sold := map[int]bool{}
	launched, ended := 0, 0
	w := history(1, 730, func(w *World, d *Day) {
		for _, s := range d.Sales {
			n := &w.Listings[s.Listing]
			p := &w.Products[n.Product]
			sold[n.Product] = true
			if d.Date < p.Launch || !n.Active(d.Date) || d.Date < w.Opens(n.Location) || p.End != 0 && d.Date > p.End+45 {
				t.Fatalf("%s: %s of %s to %s sells", d.Date, p.Code, p.Launch, p.End)
			}
		}
	})
	for i := range sold {
		if w.Products[i].Launch > w.First {
			launched++
		}
		if e := w.Products[i].End; e != 0 && e < opening {
			ended++
		}
	}
	if launched < 60 || ended < 60 {
		t.Errorf("%d products begin and %d end within the history, too few to see", launched, ended)
	}
}

func TestTheYearAndTheWeekShow(t *testing.T) {
	type key struct {
		trade   Trade
		country string
	}
	units := map[key]map[sellthrough.Day]int{}
	history(1, 730, func(w *World, d *Day) {
		for _, s := range d.Sales {
			l := &w.Locations[w.Listings[s.Listing].Location]
			k := key{Partners[l.Partner].Trade, l.Country}
			if units[k] == nil {
				units[k] = map[sellthrough.Day]int{}
			}
			if s.Units > 0 {
				units[k][d.Date] += int(s.Units)
			}
		}
	})
	// mean of a trade over days that a test picks, returns left out.
	mean := func(trade Trade, country string, pick func(d sellthrough.Day, t time.Time) bool) float64 {
		sum, n := 0, 0
		for d := opening - 730; d <= opening; d++ {
			if pick(d, d.Time()) {
				sum += units[key{trade, country}][d]
				n++
			}
		}
		if n == 0 {
			t.Fatal("no such day")
		}
		return float64(sum) / float64(n)
	}
	weekday := func(days ...time.Weekday) func(sellthrough.Day, time.Time) bool {
		return func(_ sellthrough.Day, t time.Time) bool { return slices.Contains(days, t.Weekday()) }
	}
	month := func(m time.Month, from, to int) func(sellthrough.Day, time.Time) bool {
		return func(_ sellthrough.Day, t time.Time) bool { return t.Month() == m && t.Day() >= from && t.Day() <= to }
	}
	ratio := func(what string, a, b, low, high float64) {
		t.Helper()
		if r := a / b; !(r >= low && r <= high) {
			t.Errorf("%s: %.0f to %.0f is %.2f, want %.2f to %.2f", what, a, b, r, low, high)
		}
	}
	ratio("Saturdays and Tuesdays in stores", mean(Store, "CN", weekday(time.Saturday)), mean(Store, "CN", weekday(time.Tuesday)), 1.4, 2.2)
	ratio("Sundays and Mondays in wholesale", mean(Wholesale, "CN", weekday(time.Sunday)), mean(Wholesale, "CN", weekday(time.Monday)), 0, 0.1)
	if n := mean(Shop, "DE", weekday(time.Sunday)); n != 0 {
		t.Errorf("German shops sell %.1f on Sundays", n)
	}
	ratio("double-11 and October online", mean(Online, "CN", month(time.November, 11, 11)), mean(Online, "CN", month(time.October, 8, 20)), 3, 9)
	ratio("618 and early May online", mean(Online, "CN", month(time.June, 16, 18)), mean(Online, "CN", month(time.May, 6, 20)), 2, 6)
	ratio("national day and September in stores", mean(Store, "CN", month(time.October, 1, 7)), mean(Store, "CN", month(time.September, 8, 28)), 1.2, 2.2)
	festive := func(d sellthrough.Day, x time.Time) bool { s := d - spring(x.Year()); return s >= -1 && s <= 6 }
	plain := func(d sellthrough.Day, x time.Time) bool { s := d - spring(x.Year()); return s >= 30 && s <= 60 }
	if n := mean(Wholesale, "CN", festive); n != 0 {
		t.Errorf("warehouses ship %.1f in the spring festival", n)
	}
	ratio("spring festival and March in stores", mean(Store, "CN", festive), mean(Store, "CN", plain), 0.2, 0.65)
	ratio("December and September in German shops", mean(Shop, "DE", month(time.December, 1, 23)), mean(Shop, "DE", month(time.September, 1, 30)), 1.1, 1.9)
}

func TestAFewProductsSellMuchAndManySellLittle(t *testing.T) {
	units := map[int]int{}
	carried := map[int]int{}
	w := history(1, 60, func(w *World, d *Day) {
		for _, s := range d.Sales {
			if Partners[w.Partner(s.Listing)].Trade != Wholesale {
				units[w.Listings[s.Listing].Product] += int(s.Units)
			}
		}
	})
	for i := range w.Listings {
		if n := &w.Listings[i]; n.Active(opening) {
			carried[n.Location]++
		}
	}
	for l, n := range carried {
		if p := w.Locations[l].Partner; Partners[p].Trade == Office && (n < 8 || n > 100) || Partners[p].Trade != Office && (n < 50 || n > 130) {
			t.Errorf("%s carries %d products", w.Locations[l].Name, n)
		}
	}
	sums := slices.Sorted(maps.Values(units))
	total, top := 0, 0
	for i, n := range sums {
		total += n
		if i >= len(sums)*4/5 {
			top += n
		}
	}
	if share := float64(top) / float64(total); share < 0.45 || share > 0.85 || len(sums) < 120 {
		t.Errorf("a fifth of %d products sells %.0f %% of all units", len(sums), 100*share)
	}
}

func TestTheStoriesHappen(t *testing.T) {
	starved := map[sellthrough.Day]int{} // stores in the East without the product
	east, phantom, sold, before := 0, int32(-1), 0, 0
	w := history(1, 730, func(w *World, d *Day) {
		east = 0
		for i, units := range d.OnHand {
			n := &w.Listings[i]
			l := &w.Locations[n.Location]
			if n.Product == w.Stories.Starved && l.Partner == NineBridges && l.Territory == "CN-East" {
				if east++; units == 0 {
					starved[d.Date]++
				}
			}
			if n.Product == w.Stories.Phantom && n.Location == w.Stories.Haunted {
				phantom = units
			}
		}
		for _, s := range d.Sales {
			if n := &w.Listings[s.Listing]; n.Product == w.Stories.Phantom && n.Location == w.Stories.Haunted {
				if d.Date > opening+PhantomFrom+20 {
					sold++
				} else if d.Date > opening-84 {
					before++
				}
			}
		}
	})
	if east != 8 || starved[opening-1] < 6 || starved[opening+StarvedFrom-5] > 1 || starved[opening] > 1 {
		t.Errorf("of %d stores in the East %d lack the product before its delivery was withheld, %d the day before it comes, %d then",
			east, starved[opening+StarvedFrom-5], starved[opening-1], starved[opening])
	}
	if phantom <= 0 || sold != 0 || before < 10 {
		t.Errorf("%s has %d phantoms on its books, sold %d of late and %d before", w.Locations[w.Stories.Haunted].Name, phantom, sold, before)
	}
	for _, i := range []int{w.Stories.NewChain, w.Stories.NewSouth} {
		if p := &w.Products[i]; p.Launch != opening+NewProduct {
			t.Errorf("%s is launched on %s", p.Code, p.Launch)
		}
	}
}

func TestCountsHaveTheMeanAndSpreadThatWasAskedFor(t *testing.T) {
	r := Dice(5)
	const mean, k, n = 1.7, 3.0, 200_000
	sum, squares := 0.0, 0.0
	for range n {
		x := float64(count(r, mean, k))
		sum += x
		squares += x * x
	}
	m := sum / n
	v := squares/n - m*m
	if m < 1.67 || m > 1.73 || v < 2.55 || v > 2.8 { // the variance is mean + mean²/k = 2.66
		t.Errorf("mean %.3f and variance %.3f", m, v)
	}
	if count(r, 0, k) != 0 {
		t.Error("nothing asked for, and something sold")
	}
}
