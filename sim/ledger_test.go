package sim

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sellthrough"
	"sellthrough/sinks/road"
	"sellthrough/transform/reference"
)

// ledger is the server as the transformer reads it, from one process; what it writes goes by the real road.
type ledger struct {
	*road.Road
	v  *server
	by *process
}

func (v *server) ledger(by *process) ledger {
	return ledger{road.New(store{v, by}, window), v, by}
}

func (l ledger) ask(ctx context.Context, what string, answer func() error) error {
	return store{l.v, l.by}.ask(ctx, what, answer)
}

// kept drops what a token wrote. As in the tables, a batch is told by its first offset and step, not by its retries.
func kept(t sellthrough.Token, except *sellthrough.Token) bool {
	return except == nil || t.Partition != except.Partition || t.First != except.First || t.Step != except.Step || t.Incarnation != except.Incarnation
}

// held is the newest word of a line.
func held(rows []*row, except *sellthrough.Token) (h sellthrough.Held, ok bool) {
	signs := 0
	for _, r := range rows {
		if !kept(r.token, except) {
			continue
		}
		rev, ver := sellthrough.Revision(r.Revision[r.i]), r.Version[r.i]
		if !ok || ver > h.Version || ver == h.Version && (rev > h.Revision || rev == h.Revision && r.Sign[r.i] > 0) {
			h = sellthrough.Held{Slice: r.Slice[r.i], Line: r.Line[r.i], Content: r.Content[r.i], Revision: rev, Version: ver, Location: r.Location[r.i], Day: sellthrough.Day(r.Day[r.i]), Added: r.Flags[r.i]&sellthrough.Added != 0}
		}
		signs += int(r.Sign[r.i])
		ok = true
	}
	h.Live = signs > 0
	return h, ok
}

// standing is the newest positive row of a line.
func standing(rows []*row, except *sellthrough.Token) *row {
	var best *row
	for _, r := range rows {
		if r.Sign[r.i] < 0 || !kept(r.token, except) {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(r.Version[r.i], best.Version[best.i]), cmp.Compare(r.Revision[r.i], best.Revision[best.i]),
			cmp.Compare(r.Reference[r.i], best.Reference[best.i])) >= 0 {
			best = r
		}
	}
	return best
}

// each visits the lines whose first row passes, in the order of slice and line.
func (t *tables) each(pass func(*row) bool, visit func(sellthrough.LineRef, []*row)) {
	var refs []sellthrough.LineRef
	for ref, rows := range t.lines {
		if len(rows) > 0 && pass(rows[0]) {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, order)
	for _, ref := range refs {
		visit(ref, t.lines[ref])
	}
}

func order(a, b sellthrough.LineRef) int {
	return cmp.Or(cmp.Compare(a.Slice, b.Slice), cmp.Compare(a.Line, b.Line))
}

func (l ledger) Newest(ctx context.Context, _ string, p int) (intent, done *sellthrough.Intent, err error) {
	err = l.ask(ctx, fmt.Sprint("progress of ", p), func() error {
		void := map[sellthrough.Token]bool{}
		for _, n := range l.v.tables.notes {
			if n.kind == road.Void {
				void[n.Token] = true
			}
		}
		newest := func(kinds ...road.Kind) (best *sellthrough.Intent) {
			for _, n := range l.v.tables.notes {
				if slices.Contains(kinds, n.kind) && !(n.kind == road.Done && void[n.Token]) && n.Partition == p && (best == nil || n.Epoch > best.Epoch || n.Epoch == best.Epoch && !later(best.Token, n.Token)) {
					i := n.Intent
					best = &i
				}
			}
			return best
		}
		intent, done = newest(road.Intent, road.Void), newest(road.Done)
		return nil
	})
	return intent, done, err
}

func (l ledger) Known(ctx context.Context, p int, use func([]uint64)) error {
	var all []uint64
	err := l.ask(ctx, fmt.Sprint("slices of ", p), func() error {
		for _, r := range l.v.tables.rows {
			if r.token.Partition == p {
				all = append(all, r.Slice[r.i])
			}
		}
		return nil
	})
	if err == nil {
		use(all)
	}
	return err
}

func (l ledger) Slices(ctx context.Context, _, _ string, kind sellthrough.FeedKind, wanted []uint64, except *sellthrough.Token) (out []sellthrough.Held, err error) {
	err = l.ask(ctx, fmt.Sprint("load slices ", wanted), func() error {
		l.v.tables.each(func(r *row) bool { return r.kind == kind && slices.Contains(wanted, r.Slice[r.i]) }, func(_ sellthrough.LineRef, rows []*row) {
			if h, ok := held(rows, except); ok {
				out = append(out, h)
			}
		})
		return nil
	})
	return out, err
}

func (l ledger) Current(ctx context.Context, _, _ string, _ sellthrough.FeedKind, refs []sellthrough.LineRef, except *sellthrough.Token) (out sellthrough.Rows, err error) {
	err = l.ask(ctx, fmt.Sprint("load old rows ", refs), func() error {
		for _, ref := range refs {
			if r := standing(l.v.tables.lines[ref], except); r != nil {
				out.AppendRow(r.Rows, r.i)
			}
		}
		return nil
	})
	return out, err
}

func (l ledger) InScope(ctx context.Context, partner, ns string, kind sellthrough.FeedKind, p int, sc sellthrough.Scope, except *sellthrough.Token) (out []sellthrough.Held, err error) {
	err = l.ask(ctx, fmt.Sprint("load scope ", p, ns, sc), func() error {
		in := func(r *row) bool {
			d := sellthrough.Day(r.Day[r.i])
			return d >= sc.From && d <= sc.To && (len(sc.Locations) == 0 || slices.Contains(sc.Locations, r.Location[r.i]))
		}
		mine := func(r *row) bool {
			return r.kind == kind && r.token.Partition == p && r.Partner[r.i] == partner && r.Namespace[r.i] == ns
		}
		l.v.tables.each(mine, func(_ sellthrough.LineRef, rows []*row) {
			inside := slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return !in(r) })
			if h, ok := held(inside, except); ok && h.Live {
				out = append(out, h)
			}
		})
		return nil
	})
	return out, err
}

func (l ledger) OfDocuments(ctx context.Context, partner, ns string, kind sellthrough.FeedKind, p int, documents []string, except *sellthrough.Token) (out []sellthrough.Held, err error) {
	err = l.ask(ctx, fmt.Sprint("load documents ", p, ns, documents), func() error {
		mine := func(r *row) bool {
			return r.kind == kind && r.token.Partition == p && r.Partner[r.i] == partner && r.Namespace[r.i] == ns
		}
		l.v.tables.each(mine, func(_ sellthrough.LineRef, rows []*row) {
			h, ok := held(rows, except)
			if r := standing(rows, except); ok && h.Live && slices.Contains(documents, r.Document[r.i]) {
				h.Document = r.Document[r.i]
				out = append(out, h)
			}
		})
		return nil
	})
	return out, err
}

func (l ledger) LatestLevels(ctx context.Context, partner, ns string, p int, locations []string, before int64, except *sellthrough.Token) (out sellthrough.Rows, err error) {
	type key struct {
		location, item string
		level          uint8
	}
	err = l.ask(ctx, fmt.Sprint("load levels ", p, locations, before), func() error {
		best := map[key]*row{}
		var keys []key
		mine := func(r *row) bool {
			return r.kind == sellthrough.Stock && r.token.Partition == p && r.Partner[r.i] == partner && r.Namespace[r.i] == ns &&
				r.At[r.i] < before && slices.Contains(locations, r.Location[r.i])
		}
		l.v.tables.each(mine, func(_ sellthrough.LineRef, rows []*row) {
			h, _ := held(rows, except)
			r := standing(rows, except)
			if r == nil || !h.Live {
				return
			}
			k := key{r.Location[r.i], r.Item[r.i], r.Rows.Kind[r.i]}
			b := best[k]
			if b == nil {
				keys = append(keys, k)
			}
			if b == nil || r.At[r.i] > b.At[b.i] {
				best[k] = r
			}
		})
		for _, k := range keys {
			out.AppendRow(best[k].Rows, best[k].i)
		}
		return nil
	})
	return out, err
}

func (l ledger) OfRevision(ctx context.Context, kind sellthrough.FeedKind, p int, rev sellthrough.Revision, _ int, except *sellthrough.Token) (now, before sellthrough.Rows, err error) {
	err = l.ask(ctx, fmt.Sprint("load what is undone ", p, rev), func() error {
		l.v.tables.each(func(r *row) bool { return r.kind == kind && r.token.Partition == p }, func(_ sellthrough.LineRef, rows []*row) {
			h, ok := held(rows, except)
			if !ok || h.Revision != rev {
				return
			}
			if h.Live {
				r := standing(rows, except)
				now.AppendRow(r.Rows, r.i)
			}
			older := slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return sellthrough.Revision(r.Revision[r.i]) >= rev })
			if was, ok := held(older, except); ok && was.Live {
				r := standing(older, except)
				before.AppendRow(r.Rows, r.i)
				before.Version[before.Len()-1] = max(before.Version[before.Len()-1], h.Version)
			}
		})
		return nil
	})
	return now, before, err
}

// Reflowable gives more than what may read otherwise, which is harmless: all that stands.
func (l ledger) Reflowable(ctx context.Context, kind sellthrough.FeedKind, p int, _ reference.Change, after sellthrough.LineRef, limit int, except *sellthrough.Token) (out sellthrough.Rows, err error) {
	err = l.ask(ctx, fmt.Sprint("load lines to read anew ", p, kind, after), func() error {
		l.v.tables.each(func(r *row) bool { return r.kind == kind && r.token.Partition == p }, func(ref sellthrough.LineRef, rows []*row) {
			if h, ok := held(rows, except); ok && h.Live && order(ref, after) > 0 && out.Len() < limit {
				r := standing(rows, except)
				out.AppendRow(r.Rows, r.i)
			}
		})
		return nil
	})
	return out, err
}

func (l ledger) Reference(ctx context.Context, rev sellthrough.Revision) (t reference.Tables, err error) {
	err = l.ask(ctx, fmt.Sprint("reference version ", rev), func() error {
		v, ok := l.v.refs[rev]
		if !ok {
			return fmt.Errorf("reference version %d is not there yet", rev)
		}
		t = v.tables
		return nil
	})
	return t, err
}

func (l ledger) LatestReference(ctx context.Context) (rev sellthrough.Revision, content string, err error) {
	err = l.ask(ctx, "latest reference version", func() error {
		for r, v := range l.v.refs {
			if r > rev {
				rev, content = r, v.content
			}
		}
		return nil
	})
	return rev, content, err
}

func (l ledger) SaveReference(ctx context.Context, rev sellthrough.Revision, content, _ string, t reference.Tables) error {
	return l.ask(ctx, fmt.Sprint("save reference version ", rev), func() error { l.v.refs[rev] = refVersion{content, t}; return nil })
}
