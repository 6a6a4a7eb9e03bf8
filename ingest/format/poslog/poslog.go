// Package poslog reads POSLog, the log of a till in XML (ARTS, OMG), as rows of sold and returned items.
//
// Tills agree on the elements and not on what they mean: one writes a voided line with a negative quantity, another with a
// positive one, a third marks the sold line itself. Dialect says which; where it says nothing and the log has such a
// line, the whole transaction is refused, because half of it would be a wrong number.
//
// What is no sale gives no row: transactions without a RetailTransaction (sign-ons, cash counts), those in training or
// cancelled, and lines that are no items (tenders, discounts, taxes, loyalty). A row is one item line; it is numbered
// through the whole body, and a refusal names its transaction.
//
// Elements count by name in the namespace of the root, whatever its prefix; an extension's Sale is none.
package poslog

import (
	"io"

	"sellthrough"
	"sellthrough/ingest/format/xml"
)

// Columns are the names that a feed can map. All values are as written, but for signs and the fields said otherwise.
var Columns = []string{
	"document",      // workstation and sequence number, parted by a slash: "34/161"
	"workstation",   // WorkstationID
	"sequence",      // SequenceNumber of the transaction
	"location",      // RetailStoreID, or BusinessUnit/UnitID
	"business_date", // BusinessDayDate
	"at",            // EndDateTime, else BeginDateTime, else POSLogDateTime
	"line",          // SequenceNumber of the line
	"item",          // ItemID, else POSItemID
	"pos_item",      // POSItemID: what was scanned
	"gtin",          // POSItemID where POSIDType says GTIN, EAN or UPC
	"qty",           // signed: positive where the customer took it
	"unit",          // UnitOfMeasureCode of the quantity
	"price",         // ActualSalesUnitPrice, else RegularSalesUnitPrice
	"amount",        // signed like the quantity; which one, Dialect.Amount says
	"discount",      // ExtendedDiscountAmount, as written
	"currency",      // CurrencyCode of the transaction
	"kind",          // sell_out, return_in or void
	"serial",        // SerialNumber
	"item_type",     // ItemType
	"customer",      // of the transaction: CustomerID, else AlternateCustomerID
	"original",      // of a return: the document sold on, by its TransactionLink
}

// Void is how a till writes a line with VoidFlag.
type Void string

// The ways to void a line.
const (
	VoidUnknown Void = ""         // the transaction is refused
	VoidSigned  Void = "signed"   // a second line with the signs turned: it is taken as it is written
	VoidReverse Void = "reverse"  // a second line with the signs of the first: they are turned
	VoidSelf    Void = "withdraw" // the sold line itself is marked: it is no sale
)

// Dialect is what a till's maker decided where the standard leaves it open.
type Dialect struct {
	Void      Void              `yaml:"void"`       // signed, reverse or withdraw
	Item      string            `yaml:"item"`       // of column item: item_id (default) or pos_item
	Amount    string            `yaml:"amount"`     // extended (default): ExtendedAmount; discounted: less ExtendedDiscountAmount
	Unit      string            `yaml:"unit"`       // of a line with several quantities: the UnitOfMeasureCode of the one that counts
	ItemTypes map[string]string `yaml:"item_types"` // ItemType → sale, return or skip; Stock and none are sales; others are refused unless listed
	Statuses  map[string]string `yaml:"statuses"`   // TransactionStatus → take or skip, beyond those of the standard
	Negative  string            `yaml:"negative"`   // a Sale with a negative quantity and no VoidFlag: return or void; empty: refused
}

// Options are the dialect and the limits of a Reader. A zero limit is the default.
type Options struct {
	Dialect  Dialect
	MaxToken int // bytes of a tag; default 1 MiB
	MaxField int // bytes of a value; default 64 KiB. A longer text that is no value, as a picture of the receipt, is passed over
	XML      xml.Options
}

// Reader reads rows. It is not safe for concurrent use.
type Reader struct {
	*xml.Rows
	in    *xml.Reader
	opt   Options
	began bool
}

// NewReader reads the columns of names from src. A name that is none of Columns is absent in every row.
func NewReader(src io.Reader, names []string, o Options) *Reader {
	o.XML.MaxToken = o.MaxToken
	o.XML.MaxField = o.MaxField
	r := &Reader{in: xml.NewReader(src, o.XML), opt: o}
	r.Rows = xml.NewRows(names, o.MaxField, r.read)
	return r
}

// read reads up to the next transaction.
func (r *Reader) read() error {
	n, err := r.in.Next()
	if err != nil {
		return err
	}
	if !r.began {
		if n.Local != "POSLog" {
			return sellthrough.Bad(0, "", n.Local, "the root element is not POSLog; is the body meant for another feed?")
		}
		r.began = true
		return nil
	}
	if n == nil { // the end of the root
		return nil
	}
	if n.Local != "Transaction" {
		return r.in.Skip()
	}
	if err := r.in.Record(n); err != nil {
		return err
	}
	r.transaction(n)
	return nil
}
