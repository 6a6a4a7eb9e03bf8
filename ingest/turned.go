package ingest

import (
	"context"
	"errors"
	"sync"
	"time"

	"sellthrough"
	"sellthrough/ingest/archive"
	"sellthrough/ingest/mapping"
)

// again is how long the same body, sent again to the same feed, is not told of once more.
const toldFor = 10 * time.Minute

// told remembers which bodies were turned away lately: a program that tries for ever is one fault.
type told struct {
	mu   sync.Mutex
	seen map[[2]string]time.Time
}

func (t *told) first(feed sellthrough.FeedID, body string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := [2]string{string(feed), body}
	if at, ok := t.seen[key]; ok && now.Sub(at) < toldFor {
		return false
	}
	for k, at := range t.seen {
		if now.Sub(at) >= toldFor || len(t.seen) > 1000 {
			delete(t.seen, k)
		}
	}
	if t.seen == nil {
		t.seen = map[[2]string]time.Time{}
	}
	t.seen[key] = now
	return true
}

// turnAway tells the operator of a body that is refused as a whole. The partner is told by the error itself.
func (i *Intake) turnAway(ctx context.Context, f *feed, sub *sellthrough.Submission, draft *archive.Draft, cause error) {
	fault, ok := AsFault(cause)
	if !ok || fault.Kind != Unreadable || i.o.TurnedAway == nil || !i.told.first(f.config.ID, sub.Body+sub.File, sub.Received) {
		return
	}
	t := sellthrough.TurnedAway{
		ID: "turned_" + string(sub.ID)[len("sub_"):], At: sub.Received, Partner: sub.Partner, Feed: sub.Feed, File: sub.File, Bytes: sub.Bytes, Scope: sub.Scope,
		Reason: fault.Detail, Mapping: f.version,
	}
	if draft != nil {
		if err := draft.Commit(context.WithoutCancel(ctx)); err != nil {
			i.o.Log.Warn().Err(err).Str("feed", string(sub.Feed)).Msg("a body that was turned away is not kept")
		} else {
			t.Body = sub.Body
		}
	}
	if h, ok := errors.AsType[*mapping.HeaderError](fault.Err); ok {
		for _, m := range h.Missing {
			m.Renamed = f.veil.Names(m.Renamed)
			t.Missing = append(t.Missing, m)
		}
	}
	i.o.Log.Warn().Str("partner", string(sub.Partner)).Str("feed", string(sub.Feed)).Str("file", sub.File).Str("reason", fault.Detail).Msg("body turned away")
	i.o.TurnedAway(t)
}
