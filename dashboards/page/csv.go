package page

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sellthrough/dashboards/page/period"
	"sellthrough/internal/access"
)

// csv answers a panel as a file for a spreadsheet: UTF-8 with a mark, so that Excel reads Chinese; no cell is a formula.
// More rows than a file may have are an error, because a cut file looks whole.
func (p *Page) csv(w http.ResponseWriter, r *http.Request) {
	q, results, err := p.ask(w, r)
	rows := 0
	for _, t := range results {
		rows += len(t.Rows)
	}
	if err == nil && rows > mostCSV {
		err = fault{http.StatusRequestEntityTooLarge, "large", fmt.Sprintf("%d rows are more than the %d of a file; choose less", rows, mostCSV)}
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	panel, err := q.target(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	access.Note(r.Context(), "export", fmt.Sprintf("board %s, panel %s, %d rows", q.board.UID, r.PathValue("id"), rows))
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(fileName(q.board.Title, panel.Title, q.span)))
	h.Set("Cache-Control", "no-store")
	if _, err := w.Write([]byte("\ufeff")); err != nil {
		return // the browser has gone
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	zone := p.zone(q.board)
	for i, t := range results {
		if i > 0 {
			_ = out.Write(nil) // errors stay with the writer
		}
		record := make([]string, len(t.Columns))
		for j, c := range t.Columns {
			record[j] = harmless(c)
		}
		_ = out.Write(record)
		for _, row := range t.Rows {
			for j, cell := range row {
				record[j] = cellText(t.Types[j], cell, zone)
			}
			if out.Write(record) != nil {
				return
			}
		}
	}
	out.Flush()
}

// cellText is a cell of a file. Instants are in the board's time zone, as on the page.
func cellText(kind string, v any, zone *time.Location) string {
	if t, ok := behind(v).(time.Time); ok {
		if isDay(kind) {
			return t.Format(time.DateOnly)
		}
		return t.In(zone).Format(time.DateTime)
	}
	text := plain(v)
	if isNumber(kind) {
		return text
	}
	return harmless(text)
}

func isNumber(kind string) bool {
	kind = strings.TrimSuffix(strings.TrimPrefix(kind, "Nullable("), ")")
	for _, number := range []string{"Int", "UInt", "Float", "Decimal", "BFloat"} {
		if strings.HasPrefix(kind, number) {
			return true
		}
	}
	return false
}

// harmless keeps a spreadsheet from reading a partner's text as a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(text)[0]) {
		return "'" + text
	}
	return text
}

func fileName(board, panel string, r period.Range) string {
	name := fmt.Sprintf("%s - %s %s to %s", board, panel, r.From.Format(time.DateOnly), r.To.Format(time.DateOnly))
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, c) || c < ' ' {
			return '_'
		}
		return c
	}, name) + ".csv"
}
