package paper

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"strconv"
	"time"

	"sellthrough"
	"sellthrough/incentives"
)

const style = `body{font:14px/1.4 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2em;color:#1b1f24}h1{font-size:1.4em}h2{font-size:1.1em;margin:1.6em 0 .3em}` +
	`table{border-collapse:collapse;width:100%}th,td{padding:.25em .6em;border-bottom:1px solid #d8dee4;text-align:left;vertical-align:top}.n{text-align:right;font-variant-numeric:tabular-nums}` +
	`.total td{font-weight:600;border-top:1px solid #1b1f24}.small{color:#59636e;font-size:.85em;word-break:break-all}@media print{body{margin:0}}`

// Policy is the Content-Security-Policy of a page: its own style, and nothing else.
func Policy() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Title}} – {{.Partner}} – {{.Period}}</title><style>` + style + `</style></head><body>
<h1>{{.Title}}</h1>
<p>{{.Words.partner}}: <b>{{.Partner}}</b> · {{.Words.period}}: <b>{{.Period}}</b>{{if .Known}} · {{.Words.known}} {{.Known}}{{end}}</p>
{{range .Entries}}<h2>{{.Head}}</h2>
<table><thead><tr><th>{{$.Words.part}}</th><th>{{$.Words.of}}</th><th class="n">{{$.Words.threshold}}</th><th class="n">{{$.Words.rate}}</th><th class="n">{{$.Words.units}}</th><th class="n">{{$.Words.money}}</th><th class="n">{{$.Words.amount}} ({{.Currency}})</th><th>{{$.Words.note}}</th></tr></thead><tbody>
{{range .Rows}}<tr{{if .Total}} class="total"{{end}}><td>{{.Part}}</td><td>{{.Of}}</td><td class="n">{{.Threshold}}</td><td class="n">{{.Rate}}</td><td class="n">{{.Units}}</td><td class="n">{{.Money}}</td><td class="n">{{.Amount}}</td><td>{{.Note}}</td></tr>
{{end}}</tbody></table>
{{if .Hash}}<p class="small">{{$.Words.hash}} {{.Hash}}{{if .Before}}<br>{{$.Words.before}} {{.Before}}{{end}}<br>{{$.Words.reference}} {{.Reference}}</p>{{end}}
{{else}}<p>{{.Words.none}}</p>
{{end}}</body></html>
`))

type printed struct {
	Part, Of, Threshold, Rate, Units, Money, Amount, Note string
	Total                                                 bool
}

type entry struct {
	Head, Currency, Hash, Before string
	Reference                    uint64
	Rows                         []printed
}

func html(s incentives.Sheet, lang string) ([]byte, error) {
	d := struct {
		Lang, Title, Partner, Period, Known string
		Words                               map[string]string
		Entries                             []entry
	}{Lang: "en", Title: said(lang, "title"), Partner: s.Partner, Period: s.Period.Name, Words: map[string]string{}}
	if lang == "zh" {
		d.Lang = "zh-CN"
	}
	for w := range words {
		d.Words[w] = said(lang, w)
	}
	if !s.Known.IsZero() {
		d.Known = s.Known.UTC().Format(time.RFC3339)
	}
	text := func(d *sellthrough.Decimal) string {
		if d == nil {
			return ""
		}
		return d.String()
	}
	for _, e := range s.Entries {
		var x entry
		for _, r := range rows(e, lang) {
			x.Head, x.Currency = r.programme+" · "+r.period+" · "+r.statement, r.currency
			rate := text(r.rate)
			if rate != "" && r.per != "" {
				rate += " " + r.per
			}
			x.Rows = append(x.Rows, printed{r.part, r.of, text(r.threshold), rate, text(r.units), text(r.money), text(r.amount), r.note, r.total})
		}
		if c := e.Closed; c != nil {
			x.Hash, x.Before, x.Reference = c.Hash, c.Before, c.Reference
			x.Head = e.Programme + " · " + e.Period + " · " + said(lang, "statement") + " " + strconv.Itoa(c.Number) + " · " + closedBy(lang, c)
		}
		d.Entries = append(d.Entries, x)
	}
	var b bytes.Buffer
	err := page.Execute(&b, d)
	return b.Bytes(), err
}
