package weekly_test

import (
	"context"
	"fmt"
	"html"
	"strings"
	"testing"
	"time"

	"sellthrough/alerts"
	"sellthrough/alerts/weekly"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/numbers/channeltest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

func TestAReportIsDueOnMondayInTheReportingZone(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	w, err := weekly.New(weekly.Options{Zone: zone, At: "08:00"})
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		"2026-03-22T23:59:59Z": "2026-W11", // Monday the 23rd, 07:59:59 there
		"2026-03-23T00:00:00Z": "2026-W12",
		"2026-03-29T15:59:59Z": "2026-W12",
		"2026-01-05T00:00:00Z": "2026-W01",
		"2025-12-29T00:00:00Z": "2025-W52",
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		got, since := w.Due(now)
		if got != want || since.After(now) || since.In(zone).Weekday() != time.Monday || since.In(zone).Hour() != 8 {
			t.Errorf("%s: %s since %s, want %s", at, got, since, want)
		}
	}
}

func TestWeeksAreISOWeeks(t *testing.T) {
	for week, want := range map[string]string{"2026-W12": "2026-03-16", "2026-W01": "2025-12-29", "2020-W53": "2020-12-28"} {
		got, err := weekly.Monday(week)
		if err != nil || got.Format(time.DateOnly) != want {
			t.Errorf("%s begins on %s, %v", week, got, err)
		}
	}
	for _, week := range []string{"", "2026-12", "2026-W54", "2025-W53", "2026-W00", "2026-W123"} {
		if _, err := weekly.Monday(week); err == nil {
			t.Errorf("%q is a week", week)
		}
	}
}

func TestTheReportHasTheNumbersOfTheWeek(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, map[string]string{
		"products": "A tv -\nB tv -",
		"sales": `acme S1 A 2026-03-16 sell_out 3 3000 new 2026-03-17T08:00
			acme S1 A 2026-03-22 sell_out 1 1000 new 2026-03-22T23:00
			acme S1 B 2026-03-22 return_in -1 -500 new 2026-03-22T23:00
			acme S1 A 2026-03-09 sell_out 2 2000 new 2026-03-10T08:00
			acme S1 B 2026-03-10 sell_out 1 450 new 2026-03-18T08:00
			acme S1 A 2025-03-17 sell_out 1 700 new 2025-03-18T08:00
			acme S1 A 2026-03-23 sell_out 9 9000 new 2026-03-23T08:00`,
	})
	database := fmt.Sprint(c.Ask(t, "SELECT currentDatabase()").Rows[0][0])
	w, err := weekly.New(weekly.Options{
		Database: database, Zone: time.UTC, At: "08:00", Currency: "GBP", Board: "https://board.example/",
		Ask: func(_ context.Context, sql string) (alerts.Answer, error) {
			got := c.Ask(t, sql)
			return alerts.Answer{Columns: got.Columns, Rows: got.Rows}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Write(t.Context(), "2026-W12")
	if err != nil {
		t.Fatal(err)
	}
	// 3000 + 1000 − 500; the week before 2000 + 450, of which 450 came to be known in this week; 700 a year ago.
	if want := "Net sales 3,500 GBP, week before +42.9 %, last year +400.0 %\nacme restated earlier days by +450 GBP"; r.Brief.En != want {
		t.Errorf("in brief %q, want %q", r.Brief.En, want)
	}
	for _, want := range []string{"Channel week 2026-W12 · 渠道周报", "2026-03-16 – 2026-03-22", ">3,500<", ">+42.9 %<", ">4,000<", ">−500<", ">−950<", "https://board.example/"} {
		if !strings.Contains(html.UnescapeString(r.HTML), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script", "<link", "&lt;no value", "9,000", "%!"} {
		if strings.Contains(r.HTML, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	empty, err := w.Write(t.Context(), "2024-W12")
	if err != nil || !strings.Contains(empty.HTML, "Nothing was reported") {
		t.Errorf("an empty week: %v", err)
	}
}
