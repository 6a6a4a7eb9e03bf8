package alerts_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sellthrough/alerts"
	"sellthrough/alerts/rules"
	"sellthrough/numbers/channeltest"
)

// channel is a small channel of the tests, and what watches it.
type channel struct {
	*channeltest.Channel
	t     *testing.T
	watch alerts.Watch
	now   time.Time
}

func newChannel(t *testing.T, c *channeltest.Channel) *channel {
	c.Clear(t)
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	database := fmt.Sprint(c.Ask(t, "SELECT currentDatabase()").Rows[0][0])
	return &channel{Channel: c, t: t, now: time.Date(2026, 3, 20, 21, 0, 0, 0, time.UTC), watch: alerts.Watch{
		Database: database, Zone: zone, Feeds: []rules.Feed{
			{ID: "acme-pos", Partner: "acme", Kind: "sales", TimeZone: "Europe/Berlin", Namespace: "pos"},
			{ID: "acme-stock", Partner: "acme", Kind: "stock", TimeZone: "Europe/Berlin", Namespace: "stock"},
		},
	}}
}

func (c *channel) book() *alerts.Rulebook {
	c.t.Helper()
	b, err := alerts.NewRulebook(c.watch, func(_ context.Context, sql string) (alerts.Answer, error) {
		t := c.Ask(c.t, sql)
		return alerts.Answer{Columns: t.Columns, Rows: t.Rows}, nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// finds compares what a rule finds with "location product subject units money", one a line.
func (c *channel) finds(rule string, want ...string) []alerts.Violation {
	c.t.Helper()
	found, complete, err := c.book().Find(c.t.Context(), rule, c.now)
	if err != nil || !complete {
		c.t.Fatal(complete, err)
	}
	var got []string
	for _, v := range found {
		money := "-"
		if v.Money != nil {
			money = v.Money.String()
		}
		got = append(got, fmt.Sprintf("%s/%s/%s %s %s", v.Location, v.Product, v.Subject, v.Units, money))
		if !json.Valid([]byte(v.Evidence)) {
			c.t.Errorf("the evidence is no JSON: %s", v.Evidence)
		}
		for _, text := range []string{v.Text.En, v.Text.Zh} {
			if strings.ContainsAny(text, "{}") {
				c.t.Errorf("a text is not filled in: %s", text)
			}
		}
		if v.Since.Year() != 2026 || v.DataAt.Year() != 2026 || v.Severity == "" {
			c.t.Errorf("since %s, data of %s, severity %q", v.Since, v.DataAt, v.Severity)
		}
	}
	slices.Sort(got)
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		c.t.Errorf("%s finds\n  %s, want\n  %s", rule, strings.Join(got, "; "), strings.Join(want, "; "))
	}
	return found
}

// gone compares what became of an incident.
func (c *channel) gone(rule, location, product, subject, want string) {
	c.t.Helper()
	k := alerts.Key{Rule: rule, Partner: "acme", Location: location, Product: product, Subject: subject}
	got, err := c.book().Gone(c.t.Context(), rule, []alerts.Key{k}, c.now)
	if err != nil {
		c.t.Fatal(err)
	}
	v := got[k]
	said := v.Why.En
	if v.Stay {
		said = "stays"
	}
	if said != want || v.Why.Zh == "" {
		c.t.Errorf("%s of %s %s: %q %q, want %q", rule, location, product, said, v.Why.Zh, want)
	}
}

// stock writes levels of S1, at 20:00.
func (c *channel) stock(rows ...string) {
	var b strings.Builder
	for _, r := range rows {
		f := strings.Fields(r)
		fmt.Fprintf(&b, "acme %s %s %sT20:00 %s\n", f[0], f[1], f[2], f[3])
	}
	c.Write(c.t, map[string]string{"stock": b.String()})
}

// sells writes a sale of 2 units for 20 on each of some days.
func (c *channel) sells(location, product string, days ...string) {
	var b strings.Builder
	for _, d := range days {
		fmt.Fprintf(&b, "acme %s %s %s sell_out 2 20 new - acme-pos\n", location, product, d)
	}
	c.Write(c.t, map[string]string{"sales": b.String()})
}

func days(from, to string) (out []string) {
	for d, last := day(from), day(to); !d.After(last); d = d.AddDate(0, 0, 1) {
		out = append(out, d.Format(time.DateOnly))
	}
	return out
}

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestRulesOnASmallChannel(t *testing.T) {
	shared := channeltest.New(t)
	for name, f := range map[string]func(*channel){
		"stock-outs":                   stockOuts,
		"stale is no stock-out":        stale,
		"low cover":                    lowCover,
		"phantom stock":                phantom,
		"missing reports":              missing,
		"missing reports over DST":     missingDST,
		"nothing was ever reported":    silent,
		"a header changed":             turnedAway,
		"held and unusual submissions": submissions,
		"settings":                     settings,
		"sales outside the territory":  crossTerritory,
		"prices below the floor":       belowFloor,
		"gaps of reconciliation":       gaps,
		"certificates that run out":    certificates,
		"targets off pace":             offPace,
	} {
		t.Run(name, func(t *testing.T) {
			c := newChannel(t, shared)
			c.t = t
			f(c)
		})
	}
}

// A sold 2 a day on 9 days in stock (11th to 19th), and is out on the 20th. Lead time 5 days from ranging: 10 units for 100.
// B is out, listed, and never sold: no demand. C is out and was sold in the 12 weeks, lead time by default: 14 units for 140.
// D has stock. E is out and unknown to every list, but sold: ranged.
func stockOuts(c *channel) {
	c.Write(c.t, map[string]string{
		"products": "A - -\nB - -\nC - -\nD - -", "locations": "S1 acme", "ranging": "S1 A 2026-01-01 2026-12-31 5\nS1 B 2026-01-01 2026-12-31 5",
	})
	for _, p := range []string{"A", "C", "D"} {
		c.stock("S1 "+p+" 2026-03-11 50", "S1 "+p+" 2026-03-15 30")
		c.sells("S1", p, days("2026-03-11", "2026-03-19")...)
	}
	c.stock("S1 B 2026-03-11 0", "S1 B 2026-03-20 0", "S1 A 2026-03-20 0", "S1 C 2026-03-20 -1", "S1 D 2026-03-20 12")
	got := c.finds("stock_out", "S1/A/ 10 100", "S1/C/ 14 140")
	if len(got) == 2 && (got[1].Since != day("2026-03-20") || got[1].DataAt != day("2026-03-20").Add(20*time.Hour)) {
		c.t.Errorf("since %s, data of %s", got[1].Since, got[1].DataAt)
	}
	if want := "A is out of stock at S1 (acme) since 2026-03-20: 0 on hand, sells 2 a day"; len(got) == 2 && got[1].Text.En != want {
		c.t.Errorf("it says %q, want %q", got[1].Text.En, want)
	}
	c.gone("stock_out", "S1", "D", "", "a newer report says 12 on hand")
	c.gone("stock_out", "S1", "A", "", "stays") // still out
	c.gone("stock_out", "S9", "A", "", "stays") // nothing known
	c.now = c.now.AddDate(0, 3, 0)
	c.stock("S1 D 2026-06-19 0") // and nobody bought it for 12 weeks
	c.gone("stock_out", "S1", "D", "", "no longer ranged")
}

// The last report of S1 is of the 15th: with a daily feed (grace 1 day) nothing has been known since the 18th.
func stale(c *channel) {
	c.Write(c.t, map[string]string{"products": "A - -", "locations": "S1 acme", "reporting": "acme-stock day - 09:00 1"})
	c.stock("S1 A 2026-03-08 50", "S1 A 2026-03-15 0")
	c.sells("S1", "A", days("2026-03-08", "2026-03-14")...)
	at := func(d string) { c.now = day(d).Add(12 * time.Hour) }
	at("2026-03-16")
	c.finds("stock_out", "S1/A/ 14 140")
	at("2026-03-18") // 2 days and 16 hours
	c.finds("stock_out", "S1/A/ 14 140")
	at("2026-03-19")
	c.finds("stock_out")
	c.gone("stock_out", "S1", "A", "", "stays")
	c.finds("missing_report", "//acme-stock 0 -")
}

// 2 a day and 8 on hand last 4 days; the lead time is 5: 2 units short, at 10.
func lowCover(c *channel) {
	c.Write(c.t, map[string]string{"products": "A - -\nB - -", "locations": "S1 acme", "ranging": "S1 A 2026-01-01 2026-12-31 5\nS1 B 2026-01-01 2026-12-31 3"})
	for _, p := range []string{"A", "B"} {
		c.stock("S1 "+p+" 2026-03-11 50", "S1 "+p+" 2026-03-16 40")
		c.sells("S1", p, days("2026-03-11", "2026-03-20")...)
		c.stock("S1 " + p + " 2026-03-20 8")
	}
	c.finds("low_cover", "S1/A/ 2 20")
	c.gone("low_cover", "S1", "B", "", "a newer report says 8 on hand")
	c.stock("S1 A 2026-03-21 9.5") // 20 units in 11 days, so 5.2 days: not clearly more than 5
	c.now = day("2026-03-21").Add(21 * time.Hour)
	c.finds("low_cover")
	c.gone("low_cover", "S1", "A", "", "stays")
}

// A sold on every second day, and on none of 10 that had stock.
func phantom(c *channel) {
	c.Write(c.t, map[string]string{"products": "A - -", "locations": "S1 acme"})
	c.stock("S1 A 2026-03-01 9", "S1 A 2026-03-08 9", "S1 A 2026-03-15 9")
	c.sells("S1", "A", "2026-03-01", "2026-03-03", "2026-03-05", "2026-03-07", "2026-03-10")
	c.finds("phantom_stock", "S1/A/ 9 90")
	c.sells("S1", "A", "2026-03-20")
	c.finds("phantom_stock")
	c.gone("phantom_stock", "S1", "A", "", "sold again on 2026-03-20, or explained by its usual gap")
}

// Reports of a weekday are due at 09:00 of the next day in Berlin, 08:00 UTC. The 20th is a Friday.
func missing(c *channel) {
	c.Write(c.t, map[string]string{"locations": "S1 acme\nS2 acme", "reporting": "acme-pos day 1-6 09:00 0"})
	c.sells("S1", "A", days("2026-03-09", "2026-03-14")...)
	c.sells("S1", "A", days("2026-03-16", "2026-03-19")...)
	c.sells("S2", "A", days("2026-03-16", "2026-03-17")...)
	c.now = time.Date(2026, 3, 20, 7, 59, 0, 0, time.UTC)
	c.finds("missing_report", "S2//acme-pos 0 20") // the 18th
	c.now = time.Date(2026, 3, 20, 8, 0, 0, 0, time.UTC)
	got := c.finds("missing_report", "S2//acme-pos 0 40") // and the 19th
	if len(got) == 1 && got[0].Since != time.Date(2026, 3, 19, 8, 0, 0, 0, time.UTC) {
		c.t.Errorf("since %s", got[0].Since)
	}
	// The Friday and the Saturday are reported by nobody, the Sunday is not asked for: the feed is silent, and it is one incident.
	c.now = time.Date(2026, 3, 23, 8, 0, 0, 0, time.UTC)
	got = c.finds("missing_report", "//acme-pos 0 120") // 2 of S1, 4 of S2
	if len(got) == 1 && !strings.Contains(got[0].Text.En, "for 2026-03-21, due 2026-03-22 09:00 Europe/Berlin: 2 of 2 locations") {
		c.t.Error(got[0].Text.En)
	}
	c.gone("missing_report", "", "", "acme-pos", "reported again, at least by some locations")
}

// The clocks of Berlin go forward on 29 March 2026: what is due at 09:00 is due at 08:00 UTC before, and at 07:00 after.
func missingDST(c *channel) {
	c.Write(c.t, map[string]string{"locations": "S1 acme", "reporting": "acme-pos day - 09:00 0"})
	c.sells("S1", "A", days("2026-03-20", "2026-03-26")...)
	for _, at := range []struct {
		day  int
		hour int
		want string
	}{{28, 7, ""}, {28, 8, "//acme-pos 0 20"}, {29, 6, "//acme-pos 0 20"}, {29, 7, "//acme-pos 0 40"}} {
		c.now = time.Date(2026, 3, at.day, at.hour, 30, 0, 0, time.UTC).Add(-30 * time.Minute)
		if at.want == "" {
			c.finds("missing_report")
		} else {
			c.finds("missing_report", at.want)
		}
	}
}

// A feed that never reported is missing for its newest period only, and a weekly one for the week.
func silent(c *channel) {
	c.Write(c.t, map[string]string{"reporting": "acme-pos week - 12:00 1\nacme-stock month - 12:00 0"})
	c.now = time.Date(2026, 3, 17, 10, 59, 0, 0, time.UTC) // Tuesday; the week to the 15th is due on Tuesday at 12:00
	before := c.finds("missing_report", "//acme-pos 0 0", "//acme-stock 0 -")
	c.now = c.now.Add(time.Minute)
	after := c.finds("missing_report", "//acme-pos 0 0", "//acme-stock 0 -")
	for i, want := range []string{"2026-03-02 – 2026-03-08", "2026-03-09 – 2026-03-15"} {
		all := [][]alerts.Violation{before, after}[i]
		if !slices.ContainsFunc(all, func(v alerts.Violation) bool { return strings.Contains(v.Text.En, want) }) {
			c.t.Errorf("%s is not missing: %+v", want, all)
		}
		if !slices.ContainsFunc(all, func(v alerts.Violation) bool { return strings.Contains(v.Text.En, "2026-02-01 – 2026-02-28") }) {
			c.t.Errorf("February is not missing: %+v", all)
		}
	}
}

// Five files changed 2 of 100 lines; the sixth changes 40. The seventh is held.
func submissions(c *channel) {
	c.sells("S1", "A", "2026-03-18", "2026-03-19") // 20 a line
	var b strings.Builder
	for d := range 5 {
		fmt.Fprintf(&b, "acme acme-pos 2026-03-1%dT10:00 100 0 50 48 2 0 0\n", d)
	}
	b.WriteString("acme acme-pos 2026-03-19T10:00 100 0 0 60 30 10 0\nacme acme-pos 2026-03-20T10:00 50 0 0 0 0 0 50\n")
	c.Write(c.t, map[string]string{"submissions": b.String()})
	id := fmt.Sprint(c.Ask(c.t, "SELECT submission FROM v_submissions WHERE withdrawn > 0").Rows[0][0])
	held := fmt.Sprint(c.Ask(c.t, "SELECT submission FROM v_submissions WHERE state = 'held'").Rows[0][0])
	c.finds("unusual_restatement", "//"+id+" 0 800")
	c.finds("held_submission", "//"+held+" 0 1000")
	c.gone("held_submission", "", "", id, "confirmed, and in effect")
	c.gone("held_submission", "", "", "unknown", "stays")
	c.now = c.now.AddDate(0, 0, 2)
	c.finds("unusual_restatement")
}

// A header that changed turns every file away, until one is read again.
func turnedAway(c *channel) {
	c.now = time.Date(2026, 3, 20, 21, 0, 0, 0, time.UTC)
	note := "acme acme-pos 2026-03-20T20:00 march.csv lacks-a-column 销量>销售数量,店\n"
	c.Write(c.t, map[string]string{
		"turned_away": note + note, // delivered twice, it is one
		"submissions": "acme acme-pos 2026-03-20T19:00 10 0 10 0 0 0 0\nacme acme-stock 2026-03-20T20:30 10 0 10 0 0 0 0\nacme acme-pos 2026-03-20T20:30 10 10 0 0 0 0 0",
	})
	found := c.finds("turned_away", "//acme-pos 0 -")
	if len(found) == 1 && (!strings.Contains(found[0].Text.En, "march.csv was turned away: 销量 → 销售数量?, 店") || !strings.Contains(found[0].Evidence, `"files":1,`)) {
		c.t.Errorf("%s %s", found[0].Text.En, found[0].Evidence)
	}
	c.Write(c.t, map[string]string{"submissions": "acme acme-pos 2026-03-20T20:45 10 0 10 0 0 0 0"})
	c.finds("turned_away")
	c.gone("turned_away", "", "", "acme-pos", "a later file of the feed was read, or the file is 30 days old")
}

// A threshold for a partner and a line counts more than one for all; a rule that is off for a line is silent there.
func settings(c *channel) {
	c.Write(c.t, map[string]string{"products": "A tv -\nB radio -", "locations": "S1 acme"})
	for _, p := range []string{"A", "B"} {
		c.stock("S1 "+p+" 2026-03-14 50", "S1 "+p+" 2026-03-20 0")
		c.sells("S1", p, days("2026-03-14", "2026-03-19")...)
	}
	c.finds("stock_out", "S1/A/ 14 140", "S1/B/ 14 140")
	off := true
	c.watch.Rules = []alerts.Setting{
		{Rule: "stock_out", Values: map[string]float64{"lead_days": 10}},
		{Rule: "stock_out", Partner: "acme", Line: "tv", Values: map[string]float64{"lead_days": 2}, Severity: "info"},
	}
	got := c.finds("stock_out", "S1/A/ 4 40", "S1/B/ 20 200")
	if len(got) == 2 && (got[0].Severity != "critical" || got[1].Severity != "info") {
		c.t.Errorf("severities %s, %s", got[0].Severity, got[1].Severity)
	}
	c.watch.Rules = append(c.watch.Rules, alerts.Setting{Rule: "stock_out", Line: "radio", Off: &off})
	c.finds("stock_out", "S1/A/ 4 40")
	c.watch.Rules = []alerts.Setting{{Rule: "stock_out", Off: &off}}
	if slices.ContainsFunc(c.book().Rules(), func(a alerts.Asked) bool { return a.Name == "stock_out" }) {
		c.t.Error("a rule that is off is asked")
	}
}

// On 20 March acme's audio ends in 11 days, its video in 40, and its radio was renewed; its cables ended 31 days ago. In the four weeks
// it sold audio for 40.
func certificates(c *channel) {
	c.Write(c.t, map[string]string{"products": "A audio -", "locations": "S1 acme", "life": `
		acme certified audio 2024-04-01 2026-03-31
		acme certified video 2024-05-01 2026-04-29
		acme certified radio 2024-04-01 2026-03-31
		acme certified radio 2026-04-01 2028-03-31
		acme certified cable 2024-02-01 2026-02-17`})
	c.sells("S1", "A", "2026-03-10", "2026-03-11")
	got := c.finds("certification_expiring", "//audio 0 40")
	if want := "acme's certificate for audio ends on 2026-03-31, 11 days from now"; len(got) == 1 && got[0].Text.En != want {
		c.t.Errorf("it says %q, want %q", got[0].Text.En, want)
	}
	c.gone("certification_expiring", "", "", "radio", "renewed until 2028-03-31")
	c.gone("certification_expiring", "", "", "cable", "ended long ago")
	c.gone("certification_expiring", "", "", "tape", "no longer in life.csv")
	c.now = c.now.AddDate(0, 0, 11+30)
	c.finds("certification_expiring", "//audio 0 -", "//video 0 -") // until 30 days after its end
	c.now = c.now.AddDate(0, 0, 1)
	c.finds("certification_expiring", "//video 0 -")
}

// acme is to sell 310 in March, 10 a day, and 62 of video in money. It sold 2 a day for 20 until the 19th, and of the 20th nothing is
// known yet: 38 of 190 are 20 percent, 152 short.
func offPace(c *channel) {
	c.Write(c.t, map[string]string{
		"products": "A audio -", "locations": "S1 acme", "partners": "acme specialist dealer", "organisation": "hq - -\neast hq acme",
		"targets": "2026-03 sell_out units 310 - acme\n2026-03 sell_out money 310 east\n2026-Q1 sell_out units 40 - acme\n2026 sell_out units 9000 - acme",
	})
	c.sells("S1", "A", days("2026-03-01", "2026-03-19")...)
	got := c.finds("target_off_pace", "//2026-03 sell_out units 152 -")
	if want := "acme reached 38 of 310 units (sell_out, 2026-03) by 2026-03-19: a pace of 20 %"; len(got) == 1 && got[0].Text.En != want {
		c.t.Errorf("it says %q, want %q", got[0].Text.En, want)
	}
	c.gone("target_off_pace", "", "", "2026-03 sell_out units", "stays")
	c.gone("target_off_pace", "", "", "2026-Q1 sell_out units", "a pace of 109.6 %") // 38 of 40 × 78 ÷ 90
	c.gone("target_off_pace", "", "", "2025-Q4 sell_out units", "the period is over, or the target is gone")
	// A partner that reports nothing more is silent, and not slower.
	c.now = c.now.AddDate(0, 0, 8)
	c.finds("target_off_pace", "//2026-03 sell_out units 152 -")
	// On the first days nothing is said.
	c.now = day("2026-04-02").Add(21 * time.Hour)
	c.Write(c.t, map[string]string{"targets": "2026-04 sell_out units 300 - acme"})
	c.sells("S1", "A", "2026-04-01", "2026-04-02")
	c.finds("target_off_pace")
}
