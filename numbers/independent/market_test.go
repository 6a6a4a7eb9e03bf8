package independent

import (
	"math/big"
	"strconv"
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/numbers/channeltest"
)

var market = []check{
	{"net sell-out of partners", netSellOut},
	{"channel share", channelShare},
	{"penetration, growth of the market and against it", markets},
	{"weighted distribution", weightedDistribution},
	{"concentration", concentration},
	{"channel cost per unit", channelCost},
	{"marketing support", support},
	{"price against competitors", competitors},
	{"repeat purchase", repeatPurchase},
	{"salespeople", salespeople},
}

// tally adds millionths by name.
type tally map[string]*big.Int

func (x tally) add(k string, n int64) {
	if x[k] == nil {
		x[k] = new(big.Int)
	}
	x[k].Add(x[k], big.NewInt(n))
}

func (x tally) of(k string) *big.Int {
	if x[k] == nil {
		return new(big.Int)
	}
	return x[k]
}

// percent is 100 × a ÷ b.
func percent(a, b *big.Int) string { return six(new(big.Int).Mul(a, big.NewInt(100)), b) }

// quotient is a ÷ b in millionths, cut off.
func quotient(a, b *big.Int) *big.Int {
	q := new(big.Int).Mul(a, big.NewInt(1_000_000))
	return q.Quo(q, b)
}

// gain is 100 × (a ÷ b − 1), the quotient cut off after six digits.
func gain(a, b *big.Int) *big.Int {
	g := quotient(a, b)
	g.Sub(g, big.NewInt(1_000_000))
	return g.Mul(g, big.NewInt(100))
}

func netSellOut(t *testing.T, c *channel) {
	want, sums := map[string]string{}, tally{}
	for _, s := range c.sales(t) {
		if s.reads == "sell_out" {
			sums.add(s.Partner, int64(s.Qty))
		}
	}
	for p, n := range sums {
		want[p] = plain(n)
	}
	same(t, 10, want, c.asked(t, "net_sell_out_units", "partner", ""))
}

// lines is the product line of every product.
func (c *channel) lines() map[string]string {
	out := map[string]string{}
	for _, p := range c.Sheets["products"] {
		out[p["code"]] = p["line"]
	}
	return out
}

// territories is every territory with those above it, from itself up.
func (c *channel) territories() map[string][]string {
	parent := map[string]string{}
	for _, r := range c.Sheets["territories"] {
		parent[r["territory"]] = r["parent"]
	}
	for _, l := range c.Sheets["locations"] {
		if _, ok := parent[l["territory"]]; !ok {
			parent[l["territory"]] = ""
		}
	}
	out := map[string][]string{}
	for name := range parent {
		for at := name; at != ""; at = parent[at] {
			out[name] = append(out[name], at)
		}
	}
	return out
}

// places is the territory of every location.
func (c *channel) places() map[string]string {
	out := map[string]string{}
	for _, l := range c.Sheets["locations"] {
		out[l["code"]] = l["territory"]
	}
	return out
}

// ended are rows of a sheet whose period ended in the 92 days up to the last day, less those with a shorter one of the same kind
// inside.
func (c *channel) ended(t *testing.T, sheet string, of ...string) []map[string]string {
	t.Helper()
	name := func(r map[string]string) string {
		var out string
		for _, column := range of {
			out += r[column] + "\x00"
		}
		return out
	}
	var in, out []map[string]string
	for _, r := range c.Sheets[sheet] {
		if _, to := period(t, r["period"]); to <= c.Day && to > c.Day-92 && (sheet != "market" || decimal(t, r["units"]) > 0) {
			in = append(in, r)
		}
	}
	for _, r := range in {
		from, to := period(t, r["period"])
		inner := false
		for _, o := range in {
			first, last := period(t, o["period"])
			inner = inner || name(o) == name(r) && o["period"] != r["period"] && first >= from && last <= to
		}
		if !inner {
			out = append(out, r)
		}
	}
	return out
}

func channelShare(t *testing.T, c *channel) {
	lines := c.lines()
	ownUnits, ownMoney, units, money := tally{}, tally{}, tally{}, tally{}
	for _, r := range c.ended(t, "category_sales", "partner", "line") {
		from, to := period(t, r["period"])
		var u, m int64
		for _, s := range c.sales(t) {
			if s.reads == "sell_out" && s.Partner == r["partner"] && s.Day >= from && s.Day <= to && lines[s.Product] == r["line"] && s.Product != "" {
				u, m = u+int64(s.Qty), m+int64(s.Base)
			}
		}
		for _, k := range []string{r["partner"], r["partner"] + " " + r["line"]} {
			if n := decimal(t, r["units"]); n > 0 {
				ownUnits.add(k, u)
				units.add(k, n)
			}
			if n := decimal(t, r["money"]); n > 0 {
				ownMoney.add(k, m)
				money.add(k, n)
			}
		}
	}
	byUnits, byMoney := [2]map[string]string{{}, {}}, [2]map[string]string{{}, {}}
	for k := range units {
		i := strings.Count(k, " ")
		byUnits[min(i, 1)][k], byMoney[min(i, 1)][k] = percent(ownUnits.of(k), units.of(k)), percent(ownMoney.of(k), money.of(k))
	}
	for i, key := range []string{"partner", "concat(partner, ' ', line)"} {
		same(t, 3, byUnits[i], c.asked(t, "channel_share", key, "", "day = '"+c.Day.String()+"'"))
		same(t, 3, byMoney[i], c.asked(t, "channel_share_value", key, "", "day = '"+c.Day.String()+"'"))
	}
}

func markets(t *testing.T, c *channel) {
	lines, above, places := c.lines(), c.territories(), c.places()
	rows := c.ended(t, "market", "territory", "line")
	coarse := map[string]bool{} // a territory below has figures of its own
	for _, r := range rows {
		for _, up := range above[r["territory"]][1:] {
			coarse[up+"\x00"+r["line"]+"\x00"+r["period"]] = true
		}
	}
	size, sizeBoth, year, own, ownBoth, ownYear := tally{}, tally{}, tally{}, tally{}, tally{}, tally{}
	for _, r := range rows {
		if coarse[r["territory"]+"\x00"+r["line"]+"\x00"+r["period"]] {
			continue
		}
		from, to := period(t, r["period"])
		y, err := strconv.Atoi(r["period"][:4])
		if err != nil {
			t.Fatal(err)
		}
		before := strconv.Itoa(y-1) + r["period"][4:]
		yearFrom, yearTo := period(t, before)
		var last int64
		for _, o := range c.Sheets["market"] {
			if o["territory"] == r["territory"] && o["line"] == r["line"] && o["period"] == before {
				last = decimal(t, o["units"])
			}
		}
		var now, then int64
		for _, s := range c.sales(t) {
			if s.reads != "sell_out" || s.Product == "" || lines[s.Product] != r["line"] || !has(above[places[s.Location]], r["territory"]) {
				continue
			}
			if s.Day >= from && s.Day <= to {
				now += int64(s.Qty)
			}
			if s.Day >= yearFrom && s.Day <= yearTo {
				then += int64(s.Qty)
			}
		}
		for _, k := range []string{r["line"], "all"} {
			size.add(k, decimal(t, r["units"]))
			own.add(k, now)
			if last > 0 {
				sizeBoth.add(k, decimal(t, r["units"]))
				year.add(k, last)
				ownBoth.add(k, now)
				ownYear.add(k, then)
			}
		}
	}
	penetration, growth, against := map[string]string{}, map[string]string{}, map[string]string{}
	for k := range size {
		penetration[k], growth[k], against[k] = percent(own.of(k), size.of(k)), "NULL", "NULL"
		if year.of(k).Sign() != 0 {
			growth[k] = plain(gain(sizeBoth.of(k), year.of(k)))
		}
		if year.of(k).Sign() != 0 && ownYear.of(k).Sign() != 0 {
			d := quotient(ownBoth.of(k), ownYear.of(k))
			d.Sub(d, quotient(sizeBoth.of(k), year.of(k)))
			against[k] = plain(d.Mul(d, big.NewInt(100)))
		}
	}
	for number, want := range map[string]map[string]string{"penetration": penetration, "market_growth": growth, "growth_against_market": against} {
		got := c.asked(t, number, "line", "", "day = '"+c.Day.String()+"'")
		got["all"] = c.asked(t, number, "'all'", "", "day = '"+c.Day.String()+"'")["all"]
		same(t, 4, want, got)
	}
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func weightedDistribution(t *testing.T, c *channel) {
	from, to := c.window()
	weight := map[string]int64{}
	owner := map[string]string{}
	for _, l := range c.Sheets["locations"] {
		owner[l["code"]] = l["partner"]
	}
	byLine := map[string]int64{}
	for _, w := range c.Sheets["weights"] {
		if first, last := span(t, w); to >= first && to <= last && owner[w["location"]] != "" {
			if w["line"] == "" {
				weight[w["location"]] = decimal(t, w["weight"])
			} else {
				byLine[w["location"]] += decimal(t, w["weight"])
			}
		}
	}
	for l, n := range byLine {
		if _, ok := weight[l]; !ok {
			weight[l] = n
		}
	}
	type item struct{ partner, location, product string }
	sold := map[item]int64{}
	for _, s := range c.sales(t) {
		if s.reads == "sell_out" && s.Day >= from && s.Day <= to {
			sold[item{s.Partner, s.Location, s.Product}] += int64(s.Qty)
		}
	}
	selling, every := tally{}, tally{}
	seen := map[string]bool{}
	for k, n := range sold {
		if w, ok := weight[k.location]; ok && n > 0 && !seen[k.partner+"\x00"+k.location] {
			seen[k.partner+"\x00"+k.location] = true
			selling.add(k.partner, w)
		}
	}
	for l, w := range weight {
		every.add(owner[l], w)
	}
	want := map[string]string{}
	for p := range every {
		want[p] = percent(selling.of(p), every.of(p))
	}
	same(t, 5, want, c.asked(t, "weighted_distribution", "partner", "", with(from, to)...))

	lines := c.lines() // of one line, over all
	some, all := new(big.Int), new(big.Int)
	seen = map[string]bool{}
	for k, n := range sold {
		if w, ok := weight[k.location]; ok && n > 0 && lines[k.product] == "Networking" && !seen[k.location] {
			seen[k.location] = true
			some.Add(some, big.NewInt(w))
		}
	}
	for _, w := range weight {
		all.Add(all, big.NewInt(w))
	}
	same(t, 1, map[string]string{"x": percent(some, all)}, c.asked(t, "weighted_distribution", "'x'", "product = '' OR product IN (SELECT code FROM v_products WHERE line = 'Networking')", with(from, to)...))
}

func concentration(t *testing.T, c *channel) {
	sums := map[string]tally{}
	for _, s := range c.sales(t) {
		if s.reads != "sell_out" {
			continue
		}
		month := s.Day.Time().Format("200601")
		if sums[month] == nil {
			sums[month] = tally{}
		}
		sums[month].add(s.Partner, int64(s.Base))
	}
	largest, hhi := map[string]string{}, map[string]string{}
	for month, by := range sums {
		most, all, squares := new(big.Int), new(big.Int), new(big.Int)
		for _, n := range by {
			if n.Sign() < 0 {
				continue
			}
			if n.Cmp(most) > 0 {
				most = n
			}
			all.Add(all, n)
			squares.Add(squares, new(big.Int).Mul(n, n))
		}
		largest[month] = percent(most, all)
		// twelve digits behind the point, cut off twice, then six
		x := new(big.Int).Mul(squares, big.NewInt(1_000_000))
		x.Quo(x, all)
		x.Mul(x, big.NewInt(10_000_000_000))
		x.Quo(x, all)
		hhi[month] = plain(x.Quo(x, big.NewInt(1_000_000)))
	}
	same(t, 20, largest, c.asked(t, "concentration_largest", "toYYYYMM(business_date)", ""))
	same(t, 20, hhi, c.asked(t, "concentration_hhi", "toYYYYMM(business_date)", ""))
}

// standing is the way up from a node with the mode that it has there and whose mode that is.
func (c *channel) standing(t *testing.T, node string, d sellthrough.Day) string {
	t.Helper()
	var way []string
	for at := node; at != ""; {
		way = append(way, at)
		next := ""
		for _, o := range c.Sheets["organisation"] {
			if from, to := span(t, o); o["node"] == at && d >= from && d <= to && o["parent"] != "" {
				next = o["parent"]
			}
		}
		at = next
	}
	mode := ""
	for _, n := range way {
		for _, m := range c.Sheets["modes"] {
			if from, to := span(t, m); mode == "" && m["of"] == n && d >= from && d <= to {
				mode = m["mode"] + " of " + n
			}
		}
	}
	return strings.Join(way, " ") + " " + mode
}

func channelCost(t *testing.T, c *channel) {
	from, to := c.Day-120, c.Day-20
	units, costs := tally{}, tally{}
	for _, r := range c.Sheets["channel_costs"] {
		first, last := period(t, r["period"])
		if last < from || first > to {
			continue
		}
		days := int64(last - first + 1)
		stretch := func(n int64) { // days of one standing are one piece, that is cut off after six digits
			x := big.NewInt(decimal(t, r["amount"]))
			x.Mul(x, big.NewInt(n))
			costs.add(r["node"], x.Quo(x, big.NewInt(days)).Int64())
		}
		n, before := int64(0), ""
		for d := max(first, from); d <= min(last, to); d++ {
			s := c.standing(t, r["node"], d)
			if n > 0 && s != before {
				stretch(n)
				n = 0
			}
			n, before = n+1, s
		}
		stretch(n)
	}
	nodes := map[string]string{}
	for _, s := range c.sales(t) {
		if s.reads != "sell_out" || s.Day < from || s.Day > to {
			continue
		}
		k := s.Partner + s.Day.String()
		node, ok := nodes[k]
		if !ok {
			if way := c.path(t, s.Partner, s.Day); len(way) > 0 {
				node = way[0]
			}
			nodes[k] = node
		}
		units.add(node, int64(s.Qty))
	}
	want := map[string]string{}
	for k := range costs {
		want[k] = six(costs.of(k), units.of(k))
	}
	for k := range units {
		want[k] = six(costs.of(k), units.of(k))
	}
	same(t, 8, want, c.asked(t, "channel_cost_per_unit", "node", "", append(with(from, to), "tree = 'then'")...))
}

func support(t *testing.T, c *channel) {
	from, to := c.Day-180, c.Day
	lines := c.lines()
	given, used, extra := tally{}, tally{}, tally{}
	scope := map[string]bool{}
	for _, r := range c.Sheets["support"] {
		d := day(t, r["date"])
		if d < from || d > to {
			continue
		}
		n := c.inReporting(t, decimal(t, r["amount"]), r["currency"], d)
		if r["what"] == "given" {
			given.add(r["partner"], n)
			continue
		}
		used.add(r["partner"], n)
		scope[r["partner"]+" "+r["line"]] = true
	}
	back := func(d sellthrough.Day) sellthrough.Day { return sellthrough.DayOf(d.Time().AddDate(-1, 0, 0)) }
	for _, s := range c.sales(t) {
		if s.reads != "sell_out" && s.reads != "sell_through" || !scope[s.Partner+" "] && !scope[s.Partner+" "+lines[s.Product]] {
			continue
		}
		if s.Day >= from && s.Day <= to {
			extra.add(s.Partner, int64(s.Base))
		} else if s.Day >= back(from) && s.Day <= back(to) {
			extra.add(s.Partner, -int64(s.Base))
		}
	}
	use, gains := map[string]string{}, map[string]string{}
	for p := range given {
		use[p], gains[p] = percent(used.of(p), given.of(p)), percent(extra.of(p), used.of(p))
	}
	same(t, 5, use, c.asked(t, "mdf_used", "partner", "", with(from, to)...))
	same(t, 5, gains, c.asked(t, "mdf_return", "partner", "", with(from, to)...))
}

func competitors(t *testing.T, c *channel) {
	from, to := c.window()
	above, places := c.territories(), c.places()
	type note struct{ product, competitor, partner, territory string }
	sum, count := map[note]*big.Int{}, map[note]int64{}
	for _, r := range c.Sheets["competitor_prices"] {
		d := day(t, r["date"])
		if d < from || d > to {
			continue
		}
		k := note{r["item"], r["competitor"], r["partner"], r["territory"]}
		if sum[k] == nil {
			sum[k] = new(big.Int)
		}
		sum[k].Add(sum[k], big.NewInt(c.inReporting(t, decimal(t, r["price"]), r["currency"], d)))
		count[k]++
	}
	money, expected := tally{}, tally{}
	for k, total := range sum {
		units, sold := new(big.Int), new(big.Int)
		for _, s := range c.sales(t) {
			if s.reads == "sell_out" && s.Day >= from && s.Day <= to && s.Product == k.product && (k.partner == "" || k.partner == s.Partner) &&
				(k.territory == "" || has(above[places[s.Location]], k.territory)) {
				units.Add(units, big.NewInt(int64(s.Qty)))
				sold.Add(sold, big.NewInt(int64(s.Base)))
			}
		}
		if units.Sign() <= 0 {
			continue
		}
		money.add(k.competitor, sold.Int64())
		price := new(big.Int).Quo(total, big.NewInt(count[k]))
		expected.add(k.competitor, price.Mul(price, units).Quo(price, big.NewInt(1_000_000)).Int64())
	}
	want := map[string]string{}
	for k := range expected {
		want[k] = plain(gain(money.of(k), expected.of(k)))
	}
	same(t, 2, want, c.asked(t, "competitor_price_gap", "competitor", "", with(from, to)...))
}

func repeatPurchase(t *testing.T, c *channel) {
	from, to := c.window()
	days := map[string]map[string]map[sellthrough.Day]bool{}
	for _, f := range c.Of(sellthrough.Sales) {
		if f.Kind != "sell_out" || f.Customer == "" || f.Day < from || f.Day > to {
			continue
		}
		who := channeltest.Hash(f.Partner, f.Customer)
		if days[f.Partner] == nil {
			days[f.Partner] = map[string]map[sellthrough.Day]bool{}
		}
		if days[f.Partner][who] == nil {
			days[f.Partner][who] = map[sellthrough.Day]bool{}
		}
		days[f.Partner][who][f.Day] = true
	}
	want := map[string]string{}
	for p, people := range days {
		again := 0
		for _, d := range people {
			if len(d) > 1 {
				again++
			}
		}
		want[p] = strconv.FormatFloat(100*float64(again)/float64(len(people)), 'g', -1, 64)
	}
	same(t, 3, want, c.asked(t, "repeat_purchase", "partner", "", with(from, to)...))
}

func salespeople(t *testing.T, c *channel) {
	units, money := tally{}, tally{}
	for _, f := range c.Of(sellthrough.Sales) {
		if f.Salesperson != "" && (f.Kind == "sell_out" || f.Kind == "sell_through" || f.Kind == "return_in") {
			units.add(f.Partner+" "+f.Salesperson, int64(f.Qty))
			money.add(f.Partner+" "+f.Salesperson, int64(f.Base))
		}
	}
	wantUnits, wantMoney := map[string]string{}, map[string]string{}
	for k := range units {
		wantUnits[k], wantMoney[k] = plain(units.of(k)), plain(money.of(k))
	}
	same(t, 5, wantUnits, c.asked(t, "salesperson_units", "concat(partner, ' ', salesperson)", ""))
	same(t, 5, wantMoney, c.asked(t, "salesperson_money", "concat(partner, ' ', salesperson)", ""))
}
