// Package httpfeed is the HTTP door of the intake: partners post bodies, and ask what became of them. It knows about
// requests, keys and statuses, and leaves custody to package ingest. The interface is openapi.yaml, which it serves.
//
// Every error is application/problem+json with a sentence that says what to do. A partner sees its own feeds and
// submissions; of others' it is told that they do not exist.
package httpfeed

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/internal/config"
)

// Outcome is what the books say of a submission.
type Outcome struct {
	Partner sellthrough.PartnerID // empty: the books do not know the submission yet
	Attempt uint32                // the newest of which all that follows tells
	Final   bool                  // all its partitions have reported
	Held    bool                  // waits for a confirmation
	Why     string                // it is held
	Counts  sellthrough.Counts
	Receipt *sellthrough.Receipt // as booked, without its refusals; nil: not known
}

// Books know what became of submissions.
type Books interface {
	// Outcome of the newest attempt at a submission. One that is not known is no error.
	Outcome(ctx context.Context, id sellthrough.SubmissionID) (Outcome, error)
	// Refused rows whose number is above after, by number, at most limit of them.
	Refused(ctx context.Context, id sellthrough.SubmissionID, after uint32, limit int) ([]sellthrough.Refusal, error)
}

// Options of the door.
type Options struct {
	Config *config.Config
	Intake *ingest.Intake
	Books  Books                      // nil: outcomes are not known
	Took   func(*sellthrough.Receipt) // told of every submission that was taken; may be nil
	// Who says whose a request is where something else than an API key does; nil is the key. Its nobody is told that there is
	// nothing here.
	Who  func(r *http.Request) *config.Partner
	Uses *Uses // of keys; may be nil
	Log  zerolog.Logger
}

//go:embed openapi.yaml
var spec []byte

type door struct {
	Options
	rates rates
	keys  []owner
}

type owner struct {
	hash    []byte
	partner *config.Partner
}

// New gives the handler of all paths under /v1/.
func New(o Options) http.Handler {
	d := &door{Options: o, rates: rates{perMinute: o.Config.Limits.PerMinute, seen: map[string]*bucket{}}}
	for i := range o.Config.Partners {
		for _, k := range o.Config.Partners[i].Keys {
			d.keys = append(d.keys, owner{[]byte(k), &o.Config.Partners[i]})
		}
	}
	mux := http.NewServeMux()
	for pattern, h := range d.routes() {
		mux.Handle(pattern, h)
	}
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		for _, m := range []string{http.MethodGet, http.MethodPost} {
			probe := &http.Request{Method: m, URL: r.URL, Host: r.Host}
			if _, pattern := mux.Handler(probe); pattern != "/v1/" {
				w.Header().Set("Allow", m)
				write(w, r, problem{
					Type: "malformed", Title: "Method not allowed", Status: http.StatusMethodNotAllowed,
					Detail: fmt.Sprintf("%s takes %s, not %s", r.URL.Path, m, r.Method),
				})
				return
			}
		}
		write(w, r, problem{
			Type: "unknown", Title: "Not found", Status: http.StatusNotFound,
			Detail: "there is nothing at " + r.URL.Path + "; post bodies to /v1/feeds/FEED, and see /v1/openapi.yaml",
		})
	})
	return d.safely(mux)
}

// routes by pattern; openapi.yaml describes each.
func (d *door) routes() map[string]http.Handler {
	return map[string]http.Handler{
		"GET /v1/openapi.yaml": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/yaml")
			_, _ = w.Write(spec) // who asked is gone
		}),
		"GET /v1/feeds":                            d.known(d.feeds),
		"POST /v1/feeds/{feed}":                    d.known(d.post),
		"GET /v1/submissions":                      d.known(d.find),
		"GET /v1/submissions/{id}":                 d.known(d.status),
		"GET /v1/submissions/{id}/refused":         d.known(d.refused),
		"GET /v1/submissions/{id}/acknowledgement": d.known(d.acknowledgement),
		"POST /v1/submissions/{id}/confirm":        d.known(d.confirm),
	}
}

// handler answers a partner, or gives the error to answer with.
type handler func(w http.ResponseWriter, r *http.Request, p *config.Partner) error

// known lets partners with a key through, so many times a minute.
func (d *door) known(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.Who != nil {
			p := d.Who(r)
			if p == nil {
				d.fail(w, r, &ingest.Fault{Kind: ingest.Unknown, Detail: "there is nothing of yours here"})
				return
			}
			d.serve(w, r, h, p, "partner "+string(p.ID))
			return
		}
		scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		p, hash := d.partner(strings.TrimSpace(key))
		if p == nil || !strings.EqualFold(scheme, "Bearer") {
			w.Header().Set("WWW-Authenticate", `Bearer realm="sellthrough"`)
			detail := "this API key is not known; check it, or ask for a new one"
			if key == "" {
				detail = "send your API key in the header Authorization: Bearer KEY"
			}
			write(w, r, problem{Type: "unauthorized", Title: "Unauthorized", Status: http.StatusUnauthorized, Detail: detail})
			return
		}
		d.Uses.note(hash, time.Now())
		d.serve(w, r, h, p, hash)
	})
}

// serve answers a partner, so many times a minute by what it came with.
func (d *door) serve(w http.ResponseWriter, r *http.Request, h handler, p *config.Partner, with string) {
	if wait := d.rates.take(with, time.Now()); wait > 0 {
		d.fail(w, r, &ingest.Fault{
			Kind: ingest.Busy, Retry: wait,
			Detail: fmt.Sprintf("more than %d requests in a minute with this key; send lines together in larger bodies, or wait", d.Config.Limits.PerMinute),
		})
		return
	}
	if err := h(w, r, p); err != nil {
		d.fail(w, r, err)
	}
}

// Uses remembers when each key was used last in this process, so that people see whether an old one still is.
type Uses struct {
	mu   sync.Mutex
	last map[string]time.Time // by hash
}

func (u *Uses) note(hash string, at time.Time) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last == nil {
		u.last = map[string]time.Time{}
	}
	u.last[hash] = at
}

// Last is when a key was used last; zero is never since the start.
func (u *Uses) Last(hash config.KeyHash) time.Time {
	if u == nil {
		return time.Time{}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.last[string(hash)]
}

// partner finds the owner of a key in a time that does not tell which keys are near.
func (d *door) partner(key string) (found *config.Partner, hash string) {
	hash = string(config.HashKey(key))
	for _, o := range d.keys {
		if subtle.ConstantTimeCompare(o.hash, []byte(hash)) == 1 {
			found = o.partner
		}
	}
	return found, hash
}

// safely answers 500 where there is a bug of ours.
func (d *door) safely(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			d.Log.Error().Interface("panic", v).Str("path", r.URL.Path).Bytes("stack", debug.Stack()).Msg("bug in a handler")
			write(w, r, problem{
				Type: "internal", Title: "Internal error", Status: http.StatusInternalServerError,
				Detail: "this is a mistake of ours and was logged; send the same request again with its Idempotency-Key",
			})
		}()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		if t := d.timeout(); t > 0 && r.ContentLength != 0 { // the server reads some of a body that nobody wanted
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(t)) // a connection without deadlines has none
		}
		h.ServeHTTP(w, r)
	})
}

func (d *door) timeout() time.Duration {
	if d.Config == nil {
		return 0
	}
	return d.Config.Limits.ReadTimeout
}

// rates bounds requests by key with a bucket that refills steadily.
type rates struct {
	perMinute int

	mu   sync.Mutex
	seen map[string]*bucket // of known keys only
}

type bucket struct {
	left float64
	at   time.Time
}

// take gives how long to wait; 0 lets the request through.
func (r *rates) take(key string, now time.Time) time.Duration {
	if r.perMinute <= 0 {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.seen[key]
	if b == nil {
		b = &bucket{float64(r.perMinute), now}
		r.seen[key] = b
	}
	rate := float64(r.perMinute) / 60
	b.left, b.at = min(float64(r.perMinute), b.left+now.Sub(b.at).Seconds()*rate), now
	if b.left < 1 {
		return time.Duration((1 - b.left) / rate * float64(time.Second))
	}
	b.left--
	return 0
}

// statuses of the kinds of faults.
var statuses = map[ingest.Kind]struct {
	status int
	title  string
}{
	ingest.Malformed:   {http.StatusBadRequest, "The request makes no sense"},
	ingest.Unknown:     {http.StatusNotFound, "Not found"},
	ingest.Conflict:    {http.StatusConflict, "Conflict"},
	ingest.TooLarge:    {http.StatusRequestEntityTooLarge, "The body is too large"},
	ingest.Unreadable:  {http.StatusUnprocessableEntity, "The body can't be read"},
	ingest.Encoding:    {http.StatusUnsupportedMediaType, "The encoding is not known"},
	ingest.Stalled:     {http.StatusRequestTimeout, "The body stalled"},
	ingest.Cut:         {http.StatusBadRequest, "The body was cut"},
	ingest.Busy:        {http.StatusTooManyRequests, "Too much at once"},
	ingest.Full:        {http.StatusInsufficientStorage, "No room just now"},
	ingest.Unavailable: {http.StatusServiceUnavailable, "Not possible just now"},
}

// fail answers with an error.
func (d *door) fail(w http.ResponseWriter, r *http.Request, err error) {
	if own, ok := errors.AsType[*problem](err); ok {
		write(w, r, *own)
		return
	}
	f, ok := ingest.AsFault(err)
	if !ok {
		f = &ingest.Fault{Kind: ingest.Unavailable, Retry: 5 * time.Second, Detail: "something we need can't be reached just now; ask again", Err: err}
	}
	if (f.Kind == ingest.Unavailable || f.Kind == ingest.Full) && f.Err != nil { // without a cause it is a state, which is told once
		d.Log.Warn().Err(err).Str("path", r.URL.Path).Msg("request not served")
	}
	s := statuses[f.Kind]
	p := problem{Type: string(f.Kind), Title: s.title, Status: s.status, Detail: f.Detail}
	if f.Refusal != nil {
		p.Refusals = []sellthrough.Refusal{*f.Refusal}
	}
	p.Acknowledgement = f.Acknowledgement
	if f.Retry > 0 {
		p.RetryAfter = max(1, int((f.Retry+time.Second-1)/time.Second))
		w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	write(w, r, p)
}
