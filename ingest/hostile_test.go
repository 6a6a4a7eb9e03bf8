package ingest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/internal/config"
)

// hostileSize is how long a body is that has no end of its own.
const hostileSize = 16 << 20

// endless is a beginning, and then the same again and again up to hostileSize.
func endless(head, again string) io.Reader {
	return io.LimitReader(io.MultiReader(strings.NewReader(head), &looped{text: again}), hostileSize)
}

type looped struct {
	text string
	at   int
}

func (l *looped) Read(p []byte) (n int, err error) {
	for n < len(p) {
		k := copy(p[n:], l.text[l.at:])
		n, l.at = n+k, (l.at+k)%len(l.text)
	}
	return n, nil
}

// heap watches how much memory is held while a body is read.
type heap struct {
	src        io.Reader
	read, next int64
	peak       uint64
}

func (h *heap) Read(p []byte) (int, error) {
	n, err := h.src.Read(p)
	if h.read += int64(n); h.read >= h.next {
		h.next = h.read + 1<<20
		h.look()
	}
	return n, err
}

func (h *heap) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.peak = max(h.peak, m.HeapAlloc)
}

// bombed is a workbook whose sheet unfolds to many times its size.
func bombed(t *testing.T, head, again string, times int) io.Reader {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"_rels/.rels":                `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   "",
	} {
		w, err := z.Create(name)
		if err == nil && text != "" {
			_, err = io.WriteString(w, text)
		} else if err == nil {
			_, err = io.Copy(w, io.MultiReader(strings.NewReader(head), io.LimitReader(&looped{text: again}, int64(times))))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

const hostileColumns = "columns: {document: receipt, item: item, qty: qty, business_date: day}"

// Bodies that are made to hurt: none is read as a line, each is refused with a reason, and however long it is, no more than 64 MB
// are held for it. How long each took is in the test's log.
func TestHostileBodiesAreRefusedInBoundedMemory(t *testing.T) {
	const (
		isa = "ISA*00*          *00*          *ZZ*STOREHUB       *ZZ*AURORA         *260308*0510*U*00401*000000101*0*P*>~\nGS*PD*STOREHUB*AURORA*20260308*0510*41*X*004010~\nST*852*0001~\nXQ*H*20260301~\n"
		unb = "UNB+UNOC:3+4260026610003:14+4007399000006:14+260308:0510+1'UNH+1+SLSRPT:D:96A:UN:EAN004'BGM+73E::9+R-1+9'"
		csv = "receipt,item,qty,day\n"
	)
	wide := strings.Repeat(",x", 1_000_000)
	for _, c := range []struct {
		name, feed string
		body       io.Reader
		reason     string
	}{
		{"csv: a header of a million columns", "", strings.NewReader("receipt,item,qty,day" + wide + "\n1,a,1,2026-03-02\n"), ""},
		{"csv: a row of a million columns", "", strings.NewReader(csv + "1,a,1,2026-03-02" + wide + "\n"), ""},
		{"csv: nothing but delimiters", "", endless("", ","), ""},
		{"csv: a line without end", "", endless(csv, "x"), ""},
		{"csv: a quote that is never closed", "", endless(csv+`1,"`, "a,1,2026-03-02 "), ""},
		{"csv: nothing but quotes", "", endless(csv, `"`), ""},
		{"csv: NUL bytes", "", endless("", "\x00"), ""},
		{"ndjson: an object that nests without end", "format: {type: ndjson}", endless("", `{"a":`), ""},
		{"ndjson: a number without end", "format: {type: ndjson}", endless(`{"qty":`, "9"), ""},
		{"ndjson: a name without end", "format: {type: ndjson}", endless(`{"`, "n"), ""},
		{"json: arrays that nest without end", "format: {type: json}", endless("", "["), ""},
		{"json: a text without end", "format: {type: json}", endless(`[{"receipt":"`, "x"), ""},
		{"json: blanks without end", "format: {type: json}", endless(`[`, " "), ""},
		{"poslog: elements that nest without end", "format: {type: poslog}", endless("<POSLog>", "<a>"), ""},
		{"poslog: an attribute without end", "format: {type: poslog}", endless(`<POSLog a="`, "x"), ""},
		{"poslog: attributes without end", "format: {type: poslog}", endless(`<POSLog`, ` a="b"`), ""},
		{"poslog: a text without end", "format: {type: poslog}", endless("<POSLog><Transaction><RetailStoreID>", "x"), ""},
		{"poslog: entities that unfold", "format: {type: poslog}", strings.NewReader(`<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><POSLog>&c;</POSLog>`), "document type"},
		{"gs1xml: elements that nest without end", "format: {type: gs1xml}\nkind: stock", endless(`<inventoryReportMessage xmlns="urn:gs1:ecom:inventory_report:xsd:3">`, "<x>"), ""},
		{"rosettanet: a part without end", "format: {type: rosettanet}\ncolumns: {business_date: business_date}", endless("MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: application/xml\r\n\r\n", "x"), ""},
		{"x12: a segment without end", "format: {type: x12}", endless(isa+"LIN*", "x*"), ""},
		{"x12: an element without end", "format: {type: x12}", endless(isa+"LIN*", "x"), ""},
		{"x12: segments of one set without end", "format: {type: x12}", endless(isa, "ZA*QS*1*EA~"), ""},
		{"x12: counts that lie", "format: {type: x12}", strings.NewReader(isa + "SE*4000000000*0001~\nGE*4000000000*41~\nIEA*4000000000*000000101~\n"), ""},
		{"edifact: a segment without end", "format: {type: edifact}", endless(unb+"LIN+", "x:"), ""},
		{"edifact: release characters without end", "format: {type: edifact}", endless(unb+"LIN+", "?+"), ""},
		{"edifact: counts that lie", "format: {type: edifact}", strings.NewReader(unb + "UNT+4000000000+1'UNZ+4000000000+1'"), ""},
		{"xlsx: a sheet that unfolds a thousandfold", "format: {type: xlsx}", bombed(t, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`, strings.Repeat(" ", 4096), 256<<20), "unfold"},
		{"xlsx: a row of a million cells", "format: {type: xlsx}", bombed(t, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">`, `<c t="str"><v>x</v></c>`, 24<<20), ""},
		{"html: tables that nest without end", "format: {type: html}", endless("<html>", "<table><tr><td>"), ""},
		{"html: a cell without end", "format: {type: html}", endless("<html><table><tr><td>", "x"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			feed := hostileFeed(t, c.feed)
			runtime.GC()
			h := &heap{src: c.body}
			h.look()
			before, begun := h.peak, time.Now()
			p, err := Read(&feed.Feeds[0], feed.Limits, h, 5)
			h.look()
			t.Logf("%s, %d MB read, %d MB held", time.Since(begun).Round(time.Millisecond), h.read>>20, (h.peak-before)>>20)
			reason := ""
			if r, ok := sellthrough.AsRefusal(err); ok {
				reason = r.Error()
			} else if err != nil {
				t.Fatal(err)
			}
			for i := range p.Refusals {
				reason += "\n" + p.Refusals[i].Error()
			}
			if p.Accepted > 0 || reason == "" || !strings.Contains(reason, c.reason) || len(reason) > 4000 {
				t.Errorf("%d lines, refused for: %.600s", p.Accepted, reason)
			}
			if held := h.peak - before; held > 64<<20 {
				t.Errorf("%d MB were held for it", held>>20)
			}
		})
	}
}

func hostileFeed(t *testing.T, more string) *config.Config {
	t.Helper()
	text := "data: " + t.TempDir() + "\npartners:\n  - {id: acme, name: Acme, time_zone: Europe/Berlin, currency: EUR, keys: [" + string(config.HashKey("k")) + "]}\nfeeds:\n  - id: f\n    partner: acme\n"
	standard := false
	for line := range strings.Lines(more + "\n") {
		if line = strings.TrimSpace(line); line != "" {
			text += "    " + line + "\n"
		}
		for _, s := range []string{"x12", "edifact", "poslog", "gs1xml", "rosettanet"} {
			standard = standard || strings.Contains(line, s)
		}
	}
	if !strings.Contains(more, "kind:") {
		text += "    kind: sales\n    identity: {scope: document}\n    equal_rows_across_files: duplicate\n"
	}
	if !standard {
		text += "    " + hostileColumns + "\n"
	}
	c, err := config.Parse("hostile.yml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(fmt.Errorf("%w\n%s", err, text))
	}
	return c
}
