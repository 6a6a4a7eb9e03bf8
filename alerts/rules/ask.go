package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// Feed is a feed of the configuration, as queries see it.
type Feed struct{ ID, Partner, Kind, TimeZone, Namespace string }

// Setting is a threshold for some partners and product lines. Empty is every one; of those that fit, the one that names more
// counts, and a partner counts more than a line.
type Setting struct {
	Partner, Line string
	Values        map[string]float64
}

// Subject is an incident that a query is asked about.
type Subject struct{ Partner, Location, Product, Subject string }

// Asking is what a query is asked with. Everything is written into the text as a literal, so that an answer depends on
// nothing else.
type Asking struct {
	Database string
	Now      time.Time
	Day      time.Time // the business day of the reporting zone
	Feeds    []Feed
	Settings []Setting
	Gone     []Subject
}

func (a Asking) functions(r *Rule) template.FuncMap {
	return template.FuncMap{
		"view": func(name string) string { return a.Database + "." + name },
		"now": func() string {
			return fmt.Sprintf("toDateTime64('%s', 3, 'UTC')", a.Now.UTC().Format("2006-01-02 15:04:05.000"))
		},
		"limit": func(name string, by ...string) (string, error) {
			return a.limit(r, name, by)
		},
		"day":   a.day,
		"feeds": a.feeds,
		"stale": a.stale,
		"gone":  a.gone,
		"instant": func(text, zone string) string {
			return a.byZone(zone, func(z string) string { return "toInt64(toUnixTimestamp(" + text + ", " + z + "))" }, "toInt64(0)")
		},
		"clock": func(seconds, zone string) string {
			return a.byZone(zone, func(z string) string {
				return "formatDateTime(toDateTime(" + seconds + ", 'UTC'), '%Y-%m-%d %H:%i', " + z + ")"
			}, "''")
		},
	}
}

// limit is a threshold as an expression over the columns for the partner and, where there is one, the product line.
func (a Asking) limit(r *Rule, name string, by []string) (string, error) {
	t, ok := r.Thresholds[name]
	if !ok {
		return "", fmt.Errorf("there is no threshold %q in the head", name)
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	list := slices.Clone(a.Settings)
	slices.SortStableFunc(list, func(x, y Setting) int { return -cmp.Compare(weight(x), weight(y)) })
	var b strings.Builder
	for _, s := range list {
		v, ok := s.Values[name]
		if !ok || s.Line != "" && len(by) < 2 || s.Partner != "" && len(by) < 1 {
			continue
		}
		var when []string
		if s.Partner != "" {
			when = append(when, by[0]+" = "+quote(s.Partner))
		}
		if s.Line != "" {
			when = append(when, by[1]+" = "+quote(s.Line))
		}
		if len(when) == 0 {
			when = []string{"true"}
		}
		fmt.Fprintf(&b, "%s, %s, ", strings.Join(when, " AND "), number(v))
	}
	if b.Len() == 0 {
		return number(t.Default), nil
	}
	return "multiIf(" + b.String() + number(t.Default) + ")", nil
}

func weight(s Setting) int {
	n := 0
	if s.Partner != "" {
		n += 2
	}
	if s.Line != "" {
		n++
	}
	return n
}

// feeds is a table of the feeds.
func (a Asking) feeds() string {
	return values("feed String, partner String, kind String, time_zone String, namespace String", len(a.Feeds), func(i int) []string {
		f := a.Feeds[i]
		return []string{f.ID, f.Partner, f.Kind, f.TimeZone, f.Namespace}
	})
}

// byZone is an expression for each of the feeds' time zones: ClickHouse takes a zone as a constant only. The clock "instant"
// reads and "clock" shows is that of the zone on that day, so that summer time is right.
func (a Asking) byZone(column string, in func(zone string) string, other string) string {
	var b strings.Builder
	seen := map[string]bool{}
	for _, f := range a.Feeds {
		if !seen[f.TimeZone] {
			seen[f.TimeZone] = true
			fmt.Fprintf(&b, "%s = %s, %s, ", column, quote(f.TimeZone), in(quote(f.TimeZone)))
		}
	}
	if b.Len() == 0 {
		return other
	}
	return "multiIf(" + b.String() + other + ")"
}

// stale is a table of the partners whose stock feeds have a calendar: after how many days without a report nothing is known
// of a location. That is the longest interval between two reports, the grace, and the day on which the report is due.
func (a Asking) stale() string {
	return `(SELECT f.partner AS partner, toInt32(max(multiIf(r.frequency = 'month', 31, r.frequency = 'week', 7, r.weekdays != '', 3, 1) + r.grace_days + 1)) AS days
		FROM ` + a.feeds() + ` AS f INNER JOIN ` + a.Database + `.v_reporting AS r ON r.feed = f.feed
		WHERE f.kind = 'stock' AND r.from_date <= ` + a.day() + ` AND r.to_date >= ` + a.day() + ` GROUP BY f.partner)`
}

func (a Asking) day() string { return "toDate32('" + a.Day.Format(time.DateOnly) + "')" }

// gone is a table of the incidents that are asked about: partner, location, product, subject.
func (a Asking) gone() string {
	return values("partner String, location String, product String, subject String", len(a.Gone), func(i int) []string {
		s := a.Gone[i]
		return []string{s.Partner, s.Location, s.Product, s.Subject}
	})
}

func values(columns string, n int, row func(int) []string) string {
	if n == 0 {
		return "null(" + quote(columns) + ")"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "values(%s", quote(columns))
	for i := range n {
		cells := row(i)
		for j := range cells {
			cells[j] = quote(cells[j])
		}
		b.WriteString(", (" + strings.Join(cells, ", ") + ")")
	}
	return b.String() + ")"
}

// quote is a string literal of ClickHouse.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", `\0`).Replace(s) + "'"
}
