// Package door is how people act on incidents: acknowledge, assign, snooze, unsnooze and comment, over HTTP. What they do is an
// event like any other, with their name. It has to stand behind access.Guard: it goes by the viewer in the request's context.
package door

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/alerts"
	"sellthrough/internal/access"
)

// Store is where incidents stand.
type Store interface {
	// Standing is an incident by its name, with what names it, and its state.
	Standing(ctx context.Context, incident string) (e alerts.Event, state string, ok bool, err error)
	Append(ctx context.Context, events []alerts.Event) error
}

// Act is what a person does. Which fields count depends on what.
type Act struct {
	To    string    `json:"to"`    // assign: who takes it on; empty takes it from whoever had it
	Why   string    `json:"why"`   // snooze, comment: at most 2000 bytes
	Until time.Time `json:"until"` // snooze
}

// The bounds of a snooze. A shorter one could end before an evaluator saw it.
const (
	shortest = time.Minute
	longest  = 90 * 24 * time.Hour
)

// Fault is a mistake of whoever asks, with the HTTP status that says so.
type Fault struct {
	Status int
	Text   string
}

// Error says what to do.
func (f Fault) Error() string { return f.Text }

// Acts lists what can be done.
func Acts() []string { return []string{"ack", "assign", "snooze", "unsnooze", "comment"} }

// Do does one of Acts to an incident as a viewer.
func Do(ctx context.Context, s Store, v access.Viewer, incident, what string, a Act) error {
	if !v.May(access.RoleManager) {
		return Fault{http.StatusForbidden, "only managers and admins act on incidents"}
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	a.Why, a.To = strings.TrimSpace(a.Why), strings.TrimSpace(a.To)
	if len(a.Why) > 2000 || len(a.To) > 200 {
		return Fault{http.StatusBadRequest, "why may have up to 2000 bytes, to up to 200"}
	}
	e, state, ok, err := s.Standing(ctx, incident)
	if err != nil {
		return err
	}
	// One of another partner's is not there, so that nobody learns of it.
	if !ok || v.Restricted() && !slices.Contains(v.Partners, sellthrough.PartnerID(e.Partner)) {
		return Fault{http.StatusNotFound, "there is no incident " + incident}
	}
	e.At, e.Who, e.Why = now, v.Name, alerts.Text{En: a.Why, Zh: a.Why}
	switch what {
	case "ack":
		e.Kind = alerts.Acknowledged
	case "assign":
		e.Kind, e.Who = alerts.Assigned, a.To
		e.Why = alerts.Text{En: "by " + v.Name, Zh: "由 " + v.Name}
	case "snooze":
		if wait := a.Until.Sub(now); wait < shortest || wait > longest {
			return Fault{http.StatusBadRequest, "until has to be an instant from a minute to 90 days ahead, like 2026-03-20T08:00:00Z"}
		}
		if a.Why == "" {
			return Fault{http.StatusBadRequest, "say why"}
		}
		e.Kind, e.Until = alerts.Snoozed, a.Until.UTC()
	case "unsnooze":
		e.Kind = alerts.Unsnoozed
	case "comment":
		if a.Why == "" {
			return Fault{http.StatusBadRequest, "the comment is empty"}
		}
		e.Kind = alerts.Commented
	default:
		return Fault{http.StatusNotFound, "an incident can be given " + strings.Join(Acts(), ", ")}
	}
	if state == "closed" && e.Kind != alerts.Commented && e.Kind != alerts.Assigned {
		return Fault{http.StatusConflict, "incident " + incident + " is closed"}
	}
	return s.Append(ctx, []alerts.Event{e})
}

// New is the handler of POST /api/incidents/{id}/{act}. It answers 204.
func New(s Store, log zerolog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/incidents/{id}/{act}", func(w http.ResponseWriter, r *http.Request) {
		if sameSite(r) != nil {
			http.Error(w, "this comes from another site", http.StatusForbidden)
			return
		}
		var a Act
		r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
		if r.ContentLength != 0 {
			d := json.NewDecoder(r.Body)
			d.DisallowUnknownFields()
			if err := d.Decode(&a); err != nil {
				http.Error(w, "the body has to be JSON with to, why and until: "+err.Error(), http.StatusBadRequest)
				return
			}
		}
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
		defer cancel()
		err := Do(ctx, s, access.From(ctx), r.PathValue("id"), r.PathValue("act"), a)
		var f Fault
		switch {
		case err == nil:
			access.Note(ctx, "change", "incident "+r.PathValue("id")+": "+r.PathValue("act"))
			w.WriteHeader(http.StatusNoContent)
		case errors.As(err, &f):
			http.Error(w, f.Text, f.Status)
		default:
			log.Error().Err(err).Str("act", r.PathValue("act")).Msg("an act on an incident is not kept")
			http.Error(w, "it is not kept; try again", http.StatusServiceUnavailable)
		}
	})
	return mux
}

// sameSite refuses what a page of another site makes a browser send.
func sameSite(r *http.Request) error {
	return http.NewCrossOriginProtection().Check(r)
}
