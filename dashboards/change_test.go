package dashboards_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sellthrough/dashboards/macro"
	"sellthrough/numbers/channeltest"
)

// In the middle of the first quarter of 2026, on 15 February, the office o goes over from branch b1 to branch b2, and u, which
// hangs under it and was a distributor until then, becomes an agent.
//
// In January u bought 100 of headquarters and sold 30 on 10 February, which were its own. On 2 March headquarters handed it 40
// more, which stay the vendor's, and on 20 February it sold 50, for 500, which were the vendor's: what was in its hands when it
// became an agent is read by the day on which it is sold. d, under o as well, sold 7 in each half, for 70.
var changing = map[string]string{
	"partners":     "head - vendor\nu regional-agent dealer\nd specialist dealer",
	"organisation": "hq - head\nb1 hq - - - branch\nb2 hq - - - branch\no b1 - - 2026-02-14 office\no b2 - 2026-02-15 - office\no - u\no - d",
	"modes":        "u distribution - 2026-02-14\nu agency 2026-02-15",
	"sales": `
		head H P 2026-01-20 sell_through 100 500 party=u
		u U P 2026-01-20 sell_in 100 500 party=head
		u U P 2026-02-10 sell_out 30 300
		u U P 2026-02-20 sell_out 50 500
		head H P 2026-03-02 sell_through 40 200 party=u
		u U P 2026-03-02 sell_in 40 200 party=head
		d D P 2026-02-14 sell_out 7 70
		d D P 2026-02-15 sell_out 7 70`,
	"targets": "2026-Q1 sell_out units 100 b1\n2026-Q1 sell_out units 100 b2\n2026-Q1 sell_out units 200 hq",
}

func TestAChangeInMidQuarterIsReadAsItWasAndAsItIsToday(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, changing)
	boards := read(t, "en")
	ask := func(board string, panel int, pick chosen) string {
		t.Helper()
		b := boards[board]
		vars, all := map[string][]string{}, map[string]bool{}
		for _, v := range b.Templating.List {
			if vars[v.Name] = pick[v.Name]; vars[v.Name] == nil {
				vars[v.Name], all[v.Name] = []string{"x"}, true
			}
		}
		p := b.panel(t, panel)
		sql, err := macro.Expand(p.Targets[0].RawSQL, vars, all, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 31, 23, 0, 0, 0, time.UTC), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		answer := c.Ask(t, sql)
		if board == "modes" && panel == 7 {
			for i := range answer.Rows {
				answer.Rows[i] = answer.Rows[i][:6]
			}
		}
		return told(answer)
	}
	is := func(what, want, got string) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", what, d)
		}
	}
	then, today := []string{"then"}, []string{"today"}
	by := func(tree []string, what string) string {
		return ask("organisation", 7, chosen{"tree": tree, "by": {what}})
	}
	// name | sell-in | sell-through | sell-out | money | returns. Whoever reads it, u bought 100, 100 left headquarters for it, and 30 +
	// 50 + 7 + 7 were sold out.
	is("the tree as it was", "hq | 100 | 100 | 94 | 940 | 0\no | 100 | 0 | 94 | 940 | 0\nb2 | 0 | 0 | 57 | 570 | 0\nb1 | 100 | 0 | 37 | 370 | 0", by(then, "organisation"))
	is("the tree as it is", "b2 | 100 | 0 | 94 | 940 | 0\nhq | 100 | 100 | 94 | 940 | 0\no | 100 | 0 | 94 | 940 | 0", by(today, "organisation"))
	is("modes as they were", "agency | 0 | 0 | 50 | 500 | 0\ndistribution | 100 | 0 | 44 | 440 | 0\ndirect | 0 | 100 | 0 | 0 | null", by(then, "mode"))
	is("modes as they are", "agency | 100 | 0 | 80 | 800 | 0\ndistribution | 0 | 0 | 14 | 140 | 0\ndirect | 0 | 100 | 0 | 0 | null", by(today, "mode"))

	// Filtered by a branch and by a mode, the totals follow.
	total := func(tree []string, node string) string {
		return ask("channel", 1, chosen{"tree": tree, "organisation": {node}})
	}
	is("b1 as it was", "37", total(then, "b1"))
	is("b1 as it is", "null", total(today, "b1"))
	is("b2 as it was", "57", total(then, "b2"))
	is("b2 as it is", "94", total(today, "b2"))
	is("agents as they were", "50", ask("modes", 5, chosen{"tree": then, "mode": {"agency"}}))
	is("agents as they are", "80", ask("modes", 5, chosen{"tree": today, "mode": {"agency"}}))

	// What was the vendor's is a fact of its day, in every reading: headquarters' 100, for 500, and u's 50, for 500; 40 stay inside.
	is("what left the tree", "150 | 1000", told(c.Ask(t, "SELECT sum(units), sum(money) FROM v_vendor_sales")))
	is("inside, as it was", "40", ask("modes", 2, chosen{"tree": then}))
	is("inside, as it is", "40", ask("modes", 2, chosen{"tree": today}))

	// whose | unit | line | period | counts | in | target | actual | attainment | pace
	is("targets as it was", "b1 |  |  | 2026-Q1 | sell_out | units | 100 | 37 | 37 | 37\nb2 |  |  | 2026-Q1 | sell_out | units | 100 | 57 | 57 | 57\nhq |  |  | 2026-Q1 | sell_out | units | 200 | 94 | 47 | 47",
		ask("organisation", 9, chosen{"tree": then}))
	is("targets as it is", "b1 |  |  | 2026-Q1 | sell_out | units | 100 | 0 | 0 | 0\nb2 |  |  | 2026-Q1 | sell_out | units | 100 | 94 | 94 | 94\nhq |  |  | 2026-Q1 | sell_out | units | 200 | 94 | 47 | 47",
		ask("organisation", 9, chosen{"tree": today}))
	is("where they stood", `head | hq |  |  | Direct | – | 2026-01-01 | 2026-03-31
d | hq › b1 › o | b1 | o | Distribution | – | 2026-01-01 | 2026-02-14
u | hq › b1 › o | b1 | o | Distribution | u | 2026-01-01 | 2026-02-14
d | hq › b2 › o | b2 | o | Distribution | – | 2026-02-15 | 2026-03-31
u | hq › b2 › o | b2 | o | Agency | u | 2026-02-15 | 2026-03-31`, ask("organisation", 10, chosen{"tree": then}))
	is("where they stand", `head | hq |  |  | Direct | – | 2026-01-01 | 2026-03-31
d | hq › b2 › o | b2 | o | Distribution | – | 2026-01-01 | 2026-03-31
u | hq › b2 › o | b2 | o | Agency | u | 2026-01-01 | 2026-03-31`, ask("organisation", 10, chosen{"tree": today}))
}
