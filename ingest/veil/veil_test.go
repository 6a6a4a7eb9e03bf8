package veil

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/internal/config"
)

const settings = `
partners:
  - {id: acme, time_zone: Europe/Berlin, currency: EUR, keys: ["sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"]}
feeds:
  - id: pos
    partner: acme
    kind: sales
    columns: {document: Receipt, location: Store, item: Item, qty: Quantity, business_date: {column: Day, layouts: [DD.MM.YYYY]}, customer: {column: Phone, form: phone}, kind: {column: Type, values: {V: sell_out, R: return_in}}}
    identity: {scope: document, line_key: [Line]}
  - {id: plain, partner: acme, kind: sales, columns: {document: Receipt, item: Item, qty: Quantity, business_date: Day}, identity: {scope: document, line_key: [Line]}}
`

func feed(t *testing.T, id string) *config.Feed {
	t.Helper()
	c, err := config.Parse("t.yml", []byte(settings), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	f, _ := c.Feed(sellthrough.FeedID(id))
	return f
}

func TestAFeedWithoutCustomersHasNoVeil(t *testing.T) {
	v := New(feed(t, "plain"))
	r := sellthrough.Refusal{Row: 4, Column: "Quantity", Value: "one", Reason: `the header lacks "x"`}
	if got := v.Refusal(r); got != r {
		t.Errorf("got %+v", got)
	}
	if got := v.Texts([]string{"Anna"}); got[0] != "Anna" {
		t.Errorf("got %q", got)
	}
}

func TestAValueIsToldByItsShape(t *testing.T) {
	v := New(feed(t, "pos"))
	ok := func(column, value, want string) {
		t.Helper()
		if got := v.Refusal(sellthrough.Refusal{Row: 4, Column: column, Value: value, Reason: "this is not a number"}); got.Value != want {
			t.Errorf("%q is told as %q", value, got.Value)
		}
	}
	ok("Quantity", "12.3.4", "99.9.9")
	ok("Quantity", " Anna Berg", " xxxx xxxx")
	ok("Day", "+49 (30) 123-456", "+99 (99) 999-999")
	ok("Item", "王小明", "xxx")
	ok("Item", "王五", "xx")
	ok("Item", "Li", "xx")
	ok("Item", "Ж\x01é", "xxx")
	ok("Item", strings.Repeat("Anna ", 40), strings.Repeat("xxxx ", 12)+"…")
	ok("", "r1,Anna Berg,+49 30 1", "") // a row as a whole
}

func TestAReasonKeepsWhatTheProgramSays(t *testing.T) {
	v := New(feed(t, "pos"))
	for _, c := range []struct{ say, want string }{
		{"this is not a number; write digits", "this is not a number; write digits"},
		{"the year is not between 1990 and 2079; correct it", "the year is not between 1990 and 2079; correct it"},
		{"the row has 9 fields and the header 8, so it is unclear which is which; quote a field that holds the delimiter", ""},
		{"this is not a currency of ISO 4217; write three capitals, like EUR", ""},
		{"this is not written as DD.MM.YYYY; write it so, or set layouts in the feed", ""},
		{
			`the header lacks "Quantity" (is it "Quantty"?); found are "Receipt", "Anna Berg". Send these columns, or mend columns of feed pos`,
			`the header lacks "Quantity" (is it "Quantty"?); found are "Receipt", "xxxx xxxx". Send these columns, or mend columns of feed pos`,
		},
		{`the Quantity "Anna \"B\" Berg" is not a number`, `the Quantity "xxxx "x" xxxx" is not a number`},
		{"what the quantity code Anna is in a transfer SD, is not known; list SD/4930123456, or SD for any code", "what the quantity code xxxx is in a transfer xx, is not known; list xx/9999999999, or xx for any code"},
		{"a segment may be lost. Send it again: LIN, QTY02", ""},
		{"the feed does not know this value; known are R, V. Send one of them, or list it under values", ""},
		{`the body is not XML that can be read here, see line 7: the element Anna ends as 王小明. Mend it`, `the body is not XML that can be read here, see line 7: the element xxxx ends as xxx. Mend it`},
		{`it holds the mark ',', but the feed's numbers have the point '.' and no thousands mark`, ""},
		{`the header names "王五" twice; found are "Li"`, `the header names "xx" twice; found are "xx"`},
		{`a quote "Anna that is not closed`, `a quote "xxxx that is not closed`},
	} {
		want := c.want
		if want == "" {
			want = c.say
		}
		if d := cmp.Diff(want, v.Text(c.say)); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

// Whatever stands in a refused row, no word of it that looks like data is told, wherever a reader put it.
func FuzzAnythingInARefusal(f *testing.F) {
	c, err := config.Parse("t.yml", []byte(settings), func(string) (string, bool) { return "", false })
	if err != nil {
		f.Fatal(err)
	}
	fc, _ := c.Feed("pos")
	v := New(fc)
	f.Add("Quantity", " and ", "x")
	f.Add("", `"`, `\`)
	f.Fuzz(func(t *testing.T, column, before, behind string) {
		const name, number = "Zoë Quastenflosser", "4917155500042"
		for _, r := range []sellthrough.Refusal{
			{Column: column, Value: before + name + behind, Reason: "it is " + number + behind},
			{Column: name, Value: number, Reason: before + ` "` + name + `" ` + behind},
			{Column: column, Reason: "the element " + number + " is " + `"` + number + `"`},
		} {
			told := v.Refusal(r)
			for _, text := range []string{told.Column, told.Value, told.Reason} {
				if strings.Contains(text, name) || strings.Contains(text, "Quastenflosser") || strings.Contains(text, number) {
					t.Fatalf("%+v is told as %+v", r, told)
				}
			}
		}
	})
}
