package httpfeed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"sellthrough"
	"sellthrough/ingest"
)

// problem is application/problem+json (RFC 9457) with our own members behind the standard ones.
type problem struct {
	Type       string                `json:"type"`
	Title      string                `json:"title"`
	Status     int                   `json:"status"`
	Detail     string                `json:"detail"`
	Instance   string                `json:"instance"`
	RetryAfter int                   `json:"retry_after,omitempty"` // seconds
	Refusals   []sellthrough.Refusal `json:"refusals,omitempty"`    // of an unreadable body
	Receipt    *sellthrough.Receipt  `json:"receipt,omitempty"`     // of a body whose rows were all refused

	Acknowledgement *ingest.Acknowledgement `json:"acknowledgement,omitempty"` // of an interchange that is unreadable behind its envelope
}

func (p *problem) Error() string { return p.Detail }

func write(w http.ResponseWriter, r *http.Request, p problem) {
	p.Type, p.Instance = "/problems/"+p.Type, r.URL.Path
	send(w, p.Status, "application/problem+json", p)
}

func send(w http.ResponseWriter, status int, kind string, v any) {
	text, err := json.Marshal(v)
	if err != nil { // strings, numbers and times only
		panic(err)
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // who asked is gone
}

// State is how far a submission has come.
type State string

// The states, in their order.
const (
	Received  State = "received"    // registered, not yet wholly on the road
	OnTheRoad State = "on_the_road" // its lines wait to be booked
	Held      State = "held"        // waits for a confirmation
	Final     State = "final"       // booked
)

// Status is what became of a submission so far.
type Status struct {
	Submission sellthrough.SubmissionID `json:"submission"`
	State      State                    `json:"state"`
	Why        string                   `json:"why,omitempty"`     // it is held
	Counts     *sellthrough.Counts      `json:"counts,omitempty"`  // of held and final ones
	Receipt    *sellthrough.Receipt     `json:"receipt,omitempty"` // once it is on the road
}

// plain says whether the partner would rather read text than JSON.
func plain(r *http.Request) bool { return prefers(r, "text/plain", "application/json") }

// prefers says whether Accept names a before b, or a alone.
func prefers(r *http.Request, a, b string) bool {
	accept := strings.ToLower(r.Header.Get("Accept"))
	i, j := strings.Index(accept, a), strings.Index(accept, b)
	return i >= 0 && (j < 0 || i < j)
}

// Text is a receipt as a person reads it.
func Text(rc *sellthrough.Receipt) string {
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	if rc.Submission != "" {
		line("submission", "%s", rc.Submission)
	}
	line("feed", "%s", rc.Feed)
	line("received", "%s", rc.Received.UTC().Format(time.RFC3339))
	line("rows", "%d", rc.Rows)
	line("accepted", "%d", rc.Accepted)
	line("refused", "%d", rc.Refused)
	if rc.Cancelled > 0 {
		line("cancelled", "%d", rc.Cancelled)
	}
	if s := rc.Scope; s.Declared {
		text := strings.Join(s.Locations, ", ")
		if text == "" {
			text = "all locations"
		}
		if s.From != 0 || s.To != 0 {
			text += fmt.Sprintf(", %s to %s", s.From, s.To)
		}
		line("scope", "%s", text)
	}
	if rc.Mapping != "" {
		line("mapping", "%s", rc.Mapping)
	}
	if rc.Mends != "" {
		line("mends", "%s", rc.Mends)
	}
	if a := rc.Acknowledgement; a != nil {
		line("acknowledgement", "%s", a.Type)
	}
	for _, w := range rc.Warnings {
		line("warning", "%s", w)
	}
	_ = t.Flush() // into memory
	for i := range rc.Refusals {
		if i == 20 {
			fmt.Fprintf(&b, "… and %d more refused rows\n", rc.Refused-20)
			break
		}
		fmt.Fprintf(&b, "%s\n", rc.Refusals[i].Error())
	}
	return b.String()
}

// StatusText is a status as a person reads it.
func StatusText(s *Status) string {
	var b strings.Builder
	fmt.Fprintf(&b, "submission %s is %s", s.Submission, strings.ReplaceAll(string(s.State), "_", " "))
	if s.Why != "" {
		b.WriteString(": " + s.Why)
	}
	b.WriteByte('\n')
	if c := s.Counts; c != nil {
		if c.Refused > 0 {
			fmt.Fprintf(&b, "refused after all %d, see /v1/submissions/%s/refused\n", c.Refused, s.Submission)
		}
		fmt.Fprintf(&b, "new %d, duplicate %d, corrected %d, superseded %d, held %d; withdrawn %d, implied %d, unmatched %d\n",
			c.New, c.Duplicate, c.Corrected, c.Superseded, c.Held, c.Withdrawn, c.Implied, c.Unmatched)
	}
	return b.String()
}

func sendText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // who asked is gone
}
