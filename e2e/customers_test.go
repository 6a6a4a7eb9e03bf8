package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/ingest/keys"
)

const customerFeeds = `
customers: {rotate: 0s}
doors: {folder: {root: %s, poll: 100ms, feeds: [tills]}}
feeds:
  - id: tills
    partner: acme
    kind: sales
    columns: &columns {document: receipt, location: store, item: item, qty: qty, amount: amount, business_date: day, customer: buyer}
    identity: {scope: document, line_key: [line]}
  - id: web
    partner: acme
    kind: sales
    format: {type: ndjson}
    columns: {document: order, item: item, qty: qty, amount: amount, business_date: day, customer: {column: phone, form: phone}}
    identity: {scope: document, line_key: [line]}
  - {id: book, partner: acme, kind: sales, format: {type: xlsx}, columns: *columns, identity: {scope: document, line_key: [line]}}
  - {id: repairs, partner: acme, kind: service, columns: {document: case, item: {column: item, optional: true}, kind: {constant: repaired}, business_date: day, reason: why, customer: {column: phone, form: phone}}, identity: {scope: document, line_key: [case]}}
`

// The person is called so, in the four feeds.
const (
	herName  = "Zoë Quastenflosser"
	herPhone = "+49 171 555 0042"
)

// secrets are pieces by which she would be found, whatever stands around them.
var secrets = []string{"Quastenflosser", "quastenflosser", "QUASTENFLOSSER", "Zoë", "1715550042", "171 555 0042", "171-555-0042", "5550042"}

// sheetOf is a workbook with one sheet of texts.
func sheetOf(t *testing.T, rows ...[]string) []byte {
	t.Helper()
	var data strings.Builder
	for r, row := range rows {
		fmt.Fprintf(&data, `<row r="%d">`, r+1)
		for c, cell := range row {
			fmt.Fprintf(&data, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+c, r+1, cell)
		}
		data.WriteString("</row>")
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="a" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="http://r"><sheets><sheet name="Sales" sheetId="1" r:id="s"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="s" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData>` + data.String() + `</sheetData></worksheet>`,
	} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// totals are all numbers that an erasure must leave alone.
func (s *system) totals() string {
	s.t.Helper()
	return s.ask(`SELECT 'sales', partner, toString(business_date), location, product, kind, toString(sum(qty)), toString(sum(amount)), toString(sum(s.lines)) FROM sellthrough.v_sales_daily AS s GROUP BY ALL ORDER BY ALL`) + "\n" +
		s.ask(`SELECT 'flows', partner, kind, toString(sum(qty)), toString(sum(f.lines)) FROM sellthrough.v_flow_daily AS f GROUP BY ALL ORDER BY ALL`) + "\n" +
		s.ask(`SELECT * FROM sellthrough.v_books ORDER BY feed`) + "\n" + s.repeats()
}

// repeats is how many customers there are, and how many bought more than once.
func (s *system) repeats() string {
	s.t.Helper()
	return s.ask(`SELECT count(), countIf(documents > 1) FROM
		(SELECT customer, uniqExact(namespace, document) AS documents FROM sellthrough.v_movements WHERE customer != '' AND sign > 0 GROUP BY partner, customer)`)
}

// TestAnErasedCustomerCanBeFoundNowhere: she bought at a till, by phone and in a workbook, and stands in rows that were
// refused for every reason there is. Before she is erased nothing but a token of hers is anywhere; afterwards nobody can tell
// which token it was. No total moves.
func TestAnErasedCustomerCanBeFoundNowhere(t *testing.T) {
	drop := filepath.Join(t.TempDir(), "drop")
	s := start(t, "partners:\n"+partner("acme", "UTC", "EUR")+fmt.Sprintf(customerFeeds, drop))
	var told [][]byte
	var hers, others []sellthrough.Receipt
	push := func(feed, body string, refused int64) sellthrough.Receipt {
		t.Helper()
		r := s.push(feed, "acme", nil, []byte(body))
		if r.Refused != refused {
			t.Errorf("%s: %d rows are refused, want %d: %+v", feed, r.Refused, refused, r.Refusals)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, text)
		return r
	}
	const head = "receipt,line,store,item,qty,amount,day,buyer\n"
	hers = append(hers, push("tills", head+"r1,1,s1,a,1,10.00,2026-03-02,"+herName+"\nr1,2,s1,b,1,10.00,2026-03-02,"+herName+"\nr2,1,s1,a,1,10.00,2026-03-02,Jonas Tal\n"+
		"r3,1,s1,a,2,20.00,2026-03-03,ZOË  QUASTENFLOSSER\n"+
		"r4,1,s1,a,one,1.00,2026-03-03,"+herName+"\n"+ // a cell beside hers
		"r4,2,s1,a,"+herName+",1.00,2026-03-03,x\n"+ // in another column
		"r4,3,s1,"+herName+"\x01,1,1.00,2026-03-03,x\n"+ // likewise
		"r4,4,s1,a,1,1.00,2026-03-03,"+strings.Repeat(herName+" ", 40)+"\n"+ // too long for a name
		"r4,5,s1,a,1,1.00,2026-03-03,"+herName+","+herName+"\n"+ // too many cells
		"r4,6,s1,"+herName+"\n"+ // too few
		"r4,7,s1,a,1,1.00,2062-99-03,"+herName+"\n"+ // no date
		"r4,8,s1,a,\"1,1.00,2026-03-03,"+herName+"\n", 8)) // a quote that is never closed
	others = append(others, push("tills", head+"r5,1,s1,a,1,10.00,2026-03-03,Jonas Tal\n", 0))
	hers = append(hers, push("web", `{"order":"o1","line":1,"item":"a","qty":1,"amount":"9.00","day":"2026-03-02","phone":"`+herPhone+`"}`+"\n"+
		`{"order":"o2","line":1,"item":"a","qty":1,"amount":"9.00","day":"2026-03-04","phone":"0049171-555-0042"}`+"\n"+
		`{"order":"o3","line":1,"item":"a","qty":"x","amount":"9.00","day":"2026-03-04","phone":"`+herPhone+`"}`+"\n"+
		`{"order":"o3","line":2,"item":"a","qty":1,"amount":"9.00","day":"`+herPhone+`","phone":""}`+"\n"+
		`{"order":"o3","line":3,"item":{"`+herName+`":1},"qty":1,"amount":"9.00","day":"2026-03-04"}`+"\n"+
		`{"order":"o3","line":4,"`+herName+`":1,"`+herName+`":2,"item":"a","qty":1,"amount":"9.00","day":"2026-03-04"}`+"\n"+
		`{"order":"o3","line":5,"item":"`+herName+"\n"+
		`{"order":"o4","line":1,"item":"a","qty":1,"amount":"9.00","day":"2026-03-04","phone":"+49 171 555 0099"}`+"\n", 5))
	hers = append(hers, push("book", string(sheetOf(t, strings.Split(strings.TrimSpace(head), ","), []string{"b1", "1", "s1", "a", "3", "30.00", "2026-03-05", herName},
		[]string{"b2", "1", "s1", "a", "1", "10.00", "2026-03-05", "Mia Au"}, []string{"b3", "1", "s1", "a", herName, "10.00", "2026-03-05", "Mia Au"})), 1))
	hers = append(hers, push("repairs", "case,item,day,why,phone\n1,a,2026-03-06,screen,"+herPhone+"\n2,a,2026-03-06,screen,+49 171 555 0099\n", 0))
	s.settled(5)

	// By a folder: the file that was taken is not kept beside the archive.
	if err := os.WriteFile(filepath.Join(drop, "tills", "day.csv"), []byte(head+"r6,1,s1,a,1,10.00,2026-03-06,"+herName+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.settled(6)
	s.poll("the file to be settled", time.Minute, func() bool {
		left, _ := filepath.Glob(filepath.Join(drop, "tills", "*", "*"))
		return len(left) == 2 && strings.HasSuffix(left[0], "processed/day.csv.receipt.json")
	})
	// Whole bodies that are refused: no header, a truncated workbook, nothing but refused rows.
	for feed, body := range map[string]string{"tills": "r1,1,s1,a,1,10.00,2026-03-02," + herName + "\n", "book": string(sheetOf(t, []string{herName}))[:300], "web": herName} {
		a, err := s.send(t.Context(), feed, "acme", nil, "", strings.NewReader(body), nil)
		if err != nil || a.Status < 400 {
			t.Errorf("%s: %d %s, %v", feed, a.Status, a.Body, err)
		}
		told = append(told, a.Body)
	}
	s.settled(7) // that of the web feed was read, and all of it refused
	for _, r := range hers {
		for _, path := range []string{"/v1/submissions/" + string(r.Submission), "/v1/submissions/" + string(r.Submission) + "/refused"} {
			told = append(told, []byte(s.get("acme", path)))
		}
	}
	receipts, _ := filepath.Glob(filepath.Join(drop, "tills", "processed", "*"))
	for _, f := range receipts {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, text)
	}
	s.absent("before", secrets, told...)
	// What is no secret is found by the same search, so that it would find her.
	if p := strings.Join(s.searched([]string{"screen"}), " "); !strings.Contains(p, "record block") || !strings.Contains(p, "table service_lines") || !strings.Contains(p, "file ") {
		t.Errorf("a reason is found in %q", p)
	}

	before := s.totals()
	want(t, "customers, and who bought twice", s.repeats(), "5 3") // she by name and by phone, Jonas; Mia, and another phone, once
	tokens := func(form keys.Form, who string) (out []string) {
		all, err := s.keyStore().Of("acme").Tokens(t.Context(), form, who)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	name, phone, jonas := tokens(keys.Text, herName), tokens(keys.Phone, herPhone), tokens(keys.Text, "Jonas Tal")
	lines := func(tokens ...string) string {
		in := "WHERE customer IN ('" + strings.Join(tokens, "','") + "')"
		return s.ask("SELECT count() FROM (SELECT line FROM sellthrough.movements " + in + " UNION ALL SELECT line FROM sellthrough.service_lines " + in + ")")
	}
	want(t, "her lines", lines(slices.Concat(name, phone)...), "8")

	erase := func(args ...string) string {
		t.Helper()
		c := exec.Command(binary, append([]string{"erase", "--partner", "acme", "--why", "ticket 7", "--config", filepath.Join(s.dir, "sellthrough.yaml")}, args...)...)
		c.Stdin = strings.NewReader(herName + "\n" + herPhone + "\n")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("erase: %v\n%s", err, out)
		}
		for _, x := range secrets {
			if bytes.Contains(out, []byte(x)) {
				t.Errorf("the command says who it was: %s", out)
			}
		}
		return string(out)
	}
	if out := strings.Join(strings.Fields(erase("--dry-run")), " "); !strings.Contains(out, "nothing was changed") || !strings.Contains(out, "rows in the ledger 8") {
		t.Errorf("dry run:\n%s", out)
	}
	want(t, "totals after a dry run", s.totals(), before)
	out := erase()
	if !strings.Contains(out, "DESTROYED 7 keys of bodies") { // one of a file that was turned away and kept
		t.Errorf("erase:\n%s", out)
	}

	want(t, "totals", s.totals(), before)
	s.verify()
	for _, r := range hers {
		if s.readable(r.Body) {
			t.Errorf("a body of feed %s can be read", r.Feed)
		}
	}
	for _, r := range others {
		if !s.readable(r.Body) {
			t.Errorf("a body of feed %s that does not hold her can't be read", r.Feed)
		}
	}
	for form, who := range map[keys.Form]string{keys.Text: herName, keys.Phone: herPhone} {
		now := tokens(form, who)
		want(t, "lines of the tokens that can be made of her", lines(now...), "0")
	}
	want(t, "her lines, under tokens that nobody can make", lines(slices.Concat(name, phone)...), "8")
	s.absent("after", secrets, told...)
	audit := s.ask("SELECT what, about FROM sellthrough.audit WHERE what LIKE 'era%' ORDER BY at, what")
	if !strings.Contains(audit, "erased") || !strings.Contains(audit, "ticket 7") {
		t.Errorf("the audit log says %q", audit)
	}
	if out := erase(); !strings.Contains(out, "nothing was found") {
		t.Errorf("erased again:\n%s", out)
	}

	// A collector that was running all the time has forgotten the key: she who comes back is somebody new.
	n := 0
	s.poll("the running collector to forget her", 30*time.Second, func() bool {
		n++
		r := s.push("tills", "acme", nil, fmt.Appendf(nil, "%sback-%d,1,s1,a,1,10.00,2026-03-07,%s\n", head, n, herName))
		s.final(r.Submission)
		return !slices.Contains(name, s.ask(fmt.Sprintf("SELECT customer FROM sellthrough.v_movements WHERE document = 'back-%d'", n)))
	})
	if now := tokens(keys.Text, "Jonas Tal"); now[0] != jonas[0] {
		t.Log("Jonas shares her key, one in a thousand")
	} else {
		want(t, "his lines", lines(jonas...), "2")
	}

	// A new generation: old tokens stay, new lines have new ones, and counts are of each generation by itself.
	if out, err := s.tool("customers", "rotate", "--partner", "acme"); err != nil || !strings.Contains(out, "2") {
		t.Fatal(out, err)
	}
	s.poll("the running collector to use the new generation", 30*time.Second, func() bool {
		n++
		r := s.push("tills", "acme", nil, fmt.Appendf(nil, "%slater-%d,1,s1,a,1,10.00,2026-03-08,Jonas Tal\n", head, n))
		s.final(r.Submission)
		return strings.HasPrefix(s.ask(fmt.Sprintf("SELECT customer FROM sellthrough.v_movements WHERE document = 'later-%d'", n)), "a2.")
	})
	if all := tokens(keys.Text, "Jonas Tal"); len(all) != 2 {
		t.Errorf("his tokens are %v", all)
	}
	// Sent again, a line that is held already keeps the token that it has.
	r := s.push("tills", "acme", nil, []byte(head+"r5,1,s1,a,1,10.00,2026-03-03,Jonas Tal\n"))
	want(t, "the same line under a new generation", s.counts(r.Submission), "new 0 duplicate 1 corrected 0 superseded 0 withdrawn 0 held 0")
	s.verify()
}
