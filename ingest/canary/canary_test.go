package canary

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest"
)

// taker is an intake that takes everything, under the name of what it took.
type taker struct{}

func (taker) Accept(_ context.Context, r ingest.Request) (ingest.Taken, error) {
	text, err := io.ReadAll(r.Body)
	return ingest.Taken{Receipt: sellthrough.Receipt{Submission: "s-" + sellthrough.SubmissionID(r.File), Body: sum(text)}}, err
}

// hatch makes a canary that sends a line a minute and waits for half of one.
func hatch(t *testing.T, booked func(sellthrough.SubmissionID) bool) (*Canary, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewRegistry()
	c, err := New(Options{
		Every: time.Minute, Wait: 30 * time.Second, Registry: reg, Log: zerolog.Nop(),
		Booked: func(_ context.Context, id sellthrough.SubmissionID) (bool, error) { return booked(id), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, reg
}

// counts are the canary's counters as text, without their help.
func counts(t *testing.T, reg *prometheus.Registry, door string) (out []float64) {
	t.Helper()
	all, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sent", "taken", "booked"} {
		for _, f := range all {
			for _, m := range f.Metric {
				if f.GetName() == "sellthrough_canary_"+name+"_total" && m.Label[0].GetValue() == door {
					out = append(out, m.Counter.GetValue())
				}
			}
		}
	}
	return out
}

// TestALineThatDoesNotArriveIsCountedByHowFarItCame: five doors, ten minutes: one works, one takes nothing, one takes and says nothing, one
// takes what is never booked, one is slow.
func TestALineThatDoesNotArriveIsCountedByHowFarItCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, reg := hatch(t, func(id sellthrough.SubmissionID) bool { return !strings.HasPrefix(string(id), "s-never") })
		in := c.Wrap(taker{})
		accept := func(prefix string, after time.Duration) func(context.Context, string, []byte) error {
			return func(_ context.Context, name string, body []byte) error {
				go func() {
					time.Sleep(after)
					_, _ = in.Accept(context.Background(), ingest.Request{Partner: sellthrough.Canary, File: prefix + name, Body: strings.NewReader(string(body))})
				}()
				return nil
			}
		}
		c.Add(Way{"good", accept("", 0)})
		c.Add(Way{"shut", func(context.Context, string, []byte) error { return errors.New("no") }})
		c.Add(Way{"deaf", func(context.Context, string, []byte) error { return nil }})
		c.Add(Way{"lost", accept("never-", 0)})
		c.Add(Way{"slow", accept("", 7*time.Second)})
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute-time.Second)
		defer stop()
		if err := c.Run(ctx); err != nil {
			t.Fatal(err)
		}
		for door, want := range map[string][]float64{"good": {10, 10, 10}, "shut": {10, 0, 0}, "deaf": {10, 0, 0}, "lost": {10, 10, 0}, "slow": {10, 10, 10}} {
			if d := cmp.Diff(want, counts(t, reg, door)); d != "" {
				t.Errorf("%s, lines sent, taken, booked (-want +got):\n%s", door, d)
			}
		}
		if n := testutil.CollectAndCount(c.metrics.seen); n != 2 {
			t.Errorf("%d doors have brought a line through, want good and slow", n)
		}
		problems, err := testutil.CollectAndLint(c.metrics.fresh)
		if err != nil || len(problems) > 0 {
			t.Error(problems, err)
		}
	})
}

func TestAnotherPartnersReceiptIsNotTheCanarys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, reg := hatch(t, func(sellthrough.SubmissionID) bool { return true })
		in := c.Wrap(taker{})
		c.Add(Way{"http", func(_ context.Context, name string, body []byte) error {
			_, err := in.Accept(t.Context(), ingest.Request{Partner: "acme", File: name, Body: strings.NewReader(string(body))})
			return err
		}})
		ctx, stop := context.WithTimeout(t.Context(), time.Minute-time.Second)
		defer stop()
		if err := c.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]float64{1, 0, 0}, counts(t, reg, "http")); d != "" {
			t.Error(d)
		}
	})
}

func TestHTTPIsAskedAsAPartnerAsks(t *testing.T) {
	status := http.StatusAccepted
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Authorization") != "Bearer key" || r.URL.Path != "/v1/feeds/"+string(sellthrough.CanaryFeed) {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(sellthrough.Receipt{Submission: "s-1", Body: sum(text)})
	}))
	defer s.Close()
	var took sellthrough.Receipt
	way := HTTP(s.URL, "key", func(r *sellthrough.Receipt) { took = *r })
	if err := way.Hand(t.Context(), "a.csv", []byte("line")); err != nil || took.Submission != "s-1" || took.Body != sum([]byte("line")) {
		t.Error(took, err)
	}
	status = http.StatusServiceUnavailable
	if err := way.Hand(t.Context(), "a.csv", []byte("line")); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a door that does not take it: %v", err)
	}
}

func TestAFolderHoldsNoMoreThanTheLastLines(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"processed/canary-1.csv", "processed/canary-1.csv.receipt.txt", "refused/canary-2.csv", "processed/of-somebody-else.csv"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Folder(dir).Hand(t.Context(), "canary-3.csv", []byte("line")); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(dir + "/*/*")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{filepath.Join(dir, "processed/of-somebody-else.csv")}, left); d != "" {
		t.Error(d)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "canary-3.csv")); err != nil || string(text) != "line" {
		t.Error(string(text), err)
	}
}

func TestNoTwoLinesAreAlike(t *testing.T) {
	now := time.Now()
	if a, b := string(body("http", now)), string(body("sftp", now)); a == b {
		t.Errorf("two doors send %q at one time, so one of them is a duplicate", a)
	}
	if a, b := string(body("http", now)), string(body("http", now.Add(1))); a == b {
		t.Errorf("%q is sent twice", a)
	}
}
