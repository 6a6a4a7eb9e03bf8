package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sellthrough/ingest/format/formattest/book"
)

const formatFeeds = `
feeds:
  - id: csv
    partner: acme
    kind: sales
    columns: &table {location: Filiale, item: EAN, qty: Menge, amount: Betrag, unit: {constant: PCE}, kind: {constant: sell_out, negative: return_in}, business_date: Datum}
    numbers: {point: ","}
    format: {delimiter: ";"}
    identity: &by {scope: location-day}
    coverage: &all {kind: location-day, hold_above: 100%}
  - {id: xlsx, partner: acme, kind: sales, columns: *table, format: {type: xlsx}, identity: *by, coverage: *all}
  - {id: ndjson, partner: acme, kind: sales, columns: *table, format: {type: ndjson}, identity: *by, coverage: *all}
  - {id: poslog, partner: acme, kind: sales, format: {type: poslog}, columns: &one {unit: {constant: PCE}}, identity: *by, coverage: *all}
  - {id: x12, partner: acme, kind: sales, format: {type: x12, edi: {sale: sell_out, negative: return_in, amounts: ["1"]}}, columns: *one, identity: *by, coverage: *all}
  - {id: edifact, partner: acme, kind: sales, format: {type: edifact}, columns: *one, identity: *by, coverage: *all}
`

// soldLine is a line of a report: the quantity of a return is negative, and so is its amount.
type soldLine struct {
	day, store, item string
	qty              int
	amount           string
}

// inFormats writes a report in every format.
func inFormats(t *testing.T, lines []soldLine) map[string][]byte {
	t.Helper()
	var csv, ndjson, pos, x12, edifact strings.Builder
	sheet := book.Sheet{Name: "Verkauf", Rows: []book.Row{{Cells: []book.Cell{{Text: "Datum"}, {Text: "Filiale"}, {Text: "EAN"}, {Text: "Menge"}, {Text: "Betrag"}}}}}
	csv.WriteString("Datum;Filiale;EAN;Menge;Betrag\n")
	pos.WriteString(`<POSLog xmlns="http://www.nrf-arts.org/IXRetail/namespace/">`)
	x12.WriteString("ISA*00*          *00*          *ZZ*STOREHUB       *ZZ*AURORA         *260308*0510*U*00401*000000101*0*P*>~\nGS*PT*STOREHUB*AURORA*20260308*0510*41*X*004010~\n")
	edifact.WriteString("UNB+UNOC:3+4260026610003:14+4007399000006:14+260308:0510+7001'")
	sets := 0
	for from := 0; from < len(lines); {
		to := from // the lines of one day of one store
		for to < len(lines) && lines[to].day == lines[from].day && lines[to].store == lines[from].store {
			to++
		}
		sets++
		first, compact := lines[from], strings.ReplaceAll(lines[from].day, "-", "")
		fmt.Fprintf(&pos, "<Transaction><RetailStoreID>%s</RetailStoreID><WorkstationID>1</WorkstationID><SequenceNumber>%d</SequenceNumber><BusinessDayDate>%s</BusinessDayDate><CurrencyCode>EUR</CurrencyCode><RetailTransaction>", first.store, sets, first.day)
		fmt.Fprintf(&x12, "ST*867*%04d~\nBPT*00*R-%d*20260309~\nN1*DB**92*%s~\nPTD*SS~\nDTM*003*%s~\n", sets, sets, first.store, compact)
		fmt.Fprintf(&edifact, "UNH+%d+SLSRPT:D:96A:UN:EAN004'BGM+73E::9+R-%d+9'DTM+137:20260309:102'DTM+356:%s:102'NAD+SE+4260026610102::9'CUX+2:EUR:10'LOC+162+%s::9'", sets, sets, compact, first.store)
		segments, parts := 6, 9 // with the trailers, without the lines
		for i, l := range lines[from:to] {
			amount := strings.TrimPrefix(l.amount, "-")
			fmt.Fprintf(&csv, "%s;%s;%s;%d;%s\n", l.day, l.store, l.item, l.qty, strings.Replace(l.amount, ".", ",", 1))
			fmt.Fprintf(&ndjson, `{"Datum":%q,"Filiale":%q,"EAN":%q,"Menge":%d,"Betrag":%s}`+"\n", l.day, l.store, l.item, l.qty, l.amount)
			sheet.Rows = append(sheet.Rows, book.Row{Cells: []book.Cell{{Text: l.day}, {Text: l.store}, {Text: l.item}, {Number: fmt.Sprint(l.qty)}, {Number: l.amount}}})
			what, count, code := "Sale", l.qty, "153"
			if l.qty < 0 {
				what, count, code = "Return", -l.qty, "61"
			}
			fmt.Fprintf(&pos, "<LineItem><SequenceNumber>%d</SequenceNumber><%s><ItemID>%s</ItemID><ExtendedAmount>%s</ExtendedAmount><Quantity>%d</Quantity></%s></LineItem>", i+1, what, l.item, amount, count, what)
			fmt.Fprintf(&x12, "QTY*32*%d*EA~\nLIN*%d*EN*%s~\nAMT*1*%s~\n", l.qty, i+1, l.item, l.amount)
			fmt.Fprintf(&edifact, "LIN+%d++%s:EN'QTY+%s:%d:PCE'MOA+203:%s'", i+1, l.item, code, count, amount)
			segments, parts = segments+3, parts+3
		}
		pos.WriteString("</RetailTransaction></Transaction>")
		fmt.Fprintf(&x12, "SE*%d*%04d~\n", segments, sets)
		fmt.Fprintf(&edifact, "UNT+%d+%d'", parts-1, sets)
		from = to
	}
	pos.WriteString("</POSLog>")
	fmt.Fprintf(&x12, "GE*%d*41~\nIEA*1*000000101~\n", sets)
	fmt.Fprintf(&edifact, "UNZ+%d+7001'", sets)
	workbook := book.Book{Sheets: []book.Sheet{sheet}}
	xlsx, err := workbook.XLSX()
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"csv": []byte(csv.String()), "xlsx": xlsx, "ndjson": []byte(ndjson.String()), "poslog": []byte(pos.String()), "x12": []byte(x12.String()), "edifact": []byte(edifact.String()),
	}
}

// TestTheSameSalesInSixFormatsAreTheSameRowsOfTheLedger sends a report as CSV, as a workbook, as NDJSON, as a POSLog, as an 867
// and as a SLSRPT, and then each once more corrected: what the ledger holds differs in nothing but where it came from.
func TestTheSameSalesInSixFormatsAreTheSameRowsOfTheLedger(t *testing.T) {
	s := start(t, "partners:\n"+partner("acme", "Europe/Berlin", "EUR")+formatFeeds)
	// All that a row says, but for its feed, document and row, and the hashes and numbers of the road that are made of them.
	const query = `SELECT sign, cause, kind, location, place, item, product, unit, currency, qty, amount, raw_qty_micros, flags, business_date, sold_at, counterparty, serial
		FROM sellthrough.movements WHERE feed = '%s' ORDER BY ALL`
	compare := func(what string, bodies map[string][]byte, counts string, rows int) {
		t.Helper()
		for _, feed := range []string{"csv", "xlsx", "ndjson", "poslog", "x12", "edifact"} {
			r := s.push(feed, "acme", nil, bodies[feed])
			if r.Refused > 0 || len(r.Warnings) > 0 {
				t.Fatalf("%s, %s: %v %v", what, feed, r.Refusals, r.Warnings)
			}
			want(t, what+": "+feed, s.counts(r.Submission), counts)
		}
		csv := s.ask(fmt.Sprintf(query, "csv"))
		if got := s.ask("SELECT count() FROM sellthrough.movements WHERE feed = 'csv'"); got != fmt.Sprint(rows) {
			t.Errorf("%s: %s rows, want %d", what, got, rows)
		}
		for _, feed := range []string{"xlsx", "ndjson", "poslog", "x12", "edifact"} {
			if got := s.ask(fmt.Sprintf(query, feed)); got != csv {
				t.Errorf("%s: the rows of %s\n%s\nand of csv\n%s", what, feed, got, csv)
			}
		}
	}
	lines := []soldLine{
		{"2026-03-07", "S1", "4007399434498", 2, "19.98"},
		{"2026-03-07", "S1", "4007399434511", -1, "-4.50"},
		{"2026-03-07", "S1", "4007399434498", 2, "19.98"}, // an equal line is another sale
		{"2026-03-07", "S1", "4007399434528", 3, "7.05"},
		{"2026-03-07", "S2", "4007399434498", 1, "9.99"},
		{"2026-03-07", "S2", "4007399434511", 4, "18.00"},
		{"2026-03-08", "S2", "4007399434498", 12, "119.88"},
	}
	compare("new", inFormats(t, lines), "new 7 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", 7)
	compare("again", inFormats(t, lines), "new 0 duplicate 7 corrected 0 superseded 0 withdrawn 0 held 0", 7)
	corrected := slices.Clone(lines)
	corrected[5].qty, corrected[5].amount = 3, "13.50" // one line says something else, and one of two equal ones is gone
	corrected = slices.Delete(corrected, 2, 3)
	compare("corrected", inFormats(t, corrected), "new 1 duplicate 5 corrected 0 superseded 0 withdrawn 2 held 0", 10)
	s.verify()
}
