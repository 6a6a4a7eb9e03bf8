package independent

import (
	"cmp"
	"math/big"
	"slices"
	"testing"

	"sellthrough"
)

var conflict = []check{
	{"cross-territory share", crossTerritory},
	{"serial numbers", serialNumbers},
	{"price discipline", priceDiscipline},
}

// above is a territory and those above it.
func (c *channel) above(territory string) []string {
	var out []string
	for territory != "" && len(out) < 20 {
		out = append(out, territory)
		next := ""
		for _, r := range c.Sheets["territories"] {
			if r["territory"] == territory {
				next = r["parent"]
			}
		}
		territory = next
	}
	return out
}

// lineOf is the line of every product.
func (c *channel) lineOf() map[string]string {
	out := map[string]string{}
	for _, p := range c.Sheets["products"] {
		out[p["code"]] = p["line"]
	}
	return out
}

func crossTerritory(t *testing.T, c *channel) {
	from, to := c.window()
	line, at := c.lineOf(), map[string]string{}
	for _, l := range c.Sheets["locations"] {
		at[l["code"]] = l["territory"]
	}
	assigned := func(partner, product string, on sellthrough.Day) []string {
		var out []string
		for _, a := range c.Sheets["assignments"] {
			if first, last := span(t, a); a["partner"] == partner && (a["line"] == "" || a["line"] == line[product]) && on >= first && on <= last {
				out = append(out, a["territory"])
			}
		}
		return out
	}
	type sums struct{ sold, outside, money int64 }
	got := map[string]*sums{}
	for _, s := range c.sales(t) {
		if s.reads != "sell_out" && s.reads != "sell_through" || s.Day < from || s.Day > to {
			continue
		}
		areas := assigned(s.Partner, s.Product, s.Day)
		if areas == nil {
			continue
		}
		if got[s.Partner] == nil {
			got[s.Partner] = &sums{}
		}
		x := got[s.Partner]
		x.sold += int64(s.Qty)
		to := cmp.Or(s.Region, at[s.Party])
		if to != "" && !slices.ContainsFunc(c.above(to), func(a string) bool { return slices.Contains(areas, a) }) {
			x.outside += int64(s.Qty)
			x.money += int64(s.Base)
		}
	}
	share, units, money := map[string]string{}, map[string]string{}, map[string]string{}
	for p, x := range got {
		share[p], units[p], money[p] = six(hundred(x.outside), micros(x.sold)), plain(micros(x.outside)), plain(micros(x.money))
	}
	same(t, 2, share, c.asked(t, "cross_territory_share", "partner", "", with(from, to)...))
	same(t, 2, units, c.asked(t, "cross_territory_units", "partner", "", with(from, to)...))
	same(t, 2, money, c.asked(t, "cross_territory_money", "partner", "", with(from, to)...))
}

func serialNumbers(t *testing.T, c *channel) {
	from, to := c.window()
	type unit struct{ product, serial string }
	type story struct {
		sold  int
		last  sellthrough.Day
		sales int
	}
	units := map[unit]*story{}
	for _, f := range c.Of(sellthrough.Sales) {
		if f.Serial == "" || f.Product == "" || f.Day > to || f.Day <= to-400 || f.Kind != "sell_out" && f.Kind != "return_in" {
			continue
		}
		u := unit{f.Product, f.Serial}
		if units[u] == nil {
			units[u] = &story{}
		}
		if f.Kind == "return_in" {
			units[u].sold--
			continue
		}
		units[u].sold++
		units[u].sales++
		units[u].last = max(units[u].last, f.Day)
	}
	want := map[string]string{}
	for u, s := range units {
		if s.sold > 1 && s.last >= from {
			want[u.product+"|"+u.serial] = "1"
		}
	}
	same(t, 1, want, c.asked(t, "serials_sold_twice", "concat(product, '|', serial)", "", with(from, to)...))
	// The demo's deliveries name no serial numbers: of none it is known who got it.
	if got := c.asked(t, "serials_never_received", "partner", "", with(from, to)...); len(got) > 0 {
		t.Errorf("serial numbers that were never received: %v", got)
	}
}

func priceDiscipline(t *testing.T, c *channel) {
	from, to := c.window()
	inside := c.inside(t)
	tier, at := map[string]string{}, map[string]string{}
	for _, p := range c.Sheets["partners"] {
		tier[p["partner"]] = p["tier"]
	}
	for _, l := range c.Sheets["locations"] {
		at[l["code"]] = l["territory"]
	}
	floors := map[string][]map[string]string{}
	for _, f := range c.Sheets["floors"] {
		floors[f["item"]] = append(floors[f["item"]], f)
	}
	type cell struct {
		shelf
		day         sellthrough.Day
		kind, party string
	}
	type sums struct {
		units, money int64
		unknown      bool
	}
	cells := map[cell]*sums{}
	for _, f := range c.Of(sellthrough.Sales) {
		if f.Kind != "sell_out" && f.Kind != "sell_through" || f.Day < from || f.Day > to || inside(f.Partner, f.Day) && inside(f.Party, f.Day) {
			continue
		}
		k := cell{shelf{f.Partner, f.Location, f.Product}, f.Day, f.Kind, f.Party}
		if cells[k] == nil {
			cells[k] = &sums{}
		}
		x := cells[k]
		x.units, x.money, x.unknown = x.units+int64(f.Qty), x.money+int64(f.Base), x.unknown || !f.HasAmount
	}
	type result struct{ units, below int64 }
	got := map[string]*result{}
	asked, least := map[string]*big.Int{}, map[string]*big.Int{}
	for k, x := range cells {
		best, floor := -1, int64(0)
		for _, f := range floors[k.product] {
			first, last := span(t, f)
			if k.day < first || k.day > last || f["tier"] != "" && f["tier"] != tier[k.partner] || f["partner"] != "" && f["partner"] != k.partner ||
				f["territory"] != "" && !slices.Contains(c.above(at[k.location]), f["territory"]) {
				continue
			}
			names := 0
			for column, n := range map[string]int{"partner": 4, "territory": 2, "tier": 1} {
				if f[column] != "" {
					names += n
				}
			}
			if names > best {
				best, floor = names, decimal(t, f["floor"]) // the demo's are in the reporting currency
			}
		}
		if best < 0 || x.unknown || x.units <= 0 {
			continue
		}
		if got[k.partner] == nil {
			got[k.partner], asked[k.partner], least[k.partner] = &result{}, new(big.Int), new(big.Int)
		}
		got[k.partner].units += x.units
		if bound := cut(times(x.units, floor), 6); micros(x.money).Cmp(bound) < 0 {
			got[k.partner].below += x.units
			asked[k.partner].Add(asked[k.partner], micros(x.money))
			least[k.partner].Add(least[k.partner], bound)
		}
	}
	share, depth, units, money := map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}
	for p, r := range got {
		short := new(big.Int).Sub(least[p], asked[p])
		share[p], units[p], money[p] = six(hundred(r.below), micros(r.units)), plain(micros(r.below)), plain(short)
		depth[p] = six(new(big.Int).Mul(big.NewInt(100), short), least[p])
	}
	same(t, 1, share, c.asked(t, "price_discipline", "partner", "", with(from, to)...))
	same(t, 1, depth, c.asked(t, "price_depth", "partner", "", with(from, to)...))
	same(t, 1, units, c.asked(t, "below_floor_units", "partner", "", with(from, to)...))
	same(t, 1, money, c.asked(t, "below_floor_money", "partner", "", with(from, to)...))
}
