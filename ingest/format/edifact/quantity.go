package edifact

import (
	"sellthrough/ingest/format/edi"
)

// quantity is a QTY with what stands behind it.
type quantity struct {
	row           uint32
	code          []byte
	qty, unit     []byte
	prices        []edi.Quote
	amounts       []edi.Quote
	when          when
	refs          []byte
	party, name   []byte // counterparty
	direction     []byte // INV 4501
	condition     []byte // INV 7491
	at            int    // place of its own, or −1
	before        bool   // the place stands before it
	fault, column string
}

func (q *quantity) fail(column, reason string) {
	if q.fault == "" {
		q.fault, q.column = reason, column
	}
}

// spot is a place within a line.
type spot struct {
	code, name []byte
	when       when
	refs       []byte
	amounts    []edi.Quote
}

// begin reads a QTY behind the quantities said. What one of the line before held is taken over where it can be.
func (r *Reader) begin(said []quantity, s *edi.Segment) []quantity {
	g, n := r.group, len(said)
	if n == cap(said) {
		said = append(said, quantity{})
	} else {
		said = said[:n+1]
		said[n] = quantity{prices: said[n].prices[:0], amounts: said[n].amounts[:0]}
	}
	q := &said[n]
	q.row, q.code, q.qty, q.unit, q.at = s.Number, g.Keep(s.Component(1, 0)), g.Keep(s.Component(1, 1)), g.Keep(s.Component(1, 2)), -1
	if q.qty == nil && s.Len() > 1 {
		q.fail("QTY01", "the quantity stands in an element of its own; it is the second component, so write : before it and not +")
	}
	return said
}

// state adds what a quantity says to the group.
func (r *Reader) state(q *quantity, base *edi.Base, known *edi.Coded, prices, amounts []edi.Quote, gins [][]byte, sub bool) {
	g, code := r.group, &known.Code
	switch {
	case known.Reason != "":
		g.Refuse(q.row, "QTY", "QTY01", q.code, known.Reason)
		return
	case code.Class == edi.Ignored || !r.relevant(code):
		g.Skip(q.code)
		return
	case q.fault != "":
		g.Refuse(q.row, "QTY", q.column, q.qty, q.fault)
		return
	case q.qty == nil:
		g.Refuse(q.row, "QTY", "QTY01", nil, "the quantity is missing; write 0 where nothing moved")
		return
	}
	text, number, reason := edi.Number(q.qty, true)
	if reason != "" {
		g.Refuse(q.row, "QTY", "QTY01", q.qty, reason)
		return
	}
	base[edi.QtyKind], base[edi.Unit] = q.code, q.unit
	if g.Asked(edi.Price) {
		if len(q.prices) > 0 {
			prices = q.prices
		}
		if base[edi.Price], reason = r.d.Pick(prices); reason != "" {
			g.Refuse(q.row, "QTY", "price", nil, reason)
			return
		}
		if p := base[edi.Price]; len(p) > 0 && p[0] == '-' && number < 0 {
			if r.d.CreditPrice != "repeats" {
				g.Refuse(q.row, "QTY", "price", p, "quantity and price are both negative, so that the amount would be positive; send one minus, or set credit_price: repeats in the dialect")
				return
			}
			base[edi.Price] = p[1:]
		}
	}
	f := edi.Fact{Row: q.row, Segment: "QTY", Qty: text, Number: number, Code: *code, Base: base, Sub: sub}
	if g.Asked(edi.Amount) {
		if len(q.amounts) > 0 {
			amounts = q.amounts
		}
		if f.Amount, reason = r.amount(amounts); reason != "" {
			g.Refuse(q.row, "QTY", "amount", f.Amount, reason)
			return
		}
	}
	if reason := r.d.Sign(&f); reason != "" {
		g.Refuse(q.row, "QTY", "QTY01", q.qty, reason)
		return
	}
	g.Serials(&f, gins)
}

// amount picks an amount by its qualifier.
func (r *Reader) amount(amounts []edi.Quote) (value []byte, reason string) {
	order := r.d.Amounts
	if len(order) == 0 {
		order = []string{"203"}
	}
	for _, q := range order {
		for i, a := range amounts {
			if string(a.Basis[0]) != q {
				continue
			}
			for _, b := range amounts[i+1:] {
				if string(b.Basis[0]) == q && string(b.Value) != string(a.Value) {
					return b.Value, "the line has two amounts MOA+" + q + "; send one"
				}
			}
			value, _, reason = edi.Number(a.Value, true)
			return value, reason
		}
	}
	return nil, ""
}

func (r *Reader) money(s *edi.Segment) edi.Quote {
	return edi.Quote{Value: r.group.Keep(s.Component(1, 1)), Basis: [2][]byte{r.group.Keep(s.Component(1, 0)), r.group.Keep(s.Component(1, 2))}}
}
