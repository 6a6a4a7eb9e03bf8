package reports

import (
	"slices"
	"time"

	"sellthrough"
	"sellthrough/demo/world"
)

// Cover is what a file of a feed reports completely.
type Cover uint8

// The coverages, as the configuration of the feeds declares them.
const (
	Nothing Cover = iota
	Documents
	Days
	Period
	Snapshot
)

// Feed is a stream of files, as the demo's configuration describes it to the pipeline.
type Feed struct {
	ID       string
	Partner  int
	Kind     sellthrough.FeedKind
	Sold     bool               // of sales: what was sold and came back
	Goods    []sellthrough.Kind // of sales: what else moved stock
	Document bool               // of sales: lines are told apart by document; else by location and day
	Keyed    bool
	Cover    Cover
	Currency string

	perStore  bool
	named     bool // the scope is what the lines name
	weekly    bool // levels of Sundays only
	transit   bool // levels of what is on the way, too
	gzip      bool
	quarterly bool   // its history comes by the quarter; every flow's does
	moneys    bool   // its lines name their currency
	seldom    bool   // a day without a line has no file; no flow's has
	prefix    string // of its files' names
	suffix    string
	clock     int32 // second of the next day, on the partner's clock, at which it sends
	precise   int32 // its times are written to so many seconds; 0: days alone
	minutes   int   // between the files of the running day; 0: none
	running   bool  // those files repeat the day so far; else they hold what is new
	header    string
	totals    string // a row that some export adds at the end
	says      field
	document  func(b []byte, r *Row) []byte          // of sales, where they have one
	refers    func(b []byte, p *Plan, r *Row) []byte // to the sale of what came back; nil: by its document
	write     func(b []byte, p *Plan, r *Row) []byte

	past *Feed // takes the history, of a feed whose coverage is dear: it covers nothing
	of   *Feed // whose history it takes
}

const hour = 3600

// field is what a feed says of its lines beyond what every feed does.
type field uint16

const (
	customer field = 1 << iota
	segment
	salesperson
	title
	reason
	refersTo
	destination
	until
	serial
	counterparty
)

// Feeds of the channel, in the order of its partners; behind them those that take the history of stock snapshots, a month
// in a file.
var Feeds = func() []*Feed {
	all := slices.Concat(distributors, dealers, shops, online, vendor())
	for _, f := range slices.Clone(all) {
		if f.Cover == Snapshot {
			past := *f
			past.ID, past.Cover, past.of = f.ID+"-history", Nothing, f
			f.past = &past
			all = append(all, &past)
		}
	}
	return all
}()

// bought is what a goods receipt tells of.
func bought() []sellthrough.Kind {
	return []sellthrough.Kind{sellthrough.SellIn, sellthrough.ReturnOut}
}

// prefixed writes documents that have a prefix.
func prefixed(prefix string) func([]byte, *Row) []byte {
	return func(b []byte, r *Row) []byte { return numbered(b, prefix, r) }
}

// Told is the document of a row, and what else a feed says of it, as the partner writes it.
func (f *Feed) Told(p *Plan, r *Row) (document, number string, more sellthrough.More) {
	m := r.more()
	switch {
	case f.Kind.Flow():
		document = m.Document
	case f.document != nil:
		document = string(f.document(nil, r))
	}
	pick := func(bit field, to *string, value string) {
		if f.says&bit != 0 {
			*to = value
		}
	}
	pick(customer, &more.Customer, m.Customer)
	pick(segment, &more.Segment, m.Segment)
	pick(salesperson, &more.Salesperson, m.Salesperson)
	pick(title, &more.Title, m.Title)
	pick(reason, &more.Reason, m.Reason)
	pick(destination, &more.Destination, m.Destination)
	pick(serial, &number, m.Serial)
	pick(refersTo, &more.RefersTo, f.reference(p, r))
	if f.says&until != 0 {
		more.Until = m.Until
	}
	return document, number, more
}

// Counterparty of a row, as the partner writes it; empty where it writes none.
func (f *Feed) Counterparty(r *Row) string {
	if f.says&counterparty == 0 {
		return ""
	}
	return r.Other
}

// Money is the currency of a row, and whether it says an amount.
func (f *Feed) Money(p *Plan, r *Row) (currency string, priced bool) {
	switch {
	case f.moneys && r.Currency != "":
		currency = r.Currency
	case f.moneys:
		currency = p.world.Locations[r.Place].Currency
	case f.Currency != "":
		currency = f.Currency
	default:
		currency = world.Partners[f.Partner].Currency
	}
	switch f.Kind {
	case sellthrough.Stock, sellthrough.Transfers:
		return currency, false
	case sellthrough.Shipments:
		return currency, f.Partner == world.Head
	case sellthrough.Service:
		return currency, f.Partner != world.Head
	}
	return currency, true
}

// Instant of a row, as exactly as the feed writes it.
func (f *Feed) Instant(p *Plan, r *Row) time.Time {
	at := *r
	if f.precise == 0 {
		at.Second = 0
	} else {
		at.Second -= at.Second % f.precise
	}
	return p.instant(&at)
}

// reference is the other document that a row names.
func (f *Feed) reference(p *Plan, r *Row) string {
	switch of, ok := origin(r); {
	case f.refers != nil:
		return string(f.refers(nil, p, r))
	case f.Kind.Flow():
		return r.More.RefersTo
	case ok && f.document != nil:
		return string(f.document(nil, &of))
	}
	return ""
}

// rows picks what a feed reports of a day.
func (f *Feed) rows(p *Plan, d *world.Day) []Row {
	w := p.world
	var out []Row
	if f.Kind == sellthrough.Stock {
		return f.levels(p, d, 23*hour+1800)
	}
	if f.Kind.Flow() {
		for i := range d.Flows {
			if s := &d.Flows[i]; s.By == f.Partner && kindOf(s.Kind) == f.Kind {
				out = append(out, rowOfFlow(s, d.Date))
			}
		}
		return out
	}
	if f.Sold {
		for i := range d.Sales {
			if s := &d.Sales[i]; w.Partner(s.Listing) == f.Partner && !w.Muted(w.Listings[s.Listing].Location, d.Date) {
				out = append(out, rowOf(w, s, d.Date))
			}
		}
	}
	for i := range d.Goods {
		if s := &d.Goods[i]; w.Partner(s.Listing) == f.Partner && slices.Contains(f.Goods, s.Kind) {
			r := rowOf(w, s, d.Date)
			if f.Sold {
				r.Doc += 9000 // beside the documents of the sales
			}
			out = append(out, r)
		}
	}
	if f.Partner == world.NorthLantern {
		return aggregate(out)
	}
	return out
}

// kindOf is the kind of feed that a kind of line belongs to.
func kindOf(k sellthrough.Kind) sellthrough.FeedKind {
	found := sellthrough.Sales
	for _, f := range sellthrough.FeedKinds() {
		if f != sellthrough.Stock && k >= sellthrough.FirstKind(f) {
			found = f
		}
	}
	return found
}

func rowOf(w *world.World, s *world.Sale, d sellthrough.Day) Row {
	n := &w.Listings[s.Listing]
	return Row{
		Place: int32(n.Location), Product: int32(n.Product), Kind: s.Kind, Units: s.Units, Cents: s.Cents, Day: d, Second: s.Second, Doc: s.Doc, Line: s.Line,
		Other: s.Buyer, Version: 1, More: s.More,
	}
}

func rowOfFlow(s *world.Flow, d sellthrough.Day) Row {
	return Row{
		Place: int32(s.Place), Product: int32(s.Product), Kind: s.Kind, Units: s.Units, Cents: s.Cents, Currency: s.Currency, Day: d, Second: s.Second, Line: s.Line,
		Other: s.Other, Version: 1, More: s.More,
	}
}

// aggregate sums a day by location and product, sales and returns apart.
func aggregate(rows []Row) []Row {
	type key struct {
		place, product int32
		kind           sellthrough.Kind
	}
	at := map[key]int{}
	var out []Row
	for _, r := range rows {
		k := key{r.Place, r.Product, r.Kind}
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			out = append(out, Row{
				Place: r.Place, Product: r.Product, Kind: r.Kind, Units: r.Units, Cents: r.Cents, Day: r.Day, Line: 2*(1000*r.Place+r.Product) + int32(r.Kind&1),
			})
			continue
		}
		out[i].Units += r.Units
		out[i].Cents += r.Cents
	}
	return out
}

// levels is a feed's stock at a second of a day. A snapshot leaves zeros out. Any other names each once when its listing
// has ended.
func (f *Feed) levels(p *Plan, d *world.Day, second int32) []Row {
	w := p.world
	told := p.told[f]
	snapshot := f.Cover == Snapshot && d.Date >= p.regular(f)
	var out []Row
	for li := range w.Locations {
		if w.Locations[li].Partner != f.Partner {
			continue
		}
		holder := p.holders[w.Holder(li, d.Date)]
		for _, i := range w.At(li) {
			units := d.OnHand[i]
			if units < 0 {
				if !told[i] || snapshot {
					continue
				}
				units = 0
				told[i] = false
			} else if !snapshot {
				told[i] = true
			}
			row := Row{
				Place: int32(li), Product: int32(w.Listings[i].Product), listing: i, Level: sellthrough.OnHand, Units: units, Day: d.Date, Second: second, More: holder,
			}
			if units != 0 || !snapshot {
				out = append(out, row)
			}
			way := max(0, d.Incoming[i])
			if f.transit && (way > 0 || !snapshot && p.coming[i]) {
				p.coming[i] = way > 0
				row.Level, row.Units = sellthrough.InTransit, way
				out = append(out, row)
			}
		}
	}
	return out
}

// span is the month or quarter whose history a feed hands over in one file.
func (f *Feed) span(d sellthrough.Day) int {
	y, m, _ := d.Time().Date()
	if f.late() {
		return y*12 + (int(m)-1)/3*3
	}
	return y*12 + int(m) - 1
}

// late says whether the partner reports by the day of late only, and hands its history over by the quarter.
func (f *Feed) late() bool { return f.quarterly || f.Kind.Flow() }

// idle says whether a day on which nothing happened has no file.
func (f *Feed) idle() bool { return f.seldom || f.Kind.Flow() }

// Seldom says whether the feed has a file only when something happened.
func (f *Feed) Seldom() bool { return f.seldom }

// Daily is how many days before the opening day the feed's own files begin.
func (f *Feed) Daily() sellthrough.Day {
	if f.past != nil || f.late() {
		return EveryDay
	}
	return Daily
}

func (f *Feed) stock() bool { return f.Kind == sellthrough.Stock }

// counts says whether its lines are of units that somebody may have typed wrongly.
func (f *Feed) counts() bool {
	return f.Kind != sellthrough.Stock && f.Kind != sellthrough.Money && f.Kind != sellthrough.Service
}

// byDocument says whether what is corrected is sent again by the document.
func (f *Feed) byDocument() bool { return f.Kind.Flow() || f.Document && f.Cover != Period }

// History says whether the feed only takes what was before the partner reported by the day.
func (f *Feed) History() bool { return f.of != nil }

// Namespace is the feed whose lines it shares: its own, or the one whose history it takes.
func (f *Feed) Namespace() *Feed {
	if f.of != nil {
		return f.of
	}
	return f
}

// Weekly says whether the feed reports once a week.
func (f *Feed) Weekly() bool { return f.weekly }
