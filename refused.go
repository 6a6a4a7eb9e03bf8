package sellthrough

import (
	"errors"
	"fmt"
)

// Refusal is a line that could not be read: where, what stood there, and why, in words that tell the partner what to
// mend.
type Refusal struct {
	Row    uint32 `json:"row"`              // 1-based row in the body, header included; 0 is the body as a whole
	Column string `json:"column,omitempty"` // the partner's own column name
	Value  string `json:"value,omitempty"`  // as sent, cut to 200 bytes
	Reason string `json:"reason"`
}

// Error is the refusal as one sentence.
func (r *Refusal) Error() string {
	switch {
	case r.Row == 0:
		return r.Reason
	case r.Column == "":
		return fmt.Sprintf("row %d: %s", r.Row, r.Reason)
	}
	return fmt.Sprintf("row %d, column %s, value %q: %s", r.Row, r.Column, r.Value, r.Reason)
}

// Bad is the data's fault: the line is refused and the road goes on. Any other error holds the road.
func Bad(row uint32, column, value, reason string) error {
	if len(value) > 200 {
		value = value[:200]
	}
	return &Refusal{Row: row, Column: column, Value: value, Reason: reason}
}

// AsRefusal asks whether err is the data's fault.
func AsRefusal(err error) (*Refusal, bool) {
	var r *Refusal
	ok := errors.As(err, &r)
	return r, ok
}
