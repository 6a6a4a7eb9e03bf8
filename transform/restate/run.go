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

// void is the slot of a line that the submission itself takes back behind it.
const void = ^uint32(0)

// Key is a location's day, as written.
type Key struct {
	Location string
	Day      sellthrough.Day
}

// Run is one submission's part in one partition on its way through restatement. Blocks are scanned in their order; a
// run that is begun again over the same blocks gives the same identities.
type Run struct {
	End      *sellthrough.EndMark
	Slices   []uint64 // distinct slices: of documents taken back, then in the order of their first line
	Keys     []Key    // by slot, where slices are location-days
	Versions []uint64 // by slot: the largest version among its lines
	slot     []slot
	slots    map[uint64]uint32
	base     uint64
	ids      *Identities
	num      *Numberer // nil where nobody asks what was seen
	acts     map[string]*act
	Sight    bool              // an older word may still come: duplicates are noted
	Unfit    map[uint32]string // rows that the store can't keep, and why: they say nothing
	sighted  []sellthrough.LineRef
	days     map[Key]struct{}
	lines    int64
}

// slot is what the run knows of a slice.
type slot struct {
	lines  int
	told   bool  // an original or its replacement speaks of it, or the declared scope holds it
	wrote  bool  // a row with this revision exists, of a line that was not added
	act    *act  // its document is taken back
	stands uint8 // what was held before stays as it is: 0 not known yet, 1 no, 2 yes
}

// NewRun begins.
func NewRun(end *sellthrough.EndMark) *Run {
	r := &Run{End: end, slots: map[uint64]uint32{}, ids: NewIdentities(end), base: Base(end.Partner, end.Rule.Namespace), acts: actsOf(end)}
	if !end.Rule.Keyed || end.Policy.Coverage != sellthrough.CoverNone || end.Kind == sellthrough.Stock || r.acts != nil {
		r.num = NewNumberer(end.Rule.Keyed || end.Kind == sellthrough.Stock)
	}
	if c := end.Policy.Coverage; c == sellthrough.CoverLocationDay || c == sellthrough.CoverPeriod {
		r.days = map[Key]struct{}{}
	}
	r.declareActs()
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
		if r.acts != nil && r.takenBack(b, i) {
			out.Slot[i] = void
			continue
		}
		id := r.ids.Of(b, i)
		if !have || id.Slice != lastSlice {
			lastSlice, lastSlot, have = id.Slice, r.slotOf(id.Slice, Key{b.Dict[b.Location[i]], b.Day[i]}), true
		}
		if v := b.Version[i]; v > r.Versions[lastSlot] {
			r.Versions[lastSlot] = v
		}
		s := &r.slot[lastSlot]
		s.lines++
		if b.Function[i] <= sellthrough.Replace {
			s.told = true
			if r.days != nil {
				if k := (Key{b.Dict[b.Location[i]], b.Day[i]}); k != lastKey {
					r.days[k] = struct{}{}
					lastKey = k
				}
			}
		}
		if r.num != nil {
			id.Line = r.num.Line(id)
		}
		out.Slot[i], out.Line[i], out.Content[i] = lastSlot, id.Line, id.Content
	}
	r.lines += int64(n)
	return out
}

func (r *Run) slotOf(slice uint64, k Key) uint32 {
	if s, ok := r.slots[slice]; ok {
		return s
	}
	s := uint32(len(r.Slices))
	r.slots[slice] = s
	r.Slices = append(r.Slices, slice)
	r.Versions = append(r.Versions, 0)
	r.slot = append(r.slot, slot{})
	if r.LocationDays() {
		r.Keys = append(r.Keys, k)
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
	for _, l := range sc.Locations {
		for d := sc.From; d <= sc.To; d++ {
			r.slot[r.slotOf(LocationDaySlice(r.base, l, d), Key{l, d})].told = true
		}
	}
}

// Spot is where a newer word is looked for.
type Spot struct {
	Slice, Line uint64
	Key
	Act   uint64 // where acts on its document are told of; 0: not asked
	Added bool   // only a sighting and an act speak of a line that was added
}

// Floors gives the newest word about a line that left no row: see sellthrough.Floor.
type Floors func(Spot) sellthrough.Floor

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
		at := ids.Slot[i]
		if at == void {
			out[i] = Superseded
			c.Superseded++
			continue
		}
		slice := r.Slices[at]
		version, does := b.Version[i], b.Function[i]
		added := does == sellthrough.Add
		if does == sellthrough.Copy && r.acts[b.Dict[b.Document[i]]] != nil {
			does = sellthrough.Replace // the submission itself has taken back what it is a copy of
		}
		v := r.verdict(st, at, ids.Line[i], ids.Content[i], version, does)
		if floors != nil && (v == New || v == Corrected) {
			f := floors(Spot{slice, ids.Line[i], Key{b.Dict[b.Location[i]], b.Day[i]}, ActSlice(r.base, b.Dict[b.Document[i]]), added})
			if newer(f.Version, f.Revision, version, rev) {
				v = Superseded
			}
		}
		switch v {
		case New, Corrected:
			st.Set(slice, ids.Line[i], ids.Content[i], rev, version, true, added)
			r.slot[at].wrote = r.slot[at].wrote || !added
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

// verdict is what a line is against the state.
func (r *Run) verdict(st *State, at uint32, line, content, version uint64, f sellthrough.Function) Verdict {
	slice := r.Slices[at]
	e, known := st.Find(slice, line)
	switch {
	case known && e.Live() && e.Content == content:
		return Duplicate // an old file says what holds, too: nothing to tell
	case known && (f == sellthrough.Copy || r.older(st, slice, e, version)):
		return Superseded
	case r.End.Rule.Originals == sellthrough.OriginalsRefuse && f == sellthrough.Original && r.stands(st, at):
		return Superseded
	case known && e.Live():
		return Corrected
	}
	return New
}

// stands says whether an original about a slice changes nothing, because something of another submission stands there.
func (r *Run) stands(st *State, at uint32) bool {
	s := &r.slot[at]
	if r.End.Rule.Originals != sellthrough.OriginalsRefuse || s.act != nil {
		return false
	}
	if s.stands == 0 {
		s.stands = 1
		st.Each(r.Slices[at], func(e Entry) {
			if e.Live() && !e.Added() && e.Revision() != r.End.Revision {
				s.stands = 2
			}
		})
	}
	return s.stands == 2
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
