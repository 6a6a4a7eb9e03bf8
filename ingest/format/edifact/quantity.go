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

// begin reads a QTY.
func (r *Reader) begin(s *edi.Segment) quantity {
	g := r.group
	q := quantity{row: s.Number, code: g.Keep(s.Component(1, 0)), qty: g.Keep(s.Component(1, 1)), unit: g.Keep(s.Component(1, 2)), at: -1}
	if q.qty == nil && s.Len() > 1 {
		q.fail("QTY01", "the quantity stands in an element of its own; it is the second component, so write : before it and not +")
	}
	return q
}

// state adds what a quantity says to the group.
func (r *Reader) state(q *quantity, base *edi.Base, code edi.Code, reason string, prices, amounts []edi.Quote, gins [][]byte, sub bool) {
	g := r.group
	switch {
	case reason != "":
		g.Refuse(q.row, "QTY", "QTY01", q.code, reason)
		return
	case code.Class == edi.Ignored || !r.relevant(code):
		g.Skip(string(q.code))
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
	f := edi.Fact{Row: q.row, Segment: "QTY", Qty: text, Number: number, Code: code, Base: base, Sub: sub}
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
	g.Serials(f, gins)
}

// amount picks an amount by its qualifier.
func (r *Reader) amount(amounts []edi.Quote) (value []byte, reason string) {
	order := r.d.Amounts
	if len(order) == 0 {
		order = []string{"203"}
	}
	for _, q := range order {
		for i, a := range amounts {
			if a.Basis[0] != q {
				continue
			}
			for _, b := range amounts[i+1:] {
				if b.Basis[0] == q && string(b.Value) != string(a.Value) {
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
	return edi.Quote{Value: r.group.Keep(s.Component(1, 1)), Basis: [2]string{string(s.Component(1, 0)), string(s.Component(1, 2))}}
}
