package period

import (
	"strings"
	"testing"
	"time"
)

// now is a Wednesday, in summer time.
var (
	london = zone("Europe/London")
	now    = time.Date(2026, 7, 15, 13, 45, 30, 0, time.UTC)
)

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func TestARangeReadsAsInGrafana(t *testing.T) {
	ok := func(from, to, wantFrom, wantTo string) {
		t.Helper()
		r, err := Parse(from, to, now, london)
		if err != nil {
			t.Errorf("%s to %s: %v", from, to, err)
			return
		}
		const layout = "2006-01-02T15:04:05.999Z07:00"
		if a, b := r.From.In(london).Format(layout), r.To.In(london).Format(layout); a != wantFrom || b != wantTo {
			t.Errorf("%s to %s is %s to %s, want %s to %s", from, to, a, b, wantFrom, wantTo)
		}
	}
	const at = "2026-07-15T14:45:30+01:00"
	ok("now-6h", "now", "2026-07-15T08:45:30+01:00", at)
	ok("now/d", "now/d", "2026-07-15T00:00:00+01:00", "2026-07-15T23:59:59.999+01:00")
	ok("now-7d/d", "now", "2026-07-08T00:00:00+01:00", at)
	ok("now-1d/d", "now-1d/d", "2026-07-14T00:00:00+01:00", "2026-07-14T23:59:59.999+01:00")
	ok("now/w", "now/w", "2026-07-13T00:00:00+01:00", "2026-07-19T23:59:59.999+01:00")
	ok("now-1M/M", "now-1M/M", "2026-06-01T00:00:00+01:00", "2026-06-30T23:59:59.999+01:00")
	ok("now-1Q/Q", "now-1Q/Q", "2026-04-01T00:00:00+01:00", "2026-06-30T23:59:59.999+01:00")
	ok("now-1y/y", "now/y", "2025-01-01T00:00:00Z", "2026-12-31T23:59:59.999Z")
	ok("now-4M", "now", "2026-03-15T14:45:30Z", at)                                                    // over the change of the clocks the hour stays
	ok("now-90d/d", "now", "2026-04-16T00:00:00+01:00", at)                                            //
	ok("now-1d-2h", "now+30m", "2026-07-14T12:45:30+01:00", "2026-07-15T15:15:30+01:00")               //
	ok("2026-03-02", "2026-03-02", "2026-03-02T00:00:00Z", "2026-03-02T23:59:59.999Z")                 // a day as the end is the whole day
	ok("2026-03-02 10:30", "2026-07-02T10:30:15", "2026-03-02T10:30:00Z", "2026-07-02T10:30:15+01:00") //
	ok("1772323200000", "2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")        //
}

func TestAMonthBackFromItsLastDayIsALastDay(t *testing.T) {
	r, err := Parse("now-1M", "now", time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC), time.UTC)
	if err != nil || r.From.Format(time.DateOnly) != "2026-02-28" {
		t.Errorf("got %v, %v", r.From, err)
	}
}

func TestWhatIsNoRangeIsRefused(t *testing.T) {
	for _, c := range [][3]string{
		{"", "now", "from: "},
		{"now", "", "to: "},
		{"now-", "now", "lacks a unit"},
		{"now-7", "now", "lacks a unit"},
		{"now-7x", "now", "not a time"},
		{"now/7d", "now", "not a time"},
		{"now*7d", "now", "not a time"},
		{"now-7d; DROP TABLE movements", "now", "not a time"},
		{"now-99999999999999999999d", "now", "too far"},
		{"now-90000000d", "now", "outside"},
		{"now-99999999h", "now", "not a time"},
		{"now", "now+99999999h", "not a time"},
		{"-99999999999", "now", "outside"},
		{"9223372036854775807", "now", "outside"},
		{"2026-13-01", "now", "not a time"},
		{"2026-03-02' OR 1=1 --", "now", "not a time"},
		{"now", "now-1d", "before it begins"},
		{"1970-01-01", "2100-01-01", "longer"},
		{strings.Repeat("now-1d", 100), "now", "not a time"},
	} {
		if r, err := Parse(c[0], c[1], now, london); err == nil || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%q to %q gave %v, %v; want an error with %q", c[0], c[1], r, err, c[2])
		}
	}
}

// FuzzRange: whatever the text, a range that is given lies within the bounds and is not turned around.
func FuzzRange(f *testing.F) {
	for _, s := range []string{"now-7d/d", "now", "2026-03-02", "now-1M/M", "1772323200000", "now+1000y/y"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		r, err := Parse(a, b, now, london)
		if err == nil && (r.To.Before(r.From) || r.From.Before(first) || r.To.After(last)) {
			t.Errorf("%q to %q gave %v", a, b, r)
		}
	})
}

func TestTheDistanceOfPointsFollowsTheRange(t *testing.T) {
	ok := func(length time.Duration, points int, least string, want time.Duration) {
		t.Helper()
		if got := (Range{now, now.Add(length)}).Interval(points, Duration(least)); got != want {
			t.Errorf("%s in %d points, least %q: %s, want %s", length, points, least, got, want)
		}
	}
	ok(6*time.Hour, 400, "", time.Minute)
	ok(6*time.Hour, 400, "15m", 15*time.Minute)
	ok(90*24*time.Hour, 400, ">1d", 24*time.Hour)
	ok(90*24*time.Hour, 400, "", 6*time.Hour)
	ok(0, 400, "", time.Second)
	ok(0, 0, "nonsense", time.Second)
	ok(40*366*24*time.Hour, 1, "", 40*366*24*time.Hour)
}
