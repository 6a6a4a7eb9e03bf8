package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/format/formattest/book"
	"sellthrough/internal/config"
)

// formatBody is a body of one format, and the feed that reads it.
type formatBody struct {
	name   string
	feed   string
	body   func(lines int) []byte
	lines  int
	budget float64 // megabytes a second of one core; 0: rows
	rows   float64 // rows a second of one core
}

const formatFeeds = `
data: x
partners:
  - {id: p, name: P, time_zone: Europe/Berlin, currency: EUR, keys: [sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae]}
feeds:
  - {id: csv, partner: p, kind: sales, columns: &named {document: receipt, location: store, item: item, qty: qty, amount: amount, at: at}, identity: &by {scope: location-day, line_key: [line]}, coverage: &day {kind: location-day}}
  - {id: ndjson, partner: p, kind: sales, columns: *named, identity: *by, coverage: *day, format: {type: ndjson}}
  - {id: json, partner: p, kind: sales, columns: *named, identity: *by, coverage: *day, format: {type: json, rows: rows}}
  - {id: xlsx, partner: p, kind: sales, columns: *named, identity: *by, coverage: *day, format: {type: xlsx}}
  - {id: xls, partner: p, kind: sales, columns: *named, identity: *by, coverage: *day, format: {type: xls}}
  - {id: html, partner: p, kind: sales, columns: *named, identity: *by, coverage: *day, format: {type: html}}
  - {id: x12-sales, partner: p, kind: sales, format: {type: x12, edi: {basis: [CT]}}, columns: {location: {constant: dc}, amount: {price: price}}, identity: {scope: document}, coverage: {kind: document}}
  - {id: x12-stock, partner: p, kind: stock, format: {type: x12}}
  - {id: slsrpt, partner: p, kind: sales, format: {type: edifact}, columns: {amount: {price: price}}, identity: {scope: location-day}, coverage: {kind: location-day}}
  - {id: invrpt, partner: p, kind: stock, format: {type: edifact}}
  - {id: poslog, partner: p, kind: sales, format: {type: poslog, poslog: {void: signed}}, identity: {scope: location-day}, coverage: {kind: location-day}}
  - {id: gs1xml, partner: p, kind: stock, format: {type: gs1xml}, columns: {at: {column: at, zone: written}}}
  - {id: rosettanet, partner: p, kind: stock, format: {type: rosettanet}, columns: {document: {constant: x}, at: {column: at, layouts: [YYYYMMDDTHHmmssZ]}}}
`

// row is what all the bodies say, in the words of a table.
func formatRow(i int) (receipt, line, place, code, qty, amount, at string) {
	return fmt.Sprintf("R%07d", i/4), fmt.Sprint(1 + i%4), store(i / 1000 % stores), item(i * 7919 % items), fmt.Sprint(1 + i%3),
		fmt.Sprintf("%d.%02d", 5+i%90, i%100), firstDay.Add(time.Duration(i%36_000) * time.Second).Format(time.DateTime)
}

func rows(lines int, head, foot string, row func(b *bytes.Buffer, cells ...string)) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	for i := range lines {
		r, l, s, c, q, a, at := formatRow(i)
		row(&b, r, l, s, c, q, a, at)
	}
	b.WriteString(foot)
	return b.Bytes()
}

func joined(b *bytes.Buffer, cells ...string) {
	b.WriteString(strings.Join(cells, ","))
	b.WriteByte('\n')
}

func object(b *bytes.Buffer, c ...string) {
	fmt.Fprintf(b, `{"receipt":%q,"line":%s,"store":%q,"item":%q,"qty":%s,"amount":%s,"at":%q}`+"\n", c[0], c[1], c[2], c[3], c[4], c[5], c[6])
}

func bookOf(lines int) book.Book {
	cell := func(s string, number bool) book.Cell {
		if number {
			return book.Cell{Number: s}
		}
		return book.Cell{Text: s}
	}
	s := book.Sheet{Name: "Sales"}
	add := func(number bool, cells ...string) {
		var r book.Row
		for i, c := range cells {
			r.Cells = append(r.Cells, cell(c, number && (i == 1 || i == 4 || i == 5)))
		}
		s.Rows = append(s.Rows, r)
	}
	add(false, "receipt", "line", "store", "item", "qty", "amount", "at")
	for i := range lines {
		r, l, p, c, q, a, at := formatRow(i)
		add(true, r, l, p, c, q, a, at)
	}
	return book.Book{Sheets: []book.Sheet{s}}
}

func x12Body(set, group, head string, line func(i int) string) func(int) []byte {
	return func(lines int) []byte {
		var b bytes.Buffer
		fmt.Fprintf(&b, "ISA*00*          *00*          *ZZ*STOREHUB       *ZZ*AURORA         *260308*0510*U*00401*000000101*0*P*>~\nGS*%s*STOREHUB*AURORA*20260308*0510*41*X*004010~\nST*%s*0001~\n%s", group, set, head)
		for i := range lines {
			b.WriteString(line(i))
		}
		n := bytes.Count(b.Bytes(), []byte("~")) - 2 + 1
		fmt.Fprintf(&b, "SE*%d*0001~\nGE*1*41~\nIEA*1*000000101~\n", n)
		return b.Bytes()
	}
}

func edifactBody(message, head string, line func(i int) string) func(int) []byte {
	return func(lines int) []byte {
		var b bytes.Buffer
		fmt.Fprintf(&b, "UNB+UNOC:3+4260026610003:14+4007399000006:14+260308:0510+1'\nUNH+1+%s'\n%s", message, head)
		for i := range lines {
			b.WriteString(line(i))
		}
		n := bytes.Count(b.Bytes(), []byte("'"))
		fmt.Fprintf(&b, "UNT+%d+1'\nUNZ+1+1'\n", n)
		return b.Bytes()
	}
}

func formatBodies() []formatBody {
	gtin := func(i int) string { return fmt.Sprintf("40073994%05d", i*7919%items) }
	return []formatBody{
		{name: "CSV", feed: "csv", lines: 400_000, budget: 300, body: func(n int) []byte { return rows(n, "receipt,line,store,item,qty,amount,at\n", "", joined) }},
		{name: "NDJSON", feed: "ndjson", lines: 200_000, budget: 200, body: func(n int) []byte { return rows(n, "", "", object) }},
		{name: "JSON, rows in an envelope", feed: "json", lines: 200_000, body: func(n int) []byte {
			return bytes.ReplaceAll(append(bytes.TrimSuffix(rows(n, `{"rows":[`, "", object), []byte("\n")), "]}"...), []byte("}\n{"), []byte("},\n{"))
		}},
		{name: "XLSX", feed: "xlsx", lines: 60_000, rows: 50_000, body: func(n int) []byte { b := bookOf(n); return must(b.XLSX()) }},
		{name: "XLS", feed: "xls", lines: 40_000, body: func(n int) []byte { b := bookOf(n); return must(b.XLS()) }},
		{name: "HTML named .xls", feed: "html", lines: 60_000, body: func(n int) []byte {
			return rows(n, "<html><meta charset=utf-8><table><tr><th>receipt<th>line<th>store<th>item<th>qty<th>amount<th>at</tr>\n", "</table></html>", func(b *bytes.Buffer, c ...string) {
				b.WriteString("<tr><td>" + strings.Join(c, "</td><td>") + "</td></tr>\n")
			})
		}},
		{name: "X12 852, stock", feed: "x12-stock", lines: 60_000, budget: 100, body: x12Body("852", "PD", "XQ*G*20260302*20260308*R1*00~\nN1*RL*Hafen*92*3001~\n", func(i int) string {
			return fmt.Sprintf("LIN*%d*UP*%s*VN*AUR-%05d*IN*990402230~\nCTP**RTL*12.57~\nZA*QS*88*EA~\nZA*QA*415*EA~\nZA*QP*100*EA~\n", i, gtin(i), i*7919%items)
		})},
		{name: "X12 867", feed: "x12-sales", lines: 40_000, budget: 100, body: x12Body("867", "PT", "BPT*00*R1*20260302~\nN1*DS*Distributor*91*D1~\n", func(i int) string {
			return fmt.Sprintf("PTD*SS~\nN1*ST*SOUTHEAST HOSPITAL*21*89KGH%04d~\nN3*155 FULTON AVENUE~\nN4*CHARLESTON*SC*29401~\nQTY*32*15*BX~\nLIN**MG*AUR-%05d*UK*30387698433527~\nUIT*BX*18.25*CT~\nREF*DI*DIN%06d~\nDTM*003*20260301~\n", i%500, i*7919%items, i)
		})},
		{name: "X12 846", feed: "x12-stock", lines: 80_000, budget: 100, body: x12Body("846", "IB", "BIA*00*SI*R1*20260308*0430~\nN1*WH*Central*92*W01~\n", func(i int) string {
			return fmt.Sprintf("LIN*%d*BP*46L%05d*VP*AUR-%05d~\nQTY*17*5250*EA~\nQTY*27*100*EA~\nQTY*33*5150*EA~\n", i, i*7919%items, i*7919%items)
		})},
		{name: "EDIFACT SLSRPT", feed: "slsrpt", lines: 80_000, budget: 100, body: edifactBody("SLSRPT:D:96A:UN:EAN004", "BGM+73E::9+R1+9'\nDTM+356:20260307:102'\nNAD+SE+4260026610102::9'\nCUX+2:EUR:10'\nLOC+162+4260026610102::9'\n", func(i int) string {
			return fmt.Sprintf("LIN+%d++%s:EN'\nRFF+SA:76'\nRFF+SP:108'\nPRI+AAE:39.95::RTP'\nQTY+153:%d:PCE'\n", i, gtin(i), 1+i%3)
		})},
		{name: "EDIFACT INVRPT", feed: "invrpt", lines: 80_000, budget: 100, body: edifactBody("INVRPT:D:96A:UN:EAN004", "BGM+35+R1+9'\nDTM+366:20260307:102'\nNAD+WH+4260026610102::9'\n", func(i int) string {
			return fmt.Sprintf("LIN+%d++%s:EN'\nPIA+1+AUR-%05d:SA'\nQTY+17:310:PCE'\nQTY+145:300:PCE'\nQTY+66:25:PCE'\n", i, gtin(i), i*7919%items)
		})},
		{name: "POSLog", feed: "poslog", lines: 20_000, budget: 60, body: func(n int) []byte {
			return rows(n, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<POSLog xmlns=\"http://www.nrf-arts.org/IXRetail/namespace/\">\n", "</POSLog>\n", func(b *bytes.Buffer, c ...string) {
				fmt.Fprintf(b, "<Transaction><RetailStoreID>%s</RetailStoreID><WorkstationID>34</WorkstationID><SequenceNumber>%s%s</SequenceNumber><BusinessDayDate>%s</BusinessDayDate><EndDateTime>%s</EndDateTime><CurrencyCode>EUR</CurrencyCode>\n"+
					"<RetailTransaction><LineItem><SequenceNumber>1</SequenceNumber><Sale ItemType=\"Stock\"><POSIdentity POSIDType=\"GTIN\"><POSItemID>%s</POSItemID></POSIdentity><ItemID>%s</ItemID><RegularSalesUnitPrice>%s</RegularSalesUnitPrice><ActualSalesUnitPrice>%s</ActualSalesUnitPrice><ExtendedAmount>%s</ExtendedAmount><Quantity UnitOfMeasureCode=\"EA\">%s</Quantity></Sale></LineItem>\n"+
					"<LineItem><SequenceNumber>2</SequenceNumber><Tender TenderType=\"Cash\"><Amount Currency=\"EUR\">%s</Amount></Tender></LineItem><Total TotalType=\"TransactionGrandAmount\">%s</Total></RetailTransaction></Transaction>\n",
					c[2], c[0][1:], c[1], c[6][:10], strings.Replace(c[6], " ", "T", 1), c[3], c[3], c[5], c[5], c[5], c[4], c[5], c[5])
			})
		}},
		{name: "GS1 XML", feed: "gs1xml", lines: 20_000, body: func(n int) []byte {
			return rows(n, `<ir:inventoryReportMessage xmlns:ir="urn:gs1:ecom:inventory_report:xsd:3"><inventoryReport><creationDateTime>2026-03-02T20:00:00+01:00</creationDateTime><documentStatusCode>ORIGINAL</documentStatusCode><inventoryReportIdentification><entityIdentification>IS1</entityIdentification></inventoryReportIdentification>`+"\n",
				"</inventoryReport></ir:inventoryReportMessage>\n", func(b *bytes.Buffer, c ...string) {
					fmt.Fprintf(b, "<inventoryItemLocationInformation><inventoryLocation><gln>%s</gln></inventoryLocation><transactionalTradeItem><gtin>0%s</gtin></transactionalTradeItem><inventoryStatusLineItem><lineItemNumber>%s</lineItemNumber><inventoryStatusQuantitySpecification><inventoryStatusType>ON_HAND</inventoryStatusType><quantityOfUnits measurementUnitCode=\"EA\">%s</quantityOfUnits></inventoryStatusQuantitySpecification></inventoryStatusLineItem></inventoryItemLocationInformation>\n", c[2], c[3], c[1], c[4])
				})
		}},
		{name: "RosettaNet 4C1", feed: "rosettanet", lines: 20_000, body: func(n int) []byte {
			return rows(n, "<Pip4C1InventoryReportNotification><InventoryReport><inventoryReportDateTime><DateTimeStamp>20260302T180000Z</DateTimeStamp></inventoryReportDateTime>\n", "</InventoryReport></Pip4C1InventoryReportNotification>\n", func(b *bytes.Buffer, c ...string) {
				fmt.Fprintf(b, "<InventoryReportLineItem><GlobalProductUnitOfMeasureCode>Each</GlobalProductUnitOfMeasureCode><inventoryLocation><ProprietaryLocationIdentifier>%s</ProprietaryLocationIdentifier></inventoryLocation><InventoryProductQuantity><GlobalInventoryCode>On Hand</GlobalInventoryCode><ProductQuantity>%s</ProductQuantity></InventoryProductQuantity><ProductIdentification><GlobalProductIdentifier>%s</GlobalProductIdentifier></ProductIdentification></InventoryReportLineItem>\n", c[2], c[4], c[3])
			})
		}},
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err) // a body of the bench itself
	}
	return b
}

// formatTimes is what one format takes.
type formatTimes struct {
	formatBody
	bytes    int
	accepted int64
	mbps     []float64 // per second of CPU, of each pass
	rowsps   []float64
}

// runFormats reads bodies of every format from bytes to lines, on one core, and prints what a second of it takes. CPU
// time is the process's own, so that other programs on the machine count for little; it contains the garbage collector.
func runFormats(ctx context.Context, out io.Writer, only string) error {
	c, err := config.Parse("formats", []byte(formatFeeds), func(string) (string, bool) { return "", false })
	if err != nil {
		return err
	}
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	var all []formatTimes
	for _, f := range formatBodies() {
		if only != "all" && !strings.Contains(strings.ToLower(f.name), strings.ToLower(only)) {
			continue
		}
		feed, _ := c.Feed(sellthrough.FeedID(f.feed))
		body := f.body(f.lines)
		t := formatTimes{formatBody: f, bytes: len(body)}
		say("%s: %.1f MB", f.name, float64(len(body))/1e6)
		for pass := 0; pass < 7 && ctx.Err() == nil; pass++ {
			runtime.GC()
			begun := ownCPU()
			p, err := (&ingest.Walk{}).Through(feed, c.Limits, bytes.NewReader(body))
			took := (ownCPU() - begun).Seconds()
			if err != nil || p.Refused > 0 || p.Accepted == 0 {
				return fmt.Errorf("%s: %d lines, %d refused, %w", f.name, p.Accepted, p.Refused, err)
			}
			if t.accepted = p.Accepted; pass > 0 { // the first one warms up
				t.mbps = append(t.mbps, float64(len(body))/1e6/took)
				t.rowsps = append(t.rowsps, float64(p.Accepted)/took)
			}
		}
		all = append(all, t)
	}
	printFormats(out, all)
	return ctx.Err()
}

// ownCPU is the time that the process has spent on the processor.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func printFormats(out io.Writer, all []formatTimes) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "\nfrom bytes to lines, on one core: median and best of %d passes, by CPU time\n\n", 6)
	fmt.Fprintln(w, "format\tbody\tMB/s\tbest\tlines/s\tbudget\t")
	fmt.Fprintln(w, "------\t----\t----\t----\t-------\t------\t")
	for _, t := range all {
		if len(t.mbps) == 0 {
			continue
		}
		slices.Sort(t.mbps)
		slices.Sort(t.rowsps)
		mid, rows := t.mbps[len(t.mbps)/2], t.rowsps[len(t.rowsps)/2]
		budget, ok := "", ""
		switch {
		case t.budget > 0:
			budget, ok = fmt.Sprintf(">= %.0f MB/s", t.budget), verdict(mid >= t.budget)
		case t.rows > 0:
			budget, ok = fmt.Sprintf(">= %.0f lines/s", t.rows), verdict(rows >= t.rows)
		}
		fmt.Fprintf(w, "%s\t%.1f MB, %d lines\t%.0f\t%.0f\t%.0f\t%s\t%s\n", t.name, float64(t.bytes)/1e6, t.accepted, mid, t.mbps[len(t.mbps)-1], rows, budget, ok)
	}
	_ = w.Flush()
}
