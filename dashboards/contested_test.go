package dashboards_test

// contested is a small channel with conflicts, gaps and old stock, small enough to work out by hand; the fortnight is the boards'
// own, from 2 to 15 March 2026.
//
//   - Dealer acme has the north, marketplace zeta the south, distributor wide everything.
//   - A costs 60 and is listed at 100, at 90 since the 10th, which is protected for what was bought 30 days before. Dealers have to
//     ask 80 for it, retailers 70. B costs 20 and is listed at 50.
//   - acme sold 6 A to the south, for 70 and 75, and took one back; one of them bears the number K1, which zeta sells again. It
//     also sells K2, which was shipped to zeta.
var contested = map[string]string{
	"products": `
		A audio 100 div1 60 GBP
		B video 50 div2 20 GBP`,
	"locations": `
		H head
		A1 acme n1
		A2 acme n1
		Z1 zeta south
		W1 wide south`,
	"partners": `
		head - vendor
		acme specialist dealer
		zeta marketplace retailer
		wide regional-agent regional-distributor`,
	"organisation": `
		hq - head
		east hq acme
		west hq zeta
		west hq wide`,
	"territories": `
		cn
		north cn
		n1 north
		south cn`,
	"assignments": `
		acme north
		zeta south
		wide cn`,
	"floors": `
		A 80 GBP dealer
		A 70 GBP retailer`,
	"price_changes": `A 2026-03-10 100 90 GBP 30`,
	"sales": `
		acme A1 A 2026-02-20 sell_in 12 900 party=wide
		wide W1 A 2026-03-02 sell_in 30 2100
		acme A1 A 2026-03-02 sell_out 10 1000
		wide W1 A 2026-03-03 sell_through 20 1500 party=A1
		acme A1 A 2026-03-03 sell_in 20 1500 party=wide
		acme A1 A 2026-03-04 sell_out 5 350 region=south salesperson=P7
		zeta Z1 B 2026-03-04 sell_in 3 90
		acme A1 A 2026-03-05 sell_out 1 75 region=south serial=K1
		acme A1 A 2026-03-06 return_in -1 -70 region=south
		zeta Z1 A 2026-03-09 sell_out 1 90 serial=K1
		zeta Z1 B 2026-03-09 sell_out 4 200
		acme A1 A 2026-03-11 sell_out 1 100 serial=K2`,
	"flows": `
		head - A 2026-02-02T09:00 shipped 1 - Z1 D9 serial=K2
		wide W1 A 2026-03-02T09:00 received 28 party=head document=D1
		head - - 2026-03-14T09:00 claimed - 150 acme C1 reason=price-protection
		zeta - - 2026-03-15T09:00 settled - 250`,
	"stock": `
		acme A2 B 2025-12-01T20:00 6
		acme A2 B 2026-03-14T20:00 6
		acme A1 A 2026-03-01T20:00 15
		acme A1 A 2026-03-08T20:00 20
		acme A1 A 2026-03-15T20:00 17
		zeta Z1 B 2026-03-01T20:00 10
		zeta Z1 B 2026-03-15T20:00 5
		wide W1 A 2026-03-01T20:00 8
		wide W1 A 2026-03-14T20:00 15`,
	"submissions": `
		acme acme-feed 2026-03-10T11:00 12 0 12 0 0 0`,
}

// workedContested is what every panel of these boards shows of it, worked out by hand.
//
// Between the levels: acme 15 + 20 − 17 + 1 = 19, and 17 are reported; zeta 10 + 3 − 4 = 9, and 5; wide 8 + 30 − 20 = 18, and 15. Of
// wide's 30 two have not come. A1 sold on the 2nd, 4th, 5th, 6th and 11th, 16 in net, and not a week after on the 9th, 12th and 13th: 9.6;
// W1 sold 20 on the 3rd and nothing on the 10th.
var workedContested = map[string]string{
	"conflict 1":  "12.195121", // 5 + 1 − 1 of 41: acme's 16, zeta's 5, wide's 20
	"conflict 2":  "5",
	"conflict 3":  "355",       // 350 + 75 − 70
	"conflict 4":  "33.333333", // 6 of 18; wide has no floor, B neither
	"conflict 5":  "11.458333", // 480 would have been the least, 425 were asked
	"conflict 6":  "1",
	"conflict 7":  "1",
	"conflict 8":  "age",
	"conflict 9":  "2026-03-04 | 5\n2026-03-05 | 1\n2026-03-06 | -1",
	"conflict 10": "acme | 16 | 5 | 31.25 | 355\nwide | 20 | 0 | 0 | 0\nzeta | 5 | 0 | 0 | 0",
	"conflict 12": "2026-03-04 | acme | A1 | A |  | 5 | 70 | 80 | 50\n2026-03-05 | acme | A1 | A |  | 1 | 75 | 80 | 5",

	"reconciliation 1":  "46",
	"reconciliation 2":  "-9",
	"reconciliation 3":  "19.565217", // 2 + 4 + 3 of 46
	"reconciliation 4":  "22.6",      // 7.6 − 4 + 19
	"reconciliation 5":  "-40",
	"reconciliation 6":  "age",
	"reconciliation 7":  "transit | -2\nreturns | 0\ndamaged | 0\nunreported | -29.6\nrest | 22.6",
	"reconciliation 8":  "zeta | 10 | 3 | 4 | 0 | 0 | 0 | 0 | 9 | 5 | -4 | 44.444444\nwide | 8 | 30 | 20 | 0 | 0 | 0 | 0 | 18 | 15 | -3 | 16.666666\nacme | 15 | 20 | 17 | 1 | 0 | 0 | 0 | 19 | 17 | -2 | 10.526315",
	"reconciliation 9":  "zeta | Z1 | 9 | -4 | 44.444444 | 0 | 0 | 0 | 0 | -4\nwide | W1 | 18 | -3 | 16.666666 | -2 | 0 | 0 | -20 | 19\nacme | A1 | 19 | -2 | 10.526315 | 0 | 0 | 0 | -9.6 | 7.6",
	"reconciliation 10": "wide | W1 | A | 2026-03-01 | 2026-03-14 | 8 | 18 | 15 | -3 | 1 | 19\nacme | A1 | A | 2026-03-01 | 2026-03-15 | 15 | 19 | 17 | -2 | 3 | 7.6\nzeta | Z1 | B | 2026-03-01 | 2026-03-15 | 10 | 9 | 5 | -4 | 0 | -4",
	"reconciliation 11": "zeta | 290 | 250 | -40 | -13.7932",

	"ageing 1": "6", // A2's, which were reported 104 days ago
	"ageing 2": "300",
	"ageing 3": "13.953488", // of 43: 17 + 6 + 5 + 15
	// 16 × 60, 4 × 20 and 20 × 60 in 14 days, a year 58,400 less what is cut; (900 + 1020) ÷ 2, (200 + 100) ÷ 2, (480 + 900) ÷ 2.
	"ageing 4": "32.444444",
	"ageing 5": "200", // 32 bought, of which 20 lay there on the 8th; of wide no level is known in the week before
	"ageing 6": "150",
	"ageing 7": "age",
	// All of A1's 17 and wide's 15 came lately, 3 of Z1's 5, and nobody knows of the other two.
	"ageing 8":  "0–30 | 35\n31–60 | 0\n61–90 | 0\n90+ | 6\nunknown | 2",
	"ageing 9":  "0–30 | 3350\n31–60 | 0\n61–90 | 0\n90+ | 300\nunknown | 100",
	"ageing 10": "acme | 23 | 17 | 0 | 0 | 6 | 0 | 26.086956 | 300\nwide | 15 | 15 | 0 | 0 | 0 | 0 | 0 | 0\nzeta | 5 | 3 | 0 | 0 | 0 | 2 | 0 | 0",
	"ageing 11": "acme | A2 | B | 6 | 6 | 300",
	"ageing 12": "acme | 20 | 200 | 150 | -50",
	"ageing 13": "2026-03-10 | acme | A1 | A | 10 | 32 | 20 | 20 | 200",
}

// rowsContested name documents, which the test channel numbers: one row each, up to them.
var rowsContested = map[string]struct {
	count, at int
	want      []string
}{
	"conflict 11": {3, 2, []string{"2026-03-04T00:00:00Z", "acme", "A1"}},
	"conflict 13": {2, 1, []string{"A", "K1", "2026-03-09T00:00:00Z", "zeta", "Z1"}},
	"conflict 14": {1, 0, []string{"A", "K2", "2026-03-11T00:00:00Z", "acme", "A1"}},
}

// ofContested are the boards that are worked out on it.
var ofContested = []string{"conflict", "reconciliation", "ageing"}
