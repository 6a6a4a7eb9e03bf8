package dashboards_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/numbers"
	"sellthrough/numbers/channeltest"
)

// The dimensions of the board of the organisation, by which sales are split and filtered. A split by one of these adds up to the whole:
// every row of sales has exactly one value of it. The organisation and territories have several levels, of which one adds up.
var (
	flat    = []string{"branch", "office", "mode", "unit", "tier", "type", "partner", "location", "line", "product"}
	levels  = []string{"organisation", "territory"}
	filters = []string{"organisation", "mode", "tier", "type", "group", "territory", "partner", "location", "unit", "line", "product"}
)

// doNotAdd are the splits and numbers of the board whose parts are not added, and why.
var doNotAdd = map[string]string{
	"group":   "a partner may be in several groups at once",
	"returns": "a ratio: it is recomputed from what was sold and returned",
}

// fact is a row of sales as a person reads it: what it counts as, and its value in every dimension, under both readings of the
// tree. It is worked out here in plain Go, with none of the program's SQL and none of its reference data but the rows above.
type fact struct {
	reads        string
	units, money sellthrough.Decimal
	back         bool
	at           map[string]map[string][]string // tree → dimension → values, from the top down where there are levels
}

// randomChannel is some hundred sales of a random channel, in which partners move between offices, offices between branches, and
// modes change, all in the fortnight.
func randomChannel(r *rand.Rand) map[string]string {
	rows := map[string]*strings.Builder{}
	add := func(kind, format string, a ...any) {
		if rows[kind] == nil {
			rows[kind] = &strings.Builder{}
		}
		fmt.Fprintf(rows[kind], format+"\n", a...)
	}
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	add("organisation", "hq -")
	for _, b := range []string{"b1", "b2", "b3"} {
		add("organisation", "%s hq - - - branch", b)
		add("modes", "%s %s", b, pick("branch-company", "branch-offices", "product-division", "independent-division"))
	}
	move := func(row string, places ...string) { // row has two blanks: the place, and the dates
		from := pick(places...)
		if r.IntN(2) == 0 {
			add("organisation", row, from, "- -")
			return
		}
		d := 4 + r.IntN(9)
		add("organisation", row, from, fmt.Sprintf("- 2026-03-%02d", d))
		add("organisation", row, pick(places...), fmt.Sprintf("2026-03-%02d -", d+1))
	}
	for o := range 6 {
		move(fmt.Sprintf("o%d %%s - %%s office", o), "b1", "b2", "b3")
	}
	places := []string{"b1", "o0", "o1", "o2", "o3", "o4", "o5"}
	tiers := []string{"vendor", "national-distributor", "dealer", "retailer"}
	add("territories", "cn\nnorth cn\nsouth cn\nn1 north\nn2 north\ns1 south")
	for p := range 14 {
		id := fmt.Sprintf("p%02d", p)
		add("partners", "%s %s %s", id, pick("specialist", "marketplace", "franchise"), tiers[min(r.IntN(6), 3)])
		if p > 0 { // the first stands nowhere
			move("%s - "+id+" %s", places...)
		}
		if r.IntN(2) == 0 {
			d := 3 + r.IntN(10)
			add("modes", "%s %s - 2026-03-%02d", id, pick("agency", "distribution", "franchise"), d)
			add("modes", "%s %s 2026-03-%02d", id, pick("agency", "e-commerce", "direct"), d+1+r.IntN(2))
		}
		for l := range 2 {
			add("locations", "%s-%d %s %s", id, l, id, pick("n1", "n2", "s1", "north", "mars"))
		}
		for _, g := range []string{"g1", "g2"} {
			if r.IntN(3) == 0 {
				add("groups", "%s %s %s", g, id, pick("- -", "- 2026-03-08", "2026-03-06 -"))
			}
		}
	}
	for i := range 8 {
		add("products", "A%d line%d 10 unit%d", i, i%3, i%2)
	}
	for range 500 {
		p := fmt.Sprintf("p%02d", r.IntN(14))
		party := "-"
		if r.IntN(2) == 0 {
			if party = fmt.Sprintf("p%02d", r.IntN(14)); r.IntN(2) == 0 {
				party += "-1"
			}
		}
		kind, qty := pick("sell_out", "sell_out", "sell_out", "sell_through", "sell_in", "return_in", "return_out"), 1+r.IntN(20)
		if strings.HasPrefix(kind, "return") {
			qty = -qty
		}
		location := pick("0", "1")
		if kind == "sell_through" {
			location = "1" // a location either sells through or does not; its returns depend on it
		}
		add("sales", "%s %s-%s A%d 2026-03-%02d %s %d %d party=%s", p, p, location, r.IntN(8), 1+r.IntN(16), kind, qty, qty*7, party)
	}
	out := map[string]string{}
	for kind, b := range rows {
		out[kind] = b.String()
	}
	return out
}

// span is when a row of reference data holds.
func span(t *testing.T, r map[string]string) (from, to string) {
	t.Helper()
	return cmp.Or(r["from"], "0000"), cmp.Or(r["to"], "9999")
}

// reader answers questions of rows of reference data.
type reader struct {
	t    *testing.T
	rows map[string][]map[string]string
}

// of is a cell of the row that has some cells, on a day; empty where there is none.
func (x reader) of(kind, cell, day string, where ...string) string {
	for _, r := range x.rows[kind] {
		from, to := span(x.t, r)
		ok := day >= from && day <= to && r[cell] != ""
		for i := 0; i < len(where); i += 2 {
			ok = ok && r[where[i]] == where[i+1]
		}
		if ok {
			return r[cell]
		}
	}
	return ""
}

func (x reader) path(partner, day string) []string {
	var path []string
	for n := x.of("organisation", "node", day, "partner", partner); n != ""; n = x.of("organisation", "parent", day, "node", n) {
		path = slices.Insert(path, 0, n)
	}
	return path
}

func (x reader) mode(partner, day string) string {
	path := x.path(partner, day)
	slices.Reverse(path)
	for _, of := range append([]string{partner}, path...) {
		if m := x.of("modes", "mode", day, "of", of); m != "" {
			return m
		}
	}
	if x.of("partners", "tier", day, "partner", partner) == "vendor" {
		return "direct"
	}
	return "distribution"
}

// inside says whether goods at a code are the vendor's.
func (x reader) inside(code, day string) bool {
	partner := cmp.Or(x.of("locations", "partner", day, "code", code), code)
	return code != "" && (x.of("partners", "tier", day, "partner", partner) == "vendor" || x.mode(partner, day) == "agency")
}

// facts reads the sales of a channel.
func facts(t *testing.T, given map[string]string, today string) []fact {
	t.Helper()
	x := reader{t, map[string][]map[string]string{}}
	for kind, text := range given {
		list, err := numbers.Rows(kind, text)
		if err != nil {
			t.Fatal(err)
		}
		x.rows[kind] = list
	}
	through := map[string]bool{}
	for _, r := range x.rows["sales"] {
		if r["kind"] == "sell_through" {
			through[r["location"]] = true
		}
	}
	var out []fact
	for _, r := range x.rows["sales"] {
		day, kind, party := r["day"], r["kind"], r["party"]
		if day < from.Format(time.DateOnly) || day > to.Format(time.DateOnly) {
			continue
		}
		f := fact{back: kind == "return_in", at: map[string]map[string][]string{}}
		buys := kind == "sell_in" || kind == "return_out"
		switch here, there := x.inside(r["partner"], day), x.inside(party, day); {
		case here && (there || buys && party == ""):
			f.reads = "inside"
		case buys && (there || party == ""):
			f.reads = "sell_in"
		case buys:
			f.reads = "bought"
		case kind == "sell_out":
			f.reads = "sell_out"
		case kind == "sell_through" || party != "" || through[r["location"]]:
			f.reads = "sell_through"
		default:
			f.reads = "sell_out"
		}
		var err error
		if f.units, err = sellthrough.ParseDecimal(r["qty"]); err != nil {
			t.Fatal(err)
		}
		if f.money, err = sellthrough.ParseDecimal(r["money"]); err != nil {
			t.Fatal(err)
		}
		for tree, on := range map[string]string{"then": day, "today": today} {
			path := x.path(r["partner"], on)
			at := map[string][]string{
				"organisation": path, "mode": {x.mode(r["partner"], on)}, "partner": {r["partner"]}, "location": {r["location"]}, "product": {r["product"]},
				"tier": {x.of("partners", "tier", on, "partner", r["partner"])}, "type": {x.of("partners", "channel_type", on, "partner", r["partner"])},
				"line": {x.of("products", "line", on, "code", r["product"])}, "unit": {x.of("products", "business_unit", on, "code", r["product"])},
				"branch": {""}, "office": {""}, "territory": nil, "group": nil,
			}
			for _, n := range path {
				if strings.HasPrefix(n, "b") {
					at["branch"] = []string{n}
				} else if strings.HasPrefix(n, "o") {
					at["office"] = []string{n}
				}
			}
			for n := x.of("locations", "territory", on, "code", r["location"]); n != ""; n = x.of("territories", "parent", on, "territory", n) {
				at["territory"] = slices.Insert(at["territory"], 0, n)
			}
			for _, g := range []string{"g1", "g2"} {
				if x.of("groups", "partner", on, "group", g, "partner", r["partner"]) != "" {
					at["group"] = append(at["group"], g)
				}
			}
			f.at[tree] = at
		}
		out = append(out, f)
	}
	return out
}

// sums of the board's split, by name.
type sums struct{ sellIn, sellThrough, sellOut, money, sold, returned sellthrough.Decimal }

func (s *sums) add(f *fact) {
	switch f.reads {
	case "sell_in":
		s.sellIn += f.units
	case "sell_through":
		s.sellThrough += f.units
	case "sell_out":
		s.sellOut += f.units
		s.money += f.money
		if f.back {
			s.returned -= f.units
		} else {
			s.sold += f.units
		}
	}
}

// row is how the board shows them: the ratio is that of the sums.
func (s *sums) row() string {
	returns := "null"
	if s.sold != 0 { // six decimals, cut
		returns = sellthrough.Decimal(int64(s.returned) * 100 * int64(sellthrough.One) / int64(s.sold)).String()
	}
	return fmt.Sprintf("%s | %s | %s | %s | %s", s.sellIn, s.sellThrough, s.sellOut, s.money, returns)
}

// keep says whether a fact is among what is chosen.
func keep(f *fact, tree string, pick chosen) bool {
	for dimension, values := range pick {
		if dimension == "tree" || dimension == "by" {
			continue
		}
		if !slices.ContainsFunc(values, func(v string) bool { return slices.Contains(f.at[tree][dimension], v) }) {
			return false
		}
	}
	return true
}

// Two hundred random combinations of filters, a split and a reading of the tree, on random channels, against plain Go over the
// raw rows. Each part is right, ratios are those of sums, parts add up to their parents, and what stays inside the tree is in none.
func TestTwoHundredRandomRollUpsAddUp(t *testing.T) {
	c := channeltest.New(t)
	b := read(t, "en")["organisation"]
	var told, insides int
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 2026))
		given := randomChannel(r)
		c.Clear(t)
		c.Write(t, given)
		all := facts(t, given, time.Now().UTC().Format(time.DateOnly))
		values := map[string][]string{}
		for i := range all {
			if all[i].reads == "inside" {
				insides++
			}
			for _, at := range all[i].at {
				for dimension, list := range at {
					for _, v := range list {
						if v != "" && !slices.Contains(values[dimension], v) {
							values[dimension] = append(values[dimension], v)
						}
					}
				}
			}
		}
		for _, list := range values {
			slices.Sort(list)
		}
		for range 50 {
			tree := []string{"then", "today"}[r.IntN(2)]
			by := slices.Concat(flat, levels, levels, []string{"group"})[r.IntN(len(flat)+2*len(levels)+1)]
			pick := chosen{"tree": {tree}, "by": {by}}
			for range r.IntN(3) {
				dimension := filters[r.IntN(len(filters))]
				list := slices.Clone(values[dimension])
				r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
				pick[dimension] = list[:1+r.IntN(max(len(list)-1, 1))]
			}
			name := fmt.Sprintf("seed %d: %v", seed, pick)
			want, whole, tops := split(all, tree, by, pick)
			got := map[string]string{}
			var parts sums
			for _, row := range b.ask(t, c, 7, pick).Rows {
				cells := texts(row)
				got[cells[0]] = strings.Join(cells[1:], " | ")
				if slices.Contains(flat, by) || tops[cells[0]] {
					parts.sellIn, parts.sellThrough = parts.sellIn+decimal(t, cells[1]), parts.sellThrough+decimal(t, cells[2])
					parts.sellOut, parts.money = parts.sellOut+decimal(t, cells[3]), parts.money+decimal(t, cells[4])
				}
			}
			if d := gocmp.Diff(want, got); d != "" {
				t.Errorf("%s: (-want +got)\n%s", name, d)
			}
			if _, listed := doNotAdd[by]; !listed {
				whole.sold, whole.returned = 0, 0
				if parts != whole {
					t.Errorf("%s: the parts come to %+v, the whole is %+v", name, parts, whole)
				}
			}
			if len(want) >= 2 {
				told++
			}
			if whole != (sums{}) { // the same by the board's own totals
				if got, want := stat(t, b, c, 1, pick), whole.sellOut.String(); got != want && !(got == "null" && want == "0") {
					t.Errorf("%s: net sell-out is %s, want %s", name, got, want)
				}
				if got, want := stat(t, b, c, 3, pick), whole.sellThrough.String(); got != want && !(got == "null" && want == "0") {
					t.Errorf("%s: net sell-through is %s, want %s", name, got, want)
				}
			}
		}
	}
	t.Logf("%d of 200 have two parts or more; %d rows stay inside the tree", told, insides)
	if told < 150 || insides < 50 {
		t.Errorf("only %d combinations have two parts or more, and only %d rows stay inside", told, insides)
	}
}

// split is what the board must show: rows by name, and the whole, and of levels which names are the topmost.
func split(all []fact, tree, by string, pick chosen) (want map[string]string, whole sums, tops map[string]bool) {
	by2, tops := map[string]*sums{}, map[string]bool{}
	for i := range all {
		f := &all[i]
		if !slices.Contains([]string{"sell_in", "sell_through", "sell_out"}, f.reads) || !keep(f, tree, pick) {
			continue
		}
		whole.add(f)
		names := slices.Clone(f.at[tree][by])
		if values := pick[by]; values != nil && slices.Contains(levels, by) { // from what is chosen down
			names = names[slices.IndexFunc(names, func(n string) bool { return slices.Contains(values, n) }):]
		}
		if len(names) == 0 {
			names = []string{""}
		}
		for k, n := range names {
			n = cmp.Or(n, "–")
			if by2[n] == nil {
				by2[n] = &sums{}
			}
			by2[n].add(f)
			if k == 0 {
				tops[n] = true
			}
		}
	}
	want = map[string]string{}
	for n, s := range by2 {
		want[n] = s.row()
	}
	return want, whole, tops
}

func decimal(t *testing.T, text string) sellthrough.Decimal {
	t.Helper()
	d, err := sellthrough.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func stat(t *testing.T, b board, c *channeltest.Channel, id int, pick chosen) string {
	t.Helper()
	pick = maps.Clone(pick)
	return told(b.ask(t, c, id, pick))
}
