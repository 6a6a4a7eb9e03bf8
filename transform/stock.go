package transform

import (
	"context"
	"slices"

	"sellthrough"
	"sellthrough/transform/resolve"
)

// shelf is one location in a full stock snapshot.
type shelf struct {
	at      int64 // of its newest line
	day     sellthrough.Day
	present map[string]bool // item, by level
}

// shelves reads from a part's lines which items each location of the snapshot reports. A declared location without lines
// is there too: it reports nothing at all.
func shelves(p *part) (map[string]*shelf, map[uint8]bool) {
	out := map[string]*shelf{}
	levels := map[uint8]bool{}
	for _, b := range p.blocks {
		for i := range b.Len() {
			l := b.Dict[b.Location[i]]
			s := out[l]
			if s == nil {
				s = &shelf{present: map[string]bool{}}
				out[l] = s
			}
			if b.At[i] >= s.at {
				s.at, s.day = b.At[i], b.Day[i]
			}
			s.present[string(b.Kind[i])+b.Dict[b.Item[i]]] = true
			levels[b.Kind[i]] = true
		}
	}
	if len(levels) == 0 {
		levels[uint8(sellthrough.OnHand)] = true
	}
	sc := p.end.Scope
	for _, l := range sc.Locations {
		if out[l] == nil && sc.From != 0 {
			day := max(sc.From, sc.To)
			out[l] = &shelf{at: day.Time().Unix(), day: day, present: map[string]bool{}}
		}
	}
	return out, levels
}

// absent visits the newest level, not zero, of every item that the snapshot leaves out.
func (w *worker) absent(ctx context.Context, p *part, visit func(rows *sellthrough.Rows, i int, s *shelf, missing bool)) error {
	found, levels := shelves(p)
	names := make([]string, 0, len(found))
	for l := range found {
		names = append(names, l)
	}
	slices.Sort(names)
	for _, l := range names {
		s := found[l]
		var rows sellthrough.Rows
		err := w.hold(ctx, "load levels", func() (err error) {
			rows, err = w.t.opts.Ledger.LatestLevels(ctx, string(p.end.Partner), p.end.Rule.Namespace, w.partition, []string{l}, s.at+1, w.redo)
			return err
		})
		if err != nil {
			return err
		}
		for i := range rows.Len() {
			if rows.Flags[i]&sellthrough.Added != 0 && rows.At[i] == s.at {
				continue // added to the snapshot of this very instant, which is told again
			}
			if levels[rows.Kind[i]] && rows.RawQty[i] != 0 {
				visit(&rows, i, s, !s.present[string(rows.Kind[i])+rows.Item[i]])
			}
		}
	}
	return nil
}

// zeroed says how many levels stand at the locations of a snapshot and how many of them it would set to zero.
func (w *worker) zeroed(ctx context.Context, p *part) (loss, scope int64, err error) {
	err = w.absent(ctx, p, func(_ *sellthrough.Rows, _ int, _ *shelf, missing bool) {
		scope++
		if missing {
			loss++
		}
	})
	return loss, scope, err
}

// imply writes a zero for every item that a full snapshot leaves out, flagged as implied. An explicit report of the same
// instant that is left out of the newer snapshot is corrected to zero.
func (w *worker) imply(ctx context.Context, b *build, p *part, res *resolve.Resolver, c *sellthrough.Counts) error {
	e := &p.end
	blk := sellthrough.Block{Dict: []string{""}}
	dict := map[string]uint32{"": 0}
	index := func(s string) uint32 {
		i, ok := dict[s]
		if !ok {
			i = uint32(len(blk.Dict))
			blk.Dict = append(blk.Dict, s)
			dict[s] = i
		}
		return i
	}
	err := w.absent(ctx, p, func(rows *sellthrough.Rows, i int, s *shelf, missing bool) {
		if !missing {
			return
		}
		blk.Row = append(blk.Row, 0)
		blk.Document, blk.LineKey = append(blk.Document, 0), append(blk.LineKey, 0)
		blk.Location, blk.Item = append(blk.Location, index(rows.Location[i])), append(blk.Item, index(rows.Item[i]))
		blk.Unit, blk.Currency = append(blk.Unit, index(rows.Unit[i])), append(blk.Currency, 0)
		blk.Counterparty, blk.Serial = append(blk.Counterparty, 0), append(blk.Serial, 0)
		blk.Kind = append(blk.Kind, rows.Kind[i])
		blk.Qty, blk.Amount, blk.HasAmount = append(blk.Qty, 0), append(blk.Amount, 0), append(blk.HasAmount, false)
		blk.At, blk.Day, blk.Version = append(blk.At, s.at), append(blk.Day, s.day), append(blk.Version, 0)
		blk.Function = append(blk.Function, sellthrough.Original)
	})
	if err != nil {
		return err
	}
	ids := p.run.Scan(&blk)
	if err := w.load(ctx, p); err != nil {
		return err
	}
	var implied sellthrough.Counts
	first := b.rows(e.Kind).Len()
	verdicts := p.run.Apply(w.state, &blk, ids, nil, &implied)
	b.lines(p, res, &blk, ids, verdicts, &implied)
	out := b.rows(e.Kind)
	for i := first; i < out.Len(); i++ {
		out.Flags[i] |= sellthrough.ImpliedZero
		out.Cause[i] = uint8(sellthrough.CauseImplied)
	}
	c.Implied += implied.New + implied.Corrected
	return nil
}
