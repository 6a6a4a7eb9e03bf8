package sellthrough

import "time"

// Submission is what the sequencer registers once per body, before any line of it is on the road.
type Submission struct {
	ID       SubmissionID `json:"id"`
	Feed     FeedID       `json:"feed"`
	Partner  PartnerID    `json:"partner"`
	Key      string       `json:"key,omitempty"` // the partner's Idempotency-Key
	Body     string       `json:"body"`          // sha-256 of the decoded body, hex; its name in the archive
	Bytes    int64        `json:"bytes"`         // decoded size
	File     string       `json:"file,omitempty"`
	Received time.Time    `json:"received"`
	Scope    Scope        `json:"scope,omitzero"` // as declared by the request or the file's name
	Confirm  bool         `json:"confirm,omitempty"`
	Mends    SubmissionID `json:"mends,omitempty"` // the submission whose refused rows this one mends
	// Collector is who took custody: after a crash it brings the submission to its end from the archive.
	Collector string `json:"collector"`

	Revision Revision `json:"revision,omitempty"` // set by whoever reads the registration
}

// Completed says that a submission is wholly on the road: every block and end mark is acknowledged.
type Completed struct {
	ID      SubmissionID `json:"id"`
	Attempt uint32       `json:"attempt"`
	Receipt Receipt      `json:"receipt"`
}

// Receipt is what the partner is told at once. What became of each accepted line follows in Outcome.
type Receipt struct {
	Submission SubmissionID `json:"submission"`
	Feed       FeedID       `json:"feed"`
	Partner    PartnerID    `json:"partner"`
	Revision   Revision     `json:"revision"`
	Received   time.Time    `json:"received_at"`
	Body       string       `json:"body_sha256"`
	Bytes      int64        `json:"bytes"`
	Rows       int64        `json:"rows"`     // accepted + refused
	Accepted   int64        `json:"accepted"` // lines on the road
	Refused    int64        `json:"refused"`
	Cancelled  int64        `json:"cancelled,omitempty"` // documents that it takes back; they are no rows
	Scope      Scope        `json:"scope,omitzero"`
	Partitions []int        `json:"partitions"` // that will report an outcome
	Attempt    uint32       `json:"attempt"`
	Mapping    string       `json:"mapping,omitempty"` // version of the feed's mapping that read it
	Mends      SubmissionID `json:"mends,omitempty"`   // the submission whose refused rows it mends
	// Acknowledgement answers an interchange (X12, EDIFACT) in the partner's own syntax.
	Acknowledgement *Acknowledgement `json:"acknowledgement,omitempty"`
	Refusals        []Refusal        `json:"refusals,omitempty"` // the first ones
	Warnings        []string         `json:"warnings,omitempty"`
}

// Acknowledgement says where the answer to an interchange lies.
type Acknowledgement struct {
	Type  string `json:"type"`   // 997, 999 or CONTRL
	Body  string `json:"sha256"` // its name in the archive
	Bytes int64  `json:"bytes"`
}

// Counts are the books of a submission, or of a part of it:
// accepted lines = Held + New + Duplicate + Corrected + Superseded + Refused.
// Refused were accepted by the collector and could not be kept by the store: the books move them from accepted to refused.
// Withdrawn and Implied count lines that the submission did not contain; Unmatched is a mark on lines counted elsewhere.
type Counts struct {
	Held       int64 `json:"held"`
	New        int64 `json:"new"`
	Duplicate  int64 `json:"duplicate"`
	Corrected  int64 `json:"corrected"`
	Superseded int64 `json:"superseded"`
	Refused    int64 `json:"refused,omitempty"`
	Withdrawn  int64 `json:"withdrawn"`
	Implied    int64 `json:"implied"`
	Unmatched  int64 `json:"unmatched"`
}

// Lines is the number of accepted lines that c accounts for.
func (c Counts) Lines() int64 {
	return c.Held + c.New + c.Duplicate + c.Corrected + c.Superseded + c.Refused
}

// Add gives the sum of two counts.
func (c Counts) Add(d Counts) Counts {
	return Counts{
		Held: c.Held + d.Held, New: c.New + d.New, Duplicate: c.Duplicate + d.Duplicate, Corrected: c.Corrected + d.Corrected,
		Superseded: c.Superseded + d.Superseded, Refused: c.Refused + d.Refused, Withdrawn: c.Withdrawn + d.Withdrawn,
		Implied: c.Implied + d.Implied, Unmatched: c.Unmatched + d.Unmatched,
	}
}

// Act takes a document back as a whole: it is cancelled, or replaced by what the submission says of it from Row on. What
// the submission said of it before counts for nothing.
type Act struct {
	Document string `json:"document"`
	Row      uint32 `json:"row"`
	Version  uint64 `json:"version,omitempty"`
	Replace  bool   `json:"replace,omitempty"` // under the safeguards of a coverage; a cancellation has none
}

// EndMark closes the part of a submission that lies in one partition: it lists the acknowledged blocks by offset, so
// that a block written twice or left by a collector that died has no effect. Only an end mark makes lines count.
type EndMark struct {
	Submission SubmissionID `json:"submission"`
	Feed       FeedID       `json:"feed"`
	Partner    PartnerID    `json:"partner"`
	Kind       FeedKind     `json:"kind"`
	Revision   Revision     `json:"revision"`
	Attempt    uint32       `json:"attempt"`
	Body       string       `json:"body"` // sha-256 of the body
	Rule       Rule         `json:"rule"`
	Policy     Policy       `json:"policy"`
	Scope      Scope        `json:"scope,omitzero"`
	Scopes     []Scope      `json:"scopes,omitempty"` // what the lines of all partitions name, where nothing was declared and one partition's lines do not show it
	Acts       []Act        `json:"acts,omitempty"`   // on documents of this partition; on all of them where documents lie in several
	Blocks     []int64      `json:"blocks,omitempty"` // offsets in this partition, in the order of the body
	Lines      int64        `json:"lines"`            // in those blocks
	Refused    int64        `json:"refused"`          // in the whole submission
	Partitions []int        `json:"partitions"`       // that get an end mark of this submission
	Home       *Home        `json:"home,omitempty"`   // in one of them only
	// Overtakes says that a submission of the partner with a smaller revision was registered but not yet wholly on the
	// road when this one was: an older word may still come.
	Overtakes bool `json:"overtakes,omitempty"`
}

// Home is what the books say of the submission as a whole; it travels with the end mark of one partition.
type Home struct {
	Receipt       Receipt `json:"receipt"`
	Key           string  `json:"key,omitempty"`
	File          string  `json:"file,omitempty"`
	RefusedBlocks []int64 `json:"refused_blocks,omitempty"` // offsets of the refused rows, in this partition
}

// RefusedBlock carries refused rows to the books.
type RefusedBlock struct {
	Submission SubmissionID `json:"submission"`
	Feed       FeedID       `json:"feed"`
	Partner    PartnerID    `json:"partner"`
	Rows       []Refusal    `json:"rows"`
}

// Decision says whether a covered submission that lies in several partitions is applied or held. It follows the votes
// of all its partitions.
type Decision struct {
	Submission SubmissionID `json:"submission"`
	End        int64        `json:"end"` // offset of the end mark in this partition
	Held       bool         `json:"held"`
	Why        string       `json:"why,omitempty"`
}

// Order is a command to the owners of the line partitions. It is registered with the sequencer, which gives it its
// revision, and then written to every partition.
type Order struct {
	Kind     OrderKind    `json:"kind"`
	Revision Revision     `json:"revision"`
	At       time.Time    `json:"at"`
	Who      string       `json:"who,omitempty"`
	Why      string       `json:"why,omitempty"`
	Target   SubmissionID `json:"target,omitempty"`          // of an undo
	Undone   Revision     `json:"undone_revision,omitempty"` // the revision that an undo takes back
	Content  string       `json:"content,omitempty"`         // sha-256 of a reference version
	Replay   *Replay      `json:"replay,omitempty"`
}

// Replay is what a shadow run came to, and which part of it is to hold. The shadow is a ledger of its own, fed from the archive
// or the log with everything that the partner said in some namespaces; the owners of partitions write the difference.
type Replay struct {
	Shadow     string    `json:"shadow"` // database
	Partner    PartnerID `json:"partner"`
	Namespaces []string  `json:"namespaces"`
	From       Day       `json:"from,omitempty"` // of lines whose business date lies in it, before or after; 0: all
	To         Day       `json:"to,omitempty"`
	Submission Revision  `json:"submission,omitempty"` // of lines that this submission said, before or after; 0: all
	Reference  Revision  `json:"reference,omitempty"`  // version that read the shadow's lines
}

// OrderKind is what an Order asks for.
type OrderKind string

// The orders.
const (
	OrderReference OrderKind = "reference" // reference version Revision is in force from here on; lines re-flow
	OrderUndo      OrderKind = "undo"      // take back what a submission wrote
	OrderReplay    OrderKind = "replay"    // bring the ledger in line with a shadow run
)

// Genesis is the first record of every partition of every topic. A topic made anew has another one.
type Genesis struct {
	Incarnation string    `json:"incarnation"`
	Era         uint32    `json:"era"` // larger than that of any topic before
	Partitions  int       `json:"partitions"`
	Made        time.Time `json:"made"`
}
