// Package bus is the seam to Kafka, and the only importer of its client. It promises: what Publish returned nil for is
// held by all in-sync replicas; messages of one call keep their order and are given their offsets; every message
// carries the incarnation of its topic, so that a topic made anew is noticed and never mistaken for the old one.
//
// An error of Publish means unknown, not no: the message may lie in the log, even twice. The records are made so that
// this is harmless (an end mark lists the offsets that count).
package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// Topic is one of the two logs.
type Topic string

// The topics, without their prefix.
const (
	Lines       Topic = "lines"       // blocks, end marks and orders, by partition
	Submissions Topic = "submissions" // the sequencer: one partition, its offsets are revisions
)

// Type says what a message holds.
type Type string

// The types of messages.
const (
	TypeGenesis    Type = "genesis"    // sellthrough.Genesis, the first of every partition
	TypeBlock      Type = "block"      // a block of lines (package block)
	TypeRefused    Type = "refused"    // sellthrough.RefusedBlock
	TypeEnd        Type = "end"        // sellthrough.EndMark
	TypeDecision   Type = "decision"   // sellthrough.Decision
	TypeOrder      Type = "order"      // sellthrough.Order
	TypeRegistered Type = "registered" // sellthrough.Submission
	TypeCompleted  Type = "completed"  // sellthrough.Completed
)

// Message is one record.
type Message struct {
	Type      Type
	Value     []byte
	Partition int
	Offset    int64
	Time      time.Time // when the log took it
}

// MaxMessage is the largest value that may be published, in bytes.
const MaxMessage = 1 << 20

// Options says where Kafka is and how topics are made.
type Options struct {
	Brokers     []string
	Prefix      string
	Group       string
	Partitions  int // of the lines topic, fixed when it is made
	Replication int
	Retention   time.Duration
	Budget      int64       // bytes of the lines topic; 0: none
	TLS         *tls.Config // nil: none
	User        string
	Password    string
	Log         zerolog.Logger
}

// Bus talks to one Kafka cluster.
type Bus struct {
	opts   Options
	client *kafka.Client
	dialer *kafka.Dialer
	lanes  lanes
	making sync.Mutex // of topics: one at a time in a process
	born   time.Time
	heard  atomic.Int64 // nanoseconds after born
}

// New makes a bus. It dials nothing.
func New(o Options) (*Bus, error) {
	if len(o.Brokers) == 0 {
		return nil, errors.New("kafka: no broker address; set engines.kafka.brokers or leave it out for the embedded broker")
	}
	t := &kafka.Transport{ClientID: "sellthrough", MetadataTTL: 5 * time.Second, IdleTimeout: 5 * time.Minute}
	d := &kafka.Dialer{ClientID: "sellthrough", Timeout: 10 * time.Second, DualStack: true}
	t.TLS, d.TLS = o.TLS, o.TLS
	if o.User != "" {
		m, err := scram.Mechanism(scram.SHA512, o.User, o.Password)
		if err != nil {
			return nil, fmt.Errorf("kafka: SCRAM login of %s: %w", o.User, err)
		}
		t.SASL, d.SASLMechanism = m, m
	}
	c := &kafka.Client{Addr: kafka.TCP(o.Brokers...), Transport: t, Timeout: 30 * time.Second}
	return &Bus{opts: o, client: c, dialer: d, lanes: newLanes(), born: time.Now()}, nil
}

// answered notes that the cluster did what was asked.
func (b *Bus) answered() { b.heard.Store(int64(time.Since(b.born))) }

// Silence is how long ago the cluster last did what this process asked of it.
func (b *Bus) Silence() time.Duration { return time.Since(b.born) - time.Duration(b.heard.Load()) }

// Close drops idle connections.
func (b *Bus) Close() {
	if t, ok := b.client.Transport.(*kafka.Transport); ok {
		t.CloseIdleConnections()
	}
}

// Partitions is the number of partitions of the lines topic.
func (b *Bus) Partitions() int { return b.opts.Partitions }

func (b *Bus) name(t Topic) string { return b.opts.Prefix + "." + string(t) }

func (b *Bus) partitions(t Topic) int {
	if t == Submissions {
		return 1
	}
	return b.opts.Partitions
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
