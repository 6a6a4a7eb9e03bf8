package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"sellthrough/transform"
)

// TestKilledAtRandomMomentsTheNumbersAreExact kills the whole process under load, at random moments and in each window of
// the protocol, and holds the numbers against a model that never heard of any of it.
func TestKilledAtRandomMomentsTheNumbersAreExact(t *testing.T) {
	const seed = 20260303
	rnd := rand.New(rand.NewPCG(seed, 99))
	plan := []string{
		transform.BeforeIntent, transform.AfterIntent, transform.MidInsert, transform.AfterInsert, transform.AfterDone,
		transform.BeforeIntent, transform.AfterIntent, transform.MidInsert, transform.AfterInsert, transform.AfterDone,
	}
	for range 11 {
		plan = append(plan, "random")
	}
	rnd.Shuffle(len(plan), func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })

	s := start(t, loadYAML)
	l := newLoad(s, seed)
	table := []string{fmt.Sprintf("%3s %-26s %12s %12s %7s %8s %6s %s", "#", "moment", "acks before", "in this life", "flying", "redone", "healed", "s to start")}
	random, hit := 0, map[string]int{}
	s.kill() // the first life only made the tables
	for n, moment := range plan {
		var env []string
		window := moment != "random" && moment != transform.MidInsert
		if window {
			env = append(env, fmt.Sprintf("SELLTHROUGH_FAULT=%s@%d", moment, 1+rnd.IntN(8)))
		}
		before := l.acks.Load()
		began := time.Now()
		logged := s.launch(env...)
		alive, err := s.readyOrEnded(time.Minute)
		took := time.Since(began)
		if err != nil && alive {
			t.Fatalf("life %d: %v\n%s", n, err, s.log())
		}
		how := moment
		switch {
		case window:
			if !s.ended(40 * time.Second) {
				t.Fatalf("window %q was not passed:\n%s", moment, s.log())
			}
			how += " " + env[0][strings.Index(env[0], "@"):]
			if state := s.proc.ProcessState; state == nil || state.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("the program ended by itself: %v\n%s", state, s.log())
			}
			hit[moment]++
		default:
			if !alive {
				t.Fatalf("life %d: the program ended: %v\n%s", n, err, s.log())
			}
			s.poll("a 202 in this life", 40*time.Second, func() bool { return l.acks.Load() > before })
			if moment == transform.MidInsert {
				if s.inserting(20 * time.Second) {
					hit[moment]++
				} else {
					how += " (missed)"
				}
			} else {
				time.Sleep(time.Duration(rnd.IntN(600)) * time.Millisecond) // the moment is random: there is nothing to wait for
				random++
			}
			if engine := s.engine(); engine != 0 && rnd.IntN(2) == 0 {
				how += ", engine too"
				_ = syscall.Kill(engine, syscall.SIGKILL)
			}
		}
		acks, flying := l.acks.Load(), l.flying.Load()
		s.kill()
		log := s.loggedSince(logged)
		table = append(table, fmt.Sprintf("%3d %-26s %12d %12d %7d %8d %6d %10.1f", n+1, how, acks, acks-before, flying,
			strings.Count(log, "redo of the batch in flight"), strings.Count(log, "written anew"), took.Seconds()))
	}
	s.launch()
	if alive, err := s.readyOrEnded(time.Minute); !alive || err != nil {
		t.Fatalf("the last start: %v\n%s", err, s.log())
	}
	last := l.acks.Load()
	s.poll("a 202 after the last kill", 40*time.Second, func() bool { return l.acks.Load() > last })
	t.Logf("%d kills, seed %d; redone and healed count what this life did at its start:\n%s", len(plan), seed, strings.Join(table, "\n"))
	l.finish()
	if random < 10 {
		t.Errorf("%d random moments", random)
	}
	for _, w := range []string{transform.BeforeIntent, transform.AfterIntent, transform.MidInsert, transform.AfterInsert, transform.AfterDone} {
		if hit[w] == 0 {
			t.Errorf("no kill %s", w)
		}
	}
}

// TestKilledClickHouseTheNumbersAreExact kills the embedded engine alone under load; the program lives on.
func TestKilledClickHouseTheNumbersAreExact(t *testing.T) {
	s := start(t, loadYAML)
	l := newLoad(s, 77)
	var table []string
	killed := 0
	for n := range 5 {
		before := l.acks.Load()
		s.poll("a 202", 40*time.Second, func() bool { return l.acks.Load() > before })
		mid := s.inserting(20 * time.Second)
		pid := s.engine()
		if pid == 0 {
			t.Fatalf("there is no engine\n%s", s.log())
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		s.poll("another engine that answers", 40*time.Second, func() bool {
			if p := s.engine(); p == 0 || p == pid {
				return false
			}
			_, err := s.try("SELECT 1")
			return err == nil
		})
		if s.ended(0) {
			t.Fatalf("the program ended with its engine: %s\n%s", s.proc.How(), s.log())
		}
		if mid {
			killed++
		}
		table = append(table, fmt.Sprintf("%d: in an insert %v, acks before %d, back after %.1f s", n+1, mid, l.acks.Load(), time.Since(began).Seconds()))
	}
	l.finish()
	if killed == 0 {
		t.Error("no kill was in the middle of an insert")
	}
	t.Logf("the engine alone:\n%s", strings.Join(table, "\n"))
}
