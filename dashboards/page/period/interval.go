package period

import (
	"strconv"
	"strings"
	"time"
)

// steps are the distances between two points that a chart uses.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour,
}

// Interval is the distance between two points that gives a range no more than some points, and is never below least.
func (r Range) Interval(points int, least time.Duration) time.Duration {
	want := max(r.To.Sub(r.From)/time.Duration(max(points, 1)), least)
	for _, s := range steps {
		if s >= want {
			return s
		}
	}
	return want
}

// Duration reads a distance as Grafana writes it: 15s, 5m, 1d, and >1d for a least one. What it can't read is zero.
func Duration(text string) time.Duration {
	text = strings.TrimPrefix(strings.TrimSpace(text), ">")
	for _, u := range []struct {
		name string
		unit time.Duration
	}{
		{"ms", time.Millisecond},
		{"s", time.Second},
		{"m", time.Minute},
		{"h", time.Hour},
		{"d", 24 * time.Hour},
		{"w", 7 * 24 * time.Hour},
		{"M", 30 * 24 * time.Hour},
		{"y", 365 * 24 * time.Hour},
	} {
		if n, err := strconv.ParseUint(strings.TrimSuffix(text, u.name), 10, 16); err == nil && strings.HasSuffix(text, u.name) {
			return time.Duration(n) * u.unit
		}
	}
	return 0
}
