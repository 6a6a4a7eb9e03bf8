package numbers

import (
	"fmt"
	"slices"
	"strings"
)

// Given are the kinds of rows that an example may hold, and their columns, which are set apart by blanks. Days are
// YYYY-MM-DD, instants YYYY-MM-DDThh:mm in UTC; columns with ? may be left out at the end of a row, or be given by
// name, like serial=X1, and - is empty.
var Given = map[string][]string{
	"products":      {"code", "line?", "list_price?", "business_unit?", "cost?", "currency?"},
	"locations":     {"code", "partner", "territory?", "latitude?", "longitude?"},
	"partners":      {"partner", "channel_type", "tier?", "time_zone?"},
	"organisation":  {"node", "parent", "partner?", "from?", "to?", "level?"},
	"modes":         {"of", "mode", "from?", "to?"},
	"territories":   {"territory", "parent?"},
	"groups":        {"group", "partner", "from?", "to?"},
	"ranging":       {"location", "item", "from", "to", "lead_days?"},
	"calendar":      {"name", "year", "from", "to"},
	"reporting":     {"feed", "frequency", "weekdays", "due", "grace_days?"},
	"targets":       {"period", "basis", "measure", "target", "node?", "partner?", "unit?", "line?"},
	"channel_costs": {"node", "period", "kind", "amount", "unit?"},
	"product_costs": {"item", "cost", "currency", "from?", "to?"},
	"price_changes": {"item", "date", "old", "new", "currency", "window_days"},
	"floors":        {"item", "floor", "currency", "tier?", "partner?", "territory?", "from?", "to?"},
	"assignments":   {"partner", "territory", "line?", "from?", "to?"},
	"rates":         {"currency", "date", "rate"},
	"programmes":    {"programme", "basis", "counts", "pays", "period", "tiering", "tax?", "currency?", "cap?", "excludes?", "rank?", "clawback_days?", "kinds?", "tax_rate?", "from?", "to?", "name?"},
	"qualifying":    {"programme", "partner?", "tier?", "group?", "mode?", "channel_type?", "item?", "line?", "unit?", "from?", "to?"},
	"tiers":         {"programme", "threshold", "rate", "per", "from?", "to?"},
	"penalties":     {"programme", "cause", "rate", "from?", "to?"},
	"claims":        {"claim", "programme", "partner", "period", "amount", "state", "document?"},
	"closed":        {"period", "at"},
	"reckoned":      {"at"},
	"sales":         {"partner", "location", "product", "day", "kind", "qty", "money?", "cause?", "known?", "feed?", "party?", "region?", "serial?", "salesperson?", "segment?", "customer?", "title?", "refers_to?"},
	"flows":         {"partner", "location", "product", "at", "kind", "qty", "money?", "party?", "document?", "refers_to?", "reason?", "until?", "serial?", "salesperson?", "segment?", "customer?", "cause?", "known?"},
	"stock":         {"partner", "location", "product", "at", "qty", "level?"},
	"submissions":   {"partner", "feed", "received", "rows", "refused", "new", "duplicate", "corrected", "withdrawn", "held?", "day?"}, // day: the one that it says to be complete for
	"incidents":     {"incident", "rule", "partner", "location", "product", "opened", "money?", "closed?"},
	"refused":       {"partner", "feed", "row", "column", "value", "reason"},
	"turned_away":   {"partner", "feed", "at", "file", "reason", "missing?"}, // missing: column>new-name,column

	"life":              {"partner", "stage", "line?", "from?", "to?"},
	"category_sales":    {"partner", "line", "period", "units?", "money?"},
	"market":            {"territory", "line", "period", "units?", "money?"},
	"weights":           {"location", "weight", "line?", "from?", "to?"},
	"promotions":        {"promotion", "from", "to", "item?", "line?", "partner?", "territory?", "price?", "budget?", "name?"},
	"support":           {"partner", "what", "date", "amount", "currency", "line?", "programme?"},
	"competitor_prices": {"date", "item", "competitor", "price", "currency", "partner?", "territory?"},
	"score_weights":     {"part", "weight", "from?", "to?"},
}

// Rows reads rows of a kind; each has every column of Given.
func Rows(kind, text string) ([]map[string]string, error) {
	columns, ok := Given[kind]
	if !ok {
		return nil, fmt.Errorf("%q is no kind of rows", kind)
	}
	var out []map[string]string
	for line := range strings.Lines(text) {
		cells, named := []string(nil), map[string]string{}
		for cell := range strings.FieldsSeq(line) {
			name, value, ok := strings.Cut(cell, "=")
			if ok && slices.Contains(columns, name+"?") {
				named[name] = value
			} else {
				cells = append(cells, cell)
			}
		}
		if len(cells)+len(named) == 0 {
			continue
		}
		row := map[string]string{}
		for i, c := range columns {
			name, optional := strings.CutSuffix(c, "?")
			switch {
			case i < len(cells) && cells[i] != "-":
				row[name] = cells[i]
			case i < len(cells) || optional:
				row[name] = ""
			default:
				return nil, fmt.Errorf("%s: the row %q has no %s", kind, strings.TrimSpace(line), name)
			}
		}
		for name, value := range named {
			if row[name] != "" {
				return nil, fmt.Errorf("%s: the row %q has %s twice", kind, strings.TrimSpace(line), name)
			}
			row[name] = value
		}
		if len(cells) > len(columns) {
			return nil, fmt.Errorf("%s: the row %q has more than %d cells", kind, strings.TrimSpace(line), len(columns))
		}
		out = append(out, row)
	}
	return out, nil
}
