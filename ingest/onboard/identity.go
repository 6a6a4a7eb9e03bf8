package onboard

import (
	"fmt"
	"regexp"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/format/sheet/field"
)

// identity proposes how lines are told apart.
func (p *Proposal) identity() {
	if p.Kind == sellthrough.Stock {
		return // by location
	}
	document, location := p.column(p.Mapped["document"].Column), p.Mapped["location"]
	id := &p.Identity
	switch {
	case document == nil:
		id.Scope = sellthrough.ByLocationDay
		id.Evidence = append(id.Evidence, "no column numbers documents")
	case document.Blank > 0:
		id.Scope = sellthrough.ByLocationDay
		id.Evidence = append(id.Evidence, fmt.Sprintf("%d rows have no %s", document.Blank, document.Name))
	case p.restarts(document):
		id.Scope = sellthrough.ByLocationDay
		id.Evidence = append(id.Evidence, fmt.Sprintf("a number of %q occurs on two days or at two locations, so numbers begin again", document.Name))
	default:
		a, _ := p.ask(Question{ID: "identity.scope", Text: fmt.Sprintf("Are the numbers of %q unique for the partner, for good?", document.Name), Options: []sheet.Option{
			{Value: string(sellthrough.ByDocument), Means: "yes, as numbers of invoices are"},
			{Value: string(sellthrough.ByLocationDay), Means: "no, they begin again every day or in every store, as numbers of receipts do"},
		}})
		id.Scope = sellthrough.IdentityScope(a)
	}
	if id.Scope == sellthrough.ByLocationDay && location.Column == "" && location.Constant == "" {
		return // it is asked
	}
	p.lineKey(document)
}

// restarts asks whether one document number stands for several documents: on two days or at two locations. A document
// of a night may have two days, so that a single one proves nothing.
func (p *Proposal) restarts(document *Column) bool {
	day := p.column(p.Mapped["business_date"].Column)
	if day == nil {
		day = p.column(p.Mapped["at"].Column)
	}
	location := p.column(p.Mapped["location"].Column)
	places, days := map[string]string{}, map[string]string{}
	seen := map[string]bool{}
	twice := 0
	for i, number := range document.cells {
		at, on := "", ""
		if location != nil {
			at = location.cells[i]
		}
		if day != nil {
			on, _, _ = strings.Cut(strings.ReplaceAll(day.cells[i], "T", " "), " ")
		}
		if first, ok := places[number]; ok && (first != at || days[number] != on) && !seen[number] {
			seen[number] = true
			twice++
		} else if !ok {
			places[number], days[number] = at, on
		}
	}
	return twice > 1 && twice*20 >= len(places)
}

// lineKey looks for columns whose values tell every line from the others.
func (p *Proposal) lineKey(document *Column) {
	lines := p.of(field.Line)
	for _, line := range lines {
		keys := []*Column{line}
		if document != nil {
			keys = append(keys, document)
		}
		if location := p.column(p.Mapped["location"].Column); location != nil && p.Identity.Scope == sellthrough.ByLocationDay {
			keys = append(keys, location)
		}
		seen, double := map[string]bool{}, 0
		for i := range line.cells {
			var b strings.Builder
			for _, k := range keys {
				fmt.Fprintf(&b, "%d:%s", len(k.cells[i]), k.cells[i])
			}
			if seen[b.String()] {
				double++
			}
			seen[b.String()] = true
		}
		if line.Blank > 0 || double > 0 && p.Identity.Scope != sellthrough.ByLocationDay {
			p.note("column %q does not tell lines apart: %d rows have none and %d one that another row of the document has", line.Name, line.Blank, double)
			continue
		}
		p.Identity.LineKey = []string{line.Name}
		p.Identity.Evidence = append(p.Identity.Evidence, fmt.Sprintf("column %q numbers the lines of a document; no two of %d rows are alike by it", line.Name, len(line.cells)))
		return
	}
	if equal := p.equalRows(); equal > 0 {
		p.note("%d rows are equal to another one; they are sales of their own, as long as they stand in one document or one day of a store", equal)
	}
}

// equalRows counts the rows that are equal to one before.
func (p *Proposal) equalRows() int {
	seen, n := map[string]bool{}, 0
	for _, r := range p.Layout.Data {
		k := strings.Join(r.Cells, "\x00")
		if seen[k] {
			n++
		}
		seen[k] = true
	}
	return n
}

// coverage asks what a file reports completely: nothing in a file can say so.
func (p *Proposal) coverage() {
	options := []sheet.Option{{Value: "none", Means: "nothing: a line that is missing from a later file stays"}}
	if p.Kind == sellthrough.Stock {
		options = append(options, sheet.Option{Value: "snapshot", Means: "the whole stock of its locations: an item that is missing is zero"})
	} else {
		if p.Identity.Scope == sellthrough.ByDocument {
			options = append(options, sheet.Option{Value: "document", Means: "every document in it: a line that is missing from one sent again is withdrawn"})
		}
		if s := p.Mapped["location"]; s.Column != "" && !s.Optional || s.Constant != "" {
			options = append(options, sheet.Option{Value: "location-day", Means: "every store and day in it: a receipt that is missing from a day sent again is withdrawn"})
		}
		options = append(options, sheet.Option{Value: "period", Means: "all its days, for all its stores, as files of a month to date are"})
	}
	a, ok := p.ask(Question{ID: "coverage", Text: "What does a file report completely?", Options: options})
	if !ok {
		return
	}
	p.Coverage.Kind = sellthrough.CoverageKind(a)
	if a == string(sellthrough.CoverLocationDay) || a == string(sellthrough.CoverPeriod) || a == string(sellthrough.CoverSnapshot) {
		p.Coverage.FileName, p.Coverage.Evidence = p.fileName(p.Coverage.Kind)
	}
	if a == string(sellthrough.CoverNone) && len(p.Identity.LineKey) == 0 && p.Kind == sellthrough.Sales {
		e, _ := p.ask(Question{ID: "equal_rows_across_files", Text: "When a row of a later file is equal to one that is held, what is it? Nothing numbers the lines, and files are complete for nothing.", Options: []sheet.Option{
			{Value: string(sellthrough.EqualIsDuplicate), Means: "the same sale, told again"}, {Value: string(sellthrough.EqualIsSale), Means: "another sale"},
		}})
		p.EqualRows = sellthrough.EqualRows(e)
	}
}

var dayInName = regexp.MustCompile(`(20\d\d)([-_.]?)(0[1-9]|1[0-2])([-_.]?)(0[1-9]|[12]\d|3[01])`)

// fileName makes a pattern of the file's name: its day, and the location where it is that of all rows.
func (p *Proposal) fileName(k sellthrough.CoverageKind) (string, []string) {
	days := dayInName.FindAllStringSubmatchIndex(p.File, -1)
	var parts []part
	for _, d := range days {
		text := p.File[d[0]:d[1]]
		shape := `\d{8}`
		if len(text) == 10 {
			mark := regexp.QuoteMeta(text[4:5])
			if text[4] != text[7] {
				continue
			}
			shape = `\d{4}` + mark + `\d\d` + mark + `\d\d`
		} else if len(text) != 8 {
			continue
		}
		parts = append(parts, part{d[0], d[1], "", shape})
	}
	switch len(parts) {
	case 1:
		parts[0].group = "day"
	case 2:
		parts[0].group, parts[1].group = "from", "to"
	default:
		parts = nil
	}
	if k != sellthrough.CoverSnapshot && parts == nil {
		return "", nil
	}
	if c := p.column(p.Mapped["location"].Column); c != nil && c.Codes.Distinct == 1 && len(c.Examples) == 1 {
		code := c.Examples[0]
		if i := strings.Index(p.File, code); i >= 0 && len(code) > 1 && strings.Count(p.File, code) == 1 && isClear(parts, i, i+len(code)) {
			parts = append(parts, part{i, i + len(code), "location", `[A-Za-z0-9]+`})
		}
	}
	if len(parts) == 0 {
		return "", nil
	}
	var b strings.Builder
	at := 0
	for at < len(p.File) {
		next := -1
		for i, x := range parts {
			if x.from >= at && (next < 0 || x.from < parts[next].from) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		fmt.Fprintf(&b, "%s(?P<%s>%s)", regexp.QuoteMeta(p.File[at:parts[next].from]), parts[next].group, parts[next].shape)
		at = parts[next].to
	}
	return "^" + b.String() + regexp.QuoteMeta(p.File[at:]) + "$", []string{fmt.Sprintf("the name %s holds them", p.File)}
}

// part is a piece of a file's name that differs from file to file.
type part struct {
	from, to     int
	group, shape string
}

func isClear(parts []part, from, to int) bool {
	for _, x := range parts {
		if from < x.to && to > x.from {
			return false
		}
	}
	return true
}
