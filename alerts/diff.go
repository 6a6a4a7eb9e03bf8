package alerts

import (
	"cmp"
	"slices"
	"time"
)

// Damping of what goes on and off. A key that opened flapOpenings times within flapWindow is flapping: its incident is
// written as any other, but told only once it has stood for flapHold.
const (
	flapOpenings = 3
	flapWindow   = time.Hour
	flapHold     = 10 * time.Minute
)

// evidenceEvery bounds how often an open incident's evidence is written anew.
const evidenceEvery = time.Minute

// Finding is the answer of a rule.
type Finding struct {
	Asked
	At       time.Time
	Found    []Violation
	Complete bool // else what is not found may be among what was left out
	Gone     map[Key]Verdict
	Off      bool // the rule is not on any more
}

var switchedOff = Text{En: "rule switched off", Zh: "规则已停用"}

func compare(a, b string) int { return cmp.Compare(a, b) }

// Missing lists the open incidents of a rule that were not found again.
func (b *Book) Missing(rule string, found []Violation) []Key {
	now := make(map[Key]bool, len(found))
	for i := range found {
		now[found[i].Key] = true
	}
	var out []Key
	for _, i := range b.Open(rule) {
		if !now[i.Key] {
			out = append(out, i.Key)
		}
	}
	return out
}

// Diff says what changed: the events that bring the book in line with a finding.
func (b *Book) Diff(f Finding) []Event {
	var out []Event
	found := make(map[Key]bool, len(f.Found))
	for _, v := range f.Found {
		if found[v.Key] {
			continue
		}
		found[v.Key] = true
		h := b.byKey[v.Key]
		switch {
		case h == nil || h.open == nil:
			n, flapping := uint32(1), false
			if h != nil {
				n = h.openings + 1
				flapping = len(h.recent) >= flapOpenings && f.At.Sub(h.recent[len(h.recent)-flapOpenings]) < flapWindow
			}
			out = append(out, Event{Kind: Opened, At: f.At, Incident: v.Incident(n), Opening: n, Violation: v, Flapping: flapping})
		case changed(h.open, &v) && f.At.Sub(h.open.EvidenceAt) >= evidenceEvery:
			out = append(out, Event{Kind: Evidence, At: f.At, Incident: h.open.ID, Opening: h.open.Opening, Violation: v})
		}
	}
	for _, i := range b.Open(f.Name) {
		if found[i.Key] {
			continue
		}
		verdict, known := f.Gone[i.Key]
		switch {
		case f.Off:
			verdict = Verdict{Why: switchedOff}
		case !f.Complete || verdict.Stay:
			continue
		case !known:
			verdict.Why = f.Over
		}
		out = append(out, Event{Kind: Closed, At: f.At, Incident: i.ID, Opening: i.Opening, Violation: Violation{Key: i.Key}, Why: verdict.Why})
	}
	return out
}

func changed(i *Incident, v *Violation) bool {
	return i.Evidence != v.Evidence || i.Severity != v.Severity || !i.DataAt.Equal(v.DataAt) || !i.Since.Equal(v.Since)
}

// Timers gives the events that time alone brings: a snooze that ends raises its incident, and so does one that nobody took
// on within remind. remind 0 never does.
func (b *Book) Timers(now time.Time, remind time.Duration) []Event {
	var out []Event
	for _, h := range b.byKey {
		i := h.open
		if i == nil {
			continue
		}
		last := i.OpenedAt
		if i.RaisedAt.After(last) {
			last = i.RaisedAt
		}
		switch {
		case !i.SnoozedUntil.IsZero():
			if i.SnoozedUntil.After(now) {
				continue
			}
		case remind == 0 || i.AcknowledgedBy != "" || now.Sub(last) < remind:
			continue
		}
		out = append(out, Event{Kind: Raised, At: now, Incident: i.ID, Opening: i.Opening, Violation: Violation{Key: i.Key}})
	}
	slices.SortFunc(out, func(x, y Event) int { return compare(x.Incident, y.Incident) })
	return out
}
