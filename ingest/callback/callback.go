// Package callback tells partners who want it what became of their submissions, with a request of ours to a URL of theirs.
//
// A call is a POST of the status that GET /v1/submissions/{id} gives, once it is held, and once it is final. Its header
// Sellthrough-Signature is "t=UNIX,v1=HEX", where HEX is the HMAC-SHA256 of "UNIX.BODY" under the partner's secret: the
// partner checks it, and that the time is near. Sellthrough-Delivery is the same in every try of one call.
//
// It promises: a call is tried again, less and less often, until the partner answers 2xx or 410, for a day; what waits
// survives a restart. It may come twice, and a submission that was registered in the very moment of a crash is not called
// about: whoever has to know asks with GET.
package callback

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/door"
	"sellthrough/ingest/httpfeed"
)

// Target is where one partner is called.
type Target struct {
	URL    string
	Secret string
}

// Options of a caller.
type Options struct {
	Targets  map[sellthrough.PartnerID]Target
	Books    httpfeed.Books
	Dir      string // of what waits
	Registry prometheus.Registerer
	Log      zerolog.Logger
}

// Caller calls partners.
type Caller struct {
	o      Options
	client *http.Client
	now    func() time.Time
	calls  *prometheus.CounterVec
}

// How long a call is tried, and how often at first and at last.
const (
	patience = 24 * time.Hour
	soonest  = 2 * time.Second
	rarest   = 30 * time.Minute
)

// New wires a caller. It opens nothing.
func New(o Options) (*Caller, error) {
	if o.Books == nil || o.Dir == "" {
		return nil, errors.New("callback: Books and Dir have to be given")
	}
	c := &Caller{
		o: o, now: time.Now,
		client: &http.Client{Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sellthrough_callback_calls_total", Help: "Calls to partners, by their result.",
		}, []string{"result"}),
	}
	if o.Registry != nil {
		o.Registry.MustRegister(c.calls)
	}
	return c, nil
}

// waiting is a submission that is to be told about; it lies in a file of its own.
type waiting struct {
	Partner    sellthrough.PartnerID    `json:"partner"`
	Submission sellthrough.SubmissionID `json:"submission"`
	Since      time.Time                `json:"since"` // of this call
	Next       time.Time                `json:"next"`
	Tries      int                      `json:"tries"`
	Told       httpfeed.State           `json:"told,omitempty"` // the last state that the partner knows
}

// Took notes a submission that a door took.
func (c *Caller) Took(rc *sellthrough.Receipt) {
	if _, ok := c.o.Targets[rc.Partner]; !ok || rc.Submission == "" {
		return
	}
	w := waiting{Partner: rc.Partner, Submission: rc.Submission, Since: c.now(), Next: c.now()}
	if err := c.write(&w); err != nil {
		c.o.Log.Error().Err(err).Str("submission", string(rc.Submission)).Msg("callback not noted; the partner is not called about it")
	}
}

// Wrap is an intake whose submissions are noted.
func (c *Caller) Wrap(in door.Intake) door.Intake { return noting{in, c} }

type noting struct {
	door.Intake
	c *Caller
}

func (n noting) Accept(ctx context.Context, r ingest.Request) (ingest.Taken, error) {
	taken, err := n.Intake.Accept(ctx, r)
	if err == nil && !r.DryRun && !taken.Replayed {
		n.c.Took(&taken.Receipt)
	}
	return taken, err
}

// Run calls until ctx ends.
func (c *Caller) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		c.Look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look goes once through what waits.
func (c *Caller) Look(ctx context.Context) {
	files, _ := filepath.Glob(filepath.Join(c.o.Dir, "*.json")) // the pattern is right
	for _, f := range files {
		text, err := os.ReadFile(f)
		var w waiting
		if err == nil {
			err = json.Unmarshal(text, &w)
		}
		if err == nil && !c.now().Before(w.Next) {
			err = c.look(ctx, &w)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			c.o.Log.Warn().Err(err).Str("submission", strings.TrimSuffix(filepath.Base(f), ".json")).Msg("callback waits; it is tried again")
		}
	}
}

// look finds out what became of a submission, and calls where the partner does not know it.
func (c *Caller) look(ctx context.Context, w *waiting) error {
	target, ok := c.o.Targets[w.Partner]
	if !ok {
		return c.done(w) // no longer wanted
	}
	o, err := c.o.Books.Outcome(ctx, w.Submission)
	if err != nil {
		return err
	}
	s := httpfeed.Status{Submission: w.Submission, Receipt: o.Receipt, Counts: &o.Counts}
	switch {
	case o.Held:
		s.State, s.Why = httpfeed.Held, o.Why
	case o.Final:
		s.State = httpfeed.Final
	default:
		if c.now().Sub(w.Since) > 30*patience {
			return c.done(w) // it will not be booked any more
		}
		w.Next = c.now().Add(soonest)
		return c.write(w)
	}
	if s.State == w.Told {
		w.Next = c.now().Add(soonest) // held, until somebody decides
		return c.write(w)
	}
	gone, err := c.call(ctx, target, &s)
	switch {
	case err == nil && (gone || s.State == httpfeed.Final):
		return c.done(w)
	case err == nil:
		*w = waiting{Partner: w.Partner, Submission: w.Submission, Told: s.State, Since: c.now(), Next: c.now().Add(soonest)}
		return c.write(w)
	case w.Tries == 0:
		w.Since = c.now()
	case c.now().Sub(w.Since) > patience:
		c.o.Log.Error().Err(err).Str("partner", string(w.Partner)).Str("submission", string(w.Submission)).Msg("callback given up after a day")
		c.calls.WithLabelValues("given_up").Inc()
		return c.done(w)
	}
	w.Tries++
	w.Next = c.now().Add(min(rarest, soonest<<min(w.Tries, 12)))
	return errors.Join(err, c.write(w))
}

// call posts a status. gone says that the partner does not want to be told any more.
func (c *Caller) call(ctx context.Context, t Target, s *httpfeed.Status) (gone bool, err error) {
	body, err := json.Marshal(s)
	if err != nil {
		return false, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "sellthrough")
	r.Header.Set("Sellthrough-Delivery", string(s.Submission)+"-"+string(s.State))
	r.Header.Set("Sellthrough-Signature", Sign(t.Secret, c.now(), body))
	a, err := c.client.Do(r)
	if err != nil {
		c.calls.WithLabelValues("failed").Inc()
		return false, err
	}
	defer a.Body.Close()
	_, _ = io.CopyN(io.Discard, a.Body, 64<<10) // so that the connection serves again
	switch {
	case a.StatusCode/100 == 2:
		c.calls.WithLabelValues("told").Inc()
		return false, nil
	case a.StatusCode == http.StatusGone:
		c.calls.WithLabelValues("gone").Inc()
		return true, nil
	}
	c.calls.WithLabelValues("failed").Inc()
	return false, fmt.Errorf("the partner answered %s", a.Status)
}

// Sign is the header Sellthrough-Signature of a body.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(t + "."))
	m.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(m.Sum(nil))
}

func (c *Caller) path(w *waiting) string {
	return filepath.Join(c.o.Dir, filepath.Base(string(w.Submission))+".json")
}

func (c *Caller) done(w *waiting) error { return os.Remove(c.path(w)) }

// write notes what waits: all of it or nothing.
func (c *Caller) write(w *waiting) error {
	text, err := json.Marshal(w)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.o.Dir, 0o750); err != nil {
		return err
	}
	part := c.path(w) + ".tmp"
	if err := os.WriteFile(part, text, 0o600); err != nil {
		return err
	}
	return os.Rename(part, c.path(w))
}
