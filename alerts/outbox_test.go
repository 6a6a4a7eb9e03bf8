package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"
)

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
