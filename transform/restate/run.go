package restate

import (
	"sellthrough"
)

// Verdict is what became of one line.
type Verdict uint8

// The verdicts.
const (
	New Verdict = iota + 1
	Duplicate
	Corrected
	Superseded
	Refused // the store can't keep it
)

// IDs are the identities of one block's lines, by line. Slot is an index into Run.Slices.
type IDs struct {
	Slot          []uint32
	Line, Content []uint64
}

// Key is a location's day, as written.
type Key struct {
	Location string
	Day      sellthrough.Day
}

// Run is one submission's part in one partition on its way through restatement. Blocks are scanned in their order; a
// run that is begun again over the same blocks gives the same identities.
type Run struct {
	End      *sellthrough.EndMark
	Slices   []uint64 // distinct slices, in the order of their first line
	Keys     []Key    // by slot, where slices are location-days
	Versions []uint64 // by slot: the largest version among its lines
	count    []int    // by slot: lines
	wrote    []bool   // by slot: a row with this revision exists
	slots    map[uint64]uint32
	ids      *Identities
	num      *Numberer         // nil where nobody asks what was seen
	Sight    bool              // an older word may still come: duplicates are noted
	Unfit    map[uint32]string // rows that the store can't keep, and why: they say nothing
	sighted  []sellthrough.LineRef
	days     map[Key]struct{}
	lines    int64
}

// NewRun begins.
func NewRun(end *sellthrough.EndMark) *Run {
	r := &Run{End: end, slots: map[uint64]uint32{}, ids: NewIdentities(end)}
	if !end.Rule.Keyed || end.Policy.Coverage != sellthrough.CoverNone || end.Kind == sellthrough.Stock {
		r.num = NewNumberer(end.Rule.Keyed || end.Kind == sellthrough.Stock)
	}
	if c := end.Policy.Coverage; c == sellthrough.CoverLocationDay || c == sellthrough.CoverPeriod {
		r.days = map[Key]struct{}{}
	}
	return r
}

// LocationDays says whether the run's slices are location-days, not documents.
func (r *Run) LocationDays() bool { return locationDays(r.End) }

func locationDays(e *sellthrough.EndMark) bool {
	return e.Kind == sellthrough.Stock || e.Rule.Scope == sellthrough.ByLocationDay
}

// Lines is the number of lines scanned.
func (r *Run) Lines() int64 { return r.lines }

// Scan computes the identities of the next block.
func (r *Run) Scan(b *sellthrough.Block) IDs {
	n := b.Len()
	out := IDs{Slot: make([]uint32, n), Line: make([]uint64, n), Content: make([]uint64, n)}
	r.ids.Bind(b)
	lastSlice, lastSlot, have := uint64(0), uint32(0), false
	lastKey := Key{Day: -1 << 31}
	for i := range n {
		id := r.ids.Of(b, i)
		if !have || id.Slice != lastSlice {
			lastSlice, lastSlot, have = id.Slice, r.slot(id.Slice, b, i), true
		}
		if v := b.Version[i]; v > r.Versions[lastSlot] {
			r.Versions[lastSlot] = v
		}
		if r.days != nil {
			if k := (Key{b.Dict[b.Location[i]], b.Day[i]}); k != lastKey {
				r.days[k] = struct{}{}
				lastKey = k
			}
		}
		if r.num != nil {
			id.Line = r.num.Line(id)
		}
		r.count[lastSlot]++
		out.Slot[i], out.Line[i], out.Content[i] = lastSlot, id.Line, id.Content
	}
	r.lines += int64(n)
	return out
}

func (r *Run) slot(slice uint64, b *sellthrough.Block, i int) uint32 {
	if s, ok := r.slots[slice]; ok {
		return s
	}
	s := uint32(len(r.Slices))
	r.slots[slice] = s
	r.Slices = append(r.Slices, slice)
	r.Versions = append(r.Versions, 0)
	r.count = append(r.count, 0)
	r.wrote = append(r.wrote, false)
	if r.LocationDays() {
		r.Keys = append(r.Keys, Key{b.Dict[b.Location[i]], b.Day[i]})
	}
	return s
}

// Declare adds the slices of a declared location-day scope, so that a day without lines is covered too. It is called
// after the last Scan.
func (r *Run) Declare() {
	sc := r.End.Scope
	if !sc.Declared || r.End.Policy.Coverage != sellthrough.CoverLocationDay || !r.LocationDays() {
		return
	}
	base := Base(r.End.Partner, r.End.Rule.Namespace)
	for _, l := range sc.Locations {
		for d := sc.From; d <= sc.To; d++ {
			slice := LocationDaySlice(base, l, d)
			if _, ok := r.slots[slice]; ok {
				continue
			}
			r.slots[slice] = uint32(len(r.Slices))
			r.Slices = append(r.Slices, slice)
			r.Versions = append(r.Versions, 0)
			r.count = append(r.count, 0)
			r.wrote = append(r.wrote, false)
			r.Keys = append(r.Keys, Key{l, d})
		}
	}
}

// Floors gives the newest word about a line that left no row: see sellthrough.Floor.
type Floors func(slice, line uint64, key Key) sellthrough.Floor

// Apply decides every line of a block against the state, whose slices must be loaded, and brings the state up to date.
// Floors may be nil where no newer coverage exists.
func (r *Run) Apply(st *State, b *sellthrough.Block, ids IDs, floors Floors, c *sellthrough.Counts) []Verdict {
	out := make([]Verdict, b.Len())
	rev := r.End.Revision
	for i := range out {
		if _, ok := r.Unfit[b.Row[i]]; ok {
			out[i] = Refused
			c.Refused++
			continue
		}
		slot := ids.Slot[i]
		slice := r.Slices[slot]
		version := b.Version[i]
		v := New
		if e, ok := st.Find(slice, ids.Line[i]); ok {
			older := r.older(st, slice, e, version)
			switch {
			case older:
				v = Superseded
				if e.Live() && e.Content == ids.Content[i] {
					v = Duplicate // an old file says what holds: nothing to tell
				}
			case e.Live() && e.Content == ids.Content[i]:
				v = Duplicate
			case e.Live():
				v = Corrected
			}
		}
		if floors != nil && (v == New || v == Corrected) {
			f := floors(slice, ids.Line[i], Key{b.Dict[b.Location[i]], b.Day[i]})
			if newer(f.Version, f.Revision, version, rev) {
				v = Superseded
			}
		}
		switch v {
		case New, Corrected:
			st.Set(slice, ids.Line[i], ids.Content[i], rev, version, true)
			r.wrote[slot] = true
			if v == New {
				c.New++
			} else {
				c.Corrected++
			}
		case Duplicate:
			c.Duplicate++
			if r.Sight {
				r.sighted = append(r.sighted, sellthrough.LineRef{Slice: slice, Line: ids.Line[i]})
			}
		case Superseded:
			c.Superseded++
		}
		out[i] = v
	}
	return out
}

// older says whether the run's word (version first, then revision) is older than what is held.
func (r *Run) older(st *State, slice uint64, e Entry, version uint64) bool {
	return newer(st.Version(slice, e.Line), e.Revision(), version, r.End.Revision)
}

// newer says whether word a comes after word b.
func newer(aVersion uint64, aRev sellthrough.Revision, bVersion uint64, bRev sellthrough.Revision) bool {
	if aVersion != bVersion {
		return aVersion > bVersion
	}
	return aRev > bRev
}
