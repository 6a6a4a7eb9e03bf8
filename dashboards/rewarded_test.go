package dashboards_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/internal/access"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/numbers/channeltest"
	"sellthrough/sinks/clickhouse"
)

func TestTheBoardOfIncentivesShowsWhatIsWorkedOutByHand(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, rewarded)
	c.Write(t, restatedSince)
	// What its hash has to be is tested in package incentives.
	hash := c.Ask(t, "SELECT hash FROM v_accounts(as_of = now()) WHERE number = 2").Rows[0][0]
	workedRewarded["incentives 7"] += fmt.Sprint(hash)
	shown(t, c, workedRewarded, nil, func(board string) bool { return slices.Contains(ofRewarded, board) })
}

// ofRewarded are the boards that are worked out on the channel with incentive programmes.
var ofRewarded = []string{"incentives"}

// rewarded is a channel with three programmes:
//
//   - growth pays dealers 2 % of the quarter's sell-out from 1000 on and 3 % from 3000 on, of everything;
//   - spiff pays 5 for every unit of video in a month, at most 40;
//   - stars gives a point for each of the first 15 units of audio in a month, and two for each beyond.
//
// In the last quarter of 2025 acme sold for 1500, which was closed on 5 January with 30.00. In March it sold 20 of A for 2000.25
// and 10 of B for 800, zeta 7 of A.
var rewarded = map[string]string{
	"products": `
		A audio 11
		B video 12`,
	"locations": `
		S1 acme
		Z1 zeta`,
	"partners": `
		acme specialist dealer Europe/London
		zeta marketplace retailer Asia/Shanghai`,
	"organisation": `
		HQ - -
		East HQ acme
		West HQ zeta`,
	"programmes": `
		growth sell_out money money quarter retroactive tax=excluded
		spiff sell_out units money month retroactive cap=40
		stars sell_out units points month marginal`,
	"qualifying": `
		growth tier=dealer
		spiff line=video
		stars line=audio`,
	"tiers": `
		growth 1000 2 percent
		growth 3000 3 percent
		spiff 0 5 unit
		stars 0 1 unit
		stars 15 2 unit`,
	"sales": `
		acme S1 A 2025-11-10 sell_out 10 1500 new 2025-11-11T08:00 acme-pos
		acme S1 A 2026-03-05 sell_out 20 2000.25 new 2026-03-06T08:00 acme-pos
		acme S1 B 2026-03-09 sell_out 10 800 new 2026-03-10T08:00 acme-pos
		zeta Z1 A 2026-03-12 sell_out 7 300 new 2026-03-13T08:00 zeta-shop`,
	"submissions": "acme acme-pos 2026-03-10T11:00 3 0 3 0 0 0",
	"closed":      "2025-Q4 2026-01-05T08:00",
}

// restatedSince came afterwards: the sale of November was one of 1200, which is 24.00 and so 6.00 less. Of three claims one is paid,
// one waits and one was rejected. Then the first quarter is closed, and the months are reckoned as they stand on 6 April.
var restatedSince = map[string]string{
	"sales": `
		acme S1 A 2025-11-10 sell_out -10 -1500 -corrected 2026-01-20T08:00 acme-pos
		acme S1 A 2025-11-10 sell_out 8 1200 +corrected 2026-01-20T08:00 acme-pos`,
	"claims": `
		c1 growth acme 2026-Q1 25 paid
		c2 stars zeta 2026-03 7 submitted
		c3 growth acme 2026-Q1 10 rejected`,
	"closed":   "2026-Q1 2026-04-05T08:00",
	"reckoned": "2026-04-06T08:00",
}

// Without the grant nobody sees what is paid to whom, and a partner who has it sees what the vendor sees of it, and nothing
// of others.
func TestIncentivesAreSeenByThoseWhoHaveTheGrantAndOfAPartnerByItself(t *testing.T) {
	c := channeltest.In(t, policed)
	c.Clear(t)
	c.Write(t, rewarded)
	c.Write(t, restatedSince)
	s := enginetest.ClickHouse(t)
	r, err := clickhouse.NewReader(clickhouse.ReaderOptions{Address: s.TCP, Database: policed, Prefix: "boards_", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	with := func(v access.Viewer) access.Viewer {
		v.Grants = []string{access.GrantRebate}
		return v
	}
	zoe := access.Viewer{Name: "zoe", Role: access.RolePartner, Partners: []sellthrough.PartnerID{"zeta"}}
	vera := access.Viewer{Name: "vera", Role: access.RoleViewer}
	b := read(t, "en")["incentives"]
	for _, p := range b.Panels {
		sql := b.expand(t, p.Targets[0].RawSQL, nil)
		if p.ID == 4 { // the age of the data is nobody's secret
			continue
		}
		for _, v := range []access.Viewer{zoe, vera} {
			if _, err := r.Read(t.Context(), v, sql); !errors.Is(err, clickhouse.ErrNotGranted) {
				t.Errorf("panel %d is not refused to %s: %v", p.ID, v.Name, err)
			}
		}
		whole, err := r.Read(t.Context(), with(vera), sql)
		if err != nil || told(whole) != told(b.ask(t, c, p.ID, nil)) {
			t.Errorf("panel %d of the vendor: %v\n%s", p.ID, err, told(whole))
		}
		own, err := r.Read(t.Context(), with(zoe), sql)
		if want := told(b.ask(t, c, p.ID, chosen{"partner": {"zeta"}})); err != nil || told(own) != want || strings.Contains(told(own), "acme") {
			t.Errorf("panel %d of zeta: %v\n%s\nchosen, it is\n%s", p.ID, err, told(own), want)
		}
	}
	for _, sql := range []string{"SELECT * FROM closings", "SELECT content FROM statements WHERE partner = 'acme'"} {
		if got, err := r.Read(t.Context(), with(zoe), sql); err == nil && len(got.Rows) > 0 {
			t.Errorf("%s is answered", sql)
		}
	}
	got, err := r.Read(t.Context(), with(zoe), "SELECT DISTINCT partner FROM accruals")
	if err != nil || told(got) != "zeta" {
		t.Errorf("%v, %v", got.Rows, err)
	}
}

var workedRewarded = map[string]string{
	"incentives 1": "90.01", // growth 56.01 − 6, spiff 40
	"incentives 2": "32",    // acme 15 + 2 × 5, zeta 7
	"incentives 3": "1",
	"incentives 4": "age",
	"incentives 5": "growth | acme | 2026-Q1 | closed | money | 2800.25 | 199.75 | 93.34166666666667 | 50.01 | GBP | 50.01\n" + // 2 % are 56.005, rounded up
		"spiff | acme | 2026-03 | open | units | 10 | null | null | 40 | GBP | 40\n" + // 50, above the cap
		"stars | acme | 2026-03 | open | units | 20 | null | null | 25 | points | 0\n" +
		"stars | zeta | 2026-03 | open | units | 7 | 8 | 46.666666666666664 | 7 | points | 0",
	"incentives 6": "growth | 50.01\nspiff | 40",
	"incentives 7": "acme | 2 | growth | 2026-Q1 | 30 | 56.01 | -6 | 25 | 55.01 | GBP | ann | 2026-04-05T08:00:00Z | ", // 30 + 56.01 − 6 − 25
	"incentives 8": "growth | acme | 2026-Q1 | sales | audio | 0 | 0 |  | 20 | 2000.25 | 0 | GBP\n" +
		"growth | acme | 2026-Q1 | sales | video | 0 | 0 |  | 10 | 800 | 0 | GBP\n" +
		"growth | acme | 2026-Q1 | tier |  | 1000 | 2 | percent | 30 | 2800.25 | 56.01 | GBP\n" +
		"spiff | acme | 2026-03 | sales | video | 0 | 0 |  | 10 | 800 | 0 | GBP\n" +
		"spiff | acme | 2026-03 | tier |  | 0 | 5 | unit | 10 | 800 | 50 | GBP\n" +
		"spiff | acme | 2026-03 | cap |  | 40 | 0 |  | 0 | 0 | -10 | GBP\n" +
		"stars | acme | 2026-03 | sales | audio | 0 | 0 |  | 20 | 2000.25 | 0 | points\n" +
		"stars | acme | 2026-03 | tier |  | 0 | 1 | unit | 15 | 0 | 15 | points\n" +
		"stars | acme | 2026-03 | tier |  | 15 | 2 | unit | 5 | 0 | 10 | points\n" +
		"stars | zeta | 2026-03 | sales | audio | 0 | 0 |  | 7 | 300 | 0 | points\n" +
		"stars | zeta | 2026-03 | tier |  | 0 | 1 | unit | 7 | 0 | 7 | points",
	"incentives 9": "growth | acme | 2026-Q1 | 2025-Q4 | adjustment |  |  | 0 | 0 | -6 | statement 1: recomputed 24, stated 30\n" +
		"growth | acme | 2026-Q1 | 2025-Q4 | reason | corrected |  | -10 | -1500 | 0 | 2026-01-20T08:00:00Z\n" +
		"growth | acme | 2026-Q1 | 2025-Q4 | reason | corrected |  | 8 | 1200 | 0 | 2026-01-20T08:00:00Z",
	"incentives 10": "submitted | 1\nrejected | 1\npaid | 1",
	"incentives 11": "c1 | paid | acme | growth | 2026-Q1 | 25 | GBP |  | bob | 2026-01-01 | as agreed\n" +
		"c2 | submitted | zeta | stars | 2026-03 | 7 | points |  | ann | 2026-01-01 | \n" +
		"c3 | rejected | acme | growth | 2026-Q1 | 10 | GBP |  | bob | 2026-01-01 | as agreed",
}
