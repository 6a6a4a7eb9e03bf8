package sellthrough

// Line is one fact in a submission, in the partner's own codes.
type Line struct {
	Row          uint32 // 1-based row in the body, header included
	Document     string // receipt, invoice or report number; empty where the feed has none
	LineKey      string // line number or serial, where the feed has one
	Location     string
	Item         string
	Unit         string // unit of measure as written; empty is the base unit
	Currency     string // ISO 4217; empty is the feed's
	Counterparty string
	Serial       string
	Kind         Kind  // of a movement
	Level        Level // of a stock report
	Qty          Decimal
	Amount       Decimal
	HasAmount    bool
	At           int64  // seconds since 1970 of the time as written: an instant, or a wall clock read as if UTC
	Day          Day    // the day as written
	Version      uint64 // the partner's own version of the document; 0 where there is none
	More
	Function Function
}

// More is what only some feeds say of a line.
type More struct {
	Customer    string // of an end customer a keyed hash, never the name or number; part of neither identity nor content
	Segment     string // of the customer: one of Segments
	Salesperson string // the partner's code
	Title       string // who holds title to the goods: one of Titles
	Reason      string // of a return or ticket; of a claim, the programme
	RefersTo    string // another document: the sale of a return, the order of a shipment, the invoice of a payment
	Destination string // the region that the goods went to
	Until       int64  // when it ends, as written like At: an invoice falls due, a ticket is answered; 0 where nothing is said
}

// What a line may say of its customer, and of who holds title.
var (
	Segments = []string{"enterprise", "government", "individual"} // 企业, 政府, 个体
	Titles   = []string{"vendor", "partner", "customer"}
)

// Block is lines of one submission that go to one Kafka partition in one message, by column. All columns have the
// same length; strings are indices into Dict. Index 0 of Dict is always "".
type Block struct {
	Feed       FeedID
	Submission SubmissionID
	Attempt    uint32
	Dict       []string

	Row                                  []uint32
	Document, LineKey, Location, Item    []uint32
	Unit, Currency, Counterparty, Serial []uint32
	Kind                                 []uint8 // Kind, or Level in a stock feed
	Qty, Amount                          []Decimal
	HasAmount                            []bool
	At                                   []int64
	Day                                  []Day
	Version                              []uint64
	Function                             []Function // a cancellation is no line, see Act

	// Of More: nil where no line of the block has any.
	Customer, Segment, Salesperson, Title, Reason, RefersTo, Destination []uint32
	Until                                                                []int64
}

// MoreColumns gives the columns of More that are indices into Dict, in a fixed order, Customer first.
func (b *Block) MoreColumns() [7]*[]uint32 {
	return [...]*[]uint32{&b.Customer, &b.Segment, &b.Salesperson, &b.Title, &b.Reason, &b.RefersTo, &b.Destination}
}

// Strings gives the texts of More in the order of Block.MoreColumns.
func (m *More) Strings() [7]*string {
	return [...]*string{&m.Customer, &m.Segment, &m.Salesperson, &m.Title, &m.Reason, &m.RefersTo, &m.Destination}
}

// MoreOf is what line i says beyond what every line does.
func (b *Block) MoreOf(i int) (m More) {
	texts := m.Strings()
	for k, c := range b.MoreColumns() {
		if *c != nil {
			*texts[k] = b.Dict[(*c)[i]]
		}
	}
	if b.Until != nil {
		m.Until = b.Until[i]
	}
	return m
}

// Len is the number of lines.
func (b *Block) Len() int { return len(b.Row) }

// Line gives line i as a value, for what is not hot: tests, receipts, refusals.
func (b *Block) Line(i int, kind FeedKind) Line {
	l := Line{
		Row: b.Row[i], Document: b.Dict[b.Document[i]], LineKey: b.Dict[b.LineKey[i]], Location: b.Dict[b.Location[i]],
		Item: b.Dict[b.Item[i]], Unit: b.Dict[b.Unit[i]], Currency: b.Dict[b.Currency[i]],
		Counterparty: b.Dict[b.Counterparty[i]], Serial: b.Dict[b.Serial[i]],
		Qty: b.Qty[i], Amount: b.Amount[i], HasAmount: b.HasAmount[i], At: b.At[i], Day: b.Day[i], Version: b.Version[i],
		Function: b.Function[i], More: b.MoreOf(i),
	}
	if kind == Stock {
		l.Level = Level(b.Kind[i])
	} else {
		l.Kind = Kind(b.Kind[i])
	}
	return l
}
