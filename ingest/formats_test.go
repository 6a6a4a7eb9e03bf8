package ingest

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/config"
)

const formatSettings = `
data: x
partners:
  - {id: acme, name: Acme, time_zone: Europe/Berlin, currency: EUR, keys: [sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae]}
feeds:
  - id: csv
    partner: acme
    kind: sales
    columns: &named {location: Filiale, item: EAN, qty: Menge, amount: Betrag, kind: {constant: sell_out, negative: return_in}, business_date: Datum}
    numbers: &german {point: ","}
    format: {delimiter: ";"}
    identity: &by {scope: location-day}
    equal_rows_across_files: duplicate
  - {id: gb, partner: acme, kind: sales, columns: {location: 门店, item: 条码, qty: 数量, amount: 金额, kind: {constant: sell_out, negative: return_in}, business_date: 日期}, identity: *by, equal_rows_across_files: duplicate}
  - {id: xlsx, partner: acme, kind: sales, columns: *named, format: {type: xlsx}, identity: *by, equal_rows_across_files: duplicate}
  - {id: html, partner: acme, kind: sales, columns: *named, numbers: *german, format: {type: xls}, identity: *by, equal_rows_across_files: duplicate}
  - {id: ndjson, partner: acme, kind: sales, columns: *named, format: {type: ndjson}, identity: *by, equal_rows_across_files: duplicate}
  - {id: json, partner: acme, kind: sales, columns: {location: $.stores.id, item: EAN, qty: Menge, amount: Betrag, kind: {constant: sell_out, negative: return_in}, business_date: $.day}, format: {type: json, rows: stores.lines}, identity: *by, equal_rows_across_files: duplicate}
  - {id: poslog, partner: acme, kind: sales, format: {type: poslog}, identity: *by, equal_rows_across_files: duplicate}
  - {id: x12, partner: acme, kind: sales, format: {type: x12, edi: {sale: sell_out, negative: return_in, amounts: ["1"]}}, identity: *by, equal_rows_across_files: duplicate}
  - {id: edifact, partner: acme, kind: sales, format: {type: edifact}, identity: *by, equal_rows_across_files: duplicate}
`

// sold is what every body below says: two pieces of one item, a return of another, and a piece in another store.
var sold = []string{
	"S1 4007399434498 sell_out 2 19.98 2026-03-07",
	"S1 4007399434511 return_in -1 -4.50 2026-03-07",
	"S2 4007399434498 sell_out 1 9.99 2026-03-07",
}

// workbook is a minimal XLSX file of one sheet: rows of cells, numbers where they are one.
func workbook(t *testing.T, rows ...[]string) string {
	t.Helper()
	var data strings.Builder
	for i, r := range rows {
		fmt.Fprintf(&data, `<row r="%d">`, i+1)
		for k, c := range r {
			at := fmt.Sprintf("%c%d", 'A'+k, i+1)
			if _, err := sellthrough.ParseDecimal(c); err == nil && len(c) < 12 {
				fmt.Fprintf(&data, `<c r="%s"><v>%s</v></c>`, at, c)
			} else {
				fmt.Fprintf(&data, `<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, at, c)
			}
		}
		data.WriteString("</row>")
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="a" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="http://r"><sheets><sheet name="Verkauf" sheetId="1" r:id="s"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="s" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData>` + data.String() + `</sheetData></worksheet>`,
	} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheSameSalesInEveryFormatAreTheSameLines(t *testing.T) {
	c, err := config.Parse("t.yml", []byte(formatSettings), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	read := func(id sellthrough.FeedID, body string) (lines []string, warnings []string, refusals []string) {
		t.Helper()
		fc, ok := c.Feed(id)
		if !ok {
			t.Fatalf("there is no feed %s", id)
		}
		m, err := mapping.New(fc)
		if err != nil {
			t.Fatal(err)
		}
		f := &feed{config: fc, mapping: m}
		rows, err := openRows(f, c.Limits, strings.NewReader(body))
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if rows.close != nil {
			defer rows.close()
		}
		b, err := m.Bind(rows.columns)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		var cells mapping.Cells
		for {
			fields, row, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				err = b.MapTo(fields, row, &cells)
			}
			if err != nil {
				refusals = append(refusals, err.Error())
				continue
			}
			amount := cells.Amount.String()
			if !cells.HasAmount {
				amount = "-"
			}
			day := time.Unix(int64(cells.Day)*86400, 0).UTC().Format(time.DateOnly)
			lines = append(lines, fmt.Sprintf("%s %s %s %s %s %s", cells.Location, cells.Item, sellthrough.Kind(cells.Kind), cells.Qty, amount, day))
		}
		if rows.warnings != nil {
			warnings = rows.warnings()
		}
		return lines, warnings, refusals
	}
	ok := func(id sellthrough.FeedID, body string) {
		t.Helper()
		lines, warnings, refusals := read(id, body)
		if want := strings.ReplaceAll(strings.Join(sold, "\n"), "-4.50", "-4.5"); strings.Join(lines, "\n") != want || len(refusals) > 0 || len(warnings) > 0 {
			t.Errorf("%s gives\n%s\nwant\n%s\nrefused %v, warnings %v", id, strings.Join(lines, "\n"), want, refusals, warnings)
		}
	}
	csv := "Verkäufe KW 10;;;;\nDatum;Filiale;EAN;Menge;Betrag\n2026-03-07;S1;4007399434498;2;19,98\n2026-03-07;S1;4007399434511;-1;-4,50\n2026-03-07;S2;4007399434498;1;9,99\nSumme;;;2;25,47\n"
	ok("csv", csv)
	// A total that does not agree says so; one that does is no line.
	if _, warnings, _ := read("csv", strings.Replace(csv, "Summe;;;2;25,47", "Summe;;;3;25,47", 1)); !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, "row 6") && strings.Contains(w, "come to 2") }) {
		t.Errorf("a total of 3 over 2 pieces: %v", warnings)
	}
	// GB18030: 日期,门店,条码,数量,金额
	ok("gb", "\xc8\xd5\xc6\xda,\xc3\xc5\xb5\xea,\xcc\xf5\xc2\xeb,\xca\xfd\xc1\xbf,\xbd\xf0\xb6\xee\n2026-03-07,S1,4007399434498,2,19.98\n2026-03-07,S1,4007399434511,-1,-4.50\n2026-03-07,S2,4007399434498,1,9.99\n")
	ok("xlsx", workbook(t, []string{"Datum", "Filiale", "EAN", "Menge", "Betrag"}, []string{"2026-03-07", "S1", "4007399434498", "2", "19.98"},
		[]string{"2026-03-07", "S1", "4007399434511", "-1", "-4.50"}, []string{"2026-03-07", "S2", "4007399434498", "1", "9.99"}))
	ok("html", "<html><body><table><tr><th>Datum<th>Filiale<th>EAN<th>Menge<th>Betrag<tr><td>2026-03-07<td>S1<td>4007399434498<td>2<td>19,98"+
		"<tr><td>2026-03-07<td>S1<td>4007399434511<td>-1<td>-4,50<tr><td>2026-03-07<td>S2<td>4007399434498<td>1<td>9,99</table></body></html>")
	ok("ndjson", `{"Datum":"2026-03-07","Filiale":"S1","EAN":"4007399434498","Menge":2,"Betrag":19.98}
{"Datum":"2026-03-07","Filiale":"S1","EAN":"4007399434511","Menge":-1,"Betrag":-4.50}
{"Datum":"2026-03-07","Filiale":"S2","EAN":"4007399434498","Menge":1,"Betrag":9.99}
`)
	ok("json", `{"day":"2026-03-07","stores":[{"id":"S1","lines":[{"EAN":"4007399434498","Menge":2,"Betrag":19.98},{"EAN":"4007399434511","Menge":-1,"Betrag":-4.50}]},
		{"id":"S2","lines":[{"EAN":"4007399434498","Menge":1,"Betrag":9.99}]}]}`)
	item := func(n int, what, code, qty, amount string) string {
		return fmt.Sprintf(`<LineItem><SequenceNumber>%d</SequenceNumber><%s><ItemID>%s</ItemID><ExtendedAmount>%s</ExtendedAmount><Quantity>%s</Quantity></%s></LineItem>`, n, what, code, amount, qty, what)
	}
	sale := func(store, sequence, items string) string {
		return `<Transaction><RetailStoreID>` + store + `</RetailStoreID><WorkstationID>1</WorkstationID><SequenceNumber>` + sequence +
			`</SequenceNumber><BusinessDayDate>2026-03-07</BusinessDayDate><CurrencyCode>EUR</CurrencyCode><RetailTransaction>` + items + `</RetailTransaction></Transaction>`
	}
	ok("poslog", `<POSLog xmlns="http://www.nrf-arts.org/IXRetail/namespace/">`+sale("S1", "1", item(1, "Sale", "4007399434498", "2", "19.98")+item(2, "Return", "4007399434511", "1", "4.50"))+
		sale("S2", "2", item(1, "Sale", "4007399434498", "1", "9.99"))+`</POSLog>`)
	ok("x12", `ISA*00*          *00*          *ZZ*STOREHUB       *ZZ*AURORA         *260308*0510*U*00401*000000101*0*P*>~
GS*PT*STOREHUB*AURORA*20260308*0510*41*X*004010~
ST*867*0001~
BPT*00*R-1*20260308~
N1*DB**92*S1~
PTD*SS~
DTM*003*20260307~
QTY*32*2*EA~
LIN*1*EN*4007399434498~
AMT*1*19.98~
QTY*32*-1*EA~
LIN*2*EN*4007399434511~
AMT*1*-4.50~
SE*12*0001~
ST*867*0002~
BPT*00*R-2*20260308~
N1*DB**92*S2~
PTD*SS~
DTM*003*20260307~
QTY*32*1*EA~
LIN*1*EN*4007399434498~
AMT*1*9.99~
SE*9*0002~
GE*2*41~
IEA*1*000000101~
`)
	ok("edifact", `UNB+UNOC:3+4260026610003:14+4007399000006:14+260308:0510+7001'
UNH+1+SLSRPT:D:96A:UN:EAN004'
BGM+73E::9+R-1+9'
DTM+137:20260308:102'
DTM+356:20260307:102'
NAD+SE+4260026610102::9'
CUX+2:EUR:10'
LOC+162+S1::9'
LIN+1++4007399434498:EN'
QTY+153:2:PCE'
MOA+203:19.98'
LIN+2++4007399434511:EN'
QTY+61:1:PCE'
MOA+203:4.50'
LOC+162+S2::9'
LIN+1++4007399434498:EN'
QTY+153:1:PCE'
MOA+203:9.99'
UNT+18+1'
UNZ+1+7001'
`)
}
