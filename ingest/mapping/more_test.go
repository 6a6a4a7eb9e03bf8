package mapping

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/internal/block"
)

const repairs = `
  - id: repairs
    partner: acme
    kind: service
    columns:
      document: Case
      item: {column: Item, optional: true}
      kind: {column: What, values: {R: repaired, T: ticket}}
      at: Opened
      customer: Phone
      segment: {column: Type, values: {F: enterprise, P: individual}}
      salesperson: Clerk
      title: {constant: customer}
      reason: Why
      refers_to: Receipt
      destination: City
      until: {column: Closed, layouts: [DD.MM.YYYY HH:mm]}
    identity: {scope: document, line_key: [Case]}
`

func TestWhatOnlySomeFeedsSayIsReadAndTravelsInTheBlock(t *testing.T) {
	feed := feedOf(t, repairs)
	m, err := New(feed)
	if err != nil {
		t.Fatal(err)
	}
	body := `Case,Item,What,Opened,Phone,Type,Clerk,Why,Receipt,City,Closed
1,,T,2026-11-02T09:00:00,,,,,,,
2,A,R,2026-11-02T10:00:00,+49 30 1,F,K7,broken,B-1,Potsdam,03.11.2026 08:30
3,A,R,2026-11-02T11:00:00,,P,,,,,
4,A,R,2026-11-02T11:00:00,,firm,,,,,
5,A,R,2026-11-02T11:00:00,,,,,,,32.11.2026 08:30
`
	r, b, err := open(m, feed, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	b.Hide = func(customer []byte) []byte { return []byte("hash of " + string(customer[len(customer)-1:])) }
	k := NewBuilder(feed.ID, "s", 1)
	var refused []string
	for {
		fields, row, err := r.Next()
		if err != nil {
			break
		}
		var c Cells
		if err := b.MapTo(fields, row, &c); err != nil {
			refused = append(refused, err.Error())
			continue
		}
		k.Append(&c)
	}
	taken := k.Take()
	got, err := block.Read(block.Append(nil, &taken))
	if err != nil {
		t.Fatal(err)
	}
	var said []sellthrough.More
	for i := range got.Len() {
		said = append(said, got.Line(i, feed.Kind).More)
	}
	if d := cmp.Diff([]sellthrough.More{
		{Title: "customer"},
		{
			Customer: "hash of 1", Segment: "enterprise", Salesperson: "K7", Title: "customer", Reason: "broken", RefersTo: "B-1",
			Destination: "Potsdam", Until: 1793694600, // 2026-11-03 08:30 as written
		},
		{Segment: "individual", Title: "customer"},
	}, said); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{
		`row 5, column Type, value "firm": the feed does not know this value; send a known one, or list it under values`,
		`row 6, column Closed, value "32.11.2026 08:30": this date does not exist`,
	}, refused); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got.Line(1, feed.Kind).Qty != sellthrough.One {
		t.Errorf("a repair counts %s", got.Line(1, feed.Kind).Qty)
	}
}

func TestACustomerIsNeverKeptAsWritten(t *testing.T) {
	feed := feedOf(t, repairs)
	m, _ := New(feed)
	for _, cell := range []string{"Anna 030-1", strings.Repeat("x", 600), "a\x01b"} {
		r, b, err := open(m, feed, strings.NewReader("Case,Item,What,Opened,Phone,Type,Clerk,Why,Receipt,City,Closed\n1,,T,2026-11-02T09:00:00,"+cell+",,,,,,\n"))
		if err != nil {
			t.Fatal(err)
		}
		fields, row, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		var c Cells
		err = b.MapTo(fields, row, &c) // without keys: nothing of it
		if err == nil && len(c.More[atCustomer]) > 0 || err != nil && strings.Contains(err.Error(), cell[:3]) {
			t.Errorf("%.10q is told: %q, %v", cell, c.More[atCustomer], err)
		}
	}
}
