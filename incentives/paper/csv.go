package paper

import (
	"bytes"
	"encoding/csv"
	"strings"

	"sellthrough"
	"sellthrough/incentives"
)

// cells are a row's cells: a text, or a decimal.
func cells(r row) []any {
	out := []any{r.programme, r.period, r.statement, r.part, r.of}
	number := func(d *sellthrough.Decimal) any {
		if d == nil {
			return ""
		}
		return *d
	}
	return append(out, number(r.threshold), number(r.rate), r.per, number(r.units), number(r.money), number(r.amount), r.currency, r.note)
}

// csvFile has a mark in front, so that Excel reads 中文; no cell is a formula.
func csvFile(s incentives.Sheet, lang string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.Write(columns(lang)); err != nil {
		return nil, err
	}
	for _, e := range s.Entries {
		for _, r := range rows(e, lang) {
			var record []string
			for _, c := range cells(r) {
				switch c := c.(type) {
				case sellthrough.Decimal:
					record = append(record, c.String())
				case string:
					record = append(record, harmless(c))
				}
			}
			if err := w.Write(record); err != nil {
				return nil, err
			}
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// harmless keeps a spreadsheet from reading a text as a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(text)[0]) {
		return "'" + text
	}
	return text
}
