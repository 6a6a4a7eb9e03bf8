package paper

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/incentives"
)

// The parts of a workbook with one sheet, by ECMA-376 part 1: texts stand in the cells themselves, so that there is no table
// of strings, and none of them is a formula.
var parts = []struct{ name, text string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" ` +
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
		`<sheets><sheet name="Statement" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" ` +
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
}

func xlsx(s incentives.Sheet, lang string) ([]byte, error) {
	var sheet strings.Builder
	sheet.WriteString(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	n := 0
	line := func(cells []any) error {
		n++
		fmt.Fprintf(&sheet, `<row r="%d">`, n)
		for i, c := range cells {
			name := fmt.Sprintf("%c%d", 'A'+i, n)
			switch c := c.(type) {
			case sellthrough.Decimal:
				fmt.Fprintf(&sheet, `<c r="%s"><v>%s</v></c>`, name, c)
			case string:
				if c == "" {
					continue
				}
				fmt.Fprintf(&sheet, `<c r="%s" t="inlineStr"><is><t xml:space="preserve">`, name)
				if err := xml.EscapeText(&sheet, []byte(c)); err != nil {
					return err
				}
				sheet.WriteString(`</t></is></c>`)
			}
		}
		sheet.WriteString(`</row>`)
		return nil
	}
	var head []any
	for _, c := range columns(lang) {
		head = append(head, c)
	}
	err := line(head)
	for _, e := range s.Entries {
		for _, r := range rows(e, lang) {
			if err == nil {
				err = line(cells(r))
			}
		}
	}
	if err != nil {
		return nil, err
	}
	sheet.WriteString(`</sheetData></worksheet>`)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range append(slices.Clip(parts), struct{ name, text string }{"xl/worksheets/sheet1.xml", sheet.String()}) {
		w, err := z.Create(p.name)
		if err == nil {
			_, err = w.Write([]byte(xml.Header + p.text))
		}
		if err != nil {
			return nil, err
		}
	}
	err = z.Close()
	return b.Bytes(), err
}
