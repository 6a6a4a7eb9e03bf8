// Package boards makes Grafana's files from sources that say only what is particular: which number a panel shows, the
// question, the place, and the words in both languages. Titles, units, decimals and descriptions come from the number's
// file, so that a panel cannot say otherwise than its number.
package boards

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"

	"gopkg.in/yaml.v3"

	"sellthrough/numbers"
)

//go:embed *.yaml
var sources embed.FS

// Langs are the languages of the boards.
var Langs = []string{"en", "zh"}

// order of the boards in the menus.
var order = []string{
	"channel",
	"organisation",
	"modes",
	"scorecard",
	"territory",
	"promotions",
	"life",
	"flows",
	"conflict",
	"reconciliation",
	"incentives",
	"stock",
	"ageing",
	"partner",
	"quality",
	"incidents",
	"pipeline",
}

type text = numbers.Text

// source is one board.
type source struct {
	UID       string   `yaml:"uid"`
	Title     text     `yaml:"title"`
	About     text     `yaml:"about"`
	From      string   `yaml:"from"` // default now-28d
	Refresh   string   `yaml:"refresh"`
	Variables []string `yaml:"variables"`
	Panels    []panel  `yaml:"panels"`
}

type panel struct {
	ID         int               `yaml:"id"`
	Type       string            `yaml:"type"`
	Number     string            `yaml:"number"` // whose title, unit, decimals and description it takes
	Title      text              `yaml:"title"`
	About      text              `yaml:"about"` // stands before the number's description
	At         [4]int            `yaml:"at"`    // x, y, width, height in a grid of 24 columns
	SQL        string            `yaml:"sql"`
	Queries    []promql          `yaml:"promql"`
	Table      bool              `yaml:"table"` // a Prometheus question that is answered as a table
	Unit       string            `yaml:"unit"`
	Decimals   *int              `yaml:"decimals"`
	None       text              `yaml:"none"` // what stands there when there is nothing, and why
	Thresholds []step            `yaml:"thresholds"`
	Columns    map[string]column `yaml:"columns"`
	Link       string            `yaml:"link"` // board that a click leads to, and fields that become its variables: "stock location partner"
	Max        *float64          `yaml:"max"`
	Options    map[string]any    `yaml:"options"`
	Custom     map[string]any    `yaml:"custom"` // of fieldConfig
	Text       text              `yaml:"text"`   // of a text panel
}

type promql struct {
	Expr   string `yaml:"expr"`
	Legend string `yaml:"legend"`
}

type step struct {
	From  *float64 `yaml:"from"`
	Color string   `yaml:"color"`
}

// column of a table, or series of a chart.
type column struct {
	Title      text           `yaml:"title"`
	Number     string         `yaml:"number"`
	Unit       string         `yaml:"unit"`
	Decimals   *int           `yaml:"decimals"`
	Thresholds []step         `yaml:"thresholds"`
	Color      string         `yaml:"color"`
	Width      int            `yaml:"width"`
	Values     map[string]say `yaml:"values"` // words for values
	Link       string         `yaml:"link"`
	Gauge      bool           `yaml:"gauge"`
	Axis       string         `yaml:"axis"` // right
	Line       bool           `yaml:"line"` // in a chart of bars
}

type say struct {
	text  `yaml:",inline"`
	Color string `yaml:"color"`
}

// load reads a board's source.
func load(uid string) (source, error) {
	var s source
	raw, err := sources.ReadFile(uid + ".yaml")
	if err != nil {
		return s, fmt.Errorf("boards: %w", err)
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("boards/%s.yaml: %w", uid, err)
	}
	if s.UID != uid {
		return s, fmt.Errorf("boards/%s.yaml: uid is %q; it is the file's name", uid, s.UID)
	}
	return s, nil
}

// condition is what a variable filters where rows have some columns.
type condition struct {
	on  []string // the columns
	sql string
}

// The first and the last business day of the period, in the vendor's zone.
const (
	zoned    = ", (SELECT zone FROM v_zone))"
	firstDay = "toDate32($__fromTime" + zoned
	lastDay  = "toDate32($__toTime" + zoned
)

// Where a partner stands is asked of each row's own day where rows have one, else of the last day of the period.
const (
	standsThen = "(partner, business_date) IN (SELECT partner, business_date FROM v_tree_days(tree = ${tree:singlequote}, from = " + firstDay + ", to = " + lastDay + ") WHERE "
	standsLast = "partner IN (SELECT partner FROM v_tree_at(tree = ${tree:singlequote}, day = " + lastDay + ") WHERE "

	// those that are chosen and what is below them
	chosenNodes = "SELECT arrayJoin(arraySlice(path, arrayFirstIndex(n -> n IN (${organisation:singlequote}), path))) FROM v_tree_at(tree = ${tree:singlequote}, day = " + lastDay + ") WHERE " + below

	below    = "hasAny(path, [${organisation:singlequote}])"
	run      = "mode IN (${mode:singlequote})"
	unplaced = " OR 'distribution' IN (${mode:singlequote}) AND partner NOT IN (SELECT partner FROM v_standings)" // of whom the reference data say nothing
)

// conditions by variable; of several, the first whose columns are there.
var conditions = map[string][]condition{
	"partner": {
		{[]string{"partner"}, "partner IN (${partner:singlequote})"},
		{[]string{"target"}, "partner IN (${partner:singlequote})"},
	},
	"organisation": {
		{[]string{"target"}, "(node IN (" + chosenNodes + ") OR partner IN (SELECT partner FROM v_tree_at(tree = ${tree:singlequote}, day = " + lastDay + ") WHERE " + below + "))"},
		{[]string{"path"}, below},
		{[]string{"partner", "business_date"}, standsThen + below + ")"},
		{[]string{"partner"}, standsLast + below + ")"},
	},
	"mode": {
		{[]string{"target"}, standsLast + run + ")"},
		{[]string{"mode"}, run},
		{[]string{"partner", "business_date"}, "(" + standsThen + run + ")" + unplaced + ")"},
		{[]string{"partner"}, "(" + standsLast + run + ")" + unplaced + ")"},
	},
	"tier": {{[]string{"partner"}, "partner IN (SELECT partner FROM v_partners WHERE tier IN (${tier:singlequote}))"}},
	"type": {{[]string{"partner"}, "partner IN (SELECT partner FROM v_partners WHERE channel_type IN (${type:singlequote}))"}},
	"group": {
		{[]string{"partner", "business_date"}, "(partner, business_date) IN (SELECT partner, business_date FROM v_group_days(tree = ${tree:singlequote}, from = " + firstDay + ", to = " + lastDay + ") WHERE alliance IN (${group:singlequote}))"},
		{[]string{"partner"}, "partner IN (SELECT partner FROM v_group_days(tree = ${tree:singlequote}, from = " + lastDay + ", to = " + lastDay + ") WHERE alliance IN (${group:singlequote}))"},
	},
	"territory": {
		{[]string{"location"}, "location IN (SELECT code FROM v_locations WHERE territory IN (${territory:singlequote}) OR territory IN (SELECT territory FROM v_territory_tree WHERE hasAny(path, [${territory:singlequote}])))"},
		{[]string{"territory"}, "(territory IN (${territory:singlequote}) OR territory IN (SELECT territory FROM v_territory_tree WHERE hasAny(path, [${territory:singlequote}])))"},
	},
	"location": {{[]string{"location"}, "location IN (${location:singlequote})"}},
	"unit": {
		{[]string{"target"}, "unit IN (${unit:singlequote})"},
		{[]string{"unit"}, "unit IN (${unit:singlequote})"},
		{[]string{"product"}, "product IN (SELECT code FROM v_products WHERE business_unit IN (${unit:singlequote}))"},
	},
	"line": {
		{[]string{"target"}, "line IN (${line:singlequote})"},
		{[]string{"product"}, "product IN (SELECT code FROM v_products WHERE line IN (${line:singlequote}))"},
		{[]string{"line"}, "line IN (${line:singlequote})"},
	},
	"product": {{[]string{"product"}, "product IN (${product:singlequote})"}},
	"feed":    {{[]string{"feed"}, "feed IN (${feed:singlequote})"}},
	"rule":    {{[]string{"rule"}, "rule IN (${rule:singlequote})"}},
}

// filter is the conditions of a board's variables over rows with these columns.
func (s *source) filter(columns []string) string {
	var out []string
	for _, v := range s.Variables {
		for _, c := range conditions[v] {
			if !slices.ContainsFunc(c.on, func(column string) bool { return !slices.Contains(columns, column) }) {
				out = append(out, "$__conditionalAll("+c.sql+", $"+v+")")
				break
			}
		}
	}
	if out == nil {
		return "1=1"
	}
	return strings.Join(out, " AND ")
}

// question writes a panel's SQL: {{measure "name"}} is a number's expression, {{view "name"}} its view, {{filter}} the
// conditions of all the board's variables that filter the columns named; no name is partner, location and product, and
// {{dated}} these and business_date. {{split}} is sales by what is chosen of the variable by. {{lang}} is for columns that hold words.
// {{from}} and {{to}} are the first and the last business day of the period, in the vendor's zone, {{days "column"}} filters by
// them, {{dayof "instant"}} is the day of an instant there, and {{midnight "day"}} the instant at which a day begins there, which
// is how a chart or a table shows it.
func (s *source) question(sql, lang string) (string, error) {
	whole := []string{"partner", "location", "product"}
	find := func(name string) (numbers.Number, error) { return numbers.Find(name) }
	t, err := template.New("").Funcs(template.FuncMap{
		"measure": func(name string) (string, error) { n, err := find(name); return n.Measure, err },
		"lang":    func() string { return lang },
		"from":    func() string { return firstDay },
		"to":      func() string { return lastDay },
		"days": func(column string) string {
			return column + " >= " + firstDay + " AND " + column + " <= " + lastDay
		},
		"dayof":    dayOf,
		"midnight": func(day string) string { return "toDateTime(" + day + ", (SELECT zone FROM v_zone))" },
		"view":     func(name string) (string, error) { n, err := find(name); return n.View, err },
		"filter": func(columns ...string) string {
			if len(columns) == 0 {
				columns = whole
			}
			return s.filter(columns)
		},
		"split": func() string {
			return strings.ReplaceAll(split(s.filter(append(slices.Clone(whole), "business_date"))), "\n", "\n    ")
		},
		"dated": func() string { return s.filter(append(slices.Clone(whole), "business_date")) },
	}).Parse(sql)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, nil); err != nil {
		return "", err
	}
	return strings.TrimSpace(b.String()), nil
}

// dayOf is the business day of an instant.
func dayOf(instant string) string { return "toDate32(" + instant + zoned }

// Files are all boards in a language by file name, as Grafana's provisioning takes them.
func Files(lang string) (map[string][]byte, error) {
	names, err := fs.Glob(sources, "*.yaml")
	if err != nil || len(names) != len(order) {
		return nil, errors.Join(err, fmt.Errorf("boards: %d sources for %d boards", len(names), len(order)))
	}
	out := map[string][]byte{}
	var faults []error
	for _, uid := range order {
		s, err := load(uid)
		if err == nil {
			out[path.Base(uid)+".json"], err = s.json(lang)
		}
		faults = append(faults, err)
	}
	return out, errors.Join(faults...)
}
