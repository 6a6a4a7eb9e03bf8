package page

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"sellthrough/dashboards/macro"
	"sellthrough/dashboards/page/board"
	"sellthrough/dashboards/page/period"
	"sellthrough/internal/access"
	"sellthrough/sinks/clickhouse"
)

// Bounds of an answer.
const (
	mostRows   = 10_000  // that a panel shows
	mostCSV    = 500_000 // that a file has
	mostPoints = 400     // of a chart, where the panel does not say
)

// answer is what a panel shows.
type answer struct {
	Frames []frame  `json:"frames"`        // one for each question of the panel
	Age    *float64 `json:"age,omitempty"` // seconds since the newest report that counts
	From   int64    `json:"from"`          // milliseconds
	To     int64    `json:"to"`
}

// frame is a table on its way to the browser.
type frame struct {
	Ref     string          `json:"ref"`
	Columns []string        `json:"columns"`
	Types   []string        `json:"types"`
	Rows    json.RawMessage `json:"rows"`
	Cut     int             `json:"cut,omitempty"` // rows that are not here
}

// result is the answer to one question.
type result struct {
	ref string
	clickhouse.Table
}

func (p *Page) panel(w http.ResponseWriter, r *http.Request) {
	q, results, err := p.ask(w, r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	a := answer{Frames: []frame{}, From: q.span.From.UnixMilli(), To: q.span.To.UnixMilli(), Age: p.age(r.Context())}
	for _, t := range results {
		a.Frames = append(a.Frames, t.frame())
	}
	p.write(w, r, http.StatusOK, a)
}

func (t result) frame() frame {
	n := min(len(t.Rows), mostRows)
	b := []byte{'['}
	for i, row := range t.Rows[:n] {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		for j, cell := range row {
			if j > 0 {
				b = append(b, ',')
			}
			b = appendCell(b, t.Types[j], cell)
		}
		b = append(b, ']')
	}
	return frame{t.ref, t.Columns, t.Types, append(b, ']'), len(t.Rows) - n}
}

// ask answers the questions of the panel that a request names.
func (p *Page) ask(w http.ResponseWriter, r *http.Request) (asked, []result, error) {
	ctx := r.Context()
	if access.From(ctx).Nobody() {
		return asked{}, nil, clickhouse.ErrNobody
	}
	q, err := p.read(w, r)
	if err != nil {
		return q, nil, err
	}
	panel, err := q.target(r)
	if err != nil {
		return q, nil, err
	}
	c, err := p.choose(ctx, q, true)
	if err != nil {
		return q, nil, err
	}
	points := panel.MaxDataPoints
	if points <= 0 || points > 2000 {
		points = mostPoints
	}
	every := q.span.Interval(points, least(panel, c))
	var out []result
	for _, t := range panel.Targets {
		var table clickhouse.Table
		if t.Expr != "" {
			table, err = p.metrics(ctx, t, q, every)
		} else {
			table, err = p.sql(ctx, t, q, c, every)
		}
		if err != nil {
			return q, nil, err
		}
		out = append(out, result{t.Ref, table})
	}
	return q, out, nil
}

func (p *Page) sql(ctx context.Context, t board.Target, q asked, c choice, every time.Duration) (clickhouse.Table, error) {
	sql, err := macro.Expand(t.SQL, c.vars, c.all, q.span.From, q.span.To, every)
	if err != nil {
		return clickhouse.Table{}, bad("%v", err)
	}
	return p.asker.Ask(ctx, sql)
}

// metrics answers from this process's metrics, which are about no partner, so only those see them who see everything.
func (p *Page) metrics(ctx context.Context, t board.Target, q asked, every time.Duration) (clickhouse.Table, error) {
	var out clickhouse.Table
	switch {
	case access.From(ctx).Restricted():
		return out, fault{http.StatusForbidden, "granted", "your login may not see this"}
	case p.engine == nil:
		return out, fault{http.StatusNotFound, "metrics", "this process keeps no metrics; ask Prometheus"}
	}
	series, err := p.engine.Ask(ctx, t.Expr, t.Legend, q.span, every, t.Instant)
	if err != nil {
		return out, err
	}
	if t.Table {
		var names []string
		for _, s := range series {
			for name := range s.Labels {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
		slices.Sort(names)
		out.Columns, out.Types = append([]string{"Time"}, names...), append([]string{"DateTime64(3)"}, slices.Repeat([]string{"String"}, len(names))...)
		out.Columns, out.Types = append(out.Columns, "Value"), append(out.Types, "Float64")
		for _, s := range series {
			for _, point := range s.Points {
				row := []any{point.At}
				for _, name := range names {
					row = append(row, s.Labels[name])
				}
				out.Rows = append(out.Rows, append(row, point.Value))
			}
		}
		return out, nil
	}
	out.Columns, out.Types = []string{"time", "series", "value"}, []string{"DateTime64(3)", "String", "Float64"}
	for _, s := range series {
		for _, point := range s.Points {
			if point.Finite() {
				out.Rows = append(out.Rows, []any{point.At, s.Name, point.Value})
			}
		}
	}
	return out, nil
}

// age is how old the newest report that counts is; nil where nobody knows.
func (p *Page) age(ctx context.Context) *float64 {
	if p.o.Age == "" {
		return nil
	}
	t, err := p.asker.Recall(ctx, p.o.Age)
	if err != nil {
		p.o.Log.Warn().Err(err).Msg("the age of the data is not known")
		return nil
	}
	if len(t.Rows) == 0 || len(t.Rows[0]) == 0 {
		return nil
	}
	at, ok := t.Rows[0][0].(time.Time)
	if !ok || at.Unix() <= 0 {
		return nil
	}
	age := math.Round(max(time.Since(at).Seconds(), 0))
	return &age
}

// list answers which boards there are, and what the page needs to begin.
func (p *Page) list(w http.ResponseWriter, r *http.Request) {
	v := access.From(r.Context())
	if v.Nobody() {
		p.fail(w, r, clickhouse.ErrNobody)
		return
	}
	type entry struct {
		UID   string   `json:"uid"`
		Title string   `json:"title"`
		Tags  []string `json:"tags"`
	}
	type room struct {
		Path   string `json:"path"`
		Title  string `json:"title"`
		Script string `json:"script"`
		Style  string `json:"style"`
	}
	lang := language(r.URL.Query().Get("lang"))
	rooms, home := []room{}, ""
	for _, x := range p.o.Rooms {
		if !v.May(x.Roles...) {
			continue
		}
		rooms = append(rooms, room{x.Path, x.Title(lang), "/static/" + x.Script, "/static/" + x.Style})
		if home == "" && slices.Contains(x.Front, v.Role) {
			home = x.Path
		}
	}
	boards := []entry{}
	for _, b := range p.boards[lang] {
		boards = append(boards, entry{b.UID, b.Title, b.Tags})
	}
	p.write(w, r, http.StatusOK, struct {
		Title   string  `json:"title"`
		Version string  `json:"version"`
		Zone    string  `json:"zone"`
		Lang    string  `json:"lang"`
		Front   string  `json:"front"`
		Charts  bool    `json:"charts"` // the chart library is there
		Status  bool    `json:"status"` // the viewer may see how the system is
		Viewer  string  `json:"viewer"`
		Role    string  `json:"role"`
		Boards  []entry `json:"boards"`
		Rooms   []room  `json:"rooms"`
		Home    string  `json:"home"` // the room that / opens; empty: the front board
	}{
		p.o.Title, p.o.Version, p.o.Zone.String(), lang, Front, hasCharts(), p.o.Status != nil && !v.Restricted(), v.Name, string(v.Role), boards, rooms, home,
	})
}

// board answers one board without its SQL.
func (p *Page) board(w http.ResponseWriter, r *http.Request) {
	if access.From(r.Context()).Nobody() {
		p.fail(w, r, clickhouse.ErrNobody)
		return
	}
	b, ok := p.find(r.URL.Query().Get("lang"), r.PathValue("uid"))
	if !ok {
		p.fail(w, r, fault{http.StatusNotFound, "board", fmt.Sprintf("there is no board %.40q", r.PathValue("uid"))})
		return
	}
	p.write(w, r, http.StatusOK, b.View)
}

// least is the least distance of two points that a panel asks for, by text or by a variable of the board.
func least(p board.Panel, c choice) time.Duration {
	text := p.Interval
	if len(text) > 1 && text[0] == '$' {
		if values := c.vars[text[1:]]; len(values) == 1 {
			text = values[0]
		}
	}
	return period.Duration(text)
}
