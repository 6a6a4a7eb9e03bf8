package page

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sellthrough/dashboards/macro"
	"sellthrough/dashboards/page/board"
)

// Bounds of a variable.
const (
	mostOptions = 20_000 // that are shown; the rest is there by All
	longestText = 200    // characters of a typed value
)

// option is one value that a variable may have.
type option struct {
	Value string `json:"value"`
	Text  string `json:"text"`
}

// chosen is a variable with its options and what is chosen of them.
type chosen struct {
	Name    string   `json:"name"`
	Options []option `json:"options"`
	Chosen  []string `json:"chosen"`
}

// choice is what a panel's SQL is expanded with.
type choice struct {
	vars map[string][]string
	all  map[string]bool
	list []chosen
}

// choose finds what is chosen of each variable of a board. Strict refuses a value that is none of the variable's options;
// otherwise such a value is dropped, because a bookmark may be older than the data.
func (p *Page) choose(ctx context.Context, q asked, strict bool) (choice, error) {
	c := choice{vars: map[string][]string{}, all: map[string]bool{}, list: []chosen{}}
	for name := range q.vars {
		if strict && !slices.ContainsFunc(q.board.Variables, func(v board.Variable) bool { return v.Name == name }) {
			return c, fault{http.StatusBadRequest, "variable", fmt.Sprintf("board %s has no variable %.40q", q.board.UID, name)}
		}
	}
	for _, v := range q.board.Variables {
		options, err := p.options(ctx, v, q, c)
		if err != nil {
			return c, err
		}
		values, err := pick(v, options, q.vars[v.Name], strict)
		if err != nil {
			return c, err
		}
		c.list = append(c.list, chosen{v.Name, options[:min(len(options), mostOptions)], values})
		c.vars[v.Name] = values
		if len(values) == 1 && values[0] == board.All && v.IncludeAll {
			c.all[v.Name] = true
			c.vars[v.Name] = make([]string, len(options))
			for i, o := range options {
				c.vars[v.Name][i] = o.Value
			}
		}
	}
	return c, nil
}

// options are the values that a variable may have; none for one that is typed.
func (p *Page) options(ctx context.Context, v board.Variable, q asked, before choice) ([]option, error) {
	switch v.Type {
	case "query":
		sql, err := macro.Expand(v.Query, before.vars, before.all, q.span.From, q.span.To, time.Minute)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", v.Name, err)
		}
		t, err := p.asker.Recall(ctx, sql)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", v.Name, err)
		}
		out := make([]option, 0, len(t.Rows))
		for _, row := range t.Rows {
			o := option{Value: plain(row[0])}
			o.Text = o.Value
			if len(row) > 1 {
				o.Text = plain(row[1]) // the first column is the value, as in Grafana's data source
			}
			out = append(out, o)
		}
		return out, nil
	case "custom", "interval":
		var out []option
		for _, item := range split(v.Query) {
			o := option{Value: item, Text: item}
			if text, value, ok := strings.Cut(item, " : "); ok {
				o = option{Value: strings.TrimSpace(value), Text: strings.TrimSpace(text)}
			}
			out = append(out, o)
		}
		return out, nil
	case "textbox":
		return []option{}, nil
	default: // a constant, a data source: nothing to choose
		return []option{{v.Query, v.Query}}, nil
	}
}

// split reads a list with commas; \, is a comma within an item.
func split(list string) []string {
	var out []string
	for item := range strings.SplitSeq(strings.ReplaceAll(list, `\,`, "\x00"), ",") {
		if item = strings.TrimSpace(strings.ReplaceAll(item, "\x00", ",")); item != "" {
			out = append(out, item)
		}
	}
	return out
}

func pick(v board.Variable, options []option, given []string, strict bool) ([]string, error) {
	refuse := func(format string, a ...any) ([]string, error) {
		return nil, fault{http.StatusBadRequest, "variable", "variable " + v.Name + ": " + fmt.Sprintf(format, a...)}
	}
	if v.Type == "textbox" {
		return typed(v, given, strict, refuse)
	}
	known := make(map[string]bool, len(options)+1)
	for _, o := range options {
		known[o.Value] = true
	}
	if v.IncludeAll {
		known[board.All] = true
	}
	var out []string
	for _, value := range given {
		switch {
		case known[value] && !slices.Contains(out, value):
			out = append(out, value)
		case known[value]:
		case strict:
			return refuse("%.60q is none of its options", value)
		}
	}
	if !v.Multi && len(out) > 1 || v.IncludeAll && len(out) > 1 && slices.Contains(out, board.All) {
		if strict {
			return refuse("it takes one value, not %d", len(out))
		}
		out = out[:1]
	}
	if len(out) > 0 {
		return out, nil
	}
	for _, value := range v.Default {
		if known[value] {
			out = append(out, value)
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case v.IncludeAll:
		return []string{board.All}, nil
	case len(options) > 0:
		return []string{options[0].Value}, nil
	}
	return []string{}, nil
}

// typed is the value of a text that a person typed. Whatever it holds, dashboards/macro keeps it a value.
func typed(v board.Variable, given []string, strict bool, refuse func(string, ...any) ([]string, error)) ([]string, error) {
	switch {
	case len(given) == 0:
		return []string{v.Query}, nil
	case len(given) == 1 && utf8.ValidString(given[0]) && utf8.RuneCountInString(given[0]) <= longestText && !strings.ContainsFunc(given[0], unicode.IsControl):
		return given, nil
	case strict:
		return refuse("one text of at most %d characters is wanted", longestText)
	}
	return []string{v.Query}, nil
}

// variables answers the options of a board's variables, as the viewer sees them.
func (p *Page) variables(w http.ResponseWriter, r *http.Request) {
	q, err := p.read(w, r)
	var c choice
	if err == nil {
		c, err = p.choose(r.Context(), q, false)
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.write(w, r, http.StatusOK, struct {
		Variables []chosen `json:"variables"`
		From      int64    `json:"from"`
		To        int64    `json:"to"`
	}{c.list, q.span.From.UnixMilli(), q.span.To.UnixMilli()})
}
