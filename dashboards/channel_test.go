package dashboards_test

// known is a small channel that can be worked out by hand. Two partners and a distributor; today is Sunday 15 March 2026.
//
//   - acme (specialist, East) has the stores S1 and S2 in the north, zeta (marketplace, West) the shop Z1 in the south,
//     and wide (regional-agent, West) the warehouse W1 in the south, which sells through.
//   - A and B are of the line audio, C of video.
//   - In the fortnight from the 2nd to the 15th acme sold 40 A (400.00) and took 2 back (−20.00), and sold 9 B (90.00);
//     zeta sold 21 C (630.00) and one unit of an unknown code (12.00). Net 69 units and 1112.00.
//   - A year before, from 2 to 15 March 2025, acme sold 40 units and nobody else reported.
//   - In the fortnight before, acme sold 23 units.
var known = map[string]string{
	"products": `
		A audio 11
		B audio 12
		C video 33
		D video 5`,
	"locations": `
		S1 acme north
		S2 acme north
		Z1 zeta south
		W1 wide south`,
	"partners": `
		acme specialist dealer Europe/London
		zeta marketplace retailer Asia/Shanghai
		wide regional-agent regional-distributor Europe/London`,
	"organisation": `
		HQ - -
		East HQ acme
		West HQ zeta
		West HQ wide`,
	"ranging": `
		S1 A 2026-01-01 2026-12-31 14
		S1 B 2026-01-01 2026-12-31 14
		S2 A 2026-01-01 2026-12-31 10`,
	"calendar": `
		spring 2025 2025-03-20 2025-03-21
		spring 2026 2026-03-14 2026-03-15`,
	"reporting": `
		acme-pos day 1-7 09:00 0
		zeta-shop day 1-7 09:00 0`,
	"sales": `
		acme S1 A 2026-03-02 sell_out 10 100 new 2026-03-03T06:00 acme-pos
		acme S1 A 2026-03-05 sell_out 10 100 new 2026-03-06T06:00 acme-pos
		acme S2 A 2026-03-06 sell_out 25 250 new 2026-03-07T06:00 acme-pos
		acme S2 A 2026-03-06 sell_out -25 -250 -corrected 2026-03-10T06:00 acme-pos
		acme S2 A 2026-03-06 sell_out 20 200 +corrected 2026-03-10T06:00 acme-pos
		acme S2 A 2026-03-09 return_in -2 -20 new 2026-03-10T11:00 acme-pos
		acme S1 B 2026-03-09 sell_out 9 90 new 2026-03-10T11:00 acme-pos
		acme S1 A 2026-03-10 sell_out 4 40 new 2026-03-11T06:00 acme-pos
		acme S1 A 2026-03-10 sell_out -4 -40 -withdrawn 2026-03-12T06:00 acme-pos
		zeta Z1 C 2026-03-10 sell_out 21 630 new 2026-03-11T00:30 zeta-shop
		zeta Z1 - 2026-03-11 sell_out 1 12 new 2026-03-12T02:00 zeta-shop
		wide W1 A 2026-03-04 sell_through 50 350 new 2026-03-05T06:00 wide-edi
		wide W1 A 2026-03-04 return_in -5 -35 new 2026-03-05T06:00 wide-edi
		acme S1 A 2026-03-03 sell_in 50 250 new 2026-03-04T06:00 acme-pos
		acme S2 D 2026-02-01 sell_out 1 5 new 2026-02-02T06:00 acme-pos
		acme S2 D 2026-02-02 sell_out 1 5 new 2026-02-03T06:00 acme-pos
		acme S2 D 2026-02-03 sell_out 1 5 new 2026-02-04T06:00 acme-pos
		acme S2 D 2026-02-04 sell_out 1 5 new 2026-02-05T06:00 acme-pos
		acme S1 A 2026-02-24 sell_out 23 230 new 2026-02-25T06:00 acme-pos
		acme S1 A 2025-03-03 sell_out 30 300 new 2025-03-04T06:00 acme-pos
		acme S2 B 2025-03-14 sell_out 10 100 new 2025-03-15T06:00 acme-pos
		acme S1 A 2025-03-20 sell_out 5 50 new 2025-03-21T06:00 acme-pos`,
	"stock": `
		acme S1 A 2026-03-01T20:00 60
		acme S1 A 2026-03-08T20:00 42
		acme S1 A 2026-03-15T18:00 40
		acme S1 B 2026-03-09T20:00 0
		acme S1 B 2026-03-05T20:00 9
		acme S2 D 2025-12-01T20:00 6
		acme S2 D 2026-02-01T20:00 6
		acme S2 D 2026-02-08T20:00 6
		acme S2 D 2026-02-15T20:00 6
		acme S2 D 2026-02-22T20:00 6
		acme S2 D 2026-03-01T20:00 6
		acme S2 D 2026-03-08T20:00 6
		acme S2 D 2026-03-15T20:00 6
		acme S1 B 2026-03-08T20:00 9
		acme S2 A 2026-03-08T20:00 3
		acme S2 A 2026-03-14T20:00 12
		zeta Z1 C 2026-03-09T20:00 30
		zeta Z1 C 2026-03-15T20:00 9
		wide W1 A 2026-03-12T20:00 500`,
	"submissions": `
		acme acme-pos 2026-03-10T11:00 12 1 3 7 1 0
		acme acme-pos 2026-03-12T06:00 6 0 1 5 0 1
		zeta zeta-shop 2026-03-12T02:00 5 2 3 0 0 0
		wide wide-edi 2026-03-05T06:00 10 0 2 0 0 0 8`,
	"turned_away": `
		acme acme-pos 2026-03-09T07:00 a.csv lacks qty>Quantity
		zeta zeta-shop 2026-03-12T07:00 z.csv no-text`,
	"incidents": `
		i1 stock_out acme S1 B 2026-03-10T08:00 252
		i2 low_cover acme S2 A 2026-03-09T08:00 30 2026-03-14T08:00
		i3 missing_report zeta - - 2026-03-12T08:00`,
	"refused": `
		acme acme-pos 4 Quantity one not-a-number
		zeta zeta-shop 2 Date 31/02 no-such-day`,
}
