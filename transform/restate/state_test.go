package restate

import (
	"encoding/binary"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"sellthrough"
)

// FuzzStateHoldsWhatItWasTold: slices are loaded as a ledger has them, lines are set, slices forgotten and generations turned. What the state still
// has of a slice is what it was told last, line by line; what it has not, it does not claim to have.
func FuzzStateHoldsWhatItWasTold(f *testing.F) {
	f.Add([]byte{0, 1, 3, 1, 1, 2, 2, 1, 9, 3, 1, 0})
	f.Add([]byte("load and set, set and turn, forget and load again, and again, and again"))
	f.Add(binary.BigEndian.AppendUint64(nil, 0x0001ff0203ff0405))
	f.Fuzz(func(t *testing.T, script []byte) {
		type line struct {
			content, version uint64
			rev              sellthrough.Revision
			live, added      bool
		}
		s := NewState(1024)
		told := map[uint64]map[uint64]line{} // what a slice holds, while it is surely here
		next := func() uint64 {
			if len(script) == 0 {
				return 0
			}
			b := script[0]
			script = script[1:]
			return uint64(b)
		}
		for len(script) > 0 {
			op, slice := next()%5, next()%16
			switch op {
			case 0: // as the ledger has it; a slice that is here is never loaded over
				if s.Has(slice) {
					continue
				}
				lines, held := map[uint64]line{}, []sellthrough.Held{}
				for n := next() % 40; n > 0; n-- {
					id, v := 1+next(), next()
					if _, twice := lines[id]; twice {
						continue
					}
					l := line{content: v, rev: sellthrough.Revision(1 + v%7), live: v%3 > 0, added: v%5 == 0, version: v % 2}
					lines[id] = l
					held = append(held, sellthrough.Held{Slice: slice, Line: id, Content: l.content, Revision: l.rev, Version: l.version, Live: l.live, Added: l.added})
				}
				s.Load(slice, held)
				told[slice] = lines
			case 1, 2:
				if told[slice] == nil || !s.Has(slice) {
					continue
				}
				id, v := 1+next(), next()
				l := line{content: v, rev: sellthrough.Revision(1 + v%9), live: v%2 == 0, added: v%4 == 0, version: told[slice][id].version}
				s.Set(slice, id, l.content, l.rev, l.version, l.live, l.added)
				told[slice][id] = l
			case 3:
				s.Forget(slice)
				delete(told, slice)
			case 4:
				s.Turn()
			}
			for slice, lines := range told {
				if !s.Has(slice) {
					delete(told, slice)
					continue
				}
				got := map[uint64]line{}
				s.Each(slice, func(e Entry) {
					got[e.Line] = line{e.Content, s.Version(slice, e.Line), e.Revision(), e.Live(), e.Added()}
				})
				if d := gocmp.Diff(lines, got, gocmp.AllowUnexported(line{})); d != "" {
					t.Fatalf("slice %d (-told +has):\n%s", slice, d)
				}
			}
		}
	})
}
