package poslog

import (
	"fmt"
	"strings"

	"sellthrough/ingest/format/xml"
)

// statuses of the standard, and whether their transactions count.
var statuses = map[string]string{
	"": take, "finished": take, "totaled": take, "tendered": take, "delivered": take,
	"suspended": skip, "canceled": skip, "cancelled": skip, "voided": skip, "failed": skip, "inprocess": skip,
}

const (
	take = "take"
	skip = "skip"
)

// header is what all lines of a transaction share.
type header struct {
	values map[string][]byte
	name   string // for refusals
}

// transaction turns one transaction into rows.
func (r *Reader) transaction(n *xml.Node) {
	retail := n.In("RetailTransaction")
	if retail == nil {
		return
	}
	h := header{values: map[string][]byte{
		"workstation": n.Value("WorkstationID"), "sequence": n.Value("SequenceNumber"), "location": n.Value("RetailStoreID", "BusinessUnit/UnitID"),
		"business_date": n.Value("BusinessDayDate"), "at": n.Value("EndDateTime", "BeginDateTime", "POSLogDateTime"), "currency": n.Value("CurrencyCode"),
	}}
	h.values["customer"] = retail.Value("Customer/CustomerID", "Customer/AlternateCustomerID")
	if w, s := h.values["workstation"], h.values["sequence"]; w != nil && s != nil {
		h.values["document"] = fmt.Appendf(nil, "%s/%s", w, s)
	}
	h.name = fmt.Sprintf("store %s, till %s, transaction %s of %s", h.values["location"], h.values["workstation"], h.values["sequence"], h.values["business_date"])
	for _, flag := range []string{"CancelFlag", "TrainingModeFlag"} {
		set, ok := n.Flag(flag)
		if !ok {
			r.Bad(flag, h.name, "the flag is neither true nor false; mend it")
			return
		}
		if set {
			return
		}
	}
	status := retail.Attr("TransactionStatus")
	switch fate := r.status(status); fate {
	case skip:
		return
	case take:
	default:
		r.Bad("TransactionStatus", h.name, fmt.Sprintf("the status %q of the transaction is not known; list it under dialect.statuses as take or skip", status))
		return
	}
	r.lines(retail, &h)
}

func (r *Reader) status(s string) string {
	if fate, ok := r.opt.Dialect.Statuses[s]; ok {
		return fate
	}
	return statuses[strings.ToLower(s)]
}

// lines gives the rows of a transaction: all that can be read, or one refusal where a line puts the whole in doubt.
func (r *Reader) lines(retail *xml.Node, h *header) {
	begun := r.Mark()
	for _, l := range retail.All("LineItem") {
		item, back := l.In("Sale"), false
		if other := l.In("Return"); other != nil {
			if item != nil {
				r.Bad("", h.name, "a line is a Sale and a Return; write two")
				continue
			}
			item, back = other, true
		}
		if item == nil {
			continue // a tender, a discount, a tax
		}
		i := line{reader: r, header: h, line: l, item: item, back: back}
		if doubt := i.read(); doubt != "" {
			r.Back(begun)
			r.Bad("VoidFlag", h.name, doubt)
			return
		}
	}
}
