package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/internal/access"
)

// portalYAML is a shop whose people and programs use the page. %s: its reference folder, a password.
var portalYAML = "partners:\n" + partner("shop", "Europe/London", "GBP") + partner("quiet", "Europe/London", "GBP") + `
feeds:
  - id: shop-pos
    partner: shop
    kind: sales
    columns: {document: doc, location: store, item: item, qty: qty, amount: amount, business_date: day}
    identity: {scope: location-day}
    coverage: {kind: location-day}
reference: {folder: %q}
`

// visitor is somebody at the page.
type visitor struct {
	s    *system
	http http.Client
}

func (s *system) visit(form url.Values) *visitor {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	v := &visitor{s: s, http: http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if form != nil {
		answer, err := v.http.PostForm(s.api+"/login", form)
		if err != nil {
			s.t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusSeeOther {
			s.t.Fatalf("log in: %s", answer.Status)
		}
	}
	return v
}

// ask asks the page, and reads its answer into what is given.
func (v *visitor) ask(method, path string, body any, into any) int {
	v.s.t.Helper()
	var text []byte
	switch b := body.(type) {
	case nil:
	case string:
		text = []byte(b)
	default:
		var err error
		if text, err = json.Marshal(b); err != nil {
			v.s.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(v.s.t.Context(), method, v.s.api+path, bytes.NewReader(text))
	if err != nil {
		v.s.t.Fatal(err)
	}
	answer, err := v.http.Do(r)
	if err != nil {
		v.s.t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		v.s.t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(got, into); err != nil {
			v.s.t.Fatalf("%s: %d %s: %v", path, answer.StatusCode, got, err)
		}
	}
	return answer.StatusCode
}

const portalDay = "doc,store,item,qty,amount,day\nA1,S1,tv,1,500,2026-03-02\nA2,S1,tv,x,500,2026-03-02\nA3,S1,lamp-7,3,60,2026-03-02\n"

// TestThePageOfTheProgramTakesReportsMendsRowsAndMapsCodes: a partner logs in with its key, sends a day with a row that is refused and
// mends it; an administrator says what its unknown code means; every number follows, and the other partner sees none of it.
func TestThePageOfTheProgramTakesReportsMendsRowsAndMapsCodes(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"products.csv":        "code,gtin,name,line,units_per_pack,list_price,currency\nTV,,Television,tv,1,500,GBP\nLAMP,,Desk lamp,lamps,1,20,GBP\n",
		"locations.csv":       "code,name,partner,country,region,city,territory,time_zone\nSHOP-1,Shop,shop,GB,,London,GB,Europe/London\n",
		"crossreferences.csv": "partner,kind,code,target,units,from,to\nshop,location,S1,SHOP-1,,,\nshop,item,tv,TV,1,,\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, fmt.Sprintf(portalYAML, dir)+fmt.Sprintf("access:\n  users:\n    - {name: ada, role: admin, password: %q}\n", access.HashPassword("correct horse battery").Text()))
	shop := s.visit(url.Values{"key": {apiKey("shop")}})
	var rc sellthrough.Receipt
	if status := shop.ask(http.MethodPost, "/api/partners/shop/v1/feeds/shop-pos?file=day.csv", portalDay, &rc); status != http.StatusAccepted || rc.Refused != 1 {
		t.Fatalf("%d %+v", status, rc)
	}
	at := "/api/partners/shop/submissions/" + string(rc.Submission)
	s.poll("the first outcome", time.Minute, func() bool {
		var x struct{ State string }
		return shop.ask(http.MethodGet, at+"?wait=20s", nil, &x) == http.StatusOK && x.State == "final"
	})
	var sent struct{ Receipt sellthrough.Receipt }
	if status := shop.ask(http.MethodPost, at+"/mend", map[string]any{"changes": []map[string]any{{"row": 3, "cells": []string{"A2", "S1", "tv", "2", "1000", "2026-03-02"}}}}, &sent); status != http.StatusAccepted {
		t.Fatalf("mend: %d", status)
	}
	s.poll("the mended day", time.Minute, func() bool {
		return s.ask("SELECT sum(qty) FROM sellthrough.v_movements WHERE product = 'TV'") == "3"
	})
	if quiet := s.visit(url.Values{"key": {apiKey("quiet")}}); quiet.ask(http.MethodGet, at, nil, nil) != http.StatusNotFound ||
		quiet.ask(http.MethodGet, "/api/partners/quiet/submissions/"+string(rc.Submission), nil, nil) != http.StatusNotFound {
		t.Error("another partner sees it")
	}

	ada := s.visit(url.Values{"name": {"ada"}, "password": {"correct horse battery"}})
	var written struct{ Applied bool }
	if status := ada.ask(http.MethodPost, "/api/unmatched/map", map[string]string{"partner": "shop", "what": "item", "code": "lamp-7", "target": "LAMP", "units": "1"}, &written); status != http.StatusOK || !written.Applied {
		t.Fatalf("map: %d %+v", status, written)
	}
	s.poll("lamps", time.Minute, func() bool {
		var x struct{ Lines int64 }
		ada.ask(http.MethodGet, "/api/unmatched/weight?partner=shop&what=item&code=lamp-7", nil, &x)
		return x.Lines == 0 && s.ask("SELECT sum(qty) FROM sellthrough.v_movements WHERE product = 'LAMP'") == "3"
	})
	if text, err := os.ReadFile(filepath.Join(dir, "crossreferences.csv")); err != nil || !strings.Contains(string(text), "shop,item,lamp-7,LAMP,1,,,ada,20") {
		t.Errorf("%s %v", text, err)
	}
}

// TestAPageOfItsOwnTakesUploadsWhereItIsToldTo: a process that serves the page takes reports with --uploads, beside a collector with its
// own data; without it, the page says that it takes none.
func TestAPageOfItsOwnTakesUploadsWhereItIsToldTo(t *testing.T) {
	o := outside(t, "")
	data, note := t.TempDir(), o.note
	yaml := o.yaml + fmt.Sprintf(portalYAML, filepath.Join(data, "nowhere"))
	role(t, data, "transform", yaml, note)
	collector := role(t, data, "collect", yaml, note)
	looking := role(t, data, "serve", yaml, note).visit(nil)
	taking := role(t, data, "serve --uploads", yaml, note).visit(nil)
	var about struct{ Takes bool }
	if looking.ask(http.MethodGet, "/api/partners/shop", nil, &about); about.Takes {
		t.Error("a page takes reports that was not told to")
	}
	if status := looking.ask(http.MethodPost, "/api/partners/shop/v1/feeds/shop-pos", portalDay, nil); status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
		t.Errorf("it answers %d", status)
	}
	var list struct{ Folder, Applies bool }
	if looking.ask(http.MethodGet, "/api/unmatched", nil, &list); list.Folder || list.Applies {
		t.Errorf("a page without a reference folder says %+v", list)
	}
	var rc sellthrough.Receipt
	if status := taking.ask(http.MethodPost, "/api/partners/shop/v1/feeds/shop-pos?file=day.csv", portalDay, &rc); status != http.StatusAccepted {
		t.Fatalf("%d", status)
	}
	// The page that only looks sees what became of it, and brings its rows from the archive that they share.
	at := "/api/partners/shop/submissions/" + string(rc.Submission)
	collector.poll("the outcome", time.Minute, func() bool {
		var x struct{ State string }
		return looking.ask(http.MethodGet, at+"?wait=20s", nil, &x) == http.StatusOK && x.State == "final"
	})
	var bad struct{ Rows []struct{ Row int } }
	if looking.ask(http.MethodGet, at+"/refused", nil, &bad); len(bad.Rows) != 1 || bad.Rows[0].Row != 3 {
		t.Errorf("%+v", bad)
	}
	if status := taking.ask(http.MethodPost, at+"/mend", map[string]any{"changes": []map[string]any{{"row": 3, "drop": true}}}, nil); status != http.StatusAccepted {
		t.Errorf("mend: %d", status)
	}
}
