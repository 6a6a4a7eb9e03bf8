package transform

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sellthrough"
)

// What the store calls bad. A batch is validated before its intent, so this is a limit that nobody thought of: the store's
// word that a line's type, range or length does not go. It is halved until the bad line stands alone:
//
//	insert refused · halves are tried without effect · rows of the token are taken out · a new intent that lists the lines · redo
//
// The redo of that intent is the one that a crash would leave to the next owner, so there is one way to the end, wherever
// the process dies. After any other error only the same token is tried again.

// errAnew ends a worker whose batch is to be redone by another one, with nothing remembered of the first try.
var errAnew = errors.New("the batch is written anew")

// own works on a partition until its owner is told to stop.
func (t *Transformer) own(ctx context.Context, w func() *worker) error {
	for {
		if err := w().run(ctx); !errors.Is(err, errAnew) {
			return err
		}
	}
}

// maxAlone bounds how many lines of a batch are looked for one by one. A file in which every line is bad would take a try a
// line; beyond this many the half that fails is refused as it is, and says so.
const maxAlone = 10_000

// unit is what stands or falls together: the row of a line, and the old row that it takes out.
type unit struct {
	kind sellthrough.FeedKind
	rows []int
	line *sellthrough.UnfitLine // nil: no line of a submission, such as a withdrawal; it can't be refused
}

// units are the rows of a batch by the lines that caused them.
func (b *build) units() []unit {
	var out []unit
	b.batch.Each(func(kind sellthrough.FeedKind, rows *sellthrough.Rows) {
		with := map[int]int{} // row → the row of its line
		for _, p := range b.caused {
			if p.kind == kind && p.row >= 0 {
				with[p.takes] = p.row
			}
		}
		at := map[int]int{} // row of a line → its unit
		for i := range rows.Len() {
			if by, ok := with[i]; ok {
				if u, ok := at[by]; ok {
					out[u].rows = append(out[u].rows, i)
					continue
				}
			}
			u := unit{kind: kind, rows: []int{i}}
			if c := sellthrough.Cause(rows.Cause[i]); rows.Sign[i] > 0 && rows.Row[i] > 0 && (c == sellthrough.CauseNew || c == sellthrough.CauseCorrected) {
				u.line = &sellthrough.UnfitLine{Revision: sellthrough.Revision(rows.Revision[i]), Row: rows.Row[i]}
				at[i] = len(out)
			}
			out = append(out, u)
		}
	})
	return out
}

// only is a batch of some units of another.
func (b *build) only(units []unit) *sellthrough.Batch {
	out := &sellthrough.Batch{Intent: b.batch.Intent, Known: b.batch.Known}
	for _, u := range units {
		to := out.Of(u.kind)
		for _, i := range u.rows {
			to.AppendRow(b.rows(u.kind), i)
		}
	}
	return out
}

// unfit finds the lines of a batch that the store can't keep. None are found where the store takes all of them now, where
// only their sum is refused, or where what is refused is no line: then the batch is tried again as it is.
func (w *worker) unfit(ctx context.Context, b *build) ([]sellthrough.UnfitLine, error) {
	var found []sellthrough.UnfitLine
	err := w.hold(ctx, "look for bad lines", func() error {
		found = found[:0]
		try, end, err := w.t.opts.Ledger.Examine(ctx, w.partition)
		if err != nil {
			return err
		}
		defer end()
		return w.halve(ctx, b, b.units(), try, &found)
	})
	return found, err
}

// halve tries units, and their halves where they are refused.
func (w *worker) halve(ctx context.Context, b *build, units []unit, try func(context.Context, *sellthrough.Batch) error, found *[]sellthrough.UnfitLine) error {
	if len(units) == 0 {
		return nil
	}
	err := try(ctx, b.only(units))
	u, bad := sellthrough.AsUnfit(err)
	switch {
	case err == nil:
		return nil
	case !bad:
		return err
	case len(units) > 1 && len(*found) < maxAlone:
		half := len(units) / 2
		if err := w.halve(ctx, b, units[:half], try, found); err != nil {
			return err
		}
		return w.halve(ctx, b, units[half:], try, found)
	}
	reason := u.Reason
	if len(units) > 1 {
		reason = fmt.Sprintf("one of %d lines here can't be kept, and more than %d of the report before: %s", len(units), maxAlone, reason)
	}
	for _, x := range units {
		if x.line == nil {
			w.log.Error().Err(u).Str("table", u.Table).Msg("the store refuses a row that is no line of a report; the line holds until the table is mended")
			continue
		}
		line := *x.line
		line.Reason = reason
		*found = append(*found, line)
	}
	return nil
}

// refuse begins a batch anew without lines that the store can't keep. It always ends in an error: errAnew where the new
// intent is written.
func (w *worker) refuse(ctx context.Context, b *build, lines []sellthrough.UnfitLine) error {
	o := w.t.opts
	i := b.batch.Intent
	w.log.Warn().Int64("first", i.First).Int64("last", i.Last).Int("lines", len(lines)).Str("reason", lines[0].Reason).Msg("the store can't keep some lines; they are refused, and the batch is written anew without them")
	o.Fault(AfterRefusal, w.partition)
	if err := w.hold(ctx, "take the refused batch out", func() error { return o.Ledger.Heal(ctx, &b.batch) }); err != nil {
		return err
	}
	o.Fault(AfterRemoval, w.partition)
	i.Retry++
	i.Unfit = slices.Concat(i.Unfit, lines)
	if err := w.hold(ctx, "intend", func() error { return o.Ledger.Intend(ctx, i) }); err != nil {
		return err
	}
	o.Fault(AfterHalving, w.partition)
	w.t.metrics.unfit.Add(float64(len(lines)))
	return errAnew
}

// unfitRows are the rows of a submission that are left out of the batch in hand.
func (w *worker) unfitRows(rev sellthrough.Revision) map[uint32]string {
	var out map[uint32]string
	for _, l := range w.left {
		if l.Revision == rev {
			if out == nil {
				out = map[uint32]string{}
			}
			out[l.Row] = l.Reason
		}
	}
	return out
}
