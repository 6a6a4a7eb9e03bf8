package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sellthrough"
)

// fact is one line of a channel.
type fact struct {
	doc, key, loc, item string
	day                 sellthrough.Day
	qty                 int64
	bad                 bool // it can't be read
}

func (f fact) keyed() string { return f.doc + "/" + f.key }
func (f fact) place() string { return f.loc + "@" + f.day.String() }
func (f fact) content() string {
	return fmt.Sprint(f.doc, "|", f.loc, "|", f.item, "|", f.day, "|", f.qty)
}

// file is one submission.
type file struct {
	name  string
	lines []fact
	scope sellthrough.Scope

	receipt sellthrough.Receipt
}

func (f *file) refused() (n int64) {
	for _, l := range f.lines {
		if l.bad {
			n++
		}
	}
	return n
}

// body is the file as CSV.
func (f *file) body() string {
	var b strings.Builder
	b.WriteString("doc,key,store,item,qty,day\n")
	for _, l := range f.lines {
		qty := fmt.Sprint(l.qty)
		if l.bad {
			qty = "many"
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s\n", l.doc, l.key, l.loc, l.item, qty, l.day)
	}
	return b.String()
}

// kind is one way of feeding. Its truth is told in the plainest way: files in the order of their revisions, each taking
// the place of what it replaces. It gives what stands, by an identity of its own; a file with refused lines takes nothing away.
type kind struct {
	feed  sellthrough.FeedID
	yaml  string
	keyed bool
	apply func(held map[string]fact, f *file) // held may be changed
	scope func(f *file, l fact) bool          // whether a held line is in what a file covers; nil: it covers nothing
	id    func(row *row) string               // of a ledger row: the key in held
}

const base = `
data: /tmp/nowhere
engines: {kafka: {partitions: 3}}
reporting: {currency: GBP, time_zone: Europe/London}
limits: {concurrent: 6, per_partner: 4}
partners:
  - {id: acme, name: Acme, time_zone: Europe/Berlin, currency: EUR, keys: [sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae]}
  - {id: beta, name: Beta, time_zone: Asia/Tokyo, currency: JPY, keys: [sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9]}
feeds:
`

const columns = "columns: {document: doc, location: store, item: item, qty: qty, business_date: day}"

func rowKeyed(r *row) string { return r.Document[r.i] + "/" + r.LineKey[r.i] }

func rowPlace(r *row) string { return r.Location[r.i] + "@" + sellthrough.Day(r.Day[r.i]).String() }

func rowContent(r *row) string {
	return fact{
		doc: r.Document[r.i], loc: r.Location[r.i], item: r.Item[r.i], day: sellthrough.Day(r.Day[r.i]),
		qty: r.RawQty[r.i] * int64(r.Sign[r.i]) / int64(sellthrough.One),
	}.content()
}

// replace takes away what a file covers, then puts its lines there.
func replace(covered func(*file, fact) bool, id func(fact) string) func(map[string]fact, *file) {
	return func(held map[string]fact, f *file) {
		if covered != nil && f.refused() == 0 {
			maps.DeleteFunc(held, func(_ string, l fact) bool { return covered(f, l) })
		}
		for _, l := range f.lines {
			if !l.bad {
				held[id(l)] = l
			}
		}
	}
}

// counted makes an identity of content and occurrence, for lines without keys.
func counted(apply func(map[string]fact, *file)) func(map[string]fact, *file) {
	return func(held map[string]fact, f *file) {
		seen := map[string]int{}
		g := *f
		g.lines = nil
		for _, l := range f.lines {
			if !l.bad {
				seen[l.content()]++
				l.key = fmt.Sprint("#", seen[l.content()])
			}
			g.lines = append(g.lines, l)
		}
		apply(held, &g)
	}
}

func (f *file) has(same func(fact) bool) bool { return slices.ContainsFunc(f.lines, same) }

func inDocument(f *file, l fact) bool {
	return f.has(func(x fact) bool { return !x.bad && x.doc == l.doc })
}

func inPlace(f *file, l fact) bool {
	return slices.Contains(f.scope.Locations, l.loc) && l.day >= f.scope.From && l.day <= f.scope.To ||
		f.has(func(x fact) bool { return !x.bad && x.place() == l.place() })
}

func inPeriod(f *file, l fact) bool { return l.day >= f.scope.From && l.day <= f.scope.To }

func byContent(l fact) string { return l.content() + l.key }

var kinds = []kind{
	{
		feed: "lines", yaml: "partner: acme, kind: sales, " + columns + ", identity: {scope: document, line_key: [key]}", keyed: true,
		apply: replace(nil, fact.keyed), id: rowKeyed,
	},
	{
		feed: "invoices", yaml: "partner: acme, kind: sales, " + columns + ", identity: {scope: document}, coverage: {kind: document}",
		apply: counted(replace(inDocument, byContent)), scope: inDocument, id: rowContent,
	},
	{
		feed: "pos", yaml: "partner: beta, kind: sales, " + columns + ", identity: {scope: location-day, line_key: [key]}, coverage: {kind: location-day}", keyed: true,
		apply: replace(inPlace, func(l fact) string { return l.place() + l.keyed() }), scope: inPlace, id: func(r *row) string { return rowPlace(r) + rowKeyed(r) },
	},
	{
		feed: "till", yaml: "partner: beta, kind: sales, " + columns + ", identity: {scope: location-day}, coverage: {kind: location-day}",
		apply: counted(replace(inPlace, byContent)), scope: inPlace, id: rowContent,
	},
	{
		feed: "month", yaml: "partner: acme, kind: sales, " + columns + ", identity: {scope: document, line_key: [key]}, coverage: {kind: period}", keyed: true,
		apply: replace(inPeriod, fact.keyed), scope: inPeriod, id: rowKeyed,
	},
	{
		feed: "loose", yaml: "partner: beta, kind: sales, " + columns + ", identity: {scope: document}, equal_rows_across_files: duplicate",
		apply: counted(replace(nil, byContent)), id: rowContent,
	},
	{
		feed: "stock", yaml: "partner: beta, kind: stock, columns: {location: store, item: item, qty: qty, at: day}, coverage: {kind: snapshot}",
	},
}

// invent makes submissions that repeat, correct, cut and extend one another.
func (w *world) invent(k *kind, n int) []*file {
	r := w.r
	first := sellthrough.Day(10950) // December 1999
	again, bad := 3, 8              // one file in so many is an earlier one again, or has a line that can't be read
	if r.IntN(3) == 0 {
		again, bad = 2, 3
	}
	var out []*file
	for i := range n {
		f := &file{name: fmt.Sprint(k.feed, "-", i)}
		day := first + sellthrough.Day(r.IntN(3))
		switch {
		case k.feed == "stock":
			day = first - 40 + sellthrough.Day(i) // the next snapshot is of a later day
			for _, loc := range []string{"s0", "s1", "s2"} {
				for item := range 4 {
					if r.IntN(3) > 0 {
						f.lines = append(f.lines, fact{loc: loc, item: fmt.Sprint("i", item), day: day, qty: int64(r.IntN(4))})
					}
				}
			}
		case len(out) > 0 && r.IntN(again) == 0: // an earlier file again, perhaps changed
			f.lines = slices.Clone(out[r.IntN(len(out))].lines)
			for j := range f.lines {
				if f.lines[j].bad = false; r.IntN(4) == 0 {
					f.lines[j].qty++
				}
			}
			if len(f.lines) > 0 && r.IntN(3) == 0 {
				f.lines = f.lines[:len(f.lines)-1]
			}
		default:
			for range r.IntN(12) {
				f.lines = append(f.lines, fact{
					doc: fmt.Sprint("d", r.IntN(5)), key: fmt.Sprint(r.IntN(4)), loc: fmt.Sprint("s", r.IntN(2)),
					item: fmt.Sprint("i", r.IntN(3)), day: day, qty: int64(1 + r.IntN(3)),
				})
			}
		}
		if k.keyed { // a key stands once in a file
			seen := map[string]bool{}
			f.lines = slices.DeleteFunc(f.lines, func(l fact) bool {
				id := l.keyed()
				if k.feed == "pos" {
					id += l.place()
				}
				defer func() { seen[id] = true }()
				return seen[id]
			})
		}
		switch k.feed {
		case "month":
			f.scope = sellthrough.Scope{From: first, To: first + sellthrough.Day(r.IntN(3)), Declared: true}
			for j := range f.lines { // a document keeps its day: see "Known limits" in docs/protocol.md
				f.lines[j].day = first + sellthrough.Day(f.lines[j].doc[1]-'0')%3
			}
			f.lines = slices.DeleteFunc(f.lines, func(l fact) bool { return l.day > f.scope.To })
		case "pos", "till":
			if r.IntN(4) == 0 {
				f.scope = sellthrough.Scope{Locations: []string{"s0"}, From: day, To: day, Declared: true}
			}
		}
		if !(w.strict && k.scope != nil) && k.feed != "invoices" && k.feed != "till" && k.feed != "stock" && len(f.lines) > 1 && r.IntN(bad) == 0 {
			f.lines[r.IntN(len(f.lines))].bad = true
		}
		out = append(out, f)
	}
	return out
}
