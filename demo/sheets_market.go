package demo

import (
	"maps"
	"slices"
	"strconv"

	"sellthrough"
	"sellthrough/demo/world"
)

// promotions are the campaigns of the partners, as long as the demo's history may be and two months on.
func promotions(w *world.World) []byte {
	s := newSheet("promotion", "name", "item", "line", "partner", "territory", "from", "to", "price", "budget")
	names := map[string]string{"618": "618", "double-11": "双11", "black-friday": "Black Friday"}
	for pi := range world.Partners {
		p := &world.Partners[pi]
		carried, countries := map[int]bool{}, map[string]string{}
		for i := range w.Listings {
			if w.Partner(i) == pi {
				carried[w.Listings[i].Product] = true
				l := &w.Locations[w.Listings[i].Location]
				countries[l.Country] = l.Territory
			}
		}
		if _, alike := countries["DE"]; alike { // one market
			countries = map[string]string{"DE": ""}
		}
		for _, country := range slices.Sorted(maps.Keys(countries)) {
			territory := countries[country]
			if len(countries) == 1 {
				territory = ""
			}
			for i := range w.Products {
				if !carried[i] {
					continue
				}
				for _, c := range w.Campaigns(pi, country, i, w.Opening-730, w.Opening+60) {
					code, name := c.Name+"-"+strconv.Itoa(c.From.Time().Year()), names[c.Name]
					if name == "" {
						code, name = p.ID+"-"+c.Name+"-"+world.Quarter(c.From), c.Name+" "+world.Quarter(c.From)
					}
					list := w.Products[i].ListOn(c.From)
					s.row(code, name, w.Products[i].Code, "", p.ID, territory, day(c.From), day(c.To), cents(int64(float64(list)*(1-c.Off))/100*100), cents(int64(float64(list)*c.Off*12)/100*100))
				}
			}
		}
	}
	return s.text()
}

// share is a figure around a middle that drifts over the months.
func (o *outlook) share(middle float64, what ...uint64) float64 {
	return middle * (0.85 + 0.3*world.Dice(append([]uint64{o.w.Seed, 0x54a}, what...)...).Float64())
}

// categorySales are what partners that tell of it sold of a category of every make.
func (o *outlook) categorySales() []byte {
	type key struct {
		month         sellthrough.Day
		partner, line int
	}
	type sum struct{ units, money float64 }
	sums := map[key]sum{}
	for _, x := range o.prospects {
		switch p := o.w.Locations[x.Location].Partner; p {
		case world.NineBridges, world.Pixelwald, world.Bazaarlet:
			if x.Month+27 <= o.w.Opening {
				k := key{x.Month, p, x.Line}
				sums[k] = sum{sums[k].units + x.Units, sums[k].money + x.Money}
			}
		}
	}
	s := newSheet("partner", "line", "period", "units", "money")
	for _, k := range slices.SortedFunc(maps.Keys(sums), func(a, b key) int {
		return slices.Compare([]int{int(a.month), a.partner, a.line}, []int{int(b.month), b.partner, b.line})
	}) {
		own := o.share(0.16+0.02*float64(k.line), uint64(k.partner), uint64(k.line)) * (0.96 + 0.08*float64(k.month%7)/7)
		s.row(world.Partners[k.partner].ID, world.Lines[k.line].Name, k.month.Time().Format("2006-01"),
			strconv.FormatInt(int64(sums[k].units/own), 10), cents(int64(sums[k].money/own/1000)*1000))
	}
	return s.text()
}

// market is the size of the market by territory, line and quarter.
func (o *outlook) market() []byte {
	type key struct{ quarter, territory, line string }
	type sum struct{ units, money float64 }
	sums := map[key]sum{}
	for _, x := range o.prospects {
		l := &o.w.Locations[x.Location]
		if world.Partners[l.Partner].Trade == world.Wholesale || x.Month > o.w.Opening {
			continue
		}
		line := world.Lines[x.Line].Name
		own := o.share(0.07, number(l.Territory), number(line))
		k := key{world.Quarter(x.Month), l.Territory, line}
		sums[k] = sum{sums[k].units + x.Units/own, sums[k].money + x.Money/own}
	}
	s := newSheet("territory", "line", "period", "units", "money")
	for _, k := range slices.SortedFunc(maps.Keys(sums), func(a, b key) int {
		return slices.Compare([]string{a.quarter, a.territory, a.line}, []string{b.quarter, b.territory, b.line})
	}) {
		if sums[k].units >= 1 {
			s.row(k.territory, k.line, k.quarter, strconv.FormatInt(int64(sums[k].units), 10), cents(int64(sums[k].money/100_000)*100_000))
		}
	}
	return s.text()
}

// weights are what part of the vendor's market a location stands for.
func weights(w *world.World) []byte {
	s := newSheet("location", "line", "weight", "from", "to")
	for i := range w.Locations {
		l := &w.Locations[i]
		if world.Partners[l.Partner].Trade != world.Wholesale {
			s.row(l.Code, "", strconv.FormatInt(int64(l.Size*1000), 10), "", "")
		}
	}
	return s.text()
}

// competitorPrices are what two makers ask for what competes with the products that sell best, as the vendor's people note it once a
// month.
func competitorPrices(w *world.World) []byte {
	s := newSheet("date", "item", "competitor", "price", "currency", "partner", "territory")
	for back := sellthrough.Day(390); back > 0; back -= 30 {
		d := w.Opening - back
		for i := range w.Products {
			p := &w.Products[i]
			if p.Launch > d || p.End != 0 && p.End < d || i%6 != 0 {
				continue
			}
			for c, name := range []string{"Norrvik", "Halden"} {
				r := world.Dice(w.Seed, 0xc0, uint64(i), uint64(c))
				level := 0.88 + 0.2*r.Float64() - 0.0002*float64(390-back)*float64(c) // one of them becomes cheaper
				s.row(d.String(), p.Code, name, cents(int64(float64(p.ListOn(d))*level)/100*100), "CNY", "", "CN")
			}
		}
	}
	return s.text()
}

// scoreWeights are what the vendor makes of the parts of a partner's score: whoever meets its targets is worth the most.
func scoreWeights() []byte {
	s := newSheet("part", "weight", "from", "to")
	for _, w := range [][2]string{{"attainment", "35"}, {"growth", "15"}, {"timeliness", "10"}, {"match", "5"}, {"stock", "15"}, {"returns", "10"}, {"price", "10"}} {
		s.row(w[0], w[1], "", "")
	}
	return s.text()
}
