package world

import "sellthrough"

// customers is what the vendor's own units bill to companies and offices, and when these pay or are credited what came back.
// Individuals pay at once, and nobody writes an invoice.
func (w *World) customers(day *Day) {
	d := day.Date
	if !w.told(d) {
		return
	}
	var last *Flow
	flush := func() {
		if last == nil || last.Cents <= 0 {
			last = nil
			return
		}
		day.Flows = append(day.Flows, *last)
		wait := 30 + int(hash(w.Seed, 0xc0, name(last.More.Document))%25)
		if last.More.Segment == "government" { // which takes its time
			wait += 45
		}
		p := *last
		p.Kind, p.Second, p.Line = sellthrough.Paid, 11*3600, 1
		own := *last.More
		own.RefersTo, own.Document, own.Until = own.Document, "Z"+own.Document, 0
		p.More = &own
		w.later(working("CN", d+sellthrough.Day(wait)), p)
		last = nil
	}
	for i := range day.Sales {
		s := &day.Sales[i]
		li := w.Listings[s.Listing].Location
		p := w.Locations[li].Partner
		if Partners[p].Trade != Office || s.More.Segment == "individual" {
			continue
		}
		if s.Units < 0 {
			w.refund(day, p, li, s)
			continue
		}
		doc := billed(Paper{d, s.Doc}, li)
		if last != nil && last.More.Document != doc {
			flush()
		}
		if last == nil {
			last = &Flow{
				By: p, Kind: sellthrough.Invoiced, Place: li, Product: -1, Currency: "CNY", Second: 18 * 3600, Line: 1,
				More: &More{
					Document: doc, Of: Paper{d, s.Doc}, Customer: s.More.Customer, Segment: s.More.Segment, Salesperson: s.More.Salesperson,
					Until: int64(d+30) * 86400,
				},
			}
		}
		last.Cents += s.Cents
	}
	flush()
}

// refund credits a customer what came back.
func (w *World) refund(day *Day, p, li int, s *Sale) {
	if !w.told(s.More.Of.Day) {
		return
	}
	own := *s.More
	own.Document, own.RefersTo = paper("RG", day.Date, li)+digits(int(s.Doc), 3), billed(s.More.Of, li)
	own.Reason, own.Serial, own.Destination = "returned", "", ""
	day.Flows = append(day.Flows, Flow{
		By: p, Kind: sellthrough.Credited, Place: li, Product: -1, Cents: -s.Cents, Currency: "CNY", Second: 18 * 3600, Line: s.Line, More: &own,
	})
}

// billed is the invoice of a sale of the vendor's own unit.
func billed(of Paper, li int) string { return paper("RE", of.Day, li) + digits(int(of.Doc), 3) }
