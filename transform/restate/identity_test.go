package restate

import (
	"testing"

	"sellthrough"
)

// ids are the identities of two lines of one document that differ only in what edit does to the second.
func ids(keyed bool, edit func(*sellthrough.Block)) (a, b Identity) {
	blk := sellthrough.Block{
		Dict: []string{"", "d1", "s1", "item", "k1", "x", "y"},
		Row:  []uint32{1, 2}, Document: []uint32{1, 1}, LineKey: []uint32{4, 4}, Location: []uint32{2, 2}, Item: []uint32{3, 3},
		Unit: []uint32{0, 0}, Currency: []uint32{0, 0}, Counterparty: []uint32{0, 0}, Serial: []uint32{0, 0}, Kind: []uint8{1, 1},
		Qty: []sellthrough.Decimal{1, 1}, Amount: []sellthrough.Decimal{0, 0}, HasAmount: []bool{false, false}, At: []int64{9, 9}, Day: []sellthrough.Day{3, 3}, Version: []uint64{0, 0}, Function: make([]sellthrough.Function, 2),
	}
	edit(&blk)
	end := sellthrough.EndMark{Partner: "acme", Kind: sellthrough.Money, Rule: sellthrough.Rule{Namespace: "n", Scope: sellthrough.ByDocument, Keyed: keyed}}
	d := NewIdentities(&end)
	d.Bind(&blk)
	return d.Of(&blk, 0), d.Of(&blk, 1)
}

func TestWhatOnlySomeFeedsSayIsContent(t *testing.T) {
	for name, edit := range map[string]func(*sellthrough.Block){
		"segment":     func(b *sellthrough.Block) { b.Segment = []uint32{0, 5} },
		"salesperson": func(b *sellthrough.Block) { b.Salesperson = []uint32{5, 6} },
		"until":       func(b *sellthrough.Block) { b.Until = []int64{0, 7} },
	} {
		if a, b := ids(true, edit); a.Line != b.Line || a.Content == b.Content {
			t.Errorf("%s: a line with a key stays the same line with other content: %+v, %+v", name, a, b)
		}
		if a, b := ids(false, edit); a.Line == b.Line {
			t.Errorf("%s: a line without a key is another line: %+v, %+v", name, a, b)
		}
	}
	a, _ := ids(true, func(b *sellthrough.Block) { b.Reason = []uint32{5, 0} })
	b, _ := ids(true, func(b *sellthrough.Block) { b.RefersTo = []uint32{5, 0} })
	if a.Content == b.Content {
		t.Error("a word means the same in two columns")
	}
}

func TestWhoTheCustomerIsIsNoPartOfALine(t *testing.T) {
	for _, keyed := range []bool{true, false} {
		if a, b := ids(keyed, func(b *sellthrough.Block) { b.Customer = []uint32{5, 6} }); a != b {
			t.Errorf("keyed %v: %+v, %+v", keyed, a, b)
		}
	}
}

// Identities are for good: a line of a feed that says no more than every feed is who it was in the first version.
func TestIdentitiesOfOldAreWhatTheyWere(t *testing.T) {
	a, _ := ids(true, func(*sellthrough.Block) {})
	b, _ := ids(true, func(b *sellthrough.Block) { b.Title = []uint32{0, 0} })
	if a != b {
		t.Errorf("an empty column changes who a line is: %+v, %+v", a, b)
	}
	if want := (Identity{Slice: 0xb6d42bc09ac0bea6, Line: 0xf08dec367ce20933, Content: 0xc5fa77a2bcc9c090}); a != want {
		t.Errorf("%#v, want %#v", a, want)
	}
}
