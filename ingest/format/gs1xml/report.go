package gs1xml

import (
	"fmt"
	"maps"
	"strings"

	"sellthrough/ingest/format/xml"
)

// attributes of the report's element, where version 2 has its header.
func (r *Reader) attributes(n *xml.Node) {
	v := r.report.values
	if at := n.Attr("creationDateTime"); at != "" {
		v["at"] = []byte(at)
	}
	if f := n.Attr("documentStatus"); f != "" {
		v["function"] = function(f)
	}
}

// function is what a document does with what was said before.
func function(code string) []byte {
	switch strings.ToUpper(code) {
	case "ORIGINAL", "ADD":
		return []byte(strings.ToLower(code))
	case "REPLACE", "CHANGE_BY_REFRESH", "COPY_REPLACE":
		return []byte("replace")
	case "CANCEL", "DELETE":
		return []byte("cancel")
	case "COPY", "ADDITIONAL_TRANSMISSION":
		return []byte("duplicate")
	}
	return []byte(code) // as written: what it means is for the feed to say
}

// does asks whether the lines of the report are rows, and says before the first one what it replaces.
func (r *Reader) does() (lines bool) {
	p := r.report
	f := string(p.values["function"])
	switch {
	case !r.asked && f != "" && f != "original" && f != "replace":
		if !p.said {
			p.said = true
			r.Bad("function", f, "the report says of itself: "+f+"; the feed does not read what a report does. Map columns.function to the column function")
		}
		return false
	case f == "replace":
		r.act()
	}
	return !r.asked || f != "cancel"
}

// act gives the row of a report that replaces or cancels another, once.
func (r *Reader) act() {
	p := r.report
	f := string(p.values["function"])
	if r.asked && !p.said && (f == "replace" || f == "cancel") {
		p.said = true
		r.Add(map[string][]byte{"document": p.values["document"], "function": []byte(f)})
	}
}

// header takes a member of the report that is said of all its lines.
func (r *Reader) header(n *xml.Node) {
	v := r.report.values
	put := func(name string, value []byte) {
		if value != nil {
			v[name] = value
		}
	}
	switch n.Local {
	case "creationDateTime":
		put("at", n.Value(""))
	case "documentStatusCode":
		put("function", function(n.Text))
	case "documentActionCode":
		if n.Text != "" && n.Text != "ADD" {
			put("function", function(n.Text))
		}
	case "inventoryReportIdentification", "logisticsInventoryReportIdentification", "inventoryActivityOrInventoryStatusIdentification":
		put("document", n.Value("entityIdentification", "uniqueCreatorIdentification"))
	case "reportingPeriod":
		from, to := period(n)
		put("period_from", from)
		put("period_to", to)
	case "inventoryReportingParty":
		put("counterparty", party(n))
	}
}

// period is written in elements, or in version 2 in attributes.
func period(n *xml.Node) (from, to []byte) {
	if n == nil {
		return nil, nil
	}
	from, to = n.Value("beginDate"), n.Value("endDate")
	for _, at := range []*xml.Node{n, n.In("timePeriod")} {
		if b := at.Attr("beginDate"); from == nil && b != "" {
			from = []byte(b)
		}
		if e := at.Attr("endDate"); to == nil && e != "" {
			to = []byte(e)
		}
	}
	return from, to
}

// party is a GLN, else the first other identification.
func party(n *xml.Node) []byte {
	if n == nil {
		return nil
	}
	return n.Value("gln", "additionalPartyIdentification", "additionalPartyIdentification/additionalPartyIdentificationValue")
}

func (r *Reader) place(row map[string][]byte, n *xml.Node) {
	if n == nil {
		return
	}
	row["location"] = party(n)
	row["location_name"] = n.Value("organisationDetails/organisationName", "address/name", "nameAndAddress/name")
}

// trade gives the item its identifications.
func trade(row map[string][]byte, n *xml.Node) {
	if n == nil {
		return
	}
	row["gtin"] = n.Value("gtin")
	row["item"] = row["gtin"]
	for _, id := range n.All("additionalTradeItemIdentification") {
		kind, value := id.Attr("additionalTradeItemIdentificationTypeCode"), []byte(id.Text)
		if v := id.Value("additionalTradeItemIdentificationValue"); v != nil { // version 2
			kind, value = string(id.Value("additionalTradeItemIdentificationType")), v
		}
		switch kind {
		case "BUYER_ASSIGNED":
			row["buyer_item"] = value
		case "SUPPLIER_ASSIGNED":
			row["vendor_item"] = value
		}
		if row["item"] == nil && len(value) > 0 {
			row["item"] = value
		}
	}
}

// item reads the lines of one item at one location.
func (r *Reader) item(n *xml.Node) {
	base := maps.Clone(r.report.values)
	r.place(base, n.In("inventoryLocation"))
	for _, name := range []string{"transactionalTradeItem", "tradeItemIdentification"} {
		trade(base, n.In(name))
	}
	lines, quantities, code := "inventoryStatusLineItem", "inventoryStatusQuantitySpecification", "inventoryStatusType"
	if r.opt.Dialect.Read == "activity" {
		lines, quantities, code = "inventoryActivityLineItem", "inventoryActivityQuantitySpecification", "inventoryActivityType"
	}
	for _, l := range n.All(lines) {
		row := maps.Clone(base)
		if row["line"] = l.Value("lineItemNumber"); row["line"] == nil && l.Attr("number") != "" {
			row["line"] = []byte(l.Attr("number"))
		}
		if from, to := period(l.In("reportingPeriod")); from != nil {
			row["period_from"], row["period_to"] = from, to
		}
		row["sub_location"] = party(l.In("inventorySubLocation"))
		when(row, l)
		if len(l.All(quantities)) == 0 {
			r.Bad("qty", where(row), "the line has no "+quantities+"; write it")
		}
		for _, q := range l.All(quantities) {
			one := maps.Clone(row)
			one["qty_kind"] = q.Value(code, code+"Code")
			if a := q.Attr(code); one["qty_kind"] == nil && a != "" {
				one["qty_kind"] = []byte(a)
			}
			r.quantity(one, q.In("quantityOfUnits"), string(q.Value("inventoryMovementTypeCode", "inventoryMovementType"))+q.Attr("inventoryMovementType"))
		}
	}
}

// status reads one line of a logisticsInventoryReport.
func (r *Reader) status(n *xml.Node) {
	if (n.Local == "tradeItemInventoryEvent") != (r.opt.Dialect.Read == "activity") {
		return
	}
	row := maps.Clone(r.report.values)
	r.place(row, r.report.location)
	trade(row, n)
	when(row, n)
	row["qty_kind"] = n.Value("inventoryDispositionCode")
	if n.Local == "tradeItemInventoryEvent" {
		row["qty_kind"] = n.Value("inventoryBusinessStepCode", "inventoryEventTypeCode")
	}
	row["line"] = n.Value("lineItemNumber")
	r.quantity(row, n.In("tradeItemQuantity"), string(n.Value("inventoryMovementTypeCode")))
}

func when(row map[string][]byte, n *xml.Node) {
	at := n.In("inventoryDateTime")
	if at == nil {
		return
	}
	switch day, clock := at.Value("date"), at.Value("time"); {
	case at.Text != "":
		row["at"] = []byte(at.Text)
	case day != nil && clock != nil:
		row["at"] = fmt.Appendf(nil, "%sT%s", day, clock)
	case day != nil:
		row["at"] = day
	}
}

func where(row map[string][]byte) string {
	return fmt.Sprintf("location %s, item %s, line %s", row["location"], row["item"], row["line"])
}

// quantity makes a row of one quantity, by what its code means.
func (r *Reader) quantity(row map[string][]byte, n *xml.Node, movement string) {
	bad := func(column, reason string) { r.Bad(column, where(row), reason) }
	if n == nil {
		bad("qty", "the line has no quantity; write it")
		return
	}
	qty, unit := n.Text, n.Attr("measurementUnitCode")
	if v := n.Value("value"); v != nil { // version 2
		qty, unit = string(v), string(n.Value("unitOfMeasure/measurementUnitCodeValue"))
	}
	sign, ok := xml.Sign([]byte(qty))
	if !ok {
		bad("qty", fmt.Sprintf("the quantity %q is not a number; write digits with a point", qty[:min(len(qty), 60)]))
		return
	}
	if unit != "" {
		row["unit"] = []byte(unit)
	}
	code := string(row["qty_kind"])
	d := &r.opt.Dialect
	if d.Read != "activity" {
		level, known := d.Levels[code]
		if !known {
			level, known = levels[strings.ToUpper(code)]
		}
		switch {
		case !known:
			bad("qty_kind", fmt.Sprintf("the status %q is not known; list it under dialect.levels as a level, or as skip", code))
		case level != "skip":
			row["qty"], row["level"] = []byte(qty), []byte(level)
			r.Add(row)
		}
		return
	}
	kind, known := d.Kinds[code]
	switch {
	case !known:
		bad("qty_kind", fmt.Sprintf("the activity %q is not known; list it under dialect.kinds as a kind of movement, or as skip", code))
		return
	case kind == "skip":
		return
	case sign < 0 && movement != "":
		bad("qty", "the quantity has a sign and a movement type, which could mean either; write it without a sign")
		return
	}
	up := strings.EqualFold(movement, "INCREASE")
	if !up && !strings.EqualFold(movement, "DECREASE") {
		bad("qty", fmt.Sprintf("the movement type %q is neither INCREASE nor DECREASE; write one", movement))
		return
	}
	away := up // seen from who gives: what raises the stock came back
	if kind == "transfer" || kind == "adjustment" || kind == "sell_in" {
		away = !up
	}
	row["qty"], row["kind"] = xml.Signed([]byte(qty), away), []byte(kind)
	r.Add(row)
}
