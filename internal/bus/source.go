package bus

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"
)

// SourceOptions say where somebody else's topic is.
type SourceOptions struct {
	Brokers  []string
	Topic    string
	Group    string      // under which its offsets are committed
	Receipts string      // topic for answers; empty: none
	TLS      *tls.Config // nil: none
	User     string
	Password string
	Log      zerolog.Logger
}

// Source reads a topic that is not ours: it has no genesis, and its messages are whatever its owner writes.
type Source struct {
	bus *Bus
	o   SourceOptions
}

// NewSource makes a source. It dials nothing.
func NewSource(o SourceOptions) (*Source, error) {
	b, err := New(Options{Brokers: o.Brokers, TLS: o.TLS, User: o.User, Password: o.Password, Log: o.Log})
	if err != nil {
		return nil, err
	}
	if o.Topic == "" || o.Group == "" {
		return nil, errors.New("kafka: a source needs a topic and a consumer group")
	}
	return &Source{b, o}, nil
}

// Close drops idle connections.
func (s *Source) Close() { s.bus.Close() }

// Record is a message of a source.
type Record struct {
	Offset int64
	Value  []byte // nil: a tombstone
	File   string // header "file"
	Time   time.Time
}

// Share is a partition of a source while it is ours.
type Share struct {
	source *Source
	gen    *kafka.Generation
	ID     int
}

// Consume joins the group and calls run for every partition that it is given. run's ctx ends when the partition is taken
// away; a run that returns an error gives all partitions back, and the group is joined anew after a pause.
func (s *Source) Consume(ctx context.Context, run func(ctx context.Context, p *Share) error) error {
	return s.bus.join(ctx, s.o.Group, s.o.Topic, true, func(ctx context.Context, gen *kafka.Generation, a kafka.PartitionAssignment) error {
		return run(ctx, &Share{s, gen, a.ID})
	}, func(error) bool { return false })
}

// Position is where reading begins: the first offset that is not committed, and up to where what follows was noted as
// being in hand (0: nothing was).
func (p *Share) Position(ctx context.Context) (next, noted int64, err error) {
	r, err := p.source.bus.client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{
		GroupID: p.source.o.Group, Topics: map[string][]int{p.source.o.Topic: {p.ID}},
	})
	if err == nil {
		err = r.Error
	}
	if err != nil {
		return 0, 0, fmt.Errorf("kafka: position of group %s in %s/%d: %w", p.source.o.Group, p.source.o.Topic, p.ID, err)
	}
	for _, at := range r.Topics[p.source.o.Topic] {
		if at.Partition != p.ID {
			continue
		}
		if at.Error != nil {
			return 0, 0, fmt.Errorf("kafka: position of group %s in %s/%d: %w", p.source.o.Group, p.source.o.Topic, p.ID, at.Error)
		}
		if at.CommittedOffset >= 0 {
			if to, ok := strings.CutPrefix(at.Metadata, "to="); ok {
				noted, _ = strconv.ParseInt(to, 10, 64)
			}
			return at.CommittedOffset, noted, nil
		}
	}
	first, err := p.first(ctx)
	return first, 0, err
}

func (p *Share) first(ctx context.Context) (int64, error) {
	name := p.source.o.Topic
	r, err := p.source.bus.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{name: {kafka.FirstOffsetOf(p.ID)}}})
	if err != nil {
		return 0, fmt.Errorf("kafka: offsets of %s/%d: %w", name, p.ID, err)
	}
	for _, o := range r.Topics[name] {
		if o.Partition == p.ID {
			return o.FirstOffset, o.Error
		}
	}
	return 0, fmt.Errorf("kafka: no offsets of %s/%d in the answer", name, p.ID)
}

// Commit says that everything before next is settled, and that what follows up to noted is in hand (0: nothing is).
func (p *Share) Commit(ctx context.Context, next, noted int64) error {
	c := kafka.OffsetCommit{Partition: p.ID, Offset: next}
	if noted > next {
		c.Metadata = "to=" + strconv.FormatInt(noted, 10)
	}
	r, err := p.source.bus.client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
		GroupID: p.gen.GroupID, GenerationID: int(p.gen.ID), MemberID: p.gen.MemberID, Topics: map[string][]kafka.OffsetCommit{p.source.o.Topic: {c}},
	})
	if err == nil {
		for _, at := range r.Topics[p.source.o.Topic] {
			err = errors.Join(err, at.Error)
		}
	}
	if err != nil {
		return fmt.Errorf("kafka: commit %s/%d@%d: %w", p.source.o.Topic, p.ID, next, err)
	}
	return nil
}

// ErrPassed says that records were deleted before they were read.
var ErrPassed = errors.New("kafka: records were deleted before they were read")

// Fetch reads records from offset on, waiting for the first up to wait; after is the offset behind what was looked at.
func (p *Share) Fetch(ctx context.Context, offset int64, wait time.Duration) (out []Record, after int64, err error) {
	name := p.source.o.Topic
	fail := func(err error) error { return fmt.Errorf("kafka: read %s/%d@%d: %w", name, p.ID, offset, err) }
	r, err := p.source.bus.client.Fetch(ctx, &kafka.FetchRequest{Topic: name, Partition: p.ID, Offset: offset, MinBytes: 1, MaxBytes: 8 << 20, MaxWait: wait, IsolationLevel: kafka.ReadCommitted})
	if err == nil {
		err = r.Error
	}
	if errors.Is(err, kafka.OffsetOutOfRange) {
		return nil, offset, fail(ErrPassed)
	}
	if err != nil {
		return nil, offset, fail(err)
	}
	after = offset
	for {
		rec, err := r.Records.ReadRecord()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && len(out) > 0 {
			return out, after, nil
		}
		if err != nil {
			return out, after, fail(err)
		}
		if rec.Offset < offset {
			continue
		}
		m := Record{Offset: rec.Offset, Time: rec.Time}
		for _, h := range rec.Headers {
			if h.Key == "file" {
				m.File = string(h.Value)
			}
		}
		if m.Value, err = kafka.ReadAll(rec.Value); err != nil {
			return out, after, fail(err)
		}
		out, after = append(out, m), rec.Offset+1
	}
}

// Answer writes a receipt to the topic for them, if there is one.
func (p *Share) Answer(ctx context.Context, text []byte) error {
	if p.source.o.Receipts == "" {
		return nil
	}
	return p.source.write(ctx, p.source.o.Receipts, kafka.Record{Time: time.Now(), Value: &value{Reader: bytes.NewReader(text)}})
}

// Write writes a message to the topic, as its owner would.
func (s *Source) Write(ctx context.Context, file string, text []byte) error {
	return s.write(ctx, s.o.Topic, kafka.Record{
		Time: time.Now(), Value: &value{Reader: bytes.NewReader(text)}, Headers: []kafka.Header{{Key: "file", Value: []byte(file)}},
	})
}

func (s *Source) write(ctx context.Context, topic string, rec kafka.Record) error {
	r, err := s.bus.client.Produce(ctx, &kafka.ProduceRequest{Topic: topic, Partition: 0, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(rec)})
	if err == nil {
		err = r.Error
	}
	if err != nil {
		return fmt.Errorf("kafka: write to %s: %w", topic, err)
	}
	return nil
}
