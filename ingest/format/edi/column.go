package edi

// Column is a named value of a row.
type Column uint8

// The columns. Those before Line belong to one quantity, the others to its line, document or interchange.
const (
	Qty Column = iota
	QtyKind
	Kind
	Level
	Unit
	Price
	Amount
	Serial
	Location
	LocationName
	At
	BusinessDate
	PeriodFrom
	PeriodTo
	Reference
	Counterparty
	CounterpartyName

	Line
	Item
	ItemQualifier
	GTIN
	VendorItem
	BuyerItem
	Pack
	Invoice
	Order
	Currency
	EndCustomer
	EndCustomerName
	Customer
	Message
	Document
	DocumentDate
	Function
	Version
	Previous
	Coverage
	Sender
	Control

	columns
)

const own = Line // columns of one quantity

// About says what a column holds.
type About struct{ Name, Text string }

// Columns are the columns that a mapping may ask for, by Column. A value that the body does not give is absent (nil).
// Days are YYYY-MM-DD and times YYYY-MM-DDTHH:mm[:ss], with Z or an offset where the body names one; numbers are the digits as
// written, with a point. All other values are the bytes as written, in UTF-8.
var Columns = [columns]About{
	Qty:              {"qty", "the quantity; negative for a return and for what a partner writes with a minus"},
	QtyKind:          {"qty_kind", "the partner's code of the quantity: ZA01, QTY01 or PTD01/QTY01 in X12, 6063 in EDIFACT"},
	Kind:             {"kind", "the movement kind as the dialect reads the code; absent for a level"},
	Level:            {"level", "the stock level as the dialect reads the code; absent for a movement"},
	Unit:             {"unit", "unit of measure of the quantity"},
	Price:            {"price", "price of one unit, of the basis that the dialect names where there are several"},
	Amount:           {"amount", "amount of the line, with the sign of the quantity for a return"},
	Serial:           {"serial", "serial number; a line with one serial per unit gives a row for each"},
	Location:         {"location", "code of the place of sale or stock"},
	LocationName:     {"location_name", "its name"},
	At:               {"at", "instant of a stock level, its day where no time is given; time of a sale where one is given"},
	BusinessDate:     {"business_date", "day of the sale or stock level; the last day where only a period is given"},
	PeriodFrom:       {"period_from", "first day that the quantity is about"},
	PeriodTo:         {"period_to", "last day that the quantity is about"},
	Reference:        {"reference", "references of the line as written, like SA:76+SP:108"},
	Line:             {"line", "line number"},
	Item:             {"item", "item code: of the first qualifier in the dialect's order"},
	ItemQualifier:    {"item_qualifier", "which code item is: UP, VN, EN, …"},
	GTIN:             {"gtin", "GTIN in the length as written"},
	VendorItem:       {"vendor_item", "the vendor's or maker's item code"},
	BuyerItem:        {"buyer_item", "the buyer's item code"},
	Pack:             {"pack", "units in a pack (PO4)"},
	Invoice:          {"invoice", "invoice number of the line"},
	Order:            {"order", "order number of the line"},
	Currency:         {"currency", "ISO 4217"},
	Counterparty:     {"counterparty", "code of the customer of the line"},
	CounterpartyName: {"counterparty_name", "its name"},
	EndCustomer:      {"end_customer", "code of the end customer behind it"},
	EndCustomerName:  {"end_customer_name", "its name"},
	Customer:         {"customer", "the end customer by code, else by name; of a sale to one that names no other, the customer of the line, who then is no counterparty"},
	Message:          {"message", "852, 867, 846, SLSRPT, INVRPT"},
	Document:         {"document", "number of the report"},
	DocumentDate:     {"document_date", "day on which the report was made"},
	Function:         {"function", "original, replace, cancel, add or duplicate"},
	Version:          {"version", "version of the document"},
	Previous:         {"previous", "number of the report that this one replaces or cancels"},
	Coverage:         {"coverage", "full or delta, where the dialect reads it from the document"},
	Sender:           {"sender", "who sent the interchange"},
	Control:          {"control", "control number of the interchange"},
}

// ColumnOf finds a column by name.
func ColumnOf(name string) (Column, bool) {
	for i, c := range Columns {
		if c.Name == name {
			return Column(i), true
		}
	}
	return 0, false
}
