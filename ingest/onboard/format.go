package onboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/csv"
	"sellthrough/ingest/format/encoding"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/format/xls"
	"sellthrough/ingest/format/xls/html"
	"sellthrough/ingest/format/xlsx"
)

// kinds of files, by how they begin.
var magics = []struct {
	prefix, kind, evidence string
}{
	{"PK\x03\x04", "xlsx", "the file begins as a zip archive does, which workbooks are"},
	{"\xD0\xCF\x11\xE0", "xls", "the file begins as an old workbook does"},
	{"UNB+", "edifact", "the file begins with UNB"},
	{"<?xml", "xml", "the file begins as XML does"},
}

// read gives the first rows of a sample as cells.
func (p *Proposal) read(s Sample) []sheet.Row {
	for _, m := range magics {
		if bytes.HasPrefix(s.Bytes, []byte(m.prefix)) {
			p.Format.Type, p.Format.Evidence = m.kind, m.evidence
		}
	}
	head := s.Bytes[:min(len(s.Bytes), 200)]
	switch {
	case len(head) > 105 && bytes.HasPrefix(head, []byte("ISA")) && head[3] == head[6] && head[3] == head[17]:
		p.Format.Type, p.Format.Evidence = "x12", "the file begins with an ISA segment"
	case bytes.HasPrefix(head, []byte("UNA")) && bytes.HasPrefix(bytes.TrimLeft(head[min(len(head), 9):], "\r\n "), []byte("UNB")):
		p.Format.Type, p.Format.Evidence = "edifact", "the file begins with the segments UNA and UNB"
	case p.Format.Type == "xml" && xls.Sniff(s.Bytes) == "html":
		p.Format.Type = ""
	}
	switch p.Format.Type {
	case "xlsx":
		return p.workbook(s)
	case "xls":
		return p.old(s)
	case "":
	default:
		return p.fixed()
	}
	p.Format.Encoding = encoding.Detect(s.Bytes)
	if g := &p.Format.Encoding; !g.Certain {
		q := Question{ID: "encoding", Text: "In which encoding is the file? " + g.Evidence + "."}
		for _, e := range append([]encoding.Encoding{g.Encoding}, g.Others...) {
			if len(g.Others) > 0 {
				q.Options = append(q.Options, sheet.Option{Value: string(e), Means: fmt.Sprintf("it begins %q", p.glimpse(s.Bytes, e))})
			}
		}
		if len(q.Options) > 0 {
			a, ok := p.ask(q)
			if !ok {
				p.unreadable = true
				return nil
			}
			g.Encoding, g.Certain = encoding.Encoding(a), true
		} else {
			p.note("some bytes are no text in any encoding that is known; their rows will be refused")
		}
	}
	text := p.decoded(s.Bytes, p.Format.Encoding.Encoding)
	head = bytes.TrimLeft(text[:min(len(text), 4096)], " \t\r\n")
	switch {
	case len(head) > 0 && head[0] == '{':
		p.Format.Type, p.Format.Evidence = "ndjson", "the file begins with an object of JSON"
		return p.objects(text, s.Whole)
	case len(head) > 0 && head[0] == '[' && json.Valid(firstValue(text, s.Whole)):
		p.Format.Type, p.Format.Evidence = "json", "the file is a list of JSON"
		return p.fixed()
	case xls.Sniff(text) == "html":
		p.Format.Type, p.Format.Evidence = "html", "the file is a page with a table, whatever its name says"
		return p.page(text)
	case len(head) > 0 && head[0] == '<':
		p.Format.Type, p.Format.Evidence = "xml", "the file begins as XML does"
		return p.fixed()
	}
	p.Format.Type, p.Format.Evidence = "csv", "the file is text"
	return p.text(text, s.Whole)
}

// fixed is a format whose columns are not the partner's to name.
func (p *Proposal) fixed() []sheet.Row {
	p.unreadable = true
	p.note("%s: %s; a feed of this format reads fixed columns, so there is nothing to propose from a sample", p.Format.Type, p.Format.Evidence)
	return nil
}

func firstValue(text []byte, whole bool) []byte {
	if whole {
		return text
	}
	return []byte("[]") // cut: what is there looks like a list
}

// decoded gives text in UTF-8, up to what can't be read.
func (p *Proposal) decoded(b []byte, e encoding.Encoding) []byte {
	out, _ := io.ReadAll(encoding.NewReader(bytes.NewReader(b), encoding.Options{Encoding: e})) // a source in memory does not fail, and an encoding that is given is not refused
	return out
}

func (p *Proposal) glimpse(b []byte, e encoding.Encoding) string {
	text := []rune(strings.ToValidUTF8(string(p.decoded(b[:min(len(b), 400)], e)), "\uFFFD"))
	return string(text[:min(len(text), 60)])
}

// text reads delimited text.
func (p *Proposal) text(b []byte, whole bool) []sheet.Row {
	p.Format.Delimiter = csv.DetectDelimiter(b, whole)
	d := &p.Format.Delimiter
	if !d.Certain {
		q := Question{ID: "delimiter", Text: "Which mark parts the columns? " + d.Evidence + "."}
		for _, o := range append([]byte{d.Byte}, d.Others...) {
			if o != 0 {
				q.Options = append(q.Options, sheet.Option{Value: answerOf(o), Means: fmt.Sprintf("%q", csv.Name(o))})
			}
		}
		switch {
		case len(q.Options) > 1:
			a, ok := p.ask(q)
			if !ok {
				p.unreadable = true
				return nil
			}
			d.Byte, d.Certain = delimiterAnswer[a], true
		case d.Byte == 0:
			d.Byte = ','
			p.note("the text has one column only")
		}
	}
	r := csv.NewReader(bytes.NewReader(b), csv.Options{Delimiter: d.Byte})
	return p.rows(&loose{r}, whole)
}

// loose reads rows of any width, as titles and footers have.
type loose struct{ *csv.Reader }

func (l *loose) Next() ([][]byte, uint32, error) {
	l.Expect(0)
	return l.Reader.Next()
}

// rows takes the first rows of a source. The last one of a sample that is cut may be cut, too.
func (p *Proposal) rows(src sheet.Source, whole bool) []sheet.Row {
	var out []sheet.Row
	refused, cells := 0, 0
	for len(out) < sampleRows && cells < sampleCells {
		fields, row, err := src.Next()
		if err != nil {
			f, ok := sellthrough.AsRefusal(err)
			if ok && f.Row > 0 && refused < 10_000 {
				if refused++; refused == 1 {
					p.note("row %d would be refused: %s", f.Row, f.Reason)
				}
				continue
			}
			if ok && f.Row == 0 {
				p.note("%s", f.Reason)
				p.unreadable = true
			}
			break
		}
		r := sheet.Row{Number: row}
		for _, f := range fields {
			r.Cells = append(r.Cells, string(f))
		}
		out = append(out, r)
		cells += len(fields)
	}
	if !whole && len(out) > 1 && len(out) < sampleRows && cells < sampleCells {
		out = out[:len(out)-1]
	}
	return out
}

// workbook reads the sheet with the report.
func (p *Proposal) workbook(s Sample) []sheet.Row {
	b, err := xlsx.Open(bytes.NewReader(s.Bytes), int64(len(s.Bytes)), xlsx.Options{})
	if err != nil {
		p.note("%v", err)
		p.unreadable = true
		return nil
	}
	var names []string
	for _, sh := range b.Sheets() {
		names = append(names, sh.Name)
	}
	return p.sheets(names, func(name string) (sheet.Source, func() []string, error) {
		i := slices.IndexFunc(b.Sheets(), func(sh xlsx.Sheet) bool { return sh.Name == name })
		rows, err := b.Rows(b.Sheets()[i])
		if err != nil {
			return nil, nil, err
		}
		return &shown{rows}, rows.Warnings, nil
	})
}

// shown is a sheet whose faults are shown as they stand.
type shown struct{ *xlsx.Rows }

func (s *shown) Next() ([][]byte, uint32, error) {
	fields, row, err := s.Rows.Next()
	for _, f := range s.Faults() {
		if err == nil && f.Column < len(fields) {
			fields[f.Column] = []byte(f.Value)
		}
	}
	return fields, row, err
}

// sheets reads the one sheet of a workbook that looks like a report; two that do so are a question.
func (p *Proposal) sheets(names []string, open func(string) (sheet.Source, func() []string, error)) []sheet.Row {
	p.Format.Sheets = names
	var tables []string
	read := map[string][]sheet.Row{}
	for _, n := range names {
		src, warnings, err := open(n)
		if err != nil {
			p.note("sheet %q: %v", n, err)
			continue
		}
		read[n] = p.rows(src, true)
		for _, w := range warnings() {
			p.note("%s", w)
		}
		if d := sheet.Detect(read[n]); !d.Headless && len(d.Data) > 0 {
			tables = append(tables, n)
		}
	}
	switch {
	case len(tables) == 0:
		p.note("no sheet looks like a table with a header; the sheets are %s", strings.Join(names, ", "))
		p.unreadable = true
		return nil
	case len(tables) == 1:
		p.Format.Sheet = tables[0]
	default:
		q := Question{ID: "sheet", Text: "Which sheet is the report?"}
		for _, t := range tables {
			q.Options = append(q.Options, sheet.Option{Value: t, Means: fmt.Sprintf("%d rows or more, columns %s", len(read[t]), strings.Join(sheet.Detect(read[t]).Columns, ", "))})
		}
		a, ok := p.ask(q)
		if !ok {
			p.unreadable = true
			return nil
		}
		p.Format.Sheet = a
	}
	return read[p.Format.Sheet]
}

// objects reads one JSON object a line.
func (p *Proposal) objects(b []byte, whole bool) []sheet.Row {
	var header []string
	var objects []map[string]string
	line := uint32(0)
	for text := range bytes.Lines(b) {
		line++
		if !whole && !bytes.HasSuffix(text, []byte("\n")) || len(objects) == sampleRows || len(objects)*len(header) > sampleCells {
			break
		}
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		o := map[string]string{}
		if err := flatten(text, o, &header); err != nil {
			p.note("line %d is no object of JSON", line)
			continue
		}
		objects = append(objects, o)
	}
	rows := []sheet.Row{{Number: 0, Cells: header}}
	for i, o := range objects {
		r := sheet.Row{Number: uint32(i + 1)}
		for _, h := range header {
			r.Cells = append(r.Cells, o[h])
		}
		rows = append(rows, r)
	}
	return rows
}

var errNoObject = errors.New("no object")

// flatten reads an object into its values by dotted path.
func flatten(text []byte, into map[string]string, header *[]string) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	t, err := d.Token()
	if err != nil || t != json.Delim('{') {
		return errNoObject
	}
	path, key := []string{}, true
	depth := 0 // of lists, which have no path
	for {
		t, err := d.Token()
		if err != nil {
			return errNoObject
		}
		switch v := t.(type) {
		case json.Delim:
			switch v {
			case '[':
				depth++
			case ']':
				depth--
			case '{':
				if depth > 0 {
					depth++
				}
				key = depth == 0
			case '}':
				if depth > 0 {
					depth--
					break
				}
				if len(path) == 0 {
					return nil
				}
				path = path[:len(path)-1]
				key = true
			}
			if depth == 0 && v == ']' {
				path, key = path[:len(path)-1], true
			}
			continue
		default:
			if depth > 0 {
				continue
			}
			if key {
				path, key = append(path, fmt.Sprint(v)), false
				continue
			}
			name := strings.Join(path, ".")
			if v != nil {
				into[name] = fmt.Sprint(v)
			}
			if !slices.Contains(*header, name) && len(*header) < 1000 {
				*header = append(*header, name)
			}
			path, key = path[:len(path)-1], true
		}
	}
}

// old reads the sheet with the report of an old workbook.
func (p *Proposal) old(s Sample) []sheet.Row {
	b, err := xls.Open(bytes.NewReader(s.Bytes), int64(len(s.Bytes)), xls.Options{})
	if err != nil {
		p.note("%v", err)
		p.unreadable = true
		return nil
	}
	var names []string
	for _, t := range b.Sheets() {
		names = append(names, t.Name)
	}
	return p.sheets(names, func(name string) (sheet.Source, func() []string, error) {
		rows, err := b.Rows(slices.Index(names, name))
		if err != nil {
			return nil, nil, err
		}
		return rows, rows.Warnings, nil
	})
}

// page reads the tables of a page, in the text that it is already.
func (p *Proposal) page(text []byte) []sheet.Row {
	return p.rows(html.NewReader(bytes.NewReader(text), html.Options{Encoding: encoding.UTF8}), true)
}
