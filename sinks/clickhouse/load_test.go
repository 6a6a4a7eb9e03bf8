package clickhouse

import (
	"fmt"
	"testing"

	"sellthrough"
	"sellthrough/transform/reference"
)

// The first version of a large channel's reference data changes every code that there is.
func TestAChangeOfAsManyCodesAsAChannelHasFindsTheLinesThatNameThem(t *testing.T) {
	l := open(t, 100)
	b := batch(0, 9)
	for line, code := range []string{"i7", "i8", "theirs", "everyones"} {
		row(&b.Movements, 1, uint64(line+1), 5, 2026, 1)
		b.Movements.Item[line] = code
	}
	row(&b.Movements, 1, 5, 5, 2026, 1)
	b.Movements.Item[4], b.Movements.Location[4] = "other", "s9"
	if err := l.Put(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	c := reference.Change{Items: map[string][]string{"": {"everyones"}, "other": {"theirs"}}, Locations: map[string][]string{"acme": {"s9"}}}
	for i := range 200_000 {
		c.Items["acme"] = append(c.Items["acme"], fmt.Sprintf("i%d", 2*i)) // i8 is one, i7 is none
	}
	got, err := l.Reflowable(t.Context(), sellthrough.Sales, 1, c, sellthrough.LineRef{}, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(got.Item); text != "[i8 everyones other]" {
		t.Errorf("lines of %s are read anew", text)
	}
}
