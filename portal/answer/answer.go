// Package answer is how the rooms of the portal answer a browser: JSON, never kept by anybody on the way, and faults with a
// code for the page and a sentence for people.
package answer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/internal/access"
	"sellthrough/sinks/clickhouse"
)

// Reader answers SQL as the viewer may see it; *clickhouse.Reader is one.
type Reader interface {
	Read(ctx context.Context, v access.Viewer, sql string) (clickhouse.Table, error)
}

// Fault is an answer that says what is wrong.
type Fault struct {
	Status int
	Code   string // what the page does with it
	Text   string // in English; the page has it in other languages
	More   any    // what the page shows beside; may be nil
}

func (f *Fault) Error() string { return f.Text }

// Bad is a request that makes no sense.
func Bad(format string, a ...any) error {
	return &Fault{Status: http.StatusBadRequest, Code: "request", Text: fmt.Sprintf(format, a...)}
}

// Missing is what is not there, or is not the viewer's.
func Missing(format string, a ...any) error {
	return &Fault{Status: http.StatusNotFound, Code: "missing", Text: fmt.Sprintf(format, a...)}
}

// Forbidden is what the viewer's role may not do.
func Forbidden(text string) error {
	return &Fault{Status: http.StatusForbidden, Code: "role", Text: text}
}

// Handler answers, or gives the error to answer with.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Over makes a handler of h. Its errors are answered as faults; what is not a Fault is logged, and only who may see everything
// is told what it was.
func Over(log zerolog.Logger, h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil || r.Context().Err() != nil && !errors.Is(err, context.DeadlineExceeded) {
			return
		}
		v := access.From(r.Context())
		f, ok := errors.AsType[*Fault](err)
		var large *http.MaxBytesError
		switch {
		case ok:
		case errors.As(err, &large):
			f = &Fault{Status: http.StatusRequestEntityTooLarge, Code: "large", Text: fmt.Sprintf("this is larger than %d MiB, the most that is taken here", large.Limit>>20)}
		case errors.Is(err, clickhouse.ErrNobody):
			f = &Fault{Status: http.StatusUnauthorized, Code: "login", Text: "log in first"}
		case errors.Is(err, clickhouse.ErrNoPolicies):
			f = &Fault{Status: http.StatusForbidden, Code: "restricted", Text: err.Error()}
		case errors.Is(err, context.DeadlineExceeded):
			f = &Fault{Status: http.StatusGatewayTimeout, Code: "slow", Text: "this took too long; try again"}
		default:
			log.Warn().Err(err).Str("path", r.URL.Path).Str("viewer", v.Name).Msg("a room could not answer")
			f = &Fault{Status: http.StatusBadGateway, Code: "database", Text: "this can't be answered just now; try again"}
			if !v.Nobody() && !v.Restricted() {
				f.Text = err.Error()
			}
		}
		JSON(w, f.Status, struct {
			Code  string `json:"code"`
			Error string `json:"error"`
			More  any    `json:"more,omitempty"`
		}{f.Code, f.Text, f.More})
	})
}

// JSON answers with a value.
func JSON(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // values of ours: texts, numbers and times
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // who asked is gone
}

// Read reads a request of JSON, strictly.
func Read(w http.ResponseWriter, r *http.Request, most int64, v any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, most))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return err
		}
		return Bad("the request can't be read: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Bad("something follows the request")
	}
	return nil
}

// Quote is a string literal of ClickHouse.
func Quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", `\0`).Replace(s) + "'"
}

// Quotes is a list of literals.
func Quotes[S ~string](list []S) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = Quote(string(s))
	}
	return strings.Join(out, ", ")
}

// Sees says whether a viewer may see the rows of a partner. The database holds them back too; this is for what does not come from there.
func Sees(v access.Viewer, p sellthrough.PartnerID) bool {
	if v.Nobody() {
		return false
	}
	if !v.Restricted() {
		return v.Role != access.RolePartner
	}
	return slices.Contains(v.Partners, p)
}

// Language is that of whoever asks, as the page says it: en or zh.
func Language(r *http.Request) string {
	if strings.HasPrefix(r.Header.Get("Accept-Language"), "zh") || r.URL.Query().Get("lang") == "zh" {
		return "zh"
	}
	return "en"
}
