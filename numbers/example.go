package numbers

// given are the kinds of rows that an example may hold, and their columns. Days are YYYY-MM-DD, instants YYYY-MM-DDThh:mm
// in UTC; a column with ? may be left out.
var given = map[string][]string{
	"products":     {"code", "line?"},
	"locations":    {"code", "partner", "territory?"},
	"partners":     {"partner", "channel_type", "time_zone?"},
	"organisation": {"node", "parent", "partner?"},
	"ranging":      {"location", "product", "from", "to", "lead_days?"},
	"calendar":     {"name", "year", "from", "to"},
	"reporting":    {"feed", "frequency", "weekdays", "due", "grace_days"},
	"sales":        {"partner", "location", "product", "day", "kind", "qty", "money?", "known?", "cause?", "feed?"},
	"stock":        {"partner", "location", "product", "at", "qty", "level?"},
	"submissions":  {"partner", "feed", "received", "rows", "refused", "new", "duplicate", "corrected"},
	"refused":      {"partner", "feed", "row", "column", "value", "reason"},
}
