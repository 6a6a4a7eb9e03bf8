package portal_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sellthrough"
)

// day one of a shop, with a quantity and a day that are none.
const shopDay = "Receipt,Store,SKU,Qty,Amount,Day,Note\n" +
	"R1,S1,SKU-1,2,40.00,2026-03-02,\n" +
	"R2,S1,SKU-2,one,300.00,2026-03-02,\"by hand, later\"\n" +
	"R3,S1,SKU-2,1,300.00,2.3.2026,\n" +
	"R4,S1,SKU-9,3,60.00,2026-03-02,\n"

const units = "SELECT toString(sum(qty)) FROM v_movements WHERE partner = 'alder'"

// listed is a submission as the room shows it.
type listed struct {
	ID              string             `json:"id"`
	File            string             `json:"file"`
	State           string             `json:"state"`
	Rows            int64              `json:"rows"`
	Accepted        int64              `json:"accepted"`
	Refused         int64              `json:"refused"`
	Counts          sellthrough.Counts `json:"counts"`
	Mends           string             `json:"mends"`
	MendedBy        string             `json:"mended_by"`
	Mapping         string             `json:"mapping"`
	Number          int64              `json:"number"`
	Acknowledgement string             `json:"acknowledgement"`
}

type refusedAnswer struct {
	Way     string
	Why     string
	Columns []string
	Rows    []struct {
		Row      uint32
		Cells    []string
		Text     string
		Refusals []sellthrough.Refusal
	}
	Refusals []sellthrough.Refusal
	Newer    *struct{ Submission, About string }
}

type mendAnswer struct {
	Accepted, Refused int64
	Refusals          []sellthrough.Refusal
	Way               string
	Receipt           *sellthrough.Receipt
}

func at(partner string, rc sellthrough.Receipt) string {
	return "/api/partners/" + partner + "/submissions/" + string(rc.Submission)
}

func TestAPartnerSendsMendsAndSeesWhatBecameOfItAndTheSumsAreRight(t *testing.T) {
	w := newWorld(t)
	pia := w.as(alderKey)
	rc := pia.send("alder", "alder-pos", "day.csv", shopDay)
	if rc.Accepted != 2 || rc.Refused != 2 {
		t.Fatalf("accepted %d, refused %d", rc.Accepted, rc.Refused)
	}
	var list struct{ Submissions []listed }
	pia.ok("/api/partners/alder/submissions", &list)
	if len(list.Submissions) != 1 {
		t.Fatalf("listed: %+v", list)
	}
	s := list.Submissions[0]
	if s.State != "final" || s.Rows != 4 || s.Refused != 2 || s.Counts.New != 2 || s.Counts.Unmatched != 1 || s.File != "day.csv" || s.Number != 1 || s.Mapping == "" {
		t.Errorf("listed: %+v", s)
	}
	if got := w.ask(units); got != "5" {
		t.Errorf("units before mending: %s", got)
	}

	var bad refusedAnswer
	pia.ok(at("alder", rc)+"/refused", &bad)
	if bad.Way != "whole" || bad.Why != "" || bad.Newer != nil || len(bad.Rows) != 2 || bad.Rows[0].Row != 3 || bad.Rows[0].Cells[6] != "by hand, later" || bad.Rows[1].Refusals[0].Column != "Day" {
		t.Fatalf("refused: %+v", bad)
	}

	// One row is mended rightly and one not yet: the check says so and sends nothing.
	first, second := bad.Rows[0], bad.Rows[1]
	first.Cells[3], second.Cells[5] = "1", "2026-13-02"
	var checked mendAnswer
	change := func(dry bool) any {
		return map[string]any{"dry_run": dry, "changes": []map[string]any{{"row": first.Row, "cells": first.Cells}, {"row": second.Row, "cells": second.Cells}}}
	}
	a := pia.post(at("alder", rc)+"/mend", change(true))
	a.into(t, &checked)
	if a.status != http.StatusOK || checked.Receipt != nil || checked.Accepted != 3 || checked.Refused != 1 || len(checked.Refusals) != 1 || checked.Refusals[0].Row != second.Row {
		t.Fatalf("checked: %d %s", a.status, a.body)
	}
	second.Cells[5] = "2026-03-02"
	var sent mendAnswer
	a = pia.post(at("alder", rc)+"/mend", change(false))
	a.into(t, &sent)
	if a.status != http.StatusAccepted || sent.Accepted != 4 || sent.Refused != 0 || sent.Receipt == nil || string(sent.Receipt.Mends) != string(rc.Submission) {
		t.Fatalf("sent: %d %s", a.status, a.body)
	}
	pia.await("alder", sent.Receipt.Submission)
	// The whole day was sent again, so nothing of it was withdrawn, and what was there is there once.
	if got := w.ask(units); got != "7" {
		t.Errorf("units after mending: %s, want 7", got)
	}
	var now listed
	pia.ok(at("alder", *sent.Receipt), &now)
	if now.Counts.New != 2 || now.Counts.Duplicate != 2 || now.Counts.Withdrawn != 0 || now.Mends != string(rc.Submission) {
		t.Errorf("the mended report: %+v", now)
	}
	pia.ok(at("alder", rc), &now)
	if now.MendedBy != string(sent.Receipt.Submission) {
		t.Errorf("the first report is not linked to the mended one: %+v", now)
	}
	// Pressed twice, it is the same submission.
	a = pia.post(at("alder", rc)+"/mend", change(false))
	if a.status != http.StatusConflict {
		t.Errorf("mended again over the mended one: %d %s", a.status, a.body)
	}
}

func TestARenamedColumnTurnsAFileAwayAndItIsReadAgainOnceTheFeedIsMended(t *testing.T) {
	w := newWorld(t)
	bo := w.as(birchKey)
	body := "单号,门店,商品编码,销售数量,金额,日期\nX1,B1,42,3,900,2026-03-02\n"
	a := bo.do(http.MethodPost, "/api/partners/birch/v1/feeds/birch-pos?file=day.csv", "application/octet-stream", strings.NewReader(body))
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), `\"销量\" (was it renamed \"销售数量\"?)`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	var away struct {
		Turned []struct {
			ID      string
			File    string
			Missing []sellthrough.MissingColumn
			Settled bool
			Kept    bool
		}
	}
	bo.ok("/api/partners/birch/turned", &away)
	if len(away.Turned) != 1 || away.Turned[0].File != "day.csv" || len(away.Turned[0].Missing) != 1 || away.Turned[0].Missing[0].Renamed[0] != "销售数量" || !away.Turned[0].Kept {
		t.Fatalf("%+v", away)
	}
	if n := w.ask("SELECT count() FROM v_movements"); n != "0" {
		t.Errorf("%s lines of a file that was turned away", n)
	}
	// A manager looks at it as at a file that is tried.
	var found struct {
		File    string
		Columns []struct{ Name string }
	}
	a = w.as("max").post("/api/try", map[string]any{"turned": away.Turned[0].ID})
	a.into(t, &found)
	if a.status != http.StatusOK || found.File != "day.csv" || len(found.Columns) != 6 {
		t.Errorf("%d %s", a.status, a.body)
	}
	// Read again as the feed is, it is turned away again.
	a = bo.post("/api/partners/birch/turned/"+away.Turned[0].ID+"/again", map[string]any{})
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), "销售数量") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.as(alderKey).post("/api/partners/birch/turned/"+away.Turned[0].ID+"/again", map[string]any{}); a.status != http.StatusNotFound {
		t.Errorf("another partner reads it again: %d %s", a.status, a.body)
	}
	if a := w.as(alderKey).post("/api/partners/alder/turned/"+away.Turned[0].ID+"/again", map[string]any{}); a.status != http.StatusNotFound {
		t.Errorf("another partner reads it again as its own: %d %s", a.status, a.body)
	}
}

// ids of what belongs to birch, asked for by alder in every way that the rooms and the door know.
func TestAPartnerSeesNothingOfAnotherByAnyRequest(t *testing.T) {
	w := newWorld(t)
	bo := w.as(birchKey)
	rc := bo.send("birch", "birch-pos", "secret-of-birch.csv", "单号,门店,商品编码,销量,金额,日期\nX1,B1,42,3,900,2026-03-02\nX2,B1,unknown-of-birch,多,900,2026-03-02\n")
	w.as(alderKey).send("alder", "alder-pos", "day.csv", shopDay)
	id := string(rc.Submission)
	for _, name := range []string{alderKey, "pia"} {
		pia := w.as(name)
		for _, who := range map[string][]string{alderKey: {"birch", "alder"}, "pia": {"birch"}}[name] {
			for _, path := range []string{
				"", "/submissions", "/submissions?feed=birch-pos", "/submissions/" + id, "/submissions/" + id + "/refused", "/submissions/" + id + "/refused/file", "/submissions/" + id + "/acknowledgement", "/turned", "/calendar", "/quality",
				"/v1/feeds", "/v1/submissions/" + id, "/v1/submissions/" + id + "/refused", "/v1/submissions/" + id + "/acknowledgement", "/v1/submissions?key=x&feed=birch-pos",
				"/submissions?before=' OR 1=1 --", "/submissions?feed=' OR 1=1 OR '", "/calendar?from=2026-03-01&to=2026-03-01' OR '1'='1",
			} {
				a := pia.get("/api/partners/" + who + strings.ReplaceAll(path, " ", "%20"))
				if who == "birch" && a.status != http.StatusNotFound {
					t.Errorf("%s: GET %s of birch: %d %s", name, path, a.status, a.body)
				}
				if strings.Contains(strings.ToLower(string(a.body)), "of-birch") || strings.Contains(string(a.body), id) && a.status == http.StatusOK {
					t.Errorf("%s: GET %s of %s tells of birch: %s", name, path, who, a.body)
				}
			}
			for path, body := range map[string]any{
				"/submissions/" + id + "/mend":                  map[string]any{"changes": []map[string]any{{"row": 3, "drop": true}}},
				"/submissions/" + id + "/refused/file":          "x",
				"/v1/submissions/" + id + "/confirm":            map[string]any{},
				"/v1/feeds/birch-pos":                           "x",
				"/turned/turned_" + id[len("sub_"):] + "/again": map[string]any{},
			} {
				if a := pia.post("/api/partners/"+who+path, body); a.status != http.StatusNotFound {
					t.Errorf("%s: POST %s of %s: %d %s", name, path, who, a.status, a.body)
				}
			}
		}
		var partners struct{ Partners []struct{ ID string } }
		pia.ok("/api/partners", &partners)
		if len(partners.Partners) != 1 || partners.Partners[0].ID != "alder" {
			t.Errorf("%s sees %v", name, partners)
		}
		for _, path := range []string{"/api/unmatched", "/api/unmatched/code?partner=alder&what=item&code=SKU-9", "/api/unmatched/search?q=a", "/api/unmatched/weight?partner=alder&what=item&code=SKU-9", "/api/try"} {
			if a := pia.get(path); a.status != http.StatusForbidden {
				t.Errorf("%s: GET %s: %d %s", name, path, a.status, a.body)
			}
		}
	}
}

func TestAViewerOnlyLooksAndSeesNoRowsAndNobodyIsLetIn(t *testing.T) {
	w := newWorld(t)
	rc := w.as(alderKey).send("alder", "alder-pos", "day.csv", shopDay)
	vic := w.as("vic")
	var bad refusedAnswer
	vic.ok(at("alder", rc)+"/refused", &bad)
	if bad.Why != "role" || len(bad.Rows) != 0 || len(bad.Refusals) != 2 {
		t.Errorf("%+v", bad)
	}
	var about struct{ May, Takes bool }
	vic.ok("/api/partners/alder", &about)
	if about.May || !about.Takes {
		t.Errorf("%+v", about)
	}
	for path, body := range map[string]any{
		at("alder", rc) + "/mend":                                                  map[string]any{"changes": []map[string]any{{"row": 3, "drop": true}}},
		"/api/partners/alder/v1/feeds/alder-pos":                                   "x",
		"/api/partners/alder/v1/submissions/" + string(rc.Submission) + "/confirm": map[string]any{},
		"/api/unmatched/map":                                                       map[string]any{},
		"/api/try":                                                                 map[string]any{},
	} {
		if a := vic.post(path, body); a.status != http.StatusForbidden {
			t.Errorf("POST %s: %d %s", path, a.status, a.body)
		}
	}
	nobody := &visitor{w: w}
	for _, path := range []string{"/api/partners", "/api/partners/alder", "/api/unmatched", "/api/try", at("alder", rc) + "/refused/file"} {
		if a := nobody.get(path); a.status != http.StatusUnauthorized {
			t.Errorf("GET %s: %d %s", path, a.status, a.body)
		}
	}
}

func TestAnotherSiteCanMakeABrowserWriteNothing(t *testing.T) {
	w := newWorld(t)
	pia := w.as(alderKey)
	max := w.as("max")
	for path, v := range map[string]*visitor{
		"/api/partners/alder/v1/feeds/alder-pos": pia, "/api/unmatched/map": max, "/api/unmatched/take": max, "/api/try": max,
	} {
		a := v.do(http.MethodPost, path, "text/plain", strings.NewReader(shopDay), "Sec-Fetch-Site", "cross-site", "Origin", "https://elsewhere.example")
		if a.status != http.StatusForbidden {
			t.Errorf("POST %s from another site: %d %s", path, a.status, a.body)
		}
	}
}

func TestThePageSaysWhenReportsWereDueHowGoodTheyAreAndWhichKeysAreUsed(t *testing.T) {
	w := newWorld(t)
	pia := w.as(alderKey)
	pia.send("alder", "alder-pos", "day.csv", shopDay)
	var due struct {
		Zone string
		Due  []struct{ Feed, From, State string }
	}
	pia.ok("/api/partners/alder/calendar?from=2026-03-01&to=2026-03-31", &due)
	states := map[string]string{}
	for _, d := range due.Due {
		if d.Feed != "alder-pos" {
			t.Errorf("a report of %s", d.Feed)
		}
		states[d.From] = d.State
	}
	if len(states) != 5 || states["2026-03-02"] != "late" || states["2026-03-03"] != "missing" || due.Zone != "Europe/London" {
		t.Errorf("%+v", due)
	}
	var quality struct {
		Numbers []struct {
			Name  string
			Title string
			Value *float64
		}
	}
	pia.lang = "zh"
	pia.ok("/api/partners/alder/quality?from=2026-03-01&to=2026-03-31", &quality)
	got := map[string]string{}
	for _, n := range quality.Numbers {
		v := "none"
		if n.Value != nil {
			v = fmt.Sprintf("%.1f", *n.Value)
		}
		got[n.Name] = v
	}
	if got["timeliness"] != "0.0" || got["match_rate_units"] != "40.0" || got["quality_score"] == "none" || got["quality_score"] == "" {
		t.Errorf("%v", got)
	}
	if quality.Numbers[0].Title == "" || strings.ContainsAny(quality.Numbers[0].Title, "abcdefghijklmnop") {
		t.Errorf("in Chinese it is called %q", quality.Numbers[0].Title)
	}
	// The refusals are of the day on which they came.
	pia.ok("/api/partners/alder/quality", &quality)
	for _, n := range quality.Numbers {
		if n.Name == "refusal_rate" && n.Value != nil {
			t.Errorf("refusals of today, which is not over: %v", *n.Value)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/v1/feeds", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+alderOld)
	if a, err := http.DefaultClient.Do(r); err != nil {
		t.Fatal(err)
	} else {
		a.Body.Close()
	}
	var about struct {
		Tracked bool
		Keys    []struct {
			Mark string
			Mine bool
			Used *string
		}
	}
	pia.ok("/api/partners/alder", &about)
	if !about.Tracked || len(about.Keys) != 2 || !about.Keys[0].Mine || about.Keys[1].Mine || about.Keys[0].Used != nil || about.Keys[1].Used == nil || len(about.Keys[0].Mark) != 6 {
		text, _ := json.Marshal(about)
		t.Errorf("%s", text)
	}
}
