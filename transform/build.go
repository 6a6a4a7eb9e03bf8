package transform

import (
	"context"
	"fmt"

	"sellthrough"
	"sellthrough/transform/resolve"
	"sellthrough/transform/restate"
)

// build gathers what a batch inserts.
type build struct {
	w      *worker
	batch  sellthrough.Batch
	expect map[sellthrough.FeedKind]int // lines that may become rows, to make room for them at once
	takes  []take                       // old rows to take out, in the order of the lines that caused them
	caused []pair                       // rows that take an old one out because of a line: both stand or fall together
}

// pair is a row that takes an old one out, and the row of the line that caused it; -1 where no line did.
type pair struct {
	kind       sellthrough.FeedKind
	takes, row int
}

// take is an old row to negate: that of ref as it stood when the batch's rows numbered at.
type take struct {
	kind      sellthrough.FeedKind
	partner   string
	namespace string
	ref       sellthrough.LineRef
	at        int
	cause     sellthrough.Cause
	revision  sellthrough.Revision
	version   uint64
}

func (b *build) rows(kind sellthrough.FeedKind) *sellthrough.Rows { return b.batch.Of(kind) }

// lines emits the rows of a block by its verdicts.
func (b *build) lines(p *part, res *resolve.Resolver, blk *sellthrough.Block, ids restate.IDs, verdicts []restate.Verdict, c *sellthrough.Counts) {
	e := &p.end
	out := b.rows(e.Kind)
	if out.Len() == 0 {
		out.Reserve(fresh(verdicts) * max(1, b.expect[e.Kind]) / max(1, len(verdicts)))
	}
	var codes resolve.Codes
	var f resolve.Facts
	partner, feed, ns := string(e.Partner), string(e.Feed), e.Rule.Namespace
	d := blk.Dict
	more := blk.Until != nil
	for _, column := range blk.MoreColumns() {
		more = more || *column != nil
	}
	var refused []sellthrough.Refusal
	for i, v := range verdicts {
		if v == restate.Refused {
			refused = append(refused, sellthrough.Refusal{Row: blk.Row[i], Reason: p.run.Unfit[blk.Row[i]]})
			continue
		}
		if v != restate.New && v != restate.Corrected {
			continue
		}
		slice := p.run.Slices[ids.Slot[i]]
		cause := sellthrough.CauseNew
		if v == restate.Corrected {
			cause = sellthrough.CauseCorrected
			b.takes = append(b.takes, take{e.Kind, partner, ns, sellthrough.LineRef{Slice: slice, Line: ids.Line[i]}, out.Len(), cause, e.Revision, blk.Version[i]})
		}
		codes = resolve.Codes{
			Item: d[blk.Item[i]], Location: d[blk.Location[i]], Unit: d[blk.Unit[i]], Currency: d[blk.Currency[i]],
			Counterparty: d[blk.Counterparty[i]],
			Qty:          blk.Qty[i], Amount: blk.Amount[i], HasAmount: blk.HasAmount[i], At: blk.At[i], Day: blk.Day[i],
		}
		var said sellthrough.More
		if more {
			said = blk.MoreOf(i)
			codes.Destination = said.Destination
		}
		res.Line(codes, &f)
		if blk.Function[i] == sellthrough.Add {
			f.Flags |= sellthrough.Added
		}
		if f.Flags&(sellthrough.UnknownItem|sellthrough.UnknownPlace) != 0 {
			c.Unmatched++
		}
		out.Partner = append(out.Partner, partner)
		out.Feed = append(out.Feed, feed)
		out.Namespace = append(out.Namespace, ns)
		out.Slice = append(out.Slice, slice)
		out.Line = append(out.Line, ids.Line[i])
		out.Content = append(out.Content, ids.Content[i])
		out.Revision = append(out.Revision, uint64(e.Revision))
		out.Version = append(out.Version, blk.Version[i])
		out.Reference = append(out.Reference, uint64(b.w.reference))
		out.Cause = append(out.Cause, uint8(cause))
		out.Sign = append(out.Sign, 1)
		out.Row = append(out.Row, blk.Row[i])
		out.Kind = append(out.Kind, blk.Kind[i])
		out.Document = append(out.Document, d[blk.Document[i]])
		out.LineKey = append(out.LineKey, d[blk.LineKey[i]])
		out.Location = append(out.Location, codes.Location)
		out.Place = append(out.Place, f.Place)
		out.Item = append(out.Item, codes.Item)
		out.Product = append(out.Product, f.Product)
		out.Unit = append(out.Unit, codes.Unit)
		out.Currency = append(out.Currency, f.Currency)
		out.Qty = append(out.Qty, f.Qty)
		out.Amount = append(out.Amount, int64(codes.Amount))
		out.Base = append(out.Base, f.Base)
		out.RawQty = append(out.RawQty, int64(codes.Qty))
		out.Flags = append(out.Flags, f.Flags)
		out.Day = append(out.Day, int32(codes.Day))
		out.BusinessDate = append(out.BusinessDate, int32(f.BusinessDate))
		out.At = append(out.At, codes.At)
		out.SoldAt = append(out.SoldAt, f.SoldAt)
		out.Counterparty = append(out.Counterparty, codes.Counterparty)
		out.Serial = append(out.Serial, d[blk.Serial[i]])
		if more || f.Party != "" {
			out.SetMore(out.Len()-1, sellthrough.MoreRow{More: said, Party: f.Party, Region: f.Region})
		}
	}
	if len(refused) > 0 {
		b.batch.Refusals = append(b.batch.Refusals, sellthrough.RefusedBlock{Submission: e.Submission, Feed: e.Feed, Partner: e.Partner, Rows: refused})
	}
}

// fresh counts the lines of a block that become rows.
func fresh(verdicts []restate.Verdict) (n int) {
	for _, v := range verdicts {
		if v == restate.New || v == restate.Corrected {
			n++
		}
	}
	return n
}

// withdraw notes lines that a complete report does not contain.
func (b *build) withdraw(p *part, refs []sellthrough.LineRef) {
	e := &p.end
	n := b.rows(e.Kind).Len()
	for _, ref := range refs {
		b.takes = append(b.takes, take{e.Kind, string(e.Partner), e.Rule.Namespace, ref, n, sellthrough.CauseWithdrawn, e.Revision, p.run.VersionOf(ref.Slice)})
	}
}

// settle writes the negated old rows: of a row that this very batch wrote, or of the ledger's. Old content is read only
// for lines that really changed, all of a namespace in one query.
func (b *build) settle(ctx context.Context) error {
	if len(b.takes) == 0 {
		return nil
	}
	for _, kind := range sellthrough.FeedKinds() {
		if err := b.settleKind(ctx, kind); err != nil {
			return err
		}
	}
	b.takes = nil
	return nil
}

func (b *build) settleKind(ctx context.Context, kind sellthrough.FeedKind) error {
	wanted := map[sellthrough.LineRef]int{} // newest row of the batch, -1: none yet
	for _, t := range b.takes {
		if t.kind == kind {
			wanted[t.ref] = -1
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	rows := b.rows(kind)
	type space struct{ partner, namespace string }
	ask := map[space][]sellthrough.LineRef{}
	var spaces []space
	source := make([]int, len(b.takes)) // row of the batch, or -1: the ledger's
	seen := 0
	for k, t := range b.takes {
		if t.kind != kind {
			continue
		}
		for ; seen < t.at; seen++ {
			ref := sellthrough.LineRef{Slice: rows.Slice[seen], Line: rows.Line[seen]}
			if _, ok := wanted[ref]; ok && rows.Sign[seen] > 0 {
				wanted[ref] = seen
			}
		}
		if source[k] = wanted[t.ref]; source[k] < 0 {
			sp := space{t.partner, t.namespace}
			if ask[sp] == nil {
				spaces = append(spaces, sp)
			}
			ask[sp] = append(ask[sp], t.ref)
		}
	}
	old := map[sellthrough.LineRef]*rowAt{}
	for _, sp := range spaces {
		refs := ask[sp]
		var got sellthrough.Rows
		err := b.w.hold(ctx, "load old rows", func() (err error) {
			got, err = b.w.t.opts.Ledger.Current(ctx, sp.partner, sp.namespace, kind, refs, b.w.redo)
			return err
		})
		if err != nil {
			return err
		}
		for i := range got.Len() {
			old[sellthrough.LineRef{Slice: got.Slice[i], Line: got.Line[i]}] = &rowAt{&got, i}
		}
	}
	for k, t := range b.takes {
		if t.kind != kind {
			continue
		}
		from := &rowAt{rows, source[k]}
		if source[k] < 0 {
			if from = old[t.ref]; from == nil {
				return fmt.Errorf("line %x of slice %x is to be %s but the ledger holds no row of it", t.ref.Line, t.ref.Slice, t.cause)
			}
		}
		rows.AppendNegated(from.rows, from.i, t.cause, t.revision, t.version)
		by := -1
		if t.cause == sellthrough.CauseCorrected {
			by = t.at
		}
		b.caused = append(b.caused, pair{kind, rows.Len() - 1, by})
	}
	return nil
}

// rowAt is a row of some rows.
type rowAt struct {
	rows *sellthrough.Rows
	i    int
}
