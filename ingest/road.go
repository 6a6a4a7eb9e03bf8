package ingest

import (
	"context"
	"sync"

	"sellthrough/internal/bus"
)

// In flight of one submission: messages that are encoded and not yet acknowledged, and of them in one call.
const (
	inFlight = 6
	together = 3
)

// blocks are buffers of encoded blocks.
var blocks = sync.Pool{New: func() any { b := make([]byte, 0, 64<<10); return &b }}

// road publishes one attempt's messages, several partitions at a time and each in order, and collects their offsets.
type road struct {
	ctx    context.Context // of the attempt, which the road is a part of
	cancel context.CancelFunc
	in     *Intake
	pause  func() // called before waiting
	slots  chan struct{}
	work   sync.WaitGroup

	mu    sync.Mutex
	parts map[int]*part
	err   error
}

type part struct {
	queue   []parcel
	busy    bool
	offsets map[bus.Type][]int64
	lines   int64
}

type parcel struct {
	msg   bus.Message
	lines int64
	buf   *[]byte // to be given back; may be nil
}

func newRoad(ctx context.Context, i *Intake, pause func()) *road {
	ctx, cancel := context.WithCancel(ctx)
	return &road{ctx: ctx, cancel: cancel, in: i, pause: pause, slots: make(chan struct{}, inFlight), parts: map[int]*part{}}
}

// send queues a message and waits while too many are in flight. It owns value from here on.
func (r *road) send(p int, t bus.Type, value []byte, lines int64, buf *[]byte) error {
	select {
	case r.slots <- struct{}{}:
	default:
		r.pause()
		select {
		case r.slots <- struct{}{}:
		case <-r.ctx.Done():
			return r.ctx.Err()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	l := r.parts[p]
	if l == nil {
		l = &part{offsets: map[bus.Type][]int64{}}
		r.parts[p] = l
	}
	l.queue = append(l.queue, parcel{bus.Message{Type: t, Value: value}, lines, buf})
	if !l.busy {
		l.busy = true
		r.work.Go(func() { r.drain(p, l) })
	}
	return nil
}

// drain publishes what is queued for a partition. One call is under way at a time, so offsets ascend in the order of
// the body.
func (r *road) drain(p int, l *part) {
	for {
		r.mu.Lock()
		if len(l.queue) == 0 || r.err != nil {
			l.busy = false
			r.mu.Unlock()
			return
		}
		batch := l.queue[:min(len(l.queue), together)]
		l.queue = l.queue[len(batch):]
		r.mu.Unlock()
		msgs := make([]bus.Message, len(batch))
		for k := range batch {
			msgs[k] = batch[k].msg
		}
		offsets, err := r.in.publish(r.ctx, bus.Lines, p, r.in.inc.Lines, msgs)
		r.mu.Lock()
		for k, b := range batch {
			if err == nil {
				l.offsets[b.msg.Type] = append(l.offsets[b.msg.Type], offsets[k])
				l.lines += b.lines
				r.in.metrics.messages.WithLabelValues(string(b.msg.Type)).Inc()
			}
			if b.buf != nil {
				blocks.Put(b.buf)
			}
			<-r.slots
		}
		if err != nil && r.err == nil {
			r.err = err
			r.cancel()
		}
		r.mu.Unlock()
	}
}

// wait ends the road: everything sent is acknowledged, or it is an error.
func (r *road) wait() error {
	r.work.Wait()
	r.cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// wrote gives the offsets of the messages of a type in a partition, and the lines in them. After wait.
func (r *road) wrote(p int, t bus.Type) ([]int64, int64) {
	if l := r.parts[p]; l != nil {
		return l.offsets[t], l.lines
	}
	return nil, 0
}
