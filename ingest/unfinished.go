package ingest

import (
	"context"
	"slices"
	"time"

	"sellthrough"
	"sellthrough/internal/bus"
)

// Unfinished are the submissions of a partner that are registered and not wholly on the road: their bodies are still needed. It
// reads the whole topic of submissions.
func Unfinished(ctx context.Context, l Log, partner sellthrough.PartnerID) ([]sellthrough.SubmissionID, error) {
	inc, err := l.Ensure(ctx)
	if err != nil {
		return nil, err
	}
	first, end, err := l.Offsets(ctx, bus.Submissions, 0)
	if err != nil {
		return nil, err
	}
	x := newIndex()
	x.start(first)
	r := l.Reader(bus.Submissions, 0, inc.Submissions, first)
	for x.position() < end {
		m, ok, err := r.Next(ctx, time.Second)
		if err == nil && ok {
			err = x.apply(m, inc.Submissions.Era(), m.Time)
		}
		if err != nil {
			return nil, err
		}
	}
	var out []sellthrough.SubmissionID
	for e := range x.open[partner] {
		out = append(out, e.id)
	}
	slices.Sort(out)
	return out, nil
}
