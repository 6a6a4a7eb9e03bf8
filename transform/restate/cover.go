package restate

import (
	"slices"

	"sellthrough"
)

// Covers says whether the submission may withdraw what it does not contain: it claims a coverage, and no line of it was
// refused (or its feed says that this does not matter). A submission of which every line was refused covers nothing.
func Covers(e *sellthrough.EndMark) bool {
	p := e.Policy
	return p.Coverage != sellthrough.CoverNone && (e.Refused == 0 || p.DespiteRefused && e.Refused <= tooManyRefused)
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
// new line by line: what it replaces is no loss, only what it shrinks by.
func (r *Run) Loss(st *State, held []sellthrough.Held, floors Floors) (loss, scope int64) {
	replaces := !r.End.Rule.Keyed && r.End.Policy.Coverage == sellthrough.CoverDocument && BySlices(r.End)
	gone, seen := map[uint64]int{}, map[uint64]int{}
	r.missing(st, held, floors, func(slice, _ uint64, missing bool) {
		scope++
		switch {
		case missing:
			loss++
			gone[slice]++
		case replaces:
			seen[slice]++
		}
	})
	if replaces {
		for slice, n := range gone {
			loss -= int64(min(n, max(0, r.count[r.slots[slice]]-seen[slice])))
		}
	}
	return loss, scope
}

// Withdraw lists what the submission withdraws, in the order of slice and line, at most limit lines, and brings the
// state up to date. More says that the list was cut.
func (r *Run) Withdraw(st *State, held []sellthrough.Held, floors Floors, limit int) (refs []sellthrough.LineRef, more bool) {
	r.missing(st, held, floors, func(slice, line uint64, missing bool) {
		if missing {
			refs = append(refs, sellthrough.LineRef{Slice: slice, Line: line})
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
		if slot, ok := r.slots[ref.Slice]; ok {
			r.wrote[slot] = true
		}
		if e, ok := st.Find(ref.Slice, ref.Line); ok {
			st.Set(ref.Slice, ref.Line, e.Content, r.End.Revision, r.VersionOf(ref.Slice), false)
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
	if slot, ok := r.slots[slice]; ok {
		return r.Versions[slot]
	}
	return 0
}

// missing visits every line that stands in the scope, but for those of a newer word that the submission does not contain.
func (r *Run) missing(st *State, held []sellthrough.Held, floors Floors, visit func(slice, line uint64, missing bool)) {
	weigh := func(slice, line uint64, key Key, heldVersion uint64, heldRev sellthrough.Revision, version uint64) {
		if r.num.Seen(slice, line) {
			visit(slice, line, false)
			return
		}
		if newer(heldVersion, heldRev, version, r.End.Revision) {
			return
		}
		if floors != nil {
			if f := floors(slice, line, key); newer(f.Version, f.Revision, version, r.End.Revision) {
				return
			}
		}
		visit(slice, line, true)
	}
	if BySlices(r.End) {
		for slot, slice := range r.Slices {
			var key Key
			if r.LocationDays() {
				key = r.Keys[slot]
			}
			st.Each(slice, func(e Entry) {
				if e.Live() {
					weigh(slice, e.Line, key, st.Version(slice, e.Line), e.Revision(), r.Versions[slot])
				}
			})
		}
		return
	}
	for _, h := range held {
		if h.Live {
			version := max(r.VersionOf(h.Slice), h.Version)
			weigh(h.Slice, h.Line, Key{h.Location, h.Day}, h.Version, h.Revision, version)
		}
	}
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

// FloorRows are the floors that the run's coverage leaves. A document that has a row of this revision needs none: the
// row says as much.
func (r *Run) FloorRows() []sellthrough.Floor {
	if !Covers(r.End) {
		return nil
	}
	p, ns, rev := string(r.End.Partner), r.End.Rule.Namespace, r.End.Revision
	var out []sellthrough.Floor
	if BySlices(r.End) {
		for slot, slice := range r.Slices {
			f := sellthrough.Floor{Partner: p, Namespace: ns, Revision: rev, Version: r.Versions[slot]}
			if r.LocationDays() {
				k := r.Keys[slot]
				f.Location, f.From, f.To = k.Location, k.Day, k.Day
			} else {
				if r.wrote[slot] {
					continue
				}
				f.Slice = slice
			}
			out = append(out, f)
		}
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
