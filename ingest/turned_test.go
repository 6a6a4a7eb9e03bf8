package ingest

import (
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"sellthrough"
	"sellthrough/internal/config"
)

// turned starts a collector that keeps its notes of what it turns away.
func (w *world) turned(edit ...func(*config.Config)) (*collector, func() []sellthrough.TurnedAway) {
	c := w.collect("a", edit...)
	var mu sync.Mutex
	var notes []sellthrough.TurnedAway
	c.o.TurnedAway = func(t sellthrough.TurnedAway) {
		mu.Lock()
		defer mu.Unlock()
		notes = append(notes, t)
	}
	return c, func() []sellthrough.TurnedAway {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(notes)
	}
}

func TestABodyThatIsTurnedAwayIsKeptAndToldOnce(t *testing.T) {
	w := newWorld(t)
	c, notes := w.turned()
	body := "receipt,store,item,Stück,day\nr1,s1,i,1,2026-03-01\n"
	r := request("invoices", "k", body)
	r.File = "march.csv"
	r.DryRun = true
	_, err := c.Accept(t.Context(), r)
	kind(t, err, Unreadable)
	if n := notes(); len(n) != 0 {
		t.Fatalf("a dry run is told: %+v", n)
	}
	for range 3 { // the same program tries again and again
		r := request("invoices", "k", body)
		r.File = "march.csv"
		_, err := c.Accept(t.Context(), r)
		kind(t, err, Unreadable)
	}
	n := notes()
	if len(n) != 1 || n[0].Partner != "acme" || n[0].Feed != "invoices" || n[0].File != "march.csv" || n[0].Mapping == "" || n[0].Bytes != int64(len(body)) {
		t.Fatalf("%+v", n)
	}
	if m := n[0].Missing; len(m) != 1 || m[0].Column != "qty" || m[0].As != "qty" || !slices.Equal(m[0].Renamed, []string{"Stück"}) || !strings.Contains(n[0].Reason, `"qty" (was it renamed "Stück"?)`) {
		t.Errorf("%+v", n[0])
	}
	src, err := c.o.Archive.Open(t.Context(), n[0].Body)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if text, err := io.ReadAll(src); err != nil || string(text) != body {
		t.Errorf("%q, %v", text, err)
	}
	if marks := w.marks(); marks != 0 {
		t.Errorf("%d end marks are on the road", marks)
	}
}

// A member of JSON objects that is called otherwise now: without a header nothing but the rows can say so, and an amount that
// may be left out would be missing in every line without a word.
func TestARenamedMemberOfJSONIsRecognisedBeforeALineIsTaken(t *testing.T) {
	w := newWorld(t)
	c, notes := w.turned(func(c *config.Config) {
		f := &c.Feeds[1]
		f.Format.Type = "ndjson"
		f.Columns.Amount.Column, f.Columns.Amount.Optional = "sale.amount", true
		f.Columns.Counterparty = config.Source{Column: "note"}
	})
	row := func(members string) string {
		return `{"receipt":"r1","store":"s1","item":"i","qty":1,"day":"2026-03-01"` + members + "}\n"
	}
	for body, want := range map[string]string{
		strings.Repeat(row(`,"sale":{"销售金额":"5.00"}`), 3):      `"sale.amount" (was it renamed "sale.销售金额"?)`,
		strings.ReplaceAll(row(""), `"qty"`, `"quantity"`):     `"qty" (was it renamed "quantity"?)`,
		row(`,"notes":"x"`) + row(`,"sale":{"amount":"5.00"}`): "", // spelt alike, but it may be left out and nobody knows what it means
		row(""): "", // it may be left out
		row(`,"sale":{"amount":"5.00"},"amount":"6.00"`): "",
	} {
		_, err := c.Accept(t.Context(), request("invoices", "", body))
		switch f, ok := AsFault(err); {
		case want == "" && err != nil:
			t.Errorf("%s: %v", body, err)
		case want != "" && (!ok || f.Kind != Unreadable || !strings.Contains(f.Detail, want)):
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
	if n := notes(); len(n) != 2 {
		t.Errorf("%+v", n)
	}
}

func TestAReceiptNamesTheMappingThatReadIt(t *testing.T) {
	w := newWorld(t)
	first, err := w.collect("a").Accept(t.Context(), request("invoices", "", csvBody(3)))
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.collect("b", func(c *config.Config) { c.Feeds[1].Columns.Serial = config.Source{Column: "item"} }).Accept(t.Context(), request("invoices", "", csvBody(4)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.collect("c").Accept(t.Context(), request("invoices", "", csvBody(5)))
	if err != nil {
		t.Fatal(err)
	}
	if first.Mapping == "" || first.Mapping == other.Mapping || first.Mapping != again.Mapping {
		t.Errorf("versions %q, %q, %q", first.Mapping, other.Mapping, again.Mapping)
	}
	if h := w.find(first.Submission, 1).home; h == nil || h.Receipt.Mapping != first.Mapping {
		t.Errorf("the books are told %+v", h)
	}
}
