package dashboards_test

// ofMarket are the boards that are worked out on the channel below.
var ofMarket = []string{"scorecard", "territory", "promotions", "life"}

// dealt is a channel that can be worked out by hand; the fortnight is the boards' own, from 2 to 15 March 2026.
//
//   - acme, a dealer in the east and the west, has a promotion of A on Monday the 2nd and Tuesday the 3rd, support for audio, and a
//     target; its feed spoke of the 2nd, 3rd, 6th, 9th and 14th in time, of the 10th late, and of no other days.
//   - zeta, a retailer in the east, sold 5 A and one unit of a code that nobody knows. S3 is a store of acme's that sold nothing.
//   - head is the vendor, who runs the service and ships.
var dealt = map[string]string{
	"partners": `
		head - vendor
		acme specialist dealer
		zeta marketplace retailer`,
	"products": `
		A audio 12 div1
		B video 25 div2`,
	"territories": `
		cn
		east cn
		west cn`,
	"locations": `
		S1 acme east 31.2 121.5
		S2 acme west 30.6 104.1
		S3 acme west 29.5 106.5
		Z1 zeta east`,
	"organisation": `
		hq - head
		branch hq acme - - branch
		online hq zeta`,
	"targets":       `2026-03 sell_out units 31 - acme`,
	"reporting":     `acme-feed day 1-7 09:00 0`,
	"ranging":       "S1 A - - 7\nS2 B - - 7",
	"floors":        "A 9 GBP dealer\nA 9.5 GBP retailer",
	"channel_costs": `branch 2026-03 staff 31`,
	"weights":       "S1 6\nS2 3\nS3 5\nZ1 1",
	"category_sales": `
		acme audio 2026-02 96 480`,
	"market": `
		east audio 2026-02 200
		east audio 2025-02 160`,
	"promotions":        `spring 2026-03-02 2026-03-03 A - - - 10 50 Spring`,
	"support":           "acme given 2026-03-03 100 GBP audio\nacme used 2026-03-10 40 GBP audio",
	"competitor_prices": `2026-03-05 A otherco 10 GBP`,
	"life": `
		acme recruited - 2025-11-01
		acme contracted - 2025-12-01 2026-12-31
		acme active - 2026-01-01
		zeta recruited - 2026-02-01
		acme certified audio 2024-04-01 2026-03-31
		acme certified video 2024-03-01 2026-03-05
		zeta certified audio 2025-01-01`,
	"sales": `
		acme S1 A 2026-03-02 sell_out 6 60 new 2026-03-03T06:00 customer=k1 salesperson=li
		acme S1 A 2026-03-03 sell_out 4 40 new 2026-03-04T06:00 customer=k1 salesperson=li
		acme S1 A 2026-03-09 return_in -1 -10 new 2026-03-10T06:00 salesperson=li
		acme S2 B 2026-03-10 sell_out 2 50 new 2026-03-12T06:00
		zeta Z1 A 2026-03-04 sell_out 5 45 customer=k9
		zeta Z1 - 2026-03-11 sell_out 1 12
		acme S1 A 2026-02-16 sell_out 8 80
		acme S1 A 2026-02-10 sell_out 16 160
		acme S1 A 2025-03-03 sell_out 8 70
		acme S1 A 2025-02-10 sell_out 20 200`,
	"stock": `
		acme S1 A 2026-03-14T20:00 9
		acme S2 B 2026-03-14T20:00 0`,
	"flows": `
		head - A 2026-03-02T09:00 ordered 20 - acme O1
		head - A 2026-03-06T09:00 shipped 12 - acme D1 O1
		head - A 2026-03-10T09:00 shipped 8 - acme D2 O1
		head - A 2026-03-05T09:00 ticket 1 - acme T1 - set-up 2026-03-05T11:00
		head - A 2026-03-06T09:00 ticket 1 - zeta T2 - drivers
		head - A 2026-03-06T09:00 score 4 - acme C1
		head - A 2026-03-06T09:00 score 3 - zeta C2
		acme S1 A 2026-03-06T09:00 exchanged 1 - - X1 - defective
		head - A 2026-03-07T09:00 repaired 1 - zeta R1 - battery`,
	"submissions": `
		acme acme-feed 2026-03-10T11:00 12 0 12 0 0 0`,
}

// What the boards show of it, worked out by hand. acme's parts: pace 11 of the 15 that are due by the 15th of 31, 73.333333;
// growth 11 on 8 is 37.5 percent, 87.5; 5 of 14 days reported in time, 35.714285; all codes known, 100; one of two ranged products
// in stock, 50; 1 of 12 back, 8.333333 percent, 58.333335. At 30, 15, 10, 10, 15 and 10 these come to 6202.97619 of 90. zeta's: 5 of
// 6 units known, 83.333333, nothing back, 100: 1833.33333 of 20.
var workedMarket = map[string]string{
	"scorecard 1": "73.057359", // 8036.30952 ÷ 110
	"scorecard 2": "0",
	"scorecard 3": "71.065989",   // 140 of 140 + 57
	"scorecard 4": "5887.551856", // 71.06…² + 28.93…²
	"scorecard 5": "50",          // k1 of k1 and k9
	"scorecard 6": "age",
	"scorecard 7": "zeta | 91.666666 | null | null | null | 83.333333 | null | 100\nacme | 68.921957 | 73.333333 | 87.5 | 35.714285 | 100 | 50 | 58.333335",
	// Of the last four weeks acme sold 19 after 8, at most 100; 6 of 28 days were in time, 21.428571; of 20 sold 1 came back, 75; with pace
	// and codes as above 5664.2857 of 75, and zeta's 1833.33333 of 20. Of those before, 16 after 20 is 30, 1 of 28 days, all known, nothing
	// back: 2485.71428 of 45. Before that no report came.
	"scorecard 8": "2025-12-21 | 0\n2026-01-18 | 0\n2026-02-15 | 55.238095\n2026-03-15 | 78.922305",
	// acme: 6202.97619 + 1000 of 100, since 10 is above its floor of 9; zeta sold at 9, below 9.5: 1833.33333 of 30.
	"scorecard 9":  "acme | 72.029761 | 0\nzeta | 61.111111 | 100",
	"scorecard 10": "acme | li | 90 | 9 | 100",

	// Of 8 Mondays before one sold 8, of 8 Tuesdays one 16: 1 and 2 a day. 10 sold.
	"promotions 1":  "233.333333",
	"promotions 2":  "7",
	"promotions 3":  "100",
	"promotions 4":  "40",
	"promotions 5":  "50", // 90 after 70, for 40
	"promotions 6":  "age",
	"promotions 7":  "spring | Spring | 2026-03-02 | 2026-03-03 | 1 | 10 | 3 | 7 | 233.333333 | 100",
	"promotions 8":  "A | 7",
	"promotions 9":  "acme | 100 | 40 | 40 | 90 | 70 | 50",
	"promotions 10": "A | otherco | 1 | 10 | 9.642857 | 14 | -3.5715", // 135 for 14

	"life 1":  "1",
	"life 2":  "1",
	"life 3":  "1",
	"life 4":  "5.6", // 12 after 4 days, 8 after 8
	"life 5":  "3.5",
	"life 6":  "age",
	"life 7":  "recruited | 1\nactive | 1",
	"life 8":  "recruited | 1 | 30\ncontracted | 1 | 31",
	"life 9":  "acme | active | 2026-01-01 | 73 | \nzeta | recruited | 2026-02-01 | 42 | ",
	"life 10": "acme | video | 2026-03-05 | -10 | expired\nacme | audio | 2026-03-31 | 16 | expiring",
	"life 11": "acme | 1 | 0 | 7200 | 4\nzeta | 1 | 1 | null | 3",
	"life 12": "acme | 12 | 8.333333 | 0\nzeta | 6 | 0 | 16.666666",
	"life 13": "battery | 0 | 0 | 1\ndefective | 0 | 1 | 0",

	"territory 1": "12", // 24 of 200
	"territory 2": "-5", // 24 after 20, where the market has 200 after 160
	"territory 3": "25", // 24 of 96
	"territory 4": "75", // S1, S2 and Z1 of four
	"territory 5": "66.666666",
	"territory 6": "age",
	// The year before: 8 of acme in the east.
	"territory 7":  "east | 147 | 15 | 87.5 | 2 | 100\nwest | 50 | 2 | null | 2 | 50",
	"territory 8":  "121.5 | 31.2 | 90 | S1\n104.1 | 30.6 | 50 | S2",
	"territory 9":  "east | audio | 2026-02 | 200 | 24 | 12 | 25 | -5",
	"territory 10": "acme | audio | 2026-02 | 96 | 25 | 50",
	"territory 11": "branch | 11 | 14 | 1.272727\nonline | 6 | 0 | 0",
}
