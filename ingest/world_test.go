package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"sellthrough"
	"sellthrough/ingest/archive"
	"sellthrough/ingest/keys"
	"sellthrough/internal/block"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
)

const settings = `
data: %s
engines: {kafka: {partitions: 3}}
limits: {body: 300MiB, concurrent: 4, per_partner: 2}
partners:
  - {id: acme, name: Acme, time_zone: Europe/Berlin, currency: EUR, keys: [sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae]}
  - {id: beta, name: Beta, time_zone: Europe/Berlin, currency: EUR, keys: [sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9]}
feeds:
  - id: pos
    partner: acme
    kind: sales
    columns: &columns {document: receipt, location: store, item: item, qty: qty, at: day}
    identity: {scope: location-day}
    coverage: {kind: location-day}
  - {id: invoices, partner: acme, kind: sales, columns: *columns, identity: {scope: document}, equal_rows_across_files: duplicate}
  - {id: stock, partner: acme, kind: stock, columns: {location: store, item: item, qty: qty, at: day}, coverage: {kind: snapshot}}
  - {id: other, partner: beta, kind: sales, columns: *columns, identity: {scope: document}, equal_rows_across_files: duplicate}
`

// world is a Kafka cluster, a data folder and the collectors that use them.
type world struct {
	t       testing.TB
	cluster *kfake.Cluster
	dir     string
}

func newWorld(t testing.TB) *world {
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &world{t: t, cluster: c, dir: t.TempDir()}
}

// wire is the bus of one collector; refuse says which publishes fail.
type wire struct {
	*bus.Bus
	refuse atomic.Pointer[func(t bus.Topic, m bus.Message) error]
}

func (l *wire) Publish(ctx context.Context, t bus.Topic, p int, inc bus.Incarnation, msgs ...bus.Message) ([]int64, error) {
	if f := l.refuse.Load(); f != nil {
		for _, m := range msgs {
			if err := (*f)(t, m); err != nil {
				return nil, err
			}
		}
	}
	return l.Bus.Publish(ctx, t, p, inc, msgs...)
}

type collector struct {
	*Intake
	wire *wire
	stop func()
}

func (w *world) bus() *bus.Bus {
	b, err := bus.New(bus.Options{Brokers: w.cluster.ListenAddrs(), Prefix: "t", Group: "g", Partitions: 3, Replication: 1, Retention: time.Hour})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(b.Close)
	return b
}

// collect starts a collector over a data folder, and waits until it is ready.
func (w *world) collect(data string, edit ...func(*config.Config)) *collector {
	w.t.Helper()
	c, err := config.Parse("t.yml", fmt.Appendf(nil, settings, filepath.Join(w.dir, data)), func(string) (string, bool) { return "", false })
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range edit {
		e(c)
	}
	a, err := archive.Open(w.t.Context(), filepath.Join(w.dir, "archive"))
	if err != nil {
		w.t.Fatal(err)
	}
	if a.Keys, err = keys.Open(w.t.Context(), keys.Options{At: filepath.Join(w.dir, "keys")}); err != nil {
		w.t.Fatal(err)
	}
	l := &wire{Bus: w.bus()}
	i, err := New(Options{Config: c, Bus: l, Archive: a, Keys: a.Keys})
	if err != nil {
		w.t.Fatal(err)
	}
	i.drain = 0 // what tests leave in hand is meant to be lost
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- i.Run(ctx) }()
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			cancel()
			if err := <-done; err != nil {
				w.t.Error(err)
			}
		}
	}
	w.t.Cleanup(stop)
	for !i.Ready() {
		select {
		case err := <-done:
			w.t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
	return &collector{i, l, stop}
}

// road is everything on the road, by partition.
func (w *world) road() (out [3][]bus.Message) {
	w.t.Helper()
	b := w.bus()
	inc, err := b.Ensure(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for p := range out {
		out[p] = w.read(b, bus.Lines, p, inc.Lines)
	}
	return out
}

func (w *world) read(b *bus.Bus, t bus.Topic, p int, inc bus.Incarnation) (out []bus.Message) {
	_, end, err := b.Offsets(w.t.Context(), t, p)
	if err != nil {
		w.t.Fatal(err)
	}
	r := b.Reader(t, p, inc, 0)
	for next := int64(0); next < end; {
		m, ok, err := r.Next(w.t.Context(), time.Second)
		if err != nil {
			w.t.Fatal(err)
		}
		if ok {
			out = append(out, m)
			next = m.Offset + 1
		}
	}
	return out
}

// submission is what counts of one submission on the road: the newest complete attempt.
type found struct {
	marks   map[int]sellthrough.EndMark
	lines   []string // item of each line
	refused []sellthrough.Refusal
	home    *sellthrough.Home
}

func (w *world) find(id sellthrough.SubmissionID, attempt uint32) found {
	w.t.Helper()
	f := found{marks: map[int]sellthrough.EndMark{}}
	for p, msgs := range w.road() {
		at := map[int64]bus.Message{}
		for _, m := range msgs {
			at[m.Offset] = m
			if m.Type != bus.TypeEnd {
				continue
			}
			var e sellthrough.EndMark
			if err := json.Unmarshal(m.Value, &e); err != nil {
				w.t.Fatal(err)
			}
			if e.Submission != id || e.Attempt != attempt {
				continue
			}
			f.marks[p] = e
			lines := int64(0)
			for k, o := range e.Blocks {
				if k > 0 && o <= e.Blocks[k-1] {
					w.t.Errorf("offsets of an end mark do not ascend: %v", e.Blocks)
				}
				b, err := block.Read(at[o].Value)
				if err != nil || b.Submission != id || b.Attempt != attempt {
					w.t.Fatalf("block at %d: %v %v", o, b.Submission, err)
				}
				lines += int64(b.Len())
				for n := range b.Len() {
					f.lines = append(f.lines, b.Line(n, sellthrough.Sales).Item)
				}
			}
			if lines != e.Lines {
				w.t.Errorf("end mark says %d lines, its blocks hold %d", e.Lines, lines)
			}
			if e.Home != nil {
				if f.home != nil {
					w.t.Error("two homes")
				}
				f.home = e.Home
				for _, o := range e.Home.RefusedBlocks {
					var r sellthrough.RefusedBlock
					if err := json.Unmarshal(at[o].Value, &r); err != nil || r.Submission != id {
						w.t.Fatalf("refused block: %v", err)
					}
					f.refused = append(f.refused, r.Rows...)
				}
			}
		}
	}
	for p, e := range f.marks {
		if len(e.Partitions) != len(f.marks) {
			w.t.Errorf("partition %d lists %v, %d have end marks", p, e.Partitions, len(f.marks))
		}
	}
	return f
}

// marks counts end marks on the road.
func (w *world) marks() (n int) {
	for _, msgs := range w.road() {
		for _, m := range msgs {
			if m.Type == bus.TypeEnd {
				n++
			}
		}
	}
	return n
}

// bodies counts what the archive keeps, drafts included.
func (w *world) bodies() (n int) {
	_ = filepath.WalkDir(filepath.Join(w.dir, "archive"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return nil
	})
	return n
}

const header = "receipt,store,item,qty,day\n"

func csvRow(k int) string {
	return fmt.Sprintf("r%d,s%d,item-%d,%d,2026-03-%02d\n", k/4, k%7, k%50, 1+k%3, 1+k%28)
}

func csvBody(rows int) string {
	var b strings.Builder
	b.WriteString(header)
	for k := range rows {
		b.WriteString(csvRow(k))
	}
	return b.String()
}

func request(feed, key, body string) Request {
	return Request{Partner: "acme", Feed: sellthrough.FeedID(feed), Key: key, Body: strings.NewReader(body), Length: int64(len(body))}
}

// kind fails the test where err is not a fault of the wanted kind.
func kind(t *testing.T, err error, want Kind) {
	t.Helper()
	_ = faultOf(t, err, want)
}

func faultOf(t *testing.T, err error, want Kind) *Fault {
	t.Helper()
	f, ok := AsFault(err)
	if !ok || f.Kind != want {
		t.Fatalf("got %v, want a fault of kind %s", err, want)
	}
	return f
}

var errDown = errors.New("no broker")

// failing makes publishes of a type fail.
func (c *collector) failing(types ...bus.Type) {
	f := func(_ bus.Topic, m bus.Message) error {
		if slices.Contains(types, m.Type) {
			return errDown
		}
		return nil
	}
	c.wire.refuse.Store(&f)
}
