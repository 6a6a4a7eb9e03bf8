package independent

import (
	"math/big"
	"slices"
	"strconv"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/demo"
)

var service = []check{
	{"promotions", promotions},
	{"exchanges and repairs", repairs},
	{"tickets and scores", tickets},
	{"response time of the market", marketResponse},
	{"stages and certificates", stages},
}

// about is the partner that a line of a flow is about: of one that a unit of the vendor's reports, whoever it names, unless that is
// the vendor's as well.
func (c *channel) about(t *testing.T) func(f *demo.Fact) (partner string, inside bool) {
	t.Helper()
	own, owner := map[string]bool{}, map[string]string{}
	for _, p := range c.Sheets["partners"] {
		owner[p["partner"]], own[p["partner"]] = p["partner"], p["tier"] == "vendor"
	}
	for _, l := range c.Sheets["locations"] {
		owner[l["code"]] = l["partner"]
	}
	return func(f *demo.Fact) (string, bool) {
		other := owner[f.Party]
		switch {
		case !own[f.Partner] || other == "":
			return f.Partner, false
		case own[other]:
			return f.Partner, true
		}
		return other, false
	}
}

// served is whom service is about: of what a unit of the vendor's reports, whoever the line names.
func served(about func(f *demo.Fact) (string, bool), f *demo.Fact) string {
	p, inside := about(f)
	if inside {
		return f.Party // a unit's own code: the service names no locations
	}
	return p
}

func promotions(t *testing.T, c *channel) {
	from, to := c.Day-150, c.Day
	above, places, lines := c.territories(), c.places(), c.lines()
	type scope struct {
		name, item, line, partner, territory string
		first, last                          sellthrough.Day
	}
	var all []scope
	for _, r := range c.Sheets["promotions"] {
		first, last := span(t, r)
		all = append(all, scope{r["promotion"], r["item"], r["line"], r["partner"], r["territory"], first, last})
	}
	fits := func(p *scope, partner, location, product string) bool {
		return (p.item == product || p.item == "" && p.line == lines[product]) && (p.partner == "" || p.partner == partner) && (p.territory == "" || has(above[places[location]], p.territory))
	}
	type shelf struct{ partner, location, product string }
	units, money := map[shelf]map[sellthrough.Day]int64{}, map[shelf]map[sellthrough.Day]int64{}
	for _, s := range c.sales(t) {
		if s.reads != "sell_out" || s.Product == "" || s.Day > to {
			continue
		}
		k := shelf{s.Partner, s.Location, s.Product}
		if units[k] == nil {
			units[k], money[k] = map[sellthrough.Day]int64{}, map[sellthrough.Day]int64{}
		}
		units[k][s.Day] += int64(s.Qty)
		money[k][s.Day] += int64(s.Base)
	}
	ofProduct := map[string][]shelf{}
	for k := range units {
		ofProduct[k.product] = append(ofProduct[k.product], k)
	}
	byItem := map[string][]*scope{}
	for i := range all {
		if all[i].item == "" {
			t.Fatal("the demo has promotions of whole lines now: look them up here")
		}
		byItem[all[i].item] = append(byItem[all[i].item], &all[i])
	}
	sold, sales, base := tally{}, tally{}, tally{}
	for i := range all {
		p := &all[i]
		if p.first > to || p.last < from {
			continue
		}
		last := min(p.last, to)
		for _, k := range ofProduct[p.item] {
			if !fits(p, k.partner, k.location, k.product) {
				continue
			}
			var free, before, days, got, took [7]int64
			for d := p.first - 56; d < p.first; d++ {
				if slices.ContainsFunc(byItem[k.product], func(o *scope) bool { return d >= o.first && d <= o.last && fits(o, k.partner, k.location, k.product) }) {
					continue
				}
				free[d%7]++
				before[d%7] += units[k][d]
			}
			for d := p.first; d <= last; d++ {
				days[d%7]++
				got[d%7] += units[k][d]
				took[d%7] += money[k][d]
			}
			for w := range 7 {
				if free[w] > 0 {
					sold.add(p.name, got[w])
					sales.add(p.name, took[w])
					base.add(p.name, before[w]*days[w]/free[w])
				}
			}
		}
	}
	lift, extra, value := map[string]string{}, map[string]string{}, map[string]string{}
	for k := range sold {
		d := new(big.Int).Sub(sold.of(k), base.of(k))
		lift[k], extra[k], value[k] = percent(d, base.of(k)), plain(d), plain(sales.of(k))
	}
	// A promotion of which nothing was ever sold has no row in the view.
	for k := range lift {
		if sold.of(k).Sign() == 0 && base.of(k).Sign() == 0 && sales.of(k).Sign() == 0 {
			delete(lift, k)
			delete(extra, k)
			delete(value, k)
		}
	}
	some := "promotion IN (SELECT promotion FROM v_promotion_lift(" + with(from, to)[0] + ", " + with(from, to)[1] + ") GROUP BY promotion HAVING sum(sold) != 0 OR sum(baseline) != 0 OR sum(sold_money) != 0)"
	same(t, 5, lift, c.asked(t, "promotion_lift", "promotion", some, with(from, to)...))
	same(t, 5, extra, c.asked(t, "promotion_extra_units", "promotion", some, with(from, to)...))
	same(t, 5, value, c.asked(t, "promotion_sales", "promotion", some, with(from, to)...))
}

func repairs(t *testing.T, c *channel) {
	about := c.about(t)
	exchanged, repaired, sold := tally{}, tally{}, tally{}
	facts := c.Of(sellthrough.Service)
	for i := range facts {
		p := served(about, &facts[i])
		switch facts[i].Kind {
		case "exchanged":
			exchanged.add(p, int64(facts[i].Qty))
		case "repaired":
			repaired.add(p, int64(facts[i].Qty))
		}
	}
	for _, s := range c.sales(t) {
		if s.reads == "sell_out" && s.Kind == "sell_out" {
			sold.add(s.Partner, int64(s.Qty))
		}
	}
	exchange, warranty := map[string]string{}, map[string]string{}
	for _, x := range []tally{exchanged, repaired, sold} {
		for p := range x {
			exchange[p], warranty[p] = percent(exchanged.of(p), sold.of(p)), percent(repaired.of(p), sold.of(p))
		}
	}
	got, other := c.asked(t, "goods_exchange_rate", "partner", ""), c.asked(t, "warranty_rate", "partner", "")
	for p := range got { // who neither sold out nor was served, but gave something back
		if _, ok := exchange[p]; !ok && got[p] == "NULL" {
			delete(got, p)
			delete(other, p)
		}
	}
	same(t, 2, exchange, got)
	same(t, 4, warranty, other)
}

func tickets(t *testing.T, c *channel) {
	about := c.about(t)
	zones := map[string]*time.Location{}
	for _, p := range c.Sheets["partners"] {
		z, err := time.LoadLocation(p["time_zone"])
		if err != nil {
			t.Fatal(err)
		}
		zones[p["partner"]] = z
	}
	waited, answered, open, scores, given := map[string]int64{}, map[string]int64{}, map[string]int64{}, tally{}, map[string]int64{}
	facts := c.Of(sellthrough.Service)
	for i := range facts {
		f := &facts[i]
		p := served(about, f)
		switch f.Kind {
		case "ticket":
			if f.Until == 0 {
				open[p]++
				continue
			}
			asked := time.Unix(f.At, 0).In(zones[f.Partner])
			written := time.Date(asked.Year(), asked.Month(), asked.Day(), asked.Hour(), asked.Minute(), asked.Second(), 0, time.UTC).Unix()
			waited[p] += f.Until - written
			answered[p]++
		case "score":
			scores.add(p, int64(f.Qty))
			given[p]++
		}
	}
	response, unanswered, satisfaction := map[string]string{}, map[string]string{}, map[string]string{}
	for p, n := range answered {
		response[p], unanswered[p] = strconv.FormatFloat(float64(waited[p])/float64(n), 'g', -1, 64), strconv.FormatInt(open[p], 10)
	}
	for p, n := range given {
		satisfaction[p] = plain(new(big.Int).Quo(scores.of(p), big.NewInt(n)))
	}
	same(t, 4, response, c.asked(t, "ticket_response_time", "partner", ""))
	same(t, 1, unanswered, c.asked(t, "tickets_unanswered", "partner", ""))
	same(t, 4, satisfaction, c.asked(t, "satisfaction_score", "partner", "scored != 0"))
}

func marketResponse(t *testing.T, c *channel) {
	about := c.about(t)
	type paper struct{ partner, product, document string }
	type delivery struct {
		paper
		day sellthrough.Day
	}
	ordered, shipped := map[delivery]int64{}, map[delivery]int64{}
	for _, kind := range []sellthrough.FeedKind{sellthrough.Orders, sellthrough.Shipments} {
		facts := c.Of(kind)
		for i := range facts {
			f := &facts[i]
			p, inside := about(f)
			if inside || f.Day <= c.Day-180 || f.Day > c.Day {
				continue
			}
			switch f.Kind {
			case "ordered":
				ordered[delivery{paper{p, f.Product, f.Document}, f.Day}] += int64(f.Qty)
			case "shipped":
				shipped[delivery{paper{p, f.Product, f.RefersTo}, f.Day}] += int64(f.Qty)
			}
		}
	}
	first := map[paper]sellthrough.Day{}
	for k, n := range ordered {
		if d, ok := first[k.paper]; n > 0 && k.document != "" && (!ok || k.day < d) {
			first[k.paper] = k.day
		}
	}
	days, units := tally{}, tally{}
	for k, n := range shipped {
		if d, ok := first[k.paper]; ok && n > 0 {
			days.add(k.partner, n*int64(k.day-d))
			units.add(k.partner, n)
		}
	}
	want := map[string]string{}
	for p := range units {
		want[p] = six(days.of(p), units.of(p))
	}
	same(t, 4, want, c.asked(t, "market_response_time", "partner", "", "day = '"+c.Day.String()+"'"))
}

func stages(t *testing.T, c *channel) {
	ladder := []string{"recruited", "contracted", "registered", "trained", "certified", "active", "suspended", "ended"}
	type step struct {
		day, to sellthrough.Day
		at      int
	}
	steps := map[string][]step{}
	type paper struct{ partner, line string }
	began, ends := map[paper]sellthrough.Day{}, map[paper]sellthrough.Day{}
	for _, r := range c.Sheets["life"] {
		from, to := span(t, r)
		if r["line"] == "" && from <= c.Day {
			steps[r["partner"]] = append(steps[r["partner"]], step{from, to, slices.Index(ladder, r["stage"])})
		}
		if r["stage"] == "certified" {
			k := paper{r["partner"], r["line"]}
			if d, ok := began[k]; !ok || from < d {
				began[k] = from
			}
			ends[k] = max(ends[k], to)
		}
	}
	standing, days, moves := map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, list := range steps {
		slices.SortFunc(list, func(a, b step) int {
			if a.day != b.day {
				return int(a.day - b.day)
			}
			return a.at - b.at
		})
		now := -1
		for i, s := range list {
			if s.to >= c.Day {
				now = i
			}
			if _, ok := standing[ladder[s.at]]; !ok {
				standing[ladder[s.at]] = 0
			}
			if i+1 < len(list) {
				days[ladder[s.at]] += int64(list[i+1].day - s.day)
				moves[ladder[s.at]]++
			}
		}
		if now >= 0 {
			standing[ladder[list[now].at]]++
		}
	}
	in, stay := map[string]string{}, map[string]string{}
	for stage, n := range standing {
		in[stage], stay[stage] = strconv.FormatInt(n, 10), "NULL"
		if moves[stage] > 0 {
			stay[stage] = strconv.FormatFloat(float64(days[stage])/float64(moves[stage]), 'g', -1, 64)
		}
	}
	at := "day = '" + c.Day.String() + "'"
	same(t, 1, in, c.asked(t, "partners_in_stage", "stage", "", at))
	same(t, 3, stay, c.asked(t, "stage_duration", "stage", "", at))
	expiring, expired := map[string]int64{}, map[string]int64{}
	for k, d := range ends {
		if began[k] > c.Day {
			continue
		}
		expiring[k.partner] += 0
		expired[k.partner] += 0
		switch {
		case d < c.Day:
			expired[k.partner]++
		case d <= c.Day+60:
			expiring[k.partner]++
		}
	}
	soon, gone := map[string]string{}, map[string]string{}
	for p := range expiring {
		soon[p], gone[p] = strconv.FormatInt(expiring[p], 10), strconv.FormatInt(expired[p], 10)
	}
	same(t, 1, soon, c.asked(t, "certifications_expiring", "partner", "", at))
	same(t, 1, gone, c.asked(t, "certifications_expired", "partner", "", at))
}
