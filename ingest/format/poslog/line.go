package poslog

import (
	"fmt"
	"maps"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/xml"
)

// line is one item line that is being read.
type line struct {
	reader *Reader
	header *header
	line   *xml.Node
	item   *xml.Node // Sale or Return
	back   bool      // a return
}

func (l *line) bad(column, reason string) string {
	l.reader.Bad(column, l.header.name+", line "+string(l.line.Value("SequenceNumber")), reason)
	return ""
}

// read gives a row or a refusal of the line. A doubt is a reason to refuse the transaction.
func (l *line) read() (doubt string) {
	d := &l.reader.opt.Dialect
	itemType := l.item.Attr("ItemType")
	fate, ok := d.ItemTypes[itemType]
	if !ok && (itemType == "" || itemType == "Stock") {
		fate, ok = "sale", true
	}
	switch {
	case !ok:
		return l.bad("item_type", fmt.Sprintf("the ItemType %q is not known; list it under dialect.item_types as sale, return or skip", itemType))
	case fate == skip:
		return ""
	case fate == "return":
		l.back = true
	}
	void, known := l.line.Flag("VoidFlag")
	gone, known2 := l.line.Flag("CancelFlag")
	switch {
	case !known || !known2:
		return l.bad("VoidFlag", "the flag is neither true nor false; mend it")
	case gone:
		return ""
	case void && d.Void == VoidUnknown:
		return "the transaction has a voided line, and tills write these in opposite ways; say in dialect.void whether the voiding line has its signs turned (signed), has those of the first (reverse), or is the sold line itself (withdraw)"
	case void && d.Void == VoidSelf:
		return ""
	}
	row := maps.Clone(l.header.values)
	qty, unit, reason := l.quantity()
	if reason != "" {
		return l.bad("qty", reason)
	}
	amount, reason := l.amount()
	if reason != "" {
		return l.bad("amount", reason)
	}
	if doubt := l.sign(row, qty, amount, void); doubt != "" {
		return l.bad("qty", doubt)
	}
	pos := l.item.Value("POSIdentity/POSItemID", "POSItemID")
	row["unit"], row["line"], row["pos_item"] = unit, l.line.Value("SequenceNumber"), pos
	row["price"], row["discount"] = l.item.Value("ActualSalesUnitPrice", "RegularSalesUnitPrice"), l.item.Value("ExtendedDiscountAmount")
	row["serial"] = l.item.Value("SerialNumber", "ItemSerialNumber")
	if itemType != "" {
		row["item_type"] = []byte(itemType)
	}
	if row["item"] = l.item.Value("ItemID"); row["item"] == nil || d.Item == "pos_item" {
		row["item"] = pos
	}
	kind := strings.ToUpper(l.item.At("POSIdentity").Attr("POSIDType"))
	if strings.HasPrefix(kind, "GTIN") || strings.HasPrefix(kind, "EAN") || strings.HasPrefix(kind, "UPC") {
		row["gtin"] = pos
	}
	if link := l.item.In("TransactionLink"); link != nil {
		if w, s := link.Value("WorkstationID"), link.Value("SequenceNumber"); w != nil && s != nil {
			row["original"] = fmt.Appendf(nil, "%s/%s", w, s)
		}
	}
	l.reader.Add(row)
	return ""
}

// quantity is the one that counts.
func (l *line) quantity() (qty, unit []byte, reason string) {
	all := l.item.All("Quantity")
	want := l.reader.opt.Dialect.Unit
	var found *xml.Node
	for _, q := range all {
		if len(all) > 1 && q.Attr("UnitOfMeasureCode") != want {
			continue
		}
		if found != nil || len(all) > 1 && want == "" {
			return nil, nil, "the line has several quantities; say in dialect.unit which UnitOfMeasureCode counts"
		}
		found = q
	}
	switch {
	case len(all) == 0:
		return nil, nil, "the line has no Quantity; write it"
	case found == nil && want == "":
		return nil, nil, "the line has several quantities; say in dialect.unit which UnitOfMeasureCode counts"
	case found == nil:
		return nil, nil, fmt.Sprintf("none of the line's quantities is in %s, which dialect.unit says", want)
	}
	if u := found.Attr("UnitOfMeasureCode"); u != "" {
		unit = []byte(u)
	}
	if _, ok := xml.Sign([]byte(found.Text)); !ok {
		return nil, nil, fmt.Sprintf("the Quantity %q is not a number; write digits with a point", cut(found.Text))
	}
	return []byte(found.Text), unit, ""
}

// amount is nil where the line has none.
func (l *line) amount() (amount []byte, reason string) {
	amount = l.item.Value("ExtendedAmount")
	if amount == nil {
		return nil, ""
	}
	if _, ok := xml.Sign(amount); !ok {
		return nil, fmt.Sprintf("the ExtendedAmount %q is not a number; write digits with a point", cut(string(amount)))
	}
	less := l.item.Value("ExtendedDiscountAmount")
	if l.reader.opt.Dialect.Amount != "discounted" || less == nil {
		return amount, ""
	}
	a, err := sellthrough.ParseDecimal(string(amount))
	if err == nil {
		var b sellthrough.Decimal
		if b, err = sellthrough.ParseDecimal(string(less)); err == nil {
			if a, err = a.Add(-b); err == nil {
				return a.Append(nil), ""
			}
		}
	}
	return nil, "the amount less its discount can't be worked out: " + err.Error()
}

func cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), 60)], "") }

// sign gives the row its kind, and its quantity and amount their signs: positive where the customer took the item.
func (l *line) sign(row map[string][]byte, qty, amount []byte, void bool) (reason string) {
	d := &l.reader.opt.Dialect
	q, _ := xml.Sign(qty)
	a, _ := xml.Sign(amount)
	if q != 0 && a != 0 && q != a {
		return "quantity and amount have different signs; write both with the sign of the quantity, or list the line's ItemType under dialect.item_types"
	}
	down := q < 0 || q == 0 && a < 0
	kind, minus := "sell_out", false
	switch {
	case void && !l.back && d.Void == VoidSigned && !down && q != 0:
		return "the voiding line is positive, but dialect.void says that its signs are turned; is it the other way here?"
	case void && !l.back && d.Void == VoidReverse && down:
		return "the voiding line is negative, but dialect.void says that it has the signs of the first; is it the other way here?"
	case void: // of a sale; of a return, which is written with either sign, it brings the item back to the customer
		kind, minus = "void", !l.back
	case l.back:
		kind, minus = "return_in", true
	case down && d.Negative == "return":
		kind, minus = "return_in", true
	case down && d.Negative == "void":
		kind, minus = "void", true
	case down:
		return "a Sale has a negative quantity; say in dialect.negative whether that is a return or a void"
	}
	row["kind"], row["qty"] = []byte(kind), xml.Signed(qty, minus)
	if amount != nil {
		row["amount"] = xml.Signed(amount, minus)
	}
	return ""
}
