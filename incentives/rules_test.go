package incentives_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"sellthrough/incentives"
	"sellthrough/numbers/channeltest"
)

// closing closes a period and gives the amounts of a partner's lines.
func closing(t *testing.T, c *channeltest.Channel, period, now, partner string, included ...string) string {
	t.Helper()
	made, err := c.Desk(at(now), included...).Close(t.Context(), period, nil, "ann")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range made {
		if s.Partner != partner {
			continue
		}
		for _, l := range s.Lines {
			if l.Part != incentives.OfSales && l.Part != incentives.OfReason {
				out = append(out, fmt.Sprintf("%s %s %s", s.Programme, l.Part, l.Amount))
			}
		}
	}
	return strings.Join(out, ", ")
}

// with is a channel with other rows of some kinds.
func with(rows map[string]string, other map[string]string) map[string]string {
	out := maps.Clone(rows)
	maps.Copy(out, other)
	return out
}

var base = map[string]string{
	"products": `
		A audio 10 div1
		B video 20 div2`,
	"partners": `
		vendor - vendor
		acme specialist dealer
		zeta marketplace retailer`,
	"locations": `
		S1 acme north-city
		S2 acme north-city
		Z1 zeta south-city`,
	"territories": `
		cn
		north cn
		north-city north
		south cn
		south-city south`,
	"programmes": "p sell_out money money month retroactive tax=excluded",
	"tiers":      "p 0 10 percent",
}

// Who and what qualifies: by partner, tier, group, mode, channel type, item, line and unit, each with its days.
func TestWhoAndWhatQualifies(t *testing.T) {
	c := channeltest.New(t)
	sales := `
		acme S1 A 2026-03-05 sell_out 1 100
		acme S1 B 2026-03-20 sell_out 1 1000
		zeta Z1 A 2026-03-05 sell_out 1 10000
		acme S1 A 2026-03-06 sell_through 1 5000 party=zeta
		acme S1 A 2026-03-07 sell_in 1 7000
		acme S1 - 2026-03-08 sell_out 1 9000
		acme S2 A 2026-03-09 return_in -1 -50`
	ok := func(qualifying, acme, zeta string, other map[string]string) {
		t.Helper()
		for partner, want := range map[string]string{"acme": acme, "zeta": zeta} {
			c.Clear(t)
			c.Write(t, with(with(base, map[string]string{"sales": sales, "qualifying": qualifying}), other))
			if got := closing(t, c, "2026-03", "2026-04-02T08:00", partner); got != want {
				t.Errorf("%s: %s has %q, want %q", qualifying, partner, got, want)
			}
		}
	}
	ok("p", "p tier 105", "p tier 1000", nil) // sell-through, sell-in and the unknown item are not of the basis; the return is
	ok("p partner=acme", "p tier 105", "", nil)
	ok("p tier=retailer", "", "p tier 1000", nil)
	ok("p channel_type=specialist line=video", "p tier 100", "", nil)
	ok("p unit=div1 item=A", "p tier 5", "p tier 1000", nil)
	ok("p from=2026-03-06 to=2026-03-19", "", "", nil) // what came back, and nothing else
	ok("p group=buyers", "p tier 100", "", map[string]string{"groups": "buyers acme 2026-03-10"})
	ok("p mode=franchise", "p tier 100", "", map[string]string{"modes": "acme franchise 2026-03-10"})
	ok("p mode=distribution", "p tier 5", "p tier 1000", map[string]string{"modes": "acme franchise 2026-03-10"})
	ok("p", "p tier 500", "", map[string]string{"programmes": "p sell_through money money month retroactive tax=excluded"})
	ok("p", "p tier 700", "", map[string]string{"programmes": "p sell_in money money month retroactive tax=excluded"})
	ok("p", "p tier 110", "p tier 1000", map[string]string{"programmes": "p sell_out money money month retroactive tax=excluded kinds=sell_out"})
	ok("p", "p tier 100", "", map[string]string{"programmes": "p sell_out money money month retroactive tax=excluded from=2026-03-10"})
	ok("p", "", "", map[string]string{"programmes": "p sell_out money money month retroactive tax=excluded currency=EUR"}) // nobody sells in EUR
}

// Of programmes that do not stack, a sale goes to the one with the lower rank, wherever it qualifies there.
func TestASaleGoesToTheFirstOfProgrammesThatDoNotStack(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, with(base, map[string]string{
		"programmes": `
			first sell_out units money month retroactive excludes=second rank=1
			second sell_out money money month retroactive tax=excluded rank=2
			third sell_out money money month retroactive tax=excluded`,
		"qualifying": `
			first line=video
			second
			third`,
		"tiers": `
			first 0 7 unit
			second 0 10 percent
			third 0 1 percent`,
		"sales": `
			acme S1 A 2026-03-05 sell_out 1 100
			acme S1 B 2026-03-20 sell_out 2 1000`,
	}))
	if got, want := closing(t, c, "2026-03", "2026-04-02T08:00", "acme"), "first tier 14, second tier 10, third tier 11"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// acme may sell in the north: 300 went to the south, at 5 % of them. A sale at 40 a unit is below the floor of its tier, 50; the floor of
// the partner itself, 30 in the north, comes before it for A. Of 14 reports, from Mondays to Wednesdays, those of the 2nd and the 4th came in time.
func TestPenaltiesFollowFromTheLines(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, with(base, map[string]string{
		"qualifying":  "p",
		"assignments": "acme north",
		"floors": `
			B 50 GBP tier=dealer
			A 99 GBP tier=dealer
			A 30 GBP partner=acme territory=north
			B 1 GBP`,
		"reporting": "acme-pos day 1-3 09:00",
		"penalties": `
			p cross-territory 5
			p below-floor 10
			p late-report 3`,
		"sales": `
			acme S1 A 2026-03-02 sell_out 10 400 new 2026-03-03T06:00 acme-pos region=north-city
			acme S1 B 2026-03-03 sell_out 10 400 new 2026-03-04T12:00 acme-pos
			acme S1 B 2026-03-04 sell_out 5 300 new 2026-03-05T06:00 acme-pos region=south-city`,
	}))
	// 10 % of 1100; below-floor 10 % of 400, cross-territory 5 % of 300, 12 reports late or missing.
	if got, want := closing(t, c, "2026-03", "2026-04-02T08:00", "acme"), "p tier 110, p penalty -40, p penalty -15, p penalty -36"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A feed that declares its money with tax in it is brought to the programme's basis by its rate.
func TestTaxIsThatOfTheFeed(t *testing.T) {
	c := channeltest.New(t)
	rows := with(base, map[string]string{"qualifying": "p", "programmes": "p sell_out money money month retroactive tax=excluded tax_rate=13", "sales": "acme S1 A 2026-03-02 sell_out 1 113 new 2026-03-03T06:00 till"})
	c.Write(t, rows)
	if got := closing(t, c, "2026-03", "2026-04-02T08:00", "acme", "till"); got != "p tier 10" {
		t.Error(got)
	}
	c.Clear(t)
	c.Write(t, rows)
	if got := closing(t, c, "2026-03", "2026-04-02T08:00", "acme"); got != "p tier 11.3" {
		t.Error(got)
	}
}

// What comes back within 30 days of a sale that a closed month was paid for is taken back from that, and does not count in its own
// month; later, the month keeps what it earned. A return that names no sale counts when it happens.
func TestAReturnIsTakenBackFromTheMonthThatWasPaidForIt(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, with(base, map[string]string{
		"qualifying": "p", "programmes": "p sell_out money money month retroactive tax=excluded clawback_days=30",
		"tiers": `
			p 0 10 percent
			p 1000 20 percent`,
		"sales": `
			acme S1 A 2026-03-02 sell_out 4 1000
			acme S1 A 2026-03-25 sell_out 1 500`,
	}))
	if got := closing(t, c, "2026-03", "2026-04-02T08:00", "acme"); got != "p tier 300" { // 20 % of 1500
		t.Error(got)
	}
	// Documents d1 and d2 are those of the two sales.
	c.Sales(t, `
		acme S1 A 2026-04-20 return_in -1 -250 refers_to=d1
		acme S1 A 2026-04-20 return_in -1 -500 refers_to=d2
		acme S1 A 2026-04-21 return_in -1 -20
		acme S1 A 2026-04-22 sell_out 1 220`)
	// April counts 220 − 20. Of d2, 26 days old, a third of what March earned goes back; d1 is 49 days old.
	if got, want := closing(t, c, "2026-04", "2026-05-02T08:00", "acme"), "p tier 20, p clawback -100"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Rules that change afterwards change nothing of what was closed, nor how it is recomputed.
func TestAClosedPeriodIsRecomputedByItsOwnRules(t *testing.T) {
	c := channeltest.New(t)
	rows := with(base, map[string]string{"qualifying": "p tier=dealer", "sales": "acme S1 A 2026-03-02 sell_out 1 1000"})
	c.Write(t, rows)
	if got := closing(t, c, "2026-03", "2026-04-02T08:00", "acme"); got != "p tier 100" {
		t.Error(got)
	}
	// From now on 50 %, and for retailers.
	c.Write(t, with(base, map[string]string{
		"qualifying": "p", "tiers": "p 0 50 percent",
		"sales": `
			acme S1 A 2026-03-03 sell_out 1 10
			zeta Z1 A 2026-03-03 sell_out 1 10
			acme S1 A 2026-04-03 sell_out 1 10`,
	}))
	if got, want := closing(t, c, "2026-04", "2026-05-02T08:00", "acme"), "p tier 5, p adjustment 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// One who had nothing in a period when it was closed, and reports late, gets it in the next.
func TestWhoReportsAfterTheCloseGetsItInTheNext(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, with(base, map[string]string{"qualifying": "p", "sales": "acme S1 A 2026-03-02 sell_out 1 1000"}))
	if got := closing(t, c, "2026-03", "2026-04-02T08:00", "zeta"); got != "" {
		t.Error(got)
	}
	c.Sales(t, "zeta Z1 A 2026-03-03 sell_out 1 500")
	if got, want := closing(t, c, "2026-04", "2026-05-02T08:00", "zeta"), "p adjustment 50"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
