// Package trial is the room where a partner's file is tried before there is a feed for it: it says how the file can be read
// and why, asks what it leaves open, reads it by the answers, and gives the feed to configure. It is what `sellthrough try`
// says, on the page.
//
// It promises: nothing of the file is kept once the answer is given; it is read under limits of size and time; and nothing is
// chosen between two readings. An answer that is given makes the browser send the file again. What a file is read as is
// ingest/onboard's to say.
package trial

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/onboard"
	"sellthrough/ingest/try"
	"sellthrough/internal/access"
	"sellthrough/internal/config"
	"sellthrough/portal/answer"
)

// Options of the room.
type Options struct {
	Config *config.Config
	Reader answer.Reader                                                // of files that were turned away; nil: none
	Body   func(ctx context.Context, sum string) (io.ReadCloser, error) // of the archive; nil: it is not at hand
	Log    zerolog.Logger
}

// The limits. What is proposed from is the beginning of a text; a workbook has to be whole.
const (
	largest = 64 << 20
	sample  = 8 << 20
	within  = 30 * time.Second
	atOnce  = 2
	lines   = 20
)

type room struct {
	Options
	slots chan struct{}
}

// Roles are those who may try files.
func Roles() []access.Role { return []access.Role{access.RoleManager, access.RoleAdmin} }

// New gives the handlers of the room, by their patterns.
func New(o Options) map[string]http.Handler {
	room := &room{o, make(chan struct{}, atOnce)}
	guard := access.Need(Roles()...)
	return map[string]http.Handler{
		"GET /api/try":  guard(answer.Over(o.Log, room.about)),
		"POST /api/try": guard(answer.Over(o.Log, room.try)),
	}
}

// about says what can be tried.
func (t *room) about(w http.ResponseWriter, r *http.Request) error {
	v := access.From(r.Context())
	type partner struct {
		ID       sellthrough.PartnerID `json:"id"`
		Name     string                `json:"name"`
		Zone     string                `json:"zone"`
		Currency string                `json:"currency"`
	}
	out := struct {
		Limit    int64     `json:"limit"`
		Partners []partner `json:"partners"`
	}{largest, []partner{}}
	for _, p := range t.Config.Partners {
		if answer.Sees(v, p.ID) {
			out.Partners = append(out.Partners, partner{p.ID, p.Name, p.TimeZone, p.Currency})
		}
	}
	answer.JSON(w, http.StatusOK, out)
	return nil
}

// Request is what the page says beside the file.
type Request struct {
	Answers  onboard.Answers `json:"answers"`
	Feed     string          `json:"feed"`
	Partner  string          `json:"partner"`
	Zone     string          `json:"zone"`
	Currency string          `json:"currency"`
	Size     int64           `json:"size"`   // of the whole file, of which the beginning may be sent
	Turned   string          `json:"turned"` // a file that was turned away, instead of one that is sent
}

// try looks at a file.
func (t *room) try(w http.ResponseWriter, r *http.Request) error {
	select {
	case t.slots <- struct{}{}:
	case <-time.After(5 * time.Second):
		return &answer.Fault{Status: http.StatusTooManyRequests, Code: "busy", Text: "other files are being looked at; try again in a moment"}
	case <-r.Context().Done():
		return r.Context().Err()
	}
	ctx, cancel := context.WithTimeout(r.Context(), within)
	defer cancel()
	q, file, body, err := t.read(ctx, w, r)
	if err != nil {
		<-t.slots
		return err
	}
	// What looks at the file does not hear of the time: it keeps its place until it is done, and its answer is dropped.
	done := make(chan Found, 1)
	go func() {
		defer func() { <-t.slots }()
		done <- look(ctx, q, file, body)
	}()
	select {
	case found := <-done:
		answer.JSON(w, http.StatusOK, found)
		return nil
	case <-ctx.Done():
		return &answer.Fault{Status: http.StatusGatewayTimeout, Code: "slow", Text: fmt.Sprintf("looking at the file took longer than %s; try a part of it, or `sellthrough try` on a machine of your own", within)}
	}
}

// read takes the file and what is said with it.
func (t *room) read(ctx context.Context, w http.ResponseWriter, r *http.Request) (q Request, file string, body []byte, err error) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		if err := answer.Read(w, r, 1<<20, &q); err != nil {
			return q, "", nil, err
		}
		file, body, err = t.turned(ctx, access.From(ctx), q.Turned)
		q.Size = max(q.Size, int64(len(body)))
		return q, file, body, err
	}
	if kind != "multipart/form-data" || params["boundary"] == "" {
		return q, "", nil, answer.Bad("send the file as a form")
	}
	r.Body = http.MaxBytesReader(w, r.Body, largest+1<<20)
	form, err := r.MultipartReader()
	if err != nil {
		return q, "", nil, answer.Bad("the form can't be read: %v", err)
	}
	for {
		p, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return q, "", nil, answer.Bad("the form has no file")
		}
		if err != nil {
			return q, "", nil, err
		}
		switch p.FormName() {
		case "request":
			d := json.NewDecoder(io.LimitReader(p, 1<<20))
			d.DisallowUnknownFields()
			if err := d.Decode(&q); err != nil {
				return q, "", nil, answer.Bad("the request can't be read: %v", err)
			}
		case "file":
			if body, err = io.ReadAll(io.LimitReader(p, largest+1)); err != nil {
				return q, "", nil, err
			}
			if len(body) > largest {
				return q, "", nil, &http.MaxBytesError{Limit: largest}
			}
			return q, p.FileName(), body, nil
		default:
			return q, "", nil, answer.Bad("the form has a field %.40q, which is not known here", p.FormName())
		}
	}
}

// turned brings a file that was turned away from the archive, where the viewer may see it.
func (t *room) turned(ctx context.Context, v access.Viewer, id string) (file string, body []byte, err error) {
	if t.Reader == nil || t.Body == nil || id == "" {
		return "", nil, answer.Missing("there is no such file; the archive may not be at hand in this process")
	}
	got, err := t.Reader.Read(ctx, v, "SELECT t.file, t.body, t.feed FROM v_turned_away AS t WHERE t.id = "+answer.Quote(id))
	if err != nil {
		return "", nil, err
	}
	if len(got.Rows) == 0 || fmt.Sprint(got.Rows[0][1]) == "" {
		return "", nil, answer.Missing("there is no such file any more")
	}
	if f, ok := t.Config.Feed(sellthrough.FeedID(fmt.Sprint(got.Rows[0][2]))); !ok || f.Sealed() {
		return "", nil, &answer.Fault{Status: http.StatusForbidden, Code: "customers", Text: "files of this feed may name end customers, and only their partner sees them; ask it for a file without, and try that"}
	}
	src, err := t.Body(ctx, fmt.Sprint(got.Rows[0][1]))
	if err != nil {
		return "", nil, &answer.Fault{Status: http.StatusNotFound, Code: "missing", Text: "the file is not in the archive any more, or the archive is not at hand in this process"}
	}
	defer src.Close()
	if body, err = io.ReadAll(io.LimitReader(src, largest)); err != nil {
		return "", nil, err
	}
	if file = fmt.Sprint(got.Rows[0][0]); file == "" {
		file = fmt.Sprint(got.Rows[0][2])
	}
	return file, body, nil
}

// look looks at a file.
func look(ctx context.Context, q Request, file string, body []byte) Found {
	file = path.Base(strings.ReplaceAll(file, `\`, "/"))
	whole := q.Size <= int64(len(body))
	out := Found{File: file, Size: max(q.Size, int64(len(body))), Read: int64(len(body)), Whole: whole, Answers: q.Answers, Questions: []Question{}, Columns: []Column{}, Mapped: []Source{}}
	switch {
	case strings.HasPrefix(file, "~$"):
		out.Problem = file + " is the lock of a workbook that is open; close it and try the workbook itself"
		return out
	case len(body) == 0:
		out.Problem = "the file is empty"
		return out
	case !whole && isWorkbook(body):
		out.Problem = fmt.Sprintf("a workbook has to be whole, and this one is larger than %d MiB; try a smaller one, or `sellthrough try` on a machine of your own", largest>>20)
		return out
	}
	head := body
	if len(head) > sample && !isWorkbook(body) {
		head = head[:sample]
	}
	p := onboard.Propose(onboard.Sample{File: file, Bytes: head, Whole: whole && len(head) == len(body), Today: sellthrough.DayOf(time.Now())}, q.Answers)
	out.describe(p)
	if !p.Ready() || ctx.Err() != nil {
		return out
	}
	yaml, c, err := try.Feed(p, try.Setting{Feed: q.Feed, Partner: or(q.Partner, "partner"), Zone: or(q.Zone, "UTC"), Currency: or(q.Currency, "EUR")})
	if err != nil {
		out.Problem = err.Error()
		return out
	}
	out.YAML, out.Feed = yaml, string(c.Feeds[0].ID)
	if !whole { // its last line is cut
		body = body[:bytes.LastIndexByte(body, '\n')+1]
	}
	v, err := ingest.Read(&c.Feeds[0], c.Limits, &patient{ctx, bytes.NewReader(body)}, lines)
	if err != nil {
		out.Problem = "as proposed the file can't be read: " + err.Error()
		return out
	}
	out.preview(&c.Feeds[0], v)
	return out
}

func or(s, other string) string {
	if s = strings.TrimSpace(s); s == "" {
		return other
	}
	return s
}

func isWorkbook(b []byte) bool {
	return slices.ContainsFunc([]string{"PK\x03\x04", "\xD0\xCF\x11\xE0"}, func(m string) bool { return bytes.HasPrefix(b, []byte(m)) })
}

// patient reads until its context ends.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}
