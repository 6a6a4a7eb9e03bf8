package dashboards_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/numbers"
	"sellthrough/numbers/channeltest"
)

// sold adds up what was sold to end customers in the fortnight, from the rows as they are written down and with none of the
// program's SQL: a plain loop.
func sold(t *testing.T, keep func(row map[string]string) bool) string {
	t.Helper()
	list, err := numbers.Rows("sales", known["sales"])
	if err != nil {
		t.Fatal(err)
	}
	var sum sellthrough.Decimal
	for _, r := range list {
		day, err := time.Parse(time.DateOnly, r["day"])
		if err != nil {
			t.Fatal(err)
		}
		sells := r["kind"] == "sell_out" || r["kind"] == "return_in" && r["partner"] != "wide" // which sells through
		if !sells || day.Before(from) || day.After(to) || !keep(r) {
			continue
		}
		q, err := sellthrough.ParseDecimal(r["qty"])
		if err != nil {
			t.Fatal(err)
		}
		sum += q
	}
	return sum.String()
}

// One number, by whatever it is split, comes to the same.
func TestRollUpsAgree(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, known)
	b := read(t, "en")["channel"]
	is := func(pick chosen, keep func(map[string]string) bool) {
		t.Helper()
		if got, want := told(b.ask(t, c, 1, pick)), sold(t, keep); got != want {
			t.Errorf("%v: %s, want %s", pick, got, want)
		}
	}
	in := func(column string, values ...string) func(map[string]string) bool {
		return func(r map[string]string) bool {
			return slices.Contains(values, r[column])
		}
	}
	is(nil, func(map[string]string) bool { return true })
	is(chosen{"partner": {"acme"}}, in("partner", "acme"))
	is(chosen{"partner": {"zeta"}}, in("partner", "zeta"))
	is(chosen{"partner": {"acme", "zeta"}}, in("partner", "acme", "zeta"))
	is(chosen{"organisation": {"East"}}, in("partner", "acme"))
	is(chosen{"organisation": {"West"}}, in("partner", "zeta", "wide"))
	is(chosen{"organisation": {"HQ"}}, in("partner", "acme", "zeta", "wide"))
	is(chosen{"territory": {"north"}}, in("location", "S1", "S2"))
	is(chosen{"territory": {"south"}}, in("location", "Z1", "W1"))
	is(chosen{"line": {"audio"}}, in("product", "A", "B"))
	is(chosen{"line": {"video"}, "territory": {"south"}}, in("product", "C"))
	is(chosen{"product": {"A"}}, in("product", "A"))

	// The panels that split it, column by column, against the whole of 69 units and 1112.00.
	total := func(id, column int) string {
		var sum sellthrough.Decimal
		for _, row := range b.ask(t, c, id, nil).Rows {
			text := texts(row)[column]
			if text == "null" {
				continue
			}
			d, err := sellthrough.ParseDecimal(text)
			if err != nil {
				t.Fatal(err)
			}
			sum += d
		}
		return sum.String()
	}
	got := map[string]string{
		"by complete day": total(13, 1), "by incomplete day": total(13, 2), "by channel type": total(14, 1), "by partner": total(15, 1), "money by partner": total(15, 2),
		"by product": total(17, 2), "money by product": total(17, 3), "by line": total(19, 1),
	}
	want := map[string]string{
		"by complete day": "37", "by incomplete day": "32", "by channel type": "69", "by partner": "69", "money by partner": "1112",
		"by product": "69", "money by product": "1112", "by line": "69",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	stock := read(t, "en")["stock"]
	var onHand sellthrough.Decimal
	for _, row := range stock.ask(t, c, 15, nil).Rows {
		d, err := sellthrough.ParseDecimal(texts(row)[2])
		if err != nil {
			t.Fatal(err)
		}
		onHand += d
	}
	if got := told(stock.ask(t, c, 1, nil)); got != onHand.String() {
		t.Errorf("on hand %s, by location %s", got, onHand)
	}
}
