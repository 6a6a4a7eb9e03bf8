package httpfeed

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/config"
)

// post takes a body.
func (d *door) post(w http.ResponseWriter, r *http.Request, p *config.Partner) error {
	q, err := query(r, "location", "from", "to", "day", "file", "confirm", "dry_run")
	if err != nil {
		return err
	}
	req := ingest.Request{
		Partner: p.ID, Feed: sellthrough.FeedID(r.PathValue("feed")), Key: r.Header.Get("Idempotency-Key"), File: fileName(r, q),
		Encoding: r.Header.Get("Content-Encoding"), Length: r.ContentLength,
		Body: &patient{body: r.Body, control: http.NewResponseController(w), timeout: d.Config.Limits.ReadTimeout},
	}
	if kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); strings.HasPrefix(kind, "multipart/") {
		if err := form(&req, q, kind, params["boundary"]); err != nil {
			return err
		}
	}
	if req.Confirm, err = flag(q, "confirm"); err != nil {
		return err
	}
	if req.DryRun, err = flag(q, "dry_run"); err != nil {
		return err
	}
	if req.Scope, _, err = mapping.ScopeFrom(q); err != nil {
		return malformed(err.Error())
	}
	taken, err := d.Intake.Accept(r.Context(), req)
	if err != nil {
		return err
	}
	rc := &taken.Receipt
	if d.Took != nil && !req.DryRun && !taken.Replayed {
		d.Took(rc)
	}
	status := http.StatusAccepted
	if req.DryRun {
		status = http.StatusOK
	} else {
		w.Header().Set("Location", "/v1/submissions/"+string(rc.Submission))
	}
	if taken.Replayed {
		w.Header().Set("Idempotency-Replayed", "true")
		status = http.StatusOK
	}
	if rc.Accepted == 0 && rc.Refused > 0 && rc.Cancelled == 0 && !req.DryRun {
		return &problem{
			Type: "refused", Title: "All rows are refused", Status: http.StatusUnprocessableEntity, Receipt: rc,
			Detail: fmt.Sprintf("none of the %d rows can be read, so nothing was changed; mend them and send the report again with a new Idempotency-Key", rc.Rows),
		}
	}
	if plain(r) {
		sendText(w, status, Text(rc))
		return nil
	}
	send(w, status, "application/json", rc)
	return nil
}

// patient fails a body of which no byte comes for too long.
type patient struct {
	body    io.Reader
	control *http.ResponseController
	timeout time.Duration
}

func (b *patient) Read(p []byte) (int, error) {
	if b.timeout > 0 {
		_ = b.control.SetReadDeadline(time.Now().Add(b.timeout)) // a connection without deadlines has none
	}
	n, err := b.body.Read(p)
	if err == io.EOF && b.timeout > 0 {
		_ = b.control.SetReadDeadline(time.Time{}) // while the body is worked on, and the connection serves further requests
	}
	return n, err // an unfinished body keeps the deadline: the server reads on before it answers
}

func malformed(detail string) error { return &ingest.Fault{Kind: ingest.Malformed, Detail: detail} }

// query gives the parameters of a request. One that is not known is an error, because a mistyped dry_run would be meant.
func query(r *http.Request, known ...string) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, malformed("the parameters behind ? can't be read; write them as name=value, with % escapes")
	}
	for name := range q {
		if !slices.Contains(known, name) {
			return nil, malformed(fmt.Sprintf("the parameter %q is not known here; known are %s", name, strings.Join(known, ", ")))
		}
	}
	return q, nil
}

func flag(q url.Values, name string) (bool, error) {
	if !q.Has(name) {
		return false, nil
	}
	v, err := strconv.ParseBool(q.Get(name))
	if err != nil {
		return false, malformed(fmt.Sprintf("%s has the value %q; write %s=1 or leave it out", name, q.Get(name), name))
	}
	return v, nil
}

// fileName is what the partner calls the body.
func fileName(r *http.Request, q url.Values) string {
	if f := q.Get("file"); f != "" {
		return cut(f)
	}
	if _, p, err := mime.ParseMediaType(r.Header.Get("Content-Disposition")); err == nil {
		return cut(p["filename"])
	}
	return ""
}

func cut(s string) string {
	if len(s) > 255 {
		s = s[len(s)-255:]
	}
	return strings.ToValidUTF8(s, "")
}
