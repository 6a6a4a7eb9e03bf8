package sellthrough

import (
	"errors"
	"fmt"
	"slices"
)

// Unfit is the store's word that it can't keep rows as they are: a type, a range, a length, a constraint. It is the data's
// fault, and comes back however often the rows are sent. Only who speaks to the store may say it, by the code of the
// error; every other error holds the road.
type Unfit struct {
	Table  string
	Reason string // for the partner whose line it is, once the line stands alone
	Err    error
}

func (u *Unfit) Error() string { return fmt.Sprintf("%s can't keep it: %v", u.Table, u.Err) }

// Unwrap is the store's own error.
func (u *Unfit) Unwrap() error { return u.Err }

// AsUnfit asks whether err is the store's word that the data is at fault.
func AsUnfit(err error) (*Unfit, bool) {
	var u *Unfit
	ok := errors.As(err, &u)
	return u, ok
}

// UnfitLine is a line that the store does not keep. It is refused after all, with the reason, and the rest of its batch
// lands without it. The intent lists it, so that a redo leaves it out too.
type UnfitLine struct {
	Revision Revision `json:"revision"` // of its submission
	Row      uint32   `json:"row"`
	Reason   string   `json:"reason"`
}

// Refuse moves lines from accepted to refused that the store could not keep after the receipt was given.
func (r *Receipt) Refuse(lines int64) {
	if lines == 0 {
		return
	}
	r.Accepted, r.Refused = r.Accepted-lines, r.Refused+lines
	r.Warnings = append(slices.Clone(r.Warnings), fmt.Sprintf("%d lines were accepted at first and could not be kept: they are refused, with the reason, and nothing that is missing from the report is withdrawn beside them", lines))
}
