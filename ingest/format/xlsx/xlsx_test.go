package xlsx

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/ingest/format/sheet"
)

// book writes a workbook of parts. Sheets are their XML between <sheetData> and </sheetData>, or a whole <worksheet>.
type book struct {
	sheets  []string // name, XML, name, XML, ...
	states  map[string]string
	strings string // <si>s
	formats string // <numFmt>s
	xfs     string // <xf>s of cells
	epoch   string
	more    map[string]string
	stored  bool // without compression, which fuzzing need not wait for
}

func (b book) bytes(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	add := func(name, text string) {
		method := zip.Deflate
		if b.stored {
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	const decl = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	add("_rels/.rels", decl+`<Relationships><Relationship Id="rId1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	var list, rels strings.Builder
	for i := 0; i < len(b.sheets); i += 2 {
		n := i/2 + 1
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d" state="%s" r:id="rId%d"/>`, b.sheets[i], n, b.states[b.sheets[i]], n)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="http://x/worksheet" Target="worksheets/sheet%d.xml"/>`, n, n)
		text := b.sheets[i+1]
		if !strings.HasPrefix(text, "<worksheet") {
			text = `<worksheet xmlns="http://x"><dimension ref="A1"/><sheetData>` + text + `</sheetData></worksheet>`
		}
		add(fmt.Sprintf("xl/worksheets/sheet%d.xml", n), decl+text)
	}
	rels.WriteString(`<Relationship Id="rS" Type="http://x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rT" Type="http://x/styles" Target="/xl/styles.xml"/>`)
	add("xl/workbook.xml", decl+`<workbook xmlns:r="http://r"><workbookPr date1904="`+b.epoch+`"/><sheets>`+list.String()+`</sheets></workbook>`)
	add("xl/_rels/workbook.xml.rels", decl+`<Relationships>`+rels.String()+`</Relationships>`)
	add("xl/sharedStrings.xml", decl+`<sst>`+b.strings+`</sst>`)
	add("xl/styles.xml", decl+`<styleSheet><numFmts>`+b.formats+`</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>`+b.xfs+`</cellXfs></styleSheet>`)
	for name, text := range b.more {
		add(name, text)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read gives the rows of the only sheet as "1:a|b", faults as "!", refusals as "2!".
func read(t testing.TB, body []byte, o Options) string {
	t.Helper()
	b, err := Open(bytes.NewReader(body), int64(len(body)), o)
	if err != nil {
		return err.Error()
	}
	rows, err := b.Rows(b.Sheets()[0])
	if err != nil {
		return err.Error()
	}
	return all(t, rows)
}

func all(t testing.TB, rows *Rows) string {
	t.Helper()
	var out []string
	for range 100_000 {
		fields, row, err := rows.Next()
		if err == io.EOF {
			return strings.Join(out, " ")
		}
		if f, ok := sellthrough.AsRefusal(err); ok {
			out = append(out, fmt.Sprintf("%d! %s", row, f.Reason))
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		s := fmt.Sprintf("%d:%s", row, bytes.Join(fields, []byte("|")))
		for _, f := range rows.Faults() {
			s += fmt.Sprintf(" (%d %q: %s)", f.Column, f.Value, strings.SplitN(f.Reason, ";", 2)[0])
		}
		out = append(out, s)
	}
	return "endless"
}

func TestCells(t *testing.T) {
	base := book{
		strings: `<si><t>门店</t></si><si><r><rPr><b/></rPr><t xml:space="preserve">Tom </t></r><r><t>&amp; Jerry</t></r><rPh sb="0" eb="1"><t>READING</t></rPh></si><si><t>two_x000D_
lines</t></si><si/>`,
		formats: `<numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/><numFmt numFmtId="171" formatCode="000000"/>`,
		xfs:     `<xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="2"/>`,
	}
	ok := func(cells, want string) {
		t.Helper()
		b := base
		b.sheets = []string{"S", cells}
		if got := read(t, b.bytes(t), Options{MaxField: 30, MaxLine: 60}); got != want {
			t.Errorf("%s:\n got %s\nwant %s", cells, got, want)
		}
	}
	ok(``, "")
	ok(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>`, "1:门店|Tom & Jerry")
	ok(`<row r="3"><c r="C3"><v>1</v></c></row>`, "3:||1")                  // empty cells and rows are left out
	ok(`<row><c><v>1</v></c><c><v>2</v></c></row><row><c/></row>`, "1:1|2") // no places: in order; a row of nothing is none
	ok(`<row r="1"><c r="AA1"><v>1</v></c></row>`, "1:"+strings.Repeat("|", 26)+"1")
	ok(`<row r="1"><c r="A1"><v>125.43999999999998</v></c><c r="B1"><v>1E2</v></c></row>`, "1:125.44|100")
	ok(`<row r="1"><c r="A1" s="1"><v>46349</v></c><c r="B1" s="2"><v>46349.4375</v></c><c r="C1" s="3"><v>46349</v></c></row>`, "1:2026-11-23|2026-11-23 10:30:00|2026-11-23")
	ok(`<row r="1"><c r="A1" s="4"><v>123</v></c><c r="B1" s="5"><v>46349</v></c></row>`, "1:000123|46349")
	ok(`<row r="1"><c r="A1" t="inlineStr"><is><t>a &lt;b&gt; &#x4E2D;&#25991;</t></is></c><c r="B1" t="str"><f>A1</f><v>x</v></c><c r="C1" t="b"><v>1</v></c><c r="D1" t="d"><v>2026-11-23T00:00:00</v></c></row>`, "1:a <b> 中文|x|TRUE|2026-11-23T00:00:00")
	ok(`<row r="1"><c r="A1" t="s"><v>2</v></c><c r="B1"><f>1+1</f><v>2</v></c><c r="C1" t="s"><v>3</v></c></row>`, "1:two\r\nlines|2|")
	ok(`<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row>`, "1:1") // with a prefix
	ok(`<!-- a <c> in a remark --><row r="1"><c r="A1"><v>1</v></c></row>`, "1:1")
	// faults, which refuse a row only where the feed reads the column
	ok(`<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1"><v>2</v></c></row>`, `1:#N/A|2 (0 "#N/A": the cell is an error of a formula)`)
	ok(`<row r="1"><c r="A1"><f>B1</f></c></row>`, `1: (0 "": the formula has no result in the file)`)
	ok(`<row r="1"><c r="A1"><f>B1</f><v></v></c></row>`, `1: (0 "": the formula has no result in the file)`)
	ok(`<row r="1"><c r="A1" t="str"><f>B1</f><v></v></c><c r="B1"><v>1</v></c></row>`, "1:|1") // a formula of no text
	ok(`<row r="1"><c r="A1"><v>1.2345678901234568E+17</v></c></row>`, `1:1.23456789012346E+17 (0 "1.23456789012346E+17": a workbook keeps 15 digits of a number, and this one has more, so its last digits are lost)`)
	ok(`<row r="1"><c r="A1" s="1"><v>60</v></c></row>`, `1:60 (0 "60": this is 29 February 1900, a day that spreadsheets made up)`)
	ok(`<row r="1"><c r="A1" t="inlineStr"><is><t>`+strings.Repeat("x", 31)+`</t></is></c></row>`, `1: (0 "": the text of the cell is longer than the limit)`)
	long := `<c t="inlineStr"><is><t>` + strings.Repeat("x", 29) + `</t></is></c>`
	ok(`<row r="1">`+strings.Repeat(long, 3)+`</row><row r="2"><c><v>1</v></c></row>`, `1! the row of sheet "S" is longer than the limit; look at its cells, or raise limits.line 2:1`)
	// what is no workbook at all
	bad := func(cells, part string) {
		t.Helper()
		b := base
		b.sheets = []string{"S", cells}
		if got := read(t, b.bytes(t), Options{}); !strings.Contains(got, "0! the workbook is damaged") || !strings.Contains(got, part) {
			t.Errorf("%s: %s", cells, got)
		}
	}
	bad(`<row r="2"/><row r="1"/>`, `row "1" follows row 2`)
	bad(`<row r="1"><c r="B1"/><c r="A1"/></row>`, "stands behind")
	bad(`<row r="1"><c r="A1" t="s"><v>9</v></c></row>`, "not in the workbook")
	bad(`<row r="1"><c r="ZZZ1"><v>9</v></c></row>`, "columns")
	bad(`<row r="1"><c r="A1" t="x"><v>9</v></c></row>`, "unknown type")
	bad(`<row r="1"><c r="A1" t="inlineStr"><is><t>&bomb;</t></is></c></row>`, "entity")
	bad(`<!DOCTYPE x [<!ENTITY a "b">]><row/>`, "document type")
	bad(`<worksheet><sheetData><row r="1"><c r="A1"><v>1`, "unexpected EOF")
}

func TestDaysOfOldMacintoshWorkbooks(t *testing.T) {
	b := book{epoch: "1", xfs: `<xf numFmtId="14"/>`, sheets: []string{"S", `<row r="1"><c r="A1" s="1"><v>44887</v></c></row>`}}
	if got := read(t, b.bytes(t), Options{}); got != "1:2026-11-23" {
		t.Error(got)
	}
}

func header(names ...string) string {
	var b strings.Builder
	b.WriteString(`<row>`)
	for _, n := range names {
		fmt.Fprintf(&b, `<c t="inlineStr"><is><t>%s</t></is></c>`, n)
	}
	return b.String() + `</row>`
}

func TestTheSheetIsNamedOrTheOnlyOneWithTheHeader(t *testing.T) {
	names := []string{"Item", "Qty"}
	pick := func(b book, name string) string {
		t.Helper()
		body := b.bytes(t)
		x, err := Open(bytes.NewReader(body), int64(len(body)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := x.Pick(name, sheet.Layout{}, names)
		if err != nil {
			if f, ok := sellthrough.AsRefusal(err); !ok || f.Row != 0 {
				t.Fatal(err)
			}
			return err.Error()
		}
		return rows.Name()
	}
	one := book{sheets: []string{"Cover", header("Sales of week 48"), "订单", header("title") + header("Item", "Qty"), "退货", header("Item")}}
	two := book{sheets: []string{"A", header("Item", "Qty"), "B", header("Qty", "Item", "x")}}
	hidden := book{sheets: two.sheets, states: map[string]string{"B": "hidden"}}
	if got := pick(one, ""); got != "订单" {
		t.Error(got)
	}
	if got := pick(one, "退货"); got != "退货" {
		t.Error(got)
	}
	if got := pick(one, "October"); !strings.Contains(got, `no sheet "October"; it has "Cover", "订单", "退货"`) {
		t.Error(got)
	}
	if got := pick(two, ""); !strings.Contains(got, `2 sheets have the columns of the feed: "A", "B". Name one`) {
		t.Error(got)
	}
	if got := pick(hidden, ""); got != "A" {
		t.Error(got)
	}
	if got := pick(hidden, "B"); got != "B" {
		t.Error(got)
	}
	if got := pick(book{sheets: []string{"A", header("x"), "B", header("y")}}, ""); !strings.Contains(got, "no sheet has all columns") {
		t.Error(got)
	}
	if got := pick(book{sheets: []string{"A", header("x")}}, ""); got != "A" { // the mapping says what it lacks
		t.Error(got)
	}
}

func TestFaultsRefuseOnlyRowsOfColumnsThatAreRead(t *testing.T) {
	b := book{sheets: []string{"S", header("Item", "Qty", "Note") +
		`<row r="2"><c><v>1</v></c><c><v>2</v></c><c t="e"><v>#REF!</v></c></row>` +
		`<row r="3"><c t="e"><v>#N/A</v></c><c><v>2</v></c></row>` +
		`<row r="4"><c><v>6901234567890123456</v></c><c><v>2</v></c></row>` +
		`<row r="5"><c><v>5</v></c></row>`}}
	body := b.bytes(t)
	x, err := Open(bytes.NewReader(body), int64(len(body)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := x.Pick("", sheet.Layout{}, []string{"Item", "Qty"})
	if err != nil {
		t.Fatal(err)
	}
	r := sheet.NewReader(rows, sheet.Layout{}, sheet.Options{Names: []string{"Item", "Qty"}, Key: []string{"Item"}})
	var out []string
	for {
		fields, row, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			f, _ := sellthrough.AsRefusal(err)
			out = append(out, fmt.Sprintf("%d! %s %s", row, f.Column, f.Value))
			continue
		}
		out = append(out, fmt.Sprintf("%d:%s", row, bytes.Join(fields, []byte("|"))))
	}
	if got, want := strings.Join(out, " "), `2:1|2|#REF! 3! Item #N/A 4! Item 6.90123456789012E+18 5:5||`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestHiddenAndFilteredRowsAreReadAndToldOf(t *testing.T) {
	b := book{sheets: []string{"S", `<worksheet><cols><col min="2" max="3" hidden="1"/></cols><sheetData><row r="1"><c><v>1</v></c></row><row r="2" hidden="1"><c><v>2</v></c></row></sheetData><autoFilter ref="A1:H9"/></worksheet>`}}
	body := b.bytes(t)
	x, err := Open(bytes.NewReader(body), int64(len(body)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := x.Rows(x.Sheets()[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := all(t, rows); got != "1:1 2:2" {
		t.Error(got)
	}
	w := strings.Join(rows.Warnings(), "\n")
	for _, part := range []string{"1 hidden rows, the first is row 2", "2 hidden columns", "filter on A1:H9"} {
		if !strings.Contains(w, part) {
			t.Errorf("%q lacks %q", w, part)
		}
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

func TestTheSourcesErrorIsItsOwn(t *testing.T) {
	lost := errors.New("disk gone")
	if _, err := Open(failing{lost}, 1000, Options{}); !errors.Is(err, lost) {
		t.Error(err)
	}
}

// FuzzSheets: any XML gives rows or a refusal, within bounds, and the same ones again.
func FuzzSheets(f *testing.F) {
	f.Add([]byte(`<row r="1"><c r="A1" t="s"><v>0</v></c></row>`), []byte(`<si><t>x</t></si>`))
	f.Add([]byte(`<row><c t="inlineStr"><is><t>&#20013;</t></is></c><c t="e"><v>#N/A</v></c></row>`), []byte(`<si><r><t>a</t></r><rPh><t>b</t></rPh></si>`))
	f.Add([]byte(`<row r="5" hidden="1"><c r="B5" s="1"><f>1</f><v>46349.5</v></c></row><!-- x --><autoFilter ref='A1'/>`), []byte(``))
	f.Fuzz(func(t *testing.T, sheet, texts []byte) {
		b := book{sheets: []string{"S", string(sheet)}, strings: string(texts), xfs: `<xf numFmtId="14"/>`, stored: true}
		body := b.bytes(t)
		o := Options{MaxField: 100, MaxLine: 200, MaxStrings: 1000, MaxColumns: 50}
		first := read(t, body, o)
		if first == "endless" {
			t.Fatal("endless")
		}
		if again := read(t, body, o); again != first {
			t.Fatalf("%s\n%s", first, again)
		}
	})
}

// FuzzFiles: any bytes are a workbook or a refusal.
func FuzzFiles(f *testing.F) {
	f.Add(book{sheets: []string{"S", `<row><c><v>1</v></c></row>`}}.bytes(f))
	f.Fuzz(func(t *testing.T, body []byte) {
		read(t, body, Options{MaxBytes: 1 << 20})
	})
}

func BenchmarkRows(b *testing.B) {
	var s, texts strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&texts, `<si><t>WHITE HANGING HEART %d</t></si>`, i)
	}
	const n = 20_000
	for i := range n {
		fmt.Fprintf(&s, `<row r="%d" spans="1:8"><c r="A%d"><v>%d</v></c><c r="B%d" t="s"><v>%d</v></c><c r="C%d" t="s"><v>%d</v></c><c r="D%d"><v>6</v></c><c r="E%d" s="1"><v>40153.4375</v></c><c r="F%d"><v>2.95</v></c><c r="G%d"><v>12417</v></c><c r="H%d" t="s"><v>7</v></c></row>`,
			i+1, i+1, i, i+1, i%1000, i+1, i%999, i+1, i+1, i+1, i+1, i+1)
	}
	body := book{sheets: []string{"S", s.String()}, strings: texts.String(), xfs: `<xf numFmtId="22"/>`}.bytes(b)
	b.SetBytes(int64(s.Len()))
	b.ReportAllocs()
	for b.Loop() {
		x, err := Open(bytes.NewReader(body), int64(len(body)), Options{})
		if err != nil {
			b.Fatal(err)
		}
		rows, err := x.Rows(x.Sheets()[0])
		if err != nil {
			b.Fatal(err)
		}
		for {
			if _, _, err := rows.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}
