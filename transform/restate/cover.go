package restate

import (
	"slices"

	"sellthrough"
)

// Covers says whether the submission may withdraw what it does not contain: it claims a coverage or replaces a document,
// and no line of it was refused (or its feed says that this does not matter). A submission of which every line was
// refused covers nothing. What a document cancels needs no such leave.
func Covers(e *sellthrough.EndMark) bool {
	p := e.Policy
	replaces := slices.ContainsFunc(e.Acts, func(a sellthrough.Act) bool { return a.Replace })
	return (p.Coverage != sellthrough.CoverNone || replaces) && (e.Refused == 0 || p.DespiteRefused && e.Refused <= tooManyRefused)
}

// tooManyRefused is the number of refused lines from which a file is broken, whatever its feed says.
const tooManyRefused = 100_000

// BySlices says whether the covered scope is exactly the run's slices, so that the state alone knows what is held in it.
// Otherwise the ledger must be asked, see Scope.
func BySlices(e *sellthrough.EndMark) bool {
	switch e.Policy.Coverage {
	case sellthrough.CoverDocument:
		return !locationDays(e)
	case sellthrough.CoverLocationDay:
		sc := e.Scope
		return locationDays(e) && !(sc.Declared && len(sc.Locations) == 0 && !sc.Elsewhere)
	}
	return false
}

// Scopes is the covered scope to ask the ledger for: as declared, else the location-days that the lines of all
// partitions name, else those that this part's lines name.
func (r *Run) Scopes() []sellthrough.Scope {
	sc := r.End.Scope
	if sc.Declared {
		return []sellthrough.Scope{sc}
	}
	if len(r.End.Scopes) > 0 {
		return r.End.Scopes
	}
	if r.End.Policy.Coverage == sellthrough.CoverPeriod { // the days that the lines span, for all locations
		var out sellthrough.Scope
		for k := range r.days {
			if out.From == 0 || k.Day < out.From {
				out.From = k.Day
			}
			out.To = max(out.To, k.Day)
		}
		if out.From == 0 {
			return nil
		}
		return []sellthrough.Scope{out}
	}
	byDay := map[sellthrough.Day][]string{}
	for k := range r.days {
		byDay[k.Day] = append(byDay[k.Day], k.Location)
	}
	out := make([]sellthrough.Scope, 0, len(byDay))
	for d, ls := range byDay {
		slices.Sort(ls)
		out = append(out, sellthrough.Scope{Locations: ls, From: d, To: d})
	}
	slices.SortFunc(out, func(a, b sellthrough.Scope) int { return int(a.From - b.From) })
	return out
}

// Loss says how many lines are held in the scope and how many of them the submission would withdraw. Where the scope is
// not the run's slices, held is what the ledger holds in it. What a newer word has brought that the submission does not
// contain is neither: it says nothing of what the file lacks. A document without line keys that changes is withdrawn and
// new line by line: what it replaces is no loss, only what it shrinks by. What a document cancels is meant.
func (r *Run) Loss(st *State, held []sellthrough.Held, floors Floors) (loss, scope int64) {
	gone, seen := map[uint64]int{}, map[uint64]int{}
	r.standing(st, held, floors, func(s standing) {
		if s.meant {
			return
		}
		scope++
		if s.missing {
			loss++
		}
		switch {
		case s.whole == 0:
		case s.missing:
			gone[s.whole]++
		default:
			seen[s.whole]++
		}
	})
	for whole, n := range gone {
		loss -= int64(min(n, max(0, r.linesOf(whole)-seen[whole])))
	}
	return loss, scope
}

// linesOf is how many lines the submission has of a document.
func (r *Run) linesOf(whole uint64) int {
	if at, ok := r.slots[whole]; ok {
		return r.slot[at].lines
	}
	for document, a := range r.acts {
		if ActSlice(r.base, document) == whole {
			return a.lines
		}
	}
	return 0
}

// Withdraw lists what the submission withdraws, in the order of slice and line, at most limit lines, and brings the
// state up to date. More says that the list was cut.
func (r *Run) Withdraw(st *State, held []sellthrough.Held, floors Floors, limit int) (refs []sellthrough.LineRef, more bool) {
	r.standing(st, held, floors, func(s standing) {
		if s.missing {
			refs = append(refs, s.LineRef)
		}
	})
	slices.SortFunc(refs, func(a, b sellthrough.LineRef) int {
		if a.Slice != b.Slice {
			return cmp(a.Slice, b.Slice)
		}
		return cmp(a.Line, b.Line)
	})
	if more = len(refs) > limit; more {
		refs = refs[:limit]
	}
	for _, ref := range refs {
		if at, ok := r.slots[ref.Slice]; ok {
			r.slot[at].wrote = true
		}
		if e, ok := st.Find(ref.Slice, ref.Line); ok {
			st.Set(ref.Slice, ref.Line, e.Content, r.End.Revision, r.VersionOf(ref.Slice), false, e.Added())
		}
	}
	return refs, more
}

func cmp(a, b uint64) int {
	if a < b {
		return -1
	}
	return 1
}

// VersionOf is the largest version that the run has of a slice.
func (r *Run) VersionOf(slice uint64) uint64 {
	if at, ok := r.slots[slice]; ok {
		return r.Versions[at]
	}
	return 0
}

// standing is a line that stands in the scope of a submission.
type standing struct {
	sellthrough.LineRef
	missing bool
	meant   bool   // its document is cancelled
	whole   uint64 // names its document, where that is replaced line by line
}

// standing visits every line that stands in the scope, but for those of a newer word that the submission does not contain.
func (r *Run) standing(st *State, held []sellthrough.Held, floors Floors, visit func(standing)) {
	weigh := func(s standing, key Key, heldVersion uint64, heldRev sellthrough.Revision, version uint64, added bool) {
		if s.missing = !r.num.Seen(s.Slice, s.Line); s.missing {
			if newer(heldVersion, heldRev, version, r.End.Revision) {
				return
			}
			if floors != nil {
				if f := floors(Spot{Slice: s.Slice, Line: s.Line, Key: key, Added: added}); newer(f.Version, f.Revision, version, r.End.Revision) {
					return
				}
			}
		}
		visit(s)
	}
	covers := Covers(r.End)
	for at, slice := range r.Slices {
		s := &r.slot[at]
		meant := s.act != nil && !s.act.Replace
		if !r.covered(st, uint32(at), covers) && !meant {
			continue
		}
		var key Key
		if r.LocationDays() {
			key = r.Keys[at]
		}
		whole := uint64(0)
		if !r.End.Rule.Keyed && (s.act != nil || r.End.Policy.Coverage == sellthrough.CoverDocument) {
			whole = slice
		}
		st.Each(slice, func(e Entry) {
			if !e.Live() || e.Added() && s.act == nil {
				return
			}
			weigh(standing{LineRef: sellthrough.LineRef{Slice: slice, Line: e.Line}, meant: meant, whole: whole}, key, st.Version(slice, e.Line), e.Revision(), r.Versions[at], e.Added())
		})
	}
	twice := map[sellthrough.LineRef]struct{}{} // in the scope, and in a document that is taken back
	for _, h := range held {
		a := r.acts[h.Document]
		ref := sellthrough.LineRef{Slice: h.Slice, Line: h.Line}
		if _, ok := twice[ref]; ok || !h.Live || a == nil && h.Added {
			continue
		}
		out := standing{LineRef: ref}
		version := max(r.VersionOf(h.Slice), h.Version)
		if a != nil && r.LocationDays() {
			version, out.meant = a.Version, !a.Replace
			if !r.End.Rule.Keyed {
				out.whole = ActSlice(r.base, h.Document)
			}
		}
		if len(r.acts) > 0 {
			if at, ok := r.slots[h.Slice]; ok && !h.Added && r.covered(st, at, covers) {
				continue // visited above
			}
			twice[ref] = struct{}{}
		}
		weigh(out, Key{h.Location, h.Day}, h.Version, h.Revision, version, h.Added)
	}
}

// covered asks whether the submission speaks of a whole slice.
func (r *Run) covered(st *State, at uint32, covers bool) bool {
	s := &r.slot[at]
	return covers && (s.act != nil || BySlices(r.End) && s.told && !r.stands(st, at))
}

// Sightings are the floors of the duplicates since the last call, where an older word about them may still come.
func (r *Run) Sightings() []sellthrough.Floor {
	var out []sellthrough.Floor
	for _, ref := range r.sighted {
		out = append(out, sellthrough.Floor{
			Partner: string(r.End.Partner), Namespace: r.End.Rule.Namespace, Slice: ref.Slice, Line: ref.Line,
			Revision: r.End.Revision, Version: r.VersionOf(ref.Slice),
		})
	}
	r.sighted = nil
	return out
}

// FloorRows are the floors that the run's coverage and its acts leave. A document that has a row of this revision needs
// none: the row says as much.
func (r *Run) FloorRows(st *State) []sellthrough.Floor {
	covers := Covers(r.End)
	out := r.actFloors(covers)
	if !covers {
		return out
	}
	p, ns, rev := string(r.End.Partner), r.End.Rule.Namespace, r.End.Revision
	if BySlices(r.End) {
		for at, slice := range r.Slices {
			if s := &r.slot[at]; s.act != nil && !s.told || !r.covered(st, uint32(at), covers) {
				continue
			}
			f := sellthrough.Floor{Partner: p, Namespace: ns, Revision: rev, Version: r.Versions[at]}
			if r.LocationDays() {
				k := r.Keys[at]
				f.Location, f.From, f.To = k.Location, k.Day, k.Day
			} else {
				if r.slot[at].wrote {
					continue
				}
				f.Slice = slice
			}
			out = append(out, f)
		}
		return out
	}
	if c := r.End.Policy.Coverage; c == sellthrough.CoverNone || c == sellthrough.CoverDocument {
		return out
	}
	for _, sc := range r.Scopes() {
		ls := sc.Locations
		if len(ls) == 0 {
			ls = []string{""}
		}
		for _, l := range ls {
			out = append(out, sellthrough.Floor{Partner: p, Namespace: ns, Location: l, From: sc.From, To: sc.To, Revision: rev})
		}
	}
	return out
}
