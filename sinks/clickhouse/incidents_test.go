package clickhouse

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/alerts"
)

var _ alerts.Store = Incidents{}

func TestEventsReadBackAsTheyWereWritten(t *testing.T) {
	l := Incidents{open(t, 100)}
	at := time.Now().UTC().Truncate(time.Millisecond)
	money := sellthrough.Decimal(12_340_000)
	k := alerts.Key{Rule: "stock_out", Partner: "acme", Location: "S1", Product: "P'1", Subject: "f"}
	id := k.Incident(2)
	v := alerts.Violation{
		Key: k, Severity: "critical", Since: at.Add(-time.Hour), DataAt: at.Add(-time.Minute), Units: 7_500_000, Money: &money, Evidence: `{"on_hand":0}`,
		Text: alerts.Text{En: "out", Zh: "缺货"},
	}
	again := v
	again.Money, again.Evidence = nil, `{"on_hand":-1}`
	want := []alerts.Event{
		{Kind: alerts.Led, At: at, Epoch: 3, Who: "host"},
		{Kind: alerts.Opened, At: at, Epoch: 3, Incident: id, Opening: 2, Violation: v, Flapping: true},
		{Kind: alerts.Evidence, At: at, Epoch: 3, Incident: id, Opening: 2, Violation: again},
		{Kind: alerts.Intended, At: at, Epoch: 3, Channel: "c", Message: "m", Payload: `{"id":"m"}`},
		{Kind: alerts.Intended, At: at, Epoch: 3, Incident: id, Opening: 2, Violation: alerts.Violation{Key: k}, Channel: "c", Message: "m", About: "opened"},
		{Kind: alerts.Notified, At: at, Epoch: 3, Channel: "c", Message: "m", Attempt: 2, Why: alerts.Text{En: "503"}, Until: at.Add(time.Minute)},
		{Kind: alerts.Snoozed, At: at, Incident: id, Opening: 2, Violation: alerts.Violation{Key: k}, Who: "li", Why: alerts.Text{En: "later"}, Until: at.Add(time.Hour)},
	}
	if err := l.Append(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err := l.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	people, _, err := l.People(t.Context(), "")
	if d := cmp.Diff(want[6:], people); d != "" || err != nil {
		t.Errorf("what people did (-want +got):\n%s %v", d, err)
	}
	view := func() string {
		r, err := l.Query(t.Context(), "SELECT state, evidence, money_at_stake IS NULL, units_at_stake, why, data_age_s >= 60, acknowledged_by, closed_at > opened_at FROM "+l.table("v_incidents")+" WHERE incident = '"+id+"'", nil)
		if err != nil || len(r.Rows) != 1 {
			t.Fatal(r, err)
		}
		return strings.TrimSpace(fmt.Sprintln(r.Rows[0]...))
	}
	if got, want := view(), `snoozed {"on_hand":-1} 1 7.5  1  0`; got != want {
		t.Errorf("the view says %s, want %s", got, want)
	}
	e, state, ok, err := l.Standing(t.Context(), id)
	if err != nil || !ok || state != "snoozed" || e.Key != k || e.Opening != 2 {
		t.Errorf("%+v %s %v %v", e, state, ok, err)
	}
	if err := l.Append(t.Context(), []alerts.Event{
		{Kind: alerts.Unsnoozed, At: at, Incident: id, Violation: alerts.Violation{Key: k}},
		{Kind: alerts.Acknowledged, At: at, Incident: id, Violation: alerts.Violation{Key: k}, Who: "li"},
		{Kind: alerts.Closed, At: at.Add(time.Second), Incident: id, Violation: alerts.Violation{Key: k}, Why: alerts.Text{En: "12 on hand"}},
	}); err != nil {
		t.Fatal(err)
	}
	if got, want := view(), `closed {"on_hand":-1} 1 7.5 12 on hand 1 li 1`; got != want {
		t.Errorf("the view says %s, want %s", got, want)
	}
}

func TestWhatIsSettledIsNotLoaded(t *testing.T) {
	l := Incidents{open(t, 100)}
	at := time.Now().UTC().Truncate(time.Millisecond)
	k := alerts.Key{Rule: "stock_out", Partner: "acme"}
	tells := func(e alerts.Event) alerts.Event {
		e.At, e.Incident, e.Key, e.Opening, e.Channel, e.About = at, k.Incident(1), k, 1, "c", "opened"
		return e
	}
	for _, events := range [][]alerts.Event{
		{{Kind: alerts.Opened, At: at, Incident: k.Incident(1), Opening: 1, Violation: alerts.Violation{Key: k}}},
		{{Kind: alerts.Evidence, At: at, Incident: k.Incident(1), Opening: 1, Violation: alerts.Violation{Key: k, Evidence: "1"}}},
		{{Kind: alerts.Evidence, At: at, Incident: k.Incident(1), Opening: 1, Violation: alerts.Violation{Key: k, Evidence: "2"}}},
		{{Kind: alerts.Intended, At: at, Channel: "c", Message: "m", Payload: "{}"}, tells(alerts.Event{Kind: alerts.Intended, Message: "m"})},
		{{Kind: alerts.Notified, At: at, Channel: "c", Message: "m", Attempt: 1, Until: at.Add(time.Second)}},
		{tells(alerts.Event{Kind: alerts.Notified, Message: "m", OK: true, Attempt: 2})},
	} {
		if err := l.Append(t.Context(), events); err != nil {
			t.Fatal(err)
		}
	}
	got, err := l.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range got {
		kinds = append(kinds, string(e.Kind)+e.Evidence)
	}
	if d := cmp.Diff([]string{"opened", "evidence2", "intended", "notified"}, kinds); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	// Of an incident that closed long ago the number of its opening is known, and nothing else.
	old := alerts.Key{Rule: "low_cover", Partner: "acme"}
	if err := l.exec(t.Context(), "write an old incident", "INSERT INTO "+l.table("incidents")+" (written_at, event, at, incident, opening, rule, partner) SELECT now64(6) - INTERVAL 100 DAY, e, now64(3) - INTERVAL 100 DAY, ?, 4, 'low_cover', 'acme' FROM values('e String', 'opened', 'evidence', 'commented', 'closed')", old.Incident(4)); err != nil {
		t.Fatal(err)
	}
	if got, err = l.Load(t.Context()); err != nil || len(got) != 6 {
		t.Fatal(len(got), err)
	}
	if got[0].Kind != alerts.Opened || got[0].Key != old || got[0].Opening != 4 || got[1].Kind != alerts.Closed {
		t.Errorf("%+v", got[:2])
	}
}

func TestOneEvaluatorHasTheLease(t *testing.T) {
	l := Incidents{open(t, 100)}
	ctx := t.Context()
	claim := func(holder string, ttl time.Duration) uint64 {
		t.Helper()
		n, err := l.Claim(ctx, holder, ttl)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := claim("a", time.Hour); n != 1 {
		t.Fatal("the first claim has epoch", n)
	}
	if n := claim("b", time.Hour); n != 0 {
		t.Fatal("a lease that is held was taken as epoch", n)
	}
	if err := l.Beat(ctx, "a", 1); err != nil {
		t.Fatal(err)
	}
	// Its time is over: a millisecond passes with every statement.
	if n := claim("b", time.Millisecond); n != 2 {
		t.Fatal("a lease that ran out was not taken", n)
	}
	if err := l.Beat(ctx, "a", 1); !errors.Is(err, alerts.ErrFenced) {
		t.Error("the old holder still has it:", err)
	}
	if err := l.Release(ctx, "b", 2); err != nil {
		t.Fatal(err)
	}
	if n := claim("a", time.Hour); n != 3 {
		t.Error("a lease that was given back was not taken", n)
	}
}

func TestProgressIsSeenOnceRowsAreThere(t *testing.T) {
	l := Incidents{open(t, 100)}
	mark := func() string {
		t.Helper()
		m, err := l.Progress(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	before := mark()
	if mark() != before {
		t.Error("progress where nothing happened")
	}
	b := batch(0, 9)
	row(&b.Movements, 1, 1, 5, 2026, 1)
	b.Outcomes = []sellthrough.Outcome{{Submission: "S", Revision: 5, Attempt: 1, Counts: sellthrough.Counts{New: 1}}}
	if err := l.Put(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if mark() == before {
		t.Error("a batch is no progress")
	}
}
