package independent

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"sellthrough"
)

var score = []check{{"partner score", partnerScore}}

// Every part of every partner's score, as points by part; the weights are those of the sheet.
func partnerScore(t *testing.T, c *channel) {
	from, to := c.window()
	weights := map[string]int64{}
	for _, r := range c.Sheets["score_weights"] {
		weights[r["part"]] = decimal(t, r["weight"])
	}
	own := map[string]bool{}
	for _, p := range c.Sheets["partners"] {
		own[p["partner"]] = p["tier"] == "vendor"
	}
	// part → partner → points in millionths
	parts := map[string]map[string]int64{
		"attainment": c.paces(t, to), "growth": c.growths(t, from, to), "timeliness": c.punctual(t, from, to), "match": c.matched(t, from, to),
		"returns": c.returns(t, from, to), "stock": c.shelves(t, to), "price": c.prices(t, from, to),
	}
	sums := map[string]tally{"partner_score": {}, "partner_score_open": {}, "partner_score_trend": {}}
	shares := map[string]tally{"partner_score": {}, "partner_score_open": {}, "partner_score_trend": {}}
	for part, points := range parts {
		told := 0
		for p, n := range points {
			if own[p] {
				continue
			}
			told++
			x := new(big.Int).Mul(big.NewInt(n), big.NewInt(weights[part]))
			x.Quo(x, big.NewInt(1_000_000))
			for number := range sums {
				if part == "price" && number != "partner_score" || part == "stock" && number == "partner_score_trend" {
					continue
				}
				sums[number].add(p, x.Int64())
				shares[number].add(p, weights[part])
			}
		}
		if told < 3 {
			t.Errorf("only %d partners have the part %s", told, part)
		}
	}
	for number := range sums {
		want := map[string]string{}
		for p := range sums[number] {
			want[p] = six(sums[number].of(p), shares[number].of(p))
		}
		same(t, 6, want, c.asked(t, number, "partner", "", with(from, to)...))
	}
	got := map[string]map[string]string{} // and each by itself
	for _, r := range c.Ask(t, "SELECT part, partner, toString(points) FROM v_partner_score("+strings.Join(with(from, to), ", ")+")").Rows {
		part := fmt.Sprint(r[0])
		if got[part] == nil {
			got[part] = map[string]string{}
		}
		got[part][fmt.Sprint(r[1])] = fmt.Sprint(r[2])
	}
	for part, points := range parts {
		want := map[string]string{}
		for p, n := range points {
			if !own[p] {
				want[p] = plain(big.NewInt(n))
			}
		}
		same(t, 1, want, got[part])
	}
}

const full = 100_000_000 // a hundred points in millionths

// percentOf is 100 × a ÷ b in millionths, cut off.
func percentOf(a, b *big.Int) int64 {
	x := new(big.Int).Mul(a, big.NewInt(full))
	return x.Quo(x, b).Int64()
}

// paces are the mean paces of the partners' own targets on a day, each between 0 and 100.
func (c *channel) paces(t *testing.T, d sellthrough.Day) map[string]int64 {
	t.Helper()
	unitOf, lines := map[string]string{}, c.lines()
	for _, p := range c.Sheets["products"] {
		unitOf[p["code"]] = p["business_unit"]
	}
	sum, count := map[string]int64{}, map[string]int64{}
	for _, r := range c.Sheets["targets"] {
		from, to := period(t, r["period"])
		if r["partner"] == "" || d < from || d > to {
			continue
		}
		actual := new(big.Int)
		for _, s := range c.sales(t) {
			if s.Partner != r["partner"] || s.reads != r["basis"] || s.Day < from || s.Day > d || r["unit"] != "" && unitOf[s.Product] != r["unit"] || r["line"] != "" && lines[s.Product] != r["line"] {
				continue
			}
			if r["measure"] == "units" {
				actual.Add(actual, big.NewInt(int64(s.Qty)))
			} else {
				actual.Add(actual, big.NewInt(int64(s.Base)))
			}
		}
		due := big.NewInt(decimal(t, r["target"]))
		due.Mul(due, big.NewInt(int64(d-from+1))).Quo(due, big.NewInt(int64(to-from+1)))
		if due.Sign() <= 0 {
			continue
		}
		sum[r["partner"]] += min(max(percentOf(actual, due), 0), full)
		count[r["partner"]]++
	}
	for p := range sum {
		sum[p] /= count[p]
	}
	return sum
}

// growths of what was sold on or out, on the same days last year, to the last day of which anything is known.
func (c *channel) growths(t *testing.T, from, to sellthrough.Day) map[string]int64 {
	t.Helper()
	last := from - 1
	for _, f := range c.Of(sellthrough.Sales) {
		if f.Day >= from && f.Day <= to {
			last = max(last, f.Day)
		}
	}
	back := func(d sellthrough.Day) sellthrough.Day { return sellthrough.DayOf(d.Time().AddDate(-1, 0, 0)) }
	this, year := tally{}, tally{}
	for _, s := range c.sales(t) {
		switch {
		case s.reads != "sell_out" && s.reads != "sell_through":
		case s.Day >= from && s.Day <= last:
			this.add(s.Partner, int64(s.Qty))
		case s.Day >= back(from) && s.Day <= back(last):
			year.add(s.Partner, int64(s.Qty))
		}
	}
	out := map[string]int64{}
	for p := range year {
		if year.of(p).Sign() > 0 {
			out[p] = min(max(50_000_000+gain(this.of(p), year.of(p)).Int64(), 0), full)
		}
	}
	return out
}

// punctual is the share of reports that were known in time, of those that were due.
func (c *channel) punctual(t *testing.T, from, to sellthrough.Day) map[string]int64 {
	t.Helper()
	zones := map[string]*time.Location{}
	for _, p := range c.Sheets["partners"] {
		z, err := time.LoadLocation(p["time_zone"])
		if err != nil {
			t.Fatal(err)
		}
		zones[p["partner"]] = z
	}
	whose, days := map[string]string{}, map[string]map[sellthrough.Day]bool{}
	for _, kind := range sellthrough.FeedKinds() {
		for _, f := range c.Of(kind) {
			if days[f.Feed] == nil {
				days[f.Feed] = map[sellthrough.Day]bool{}
			}
			whose[f.Feed] = f.Partner
			days[f.Feed][f.Day] = true
		}
	}
	due, good := map[string]int64{}, map[string]int64{}
	for _, r := range c.Sheets["reporting"] {
		if whose[r["feed"]] == "" {
			continue
		}
		first, last := span(t, r)
		seen := map[sellthrough.Day]bool{}
		for d := from; d <= to; d++ {
			if d < first || d > last {
				continue
			}
			begin, end := d, d
			switch weekday := (int(d) + 3) % 7; { // 0 is Monday
			case r["frequency"] == "week":
				begin, end = d-sellthrough.Day(weekday), d-sellthrough.Day(weekday)+6
			case r["frequency"] == "month":
				t.Fatal("the demo has monthly reports now")
			case r["weekdays"] == "1-6" && weekday == 6:
				continue
			case r["weekdays"] != "" && r["weekdays"] != "1-6":
				t.Fatalf("the demo has weekdays %s now", r["weekdays"])
			}
			if seen[end] || end > to {
				continue
			}
			seen[end] = true
			var known time.Time
			for x := begin; x <= end; x++ {
				if at := c.Known(x); days[r["feed"]][x] && (known.IsZero() || at.Before(known)) {
					known = at
				}
			}
			at, err := time.Parse("15:04", r["due"])
			if err != nil {
				t.Fatal(err)
			}
			y, m, day := (end + 1 + sellthrough.Day(decimal(t, r["grace_days"])/1_000_000)).Time().Date()
			limit := time.Date(y, m, day, at.Hour(), at.Minute(), 0, 0, zones[whose[r["feed"]]])
			due[whose[r["feed"]]]++
			if !known.IsZero() && !known.After(limit) {
				good[whose[r["feed"]]]++
			}
		}
	}
	out := map[string]int64{}
	for p, n := range due {
		out[p] = good[p] * full / n
	}
	return out
}

// matched is the share of units whose code is known, returns counted as positive.
func (c *channel) matched(t *testing.T, from, to sellthrough.Day) map[string]int64 {
	t.Helper()
	known, every := tally{}, tally{}
	for _, f := range c.Of(sellthrough.Sales) {
		n := int64(f.Qty)
		switch f.Kind {
		case "return_in", "return_out":
			n = -n
		case "sell_out", "sell_in", "sell_through":
		default:
			continue
		}
		if f.Day < from || f.Day > to {
			continue
		}
		every.add(f.Partner, n)
		if f.Product != "" {
			known.add(f.Partner, n)
		}
	}
	out := map[string]int64{}
	for p := range every {
		if every.of(p).Sign() > 0 {
			out[p] = min(max(percentOf(known.of(p), every.of(p)), 0), full)
		}
	}
	return out
}

// returns are 100 less five times the percent of units sold to end customers that came back.
func (c *channel) returns(t *testing.T, from, to sellthrough.Day) map[string]int64 {
	t.Helper()
	sold, back := tally{}, tally{}
	for _, s := range c.sales(t) {
		if s.reads != "sell_out" || s.Day < from || s.Day > to {
			continue
		}
		if s.Kind == "sell_out" {
			sold.add(s.Partner, int64(s.Qty))
		} else {
			back.add(s.Partner, -int64(s.Qty))
		}
	}
	out := map[string]int64{}
	for p := range sold {
		if sold.of(p).Sign() > 0 {
			out[p] = max(full-5*percentOf(back.of(p), sold.of(p)), 0)
		}
	}
	return out
}

// shelves is the share of ranged products of locations that had stock by the newest report of the last seven days.
func (c *channel) shelves(t *testing.T, d sellthrough.Day) map[string]int64 {
	t.Helper()
	type shelf struct{ partner, location, product string }
	type report struct {
		shelf
		item string
		day  sellthrough.Day
	}
	last, at := map[report]sellthrough.Decimal{}, map[report]int64{}
	for _, f := range c.Of(sellthrough.Stock) {
		if f.Kind != "on_hand" || f.Day > d || f.Day <= d-7 {
			continue
		}
		k := report{shelf{f.Partner, f.Location, f.Product}, f.Item, f.Day}
		if _, ok := last[k]; !ok || f.At >= at[k] {
			last[k], at[k] = f.Qty, f.At
		}
	}
	newest, hand := map[shelf]sellthrough.Day{}, map[shelf]int64{}
	for k := range last {
		newest[k.shelf] = max(newest[k.shelf], k.day)
	}
	for k, n := range last {
		if k.day == newest[k.shelf] {
			hand[k.shelf] += int64(n)
		}
	}
	listed, sold := map[[2]string]bool{}, map[shelf]bool{}
	for _, r := range c.Sheets["ranging"] {
		if from, to := span(t, r); d >= from && d <= to {
			listed[[2]string{r["location"], r["item"]}] = true
		}
	}
	type cell struct {
		shelf
		day            sellthrough.Day
		kind, currency string
	}
	cells := map[cell]int64{}
	for _, f := range c.Of(sellthrough.Sales) {
		if (f.Kind == "sell_out" || f.Kind == "sell_through" || f.Kind == "return_in") && f.Day > d-84 && f.Day <= d {
			cells[cell{shelf{f.Partner, f.Location, f.Product}, f.Day, f.Kind, f.Currency}] += int64(f.Qty)
		}
	}
	for k, n := range cells {
		if n > 0 {
			sold[k.shelf] = true
		}
	}
	stocked, every := map[string]int64{}, map[string]int64{}
	for k, n := range hand {
		if listed[[2]string{k.location, k.product}] || sold[k] {
			every[k.partner]++
			if n > 0 {
				stocked[k.partner]++
			}
		}
	}
	out := map[string]int64{}
	for p, n := range every {
		out[p] = stocked[p] * full / n
	}
	return out
}

// prices are 100 less five times the percent of units below the floor: of the floors that fit, the one that names most counts.
func (c *channel) prices(t *testing.T, from, to sellthrough.Day) map[string]int64 {
	t.Helper()
	above, places := c.territories(), c.places()
	tier := map[string]string{}
	for _, p := range c.Sheets["partners"] {
		tier[p["partner"]] = p["tier"]
	}
	floors := map[string][]map[string]string{}
	for _, r := range c.Sheets["floors"] {
		floors[r["item"]] = append(floors[r["item"]], r)
	}
	type deal struct {
		partner, location, product, kind, party string
		day                                     sellthrough.Day
	}
	units, money, blind := map[deal]int64{}, map[deal]int64{}, map[deal]bool{}
	inside := c.inside(t)
	for _, f := range c.Of(sellthrough.Sales) {
		if f.Kind != "sell_out" && f.Kind != "sell_through" || f.Day < from || f.Day > to || f.Product == "" || inside(f.Partner, f.Day) && inside(f.Party, f.Day) {
			continue
		}
		k := deal{f.Partner, f.Location, f.Product, f.Kind, f.Party, f.Day}
		units[k] += int64(f.Qty)
		money[k] += int64(f.Base)
		blind[k] = blind[k] || !f.HasAmount
	}
	sold, below := tally{}, tally{}
	for k, n := range units {
		if n <= 0 || blind[k] {
			continue
		}
		best, names := map[string]string(nil), -1
		for _, r := range floors[k.product] {
			first, last := span(t, r)
			if k.day < first || k.day > last || r["tier"] != "" && r["tier"] != tier[k.partner] || r["partner"] != "" && r["partner"] != k.partner ||
				r["territory"] != "" && !has(above[places[k.location]], r["territory"]) {
				continue
			}
			weight := 0
			for i, column := range []string{"tier", "territory", "partner"} {
				if r[column] != "" {
					weight += 1 << i
				}
			}
			if weight > names {
				best, names = r, weight
			}
		}
		if best == nil {
			continue
		}
		floor := new(big.Int).Mul(big.NewInt(n), big.NewInt(decimal(t, best["floor"])))
		floor.Mul(floor, big.NewInt(c.rate(t, best["currency"], k.day))).Quo(floor, big.NewInt(1_000_000_000_000))
		sold.add(k.partner, n)
		if big.NewInt(money[k]).Cmp(floor) < 0 {
			below.add(k.partner, n)
		}
	}
	out := map[string]int64{}
	for p := range sold {
		out[p] = max(full-5*percentOf(below.of(p), sold.of(p)), 0)
	}
	return out
}
