package bus

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// batchBytes bounds what one produce request carries.
const batchBytes = 4 << 20

type laneKey struct {
	topic     Topic
	partition int
}

// lanes order what is published to each partition: one request is under way, and what arrives meanwhile shares the
// next one (group commit).
type lanes struct {
	mu   *sync.Mutex
	open map[laneKey]*lane
}

type lane struct {
	queue []*ticket
	busy  bool
}

type ticket struct {
	ctx     context.Context
	inc     Incarnation
	msgs    []Message
	bytes   int
	offsets []int64
	err     error
	done    chan struct{}
}

func newLanes() lanes { return lanes{mu: new(sync.Mutex), open: map[laneKey]*lane{}} }

// Publish writes messages to one partition and returns their offsets once all in-sync replicas hold them. It keeps the
// messages' Values until it returns. An error means unknown.
func (b *Bus) Publish(ctx context.Context, t Topic, partition int, inc Incarnation, msgs ...Message) ([]int64, error) {
	return b.publish(ctx, t, partition, inc, msgs...)
}

func (b *Bus) publish(ctx context.Context, t Topic, p int, inc Incarnation, msgs ...Message) ([]int64, error) {
	tk := &ticket{ctx: ctx, inc: inc, msgs: msgs, done: make(chan struct{})}
	for _, m := range msgs {
		if len(m.Value) > MaxMessage {
			return nil, fmt.Errorf("kafka: a %s message of %d bytes is above the limit of %d", m.Type, len(m.Value), MaxMessage)
		}
		tk.bytes += len(m.Value)
	}
	key := laneKey{t, p}
	b.lanes.mu.Lock()
	l := b.lanes.open[key]
	if l == nil {
		l = &lane{}
		b.lanes.open[key] = l
	}
	l.queue = append(l.queue, tk)
	start := !l.busy
	l.busy = true
	b.lanes.mu.Unlock()
	if start {
		go b.drain(key, l)
	}
	<-tk.done // a request has its own deadline, so this ends; returning early would leave Values in use
	return tk.offsets, tk.err
}

// drain sends until the lane's queue is empty.
func (b *Bus) drain(key laneKey, l *lane) {
	for {
		b.lanes.mu.Lock()
		n, size := 0, 0
		for n < len(l.queue) && (n == 0 || size+l.queue[n].bytes <= batchBytes) {
			size += l.queue[n].bytes
			n++
		}
		batch := l.queue[:n:n]
		l.queue = l.queue[n:]
		if n == 0 {
			l.busy = false
			b.lanes.mu.Unlock()
			return
		}
		b.lanes.mu.Unlock()
		b.send(key, batch)
	}
}

// send produces one batch. It tries again a few times: a second copy of a message is harmless, its offset is not listed.
func (b *Bus) send(key laneKey, batch []*ticket) {
	live := batch[:0:0]
	for _, tk := range batch {
		if err := tk.ctx.Err(); err != nil {
			tk.err = err
			close(tk.done)
			continue
		}
		live = append(live, tk)
	}
	if len(live) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var base int64
	var err error
	for wait := 20 * time.Millisecond; ; wait *= 2 {
		base, err = b.produce(ctx, key, live)
		if err == nil || ctx.Err() != nil || wait > 2*time.Second {
			break
		}
		if sleep(ctx, wait) != nil {
			break
		}
	}
	for _, tk := range live {
		tk.err = err
		if err == nil {
			tk.offsets = make([]int64, len(tk.msgs))
			for i := range tk.offsets {
				tk.offsets[i] = base
				base++
			}
		}
		close(tk.done)
	}
}

func (b *Bus) produce(ctx context.Context, key laneKey, batch []*ticket) (int64, error) {
	var recs []kafka.Record
	now := time.Now()
	for _, tk := range batch {
		head := []kafka.Header{{Key: "incarnation", Value: []byte(tk.inc)}}
		for _, m := range tk.msgs {
			recs = append(recs, kafka.Record{
				Time: now, Key: kafka.NewBytes([]byte(m.Type)), Value: &value{Reader: bytes.NewReader(m.Value)}, Headers: head,
			})
		}
	}
	r, err := b.client.Produce(ctx, &kafka.ProduceRequest{
		Topic: b.name(key.topic), Partition: key.partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(recs...),
	})
	if err == nil {
		err = r.Error
	}
	if err == nil && len(r.RecordErrors) > 0 {
		err = fmt.Errorf("%d records refused, such as %w", len(r.RecordErrors), anyOf(r.RecordErrors))
	}
	if err != nil {
		return 0, fmt.Errorf("kafka: write %d messages to %s/%d: %w", len(recs), b.name(key.topic), key.partition, err)
	}
	b.answered()
	return r.BaseOffset, nil
}

func anyOf(errs map[int]error) error {
	for _, err := range errs {
		return err
	}
	return nil
}

// value is a kafka.Bytes over a slice that can be read again on a retry.
type value struct{ *bytes.Reader }

func (v *value) Close() error { return nil }
func (v *value) Len() int     { return int(v.Size()) }
