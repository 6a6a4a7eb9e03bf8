package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sellthrough"
	"sellthrough/internal/bus"
)

// Gap is what a partition of the log no longer holds of what was never transformed: From to To, both included. To below From
// is no gap.
type Gap struct{ From, To int64 }

// Open says whether there is one.
func (g Gap) Open() bool { return g.To >= g.From }

// Gaps are those of all partitions, by what is done of each.
func Gaps(ctx context.Context, b *bus.Bus, done func(partition int) (int64, error)) ([]Gap, error) {
	out := make([]Gap, b.Partitions())
	for p := range out {
		first, _, err := b.Offsets(ctx, bus.Lines, p)
		if err != nil {
			return nil, err
		}
		last, err := done(p)
		if err != nil {
			return nil, err
		}
		out[p] = Gap{last + 1, first - 1}
		if last < 0 && first <= 1 { // nothing was ever transformed, and nothing but the genesis is gone
			out[p] = Gap{0, -1}
		}
	}
	return out, nil
}

// Lost is a submission of which a gap holds a part.
type Lost struct {
	sellthrough.Submission
	Receipt    sellthrough.Receipt
	Partitions []int // whose part is gone
	Lines      int64 // in them
	Home       bool  // the part that tells the books of the whole is among them
}

// Booked is what the books hold of a submission: the lines that they account for, by partition.
type Booked map[sellthrough.SubmissionID]map[int]int64

// Find lists the submissions that were wholly on the road and of which a part has passed the log unread, by revision. The
// archive has their bodies, and the topic of submissions, which keeps everything, their receipts.
func Find(ctx context.Context, b *bus.Bus, gaps []Gap, books Booked, homes map[sellthrough.SubmissionID]bool) ([]Lost, error) {
	inc, err := b.Ensure(ctx)
	if err != nil {
		return nil, err
	}
	said, err := completed(ctx, b, inc.Submissions)
	if err != nil {
		return nil, err
	}
	kept := make([]map[sellthrough.SubmissionID]sellthrough.EndMark, b.Partitions()) // end marks that will still be read
	for p := range kept {
		kept[p] = map[sellthrough.SubmissionID]sellthrough.EndMark{}
		list, first, err := marks(ctx, b, inc.Lines, p, func(id sellthrough.SubmissionID) bool { return said[id] != nil })
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if len(m.end.Blocks) == 0 || slices.Min(m.end.Blocks) >= first {
				kept[p][m.end.Submission] = m.end
			}
		}
	}
	var out []Lost
	for id, s := range said {
		l := Lost{Submission: s.Submission, Receipt: s.receipt, Lines: s.receipt.Accepted, Home: !homes[id]}
		for _, p := range s.receipt.Partitions {
			lines, booked := books[id][p]
			e, comes := kept[p][id]
			switch {
			case booked:
				l.Lines -= lines
			case comes:
				l.Lines -= e.Lines
				l.Home = l.Home && e.Home == nil
			case p < len(gaps) && gaps[p].Open():
				l.Partitions = append(l.Partitions, p)
			}
		}
		if len(l.Partitions) > 0 {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b Lost) int {
		if a.Revision < b.Revision {
			return -1
		}
		return 1
	})
	return out, nil
}

// registered is a submission with its newest receipt.
type registered struct {
	sellthrough.Submission
	receipt sellthrough.Receipt
}

// completed reads the topic of submissions from end to end.
func completed(ctx context.Context, b *bus.Bus, inc bus.Incarnation) (map[sellthrough.SubmissionID]*registered, error) {
	first, end, err := b.Offsets(ctx, bus.Submissions, 0)
	if err != nil {
		return nil, err
	}
	open, out := map[sellthrough.SubmissionID]sellthrough.Submission{}, map[sellthrough.SubmissionID]*registered{}
	r := b.Reader(bus.Submissions, 0, inc, first)
	for next := first; next < end; {
		m, ok, err := r.Next(ctx, time.Second)
		if err != nil || ctx.Err() != nil {
			return nil, fmt.Errorf("read the topic of submissions: %w", err)
		}
		if !ok {
			continue
		}
		next = m.Offset + 1
		switch m.Type {
		case bus.TypeRegistered:
			var s sellthrough.Submission
			if json.Unmarshal(m.Value, &s) == nil {
				if _, twice := open[s.ID]; !twice {
					s.Revision = sellthrough.RevisionOf(inc.Era(), m.Offset)
					open[s.ID] = s
				}
			}
		case bus.TypeCompleted:
			var c sellthrough.Completed
			if json.Unmarshal(m.Value, &c) != nil {
				continue
			}
			s, ok := open[c.ID]
			if !ok {
				continue
			}
			if x := out[c.ID]; x == nil || x.receipt.Attempt < c.Attempt {
				out[c.ID] = &registered{s, c.Receipt}
			}
		}
	}
	return out, nil
}
