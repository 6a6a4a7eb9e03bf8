package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var hostileYAML = "partners:\n" + partner("hostile", "Europe/London", "GBP") + partner("good", "Europe/London", "GBP") + `
feeds:
  - id: bad-pos
    partner: hostile
    kind: sales
    columns: {document: doc, location: store, item: item, qty: qty, amount: amount, at: at}
    identity: {scope: location-day, line_key: [line]}
  - id: good-pos
    partner: good
    kind: sales
    columns: {document: doc, location: store, item: item, qty: qty, amount: amount, at: at}
    identity: {scope: location-day, line_key: [line]}
`

// repeating gives n bytes of one value.
type repeating struct {
	b byte
	n int64
}

func (r *repeating) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	k := int(min(int64(len(p)), r.n))
	for i := range p[:k] {
		p[i] = r.b
	}
	r.n -= int64(k)
	return k, nil
}

// peak is the most memory that a process has held, in MB.
func peak(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(l, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.Fields(v)[0])
			if err != nil {
				t.Fatal(err)
			}
			return kb / 1024
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

// TestHostileBodiesAreAnsweredAndHurtNobody: each gets a clear answer, memory stays bounded, and another partner goes on.
func TestHostileBodiesAreAnsweredAndHurtNobody(t *testing.T) {
	s := start(t, hostileYAML)
	good := file(storeDay("S1", quarter)[:20])
	times := func(ctx context.Context, least int) []time.Duration {
		var out []time.Duration
		for ctx.Err() == nil || len(out) < least {
			began := time.Now()
			a, err := s.send(t.Context(), "good-pos", "good", nil, "", bytes.NewReader(good), nil)
			if err != nil || a.Status != http.StatusAccepted {
				t.Errorf("the good partner got %d %s %v", a.Status, a.Body, err)
				return out
			}
			out = append(out, time.Since(began))
		}
		slices.Sort(out)
		return out
	}
	ended, end := context.WithCancel(t.Context())
	end()
	alone := times(ended, 200)

	bomb := func() io.Reader { // 5 GiB of zeros in about 5 MB
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(z, &repeating{'0', 5 << 30}); err != nil {
			t.Fatal(err)
		}
		z.Close()
		return &b
	}()
	junk := make([]byte, 4<<20)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(junk)
	head := "store,doc,line,item,qty,amount,at\n"
	row := "S1,R1,%d,I1,1,2.50,2026-01-01 10:00:00\n"
	unclosed := head + fmt.Sprintf(row, 1) + "S1,\"R1,2,I1,1,2.50,2026-01-01 10:00:00\n" + fmt.Sprintf(row, 3) + fmt.Sprintf(row, 4)

	under, stop := context.WithCancel(t.Context())
	var others sync.WaitGroup
	var beside []time.Duration
	others.Go(func() { beside = times(under, 200) })
	for _, c := range []struct {
		what, feed, key string
		body            io.Reader
		header          http.Header
		status          int
		says            string
	}{
		{"binary junk", "bad-pos", "", bytes.NewReader(junk), nil, 422, ""},
		{"a line of 200 MB", "bad-pos", "", io.MultiReader(strings.NewReader(head+fmt.Sprintf(row, 1)), &repeating{'x', 200 << 20}, strings.NewReader("\n"+fmt.Sprintf(row, 2))), nil, 202, "line"},
		{"an unclosed quote", "bad-pos", "", strings.NewReader(unclosed), nil, 202, "quote"},
		{"a wrong key", "bad-pos", "Bearer nobody", strings.NewReader(head), nil, 401, "key"},
		{"an unknown feed", "no-such-feed", "", strings.NewReader(head), nil, 404, "bad-pos"},
		{"an unknown column", "bad-pos", "", strings.NewReader("shop,doc,line,item,qty,amount,at\nS1,R1,1,I1,1,2,2026-01-01 10:00:00\n"), nil, 422, "store"},
		{"a bomb of 5 GiB", "bad-pos", "", bomb, http.Header{"Content-Encoding": {"gzip"}}, 413, "expands"},
	} {
		h := c.header
		if c.key != "" {
			h = http.Header{"Authorization": {c.key}}
		}
		a, err := s.send(t.Context(), c.feed, "hostile", nil, "", c.body, h)
		if err != nil || a.Status != c.status || !strings.Contains(strings.ToLower(string(a.Body)), c.says) {
			t.Errorf("%s: %d %.300s %v; want %d with %q", c.what, a.Status, a.Body, err, c.status, c.says)
		}
		if c.what == "an unclosed quote" && (a.Receipt.Accepted != 3 || a.Receipt.Refused != 1) {
			t.Errorf("an unclosed quote: %d accepted, %d refused; at most one row is lost", a.Receipt.Accepted, a.Receipt.Refused)
		}
		t.Logf("%-20s %d, peak %d MB", c.what, a.Status, peak(t, s.proc.Process.Pid))
	}
	stop()
	others.Wait()
	if mb := peak(t, s.proc.Process.Pid); mb > 512 {
		t.Errorf("the process has held %d MB", mb)
	}
	p99 := func(d []time.Duration) time.Duration { return d[len(d)*99/100] }
	t.Logf("p99 of another partner: alone %s (%d requests), beside hostile bodies %s (%d requests), ratio %.2f", p99(alone), len(alone), p99(beside), len(beside),
		float64(p99(beside))/float64(p99(alone)))
	s.verify()
}
