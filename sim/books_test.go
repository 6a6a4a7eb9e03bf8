package sim

import (
	"context"
	"fmt"
	"slices"

	"sellthrough"
)

func (l ledger) Floors(ctx context.Context, partner, ns string, p int, wanted []uint64, locations []string, from, to sellthrough.Day, after sellthrough.Revision, except *sellthrough.Token) (out []sellthrough.Floor, err error) {
	err = l.ask(ctx, fmt.Sprint("load floors ", partner, ns, len(wanted), len(locations), from, to), func() error {
		for _, f := range l.v.tables.floors {
			x := f.v
			if x.Partner != partner || x.Namespace != ns || f.token.Partition != p || !kept(f.token, except) {
				continue
			}
			byDay := x.Slice == 0 && x.From <= to && x.To >= from && (len(locations) == 0 || x.Location == "" || slices.Contains(locations, x.Location))
			whole := x.Slice != 0 && x.Location != "" && (x.Revision > after || x.Version > 0)
			if byDay || whole || x.Slice != 0 && (wanted == nil || slices.Contains(wanted, x.Slice)) {
				out = append(out, x)
			}
		}
		return nil
	})
	return out, err
}

func (l ledger) MaxFloor(ctx context.Context, partner, ns string, p int) (rev sellthrough.Revision, err error) {
	err = l.ask(ctx, fmt.Sprint("newest floor of ", partner, ns), func() error {
		for _, f := range l.v.tables.floors {
			if f.v.Partner == partner && f.v.Namespace == ns && f.token.Partition == p {
				rev = max(rev, f.v.Revision)
			}
		}
		return nil
	})
	return rev, err
}

func (l ledger) MaxRevision(ctx context.Context, p int) (rev sellthrough.Revision, err error) {
	err = l.ask(ctx, fmt.Sprint("newest submission of ", p), func() error {
		for _, o := range l.v.tables.outcomes {
			if o.token.Partition == p {
				rev = max(rev, o.v.Revision)
			}
		}
		return nil
	})
	return rev, err
}

func (l ledger) Applied(ctx context.Context, p int, revs []uint64, except *sellthrough.Token) (out map[sellthrough.Revision]sellthrough.Applied, err error) {
	out = map[sellthrough.Revision]sellthrough.Applied{}
	err = l.ask(ctx, fmt.Sprint("books of ", p, revs), func() error {
		for _, o := range l.v.tables.outcomes {
			if o.token.Partition != p || o.v.Partial || !kept(o.token, except) || !slices.Contains(revs, uint64(o.v.Revision)) {
				continue
			}
			a, ok := out[o.v.Revision]
			if !ok {
				a.Held = true
			}
			a.Attempt, a.Held = max(a.Attempt, o.v.Attempt), a.Held && o.v.Held
			out[o.v.Revision] = a
		}
		return nil
	})
	return out, err
}

func (l ledger) Unresolved(ctx context.Context, p int, except *sellthrough.Token) (out map[sellthrough.SubmissionID]sellthrough.Pending, err error) {
	err = l.ask(ctx, fmt.Sprint("what is not applied in ", p), func() error { out = l.v.tables.unresolved(p, except); return nil })
	return out, err
}

func (t *tables) unresolved(p int, except *sellthrough.Token) map[sellthrough.SubmissionID]sellthrough.Pending {
	out := map[sellthrough.SubmissionID]sellthrough.Pending{}
	note := func(id sellthrough.SubmissionID, u sellthrough.Pending) {
		old, ok := out[id]
		if !ok || u.Attempt > old.Attempt || u.Attempt == old.Attempt && (u.State > old.State || u.State == old.State && u.End > old.End) {
			out[id] = u
		}
	}
	for _, v := range t.votes {
		if v.token.Partition != p || !kept(v.token, except) {
			continue
		}
		u := sellthrough.Pending{Partner: v.v.Partner, Revision: v.v.Revision, Attempt: v.v.Attempt, End: v.v.End, State: sellthrough.HasVoted}
		if v.v.Waits {
			u.State = sellthrough.IsWaiting
		}
		note(v.v.Submission, u)
	}
	for _, o := range t.outcomes {
		if o.token.Partition == p && o.v.Held && kept(o.token, except) {
			note(o.v.Submission, sellthrough.Pending{Partner: o.v.Partner, Revision: o.v.Revision, Attempt: o.v.Attempt, State: sellthrough.IsHeld})
		}
	}
	for _, o := range t.outcomes {
		if o.token.Partition == p && !o.v.Held && !o.v.Partial && kept(o.token, except) {
			delete(out, o.v.Submission)
		}
	}
	return out
}

func (l ledger) Votes(ctx context.Context, id sellthrough.SubmissionID, attempt uint32) (out map[int]sellthrough.Vote, err error) {
	out = map[int]sellthrough.Vote{}
	err = l.ask(ctx, fmt.Sprint("votes on ", id, attempt), func() error {
		for _, v := range l.v.tables.votes {
			if v.v.Submission == id && v.v.Attempt == attempt && !v.v.Waits {
				out[v.token.Partition] = v.v
			}
		}
		return nil
	})
	return out, err
}
