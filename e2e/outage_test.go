package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestKafkaStoppedPartnersComeAgain: while the log is stopped, partners are told within a second to come again, and when;
// nothing of what they sent is taken in part. When it is back, the same requests are taken once.
func TestKafkaStoppedPartnersComeAgain(t *testing.T) {
	o := outside(t, "")
	s := start(t, o.yaml+loadYAML)
	l := newLoad(s, 31)
	s.poll("some 202", time.Minute, func() bool { return l.acks.Load() > 4 })
	o.kafka.stop()
	const body = "Doc,Store,Line,Item,Qty,Amount,Day\n"
	send := func(n int) (answer, time.Duration) {
		began := time.Now()
		a, err := s.send(t.Context(), "alpha-lines", "alpha", nil, fmt.Sprint("while-stopped-", n), strings.NewReader(body), nil)
		if err != nil {
			t.Fatalf("the door is shut: %v\n%s", err, s.log())
		}
		return a, time.Since(began)
	}
	var took []time.Duration
	for n := range 8 {
		a, d := send(n)
		if a.Status != http.StatusServiceUnavailable || !strings.Contains(string(a.Body), "retry_after") {
			t.Errorf("request %d: %d %s", n, a.Status, a.Body)
		}
		took = append(took, d)
	}
	t.Logf("answered after %v", took)
	if slices.Min(took) > time.Second || slices.Sorted(slices.Values(took))[len(took)/2] > time.Second {
		t.Errorf("partners wait: %v", took)
	}
	acks := l.acks.Load()
	o.kafka.start()
	s.poll("a 202 when the log is back", time.Minute, func() bool { return l.acks.Load() > acks })
	for n := range took {
		var a answer
		s.poll("the same request is taken", time.Minute, func() bool { a, _ = send(n); return a.Status < 300 })
	}
	l.extra = len(took)
	l.finish()
}

// TestClickHouseStoppedPartnersAreTaken: while the ledger's server is stopped, partners get their 202 as ever; when it is back, what they
// sent is booked and the numbers are exact. The stop lasts for as many seconds as SELLTHROUGH_STOPPED says.
func TestClickHouseStoppedPartnersAreTaken(t *testing.T) {
	o := outside(t, "")
	s := start(t, o.yaml+loadYAML)
	l := newLoad(s, 32)
	s.poll("some 202", time.Minute, func() bool { return l.acks.Load() > 4 })
	o.clickhouse.stop()
	began, acks := time.Now(), l.acks.Load()
	last, _ := strconv.Atoi(os.Getenv("SELLTHROUGH_STOPPED"))
	s.poll("202s while the ledger's server is stopped", time.Duration(last)*time.Second+2*time.Minute, func() bool {
		return l.acks.Load() >= acks+12 && time.Since(began) >= time.Duration(last)*time.Second
	})
	t.Logf("stopped for %s: %d files were taken meanwhile", time.Since(began).Round(time.Second), l.acks.Load()-acks)
	o.clickhouse.start()
	began = time.Now()
	defer func() { t.Logf("all is booked %s after it is back", time.Since(began).Round(time.Second)) }()
	l.finish()
}
