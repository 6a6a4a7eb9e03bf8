package kafkafeed

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"sellthrough/ingest/door"
	"sellthrough/ingest/promise"
	"sellthrough/internal/bus"
)

// world is a partner's topic, and a door that reads it.
type world struct {
	in     *promise.Intake
	client *kgo.Client
	lines  bool
	end    int64 // behind what was written
	stop   func()
}

const topic, receipts, group = "acme.pos", "acme.receipts", "sellthrough-acme"

func start(t *testing.T, in *promise.Intake, lines bool) *world {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(in.Kafka), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	for _, name := range []string{topic, receipts} {
		r := kmsg.NewPtrCreateTopicsRequest()
		n := kmsg.NewCreateTopicsRequestTopic()
		n.Topic, n.NumPartitions, n.ReplicationFactor = name, 1, 1
		r.Topics = append(r.Topics, n)
		if a, err := r.RequestWith(t.Context(), c); err != nil || a.Topics[0].ErrorCode != 0 {
			t.Fatal(err, a.Topics[0].ErrorCode)
		}
	}
	w := &world{in: in, client: c, lines: lines, stop: func() {}}
	w.Restart(t)
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *world) Restart(t *testing.T) {
	t.Helper()
	w.stop()
	s, err := bus.NewSource(bus.SourceOptions{Brokers: []string{w.in.Kafka}, Topic: topic, Group: group, Receipts: receipts})
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(Options{Intake: w.in, Log: zerolog.Nop(), Topics: []Topic{{Partner: "acme", Feed: "pos", Lines: w.lines, Source: s, Name: topic}}})
	if err != nil {
		t.Fatal(err)
	}
	d.wait, d.pause = 20*time.Millisecond, time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		s.Close()
		w.stop = func() {}
	}
}

func (w *world) Put(t *testing.T, name, body string) {
	t.Helper()
	r := &kgo.Record{Topic: topic, Value: []byte(body), Headers: []kgo.RecordHeader{{Key: "file", Value: []byte(name)}}}
	if err := w.client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
		t.Fatal(err)
	}
	w.end = r.Offset + 1
}

// Turn waits until everything is committed.
func (w *world) Turn(t *testing.T) {
	t.Helper()
	for w.committed(t) < w.end {
		<-time.After(5 * time.Millisecond)
	}
}

func (w *world) committed(t *testing.T) int64 {
	t.Helper()
	r := kmsg.NewPtrOffsetFetchRequest()
	r.Group = group
	a, err := r.RequestWith(t.Context(), w.client)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range a.Groups {
		for _, x := range g.Topics {
			return x.Partitions[0].Offset
		}
	}
	for _, x := range a.Topics {
		return x.Partitions[0].Offset
	}
	return -1
}

// Notices are read from the topic for receipts.
func (w *world) Notices(t *testing.T) map[string]door.Notice {
	t.Helper()
	out := map[string]door.Notice{}
	for _, r := range w.read(t, receipts) {
		var n door.Notice
		if err := json.Unmarshal(r.Value, &n); err != nil {
			t.Fatal(err)
		}
		out[n.File] = n
	}
	return out
}

// read gives all that is in a topic now.
func (w *world) read(t *testing.T, name string) (out []*kgo.Record) {
	t.Helper()
	end := &kgo.Record{Topic: name, Key: []byte("end")}
	if err := w.client.ProduceSync(t.Context(), end).FirstErr(); err != nil {
		t.Fatal(err)
	}
	c, err := kgo.NewClient(kgo.SeedBrokers(w.in.Kafka), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{name: {0: kgo.NewOffset().AtStart()}}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for last := int64(-1); last < end.Offset; {
		f := c.PollFetches(t.Context())
		if err := f.Err(); err != nil {
			t.Fatal(err)
		}
		f.EachRecord(func(r *kgo.Record) {
			if last = r.Offset; r.Value != nil {
				out = append(out, r)
			}
		})
	}
	return out
}

func TestPromises(t *testing.T) {
	promise.Run(t, func(t *testing.T, in *promise.Intake) promise.Driver { return start(t, in, false) })
}

func TestLinesThatLieTogetherAreOneReport(t *testing.T) {
	in := promise.NewIntake(t)
	w := start(t, in, true)
	w.stop()
	for line := range strings.SplitSeq(strings.TrimSpace(promise.Good), "\n") {
		w.Put(t, "", line)
	}
	w.Restart(t)
	w.Turn(t)
	got := in.Taken()
	if len(got) != 1 || got[0].Accepted != 2 {
		t.Fatalf("%+v", got)
	}
	if n := w.Notices(t)[fmt.Sprintf("%s/0/0-3", topic)]; !n.Taken {
		t.Errorf("%+v", n)
	}
}

func TestARangeInHandIsTheSameAfterACrash(t *testing.T) {
	in := promise.NewIntake(t)
	w := start(t, in, true)
	w.stop()
	lines := strings.SplitSeq(strings.TrimSpace(promise.Good), "\n")
	for line := range lines {
		w.Put(t, "", line)
	}
	in.Down() // the range is noted, and nobody takes it
	w.Restart(t)
	for w.committed(t) != 0 {
		<-time.After(5 * time.Millisecond)
	}
	w.stop()
	w.Put(t, "", "r2,s1,c,1,2026-03-02") // what comes meanwhile is not in it
	in.Up()
	w.Restart(t)
	w.Turn(t)
	got := in.Taken()
	if len(got) == 0 || got[0].Rows != 2 || got[0].Bytes != int64(len(promise.Good)) {
		t.Errorf("%+v", got)
	}
}

func TestTombstonesAreNoReports(t *testing.T) {
	in := promise.NewIntake(t)
	w := start(t, in, false)
	if err := w.client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Key: []byte("k")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	w.Put(t, "r.csv", promise.Good)
	w.Turn(t)
	if got := in.Taken(); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}
