//go:build chaos

package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// fault is one kind of them: it does it, undoes it, and says whether it did.
type fault struct {
	kind string
	do   func(r *rand.Rand) bool
}

// kills are ends of processes that they don't see coming.
func (c *chaos) kills() []fault {
	return []fault{
		{"kill -9 of a collector", func(r *rand.Rand) bool { return c.kill(c.collectors[r.IntN(2)], r) }},
		{"kill -9 of a transformer", func(r *rand.Rand) bool { return c.kill(c.transformers[r.IntN(2)], r) }},
		{"kill -9 of ClickHouse", func(*rand.Rand) bool {
			pid := server()
			return pid != 0 && syscall.Kill(pid, syscall.SIGKILL) == nil // it is started again by its own supervisor
		}},
		{"kill -9 of a broker", func(r *rand.Rand) bool { c.away(r, 1); return true }},
	}
}

// others are all other faults.
func (c *chaos) others() []fault {
	fs := []fault{
		{"a collector held (SIGSTOP)", func(r *rand.Rand) bool { return c.hold(c.collectors[r.IntN(2)], r) }},
		{"a transformer held (SIGSTOP)", func(r *rand.Rand) bool { return c.hold(c.transformers[r.IntN(2)], r) }},
		{"ClickHouse held (SIGSTOP)", func(r *rand.Rand) bool {
			pid := server()
			if pid == 0 || syscall.Kill(pid, syscall.SIGSTOP) != nil {
				return false
			}
			c.pause(session(r))
			_ = syscall.Kill(pid, syscall.SIGCONT) // it may have been killed since
			return true
		}},
		{"a broker held (SIGSTOP)", func(r *rand.Rand) bool {
			c.brokers.Lock()
			defer c.brokers.Unlock()
			i := r.IntN(3)
			if c.kafka.Signal(i, syscall.SIGSTOP) != nil {
				return false
			}
			c.pause(session(r))
			return c.kafka.Signal(i, syscall.SIGCONT) == nil
		}},
		{"links to brokers cut", func(r *rand.Rand) bool { return c.bad(r, cut, c.some(r)...) }},
		{"links to brokers hung", func(r *rand.Rand) bool { return c.bad(r, hung, c.some(r)...) }},
		{"links to brokers slow", func(r *rand.Rand) bool { return c.bad(r, slow, c.some(r)...) }},
		{"ClickHouse refuses (link cut)", func(r *rand.Rand) bool { return c.bad(r, cut, c.ledger) }},
		{"link to ClickHouse hung", func(r *rand.Rand) bool { return c.bad(r, hung, c.ledger) }},
		{"link to ClickHouse slow", func(r *rand.Rand) bool { return c.bad(r, slow, c.ledger) }},
		{"ClickHouse read-only", c.readonly},
		{"ClickHouse out of memory", c.forgetful},
		{"leader moved", func(r *rand.Rand) bool {
			c.brokers.Lock()
			defer c.brokers.Unlock()
			topic, p := "sellthrough.lines", r.IntN(4)
			if r.IntN(4) == 0 {
				topic, p = "sellthrough.submissions", 0
			}
			c.kafka.Move(c.t, topic, p)
			return true
		}},
		{"too few in-sync replicas", func(r *rand.Rand) bool { c.away(r, 2); return true }},
		{"clock jumps forward", func(r *rand.Rand) bool { return c.jump(r, 1) }},
		{"clock jumps back", func(r *rand.Rand) bool { return c.jump(r, -1) }},
	}
	if c.small {
		full := func(dir string) func(r *rand.Rand) bool {
			return func(r *rand.Rand) bool {
				empty := fill(dir)
				c.pause(between(r, 4, 9))
				empty()
				return true
			}
		}
		return append(fs, fault{"disk of the archive full", full(c.archive)}, fault{"disk of ClickHouse full", full(c.engines)})
	}
	return append(fs, fault{"disk full by disk.reserve", func(r *rand.Rand) bool { return c.reserve(c.collectors[r.IntN(2)], r) }})
}

func between(r *rand.Rand, from, to float64) time.Duration {
	return time.Duration((from + r.Float64()*(to-from)) * float64(time.Second))
}

// session is longer than any session: groups and brokers give up whoever is silent for so long.
func session(r *rand.Rand) time.Duration { return between(r, 11, 15) }

// kill ends a process and starts it again.
func (c *chaos) kill(s *system, r *rand.Rand) bool {
	c.hands[s].Lock()
	defer c.hands[s].Unlock()
	if s.ended(0) {
		return false // the supervisor comes
	}
	s.kill()
	c.pause(between(r, 0, 3))
	s.launch()
	return true
}

// reserve has a collector hold so much back that its disk counts as full: where there are no small disks.
func (c *chaos) reserve(s *system, r *rand.Rand) bool {
	c.hands[s].Lock()
	defer c.hands[s].Unlock()
	path := filepath.Join(s.dir, "sellthrough.yaml")
	text, err := os.ReadFile(path)
	if err != nil || s.ended(0) {
		return false
	}
	again := func(with string) bool {
		s.kill()
		err := os.WriteFile(path, []byte(with), 0o600)
		s.launch()
		return err == nil
	}
	ok := again(regexp.MustCompile(`reserve: \d+MiB`).ReplaceAllString(string(text), "reserve: 1000000GiB"))
	c.pause(between(r, 5, 10))
	return again(string(text)) && ok
}

// hold stops a process in its tracks. It may be killed meanwhile.
func (c *chaos) hold(s *system, r *rand.Rand) bool {
	c.hands[s].Lock()
	p := s.proc
	c.hands[s].Unlock()
	if p.Process.Signal(syscall.SIGSTOP) != nil {
		return false
	}
	c.pause(session(r))
	_ = p.Process.Signal(syscall.SIGCONT)
	return true
}

// away kills n brokers and starts them again.
func (c *chaos) away(r *rand.Rand, n int) {
	c.brokers.Lock()
	defer c.brokers.Unlock()
	down := r.Perm(3)[:n]
	for _, i := range down {
		c.kafka.Kill(i)
	}
	c.pause(between(r, 1, 5))
	for _, i := range down {
		c.kafka.Restart(i)
	}
	c.kafka.Await()
}

// some are one or all links to brokers.
func (c *chaos) some(r *rand.Rand) []*link {
	if r.IntN(2) == 0 {
		return c.links
	}
	i := r.IntN(len(c.links))
	return c.links[i : i+1]
}

func (c *chaos) bad(r *rand.Rand, w weather, links ...*link) bool {
	for _, l := range links {
		l.set(w)
	}
	c.pause(between(r, 4, 12))
	for _, l := range links {
		l.set(clear)
	}
	return true
}

// jump sets the clock of a process wrong, by a minute to a day, for some seconds; that of all of them one time in four.
func (c *chaos) jump(r *rand.Rand, sign int64) bool {
	all := c.all()
	if i := r.IntN(len(all)); r.IntN(4) > 0 {
		all = all[i : i+1]
	}
	set := func(seconds int64) bool {
		for _, s := range all {
			if os.WriteFile(s.clock(), []byte(strconv.FormatInt(seconds, 10)), 0o600) != nil {
				return false
			}
		}
		return true
	}
	ok := set(sign * (60 + r.Int64N(24*3600)))
	c.pause(between(r, 4, 9))
	return set(0) && ok
}

// insist asks ClickHouse until it does it: it may be away.
func (c *chaos) insist(sql string) bool {
	var err error
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		err = c.do(ctx, sql)
		cancel()
		if err == nil {
			return true
		}
		c.pause(200 * time.Millisecond)
	}
	c.t.Errorf("ClickHouse does not do %q: %v", sql, err)
	return false
}

// readonly makes the tables that are written read-only.
func (c *chaos) readonly(r *rand.Rand) bool {
	tables := []string{"movements", "road", "outcomes", "submissions"}
	if i := r.IntN(len(tables) + 1); i < len(tables) {
		tables = tables[i : i+1]
	}
	ok := true
	for _, t := range tables {
		ok = c.insist("ALTER TABLE sellthrough."+t+" MODIFY SETTING table_readonly = 1") && ok
	}
	c.pause(between(r, 4, 9))
	for _, t := range tables {
		ok = c.insist("ALTER TABLE sellthrough."+t+" RESET SETTING table_readonly") && ok
	}
	return ok
}

// forgetful takes the memory that the server may use, until it has none for others.
func (c *chaos) forgetful(r *rand.Rand) bool {
	if !c.insist("CREATE DATABASE IF NOT EXISTS chaos") || !c.insist("CREATE TABLE IF NOT EXISTS chaos.ballast (s String) ENGINE = Memory") {
		return false
	}
	bites := false
	var all sync.WaitGroup
	all.Go(func() {
		for end := time.Now().Add(between(r, 5, 10)); time.Now().Before(end); {
			for _, size := range []int{64 << 20, 8 << 20, 1 << 20} {
				var err error
				for err == nil && time.Now().Before(end) {
					ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
					err = c.do(ctx, fmt.Sprintf("INSERT INTO chaos.ballast SELECT randomString(%d)", size))
					cancel()
				}
				if err != nil && strings.Contains(err.Error(), "MEMORY_LIMIT_EXCEEDED") {
					bites = true
				}
			}
			c.pause(100 * time.Millisecond)
		}
	})
	all.Wait()
	return c.insist("DROP DATABASE IF EXISTS chaos SYNC") && bites
}
