package ingest

import (
	"context"
	"sync"
	"time"
)

// silence is how long the log may be silent before partners are told to come again. The tail reads it more often than that.
const (
	silence   = 800 * time.Millisecond
	heartbeat = 250 * time.Millisecond
)

func silent() error {
	return fault(Unavailable, 5*time.Second, nil, "the log does not answer just now; send the same request again, with an Idempotency-Key, so that it counts once")
}

// hush tells that the log does not answer.
type hush struct {
	mu  sync.Mutex
	now chan struct{} // closed while it does not
}

func newHush() *hush { return &hush{now: make(chan struct{})} }

// begun is closed when a silence begins, or has begun.
func (h *hush) begun() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// listen watches the log until ctx ends. While the submissions topic is not yet read, nobody is let in anyway.
func (i *Intake) listen(ctx context.Context) {
	look := time.NewTicker(silence / 8)
	defer look.Stop()
	for quiet := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		now := i.o.Bus.Silence() > silence
		if now == quiet {
			continue
		}
		quiet = now
		i.hush.mu.Lock()
		if quiet {
			i.o.Log.Warn().Msg("the log does not answer; partners are told to come again")
			close(i.hush.now)
		} else {
			i.o.Log.Info().Msg("the log answers again")
			i.hush.now = make(chan struct{})
		}
		i.hush.mu.Unlock()
	}
}
