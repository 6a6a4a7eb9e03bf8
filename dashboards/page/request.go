package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sellthrough/dashboards/page/board"
	"sellthrough/dashboards/page/period"
	"sellthrough/internal/access"
	"sellthrough/sinks/clickhouse"
)

// request is all that a browser may say about what it wants to see.
type request struct {
	From string              `json:"from"`
	To   string              `json:"to"`
	Vars map[string][]string `json:"vars"`
	Lang string              `json:"lang"`
}

// largest is how many bytes a request may have: thousands of chosen values.
const largest = 1 << 20

// asked is a request that makes sense.
type asked struct {
	board board.Board
	span  period.Range
	vars  map[string][]string
}

// fault is an error with the answer that it is to the browser.
type fault struct {
	status int
	code   string // what the page does with it
	text   string
}

func (f fault) Error() string { return f.text }

func bad(format string, a ...any) error {
	return fault{http.StatusBadRequest, "request", fmt.Sprintf(format, a...)}
}

// read reads a request for a board.
func (p *Page) read(w http.ResponseWriter, r *http.Request) (asked, error) {
	var q request
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, largest))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		return asked{}, bad("the request cannot be read: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return asked{}, bad("there is something behind the request")
	}
	b, ok := p.find(q.Lang, r.PathValue("uid"))
	if !ok {
		return asked{}, fault{http.StatusNotFound, "board", fmt.Sprintf("there is no board %.40q", r.PathValue("uid"))}
	}
	span, err := period.Parse(q.From, q.To, time.Now(), p.zone(b))
	if err != nil {
		return asked{}, fault{http.StatusBadRequest, "time", err.Error()}
	}
	return asked{b, span, q.Vars}, nil
}

// zone is the time zone of a board's days and times.
func (p *Page) zone(b board.Board) *time.Location {
	switch strings.ToLower(b.Zone) {
	case "", "browser":
		return p.o.Zone
	case "utc":
		return time.UTC
	}
	if z, err := time.LoadLocation(b.Zone); err == nil { // the board was read, so there is one
		return z
	}
	return p.o.Zone
}

// target is the panel that a request names.
func (q asked) target(r *http.Request) (board.Panel, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	panel, ok := q.board.Panels[id]
	if err != nil || !ok {
		return panel, fault{http.StatusNotFound, "panel", fmt.Sprintf("board %s has no panel %.20q that asks something", q.board.UID, r.PathValue("id"))}
	}
	return panel, nil
}

// fail answers an error. What the database says is for those who may see everything; a restricted viewer reads only that
// it failed, and the log has the rest.
func (p *Page) fail(w http.ResponseWriter, r *http.Request, err error) {
	v := access.From(r.Context())
	var f fault
	switch {
	case r.Context().Err() != nil:
		return // the browser has gone
	case errors.As(err, &f):
	case errors.Is(err, clickhouse.ErrNobody):
		f = fault{http.StatusUnauthorized, "login", "log in first"}
	case errors.Is(err, clickhouse.ErrNoPolicies):
		f = fault{http.StatusForbidden, "restricted", err.Error()}
	case errors.Is(err, clickhouse.ErrNotGranted):
		f = fault{http.StatusForbidden, "granted", "your login may not see this"}
	case errors.Is(err, context.DeadlineExceeded):
		f = fault{http.StatusGatewayTimeout, "slow", fmt.Sprintf("no answer within %s; choose a shorter time range", answerWithin)}
	default:
		p.o.Log.Warn().Err(err).Str("path", r.URL.Path).Str("viewer", v.Name).Msg("a panel could not be answered")
		f = fault{http.StatusBadGateway, "database", err.Error()}
		if v.Restricted() {
			f.text = "the database could not answer this"
		}
	}
	p.write(w, r, f.status, struct {
		Code  string `json:"code"`
		Error string `json:"error"`
	}{f.code, f.text})
}

// write answers in JSON.
func (p *Page) write(w http.ResponseWriter, r *http.Request, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		p.o.Log.Error().Err(err).Str("path", r.URL.Path).Msg("an answer cannot be written")
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding, Cookie")
	if len(text) > 4<<10 && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		text = pack(text)
	}
	w.WriteHeader(status)
	_, _ = w.Write(text) // who has gone reads no error
}
