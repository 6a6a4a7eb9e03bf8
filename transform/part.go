package transform

import (
	"context"
	"fmt"
	"time"

	"sellthrough"
	"sellthrough/internal/block"
	"sellthrough/internal/bus"
	"sellthrough/transform/restate"
)

// part is the part of one submission in this partition, ready to be decided.
type part struct {
	end     sellthrough.EndMark
	offset  int64 // of the end mark
	at      time.Time
	decided *sellthrough.Decision // of a vote; nil where the end mark decides
	run     *restate.Run
	blocks  []sellthrough.Block // decoded, unless the part is large
	ids     []restate.IDs
	repeat  bool              // an earlier attempt is in the books already: held, voted on or put off
	told    bool              // this very attempt is: it waited
	unfit   map[uint32]string // rows that the store can't keep, and why
}

// large says whether a part is applied in steps.
func (w *worker) large(e *sellthrough.EndMark) bool {
	refused := 0
	if e.Home != nil {
		refused = len(e.Home.RefusedBlocks)
	}
	return e.Lines > int64(w.t.opts.BatchLines) || refused > stepRefused
}

// votes says whether all partitions of the submission have a say before any of them applies it.
func votes(e *sellthrough.EndMark, decided *sellthrough.Decision) bool {
	return len(e.Partitions) > 1 && mayBeHeld(&part{end: *e, decided: decided})
}

// withdrawsMuch says whether a part may withdraw far more than it contains: its declared scope is wide, or only the ledger
// knows what is held in it, so that nothing may be pending before it either.
func withdrawsMuch(e *sellthrough.EndMark) bool {
	days := int(e.Scope.To-e.Scope.From) + 1
	wide := e.Scope.Declared && len(e.Scope.Locations)*days > 100 || !restate.BySlices(e)
	return restate.ActsByLedger(e) || restate.Covers(e) && e.Policy.Coverage != sellthrough.CoverNone && wide
}

// each reads the blocks of an end mark in order, from memory or from the log.
func (w *worker) each(ctx context.Context, e *sellthrough.EndMark, use func(*sellthrough.Block) error) error {
	decode := func(offset int64, value []byte) error {
		b, err := block.Read(value)
		if err != nil {
			return fmt.Errorf("block at offset %d: %w", offset, err)
		}
		return use(&b)
	}
	for i := 0; i < len(e.Blocks); {
		if v, ok := w.cache.take(e.Blocks[i]); ok {
			if err := decode(e.Blocks[i], v); err != nil {
				return err
			}
			i++
			continue
		}
		n := i + 1
		for n < len(e.Blocks) && !w.cache.has(e.Blocks[n]) {
			n++
		}
		done := 0
		err := w.hold(ctx, "read blocks", func() error {
			return w.t.opts.Log.At(ctx, bus.Lines, w.partition, w.inc, e.Blocks[i+done:n], func(m bus.Message) error {
				if err := decode(m.Offset, m.Value); err != nil {
					return err
				}
				done++
				return nil
			})
		})
		if err != nil {
			return err
		}
		i = n
	}
	return nil
}

// refusals reads refused rows of a home end mark.
func (w *worker) refusals(ctx context.Context, e *sellthrough.EndMark, offsets []int64) ([]sellthrough.RefusedBlock, error) {
	var out []sellthrough.RefusedBlock
	err := w.hold(ctx, "read refused rows", func() error {
		out = out[:0]
		return w.t.opts.Log.At(ctx, bus.Lines, w.partition, w.inc, offsets, func(m bus.Message) error {
			if rb, ok := parse[sellthrough.RefusedBlock](w, m); ok {
				rb.Feed, rb.Partner = e.Feed, e.Partner
				out = append(out, rb)
			}
			return nil
		})
	})
	return out, err
}

// prepare scans a part. Its blocks are kept in memory where keep says so; those of a snapshot always are.
func (w *worker) prepare(ctx context.Context, p *part, keep bool) error {
	p.run = restate.NewRun(&p.end)
	p.run.Unfit = p.unfit
	keep = keep || p.end.Policy.Coverage == sellthrough.CoverSnapshot
	err := w.each(ctx, &p.end, func(b *sellthrough.Block) error {
		ids := p.run.Scan(b)
		if keep {
			p.blocks = append(p.blocks, *b)
			p.ids = append(p.ids, ids)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if got := p.run.Lines(); got != p.end.Lines {
		return fmt.Errorf("submission %s: the end mark at offset %d says %d lines, its blocks hold %d", p.end.Submission, p.offset, p.end.Lines, got)
	}
	p.run.Declare()
	return nil
}

// space is where documents are numbered: a partner's namespace, of one kind of feed.
type space struct {
	partner, namespace string
	kind               sellthrough.FeedKind
}

// load brings the slices of runs into the state, all missing ones of a namespace in one query.
func (w *worker) load(ctx context.Context, parts ...*part) error {
	missing := map[space][]uint64{}
	var spaces []space // in the order of the parts: a run of the simulation can be played again
	for _, p := range parts {
		sp := space{string(p.end.Partner), p.end.Rule.Namespace, p.end.Kind}
		for _, s := range p.run.Slices {
			if w.state.Has(s) {
				continue
			}
			if !w.known.has(s) {
				w.state.Load(s, nil)
				continue
			}
			if missing[sp] == nil {
				spaces = append(spaces, sp)
			}
			missing[sp] = append(missing[sp], s)
		}
	}
	for _, sp := range spaces {
		slices := missing[sp]
		for len(slices) > 0 {
			n := min(len(slices), 20_000)
			if err := w.loadSlices(ctx, sp.partner, sp.namespace, sp.kind, slices[:n]); err != nil {
				return err
			}
			slices = slices[n:]
		}
	}
	return nil
}

func (w *worker) loadSlices(ctx context.Context, partner, namespace string, kind sellthrough.FeedKind, slices []uint64) error {
	var held []sellthrough.Held
	err := w.hold(ctx, "load state", func() (err error) {
		held, err = w.t.opts.Ledger.Slices(ctx, partner, namespace, kind, slices, w.redo)
		return err
	})
	if err != nil {
		return err
	}
	by := make(map[uint64][]sellthrough.Held, len(slices))
	for _, h := range held {
		by[h.Slice] = append(by[h.Slice], h)
	}
	for _, s := range slices {
		if !w.state.Has(s) {
			w.state.Load(s, by[s])
		}
	}
	return nil
}

// floors gives the look-up of newer words that left no row, or nil where there can be none: the part is the newest word
// of the partition. Floors of the batch in hand, which are not in the ledger yet, count too.
func (w *worker) floors(ctx context.Context, b *build, p *part) (restate.Floors, error) {
	e := &p.end
	if e.Revision >= w.newest {
		return nil, nil
	}
	ns := space{string(e.Partner), e.Rule.Namespace, ""}
	if _, ok := w.highest[ns]; !ok {
		err := w.hold(ctx, "load floors", func() error {
			rev, err := w.t.opts.Ledger.MaxFloor(ctx, ns.partner, ns.namespace, w.partition)
			w.highest[ns] = rev
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	var rows []sellthrough.Floor
	for _, f := range b.batch.Floors {
		if f.Partner == ns.partner && f.Namespace == ns.namespace && f.Revision > e.Revision {
			rows = append(rows, f)
		}
	}
	if e.Revision >= w.highest[ns] {
		if len(rows) == 0 && e.Policy.Coverage != sellthrough.CoverDocument {
			return nil, nil
		}
		return w.newerWords(e, rows), nil
	}
	var from, to sellthrough.Day
	locations := map[string]bool{}
	for _, b := range p.blocks {
		for i := range b.Len() {
			if d := b.Day[i]; from == 0 || d < from {
				from = d
			}
			to = max(to, b.Day[i])
			locations[b.Dict[b.Location[i]]] = true
		}
	}
	if sc := e.Scope; sc.Declared {
		if from == 0 || sc.From < from {
			from = sc.From
		}
		to = max(to, sc.To)
		for _, l := range sc.Locations {
			locations[l] = true
		}
	}
	if p.blocks == nil && e.Lines > 0 { // a large part: all of it
		from, to, locations = sellthrough.FirstDay, sellthrough.LastDay, nil
	}
	if e.Policy.Coverage == sellthrough.CoverPeriod {
		locations = nil // every location's floors
	}
	var names []string
	for l := range locations {
		names = append(names, l)
	}
	seen := append([]uint64{}, p.run.Slices...)
	if restate.Covers(e) && !restate.BySlices(e) {
		seen = nil // what it may withdraw lies in documents that it does not name, too
	}
	err := w.hold(ctx, "load floors", func() error {
		kept, err := w.t.opts.Ledger.Floors(ctx, ns.partner, ns.namespace, w.partition, seen, names, from, to, e.Revision, w.redo)
		rows = append(rows, kept...)
		return err
	})
	return w.newerWords(e, rows), err
}

// newerWords looks floors up by line.
func (w *worker) newerWords(e *sellthrough.EndMark, rows []sellthrough.Floor) restate.Floors {
	lines := map[sellthrough.LineRef]sellthrough.Floor{} // of whole documents with Line 0
	var ranges []sellthrough.Floor
	for _, f := range rows {
		ref := sellthrough.LineRef{Slice: f.Slice, Line: f.Line}
		if f.Slice == 0 {
			ranges = append(ranges, f)
		} else if f.Revision > lines[ref].Revision {
			lines[ref] = f
		}
	}
	byDocument := e.Policy.Coverage == sellthrough.CoverDocument
	return func(s restate.Spot) sellthrough.Floor {
		best := lines[sellthrough.LineRef{Slice: s.Slice, Line: s.Line}]
		if s.Act != 0 {
			if f := lines[sellthrough.LineRef{Slice: s.Act}]; f.Revision > best.Revision {
				best = f
			}
		}
		if s.Added {
			return best
		}
		if f := lines[sellthrough.LineRef{Slice: s.Slice}]; f.Revision > best.Revision {
			best = f
		}
		if byDocument { // a row of a document says that the document was covered at its revision
			w.state.Each(s.Slice, func(en restate.Entry) {
				if !en.Added() && en.Revision() > best.Revision {
					best.Revision, best.Version = en.Revision(), w.state.Version(s.Slice, en.Line)
				}
			})
		}
		for _, f := range ranges {
			if f.Revision > best.Revision && (f.Location == "" || f.Location == s.Location) && s.Day >= f.From && s.Day <= f.To {
				best = f
			}
		}
		return best
	}
}
