package numbers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// parseAll reads every file and puts those that others read first. All faults are told at once.
func parseAll(dir fs.FS) ([]Number, error) {
	names, err := fs.Glob(dir, "*.sql")
	if err == nil {
		var deeper []string
		deeper, err = fs.Glob(dir, "*/*.sql")
		names = append(names, deeper...)
	}
	if err != nil || len(names) == 0 {
		return nil, errors.Join(err, errNoNumbers)
	}
	var out []Number
	var faults []error
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("numbers: %w", err)
		}
		n, err := parse(name, string(text))
		faults = append(faults, err)
		out = append(out, n)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return order(out)
}

const fence = "-- ---"

// parse reads a file: a head between two lines "-- ---" whose lines are comments that hold YAML, then the SQL.
func parse(file, text string) (Number, error) {
	n := Number{file: file}
	lines := strings.Split(text, "\n")
	if lines[0] != fence {
		return n, fault(file, 1, "begin with a line "+fence)
	}
	end := slices.Index(lines[1:], fence) + 1
	if end == 0 {
		return n, fault(file, len(lines), "the head has no end: a second line "+fence)
	}
	var head strings.Builder
	head.WriteByte('\n') // so that YAML counts lines as the file does
	for i, l := range lines[1:end] {
		bare, ok := strings.CutPrefix(l, "--")
		if !ok || bare != "" && bare[0] != ' ' {
			return n, fault(file, i+2, "every line of the head begins with -- and a space")
		}
		head.WriteString(strings.TrimPrefix(bare, " ") + "\n")
	}
	d := yaml.NewDecoder(bytes.NewReader([]byte(head.String())))
	d.KnownFields(true)
	if err := d.Decode(&n); err != nil && !errors.Is(err, io.EOF) {
		return n, inYAML(file, err)
	}
	n.file = file
	n.SQL = strings.TrimRight(strings.TrimSpace(strings.Join(lines[end+1:], "\n")), ";")
	if n.View == "" && n.Of == "" {
		n.View = "v_" + n.Name
	}
	return n, n.check(func(key string) int { return lineOf(lines[:end], key) })
}

func fault(file string, line int, what string) error {
	return fmt.Errorf("numbers/%s:%d: %s", file, line, what)
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

// inYAML names file and line of what the decoder found.
func inYAML(file string, err error) error {
	var faults []error
	for _, m := range yamlLine.FindAllStringSubmatch(err.Error(), -1) {
		line, _ := strconv.Atoi(m[1]) // digits by the expression
		faults = append(faults, fault(file, line, m[2]))
	}
	if faults == nil {
		return fmt.Errorf("numbers/%s: %w", file, err)
	}
	return errors.Join(faults...)
}

// lineOf is where a key of the head stands; the first line where it is missing.
func lineOf(head []string, key string) int {
	for i, l := range head {
		if strings.HasPrefix(l, "-- "+key+":") {
			return i + 1
		}
	}
	return 1
}

var parameter = regexp.MustCompile(`\{(\w+):(\w+)\}`)

// check tells every fault of a file at once.
func (n *Number) check(line func(key string) int) error {
	var faults []error
	want := func(ok bool, key, what string) {
		if !ok {
			faults = append(faults, fault(n.file, line(key), what))
		}
	}
	want(n.Name+".sql" == path.Base(n.file), "name", fmt.Sprintf("name: is %q; it is the file's name without .sql", n.Name))
	want(n.Title.whole(), "title", "title: needs en and zh")
	want((n.SQL == "") == (n.Of != ""), "of", "either the file holds the SQL of its view, or of: names the number whose view it measures")
	want(n.Of == "" || n.View == "" && len(n.Takes) == 0, "of", "with of: there is no view: and no takes:")
	if n.SQL != "" {
		var takes []string
		for _, m := range parameter.FindAllStringSubmatch(n.SQL, -1) {
			if p := m[1] + " " + m[2]; !slices.Contains(takes, p) {
				takes = append(takes, p)
			}
		}
		given := slices.Sorted(slices.Values(n.Takes))
		slices.Sort(takes)
		want(slices.Equal(takes, given), "takes", fmt.Sprintf("takes: is [%s], the SQL takes [%s]", strings.Join(given, ", "), strings.Join(takes, ", ")))
		want(strings.HasPrefix(n.View, "v_"), "view", "view: begins with v_")
		want(!strings.Contains(strings.ToUpper(n.SQL), "CREATE "), "name", "the SQL is the view's SELECT, without CREATE")
	}
	if k := n.Kept; k != nil {
		want(n.SQL != "" && slices.Contains(n.Takes, "day Date32"), "kept", "kept: is for a view of a file's own that takes a day")
		want(len(k.Key) > 0 && k.Key[0] == "partner", "kept", "kept: the key begins with the partner")
		want(len(k.Most) == len(n.Takes)-1, "kept", "kept: most: bounds each parameter beside the day")
	}
	if n.Relation {
		want(n.Measure == "" && len(n.Examples) == 0 && n.Unit == "", "relation", "a relation has no measure, unit or examples")
		return errors.Join(faults...)
	}
	want(n.Formula.whole(), "formula", "formula: needs en and zh")
	want(n.Edges.whole(), "edges", "edges: needs en and zh: what an empty denominator gives, what is left out")
	want((n.Variant.EN == "") == (n.Variant.ZH == ""), "variant", "variant: needs both languages or neither")
	want(slices.Contains(units, n.Unit), "unit", fmt.Sprintf("unit: %q is none of %v", n.Unit, units))
	want(slices.Contains(directions, n.Better), "better", fmt.Sprintf("better: %q is none of %v", n.Better, directions))
	want(n.Decimals >= 0 && n.Decimals <= 6, "decimals", "decimals: must be 0 to 6")
	want(n.Measure != "", "measure", "measure: is missing")
	want(len(n.Examples) > 0, "examples", "examples: a number is worked out by hand at least once")
	for _, e := range n.Examples {
		want(e.Says != "" && len(e.Given) > 0, "examples", "an example says how its value comes about, and what is given")
		for kind, text := range e.Given {
			_, err := Rows(kind, text)
			want(err == nil, "examples", fmt.Sprintf("given: %v", err))
		}
	}
	return errors.Join(faults...)
}
