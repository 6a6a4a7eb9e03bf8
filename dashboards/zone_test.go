package dashboards_test

import (
	"strings"
	"testing"
	"time"

	"sellthrough/internal/embedded/enginetest"
	"sellthrough/numbers/channeltest"
)

// In Shanghai a business day begins at 16:00 UTC of the day before, and boards count by it: from the first second of a day to
// its last, a period is that day, what is expected of it, and its levels.
func TestBoardsCountTheDaysOfTheReportingZone(t *testing.T) {
	c := channeltest.Where(t, enginetest.Database(t), "Asia/Shanghai")
	c.Write(t, map[string]string{
		"products": "A\nB", "locations": "S1 acme\nS2 acme", "ranging": "S1 A 2026-01-01 2026-12-31 14\nS1 B 2026-03-11 2026-12-31 14",
		"sales": `
			acme S1 A 2026-03-03 sell_out 5 50
			acme S2 A 2026-03-03 sell_out 5 50
			acme S1 A 2026-03-09 sell_out 1 10
			acme S1 A 2026-03-10 sell_out 20 200 new 2026-03-10T15:00
			acme S1 A 2026-03-10 sell_out -20 -200 -corrected 2026-03-10T16:30
			acme S1 A 2026-03-10 sell_out 21 210 +corrected 2026-03-10T16:30
			acme S1 A 2026-03-11 sell_out 300 3000`,
		"stock": `
			acme S1 A 2026-03-09T08:00 70
			acme S1 A 2026-03-10T08:00 40
			acme S1 A 2026-03-11T08:00 9
			acme S1 B 2026-03-10T08:00 0`,
	})
	boards := read(t, "en")
	// Each question is asked about the 10th in Shanghai, whole and by its first second and its last.
	first := time.Date(2026, 3, 9, 16, 0, 0, 0, time.UTC)
	last := time.Date(2026, 3, 10, 15, 59, 59, 0, time.UTC)
	ask := func(board string, id int, from, to time.Time) string {
		t.Helper()
		b := boards[board]
		answer := c.Ask(t, b.between(t, b.panel(t, id).Targets[0].RawSQL, nil, from, to))
		return strings.ReplaceAll(told(answer), "T00:00:00+08:00", "") // midnight there is a day
	}
	for _, span := range [][2]time.Time{{first, last}, {first, first}, {last, last}} {
		is := func(board string, id int, want string) {
			t.Helper()
			if got := ask(board, id, span[0], span[1]); got != want {
				t.Errorf("%s %d from %s to %s: %q, want %q", board, id, span[0], span[1], got, want)
			}
		}
		is("channel", 1, "21")
		is("channel", 11, "1")                      // S2, which sold on the Tuesday before
		is("channel", 13, "2026-03-10 | null | 21") // an incomplete day
		is("channel", 8, "2000")                    // beside the 9th
		is("channel", 3, "34.426229")               // 21 of 21 and 40
		is("stock", 1, "40")
		is("stock", 3, "0") // B is out, and ranged from the 11th on
		is("stock", 13, "2026-03-10 | 1 | 1 | 0 | 0 | 0 | 0")
		is("partner", 13, "2026-03-10 | 21 | 0")
	}
	// A second later it is the 11th.
	next := last.Add(time.Second)
	for _, w := range []struct {
		board string
		id    int
		want  string
	}{{"channel", 1, "300"}, {"stock", 1, "9"}, {"stock", 3, "1"}, {"channel", 13, "2026-03-11 | 300 | null"}} {
		if got := ask(w.board, w.id, next, next); got != w.want {
			t.Errorf("%s %d at %s: %q, want %q", w.board, w.id, next, got, w.want)
		}
	}
	// What was corrected at 16:30 UTC was so on the 11th, a day after the 10th.
	span := [2]time.Time{first, last.AddDate(0, 0, 1)}
	if got, want := ask("quality", 16, span[0], span[1]), "2026-03-11 | 1 | 0"; got != want {
		t.Errorf("corrected: %q, want %q", got, want)
	}
	if got, want := ask("quality", 10, span[0], span[1]), "1"; got != want {
		t.Errorf("mean age of changes: %q, want %q", got, want)
	}
	if got, want := ask("partner", 17, span[0], span[1]), "2026-03-11 | acme | acme-feed | corrected | 2026-03-10 | S1 | A | 1 | 1 | 10"; got != want {
		t.Errorf("what changed: %q, want %q", got, want)
	}
}
