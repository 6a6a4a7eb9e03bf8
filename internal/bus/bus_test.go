package bus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sellthrough/internal/embedded/broker"
	"sellthrough/internal/embedded/kafkatest"
)

// site is a Kafka of the suite.
type site struct {
	plain   []string // addresses without TLS, to look behind the bus
	opts    Options
	cluster *kafkatest.Cluster // nil: embedded
	logTime bool               // LogAppendTime is applied, not only kept
}

// TestTheBusKeepsItsPromises: one suite, on the embedded broker, on one Apache Kafka over TLS with a SCRAM login, and on
// three.
func TestTheBusKeepsItsPromises(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { promises(t, embedded(t)) })
	t.Run("one Apache Kafka with TLS and SCRAM", func(t *testing.T) {
		c := kafkatest.Start(t, 1)
		s := &site{plain: c.Plain, cluster: c, logTime: true, opts: Options{
			Brokers: c.Secure, TLS: trusted(t, c.CA), User: kafkatest.User, Password: kafkatest.Password, Replication: 1,
		}}
		promises(t, s)
		t.Run("a wrong password is told", func(t *testing.T) { s.wrongPassword(t) })
	})
	t.Run("three Apache Kafkas", func(t *testing.T) {
		c := kafkatest.Start(t, 3)
		s := &site{plain: c.Plain, cluster: c, logTime: true, opts: Options{Brokers: c.Plain, Replication: 3}}
		promises(t, s)
		t.Run("a leader that moves loses nothing", func(t *testing.T) { s.moved(t) })
		t.Run("with too few replicas nothing is acknowledged", func(t *testing.T) { s.alone(t) })
	})
}

func embedded(t *testing.T) *site {
	b, err := broker.New(broker.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- b.Run(ctx, func(at string) { ready <- at }) }()
	t.Cleanup(func() {
		cancel()
		_ = <-ended // that of what was cancelled
	})
	at := <-ready
	return &site{plain: []string{at}, opts: Options{Brokers: []string{at}, Replication: 1}}
}

func trusted(t *testing.T, file string) *tls.Config {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	c.RootCAs.AppendCertsFromPEM(text)
	return c
}

// bus makes a bus with topics of its own.
func (s *site) bus(t *testing.T, prefix string, partitions int) *Bus {
	t.Helper()
	o := s.opts
	o.Prefix, o.Group, o.Partitions, o.Retention, o.Log = prefix, prefix, partitions, 48*time.Hour, zerolog.Nop()
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func ensure(t *testing.T, b *Bus) Incarnations {
	t.Helper()
	inc, err := b.Ensure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return inc
}

func promises(t *testing.T, s *site) {
	t.Run("topics are made as they have to be, once", func(t *testing.T) { s.topics(t) })
	t.Run("what is acknowledged is read back, in order and at its offsets", func(t *testing.T) { s.readBack(t) })
	t.Run("a topic made anew is not taken for the old one", func(t *testing.T) { s.anew(t) })
	t.Run("partitions are shared, and go over when their owner leaves", func(t *testing.T) { s.shared(t) })
}

func (s *site) topics(t *testing.T) {
	var all [4]Incarnations
	var wg sync.WaitGroup
	for i := range all { // several processes at once
		b := s.bus(t, "made", 3)
		wg.Go(func() {
			var err error
			if all[i], err = b.Ensure(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, inc := range all {
		if inc != all[0] || inc.Lines == inc.Submissions || inc.Lines == "" {
			t.Errorf("incarnations %v", all)
		}
	}
	for topic, want := range map[string]struct {
		partitions int
		retention  string
	}{"made.lines": {3, "172800000"}, "made.submissions": {1, "-1"}} {
		d, err := kafkatest.Describe(t.Context(), s.plain, topic)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Replicas) != want.partitions || len(d.Replicas[0]) != s.opts.Replication {
			t.Errorf("%s lies on %v", topic, d.Replicas)
		}
		inSync := "1"
		if s.opts.Replication > 1 {
			inSync = "2"
		}
		for k, v := range map[string]string{
			"message.timestamp.type": "LogAppendTime", "cleanup.policy": "delete", "retention.ms": want.retention, "retention.bytes": "-1", "min.insync.replicas": inSync,
		} {
			if d.Config[k] != v {
				t.Errorf("%s: %s is %q, want %q", topic, k, d.Config[k], v)
			}
		}
	}
	if _, err := s.bus(t, "made", 5).Ensure(t.Context()); err == nil || !strings.Contains(err.Error(), "partitions") {
		t.Errorf("another number of partitions: %v", err)
	}
}

// text is a message of some bytes.
func text(kind Type, s string) Message { return Message{Type: kind, Value: []byte(s)} }

// all reads a partition from an offset on until there are n messages.
func all(t *testing.T, b *Bus, p int, inc Incarnation, from int64, n int) (out []Message) {
	t.Helper()
	r := b.Reader(Lines, p, inc, from)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for len(out) < n {
		m, ok, err := r.Next(ctx, 200*time.Millisecond)
		if err != nil {
			t.Fatalf("after %d of %d: %v", len(out), n, err)
		}
		if ok {
			out = append(out, m)
		}
	}
	return out
}

func (s *site) readBack(t *testing.T) {
	b := s.bus(t, "read", 2)
	inc := ensure(t, b)
	began := time.Now().Add(-time.Minute)
	var mu sync.Mutex
	at := map[int64]string{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := range 20 {
				one, two := fmt.Sprintf("%d-%d-a", w, n), fmt.Sprintf("%d-%d-b", w, n)+strings.Repeat("x", n*2000)
				offsets, err := b.Publish(t.Context(), Lines, 1, inc.Lines, text(TypeBlock, one), text(TypeEnd, two))
				if err != nil || len(offsets) != 2 || offsets[1] != offsets[0]+1 {
					t.Errorf("offsets %v, %v", offsets, err)
					return
				}
				mu.Lock()
				at[offsets[0]], at[offsets[1]] = one, two
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	msgs := all(t, b, 1, inc.Lines, 1, 320)
	var some []int64
	last := map[string]int{}
	for i, m := range msgs {
		if at[m.Offset] != string(m.Value) || m.Offset != int64(i+1) || m.Partition != 1 {
			t.Fatalf("offset %d holds %.20s, acknowledged was %.20s", m.Offset, m.Value, at[m.Offset])
		}
		var w, n int
		var half string
		if _, err := fmt.Sscanf(string(m.Value), "%d-%d-%1s", &w, &n, &half); err != nil {
			t.Fatal(err)
		}
		if key := fmt.Sprint(w); 2*n < last[key] {
			t.Errorf("message %s of a publisher came after %d", m.Value[:5], last[key]/2)
		} else {
			last[key] = 2 * n
		}
		if s.logTime && (m.Time.Before(began) || time.Since(m.Time) < -time.Minute) {
			t.Errorf("the log took it at %v", m.Time)
		}
		if i%7 == 0 {
			some = append(some, m.Offset)
		}
	}
	var got []int64
	err := b.At(t.Context(), Lines, 1, inc.Lines, some, func(m Message) error {
		got = append(got, m.Offset)
		if string(m.Value) != at[m.Offset] {
			t.Errorf("at %d is %.20s", m.Offset, m.Value)
		}
		return nil
	})
	if err != nil || !slices.Equal(got, some) {
		t.Errorf("asked for %v, got %v, %v", some, got, err)
	}
	if first, end, err := b.Offsets(t.Context(), Lines, 1); err != nil || first != 0 || end != 321 {
		t.Errorf("offsets %d to %d, %v", first, end, err)
	}
	if b.Silence() > 10*time.Second {
		t.Errorf("silent for %v", b.Silence())
	}
	if _, err := b.Publish(t.Context(), Lines, 0, inc.Lines, text(TypeBlock, strings.Repeat("x", MaxMessage+1))); err == nil {
		t.Error("a message above the limit was taken")
	}
}

func (s *site) anew(t *testing.T) {
	b := s.bus(t, "anew", 1)
	inc := ensure(t, b)
	if _, err := b.Publish(t.Context(), Lines, 0, inc.Lines, text(TypeBlock, "x")); err != nil {
		t.Fatal(err)
	}
	r := b.Reader(Lines, 0, "00000001-another", 0)
	if _, _, err := r.Next(t.Context(), time.Second); !errors.Is(err, ErrIncarnation) {
		t.Errorf("another incarnation: %v", err)
	}
	r = b.Reader(Lines, 0, inc.Lines, 1000)
	if _, _, err := r.Next(t.Context(), time.Second); !errors.Is(err, ErrIncarnation) {
		t.Errorf("an offset behind the end: %v", err)
	}
}

// hand is a member of the group, and the partitions it holds.
type hand struct {
	mu   sync.Mutex
	has  map[int]bool
	stop context.CancelFunc
	done chan struct{}
}

func (s *site) join(t *testing.T, b *Bus) *hand {
	ctx, cancel := context.WithCancel(context.Background())
	h := &hand{has: map[int]bool{}, stop: cancel, done: make(chan struct{})}
	go func() {
		defer close(h.done)
		_ = b.Consume(ctx, func(ctx context.Context, p int) error { // it ends by ctx alone
			h.set(p, true)
			<-ctx.Done()
			h.set(p, false)
			return nil
		}, func(error) bool { return true })
	}()
	t.Cleanup(func() { cancel(); <-h.done })
	return h
}

func (h *hand) set(p int, has bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.has[p] = has; !has {
		delete(h.has, p)
	}
}

func (h *hand) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.has)
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(90 * time.Second); !ok(); {
		if time.Now().After(limit) {
			t.Fatalf("still not: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *site) shared(t *testing.T) {
	b := s.bus(t, "shared", 4)
	ensure(t, b)
	one := s.join(t, b)
	wait(t, "one has all", func() bool { return one.count() == 4 })
	two := s.join(t, s.bus(t, "shared", 4))
	wait(t, "both have some, and each partition one owner", func() bool { return one.count() == 2 && two.count() == 2 })
	one.stop()
	<-one.done
	wait(t, "the other has all", func() bool { return two.count() == 4 })
}

func (s *site) wrongPassword(t *testing.T) {
	o := *s
	o.opts.Password = "wrong"
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := o.bus(t, "wrong", 1).Ensure(ctx); err == nil || !strings.Contains(strings.ToLower(err.Error()), "authentication") {
		t.Errorf("%v", err)
	}
}

// moved publishes while the leader is another one, by an operator's hand and by a kill.
func (s *site) moved(t *testing.T) {
	b := s.bus(t, "moved", 1)
	inc := ensure(t, b)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	var mu sync.Mutex
	acked := map[int64]string{}
	for w := range 3 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				v := fmt.Sprintf("%d-%d", w, n)
				offsets, err := b.Publish(t.Context(), Lines, 0, inc.Lines, text(TypeBlock, v))
				if err != nil {
					continue // unknown
				}
				mu.Lock()
				acked[offsets[0]] = v
				mu.Unlock()
			}
		})
	}
	grown := func() func() bool {
		mu.Lock()
		defer mu.Unlock()
		n := len(acked)
		return func() bool { mu.Lock(); defer mu.Unlock(); return len(acked) > n+20 }
	}
	wait(t, "some are acknowledged", grown())
	for range 3 {
		from, to := s.cluster.Move(t, "moved.lines", 0)
		t.Logf("the leader moved from %d to %d", from, to)
		wait(t, "more are acknowledged", grown())
	}
	d, err := kafkatest.Describe(t.Context(), s.plain, "moved.lines")
	if err != nil {
		t.Fatal(err)
	}
	leader := d.Leaders[0]
	s.cluster.Kill(leader - 1)
	wait(t, "more are acknowledged without the leader", grown())
	s.cluster.Restart(leader - 1)
	s.cluster.Await()
	close(stop)
	wg.Wait()
	_, end, err := b.Offsets(t.Context(), Lines, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[int64]string{}
	for _, m := range all(t, b, 0, inc.Lines, 1, int(end)-1) {
		found[m.Offset] = string(m.Value)
	}
	for o, v := range acked {
		if found[o] != v {
			t.Errorf("acknowledged at %d was %s, there is %q", o, v, found[o])
		}
	}
	t.Logf("%d acknowledged of %d in the log", len(acked), end-1)
}

// alone leaves one replica of three: a write is not acknowledged, and is again when another is back.
func (s *site) alone(t *testing.T) {
	b := s.bus(t, "alone", 1)
	inc := ensure(t, b)
	d, err := kafkatest.Describe(t.Context(), s.plain, "alone.lines")
	if err != nil {
		t.Fatal(err)
	}
	var gone []int
	for id := 1; id <= 3; id++ {
		if id != d.Leaders[0] {
			gone = append(gone, id-1)
		}
	}
	s.cluster.Kill(gone[0])
	s.cluster.Kill(gone[1])
	wait(t, "an error", func() bool {
		_, err := b.Publish(t.Context(), Lines, 0, inc.Lines, text(TypeBlock, "alone"))
		return err != nil
	})
	if _, err := b.Publish(t.Context(), Lines, 0, inc.Lines, text(TypeBlock, "alone")); err == nil {
		t.Error("acknowledged by one replica of three")
	}
	s.cluster.Restart(gone[0])
	s.cluster.Restart(gone[1])
	s.cluster.Await()
	wait(t, "acknowledged again", func() bool {
		_, err := b.Publish(t.Context(), Lines, 0, inc.Lines, text(TypeBlock, "again"))
		return err == nil
	})
}
