package transform

// filter says of a slice that the ledger surely does not hold it, so that the lines of a new document need no look-up.
// It is a Bloom filter that grows by adding larger ones, about 10 bits a slice, derived from the ledger on assignment.
type filter struct {
	layers []layer
}

type layer struct {
	bits []uint64
	room int
}

const firstLayer = 1 << 16

func newFilter() *filter { return &filter{} }

// add remembers slices.
func (f *filter) add(slices []uint64) {
	for _, s := range slices {
		if f.has(s) {
			continue
		}
		n := len(f.layers)
		if n == 0 || f.layers[n-1].room == 0 {
			room := firstLayer << min(2*n, 14)
			f.layers = append(f.layers, layer{bits: make([]uint64, room*10/64+1), room: room})
			n++
		}
		l := &f.layers[n-1]
		l.room--
		l.each(s, func(word int, bit uint64) bool { l.bits[word] |= bit; return true })
	}
}

// has says whether the ledger may hold a slice.
func (f *filter) has(s uint64) bool {
	for i := range f.layers {
		l := &f.layers[i]
		if l.each(s, func(word int, bit uint64) bool { return l.bits[word]&bit != 0 }) {
			return true
		}
	}
	return false
}

// each visits the bits of a slice while f returns true, and says whether it always did. A slice is a hash already.
func (l *layer) each(s uint64, f func(word int, bit uint64) bool) bool {
	n := uint64(len(l.bits)) * 64
	step := s>>33 | 1
	for range 6 {
		at := s % n
		if !f(int(at/64), 1<<(at%64)) {
			return false
		}
		s += step * 0x9e3779b97f4a7c15
	}
	return true
}
