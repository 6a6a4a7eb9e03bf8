// Package macro writes the SQL of a board's panel as ClickHouse is asked it: Grafana's variables in their formats, then
// the macros of its ClickHouse data source. The built-in page and the boards' tests ask with it what Grafana asks.
//
// It is pure, and it reads the text once: what stands in a variable's value is never read as a variable, a macro or SQL.
// There it is stricter than Grafana, which escapes quotes and forgets backslashes: for every value that Grafana passes on
// unharmed the text is the same, and a value made to break out of its quotes stays a value.
package macro

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
)

// Expand gives the SQL of a panel.
//
// Vars holds the values that are chosen of each variable; all says of which everything is chosen, and vars then holds
// every value. A variable of which nothing is chosen counts as everything, as in Grafana. From and to are the board's
// time range, interval the time between two points of a panel. A variable that vars does not name, a macro that is not
// known and a value that its format cannot write safely are errors.
func Expand(sql string, vars map[string][]string, all map[string]bool, from, to time.Time, interval time.Duration) (string, error) {
	e := expander{vars: vars, all: all, from: from.UTC(), to: to.UTC(), interval: interval}
	return e.text(sql)
}

type expander struct {
	vars     map[string][]string
	all      map[string]bool
	from, to time.Time
	interval time.Duration
}

// token is what stands behind a dollar: a macro or a variable, plain or in braces with a format.
var token = regexp.MustCompile(`^\$(?:\{([A-Za-z]\w*)(?::(\w+))?\}|(__[a-zA-Z]\w*)|([A-Za-z]\w*))`)

func (e expander) text(sql string) (string, error) {
	var out strings.Builder
	for {
		at := strings.IndexByte(sql, '$')
		if at < 0 {
			out.WriteString(sql)
			return out.String(), nil
		}
		out.WriteString(sql[:at])
		sql = sql[at:]
		m := token.FindStringSubmatch(sql)
		if m == nil {
			out.WriteByte('$')
			sql = sql[1:]
			continue
		}
		sql = sql[len(m[0]):]
		if m[3] == "" {
			text, err := e.variable(m[1]+m[4], m[2])
			if err != nil {
				return "", err
			}
			out.WriteString(text)
			continue
		}
		args, rest, err := arguments(m[3], sql)
		if err != nil {
			return "", err
		}
		text, err := e.macro(m[3], args)
		if err != nil {
			return "", err
		}
		out.WriteString(text)
		sql = rest
	}
}

// arguments reads (a, b) behind a macro's name: brackets may nest, and quotes hold commas and brackets.
func arguments(name, sql string) (args []string, rest string, err error) {
	if !strings.HasPrefix(sql, "(") {
		return nil, sql, nil
	}
	depth, begin, quote := 0, 1, byte(0)
	for i := 0; i < len(sql); i++ {
		switch c := sql[i]; {
		case quote != 0:
			switch c {
			case '\\':
				i++
			case quote:
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '(':
			depth++
		case c == ',' && depth == 1:
			args = append(args, strings.TrimSpace(sql[begin:i]))
			begin = i + 1
		case c == ')':
			if depth--; depth == 0 {
				if last := strings.TrimSpace(sql[begin:i]); last != "" || len(args) > 0 {
					args = append(args, last)
				}
				return args, sql[i+1:], nil
			}
		}
	}
	return nil, "", fmt.Errorf("macro: the bracket behind $%s is never closed", name)
}

// wants is how many arguments each macro takes.
var wants = map[string]int{
	"__timeFilter": 1, "__timeFilter_ms": 1, "__dateFilter": 1, "__dateTimeFilter": 2, "__dt": 2,
	"__timeFrom": 1, "__timeTo": 1, "__fromTime": 0, "__toTime": 0, "__fromTime_ms": 0, "__toTime_ms": 0,
	"__timeInterval": 1, "__timeInterval_ms": 1, "__interval_s": 0, "__conditionalAll": 2,
}

func (e expander) macro(name string, args []string) (string, error) {
	n, ok := wants[name]
	if !ok {
		return "", fmt.Errorf("macro: $%s is not known here; use $__dateFilter, $__timeFilter, $__fromTime, $__toTime, $__timeInterval or $__conditionalAll", name)
	}
	if len(args) != n {
		return "", fmt.Errorf("macro: $%s takes %d arguments, not %d", name, n, len(args))
	}
	if name == "__conditionalAll" {
		return e.conditionalAll(args[0], args[1])
	}
	for i := range args {
		var err error
		if args[i], err = e.text(args[i]); err != nil {
			return "", err
		}
	}
	seconds := func(t time.Time) string { return fmt.Sprintf("toDateTime(%d)", t.Unix()) }
	millis := func(t time.Time) string { return fmt.Sprintf("fromUnixTimestamp64Milli(%d)", t.UnixMilli()) }
	date := func(t time.Time) string { return "toDate('" + t.Format(time.DateOnly) + "')" }
	between := func(column string, f func(time.Time) string) string {
		return column + " >= " + f(e.from) + " AND " + column + " <= " + f(e.to)
	}
	switch name {
	case "__fromTime":
		return seconds(e.from), nil
	case "__toTime":
		return seconds(e.to), nil
	case "__fromTime_ms":
		return millis(e.from), nil
	case "__toTime_ms":
		return millis(e.to), nil
	case "__timeFilter":
		return between(args[0], seconds), nil
	case "__timeFilter_ms":
		return between(args[0], millis), nil
	case "__dateFilter":
		return between(args[0], date), nil
	case "__timeFrom":
		return args[0] + " >= " + seconds(e.from), nil
	case "__timeTo":
		return args[0] + " <= " + seconds(e.to), nil
	case "__timeInterval":
		return fmt.Sprintf("toStartOfInterval(toDateTime(%s), INTERVAL %d second)", args[0], e.seconds()), nil
	case "__timeInterval_ms":
		return fmt.Sprintf("toStartOfInterval(toDateTime64(%s, 3), INTERVAL %d millisecond)", args[0], max(e.interval.Milliseconds(), 1)), nil
	case "__interval_s":
		return fmt.Sprint(e.seconds()), nil
	default: // __dt, __dateTimeFilter
		return "(" + between(args[0], date) + ") AND (" + between(args[1], seconds) + ")", nil
	}
}

func (e expander) seconds() int64 { return int64(math.Max(e.interval.Seconds(), 1)) }

func (e expander) conditionalAll(condition, variable string) (string, error) {
	m := token.FindStringSubmatch(variable)
	if m == nil || m[0] != variable || m[3] != "" {
		return "", fmt.Errorf("macro: $__conditionalAll wants a variable behind the condition, not %q", variable)
	}
	name := m[1] + m[4]
	values, ok := e.vars[name]
	if !ok && !e.all[name] {
		return "", unknown(name)
	}
	if e.all[name] || len(values) == 0 || len(values) == 1 && values[0] == "" {
		return "1=1", nil
	}
	return e.text(condition)
}

func unknown(name string) error {
	return fmt.Errorf("macro: the variable $%s has no value; the board defines no such variable, or the request left it out", name)
}
