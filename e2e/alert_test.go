package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sellthrough/alerts"
)

var alertYAML = "partners:\n" + partner("shop", "Europe/London", "GBP") + partner("quiet", "Europe/London", "GBP") + `
feeds:
  - id: shop-pos
    partner: shop
    kind: sales
    columns: {document: doc, location: store, item: item, qty: qty, amount: amount, at: at}
    identity: {scope: location-day}
    coverage: {kind: location-day}
  - id: shop-stock
    partner: shop
    kind: stock
    columns: {location: store, item: item, qty: qty, at: at}
    coverage: {kind: snapshot, hold_above: 100%}
  - id: quiet-pos
    partner: quiet
    kind: sales
    columns: {document: doc, location: store, item: item, qty: qty, amount: amount, at: at}
    identity: {scope: location-day}
    coverage: {kind: location-day}
  - id: quiet-stock
    partner: quiet
    kind: stock
    columns: {location: store, item: item, qty: qty, at: at}
    coverage: {kind: snapshot, hold_above: 100%}
`

// inbox is a receiver of webhooks that knows the names of messages.
type inbox struct {
	*httptest.Server
	mu       sync.Mutex
	messages map[string]alerts.Message
	requests int
}

func newInbox(t *testing.T) *inbox {
	in := &inbox{messages: map[string]alerts.Message{}}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m alerts.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || m.ID != r.Header.Get("Idempotency-Key") {
			t.Errorf("message %q named %q: %v", m.ID, r.Header.Get("Idempotency-Key"), err)
			http.Error(w, "unreadable", http.StatusBadRequest)
			return
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		in.requests++
		in.messages[m.ID] = m
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(in.Close)
	return in
}

// told is how often it was told of "opened|closed rule partner location product", over all messages.
func (in *inbox) told() map[string]int {
	in.mu.Lock()
	defer in.mu.Unlock()
	out := map[string]int{}
	for _, m := range in.messages {
		for part, what := range map[*alerts.Part]string{m.Opened: "opened", m.Closed: "closed"} {
			if part == nil {
				continue
			}
			for _, i := range part.Items {
				out[strings.TrimSpace(fmt.Sprintln(what, i.Rule, i.Partner, i.Location, i.Product))]++
			}
		}
	}
	return out
}

// why is what the message about a closing says.
func (in *inbox) why(rule, product string) string {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, m := range in.messages {
		if m.Closed != nil {
			for _, i := range m.Closed.Items {
				if i.Rule == rule && i.Product == product {
					return i.Why.En
				}
			}
		}
	}
	return ""
}

// TestAStockOutIsToldOnceAndItsCorrectionToo pushes a shop's zero, kills the alerter, corrects it and kills the alerter again. A
// partner that fell silent while it was out of stock is missing its report, and is no stock-out.
func TestAStockOutIsToldOnceAndItsCorrectionToo(t *testing.T) {
	in := newInbox(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"products.csv":        "code,gtin,name,line,units_per_pack,list_price,currency\nTV,,Television,tv,1,500,GBP\nRADIO,,Radio,radio,1,50,GBP\n",
		"locations.csv":       "code,name,partner,country,region,city,territory,time_zone\nSHOP-1,Shop,shop,GB,,London,GB,Europe/London\nQUIET-1,Quiet,quiet,GB,,Leeds,GB,Europe/London\n",
		"crossreferences.csv": "partner,kind,code,target,units,from,to\nshop,location,S1,SHOP-1,,,\nquiet,location,Q1,QUIET-1,,,\nshop,item,tv,TV,1,,\nshop,item,radio,RADIO,1,,\nquiet,item,tv,TV,1,,\n",
		"ranging.csv":         "location,item,from,to,lead_days\nSHOP-1,TV,,,5\nSHOP-1,RADIO,,,5\nQUIET-1,TV,,,5\n",
		"reporting.csv":       "feed,frequency,weekdays,due,grace_days,from,to\nquiet-stock,day,,09:00,1,,\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, alertYAML+"reference: {folder: "+dir+"}\nalerts:\n  every: 1s\n  channels: [{name: hook, type: json, url: '"+in.URL+"'}]\n")
	today := time.Now().UTC()
	stock := func(feed, partner, store string, back int, hour string, tv, radio int) {
		t.Helper()
		day := today.AddDate(0, 0, -back).Format(time.DateOnly)
		body := fmt.Sprintf("store,item,qty,at\n%s,tv,%d,%s %s\n", store, tv, day, hour)
		if radio >= 0 {
			body += fmt.Sprintf("%s,radio,%d,%s %s\n", store, radio, day, hour)
		}
		s.final(s.push(feed, partner, nil, []byte(body)).Submission)
	}
	sales := func(feed, partner, store string, from, to int) {
		t.Helper()
		for back := from; back >= to; back-- {
			day := today.AddDate(0, 0, -back).Format(time.DateOnly)
			s.final(s.push(feed, partner, nil, fmt.Appendf(nil, "store,doc,item,qty,amount,at\n%s,d,tv,2,1000,%s 10:00:00\n", store, day)).Submission)
		}
	}
	told := func(what string) {
		t.Helper()
		s.poll("told "+what, 2*time.Minute, func() bool { return in.told()[what] > 0 })
	}
	// The quiet one: 50 in stock, sold 2 a day, and its last word, 10 days ago, was zero.
	stock("quiet-stock", "quiet", "Q1", 16, "09:00:00", 50, -1)
	sales("quiet-pos", "quiet", "Q1", 16, 11)
	stock("quiet-stock", "quiet", "Q1", 10, "09:00:00", 0, -1)
	told("opened missing_report quiet")
	// The shop: its shelf is full, then empty.
	stock("shop-stock", "shop", "S1", 6, "09:00:00", 50, 20)
	sales("shop-pos", "shop", "S1", 6, 1)
	stock("shop-stock", "shop", "S1", 0, "00:00:01", 0, 20)
	told("opened stock_out shop SHOP-1 TV")
	t.Log("milliseconds from the registration of the file to done, opened, noted: " + s.ask(`SELECT dateDiff('ms', r, assumeNotNull((SELECT max(written_at) FROM sellthrough.road WHERE kind = 'done'))),
		dateDiff('ms', r, assumeNotNull((SELECT max(at) FROM sellthrough.incidents WHERE event = 'opened' AND rule = 'stock_out'))), dateDiff('ms', r, now64(3)) FROM (SELECT max(received_at) AS r FROM sellthrough.v_submissions)`))
	s.kill()
	s.run()
	if out, err := s.tool("alert", "list"); err != nil || !strings.Contains(out, "TV is out of stock at SHOP-1") || !strings.Contains(out, "quiet-stock") {
		t.Errorf("alert list: %v\n%s", err, out)
	}
	incident := s.ask("SELECT incident FROM sellthrough.v_incidents WHERE rule = 'stock_out'")
	if out, err := s.tool("alert", "ack", incident); err != nil {
		t.Errorf("alert ack: %v\n%s", err, out)
	}
	resp, err := http.Post(s.api+"/api/incidents/"+incident+"/assign", "application/json", strings.NewReader(`{"to":"wang"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	want(t, "the answer to an assignment", resp.Status, "204 No Content")
	want(t, "the incident", s.ask("SELECT state, units_at_stake, money_at_stake, assigned_to FROM sellthrough.v_incidents WHERE rule = 'stock_out'"), "acknowledged 10 5000 wang")
	// The correction, and a kill before anybody may have been told.
	stock("shop-stock", "shop", "S1", 0, "00:00:01", 12, 20)
	s.kill()
	s.run()
	told("closed stock_out shop SHOP-1 TV")
	want(t, "why it closed", in.why("stock_out", "TV"), "a newer report says 12 on hand")
	want(t, "what the view says", s.ask("SELECT state, why FROM sellthrough.v_incidents WHERE rule = 'stock_out'"), "closed a newer report says 12 on hand")
	want(t, "rules that opened at the quiet one", s.ask("SELECT DISTINCT rule FROM sellthrough.v_incidents WHERE partner = 'quiet' ORDER BY rule"), "missing_report")
	for what, n := range in.told() {
		if n != 1 {
			t.Errorf("told %d times, under different names: %s", n, what)
		}
	}
	page := filepath.Join(t.TempDir(), "week.html")
	if out, err := s.tool("alert", "report", "--out", page); err != nil {
		t.Errorf("alert report: %v\n%s", err, out)
	}
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), "渠道周报") {
		t.Errorf("the weekly report: %v\n%s", err, text)
	}
}
