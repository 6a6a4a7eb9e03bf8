package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sellthrough/internal/embedded/broker"
	chserver "sellthrough/internal/embedded/clickhouse"
)

// outside starts both engines beside the program, as someone's own Kafka and ClickHouse, and gives the YAML that names
// them and the note by which the harness finds the ledger.
func outside(t *testing.T) (yaml string, note []byte) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	dir := t.TempDir()
	log := zerolog.New(os.Stderr).Level(zerolog.WarnLevel)
	b, err := broker.New(broker.Options{Dir: filepath.Join(dir, "kafka"), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	o := chserver.Options{
		Binary: chserver.FindBinary(), Dir: filepath.Join(dir, "clickhouse"), Self: []string{binary, chserver.ChildCommand},
		AdminPassword: "the-admin-of-this-test", ReadPassword: "the-reader-of-this-test", Log: log,
	}
	if o.Binary == "" {
		if o.LibPath, err = chserver.Fetch(t.Context(), os.Stderr); err != nil {
			t.Fatal(err)
		}
	}
	c, err := chserver.New(o)
	if err != nil {
		t.Fatal(err)
	}
	kafka, clickhouse := make(chan string, 1), make(chan string, 1)
	ended := make(chan error, 2)
	go func() { ended <- b.Run(ctx, func(addr string) { kafka <- addr }) }()
	go func() { ended <- c.Run(ctx, func(at chserver.Address) { clickhouse <- at.TCP }) }()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Errorf("engines: %v", err)
			}
		}
	})
	wait := func(from chan string) string {
		select {
		case at := <-from:
			return at
		case err := <-ended:
			ended <- err
			t.Fatalf("an engine ended: %v", err)
		case <-time.After(time.Minute):
			t.Fatal("an engine does not answer")
		}
		return ""
	}
	brokers, address := wait(kafka), wait(clickhouse)
	yaml = fmt.Sprintf("engines:\n  kafka: {brokers: [%q], replication: 1}\n  clickhouse: {address: %q, user: %s, password: \"${SELLTHROUGH_TEST_PASSWORD}\"}\n",
		brokers, address, chserver.AdminUser)
	t.Setenv("SELLTHROUGH_TEST_PASSWORD", o.AdminPassword)
	note, err = json.Marshal(map[string]any{"brokers": []string{brokers}, "clickhouse": address, "user": chserver.AdminUser, "password": o.AdminPassword})
	if err != nil {
		t.Fatal(err)
	}
	return yaml, note
}

// role starts one role of several that share a data folder.
func role(t *testing.T, data, name, yaml string, note []byte) *system {
	t.Helper()
	s := &system{t: t, dir: t.TempDir(), args: strings.Fields(name)}
	api, admin := freePort(t), freePort(t)
	s.api, s.admin = fmt.Sprintf("http://127.0.0.1:%d", api), fmt.Sprintf("http://127.0.0.1:%d", admin)
	if err := os.MkdirAll(filepath.Join(s.dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "data", "engines.json"), note, 0o600); err != nil { // for the harness
		t.Fatal(err)
	}
	text := fmt.Sprintf(header, data, api, admin) + yaml
	if err := os.WriteFile(filepath.Join(s.dir, "sellthrough.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run()
	t.Cleanup(s.stop)
	return s
}

// TestTwoTransformersSplitThePartitions: two transformers share the partitions of one Kafka; one is killed under load and
// the other takes over what it had.
func TestTwoTransformersSplitThePartitions(t *testing.T) {
	engines, note := outside(t)
	yaml, data := engines+loadYAML, t.TempDir()
	first := role(t, data, "transform", yaml, note)
	second := role(t, data, "transform", yaml, note)
	collector := role(t, data, "collect", yaml, note)
	l := newLoad(collector, 5)
	stopped := false
	defer func() {
		if !stopped {
			close(l.stop)
			l.done.Wait()
		}
	}()
	all := []string{"0", "1", "2", "3"}
	var a, b []string
	collector.poll("both transformers own partitions, and together all of them", time.Minute, func() bool {
		a, b = first.owned(), second.owned()
		both := slices.Sorted(slices.Values(append(slices.Clone(a), b...)))
		return len(a) > 0 && len(b) > 0 && slices.Equal(both, all)
	})
	books := func() string {
		return collector.ask("SELECT count() FROM sellthrough.v_submissions WHERE state != 'on the road'")
	}
	collector.poll("submissions are final with two owners", time.Minute, func() bool { return len(books()) > 1 })
	collector.inserting(10 * time.Second)
	acks := l.acks.Load()
	first.kill()
	began := time.Now()
	second.poll("the other owns all partitions", time.Minute, func() bool { return slices.Equal(slices.Sorted(slices.Values(second.owned())), all) })
	took := time.Since(began)
	collector.poll("a 202 after the takeover", time.Minute, func() bool { return l.acks.Load() > acks })
	stopped = true
	l.finish()
	t.Logf("one transformer had %s, the other %s; %d acks before the kill -9 of the first, taken over after %.1f s, %d batches redone",
		strings.Join(a, " "), strings.Join(b, " "), acks, took.Seconds(), strings.Count(second.loggedSince(0), "redo of the batch in flight"))
}

// TestATopicMadeAnewStopsTheRoad: a Kafka that lost its data must not be taken for the old one. The program says so, says
// what to do, and does it when it is told.
func TestATopicMadeAnewStopsTheRoad(t *testing.T) {
	s := start(t, loadYAML)
	f := newLoadFiles(3)
	for _, body := range f {
		s.push("alpha-invoices", "alpha", nil, body)
	}
	s.settled(len(f))
	const sums = "SELECT sum(sign), sum(qty), sum(amount) FROM sellthrough.movements"
	before := s.ask(sums)
	s.stop()
	if err := os.RemoveAll(filepath.Join(s.dir, "data", "kafka")); err != nil {
		t.Fatal(err)
	}
	logged := s.launch()
	const message = "sellthrough up --accept-new-topics"
	s.poll("the program says what is wrong", time.Minute, func() bool { return strings.Contains(s.loggedSince(logged), message) })
	ended := s.ended(20 * time.Second)
	t.Logf("ended %v, saying:\n%s", ended, s.loggedSince(logged))
	if !ended || s.proc.ProcessState.Success() {
		t.Fatal("the program goes on with a topic that was made anew")
	}
	s.out.Close()

	s.args = []string{"up", "--accept-new-topics"}
	s.run()
	for _, body := range f {
		s.push("alpha-invoices", "alpha", nil, body)
	}
	s.settled(2 * len(f))
	if got := s.ask(sums); got != before {
		t.Errorf("the same files again on new topics: %s, want %s", got, before)
	}
	s.verify()
}

// newLoadFiles makes the first files of a feed.
func newLoadFiles(n int) (bodies [][]byte) {
	f := &feedLoad{feed: "alpha-invoices", partner: "alpha", rnd: rand.New(rand.NewPCG(11, 0))}
	for i := range n {
		bodies = append(bodies, f.next(i))
	}
	return bodies
}
