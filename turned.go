package sellthrough

import "time"

// TurnedAway is a body that was refused as a whole: nothing of it was put on the road. It is kept in the archive, so that
// people can look at it, and read it again once the feed fits it.
type TurnedAway struct {
	ID      string          `json:"id"`
	At      time.Time       `json:"at"`
	Partner PartnerID       `json:"partner"`
	Feed    FeedID          `json:"feed"`
	File    string          `json:"file,omitempty"`
	Body    string          `json:"body_sha256"`
	Bytes   int64           `json:"bytes"`
	Scope   Scope           `json:"scope,omitzero"`
	Reason  string          `json:"reason"`
	Mapping string          `json:"mapping,omitempty"` // the version of the feed's mapping that did not fit it
	Missing []MissingColumn `json:"missing,omitempty"` // where its header is the reason
}

// MissingColumn is a column that a feed reads and a header lacks.
type MissingColumn struct {
	Column  string   `json:"column"`
	As      string   `json:"as"`                // what the feed reads it as: qty
	Renamed []string `json:"renamed,omitempty"` // columns of the header that it may be now, the likeliest first
}
