package world

import (
	"testing"
	"time"

	"sellthrough"
)

var opening = day(2026, time.November, 24)

func years(t testing.TB, days int, each func(w *World, d *Day)) *World {
	w := New(Options{Seed: 1, First: opening - sellthrough.Day(days), Opening: opening})
	for w.Next() <= opening {
		each(w, w.Step())
	}
	return w
}

func TestStats(t *testing.T) {
	lines := map[string]int{}
	units := map[string]int{}
	goods := map[string]int{}
	money := map[string]int64{}
	present, zero := 0, 0
	begin := time.Now()
	var w0 *World
	last := map[int]int{}
	w := years(t, 730, func(w *World, d *Day) {
		w0 = w
		for _, s := range d.Sales {
			p := Partners[w.Partner(s.Listing)].ID
			lines[p]++
			units[p] += int(s.Units)
			money[p] += s.Cents * Rate(w.Locations[w.Listings[s.Listing].Location].Currency, d.Date) / 10000
		}
		for _, s := range d.Goods {
			goods[Partners[w.Partner(s.Listing)].ID]++
		}
		for i, c := range d.OnHand {
			if c >= 0 {
				present++
				if d.Date == opening {
					last[w.Listings[i].Location]++
				}
			}
			if c == 0 {
				zero++
			}
			if c < -1 {
				t.Fatal(i, c)
			}
		}
	})
	_ = w0
	t.Log(time.Since(begin), len(w.Listings), present/731, float64(zero)/float64(present))
	sum, g := 0, 0
	for p, n := range lines {
		t.Log(p, n, units[p], goods[p], money[p]/100)
		sum += n
		g += goods[p]
	}
	t.Log(sum, g, last)
	t.Logf("%+v", w.Stories)
}
