package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sellthrough/internal/embedded/kafkatest"
)

// onKafka is the configuration of the load beside an own Kafka.
func onKafka(brokers []string, replication int, more string) string {
	return fmt.Sprintf("engines:\n  kafka: {brokers: [%s], replication: %d%s}\n", strings.Join(brokers, ", "), replication, more) + loadYAML
}

// TestTheRoadOnApacheKafka: one broker, over TLS with a SCRAM login; the process is killed under load, started again, and
// the numbers are exact. A wrong password is told at once.
func TestTheRoadOnApacheKafka(t *testing.T) {
	c := kafkatest.Start(t, 1)
	t.Setenv("SELLTHROUGH_TEST_KAFKA", kafkatest.Password)
	secure := fmt.Sprintf(", tls: true, ca: %s, user: %s, password: \"${SELLTHROUGH_TEST_KAFKA}\"", c.CA, kafkatest.User)
	s := start(t, onKafka(c.Secure, 1, secure))
	l := newLoad(s, 404)
	stopped := false
	defer func() {
		if !stopped {
			close(l.stop)
			l.done.Wait()
		}
	}()
	s.poll("some 202", time.Minute, func() bool { return l.acks.Load() > 4 })
	s.inserting(20 * time.Second)
	s.kill()
	s.run()
	acks := l.acks.Load()
	s.poll("202 after the kill", time.Minute, func() bool { return l.acks.Load() > acks+4 })
	stopped = true
	l.finish()
	s.kill()
	s.env = []string{"SELLTHROUGH_TEST_KAFKA=wrong"}
	logged := s.launch(s.env...)
	s.poll("the wrong password is told", time.Minute, func() bool { return strings.Contains(strings.ToLower(s.loggedSince(logged)), "authentication") })
	s.kill()
	s.env = nil
	s.run()
}

// TestBrokersDieTheNumbersAreExact: three brokers; under load each is killed in turn, so that leaders move, and once two
// are gone, so that no write has replicas enough: partners are told to come again, and nothing is half accepted.
func TestBrokersDieTheNumbersAreExact(t *testing.T) {
	c := kafkatest.Start(t, 3)
	s := start(t, onKafka(c.Plain, 3, ""))
	l := newLoad(s, 405)
	stopped := false
	defer func() {
		if !stopped {
			close(l.stop)
			l.done.Wait()
		}
	}()
	rnd := rand.New(rand.NewPCG(405, 1))
	var table []string
	for n, i := range rnd.Perm(3) {
		acks := l.acks.Load()
		s.poll("a 202 before the kill", 2*time.Minute, func() bool { return l.acks.Load() > acks+1 })
		c.Kill(i)
		began := time.Now()
		acks = l.acks.Load()
		s.poll("a 202 without the broker", 2*time.Minute, func() bool { return l.acks.Load() > acks+1 })
		table = append(table, fmt.Sprintf("%d: broker %d killed, next 202 after %.1f s", n+1, i+1, time.Since(began).Seconds()))
		c.Restart(i)
		c.Await()
	}
	c.Kill(0)
	c.Kill(1)
	body := newLoadFiles(1)[0]
	s.poll("a partner is told to come again", time.Minute, func() bool {
		a, err := s.send(t.Context(), "alpha-invoices", "alpha", nil, "while-two-are-gone", strings.NewReader(string(body)), nil)
		if err == nil && a.Status < 300 {
			t.Errorf("a body was taken with one broker of three: %d", a.Status)
		}
		return err == nil && a.Status == 503
	})
	c.Restart(0)
	c.Restart(1)
	c.Await()
	acks := l.acks.Load()
	s.poll("a 202 with all brokers", 2*time.Minute, func() bool { return l.acks.Load() > acks+1 })
	stopped = true
	l.finish()
	t.Log("\n" + strings.Join(table, "\n"))
}
