package sim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	gocmp "github.com/google/go-cmp/cmp"

	"sellthrough"
)

// outcome is what the books say became of a file, in all its partitions together.
type outcome struct {
	counts        sellthrough.Counts
	held, applied bool
}

// outcome reads the books as the views do: of a partition, what was applied, else the newest attempt that is held.
func (w *world) outcome(f *file) (o outcome, ok bool) {
	rc := f.receipt
	if rc.Submission == "" {
		return o, false
	}
	for _, p := range rc.Partitions {
		var held *sellthrough.Outcome
		var c sellthrough.Counts
		closed := false
		for i := range w.v.tables.outcomes {
			x := &w.v.tables.outcomes[i]
			switch {
			case x.v.Submission != rc.Submission || x.token.Partition != p:
			case x.v.Held:
				if held == nil || x.v.Attempt >= held.Attempt {
					held = &x.v
				}
			default:
				c = c.Add(x.v.Counts)
				closed = closed || !x.v.Partial
			}
		}
		switch {
		case closed:
			o.applied = true
		case held != nil:
			c, o.held = held.Counts, true
		default:
			return o, false
		}
		o.counts = o.counts.Add(c)
	}
	return o, true
}

// judge holds what came out against what had to.
func (w *world) judge() {
	for _, k := range w.kinds {
		w.judgeBooks(k)
		if k.apply != nil {
			w.judgeLines(k)
		}
	}
	w.judgeStock()
	w.judgeSums()
	w.judgeReading()
	for p := range w.g.parts {
		for id, u := range w.v.tables.unresolved(p, nil) {
			if u.State != sellthrough.IsHeld {
				w.fail("partition %d: %s is neither applied nor held: %+v", p, id, u)
			}
		}
	}
	if open, _ := w.v.holds(); len(open) > 0 {
		w.fail("the road is held: %v", open)
	}
}

// judgeBooks: received = refused + held + new + duplicate + corrected + superseded, told once, and as the ledger says.
func (w *world) judgeBooks(k *kind) {
	for _, f := range w.files[k.feed] {
		if f.receipt.Submission == "" {
			w.fail("%s was never taken", f.name)
			continue
		}
		o, ok := w.outcome(f)
		if !ok {
			w.fail("%s is not in the books of all its partitions %v", f.name, f.receipt.Partitions)
			continue
		}
		if o.held && o.applied {
			w.fail("%s is held in part", f.name)
		}
		if o.counts.Lines()+f.refused() != int64(len(f.lines)) {
			w.fail("%s has %d lines, %d refused; the books hold %+v", f.name, len(f.lines), f.refused(), o.counts)
		}
		var c sellthrough.Counts
		for _, r := range w.v.tables.rows {
			if sellthrough.Revision(r.Revision[r.i]) != f.receipt.Revision {
				continue
			}
			switch cause := sellthrough.Cause(r.Cause[r.i]); {
			case cause == sellthrough.CauseNew && r.Sign[r.i] > 0:
				c.New++
			case cause == sellthrough.CauseCorrected && r.Sign[r.i] > 0:
				c.Corrected++
			case cause == sellthrough.CauseWithdrawn:
				c.Withdrawn++
			}
		}
		if b := o.counts; c.New != b.New || c.Corrected != b.Corrected || c.Withdrawn != b.Withdrawn {
			w.fail("%s: new, corrected, withdrawn are %d %d %d in the books, %d %d %d in the ledger", f.name, b.New, b.Corrected, b.Withdrawn, c.New, c.Corrected, c.Withdrawn)
		}
		refused := 0
		for _, x := range w.v.tables.refused {
			if x.v.Submission == f.receipt.Submission {
				refused += len(x.v.Rows)
			}
		}
		if int64(refused) != f.refused()+o.counts.Refused {
			w.fail("%s has %d bad lines, and %d that the server could not keep; the books list %d", f.name, f.refused(), o.counts.Refused, refused)
		}
		if n := w.unfit(k, f); o.counts.Refused > int64(n) {
			w.fail("%s has %d lines that the server can't keep; %d are refused", f.name, n, o.counts.Refused)
		}
		told := map[uint32]int{}
		for _, h := range w.v.tables.homes {
			if h.v.Submission == f.receipt.Submission {
				told[h.v.Attempt]++
			}
		}
		for attempt, n := range told {
			if n > 1 {
				w.fail("%s stands %d times in the books of its attempt %d", f.name, n, attempt)
			}
		}
		if len(told) == 0 {
			w.fail("%s as a whole is not in the books", f.name)
		}
	}
}

// unfit is how many lines of a file the server can't keep.
func (w *world) unfit(k *kind, f *file) int { return int(w.fit(k, f).refused() - f.refused()) }

// fit is a file in which they are lines that can't be read.
func (w *world) fit(k *kind, f *file) *file {
	if w.v.unfits == nil {
		return f
	}
	g := *f
	g.lines = slices.Clone(f.lines)
	for i := range g.lines {
		g.lines[i].bad = g.lines[i].bad || w.v.unfits(string(k.feed), g.lines[i])
	}
	return &g
}

// inOrder is the files of a kind in the order of their revisions.
func (w *world) inOrder(k *kind) []*file {
	return slices.SortedFunc(slices.Values(w.files[k.feed]), func(a, b *file) int { return cmp.Compare(a.receipt.Revision, b.receipt.Revision) })
}

// judgeLines: what stands is what the files that are not held come to, one after the other.
func (w *world) judgeLines(k *kind) {
	want := map[string]fact{}
	for _, f := range w.inOrder(k) {
		o, _ := w.outcome(f)
		if w.strict {
			w.judgeHold(k, w.fit(k, f), o, want)
		}
		if !o.held {
			k.apply(want, w.fit(k, f))
		}
	}
	expect, got := map[string]int64{}, map[string]int64{}
	for id, l := range want {
		if k.keyed {
			expect[id] += l.qty
		} else {
			expect[l.content()] += l.qty
		}
	}
	for _, r := range w.v.tables.rows {
		if r.Feed[r.i] == string(k.feed) {
			id := k.id(r)
			if got[id] += r.RawQty[r.i] / int64(sellthrough.One); got[id] == 0 {
				delete(got, id)
			}
		}
	}
	if d := gocmp.Diff(expect, got); d != "" {
		w.fail("feed %s: the ledger differs from what was sent (-want +got):\n%s", k.feed, d)
	}
}

// judgeHold: a file is held where it would take away more than its feed's share of what stands.
func (w *world) judgeHold(k *kind, f *file, o outcome, stands map[string]fact) {
	feed, _ := w.feed(k)
	if k.scope == nil || f.refused() > 0 {
		return
	}
	after := maps.Clone(stands)
	k.apply(after, f)
	var scope, loss int64
	grown := map[string]int64{} // by document, where lines have no key: what replaces is no loss
	for id, l := range stands {
		if k.scope(f, l) {
			scope++
			if _, ok := after[id]; !ok {
				loss++
				grown[l.doc]--
			}
		}
	}
	if k.feed == "invoices" {
		for id, l := range after {
			if _, ok := stands[id]; !ok && k.scope(f, l) {
				grown[l.doc]++
			}
		}
		loss = 0
		for _, n := range grown {
			loss += max(0, -n)
		}
	}
	if want := loss > 0 && float64(loss) > float64(feed.Coverage.HoldAbove)*float64(scope); want != o.held {
		w.fail("%s takes away %d of %d lines; held: %v", f.name, loss, scope, o.held)
	}
}

// judgeStock: the newest level of every item is that of its location's newest snapshot, or zero.
func (w *world) judgeStock() {
	want, got := map[string]int64{}, map[string]int64{}
	for _, k := range w.kinds {
		if k.feed != "stock" {
			continue
		}
		for _, f := range w.inOrder(k) {
			for id := range want {
				if f.has(func(l fact) bool { return id[:2] == l.loc }) {
					want[id] = 0
				}
			}
			for _, l := range f.lines {
				want[l.loc+"/"+l.item] = l.qty
			}
		}
	}
	at := map[string]int64{}
	w.v.tables.each(func(r *row) bool { return r.kind == sellthrough.Stock }, func(_ sellthrough.LineRef, rows []*row) {
		h, _ := held(rows, nil)
		r := standing(rows, nil)
		if !h.Live {
			return
		}
		if id := r.Location[r.i] + "/" + r.Item[r.i]; r.At[r.i] >= at[id] {
			at[id], got[id] = r.At[r.i], r.RawQty[r.i]/int64(sellthrough.One)
		}
	})
	zero := func(_ string, q int64) bool { return q == 0 }
	maps.DeleteFunc(want, zero)
	maps.DeleteFunc(got, zero)
	if d := gocmp.Diff(want, got); d != "" {
		w.fail("levels differ from what was reported (-want +got):\n%s", d)
	}
}

// judgeSums: the aggregates are the ledger's, and no line stands twice.
func (w *world) judgeSums() {
	want, got := w.v.tables.rebuilt(), w.v.tables.sums
	for k, s := range want {
		if got[k] != s {
			w.fail("%s: the ledger comes to %+v, the sums say %+v", k, s, got[k])
		}
	}
	for k, s := range got {
		if _, ok := want[k]; !ok {
			w.fail("%s: the ledger has nothing, the sums say %+v", k, s)
		}
	}
	for ref, rows := range w.v.tables.lines {
		n := 0
		for _, r := range rows {
			n += int(r.Sign[r.i])
		}
		if n != 0 && n != 1 {
			w.fail("line %x of slice %x stands %d times", ref.Line, ref.Slice, n)
		}
	}
}

// judgeReading: every line that stands reads as the newest reference version says.
func (w *world) judgeReading() {
	bad := 0
	w.v.tables.each(func(*row) bool { return true }, func(_ sellthrough.LineRef, rows []*row) {
		h, _ := held(rows, nil)
		r := standing(rows, nil)
		if !h.Live {
			return
		}
		item, location, n := int(r.Item[r.i][1]-'0'), int(r.Location[r.i][1]-'0'), int64(1)
		product, where := "", r.Location[r.i]
		if w.version > 0 {
			n, product, where = units(w.version, item), fmt.Sprint("P", item), target(w.version, location)
		}
		if got := [3]any{r.Qty[r.i], r.Product[r.i], r.Place[r.i]}; got != [3]any{r.RawQty[r.i] * n, product, where} {
			if bad++; bad < 5 {
				w.fail("a line of %s at %s reads %v by version %d; reference version %d says %d, %s, %s", r.Item[r.i], r.Location[r.i], got, r.Reference[r.i], w.version, r.RawQty[r.i]*n, product, where)
			}
		}
	})
}

// dump says what was sent and what the books hold of it.
func (w *world) dump() {
	for _, k := range w.kinds {
		for _, f := range w.inOrder(k) {
			w.tell("%s: %s revision %d attempt %d partitions %v scope %+v", f.name, f.receipt.Submission, f.receipt.Revision&0xffffffff, f.receipt.Attempt, f.receipt.Partitions, f.scope)
			for _, l := range f.lines {
				w.tell("    %+v", l)
			}
			for _, v := range w.v.tables.votes {
				if v.v.Submission == f.receipt.Submission {
					w.tell("    vote of %d by %d-%d/%d/%d: attempt %d end %d loss %d of %d, waits %v", v.token.Partition, v.token.First, v.token.Last, v.token.Step, v.token.Retry, v.v.Attempt, v.v.End, v.v.Loss, v.v.Scope, v.v.Waits)
				}
			}
			for _, o := range w.v.tables.outcomes {
				if o.v.Submission == f.receipt.Submission {
					w.tell("    outcome of %d by %d-%d/%d/%d: attempt %d held %v partial %v %+v", o.token.Partition, o.token.First, o.token.Last, o.token.Step, o.token.Retry, o.v.Attempt, o.v.Held, o.v.Partial, o.v.Counts)
				}
			}
		}
	}
}
