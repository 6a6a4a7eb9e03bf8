package httpfeed

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/internal/config"
)

// feeds lists the partner's own feeds.
func (d *door) feeds(w http.ResponseWriter, r *http.Request, p *config.Partner) error {
	type feed struct {
		Feed     sellthrough.FeedID       `json:"feed"`
		Kind     sellthrough.FeedKind     `json:"kind"`
		Format   string                   `json:"format"`
		Coverage sellthrough.CoverageKind `json:"coverage"`
	}
	out := struct {
		Feeds []feed `json:"feeds"`
	}{[]feed{}}
	for i := range d.Config.Feeds {
		if f := &d.Config.Feeds[i]; f.Partner == p.ID {
			out.Feeds = append(out.Feeds, feed{f.ID, f.Kind, f.Format.Type, f.Coverage.Kind})
		}
	}
	send(w, http.StatusOK, "application/json", out)
	return nil
}

// find looks a submission up by its Idempotency-Key, for a partner whose connection was cut before the answer.
func (d *door) find(w http.ResponseWriter, r *http.Request, p *config.Partner) error {
	q, err := query(r, "key", "feed", "wait")
	if err != nil {
		return err
	}
	if q.Get("key") == "" || q.Get("feed") == "" {
		return malformed("give the Idempotency-Key and the feed: /v1/submissions?key=KEY&feed=FEED")
	}
	id, ok := d.Intake.Find(p.ID, sellthrough.FeedID(q.Get("feed")), q.Get("key"))
	if !ok {
		return &ingest.Fault{Kind: ingest.Unknown, Detail: "no submission with this key was taken; send the body again with the same key"}
	}
	return d.answer(w, r, p, id, q.Get("wait"))
}

// status says what became of a submission.
func (d *door) status(w http.ResponseWriter, r *http.Request, p *config.Partner) error {
	q, err := query(r, "wait")
	if err != nil {
		return err
	}
	return d.answer(w, r, p, sellthrough.SubmissionID(r.PathValue("id")), q.Get("wait"))
}

const longestWait = time.Minute

func (d *door) answer(w http.ResponseWriter, r *http.Request, p *config.Partner, id sellthrough.SubmissionID, wait string) error {
	var patience time.Duration
	if wait != "" {
		var err error
		if patience, err = time.ParseDuration(wait); err != nil || patience < 0 {
			return malformed(fmt.Sprintf("wait has the value %q; write seconds, as in wait=30s", wait))
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), min(patience, longestWait))
	defer cancel()
	for pause := 20 * time.Millisecond; ; pause = min(pause*3/2, 250*time.Millisecond) {
		s, err := d.look(r.Context(), p, id)
		if err != nil {
			return err
		}
		if s.State != Held && s.State != Final && patience > 0 {
			select {
			case <-time.After(pause):
				continue
			case <-ctx.Done():
			}
		}
		if plain(r) {
			text := StatusText(&s)
			if s.Receipt != nil {
				text += Text(s.Receipt)
			}
			sendText(w, http.StatusOK, text)
			return nil
		}
		send(w, http.StatusOK, "application/json", s)
		return nil
	}
}

// look gathers what the intake and the books know of a partner's submission.
func (d *door) look(ctx context.Context, p *config.Partner, id sellthrough.SubmissionID) (Status, error) {
	owner, completed, recent := d.Intake.Owner(id)
	var o Outcome
	var err error
	if d.Books != nil && (!recent || completed && owner == p.ID) {
		if o, err = d.Books.Outcome(ctx, id); err != nil {
			return Status{}, fmt.Errorf("look up the outcome of %s: %w", id, err)
		}
	}
	if !recent {
		owner = o.Partner
	}
	if owner != p.ID {
		return Status{}, &ingest.Fault{Kind: ingest.Unknown, Detail: fmt.Sprintf("there is no submission %q of yours; look it up by its key: /v1/submissions?key=KEY&feed=FEED", id)}
	}
	s := Status{Submission: id, State: Received, Receipt: o.Receipt}
	if recent && completed {
		rc, err := d.Intake.Receipt(ctx, id)
		if err != nil {
			return s, err
		}
		rc.Refuse(o.Counts.Refused)
		s.Receipt = &rc
	}
	if o.Counts.Refused > 0 && s.Receipt != nil {
		if s.Receipt.Refusals, err = d.Books.Refused(ctx, id, 0, d.Config.Limits.Refused); err != nil {
			return s, fmt.Errorf("read refused rows of %s: %w", id, err)
		}
	}
	switch {
	case recent && !completed:
	case recent && o.Attempt < s.Receipt.Attempt: // confirmed, and not booked again yet
		s.State = OnTheRoad
	case o.Held:
		s.State, s.Why, s.Counts = Held, o.Why, &o.Counts
	case o.Final:
		s.State, s.Counts = Final, &o.Counts
	default:
		s.State = OnTheRoad
	}
	return s, nil
}

// page is how many refused rows are read at once.
const page = 5000

// refused streams all refused rows of a submission.
func (d *door) refused(w http.ResponseWriter, r *http.Request, p *config.Partner) error {
	if _, err := query(r); err != nil {
		return err
	}
	id := sellthrough.SubmissionID(r.PathValue("id"))
	s, err := d.look(r.Context(), p, id)
	if err != nil {
		return err
	}
	rows := func(after uint32) ([]sellthrough.Refusal, error) {
		return d.Books.Refused(r.Context(), id, after, page)
	}
	if rc := s.Receipt; rc != nil && int64(len(rc.Refusals)) == rc.Refused || d.Books == nil {
		rows = func(after uint32) ([]sellthrough.Refusal, error) { // the receipt has them all
			if after > 0 || s.Receipt == nil {
				return nil, nil
			}
			return s.Receipt.Refusals, nil
		}
	} else if s.State == Received || s.State == OnTheRoad {
		return &ingest.Fault{
			Kind: ingest.Conflict, Retry: 2 * time.Second,
			Detail: fmt.Sprintf("the refused rows are not booked yet; wait with /v1/submissions/%s?wait=30s, then ask again", id),
		}
	}
	first, err := rows(0)
	if err != nil {
		return fmt.Errorf("read refused rows of %s: %w", id, err)
	}
	put, done := refusals(w, r)
	for len(first) > 0 {
		last := uint32(0)
		for i := range first {
			if err := put(&first[i]); err != nil {
				return nil // who asked is gone
			}
			last = max(last, first[i].Row)
		}
		if err := done(); err != nil || last == 0 {
			return nil
		}
		if first, err = rows(last); err != nil {
			d.Log.Warn().Err(err).Str("submission", string(id)).Msg("refused rows cut short")
			panic(http.ErrAbortHandler) // the partner must not take the part for the whole
		}
	}
	_ = done()
	return nil
}

// refusals writes rows as CSV or NDJSON.
func refusals(w http.ResponseWriter, r *http.Request) (put func(*sellthrough.Refusal) error, done func() error) {
	control := http.NewResponseController(w)
	if prefers(r, "text/csv", "application/x-ndjson") {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		c := csv.NewWriter(w)
		_ = c.Write([]string{"row", "column", "value", "reason"}) // done tells
		return func(f *sellthrough.Refusal) error {
				return c.Write([]string{strconv.FormatUint(uint64(f.Row), 10), f.Column, f.Value, f.Reason})
			}, func() error {
				c.Flush()
				_ = control.Flush()
				return c.Error()
			}
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	e := json.NewEncoder(w)
	return func(f *sellthrough.Refusal) error { return e.Encode(f) }, control.Flush
}

// acknowledgement gives the answer to an interchange in the partner's own syntax.
func (d *door) acknowledgement(w http.ResponseWriter, r *http.Request, p *config.Partner) error {
	if _, err := query(r); err != nil {
		return err
	}
	id := sellthrough.SubmissionID(r.PathValue("id"))
	s, err := d.look(r.Context(), p, id)
	if err != nil {
		return err
	}
	switch {
	case s.Receipt == nil:
		return &ingest.Fault{Kind: ingest.Unknown, Detail: fmt.Sprintf("submission %s has no acknowledgement yet, because it is not wholly received; ask again in a moment", id)}
	case s.Receipt.Acknowledgement == nil:
		return &ingest.Fault{Kind: ingest.Unknown, Detail: fmt.Sprintf("submission %s has no acknowledgement: only interchanges of X12 and EDIFACT have one, but for those that hold nothing but acknowledgements", id)}
	}
	a, err := d.Intake.Acknowledgement(r.Context(), s.Receipt)
	if err != nil {
		return err
	}
	kind := "application/EDI-X12" // RFC 1767
	if a.Type == "CONTRL" {
		kind = "application/EDIFACT"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": string(id) + a.Suffix()}))
	_, _ = io.WriteString(w, a.Text) // who asked is gone
	return nil
}

// confirm lets a held submission through.
func (d *door) confirm(w http.ResponseWriter, r *http.Request, p *config.Partner) error {
	if _, err := query(r); err != nil {
		return err
	}
	id := sellthrough.SubmissionID(r.PathValue("id"))
	s, err := d.look(r.Context(), p, id)
	if err != nil {
		return err
	}
	if s.State != Held {
		return &ingest.Fault{Kind: ingest.Conflict, Detail: fmt.Sprintf("submission %s is %s, not held; there is nothing to confirm", id, s.State)}
	}
	rc, err := d.Intake.Confirm(r.Context(), id, "partner "+string(p.ID))
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/submissions/"+string(id))
	if plain(r) {
		sendText(w, http.StatusAccepted, Text(&rc))
		return nil
	}
	send(w, http.StatusAccepted, "application/json", rc)
	return nil
}
