// Package board reads Grafana's board files: what the server needs of them to ask their questions, and what a browser
// gets of them, which is everything but the questions.
package board

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Board is one board in one language.
type Board struct {
	UID       string
	Title     string
	Tags      []string
	Links     []string      // the uids of boards that this one links to
	Zone      string        // of its days and times: utc, a name of the IANA list, or browser for the page's
	Variables []Variable    // in their order: one may ask with those before it
	Panels    map[int]Panel // those that ask something, also within collapsed rows
	View      json.RawMessage
}

// Variable is a board's variable.
type Variable struct {
	Name       string
	Type       string // query, custom, interval, textbox, constant
	Query      string // SQL of a query; the list of a custom one or an interval; the text of the others
	Multi      bool
	IncludeAll bool
	Default    []string // as the board keeps it; All where everything is chosen
}

// All is the value that stands for every value.
const All = "$__all"

// Panel is what is asked for a panel.
type Panel struct {
	ID            int
	Type          string
	Title         string
	Targets       []Target
	Interval      string
	MaxDataPoints int
}

// Target is one question.
type Target struct {
	Ref     string
	SQL     string // of a ClickHouse target
	Expr    string // of a Prometheus target
	Legend  string
	Instant bool
	Table   bool
}

// file is a board as it lies in its file.
type file struct {
	UID      string   `json:"uid"`
	Timezone string   `json:"timezone"`
	Title    string   `json:"title"`
	Tags     []string `json:"tags"`
	Links    []struct {
		URL string `json:"url"`
	} `json:"links"`
	Templating struct {
		List []variable `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

type variable struct {
	Name       string          `json:"name"`
	Type       string          `json:"type"`
	Query      json.RawMessage `json:"query"`
	Definition string          `json:"definition"`
	Multi      bool            `json:"multi"`
	IncludeAll bool            `json:"includeAll"`
	Current    struct {
		Value json.RawMessage `json:"value"`
	} `json:"current"`
}

type panel struct {
	ID            int      `json:"id"`
	Type          string   `json:"type"`
	Title         string   `json:"title"`
	Datasource    source   `json:"datasource"`
	Targets       []target `json:"targets"`
	Interval      string   `json:"interval"`
	MaxDataPoints int      `json:"maxDataPoints"`
	Panels        []panel  `json:"panels"`
}

type target struct {
	Ref        string `json:"refId"`
	Hide       bool   `json:"hide"`
	Datasource source `json:"datasource"`
	RawSQL     string `json:"rawSql"`
	Expr       string `json:"expr"`
	Legend     string `json:"legendFormat"`
	Instant    bool   `json:"instant"`
	Format     any    `json:"format"` // a name for Prometheus, a number for ClickHouse
}

type source struct {
	Type string `json:"type"`
}

// Read reads the boards of a folder, in the order of their file names.
func Read(fsys fs.FS, dir string) ([]Board, error) {
	names, err := fs.Glob(fsys, path.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var boards []Board
	var errs []error
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		var b Board
		if err == nil {
			b, err = Parse(text)
		}
		if err == nil && slices.ContainsFunc(boards, func(o Board) bool { return o.UID == b.UID }) {
			err = fmt.Errorf("another board has the uid %q too", b.UID)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("board %s: %w", name, err))
		}
		boards = append(boards, b)
	}
	return boards, errors.Join(errs...)
}

// Parse reads one board.
func Parse(text []byte) (Board, error) {
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		return Board{}, err
	}
	b := Board{UID: f.UID, Title: f.Title, Tags: f.Tags, Zone: f.Timezone, Panels: map[int]Panel{}}
	if b.UID == "" || strings.ContainsAny(b.UID, "/?#% ") {
		return b, fmt.Errorf("the uid %q cannot stand in an address", b.UID)
	}
	if z := strings.ToLower(b.Zone); z != "" && z != "browser" && z != "utc" {
		if _, err := time.LoadLocation(b.Zone); err != nil {
			return b, fmt.Errorf("timezone: %w; use utc, browser, or a name such as Asia/Shanghai", err)
		}
	}
	for _, l := range f.Links {
		if uid, ok := strings.CutPrefix(l.URL, "/d/"); ok {
			b.Links = append(b.Links, uid)
		}
	}
	for _, v := range f.Templating.List {
		x, err := v.read()
		if err != nil {
			return b, fmt.Errorf("variable %q: %w", v.Name, err)
		}
		b.Variables = append(b.Variables, x)
	}
	if err := b.add(f.Panels, map[int]bool{}); err != nil {
		return b, err
	}
	var err error
	b.View, err = view(text)
	return b, err
}

func (b *Board) add(panels []panel, seen map[int]bool) error {
	for _, p := range panels {
		if seen[p.ID] {
			return fmt.Errorf("two panels have the id %d", p.ID)
		}
		seen[p.ID] = true
		out := Panel{ID: p.ID, Type: p.Type, Title: p.Title, Interval: p.Interval, MaxDataPoints: p.MaxDataPoints}
		for _, t := range p.Targets {
			if t.Hide {
				continue
			}
			kind := t.Datasource.Type
			if kind == "" {
				kind = p.Datasource.Type
			}
			q := Target{Ref: t.Ref, SQL: t.RawSQL, Legend: t.Legend, Instant: t.Instant, Table: t.Format == "table"}
			if kind == "prometheus" {
				q.SQL, q.Expr = "", t.Expr
			}
			if q.SQL == "" && q.Expr == "" {
				return fmt.Errorf("panel %d: target %q asks nothing", p.ID, t.Ref)
			}
			out.Targets = append(out.Targets, q)
		}
		if len(out.Targets) > 0 {
			b.Panels[p.ID] = out
		}
		if err := b.add(p.Panels, seen); err != nil {
			return err
		}
	}
	return nil
}

func (v variable) read() (Variable, error) {
	out := Variable{Name: v.Name, Type: v.Type, Multi: v.Multi, IncludeAll: v.IncludeAll, Query: v.Definition}
	switch v.Type {
	case "query", "custom", "interval", "textbox", "constant", "datasource":
	default:
		return out, fmt.Errorf("the type %q is not known; use query, custom, interval, textbox or constant", v.Type)
	}
	// A query is text, or an object that holds it.
	var text string
	var object struct {
		RawSQL string `json:"rawSql"`
		Query  string `json:"query"`
	}
	if json.Unmarshal(v.Query, &text) == nil {
		out.Query = text
	} else if json.Unmarshal(v.Query, &object) == nil && object.RawSQL+object.Query != "" {
		out.Query = object.RawSQL
		if out.Query == "" {
			out.Query = object.Query
		}
	}
	var one string
	if json.Unmarshal(v.Current.Value, &one) == nil && one != "" {
		out.Default = []string{one}
	} else if len(v.Current.Value) > 0 && json.Unmarshal(v.Current.Value, &out.Default) != nil && v.Current.Value[0] == '[' {
		return out, errors.New("its current value is neither text nor a list of texts")
	}
	return out, nil
}

// view is a board without its questions. What is asked stays on the server, so nothing of it can come back changed.
func view(text []byte) (json.RawMessage, error) {
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, err
	}
	var strip func(panels any)
	strip = func(panels any) {
		list, _ := panels.([]any)
		for _, p := range list {
			p, ok := p.(map[string]any)
			if !ok {
				continue
			}
			if targets, ok := p["targets"].([]any); ok {
				p["asks"] = len(targets)
			}
			delete(p, "targets")
			strip(p["panels"])
		}
	}
	strip(whole["panels"])
	if t, ok := whole["templating"].(map[string]any); ok {
		list, _ := t["list"].([]any)
		for _, v := range list {
			if v, ok := v.(map[string]any); ok {
				delete(v, "query")
				delete(v, "definition")
			}
		}
	}
	delete(whole, "annotations")
	return json.Marshal(whole)
}
