package independent

import (
	"cmp"
	"math/big"
	"slices"
	"testing"

	"sellthrough"
)

var goods = []check{
	{"reconciliation", reconciliation},
	{"reconciliation as it was known", reconciliationAsOf},
	{"ageing", ageing},
	{"stock turn", stockTurn},
	{"price protection", priceProtection},
	{"receivable days", receivableDays},
}

// shelf is a product of a location.
type shelf struct{ partner, location, product string }

func (s shelf) String() string { return s.partner + "|" + s.location + "|" + s.product }

const byShelf = "concat(partner, '|', location, '|', product)"

// level is what the last report of a day says of a shelf.
type level struct {
	day   sellthrough.Day
	units int64
}

// levels of a kind by shelf, the oldest first: of each code of a product the last of a day, the codes added.
func (c *channel) levels(kind string, from, to sellthrough.Day) map[shelf][]level {
	type slot struct {
		shelf
		item string
		day  sellthrough.Day
	}
	type report struct{ at, units int64 }
	last := map[slot]report{}
	for _, f := range c.Of(sellthrough.Stock) {
		k := slot{shelf{f.Partner, f.Location, f.Product}, f.Item, f.Day}
		if f.Kind != kind || f.Day < from || f.Day > to {
			continue
		}
		if r, ok := last[k]; !ok || f.At >= r.at {
			last[k] = report{f.At, int64(f.Qty)}
		}
	}
	days := map[shelf]map[sellthrough.Day]int64{}
	for k, r := range last {
		if days[k.shelf] == nil {
			days[k.shelf] = map[sellthrough.Day]int64{}
		}
		days[k.shelf][k.day] += r.units
	}
	out := map[shelf][]level{}
	for s, list := range days {
		for d, n := range list {
			out[s] = append(out[s], level{d, n})
		}
		slices.SortFunc(out[s], func(a, b level) int { return cmp.Compare(a.day, b.day) })
	}
	return out
}

// newest is the last level in a span of days.
func newest(list []level, from, to sellthrough.Day) (level, bool) {
	for _, l := range slices.Backward(list) {
		if l.day >= from && l.day <= to {
			return l, true
		}
	}
	return level{}, false
}

// move is units that came to a shelf or left it.
type move struct {
	day   sellthrough.Day
	kind  string
	units int64
}

// moves by shelf.
func (c *channel) moves() map[shelf][]move {
	out := map[shelf][]move{}
	for _, kind := range []sellthrough.FeedKind{sellthrough.Sales, sellthrough.Shipments, sellthrough.Transfers} {
		for _, f := range c.Of(kind) {
			if kind == sellthrough.Shipments && f.Kind != "received" || f.Kind == "void" {
				continue
			}
			s := shelf{f.Partner, f.Location, f.Product}
			out[s] = append(out[s], move{f.Day, f.Kind, int64(f.Qty)})
		}
	}
	return out
}

func reconciliation(t *testing.T, c *channel) {
	from, to := c.window()
	want := reconciled(c.levels, c.moves(), from, to)
	for _, name := range []string{"calculated_closing", "siso_gap", "gap_in_transit", "gap_returns", "gap_damaged", "gap_unreported", "gap_rest"} {
		t.Run(name, func(t *testing.T) {
			least := map[string]int{"calculated_closing": 4000, "siso_gap": 10, "gap_unreported": 10, "gap_rest": 10}[name]
			same(t, least, want[name], c.asked(t, name, byShelf, "", with(from, to)...))
		})
	}
	// The parts add up to the gap, position by position and to the last digit.
	if n := c.Tell(t, "SELECT count() FROM v_reconciliation("+with(from, to)[0]+", "+with(from, to)[1]+") WHERE in_transit + returns + damaged + unreported + rest != gap OR reported - calculated != gap"); n != "0" {
		t.Errorf("of %s positions the parts do not add up to the gap", n)
	}
}

// reconciled works every position out.
func reconciled(levels func(string, sellthrough.Day, sellthrough.Day) map[shelf][]level, moves map[shelf][]move, from, to sellthrough.Day) map[string]map[string]string {
	onHand, waiting, broken := levels("on_hand", from-7, to), levels("returns_pending", from-7, to), levels("damaged", from-7, to)
	type place struct{ partner, location string }
	bought, received, came, sells := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	days := map[place]map[sellthrough.Day]bool{}
	for s, list := range moves {
		for _, m := range list {
			if m.day <= to && m.day >= from-34 && (m.kind == "sell_out" || m.kind == "sell_through" || m.kind == "return_in") {
				p := place{s.partner, s.location}
				if days[p] == nil {
					days[p] = map[sellthrough.Day]bool{}
				}
				days[p][m.day] = true
			}
			if m.day < from-6 || m.day > to || s.product == "" {
				continue
			}
			switch m.kind {
			case "sell_in":
				bought[s.partner], came[s.partner] = true, true
			case "received":
				received[s.partner], came[s.partner] = true, true
			case "arrived", "transfer":
				came[s.partner] = true
			case "sell_out", "sell_through":
				sells[s.partner] = true
			}
		}
	}
	out := map[string]map[string]string{}
	put := func(name string, s shelf, n int64) {
		if out[name] == nil {
			out[name] = map[string]string{}
		}
		out[name][s.String()] = plain(micros(n))
	}
	for s, list := range onHand {
		opening, ok := newest(list, from-7, from-1)
		closing, also := newest(list, max(from, to-6), to)
		if !ok || !also || s.product == "" || !came[s.partner] || !sells[s.partner] {
			continue
		}
		sums := map[string]int64{}
		for _, m := range moves[s] {
			if m.day > opening.day && m.day <= closing.day {
				sums[m.kind] += m.units
			}
		}
		in, transit := sums["sell_in"], int64(0)
		if !bought[s.partner] {
			in = sums["received"]
		} else if received[s.partner] {
			transit = sums["received"] - in
		}
		sold := sums["sell_out"] + sums["sell_through"] + sums["return_in"] // a return is written with a minus
		calculated := opening.units + in - sold + sums["return_out"] + sums["transfer"] + sums["arrived"] - sums["sent"] + sums["adjustment"]
		gap := closing.units - calculated
		change := func(of []level) (int64, bool) {
			a, ok := newest(of, from-7, from-1)
			b, also := newest(of, max(from, to-6), to)
			return b.units - a.units, ok && also
		}
		returns, damaged := int64(0), int64(0)
		if n, ok := change(waiting[s]); ok {
			returns = -n
		}
		if n, ok := change(broken[s]); ok {
			damaged = -max(0, n+min(0, sums["adjustment"]))
		}
		told, missing := int64(0), int64(0)
		at := days[place{s.partner, s.location}]
		for d := opening.day + 1; d <= closing.day; d++ {
			switch {
			case at[d]:
				told++
			case at[d-7], at[d-14], at[d-21], at[d-28]:
				missing++
			}
		}
		unreported := int64(0)
		if told > 0 {
			unreported = -sold * missing / told
		}
		put("calculated_closing", s, calculated)
		put("siso_gap", s, gap)
		put("gap_in_transit", s, transit)
		put("gap_returns", s, returns)
		put("gap_damaged", s, damaged)
		put("gap_unreported", s, unreported)
		put("gap_rest", s, gap-transit-returns-damaged-unreported)
	}
	return out
}

// receipts make the layers of a shelf, by age in days.
func layers(list []level, moves []move, on sellthrough.Day) (buckets [3]int64, older, onHand int64, reaches bool) {
	had := map[string]bool{}
	for _, m := range moves {
		if m.day > on-91 && m.day <= on {
			had[m.kind] = true
		}
	}
	into := func(age sellthrough.Day, units int64) {
		switch {
		case age <= 30:
			buckets[0] += units
		case age <= 60:
			buckets[1] += units
		case age <= 90:
			buckets[2] += units
		}
	}
	source := "rises"
	if had["received"] {
		source = "received"
	} else if had["sell_in"] {
		source = "sell_in"
	}
	for _, m := range moves {
		if m.day <= on && source != "rises" && (m.kind == source || m.kind == "arrived") {
			into(on-m.day, m.units)
		}
	}
	for i := 1; i < len(list); i++ {
		if up := list[i].units - list[i-1].units; up > 0 && source == "rises" {
			into(on-list[i].day, up)
		}
	}
	onHand = list[len(list)-1].units
	older = onHand
	for i := range buckets {
		buckets[i] = max(0, min(buckets[i], older))
		older -= buckets[i]
	}
	return buckets, older, onHand, on-list[0].day > 90
}

func ageing(t *testing.T, c *channel) {
	on := c.Day
	moves := c.moves()
	price := map[string]int64{}
	for _, p := range c.Sheets["products"] {
		price[p["code"]] = c.inReporting(t, decimal(t, p["list_price"]), p["currency"], on)
	}
	units, money, share, young := map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}
	for s, list := range c.levels("on_hand", on-119, on) {
		buckets, older, onHand, reaches := layers(list, moves[s], on)
		if list[len(list)-1].day <= on-7 || onHand <= 0 {
			continue
		}
		if !reaches {
			older = 0
		}
		units[s.String()] = plain(micros(older))
		money[s.String()] = plain(cut(times(older, price[s.product]), 6))
		share[s.String()] = six(hundred(older), micros(onHand))
		young[s.String()] = plain(micros(buckets[0])) + " " + plain(micros(buckets[1])) + " " + plain(micros(buckets[2]))
	}
	day := "day = '" + on.String() + "'"
	same(t, 100, units, c.asked(t, "ageing", byShelf, "", day))
	same(t, 100, money, c.asked(t, "ageing_money", byShelf, "", day))
	same(t, 100, share, c.asked(t, "aged_share", byShelf, "", day))
	got := map[string]string{}
	for _, r := range c.Ask(t, "SELECT "+byShelf+", concat(toString(days_0_30), ' ', toString(days_31_60), ' ', toString(days_61_90)) FROM v_ageing("+day+")").Rows {
		got[r[0].(string)] = r[1].(string)
	}
	same(t, 4000, young, got)
}

// times is a × b, millionths of millionths.
func times(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }

// cut takes n digits off the end.
func cut(x *big.Int, n int) *big.Int {
	return new(big.Int).Quo(x, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
}

// rate of a currency on a day, in millionths; one where none is known.
func (c *channel) rate(t *testing.T, currency string, on sellthrough.Day) int64 {
	t.Helper()
	best, rate := sellthrough.Day(-1<<20), int64(sellthrough.One)
	for _, r := range c.Sheets["rates"] {
		if d := day(t, r["date"]); r["currency"] == currency && d <= on && d >= best {
			best, rate = d, decimal(t, r["rate"])
		}
	}
	return rate
}

func (c *channel) inReporting(t *testing.T, amount int64, currency string, on sellthrough.Day) int64 {
	t.Helper()
	return cut(times(amount, c.rate(t, currency, on)), 6).Int64()
}

func stockTurn(t *testing.T, c *channel) {
	from, to := c.window()
	type cost struct {
		from, to sellthrough.Day
		cost     int64
		currency string
	}
	costs := map[string][]cost{}
	for _, r := range c.Sheets["product_costs"] {
		a, b := span(t, r)
		costs[r["item"]] = append(costs[r["item"]], cost{a, b, decimal(t, r["cost"]), r["currency"]})
	}
	for _, p := range c.Sheets["products"] {
		costs[p["code"]] = append(costs[p["code"]], cost{-1 << 20, 1 << 20, decimal(t, p["cost"]), p["currency"]})
	}
	rates := map[string]int64{}
	value := func(product string, units int64, on sellthrough.Day) *big.Int {
		for _, x := range costs[product] {
			if on >= x.from && on <= x.to {
				if _, ok := rates[x.currency]; !ok {
					rates[x.currency] = c.rate(t, x.currency, on) // those of the demo's costs never change
				}
				return cut(new(big.Int).Mul(times(units, x.cost), big.NewInt(rates[x.currency])), 12)
			}
		}
		return new(big.Int)
	}
	moves := c.moves()
	want := map[string]string{}
	for s, list := range c.levels("on_hand", from-7, to) {
		opening, ok := newest(list, from-7, from-1)
		closing, also := newest(list, max(from, to-6), to)
		if !ok || !also || s.product == "" {
			continue
		}
		byDay := map[sellthrough.Day]int64{}
		for _, m := range moves[s] {
			if m.day >= from && m.day <= to && (m.kind == "sell_out" || m.kind == "sell_through" || m.kind == "return_in") {
				byDay[m.day] += m.units
			}
		}
		sold := new(big.Int)
		for d, n := range byDay {
			sold.Add(sold, value(s.product, n, d))
		}
		yearly := sold.Quo(sold.Mul(sold, big.NewInt(365)), big.NewInt(int64(to-from+1)))
		held := value(s.product, max(0, opening.units), opening.day)
		held.Add(held, value(s.product, max(0, closing.units), closing.day))
		want[s.String()] = six(yearly, held.Quo(held, big.NewInt(2)))
	}
	same(t, 1000, want, c.asked(t, "stock_turn", byShelf, "", with(from, to)...))
}

func priceProtection(t *testing.T, c *channel) {
	from, to := c.window()
	levels, moves, inside := c.levels("on_hand", from-7, to), c.moves(), c.inside(t)
	money, units := map[string]*big.Int{}, map[string]int64{}
	for _, r := range c.Sheets["price_changes"] {
		on := day(t, r["date"])
		if on < from || on > to {
			continue
		}
		each := c.inReporting(t, max(0, decimal(t, r["old"])-decimal(t, r["new"])), r["currency"], on)
		for s, list := range levels {
			held, ok := newest(list, on-7, on-1)
			if s.product != r["item"] || !ok || inside(s.partner, on) {
				continue
			}
			bought := int64(0)
			for _, m := range moves[s] {
				if (m.kind == "sell_in" || m.kind == "return_out") && m.day >= on-sellthrough.Day(decimal(t, r["window_days"])/int64(sellthrough.One)) && m.day < on {
					bought += m.units
				}
			}
			if bought <= 0 {
				continue
			}
			n := max(0, min(bought, held.units))
			if money[s.String()] == nil {
				money[s.String()] = new(big.Int)
			}
			money[s.String()].Add(money[s.String()], cut(times(n, each), 6))
			units[s.String()] += n
		}
	}
	wantMoney, wantUnits := map[string]string{}, map[string]string{}
	for k := range money {
		wantMoney[k], wantUnits[k] = plain(money[k]), plain(micros(units[k]))
	}
	same(t, 20, wantMoney, c.asked(t, "price_protection", byShelf, "", with(from, to)...))
	same(t, 20, wantUnits, c.asked(t, "protected_units", byShelf, "", with(from, to)...))
	claimed, wantClaimed := map[string]int64{}, map[string]string{}
	owner := c.owners()
	for _, f := range c.Of(sellthrough.Money) {
		if f.Kind == "claimed" && f.Reason == "price protection" && f.Day >= from && f.Day <= to {
			claimed[cmp.Or(owner[f.Party], f.Partner)] += int64(f.Base)
		}
	}
	for p, n := range claimed {
		wantClaimed[p] = plain(micros(n))
	}
	same(t, 1, wantClaimed, c.asked(t, "price_protection_claimed", "partner", "", with(from, to)...))
}

// owners are the partners of codes.
func (c *channel) owners() map[string]string {
	out := map[string]string{}
	for _, l := range c.Sheets["locations"] {
		out[l["code"]] = l["partner"]
	}
	for _, p := range c.Sheets["partners"] {
		out[p["partner"]] = p["partner"]
	}
	return out
}

func receivableDays(t *testing.T, c *channel) {
	vendors, owner := map[string]bool{}, c.owners()
	for _, p := range c.Sheets["partners"] {
		vendors[p["partner"]] = p["tier"] == "vendor"
	}
	owed, credit := map[string]int64{}, map[string]int64{}
	for _, f := range c.Of(sellthrough.Money) {
		sign := map[string]int64{"invoiced": 1, "paid": -1, "credited": -1}[f.Kind]
		other := owner[f.Party]
		if sign == 0 || f.Day > c.Day || !vendors[f.Partner] || vendors[other] {
			continue
		}
		p := cmp.Or(other, f.Partner)
		owed[p] += sign * int64(f.Base)
		if credit[p] += 0; f.Kind != "paid" && f.Day > c.Day-90 {
			credit[p] += sign * int64(f.Base)
		}
	}
	days, money := map[string]string{}, map[string]string{}
	for p, n := range owed {
		days[p] = six(new(big.Int).Mul(big.NewInt(90), big.NewInt(n)), big.NewInt(max(0, credit[p])))
		money[p] = plain(micros(n))
	}
	on := "day = '" + c.Day.String() + "'"
	same(t, 4, days, c.asked(t, "collection_period", "partner", "", on))
	same(t, 4, money, c.asked(t, "receivables", "partner", "", on))
}
