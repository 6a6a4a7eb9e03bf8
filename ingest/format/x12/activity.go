package x12

import (
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/edi"
)

// activity reads an 852: LIN with its ZA, and the stores of each ZA in SDQ.
type activity struct {
	line   uint32 // segment of the open LIN
	broken bool   // the line is refused
	any    bool   // it has a quantity
	prices []edi.Quote
	amount []byte
	refs   []byte
	za     statement
}

// statement is a quantity with what details it: the ZA of an 852 or the QTY of an 846.
type statement struct {
	open       bool
	row        uint32
	segment    string
	code       []byte
	qty, unit  []byte
	prices     []edi.Quote
	when       when
	splits     []split
	split, bad bool // SDQ occurred; one of them is refused
	placed     bool // it has a place of its own
	place      []byte
	name       []byte
}

type split struct {
	row      uint32
	location []byte
	qty      []byte
	number   sellthrough.Decimal
}

func (a *activity) closes(s *edi.Segment) bool {
	switch string(s.ID()) {
	case "LIN", "N1", "CTT", "SE":
		return true
	}
	return false
}

func (a *activity) read(r *Reader, s *edi.Segment) {
	g := r.group
	switch string(s.ID()) {
	case "XQ":
		from, ok := edi.Day(s.At(2))
		to, ok2 := from, true
		if s.At(3) != nil {
			to, ok2 = edi.Day(s.At(3))
		}
		if !ok || !ok2 || string(to) < string(from) {
			r.refuseSet(s, "XQ02", string(s.At(2)), "the period of the report is none; write first and last day as CCYYMMDD", "5")
			return
		}
		purpose := "00"
		if p := s.At(5); p != nil {
			purpose = string(p)
		}
		r.msg.report[0] = string(s.At(1))
		if r.head(s, "XQ05", purpose, s.At(4), nil, nil) {
			r.period(from, to)
			r.msg.when.day = to
		}
	case "N1":
		r.party(s, r.locations("RL", "ST", "WH"))
	case "CUR":
		g.Context[edi.Currency] = clone(s.At(2))
	case "LIN":
		if r.headless(s, "XQ") {
			return
		}
		*a = activity{line: s.Number, prices: a.prices[:0], za: statement{splits: a.za.splits[:0], prices: a.za.prices[:0]}}
		r.msg.open, r.msg.detail = true, true
		r.msg.lines++
		g.Context[edi.Reference] = nil
		if reason := r.item(s); reason != "" {
			r.refuse(s, "", string(s.Raw[:min(len(s.Raw), 60)]), reason)
			a.broken = true
		}
	case "CTT":
		r.msg.total = clone(s.At(1))
	case "ZA", "QTY", "SDQ", "CTP", "PO4", "AMT", "N9", "REF":
		if !r.msg.open {
			if s.Is("ZA") || s.Is("SDQ") || s.Is("QTY") {
				r.refuse(s, "", "", "the quantity stands before the first LIN or behind the last, so its item is not known")
			}
			return
		}
		if !a.broken {
			a.detail(r, s)
		}
	}
}

func (a *activity) detail(r *Reader, s *edi.Segment) {
	g := r.group
	switch string(s.ID()) {
	case "ZA":
		a.close(r)
		a.begin(r, s, "ZA", g.Keep(s.At(1)))
		if s.At(5) != nil {
			day, ok := edi.Day(s.At(5))
			if !ok {
				r.refuse(s, "ZA05", string(s.At(5)), "this is no date; write it as CCYYMMDD")
				a.za.bad = true
			}
			a.za.when.day = day
		}
	case "QTY":
		if a.za.open && a.za.segment == "ZA" {
			return // it details the ZA, like the number of orders
		}
		a.close(r)
		a.begin(r, s, "QTY", append([]byte("QTY/"), s.At(1)...))
	case "SDQ":
		if !a.za.open || a.za.segment != "ZA" {
			r.refuse(s, "", "", "a split by stores (SDQ) has to follow the ZA that it splits")
			return
		}
		a.za.stores(r, s)
	case "CTP":
		if v := s.At(3); v != nil {
			p := edi.Quote{Value: g.Keep(v), Basis: [2][]byte{g.Keep(s.At(2)), g.Keep(s.At(1))}}
			if a.za.open {
				a.za.prices = append(a.za.prices, p)
			} else {
				a.prices = append(a.prices, p)
			}
		}
	case "PO4":
		g.Context[edi.Pack] = g.Keep(s.At(1))
	case "AMT":
		if rank(r.d.Amounts, s.At(1)) >= 0 {
			a.amount = g.Keep(credit(s.At(2), s.At(4)))
		}
	case "N9", "REF":
		a.refs = reference(g, a.refs, s.At(1), s.At(2))
		g.Context[edi.Reference] = a.refs
	}
}

func (a *activity) begin(r *Reader, s *edi.Segment, segment string, code []byte) {
	g, z := r.group, &a.za
	a.any = true
	*z = statement{splits: z.splits[:0], prices: z.prices[:0]}
	z.open, z.row, z.segment, z.code, z.qty, z.unit = true, s.Number, segment, code, g.Keep(s.At(2)), g.Keep(s.At(3))
}

// stores takes the pairs of store and quantity of an SDQ.
func (z *statement) stores(r *Reader, s *edi.Segment) {
	z.split = true
	if u := s.At(1); u != nil {
		if z.unit != nil && string(z.unit) != string(u) {
			r.refuse(s, "SDQ01", string(u), "the split is in another unit than the quantity it splits ("+string(z.unit)+"); write both in one")
			z.bad = true
			return
		}
		z.unit = r.group.Keep(u)
	}
	last := min(s.Len(), 22) // the 23rd element is a place within the store
	for i := 3; i <= last; i += 2 {
		loc, qty := s.At(i), s.At(i+1)
		if loc == nil && qty == nil {
			continue
		}
		if loc == nil || qty == nil {
			r.refuse(s, "", string(loc)+string(qty), "a store and its quantity belong together, and one of the two is missing")
			z.bad = true
			return
		}
		text, number, reason := edi.Number(qty, false)
		if reason != "" {
			r.refuse(s, "", string(qty), reason)
			z.bad = true
			return
		}
		if len(z.splits) >= r.opt.Limits.Group {
			r.refuse(s, "", "", "the quantity is split by more stores than the limit; send it in several lines, or raise limits")
			z.bad = true
			return
		}
		z.splits = append(z.splits, split{s.Number, r.group.Keep(loc), r.group.Keep(text), number})
	}
}

// close settles the open quantity.
func (a *activity) close(r *Reader) {
	z := &a.za
	if !z.open {
		return
	}
	z.open = false
	if z.bad {
		return
	}
	known := r.codes.Find(r.set.Type, z.code)
	if known == nil {
		code := string(z.code)
		table, in := activities, code
		if number, ok := strings.CutPrefix(code, "QTY/"); ok {
			table, in = quantities, number
		}
		c, reason := r.code(table, in, "sell_out", code)
		known = r.codes.Keep(z.code, c, reason)
	}
	prices := z.prices
	if len(prices) == 0 {
		prices = a.prices
	}
	base := r.group.Base()
	if r.settle(base, &z.when, &r.msg.when); z.when.day != nil {
		base[edi.PeriodFrom], base[edi.PeriodTo] = z.when.day, z.when.day
	}
	r.state(z, base, &known.Code, known.Reason, prices, a.amount)
}

// state adds what a statement says to the group: its quantity, or those of its stores.
func (r *Reader) state(z *statement, base *edi.Base, code *edi.Code, reason string, prices []edi.Quote, amount []byte) {
	g := r.group
	if reason != "" {
		g.Refuse(z.row, z.segment, z.segment+"01", z.code, reason)
		return
	}
	if code.Class == edi.Ignored || !r.relevant(code) {
		g.Skip(z.code)
		return
	}
	base[edi.QtyKind], base[edi.Unit] = z.code, z.unit
	if g.Asked(edi.Price) {
		if base[edi.Price], reason = r.d.Pick(prices); reason == "" && base[edi.Price] != nil {
			base[edi.Price], _, reason = edi.Number(base[edi.Price], false)
		}
		if reason != "" {
			g.Refuse(z.row, z.segment, "price", nil, reason)
			return
		}
	}
	var total sellthrough.Decimal
	var text []byte
	if z.qty != nil {
		if text, total, reason = edi.Number(z.qty, false); reason != "" {
			g.Refuse(z.row, z.segment, z.segment+"02", z.qty, reason)
			return
		}
	}
	switch {
	case z.split:
		var sum sellthrough.Decimal
		for _, s := range z.splits {
			var err error
			if sum, err = sum.Add(s.number); err != nil {
				g.Refuse(z.row, z.segment, z.segment+"02", z.qty, err.Error()+"; correct the quantities of the stores")
				return
			}
		}
		if z.qty != nil && sum != total && r.d.Splits != "stores" {
			g.Refuse(z.row, z.segment, z.segment+"02", z.qty, "the stores (SDQ) add up to "+sum.String()+": a store may be lost, or the total is not theirs; correct one, or set splits: stores in the dialect")
			return
		}
		if amount != nil && len(z.splits) > 1 && g.Asked(edi.Amount) {
			g.Refuse(z.row, z.segment, "amount", amount, "the line has one amount for several stores; send one line for each")
			return
		}
		for _, s := range z.splits {
			r.add(&edi.Fact{Row: s.row, Segment: "SDQ", Qty: s.qty, Number: s.number, Location: s.location, Amount: amount, Code: *code, Base: base})
		}
	case z.qty == nil:
		g.Refuse(z.row, z.segment, z.segment+"02", nil, "the quantity is missing, and no stores (SDQ) follow; write 0 where nothing moved")
	default:
		r.add(&edi.Fact{Row: z.row, Segment: z.segment, Qty: text, Number: total, Amount: amount, Code: *code, Base: base})
	}
}

// add adds a quantity under its sign.
func (r *Reader) add(f *edi.Fact) {
	if reason := r.d.Sign(f); reason != "" {
		r.group.Refuse(f.Row, f.Segment, f.Segment+"02", f.Qty, reason)
		return
	}
	r.group.Add(f)
}

func (a *activity) finish(r *Reader) {
	a.close(r)
	if !a.any && !a.broken {
		r.group.Refuse(a.line, "LIN", "", nil, "the line has no quantity (ZA or QTY); a segment may be lost or merged with another, so send the line again")
	}
	n := 0
	for i := range r.group.Facts {
		if r.group.Facts[i].Amount != nil {
			n++
		}
	}
	if n > 1 && r.group.Asked(edi.Amount) {
		r.group.Facts = r.group.Facts[:0]
		r.group.Refuse(a.line, "LIN", "amount", a.amount, "the line has one amount for several quantities; send one line for each")
	}
}

// reference adds a reference to those of the line, where the feed reads them.
func reference(g *edi.Group, refs, qualifier, value []byte) []byte {
	if value == nil || !g.Asked(edi.Reference) || len(refs) > 400 {
		return refs
	}
	out := append(make([]byte, 0, len(refs)+len(qualifier)+len(value)+2), refs...)
	if len(out) > 0 {
		out = append(out, '+')
	}
	return append(append(append(out, qualifier...), ':'), value...)
}

// credit puts the flag of a credit before an amount.
func credit(amount, flag []byte) []byte {
	if string(flag) == "C" && len(amount) > 0 && amount[0] != '-' {
		return edi.Negate(amount)
	}
	return amount
}
