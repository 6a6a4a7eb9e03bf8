// Package rosettanet reads two business documents of RosettaNet as rows: PIP 4C1, the inventory report, and PIP 4E1, the
// sales report, bare or in the envelope of RNIF 1.1 and 2.0.
//
// The envelope is MIME: preamble, headers, the service content, attachments. The content alone is read; signatures are for
// the gateway that took the message, and an encrypted content is refused. A document type may be named, as 4C1 does, and is
// never read.
//
// Elements count by name in no namespace, that of the document, or any of RosettaNet's, whose schemas are spread over many.
// A row is one quantity; rows are numbered through the whole body.
package rosettanet

import (
	"io"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/xml"
)

// Columns are the names that a feed can map.
var Columns = []string{
	"document",          // 4C1: the document's identifier, which stands behind the lines; 4E1: the business document the line refers to
	"at",                // 4C1: inventoryReportDateTime; 4E1: the day of the sale
	"location",          // 4C1: identifier of the inventory location
	"item",              // GTIN, else the first other identifier
	"gtin",              //
	"buyer_item",        // identifier of the buyer or distributor
	"vendor_item",       // identifier of the manufacturer or supplier
	"line",              // 4E1: LineNumber
	"qty",               // 4E1: signed, positive where it was sold
	"unit",              // 4C1: GlobalProductUnitOfMeasureCode
	"qty_kind",          // 4C1: GlobalInventoryCode; 4E1: TransactionType
	"level",             // 4C1
	"kind",              // 4E1
	"price",             // 4E1: ResaleUnitPrice
	"currency",          // of the price
	"serial",            // 4E1: SerialIdentifier, where the line has one
	"counterparty",      // 4E1: the transfer's partner, where it has one
	"counterparty_name", //
	"customer",          // 4E1: of a sale to an end customer the transfer's partner, by identifier, else by name, who then is no counterparty
}

// Dialect is what the standard leaves to the partners.
type Dialect struct {
	Levels   map[string]string `yaml:"levels"`   // 4C1: GlobalInventoryCode → level, or skip
	Kinds    map[string]string `yaml:"kinds"`    // 4E1: TransactionType → kind, or skip, beyond SAL, WHS, DSH, RET and CAN
	Sale     string            `yaml:"sale"`     // 4E1: kind of a sale; default sell_through
	Document string            `yaml:"document"` // 4E1: type of the reference that is the document, where a line has several
	Clock    string            `yaml:"clock"`    // 4C1: local where times are local but end in Z; the Z is taken off
}

// Options are the dialect and the limits of a Reader. A zero limit is the default.
type Options struct {
	Dialect  Dialect
	MaxToken int
	MaxField int
	MaxHeld  int // rows of a 4C1 that wait for its identifier, where that is asked for; default 50000
}

// Reader reads rows. It is not safe for concurrent use.
type Reader struct {
	*xml.Rows
	src   io.Reader
	opt   Options
	parts *parts
	in    *xml.Reader
	doc   document
	hold  bool // the document's identifier is asked for
	hide  bool // the customer is asked for
	found bool
}

// document is the service content that is being read.
type document struct {
	pip    string // 4C1, 4E1, or empty for what is passed over
	values map[string][]byte
}

// NewReader reads the columns of names from src. A name that is none of Columns is absent in every row.
func NewReader(src io.Reader, names []string, o Options) *Reader {
	if o.MaxHeld <= 0 {
		o.MaxHeld = 50_000
	}
	if o.Dialect.Sale == "" {
		o.Dialect.Sale = "sell_through"
	}
	r := &Reader{src: src, opt: o}
	for _, name := range names {
		r.hold = r.hold || name == "document"
		r.hide = r.hide || name == "customer"
	}
	r.Rows = xml.NewRows(names, o.MaxField, r.read)
	return r
}

// read reads on by one element.
func (r *Reader) read() error {
	if r.parts == nil {
		var err error
		if r.parts, err = open(r.src); err != nil {
			return err
		}
	}
	if r.in == nil {
		part, err := r.parts.next()
		if err == io.EOF && !r.found {
			return sellthrough.Bad(0, "", "", "the message holds no inventory report (4C1) and no sales report (4E1); is it meant for another feed?")
		}
		if err != nil {
			return err
		}
		r.in = xml.NewReader(part, xml.Options{MaxToken: r.opt.MaxToken, MaxField: r.opt.MaxField, Doctype: true})
		r.doc = document{values: map[string][]byte{}}
	}
	n, err := r.in.Next()
	if err == io.EOF { // of this part
		if r.doc.pip == "4C1" && r.hold {
			r.Hold(false, map[string][]byte{"document": r.doc.values["document"]})
		}
		r.in = nil
		return nil
	}
	if err != nil {
		return err
	}
	return r.element(n)
}

// element acts on the start of an element, or on the end of one.
func (r *Reader) element(n *xml.Node) error {
	if n == nil {
		return nil
	}
	if r.in.Depth() == 1 {
		switch n.Local {
		case "Pip4C1InventoryReportNotification":
			r.doc.pip = "4C1"
		case "SalesReportNotification":
			r.doc.pip = "4E1"
		default:
			return r.in.Skip() // a header of the envelope
		}
		r.found = true
		return nil
	}
	switch n.Local {
	case "InventoryReport", "SalesReport":
		return nil
	case "ProductTransfer":
		delete(r.doc.values, "counterparty")
		delete(r.doc.values, "counterparty_name")
		delete(r.doc.values, "partners")
		return nil
	}
	if err := r.in.Record(n); err != nil {
		return err
	}
	plain(n)
	switch n.Local {
	case "inventoryReportDateTime":
		r.doc.values["at"] = n.Value("DateTimeStamp")
		if at := string(r.doc.values["at"]); r.opt.Dialect.Clock == "local" {
			r.doc.values["at"] = []byte(strings.TrimRight(at, "Zz"))
		}
	case "thisDocumentIdentifier":
		r.doc.values["document"] = n.Value("ProprietaryDocumentIdentifier")
	case "InventoryReportLineItem":
		r.inventory(n)
		if r.hold && r.Hold(true, nil) > r.opt.MaxHeld {
			return sellthrough.Bad(0, "document", "", "the report has too many lines before its identifier; leave the column document out of the feed")
		}
	case "ParticipatingPartner":
		if r.in.Depth() > 2 { // of a transfer, not of the whole report
			r.partner(n)
		}
	case "SalesReportLineItem":
		r.sales(n)
	}
	return nil
}

// plain takes RosettaNet's own namespaces off a record, and what is in others out of it.
func plain(top *xml.Node) {
	space := top.Space
	for queue := []*xml.Node{top}; len(queue) > 0; queue = queue[1:] {
		n := queue[0]
		n.Space = ""
		kept := n.Nodes[:0]
		for _, c := range n.Nodes {
			if c.Space == "" || c.Space == space || strings.HasPrefix(c.Space, "urn:rosettanet:") {
				kept = append(kept, c)
			}
		}
		n.Nodes = kept
		queue = append(queue, kept...)
	}
}
