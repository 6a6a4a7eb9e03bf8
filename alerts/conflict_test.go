package alerts_test

import "strings"

// S1 sold 3 A to the south and took 1 back, 2 to the north, which is its own, and B to nobody knows where. It told of sales since.
func crossTerritory(c *channel) {
	c.Write(c.t, map[string]string{
		"products": "A audio\nB audio", "partners": "acme specialist dealer", "territories": "north\nsouth", "locations": "S1 acme north", "assignments": "acme north",
		"sales": `
			acme S1 A 2026-03-10 sell_out 3 30 region=south salesperson=P7
			acme S1 A 2026-03-11 return_in -1 -10 region=south
			acme S1 A 2026-03-11 sell_out 2 20 region=north
			acme S1 B 2026-03-12 sell_out 9 90
			acme S1 A 2026-01-10 sell_out 7 70 region=south`,
	})
	got := c.finds("cross_territory", "S1/A/ 2 20")
	if len(got) == 1 && (got[0].Since != day("2026-03-10") || got[0].DataAt != day("2026-03-12")) {
		c.t.Errorf("since %s, data of %s", got[0].Since, got[0].DataAt)
	}
	if want := "acme sold 2 A of S1 outside its territory, to south (assigned: north); the last on 2026-03-10"; len(got) == 1 && got[0].Text.En != want {
		c.t.Errorf("it says %q, want %q", got[0].Text.En, want)
	}
	if len(got) == 1 && !strings.Contains(got[0].Evidence, `"salespeople":"P7"`) {
		c.t.Errorf("the evidence is %s", got[0].Evidence)
	}
	// Taken back: it closes. A partner that is silent since then closes nothing.
	c.Write(c.t, map[string]string{"sales": "acme S1 A 2026-03-10 sell_out -3 -30 -withdrawn region=south salesperson=P7"})
	c.finds("cross_territory")
	c.gone("cross_territory", "S1", "A", "", "none of its sales of the last days left the territory, or they were taken back")
	c.now = c.now.AddDate(0, 2, 0)
	c.finds("cross_territory")
	c.gone("cross_territory", "S1", "A", "", "stays")
}

// S1 asked 7 of A where dealers have to ask 8; B, which it gave away, has no floor, and of C no price is known.
func belowFloor(c *channel) {
	c.Write(c.t, map[string]string{
		"products": "A audio\nB audio\nC audio", "partners": "acme specialist dealer", "locations": "S1 acme",
		"floors": "A 8 GBP dealer\nC 8 GBP dealer",
		"sales": `
			acme S1 A 2026-03-10 sell_out 4 28
			acme S1 A 2026-03-11 sell_out 4 32
			acme S1 B 2026-03-11 sell_out 4 0
			acme S1 C 2026-03-11 sell_out 4 -`,
	})
	got := c.finds("price_below_floor", "S1/A/ 4 28")
	if len(got) == 1 && (strings.Contains(got[0].Evidence, "floor") || strings.Contains(got[0].Evidence, "8")) {
		c.t.Errorf("the evidence tells of the floor: %s", got[0].Evidence)
	}
	c.now = c.now.AddDate(0, 0, 5)
	c.sells("S1", "B", "2026-03-22")
	c.finds("price_below_floor")
	c.gone("price_below_floor", "S1", "A", "", "its sales of the last days kept the floor, or were taken back")
	c.now = c.now.AddDate(0, 0, 20)
	c.gone("price_below_floor", "S1", "A", "", "stays")
}

// Of 100 A 20 are gone and nobody says where to; of S2's 100 as many, but it told of no sales on the days on which it always
// does, and of S3 no new level is known. All sold 2 on every Monday.
func gaps(c *channel) {
	c.Write(c.t, map[string]string{"products": "A audio 5", "partners": "acme specialist dealer", "locations": "S1 acme\nS2 acme\nS3 acme"})
	for _, s := range []string{"S1", "S2", "S3"} {
		c.stock(s + " A 2026-02-20 100")
		c.sells(s, "A", "2026-01-26", "2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23")
	}
	for _, s := range []string{"S1", "S3"} {
		c.sells(s, "A", "2026-03-02", "2026-03-09", "2026-03-16")
	}
	c.Write(c.t, map[string]string{"sales": `
		acme S1 A 2026-02-25 sell_in 8
		acme S2 A 2026-02-26 sell_out 10 50
		acme S2 A 2026-02-27 sell_out 10 50`})
	c.stock("S1 A 2026-03-20 80", "S2 A 2026-03-20 58")
	// S1: 100 + 8 − 8 = 100, and 80 are there. S2: 100 − 22 = 78, and 58 are there; 22 on 3 days, and 5 days without: 36.
	got := c.finds("reconciliation_gap", "S1// 20 100")
	if want := "S1 (acme): 20 units are not explained, 20 % of 100 that should lie there; most of A"; len(got) == 1 && got[0].Text.En != want {
		c.t.Errorf("it says %q, want %q", got[0].Text.En, want)
	}
	c.gone("reconciliation_gap", "S1", "", "", "stays")
	c.gone("reconciliation_gap", "S3", "", "", "stays") // nothing known
	c.Write(c.t, map[string]string{"sales": "acme S1 A 2026-03-12 adjustment -18"})
	c.finds("reconciliation_gap")
	c.gone("reconciliation_gap", "S1", "", "", "2 units of 82 are not explained")
}
