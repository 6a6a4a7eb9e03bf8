package ingest

import (
	"context"
	"fmt"
	"io"
	"runtime"
)

// Bodies take turns at the processors once they have done largeBody bytes, and give their turn back every turnBytes and
// whenever they wait. One processor is left to small bodies, so that one partner's large ones, or bombs, do not slow
// another's small ones.
const (
	largeBody = 256 << 10
	turnBytes = 256 << 10
)

func newTurns() chan struct{} { return make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1)) }

// turn is one body's. It is not safe for concurrent use.
type turn struct {
	life  context.Context // of the intake: a turn comes even when the partner no longer listens
	turns chan struct{}
	held  bool
	done  int // bytes, up to largeBody
	since int // bytes of this turn
}

func (i *Intake) turn() *turn { return &turn{life: i.life, turns: i.turns} }

// work accounts for n bytes that come next, waiting for a turn where one is needed.
func (t *turn) work(n int) error {
	if t.done < largeBody {
		t.done += n
		return nil
	}
	if t.since += n; t.since > turnBytes {
		t.since = 0
		t.give()
	}
	if t.held {
		return nil
	}
	select {
	case t.turns <- struct{}{}:
		t.held = true
		return nil
	case <-t.life.Done():
		return fmt.Errorf("wait for a turn: %w", t.life.Err())
	}
}

func (t *turn) give() {
	if t.held {
		t.held = false
		<-t.turns
	}
}

// turned reads a source that never makes its reader wait.
type turned struct {
	turn *turn
	r    io.Reader
}

func (t *turned) Read(p []byte) (int, error) {
	if err := t.turn.work(len(p)); err != nil {
		return 0, err
	}
	return t.r.Read(p)
}
