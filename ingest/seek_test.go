package ingest

import (
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/simplifiedchinese"

	"sellthrough"
	"sellthrough/internal/config"
)

func seeker(t *testing.T, feed string, customer ...string) *Seeker {
	t.Helper()
	c, err := config.Parse("t.yml", []byte(veiledSettings+`
  - {id: phones, partner: acme, kind: sales, columns: {document: receipt, item: item, qty: qty, at: day, customer: {column: phone, form: phone}}, identity: *i, equal_rows_across_files: *e}
  - {id: personal, partner: acme, kind: sales, personal: true, columns: {document: receipt, item: item, qty: qty, at: day}, format: {type: ndjson}, identity: *i, equal_rows_across_files: *e}
`), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	f, ok := c.Feed(sellthrough.FeedID(feed))
	if !ok {
		t.Fatal(feed)
	}
	s, err := NewSeeker(f, c.Limits, customer)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestABodyHoldsACustomerWhereverHeStands(t *testing.T) {
	seen := func(want bool, feed, customer, body string) {
		t.Helper()
		s := seeker(t, feed, "Somebody Else", customer)
		for _, src := range []string{"whole", "byte by byte"} {
			var got Sight
			var err error
			if src == "whole" {
				got, err = s.Holds(strings.NewReader(body))
			} else {
				got, err = s.Holds(iotest.OneByteReader(strings.NewReader(body)))
			}
			if err != nil || got.Found != want || got.Blind {
				t.Errorf("%s, %s, %s: %+v, %v", feed, customer, src, got, err)
			}
		}
	}
	table := func(buyer, to string) string {
		return "receipt,store,item,qty,amount,day,buyer,to,note\nr1,s1,a,1,9.99,2026-03-02,x,x,x\nr1,s1,a,1,9.99,2026-03-02," + buyer + "," + to + "\n"
	}
	yes, no := true, false
	seen(yes, "csv", "anna berg", table("Anna  BERG", ""))
	seen(yes, "csv", "Anna Berg", table(`="Anna Berg"`, ""))
	seen(no, "csv", "Anna Berg", table("Anna Bergmann", ""))
	seen(yes, "csv", "Anna Berg", table("x", "Anna Berg"))                  // in another column that is mapped
	seen(yes, "csv", "Anna Berg", table("x", "x")+"r2,,,,,,,,anna berg\n")  // in one that is not
	seen(yes, "csv", "Anna Berg", table("x", "x")+"r2,\"x\nAnna Berg,1\n")  // in a row that can't be split
	seen(no, "csv", "Anna Berg", table("x", "x")+"r2,\"x\nAnna Bergen,1\n") //
	seen(yes, "csv", "Anna Berg", "Anna Berg\n"+table("x", "x"))            // above the header
	seen(yes, "csv", "Anna Berg", "receipt,store\nr1,Anna Berg\n")          // of a body that the feed reads no more
	seen(yes, "csv", "1001", table("1001", ""))                             // a number that others may be called, too:
	seen(no, "csv", "1001", table("x", "1001"))                             // it counts in the customer's column
	seen(yes, "csv", "1001", table("x", "x")+"r2,\"x\n1001,1\n")            // and in what was not read
	seen(no, "csv", "1001", table("x", "x")+"r2,\"x\n11001,1\n")            //
	seen(yes, "phones", "+49 171 5550042", "receipt,item,qty,day,phone\nr1,a,1,2026-03-02,0049 171/555-0042\n")
	seen(no, "phones", "+49 171 5550042", "receipt,item,qty,day,phone\nr1,a,1,2026-03-02,0049 171/555-0043\n")
	seen(yes, "phones", "+49 171 5550042", "receipt,item,qty,day,phone,second\nr1,a,1,2026-03-02,,0049 171/555-0042\n")
	seen(yes, "ndjson", "Jürgen Öztürk", `{"receipt":"r1","buyer":"J\u00fcrgen \u00d6zt\u00FCrk"}`+"\n")
	seen(yes, "ndjson", "Jürgen Öztürk", `{"receipt":"r1","who":{"name":"J\u00fcrgen \u00d6zt\u00FCrk"}}`+"\n") // a member that is not mapped
	seen(yes, "personal", "Jürgen Öztürk", `{"receipt":"r1","item":"a","qty":1,"day":"2026-03-02","name":"Jürgen Öztürk"}`+"\n")
	seen(yes, "json", "Anna Berg", `{"data":{"rows":[{"receipt":"r1","buyer":"Anna Berg"}]}}`)
	seen(yes, "poslog", "O'Hara & Sons", strings.ReplaceAll(veiled(t)["poslog"], "NAME", "O&apos;Hara &amp; Sons"))
	seen(yes, "poslog", "Anna Berg", strings.ReplaceAll(veiled(t)["poslog"], "<CustomerID>NAME</CustomerID>", "<Name>Anna Berg</Name>")) // where no column looks
	for _, f := range []sellthrough.FeedID{"x12", "edifact", "html"} {
		seen(yes, string(f), "Anna Berg", strings.ReplaceAll(veiled(t)[f], "NAME", "Anna Berg"))
		seen(no, string(f), "Anna Berg", strings.ReplaceAll(veiled(t)[f], "NAME", "Jonas Tal"))
	}
	seen(yes, "x12", "Anna Berg", strings.ReplaceAll(veiled(t)["x12"], "N1*EU*NAME~\n", "N1*SE*Anna Berg~\n"))
	head := []string{"receipt", "store", "item", "qty", "amount", "day", "buyer", "to"}
	row := func(buyer, qty string) []string {
		return []string{"r1", "s1", "a", qty, "9.99", "2026-03-02", buyer, "x"}
	}
	seen(yes, "xlsx", "Anna Berg", workbook(t, head, row("x", "1"), row("Anna Berg", "1")))
	seen(no, "xlsx", "Anna Berg", workbook(t, head, row("x", "1"), row("Jonas Tal", "1")))
	seen(yes, "xlsx", "Anna Berg", workbook(t, []string{"other", "columns"}, []string{"Anna Berg", "1"})) // no row is read
	seen(yes, "xlsx", "Anna Berg", workbook(t, append(head, ""), append(row("x", "1"), "Anna Berg")))     // nor this one
}

func TestACustomerIsFoundInTheEncodingOfTheBody(t *testing.T) {
	body := "receipt,store,item,qty,amount,day,buyer,to\nr1,s1,a,1,9.99,2026-03-02,王小明,x\n" // and a row that can't be split
	text, err := simplifiedchinese.GB18030.NewEncoder().String(body + "r2,\"李雷\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"王小明", "李雷"} {
		if got, err := seeker(t, "csv", name).Holds(strings.NewReader(text)); err != nil || !got.Found {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := seeker(t, "csv", "韩梅梅").Holds(strings.NewReader(text)); err != nil || got.Found {
		t.Errorf("%+v, %v", got, err)
	}
}

// A name that lies across the pieces in which a body is looked through is found, and one that only ends or begins like it
// is not.
func TestANameAcrossPiecesIsFoundOnce(t *testing.T) {
	for _, size := range []int{64<<10 - 20, 64<<10 - 4, 64 << 10, 64<<10 + 3, 200_000} {
		for what, want := range map[string]bool{" Anna Berg ": true, "xAnna Berg ": false, " Anna Bergx": false} {
			body := `{"receipt":"r1","note":"` + strings.Repeat("x", size) + what + strings.Repeat("y", 300_000) + "\"}\n"
			if got, err := seeker(t, "ndjson", "Anna Berg").Holds(strings.NewReader(body)); err != nil || got.Found != want {
				t.Errorf("%q behind %d bytes: %+v, %v", what, size, got, err)
			}
		}
	}
}

func TestABrokenWorkbookIsNotPassedOver(t *testing.T) {
	whole := workbook(t, []string{"receipt", "buyer"}, []string{"r1", strings.Repeat("z", 3000)})
	broken := []byte(whole)
	for i := range 40 { // in the middle of a part
		broken[len(broken)/3+i] ^= 0x55
	}
	got, err := seeker(t, "xlsx", "Anna Berg").Holds(strings.NewReader(string(broken)))
	if err != nil || !got.Blind && !got.Found {
		t.Errorf("%+v, %v", got, err)
	}
}

func BenchmarkSeek(b *testing.B) {
	var t testing.T
	var body strings.Builder
	body.WriteString("receipt,store,item,qty,amount,day,buyer,to\n")
	for k := range 50_000 {
		fmt.Fprintf(&body, "r%d,s1,a,1,9.99,2026-03-02,Customer %d,x\n", k, k)
	}
	s := seeker(&t, "csv", "Anna Berg", "+49 171 5550042")
	b.SetBytes(int64(body.Len()))
	for b.Loop() {
		if got, err := s.Holds(strings.NewReader(body.String())); err != nil || got.Found {
			b.Fatal(got, err)
		}
	}
}
