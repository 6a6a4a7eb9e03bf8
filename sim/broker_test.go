package sim

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"sellthrough/internal/bus"
)

// broker is the log, in memory.
type broker struct {
	s       *stage
	mu      sync.Mutex
	parts   map[bus.Topic][][]bus.Message
	grew    chan struct{} // closed when something was appended
	refuses bool          // too few replicas are in sync
	stopped time.Time     // since when it does not answer; zero: it does

	registered func(by *process)
}

var incarnations = bus.Incarnations{Lines: "00000001-a", Submissions: "00000001-b"}

func newBroker(s *stage, partitions int) *broker {
	b := &broker{s: s, grew: make(chan struct{}), parts: map[bus.Topic][][]bus.Message{
		bus.Lines: make([][]bus.Message, partitions), bus.Submissions: make([][]bus.Message, 1),
	}}
	for t, all := range b.parts {
		for p := range all {
			b.add(t, p, bus.Message{Type: bus.TypeGenesis, Value: []byte("{}")})
		}
	}
	return b
}

func (b *broker) add(t bus.Topic, p int, msgs ...bus.Message) []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	var offsets []int64
	for _, m := range msgs {
		m.Partition, m.Offset, m.Time = p, int64(len(b.parts[t][p])), time.Now()
		m.Value = append([]byte(nil), m.Value...) // the publisher may use its own again
		b.parts[t][p] = append(b.parts[t][p], m)
		offsets = append(offsets, m.Offset)
	}
	close(b.grew)
	b.grew = make(chan struct{})
	return offsets
}

// stop has it not answer since a time; the zero time starts it.
func (b *broker) stop(since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = since
}

// after says whether there is something at an offset, and what tells of more.
func (b *broker) after(t bus.Topic, p int, offset int64) (bool, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return offset < int64(len(b.parts[t][p])), b.grew
}

func (b *broker) end(t bus.Topic, p int) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int64(len(b.parts[t][p]))
}

func (b *broker) read(t bus.Topic, p int, offset int64, n int) []bus.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.parts[t][p]
	return all[offset:min(offset+int64(n), int64(len(all)))]
}

// wire is the bus of one process: ingest, transform and control use it as they use *bus.Bus.
type wire struct {
	b     *broker
	by    *process
	group *group
}

var errReplicas = errors.New("not enough replicas")

// ask puts a question to the log, which may have stopped.
func (w wire) ask(ctx context.Context, what string, answer func(fate) error) error {
	return w.b.s.ask(ctx, w.by, what, func(f fate) error {
		if !w.b.stopped.IsZero() {
			return errDown
		}
		return answer(f)
	})
}

// Silence is how long ago the log last answered this process.
func (w wire) Silence() time.Duration {
	w.b.mu.Lock()
	defer w.b.mu.Unlock()
	if w.b.stopped.IsZero() {
		return 0
	}
	return time.Since(w.b.stopped)
}

func (w wire) Partitions() int { return len(w.b.parts[bus.Lines]) }

func (w wire) Ensure(ctx context.Context) (bus.Incarnations, error) {
	for {
		err := w.ask(ctx, "ensure topics", func(fate) error { return nil })
		if err == nil || ctx.Err() != nil || errors.Is(err, errDead) {
			return incarnations, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (w wire) Offsets(ctx context.Context, t bus.Topic, p int) (first, end int64, err error) {
	err = w.ask(ctx, fmt.Sprintf("offsets of %s/%d", t, p), func(fate) error { end = w.b.end(t, p); return nil })
	return 0, end, err
}

// Publish goes on when its ctx ends, as the bus does: the request is under way.
func (w wire) Publish(ctx context.Context, t bus.Topic, p int, _ bus.Incarnation, msgs ...bus.Message) (offsets []int64, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	h := fnv.New32a()
	sent := make([]bus.Message, len(msgs))
	for i, m := range msgs {
		m.Value = append([]byte(nil), m.Value...)
		sent[i] = m
		_, _ = h.Write(m.Value)
	}
	err = w.ask(ctx, fmt.Sprintf("publish %s/%d %s %x", t, p, sent[0].Type, h.Sum32()), func(f fate) error {
		if w.b.refuses {
			return errReplicas
		}
		if f == twice {
			w.b.add(t, p, sent...)
		}
		offsets = w.b.add(t, p, sent...)
		if sent[0].Type == bus.TypeRegistered && w.b.registered != nil {
			w.b.registered(w.by)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return offsets, nil
}

func (w wire) At(ctx context.Context, t bus.Topic, p int, _ bus.Incarnation, offsets []int64, use func(bus.Message) error) error {
	if len(offsets) == 0 {
		return nil
	}
	var msgs []bus.Message
	err := w.ask(ctx, fmt.Sprintf("read %s/%d at %v", t, p, offsets), func(fate) error {
		for _, o := range offsets {
			msgs = append(msgs, w.b.read(t, p, o, 1)...)
		}
		return nil
	})
	for _, m := range msgs {
		if err == nil {
			err = use(m)
		}
	}
	return err
}

func (w wire) Reader(t bus.Topic, p int, _ bus.Incarnation, offset int64) bus.Reader {
	return &reader{wire: w, topic: t, part: p, next: offset}
}

type reader struct {
	wire
	topic  bus.Topic
	part   int
	next   int64
	buffer []bus.Message
}

func (r *reader) Next(ctx context.Context, wait time.Duration) (bus.Message, bool, error) {
	if len(r.buffer) == 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		for {
			there, grew := r.b.after(r.topic, r.part, r.next)
			if there {
				break
			}
			select {
			case <-grew:
			case <-timer.C:
				return bus.Message{}, false, nil
			case <-ctx.Done():
				return bus.Message{}, false, ctx.Err()
			}
		}
		var got []bus.Message
		err := r.ask(ctx, fmt.Sprintf("fetch %s/%d@%d", r.topic, r.part, r.next), func(fate) error {
			got = r.b.read(r.topic, r.part, r.next, 1+r.b.s.r.IntN(12))
			return nil
		})
		if err != nil {
			return bus.Message{}, false, err
		}
		r.buffer = got
	}
	m := r.buffer[0]
	r.buffer, r.next = r.buffer[1:], m.Offset+1
	return m, true, nil
}

func (r *reader) Lag() int64 { return max(0, r.b.end(r.topic, r.part)-r.next) }
