package alerts

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
)

var start = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)

func key(product string) Key {
	return Key{Rule: "stock_out", Partner: "p", Location: "L", Product: product}
}

func wrong(k Key, money int64, evidence string) Violation {
	m := sellthrough.Decimal(money * 1_000_000)
	return Violation{Key: k, Severity: "critical", Since: start, DataAt: start, Money: &m, Evidence: evidence}
}

// desk of a test: a book, and what it was told.
type notebook struct {
	t *testing.T
	*Book
}

func newNotebook(t *testing.T) notebook { return notebook{t, NewBook()} }

func (n notebook) write(events []Event) []Event {
	n.t.Helper()
	for i := range events {
		events[i].Epoch = 1
	}
	if err := n.Apply(events...); err != nil {
		n.t.Fatal(err)
	}
	return events
}

// find applies what a finding at some minute changes, and lists it as "kind product".
func (n notebook) find(minute int, gone map[Key]Verdict, found ...Violation) string {
	n.t.Helper()
	return list(n.write(n.Diff(Finding{Asked: Asked{Name: "stock_out", Over: Text{En: "over"}}, At: at(minute), Found: found, Complete: true, Gone: gone})))
}

func at(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }

func list(events []Event) string {
	var out []string
	for _, e := range events {
		out = append(out, strings.TrimSpace(fmt.Sprintln(e.Kind, e.Product, e.Why.En)))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestTheLifeOfAnIncident(t *testing.T) {
	n := newNotebook(t)
	a, b := wrong(key("A"), 1, "1"), wrong(key("B"), 1, "1")
	same(t, "found", n.find(0, nil, a, b, a), "opened A; opened B")
	same(t, "found again", n.find(1, nil, a, b), "")
	a.Evidence = "2"
	same(t, "other evidence, a minute later", n.find(1, nil, a, b), "evidence A")
	a.Evidence = "3"
	same(t, "other evidence, at once", n.find(1, nil, a, b), "")
	same(t, "B is stale", n.find(2, map[Key]Verdict{key("B"): {Stay: true}}, a), "evidence A")
	same(t, "nothing is known of why", n.find(3, nil, a), "closed B over")
	same(t, "it says why", n.find(4, map[Key]Verdict{key("A"): {Why: Text{En: "12 on hand"}}}), "closed A 12 on hand")
	same(t, "it opens again", n.find(5, nil, a), "opened A")
	if i := n.byKey[key("A")].open; i.Opening != 2 || i.ID != key("A").Incident(2) {
		t.Errorf("%+v", i)
	}
}

func TestAnAnswerThatIsCutClosesNothing(t *testing.T) {
	n := newNotebook(t)
	n.find(0, nil, wrong(key("A"), 1, ""))
	same(t, "cut", list(n.Diff(Finding{Asked: Asked{Name: "stock_out"}, At: at(1)})), "")
	same(t, "switched off", list(n.Diff(Finding{Asked: Asked{Name: "stock_out"}, At: at(1), Complete: true, Off: true})), "closed A rule switched off")
}

func TestTwoEvaluatorsNameAnIncidentTheSame(t *testing.T) {
	n, m := newNotebook(t), newNotebook(t)
	v := wrong(key("A"), 1, "")
	f := Finding{Asked: Asked{Name: "stock_out"}, At: at(0), Found: []Violation{v}, Complete: true}
	one, two := n.Diff(f), m.Diff(f)
	same(t, "names", one[0].Incident, two[0].Incident)
	n.write(one)
	n.write(two)
	if len(n.byID) != 1 || n.byKey[key("A")].openings != 1 {
		t.Error("the same opening counts twice")
	}
	if key("A").Incident(1) == key("B").Incident(1) || (Key{Rule: "a", Partner: "bc"}).Incident(1) == (Key{Rule: "ab", Partner: "c"}).Incident(1) {
		t.Error("two keys have one name")
	}
}

func TestASnoozeThatEndsRaisesAndSoDoesNobodyTakingItOn(t *testing.T) {
	n := newNotebook(t)
	n.find(0, nil, wrong(key("A"), 1, ""), wrong(key("B"), 1, ""), wrong(key("C"), 1, ""))
	id := func(p string) string { return n.byKey[key(p)].open.ID }
	people := []Event{
		{Kind: Snoozed, Incident: id("A"), Who: "li", Until: at(10)},
		{Kind: Acknowledged, Incident: id("B"), Who: "li"},
	}
	if err := n.Apply(people...); err != nil {
		t.Fatal(err)
	}
	same(t, "before", list(n.Timers(at(9), time.Hour)), "")
	same(t, "the snooze ends", list(n.write(n.Timers(at(10), time.Hour))), "raised A")
	same(t, "and only once", list(n.Timers(at(11), time.Hour)), "")
	same(t, "C was left alone", list(n.write(n.Timers(at(60), time.Hour))), "raised C")
	same(t, "A since it was raised", list(n.Timers(at(70), time.Hour)), "raised A")
	same(t, "nobody is reminded", list(n.Timers(at(7000), 0)), "")
}

func TestABookForgetsWhatClosedLongAgoButNotHowOftenItOpened(t *testing.T) {
	n := newNotebook(t).seen()
	n.find(0, nil, wrong(key("A"), 1, ""))
	n.write(n.outcome(n.next(chat, 0), nil, at(0)))
	n.find(1, nil)
	n.write(n.outcome(n.next(chat, 1), nil, at(1)))
	n.Forget(at(2))
	if len(n.byID) != 0 || len(n.channel("post").seen) != 0 {
		t.Errorf("%v %v", n.byID, n.channel("post").seen)
	}
	n.find(3, nil, wrong(key("A"), 1, ""))
	if n.byKey[key("A")].open.Opening != 2 {
		t.Error("it does not know that this is the second time")
	}
}

// mondays writes reports for the simulation, in which a week has an hour.
type mondays struct{ writes int }

func (m *mondays) Due(now time.Time) (string, time.Time) {
	since := now.Truncate(time.Hour)
	return fmt.Sprint("week ", since.Format(time.DateTime)), since
}

func (m *mondays) Write(_ context.Context, week string) (Report, error) {
	m.writes++
	return Report{Week: week, HTML: "<p>" + week}, nil
}
func (m *mondays) Takes(channel string) bool { return channel == "post" }

func TestAWeeksReportIsSentOnceOverRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		for n := range 15 { // each lives 23 minutes, 5 hours and 45 minutes together, and hands on
			ctx, cancel := context.WithTimeout(t.Context(), 23*time.Minute)
			l := &life{world: w, rnd: rand.New(rand.NewPCG(1, uint64(n))), steps: -1, cancel: cancel}
			e, err := New(Options{
				Store: l, Finder: l, Holder: "h", Every: time.Hour, Log: zerolog.Nop(), Weekly: &mondays{},
				Channels: []Channel{
					&hook{life: l, name: "post", limits: Limits{PerMinute: 10, Items: 1, Timeout: time.Second}},
					&hook{life: l, name: "other", limits: Limits{PerMinute: 10, Items: 1, Timeout: time.Second}},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Run(ctx); err != nil {
				t.Fatal(err)
			}
			cancel()
		}
		weeks := map[string]int{}
		for _, m := range w.inbox["post"] {
			weeks[m.Report.Week]++
		}
		for week, n := range weeks {
			if n != 1 {
				t.Errorf("%s was sent %d times", week, n)
			}
		}
		if len(weeks) != 6 || // the first is due as it begins
			len(w.inbox["other"]) != 0 {
			t.Errorf("reports of %d weeks, of six that were due, %d to a channel that takes none", len(weeks), len(w.inbox["other"]))
		}
	})
}
