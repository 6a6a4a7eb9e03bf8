package sellthrough

// IdentityScope is the unit in which a feed's lines are told apart: state is kept and loaded by it, and all lines of
// one unit go to one Kafka partition.
type IdentityScope string

// The identity scopes.
const (
	ByDocument    IdentityScope = "document"     // document numbers are unique for the partner (invoices)
	ByLocationDay IdentityScope = "location-day" // they begin again every day and till (receipts)
)

// EqualRows says what an equal row in another file is, where a feed has neither line key nor coverage.
type EqualRows string

// The readings of equal rows in different files.
const (
	EqualIsDuplicate EqualRows = "duplicate" // the same sale, told again
	EqualIsSale      EqualRows = "sale"      // another sale, unless the whole file is the same
)

// Rule is how the identity of a feed's lines is made. It travels with every end mark, so that a line is read by the
// rule of its own submission.
type Rule struct {
	Version   int           `json:"version"`              // of the rule itself; a change of mapping that changes identities needs a new one
	Namespace string        `json:"namespace"`            // feeds of a partner that number the same documents share one
	Scope     IdentityScope `json:"scope"`                // what a slice is
	Keyed     bool          `json:"keyed,omitempty"`      // lines have a key; else (content, occurrence) tells them apart
	EqualRows EqualRows     `json:"equal_rows,omitempty"` // for feeds with neither key nor coverage
	Originals Originals     `json:"originals,omitempty"`
}

// Originals says what an original is about a document, or a location's day, that is held already.
type Originals string

// The readings of an original that is not the first.
const (
	OriginalsReplace Originals = ""       // it is the newer word, as far as the feed's coverage reaches
	OriginalsAppend  Originals = "append" // it comes on top, unless the whole file is the same
	OriginalsRefuse  Originals = "refuse" // it changes nothing: only a replace does
)

// CoverageKind is what a submission claims to report completely.
type CoverageKind string

// The coverages.
const (
	CoverNone        CoverageKind = "none"         // lines only add
	CoverDocument    CoverageKind = "document"     // every document in it is complete
	CoverLocationDay CoverageKind = "location-day" // every (location, day) in its scope is complete
	CoverPeriod      CoverageKind = "period"       // every day of a period is complete, for the scope's locations or all
	CoverSnapshot    CoverageKind = "snapshot"     // every item of a location; an item missing is zero
)

// Scope is the part of the world that a covered submission reports completely. Locations are raw partner codes;
// days are days as written. Empty Locations with a From is the whole partner. Where locations decide the partition, the
// scope of an end mark names only those of its own partition.
type Scope struct {
	Locations []string `json:"locations,omitempty"`
	From      Day      `json:"from,omitempty"`
	To        Day      `json:"to,omitempty"`        // inclusive
	Elsewhere bool     `json:"elsewhere,omitempty"` // in an end mark: all its locations belong to other partitions
	Declared  bool     `json:"declared,omitempty"`  // by parameters or the file's name; else it is what the lines name
}

// Policy is what the transformer may do with a submission, fixed when it was received.
type Policy struct {
	Coverage         CoverageKind `json:"coverage"`
	HoldAbove        float64      `json:"hold_above"`                   // share of the scope, 0–1; 1 never holds
	DespiteRefused   bool         `json:"despite_refused,omitempty"`    // withdraw although lines of the scope were refused
	Confirmed        bool         `json:"confirmed,omitempty"`          // never hold this one
	PartnerZone      string       `json:"partner_zone"`                 // IANA zone for lines whose location has none
	Currency         string       `json:"currency,omitempty"`           // for lines without one
	TaxIncluded      bool         `json:"tax_included,omitempty"`       // the feed's tax basis
	PackUnits        []string     `json:"pack_units,omitempty"`         // units of measure that mean a pack of the product
	Instants         bool         `json:"instants,omitempty"`           // times are instants (UTC); else wall clock of the location
	MapsBusinessDate bool         `json:"maps_business_date,omitempty"` // the day as written is the business date
}
