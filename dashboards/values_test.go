package dashboards_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough/modes"
	"sellthrough/numbers/channeltest"
)

// worked is what every panel shows of the known channel, worked out by hand; the reasons stand beside. Data ages are
// against now, and are only told to be some.
//
// Levels on the 15th, as the newest of 7 days: S1 A 40, S1 B 0 (of the 9th), S2 A 12, S2 D 6, Z1 C 9, W1 A 500: 567.
// Velocities: S1 A 20 units on the 15 days since the 1st, 1.333333; S1 B 9 on the 5 days from the 5th to the 9th, 1.8; Z1 C
// 21 on the 7 days since the 9th, 3; S2 A had more back than sold, and W1 A and S2 D nothing sold, on known days: 0.
var worked = map[string]string{
	"channel 1":  "69",                 // 40 − 2 + 9 + 21 + 1
	"channel 2":  "1112",               // 400 − 20 + 90 + 630 + 12
	"channel 3":  "10.708661",          // sold where a level is known: 20 + 18 + 9 + 21 = 68; 68 ÷ (68 + 567)
	"channel 4":  "13.206522",          // 567 ÷ 6.133333 ÷ 7
	"channel 5":  "16.666666666666668", // S1 B of six
	"channel 6":  "age",
	"channel 7":  "130",      // 69 to the 11th, the last day known; 30 in 2025
	"channel 8":  "200",      // the ten days before: 23
	"channel 9":  "56.6666",  // acme alone, 47 to 30
	"channel 10": "130",      // no day of the festival is known yet, the others stand beside their dates
	"channel 11": "7",        // the 2nd, 3rd, 4th, 10th, 11th, 12th and 13th
	"channel 12": "2.816901", // 2 of 71
	"channel 13": "2026-03-02 | null | 10\n2026-03-05 | 10 | null\n2026-03-06 | 20 | null\n2026-03-09 | 7 | null\n2026-03-10 | null | 21\n2026-03-11 | null | 1",
	"channel 14": "specialist | 47\nmarketplace | 22",
	"channel 15": "zeta | 22 | 642 | null\nacme | 47 | 470 | 56.6666",
	"channel 16": "acme | 47 | 470 | 56.6666\nzeta | 22 | 642 | null",
	"channel 17": "C |  | 21 | 630 | 25\nA |  | 38 | 380 | 50\nB |  | 9 | 90 | 25\n |  | 1 | 12 | 25",
	"channel 18": "D |  | 0 | 0\nB |  | 9 | 90\nA |  | 38 | 380\nC |  | 21 | 630",
	"channel 19": "audio | 47\nvideo | 21\n– | 1",
	"channel 20": "acme | S1 | B | 2026-03-09T20:00:00Z | 1.8 | 252", // 1.8 a day, 14 days, at 10

	"stock 1":  "567",
	"stock 2":  "13.206522",
	"stock 3":  "1",
	"stock 4":  "1",   // Z1 C lasts 3 days, and a week is none too long
	"stock 5":  "612", // 252, and of Z1 C 3 a day for 4 days at 30
	"stock 6":  "age",
	"stock 7":  "16.666666666666668",
	"stock 8":  "10.8", // S1 B was out for 6 days
	"stock 9":  "108",
	"stock 10": "1",        // S2 D sold on 4 days running, and on none of 39 since
	"stock 11": "6",        // S2 D has lain there since December
	"stock 12": "30.30303", // 20 of S1 A's 60 and S2 D's 6
	// By the velocities: S1 B's 9 last 5 days, S1 A's 42 last 31.5 and its 40 last 30, Z1 C's 30 last 10 and its 9 last 3.
	"stock 13": "2026-03-05 | 0 | 1 | 0 | 0 | 0 | 0\n2026-03-08 | 0 | 1 | 0 | 0 | 1 | 2\n2026-03-09 | 1 | 0 | 1 | 0 | 0 | 0\n2026-03-12 | 0 | 0 | 0 | 0 | 0 | 1\n" +
		"2026-03-14 | 0 | 0 | 0 | 0 | 0 | 1\n2026-03-15 | 0 | 1 | 0 | 0 | 1 | 1",
	// S1 A bought 50, so all 40 are new; S2 A rose by 9. Its other 3, Z1 C's 9 and W1's 500 were never seen to come.
	"stock 14": "0–30 | 49\n31–60 | 0\n61–90 | 0\n90+ | 6\nunknown | 512",
	"stock 15": "zeta | Z1 | 9 | 3 | 3 | 0 | 1 | 360 | 2026-03-15T20:00:00Z\nacme | S1 | 40 | 3.133333 | 12.765958 | 1 | 0 | 252 | 2026-03-09T20:00:00Z\n" +
		"acme | S2 | 18 | 0 | null | 0 | 0 | 0 | 2026-03-14T20:00:00Z\nwide | W1 | 500 | 0 | null | 0 | 0 | 0 | 2026-03-12T20:00:00Z",
	"stock 16": "zeta | Z1 | C | ahead | 9 | 3 | 2026-03-18 | 7 | 360 | 2026-03-15T20:00:00Z\nacme | S1 | B | out | 0 | 1.8 | 2026-03-15 | 14 | 252 | 2026-03-09T20:00:00Z",
	"stock 17": "acme | S2 | D | 6 | 2026-02-04 | 1 | 39 | 1.8189894035459196e-49", // 0.05 to the 39th

	"partner 1":  "69",
	"partner 2":  "45", // 50 − 5
	"partner 3":  "130",
	"partner 4":  "567",
	"partner 5":  "13.206522",
	"partner 6":  "age",
	"partner 7":  "21.428571428571427", // 6 of 28: acme's 2nd, 3rd, 5th, 6th and 10th, zeta's 10th
	"partner 8":  "46.15384615384615",  // 6 of 13, see quality 15
	"partner 9":  "99.438202",          // 177 of 178: 49 + 2 + 50 + 22 + 55
	"partner 10": "18.181818181818183", // 2 of 11
	"partner 11": "2.816901",
	"partner 12": "40", // 20 of 50
	"partner 13": "2026-03-02 | 10 | 0\n2026-03-04 | 0 | 45\n2026-03-05 | 10 | 0\n2026-03-06 | 20 | 0\n2026-03-09 | 7 | 0\n2026-03-10 | 21 | 0\n2026-03-11 | 1 | 0",
	"partner 15": "zeta | Z1 | 22 | 642 | 2026-03-11\nacme | S1 | 29 | 290 | 2026-03-09\nacme | S2 | 18 | 180 | 2026-03-09",
	"partner 17": "2026-03-12 | acme | acme-pos | withdrawn | 2026-03-10 | S1 | A | 1 | -4 | -40\n2026-03-10 | acme | acme-pos | corrected | 2026-03-06 | S2 | A | 1 | -5 | -50",

	"quality 1":  "0",
	"quality 2":  "9.090909090909092", // 3 of 33
	"quality 3":  "99.438202",
	"quality 4":  "99.328483", // 1775 of 1787
	"quality 5":  "33",
	"quality 6":  "age",
	"quality 7":  "21.428571428571427",
	"quality 8":  "46.15384615384615",
	"quality 9":  "18.181818181818183",
	"quality 10": "3", // 4 days and 2
	"quality 11": "acme-pos | acme | 2 | 18 | 1 | 0 | 4 | 12 | 1 | 0 | 1 | 0\nwide-edi | wide | 1 | 10 | 0 | 8 | 2 | 0 | 0 | 0 | 0 | 0\nzeta-shop | zeta | 1 | 5 | 2 | 0 | 3 | 0 | 0 | 0 | 0 | 0",
	"quality 12": "acme-pos | Quantity | not-a-number | 1 | one | 2026-01-01\nzeta-shop | Date | no-such-day | 1 | 31/02 | 2026-01-01",
	"quality 13": "zeta | item | unknown | 1 | 1 | 12 | GBP | 2026-03-11",
	// S1 is expected on the 3rd, 8th, 9th, 10th, 12th and 15th, and S2 on the 2nd, 3rd, 4th, 8th, 13th and 15th; W1 on the 11th.
	"quality 15": "wide | 0\nacme | 50",
	"quality 16": "2026-03-10 | 1 | 0\n2026-03-12 | 0 | 1",
	"quality 17": "2026-03-12T06:00:00Z | acme-pos |  | final | 6 | 0 | \n2026-03-12T02:00:00Z | zeta-shop |  | final | 5 | 2 | \n" +
		"2026-03-10T11:00:00Z | acme-pos |  | final | 12 | 1 | \n2026-03-05T06:00:00Z | wide-edi |  | held | 10 | 0 | ",
	// A later file of acme-pos was read.
	"quality 18": "2026-03-12T07:00:00Z | zeta | zeta-shop | z.csv |  | no-text | 0\n2026-03-09T07:00:00Z | acme | acme-pos | a.csv | qty → Quantity? | lacks | 1",

	"incidents 1": "2",
	"incidents 2": "252",
	"incidents 3": "2",
	"incidents 4": "age",
	"incidents 5": "missing_report | 1\nstock_out | 1",
	"incidents 6": "2026-03-09 | 1 | 0\n2026-03-10 | 1 | 0\n2026-03-12 | 1 | 0\n2026-03-14 | 0 | 1",
	"incidents 8": "low_cover | what is wrong | acme | S2 | A | 2026-03-09T08:00:00Z | 2026-03-14T08:00:00Z | mended",

	"pipeline 6": "age",
}

// rows are the panels that have an age in a row, or very many rows: one row each, by its place, without its age.
var rows = map[string]struct {
	count, at int
	want      []string
}{
	"partner 14":  {28, 0, []string{"2026-03-02T00:00:00Z", "acme-pos", "on time"}},
	"partner 16":  {3, 2, []string{"acme", "acme-pos", "2026-03-12T06:00:00Z"}},
	"quality 14":  {22, 9, []string{"zeta", "zeta-shop", "2026-03-11T00:00:00Z", "late", "2026-03-12T01:00:00Z", "2026-03-12T02:00:00Z"}}, // 09:00 in Shanghai
	"incidents 7": {2, 0, []string{"stock_out", "what is wrong", "acme", "S1", "B", "open", "2026-03-10T08:00:00Z", "252"}},
}

func TestEveryPanelShowsWhatIsWorkedOutByHand(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, known)
	shown(t, c, worked, rows, func(board string) bool {
		return !slices.Contains(ofMixed, board) && !slices.Contains(ofContested, board) && !slices.Contains(ofMarket, board) && !slices.Contains(ofRewarded, board)
	})
	c.Clear(t)
	c.Write(t, contested)
	shown(t, c, workedContested, rowsContested, func(board string) bool { return slices.Contains(ofContested, board) })
	c.Clear(t)
	c.Write(t, dealt)
	shown(t, c, workedMarket, nil, func(board string) bool { return slices.Contains(ofMarket, board) })
	c.Clear(t)
	c.Write(t, mixed)
	shown(t, c, workedMixed, rowsMixed, func(board string) bool { return slices.Contains(ofMixed, board) })
}

// ofMixed are the boards that are worked out on the channel of many modes.
var ofMixed = []string{"modes", "organisation", "flows"}

// readsKept are questions whose answer may come from kept rows.
var readsKept = regexp.MustCompile(`v_(cover|cover_history|ageing|phantom_stock|velocity|stock_outs?|lost_sales|weeks_of_supply|days_of_supply)\w*`)

// shown asks every panel of some boards.
func shown(t *testing.T, c *channeltest.Channel, worked map[string]string, rows map[string]struct {
	count, at int
	want      []string
}, of func(board string) bool,
) {
	t.Helper()
	asked := 0
	english := read(t, "en")
	for _, lang := range []string{"en", "zh"} {
		if lang == "zh" { // the first round was counted from the sums, the second is read from kept rows
			c.Keep(t, "2026-03-15")
		}
		for uid, b := range read(t, lang) {
			if !of(uid) {
				continue
			}
			for _, p := range b.Panels {
				sql, first := p.Targets[0].RawSQL, english[uid]
				if sql == "" {
					continue
				}
				asked++
				if lang == "zh" && sql == first.panel(t, p.ID).Targets[0].RawSQL && !readsKept.MatchString(sql) {
					continue // the same question to the same rows
				}
				name := fmt.Sprintf("%s %d", uid, p.ID)
				answer := b.ask(t, c, p.ID, nil)
				if r, ok := rows[name]; ok {
					if len(answer.Rows) != r.count {
						t.Errorf("%s (%s) has %d rows, want %d:\n%s", name, p.Title, len(answer.Rows), r.count, told(answer))
						continue
					}
					if lang == "en" {
						if d := cmp.Diff(r.want, texts(answer.Rows[r.at])[:len(r.want)]); d != "" {
							t.Errorf("%s (%s): %s", name, p.Title, d)
						}
					}
					continue
				}
				want, ok := worked[name]
				got := told(answer)
				if want == "age" {
					if age, err := strconv.ParseFloat(got, 64); err != nil || age <= 0 {
						t.Errorf("%s (%s): %q is no age", name, p.Title, got)
					}
					continue
				}
				if name == "incidents 8" && lang == "zh" {
					want = "low_cover | 问题 | acme | S2 | A | 2026-03-09T08:00:00Z | 2026-03-14T08:00:00Z | 已恢复"
				}
				if name == "modes 7" { // behind the figures stands what the mode means
					for _, row := range answer.Rows {
						for _, meaning := range row[6:] {
							if meaning == "" {
								t.Errorf("%s: %v", name, row)
							}
						}
					}
					for i := range answer.Rows {
						answer.Rows[i] = answer.Rows[i][:6]
					}
					got = told(answer)
				}
				if lang == "zh" {
					want = inChinese(want)
				}
				if d := cmp.Diff(want, got); !ok || d != "" {
					t.Errorf("%s (%s), stated %v: (-want +got)\n%s", name, p.Title, ok, d)
				}
			}
		}
	}
	if want := 2 * (len(worked) + len(rows)); asked != want {
		t.Errorf("%d panels were asked, %d are worked out", asked, want)
	}
}

// inChinese writes the titles of modes as a board in 中文 does.
func inChinese(text string) string {
	var pairs []string
	for _, m := range modes.All() {
		pairs = append(pairs, m.Title.EN+" | ", m.Title.ZH+" | ")
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Every panel can be asked with something chosen of every variable, whatever stands in it.
func TestEveryPanelCanBeAskedForAPart(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, known)
	for round, pick := range []chosen{
		{
			"organisation": {"East"}, "partner": {"acme"}, "territory": {"north"}, "location": {"S1", "S2"}, "line": {"audio"}, "product": {"A", "B"}, "feed": {"acme-pos"}, "rule": {"stock_out"},
			"tree": {"today"}, "by": {"territory"}, "mode": {"distribution"}, "tier": {"dealer"}, "type": {"specialist"}, "group": {"buyers"}, "unit": {"div1"},
		},
		{
			"organisation": {`' OR 1=1 --`}, "partner": {`\`}, "territory": {"$partner"}, "location": {"O'Hara"}, "line": {`\'`}, "product": {"中文"}, "feed": {"x"}, "rule": {"y"},
			"tree": {"then"}, "by": {"group"}, "mode": {`a\`}, "tier": {`"`}, "type": {"$type"}, "group": {"{{"}, "unit": {"--"},
		},
	} {
		for uid, b := range read(t, "en") {
			for _, v := range b.Templating.List {
				if v.Type == "custom" {
					continue
				}
				c.Ask(t, b.expand(t, v.Query, pick))
			}
			for _, p := range b.Panels {
				if p.Targets[0].RawSQL != "" && (round == 0 || p.ID%3 == 1) { // the same conditions stand in all panels of a board
					t.Run(fmt.Sprintf("%s %d", uid, p.ID), func(t *testing.T) { b.ask(t, c, p.ID, pick) })
				}
			}
		}
	}
}
