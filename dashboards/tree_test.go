package dashboards_test

// mixed is a channel in which most modes stand side by side, small enough to work out by hand; the fortnight is the boards'
// own, from 2 to 15 March 2026.
//
//   - Headquarters, the branch company of the east, the branch of the west with its office wo, the representative office of the
//     north, the vendor's own store, and the rest are partners.
//   - On the 9th dealer acme goes over from the east to the office of the west, and amber, which bought and sold until then,
//     becomes an agent.
//   - P costs 4 and is of division div1 and of the line audio, Q costs 10 and is of div2 and video.
var mixed = map[string]string{
	"products": `
		P audio 12 div1 4 GBP
		Q video 25 div2 10 GBP`,
	"locations": `
		H head
		E1 east-co east-city
		R1 rep-north
		ST store
		W1 west-co
		WO west-off
		A1 acme east-city
		A2 acme west-city
		G1 amber north-city
		F1 fran west-city
		O1 shop
		D1 dist east-city`,
	"partners": `
		head - vendor
		east-co - vendor
		west-co - vendor
		west-off - vendor
		rep-north - vendor
		store own-store vendor
		acme specialist dealer
		amber regional-agent dealer
		fran franchise retailer Europe/London
		shop marketplace retailer
		dist - national-distributor Europe/London`,
	"organisation": `
		hq - head
		east hq east-co - - branch
		west hq west-co - - branch
		wo west west-off - - office
		north hq rep-north - - office
		shops hq store
		online hq shop
		national hq dist
		east - acme - 2026-03-08
		wo - acme 2026-03-09
		north - amber
		wo - fran`,
	"modes": `
		east branch-company
		west branch-offices
		north representative-office
		amber distribution - 2026-03-08
		amber agency 2026-03-09
		fran franchise
		shop e-commerce
		dist distribution`,
	"territories": `
		cn
		east-cn cn
		east-city east-cn
		north-city east-cn
		west-city cn`,
	"groups": `
		buyers acme
		buyers fran 2026-03-09
		local acme`,
	"ranging": `
		F1 P - - 7
		F1 Q - - 7`,
	"reporting": `
		dist-feed day 1-7 09:00 0
		fran-feed day 1-7 09:00 0`,
	"channel_costs": `
		north 2026-03 storage 31
		shops 2026-03 staff 62 div2
		shops 2026-03 staff 31 div1
		east 2026-03 transport 15.5 div1`,
	"targets": `
		2026-03 sell_out units 30 hq
		2026-Q1 sell_through money 400 east
		2026-03 sell_in units 40 - acme
		2026-03 sell_out units 8 - fran div2
		2026-04 sell_out units 9 hq`,
	"sales": `
		head H P 2026-03-02 sell_through 50 200 party=east-co
		head H P 2026-03-03 sell_through 30 120 party=R1
		head H Q 2026-03-03 sell_through 10 100 party=west-co
		head H Q 2026-03-02 sell_through 2 20 party=store
		east-co E1 P 2026-03-04 sell_through 20 160 party=acme
		acme A1 P 2026-03-04 sell_in 20 160 party=east-co
		acme A1 P 2026-03-05 sell_out 6 72
		acme A1 P 2026-03-10 sell_out 5 60
		acme A1 P 2026-03-11 return_in -1 -12
		acme A2 P 2026-03-09 sell_through 4 36 party=fran
		fran F1 P 2026-03-09 sell_in 4 36 party=acme
		rep-north R1 P 2026-03-06 sell_through 8 64 party=amber
		amber G1 P 2026-03-06 sell_in 8 64 party=rep-north
		amber G1 P 2026-03-07 sell_out 2 26
		rep-north R1 P 2026-03-10 sell_through 7 56 party=amber
		amber G1 P 2026-03-10 sell_in 7 56 party=rep-north
		amber G1 P 2026-03-12 sell_out 4 52
		west-co W1 Q 2026-03-05 sell_through 3 60 party=fran
		fran F1 Q 2026-03-05 sell_in 3 60 party=west-co
		fran F1 Q 2026-03-09 sell_out 2 50
		shop O1 P 2026-03-08 sell_out 10 110
		shop O1 P 2026-03-12 return_in -2 -22
		store ST Q 2026-03-11 sell_out 1 25
		dist D1 Q 2026-03-02 sell_in 9 99
		dist D1 Q 2026-03-13 sell_through 5 90
		acme A1 P 2026-02-20 sell_out 3 36`,
	"stock": `
		head H P 2026-03-14T20:00 40
		head H Q 2026-03-14T20:00 12
		east-co E1 P 2026-02-27T20:00 10
		east-co E1 P 2026-03-14T20:00 25
		rep-north R1 P 2026-03-14T20:00 15
		west-co W1 Q 2026-03-14T20:00 4
		west-off WO Q 2026-03-14T20:00 2
		acme A1 P 2026-03-14T20:00 9
		amber G1 P 2026-03-14T20:00 9
		fran F1 Q 2026-03-14T20:00 1
		fran F1 P 2026-03-14T20:00 0
		dist D1 Q 2026-03-14T20:00 4
		shop O1 P 2026-03-14T20:00 6`,
	"flows": `
		west-co W1 Q 2026-03-07T09:00 sent 2 party=WO
		head - Q 2026-03-02T09:00 ordered 12 120 dist OD1
		head - Q 2026-03-03T09:00 shipped 9 - dist SD1 OD1
		dist D1 Q 2026-03-05T09:00 received 8 - head SD1
		head - - 2026-03-02T09:00 invoiced - 200 east-co I9
		east-co - - 2026-03-04T09:00 invoiced - 160 acme I1
		east-co - - 2026-03-14T09:00 paid - 60 acme P1 I1
		head - - 2026-02-20T09:00 invoiced - 50 amber I0
		head - - 2026-03-02T09:00 paid - 50 amber P0 I0
		head - - 2026-03-06T09:00 invoiced - 64 amber I2
		head - - 2026-03-12T09:00 credited - 4 amber C1
		west-co - - 2026-03-05T09:00 invoiced - 60 fran I3
		head - - 2026-03-15T09:00 commission - 2.6 amber
		shop - - 2026-03-15T09:00 settled - 70`,
	"submissions": `
		acme acme-feed 2026-03-10T11:00 12 0 12 0 0 0`,
}

// What the boards of the organisation, the modes and the flows show of it, worked out by hand. Beside each stands how.
var workedMixed = map[string]string{
	"modes 1": "40",  // acme 20, amber 8 while it bought, fran 3, dist 9; not what amber holds, nor what fran bought of acme
	"modes 2": "101", // headquarters 50 + 30 + 10 + 2, to the agent 7, and 2 sent to the office
	"modes 3": "300", // of which two branches settle: 200 and 100
	"modes 4": "40",  // 20 + 8 + 3 left the tree, and 4 of acme and 5 of dist
	"modes 5": "27",  // acme 6 + 5 − 1, amber 2 + 4, fran 2, shop 10 − 2, store 1
	"modes 6": "age",
	"modes 7": `Representative office | 1 | 0 | 7 | 8 | 0
Branch company | 2 | 20 | 0 | 20 | 6
Branch with offices | 2 | 0 | 2 | 7 | 4
Product division | 0 | 0 | 0 | 0 | 0
Independent division | 0 | 0 | 0 | 0 | 0
Direct | 2 | 0 | 92 | 0 | 1
Distribution | 2 | 17 | 0 | 5 | 2
Agency | 1 | 0 | 0 | 0 | 4
Franchise | 1 | 3 | 0 | 0 | 2
E-commerce | 1 | 0 | 0 | 0 | 8`, // acme in two modes, before and after the 9th, and amber in two
	// acme owes 160 − 60, of 160 in 90 days; amber 50 + 64 − 50 − 4, of 110; fran all. Both that paid did it after ten days.
	"modes 8":  "acme | 100 | 56.25 | 10\namber | 60 | 49.090909 | 10\nfran | 60 | 90 | null",
	"modes 9":  "3.805555", // 101 handed on; 20 + 8 + 3 + 1 left, and 4 of the agent: 137 ÷ 36
	"modes 10": "10",
	"modes 11": "20", // acme 9, shop 6, dist 4, fran 1; amber's 9 are the vendor's
	"modes 12": "east-co | 25 | 25\nwest-co | 4 | 4\nwest-off | 2 | 2",
	"modes 13": "amber | 52 | 2.6 | 5",
	// Of two products listed Q was sold; of 14 reports those of the 5th, 9th and 14th came; of two bought P came from acme: 5 of 18.
	"modes 14": "fran | 50 | 21.428571428571427 | 50 | 27.77777777777778",
	// 2 of 10 came back. 88 for 8, where others got 120 + 78 for 16: 99. 70 settled of 88.
	"modes 15": "shop | 20 | 88.888888 | -18 | -20.4546",
	// Of the month's costs 14 of 31 days: 7, 14, 28, and the 14 of storage, which are of no division.
	"modes 16": "div1 | east | 160 | 80 | 7 | 73\ndiv1 | shops | 0 | 0 | 14 | -14\ndiv1 | – | 116 | 48 | 0 | 68\ndiv2 | shops | 25 | 10 | 28 | -13\ndiv2 | west | 60 | 30 | 0 | 30\n– | – | 0 | 0 | 14 | -14",
	// 42 for 25 sold, 14 for 64, 7 for 160. Two divisions have people at shops: 28 and 14.
	"modes 17": "shops | Direct | 0 | 42 | 168 | 14\nnorth | Representative office | 14 | 14 | 21.875 | 0\neast | Branch company | 0 | 7 | 4.375 | 0",
	// Sales × 365 ÷ 14. East: stock 40 and 100, owed 0 and 100. Headquarters: stock 0 and 280, owed 50 and 60.
	"modes 18": "east-co | 4171.428571 | 120 | 34.761904\nrep-north | 1668.571428 | 30 | 55.619047\nwest-co | 1564.285714 | 50 | 31.285714\n" +
		"store | 651.785714 | 0 | null\nhead | 0 | 195 | 0\nwest-off | 0 | 10 | 0",
	"modes 19": "acme | 9\nshop | 6\ndist | 4\nfran | 1",

	"organisation 1": "27",
	"organisation 2": "361", // 72 + 60 − 12 + 26 + 52 + 50 + 110 − 22 + 25
	"organisation 3": "40",
	"organisation 4": "40",
	"organisation 5": "2", // east and fran
	"organisation 6": "age",
	// acme's 6 of the 5th are the east's, its 4 since the 9th those of the office of the west.
	"organisation 7": "hq | 40 | 40 | 27 | 361 | 10\nwest | 3 | 7 | 6 | 98 | 14.285714\nwo | 3 | 4 | 6 | 98 | 14.285714\nonline | 0 | 0 | 8 | 88 | 20\n" +
		"north | 8 | 8 | 6 | 78 | 0\neast | 20 | 20 | 6 | 72 | 0\nshops | 0 | 0 | 1 | 25 | 0\nnational | 9 | 5 | 0 | 0 | null",
	"organisation 8": "hq | 361\nwest | 98\nwo | 98\nonline | 88\nnorth | 78\neast | 72\nshops | 25",
	// 15 of 31 days have gone, of the quarter 74 of 90: due are 14.516129, 328.888888, 19.354838 and 3.870967.
	"organisation 9": "hq |  |  | 2026-03 | sell_out | units | 30 | 27 | 90 | 186\neast |  |  | 2026-Q1 | sell_through | money | 400 | 160 | 40 | 48.648648\n" +
		"acme |  |  | 2026-03 | sell_in | units | 40 | 20 | 50 | 103.333337\nfran | div2 |  | 2026-03 | sell_out | units | 8 | 2 | 25 | 51.666676",
	"organisation 10": `head | hq |  |  | Direct | – | 2026-03-02 | 2026-03-15
acme | hq › east | east |  | Branch company | east | 2026-03-02 | 2026-03-08
east-co | hq › east | east |  | Branch company | east | 2026-03-02 | 2026-03-15
dist | hq › national | national |  | Distribution | dist | 2026-03-02 | 2026-03-15
amber | hq › north |  | north | Distribution | amber | 2026-03-02 | 2026-03-08
amber | hq › north |  | north | Agency | amber | 2026-03-09 | 2026-03-15
rep-north | hq › north |  | north | Representative office | north | 2026-03-02 | 2026-03-15
shop | hq › online | online |  | E-commerce | shop | 2026-03-02 | 2026-03-15
store | hq › shops | shops |  | Direct | – | 2026-03-02 | 2026-03-15
west-co | hq › west | west |  | Branch with offices | west | 2026-03-02 | 2026-03-15
acme | hq › west › wo | west | wo | Branch with offices | west | 2026-03-09 | 2026-03-15
fran | hq › west › wo | west | wo | Franchise | fran | 2026-03-02 | 2026-03-15
west-off | hq › west › wo | west | wo | Branch with offices | west | 2026-03-02 | 2026-03-15`,

	"flows 1":  "12",
	"flows 2":  "27",
	"flows 3":  "9",
	"flows 4":  "8",
	"flows 5":  "280", // 160, 64 − 4, 60; what headquarters invoiced the branch is inside
	"flows 6":  "110",
	"flows 7":  "25", // 4 of 14 of dist, of which one by a delivery that it received; 3 of 14 of fran
	"flows 8":  "age",
	"flows 9":  "3",
	"flows 10": "1",  // what was sent to the office: nobody reports arrivals there
	"flows 11": "18", // 88 − 70
	"flows 12": "21",
	"flows 13": "2026-03-02 | 12 | 0 | 0 | 0\n2026-03-03 | 0 | 9 | 0 | 0\n2026-03-05 | 0 | 0 | 8 | 6\n2026-03-07 | 0 | 0 | 0 | 2\n2026-03-08 | 0 | 0 | 0 | 10\n" +
		"2026-03-09 | 0 | 0 | 0 | 2\n2026-03-10 | 0 | 0 | 0 | 5\n2026-03-11 | 0 | 0 | 0 | 0\n2026-03-12 | 0 | 0 | 0 | 2",
	"flows 14": `acme | 0 | 10 | 0 | 0 | 9 | 160 | 60 | 100 | null | null
amber | 0 | 6 | 0 | 0 | 9 | 60 | 50 | 60 | null | null
dist | 12 | 0 | 9 | 8 | 4 | 0 | 0 | null | 28.571428571428573 | 10
east-co | 0 | 0 | 0 | 0 | 25 | 0 | 0 | null | null | null
fran | 0 | 2 | 0 | 0 | 1 | 60 | 0 | 60 | 21.428571428571427 | 11
head | 0 | 0 | 0 | 0 | 52 | 0 | 0 | null | null | null
rep-north | 0 | 0 | 0 | 0 | 15 | 0 | 0 | null | null | null
shop | 0 | 8 | 0 | 0 | 6 | 0 | 0 | null | null | null
store | 0 | 1 | 0 | 0 | null | 0 | 0 | null | null | null
west-co | 0 | 0 | 0 | 0 | 4 | 0 | 0 | null | null | null
west-off | 0 | 0 | 0 | 0 | 2 | 0 | 0 | null | null | null`,
}

// Rows of panels that have very many, as rows says it.
var rowsMixed = map[string]struct {
	count, at int
	want      []string
}{
	"flows 15": {24, 0, []string{"order", "dist", "OD1", "Q", "2026-03-02T00:00:00Z", "12", "9", "3"}},
}
