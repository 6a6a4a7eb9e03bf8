package x12

import (
	"sellthrough/ingest/format/edi"
)

// resale reads an 867: PTD, and in it QTY, each with the LIN that follows it. Where a PTD names its item first, the
// quantities behind it are that item's.
type resale struct {
	transfer  []byte // PTD01
	row       uint32
	when      when // of the PTD
	customers [2]customer
	customer  int  // how many of them are known
	moved     bool // a QTY came in this PTD
	broken    string
	itemFirst bool
	itemized  bool
	invoice   []byte
	order     []byte
	refs      []byte
	serials   [][]byte

	line resaleLine
}

type customer struct {
	code, name []byte
	rank       int
}

// resaleLine is what belongs to one QTY.
type resaleLine struct {
	row       uint32
	code      []byte
	qty, unit []byte
	item      bool
	prices    []edi.Quote
	amounts   []edi.Quote
	when      when
	serials   [][]byte
	refs      []byte
	invoice   []byte
	order     []byte
	inner     bool // an LX loop began
	fault     string
	column    string
	value     []byte
	keyed     []byte
}

var saleDates = []string{"003", "011", "140"}

// utilities are parties of element 98 that only the metering of electricity and gas has.
var utilities = []string{"8S", "8R"}

// end customers stand behind the customer whom the sender delivers to.
var endCustomers = []string{"EN", "EU", "UC"}

func (t *resale) closes(s *edi.Segment) bool {
	return s.Is("PTD") || s.Is("QTY") || s.Is("CTT") || s.Is("SE") || t.itemFirst && s.Is("LIN")
}

func (t *resale) dates(r *Reader) []string {
	if len(r.d.Dates) > 0 {
		return r.d.Dates
	}
	return saleDates
}

func (t *resale) read(r *Reader, s *edi.Segment) {
	if s.Is("LIN") {
		r.msg.items++
	}
	switch string(s.ID()) {
	case "BPT":
		r.msg.report = [3]string{string(s.At(4)), string(s.At(7)), ""}
		if r.head(s, "BPT01", string(s.At(1)), s.At(2), s.At(3), s.At(9)) {
			*t = resale{}
		}
	case "CTT":
		r.msg.total = clone(s.At(1))
		t.leave(r)
		t.transfer = nil
	case "PTD":
		if r.headless(s, "BPT") {
			return
		}
		t.leave(r)
		*t = resale{transfer: clone(s.At(1)), row: s.Number, line: t.line}
		c := &r.group.Context
		c[edi.Counterparty], c[edi.CounterpartyName], c[edi.EndCustomer], c[edi.EndCustomerName] = nil, nil, nil, nil
		r.msg.lines++
	case "N1", "DTM", "REF", "CUR", "QTY", "LIN", "UIT", "AMT", "LX", "PO4", "PRF":
		switch {
		case t.transfer == nil && r.msg.headed:
			t.header(r, s)
		case t.transfer == nil:
			r.headless(s, "BPT")
		case r.msg.open:
			t.inLine(r, s)
		default:
			t.inTransfer(r, s)
		}
	case "SE":
		t.leave(r)
	}
}

// leave ends a PTD. One that moves units but has no quantity lost it.
func (t *resale) leave(r *Reader) {
	if t.transfer == nil || t.moved {
		return
	}
	if code, reason := r.code(transfers, string(t.transfer), "sell_through", string(t.transfer)); reason == "" && code.Class == edi.Ignored {
		return
	}
	r.group.Refuse(t.row, "PTD", "", t.transfer, "the transfer has no quantity (QTY); a segment may be lost or merged with another, so send it again")
	t.transfer = nil
}

func (t *resale) header(r *Reader, s *edi.Segment) {
	c := &r.group.Context
	switch string(s.ID()) {
	case "N1":
		r.party(s, r.locations("WH", "DB", "DS", "SE"))
		if rank(utilities, s.At(1)) >= 0 {
			r.msg.doubt = &doubt{"", "", "the set reports the use of electricity or gas (N1*" + string(s.At(1)) + " is a utility), not sales; it is meant for another receiver"}
		}
	case "DTM":
		w := &r.msg.when
		if reason := r.date(w, s, t.dates(r)); reason != "" {
			r.refuse(s, "DTM02", string(s.At(2)), reason)
		}
		r.period(w.from, w.to)
	case "CUR":
		c[edi.Currency] = clone(s.At(2))
	case "QTY", "LIN":
		r.refuse(s, "", "", "the quantity stands in no transfer (PTD), so it is not known what it reports")
	}
}

func (t *resale) inTransfer(r *Reader, s *edi.Segment) {
	c := &r.group.Context
	switch string(s.ID()) {
	case "N1":
		t.party(r, s)
	case "DTM":
		if reason := r.date(&t.when, s, t.dates(r)); reason != "" {
			r.refuse(s, "DTM02", string(s.At(2)), reason)
			t.broken = reason
		}
	case "PRF":
		t.order = clone(s.At(1))
	case "REF":
		refer(r.group, s, &t.invoice, &t.order, &t.refs, &t.serials)
	case "CUR":
		c[edi.Currency] = clone(s.At(2))
	case "LIN":
		if t.moved && !t.itemFirst {
			r.refuse(s, "", "", "the item has no quantity (QTY) before it")
			return
		}
		t.itemFirst = true
		reason := r.item(s)
		for _, col := range []edi.Column{edi.Item, edi.ItemQualifier, edi.GTIN, edi.VendorItem, edi.BuyerItem, edi.Line} {
			c[col] = clone(c[col]) // it outlives the quantities
		}
		if t.itemized = reason == ""; !t.itemized {
			r.refuse(s, "", string(s.Raw[:min(len(s.Raw), 60)]), reason)
		}
	case "QTY":
		t.moved = true
		g := r.group
		t.line = resaleLine{
			row: s.Number, code: g.Keep(s.At(1)), qty: g.Keep(s.At(2)), unit: g.Keep(s.Component(3, 0)), item: t.itemFirst && t.itemized,
			prices: t.line.prices[:0], amounts: t.line.amounts[:0], serials: t.line.serials[:0], keyed: t.line.keyed,
		}
		if t.itemFirst && !t.itemized {
			t.line.fault = "the item of this quantity was refused"
		}
		if !t.itemFirst {
			for _, col := range []edi.Column{edi.Item, edi.ItemQualifier, edi.GTIN, edi.VendorItem, edi.BuyerItem, edi.Line} {
				c[col] = nil
			}
		}
		c[edi.Pack] = nil
		r.msg.open = true
	}
}

func (t *resale) inLine(r *Reader, s *edi.Segment) {
	l, g := &t.line, r.group
	switch string(s.ID()) {
	case "LX":
		l.inner = true
	case "LIN":
		switch {
		case l.item:
			l.fail("", nil, "the quantity has two items; send a quantity for each")
		default:
			if reason := r.item(s); reason != "" {
				l.fail("", s.Raw[:min(len(s.Raw), 60)], reason)
			}
			l.item = true
		}
	case "UIT":
		if v := s.At(2); v != nil {
			l.prices = append(l.prices, edi.Quote{Value: g.Keep(v), Basis: [2][]byte{g.Keep(s.At(3))}})
		}
		if l.unit == nil {
			l.unit = g.Keep(s.Component(1, 0))
		}
	case "AMT":
		if !l.inner {
			l.amounts = append(l.amounts, edi.Quote{Value: g.Keep(credit(s.At(2), s.At(4))), Basis: [2][]byte{g.Keep(s.At(1))}})
		}
	case "REF":
		if !l.inner {
			refer(r.group, s, &l.invoice, &l.order, &l.refs, &l.serials)
		}
		if len(l.serials) > r.opt.Limits.Group {
			l.fail("", nil, "the line has more serial numbers than the limit")
		}
	case "DTM":
		if !l.inner {
			if reason := r.date(&l.when, s, t.dates(r)); reason != "" {
				l.fail("DTM02", clone(s.At(2)), reason)
			}
		}
	case "PO4":
		g.Context[edi.Pack] = g.Keep(s.At(1))
	case "CUR":
		g.Context[edi.Currency] = clone(s.At(2))
	case "N1":
		if !l.inner {
			t.broken = "a party (N1) stands behind the quantity, so it is unclear whether it belongs to this one or the next; send it before the quantity"
		}
	}
}

// key is PTD01/QTY01.
func (l *resaleLine) key(transfer []byte) []byte {
	l.keyed = append(append(append(l.keyed[:0], transfer...), '/'), l.code...)
	return l.keyed
}

func (l *resaleLine) fail(column string, value []byte, reason string) {
	if l.fault == "" {
		l.fault, l.column, l.value = reason, column, value
	}
}

// party takes a customer of the transfer: whom the sender delivers to, and who is behind.
func (t *resale) party(r *Reader, s *edi.Segment) {
	order := r.d.Counterparty
	if len(order) == 0 {
		order = []string{"ST", "BY"}
	}
	c := &r.group.Context
	code, name := clone(s.At(4)), clone(s.At(2))
	q := rank(order, s.At(1))
	switch {
	case rank(endCustomers, s.At(1)) >= 0 && q < 0:
		c[edi.EndCustomer], c[edi.EndCustomerName] = code, name
	case q < 0:
	case t.customer == 0 || q < t.customers[0].rank:
		t.customers[0] = customer{code, name, q}
		t.customer++
		c[edi.Counterparty], c[edi.CounterpartyName] = code, name
	case q == t.customers[0].rank: // a second one of the same kind is whom the first one sold to
		c[edi.EndCustomer], c[edi.EndCustomerName] = code, name
	}
}

func refer(g *edi.Group, s *edi.Segment, invoice, order, refs *[]byte, serials *[][]byte) {
	v := s.At(2)
	if v == nil {
		v = s.At(3)
	}
	switch string(s.At(1)) {
	case "IV", "DI":
		*invoice = clone(v)
	case "PO", "CO":
		*order = clone(v)
	case "SE":
		*serials = append(*serials, clone(v))
		return
	}
	*refs = reference(g, *refs, s.At(1), v)
}

func (t *resale) finish(r *Reader) {
	l, g := &t.line, r.group
	key := g.Keep(l.key(t.transfer))
	known := r.codes.Find(r.set.Type, key)
	if known == nil {
		c, reason := t.code(r, string(key))
		known = r.codes.Keep(key, c, reason)
	}
	code, reason := &known.Code, known.Reason
	if reason == "" && (code.Class == edi.Ignored || !r.relevant(code)) {
		g.Skip(key)
		return
	}
	column, value := "QTY01", l.code
	switch {
	case reason != "":
	case t.broken != "":
		column, value, reason = "", nil, t.broken
	case l.fault != "":
		column, value, reason = l.column, l.value, l.fault
	case !l.item:
		column, value, reason = "", nil, "the quantity has no item (LIN); a segment may be lost or merged with another, so send the line again"
	}
	if reason != "" {
		g.Refuse(l.row, "QTY", column, value, reason)
		return
	}
	text, number, reason := edi.Number(l.qty, false)
	if reason != "" {
		g.Refuse(l.row, "QTY", "QTY02", l.qty, reason)
		return
	}
	base := g.Base()
	base[edi.QtyKind], base[edi.Unit], base[edi.Reference] = key, l.unit, l.refs
	if base[edi.Reference] == nil {
		base[edi.Reference] = t.refs
	}
	g.Context[edi.Invoice], g.Context[edi.Order] = l.invoice, l.order
	if l.invoice == nil {
		g.Context[edi.Invoice] = t.invoice
	}
	if l.order == nil {
		g.Context[edi.Order] = t.order
	}
	if fault := r.settle(base, &l.when, &t.when, &r.msg.when); fault != "" {
		g.Refuse(l.row, "QTY", "at", nil, fault)
		return
	}
	f := edi.Fact{Row: l.row, Segment: "QTY", Qty: text, Number: number, Code: *code, Base: base}
	if reason = r.money(l, &f); reason == "" {
		reason = r.d.Sign(&f)
	}
	if reason != "" {
		g.Refuse(l.row, "QTY", "QTY02", l.qty, reason)
		return
	}
	serials := l.serials
	if len(serials) == 0 {
		serials = t.serials
	}
	g.Serials(&f, serials)
}
