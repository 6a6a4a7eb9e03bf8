package httpfeed

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"sellthrough"
)

// broken is a network whose first connection breaks: after so many bytes of the client, or, with 0, at the first byte of the
// answer. All later ones hold.
func broken(t *testing.T, server string, after int64) (address string, connections *atomic.Int64) {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	connections = &atomic.Int64{}
	go func() {
		for {
			c, err := in.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", server)
			if err != nil {
				c.Close()
				return
			}
			first := connections.Add(1) == 1
			go func() {
				from := io.Reader(c)
				if first && after > 0 {
					from = io.LimitReader(c, after)
				}
				_, _ = io.Copy(s, from)
				s.Close()
				c.Close()
			}()
			go func() {
				var to io.Writer = c
				if first && after == 0 {
					_, _ = s.Read(make([]byte, 1))
					to = io.Discard
					c.Close()
				}
				_, _ = io.Copy(to, s)
				c.Close()
			}()
		}
	}()
	return in.Addr().String(), connections
}

// TestCurlComesToOneSubmissionOverABrokenConnection: curl as partners run it sends a file again by itself, raw or as a form.
// What was cut left nothing, and what was taken without the client hearing of it is not taken twice.
func TestCurlComesToOneSubmissionOverABrokenConnection(t *testing.T) {
	rows := good + strings.Repeat("r9,s1,c,1,2026-01-02\n", 40_000)
	file := filepath.Join(t.TempDir(), "day.csv")
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, status string
		after        int64
		send         []string
	}{
		{"raw, cut in the body", "HTTP/1.1 202", 300_000, []string{"--data-binary", "@" + file, "-H", "Content-Type: text/csv"}},
		{"a form, cut in the body", "HTTP/1.1 202", 300_000, []string{"-F", "file=@" + file}},
		{"raw, the answer is lost", "HTTP/1.1 200", 0, []string{"--data-binary", "@" + file, "-H", "Content-Type: text/csv"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			address, connections := broken(t, strings.TrimPrefix(w.server.URL, "http://"), c.after)
			out, err := exec.Command("curl", append([]string{
				"-sS", "-i", "--retry", "3", "--retry-all-errors", "--retry-delay", "1", "-H", "Expect:",
				"-H", "Authorization: Bearer acme-key", "-H", "Idempotency-Key: day", "http://" + address + path,
			}, c.send...)...).Output()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			head, body, _ := strings.Cut(string(out), "\r\n\r\n")
			var rc sellthrough.Receipt
			if err := json.Unmarshal([]byte(body), &rc); err != nil || !strings.HasPrefix(head, c.status) || rc.Accepted != 40_001 || rc.Refused != 0 || rc.Bytes != int64(len(rows)) {
				t.Fatalf("%s %.500s", head, body)
			}
			if n := connections.Load(); n != 2 {
				t.Errorf("%d connections: nothing was broken", n)
			}
			if replayed := strings.Contains(head, "Idempotency-Replayed: true"); replayed != (c.after == 0) {
				t.Errorf("replayed %v: %s", replayed, head)
			}
			a, text := w.ask(http.MethodGet, "/v1/submissions?key=day&feed=pos", nil)
			if a.StatusCode != http.StatusOK || !strings.Contains(text, string(rc.Submission)) {
				t.Errorf("%s %s", a.Status, text)
			}
		})
	}
}
