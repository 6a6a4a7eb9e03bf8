package dashboards_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"sellthrough/dashboards"
	"sellthrough/dashboards/macro"
	"sellthrough/numbers/channeltest"
	"sellthrough/sinks/clickhouse"
)

// board is what the tests read of a file.
type board struct {
	UID, Title string
	Templating struct{ List []variable }
	Panels     []panel
}

// variable of a board; one of the type custom has its values in itself and asks nothing.
type variable struct {
	Name, Type, Query string
	Current           struct{ Value any }
}

type panel struct {
	ID          int
	Type, Title string
	Description string
	GridPos     struct{ X, Y, W, H int }
	FieldConfig struct {
		Defaults struct {
			Unit    string
			NoValue string
			Links   []struct{ URL string }
		}
		Overrides []struct {
			Matcher    struct{ ID, Options string }
			Properties []struct {
				ID    string
				Value any
			}
		}
	}
	Targets []target
}

type target struct {
	RawSQL, Expr string
	Datasource   struct{ Type, UID string }
}

func read(t testing.TB, lang string) map[string]board {
	t.Helper()
	list, err := dashboards.Boards(lang)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]board{}
	for _, b := range list {
		var x board
		if err := json.Unmarshal(b.JSON, &x); err != nil {
			t.Fatalf("%s: %v", b.UID, err)
		}
		out[b.UID] = x
	}
	return out
}

// The fortnight that the boards are asked about.
var (
	from = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	to   = time.Date(2026, 3, 15, 23, 59, 59, 0, time.UTC)
)

// chosen is what is selected: values by variable; a variable that is not here is All.
type chosen map[string][]string

func (b *board) expand(t testing.TB, sql string, c chosen) string {
	t.Helper()
	return b.between(t, sql, c, from, to)
}

func (b *board) between(t testing.TB, sql string, c chosen, from, to time.Time) string {
	t.Helper()
	vars, all := map[string][]string{}, map[string]bool{}
	for _, v := range b.Templating.List {
		if values, ok := c[v.Name]; ok {
			vars[v.Name] = values
		} else if first, ok := v.Current.Value.(string); ok && v.Type == "custom" {
			vars[v.Name] = []string{first}
		} else {
			vars[v.Name], all[v.Name] = []string{"x"}, true
		}
	}
	out, err := macro.Expand(sql, vars, all, from, to, time.Hour)
	if err != nil {
		t.Fatalf("%s: %v", b.UID, err)
	}
	return out
}

func (b *board) panel(t testing.TB, id int) panel {
	t.Helper()
	for _, p := range b.Panels {
		if p.ID == id {
			return p
		}
	}
	t.Fatalf("%s has no panel %d", b.UID, id)
	return panel{}
}

func (b *board) ask(t testing.TB, c *channeltest.Channel, id int, pick chosen) clickhouse.Table {
	t.Helper()
	return c.Ask(t, b.expand(t, b.panel(t, id).Targets[0].RawSQL, pick))
}

// texts are the cells of a row.
func texts(row []any) []string {
	var cells []string
	for _, cell := range row {
		text, err := json.Marshal(cell)
		if err != nil {
			panic(err) // a cell of an answer is always a value
		}
		cells = append(cells, strings.Trim(string(text), `"`))
	}
	return cells
}

// told is an answer as text: a line for each row, cells set apart by a bar, midnight as its day.
func told(r clickhouse.Table) string {
	var rows []string
	for _, row := range r.Rows {
		rows = append(rows, strings.ReplaceAll(strings.Join(texts(row), " | "), "T00:00:00Z", ""))
	}
	return strings.Join(rows, "\n")
}
