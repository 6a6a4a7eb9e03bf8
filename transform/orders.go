package transform

import (
	"context"

	"sellthrough"
	"sellthrough/internal/bus"
	"sellthrough/transform/reference"
	"sellthrough/transform/resolve"
)

// order works off a command to the owners of partitions, in bounded steps. Every step looks for what is still to do, so
// a redo of a step finds what the first try found.
func (w *worker) order(ctx context.Context, m bus.Message, from, only int) error {
	o, ok := parse[sellthrough.Order](w, m)
	if !ok {
		return w.commit(ctx, w.begin([]bus.Message{m}), nil, from, true)
	}
	var next func(context.Context, *build) (more bool, err error)
	switch o.Kind {
	case sellthrough.OrderReference:
		f, err := w.reflow(ctx, o)
		if err != nil {
			return err
		}
		next = f
	case sellthrough.OrderUndo:
		next = w.undo(o)
	case sellthrough.OrderReplay:
		next = w.replay(o)
	default:
		w.log.Error().Str("order", string(o.Kind)).Msg("unknown order is passed over")
		next = func(context.Context, *build) (bool, error) { return false, nil }
	}
	for step := from; ; step++ {
		b := w.begin([]bus.Message{m})
		more, err := next(ctx, b)
		if err != nil {
			return err
		}
		if !more {
			b.batch.OrdersDone = append(b.batch.OrdersDone, o)
			if o.Kind == sellthrough.OrderReference && o.Revision > w.reference {
				b.batch.Reference = o.Revision
			}
		}
		if err := w.commit(ctx, b, nil, step, !more); err != nil {
			return err
		}
		if !more {
			if b.batch.Reference != w.reference {
				return w.force(ctx, b.batch.Reference)
			}
			return nil
		}
		if step == only {
			return nil
		}
	}
}

// reflow reads the held lines anew that a reference version may read otherwise: −1 for the old reading, +1 for the new.
// Identity, content and revision stay: the partner said nothing new.
func (w *worker) reflow(ctx context.Context, o sellthrough.Order) (func(context.Context, *build) (bool, error), error) {
	if o.Revision <= w.reference && w.redo == nil {
		return func(context.Context, *build) (bool, error) { return false, nil }, nil // said twice
	}
	old := w.version
	var now *reference.Version
	err := w.hold(ctx, "reference", func() error {
		t, err := w.t.opts.Ledger.Reference(ctx, o.Revision)
		if err != nil {
			return err
		}
		now, err = reference.New(o.Revision, w.t.opts.Reporting, t)
		return err
	})
	if err != nil {
		return nil, err
	}
	change := reference.Diff(old, now)
	readers := map[string]*resolve.Resolver{}
	return func(ctx context.Context, b *build) (more bool, err error) {
		if change.Empty() {
			return false, nil
		}
		for _, kind := range sellthrough.FeedKinds() {
			var after sellthrough.LineRef
			for {
				var rows sellthrough.Rows
				err := w.hold(ctx, "load lines to read anew", func() (err error) {
					rows, err = w.t.opts.Ledger.Reflowable(ctx, kind, w.partition, change, after, w.t.stepRows/2, w.redo)
					return err
				})
				if err != nil {
					return false, err
				}
				if rows.Len() == 0 {
					break
				}
				out := b.rows(kind)
				for i := range rows.Len() {
					after = sellthrough.LineRef{Slice: rows.Slice[i], Line: rows.Line[i]}
					w.reread(out, &rows, i, now, readers)
				}
				if out.Len() >= w.t.stepRows {
					return true, nil
				}
				if rows.Len() < w.t.stepRows/2 {
					break
				}
			}
		}
		return written(b), nil
	}, nil
}

// reread writes both readings of a held row where they differ.
func (w *worker) reread(out, rows *sellthrough.Rows, i int, now *reference.Version, readers map[string]*resolve.Resolver) {
	feed := rows.Feed[i]
	r := readers[feed]
	if r == nil {
		p, ok := w.t.opts.Policies[sellthrough.FeedID(feed)]
		if !ok {
			w.log.Warn().Str("feed", feed).Msg("lines of a feed that is not configured keep their reading")
			p = sellthrough.Policy{PartnerZone: "UTC"}
		}
		f, err := resolve.NewFrame(sellthrough.PartnerID(rows.Partner[i]), p)
		if err != nil {
			w.log.Error().Err(err).Str("feed", feed).Msg("lines keep their reading")
			return
		}
		r = resolve.New(f, now)
		readers[feed] = r
	}
	var f resolve.Facts
	said := rows.MoreOf(i)
	r.Line(resolve.Codes{
		Item: rows.Item[i], Location: rows.Location[i], Unit: rows.Unit[i], Currency: rows.Currency[i],
		Counterparty: rows.Counterparty[i], Destination: said.Destination,
		Qty: sellthrough.Decimal(rows.RawQty[i]), Amount: sellthrough.Decimal(rows.Amount[i]),
		HasAmount: rows.Flags[i]&sellthrough.HasAmount != 0, At: rows.At[i], Day: sellthrough.Day(rows.Day[i]),
	}, &f)
	f.Flags |= rows.Flags[i] & (sellthrough.ImpliedZero | sellthrough.Added)
	if f.Product == rows.Product[i] && f.Place == rows.Place[i] && f.Qty == rows.Qty[i] && f.Base == rows.Base[i] && f.Flags == rows.Flags[i] &&
		int32(f.BusinessDate) == rows.BusinessDate[i] && f.SoldAt == rows.SoldAt[i] && f.Party == said.Party && f.Region == said.Region {
		return
	}
	out.AppendNegated(rows, i, sellthrough.CauseReflowed, sellthrough.Revision(rows.Revision[i]), rows.Version[i])
	out.AppendRow(rows, i)
	n := out.Len() - 1
	out.Product[n], out.Place[n], out.Qty[n], out.Base[n], out.Flags[n] = f.Product, f.Place, f.Qty, f.Base, f.Flags
	out.BusinessDate[n], out.SoldAt[n] = int32(f.BusinessDate), f.SoldAt
	if said.Party, said.Region = f.Party, f.Region; rows.More != nil || said != (sellthrough.MoreRow{}) {
		out.SetMore(n, said)
	}
	out.Cause[n], out.Sign[n] = uint8(sellthrough.CauseReflowed), 1
	out.Reference[n], out.Reference[n-1] = uint64(now.Revision), uint64(now.Revision)
}

// undo takes back what a submission wrote, where it is still the newest word: a line it brought goes, a line it
// corrected or withdrew stands again as it was before.
func (w *worker) undo(o sellthrough.Order) func(context.Context, *build) (bool, error) {
	return func(ctx context.Context, b *build) (more bool, err error) {
		for _, kind := range sellthrough.FeedKinds() {
			var now, before sellthrough.Rows
			err := w.hold(ctx, "load what is undone", func() (err error) {
				now, before, err = w.t.opts.Ledger.OfRevision(ctx, kind, w.partition, o.Undone, w.t.stepRows/2, w.redo)
				return err
			})
			if err != nil {
				return false, err
			}
			if now.Len()+before.Len() == 0 {
				continue
			}
			out := b.rows(kind)
			for i := range now.Len() {
				w.state.Forget(now.Slice[i])
				out.AppendNegated(&now, i, sellthrough.CauseUndone, o.Revision, now.Version[i])
			}
			for i := range before.Len() {
				w.state.Forget(before.Slice[i])
				out.AppendRow(&before, i)
				n := out.Len() - 1
				out.Cause[n], out.Revision[n], out.Sign[n] = uint8(sellthrough.CauseUndone), uint64(o.Revision), 1
			}
		}
		return written(b), nil
	}
}

// written says whether a step of an order wrote rows. The last step of an order writes none: it only says that all is
// done, so that a redo of it, under the version that it put in force, has nothing to find.
func written(b *build) bool { return b.batch.Len() > 0 }
