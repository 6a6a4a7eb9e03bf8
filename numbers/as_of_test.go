package numbers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sellthrough/numbers/channeltest"
)

// A sale of last quarter is corrected from 10 to 7, and a delivery of then from 30 to 34. What is calculated rises by 3 + 4, and the
// gap falls by as much; the Tuesday on which nothing was sold is thought of as 7 and not 10. 4 units more are of the delivery's age, and 4 fewer older. As of the day before both, everything is as
// it was told then.
func TestACorrectionOfLastQuarterMovesReconciliationAndAgeingByItsDeltaAndAsOfGivesTheOldNumbers(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, map[string]string{
		"products": "A audio 7", "locations": "S1 acme", "partners": "acme specialist dealer",
		"sales": `
			acme S1 A 2026-02-10 sell_in 30
			acme S1 A 2026-02-17 sell_out 10 100 new 2026-02-18T06:00`,
		"flows": `acme S1 A 2026-02-11T09:00 received 30 party=head document=D1 known=2026-02-12T06:00`,
		"stock": `
			acme S1 A 2025-12-15T20:00 40
			acme S1 A 2026-01-31T20:00 40
			acme S1 A 2026-02-28T20:00 58`,
	})
	reconciled := func(as string) string {
		return row(t, c, "v_reconciliation_as_of", "calculated, gap, unreported, rest", "from = '2026-02-01', to = '2026-02-28'", as)
	}
	aged := func(as string) string {
		return row(t, c, "v_ageing_as_of", "days_0_30, days_31_60, days_61_90, older, unknown", "day = '2026-03-03'", as)
	}
	now := func() []string {
		return []string{
			row(t, c, "v_reconciliation", "calculated, gap, unreported, rest", "from = '2026-02-01', to = '2026-02-28'", "-"),
			row(t, c, "v_ageing", "days_0_30, days_31_60, days_61_90, older, unknown", "day = '2026-03-03'", "-"),
		}
	}
	before := []string{"60 -2 -10 8", "30 0 0 28 28"}
	is := func(what string, got, want []string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	is("before", now(), before)
	c.Write(t, map[string]string{
		"sales": `
			acme S1 A 2026-02-17 sell_out -10 -100 -corrected 2026-05-04T06:00
			acme S1 A 2026-02-17 sell_out 7 70 +corrected 2026-05-04T06:00
			acme S1 A 2026-02-10 sell_in -30 - -corrected 2026-05-04T06:00
			acme S1 A 2026-02-10 sell_in 34 - +corrected 2026-05-04T06:00`,
		"flows": `
			acme S1 A 2026-02-11T09:00 received -30 party=head document=D1 cause=-corrected known=2026-05-04T06:00
			acme S1 A 2026-02-11T09:00 received 34 party=head document=D1 cause=+corrected known=2026-05-04T06:00`,
	})
	is("now", now(), []string{"67 -9 -7 -2", "34 0 0 24 24"})
	is("as of the day before", []string{reconciled("2026-05-03 00:00:00"), aged("2026-05-03 00:00:00")}, before)
	is("as of the day after", []string{reconciled("2026-05-05 00:00:00"), aged("2026-05-05 00:00:00")}, now())
	is("as of a day on which nobody knew of the sale", []string{reconciled("2026-02-17 00:00:00")}, []string{""})
}

// row is the one row of a view, or nothing.
func row(t *testing.T, c *channeltest.Channel, view, columns, args, asOf string) string {
	t.Helper()
	if asOf != "-" {
		args += ", as_of = '" + asOf + "'"
	}
	var out []string
	for _, r := range c.Ask(t, fmt.Sprintf("SELECT %s FROM %s(%s)", columns, view, args)).Rows {
		for _, cell := range r {
			out = append(out, fmt.Sprint(cell))
		}
	}
	return strings.Join(out, " ")
}
