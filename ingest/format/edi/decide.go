package edi

import (
	"strconv"

	"github.com/zeebo/xxh3"

	"sellthrough"
)

// Decide settles what the quantities of a finished group mean together, and refuses those that could be read in two
// ways. After it the rows can be taken.
func (g *Group) Decide() {
	if g.ready {
		return
	}
	g.ready = true
	if g.full {
		row, seg := g.Facts[0].Row, g.Facts[0].Segment
		g.Facts, g.next = g.Facts[:0], 0
		g.Facts = append(g.Facts, Fact{Row: row, Segment: seg, why: &sellthrough.Refusal{Row: row, Reason: "the item has more than " + strconv.Itoa(g.limit) + " quantities, which is more than the limit; send it in several messages, or raise limits"}})
		return
	}
	if len(g.Facts) < 2 {
		return
	}
	levels, sub := 0, false
	var classes [Ignored + 1]int
	for i := range g.Facts {
		f := &g.Facts[i]
		switch {
		case f.why != nil:
		case f.Code.Level != "":
			levels++
		default:
			classes[f.Code.Class]++
		}
		sub = sub || f.Sub
	}
	if sub {
		g.totals()
	}
	if levels > 1 && g.twice() {
		g.levels()
	}
	if classes[Net] > 0 && classes[Gross]+classes[Back]+classes[Total]+classes[Part] > 0 || classes[Total] > 0 && classes[Gross]+classes[Part] > 0 ||
		classes[Gross] > 0 && classes[Part] > 0 || classes[Back] > 1 {
		g.sales()
	}
}

// key tells places and times apart.
func (f *Fact) key(b []byte, code string) []byte {
	b = append(append(b[:0], code...), 0)
	loc := f.Location
	if loc == nil && f.Base != nil {
		loc = f.Base[Location]
	}
	b = append(append(b, loc...), 0)
	if f.Base != nil {
		b = append(append(b, f.Base[At]...), f.Base[BusinessDate]...)
	}
	return b
}

func (f *Fact) code() string {
	if f.Base == nil {
		return ""
	}
	return string(f.Base[QtyKind])
}

func (f *Fact) unit() string {
	if f.Base == nil {
		return ""
	}
	return string(f.Base[Unit])
}

func (g *Group) reject(i int, reason string) {
	f := &g.Facts[i]
	f.why = &sellthrough.Refusal{Row: f.Row, Column: Columns[Qty].Name, Value: string(f.Qty[:min(len(f.Qty), 40)]), Reason: reason}
}

// twice asks whether a level may be stated twice for one place and time. It is sure of a no.
func (g *Group) twice() bool {
	if len(g.Facts) <= 8 && g.distinct() {
		return false
	}
	clear(g.places)
	for i := range g.Facts {
		f := &g.Facts[i]
		if f.why != nil || f.Code.Level == "" || f.Code.Class == Ignored {
			continue
		}
		g.key = f.key(g.key, f.Code.Level)
		h := xxh3.Hash(g.key)
		if _, ok := g.places[h]; ok {
			return true
		}
		g.places[h] = struct{}{}
	}
	return false
}

// distinct asks whether all levels are different ones.
func (g *Group) distinct() bool {
	for i := range g.Facts {
		for j := range i {
			if a, b := &g.Facts[i].Code, &g.Facts[j].Code; a.Level != "" && a.Level == b.Level {
				return false
			}
		}
	}
	return true
}

// levels: a level that is stated twice for one place and time is a total and its parts, or the same said twice, or
// unclear. Adding would count stock twice.
func (g *Group) levels() {
	first, order := map[string][]int{}, []string{}
	var key []byte
	for i := range g.Facts {
		f := &g.Facts[i]
		if f.why != nil || f.Code.Level == "" || f.Code.Class == Ignored {
			continue
		}
		key = f.key(key, f.Code.Level)
		if _, ok := first[string(key)]; !ok {
			order = append(order, string(key))
		}
		first[string(key)] = append(first[string(key)], i)
	}
	for _, k := range order {
		if at := first[k]; len(at) > 1 {
			g.level(at)
		}
	}
}

func (g *Group) level(at []int) {
	f := &g.Facts[at[0]]
	var rest sellthrough.Decimal
	codes, equal, units := true, true, true
	for _, i := range at[1:] {
		o := &g.Facts[i]
		codes, equal, units = codes && o.code() == f.code(), equal && o.Number == f.Number, units && o.unit() == f.unit()
		var err error
		if rest, err = rest.Add(o.Number); err != nil {
			units = false
		}
	}
	drop := func() {
		for _, i := range at[1:] {
			g.Facts[i].Code.Class = Ignored
		}
	}
	switch {
	case units && rest == f.Number && (codes || equal), units && !codes && equal:
		drop()
	case codes && g.Dialect.Repeats == "first":
		drop()
	case codes && units && g.Dialect.Repeats == "add":
		if sum, err := rest.Add(f.Number); err == nil {
			f.Number, f.Qty = sum, sum.Append(nil)
			drop()
			return
		}
		fallthrough
	default:
		reason := "the " + f.Code.Level + " of this item and place is stated more than once, and the first quantity is not the sum of the rest; say in the dialect under repeats whether to add them or to take the first"
		if !codes {
			reason = "two codes, " + quote(f.code()) + " and others, state the " + f.Code.Level + " of this item and place with different quantities; say in the dialect under codes which counts, and set the others to none"
		}
		for _, i := range at {
			g.reject(i, reason)
		}
	}
}

// totals: a first quantity without a place of its own, followed by quantities of the same code with one each, is
// their total when it is their sum.
func (g *Group) totals() {
	type run struct {
		total int
		parts []int
		sum   sellthrough.Decimal
	}
	runs, order := map[string]*run{}, []string{}
	for i := range g.Facts {
		f := &g.Facts[i]
		if f.why != nil || f.Code.Class == Ignored {
			continue
		}
		k := f.code() + "\x00" + f.unit()
		r := runs[k]
		if r == nil {
			r = &run{total: -1}
			runs[k] = r
			order = append(order, k)
		}
		switch {
		case !f.Sub && r.total < 0 && len(r.parts) == 0:
			r.total = i
		case f.Sub && r.total >= 0:
			r.parts = append(r.parts, i)
			r.sum, _ = r.sum.Add(f.Number)
		}
	}
	for _, k := range order {
		r := runs[k]
		if r.total < 0 || len(r.parts) == 0 {
			continue
		}
		f := &g.Facts[r.total]
		switch {
		case r.sum == f.Number, g.Dialect.Splits == "stores":
			f.Code.Class = Ignored
		default:
			const reason = "the first quantity has no place of its own and those after it have one each, but it is not their sum: it may be their total or another place's; give it a place, or set splits in the dialect"
			g.reject(r.total, reason)
			for _, i := range r.parts {
				g.reject(i, reason)
			}
		}
	}
}

// sales: sold in all, sold net of returns and sold by one way contain one another. They are counted once, where they agree.
func (g *Group) sales() {
	type sold struct {
		sum  [Ignored + 1]sellthrough.Decimal
		n    [Ignored + 1]int
		at   []int
		unit string
		mix  bool
		back string // code of the returns
		torn bool   // several codes state returns
	}
	places, order := map[string]*sold{}, []string{}
	var key []byte
	for i := range g.Facts {
		f := &g.Facts[i]
		if f.why != nil || f.Code.Level != "" || f.Code.Class == Plain || f.Code.Class == Ignored {
			continue
		}
		key = f.key(key, "")
		s := places[string(key)]
		if s == nil {
			s = &sold{unit: f.unit()}
			places[string(key)] = s
			order = append(order, string(key))
		}
		c := f.Code.Class
		var err error
		if s.sum[c], err = s.sum[c].Add(f.Number); err != nil {
			s.mix = true
		}
		s.n[c]++
		s.mix = s.mix || s.unit != f.unit()
		if c == Back && f.Number != 0 {
			s.torn = s.torn || s.back != "" && s.back != f.code() && !f.Code.Sure
			s.back = f.code()
		}
		s.at = append(s.at, i)
	}
	for _, k := range order {
		s := places[k]
		without := map[Class]bool{}
		gross, known := s.sum[Gross], s.n[Gross] > 0
		ok := !s.mix || s.n[Gross]+s.n[Back] == len(s.at)
		if s.n[Part] > 0 {
			switch {
			case known && gross != s.sum[Part], s.n[Total] > 0 && s.sum[Total] != s.sum[Part]:
				ok = false
			}
			without[Gross], without[Total] = true, true // the parts say more
			gross, known = s.sum[Part], true
		}
		if s.n[Total] > 0 && s.n[Part] == 0 {
			switch {
			case !known:
				gross, known = s.sum[Total], true
			case gross == s.sum[Total]:
				without[Total] = true
			default:
				ok = false
			}
		}
		if s.n[Net] > 0 {
			switch {
			case !known:
				without[Back] = true // net has them already
			case gross+s.sum[Back] == s.sum[Net]: // returns are negative here
				without[Net] = true
			default:
				ok = false
			}
		}
		for _, i := range s.at {
			if s.torn && g.Facts[i].Code.Class == Back && !without[Back] {
				g.reject(i, "several codes of this item state returned units, which may contain one another; say in the dialect under codes which of them count, and set the others to none")
			} else if !ok {
				g.reject(i, "the codes of this item state sold quantities that contain one another (net and gross, or a total and its parts), and they do not agree; say in the dialect under codes which of them counts, and set the others to none")
			} else if without[g.Facts[i].Code.Class] {
				g.Facts[i].Code.Class = Ignored
			}
		}
	}
}
