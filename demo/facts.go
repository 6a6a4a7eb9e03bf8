package demo

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"sellthrough"
	"sellthrough/demo/reports"
	"sellthrough/demo/world"
)

// Fact is a line that stands in the ledger, as it has to read there: what the partners' files said last, by the rules of
// their feeds, in the vendor's codes. Nothing of it came through the pipeline.
type Fact struct {
	Feed, Partner string
	Kind          string // of the line: sell_out, shipped, invoiced, …; of a level: on_hand, …
	Day           sellthrough.Day
	At            int64 // seconds since 1970 UTC; of a feed that writes days alone, the midnight
	Document      string
	Location      string // empty: of none
	Item          string // the partner's code of the product; empty: of none
	Product       string // empty: of none, or nobody knows the partner's code
	Unmatched     bool   // nobody knows it
	Party         string // the counterparty: a location or a partner; empty: an end customer, or unknown
	Region        string // the territory of More.Destination
	Currency      string
	Qty           sellthrough.Decimal
	Amount, Base  sellthrough.Decimal // in Currency; in the reporting currency
	HasAmount     bool
	Serial        string
	Implied       bool // a level that a snapshot left out: zero
	// More is what only some feeds say, as they write it. Customer is what the ledger has a keyed hash of.
	sellthrough.More
}

// Facts is every line that stands in the ledger at an instant, for computing a number on the whole channel without the
// pipeline, its views or its SQL:
//
//	facts := channel.Facts(channel.Opened)
//	units := map[string]sellthrough.Decimal{}
//	for f := range facts.Of(sellthrough.Sales) {
//		if f.Kind == "sell_out" {
//			units[f.Partner] += f.Qty
//		}
//	}
//
// Quantities and amounts have the signs that the ledger has; reference data for the same instant are Channel.Reference. What is
// not there: files that wait for a person, refused rows, and what was corrected, withdrawn or repeated.
type Facts struct {
	channel *Channel
	plan    *reports.Plan
	at      time.Time
	books   map[*reports.Feed]book
	shelves map[*reports.Feed]shelf
	parties map[string]string

	files, held int
	rows, bad   int64
}

// Facts of everything that was due by an instant. What a later file repeats is left out: whoever begins then never sends it.
func (c *Channel) Facts(at time.Time) *Facts {
	plan := c.Plan()
	f := &Facts{channel: c, plan: plan, at: at, books: map[*reports.Feed]book{}, shelves: map[*reports.Feed]shelf{}, parties: parties(plan.World())}
	for file := plan.Next(at); file != nil; file = plan.Next(at) {
		if file.Superseded(at) {
			continue
		}
		f.files++
		f.rows += int64(len(file.Rows))
		f.bad += int64(file.Refused())
		switch feed := file.Feed.Namespace(); {
		case file.Held:
			f.held++
		case feed.Kind == sellthrough.Stock:
			if f.shelves[feed] == nil {
				f.shelves[feed] = shelf{}
			}
			f.shelves[feed].take(file)
		default:
			if f.books[feed] == nil {
				f.books[feed] = book{}
			}
			f.books[feed].take(file)
		}
	}
	return f
}

// World is the channel on the day up to which the facts go.
func (f *Facts) World() *world.World { return f.plan.World() }

// Of gives the facts of all feeds of a kind, feed by feed, in an order that is always the same. Of stock, every level that
// was reported, and the zeros that snapshots imply.
func (f *Facts) Of(kind sellthrough.FeedKind) iter.Seq[Fact] {
	return func(yield func(Fact) bool) {
		for _, feed := range reports.Feeds {
			if feed.Kind != kind || feed.History() {
				continue
			}
			rows := f.books[feed].rows()
			if kind == sellthrough.Stock {
				rows = f.shelves[feed].rows()
			}
			for i := range rows {
				if !yield(f.fact(feed, &rows[i])) {
					return
				}
			}
		}
	}
}

// fact is a row as the ledger has it.
func (f *Facts) fact(feed *reports.Feed, r *reports.Row) Fact {
	w := f.plan.World()
	out := Fact{
		Feed: feed.ID, Partner: world.Partners[feed.Partner].ID, Kind: r.Kind.String(), Day: r.Day, At: feed.Instant(f.plan, r).Unix(),
		Qty: sellthrough.Decimal(int64(r.Units) * perUnit), Implied: r.Implied,
	}
	out.Currency, out.HasAmount = feed.Money(f.plan, r)
	if r.Place >= 0 {
		out.Location = w.Locations[r.Place].Code
	}
	if r.Product >= 0 {
		out.Item = reports.ItemCode(feed.Partner, int(r.Product), &w.Products[r.Product])
		out.Product = f.channel.product(w, feed.Partner, int(r.Product), f.at)
		out.Unmatched = out.Product == ""
	}
	out.Document, out.Serial, out.More = feed.Told(f.plan, r)
	if out.Destination != "" {
		out.Region = world.Territory(out.Destination)
	}
	if feed.Kind == sellthrough.Stock {
		out.Kind = r.Level.String()
		return out
	}
	out.Party = f.parties[feed.Counterparty(r)]
	if out.HasAmount {
		out.Amount = sellthrough.Decimal(r.Cents * perCent)
		out.Base = sellthrough.Decimal(r.Cents * world.Rate(out.Currency, r.Day)) // cents × ten-thousandths are millionths
	}
	return out
}

const (
	perUnit = int64(sellthrough.One)
	perCent = perUnit / 100
)

// parties is what a counterparty means.
func parties(w *world.World) map[string]string {
	out := map[string]string{}
	for i := range world.Partners {
		out[world.Partners[i].ID] = world.Partners[i].ID
		out[world.Debtor(i)] = world.Partners[i].ID
	}
	for i := range w.Locations {
		out[w.Locations[i].Code] = w.Locations[i].Code
	}
	return out
}

// product that a partner's code means; empty: nobody knows.
func (c *Channel) product(w *world.World, partner, product int, at time.Time) string {
	if !c.knows(w, partner, product, at) {
		return ""
	}
	return w.Products[product].Code
}

// book is the standing rows of a feed, by unit.
type book map[reports.Unit][]reports.Row

// take brings a file to effect: each unit that it tells of, or is the whole word of, becomes what it says. A file with a
// refused row takes nothing away.
func (b book) take(f *reports.File) {
	whole := f.Refused() == 0
	said := map[reports.Unit][]reports.Row{}
	for i := range f.Rows {
		r := &f.Rows[i]
		if !r.Typo {
			said[f.Unit(r)] = append(said[f.Unit(r)], *r)
		}
	}
	if whole {
		for _, u := range f.Covers {
			delete(b, u)
		}
	}
	for u, rows := range said {
		if !whole {
			for _, held := range b[u] {
				same := func(r reports.Row) bool { return r.Doc == held.Doc && r.Line == held.Line }
				if !slices.ContainsFunc(rows, same) {
					rows = append(rows, held)
				}
			}
		}
		b[u] = rows
	}
}

func (b book) rows() []reports.Row {
	var out []reports.Row
	for _, rows := range b {
		out = append(out, rows...)
	}
	slices.SortFunc(out, func(a, b reports.Row) int {
		return cmp.Or(
			cmp.Compare(a.Day, b.Day), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Doc, b.Doc), cmp.Compare(papers(&a), papers(&b)), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Product, b.Product), cmp.Compare(a.Units, b.Units), cmp.Compare(a.Cents, b.Cents),
		)
	})
	return out
}

func papers(r *reports.Row) string {
	if r.More == nil {
		return ""
	}
	return r.More.Document
}

// shelf is the levels that a feed reported, by what they are of, in the order of time.
type shelf map[slot][]reports.Row

type slot struct {
	place, product int32
	level          sellthrough.Level
}

func moment(r *reports.Row) int64 { return int64(r.Day)*86400 + int64(r.Second) }

func byMoment(a, b reports.Row) int { return cmp.Compare(moment(&a), moment(&b)) }

func (s shelf) set(k slot, r *reports.Row) {
	i, ok := slices.BinarySearchFunc(s[k], *r, byMoment)
	if ok {
		s[k][i] = *r
		return
	}
	s[k] = slices.Insert(s[k], i, *r)
}

// take notes the levels of a file. What a snapshot leaves out of a location that it tells of is zero, where it was not.
func (s shelf) take(f *reports.File) {
	present := map[slot]bool{}
	counted := map[int32]*reports.Row{}
	for i := range f.Rows {
		r := &f.Rows[i]
		k := slot{r.Place, r.Product, r.Level}
		present[k] = true
		counted[r.Place] = r
		s.set(k, r)
	}
	if f.Feed.Cover != reports.Snapshot {
		return
	}
	levels := map[sellthrough.Level]bool{}
	for k := range present {
		levels[k.level] = true
	}
	for k, held := range s {
		at, ok := counted[k.place]
		if !ok || present[k] || !levels[k.level] {
			continue
		}
		i, same := slices.BinarySearchFunc(held, *at, byMoment)
		if !same {
			i--
		}
		if i >= 0 && held[i].Units != 0 {
			zero := held[i]
			zero.Day, zero.Second, zero.Units, zero.Implied = at.Day, at.Second, 0, true
			s.set(k, &zero)
		}
	}
}

func (s shelf) rows() []reports.Row {
	var out []reports.Row
	for _, rows := range s {
		out = append(out, rows...)
	}
	slices.SortFunc(out, func(a, b reports.Row) int {
		return cmp.Or(byMoment(a, b), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Product, b.Product), cmp.Compare(a.Level, b.Level))
	})
	return out
}
