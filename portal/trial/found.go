package trial

import (
	"slices"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/format/csv"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/onboard"
	"sellthrough/ingest/veil"
	"sellthrough/internal/config"
)

// Found is what was found in a file, as the page shows it.
type Found struct {
	File    string `json:"file"`
	Size    int64  `json:"size"`
	Read    int64  `json:"read"` // bytes that were looked at
	Whole   bool   `json:"whole"`
	Problem string `json:"problem,omitempty"` // why it goes no further

	Format    Format          `json:"format"`
	Layout    []string        `json:"layout"`
	Kind      string          `json:"kind"`
	Rows      int             `json:"rows"`
	Columns   []Column        `json:"columns"`
	Mapped    []Source        `json:"mapped"`
	Notes     []string        `json:"notes"`
	Questions []Question      `json:"questions"`
	Answers   onboard.Answers `json:"answers"`

	Feed string   `json:"feed,omitempty"`
	YAML string   `json:"yaml,omitempty"`
	As   *Reading `json:"as,omitempty"` // once nothing is left to be answered
}

// Format is the syntax of a file, and why it is taken for that.
type Format struct {
	Type              string   `json:"type"`
	Evidence          string   `json:"evidence,omitempty"`
	Encoding          string   `json:"encoding,omitempty"`
	EncodingEvidence  string   `json:"encoding_evidence,omitempty"`
	Delimiter         string   `json:"delimiter,omitempty"`
	DelimiterEvidence string   `json:"delimiter_evidence,omitempty"`
	Sheet             string   `json:"sheet,omitempty"`
	Sheets            []string `json:"sheets,omitempty"`
}

// Column is one column of the file.
type Column struct {
	Name       string   `json:"name"`
	Field      string   `json:"field,omitempty"`
	Confidence int      `json:"confidence"`
	Shape      string   `json:"shape"`
	Blank      int      `json:"blank"`
	Examples   []string `json:"examples"`
	Evidence   []string `json:"evidence"`
}

// Source is where a field of a line is read from.
type Source struct {
	Field      string            `json:"field"`
	Column     string            `json:"column,omitempty"`
	Constant   string            `json:"constant,omitempty"`
	Price      bool              `json:"price,omitempty"`
	Optional   bool              `json:"optional,omitempty"`
	Layouts    []string          `json:"layouts,omitempty"`
	Zone       string            `json:"zone,omitempty"`
	Values     map[string]string `json:"values,omitempty"`
	Negative   string            `json:"negative,omitempty"`
	Evidence   []string          `json:"evidence"`
	Confidence int               `json:"confidence"`
}

// Question is what has to be answered.
type Question struct {
	ID      string   `json:"id"`
	Text    string   `json:"text"`
	Free    bool     `json:"free"`
	Options []Option `json:"options"`
}

// Option is one answer.
type Option struct {
	Value string `json:"value"`
	Means string `json:"means"`
}

// Reading is how the whole file reads as proposed.
type Reading struct {
	Accepted int64                 `json:"accepted"`
	Refused  int64                 `json:"refused"`
	Lines    []Line                `json:"lines"`
	Problems []Problem             `json:"problems"`
	Refusals []sellthrough.Refusal `json:"refusals"`
	Totals   []Total               `json:"totals"`
	Sums     []Sum                 `json:"sums"`
	Warnings []string              `json:"warnings"`
}

// Line is a line as we read it.
type Line struct {
	Row      uint32 `json:"row"`
	Document string `json:"document"`
	Location string `json:"location"`
	Item     string `json:"item"`
	Kind     string `json:"kind"`
	Qty      string `json:"qty"`
	Amount   string `json:"amount"`
	Day      string `json:"day"`
}

// Problem is what is wrong with cells of a column.
type Problem struct {
	Column string `json:"column"`
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
	Row    uint32 `json:"row"`
	Value  string `json:"value"`
}

// Total is a total row of the file, beside what the rows above it come to.
type Total struct {
	Row    uint32  `json:"row"`
	Label  string  `json:"label"`
	Kind   string  `json:"kind"`
	Checks []Check `json:"checks"`
}

// Check is one figure of a total row.
type Check struct {
	Column string `json:"column"`
	Says   string `json:"says"`
	Adds   string `json:"adds"`
	Agrees bool   `json:"agrees"`
	Unsure bool   `json:"unsure"`
}

// Sum is what the lines of a kind come to.
type Sum struct {
	Kind     string `json:"kind"`
	Currency string `json:"currency"`
	Lines    int64  `json:"lines"`
	Qty      string `json:"qty"`
	Amount   string `json:"amount"`
	Beyond   bool   `json:"beyond,omitempty"`
}

// fields of a line, in the order in which they are shown.
var fields = []string{"document", "location", "counterparty", "customer", "item", "serial", "unit", "qty", "amount", "currency", "kind", "level", "version", "at", "business_date"}

func some(list []string) []string { return append([]string{}, list...) }

// describe takes over what was proposed.
func (f *Found) describe(p onboard.Proposal) {
	f.Format = Format{Type: p.Format.Type, Evidence: p.Format.Evidence, Sheet: p.Format.Sheet, Sheets: p.Format.Sheets}
	if g := p.Format.Encoding; g.Encoding != "" {
		f.Format.Encoding, f.Format.EncodingEvidence = string(g.Encoding), g.Evidence
	}
	if d := p.Format.Delimiter; d.Byte != 0 {
		f.Format.Delimiter, f.Format.DelimiterEvidence = csv.Name(d.Byte), d.Evidence
	}
	f.Layout, f.Kind, f.Rows, f.Notes = some(p.Layout.Evidence), string(p.Kind), p.Rows, some(p.Notes)
	confidence := map[string]int{}
	for _, c := range p.Columns {
		confidence[c.Name] = c.Confidence
		x := Column{
			Name: c.Name, Field: string(c.Field), Confidence: c.Confidence, Shape: string(c.Shape), Blank: c.Blank, Examples: some(c.Examples), Evidence: some(c.Evidence),
		}
		if p.Hidden(c.Name) {
			x.Field = "customer"
			for i := range x.Examples {
				x.Examples[i] = veil.Shape(x.Examples[i])
			}
		}
		f.Columns = append(f.Columns, x)
	}
	for _, name := range fields {
		s, ok := p.Mapped[name]
		if !ok {
			continue
		}
		x := Source{
			Field: name, Column: s.Column, Constant: s.Constant, Price: s.Price, Optional: s.Optional, Layouts: s.Layouts, Zone: s.Zone, Values: s.Values,
			Negative: s.Negative, Evidence: some(s.Evidence), Confidence: confidence[s.Column],
		}
		if slices.Contains(s.Evidence, "as answered") || answered(p, f.Answers, name) {
			x.Confidence = 100
		}
		f.Mapped = append(f.Mapped, x)
	}
	for _, q := range p.Questions {
		x := Question{ID: q.ID, Text: q.Text, Free: q.Free, Options: []Option{}}
		for _, o := range q.Options {
			x.Options = append(x.Options, Option{o.Value, o.Means})
		}
		f.Questions = append(f.Questions, x)
	}
}

// answered says whether a person chose the source of a field.
func answered(p onboard.Proposal, a onboard.Answers, field string) bool {
	for _, id := range []string{"columns." + field, field, field + ".constant"} {
		if _, ok := a[id]; ok {
			return true
		}
	}
	return p.Mapped[field].Column == ""
}

// preview takes over how the file reads.
func (f *Found) preview(feed *config.Feed, v ingest.Preview) {
	r := &Reading{
		Accepted: v.Accepted, Refused: v.Refused, Lines: []Line{}, Problems: []Problem{}, Refusals: append([]sellthrough.Refusal{}, v.Refusals...),
		Totals: []Total{}, Sums: []Sum{}, Warnings: some(slices.Compact(v.Warnings)),
	}
	for _, l := range v.Lines {
		kind, amount := l.Kind.String(), ""
		if feed.Kind == sellthrough.Stock {
			kind = l.Level.String()
		}
		if l.HasAmount {
			amount = l.Amount.String()
		}
		r.Lines = append(r.Lines, Line{l.Row, l.Document, l.Location, l.Item, kind, l.Qty.String(), amount, l.Day.String()})
	}
	for _, p := range v.Problems {
		r.Problems = append(r.Problems, Problem{p.Column, p.Reason, p.Count, p.First.Row, p.First.Value})
	}
	for _, t := range v.Totals {
		r.Totals = append(r.Totals, total(t))
	}
	for _, s := range v.Sums {
		r.Sums = append(r.Sums, Sum{s.Kind, s.Currency, s.Lines, s.Qty.String(), s.Amount.String(), s.Beyond})
	}
	f.As = r
}

func total(t sheet.Total) Total {
	x := Total{Row: t.Row, Label: t.Label, Kind: t.Kind, Checks: []Check{}}
	for _, c := range t.Checks {
		x.Checks = append(x.Checks, Check{c.Column, c.Says.String(), c.Adds.String(), c.Agrees, c.Unsure})
	}
	return x
}
