// Package onboard proposes how a partner's files are to be read, from a sample of one: format, encoding, columns, numbers,
// dates, identity and coverage, each with its evidence. It is pure: the same sample and answers give the same proposal.
//
// It never chooses between two readings. What the sample leaves open is a Question with the readings as options; with
// its answer Propose is asked again, and a configuration is written only when no question is left. What a sample can't
// show but a vendor has to know, as whether a file is complete for its day, is always a question.
package onboard

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/csv"
	"sellthrough/ingest/format/encoding"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/format/sheet/column"
	"sellthrough/ingest/format/sheet/field"
)

// Sample is a file, or the beginning of one. A workbook has to be whole.
type Sample struct {
	File  string // its name
	Bytes []byte
	Whole bool            // Bytes are all of it
	Today sellthrough.Day // a day after which no sale can be; 0: not known
}

// Answers are what was said to questions, by their ids.
type Answers map[string]string

// Proposal is how a file is to be read.
type Proposal struct {
	File   string
	Format Format
	Layout sheet.Proposal
	Rows   int // of data that were looked at

	Kind       sellthrough.FeedKind
	Columns    []Column          // of the file
	Mapped     map[string]Source // what each field of a line is read from, by its name in the configuration
	Numbers    column.Convention
	Identity   Identity
	Coverage   Coverage
	EqualRows  sellthrough.EqualRows
	Tax        string
	Notes      []string // what a person should know, and nobody has to answer
	Questions  []Question
	answers    Answers
	unreadable bool
}

// Source is where a field comes from.
type Source struct {
	Column   string
	Constant string
	Optional bool // some cells are empty
	Evidence []string
	Layouts  []string          // of a date; none: ISO 8601
	Zone     string            // of a time
	Values   map[string]string // of a kind
	Negative string            // kind of a line below zero
	Price    bool              // the column is a price: amount is quantity × price
	Form     string            // of a customer: phone
}

// Identity says how lines are told apart.
type Identity struct {
	Scope    sellthrough.IdentityScope
	LineKey  []string
	Evidence []string
}

// Coverage says what a file reports completely.
type Coverage struct {
	Kind     sellthrough.CoverageKind
	FileName string // a regular expression
	Evidence []string
}

// Question is something that the sample leaves open.
type Question struct {
	ID      string
	Text    string
	Options []sheet.Option
	Free    bool // another answer than the options is allowed, as a code
}

// The most rows and cells that are looked at.
const (
	sampleRows  = 2000
	sampleCells = 200_000
)

// Propose looks at a sample.
func Propose(s Sample, answers Answers) Proposal {
	p := Proposal{File: path.Base(strings.ReplaceAll(s.File, `\`, "/")), Mapped: map[string]Source{}, answers: answers}
	rows := p.read(s)
	if p.unreadable {
		return p
	}
	if p.Format.Type == "ndjson" {
		p.Layout = sheet.Proposal{Columns: rows[0].Cells, Data: rows[1:], Confidence: 100}
	} else {
		p.Layout = sheet.Detect(rows)
	}
	p.layout()
	p.profile(s.Today)
	p.assign()
	p.numbers()
	p.identity()
	p.coverage()
	return p
}

// Ready asks whether nothing is left to be answered.
func (p *Proposal) Ready() bool { return len(p.Questions) == 0 && !p.unreadable }

// ask gives the answer to a question, or asks it. An answer that is none of the options is asked for again.
func (p *Proposal) ask(q Question) (string, bool) {
	a, ok := p.answers[q.ID]
	known := slices.ContainsFunc(q.Options, func(o sheet.Option) bool { return o.Value == a })
	if ok && (known || q.Free && a != "") {
		return a, true
	}
	if ok {
		q.Text += fmt.Sprintf(" (The answer %q is none of the options.)", a)
	}
	if !slices.ContainsFunc(p.Questions, func(have Question) bool { return have.ID == q.ID }) {
		p.Questions = append(p.Questions, q)
	}
	return "", false
}

func (p *Proposal) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// layout applies the answers to the questions that the layout left open.
func (p *Proposal) layout() {
	l := &p.Layout
	for _, q := range l.Questions {
		a, ok := p.ask(Question{ID: q.ID, Text: q.Text, Options: q.Options})
		switch {
		case !ok:
		case q.ID == "layout.blank_total":
			l.Layout.BlankTotal = a == "true"
		case q.ID == "layout.unpivot" && a == "columns":
			l.Layout.Unpivot, l.Groups = sheet.Unpivot{}, nil
		case q.ID == "header" && a == "send":
			p.note("the file can't be read without a header row; ask the partner for one")
			p.unreadable = true
		}
	}
	if l.Headless {
		p.note("the columns were named %s; give them names of your own in format.header", strings.Join(l.Columns, ", "))
	}
	if u := &l.Layout.Unpivot; u.Name != "" {
		p.unpivot(u)
	}
	p.Rows = len(l.Data)
	if p.Rows == 0 && !p.unreadable {
		p.note("the sample has no row of data; propose from a file with some")
	}
}

// unpivot turns the rows of the sample as a Reader will turn those of the files.
func (p *Proposal) unpivot(u *sheet.Unpivot) {
	l := &p.Layout
	names := slices.Clone(u.Keep)
	names = append(names, u.Name)
	measures := map[string]int{}
	var out []sheet.Row
	for _, r := range l.Data {
		byGroup := map[string][]string{}
		var order []string
		for c, name := range l.Columns {
			if !slices.Contains(l.Groups, name) || c >= len(r.Cells) || strings.TrimSpace(r.Cells[c]) == "" {
				continue
			}
			group, measure := name, u.Value
			if i := strings.LastIndexByte(name, '/'); u.Value == "" && i >= 0 {
				group, measure = name[:i], name[i+1:]
			}
			if _, ok := measures[measure]; !ok {
				measures[measure] = len(names)
				names = append(names, measure)
			}
			if byGroup[group] == nil {
				order = append(order, group)
				for _, k := range u.Keep {
					v := ""
					if i := slices.Index(l.Columns, k); i < len(r.Cells) {
						v = r.Cells[i]
					}
					byGroup[group] = append(byGroup[group], v)
				}
				byGroup[group] = append(byGroup[group], group)
			}
			for len(byGroup[group]) <= measures[measure] {
				byGroup[group] = append(byGroup[group], "")
			}
			byGroup[group][measures[measure]] = r.Cells[c]
		}
		for _, g := range order {
			out = append(out, sheet.Row{Number: r.Number, Cells: byGroup[g]})
		}
	}
	l.Columns, l.Data = names, out
}

// Column is one column of the file.
type Column struct {
	Name       string
	Field      field.Field // what its name means, or its cells look like; "" is not known
	Source     string      // where such a name is met
	Confidence int         // in percent
	Shape      Shape
	Evidence   []string
	Examples   []string
	Blank      int // empty cells
	Numbers    column.Numbers
	Dates      column.Dates
	Codes      column.Codes
	cells      []string
}

// Shape is what the cells of a column look like.
type Shape string

// The shapes.
const (
	Empty  Shape = "empty"
	Number Shape = "numbers"
	Date   Shape = "dates"
	Code   Shape = "codes"
	Text   Shape = "text"
)

var delimiterAnswer = map[string]byte{"comma": ',', "semicolon": ';', "tab": '\t', "bar": '|'}

func answerOf(d byte) string {
	for name, b := range delimiterAnswer {
		if b == d {
			return name
		}
	}
	return csv.Name(d)
}

// Format is the syntax of the file.
type Format struct {
	Type      string // csv, ndjson, xlsx, xls, html; others are recognised and have no columns to propose: json, xml, x12, edifact
	Evidence  string
	Encoding  encoding.Guess
	Delimiter csv.Delimiter
	Sheet     string
	Sheets    []string
}
