package e2e

import (
	"fmt"
	"strings"
	"testing"
)

var functionYAML = "partners:\n" + partner("dist", "Europe/London", "GBP") + `
feeds:
  - id: resale
    partner: dist
    kind: sales
    format: {type: x12}
    identity: {scope: document}
    coverage: {kind: document}
  - id: shops
    partner: dist
    kind: sales
    format: {type: edifact}
    identity: {scope: location-day, line_key: [line]}
  - id: shelves
    partner: dist
    kind: stock
    format: {type: x12}
  - id: bills
    partner: dist
    kind: sales
    columns: {document: 单号, item: 货号, qty: 数量, business_date: 日期, previous: 原单号, function: {column: 状态, values: {正常: original, 补录: add, 更正: replace, 作废: cancel}}}
    identity: {scope: document, line_key: [行号]}
  - id: once
    partner: dist
    kind: sales
    columns: {document: doc, item: item, qty: qty, business_date: day}
    identity: {scope: document}
    coverage: {kind: document}
    originals: refuse
  - id: more
    partner: dist
    kind: sales
    columns: {document: doc, item: item, qty: qty, business_date: day}
    identity: {scope: document, line_key: [item]}
    originals: append
`

var controls int

// x12 is an interchange of one set; every one has a control number of its own, as partners write them.
func x12(set, group string, segments ...string) []byte {
	controls++
	var b strings.Builder
	fmt.Fprintf(&b, "ISA*00*          *00*          *ZZ*DIST           *ZZ*VENDOR         *260308*0510*U*00401*%09d*0*P*>~GS*%s*DIST*VENDOR*20260308*0510*%d*X*004010~ST*%s*0001~",
		controls, group, controls, set)
	for _, s := range segments {
		b.WriteString(s + "~")
	}
	fmt.Fprintf(&b, "SE*%d*0001~GE*1*%d~IEA*1*%09d~", len(segments)+2, controls, controls)
	return []byte(b.String())
}

// resale is an 867 that does something to document R-1: items with their quantities.
func resale(does string, items ...string) []byte {
	seg := []string{"BPT*" + does + "*R-1*20260307", "DTM*003*20260307"}
	for _, i := range items {
		item, qty, _ := strings.Cut(i, " ")
		seg = append(seg, "PTD*SS", "QTY*32*"+qty+"*EA", "LIN**VN*"+item)
	}
	return x12("867", "PT", seg...)
}

// shops is an SLSRPT under a number that does something: a place of sale and its quantities, by line.
func shops(does, number string, places ...[]string) []byte {
	controls++
	seg := []string{"BGM+73E::9+" + number + "+" + does, "DTM+356:20260307:102"}
	for _, p := range places {
		seg = append(seg, "LOC+162+"+p[0])
		for _, l := range p[1:] {
			n, qty, _ := strings.Cut(l, " ")
			seg = append(seg, "LIN+"+n+"++4007399434498:EN", "QTY+153:"+qty)
		}
	}
	return fmt.Appendf(nil, "UNB+UNOC:3+4260026610003:14+4007399000006:14+260308:0510+%d'UNH+1+SLSRPT:D:96A:UN:EAN004'%s'UNT+%d+1'UNZ+1+%d'", controls, strings.Join(seg, "'"), len(seg)+2, controls)
}

// TestDocumentsDoWhatTheySay sends reports that replace, cancel, add to and repeat others. All numbers are by hand.
func TestDocumentsDoWhatTheySay(t *testing.T) {
	s := start(t, functionYAML)
	step := func(what, feed string, body []byte, counts, units string) {
		t.Helper()
		r := s.push(feed, "dist", nil, body)
		want(t, feed+": "+what, s.counts(r.Submission), counts)
		got := s.ask("SELECT sum(sign), sum(qty) FROM sellthrough.movements WHERE feed = '" + feed + "'")
		if feed == "shelves" {
			got = s.ask("SELECT sum(sign), sum(qty) FROM sellthrough.stock_reports WHERE feed = '" + feed + "'")
		}
		want(t, feed+": "+what+": lines and units", got, units)
	}
	const none = "new 0 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0"

	// An 867 of two lines. Its addition is one more sale of an equal line, however often it is sent; the original sent again takes it
	// not back, its replacement does.
	step("original", "resale", resale("00", "A 10", "B 5"), "new 2 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", "2 15")
	step("again", "resale", resale("00", "A 10", "B 5"), "new 0 duplicate 2 corrected 0 superseded 0 withdrawn 0 held 0", "2 15")
	step("addition", "resale", resale("02", "A 10"), "new 1 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", "3 25")
	step("addition again", "resale", resale("02", "A 10"), "new 0 duplicate 1 corrected 0 superseded 0 withdrawn 0 held 0", "3 25")
	step("original again", "resale", resale("00", "A 10", "B 5"), "new 0 duplicate 2 corrected 0 superseded 0 withdrawn 0 held 0", "3 25")
	step("replacement", "resale", resale("05", "A 8", "B 5", "C 1"), "new 2 duplicate 1 corrected 0 superseded 0 withdrawn 2 held 0", "3 14")
	step("a replacement that loses two of three lines waits", "resale", resale("05", "A 8"), "new 0 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 1", "3 14")
	step("cancellation, whatever it lists", "resale", resale("01", "A 8", "B 5"), "new 0 duplicate 0 corrected 0 superseded 0 withdrawn 3 held 0", "0 0")
	if r := s.push("resale", "dist", nil, resale("01", "Z 1")); r.Rows != 0 || r.Accepted != 0 || r.Cancelled != 1 || len(r.Warnings) > 0 {
		t.Errorf("the receipt of a cancellation: %+v", r)
	}
	step("cancelled again", "resale", resale("01"), none, "0 0")
	step("a duplicate of what was taken back", "resale", resale("07", "A 10", "B 5"), "new 0 duplicate 0 corrected 0 superseded 2 withdrawn 0 held 0", "0 0")
	step("original anew", "resale", resale("00", "A 10", "B 5"), "new 2 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", "2 15")

	// Two sales reports of one day, whose lines lie by store in several partitions. Nothing is covered, and yet the
	// cancellation of the first takes its lines back in every partition, and none of the second.
	step("first", "shops", shops("9", "D-1", []string{"S1", "1 2", "2 3"}, []string{"S2", "3 4"}, []string{"S3", "4 5"}), "new 4 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", "4 14")
	step("second", "shops", shops("9", "D-2", []string{"S1", "1 7"}, []string{"S2", "2 1"}), "new 2 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", "6 22")
	step("second, replaced", "shops", shops("5", "D-2", []string{"S1", "1 6"}, []string{"S2", "2 1"}, []string{"S3", "3 2"}), "new 1 duplicate 1 corrected 1 superseded 0 withdrawn 0 held 0", "7 23")
	step("first, cancelled", "shops", shops("1", "D-1"), "new 0 duplicate 0 corrected 0 superseded 0 withdrawn 4 held 0", "3 9")

	// A stock report that was wrong is cancelled: its levels are gone, those of another report stay.
	stock := func(does, number, store string, levels ...string) []byte {
		seg := []string{"BIA*" + does + "*SI*" + number + "*20260307*0600", "N1*WH**92*" + store}
		for _, l := range levels {
			item, qty, _ := strings.Cut(l, " ")
			seg = append(seg, "LIN**VN*"+item, "QTY*17*"+qty+"*EA")
		}
		return x12("846", "IB", seg...)
	}
	step("W1", "shelves", stock("00", "B-1", "W1", "A 100", "B 20"), "new 2 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", "2 120")
	step("W2", "shelves", stock("00", "B-2", "W2", "A 50"), "new 1 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", "3 170")
	step("W1, cancelled", "shelves", stock("01", "B-1", "W1"), "new 0 duplicate 0 corrected 0 superseded 0 withdrawn 2 held 0", "1 50")

	// The same in a table, where the partner has words of its own, and line keys without any coverage. A replacement may name another
	// document: X-3 replaces X-1.
	table := func(rows ...string) []byte {
		return []byte("单号,行号,货号,数量,日期,状态,原单号\n" + strings.Join(rows, "\n") + "\n")
	}
	step("two bills", "bills", table("X-1,1,A,2,2026-03-07,正常,", "X-1,2,B,1,2026-03-07,正常,", "X-2,1,A,4,2026-03-07,正常,"), "new 3 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", "3 7")
	step("an addition numbers its lines anew", "bills", table("X-1,1,C,9,2026-03-07,补录,"), "new 1 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", "4 16")
	step("cancelled in a row, with its replacement behind", "bills", table("X-2,,,,,作废,", "X-2,1,A,3,2026-03-07,正常,"), "new 0 duplicate 0 corrected 1 superseded 0 withdrawn 0 held 0", "4 15")
	r := s.push("bills", "dist", map[string][]string{"confirm": {"1"}}, table("X-3,1,A,2,2026-03-07,更正,X-1", "X-3,2,B,2,2026-03-07,更正,X-1"))
	want(t, "bills: replaced under another number", s.counts(r.Submission), "new 2 duplicate 0 corrected 0 superseded 0 withdrawn 3 held 0")

	// What an original is about a document that is held, where the partner's feed says so.
	plain := func(rows ...string) []byte { return []byte("doc,item,qty,day\n" + strings.Join(rows, "\n") + "\n") }
	step("the first holds", "once", plain("X,A,2,2026-03-07"), "new 1 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", "1 2")
	step("and the second changes nothing", "once", plain("X,A,3,2026-03-07", "Y,A,1,2026-03-07"), "new 1 duplicate 0 corrected 0 superseded 1 withdrawn 0 held 0", "2 3")
	step("one", "more", plain("X,A,2,2026-03-07"), "new 1 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", "1 2")
	step("on top", "more", plain("X,A,3,2026-03-07"), "new 1 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0", "2 5")
	step("the same file", "more", plain("X,A,3,2026-03-07"), "new 0 duplicate 1 corrected 0 superseded 0 withdrawn 0 held 0", "2 5")

	if got := s.ask("SELECT sum(received), sum(difference) FROM sellthrough.v_books"); !strings.HasSuffix(got, " 0") {
		t.Errorf("the books differ: %s", got)
	}
	if ledger, sums := s.ask("SELECT sum(sign), sum(qty) FROM sellthrough.movements"), s.ask("SELECT sum(d.lines), sum(d.qty) FROM sellthrough.sales_daily AS d"); ledger != sums {
		t.Errorf("ledger %s, sums %s", ledger, sums)
	}
	s.verify()
}
