package rosettanet

import (
	"fmt"
	"io"
	"maps"
	"mime/quotedprintable"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/xml"
)

func newQuoted(r io.Reader) io.Reader { return quotedprintable.NewReader(r) }

// inventory reads a line of a 4C1: one row for each of its quantities.
func (r *Reader) inventory(n *xml.Node) {
	base := maps.Clone(r.doc.values)
	base["unit"] = n.Value("GlobalProductUnitOfMeasureCode")
	if at := n.At("inventoryLocation"); at != nil {
		base["location"] = at.Value("GlobalLocationIdentifier", "ProprietaryLocationIdentifier", "PartnerDescription/BusinessDescription/BusinessIdentification/GlobalBusinessIdentifier",
			"PartnerDescription/BusinessDescription/BusinessIdentification/ProprietaryBusinessIdentifier", "PartnerDescription/BusinessDescription/GlobalBusinessIdentifier")
	}
	product(base, n.At("ProductIdentification"))
	all := n.All("InventoryProductQuantity")
	if len(all) == 0 {
		r.Bad("qty", name(base), "the line has no InventoryProductQuantity; write it")
	}
	for _, q := range all {
		row := maps.Clone(base)
		row["qty"], row["qty_kind"] = q.Value("ProductQuantity"), q.Value("GlobalInventoryCode")
		if _, ok := xml.Sign(row["qty"]); !ok {
			r.Bad("qty", name(base), fmt.Sprintf("the ProductQuantity %.60q is not a number; write digits with a point", row["qty"]))
			continue
		}
		code := string(row["qty_kind"])
		level, known := r.opt.Dialect.Levels[code]
		if !known {
			_, known = sellthrough.LevelOf(strings.ReplaceAll(strings.ToLower(code), " ", "_"))
			level = strings.ReplaceAll(strings.ToLower(code), " ", "_")
		}
		switch {
		case !known:
			r.Bad("qty_kind", name(base), fmt.Sprintf("the GlobalInventoryCode %q is not known; list it under dialect.levels as a level, or as skip", code))
		case level != "skip":
			row["level"] = []byte(level)
			r.Add(row)
		}
	}
}

// product gives the item its identifiers.
func product(row map[string][]byte, n *xml.Node) {
	if n == nil {
		return
	}
	row["gtin"] = n.Value("GlobalProductIdentifier", "GTIN", "Gtin")
	row["item"] = row["gtin"]
	for _, id := range append(n.All("PartnerProductIdentification"), n.All("AlternativeIdentifier")...) {
		value := id.Value("ProprietaryProductIdentifier", "Identifier")
		whose := strings.ToLower(string(id.Value("GlobalPartnerClassificationCode", "Authority", "Agency")))
		switch {
		case value == nil:
			continue
		case strings.Contains(whose, "manufacturer"), strings.Contains(whose, "supplier"), strings.Contains(whose, "seller"):
			row["vendor_item"] = value
		case whose != "":
			row["buyer_item"] = value
		}
		if row["item"] == nil {
			row["item"] = value
		}
	}
}

func name(row map[string][]byte) string {
	return fmt.Sprintf("location %s, item %s, line %s", row["location"], row["item"], row["line"])
}

// partner is who the goods went to. Where a transfer has several, nothing says which.
func (r *Reader) partner(n *xml.Node) {
	v := r.doc.values
	if v["partners"] = append(v["partners"], '1'); len(v["partners"]) > 1 {
		delete(v, "counterparty")
		delete(v, "counterparty_name")
		return
	}
	v["counterparty"] = find(n, "Duns", "DUNS", "DUNSPlus4", "Gln", "GLN", "Identifier")
	v["counterparty_name"] = find(n, "BusinessName", "FullName", "Name")
}

// find is the text of the first element below n with one of the names, the first name first.
func find(n *xml.Node, names ...string) []byte {
	for _, want := range names {
		for queue := []*xml.Node{n}; len(queue) > 0; queue = queue[1:] {
			if queue[0].Local == want && queue[0].Text != "" {
				return []byte(queue[0].Text)
			}
			queue = append(queue, queue[0].Nodes...)
		}
	}
	return nil
}

// kinds of the standard's transaction types. REP replaces a line that was told before: whether that one was taken back by a
// CAN is for the feed to say.
func (r *Reader) kind(code string) (kind string, minus, known bool) {
	if k, ok := r.opt.Dialect.Kinds[code]; ok {
		return k, k == "return_in" || k == "return_out" || k == "void", true
	}
	switch code {
	case "", "SAL", "WHS", "DSH":
		return r.opt.Dialect.Sale, false, true
	case "RET":
		return "return_in", true, true
	case "CAN":
		return "void", true, true
	}
	return "", false, false
}

// sales reads a line of a 4E1: one row for each of its sales.
func (r *Reader) sales(n *xml.Node) {
	base := maps.Clone(r.doc.values)
	base["line"] = n.Value("LineNumber")
	info := n.At("ProductInformation")
	product(base, info.At("ProductIdentification"))
	if serials := info.All("SerialIdentifier"); len(serials) == 1 {
		base["serial"] = []byte(serials[0].Text)
	}
	var refs []*xml.Node
	for _, ref := range n.All("BusinessDocumentReference") {
		if want := r.opt.Dialect.Document; want == "" || string(find(ref, "DocumentType", "Type")) == want {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 1 {
		base["document"] = find(refs[0], "Identifier", "DocumentIdentifier", "Number")
	}
	total, sold := n.Value("Quantity"), n.All("SalesOutAndTransaction")
	begun, sum := r.Mark(), sellthrough.Decimal(0)
	for _, s := range sold {
		row := maps.Clone(base)
		row["qty"], row["at"] = s.Value("SalesOut/Quantity"), s.Value("SalesOut/Date", "BookDate")
		row["price"], row["currency"] = s.Value("ResaleUnitPrice/Amount", "ResaleUnitPrice/MonetaryAmount"), find(s, "Currency")
		if !r.sold(row, string(s.Value("TransactionType"))) {
			continue
		}
		if q, err := sellthrough.ParseDecimal(strings.TrimPrefix(string(row["qty"]), "-")); err == nil {
			sum, _ = sum.Add(q)
		}
	}
	if len(sold) == 0 {
		base["qty"] = total
		r.sold(base, "")
		return
	}
	if t, err := sellthrough.ParseDecimal(string(total)); total != nil && (err != nil || t != sum) && r.Since(begun) == len(sold) {
		r.Back(begun)
		r.Bad("qty", name(base), fmt.Sprintf("the line says %s, but its sales add up to %s; mend one", total, sum))
	}
}

// sold makes a row of one sale.
func (r *Reader) sold(row map[string][]byte, code string) bool {
	if code != "" {
		row["qty_kind"] = []byte(code)
	}
	sign, ok := xml.Sign(row["qty"])
	kind, minus, known := r.kind(code)
	switch {
	case !ok:
		r.Bad("qty", name(row), fmt.Sprintf("the quantity %.60q is not a number; write digits with a point", row["qty"]))
	case !known:
		r.Bad("qty_kind", name(row), fmt.Sprintf("the TransactionType %q is not known; list it under dialect.kinds as a kind of movement, or as skip", code))
	case kind == "skip":
	case sign < 0:
		r.Bad("qty", name(row), "the quantity is negative, which the standard does not know; say a return by its TransactionType")
	default:
		row["kind"], row["qty"] = []byte(kind), xml.Signed(row["qty"], minus)
		if sale := r.opt.Dialect.Sale; r.hide && (kind == "sell_out" || sale == "sell_out" && (kind == "return_in" || kind == "void")) {
			if row["customer"] = row["counterparty"]; row["customer"] == nil {
				row["customer"] = row["counterparty_name"]
			}
			delete(row, "counterparty")
			delete(row, "counterparty_name")
		}
		r.Add(row)
		return true
	}
	return false
}
