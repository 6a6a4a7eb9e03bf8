// Package period reads the time ranges of a board as Grafana writes them: now-7d, now/d, now-1M/M, instants and dates.
//
// It is pure: the clock and the time zone are arguments. What it gives is bounded, so that a range from a browser cannot
// ask for more than the ledger's own days.
package period

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Range is a time range; To is the last instant in it.
type Range struct{ From, To time.Time }

// The instants that a range may reach: what ClickHouse's DateTime holds.
var (
	first = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	last  = time.Date(2105, 12, 31, 23, 59, 59, 999e6, time.UTC)
)

// longest is how long a range may be: two lives of a dealer contract.
const longest = 60 * 366 * 24 * time.Hour

// Parse reads both ends of a range.
func Parse(from, to string, now time.Time, zone *time.Location) (Range, error) {
	a, err := instant(from, now.In(zone), false)
	if err != nil {
		return Range{}, fmt.Errorf("from: %w", err)
	}
	b, err := instant(to, now.In(zone), true)
	if err != nil {
		return Range{}, fmt.Errorf("to: %w", err)
	}
	switch {
	case b.Before(a):
		return Range{}, fmt.Errorf("the range ends (%s) before it begins (%s)", b.Format(time.DateTime), a.Format(time.DateTime))
	case b.Sub(a) > longest:
		return Range{}, fmt.Errorf("the range is longer than %d years", int(longest.Hours()/24/366))
	}
	return Range{a, b}, nil
}

// instant reads one end. End says that a rounded instant means the end of what it is rounded to.
func instant(text string, now time.Time, end bool) (time.Time, error) {
	text = strings.TrimSpace(text)
	if len(text) > 64 {
		return now, fmt.Errorf("%.20q… is not a time", text)
	}
	t, err := absolute(text, now.Location(), end)
	if rest, ok := strings.CutPrefix(text, "now"); ok {
		t, err = relative(rest, now, end)
	}
	if err != nil {
		return t, err
	}
	if t.Before(first) && first.Sub(t) <= 14*time.Hour {
		t = first // the first day begins earlier in the east
	}
	if t.Before(first) || t.After(last) {
		return t, fmt.Errorf("%q lies outside %d to %d", text, first.Year(), last.Year())
	}
	return t, nil
}

var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly}

func absolute(text string, zone *time.Location, end bool) (time.Time, error) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms).In(zone), nil
	}
	for _, layout := range layouts {
		t, err := time.ParseInLocation(layout, text, zone)
		if err != nil {
			continue
		}
		if end && layout == time.DateOnly {
			t = t.AddDate(0, 0, 1).Add(-time.Millisecond)
		}
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q is not a time; write now-7d, now/d, 2026-03-02 or 2026-03-02 14:30", text)
}

// relative reads what stands behind now: steps such as -7d, then perhaps a rounding such as /d.
func relative(rest string, t time.Time, end bool) (time.Time, error) {
	whole := "now" + rest
	for rest != "" {
		op := rest[0]
		rest = rest[1:]
		digits := 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		n := 1
		if digits > 0 {
			var err error
			if n, err = strconv.Atoi(rest[:digits]); err != nil || n > 100_000_000 {
				return t, fmt.Errorf("%q steps too far", whole)
			}
		}
		if len(rest) == digits {
			return t, fmt.Errorf("%q lacks a unit; write one of s m h d w M Q y", whole)
		}
		unit := rest[digits]
		rest = rest[digits+1:]
		var ok bool
		switch {
		case op == '+':
			t, ok = add(t, n, unit)
		case op == '-':
			t, ok = add(t, -n, unit)
		case op == '/' && digits == 0:
			t, ok = round(t, unit, end)
		}
		if !ok {
			return t, fmt.Errorf("%q is not a time; write now, steps such as -7d, and a rounding such as /d, with s m h d w M Q y", whole)
		}
	}
	return t, nil
}

func add(t time.Time, n int, unit byte) (time.Time, bool) {
	switch unit {
	case 's':
		return t.Add(time.Duration(n) * time.Second), true
	case 'm':
		return t.Add(time.Duration(n) * time.Minute), true
	case 'h':
		return t.Add(time.Duration(n%2_000_000) * time.Hour), n > -2_000_000 && n < 2_000_000 // more overflows
	case 'd':
		return t.AddDate(0, 0, n), true
	case 'w':
		return t.AddDate(0, 0, 7*n), true
	case 'M':
		return months(t, n), true
	case 'Q':
		return months(t, 3*n), true
	case 'y':
		return months(t, 12*n), true
	}
	return t, false
}

// months steps to the same day of another month, or that month's last day where it has no such day.
func months(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	lastDay := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return time.Date(y, m+time.Month(n), min(d, lastDay), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
}

// round goes to the beginning of a unit, or to its last millisecond. Weeks begin on Monday.
func round(t time.Time, unit byte, end bool) (time.Time, bool) {
	y, m, d := t.Date()
	at := func(y int, m time.Month, d, hour, minute, s int) time.Time {
		return time.Date(y, m, d, hour, minute, s, 0, t.Location())
	}
	var begin, next time.Time
	switch unit {
	case 's':
		begin = at(y, m, d, t.Hour(), t.Minute(), t.Second())
		next = begin.Add(time.Second)
	case 'm':
		begin = at(y, m, d, t.Hour(), t.Minute(), 0)
		next = begin.Add(time.Minute)
	case 'h':
		begin = at(y, m, d, t.Hour(), 0, 0)
		next = begin.Add(time.Hour)
	case 'd':
		begin, next = at(y, m, d, 0, 0, 0), at(y, m, d+1, 0, 0, 0)
	case 'w':
		monday := d - (int(t.Weekday())+6)%7
		begin, next = at(y, m, monday, 0, 0, 0), at(y, m, monday+7, 0, 0, 0)
	case 'M':
		begin, next = at(y, m, 1, 0, 0, 0), at(y, m+1, 1, 0, 0, 0)
	case 'Q':
		q := (m-1)/3*3 + 1
		begin, next = at(y, q, 1, 0, 0, 0), at(y, q+3, 1, 0, 0, 0)
	case 'y':
		begin, next = at(y, 1, 1, 0, 0, 0), at(y+1, 1, 1, 0, 0, 0)
	default:
		return t, false
	}
	if end {
		return next.Add(-time.Millisecond), true
	}
	return begin, true
}
