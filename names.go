package sellthrough

import (
	"fmt"
	"time"
)

// PartnerID names a company of the channel, FeedID a configured stream from one partner, SubmissionID one body that
// a partner sent.
type (
	PartnerID    string
	FeedID       string
	SubmissionID string
)

// Canary is the partner of the lines that the program sends to itself, and CanaryFeed its feed. No configured one can have
// these names, and no view shows them.
const (
	Canary     PartnerID = "_canary"
	CanaryFeed FeedID    = "_canary"
)

// Revision is the order in which submissions were registered: the era of the submissions topic in the high 32 bits,
// the offset of the registration in the low 32. A larger revision is the newer word of the partner.
type Revision uint64

// RevisionOf packs an era and an offset.
func RevisionOf(era uint32, offset int64) Revision {
	return Revision(uint64(era)<<32 | uint64(offset)&(1<<32-1))
}

// Era is the era of the submissions topic in which r was given.
func (r Revision) Era() uint32 { return uint32(r >> 32) }

// Day is a calendar day as days since 1970-01-01, without a zone.
type Day int32

// DayOf is the calendar day that t shows in its own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDay reads YYYY-MM-DD.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a day; write it as YYYY-MM-DD", s)
	}
	return DayOf(t), nil
}

// Time is midnight UTC of d.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String is d as YYYY-MM-DD.
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// MarshalText writes d as String does, for JSON.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Day) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDay(string(text))
	return err
}

// The days that a line may carry. Outside, a year is a typing mistake more likely than a fact.
var (
	FirstDay = DayOf(time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC))
	LastDay  = DayOf(time.Date(2079, 12, 31, 0, 0, 0, 0, time.UTC))
)

// FeedKind says what facts a feed carries.
type FeedKind string

// The kinds of feeds.
const (
	Sales     FeedKind = "sales"     // movements: units that moved
	Stock     FeedKind = "stock"     // levels at an instant
	Shipments FeedKind = "shipments" // deliveries of the vendor: what left, what arrived
	Transfers FeedKind = "transfers" // between locations of one owner
	Orders    FeedKind = "orders"    // what was asked for
	Money     FeedKind = "money"     // invoices, payments, claims
	Service   FeedKind = "service"   // returns with their reason, repairs, tickets, scores
)

// FeedKinds lists all of them, in the order in which their ledgers are worked on.
func FeedKinds() []FeedKind {
	return []FeedKind{Sales, Stock, Shipments, Transfers, Orders, Money, Service}
}

// Flow says whether lines of the kind are summed by day as what flowed beside the sales: see flow_daily in the ledger.
func (k FeedKind) Flow() bool { return k != Sales && k != Stock }

// Kind is what a line of any feed but stock says happened, seen from the partner that reports it.
type Kind uint8

// The kinds. A quantity of a movement is signed by what happened to the units: a return_in of one unit is −1. What is
// paid, credited or claimed is written positive, and so are units that are sent or returned for a reason: the kind says
// which way they went.
const (
	SellOut    Kind = iota + 1 // to an end customer
	SellIn                     // vendor to partner
	SellThru                   // partner to the next partner
	ReturnIn                   // from a customer
	ReturnOut                  // to the vendor
	Transfer                   // between locations of one owner
	Adjustment                 // counted, found, broken, stolen
	Void                       // a cancelled line

	Shipped  // left the vendor
	Received // arrived at the partner

	Sent    // left a location for another of the same owner
	Arrived // came to it

	Ordered   // placed
	Confirmed // promised
	Cancelled // taken back by either side

	Invoiced   // owed by the counterparty from here on
	Paid       // by the counterparty
	Credited   // a credit note: no longer owed
	Settled    // what a statement of a marketplace or consignee says was sold
	Commission // earned by an agent
	Claimed    // asked back under a programme

	Returned  // came back, with the reason
	Exchanged // replaced by another unit
	Repaired  // under warranty
	Ticket    // asked, and answered at the line's until
	Score     // satisfaction, as a quantity
)

var kindNames = [...]string{
	"", "sell_out", "sell_in", "sell_through", "return_in", "return_out", "transfer", "adjustment", "void",
	"shipped", "received", "sent", "arrived", "ordered", "confirmed", "cancelled",
	"invoiced", "paid", "credited", "settled", "commission", "claimed",
	"returned", "exchanged", "repaired", "ticket", "score",
}

// String is the kind as the ledger writes it.
func (k Kind) String() string { return kindNames[min(int(k), len(kindNames)-1)] }

// KindOf reads a kind's name.
func KindOf(name string) (Kind, bool) { return index[Kind](kindNames[:], name) }

// kindsOf are the first and the last kind of each feed kind.
var kindsOf = map[FeedKind][2]Kind{
	Sales: {SellOut, Void}, Shipments: {Shipped, Received}, Transfers: {Sent, Arrived}, Orders: {Ordered, Cancelled},
	Money: {Invoiced, Claimed}, Service: {Returned, Score},
}

// Kinds lists the names of what lines of a feed kind may say; of stock, which has levels instead, none.
func Kinds(of FeedKind) []string {
	r, ok := kindsOf[of]
	if !ok {
		return nil
	}
	return kindNames[r[0] : r[1]+1 : r[1]+1]
}

// FirstKind is the number of the first kind that Kinds lists.
func FirstKind(of FeedKind) Kind { return kindsOf[of][0] }

// Function says what a document does to what was said before.
type Function uint8

// The functions of a document.
const (
	Original Function = iota
	Replace           // takes the place of the document named, with all that was added to it
	Cancel            // takes the document named back
	Add               // adds lines to what was said
	Copy              // repeats what was said, and corrects nothing
)

var functionNames = [...]string{"original", "replace", "cancel", "add", "duplicate"}

// String is the function as partners' documents say it.
func (f Function) String() string { return functionNames[min(int(f), len(functionNames)-1)] }

// FunctionOf reads a function's name.
func FunctionOf(name string) (Function, bool) {
	for i, n := range functionNames {
		if n == name {
			return Function(i), true
		}
	}
	return 0, false
}

// Functions lists the names of all functions.
func Functions() []string { return functionNames[:] }

// Level says which level of stock a report states. Levels are never added to one another.
type Level uint8

// The stock levels.
const (
	OnHand Level = iota + 1
	Available
	Committed
	InTransit
	OnOrder
	Damaged
	ReturnsPending
)

var levelNames = [...]string{"", "on_hand", "available", "committed", "in_transit", "on_order", "damaged", "returns_pending"}

// String is the level as the ledger writes it.
func (l Level) String() string { return levelNames[min(int(l), len(levelNames)-1)] }

// LevelOf reads a level's name.
func LevelOf(name string) (Level, bool) { return index[Level](levelNames[:], name) }

// Levels lists the names of all stock levels.
func Levels() []string { return levelNames[1:] }

func index[T ~uint8](names []string, name string) (T, bool) {
	for i, n := range names {
		if n == name && i > 0 {
			return T(i), true
		}
	}
	return 0, false
}
