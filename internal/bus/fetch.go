package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
)

type fetched struct {
	messages []stamped
	end      int64 // high watermark
}

type stamped struct {
	Message
	incarnation Incarnation
}

// How much an answer of the log holds: at most mostBytes, or the one batch of records in which the offset lies, whatever
// its size. Who wants few records asks for fewBytes each, so that the log does not read, send and copy what follows them.
const (
	mostBytes = 8 << 20
	fewBytes  = 16 << 10
)

// fetch reads some messages from offset on; none if there are none within wait.
func (b *Bus) fetch(ctx context.Context, t Topic, p int, offset int64, wait time.Duration, bytes int64) (fetched, error) {
	r, err := b.client.Fetch(ctx, &kafka.FetchRequest{
		Topic: b.name(t), Partition: p, Offset: offset, MinBytes: 1, MaxBytes: bytes, MaxWait: wait,
	})
	if err == nil {
		err = r.Error
	}
	if err != nil {
		return fetched{}, fmt.Errorf("kafka: read %s/%d@%d: %w", b.name(t), p, offset, err)
	}
	b.answered()
	out := fetched{end: r.HighWatermark}
	for {
		rec, err := r.Records.ReadRecord()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && len(out.messages) > 0 {
			return out, nil
		}
		if err != nil {
			return out, fmt.Errorf("kafka: read %s/%d@%d: %w", b.name(t), p, offset, err)
		}
		if rec.Offset < offset {
			continue
		}
		m := stamped{Message: Message{Partition: p, Offset: rec.Offset, Time: rec.Time}}
		for _, h := range rec.Headers {
			if h.Key == "incarnation" {
				m.incarnation = Incarnation(h.Value)
			}
		}
		if key, err := kafka.ReadAll(rec.Key); err == nil {
			m.Type = Type(key)
		}
		if m.Value, err = kafka.ReadAll(rec.Value); err != nil {
			return out, fmt.Errorf("kafka: read %s/%d@%d: %w", b.name(t), p, rec.Offset, err)
		}
		out.messages = append(out.messages, m)
	}
}

// ErrIncarnation says that a topic is not the one it was: made anew, or of another cluster.
var ErrIncarnation = errors.New("kafka: the topic was made anew")

// Reader reads one partition from an offset on. Next returns the message at its position, waiting for it up to wait; ok is
// false when none came. Lag is how many records of the partition lie before the end, as of the last read.
type Reader interface {
	Next(ctx context.Context, wait time.Duration) (m Message, ok bool, err error)
	Lag() int64
}

type reader struct {
	bus    *Bus
	topic  Topic
	part   int
	inc    Incarnation
	next   int64
	end    int64
	bytes  int64 // of an answer
	buffer []stamped
}

// Reader begins at offset; an offset before the first kept record begins there only if nothing was lost between.
func (b *Bus) Reader(t Topic, partition int, inc Incarnation, offset int64) Reader {
	return &reader{bus: b, topic: t, part: partition, inc: inc, next: offset, bytes: mostBytes}
}

// Next is as Reader says. A position that the retention has passed is an error that names it.
func (r *reader) Next(ctx context.Context, wait time.Duration) (m Message, ok bool, err error) {
	if len(r.buffer) == 0 {
		f, err := r.bus.fetch(ctx, r.topic, r.part, r.next, wait, r.bytes)
		if errors.Is(err, kafka.OffsetOutOfRange) {
			return Message{}, false, r.outOfRange(ctx)
		}
		if err != nil {
			return Message{}, false, err
		}
		r.buffer, r.end = f.messages, f.end
		if len(r.buffer) == 0 {
			return Message{}, false, nil
		}
	}
	s := r.buffer[0]
	r.buffer = r.buffer[1:]
	// A second genesis is of a process that made the topic at the same time and lost: the first record decides.
	if s.incarnation != r.inc && (s.Type != TypeGenesis || s.Offset == 0) {
		return Message{}, false, fmt.Errorf("%w: %s/%d@%d is of incarnation %q, expected %q; the road stops here so that nothing is dropped or doubled "+
			"(see docs/operations.md, \"A topic made anew\")", ErrIncarnation, r.bus.name(r.topic), r.part, s.Offset, s.incarnation, r.inc)
	}
	r.next = s.Offset + 1
	return s.Message, true, nil
}

func (r *reader) Lag() int64 { return max(0, r.end-r.next) }

func (r *reader) outOfRange(ctx context.Context) error {
	first, end, err := r.bus.Offsets(ctx, r.topic, r.part)
	if err != nil {
		return err
	}
	if r.next > end {
		return fmt.Errorf("%w: %s/%d ends at %d but %d was read before; the road stops here so that nothing is dropped or doubled "+
			"(see docs/operations.md, \"A topic made anew\")", ErrIncarnation, r.bus.name(r.topic), r.part, end, r.next)
	}
	return fmt.Errorf("kafka: %s/%d@%d has passed the retention (the first record kept is %d): records were never transformed; "+
		"send the submissions in question again from the archive (see docs/operations.md)", r.bus.name(r.topic), r.part, r.next, first)
}

// At reads the messages at the given ascending offsets, as an end mark lists them, and hands each to use. It asks for about
// as much as lies between the first and the last of them; where that is too little, the next answer may hold more.
func (b *Bus) At(ctx context.Context, t Topic, partition int, inc Incarnation, offsets []int64, use func(Message) error) error {
	r := &reader{bus: b, topic: t, part: partition, inc: inc}
	for _, o := range offsets {
		if len(r.buffer) > 0 && o > r.buffer[len(r.buffer)-1].Offset {
			r.buffer = nil
		}
		for len(r.buffer) > 0 && r.buffer[0].Offset < o {
			r.buffer = r.buffer[1:]
		}
		if len(r.buffer) == 0 {
			r.next = o
			r.bytes = min(mostBytes, max(2*r.bytes, fewBytes*(offsets[len(offsets)-1]-o+1)))
		}
		m, ok, err := r.Next(ctx, 5*time.Second)
		if err != nil {
			return err
		}
		if !ok || m.Offset != o {
			return fmt.Errorf("kafka: no record at %s/%d@%d, which an end mark lists", b.name(t), partition, o)
		}
		if err := use(m); err != nil {
			return err
		}
	}
	return nil
}
