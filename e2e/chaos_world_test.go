//go:build chaos

package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/internal/embedded/kafkatest"
)

// chaos is two collectors and two transformers, three Apache Kafkas and a ClickHouse, with links between them that can be
// bad, under load from several partners.
type chaos struct {
	t                        *testing.T
	kafka                    *kafkatest.Cluster
	links                    []*link // to the brokers
	ledger                   *link   // to ClickHouse
	o                        *outer
	collectors, transformers []*system
	archive, engines         string
	small                    bool // archive and ClickHouse lie on small disks of their own
	l                        *load
	began                    time.Time

	brokers sync.Mutex              // whoever takes brokers away
	hands   map[*system]*sync.Mutex // whoever has a process in hand
	mu      sync.Mutex
	taken   []told
	counts  map[string]int
	back    map[string][]time.Duration // until all is well again
	alone   map[string]int             // processes that ended by themselves
	watch   sync.WaitGroup             // whoever measures how long it takes
}

// told is what a partner was told is accepted.
type told struct {
	feed    *feedLoad
	receipt sellthrough.Receipt
}

// Sizes of the disks, in MiB.
const (
	archiveDisk = 512
	ledgerDisk  = 2048
)

// newChaos starts everything but the load.
func newChaos(t *testing.T, brokers int, seed uint64) *chaos {
	c := &chaos{
		t: t, counts: map[string]int{}, back: map[string][]time.Duration{}, alone: map[string]int{},
		hands: map[*system]*sync.Mutex{}, began: time.Now(),
	}
	c.kafka = kafkatest.StartBehind(t, brokers, func(address string) string {
		l := newLink(t, address)
		c.links = append(c.links, l)
		return l.address()
	})
	dir := t.TempDir()
	c.archive = filepath.Join(dir, "archive")
	c.engines = filepath.Join(dir, "engines")
	c.small = disk(t, c.archive, archiveDisk) && disk(t, c.engines, ledgerDisk)
	c.o = outsideIn(t, c.engines, fmt.Sprintf("{brokers: [%s], replication: %d}", strings.Join(c.kafka.Told, ", "), brokers), 3<<29, func(address string) string {
		c.ledger = newLink(t, address)
		return c.ledger.address()
	})
	yaml := c.o.yaml + "archive: {url: " + c.archive + "}\n" + loadYAML
	for range 2 {
		c.transformers = append(c.transformers, c.role("transform", yaml))
	}
	for i := range 2 {
		// One refuses bodies before its disk is full; the other writes until there is no room.
		c.collectors = append(c.collectors, c.role("collect", yaml+fmt.Sprintf("disk: {reserve: %dMiB, engines: 0}\n", i*archiveDisk/8)))
	}
	c.l = feeds(c.collectors[0])
	for i, f := range c.l.feeds {
		f.plan = f.planned(seed, uint64(i))
	}
	c.l.doors, c.l.pace, c.l.patience = c.collectors, 3*time.Second, 20*time.Minute
	c.l.taken = func(f *feedLoad, r sellthrough.Receipt) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.taken = append(c.taken, told{f, r})
	}
	return c
}

// role starts a role with a folder and a clock of its own.
func (c *chaos) role(name, yaml string) *system {
	s := prepare(c.t, c.t.TempDir(), name, yaml, c.o.note)
	s.env = []string{"SELLTHROUGH_CLOCK=" + s.clock()}
	s.run()
	c.t.Cleanup(s.stop)
	c.hands[s] = &sync.Mutex{}
	return s
}

func (s *system) clock() string { return filepath.Join(s.dir, "clock") }

// disk makes a folder a disk of some MiB, where that is allowed.
func disk(t *testing.T, dir string, size int) bool {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", size)); err != nil {
		t.Logf("\n\n*** NO DISK OF ITS OWN FOR %s (%v): A FULL DISK IS NOT TESTED; RUN THIS AS ROOT ***\n\n", dir, err)
		return false
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return true
}

// fill puts so much onto a disk that it is full, and gives what takes it away again.
func fill(dir string) (empty func()) {
	path := filepath.Join(dir, "ballast")
	if f, err := os.Create(path); err == nil {
		zeros := make([]byte, 1<<20)
		for err == nil {
			_, err = f.Write(zeros)
		}
		f.Close()
	}
	return func() { _ = os.Remove(path) }
}

// do asks ClickHouse itself over HTTP.
func (c *chaos) do(ctx context.Context, sql string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.o.http+"/?"+url.Values{"user": {"sellthrough"}, "password": {os.Getenv("SELLTHROUGH_TEST_PASSWORD")}}.Encode(), strings.NewReader(sql))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body) // for the message
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %.300s", answer.Status, text)
	}
	return nil
}

// server is the pid of the server, a child of this process; 0 while there is none.
func server() int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		line, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		stat, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		_, rest, _ := strings.Cut(string(stat), ") ")
		f := strings.Fields(rest)
		if strings.Contains(string(line), "\x00clickhouse-child\x00") && len(f) > 1 && f[0] != "Z" && f[1] == strconv.Itoa(os.Getpid()) {
			return pid
		}
	}
	return 0
}

// pause waits, or until the test is over.
func (c *chaos) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-c.t.Context().Done():
	}
}

func (c *chaos) all() []*system {
	return append(append([]*system{}, c.collectors...), c.transformers...)
}

// tend starts processes anew that have ended by themselves, as whoever supervises them does, until it is told to stop.
func (c *chaos) tend(stop <-chan struct{}) {
	for {
		for _, s := range c.all() {
			if !c.hands[s].TryLock() {
				continue
			}
			if s.ended(0) {
				text := s.log()
				c.mu.Lock()
				c.alone[s.args[0]]++
				c.mu.Unlock()
				c.t.Logf("a %s ended by itself: %s\n%s", s.args[0], s.proc.How(), text[max(0, len(text)-1500):])
				s.out.Close()
				s.launch()
			}
			c.hands[s].Unlock()
		}
		select {
		case <-stop:
			return
		case <-time.After(time.Second):
		}
	}
}
