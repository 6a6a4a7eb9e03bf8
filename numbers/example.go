package numbers

import (
	"fmt"
	"strings"
)

// Given are the kinds of rows that an example may hold, and their columns, which are set apart by blanks. Days are
// YYYY-MM-DD, instants YYYY-MM-DDThh:mm in UTC; columns with ? may be left out at the end of a row, and - is empty.
var Given = map[string][]string{
	"products":     {"code", "line?", "list_price?"},
	"locations":    {"code", "partner", "territory?"},
	"partners":     {"partner", "channel_type", "tier?", "time_zone?"},
	"organisation": {"node", "parent", "partner?"},
	"ranging":      {"location", "item", "from", "to", "lead_days?"},
	"calendar":     {"name", "year", "from", "to"},
	"reporting":    {"feed", "frequency", "weekdays", "due", "grace_days?"},
	"sales":        {"partner", "location", "product", "day", "kind", "qty", "money?", "cause?", "known?", "feed?"},
	"stock":        {"partner", "location", "product", "at", "qty", "level?"},
	"submissions":  {"partner", "feed", "received", "rows", "refused", "new", "duplicate", "corrected", "withdrawn", "held?"},
	"incidents":    {"incident", "rule", "partner", "location", "product", "opened", "money?", "closed?"},
	"refused":      {"partner", "feed", "row", "column", "value", "reason"},
}

// Rows reads rows of a kind; each has every column of Given.
func Rows(kind, text string) ([]map[string]string, error) {
	columns, ok := Given[kind]
	if !ok {
		return nil, fmt.Errorf("%q is no kind of rows", kind)
	}
	var out []map[string]string
	for line := range strings.Lines(text) {
		cells := strings.Fields(line)
		if len(cells) == 0 {
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
		if len(cells) > len(columns) {
			return nil, fmt.Errorf("%s: the row %q has more than %d cells", kind, strings.TrimSpace(line), len(columns))
		}
		out = append(out, row)
	}
	return out, nil
}
