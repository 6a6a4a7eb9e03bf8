// Package gs1xml reads the inventory reports of GS1 XML as rows: inventoryReport and logisticsInventoryReport of version
// 3, and inventoryActivityOrInventoryStatus of version 2, in whatever envelope.
//
// A report states quantities twice: for an item, and again for its batches and serial numbers. The splits are not rows, for
// they need not add up to the whole. What a status or activity code means is the partner's word: codes beyond the plain
// ones are refused until Dialect lists them.
//
// A row is one quantity; rows are numbered through the whole body. A report that replaces or cancels another says so in a
// row of its own, which names the report and nothing else; what a cancelled one lists is no row.
package gs1xml

import (
	"io"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/xml"
)

// Columns are the names that a feed can map.
var Columns = []string{
	"document",      // identification of the report
	"function",      // original, replace, cancel, add or duplicate, by documentStatusCode and documentActionCode
	"at",            // inventoryDateTime of the line, else the report's creationDateTime
	"period_from",   // reportingPeriod
	"period_to",     //
	"location",      // GLN of the inventory location, else its first other identification
	"location_name", // its name
	"sub_location",  // within it
	"item",          // GTIN, else the first other identification
	"gtin",          //
	"buyer_item",    // identification of type BUYER_ASSIGNED
	"vendor_item",   // identification of type SUPPLIER_ASSIGNED
	"line",          // lineItemNumber
	"qty",           // signed for movements: positive where the partner gave the item away
	"unit",          // measurementUnitCode
	"qty_kind",      // code of the status, disposition or activity, as written
	"level",         // of a status: on_hand, available, …
	"kind",          // of an activity: sell_out, …
	"counterparty",  // who reports
}

// Dialect is what the standard leaves to the partners.
type Dialect struct {
	Read   string            `yaml:"read"`   // status (default) or activity: which quantities are rows; the others are passed over
	Levels map[string]string `yaml:"levels"` // status or disposition code → level, or skip
	Kinds  map[string]string `yaml:"kinds"`  // activity code → movement kind, or skip
}

// Options are the dialect and the limits of a Reader. A zero limit is the default.
type Options struct {
	Dialect  Dialect
	MaxToken int
	MaxField int
}

// levels of codes that can mean nothing else.
var levels = map[string]string{
	"ON_HAND": "on_hand", "ON_ORDER": "on_order", "IN_TRANSIT": "in_transit", "DAMAGED": "damaged", "AVAILABLE_FOR_SALE": "available",
	"SELLABLE_ACCESSIBLE": "available",
}

// Reader reads rows. It is not safe for concurrent use.
type Reader struct {
	*xml.Rows
	in     *xml.Reader
	opt    Options
	report *report
	found  bool
	asked  bool // the feed reads what a report does
}

// report is what is known of the report that is being read.
type report struct {
	depth    int // of its element
	space    string
	values   map[string][]byte
	location *xml.Node // of a logisticsInventoryReport
	inside   int       // depth of the element of that location; 0: none
	said     bool      // what the report does to earlier ones has its row
}

// NewReader reads the columns of names from src. A name that is none of Columns is absent in every row.
func NewReader(src io.Reader, names []string, o Options) *Reader {
	r := &Reader{in: xml.NewReader(src, xml.Options{MaxToken: o.MaxToken, MaxField: o.MaxField}), opt: o}
	r.Rows, r.asked = xml.NewRows(names, o.MaxField, r.read), slices.Contains(names, "function")
	return r
}

// gs1 says whether a namespace may be GS1's.
func gs1(space string) bool {
	return space == "" || strings.HasPrefix(space, "urn:gs1:") || strings.HasPrefix(space, "urn:ean.ucc:")
}

// read reads on by one element.
func (r *Reader) read() error {
	n, err := r.in.Next()
	if err == io.EOF && !r.found {
		return sellthrough.Bad(0, "", "", "the body holds no inventoryReport, logisticsInventoryReport or inventoryActivityOrInventoryStatus; is it meant for another feed?")
	}
	if err != nil {
		return err
	}
	p := r.report
	switch {
	case n == nil:
		if p != nil && r.in.Depth() < p.inside {
			p.inside, p.location = 0, nil
		}
		if p != nil && r.in.Depth() < p.depth {
			r.act()
			r.report = nil
		}
		return nil
	case p == nil:
		if gs1(n.Space) && (n.Local == "inventoryReport" || n.Local == "logisticsInventoryReport" || strings.EqualFold(n.Local, "inventoryActivityOrInventoryStatus")) {
			r.found = true
			r.report = &report{depth: r.in.Depth(), space: n.Space, values: map[string][]byte{}}
			r.attributes(n)
		}
		return nil
	case !gs1(n.Space):
		return r.in.Skip()
	case n.Local == "logisticsInventoryReportInventoryLocation":
		p.inside = r.in.Depth()
		return nil
	}
	if err := r.in.Record(n); err != nil {
		return err
	}
	switch n.Local {
	case "inventoryItemLocationInformation":
		if r.does() {
			r.item(n)
		}
	case "inventoryLocation":
		p.location = n.Clone()
	case "tradeItemInventoryStatus", "tradeItemInventoryEvent":
		if p.inside == 0 {
			r.Bad("structureTypeCode", "", "the report lists locations by item, which is not read here; ask for LOCATION_BY_ITEM")
			return nil
		}
		if r.does() {
			r.status(n)
		}
	default:
		r.header(n)
	}
	return nil
}
