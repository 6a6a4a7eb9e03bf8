package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sellthrough/internal/embedded/kafkatest"
)

// TestTheRoad: the same load on the embedded broker, on one Apache Kafka over TLS with a SCRAM login, and on three. A collector
// and two transformers share it; one of them is killed in an insert and comes back. Then each Kafka has its own bad day.
func TestTheRoad(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { newRoad(t, "").finish() })
	t.Run("one Apache Kafka with TLS and SCRAM", func(t *testing.T) {
		c := kafkatest.Start(t, 1)
		t.Setenv("SELLTHROUGH_TEST_KAFKA", kafkatest.Password)
		r := newRoad(t, fmt.Sprintf("{brokers: [%s], replication: 1, tls: true, ca: %s, user: %s, password: \"${SELLTHROUGH_TEST_KAFKA}\"}",
			strings.Join(c.Secure, ", "), c.CA, kafkatest.User))
		r.held(c)
		r.finish()
		s := r.second
		s.kill()
		s.env = []string{"SELLTHROUGH_TEST_KAFKA=wrong"}
		logged := s.launch(s.env...)
		s.poll("the wrong password is told", time.Minute, func() bool { return strings.Contains(strings.ToLower(s.loggedSince(logged)), "authentication") })
	})
	t.Run("three Apache Kafkas", func(t *testing.T) {
		c := kafkatest.Start(t, 3)
		r := newRoad(t, fmt.Sprintf("{brokers: [%s], replication: 3}", strings.Join(c.Plain, ", ")))
		r.moved(c)
		r.killed(c)
		r.alone(c)
		r.finish()
	})
}

// road is a collector and two transformers on one Kafka, under load.
type road struct {
	t                        *testing.T
	first, second, collector *system
	l                        *load
	table                    []string
}

// newRoad starts the road and its load, and has one transformer take over from the other.
func newRoad(t *testing.T, kafka string) *road {
	o := outside(t, kafka)
	yaml, data := o.yaml+loadYAML, t.TempDir()
	r := &road{t: t, first: role(t, data, "transform", yaml, o.note), second: role(t, data, "transform", yaml, o.note), collector: role(t, data, "collect", yaml, o.note)}
	r.l = newLoad(r.collector, 404)
	s, all := r.collector, []string{"0", "1", "2", "3"}
	shared := func() {
		s.poll("both transformers own partitions, and together all of them", 2*time.Minute, func() bool {
			a, b := r.first.owned(), r.second.owned()
			return len(a) > 0 && len(b) > 0 && slices.Equal(slices.Sorted(slices.Values(append(slices.Clone(a), b...))), all)
		})
	}
	shared()
	s.poll("submissions are final with two owners", 2*time.Minute, func() bool {
		n, err := s.try("SELECT count() FROM sellthrough.v_submissions WHERE state != 'on the road'")
		return err == nil && len(n) > 1
	})
	s.inserting(10 * time.Second)
	r.first.kill()
	began := time.Now()
	s.poll("the other owns all partitions", 2*time.Minute, func() bool { return slices.Equal(slices.Sorted(slices.Values(r.second.owned())), all) })
	r.say("a transformer killed, taken over", began)
	r.acks("a 202 after the takeover", nil)
	r.first.run()
	shared()
	return r
}

func (r *road) say(what string, began time.Time) {
	r.table = append(r.table, fmt.Sprintf("%-60s %6.1f s", what, time.Since(began).Seconds()))
}

// acks waits for more 202s after something was done.
func (r *road) acks(what string, do func()) {
	r.t.Helper()
	if do != nil {
		do()
	}
	n := r.l.acks.Load()
	r.collector.poll(what, 3*time.Minute, func() bool { return r.l.acks.Load() > n+1 })
}

func (r *road) finish() {
	r.t.Helper()
	r.l.finish()
	r.t.Log("\n" + strings.Join(r.table, "\n"))
}

// comeAgain waits until partners are told so, has the log come back, and sends the same request until it is taken: once.
func (r *road) comeAgain(key string, back func()) {
	r.t.Helper()
	send := func() int {
		a, err := r.collector.send(r.t.Context(), "alpha-lines", "alpha", nil, key, strings.NewReader("Doc,Store,Line,Item,Qty,Amount,Day\n"), nil)
		if err != nil {
			return 0
		}
		return a.Status
	}
	r.collector.poll("a partner is told to come again", time.Minute, func() bool {
		status := send()
		if status >= 200 && status < 300 {
			r.t.Errorf("a body was taken: %d", status)
		}
		return status == 503
	})
	back()
	r.collector.poll("the same request is taken", 2*time.Minute, func() bool { status := send(); return status >= 200 && status < 300 })
	r.l.extra++
}

// held stops the only broker in its tracks for longer than a session.
func (r *road) held(c *kafkatest.Cluster) {
	began := time.Now()
	if err := c.Signal(0, syscall.SIGSTOP); err != nil {
		r.t.Fatal(err)
	}
	r.comeAgain("while-the-broker-is-held", func() {
		r.collector.poll("longer than a session", time.Minute, func() bool { return time.Since(began) > 12*time.Second })
		if err := c.Signal(0, syscall.SIGCONT); err != nil {
			r.t.Fatal(err)
		}
		began = time.Now()
	})
	r.acks("a 202 when the broker goes on", nil)
	r.say("the broker held for 12 s, then a 202", began)
}

// moved has an operator move leaders.
func (r *road) moved(c *kafkatest.Cluster) {
	for p := range 4 {
		from, to := c.Move(r.t, "sellthrough.lines", p)
		began := time.Now()
		r.acks("a 202 with another leader", nil)
		r.say(fmt.Sprintf("leader of partition %d moved from %d to %d, then a 202", p, from, to), began)
	}
	c.Move(r.t, "sellthrough.submissions", 0)
	r.acks("a 202 with another leader of submissions", nil)
}

// killed kills each broker in turn.
func (r *road) killed(c *kafkatest.Cluster) {
	for _, i := range rand.New(rand.NewPCG(405, 1)).Perm(3) {
		c.Kill(i)
		began := time.Now()
		r.acks("a 202 without the broker", nil)
		r.say(fmt.Sprintf("broker %d killed, then a 202", i+1), began)
		c.Restart(i)
		c.Await()
	}
}

// alone leaves one broker of three, which may acknowledge nothing.
func (r *road) alone(c *kafkatest.Cluster) {
	c.Kill(0)
	c.Kill(1)
	began := time.Now()
	r.comeAgain("while-two-are-gone", func() {
		c.Restart(0)
		c.Restart(1)
		c.Await()
		began = time.Now()
	})
	r.acks("a 202 with all brokers", nil)
	r.say("two brokers gone and back, then a 202", began)
}
