package page_test

import (
	"testing"
	"time"

	"sellthrough/dashboards/page/pagetest"
)

// shown gives the metrics' panels something to show within the boards' time range.
func (w *world) shown(t *testing.T) {
	t.Helper()
	for _, minutes := range []int{0, 115} {
		for i := range 20 {
			w.lines.WithLabelValues("0").Add(30)
			w.lines.WithLabelValues("1").Add(45)
			if err := w.page.Sample(time.Date(2026, 3, 28, 21, 57, 0, 0, time.UTC).Add(time.Duration(minutes)*time.Minute + time.Duration(i)*15*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestThePageShowsWhatItsSQLGivesInEveryView(t *testing.T) {
	w := newWorld(t)
	w.shown(t)
	pagetest.Look(t, w.url, "channel", "lines")
}
