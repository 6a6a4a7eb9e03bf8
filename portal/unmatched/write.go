package unmatched

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"sellthrough"
	"sellthrough/internal/access"
	"sellthrough/portal/answer"
	"sellthrough/transform/reference"
)

// Entry is a cross-reference as the page sends and shows it.
type Entry struct {
	Partner string `json:"partner"`
	What    string `json:"what"`
	Code    string `json:"code"`
	Target  string `json:"target"`
	Units   string `json:"units"`
	From    string `json:"from"`
	To      string `json:"to"`
	Who     string `json:"who,omitempty"`
	When    string `json:"when,omitempty"`
}

func entryOf(e reference.Entry) Entry {
	x := Entry{Partner: e.Partner, What: e.Kind, Code: e.Code, Target: e.Target, Units: e.Units.String(), Who: e.Who, When: e.When.UTC().Format(time.RFC3339)}
	if e.From != 0 {
		x.From = e.From.String()
	}
	if e.To != 0 {
		x.To = e.To.String()
	}
	return x
}

// entry reads what the page sent.
func (e Entry) entry() (out reference.Entry, err error) {
	out.CrossReference = reference.CrossReference{Partner: e.Partner, Kind: e.What, Code: e.Code, Target: e.Target, Units: sellthrough.One}
	if e.What != "item" && e.What != "location" {
		return out, answer.Bad("what is item or location")
	}
	if e.Units != "" {
		if out.Units, err = sellthrough.ParseDecimal(e.Units); err != nil || out.Units <= 0 {
			return out, answer.Bad("units is %.40q; write a number above 0, like 6 or 0.5", e.Units)
		}
	}
	for _, d := range []struct {
		text string
		day  *sellthrough.Day
	}{{e.From, &out.From}, {e.To, &out.To}} {
		if d.text == "" {
			continue
		}
		if *d.day, err = sellthrough.ParseDay(d.text); err != nil {
			return out, answer.Bad("%s", err.Error())
		}
	}
	if e.When != "" {
		if out.When, err = time.Parse(time.RFC3339, e.When); err != nil {
			return out, answer.Bad("when is no time")
		}
	}
	out.Who = e.Who
	return out, nil
}

// enter writes down what a code means.
func (u *room) enter(w http.ResponseWriter, r *http.Request) error {
	var q Entry
	if err := answer.Read(w, r, 64<<10, &q); err != nil {
		return err
	}
	e, err := q.entry()
	if err != nil {
		return err
	}
	v := access.From(r.Context())
	if err := u.sees(v, e.Partner); err != nil {
		return err
	}
	e.Who, e.When = v.Name, time.Now().UTC().Truncate(time.Second)
	return u.write(w, r, e, "crossreference", func(ctx context.Context) error { return reference.Add(ctx, u.Folder, e) })
}

// take takes an entry out again.
func (u *room) take(w http.ResponseWriter, r *http.Request) error {
	var q Entry
	if err := answer.Read(w, r, 64<<10, &q); err != nil {
		return err
	}
	e, err := q.entry()
	if err != nil {
		return err
	}
	if err := u.sees(access.From(r.Context()), e.Partner); err != nil {
		return err
	}
	return u.write(w, r, e, "crossreference taken back", func(ctx context.Context) error { return reference.Take(ctx, u.Folder, e) })
}

// write changes the folder, says so in the audit log, and puts it in force.
func (u *room) write(w http.ResponseWriter, r *http.Request, e reference.Entry, what string, change func(context.Context) error) error {
	if u.Folder == "" {
		return &answer.Fault{Status: http.StatusConflict, Code: "folder", Text: "there is no reference folder on this machine; add the row where your reference data is kept"}
	}
	ctx := context.WithoutCancel(r.Context()) // half of it would be nobody's
	var conflict *reference.Conflict
	var faults *reference.Faults
	switch err := change(ctx); {
	case errors.As(err, &conflict):
		return &answer.Fault{Status: http.StatusConflict, Code: "conflict", Text: conflict.Error(), More: entryOf(conflict.Entry)}
	case errors.As(err, &faults):
		return &answer.Fault{Status: http.StatusUnprocessableEntity, Code: "faults", Text: faults.Error()}
	case errors.Is(err, reference.ErrFolder):
		u.Log.Error().Err(err).Msg("the reference folder can't be written")
		return &answer.Fault{Status: http.StatusConflict, Code: "folder", Text: "the reference folder can't be written by this process; add the row where your reference data is kept, or give the process the right to write there"}
	case err != nil:
		return err
	}
	access.Note(ctx, "change", fmt.Sprintf("%s %s %s of %s → %s", what, e.Kind, e.Code, e.Partner, e.Target))
	out := struct {
		Entry   Entry  `json:"entry"`
		Applied bool   `json:"applied"`
		Version uint64 `json:"version,omitempty"`
		Why     string `json:"why,omitempty"` // it is not in force yet
	}{Entry: entryOf(e)}
	if u.Apply == nil {
		out.Why = "the row is written; it counts once `sellthrough reference apply` puts the folder in force"
		answer.JSON(w, http.StatusOK, out)
		return nil
	}
	version, err := u.Apply(ctx, e.Who)
	if err != nil {
		u.Log.Error().Err(err).Msg("the reference folder is not put in force; it is tried again")
		out.Why = "the row is written, and is not in force yet: the log can't be reached just now"
	}
	out.Applied, out.Version = err == nil, uint64(version)
	answer.JSON(w, http.StatusOK, out)
	return nil
}
