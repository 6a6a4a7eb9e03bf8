package x12

import (
	"strconv"

	"sellthrough"
	"sellthrough/ingest/format/edi"
)

// money picks price and amount, where the feed reads them.
func (r *Reader) money(l *resaleLine, f *edi.Fact) (reason string) {
	if r.group.Asked(edi.Price) {
		price, reason := r.d.Pick(l.prices)
		if reason != "" {
			return reason
		}
		if price != nil {
			var d sellthrough.Decimal
			if price, d, reason = edi.Number(price, false); reason != "" {
				return "the price: " + reason
			}
			if d < 0 && f.Number < 0 {
				if r.d.CreditPrice != "repeats" {
					return "quantity and price are both negative, so that the amount would be positive; send one minus, or set credit_price: repeats in the dialect"
				}
				price = edi.Negate(price)
			}
			f.Base[edi.Price] = price
		}
	}
	if !r.group.Asked(edi.Amount) {
		return ""
	}
	order := r.d.Amounts
	if len(order) == 0 {
		order = []string{"1"}
	}
	for _, q := range order {
		n := 0
		for _, a := range l.amounts {
			if string(a.Basis[0]) == q {
				f.Amount = a.Value
				n++
			}
		}
		if n > 1 {
			return "the line has " + strconv.Itoa(n) + " amounts AMT*" + q + "; send one"
		}
		if n == 1 {
			if f.Amount, _, reason = edi.Number(f.Amount, false); reason != "" {
				return "the amount: " + reason
			}
			return ""
		}
	}
	return ""
}

// code says what a quantity of the transfer is. What is transferred decides (PTD01), and whether the quantity is of
// returned units (QTY01).
func (t *resale) code(r *Reader, key string) (edi.Code, string) {
	c, reason := r.code(transfers, string(t.transfer), "sell_through", key, string(t.transfer))
	if reason != "" || c.Class == edi.Ignored || c.Sure {
		return c, reason
	}
	switch string(t.line.code) {
	case "32", "39":
	case "76":
		if c.Kind != "return_out" {
			c.Kind = "return_in"
		}
	default:
		return c, "what the quantity code " + string(t.line.code) + " is in a transfer " + string(t.transfer) + ", is not known; list " + key + ", or " + string(t.transfer) + " for any code, under codes of the dialect"
	}
	return c, ""
}
