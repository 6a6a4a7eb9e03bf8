package alerts

import (
	"context"
	"encoding/json"
	"errors"
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

// post is a channel of the tests that sends nothing.
type post struct {
	limits Limits
	only   string
}

func (p post) Name() string           { return "post" }
func (p post) Limits() Limits         { return p.limits }
func (p post) Wants(i *Incident) bool { return p.only == "" || i.Product == p.only }
func (post) Send(context.Context, Message) error {
	return errors.New("not in this test")
}

var chat = post{limits: Limits{PerMinute: 2, Items: 10, Timeout: time.Second}}

// next is the next message of a channel, which is then on its way.
func (n notebook) next(ch Channel, minute int) *parcel {
	n.t.Helper()
	p, events, err := n.plan(ch, frame{currency: "GBP"}, at(minute))
	if err != nil {
		n.t.Fatal(err)
	}
	n.write(events)
	if p != nil {
		p = n.channel(ch.Name()).flight
	}
	return p
}

func (n notebook) seen() notebook {
	n.write([]Event{{Kind: ChannelSeen, At: start.Add(-time.Hour), Channel: "post"}})
	return n
}

func TestThreeHundredStockOutsAreOneMessageWithTheMostExpensiveFirst(t *testing.T) {
	n := newNotebook(t).seen()
	var found []Violation
	for i := range 300 {
		found = append(found, wrong(key(fmt.Sprint(i)), int64(i), ""))
	}
	n.find(0, nil, found...)
	p := n.next(chat, 0)
	if p == nil || p.message.Opened.Count != 300 || len(p.message.Opened.Items) != 10 || p.message.Opened.Items[0].Product != "299" || p.message.Opened.Money.String() != "44850" {
		t.Fatalf("%+v", p)
	}
	n.write(n.outcome(p, nil, at(0)))
	if again := n.next(chat, 0); again != nil {
		t.Errorf("told again: %+v", again.message)
	}
}

func TestAProgramIsToldEverythingInSeveralMessages(t *testing.T) {
	n := newNotebook(t).seen()
	hook := post{limits: Limits{PerMinute: 10, Items: 2, Whole: true, Timeout: time.Second}}
	n.find(0, nil, wrong(key("A"), 3, ""), wrong(key("B"), 2, ""), wrong(key("C"), 1, ""))
	n.find(1, nil, wrong(key("A"), 3, ""), wrong(key("B"), 2, "")) // C closed before anybody was told
	first := n.next(hook, 1)
	if first.message.Opened.Count != 2 || first.message.Closed != nil {
		t.Errorf("first: %+v", first.message)
	}
	n.write(n.outcome(first, nil, at(1)))
	second := n.next(hook, 1)
	if second.message.Opened.Count != 1 || second.message.Opened.Items[0].Product != "C" || second.message.Closed.Count != 1 {
		t.Errorf("second: %+v", second.message)
	}
}

func TestAMessageComesBackAsItWasAfterARestart(t *testing.T) {
	n := newNotebook(t).seen()
	var events []Event
	keep := func(e []Event) { events = append(events, n.write(e)...) }
	keep([]Event{{Kind: Led, At: start}, {Kind: ChannelSeen, At: start, Channel: "post"}})
	keep(n.Diff(Finding{Asked: Asked{Name: "stock_out"}, At: at(0), Found: []Violation{wrong(key("A"), 3, `{"on_hand":0}`)}, Complete: true}))
	p, intents, err := n.plan(chat, frame{"GBP", "https://board.example/"}, at(0))
	if err != nil {
		t.Fatal(err)
	}
	keep(intents)
	keep(n.outcome(p, Delay{After: 5 * time.Minute, Err: errors.New("429")}, at(0)))

	again := newNotebook(t)
	if err := again.Apply(events...); err != nil {
		t.Fatal(err)
	}
	if early := again.next(chat, 4); early != nil {
		t.Error("tried before the receiver said")
	}
	q := again.next(chat, 5)
	if q == nil {
		t.Fatal("forgotten")
	}
	before, _ := json.Marshal(p.message)
	after, _ := json.Marshal(q.message)
	same(t, "the message", string(after), string(before))
	if q.attempt != 1 || q.message.ID == "" {
		t.Errorf("attempt %d of %q", q.attempt, q.message.ID)
	}
}

func TestAChannelIsNotAskedMoreOftenThanItsServiceAllows(t *testing.T) {
	n := newNotebook(t).seen()
	var found []Violation
	sent := 0
	for second := range 120 {
		found = append(found, wrong(key(fmt.Sprint(second)), 1, ""))
		now := start.Add(time.Duration(second) * time.Second)
		n.write(n.Diff(Finding{Asked: Asked{Name: "stock_out"}, At: now, Found: found, Complete: true}))
		p, events, err := n.plan(chat, frame{}, now)
		if err != nil {
			t.Fatal(err)
		}
		n.write(events)
		if p != nil {
			sent++
			n.write(n.outcome(p, nil, now))
		}
	}
	if sent != 4 {
		t.Errorf("%d messages in two minutes, with two allowed in each", sent)
	}
}

func TestAMessageThatNobodyTakesIsGivenUpInTheEnd(t *testing.T) {
	n := newNotebook(t).seen()
	n.find(0, nil, wrong(key("A"), 1, ""))
	fast := post{limits: Limits{PerMinute: 600, Items: 10, Timeout: time.Second}}
	p, tries, last := n.next(fast, 0), 0, time.Time{}
	for now := at(0); p != nil; tries++ {
		e := n.write(n.outcome(p, errors.New("503"), now))
		if last = now; e[0].Until.IsZero() {
			break
		}
		if wait := e[0].Until.Sub(now); wait > 5*time.Minute {
			t.Fatal("a pause of", wait)
		}
		now = e[0].Until
		p, _, _ = n.plan(fast, frame{}, now)
	}
	if d := last.Sub(at(0)); d < giveUp-10*time.Minute || d > giveUp {
		t.Errorf("given up after %s and %d tries", d, tries)
	}
	n.find(6000, nil, wrong(key("A"), 1, ""), wrong(key("B"), 1, ""))
	if p := n.next(fast, 6000); p == nil || p.message.Opened.Count != 1 || p.message.Opened.Items[0].Product != "B" {
		t.Errorf("what came later waits for what was given up: %+v", p)
	}
}

func TestAnUnreadableMessageDoesNotHoldUpTheOthers(t *testing.T) {
	n := newNotebook(t).seen()
	n.find(0, nil, wrong(key("A"), 1, ""))
	p := n.next(chat, 0)
	for try := 1; ; try++ {
		e := n.write(n.outcome(p, Unreadable{errors.New("400")}, at(try)))
		if e[0].Until.IsZero() {
			if try != unreadableTries {
				t.Errorf("given up at try %d", try)
			}
			return
		}
	}
}

func TestWhatGoesOnAndOffIsToldOnceItLasts(t *testing.T) {
	n := newNotebook(t).seen()
	told := 0
	fast := post{limits: Limits{PerMinute: 600, Items: 10, Timeout: time.Second}}
	flush := func(minute int) {
		if p := n.next(fast, minute); p != nil {
			told += len(p.tells)
			n.write(n.outcome(p, nil, at(minute)))
		}
	}
	for minute := range 20 { // on in even minutes, off in odd ones
		if minute%2 == 0 {
			n.find(minute, nil, wrong(key("A"), 1, ""))
		} else {
			n.find(minute, nil)
		}
		flush(minute)
	}
	if told != 6 {
		t.Errorf("told %d openings and closings of ten each; the first three are told", told)
	}
	n.find(20, nil, wrong(key("A"), 1, ""))
	flush(29)
	if told != 6 {
		t.Error("told before it lasts")
	}
	flush(30)
	if told != 7 {
		t.Error("it lasts, and is not told")
	}
	n.find(31, nil)
	flush(31)
	if told != 8 {
		t.Error("that it is over is not told")
	}
}

func TestANewChannelIsToldOfWhatIsOpenAndNotOfWhatIsPast(t *testing.T) {
	n := newNotebook(t)
	n.find(0, nil, wrong(key("A"), 1, ""), wrong(key("B"), 1, ""))
	n.find(1, nil, wrong(key("A"), 1, ""))
	if p := n.next(chat, 2); p != nil {
		t.Error("a channel that was never seen is told")
	}
	n.write([]Event{{Kind: ChannelSeen, At: at(5), Channel: "post"}})
	if p := n.next(chat, 5); p == nil || p.message.Opened.Count != 1 || p.message.Opened.Items[0].Product != "A" || p.message.Closed != nil {
		t.Errorf("%+v", p)
	}
}

func TestAChannelIsToldOfWhatItWants(t *testing.T) {
	n := newNotebook(t).seen()
	n.find(0, nil, wrong(key("A"), 1, ""), wrong(key("B"), 1, ""))
	if p := n.next(post{chat.limits, "B"}, 0); p == nil || p.message.Opened.Count != 1 || p.message.Opened.Items[0].Product != "B" {
		t.Errorf("%+v", p)
	}
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
