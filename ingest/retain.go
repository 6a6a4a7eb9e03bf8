package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/zeebo/xxh3"

	"sellthrough"
	"sellthrough/internal/bus"
)

// Bodies are kept for as long as the configuration says, and longer while anything may still need them: a submission that is
// registered and not wholly on the road, or one that waits for a person.

// retainEvery is how often the archive is looked through.
const retainEvery = time.Hour

// retain deletes bodies that have passed the retention, and measures what is left, until ctx ends.
func (i *Intake) retain(ctx context.Context) {
	for wait := time.Minute; ; wait = retainEvery { // at first after the rush of a start
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if err := i.expire(ctx, time.Now()); err != nil && ctx.Err() == nil {
			i.o.Log.Warn().Err(err).Msg("the archive was not looked through; it is tried again in an hour")
		}
	}
}

// expire looks through the archive once.
func (i *Intake) expire(ctx context.Context, now time.Time) error {
	before, err := i.cut(ctx, now)
	if err != nil {
		return err
	}
	k, err := i.o.Archive.Expire(ctx, before)
	if err != nil {
		return err
	}
	i.metrics.archived.Set(float64(k.Bytes))
	i.metrics.bodies.Set(float64(k.Bodies))
	i.metrics.expired.Add(float64(k.Expired))
	if k.Expired > 0 {
		i.o.Log.Info().Int64("bodies", k.Expired).Time("before", before).Msg("bodies have passed the retention")
	}
	return nil
}

// cut is the time before which no body is needed; zero where all are kept.
func (i *Intake) cut(ctx context.Context, now time.Time) (time.Time, error) {
	keep := i.o.Config.Archive.Retention
	if keep <= 0 {
		return time.Time{}, nil
	}
	before := now.Add(-keep)
	if oldest, ok := i.index.oldest(); ok && oldest.Before(before) {
		before = oldest
	}
	if i.o.Waiting != nil {
		oldest, ok, err := i.o.Waiting(ctx)
		if err != nil {
			return before, fmt.Errorf("ask what waits for a person: %w", err)
		}
		if ok && oldest.Before(before) {
			before = oldest
		}
	}
	// A body is kept before its submission is registered: the clocks of two machines and a slow partner lie between.
	return before.Add(-24 * time.Hour), nil
}

// oldest is when the oldest submission was registered that is not wholly on the road, of any collector.
func (x *index) oldest() (at time.Time, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	earlier := func(t time.Time) {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	for _, set := range x.open {
		for e := range set {
			earlier(e.at)
		}
	}
	for _, t := range x.ancient.open {
		earlier(t)
	}
	return at, ok
}

// ancient is what is still open of the submissions that are older than keys are remembered. Of all others it forgets everything.
type ancient struct {
	open map[sellthrough.SubmissionID]time.Time
	keys map[xxh3.Uint128]time.Time // of the last keyLife of those that were read
}

// apply takes one old record of the topic, in order.
func (a *ancient) apply(m bus.Message) error {
	switch m.Type {
	case bus.TypeRegistered:
		var s sellthrough.Submission
		if err := json.Unmarshal(m.Value, &s); err != nil {
			return fmt.Errorf("read registration at offset %d: %w", m.Offset, err)
		}
		if s.Key != "" {
			k := keyOf(s.Partner, s.Feed, s.Key)
			if first, ok := a.keys[k]; ok && m.Time.Sub(first) < keyLife {
				return nil // lost the race for its key: it is not a submission
			}
			a.keys[k] = m.Time
			if len(a.keys)%(1<<16) == 0 {
				a.forget(m.Time)
			}
		}
		if _, twice := a.open[s.ID]; !twice {
			a.open[s.ID] = m.Time
		}
	case bus.TypeCompleted:
		var c struct {
			ID sellthrough.SubmissionID `json:"id"`
		}
		if err := json.Unmarshal(m.Value, &c); err != nil {
			return fmt.Errorf("read completion at offset %d: %w", m.Offset, err)
		}
		delete(a.open, c.ID)
	}
	return nil
}

func (a *ancient) forget(now time.Time) {
	for k, at := range a.keys {
		if now.Sub(at) >= keyLife {
			delete(a.keys, k)
		}
	}
}
