package restate

import "sellthrough"

// Reach is where a covered submission may add or take away. Of two whose reaches meet, the newer one's loss can't be
// counted before it is known what becomes of the older.
type Reach struct {
	slices map[uint64]uint32   // where the scope is exactly these
	scopes []sellthrough.Scope // otherwise: what it covers, and the days of its lines
	all    bool                // a snapshot: levels of other days count too
}

// Reach of a run whose blocks are scanned and whose scope is declared.
func (r *Run) Reach() Reach {
	switch {
	case r.End.Policy.Coverage == sellthrough.CoverSnapshot:
		return Reach{all: true}
	case ActsByLedger(r.End): // where their documents lie, only the ledger knows
		return Reach{all: true}
	case BySlices(r.End), r.End.Policy.Coverage == sellthrough.CoverNone:
		return Reach{slices: r.slots}
	case len(r.acts) > 0: // documents beside a scope
		return Reach{all: true}
	}
	scopes := append([]sellthrough.Scope(nil), r.Scopes()...)
	var lines sellthrough.Scope
	for k := range r.days {
		if lines.From == 0 || k.Day < lines.From {
			lines.From = k.Day
		}
		lines.To = max(lines.To, k.Day)
	}
	if lines.From != 0 {
		scopes = append(scopes, lines)
	}
	return Reach{scopes: scopes}
}

// Meets says whether two reaches may have a line in common.
func (a Reach) Meets(b Reach) bool {
	switch {
	case a.all || b.all || (a.slices == nil) != (b.slices == nil):
		return true
	case a.slices != nil:
		if len(a.slices) > len(b.slices) {
			a, b = b, a
		}
		for s := range a.slices {
			if _, ok := b.slices[s]; ok {
				return true
			}
		}
		return false
	}
	for _, x := range a.scopes {
		for _, y := range b.scopes {
			if meet(x, y) {
				return true
			}
		}
	}
	return false
}

func meet(x, y sellthrough.Scope) bool {
	if x.From > y.To || y.From > x.To || x.Elsewhere || y.Elsewhere {
		return false
	}
	if len(x.Locations) == 0 || len(y.Locations) == 0 {
		return true
	}
	in := make(map[string]struct{}, len(x.Locations))
	for _, l := range x.Locations {
		in[l] = struct{}{}
	}
	for _, l := range y.Locations {
		if _, ok := in[l]; ok {
			return true
		}
	}
	return false
}
