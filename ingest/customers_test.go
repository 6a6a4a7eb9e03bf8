package ingest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/ingest/format/x12"
	"sellthrough/ingest/keys"
	"sellthrough/ingest/veil"
	"sellthrough/internal/block"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
)

// hiding makes the feed invoices one with end customers.
func hiding(c *config.Config) {
	for i := range c.Feeds {
		if c.Feeds[i].ID == "invoices" {
			c.Feeds[i].Columns.Customer = config.Customer{Source: config.Source{Column: "phone", Optional: true}, Form: "phone"}
		}
	}
}

const bought = "receipt,store,item,qty,day,phone\n"

// leaks fails the test where one of the texts stands in a file below a folder, or in a message on the road.
func (w *world) leaks(t *testing.T, texts ...string) {
	t.Helper()
	find := func(where string, b []byte) {
		for _, s := range texts {
			if bytes.Contains(b, []byte(s)) {
				t.Errorf("%s holds %q", where, s)
			}
		}
	}
	for p, msgs := range w.road() {
		for _, m := range msgs {
			find(fmt.Sprintf("partition %d at %d", p, m.Offset), m.Value)
		}
	}
	b := w.bus()
	inc, err := b.Ensure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range w.read(b, bus.Submissions, 0, inc.Submissions) {
		find("the topic of submissions", m.Value)
	}
	if err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		find(path, text)
		find("the name of the file", []byte(path))
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func (f *found) customers(t *testing.T, w *world) (out []string) {
	t.Helper()
	for p, msgs := range w.road() {
		for _, m := range msgs {
			if m.Type != bus.TypeBlock || !slices.Contains(f.marks[p].Blocks, m.Offset) {
				continue
			}
			b, err := block.Read(m.Value)
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.Len() {
				out = append(out, b.MoreOf(i).Customer)
			}
		}
	}
	return out
}

func TestAnEndCustomerIsOnTheRoadAsATokenAlone(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a", hiding)
	body := bought + "r1,s1,a,1,2026-03-02,+49 171 555 0042\nr1,s1,b,2,2026-03-02,0049171-5550042\nr1,s1,c,1,2026-03-02,\nr1,s1,d,1,2026-03-02,n/a\n" +
		"r1,s1,e,one,2026-03-02,+49 171 555 0042\n" + // refused for another cell
		"r1,s1,f,+49 171 555 0042,2026-03-02,1\n" + // in another column
		"r1,s1,g,1,2026-03-02,\"+49 171 555 0042\x01\"\n" + // his own cell
		"r1,s1,h,1,2026-03-02,+49 171 555 0042,x\n" + // too many cells
		"r1,s1,i,\"1,2026-03-02,+49 171 555 0042\n" // a quote that is not closed, up to the end
	taken, err := c.Accept(t.Context(), request("invoices", "k", body))
	if err != nil || taken.Accepted != 4 || taken.Refused != 5 {
		t.Fatalf("%+v, %v", taken.Receipt, err)
	}
	f := w.find(taken.Submission, 1)
	tokens := f.customers(t, w)
	h, err := c.o.Keys.Of("acme").Hider(t.Context(), keys.Phone)
	if err != nil {
		t.Fatal(err)
	}
	want := string(h.Hide([]byte("+491715550042")))
	if len(tokens) != 4 || tokens[0] != want || tokens[1] != want || tokens[2] != "" || tokens[3] != "" {
		t.Errorf("customers %q, want %q twice", tokens, want)
	}
	if !keys.Sealed(taken.Body) || f.marks[f.home.Receipt.Partitions[0]].Body != taken.Body {
		t.Errorf("the body is named %s, and %+v", taken.Body, f.marks)
	}
	told, _ := json.Marshal(taken.Receipt)
	booked, _ := json.Marshal(f.refused)
	for _, text := range [][]byte{told, booked} {
		if bytes.Contains(text, []byte("555")) || bytes.Contains(text, []byte("0171")) {
			t.Errorf("it is told: %s", text)
		}
	}
	if len(f.refused) != 5 || f.refused[0].Row != 6 || f.refused[0].Column != "qty" || f.refused[0].Value != "xxx" || f.refused[1].Value != "+99 999 999 9999" {
		t.Errorf("refused %+v", f.refused)
	}
	w.leaks(t, "555 0042", "5550042")

	again, err := c.Accept(t.Context(), request("invoices", "k", body))
	if err != nil || !again.Replayed || again.Submission != taken.Submission {
		t.Errorf("the same request again: %+v, %v", again, err)
	}
	_, err = c.Accept(t.Context(), request("invoices", "k", body+" "))
	kind(t, err, Conflict)
}

func TestASealedBodyIsFinishedFromTheArchiveAfterACrash(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a", hiding)
	c.giveUp = time.Millisecond
	c.failing(bus.TypeEnd)
	_, err := c.Accept(t.Context(), request("invoices", "k", bought+"r1,s1,a,1,2026-03-02,+49 171 555 0042\n"))
	kind(t, err, Unavailable)
	id, _ := c.Find("acme", "invoices", "k")
	c.stop()
	c = w.collect("a", hiding)
	if got := c.settled(t, id, 2); got.Accepted != 1 {
		t.Errorf("%+v", got)
	}
	w.leaks(t, "555 0042")
}

// erased destroys the keys of all bodies of acme.
func (w *world) erased(t *testing.T, c *collector) {
	t.Helper()
	k := c.o.Keys.Of("acme")
	var all []keys.Entry
	if err := k.Bodies(t.Context(), func(e keys.Entry) error { all = append(all, e); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := k.Destroy(t.Context(), all); err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
}

func TestASubmissionWhoseBodyIsErasedIsClosedAndNotTriedForEver(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a", hiding)
	c.giveUp = time.Millisecond
	c.failing(bus.TypeEnd)
	_, err := c.Accept(t.Context(), request("invoices", "k", bought+"r1,s1,a,1,2026-03-02,+49 171 555 0042\n"))
	kind(t, err, Unavailable)
	id, _ := c.Find("acme", "invoices", "k")
	c.stop()
	w.erased(t, c)
	open, err := Unfinished(t.Context(), w.bus(), "acme")
	if err != nil || len(open) != 1 || open[0] != id {
		t.Errorf("unfinished are %v, %v", open, err)
	}
	c = w.collect("a", hiding)
	got := c.settled(t, id, 2)
	if got.Accepted != 0 || got.Refused != 1 || !strings.Contains(got.Refusals[0].Reason, "erased") {
		t.Errorf("%+v", got)
	}
	f := w.find(id, got.Attempt)
	for _, m := range f.marks {
		if m.Policy.Coverage != sellthrough.CoverNone || m.Lines != 0 {
			t.Errorf("it covers something: %+v", m)
		}
	}
	if len(c.journal.all()) != 0 {
		t.Errorf("the journal still holds %v", c.journal.all())
	}
	if open, err := Unfinished(t.Context(), w.bus(), "acme"); err != nil || len(open) != 0 {
		t.Errorf("unfinished are %v, %v", open, err)
	}
}

func TestAHeldSubmissionWhoseBodyIsErasedSaysThatTheLogHasIt(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a", hiding)
	taken, err := c.Accept(t.Context(), request("invoices", "", bought+"r1,s1,a,1,2026-03-02,+49 171 555 0042\n"))
	if err != nil {
		t.Fatal(err)
	}
	w.erased(t, c)
	_, err = c.Confirm(t.Context(), taken.Submission, "a test")
	if f := faultOf(t, err, Conflict); !strings.Contains(f.Detail, "its lines are in the log") {
		t.Errorf("it says %q", f.Detail)
	}
	if len(c.journal.all()) != 0 {
		t.Errorf("the journal still holds %v", c.journal.all())
	}
}

func TestAFeedWithEndCustomersNeedsAKeyStore(t *testing.T) {
	w := newWorld(t)
	c, err := config.Parse("t.yml", fmt.Appendf(nil, settings, w.dir), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	hiding(c)
	collector := w.collect("a")
	o := collector.o
	o.Config, o.Keys = c, nil
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "no key store") {
		t.Errorf("got %v", err)
	}
}

// A body that arrives, however it is packed, does not lie open for a moment.
func TestABodyThatIsBeingReceivedLiesSealed(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a", hiding)
	in, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		r := request("invoices", "", "")
		r.Body, r.Length, r.Encoding = in, -1, "gzip"
		taken, err := c.Accept(t.Context(), r)
		if err == nil && taken.Accepted != 200_000 {
			err = fmt.Errorf("%d accepted", taken.Accepted)
		}
		done <- err
	}()
	z := gzip.NewWriter(out)
	_, err := io.WriteString(z, bought)
	for k := range 200_000 {
		if err == nil {
			_, err = fmt.Fprintf(z, "r%d,s1,a,1,2026-03-02,+49 171 555 %04d\n", k, k%10_000)
		}
		if k == 199_000 {
			if err = errors.Join(err, z.Flush()); err != nil {
				t.Fatal(err)
			}
			w.leaks(t, "171 555", "r77,s1")
		}
	}
	if err := errors.Join(err, z.Close(), out.Close(), <-done); err != nil {
		t.Fatal(err)
	}
	w.leaks(t, "171 555")
}

const veiledSettings = `
partners:
  - {id: acme, time_zone: Europe/Berlin, currency: EUR, keys: ["sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"]}
feeds:
  - {id: csv, partner: acme, kind: sales, columns: &c {document: receipt, location: store, item: item, qty: qty, amount: amount, at: day, customer: buyer, counterparty: to}, identity: &i {scope: document}, equal_rows_across_files: &e duplicate}
  - {id: semicolons, partner: acme, kind: sales, columns: *c, format: {delimiter: ";"}, identity: *i, equal_rows_across_files: *e}
  - {id: headless, partner: acme, kind: sales, columns: *c, format: {header: [receipt, store, item, qty, amount, day, buyer, to]}, identity: *i, equal_rows_across_files: *e}
  - {id: ndjson, partner: acme, kind: sales, columns: *c, format: {type: ndjson}, identity: *i, equal_rows_across_files: *e}
  - {id: json, partner: acme, kind: sales, columns: *c, format: {type: json, rows: data.rows}, identity: *i, equal_rows_across_files: *e}
  - {id: xlsx, partner: acme, kind: sales, columns: *c, format: {type: xlsx}, identity: *i, equal_rows_across_files: *e}
  - {id: html, partner: acme, kind: sales, columns: *c, format: {type: html}, identity: *i, equal_rows_across_files: *e}
  - {id: x12, partner: acme, kind: sales, columns: {customer: customer}, format: {type: x12}, identity: *i, equal_rows_across_files: *e}
  - {id: edifact, partner: acme, kind: sales, columns: {customer: customer}, format: {type: edifact}, identity: *i, equal_rows_across_files: *e}
  - {id: poslog, partner: acme, kind: sales, columns: {customer: customer}, format: {type: poslog}, currency: EUR, identity: *i, equal_rows_across_files: *e}
`

// veiled are bodies of every format in which NAME is the customer; each place in them is then broken in every way.
func veiled(t testing.TB) map[sellthrough.FeedID]string {
	table := "receipt,store,item,qty,amount,day,buyer,to\nr1,s1,a,1,9.99,2026-03-02,NAME,x\nr1,s1,b,2,9.99,2026-03-02,NAME,\n"
	rows := func(first, between, last, row string) string {
		return first + strings.ReplaceAll(row, "Q", "1") + between + strings.ReplaceAll(row, "Q", "2") + last
	}
	object := `{"receipt":"r1","store":"s1","item":"a","qty":Q,"amount":"9.99","day":"2026-03-02","buyer":"NAME","to":"x"}`
	html := "<table><tr><th>" + strings.ReplaceAll(strings.TrimSpace(strings.SplitN(table, "\n", 2)[0]), ",", "</th><th>") + "</th></tr>"
	for _, l := range strings.Split(strings.TrimSpace(table), "\n")[1:] {
		html += "<tr><td>" + strings.ReplaceAll(l, ",", "</td><td>") + "</td></tr>"
	}
	return map[sellthrough.FeedID]string{
		"csv": table, "semicolons": strings.ReplaceAll(table, ",", ";"), "headless": strings.SplitN(table, "\n", 2)[1],
		"ndjson": rows("", "\n", "\n", object), "json": rows(`{"data":{"rows":[`, ",", "]}}", object), "html": html + "</table>",
		"x12": "ISA*00*          *00*          *ZZ*STOREHUB       *ZZ*AURORA         *260308*0510*U*00401*000000101*0*P*>~\nGS*PT*STOREHUB*AURORA*20260308*0510*41*X*004010~\n" +
			"ST*867*0001~\nBPT*00*R-1*20260302~\nDTM*003*20260302~\nN1*DS*D*91*D1~\nPTD*SS~\nN1*ST*R*91*R7~\nN1*EU*NAME~\nREF*IV*NAME~\nQTY*39*2*EA~\nLIN**VP*AUR-100~\nUIT*EA*9.99~\nAMT*1*19.98~\nSE*13*0001~\nGE*1*41~\nIEA*1*000000101~\n",
		"edifact": "UNB+UNOC:3+4260026610003:14+4007399000006:14+260308:0510+7001'\nUNH+1+SLSRPT:D:01B:UN:EAN006'\nBGM+73E+R-1+9'\nDTM+356:20260307:102'\nLOC+162+S1'\n" +
			"LIN+1++4007399434498:EN'\nQTY+153:2:PCE'\nNAD+UD+++NAME'\nUNS+S'\nUNT+9+1'\nUNZ+1+7001'\n",
		"poslog": `<POSLog><Transaction><RetailStoreID>9</RetailStoreID><WorkstationID>34</WorkstationID><SequenceNumber>1</SequenceNumber><BusinessDayDate>2026-03-02</BusinessDayDate>` +
			`<RetailTransaction><Customer><CustomerID>NAME</CustomerID></Customer><LineItem><SequenceNumber>1</SequenceNumber><Sale><ItemID>A</ItemID><Quantity>1</Quantity></Sale></LineItem></RetailTransaction></Transaction></POSLog>`,
	}
}

// The customer's name, put into every place of a body of every format, with marks around it that break the syntax: nothing
// that is told of a refused row repeats it.
func TestNothingThatIsRefusedTellsTheCustomer(t *testing.T) {
	c, err := config.Parse("t.yml", []byte(veiledSettings), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	const name, number = "Zoë Quastenflosser", "4917155500042"
	secrets := []string{"Quastenflosser", "Zoë", number, "9171555"}
	told := 0
	check := func(id sellthrough.FeedID, what, text string) {
		t.Helper()
		told++
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Fatalf("%s, %s: it is told: %s", id, what, text)
			}
		}
	}
	read := func(id sellthrough.FeedID, what, body string) {
		t.Helper()
		f, _ := c.Feed(id)
		p, err := Read(f, c.Limits, strings.NewReader(body), 1000)
		if r, ok := sellthrough.AsRefusal(err); ok {
			check(id, what, fmt.Sprintf("%+v %s", *r, r.Error()))
		} else if err != nil {
			t.Fatalf("%s, %s: %v", id, what, err)
		}
		for _, r := range p.Refusals {
			check(id, what, fmt.Sprintf("%+v %s", r, r.Error()))
		}
		for _, w := range p.Warnings {
			check(id, what, w)
		}
		if head, _, _ := strings.Cut(body, "BPT*"); id == "x12" && !strings.Contains(head, "Quasten") && !strings.Contains(head, number) {
			// What the acknowledgement repeats, beside the envelope.
			r := x12.NewReader(strings.NewReader(body), []string{"item", "qty", "customer"}, x12.Options{Feed: f.Kind, Hide: f.Sealed()})
			for {
				if _, _, err := r.Next(); err != nil {
					if _, refused := sellthrough.AsRefusal(err); !refused {
						break
					}
				}
			}
			var b bytes.Buffer
			if _, err := x12.Acknowledge(&b, r.Outcome(), x12.Answer{At: time.Unix(0, 0), Control: 1}); err == nil {
				check(id, what, b.String())
			}
		}
	}
	marks := []string{"", `"`, ",", ";", "\n", "\t", "*", "'", "+", ":", "<", "&", "{", "\\", "\x01", "\xff", "~"}
	for id, body := range veiled(t) {
		for _, secret := range []string{name, number} {
			whole := strings.ReplaceAll(body, "NAME", secret)
			read(id, "as it is", whole)
			for at := range len(whole) {
				for k, m := range marks {
					if at%3 != k%3 || k > 2 && at%12 != k%12 { // each place with one of the first marks, and with some of the others
						continue
					}
					read(id, fmt.Sprintf("with %q at %d", m+secret, at), whole[:at]+m+secret+m+whole[at:])
				}
				if at%4 == 0 {
					read(id, fmt.Sprintf("cut at %d", at), whole[:at])
				}
			}
		}
	}
	sheet := func(rows ...[]string) string { return workbook(t, rows...) }
	head := []string{"receipt", "store", "item", "qty", "amount", "day", "buyer", "to"}
	for at := range head {
		row := []string{"r1", "s1", "a", "1", "9.99", "2026-03-02", name, "x"}
		row[at] = name
		read("xlsx", fmt.Sprintf("in column %d", at), sheet(head, row, slices.Insert(slices.Clone(row), at, name), row[:at]))
		read("xlsx", "without its header", sheet(row, row))
	}
	if told < 1000 {
		t.Fatalf("only %d refusals were looked at", told)
	}
}

func TestAPreviewOfAFeedWithEndCustomersIsVeiled(t *testing.T) {
	c, err := config.Parse("t.yml", []byte(veiledSettings), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	f, _ := c.Feed("csv")
	p, err := Read(f, c.Limits, strings.NewReader("receipt,store,item,qty,amount,day,buyer,to\nr1,s1,a,1,9.99,2026-03-02,Zoë,x\nr1,s1,a,Zoë,9.99,2026-03-02,1,x\n"), 10)
	if err != nil || p.Accepted != 1 || p.Lines[0].Customer != "" || p.Refused != 1 || p.Refusals[0].Value != "xxx" {
		t.Errorf("%+v, %v", p, err)
	}
	if veil.Shape("Zoë") != "xxx" {
		t.Error("the shape of a name")
	}
}
