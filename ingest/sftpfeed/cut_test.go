package sftpfeed

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sellthrough/ingest/promise"
)

// line is a network between client and server that goes dead after so many bytes of the client; 0 is never.
type line struct {
	port int
	sent atomic.Int64
}

func dial(t *testing.T, server *net.TCPAddr, dead int64) *line {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	l := &line{port: in.Addr().(*net.TCPAddr).Port}
	go func() {
		for {
			c, err := in.Accept()
			if err != nil {
				return
			}
			s, err := net.DialTCP("tcp", nil, server)
			if err != nil {
				c.Close()
				return
			}
			go func() {
				defer c.Close()
				defer s.Close()
				from := io.Reader(c)
				if dead > 0 {
					from = io.LimitReader(c, dead)
				}
				_, _ = io.Copy(io.MultiWriter(s, l), from)
			}()
			go func() { _, _ = io.Copy(c, s) }()
		}
	}()
	return l
}

// Write counts what the client sent.
func (l *line) Write(b []byte) (int, error) {
	l.sent.Add(int64(len(b)))
	return len(b), nil
}

// TestOpenSSHResumesACutUpload: the line goes dead in the middle of an upload of OpenSSH's client, which then sends what is
// missing, by either of the two ways it has.
func TestOpenSSHResumesACutUpload(t *testing.T) {
	for _, again := range []string{"reput", "put -a"} {
		t.Run(again, func(t *testing.T) {
			w := start(t, promise.NewIntake(t))
			rows := promise.Good + strings.Repeat("r9,s1,c,1,2026-03-02\n", 100_000)
			file := w.local(t, "big.csv", rows)
			if out, err := w.over(t, dial(t, w.addr, 700_000).port, "put "+file+" /pos/big.csv\n"); err == nil {
				t.Fatal("the upload was not cut:", out)
			}
			for { // until the server has seen it
				w.door.mu.Lock()
				n := w.door.sessions
				w.door.mu.Unlock()
				if n == 0 {
					break
				}
				<-time.After(time.Millisecond)
			}
			w.Turn(t)
			if len(w.in.Taken()) != 0 {
				t.Fatal("a cut upload was taken")
			}
			s, _ := must(t, w)
			part, err := s.Stat("/pos/big.csv")
			if err != nil || part.Size() == 0 || part.Size() >= int64(len(rows)) {
				t.Fatalf("%+v %v", part, err)
			}
			l := dial(t, w.addr, 0)
			if out, err := w.over(t, l.port, fmt.Sprintf("%s %s /pos/big.csv\n", again, file)); err != nil {
				t.Fatal(err, out)
			}
			w.Turn(t)
			if got := w.in.Taken(); len(got) != 1 || got[0].Bytes != int64(len(rows)) || got[0].Refused != 0 {
				t.Errorf("%+v", got)
			}
			if missing := int64(len(rows)) - part.Size(); l.sent.Load() < missing || l.sent.Load() > missing+missing/5 {
				t.Errorf("%d bytes were missing, and %d were sent", missing, l.sent.Load())
			}
		})
	}
}
