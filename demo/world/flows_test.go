package world

import (
	"slices"
	"strings"
	"testing"

	"sellthrough"
)

// A line of an order, or of the note that it left by.
type entry struct {
	doc  string
	line int32
}

func TestWhatIsOrderedIsConfirmedShippedAndReceivedOrItIsSaidWhyNot(t *testing.T) {
	units := map[sellthrough.Kind]map[entry]int32{}
	orderOf, leftOn := map[entry]string{}, map[string]sellthrough.Day{}
	received := map[string]int32{} // by delivery note
	note := map[string]int32{}
	add := func(k sellthrough.Kind, f *Flow) {
		if units[k] == nil {
			units[k] = map[entry]int32{}
		}
		units[k][entry{f.More.Document, f.Line}] += f.Units
	}
	read(func(w *World, d *Day) {
		for i := range d.Flows {
			f := &d.Flows[i]
			switch {
			case f.Kind == sellthrough.Received:
				received[f.More.RefersTo] += f.Units
				if leftOn[f.More.RefersTo] == 0 || leftOn[f.More.RefersTo] >= d.Date {
					t.Fatalf("%s: %s arrives and left on %s", d.Date, f.More.RefersTo, leftOn[f.More.RefersTo])
				}
			case f.By == Head && f.Kind >= sellthrough.Ordered && f.Kind <= sellthrough.Cancelled:
				add(f.Kind, f)
			case f.Kind == sellthrough.Shipped:
				add(f.Kind, f)
				orderOf[entry{f.More.Document, f.Line}] = f.More.RefersTo
				note[f.More.Document] += f.Units
				leftOn[f.More.Document] = d.Date
			}
		}
	})
	ordered, confirmed, cancelled := units[sellthrough.Ordered], units[sellthrough.Confirmed], units[sellthrough.Cancelled]
	open, short, gone := 0, 0, 0
	perOrder := map[string]int32{}
	for e, n := range ordered {
		if confirmed[e]+cancelled[e] > n+confirmed[e] && cancelled[e] > n {
			t.Fatalf("%s line %d: %d of %d cancelled", e.doc, e.line, cancelled[e], n)
		}
		if confirmed[e] > n {
			t.Fatalf("%s line %d: %d of %d confirmed", e.doc, e.line, confirmed[e], n)
		}
		if cancelled[e] > 0 {
			short++
		}
		if confirmed[e] == 0 && cancelled[e] == 0 {
			open++
		}
		perOrder[e.doc] += confirmed[e]
	}
	for e := range units[sellthrough.Confirmed] {
		if ordered[e] == 0 {
			t.Fatalf("%s line %d is confirmed and was not ordered", e.doc, e.line)
		}
	}
	shippedOf := map[string]int32{}
	for e, n := range units[sellthrough.Shipped] {
		shippedOf[orderOf[e]] += n
	}
	late := 0
	for doc, n := range shippedOf {
		if n > perOrder[doc] {
			t.Fatalf("of order %s %d left and %d were confirmed", doc, n, perOrder[doc])
		}
	}
	for doc, n := range perOrder {
		if shippedOf[doc] < n {
			late++
		}
	}
	lost, onWay := 0, 0
	for doc, n := range note {
		switch {
		case received[doc] > n:
			t.Fatalf("of %s %d arrive and %d left", doc, received[doc], n)
		case received[doc] == 0:
			onWay++
		case received[doc] < n && leftOn[doc] < opening-40:
			lost++
		}
		if leftOn[doc] < opening-60 && received[doc] == 0 {
			gone++
		}
	}
	if len(ordered) < 15_000 || open < 20 || short < 200 || late < 20 || lost < 30 || onWay < 30 || gone != 0 {
		t.Errorf("%d lines ordered, %d open, %d cut short; %d orders not wholly shipped; of %d notes %d lost something, %d have not arrived, %d never did",
			len(ordered), open, short, late, len(note), lost, onWay, gone)
	}
}

func TestWhatLeavesOneShelfOfAnOwnerComesToAnother(t *testing.T) {
	sent, arrived := map[string]int32{}, map[string]int32{}
	left := map[string]sellthrough.Day{}
	from, to := map[int]int{}, map[int]int{}
	read(func(w *World, d *Day) {
		for i := range d.Flows {
			switch f := &d.Flows[i]; f.Kind {
			case sellthrough.Sent:
				sent[f.More.Document] += f.Units
				left[f.More.Document] = d.Date
				from[f.By]++
			case sellthrough.Arrived:
				doc := f.More.RefersTo
				if doc == "" { // sent back: the same document at both ends
					doc = f.More.Document
				}
				arrived[doc] += f.Units
				to[f.By]++
			}
		}
	})
	missing := 0
	for doc, n := range arrived {
		if n > sent[doc] {
			t.Fatalf("%s: %d arrive and %d were sent", doc, n, sent[doc])
		}
	}
	for doc, n := range sent {
		if left[doc] < opening-25 && arrived[doc] < n {
			missing++
		}
	}
	if missing == 0 || missing > len(sent)/20 {
		t.Errorf("of %d transfers %d lost something", len(sent), missing)
	}
	for _, p := range []int{Head, East, NineBridges} {
		if from[p] == 0 {
			t.Errorf("%s sends nothing", Partners[p].ID)
		}
	}
	for _, p := range []int{West, Nanjing, Hangzhou, Central, Imaging, Networks, Kestavo, Bazaarlet, NorthLantern, NineBridges} {
		if to[p] == 0 {
			t.Errorf("nothing comes to %s", Partners[p].ID)
		}
	}
}

func TestWhatIsBilledIsPaidInTimeOrLateOrNotAtAll(t *testing.T) {
	type bill struct {
		cents, paid int64
		due         sellthrough.Day
		by          string
	}
	bills := map[string]*bill{}
	onTime, late, parts, credits, claims := 0, 0, 0, 0, 0
	read(func(w *World, d *Day) {
		for i := range d.Flows {
			f := &d.Flows[i]
			if f.By != Head {
				continue
			}
			if f.Cents < 0 {
				t.Fatalf("%s: %s of %d cents", d.Date, f.Kind, f.Cents)
			}
			switch f.Kind {
			case sellthrough.Invoiced:
				b := bills[f.More.Document]
				if b == nil {
					b = &bill{due: sellthrough.Day(f.More.Until / 86400), by: f.Other}
					bills[f.More.Document] = b
				}
				b.cents += f.Cents
			case sellthrough.Paid:
				b := bills[f.More.RefersTo]
				if b == nil {
					t.Fatalf("%s: paid is %s, which nobody billed", d.Date, f.More.RefersTo)
				}
				if b.paid > 0 {
					parts++
				}
				if b.paid += f.Cents; d.Date > b.due {
					late++
				} else {
					onTime++
				}
			case sellthrough.Credited:
				credits++
			case sellthrough.Claimed:
				claims++
			}
		}
	})
	overdue := map[string]int{}
	for doc, b := range bills {
		if b.paid > b.cents {
			t.Fatalf("of %s %d cents are paid and %d owed", doc, b.paid, b.cents)
		}
		if b.paid < b.cents && b.due < opening {
			overdue[b.by]++
		}
	}
	if onTime < 700 || late < 700 || parts < 50 || credits < 50 || claims < 10 || overdue[Debtor(Pixelwald)] < 5 || overdue[Debtor(North)] > 20 {
		t.Errorf("%d payments in time, %d late, %d in parts, %d credit notes, %d claims; overdue are %v", onTime, late, parts, credits, claims, overdue)
	}
}

func TestTheMarketplaceSettlesALittleLessThanItSold(t *testing.T) {
	sold, settled := map[int]int32{}, map[int]int32{}
	fee, sum := int64(0), int64(0)
	at := map[[2]int]int{}
	w := read(func(w *World, d *Day) {
		if len(at) == 0 {
			for i := range w.Listings {
				at[[2]int{w.Listings[i].Location, w.Listings[i].Product}] = i
			}
		}
		for _, s := range d.Sales {
			if w.Partner(s.Listing) == Bazaarlet {
				sold[s.Listing] += s.Units
			}
		}
		for i := range d.Flows {
			switch f := &d.Flows[i]; {
			case f.By == Bazaarlet && f.Kind == sellthrough.Settled:
				settled[at[[2]int{f.Place, f.Product}]] += f.Units
				sum += f.Cents
			case f.By == Bazaarlet && f.Kind == sellthrough.Commission:
				fee += f.Cents
			}
		}
	})
	all, told := int32(0), int32(0)
	for i, n := range sold {
		all, told = all+n, told+settled[i]
		if settled[i] > n+40 { // a return after the statement
			t.Errorf("%s: %d settled and %d sold", w.Products[w.Listings[i].Product].Code, settled[i], n)
		}
	}
	if told > all*995/1000 || told < all*93/100 {
		t.Errorf("%d of %d units are settled", told, all)
	}
	if fee < sum*64/1000 || fee > sum*66/1000 {
		t.Errorf("the fee is %d of %d", fee, sum)
	}
}

func TestEveryReturnHasItsReasonWhereThePartnerTellsReasons(t *testing.T) {
	back, told := map[int]int{}, map[int]int{}
	kinds, reasons := map[sellthrough.Kind]int{}, map[string]bool{}
	answered, open, scores := 0, 0, map[int32]int{}
	read(func(w *World, d *Day) {
		for _, s := range d.Sales {
			if s.Kind == sellthrough.ReturnIn {
				back[w.Partner(s.Listing)]++
			}
		}
		for i := range d.Flows {
			f := &d.Flows[i]
			switch f.Kind {
			case sellthrough.Returned, sellthrough.Exchanged:
				told[f.By]++
				if f.More.Reason == "" || f.More.Of.Doc == 0 {
					t.Fatalf("%s: %+v says neither why nor what was sold", d.Date, f.More)
				}
				reasons[f.More.Reason] = true
			case sellthrough.Ticket:
				if f.More.Until == 0 {
					open++
				} else if f.More.Until <= int64(d.Date)*86400+int64(f.Second) {
					t.Fatalf("%s is answered before it was asked", f.More.Document)
				} else {
					answered++
				}
			case sellthrough.Score:
				scores[f.Units]++
			}
			kinds[f.Kind]++
		}
	})
	for _, p := range []int{NineBridges, Kestavo, Pixelwald} {
		if told[p] != back[p] || told[p] == 0 {
			t.Errorf("%s takes back %d and says why of %d", Partners[p].ID, back[p], told[p])
		}
	}
	if kinds[sellthrough.Exchanged] < 20 || kinds[sellthrough.Repaired] < 50 || answered < 200 || open == 0 || len(scores) < 4 || len(reasons) < 5 {
		t.Errorf("%v; %d answered, %d open, scores %v, reasons %v", kinds, answered, open, scores, reasons)
	}
}

func TestEveryModeOccursAndTheAgentBecameOne(t *testing.T) {
	seen := map[string]bool{}
	w := read(func(w *World, d *Day) {
		for _, s := range d.Sales {
			if strings.HasPrefix(s.Buyer, "NL-") && s.Units > 0 && d.Date > w.Agency() {
				t.Fatalf("%s: the distributor sells to the agent", d.Date)
			}
		}
		for _, s := range d.Goods {
			l := &w.Locations[w.Listings[s.Listing].Location]
			if s.Kind == sellthrough.SellIn && w.owned(l, d.Date) && !(l.Partner == NorthLantern && d.Date < w.Agency()+20) {
				t.Fatalf("%s: %s buys what is the vendor's", d.Date, l.Name)
			}
		}
	})
	for _, m := range w.Modes() {
		seen[m.Mode] = true
	}
	if len(seen) != 10 {
		t.Errorf("only %d modes occur", len(seen))
	}
	if w.Agency() >= w.Reorganised() || w.Reorganised() >= opening || w.Agency().Time().Day() != 15 {
		t.Errorf("the agent is one since %s, the tree is another since %s", w.Agency(), w.Reorganised())
	}
	nodes := map[string]int{}
	for _, n := range w.Organisation() {
		nodes[n.Code]++
		if n.Parent != "" && !slices.ContainsFunc(w.Organisation(), func(o Node) bool { return o.Code == n.Parent }) {
			t.Errorf("%s stands under %s, which is no node", n.Code, n.Parent)
		}
	}
	for i := range Partners {
		if nodes[Partners[i].Node] == 0 {
			t.Errorf("%s stands under no node", Partners[i].ID)
		}
	}
	if nodes["cn-south-office"] != 2 {
		t.Error("no node moves")
	}
}
