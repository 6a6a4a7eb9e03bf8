package demo

import (
	"sellthrough/demo/world"
)

// programmes are what the vendor rewards: growth of what dealers and retailers sell, by the quarter; what distributors buy, by the
// month; points for accessories; a bonus for displays, which takes its sales out of growth; and what Tamarind sells on, in its own
// currency. They have run since before the history begins.
func programmes() []byte {
	s := newSheet("programme", "name", "from", "to", "basis", "counts", "kinds", "tax", "tax_rate", "pays", "currency", "period", "tiering", "cap", "excludes", "rank", "clawback_days")
	s.row("growth", "Quarterly growth (季度增长)", "", "", "sell_out", "money", "", "excluded", "13", "money", "", "quarter", "retroactive", "", "", "2", "45")
	s.row("purchase", "Monthly purchase (月度采购)", "", "", "sell_in", "money", "", "excluded", "13", "money", "", "month", "marginal", "", "", "", "")
	s.row("stars", "Accessory stars (配件积分)", "", "", "sell_out", "units", "", "", "", "points", "", "month", "marginal", "", "", "", "")
	s.row("display-bonus", "Display bonus (显示器奖励)", "", "", "sell_out", "units", "", "", "", "money", "", "month", "retroactive", "4000", "growth", "1", "")
	s.row("uk-resale", "UK resale", "", "", "sell_through", "money", "", "excluded", "20", "money", "GBP", "quarter", "marginal", "", "", "", "")
	return s.text()
}

func qualifying() []byte {
	s := newSheet("programme", "partner", "tier", "group", "mode", "channel_type", "item", "line", "unit", "from", "to")
	row := func(programme, partner, tier, line string) {
		s.row(programme, partner, tier, "", "", "", "", line, "", "", "")
	}
	row("growth", "", "dealer", "")
	row("growth", "", "retailer", "")
	row("purchase", "", "national-distributor", "")
	row("purchase", "", "regional-distributor", "")
	row("stars", "", "dealer", "Accessories")
	row("stars", "", "retailer", "Accessories")
	row("display-bonus", "", "dealer", "Displays")
	row("display-bonus", world.Partners[world.NineBridges].ID, "", "Displays")
	row("uk-resale", world.Partners[world.Tamarind].ID, "", "")
	return s.text()
}

func tiers() []byte {
	s := newSheet("programme", "threshold", "rate", "per")
	s.row("growth", "200000", "1", "percent")
	s.row("growth", "600000", "1.5", "percent")
	s.row("growth", "2000000", "2.25", "percent")
	s.row("purchase", "0", "0.5", "percent")
	s.row("purchase", "500000", "1", "percent")
	s.row("purchase", "3000000", "1.75", "percent")
	s.row("stars", "0", "2", "unit")
	s.row("stars", "100", "3", "unit")
	s.row("stars", "500", "250", "once")
	s.row("display-bonus", "0", "8", "unit")
	s.row("display-bonus", "200", "12", "unit")
	s.row("uk-resale", "0", "0.75", "percent")
	s.row("uk-resale", "100000", "1.25", "percent")
	return s.text()
}

// penalties for reports that are late, goods that went astray, and prices below the floor.
func penalties() []byte {
	s := newSheet("programme", "cause", "rate")
	s.row("growth", "late-report", "150")
	s.row("growth", "cross-territory", "4")
	s.row("display-bonus", "below-floor", "10")
	return s.text()
}
