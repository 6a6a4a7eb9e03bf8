package ingest

import (
	"slices"

	"sellthrough"
	"sellthrough/ingest/mapping"
)

// maxNamed is how many location-days a report may cover without declaring its scope.
const maxNamed = 20_000

// named gathers which location-days the lines of a covered report name, where no scope was declared and the lines lie in
// partitions by document: each partition sees only some of them, and all must withdraw by the same.
type named struct {
	period bool
	days   map[sellthrough.Day]map[string]struct{}
	keys   int

	lastDay      sellthrough.Day
	lastLocation string
}

func newNamed(f *feed, sub *sellthrough.Submission) *named {
	switch c := f.policy.Coverage; {
	case sub.Scope.Declared:
		return nil
	case c == sellthrough.CoverPeriod, c == sellthrough.CoverLocationDay && !byLocation(f):
		return &named{period: c == sellthrough.CoverPeriod, days: map[sellthrough.Day]map[string]struct{}{}}
	}
	return nil
}

func (n *named) add(c *mapping.Cells) {
	if n == nil || n.tooMany() || n.keys > 0 && c.Day == n.lastDay && (n.period || string(c.Location) == n.lastLocation) {
		return
	}
	n.lastDay = c.Day
	d := n.days[c.Day]
	if d == nil {
		d = map[string]struct{}{}
		n.days[c.Day] = d
		n.keys++
	}
	if n.period {
		return
	}
	n.lastLocation = string(c.Location)
	if _, ok := d[n.lastLocation]; !ok {
		d[n.lastLocation] = struct{}{}
		n.keys++
	}
}

// tooMany says that the report names more than can be told in an end mark; it then covers nothing.
func (n *named) tooMany() bool { return n != nil && n.keys > maxNamed }

// scopes is what the lines name: one period, or the locations of each day.
func (n *named) scopes() []sellthrough.Scope {
	if n == nil || n.keys == 0 || n.tooMany() {
		return nil
	}
	var out []sellthrough.Scope
	for day, locations := range n.days {
		sc := sellthrough.Scope{From: day, To: day}
		for l := range locations {
			sc.Locations = append(sc.Locations, l)
		}
		slices.Sort(sc.Locations)
		out = append(out, sc)
	}
	slices.SortFunc(out, func(a, b sellthrough.Scope) int { return int(a.From - b.From) })
	if n.period {
		return []sellthrough.Scope{{From: out[0].From, To: out[len(out)-1].From}}
	}
	return out
}
