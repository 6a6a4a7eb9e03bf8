package macro

import (
	"strings"
	"testing"
	"time"
)

var (
	from = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	to   = time.Date(2026, 3, 31, 23, 59, 59, 500e6, time.UTC)
	vars = map[string][]string{
		"partner": {"acme", "o'hara"}, "line": {}, "product": {`\' OR 1=1 --`}, "weeks": {"4"}, "territory": {"$partner", "$__fromTime"}, "empty": {""},
	}
	all = map[string]bool{"location": true}
)

func expand(sql string) (string, error) { return Expand(sql, vars, all, from, to, 90*time.Second) }

func TestVariablesAndMacrosReadAsInGrafana(t *testing.T) {
	ok := func(in, want string) {
		t.Helper()
		if got, err := expand(in); err != nil || got != want {
			t.Errorf("%s\n got %s, %v\nwant %s", in, got, err, want)
		}
	}
	ok("SELECT 1", "SELECT 1")
	ok("match(x, 'a$') AND y = '$'", "match(x, 'a$') AND y = '$'")
	ok("business_date >= toDate($__fromTime)", "business_date >= toDate(toDateTime(1772323200))")
	ok("f($__toTime)", "f(toDateTime(1775001599))")
	ok("f($__fromTime())", "f(toDateTime(1772323200))")
	ok("$__fromTime_ms, $__toTime_ms", "fromUnixTimestamp64Milli(1772323200000), fromUnixTimestamp64Milli(1775001599500)")
	ok("$__timeFilter(received_at)", "received_at >= toDateTime(1772323200) AND received_at <= toDateTime(1775001599)")
	ok("$__timeFilter_ms(t)", "t >= fromUnixTimestamp64Milli(1772323200000) AND t <= fromUnixTimestamp64Milli(1775001599500)")
	ok("$__dateFilter(business_date)", "business_date >= toDate('2026-03-01') AND business_date <= toDate('2026-03-31')")
	ok("$__dt(d, t)", "(d >= toDate('2026-03-01') AND d <= toDate('2026-03-31')) AND (t >= toDateTime(1772323200) AND t <= toDateTime(1775001599))")
	ok("$__timeFrom(t) AND $__timeTo(t)", "t >= toDateTime(1772323200) AND t <= toDateTime(1775001599)")
	ok("$__interval_s", "90")
	ok("$__timeInterval(t)", "toStartOfInterval(toDateTime(t), INTERVAL 90 second)")
	ok("$__timeInterval_ms(f(a, ')'))", "toStartOfInterval(toDateTime64(f(a, ')'), 3), INTERVAL 90000 millisecond)") // brackets in quotes are text
	ok("p IN (${partner:singlequote})", `p IN ('acme','o\'hara')`)
	ok("p IN (${partner:sqlstring})", `p IN ('acme','o''hara')`)
	ok("INTERVAL $weeks WEEK, ${weeks}, ${weeks:raw}, ${weeks:csv}", "INTERVAL 4 WEEK, 4, 4, 4")
	ok("$__conditionalAll(p IN (${partner:singlequote}), $partner)", `p IN ('acme','o\'hara')`)
	ok("$__conditionalAll(l IN (${location:singlequote}), $location) AND x", "1=1 AND x")
	ok("$__conditionalAll(l IN (${line:singlequote}), $line)", "1=1") // nothing chosen is everything
	ok("$__conditionalAll(l IN (${empty:singlequote}), ${empty})", "1=1")
	ok("$__conditionalAll($__dateFilter(d), $partner)", "d >= toDate('2026-03-01') AND d <= toDate('2026-03-31')")
}

// A value is a value: it ends no quotes, and is not read again.
func TestAValueCannotLeaveItsQuotes(t *testing.T) {
	for in, want := range map[string]string{
		"${product:singlequote}":   `'\\\' OR 1=1 --'`,
		"${product:sqlstring}":     `'\\'' OR 1=1 --'`,
		"${territory:singlequote}": `'$partner','$__fromTime'`,
	} {
		if got, err := expand(in); err != nil || got != want {
			t.Errorf("%s gave %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	for in, want := range map[string]string{
		"$nobody":                                "$nobody has no value",
		"$__conditionalAll(a IN ($b), $b)":       "$b has no value",
		"$__conditionalAll(a, b)":                "wants a variable",
		"$__conditionalAll(a, $__toTime)":        "wants a variable",
		"$__conditionalAll(a)":                   "takes 2 arguments, not 1",
		"$__timeGroup(t, 5m)":                    "$__timeGroup is not known",
		"$__dateFilter(a, b)":                    "takes 1 arguments, not 2",
		"$__dateFilter((a)":                      "never closed",
		"$product":                               "cannot stand in SQL without quotes",
		"${product:raw}":                         "cannot stand in SQL without quotes",
		"${partner:csv}":                         "cannot stand in SQL without quotes",
		"${partner:glob}":                        "no such format",
		"$__dateFilter(${product:raw})":          "cannot stand in SQL without quotes",
		"$__conditionalAll(${line:x}, $partner)": "no such format",
	} {
		if got, err := expand(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gave %q, %v; want an error with %q", in, got, err, want)
		}
	}
}

// FuzzAQuotedValue: whatever a value holds, ClickHouse's reading of the quotes gives it back.
func FuzzAQuotedValue(f *testing.F) {
	for _, s := range []string{"", "a", "'", `\`, `\'`, `''`, "$x", "中文"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, format := range []string{"singlequote", "sqlstring"} {
			got, err := Expand("${v:"+format+"}", map[string][]string{"v": {value}}, nil, from, to, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if back, rest := unquote(got); back != value || rest != "" {
				t.Errorf("%s of %q is %s, which reads as %q and leaves %q", format, value, got, back, rest)
			}
		}
	})
}

// unquote reads a literal as ClickHouse's lexer does, and gives what stands behind it.
func unquote(s string) (value, rest string) {
	s = s[1:]
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '\'' && i+1 < len(s) && s[i+1] == '\'':
			i++
		case s[i] == '\'':
			return value, s[i+1:]
		}
		value += s[i : i+1]
	}
	return value, "unclosed"
}
