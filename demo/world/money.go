package world

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"sellthrough"
)

// accounts is what of the money is still to come, and what it will be made of.
type accounts struct {
	due    map[sellthrough.Day][]Flow // payments by their day
	sold   map[int]*takings           // of the marketplace since its last statement, by listing
	agent  takings                    // of the agent since the vendor's last invoice
	earned takings                    // of the agent in this month
	bought map[int][]lot              // of products whose price will be cut, by listing
}

type takings struct {
	units int32
	cents int64
}

type lot struct {
	day   sellthrough.Day
	units int32
}

func (a *accounts) open(w *World) {
	a.due, a.sold, a.bought = map[sellthrough.Day][]Flow{}, map[int]*takings{}, map[int][]lot{}
	for i := range w.Listings {
		if w.Products[w.Listings[i].Product].Cut != nil {
			a.bought[i] = nil
		}
	}
}

// Debtor is the number of a partner in the vendor's accounts.
func Debtor(partner int) string { return "D" + digits(10_001+partner*7, 5) }

// terms are how many days a partner has to pay, how many more it takes, and by how much that varies.
var terms = map[int]struct{ days, late, spread int }{
	JadeCrane: {45, -2, 5}, NineBridges: {60, 4, 18}, Pixelwald: {30, 0, 4}, Tamarind: {45, 3, 10}, North: {30, 0, 3}, East: {30, 0, 3},
	NorthLantern: {20, 0, 6}, Bazaarlet: {14, -2, 3}, Central: {30, 0, 1},
}

// Unpaid is how many days before the opening day Pixelwald ceased to pay what it is billed.
const Unpaid = 40

// invoiceOf is the invoice of a delivery note.
func invoiceOf(note string) string { return "RV" + note[2:] }

// owe notes an invoice of the vendor and plans its payment.
func (w *World) owe(day *Day, partner int, f Flow) {
	t := terms[partner]
	d := day.Date
	f.By, f.Kind, f.Place, f.Other, f.Second = Head, sellthrough.Invoiced, -1, Debtor(partner), 18*3600
	own := *f.More
	own.Until = int64(d+sellthrough.Day(t.days)) * 86400
	f.More = &own
	day.Flows = append(day.Flows, f)
	if partner == Pixelwald && d >= w.Opening-Unpaid {
		return
	}
	x := hash(w.Seed, 0x9a1, uint64(partner), uint64(d), uint64(len(day.Flows)))
	at := d + sellthrough.Day(t.days+t.late+int(x%uint64(t.spread)))
	switch {
	case partner == Tamarind && x>>20%4 == 0: // in two parts
		half := f
		half.Cents = f.Cents / 2
		f.Cents -= half.Cents
		w.pay(at+20, half)
	case x>>20%40 == 0:
		at += 30
	}
	w.pay(at, f)
}

// pay plans the payment of an invoice.
func (w *World) pay(d sellthrough.Day, invoice Flow) {
	d = working("CN", d)
	invoice.Kind, invoice.Second = sellthrough.Paid, 11*3600
	invoice.More = &More{RefersTo: invoice.More.Document, Reason: invoice.More.Reason}
	w.accounts.due[d] = append(w.accounts.due[d], invoice)
}

// paid books the payments of a day, one document a debtor.
func (w *World) paid(day *Day) {
	in := take(w.accounts.due, day.Date)
	slices.SortStableFunc(in, func(a, b Flow) int { return cmp.Compare(a.Other, b.Other) })
	for i := range in {
		f := &in[i]
		f.More.Document = "ZE" + day.Date.Time().Format("060102") + "-" + f.Other[1:]
		f.Line = w.route.line(f.More.Document)
	}
	day.Flows = append(day.Flows, in...)
}

// credit notes on a later day what a partner need not pay.
func (w *World) credit(d sellthrough.Day, partner int, currency string, cents int64, refers, reason string) {
	d = working("CN", d)
	w.later(d, Flow{
		By: Head, Kind: sellthrough.Credited, Place: -1, Product: -1, Cents: cents, Currency: currency, Second: 16 * 3600, Line: 1, Other: Debtor(partner),
		More: &More{Document: fmt.Sprintf("GU%s-%06d", d.Time().Format("060102"), hash(uint64(cents), name(refers), name(reason))%1_000_000), RefersTo: refers, Reason: reason},
	})
}

func name(s string) uint64 {
	h := uint64(len(s))
	for i := range len(s) {
		h = h*131 + uint64(s[i])
	}
	return h
}

// bill invoices what left the vendor's warehouse on a day: a delivery note, an invoice. The sales platform that the divisions
// share is charged line by line, so that each division has its result.
func (w *World) bill(out []consignment, day *Day) {
	for i := 0; i < len(out); {
		c := &out[i]
		li := w.Listings[c.listing].Location
		partner, currency := w.Locations[li].Partner, w.Locations[li].Currency
		sum, line := int64(0), int32(0)
		for ; i < len(out) && w.Listings[out[i].listing].Location == li; i++ {
			c := &out[i]
			if c.units == 0 || c.note == "" {
				continue
			}
			if note := c.note; partner == Central {
				line++
				n := &w.Listings[c.listing]
				w.owe(day, partner, Flow{
					Product: n.Product, Cents: c.price * int64(c.units), Currency: currency, Line: line,
					More: &More{Document: invoiceOf(note), RefersTo: note, Reason: "internal: " + w.Products[n.Product].Unit},
				})
			} else if !c.owned {
				sum += c.price * int64(c.units)
			}
		}
		if sum > 0 {
			note := paper("DN", day.Date, li)
			w.owe(day, partner, Flow{Product: -1, Cents: sum, Currency: currency, Line: 1, More: &More{Document: invoiceOf(note), RefersTo: note}})
		}
	}
}

// account lives the money of a day.
func (w *World) account(day *Day) {
	w.paid(day)
	for i := range day.Sales {
		s := &day.Sales[i]
		t := w.accounts.sold[s.Listing]
		switch w.Partner(s.Listing) {
		case Bazaarlet:
			if t == nil {
				t = &takings{}
				w.accounts.sold[s.Listing] = t
			}
			t.units, t.cents = t.units+s.Units, t.cents+s.Cents
		case NorthLantern:
			w.accounts.agent.cents += s.Cents
			w.accounts.earned.cents += s.Cents
		}
	}
	w.customers(day)
	d := day.Date
	if d == w.Agency()-1 { // from here on it sells for the vendor
		w.accounts.agent, w.accounts.earned = takings{}, takings{}
	}
	if !w.told(d) {
		clear(w.accounts.sold)
		return
	}
	if d.Time().Weekday() == time.Sunday {
		w.settle(day)
		if sum := w.accounts.agent.cents; d >= w.Agency() && sum > 0 { // its customers pay the vendor
			w.owe(day, NorthLantern, Flow{Product: -1, Cents: sum, Currency: "CNY", Line: 1, More: &More{Document: paper("AG", d, 0), Reason: "agency sales"}})
			w.accounts.agent = takings{}
		}
	}
	if (d + 1).Time().Day() == 1 {
		w.monthly(day)
	}
	for i := range w.Cuts {
		if d == w.Cuts[i].Day {
			w.compensate(&w.Cuts[i], day)
		}
	}
}

// Commission of the agent and of the marketplace, in thousandths of what they sold.
const (
	AgentShare  = 80
	MarketShare = 65
)

// settle is the marketplace's statement of a week that ends, by centre and item. It disagrees a little with the sales: here
// and there a unit is missing, and an item comes a week late.
func (w *World) settle(day *Day) {
	d := day.Date
	for li := range w.Locations {
		l := &w.Locations[li]
		if l.Partner != Bazaarlet {
			continue
		}
		doc := "ST" + d.Time().Format("060102") + "-" + digits(li, 2)
		sum, line := int64(0), int32(0)
		for _, i := range w.of[li] {
			t := w.accounts.sold[i]
			if t == nil || t.units <= 0 || t.cents <= 0 {
				continue
			}
			x := share(w.Seed, 0x5e7, uint64(i), uint64(d))
			if x < 0.012 {
				continue
			}
			units, cents := t.units, t.cents
			*t = takings{}
			if x < 0.03 && units > 1 {
				cents -= cents / int64(units)
				units--
			}
			line++
			sum += cents
			day.Flows = append(day.Flows, Flow{
				By: Bazaarlet, Kind: sellthrough.Settled, Place: li, Product: w.Listings[i].Product, Units: units, Cents: cents, Currency: l.Currency,
				Second: 4 * 3600, Line: line, Other: Partners[Head].ID, More: &More{Document: doc},
			})
		}
		if sum == 0 {
			continue
		}
		fee := sum * MarketShare / 1000
		day.Flows = append(day.Flows, Flow{
			By: Bazaarlet, Kind: sellthrough.Commission, Place: li, Product: -1, Cents: fee, Currency: l.Currency, Second: 4 * 3600, Line: line + 1,
			Other: Partners[Head].ID, More: &More{Document: doc, Reason: "marketplace fee"},
		})
		w.owe(day, Bazaarlet, Flow{
			Product: -1, Cents: sum - fee, Currency: l.Currency, Line: 1, More: &More{Document: paper("RM", d, li), RefersTo: doc, Reason: "marketplace statement"},
		})
	}
}

// monthly is the agent's commission, the franchise fee, and, at the end of a quarter, what partners ask back of their
// marketing funds.
func (w *World) monthly(day *Day) {
	d := day.Date
	month := d.Time().Format("0601")
	if sum := w.accounts.earned.cents; d >= w.Agency() && sum > 0 {
		day.Flows = append(day.Flows, Flow{
			By: Head, Kind: sellthrough.Commission, Place: -1, Product: -1, Cents: sum * AgentShare / 1000, Currency: "CNY", Second: 18 * 3600, Line: 1,
			Other: Debtor(NorthLantern), More: &More{Document: "PR" + month, Reason: "agency"},
		})
	}
	w.accounts.earned = takings{}
	w.owe(day, Pixelwald, Flow{Product: -1, Cents: 1_500_00, Currency: "EUR", Line: 1, More: &More{Document: "FF" + month, Reason: "franchise fee"}})
	if d.Time().Month()%3 != 0 {
		return
	}
	for _, s := range w.Support(d-100, d) {
		if s.Used && s.Partner != Pixelwald {
			w.claim(day, s.Partner, s.Currency, s.Cents, "AM"+month+"-"+Debtor(s.Partner)[1:], s.Programme, 25)
		}
	}
}

// claim notes what a partner asks back, and the credit that follows; wait 0: none does.
func (w *World) claim(day *Day, partner int, currency string, cents int64, doc, reason string, wait sellthrough.Day) {
	day.Flows = append(day.Flows, Flow{
		By: Head, Kind: sellthrough.Claimed, Place: -1, Product: -1, Cents: cents, Currency: currency, Second: 10 * 3600, Line: w.route.line(doc),
		Other: Debtor(partner), More: &More{Document: doc, Reason: reason},
	})
	if wait > 0 {
		w.credit(day.Date+wait, partner, currency, cents, doc, reason)
	}
}

// protect remembers what was bought of products whose price will be cut.
func (w *World) protect(i int, units int32, d sellthrough.Day) {
	if lots, ok := w.accounts.bought[i]; ok {
		w.accounts.bought[i] = append(lots, lot{d, units})
	}
}

// compensate is what partners who bought lately ask back when a price is cut. The distributor abroad asks for more than it may.
func (w *World) compensate(c *Cut, day *Day) {
	sums := map[int]int64{}
	for i := range w.Listings {
		n := &w.Listings[i]
		if n.Product != c.Product || w.owned(&w.Locations[n.Location], day.Date) {
			continue
		}
		units := int32(0)
		for _, b := range w.accounts.bought[i] {
			if b.day >= c.Day-ProtectedDays && b.day < c.Day {
				units += b.units
			}
		}
		delete(w.accounts.bought, i)
		l := &w.Locations[n.Location]
		each := int64(local(float64(c.Old-c.New), l.Currency)*Partners[l.Partner].Buys + 0.5)
		sums[l.Partner] += each * int64(min(units, n.onHand))
	}
	for _, p := range []int{JadeCrane, NineBridges, Pixelwald, Tamarind} {
		cents := sums[p]
		if p == Tamarind {
			cents = cents * 115 / 100
		}
		if cents > 0 {
			l := Partners[p].Currency
			w.claim(day, p, l, cents, "PP"+day.Date.Time().Format("060102")+"-"+Debtor(p)[1:], "price protection", map[int]sellthrough.Day{JadeCrane: 20, NineBridges: 30}[p])
		}
	}
}

// swap buys the new agent's stock back on the day on which it becomes one.
func (w *World) swap(day *Day) {
	if day.Date != w.Agency() || !w.told(day.Date) {
		return
	}
	for li := range w.Locations {
		if w.Locations[li].Partner != NorthLantern {
			continue
		}
		cents := int64(0)
		for _, i := range w.of[li] {
			if n := &w.Listings[i]; n.Active(day.Date) {
				cents += w.cost(n, day.Date-1) * int64(n.onHand)
			}
		}
		if cents > 0 {
			w.credit(day.Date, NorthLantern, "CNY", cents, paper("BB", day.Date, li), "stock bought back")
		}
	}
}
