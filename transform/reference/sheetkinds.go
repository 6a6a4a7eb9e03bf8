package reference

import (
	"slices"

	"sellthrough/modes"
)

// Always and Never bound what has no date.
const (
	Always int32 = 0
	Never  int32 = 120529 // 2299-12-31, the last day of ClickHouse's Date32
)

// Tiers and ChannelTypes of a partner, from the top of the channel down.
var (
	Tiers        = []string{"vendor", "national-distributor", "regional-distributor", "dealer", "retailer"}
	ChannelTypes = []string{"online-store", "own-store", "national-chain", "specialist", "regional-agent", "marketplace", "franchise", "direct"}
	Statuses     = []string{"active", "suspended", "ended"}
	Frequencies  = []string{"day", "week", "month"}
)

func from() Column {
	return Column{Name: "from", Stored: "from_day", Type: Date, Optional: true, Missing: Always}
}

func to() Column {
	return Column{Name: "to", Stored: "to_day", Type: Date, Optional: true, Missing: Never}
}

// Words of other sheets.
var (
	Levels    = []string{"headquarters", "branch", "office", "group"}                                                     // of a node
	Bases     = []string{"sell_in", "sell_through", "sell_out"}                                                           // what a target or programme counts
	Measures  = []string{"units", "money"}                                                                                // in what
	Stages    = []string{"recruited", "contracted", "registered", "trained", "certified", "active", "suspended", "ended"} // of a partner's life
	CostKinds = []string{"storage", "transport", "staff", "service", "promotion"}                                         // of keeping a channel
	Parts     = []string{"attainment", "growth", "timeliness", "match", "stock", "returns", "price"}                      // of a partner's score
	Supports  = []string{"given", "used"}                                                                                 // marketing development funds
)

func zero() *int64 { return new(int64) }

// SheetKinds are the sheets of a reference folder, and those that follow from them.
func SheetKinds() []Kind {
	return slices.Concat(channelSheets(), moneySheets(), incentiveSheets(), marketSheets(), derivedSheets())
}

// channelSheets are who is in the channel, where, and how it is looked after.
func channelSheets() []Kind {
	return []Kind{
		{Name: "partners", File: "partners.csv", Key: []string{"partner"}, Columns: []Column{
			{Name: "partner"},
			{Name: "name", Optional: true},
			{Name: "tier", Optional: true, OneOf: Tiers},
			{Name: "channel_type", Optional: true, OneOf: ChannelTypes},
			{Name: "status", Optional: true, OneOf: Statuses},
			{Name: "since", Stored: "since_day", Type: Date, Optional: true, Missing: Always},
			{Name: "until", Stored: "until_day", Type: Date, Optional: true, Missing: Never},
			{Name: "currency", Optional: true},
			{Name: "time_zone", Optional: true, Check: zone},
			{Name: "week_start", Optional: true, OneOf: []string{"monday", "saturday", "sunday"}},
		}},
		{Name: "organisation", File: "organisation.csv", Key: []string{"node", "partner"}, Columns: []Column{
			{Name: "node"},
			{Name: "parent", Optional: true},
			{Name: "name", Optional: true},
			{Name: "partner", Optional: true},
			from(), to(),
			{Name: "level", Optional: true, OneOf: Levels},
		}},
		{Name: "modes", File: "modes.csv", Key: []string{"of"}, Columns: []Column{
			{Name: "of"}, {Name: "mode", OneOf: modes.Names()}, from(), to(),
		}},
		{Name: "business_units", File: "business_units.csv", Key: []string{"unit"}, Columns: []Column{{Name: "unit"}, {Name: "name", Optional: true}}},
		{Name: "territories", File: "territories.csv", Key: []string{"territory"}, Columns: []Column{
			{Name: "territory"}, {Name: "parent", Optional: true}, {Name: "name", Optional: true},
		}},
		{Name: "assignments", File: "assignments.csv", Key: []string{"partner", "territory", "line"}, Columns: []Column{
			{Name: "partner"}, {Name: "territory"}, {Name: "line", Optional: true}, from(), to(),
		}},
		{Name: "life", File: "life.csv", Key: []string{"partner", "stage", "line"}, Columns: []Column{
			{Name: "partner"}, {Name: "stage", OneOf: Stages}, {Name: "line", Optional: true}, from(), to(),
		}},
		{Name: "groups", File: "groups.csv", Key: []string{"group", "partner"}, Columns: []Column{
			{Name: "group", Stored: "alliance"}, {Name: "partner"}, {Name: "name", Optional: true}, from(), to(),
		}},
		{Name: "ranging", File: "ranging.csv", Key: []string{"location", "item"}, Columns: []Column{
			{Name: "location"}, {Name: "item", Stored: "product"}, from(), to(), {Name: "lead_days", Type: Whole, Optional: true},
		}},
		{Name: "calendar", File: "calendar.csv", Key: []string{"name", "year"}, Columns: []Column{
			{Name: "name"}, {Name: "year", Type: Whole}, {Name: "from", Stored: "from_day", Type: Date}, {Name: "to", Stored: "to_day", Type: Date},
		}},
		{Name: "reporting", File: "reporting.csv", Key: []string{"feed"}, Columns: []Column{
			{Name: "feed"},
			{Name: "frequency", OneOf: Frequencies},
			{Name: "weekdays", Optional: true, Check: weekdays},
			{Name: "due", Check: clock},
			{Name: "grace_days", Type: Whole, Optional: true},
			from(), to(),
		}},
	}
}

// moneySheets are prices, costs and targets.
func moneySheets() []Kind {
	return []Kind{
		{Name: "prices", File: "prices.csv", Key: []string{"list", "item"}, Columns: []Column{
			{Name: "list"}, {Name: "item", Stored: "product"}, {Name: "price", Type: Decimal, Least: zero()}, {Name: "currency", Check: currency}, from(), to(),
		}},
		{Name: "floors", File: "floors.csv", Key: []string{"item", "tier", "partner", "territory"}, Columns: []Column{
			{Name: "item", Stored: "product"},
			{Name: "tier", Optional: true, OneOf: Tiers},
			{Name: "partner", Optional: true},
			{Name: "territory", Optional: true},
			{Name: "floor", Type: Decimal, Least: zero()},
			{Name: "currency", Check: currency},
			from(), to(),
		}},
		{Name: "product_costs", File: "product_costs.csv", Key: []string{"item"}, Columns: []Column{
			{Name: "item", Stored: "product"}, {Name: "cost", Type: Decimal, Least: zero()}, {Name: "currency", Check: currency}, from(), to(),
		}},
		{Name: "price_changes", File: "price_changes.csv", Key: []string{"item", "date"}, Columns: []Column{
			{Name: "item", Stored: "product"},
			{Name: "date", Stored: "day", Type: Date},
			{Name: "old", Stored: "old_price", Type: Decimal, Least: zero()},
			{Name: "new", Stored: "new_price", Type: Decimal, Least: zero()},
			{Name: "currency", Check: currency},
			{Name: "window_days", Type: Whole},
		}},
		{Name: "targets", File: "targets.csv", Key: []string{"node", "partner", "unit", "line", "period", "basis", "measure"}, Columns: []Column{
			{Name: "node", Optional: true},
			{Name: "partner", Optional: true},
			{Name: "unit", Optional: true},
			{Name: "line", Optional: true},
			{Name: "period", Type: Period},
			{Name: "basis", OneOf: Bases},
			{Name: "measure", OneOf: Measures},
			{Name: "target", Type: Decimal, Least: zero()},
		}, Check: either("node", "partner")},
		{Name: "channel_costs", File: "channel_costs.csv", Key: []string{"node", "unit", "period", "kind"}, Columns: []Column{
			{Name: "node"}, {Name: "unit", Optional: true}, {Name: "period", Type: Period}, {Name: "kind", OneOf: CostKinds}, {Name: "amount", Type: Decimal},
		}},
		{Name: "support", File: "support.csv", Columns: []Column{
			{Name: "partner"},
			{Name: "programme", Optional: true},
			{Name: "what", OneOf: Supports},
			{Name: "date", Stored: "day", Type: Date},
			{Name: "amount", Type: Decimal},
			{Name: "currency", Check: currency},
			{Name: "line", Optional: true},
		}},
	}
}

// marketSheets are what goes on around the channel.
func marketSheets() []Kind {
	return []Kind{
		{Name: "promotions", File: "promotions.csv", Key: []string{"promotion", "item", "line", "partner", "territory"}, Columns: []Column{
			{Name: "promotion"},
			{Name: "name", Optional: true},
			{Name: "item", Stored: "product", Optional: true},
			{Name: "line", Optional: true},
			{Name: "partner", Optional: true},
			{Name: "territory", Optional: true},
			from(), to(),
			{Name: "price", Type: Decimal, Optional: true, Least: zero()},
			{Name: "budget", Type: Decimal, Optional: true, Least: zero()},
		}, Check: either("item", "line")},
		{Name: "category_sales", File: "category_sales.csv", Key: []string{"partner", "line", "period"}, Columns: []Column{
			{Name: "partner"}, {Name: "line"}, {Name: "period", Type: Period}, {Name: "units", Type: Decimal, Optional: true, Least: zero()}, {Name: "money", Type: Decimal, Optional: true, Least: zero()},
		}},
		{Name: "market", File: "market.csv", Key: []string{"territory", "line", "period"}, Columns: []Column{
			{Name: "territory"}, {Name: "line"}, {Name: "period", Type: Period}, {Name: "units", Type: Decimal, Optional: true, Least: zero()}, {Name: "money", Type: Decimal, Optional: true, Least: zero()},
		}},
		{Name: "weights", File: "weights.csv", Key: []string{"location", "line"}, Columns: []Column{
			{Name: "location"}, {Name: "line", Optional: true}, {Name: "weight", Type: Decimal, Least: zero()}, from(), to(),
		}},
		{Name: "score_weights", File: "score_weights.csv", Key: []string{"part"}, Columns: []Column{
			{Name: "part", OneOf: Parts}, {Name: "weight", Type: Decimal, Least: zero()}, from(), to(),
		}},
		{Name: "competitor_prices", File: "competitor_prices.csv", Key: []string{"date", "item", "competitor", "partner", "territory"}, Columns: []Column{
			{Name: "date", Stored: "day", Type: Date},
			{Name: "item", Stored: "product"},
			{Name: "competitor"},
			{Name: "price", Type: Decimal, Least: zero()},
			{Name: "currency", Check: currency},
			{Name: "partner", Optional: true},
			{Name: "territory", Optional: true},
		}},
	}
}

// either says that a row fills exactly one of two columns.
func either(a, b string) func(map[string]string) (string, string) {
	return func(cells map[string]string) (string, string) {
		if (cells[a] == "") == (cells[b] == "") {
			return a, "fill " + a + " or " + b + ", one of the two"
		}
		return "", ""
	}
}
