package transform

import (
	"context"
	"errors"

	"sellthrough"
)

// replay brings the lines of this partition in line with a shadow run: what the ledger says and the shadow does not goes,
// what the shadow says and the ledger does not comes. A line keeps the revision of the submission that said it: to every
// word after it, it is as if that submission had said so. Steps look for what is still to do, so a redo finds what the
// first try found, and the whole done again finds nothing.
func (w *worker) replay(o sellthrough.Order) func(context.Context, *build) (bool, error) {
	if o.Replay == nil {
		return func(context.Context, *build) (bool, error) { return false, nil }
	}
	after := map[sellthrough.FeedKind]sellthrough.LineRef{}
	return func(ctx context.Context, b *build) (more bool, err error) {
		for _, kind := range sellthrough.FeedKinds() {
			var rows sellthrough.Rows
			gone := false
			err := w.hold(ctx, "load what a replay changes", func() (err error) {
				rows, err = w.t.opts.Ledger.Replayed(ctx, kind, w.partition, *o.Replay, after[kind], max(1, w.t.stepRows/2), w.redo)
				if gone = errors.Is(err, sellthrough.ErrGone); gone {
					w.log.Error().Err(err).Str("shadow", o.Replay.Shadow).Msg("a replay can't be applied any more; what it did not change yet stays as it is")
					return nil
				}
				return err
			})
			if err != nil {
				return false, err
			}
			if rows.Len() == 0 {
				continue
			}
			out := b.rows(kind)
			for i := range rows.Len() {
				w.state.Forget(rows.Slice[i])
				after[kind] = sellthrough.LineRef{Slice: rows.Slice[i], Line: rows.Line[i]}
				out.AppendRow(&rows, i)
			}
		}
		return written(b), nil
	}
}
