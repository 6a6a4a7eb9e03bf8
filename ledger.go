package sellthrough

import (
	"errors"
	"time"
)

// Cause is why a ledger row was written.
type Cause uint8

// The causes.
const (
	CauseNew       Cause = iota + 1
	CauseCorrected       // a newer revision said otherwise
	CauseWithdrawn       // missing from a complete report
	CauseUndone          // a person took a submission back
	CauseReflowed        // a reference version reads the same line otherwise
	CauseImplied         // missing from a full stock snapshot: zero
	CauseReplayed        // read anew from the archive or the log, by another mapping or reference version
)

var causeNames = [...]string{"", "new", "corrected", "withdrawn", "undone", "reflowed", "implied", "replayed"}

// String is the cause as the ledger writes it.
func (c Cause) String() string { return causeNames[min(int(c), len(causeNames)-1)] }

// Flags of a ledger row.
const (
	HasAmount    uint8 = 1 << iota // the line states an amount
	HasBase                        // a rate was known: Base is money in the reporting currency
	UnknownItem                    // no product for the item's code
	UnknownPlace                   // no location for the location's code
	ImpliedZero                    // a level that a snapshot implied
	Added                          // by a document that adds to what was said: only a replace or a cancellation of it takes it back
)

// Rows is rows of a signed ledger, by column; each kind of feed has its own. Quantities and
// money are already multiplied by Sign, so that a plain sum over the ledger is the truth. All columns have the same
// length.
type Rows struct {
	Partner, Feed, Namespace []string
	Slice, Line, Content     []uint64
	Revision                 []uint64
	Version                  []uint64
	Reference                []uint64 // the reference version that resolved the row
	Cause                    []uint8
	Sign                     []int8
	Row                      []uint32
	Kind                     []uint8 // Kind, or Level for stock
	Document, LineKey        []string
	Location, Place          []string // as written; as resolved
	Item, Product            []string
	Unit, Currency           []string
	Qty, Amount, Base        []int64 // millionths; Qty in base units, Amount in Currency, Base in the reporting currency
	RawQty                   []int64 // millionths of the unit as written
	Flags                    []uint8
	Day                      []int32 // as written
	BusinessDate             []int32 // in the location's zone
	At                       []int64 // as written, see Line.At
	SoldAt                   []int64 // seconds since 1970 UTC
	Counterparty, Serial     []string
	More                     *MoreRows // nil where no row has any
}

// Len is the number of rows.
func (r *Rows) Len() int { return len(r.Sign) }

// Held is what the ledger knows of one line: the newest word, and whether it stands.
type Held struct {
	Slice, Line, Content uint64
	Revision             Revision
	Version              uint64
	Live                 bool
	Added                bool
	Location             string // as written; only where a scope or documents were asked for
	Day                  Day    // as written; likewise
	Document             string // only where documents were asked for
}

// LineRef names a line in the ledger.
type LineRef struct{ Slice, Line uint64 }

// Floor says that a revision has spoken of something without leaving a row there: an older word about it is superseded,
// and an older coverage withdraws nothing of it.
//   - with Slice and Line: the line was seen, unchanged, while an older submission was not yet on the road;
//   - with Slice alone: the document was reported completely;
//   - with Slice and Location, which then is a document's number: the document was replaced or cancelled;
//   - with From, To and Location ("" is every location): so were these days.
type Floor struct {
	Partner, Namespace string
	Slice, Line        uint64
	Location           string
	From, To           Day
	Revision           Revision
	Version            uint64
}

// Outcome is what became of the lines of a submission in one partition.
type Outcome struct {
	Submission SubmissionID
	Feed       FeedID
	Partner    PartnerID
	Revision   Revision
	Attempt    uint32
	Held       bool // waits for confirmation
	Lost       bool // held because its lines passed the log before they were read: it is sent again from the archive
	Partial    bool // a step of a large submission that is not at its end; its counts add to the others
	Why        string
	Counts     Counts
}

// Vote is what one partition says of a covered submission before anything of it is applied.
type Vote struct {
	Submission SubmissionID
	Partner    PartnerID
	Revision   Revision
	Attempt    uint32
	End        int64 // offset of the end mark in this partition
	Scope      int64 // lines (or non-zero levels) held in the scope
	Loss       int64 // of them, not in the submission
	// Waits says that nothing was counted: an older submission with the same scope is not decided here, and what it leaves
	// has to be known first.
	Waits bool
}

// Token names one insert of one batch: the incarnation of the topic, the partition, the offsets and the step. The same
// messages under the same reference version give the same rows under the same token.
type Token struct {
	Incarnation string
	Partition   int
	First, Last int64
	Step        int
	Retry       int // raised when a redo can no longer rely on the deduplication window
}

// Intent is a batch that is about to be inserted, or was.
type Intent struct {
	Token
	Epoch     uint64
	Reference Revision // in force at First
	Complete  bool     // the range needs no further step
	Blocks    int      // data blocks that its largest insert makes, for the deduplication window
	Rows      int
	Unfit     []UnfitLine // lines of the range that the store called bad: it is written without them
}

// Batch is everything that one intent inserts.
type Batch struct {
	Intent
	Known      time.Time          // log time of the last message: when we came to know
	Movements  Rows               // of sales feeds
	Reports    Rows               // of stock feeds
	Flows      map[FeedKind]*Rows // of all others
	Floors     []Floor
	Outcomes   []Outcome
	Votes      []Vote
	Homes      []EndMark // those with a Home
	Refusals   []RefusedBlock
	OrdersDone []Order
}

// Of is the rows of a kind of feed; they may be added to.
func (b *Batch) Of(kind FeedKind) *Rows {
	switch kind {
	case Sales:
		return &b.Movements
	case Stock:
		return &b.Reports
	}
	r := b.Flows[kind]
	if r == nil {
		if b.Flows == nil {
			b.Flows = map[FeedKind]*Rows{}
		}
		r = &Rows{}
		b.Flows[kind] = r
	}
	return r
}

// Each calls f for the rows of every kind of feed that has some, in the order of FeedKinds.
func (b *Batch) Each(f func(FeedKind, *Rows)) {
	for _, k := range FeedKinds() {
		r := b.Flows[k]
		switch k {
		case Sales:
			r = &b.Movements
		case Stock:
			r = &b.Reports
		}
		if r != nil && r.Len() > 0 {
			f(k, r)
		}
	}
}

// Len is the number of rows of all kinds.
func (b *Batch) Len() (n int) {
	b.Each(func(_ FeedKind, r *Rows) { n += r.Len() })
	return n
}

// Applied says what the books hold of a submission in one partition.
type Applied struct {
	Attempt uint32
	Held    bool
}

// Pending is a submission that was voted on, waits for its vote, or is held: it is not applied.
type Pending struct {
	Partner  PartnerID
	Revision Revision
	Attempt  uint32
	End      int64 // offset of its end mark, unless it is held
	State    PendingState
}

// PendingState says what a submission waits for. A later state outranks an earlier one of the same attempt.
type PendingState uint8

// The states.
const (
	IsWaiting PendingState = iota + 1 // for an older one with the same scope; then its scope is counted
	HasVoted                          // for the votes of other partitions
	IsHeld                            // for a person
)

// Errors that no waiting mends.
var (
	ErrFenced      = errors.New("another process has claimed the partition")
	ErrIncarnation = errors.New("the ledger was fed from another topic")
	ErrSchema      = errors.New("the ledger's schema is newer than this program")
	ErrGone        = errors.New("it is not there any more")
)
