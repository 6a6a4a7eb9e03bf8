package restate

import (
	"math/bits"

	"sellthrough"
)

// Entry is what the ledger holds of one line: 24 bytes.
type Entry struct {
	Line, Content uint64
	word          uint64 // revision, with the top bits for a line that stands, and for one that was added
}

const (
	liveBit  = 1 << 63
	addedBit = 1 << 62
)

// Live says whether the line stands; a withdrawn one keeps its revision.
func (e Entry) Live() bool { return e.word&liveBit != 0 }

// Revision is the newest word about the line.
func (e Entry) Revision() sellthrough.Revision {
	return sellthrough.Revision(e.word &^ (liveBit | addedBit))
}

// Added says whether a document brought the line that adds to what was said before.
func (e Entry) Added() bool { return e.word&addedBit != 0 }

func word(rev sellthrough.Revision, live, added bool) uint64 {
	w := uint64(rev)
	if live {
		w |= liveBit
	}
	if added {
		w |= addedBit
	}
	return w
}

// State keeps the slices that were used last, within a number of lines. It is derived from the ledger: what is missing
// is loaded again, what is here is what the ledger holds plus the batch in hand.
//
// Two generations share the room: when the young one is full, the old one is dropped and the young one grows old. A
// slice that is used moves to the young one. There are no pointers inside, so the garbage collector has nothing to walk.
type State struct {
	limit      int
	young, old generation
	versions   map[[2]uint64]uint64 // of lines whose document has a partner's version
}

type generation struct {
	index map[uint64]span
	pages [][]Entry
	free  [32][]span // room that grown slices left, by the logarithm of its size
	lines int
}

// span is a slice's place: a page, and the part of it that is in use.
type span struct{ page, off, len, cap uint32 }

const pageLines = 1 << 16

// NewState keeps up to limit lines.
func NewState(limit int) *State {
	return &State{limit: max(limit, 1024), young: newGeneration(), old: newGeneration(), versions: map[[2]uint64]uint64{}}
}

func newGeneration() generation { return generation{index: map[uint64]span{}} }

// Lines is how many lines are kept.
func (s *State) Lines() int { return s.young.lines + s.old.lines }

// Has says whether a slice is here, and keeps it from being dropped soon.
func (s *State) Has(slice uint64) bool {
	_, ok := s.find(slice)
	return ok
}

// Turn drops the old generation when the young one is full. It is called between batches, so that what a batch has
// loaded stays until its end.
func (s *State) Turn() {
	if s.young.lines < s.limit/2 {
		return
	}
	s.old, s.young = s.young, newGeneration()
	if len(s.versions) > s.limit {
		clear(s.versions)
		s.old = newGeneration()
	}
}

// Load puts a slice as the ledger has it.
func (s *State) Load(slice uint64, held []sellthrough.Held) {
	sp := s.young.make(uint32(len(held)))
	page := s.young.pages[sp.page]
	for _, h := range held {
		s.young.lines++
		place(page[sp.off:sp.off+sp.cap], Entry{h.Line, h.Content, word(h.Revision, h.Live, h.Added)})
		if h.Version != 0 {
			s.versions[[2]uint64{slice, h.Line}] = h.Version
		}
	}
	sp.len = uint32(len(held))
	s.young.index[slice] = sp
}

// Forget drops a slice: the ledger was changed in another way.
func (s *State) Forget(slice uint64) {
	delete(s.young.index, slice)
	delete(s.old.index, slice)
}

// Reset drops everything.
func (s *State) Reset() {
	s.young, s.old = newGeneration(), newGeneration()
	clear(s.versions)
}

// find gives the slice's place in the young generation, moving it there if it was in the old one.
func (s *State) find(slice uint64) (span, bool) {
	if sp, ok := s.young.index[slice]; ok {
		return sp, true
	}
	sp, ok := s.old.index[slice]
	if !ok {
		return span{}, false
	}
	from := s.old.pages[sp.page][sp.off : sp.off+sp.cap]
	to := s.young.make(sp.len)
	room := s.young.pages[to.page][to.off : to.off+to.cap]
	for _, e := range from {
		if e.word != 0 {
			place(room, e)
		}
	}
	to.len = sp.len
	s.young.index[slice] = to
	s.young.lines += int(sp.len)
	s.old.lines -= int(sp.len)
	delete(s.old.index, slice)
	return to, true
}

// leave gives the room of a slice that has moved to others.
func (g *generation) leave(sp span) {
	clear(g.pages[sp.page][sp.off : sp.off+sp.cap])
	class := bits.Len32(sp.cap) - 1
	sp.len = 0
	g.free[class] = append(g.free[class], sp)
}

// make finds room for a slice of n lines: empty, all zero.
func (g *generation) make(n uint32) span {
	c := capacity(n)
	if f := g.free[bits.Len32(c)-1]; len(f) > 0 {
		g.free[bits.Len32(c)-1] = f[:len(f)-1]
		return f[len(f)-1]
	}
	last := len(g.pages) - 1
	if last < 0 || len(g.pages[last])+int(c) > cap(g.pages[last]) {
		g.pages = append(g.pages, make([]Entry, 0, max(pageLines, int(c))))
		last++
	}
	p := g.pages[last]
	off := len(p)
	g.pages[last] = p[:off+int(c)]
	return span{page: uint32(last), off: uint32(off), cap: c}
}

// Small slices are searched one by one; larger ones are hash tables with open addressing, at most 3/4 full.
const smallSlice = 16

func capacity(n uint32) uint32 {
	if n <= smallSlice {
		switch {
		case n <= 2:
			return 2
		case n <= 4:
			return 4
		case n <= 8:
			return 8
		}
		return smallSlice
	}
	c := uint32(2 * smallSlice)
	for c*3/4 < n {
		c *= 2
	}
	return c
}

// place puts an entry into room that has space for it. A free entry has a zero word: no revision is zero.
func place(room []Entry, e Entry) {
	i := start(room, e.Line)
	for room[i].word != 0 {
		if i++; i == len(room) {
			i = 0
		}
	}
	room[i] = e
}

func start(room []Entry, line uint64) int {
	if len(room) <= smallSlice {
		return 0
	}
	return int(line & uint64(len(room)-1))
}

// Find looks a line up in a slice that is here.
func (s *State) Find(slice, line uint64) (Entry, bool) {
	e := s.entry(slice, line)
	if e == nil {
		return Entry{}, false
	}
	return *e, true
}

func (s *State) entry(slice, line uint64) *Entry {
	sp, ok := s.find(slice)
	if !ok {
		return nil
	}
	room := s.young.pages[sp.page][sp.off : sp.off+sp.cap]
	for i, n := start(room, line), 0; n < len(room); n++ {
		if room[i].word == 0 {
			return nil
		}
		if room[i].Line == line {
			return &room[i]
		}
		if i++; i == len(room) {
			i = 0
		}
	}
	return nil
}

// Set writes the newest word about a line of a slice that is here.
func (s *State) Set(slice, line, content uint64, rev sellthrough.Revision, version uint64, live, added bool) {
	if version != 0 {
		s.versions[[2]uint64{slice, line}] = version
	}
	if e := s.entry(slice, line); e != nil {
		e.Content, e.word = content, word(rev, live, added)
		return
	}
	sp, ok := s.find(slice)
	full := sp.len+1 > sp.cap || sp.cap > smallSlice && (sp.len+1)*4 > sp.cap*3
	if !ok || full {
		old := sp
		sp = s.young.make(max(old.len+1, min(old.len*2, 1<<30)))
		if ok {
			room := s.young.pages[sp.page][sp.off : sp.off+sp.cap]
			for _, e := range s.young.pages[old.page][old.off : old.off+old.cap] {
				if e.word != 0 {
					place(room, e)
				}
			}
			s.young.leave(old)
		}
		sp.len = old.len
	}
	place(s.young.pages[sp.page][sp.off:sp.off+sp.cap], Entry{line, content, word(rev, live, added)})
	sp.len++
	s.young.lines++
	s.young.index[slice] = sp
}

// Version is the partner's own version of a line, 0 where there is none.
func (s *State) Version(slice, line uint64) uint64 {
	if len(s.versions) == 0 {
		return 0
	}
	return s.versions[[2]uint64{slice, line}]
}

// Each calls f for every line of a slice that is here, in no order.
func (s *State) Each(slice uint64, f func(Entry)) {
	sp, ok := s.find(slice)
	if !ok {
		return
	}
	for _, e := range s.young.pages[sp.page][sp.off : sp.off+sp.cap] {
		if e.word != 0 {
			f(e)
		}
	}
}
