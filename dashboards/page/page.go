// Package page is the built-in page: it shows Grafana's board files in a browser without Grafana.
//
// It promises: SQL never comes from the browser. A request names a board, a panel, a time range and values of the board's
// own variables; the board's text is expanded with them by dashboards/macro, which keeps a value a value, and is asked as
// the viewer, within what the database lets that viewer see. Nothing is loaded from another host, and no script or style
// runs but the page's own files. It leaves who the viewer is to access.Guard and what a viewer may see to the reader.
package page

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough/dashboards/page/board"
	"sellthrough/dashboards/page/live"
	"sellthrough/internal/access"
	"sellthrough/sinks/clickhouse"
)

// Reader answers SQL as the viewer may see it.
type Reader interface {
	Read(ctx context.Context, v access.Viewer, sql string) (clickhouse.Table, error)
}

// Options of a page.
type Options struct {
	Reader   Reader
	Boards   fs.FS               // en/*.json and zh/*.json
	Status   http.Handler        // of the system at /status, for those who may see everything; nil: there is none
	Age      string              // SQL of one instant: the newest report that counts; empty: no age is shown
	Gatherer prometheus.Gatherer // answers the panels that ask Prometheus; nil: they say that there is none
	Zone     *time.Location      // of the days and times of boards that name none; nil: UTC
	Rooms    []Room              // beside the boards
	Files    map[string]fs.FS    // of the rooms, by their folder below /static/
	Title    string              // of the system, in the page's head
	Version  string
	Log      zerolog.Logger
}

// Room is a place beside the boards where people work: a module of its own in the page's frame.
type Room struct {
	Path   string // such as /try; what lies below it is the room's own
	EN, ZH string // its title
	Script string // the module, below /static/
	Style  string // its style sheet, below /static/
	Roles  []access.Role
	Front  []access.Role // whose first page it is, instead of the front board
}

// Title is the room's in a language.
func (r Room) Title(lang string) string {
	if lang == "zh" {
		return r.ZH
	}
	return r.EN
}

// Langs are the languages of boards and page.
var Langs = []string{"en", "zh"}

// Page is the handler of the page.
type Page struct {
	o      Options
	boards map[string][]board.Board // by language
	ring   *live.Ring
	engine *live.Engine
	asker  *asker
	mux    http.Handler
}

// New makes a page. Boards that cannot be read are errors.
func New(o Options) (*Page, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	p := &Page{o: o, boards: map[string][]board.Board{}, asker: newAsker(o.Reader)}
	var errs []error
	for _, lang := range Langs {
		boards, err := board.Read(o.Boards, lang)
		if err == nil && len(boards) == 0 {
			err = fmt.Errorf("there are no boards in %s/*.json", lang)
		}
		errs = append(errs, err)
		arrange(boards)
		p.boards[lang] = boards
	}
	if o.Gatherer != nil {
		p.ring = live.NewRing(o.Gatherer)
		p.engine = live.NewEngine(p.ring)
	}
	files, err := newFiles(o.Files)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	m := http.NewServeMux()
	m.Handle("GET /{$}", files.index())
	m.Handle("GET /d/{uid}", files.index())
	m.Handle("GET /d/{uid}/{slug}", files.index())
	for _, r := range o.Rooms {
		m.Handle("GET "+r.Path, files.index())
		m.Handle("GET "+r.Path+"/{rest...}", files.index())
	}
	m.Handle("GET /static/", files)
	if o.Status != nil {
		m.HandleFunc("GET /status", p.status)
	}
	m.HandleFunc("GET /api/boards", p.list)
	m.HandleFunc("GET /api/boards/{uid}", p.board)
	m.HandleFunc("POST /api/boards/{uid}/variables", p.variables)
	m.HandleFunc("POST /api/boards/{uid}/panels/{id}", p.panel)
	m.HandleFunc("POST /api/boards/{uid}/panels/{id}/csv", p.csv)
	p.mux = http.NewCrossOriginProtection().Handler(m)
	return p, nil
}

// status shows how the system is, which is about every partner.
func (p *Page) status(w http.ResponseWriter, r *http.Request) {
	if v := access.From(r.Context()); v.Nobody() || v.Restricted() {
		http.Error(w, "your login may not see this", http.StatusForbidden)
		return
	}
	p.o.Status.ServeHTTP(w, r)
}

// arrange puts the front board first, then those that it links to in that order: how people go from one to the next.
func arrange(boards []board.Board) {
	order := []string{Front}
	if i := slices.IndexFunc(boards, func(b board.Board) bool { return b.UID == Front }); i >= 0 {
		order = append(order, boards[i].Links...)
	}
	place := func(b board.Board) int {
		if i := slices.Index(order, b.UID); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(boards, func(a, b board.Board) int { return place(a) - place(b) })
}

// Front is the board that / opens.
const Front = "channel"

// policy lets a page load its own files and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// ServeHTTP serves the page and what it asks.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	p.mux.ServeHTTP(w, r)
}

// Run samples this process's metrics until ctx ends.
func (p *Page) Run(ctx context.Context) error {
	if p.ring == nil {
		<-ctx.Done()
		return nil
	}
	return p.ring.Run(ctx)
}

func (p *Page) find(lang, uid string) (board.Board, bool) {
	boards := p.boards[language(lang)]
	i := slices.IndexFunc(boards, func(b board.Board) bool { return b.UID == uid })
	if i < 0 {
		return board.Board{}, false
	}
	return boards[i], true
}

// language is a language that there is; whoever asks for another gets English.
func language(lang string) string {
	if slices.Contains(Langs, lang) {
		return lang
	}
	return Langs[0]
}

// Sample keeps what the metrics say now, between the turns of Run.
func (p *Page) Sample(now time.Time) error {
	if p.ring == nil {
		return nil
	}
	return p.ring.Sample(now)
}
