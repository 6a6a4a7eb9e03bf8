// Package replay copies submissions from one log to another, for a shadow run that reads what partners said from the lines as
// they lie in Kafka. It promises: a submission is copied as a whole, in every partition, or not at all; its end mark then
// lists the offsets of the copies.
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

// mark is an end mark in the log.
type mark struct {
	offset int64
	end    sellthrough.EndMark
}

// together is how many blocks are written in one call: each may be a megabyte.
const together = 4

// Copy copies the wanted submissions in the order in which they lie in their partitions, and says which it found wholly. They
// are never to be held, for they took effect once.
func Copy(ctx context.Context, from, to *bus.Bus, wanted func(sellthrough.SubmissionID) bool) (map[sellthrough.SubmissionID]bool, error) {
	source, err := from.Ensure(ctx)
	if err != nil {
		return nil, err
	}
	target, err := to.Ensure(ctx)
	if err != nil {
		return nil, err
	}
	parts := make([][]mark, from.Partitions())
	first := make([]int64, from.Partitions())
	for p := range parts {
		if parts[p], first[p], err = marks(ctx, from, source.Lines, p, wanted); err != nil {
			return nil, err
		}
	}
	whole := complete(parts, first)
	for p, list := range parts {
		for _, m := range list {
			if !whole[m.end.Submission] {
				continue
			}
			if err := carry(ctx, from, to, source.Lines, target.Lines, p, m); err != nil {
				return nil, fmt.Errorf("submission %s in partition %d: %w", m.end.Submission, p, err)
			}
		}
	}
	return whole, nil
}

// marks reads the end marks of wanted submissions, and the first offset that is still kept.
func marks(ctx context.Context, b *bus.Bus, inc bus.Incarnation, p int, wanted func(sellthrough.SubmissionID) bool) (out []mark, first int64, err error) {
	first, end, err := b.Offsets(ctx, bus.Lines, p)
	if err != nil {
		return nil, 0, err
	}
	seen := map[sellthrough.SubmissionID]uint32{}
	r := b.Reader(bus.Lines, p, inc, first)
	for next := first; next < end; {
		m, ok, err := r.Next(ctx, time.Second)
		if err != nil || ctx.Err() != nil {
			return nil, 0, fmt.Errorf("read the log: %w", err)
		}
		if !ok {
			continue
		}
		next = m.Offset + 1
		if m.Type != bus.TypeEnd {
			continue
		}
		var e sellthrough.EndMark
		if json.Unmarshal(m.Value, &e) != nil || !wanted(e.Submission) || seen[e.Submission] == e.Attempt {
			continue
		}
		seen[e.Submission] = e.Attempt
		out = append(out, mark{m.Offset, e})
	}
	return out, first, nil
}

// complete says which submissions lie in all their partitions with all their blocks; of several attempts the newest counts.
func complete(parts [][]mark, first []int64) map[sellthrough.SubmissionID]bool {
	newest := map[sellthrough.SubmissionID]uint32{}
	for _, list := range parts {
		for _, m := range list {
			newest[m.end.Submission] = max(newest[m.end.Submission], m.end.Attempt)
		}
	}
	found := map[sellthrough.SubmissionID][]int{}
	want := map[sellthrough.SubmissionID][]int{}
	for p, list := range parts {
		kept := list[:0]
		for _, m := range list {
			if m.end.Attempt != newest[m.end.Submission] {
				continue
			}
			kept = append(kept, m)
			want[m.end.Submission] = m.end.Partitions
			if len(m.end.Blocks) == 0 || slices.Min(m.end.Blocks) >= first[p] {
				found[m.end.Submission] = append(found[m.end.Submission], p)
			}
		}
		parts[p] = kept
	}
	out := map[sellthrough.SubmissionID]bool{}
	for id, in := range want {
		if missing := slices.ContainsFunc(in, func(p int) bool { return !slices.Contains(found[id], p) }); !missing {
			out[id] = true
		}
	}
	return out
}

// carry copies the part of a submission that lies in one partition.
func carry(ctx context.Context, from, to *bus.Bus, source, target bus.Incarnation, p int, m mark) error {
	var at []int64
	var some []bus.Message
	flush := func() error {
		if len(some) == 0 {
			return nil
		}
		offsets, err := to.Publish(ctx, bus.Lines, p, target, some...)
		at, some = append(at, offsets...), some[:0]
		return err
	}
	err := from.At(ctx, bus.Lines, p, source, m.end.Blocks, func(b bus.Message) error {
		if some = append(some, bus.Message{Type: b.Type, Value: b.Value}); len(some) < together {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	e := m.end
	e.Blocks, e.Policy.Confirmed = at, true
	if e.Home != nil {
		home := *e.Home
		home.RefusedBlocks = nil
		e.Home = &home
	}
	v, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write end mark: %w", err)
	}
	_, err = to.Publish(ctx, bus.Lines, p, target, bus.Message{Type: bus.TypeEnd, Value: v})
	return err
}
