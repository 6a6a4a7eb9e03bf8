package world

import (
	"math/rand/v2"

	"sellthrough"
)

// desk is the vendor's service: what was sold of late, so that people ask about what they have.
type desk struct {
	known []owner
	next  int
	cases int32
}

type owner struct {
	partner, product int
	more             *More
}

// memory is how many sales the service knows at once.
const memory = 800

// sold lets the service know of a unit that somebody has.
func (k *desk) sold(w *World, s *Sale, d sellthrough.Day) {
	o := owner{w.Partner(s.Listing), w.Listings[s.Listing].Product, s.More}
	if len(k.known) < memory {
		k.known = append(k.known, o)
		return
	}
	if hash(w.Seed, 0x50, uint64(d), uint64(s.Doc), uint64(s.Line))%6 == 0 {
		k.known[k.next] = o
		k.next = (k.next + 1) % memory
	}
}

// serves are the partners that tell why goods come back.
var serves = map[int]bool{NineBridges: true, Kestavo: true, Pixelwald: true}

// Why goods come back, why people ask, and what breaks.
var (
	returnReasons = []string{"changed mind", "changed mind", "changed mind", "not as described", "not as described", "defective", "defective", "damaged in transit", "late"}
	ticketReasons = []string{"set-up", "set-up", "drivers", "drivers", "delivery", "invoice", "compatibility", "defect"}
	repairReasons = []string{"battery", "battery", "display", "keyboard", "board", "fan"}
)

// explain says why a line comes back; what is broken may be replaced on the spot.
func (w *World) explain(s *Sale, r *rand.Rand, day *Day) {
	n := &w.Listings[s.Listing]
	l := &w.Locations[n.Location]
	if !serves[l.Partner] {
		return
	}
	kind, reason := sellthrough.Returned, returnReasons[r.IntN(len(returnReasons))]
	if reason == "defective" && r.IntN(2) == 0 && n.onHand >= -2*s.Units {
		kind = sellthrough.Exchanged
		n.onHand += s.Units
		again := *s
		again.Kind, again.Units, again.Cents = Sells(Partners[l.Partner].Trade), -s.Units, -s.Cents
		again.More = &More{}
		if s.More != nil {
			*again.More = *s.More
			again.More.Of, again.More.Serial = Paper{}, ""
		}
		day.Sales = append(day.Sales, again)
	}
	if !w.told(day.Date) {
		return
	}
	w.desk.cases++
	day.Flows = append(day.Flows, Flow{
		By: l.Partner, Kind: kind, Place: n.Location, Product: n.Product, Units: -s.Units, Cents: -s.Cents, Currency: l.Currency, Second: s.Second, Line: 1,
		More: &More{
			Document: paper("RMA", day.Date, n.Location) + digits(int(w.desk.cases%1_000_000), 6), Of: s.More.Of, Serial: s.More.Serial, Customer: s.More.Customer,
			Segment: s.More.Segment, Reason: reason,
		},
	})
}

// answer lives the day of the vendor's service: it takes questions, and repairs what is under warranty. The older the product, the
// slower the answer; one in thirty gets none.
func (w *World) answer(day *Day) {
	d := day.Date
	k := &w.desk
	if !w.told(d) || len(k.known) == 0 || rest("CN", d) {
		return
	}
	r := Dice(w.Seed, 0x7e1, uint64(d))
	for range 3 + r.IntN(4) {
		o := k.known[r.IntN(len(k.known))]
		f := w.about(&o, d, sellthrough.Ticket, ticketReasons[r.IntN(len(ticketReasons))])
		f.Second = 8*3600 + r.Int32N(12*3600)
		wait := 600 + r.Int64N(6*3600)*(1+r.Int64N(5))
		if r.IntN(30) > 0 {
			f.More.Until = int64(d)*86400 + int64(f.Second) + wait
		}
		day.Flows = append(day.Flows, f)
		if r.IntN(5) < 3 && f.More.Until > 0 {
			s := f
			own := *f.More
			own.RefersTo, own.Document, own.Until, own.Reason = own.Document, "S"+own.Document, 0, ""
			s.Kind, s.More = sellthrough.Score, &own
			s.Units = int32(min(max(5-wait/(9*3600)-r.Int64N(2), 1), 5))
			w.later(sellthrough.Day((f.More.Until+86400)/86400), s)
		}
	}
	for range 1 + r.IntN(3) {
		o := k.known[r.IntN(len(k.known))]
		f := w.about(&o, d, sellthrough.Repaired, repairReasons[r.IntN(len(repairReasons))])
		f.Second = 8*3600 + r.Int32N(9*3600)
		f.More.Until = int64(d+2+sellthrough.Day(r.IntN(12)))*86400 + 15*3600
		day.Flows = append(day.Flows, f)
	}
}

func (w *World) about(o *owner, d sellthrough.Day, kind sellthrough.Kind, reason string) Flow {
	w.desk.cases++
	return Flow{
		By: Head, Kind: kind, Place: -1, Product: o.product, Units: 1, Line: 1, Other: Partners[o.partner].ID,
		More: &More{
			Document: "C" + d.Time().Format("060102") + digits(int(w.desk.cases%100_000), 5), Serial: o.more.Serial, Customer: o.more.Customer, Segment: o.more.Segment,
			Reason: reason,
		},
	}
}
