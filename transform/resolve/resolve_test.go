package resolve

import (
	"slices"
	"testing"

	"sellthrough"
	"sellthrough/transform/reference"
)

var tables = reference.Tables{
	Locations: []reference.Location{{Code: "WH-1"}, {Code: "ST-9", Partner: "north"}},
	Partners:  []string{"acme", "north"},
	CrossReferences: []reference.CrossReference{
		{Partner: "acme", Kind: "party", Code: "C100", Target: "north", To: 99},
		{Partner: "acme", Kind: "party", Code: "C100", Target: "ST-9", From: 100},
		{Partner: "acme", Kind: "region", Code: "华东", Target: "CN-East"},
		{Partner: "acme", Kind: "location", Code: "own 2", Target: "WH-1"},
	},
}

func facts(t *testing.T, c Codes) Facts {
	t.Helper()
	v, err := reference.New(1, "EUR", tables)
	if err != nil {
		t.Fatal(err)
	}
	f, err := NewFrame("acme", sellthrough.Policy{PartnerZone: "UTC", Currency: "EUR"})
	if err != nil {
		t.Fatal(err)
	}
	var out Facts
	New(f, v).Line(c, &out)
	return out
}

func TestTheOtherSideIsFoundByItsCode(t *testing.T) {
	ok := func(code string, day sellthrough.Day, want string) {
		t.Helper()
		if got := facts(t, Codes{Counterparty: code, Day: day}).Party; got != want {
			t.Errorf("%s on day %d is %q, want %q", code, day, got, want)
		}
	}
	ok("C100", 50, "north") // by the cross-reference of the day
	ok("C100", 150, "ST-9")
	ok("north", 50, "north") // a partner's own id
	ok("ST-9", 50, "ST-9")   // a location's own code
	ok("own 2", 50, "WH-1")  // another place of its own
	ok("Anna", 50, "")       // an end customer, or nobody we know
	ok("", 50, "")
}

func TestADestinationIsATerritoryOrWhatWasWritten(t *testing.T) {
	if got := facts(t, Codes{Destination: "华东"}).Region; got != "CN-East" {
		t.Errorf("华东 is %q", got)
	}
	if got := facts(t, Codes{Destination: "Somewhere"}).Region; got != "Somewhere" {
		t.Errorf("an unknown region is %q", got)
	}
}

func TestALineAboutNoItemIsNotUnmatched(t *testing.T) {
	if f := facts(t, Codes{}); f.Flags&sellthrough.UnknownItem != 0 {
		t.Error("no item is an unknown item")
	}
	if f := facts(t, Codes{Item: "X"}); f.Flags&sellthrough.UnknownItem == 0 {
		t.Error("an unknown item is known")
	}
}

// A correspondence that comes, changes or goes makes exactly its lines be read again.
func TestAChangedPartyIsReadAnew(t *testing.T) {
	old, err := reference.New(1, "EUR", tables)
	if err != nil {
		t.Fatal(err)
	}
	next := tables
	next.CrossReferences = append([]reference.CrossReference{{Partner: "acme", Kind: "party", Code: "C200", Target: "north"}}, tables.CrossReferences[:2]...)
	next.Partners = []string{"acme", "north", "south"}
	now, err := reference.New(2, "EUR", next)
	if err != nil {
		t.Fatal(err)
	}
	c := reference.Diff(old, now)
	has := slices.Contains[[]string]
	if !has(c.Parties["acme"], "C200") || !has(c.Parties[""], "south") || !has(c.Parties["acme"], "own 2") || has(c.Parties["acme"], "C100") || !has(c.Regions["acme"], "华东") {
		t.Errorf("%+v", c)
	}
}
