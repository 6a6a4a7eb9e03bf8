package numbers_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough/modes"
	"sellthrough/numbers"
	"sellthrough/numbers/channeltest"
)

// story is one channel, told ten times. In March 2026 headquarters hands 100 A to u, for 500; u hands 60 of them on to dealer
// d, for 480; d sells 45 to end customers, for 450, and takes 3 back, for 30; u sells 20 to end customers in its own shop U2,
// for 220, and takes 1 back, for 11. Everybody reports what it did, so that what changed hands is reported by both sides. On
// the 29th headquarters has 30 on the shelf, u 21 and d 18. A costs the vendor 4 and is of the division div1.
//
// What u is differs: in six modes a unit of the vendor's under the node b, which is run in that mode; in four a partner that is
// run in that mode itself.
func story(mode, tier, level, of string) map[string]string {
	return map[string]string{
		"partners":     "head - vendor\nu specialist " + tier + "\nd specialist dealer",
		"locations":    "H head\nU1 u\nU2 u\nD1 d",
		"products":     "A audio 12 div1 4\nB audio 12 div2",
		"organisation": "hq - head\nb hq u - - " + level + "\nb - d",
		"modes":        of + " " + mode,
		"sales": `
			head H A 2026-03-02 sell_through 100 500 party=u
			u U1 A 2026-03-03 sell_in 100 500 party=head
			u U1 A 2026-03-05 sell_through 60 480 party=d
			d D1 A 2026-03-06 sell_in 60 480 party=u
			d D1 A 2026-03-10 sell_out 45 450
			d D1 A 2026-03-12 return_in -3 -30
			u U2 A 2026-03-10 sell_out 20 220
			u U2 A 2026-03-13 return_in -1 -11`,
		"stock": "head H A 2026-03-29T20:00 30\nu U1 A 2026-03-29T20:00 21\nd D1 A 2026-03-29T20:00 18",
	}
}

// told is a mode with what is expected of it, worked out by hand.
type told struct {
	mode, tier, level, of string
	more                  map[string]string // rows beside the story
	want                  map[string]string // numbers
}

// Six modes have u inside the tree. u's 60 to d and the 19 at its shop leave it, for 480 + 220 − 11 = 689, and d's 60 are
// bought of the vendor. headquarters' 100 to u stay inside, and are settled like a sale, for 500, where the mode says so.
func own(mode, level, insideSales string, more, watched map[string]string) told {
	want := map[string]string{"net_sell_in_units": "60", "net_sell_through_units": "60", "net_sell_out_units": "61", "inside_units": "100", "inside_sales": insideSales, "left": "689"}
	maps.Copy(want, watched)
	return told{mode, "vendor", level, "b", more, want}
}

// Three have u outside, as the owner of what it buys. headquarters' 100 to u leave the tree, for 500: that is u's sell-in, and
// sell-through as u's 60 to d are, which d bought of another partner. What u and d sell is their own.
func partner(mode string, more, watched map[string]string) told {
	want := map[string]string{"net_sell_in_units": "100", "net_sell_through_units": "160", "net_sell_out_units": "61", "inside_units": "0", "inside_sales": "0", "left": "500"}
	maps.Copy(want, watched)
	return told{mode, "dealer", "", "u", more, want}
}

var tellings = []told{
	// Headquarters invoiced d 480 on the 5th, and got 200 on the 25th: 280 owed ÷ (480 ÷ 90 days). The warehouse cost 310 in March.
	own("representative-office", "office", "0",
		map[string]string{"channel_costs": "b 2026-03 storage 310", "flows": "head - - 2026-03-05T09:00 invoiced - 480 d I1\nhead - - 2026-03-25T09:00 paid - 200 d P1 I1"},
		map[string]string{"storage_cost": "310", "collection_period": "52.5"}),
	// Of A 30 lie at headquarters and 21 at the branch. The branch itself invoiced d. 689 in 31 days are 8112.419354 a year; tied up
	// were at the end 21 at 4, and 280, at the beginning nothing: (84 + 280) ÷ 2 = 182; and at headquarters 30 at 4, ÷ 2 = 60.
	// 8112.419354 ÷ 242.
	own("branch-company", "branch", "500",
		map[string]string{"flows": "u - - 2026-03-05T09:00 invoiced - 480 d I1\nu - - 2026-03-25T09:00 paid - 200 d P1 I1"},
		map[string]string{"stock_held_twice": "21", "capital_turnover": "33.522394"}),
	// The branch sent 30 on to its office o, which is no sale: 130 handed on, and 79 left, so (130 + 79) ÷ 79. d paid after 20 days.
	own("branch-offices", "branch", "500",
		map[string]string{
			"partners": "o - vendor", "organisation": "ob b o - - office",
			"flows": "u U1 A 2026-03-07T09:00 sent 30 party=o\nu - - 2026-03-05T09:00 invoiced - 480 d I1\nu - - 2026-03-25T09:00 paid - 200 d P1 I1",
		},
		map[string]string{"inside_units": "130", "layers": "2.645569", "speed_of_cash": "20"}),
	// 689 − 79 at 4 − 62 for the division's people at the branch; and as much for division and branch apart, as there is one of each.
	own("product-division", "branch", "500",
		map[string]string{"channel_costs": "b 2026-03 staff 62 div1"},
		map[string]string{"result": "311", "result of div1": "311", "result of b": "311", "result of div2": "0"}),
	// Two divisions have people at b, for 62 and 40.
	own("independent-division", "branch", "0",
		map[string]string{"channel_costs": "b 2026-03 staff 62 div1\nb 2026-03 staff 40 div2\nb 2026-03 storage 9 div1"},
		map[string]string{"duplicated_cost": "40", "result": "262"}), // 689 − 316 − 111
	// 68.90 for 689.
	own("direct", "branch", "0",
		map[string]string{"channel_costs": "b 2026-03 service 50\nb 2026-03 transport 18.9"},
		map[string]string{"cost_to_serve": "10"}),
	// 21 at u and 18 at d; headquarters' are none of the channel's yet.
	partner("distribution", nil, map[string]string{"stock_in_channel": "39"}),
	// u holds the vendor's goods: headquarters' 100 to u stay inside, and what leaves the tree is what u sells, for 689; the
	// commission is 34.45. In the channel are d's 18 alone. The buyer of the agent buys of the vendor.
	{
		"agency", "dealer", "", "u",
		map[string]string{"flows": "head - - 2026-03-31T09:00 commission - 34.45 u"},
		map[string]string{
			"net_sell_in_units": "60", "net_sell_through_units": "60", "net_sell_out_units": "61", "inside_units": "100", "inside_sales": "0", "left": "689",
			"commission": "34.45", "commission_rate": "5", "stock_in_channel": "18",
		},
	},
	// Of A and B, which U1 is to have, A was there; the A that it bought came from the vendor: 2 of 3.
	partner("franchise", map[string]string{"ranging": "U1 A - - 7\nU1 B - - 7"}, map[string]string{"compliance": "66.66666666666667"}),
	// Of 20 sold 1 came back. u got 209 for 19, d 420 for 42: 209 ÷ (19 × 10). The statement of March says 150: 150 − 209; 150 ÷ 209 is 0.717703.
	partner("e-commerce", map[string]string{"flows": "u - - 2026-03-31T09:00 settled - 150"},
		map[string]string{"return_rate of u": "5", "price_against_others of u": "110", "statement_difference": "-59", "statement_gap": "-28.2297"}),
}

func TestOneChannelIsToldInAllTenModes(t *testing.T) {
	c := channeltest.New(t)
	var seen []string
	for _, x := range tellings {
		seen = append(seen, x.mode)
		t.Run(x.mode, func(t *testing.T) {
			c.Clear(t)
			given := story(x.mode, x.tier, x.level, x.of)
			for kind, rows := range x.more {
				given[kind] += "\n" + rows
			}
			c.Write(t, given)
			got := map[string]string{}
			for name := range x.want {
				got[name] = tell(t, c, name)
			}
			if d := cmp.Diff(x.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
	if d := cmp.Diff(modes.Names(), seen); d != "" {
		t.Errorf("modes that are told: %s", d)
	}
	watched := map[string]bool{}
	for _, x := range tellings {
		m, _ := modes.Find(x.mode)
		for _, name := range m.Watched {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(x.want)), func(k string) bool { return k == name || strings.HasPrefix(k, name+" of ") }) {
				t.Errorf("%s watches %s, and nothing is expected of it", x.mode, name)
			}
			watched[name] = true
		}
	}
	if len(watched) < 12 {
		t.Errorf("only %d numbers are watched", len(watched))
	}
}

// tell asks for a number of March 2026; "result of div1" is that of a part.
func tell(t *testing.T, c *channeltest.Channel, name string) string {
	t.Helper()
	bare, part, parted := strings.Cut(name, " of ")
	from, measure, where := "v_vendor_sales", "sum(money)", "1=1"
	if name != "left" {
		n, err := numbers.Find(bare)
		if err != nil {
			t.Fatal(err)
		}
		from, measure = n.View, n.Measure
		var args []string
		for _, p := range n.Takes {
			args = append(args, map[string]string{"tree String": "tree = 'then'", "from Date32": "from = '2026-03-01'", "to Date32": "to = '2026-03-31'", "day Date32": "day = '2026-03-31'"}[p])
		}
		if args != nil {
			from += "(" + strings.Join(args, ", ") + ")"
		}
	}
	if parted {
		where = map[string]string{"div1": "unit = 'div1'", "div2": "unit = 'div2'", "b": "branch = 'b'", "u": "partner = 'u'"}[part]
	}
	got := c.Ask(t, "SELECT ifNull(toString(x), 'NULL') FROM (SELECT toNullable("+measure+") AS x FROM "+from+" WHERE "+where+")")
	return got.Rows[0][0].(string)
}
