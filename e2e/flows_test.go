package e2e

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const flowsYAML = `
  - id: deliveries
    partner: vendor
    kind: shipments
    columns: {document: note, item: item, qty: qty, kind: what, business_date: day, counterparty: to, refers_to: order}
    identity: {scope: document, line_key: [line]}
  - id: orders
    partner: vendor
    kind: orders
    columns: {document: order, item: item, qty: qty, amount: amount, kind: what, business_date: day, counterparty: by}
    identity: {scope: document, line_key: [line, what]}
    coverage: {kind: document}
  - id: transfers
    partner: vendor
    kind: transfers
    columns: {document: no, location: place, item: item, qty: qty, kind: what, business_date: day, counterparty: other}
    identity: {scope: document, line_key: [line, what]}
  - id: accounts
    partner: vendor
    kind: money
    columns: {document: no, amount: amount, kind: {column: type, values: {RE: invoiced, ZE: paid, GU: credited}}, business_date: day, counterparty: debtor, refers_to: of, until: due}
    identity: {scope: document}
    coverage: {kind: period}
  - id: repairs
    partner: vendor
    kind: service
    columns: {document: case, item: {column: item, optional: true}, kind: what, at: opened, reason: why, until: closed, serial: sn, segment: type}
    identity: {scope: document, line_key: [case]}
`

// The kinds of feeds beside sales and stock take the same road: the same five outcomes, books that balance, sums that are
// the ledger's, and another reading when reference data says so.
func TestWhatFlowsBesideSalesTakesTheSameRoad(t *testing.T) {
	dir := t.TempDir()
	reference := func(files map[string]string) {
		t.Helper()
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	reference(map[string]string{
		"products.csv":  "code\nA\nB\n",
		"partners.csv":  "partner,tier\nvendor,vendor\nnorth,dealer\n",
		"locations.csv": "code,partner\nHQ,vendor\nBR,vendor\n",
	})
	s := start(t, "reference: {folder: "+dir+"}\npartners:\n"+partner("vendor", "UTC", "EUR")+"feeds:\n"+flowsYAML)
	send := func(feed, body string, want string) {
		t.Helper()
		q := url.Values{}
		if feed == "accounts" {
			q = url.Values{"from": {"2026-03-01"}, "to": {"2026-03-31"}}
		}
		r := s.push(feed, "vendor", q, []byte(body))
		if got := s.counts(r.Submission); got != want {
			t.Errorf("%s: %s, want %s", feed, got, want)
		}
	}
	const orders = "order,line,what,item,qty,amount,day,by\nO1,1,ordered,A,10,100,2026-03-02,north\nO1,1,confirmed,A,8,80,2026-03-03,north\nO1,2,ordered,B,5,50,2026-03-02,north\n"
	send("orders", orders, "new 3 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0")
	send("orders", orders+" ", "new 0 duplicate 3 corrected 0 superseded 0 withdrawn 0 held 0")
	send("orders", "order,line,what,item,qty,amount,day,by\nO1,1,ordered,A,10,100,2026-03-02,north\nO1,1,confirmed,A,9,90,2026-03-03,north\nO1,2,ordered,B,5,50,2026-03-02,north\nO1,2,cancelled,B,1,10,2026-03-04,north\n",
		"new 1 duplicate 2 corrected 1 superseded 0 withdrawn 0 held 0")
	send("deliveries", "note,line,what,item,qty,day,to,order\nN1,1,shipped,A,9,2026-03-04,north,O1\nN2,1,shipped,B,4,2026-03-04,C77,O1\n", "new 2 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0")
	send("transfers", "no,line,what,place,other,item,qty,day\nT1,1,sent,HQ,BR,A,3,2026-03-05\nT1,1,arrived,BR,HQ,A,2,2026-03-06\n", "new 2 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0")
	send("accounts", "no,type,amount,day,debtor,of,due\nI1,RE,90,2026-03-04,north,,2026-04-03\nI2,RE,40,2026-03-05,north,,2026-04-04\nP1,ZE,50,2026-03-20,north,I1,\n",
		"new 3 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0")
	// The month again, complete: an invoice is gone, and another amount is paid. Without line keys a change is withdrawn and new.
	r := s.push("accounts", "vendor", url.Values{"from": {"2026-03-01"}, "to": {"2026-03-31"}},
		[]byte("no,type,amount,day,debtor,of,due\nI1,RE,90,2026-03-04,north,,2026-04-03\nP1,ZE,60,2026-03-20,north,I1,\n"))
	want(t, "a withdrawal of a third", s.counts(r.Submission), "new 0 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 2")
	if out, err := s.tool("confirm", string(r.Submission)); err != nil {
		t.Fatal(out, err)
	}
	s.poll("the confirmed month", time.Minute, func() bool {
		return s.ask("SELECT sum(amount) FROM sellthrough.v_flow_daily WHERE kind = 'paid'") == "60"
	})
	send("repairs", "case,item,what,opened,why,closed,sn,type\n1,A,repaired,2026-03-02T10:00:00,screen,2026-03-04T10:00:00,S1,enterprise\n2,,ticket,2026-03-02T10:00:00,price,2026-03-02T12:30:00,,\n3,,score,2026-03-02T10:00:00,,,,\n",
		"new 3 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0")

	for sql, wanted := range map[string]string{
		"SELECT sum(qty) FROM sellthrough.v_flow_daily WHERE kind = 'confirmed'":                                                      "9",
		"SELECT sum(amount) FROM sellthrough.v_flow_daily WHERE kind = 'invoiced' AND party = 'north'":                                "90",
		"SELECT toString(groupArray((location, party, qty))) FROM (SELECT * FROM sellthrough.v_flow_daily WHERE kind = 'sent')":       "[('HQ','BR',3)]",
		"SELECT toString(toDate(until)) FROM sellthrough.v_money_lines WHERE document = 'I1'":                                         "2026-04-03",
		"SELECT sum(seconds_until) FROM sellthrough.v_service_lines WHERE kind = 'ticket'":                                            "9000",
		"SELECT concat(segment, ' ', serial, ' ', toString(qty)) FROM sellthrough.v_service_lines WHERE kind = 'repaired'":            "enterprise S1 1",
		"SELECT sum(lines_unmatched) FROM sellthrough.v_flow_daily":                                                                   "0",
		"SELECT toString(groupArray((party, qty))) FROM (SELECT * FROM sellthrough.v_flow_daily WHERE kind = 'shipped' ORDER BY qty)": "[('',4),('north',9)]",
	} {
		want(t, sql, s.ask(sql), wanted)
	}
	reference(map[string]string{"crossreferences.csv": "partner,kind,code,target\nvendor,party,C77,north\n"})
	s.poll("the buyer to be known", time.Minute, func() bool {
		return s.ask("SELECT toString(groupArray((party, qty))) FROM (SELECT * FROM sellthrough.v_flow_daily WHERE kind = 'shipped' ORDER BY qty)") == "[('north',4),('north',9)]"
	})
	undone := s.push("deliveries", "vendor", nil, []byte("note,line,what,item,qty,day,to,order\nN3,1,shipped,A,9,2026-03-04,north,O1\n"))
	s.final(undone.Submission)
	if out, err := s.tool("undo", string(undone.Submission), "--why", "a test"); err != nil {
		t.Fatal(out, err)
	}
	s.poll("the undone delivery to be gone", time.Minute, func() bool {
		return s.ask("SELECT sum(qty) FROM sellthrough.v_flow_daily WHERE kind = 'shipped'") == "13"
	})
	s.verify()
}
