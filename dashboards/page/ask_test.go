package page

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sellthrough"
	"sellthrough/internal/access"
	"sellthrough/sinks/clickhouse"
)

// slow answers a question after a second, with the question, and knows what it was asked.
type slow struct {
	mu        sync.Mutex
	asked     []string
	now, most int // questions at once
	ended     int // that were given up
}

func (s *slow) Read(ctx context.Context, v access.Viewer, sql string) (clickhouse.Table, error) {
	s.mu.Lock()
	s.asked = append(s.asked, v.Name+": "+sql)
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.now--; s.mu.Unlock() }()
	select {
	case <-time.After(time.Second):
		return clickhouse.Table{Columns: []string{sql}}, nil
	case <-ctx.Done():
		s.mu.Lock()
		s.ended++
		s.mu.Unlock()
		return clickhouse.Table{}, ctx.Err()
	}
}

func as(t *testing.T, name string, partners ...sellthrough.PartnerID) context.Context {
	return access.With(t.Context(), access.Viewer{Name: name, Role: access.RoleViewer, Partners: partners})
}

func TestAQuestionThatIsBeingAnsweredIsNotAskedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &slow{}
		a := newAsker(r)
		var wg sync.WaitGroup
		for _, ctx := range []context.Context{as(t, "ann"), as(t, "ann"), as(t, "bob"), as(t, "acme", "acme"), as(t, "east", "east")} {
			wg.Go(func() {
				if got, err := a.Ask(ctx, "SELECT 1"); err != nil || got.Columns[0] != "SELECT 1" {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		wg.Wait()
		if len(r.asked) != 3 { // once for those who see everything, once for each partner
			t.Errorf("asked %q", r.asked)
		}
		if _, err := a.Ask(as(t, "ann"), "SELECT 1"); err != nil || len(r.asked) != 4 {
			t.Errorf("an answer was kept: %q, %v", r.asked, err)
		}
	})
}

func TestOneViewerDoesNotCrowdOutTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &slow{}
		a := newAsker(r)
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				if _, err := a.Ask(as(t, "ann"), strings.Repeat("x", i+1)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		if _, err := a.Ask(as(t, "bob"), "SELECT 1"); err != nil || time.Since(began) > time.Second {
			t.Errorf("bob waited %s, %v", time.Since(began), err)
		}
		wg.Wait()
		if r.most != atOnce+1 {
			t.Errorf("%d questions at once, want %d of ann and one of bob", r.most, atOnce)
		}
		if len(a.gates) != 0 || len(a.calls) != 0 {
			t.Errorf("%d gates and %d calls are left", len(a.gates), len(a.calls))
		}
	})
}

func TestAQuestionThatNobodyWaitsForIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &slow{}
		a := newAsker(r)
		first, leave := context.WithCancel(as(t, "ann"))
		second, leaveToo := context.WithCancel(as(t, "bob"))
		errs := make(chan error, 2)
		for _, ctx := range []context.Context{first, second} {
			go func() { _, err := a.Ask(ctx, "SELECT 1"); errs <- err }()
		}
		synctest.Wait()
		leave()
		synctest.Wait()
		if r.ended != 0 {
			t.Error("a question that somebody waits for was given up")
		}
		leaveToo()
		synctest.Wait()
		if r.ended != 1 || len(r.asked) != 1 {
			t.Errorf("%d of %d questions were given up", r.ended, len(r.asked))
		}
		for range 2 {
			if err := <-errs; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		if _, err := a.Ask(as(t, "ann"), "SELECT 1"); err != nil {
			t.Errorf("who comes after that: %v", err)
		}
	})
}

func TestOptionsAreRememberedForAWhileAndForWhoSeesTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &slow{}
		a := newAsker(r)
		for _, ctx := range []context.Context{as(t, "ann"), as(t, "ann"), as(t, "bob"), as(t, "acme", "acme"), as(t, "acme", "acme")} {
			if _, err := a.Recall(ctx, "SELECT 1"); err != nil {
				t.Error(err)
			}
		}
		if len(r.asked) != 2 {
			t.Errorf("asked %q", r.asked)
		}
		time.Sleep(remembered) // of the bubble's clock
		if _, err := a.Recall(as(t, "ann"), "SELECT 1"); err != nil || len(r.asked) != 3 || len(a.memo) > 2 {
			t.Errorf("asked %q, %d are remembered, %v", r.asked, len(a.memo), err)
		}
	})
}
