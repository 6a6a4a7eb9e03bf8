// Package book writes workbooks that tests and the bench read: from a description, as XLSX and as XLS.
package book

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Book is a workbook as a test describes it in YAML. XLSX and XLS write it as a file.
type Book struct {
	Date1904 bool    `yaml:"date1904"`
	Sheets   []Sheet `yaml:"sheets"`
}

// Sheet is a table of a Book.
type Sheet struct {
	Name      string   `yaml:"name"`
	State     string   `yaml:"state"`     // hidden, or empty
	Dimension string   `yaml:"dimension"` // as the file claims; default A1
	Filter    bool     `yaml:"filter"`
	Hide      int      `yaml:"hide"`  // a column that is hidden, from 1
	Merge     []string `yaml:"merge"` // like A1:C1
	Rows      []Row    `yaml:"rows"`
}

// Row is a row of a Sheet: a list of cells, or hidden and cells.
type Row struct {
	Hidden bool   `yaml:"hidden"`
	Cells  []Cell `yaml:"cells"`
}

// Cell is a text, a number as written, or a mapping: n with a style (date, time, datetime, or a number format), t an inline
// text, error, or formula without a result.
type Cell struct {
	Text    string
	Inline  string
	Number  string
	Style   string
	Error   string
	Formula bool
	Blank   bool
}

// UnmarshalYAML reads a list as the cells.
func (r *Row) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content { // one by one: a list leaves out what is null
			var cell Cell
			if err := cell.UnmarshalYAML(c); err != nil {
				return err
			}
			r.Cells = append(r.Cells, cell)
		}
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch k, v := n.Content[i], n.Content[i+1]; k.Value {
		case "hidden":
			r.Hidden = v.Value == "true"
		case "cells":
			if err := r.UnmarshalYAML(v); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a row has no %q", k.Value)
		}
	}
	return nil
}

// UnmarshalYAML keeps numbers as they are written.
func (c *Cell) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		switch n.Tag {
		case "!!int", "!!float":
			c.Number = n.Value
		case "!!null":
			c.Blank = true
		default:
			c.Text = n.Value
		}
		return nil
	}
	var m map[string]string
	if err := n.Decode(&m); err != nil {
		return err
	}
	for k, v := range m {
		switch k {
		case "n":
			c.Number = v
		case "style":
			c.Style = v
		case "t":
			c.Inline = v
		case "error":
			c.Error = v
		case "formula":
			c.Formula = true
		default:
			return fmt.Errorf("a cell has no %q", k)
		}
	}
	return nil
}

// Parse reads a Book.
func Parse(text []byte) (b Book, err error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	err = d.Decode(&b)
	return b, err
}

// builtin number formats.
var builtin = map[string]int{"": 0, "date": 14, "time": 21, "datetime": 22}

// styles numbers the styles of a book's cells: 0 is none.
func (b *Book) styles() (index map[string]int, order []string) {
	index = map[string]int{"": 0}
	for _, s := range b.Sheets {
		for _, r := range s.Rows {
			for _, c := range r.Cells {
				if _, ok := index[c.Style]; !ok {
					index[c.Style] = len(index)
					order = append(order, c.Style)
				}
			}
		}
	}
	return index, order
}

// ColumnName is the letters of a column, from 0.
func ColumnName(i int) string {
	if i >= 26 {
		return ColumnName(i/26-1) + ColumnName(i%26)
	}
	return string(rune('A' + i))
}

// XLSX writes the book as Excel does: texts shared, numbers in their digits.
func (b *Book) XLSX() ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	var failed error
	add := func(name, text string) {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\n"+text)
		}
		failed = cmp.Or(failed, err)
	}
	index, order := b.styles()
	shared := map[string]int{}
	var texts, list, rels, formats, xfs strings.Builder
	for i, s := range b.Sheets {
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d" state="%s" r:id="rId%d"/>`, html.EscapeString(s.Name), i+1, s.State, i+1)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="http://x/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, i+1)
		add(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), s.xml(index, func(text string) int {
			n, ok := shared[text]
			if !ok {
				n = len(shared)
				shared[text] = n
				fmt.Fprintf(&texts, `<si><t xml:space="preserve">%s</t></si>`, html.EscapeString(text))
			}
			return n
		}))
	}
	for i, style := range order {
		id, ok := builtin[style]
		if !ok {
			id = 164 + i
			fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="%s"/>`, id, html.EscapeString(style))
		}
		fmt.Fprintf(&xfs, `<xf numFmtId="%d" applyNumberFormat="1"/>`, id)
	}
	rels.WriteString(`<Relationship Id="rS" Type="http://x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rT" Type="http://x/styles" Target="styles.xml"/>`)
	add("_rels/.rels", `<Relationships><Relationship Id="a" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	add("xl/workbook.xml", `<workbook xmlns:r="http://r"><workbookPr date1904="`+strconv.FormatBool(b.Date1904)+`"/><sheets>`+list.String()+`</sheets></workbook>`)
	add("xl/_rels/workbook.xml.rels", `<Relationships>`+rels.String()+`</Relationships>`)
	add("xl/sharedStrings.xml", `<sst>`+texts.String()+`</sst>`)
	add("xl/styles.xml", `<styleSheet><numFmts>`+formats.String()+`</numFmts><cellXfs><xf numFmtId="0"/>`+xfs.String()+`</cellXfs></styleSheet>`)
	err := cmp.Or(failed, z.Close())
	return out.Bytes(), err
}

func (s *Sheet) xml(styles map[string]int, share func(string) int) string {
	var b strings.Builder
	dimension := s.Dimension
	if dimension == "" {
		dimension = "A1"
	}
	fmt.Fprintf(&b, `<worksheet xmlns="http://x"><dimension ref="%s"/>`, dimension)
	if s.Hide > 0 {
		fmt.Fprintf(&b, `<cols><col min="%d" max="%d" hidden="1"/></cols>`, s.Hide, s.Hide)
	}
	b.WriteString("<sheetData>")
	for i, r := range s.Rows {
		hidden := ""
		if r.Hidden {
			hidden = ` hidden="1"`
		}
		fmt.Fprintf(&b, `<row r="%d"%s>`, i+1, hidden)
		for k, c := range r.Cells {
			ref := fmt.Sprintf(`r="%s%d" s="%d"`, ColumnName(k), i+1, styles[c.Style])
			switch {
			case c.Blank:
			case c.Formula:
				fmt.Fprintf(&b, `<c %s><f>SUM(A1:A9)</f></c>`, ref)
			case c.Error != "":
				fmt.Fprintf(&b, `<c %s t="e"><v>%s</v></c>`, ref, c.Error)
			case c.Inline != "":
				fmt.Fprintf(&b, `<c %s t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, ref, html.EscapeString(c.Inline))
			case c.Number != "":
				fmt.Fprintf(&b, `<c %s><v>%s</v></c>`, ref, c.Number)
			default:
				fmt.Fprintf(&b, `<c %s t="s"><v>%d</v></c>`, ref, share(c.Text))
			}
		}
		b.WriteString("</row>")
	}
	b.WriteString("</sheetData>")
	if s.Filter {
		b.WriteString(`<autoFilter ref="A1:B9"><filterColumn colId="0"/></autoFilter>`)
	}
	if len(s.Merge) > 0 {
		b.WriteString("<mergeCells>")
		for _, m := range s.Merge {
			fmt.Fprintf(&b, `<mergeCell ref="%s"/>`, m)
		}
		b.WriteString("</mergeCells>")
	}
	b.WriteString("</worksheet>")
	return b.String()
}
