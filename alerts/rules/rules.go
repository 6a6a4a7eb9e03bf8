// Package rules is what can go wrong in a channel: one file a rule, a query that returns the current violations with what says
// so. The file's head says the rest: names in both languages, the formula, thresholds and how a violation reads.
//
// A query gives the columns partner, location, product, subject, line, since, data_at, units and money, and those that the head
// lists as evidence. Behind the line "-- gone" stands a second one: of incidents whose violation is not found any more it says
// why they close (why_en, why_zh), or that nothing is known and they stay (stay).
package rules

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"gopkg.in/yaml.v3"
)

//go:embed *.sql
var files embed.FS

// Text is in both languages.
type Text struct {
	En string `yaml:"en"`
	Zh string `yaml:"zh"`
}

// Threshold is a number of a rule that the configuration may set.
type Threshold struct {
	Default float64 `yaml:"default"`
	About   string  `yaml:"about"`
}

// Rule is one file.
type Rule struct {
	Name       string               `yaml:"name"`
	Title      Text                 `yaml:"title"`
	Formula    Text                 `yaml:"formula"`
	Todo       Text                 `yaml:"todo"` // what a person does about it
	Says       Text                 `yaml:"text"` // a violation, with {columns}
	Over       Text                 `yaml:"over"` // why it closes where the second query knows no better
	Severity   string               `yaml:"severity"`
	Clock      bool                 `yaml:"clock"` // time alone changes its answer
	Evidence   []string             `yaml:"evidence"`
	Thresholds map[string]Threshold `yaml:"thresholds"`

	find, gone *template.Template
}

// Severities are how bad a rule's incidents are, the worst first.
func Severities() []string { return []string{"critical", "warning", "info"} }

const separator = "\n-- gone\n"

// All are the rules of this program, by name.
func All() ([]Rule, error) {
	names, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	var out []Rule
	for _, n := range names {
		text, err := files.ReadFile(n.Name())
		if err != nil {
			return nil, fmt.Errorf("rules: %w", err)
		}
		r, err := parse(n.Name(), string(text))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

var column = regexp.MustCompile(`\{(\w+)\}`)

// standard are the columns that every query gives.
var standard = []string{"partner", "location", "product", "subject", "line", "since", "data_at", "units", "money"}

func parse(file, text string) (Rule, error) {
	var r Rule
	bad := func(format string, args ...any) (Rule, error) {
		return r, fmt.Errorf("rules: %s: %s", file, fmt.Sprintf(format, args...))
	}
	head, body, ok := strings.Cut(strings.TrimPrefix(text, "-- ---\n"), "-- ---\n")
	if !ok || !strings.HasPrefix(text, "-- ---\n") {
		return bad("it has no head; begin with a line \"-- ---\", the settings behind \"-- \", and such a line again")
	}
	var settings strings.Builder
	for line := range strings.Lines(head) {
		settings.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "--"), " "))
	}
	dec := yaml.NewDecoder(strings.NewReader(settings.String()))
	dec.KnownFields(true)
	if err := dec.Decode(&r); err != nil {
		return bad("its head: %v", err)
	}
	if r.Name+".sql" != file {
		return bad("name is %q; it has to be the file's", r.Name)
	}
	var missing []error
	for what, t := range map[string]Text{"title": r.Title, "formula": r.Formula, "todo": r.Todo, "text": r.Says, "over": r.Over} {
		if t.En == "" || t.Zh == "" {
			missing = append(missing, fmt.Errorf("rules: %s: %s is not there in both languages", file, what))
		}
	}
	if !slices.Contains(Severities(), r.Severity) {
		missing = append(missing, fmt.Errorf("rules: %s: severity %q; write one of %s", file, r.Severity, strings.Join(Severities(), ", ")))
	}
	for _, m := range column.FindAllStringSubmatch(r.Says.En+r.Says.Zh, -1) {
		if !slices.Contains(r.Evidence, m[1]) && !slices.Contains(standard, m[1]) {
			missing = append(missing, fmt.Errorf("rules: %s: text names {%s}, which is not evidence", file, m[1]))
		}
	}
	if err := errors.Join(missing...); err != nil {
		return r, err
	}
	find, gone, ok := strings.Cut(body, separator)
	if !ok {
		return bad("it has no line \"-- gone\" with the second query behind it")
	}
	var err error
	if r.find, err = template.New(file).Funcs(stubs).Parse(find); err == nil {
		r.gone, err = template.New(file).Funcs(stubs).Parse(gone)
	}
	if err != nil {
		return bad("%v", err)
	}
	return r, nil
}

// stubs have the names of the functions that Asking brings.
var stubs = template.FuncMap{
	"limit": func(string, ...string) (string, error) { return "", nil }, "feeds": func() string { return "" }, "stale": func() string { return "" }, "gone": func() string { return "" },
	"instant": func(string, string) string { return "" }, "clock": func(string, string) string { return "" },
	"now": func() string { return "" }, "day": func() string { return "" }, "view": func(string) string { return "" },
}

// Find is the query for the current violations.
func (r *Rule) Find(a Asking) (string, error) { return a.render(r, r.find) }

// Gone is the query that says what became of incidents.
func (r *Rule) Gone(a Asking) (string, error) { return a.render(r, r.gone) }

func (a Asking) render(r *Rule, t *template.Template) (string, error) {
	t, err := t.Clone()
	if err != nil {
		return "", fmt.Errorf("rules: %s: %w", r.Name, err)
	}
	var b bytes.Buffer
	if err := t.Funcs(a.functions(r)).Execute(&b, nil); err != nil {
		return "", fmt.Errorf("rules: %s: %w", r.Name, err)
	}
	return b.String(), nil
}
