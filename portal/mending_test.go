package portal_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestARefusedRowIsMendedInAFileInThePartnersOwnLayout(t *testing.T) {
	w := newWorld(t)
	pia := w.as("pia")
	rc := pia.send("alder", "alder-pos", "day.csv", shopDay)
	pia.lang = "zh"
	a := pia.get(at("alder", rc) + "/refused/file")
	text := string(a.body)
	if a.status != http.StatusOK || !strings.Contains(a.header.Get("Content-Disposition"), "day") || a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("%d %v", a.status, a.header)
	}
	if !strings.Contains(text, "Receipt,Store,SKU,Qty,Amount,Day,Note") || !strings.Contains(text, `"by hand, later"`) || !strings.Contains(text, "这不是数字") {
		t.Errorf("the file:\n%s", text)
	}
	text = strings.Replace(text, "one", "1", 1)
	a = pia.do(http.MethodPost, at("alder", rc)+"/refused/file", "application/octet-stream", strings.NewReader(text))
	var got struct {
		Changes []struct {
			Row   uint32
			Cells []string
		}
	}
	a.into(t, &got)
	if a.status != http.StatusOK || len(got.Changes) != 1 || got.Changes[0].Row != 3 || got.Changes[0].Cells[3] != "1" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if n := w.ask("SELECT count() FROM v_submissions"); n != "1" {
		t.Errorf("a file that is brought back sends something: %s submissions", n)
	}
	a = pia.post(at("alder", rc)+"/mend", map[string]any{"changes": got.Changes})
	var sent mendAnswer
	a.into(t, &sent)
	if a.status != http.StatusAccepted || sent.Accepted != 3 || sent.Refused != 1 {
		t.Errorf("%d %s", a.status, a.body)
	}
	// Garbage is told from a file of rows.
	a = pia.do(http.MethodPost, at("alder", rc)+"/refused/file", "application/octet-stream", strings.NewReader("a,b\n1,2\n"))
	if a.status != http.StatusUnprocessableEntity {
		t.Errorf("another file is taken: %d %s", a.status, a.body)
	}
}

func TestMendedRowsNeverTakeBackWhatWasSaidSince(t *testing.T) {
	w := newWorld(t)
	pia := w.as(alderKey)
	rc := pia.send("alder", "alder-pos", "day.csv", shopDay)
	// The day is sent anew, with another receipt; the old one is opened in a page all the while.
	newer := pia.send("alder", "alder-pos", "day-2.csv", strings.NewReplacer("one", "1", "2.3.2026", "2026-03-02").Replace(shopDay)+"R5,S1,SKU-1,1,20.00,2026-03-02,\n")
	before := w.ask(units)
	a := pia.post(at("alder", rc)+"/mend", map[string]any{"changes": []map[string]any{{"row": 3, "cells": []string{"R2", "S1", "SKU-2", "1", "300.00", "2026-03-02", ""}}}})
	var fault struct {
		Code, Error string
		More        struct{ Submission string }
	}
	a.into(t, &fault)
	if a.status != http.StatusConflict || fault.Code != "newer" || fault.More.Submission != string(newer.Submission) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if got := w.ask(units); got != before {
		t.Errorf("units were %s and are %s", before, got)
	}
	var bad refusedAnswer
	pia.ok(at("alder", rc)+"/refused", &bad)
	if bad.Newer == nil || bad.Newer.Submission != string(newer.Submission) {
		t.Errorf("the page is not told of the newer report: %+v", bad)
	}
	// What is said of another day since is no hindrance.
	other := pia.send("alder", "alder-pos", "monday.csv", strings.ReplaceAll(shopDay, "2026-03-02", "2026-03-09"))
	pia.send("alder", "alder-pos", "tuesday.csv", "Receipt,Store,SKU,Qty,Amount,Day,Note\nR9,S1,SKU-1,1,20.00,2026-03-10,\n")
	a = pia.post(at("alder", other)+"/mend", map[string]any{"changes": []map[string]any{{"row": 3, "cells": []string{"R2", "S1", "SKU-2", "1", "300.00", "2026-03-09", ""}}}})
	if a.status != http.StatusAccepted {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestRowsAreNotMendedPastANewerReportThatIsHeld(t *testing.T) {
	w := newWorld(t)
	pia := w.as(alderKey)
	rc := pia.send("alder", "alder-pos", "day.csv", shopDay)
	// The newer report says otherwise of nearly everything, so it waits for a person.
	newer := pia.send("alder", "alder-pos", "day-2.csv", strings.NewReplacer("R1,S1,SKU-1,2,40.00", "R1,S1,SKU-1,5,100.00", "R4,S1,SKU-9,3,", "R4,S1,SKU-9,4,", "one", "1", "2.3.2026", "2026-03-02").Replace(shopDay))
	var s listed
	if pia.ok(at("alder", newer), &s); s.State != "held" {
		t.Fatalf("it is not held: %+v", s)
	}
	change := map[string]any{"changes": []map[string]any{{"row": 3, "cells": []string{"R2", "S1", "SKU-2", "1", "300.00", "2026-03-02", ""}}}}
	if a := pia.post(at("alder", rc)+"/mend", change); a.status != http.StatusConflict || !strings.Contains(string(a.body), "is held") {
		t.Errorf("%d %s", a.status, a.body)
	}
	// It is let through from here, and is the newer word from then on.
	if a := pia.post("/api/partners/alder/v1/submissions/"+string(newer.Submission)+"/confirm", map[string]any{}); a.status != http.StatusAccepted {
		t.Fatalf("confirm: %d %s", a.status, a.body)
	}
	until(t, func() bool { pia.ok(at("alder", newer), &s); return s.State == "final" })
	if got := w.ask(units); got != "11" {
		t.Errorf("units: %s", got)
	}
	if a := pia.post(at("alder", rc)+"/mend", change); a.status != http.StatusConflict || !strings.Contains(string(a.body), string(newer.Submission)) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestRowsOfAFeedThatCoversNothingGoBackAlone(t *testing.T) {
	w := newWorld(t)
	pia := w.as(alderKey)
	body := "Invoice,Line,Store,SKU,Qty,Amount,Day\nI1,1,S1,SKU-1,2,40.00,2026-03-02\nI1,2,S1,SKU-2,x,300.00,2026-03-02\n"
	rc := pia.send("alder", "alder-lines", "lines.csv", body)
	a := pia.post(at("alder", rc)+"/mend", map[string]any{"changes": []map[string]any{{"row": 3, "cells": []string{"I1", "2", "S1", "SKU-2", "1", "300.00", "2026-03-02"}}}})
	var sent mendAnswer
	a.into(t, &sent)
	if a.status != http.StatusAccepted || sent.Way != "rows" || sent.Accepted != 1 || sent.Receipt.Rows != 1 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	pia.await("alder", sent.Receipt.Submission)
	if got := w.ask(units); got != "3" {
		t.Errorf("units: %s", got)
	}
}

func TestAJSONLineIsMendedAsALineAndARowThatIsNoneIsDropped(t *testing.T) {
	w := newWorld(t)
	pia := w.as(alderKey)
	line := func(order, qty string) string {
		return fmt.Sprintf(`{"order":%q,"site":"web","sku":"SKU-1","qty":%s,"amount":"20.00","day":"2026-03-02"}`, order, qty)
	}
	rc := pia.send("alder", "alder-web", "web.ndjson", line("W1", "1")+"\n"+line("W2", `"?"`)+"\n{\"end\": \"of report\"}\n")
	if rc.Refused != 2 {
		t.Fatalf("refused %d", rc.Refused)
	}
	a := pia.post(at("alder", rc)+"/mend", map[string]any{"changes": []map[string]any{{"row": 2, "text": line("W2", "4")}, {"row": 3, "drop": true}}})
	var sent mendAnswer
	a.into(t, &sent)
	if a.status != http.StatusAccepted || sent.Accepted != 2 || sent.Refused != 0 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	pia.await("alder", sent.Receipt.Submission)
	if got := w.ask(units); got != "5" {
		t.Errorf("units: %s", got)
	}
}

const interchange = `ISA*00*          *00*          *ZZ*ALDER          *ZZ*VENDOR         *260308*0510*U*00401*000000101*0*P*>~
GS*PT*ALDER*VENDOR*20260308*0510*41*X*004010~
ST*867*0001~
BPT*00*R-1*20260308~
N1*DB**92*S1~
PTD*SS~
DTM*003*20260307~
QTY*32*2*EA~
LIN*1*VN*SKU-1~
AMT*1*40.00~
QTY*32*x*EA~
LIN*2*VN*SKU-2~
SE*11*0001~
GE*1*41~
IEA*1*000000101~
`

func TestAnInterchangeHasItsAcknowledgementAndItsRowsAreMendedAsAWholeFile(t *testing.T) {
	w := newWorld(t)
	pia := w.as(alderKey)
	rc := pia.send("alder", "alder-edi", "report.edi", interchange)
	var s listed
	pia.ok(at("alder", rc), &s)
	if s.Refused != 1 || s.Acknowledgement != "997" {
		t.Fatalf("%+v", s)
	}
	a := pia.get("/api/partners/alder/v1/submissions/" + string(rc.Submission) + "/acknowledgement")
	if a.status != http.StatusOK || !strings.Contains(string(a.body), "AK5*") || !strings.Contains(a.header.Get("Content-Disposition"), "997") {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	if b := pia.get(at("alder", rc) + "/acknowledgement"); b.status != http.StatusOK || string(b.body) != string(a.body) || !strings.HasSuffix(b.header.Get("Content-Disposition"), ".997") {
		t.Errorf("on the page: %d %v %s", b.status, b.header, b.body)
	}
	var bad refusedAnswer
	pia.ok(at("alder", rc)+"/refused", &bad)
	if bad.Why != "format" || bad.Way != "" || len(bad.Rows) != 0 || len(bad.Refusals) != 1 {
		t.Errorf("%+v", bad)
	}
	if a := pia.post(at("alder", rc)+"/mend", map[string]any{"changes": []map[string]any{{"row": 1, "text": "x"}}}); a.status != http.StatusConflict {
		t.Errorf("%d %s", a.status, a.body)
	}
}
