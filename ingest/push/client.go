package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"sellthrough"
	"sellthrough/ingest/httpfeed"
)

type client struct {
	options
	http   *http.Client
	stderr io.Writer
}

// refusal is an answer that trying again does not change.
type refusal struct {
	Title    string                `json:"title"`
	Detail   string                `json:"detail"`
	Refusals []sellthrough.Refusal `json:"refusals"`
	Receipt  *sellthrough.Receipt  `json:"receipt"`
}

func (r *refusal) Error() string {
	var s strings.Builder
	s.WriteString(r.Detail)
	for i := range r.Refusals {
		if e := r.Refusals[i].Error(); e != r.Detail {
			s.WriteString("\n" + e)
		}
	}
	return s.String()
}

// send posts the file until the answer is known.
func (c *client) send(ctx context.Context, f *file, path string) (rc *sellthrough.Receipt, replayed bool, err error) {
	err = c.insist(ctx, func() (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, c.progress(f))
		if err != nil {
			return nil, err
		}
		r.ContentLength = f.size
		if f.size == 0 {
			r.Body = http.NoBody
		}
		r.Header.Set("Idempotency-Key", c.idempotency)
		r.Header.Set("Content-Type", "application/octet-stream")
		if f.encoding != "" {
			r.Header.Set("Content-Encoding", f.encoding)
		}
		return r, nil
	}, func(h http.Header, body io.Reader) error {
		replayed = h.Get("Idempotency-Replayed") == "true"
		rc = new(sellthrough.Receipt)
		return json.NewDecoder(body).Decode(rc)
	})
	if no, ok := errors.AsType[*refusal](err); ok {
		return no.Receipt, false, err
	}
	if err != nil {
		return nil, false, err
	}
	return rc, replayed, nil
}

// outcome waits until the submission is final or held, or for --wait.
func (c *client) outcome(ctx context.Context, id string) (*httpfeed.Status, error) {
	until := time.Now().Add(c.wait)
	for {
		var s httpfeed.Status
		left := max(0, min(time.Until(until), 30*time.Second)).Round(time.Second)
		err := c.insist(ctx, func() (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/v1/submissions/"+url.PathEscape(id)+"?wait="+left.String(), nil)
		}, func(_ http.Header, body io.Reader) error { return json.NewDecoder(body).Decode(&s) })
		if err != nil || s.State == httpfeed.Final || s.State == httpfeed.Held || left < time.Second {
			return &s, err
		}
	}
}

// insist makes a request until it is answered, waiting as the answer says or longer each time.
func (c *client) insist(ctx context.Context, request func() (*http.Request, error), use func(http.Header, io.Reader) error) error {
	until := time.Now().Add(c.retryFor)
	for pause := 500 * time.Millisecond; ; pause = min(2*pause, 30*time.Second) {
		r, err := request()
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+c.key)
		r.Header.Set("Accept", "application/json")
		wait, err := c.once(r, use)
		var no *refusal
		if err == nil || errors.As(err, &no) || ctx.Err() != nil {
			return err
		}
		wait = max(wait, pause)
		if time.Until(until) < wait {
			return fmt.Errorf("given up after %s: %w", c.retryFor, err)
		}
		fmt.Fprintf(c.stderr, "%v; trying again in %s\n", err, wait.Round(time.Second/10))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// once gives a *refusal where trying again is of no use, and how long the collector asks to wait where it is.
func (c *client) once(r *http.Request, use func(http.Header, io.Reader) error) (time.Duration, error) {
	a, err := c.http.Do(r)
	if err != nil {
		return 0, err
	}
	defer a.Body.Close()
	if a.StatusCode < 300 {
		if err := use(a.Header, a.Body); err != nil {
			return 0, fmt.Errorf("read the answer: %w", err) // cut: the same request gives it again
		}
		return 0, nil
	}
	no := &refusal{Detail: "the collector answered " + a.Status}
	if text, err := io.ReadAll(io.LimitReader(a.Body, 16<<20)); err == nil && strings.Contains(a.Header.Get("Content-Type"), "json") {
		_ = json.Unmarshal(text, no) // else the status has to do
	}
	switch a.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusInsufficientStorage:
		seconds, _ := strconv.Atoi(a.Header.Get("Retry-After")) // none: our own pause
		return time.Duration(seconds) * time.Second, errors.New(no.Detail)
	}
	return 0, no
}

// progress reads the file from its start, by itself, because a try that failed may still be reading. It shows how far the
// body is where a person looks on.
func (c *client) progress(f *file) io.ReadCloser {
	body := io.NewSectionReader(f, 0, f.size)
	t, ok := c.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(t.Fd())) {
		return io.NopCloser(body)
	}
	return &bar{body: body, out: t, begun: time.Now()}
}

type bar struct {
	body         *io.SectionReader
	out          io.Writer
	begun, shown time.Time
	n            int64
}

func (b *bar) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.n += int64(n)
	if err != nil || time.Since(b.shown) > 100*time.Millisecond {
		b.shown = time.Now()
		const mib = 1 << 20
		rate := float64(b.n) / mib / max(time.Since(b.begun).Seconds(), 1e-3)
		fmt.Fprintf(b.out, "\r%.1f of %.1f MiB, %.1f MiB/s ", float64(b.n)/mib, float64(b.body.Size())/mib, rate)
	}
	return n, err
}

// Close ends the line; the file stays open for another try.
func (b *bar) Close() error {
	fmt.Fprintln(b.out)
	return nil
}
