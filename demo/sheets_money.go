package demo

import (
	"maps"
	"slices"
	"strconv"

	"sellthrough"
	"sellthrough/demo/world"
)

// prices are the vendor's list prices: of its home market, and of the two abroad.
func prices(w *world.World) []byte {
	s := newSheet("list", "item", "price", "currency", "from", "to")
	for _, list := range []struct{ name, currency string }{{"home", "CNY"}, {"continent", "EUR"}, {"united-kingdom", "GBP"}} {
		for i := range w.Products {
			p := &w.Products[i]
			for _, span := range spans(p) {
				s.row(list.name, p.Code, cents(world.Local(p.ListOn(span.from), list.currency)), list.currency, day(span.from), day(span.to))
			}
		}
	}
	return s.text()
}

type span struct{ from, to sellthrough.Day }

// spans are the times of one list price of a product.
func spans(p *world.Product) []span {
	if p.Cut == nil {
		return []span{{p.Launch, 0}}
	}
	return []span{{p.Launch, p.Cut.Day - 1}, {p.Cut.Day, 0}}
}

func floors(w *world.World) []byte {
	s := newSheet("item", "tier", "partner", "territory", "floor", "currency", "from", "to")
	for i := range w.Products {
		p := &w.Products[i]
		for _, tier := range []string{"national-distributor", "regional-distributor", "dealer", "retailer"} {
			for _, span := range spans(p) {
				s.row(p.Code, tier, "", "", cents(world.Floor(tier, p.ListOn(span.from))), "CNY", day(span.from), day(span.to))
			}
		}
	}
	return s.text()
}

func productCosts(w *world.World) []byte {
	s := newSheet("item", "cost", "currency", "from", "to")
	cheaper := w.Opening - world.Cheaper
	for i := range w.Products {
		p := &w.Products[i]
		if p.Launch < cheaper {
			s.row(p.Code, cents(w.CostOn(i, p.Launch)), "CNY", "", day(cheaper-1))
		}
		s.row(p.Code, cents(w.CostOn(i, cheaper)), "CNY", day(cheaper), "")
	}
	return s.text()
}

func priceChanges(w *world.World) []byte {
	s := newSheet("item", "date", "old", "new", "currency", "window_days")
	for _, c := range w.Cuts {
		s.row(w.Products[c.Product].Code, c.Day.String(), cents(c.Old), cents(c.New), "CNY", strconv.Itoa(world.ProtectedDays))
	}
	return s.text()
}

func support(w *world.World) []byte {
	s := newSheet("partner", "programme", "what", "date", "amount", "currency", "line")
	for _, x := range w.Support(w.Opening-730, w.Opening) {
		what := "given"
		if x.Used {
			what = "used"
		}
		s.row(world.Partners[x.Partner].ID, x.Programme, what, x.Day.String(), cents(x.Cents), x.Currency, x.Line)
	}
	return s.text()
}

// outlook is what the vendor expects: its targets, its costs and its view of the market are made of it.
type outlook struct {
	w         *world.World
	prospects []world.Prospect
	last      sellthrough.Day // of the quarter after the opening day's
}

func newOutlook(w *world.World) *outlook {
	first := w.Opening - 730
	for first < w.First || first.Time().Day() != 1 || first.Time().Month()%3 != 1 {
		first++
	}
	last := w.Opening + 92
	for (last+1).Time().Day() != 1 || (last+1).Time().Month()%3 != 1 {
		last++
	}
	return &outlook{w: w, prospects: w.Expect(min(first, w.Opening), last), last: last}
}

// ambition is what a partner is asked for, as a share of what it is expected to sell.
var ambition = map[int]float64{
	world.JadeCrane: 1.02, world.NorthLantern: 1.12, world.Lychee: 0.97, world.NineBridges: 1.03, world.Pixelwald: 1.22, world.Bazaarlet: 0.94, world.Kestavo: 1.06, world.Tamarind: 1.05,
	world.West: 1.08, world.North: 0.98, world.East: 1.00, world.Nanjing: 1.30, world.Hangzhou: 0.92, world.Central: 1.04, world.Imaging: 1.02, world.Networks: 1.15,
}

// target is a row of targets.csv before its figure.
type target struct{ node, partner, unit, line, period, basis, measure string }

// targets of partners by quarter and month, of some by line; of nodes by quarter, of the large ones by business unit.
func (o *outlook) targets() []byte {
	sums := map[target]float64{}
	for _, x := range o.prospects {
		pi := o.w.Locations[x.Location].Partner
		p := &world.Partners[pi]
		units, money := x.Units*ambition[pi], x.Money*ambition[pi]
		basis := "sell_out"
		if p.Trade == world.Wholesale {
			basis = "sell_through"
		}
		line := &world.Lines[x.Line]
		quarter, month := world.Quarter(x.Month), x.Month.Time().Format("2006-01")
		sums[target{"", p.ID, "", "", quarter, basis, "money"}] += money
		sums[target{"", p.ID, "", "", quarter, basis, "units"}] += units
		sums[target{"", p.ID, "", "", month, basis, "money"}] += money
		if p.Tier != "vendor" || pi == world.Kestavo {
			sums[target{"", p.ID, "", line.Name, quarter, basis, "units"}] += units
		}
		switch pi {
		case world.JadeCrane, world.NineBridges, world.Pixelwald, world.Tamarind:
			sums[target{"", p.ID, "", "", quarter, "sell_in", "money"}] += money * p.Buys / p.Level
		}
		for _, n := range o.above(p.Node, x.Month) {
			sums[target{n, "", "", "", quarter, basis, "money"}] += money
			if n == "hq" || n == "cn" || n == "emea" {
				sums[target{n, "", line.Unit, "", quarter, basis, "money"}] += money
			}
		}
	}
	s := newSheet("node", "partner", "unit", "line", "period", "basis", "measure", "target")
	keys := slices.SortedFunc(maps.Keys(sums), func(a, b target) int {
		return slices.Compare([]string{a.period, a.node, a.partner, a.unit, a.line, a.basis, a.measure}, []string{b.period, b.node, b.partner, b.unit, b.line, b.basis, b.measure})
	})
	for _, k := range keys {
		figure := strconv.FormatInt(max(1, int64(sums[k]+0.5)), 10)
		if k.measure == "money" {
			figure = cents(max(1, int64(sums[k]/100_000+0.5)) * 100_000)
		}
		s.row(k.node, k.partner, k.unit, k.line, k.period, k.basis, k.measure, figure)
	}
	return s.text()
}

// above is a node and all that it stands under on a day.
func (o *outlook) above(node string, d sellthrough.Day) []string {
	var out []string
	for node != "" {
		out = append(out, node)
		next := ""
		for _, n := range o.w.Organisation() {
			if n.Code == node && d >= n.From && (n.To == 0 || d <= n.To) {
				next = n.Parent
			}
		}
		node = next
	}
	return out
}

// channelCosts are what the vendor's nodes cost by the month: a part of what is expected of them. Divisions that each have their own
// people and stores cost more; a distributor looks after itself.
func (o *outlook) channelCosts() []byte {
	type key struct {
		node, unit, month string
	}
	sums := map[key]float64{}
	for _, x := range o.prospects {
		if x.Month > o.w.Opening {
			continue
		}
		p := &world.Partners[o.w.Locations[x.Location].Partner]
		k := key{node: p.Node, month: x.Month.Time().Format("2006-01")}
		switch o.w.Locations[x.Location].Partner {
		case world.Central, world.Imaging, world.Networks:
			k.unit = world.Lines[x.Line].Unit
		}
		sums[k] += x.Money
	}
	shares := []struct {
		kind                                string
		office, division, partner, shipping float64
	}{
		{"storage", 0.010, 0.022, 0.002, 0.012},
		{"transport", 0.012, 0.018, 0.006, 0.030},
		{"staff", 0.045, 0.085, 0.008, 0.012},
		{"service", 0.008, 0.012, 0.004, 0.010},
		{"promotion", 0.006, 0.010, 0.008, 0.035},
	}
	s := newSheet("node", "unit", "period", "kind", "amount")
	keys := slices.SortedFunc(maps.Keys(sums), func(a, b key) int {
		return slices.Compare([]string{a.month, a.node, a.unit}, []string{b.month, b.node, b.unit})
	})
	for _, k := range keys {
		if sums[k] == 0 {
			continue
		}
		for i, x := range shares {
			share := x.partner
			switch k.node {
			case "cn-imaging-division", "cn-connectivity-division":
				share = x.division
			case "online-office":
				share = x.shipping
			case "cn-west-office", "cn-north-branch", "cn-east-branch", "cn-nanjing-office", "cn-hangzhou-office", "cn-central-platform":
				share = x.office
			}
			wobble := 0.92 + 0.16*world.Dice(o.w.Seed, 0xc057, uint64(i), uint64(len(k.node)), uint64(len(k.unit)), number(k.month)).Float64()
			s.row(k.node, k.unit, k.month, x.kind, cents(int64(sums[k]*share*wobble/100)*100))
		}
	}
	return s.text()
}

// number is that of a text of digits and marks.
func number(s string) (n uint64) {
	for _, c := range s {
		n = n*31 + uint64(c)
	}
	return n
}
