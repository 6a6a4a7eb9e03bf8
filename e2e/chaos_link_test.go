//go:build chaos

package e2e

import (
	"errors"
	"net"
	"sync"
	"testing"
	"time"
)

// weather is how a link is.
type weather int

const (
	clear weather = iota
	cut           // connections end, and new ones are refused
	hung          // connections stay, and nothing arrives
	slow          // everything takes long
)

// link is a connection that can be bad: it leads from an address of its own to another.
type link struct {
	target string
	in     net.Listener

	mu    sync.Mutex
	is    weather
	told  chan struct{} // closed when the weather changes
	conns map[net.Conn]struct{}
}

func newLink(t testing.TB, target string) *link {
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{target: target, in: in, told: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	done := make(chan struct{})
	go func() { defer close(done); l.serve() }()
	t.Cleanup(func() { in.Close(); l.set(cut); <-done })
	return l
}

func (l *link) address() string { return l.in.Addr().String() }

// set changes the weather.
func (l *link) set(w weather) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.is = w
	close(l.told)
	l.told = make(chan struct{})
	if w == cut {
		for c := range l.conns {
			c.Close()
		}
	}
}

func (l *link) now() (weather, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.is, l.told
}

func (l *link) serve() {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		a, err := l.in.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		if w, _ := l.now(); w == cut {
			a.Close()
			continue
		}
		b, err := net.DialTimeout("tcp", l.target, 5*time.Second)
		if err != nil {
			a.Close()
			continue
		}
		l.mu.Lock()
		l.conns[a], l.conns[b] = struct{}{}, struct{}{}
		l.mu.Unlock()
		all.Go(func() { l.carry(a, b) })
		all.Go(func() { l.carry(b, a) })
	}
}

// carry brings what comes from one end to the other.
func (l *link) carry(to, from net.Conn) {
	defer func() {
		to.Close()
		from.Close()
		l.mu.Lock()
		delete(l.conns, to)
		delete(l.conns, from)
		l.mu.Unlock()
	}()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		for {
			w, told := l.now()
			if w != hung {
				if w == slow {
					time.Sleep(150 * time.Millisecond)
				}
				break
			}
			<-told
		}
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
