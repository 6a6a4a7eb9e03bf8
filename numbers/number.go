// Package numbers is what the boards count. Each number has one file, NAME.sql, here or in the folder of its subject: what it is called and how it is defined
// in English and 中文, its unit, its edge cases, a worked example by hand, and the SQL of its view. From that file come
// the view in ClickHouse, the description of every panel that shows the number, docs/numbers.md, and the test that runs
// the example through the real tables.
//
// A number is a view and a measure. The view gives parts at the finest grain: units and money of a partner's location,
// product and day, that add up over anything. The measure is the expression over the parts, so that a ratio of a
// territory is the ratio of its sums and never a mean of ratios. A board writes the measure by the number's name.
//
// Views run with the rights of whoever asks, so that row policies reach through them.
package numbers

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"sync"

	"sellthrough"
)

//go:embed *.sql */*.sql
var files embed.FS

// Text is said in both languages of the boards.
type Text struct {
	EN string `yaml:"en"`
	ZH string `yaml:"zh"`
}

// In is the text in a language, "en" or "zh".
func (t Text) In(lang string) string {
	if lang == "zh" {
		return t.ZH
	}
	return t.EN
}

func (t Text) whole() bool { return t.EN != "" && t.ZH != "" }

// Unit of a number.
type Unit string

// The units. A panel takes its own from them.
const (
	Units       Unit = "units"         // base units of the product
	UnitsPerDay Unit = "units-per-day" //
	Money       Unit = "money"         // in the reporting currency
	Percent     Unit = "percent"       // 0 to 100
	Days        Unit = "days"
	Weeks       Unit = "weeks"
	Seconds     Unit = "seconds"
	Count       Unit = "count" // of lines, locations, days, as the title says
	Date        Unit = "date"
)

var units = []Unit{Units, UnitsPerDay, Money, Percent, Days, Weeks, Seconds, Count, Date}

// The ways a number may be better.
var directions = []string{"more", "less", "neither"}

// Number is one file.
type Number struct {
	Name     string   `yaml:"name"`     // as the file is called, in whatever folder
	Relation bool     `yaml:"relation"` // not a number: rows that several numbers share
	Title    Text     `yaml:"title"`
	Formula  Text     `yaml:"formula"`
	Variant  Text     `yaml:"variant"` // which of several usual definitions this is
	Edges    Text     `yaml:"edges"`
	Unit     Unit     `yaml:"unit"`
	Decimals int      `yaml:"decimals"`
	Better   string   `yaml:"better"`  // more, less or neither
	AddsUp   []string `yaml:"adds_up"` // dimensions over which values may be added; empty: parts are added, then measured
	Of       string   `yaml:"of"`      // the number whose view holds the parts, or a view of the ledger; empty: its own
	View     string   `yaml:"view"`    // default v_NAME
	Takes    []string `yaml:"takes"`   // parameters of the view: "day Date32"

	// The view's rows are held for the days in hand, by this key; nil: they are not.
	Kept *sellthrough.Kept `yaml:"kept"`

	Measure  string    `yaml:"measure"` // SQL over the parts
	Examples []Example `yaml:"examples"`

	SQL  string `yaml:"-"` // of the view; empty with Of
	file string
}

// Example is a number worked out by hand.
type Example struct {
	Says   string            `yaml:"says"`   // how the value comes about
	Given  map[string]string `yaml:"given"`  // rows by kind, one a line
	With   map[string]string `yaml:"with"`   // parameters
	Where  string            `yaml:"where"`  // SQL over the parts
	By     string            `yaml:"by"`     // a column to group by,
	Pick   string            `yaml:"pick"`   // and the group that is asked for
	Expect *string           `yaml:"expect"` // nil: NULL
}

// all is what the binary holds; it is checked by tests, so that a fault in it is a bug of ours.
var all = sync.OnceValues(func() ([]Number, error) { return parseAll(files) })

// All are the numbers and relations, those that others read before them.
func All() ([]Number, error) {
	n, err := all()
	return slices.Clone(n), err
}

// Find is a number by its name.
func Find(name string) (Number, error) {
	list, err := all()
	if err != nil {
		return Number{}, err
	}
	for _, n := range list {
		if n.Name == name {
			return n, nil
		}
	}
	return Number{}, fmt.Errorf("numbers: there is no %s.sql", name)
}

// Description is what a panel says of the number it shows.
func (n *Number) Description(lang string) string {
	words := map[string][2]string{"en": {"Formula: ", "Edge cases: "}, "zh": {"公式：", "边界："}}[lang]
	out := words[0] + n.Formula.In(lang)
	if v := n.Variant.In(lang); v != "" {
		out += "\n\n" + v
	}
	if e := n.Edges.In(lang); e != "" {
		out += "\n\n" + words[1] + e
	}
	return out
}

var errNoNumbers = errors.New("numbers: no files")
