package macro

import (
	"fmt"
	"regexp"
	"strings"
)

// bare is a value that may stand in SQL without quotes: a name or a number.
var bare = regexp.MustCompile(`^(?:[A-Za-z_]\w*|-?\d+(?:\.\d+)?)$`)

// variable writes the values of a variable in a format.
func (e expander) variable(name, format string) (string, error) {
	values, ok := e.vars[name]
	if !ok {
		return "", unknown(name)
	}
	if len(values) == 0 {
		values = []string{""}
	}
	out := make([]string, len(values))
	for i, v := range values {
		switch format {
		case "singlequote":
			out[i] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'"
		case "sqlstring":
			out[i] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(v) + "'"
		case "", "raw", "csv":
			if !bare.MatchString(v) {
				return "", fmt.Errorf("macro: the variable $%s has the value %q, which cannot stand in SQL without quotes; write it ${%s:singlequote}", name, v, name)
			}
			out[i] = v
		default:
			return "", fmt.Errorf("macro: ${%s:%s}: no such format; use singlequote, sqlstring, csv or raw", name, format)
		}
	}
	return strings.Join(out, ","), nil
}
