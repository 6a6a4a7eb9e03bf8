package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// role starts one role of several that share a data folder.
func role(t *testing.T, data, name, yaml string, note []byte) *system {
	t.Helper()
	s := prepare(t, data, name, yaml, note)
	s.run()
	t.Cleanup(s.stop)
	return s
}

// prepare writes what a role needs to start.
func prepare(t *testing.T, data, name, yaml string, note []byte) *system {
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
	return s
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
