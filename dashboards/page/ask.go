package page

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sellthrough/internal/access"
	"sellthrough/sinks/clickhouse"
)

// Bounds of what is asked.
const (
	atOnce       = 6                // questions of one viewer
	together     = 10               // questions of all viewers; the reader has a few connections more
	answerWithin = 30 * time.Second // one question
	remembered   = 20 * time.Second // options of variables and the age of the data
	memos        = 500              // that are remembered at once
)

// asker asks a reader: no viewer crowds out the others, and a question that is being answered for somebody who sees the
// same rows is not asked twice.
type asker struct {
	reader Reader
	all    chan struct{}

	mu    sync.Mutex
	gates map[string]*gate
	calls map[string]*call
	memo  map[string]memo
}

// gate lets some questions of a viewer through at once.
type gate struct {
	slots   chan struct{}
	waiting int // who is at the gate or past it; nobody: the gate goes
}

// call is a question on its way.
type call struct {
	done   chan struct{}
	cancel context.CancelFunc
	wanted int // by how many; nobody: it is given up
	table  clickhouse.Table
	err    error
}

type memo struct {
	table clickhouse.Table
	until time.Time
}

func newAsker(r Reader) *asker {
	return &asker{reader: r, all: make(chan struct{}, together), gates: map[string]*gate{}, calls: map[string]*call{}, memo: map[string]memo{}}
}

// scope is what decides which rows and columns a viewer sees.
func scope(v access.Viewer) string {
	partners, grants := make([]string, len(v.Partners)), slices.Clone(v.Grants)
	for i, p := range v.Partners {
		partners[i] = string(p)
	}
	slices.Sort(partners)
	slices.Sort(grants)
	return fmt.Sprintf("%q %t %q %q", v.Role, v.Restricted(), partners, grants)
}

// Ask answers a question of the viewer of ctx.
func (a *asker) Ask(ctx context.Context, sql string) (clickhouse.Table, error) {
	v := access.From(ctx)
	leave, err := a.enter(ctx, v.Name)
	if err != nil {
		return clickhouse.Table{}, err
	}
	defer leave()
	return a.share(ctx, v, sql)
}

// Recall is Ask for what may be some seconds old.
func (a *asker) Recall(ctx context.Context, sql string) (clickhouse.Table, error) {
	key := scope(access.From(ctx)) + "\n" + sql
	now := time.Now()
	a.mu.Lock()
	m, ok := a.memo[key]
	a.mu.Unlock()
	if ok && now.Before(m.until) {
		return m.table, nil
	}
	t, err := a.Ask(ctx, sql)
	if err != nil {
		return t, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for k, m := range a.memo {
		if now.After(m.until) || len(a.memo) >= memos {
			delete(a.memo, k)
		}
	}
	a.memo[key] = memo{t, now.Add(remembered)}
	return t, nil
}

// enter waits until the viewer has a question to spare.
func (a *asker) enter(ctx context.Context, name string) (leave func(), err error) {
	a.mu.Lock()
	g := a.gates[name]
	if g == nil {
		g = &gate{slots: make(chan struct{}, atOnce)}
		a.gates[name] = g
	}
	g.waiting++
	a.mu.Unlock()
	gone := func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if g.waiting--; g.waiting == 0 {
			delete(a.gates, name)
		}
	}
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots; gone() }, nil
	case <-ctx.Done():
		gone()
		return nil, ctx.Err()
	}
}

// share joins a question that is on its way, or asks it. It ends when nobody waits for it any more.
func (a *asker) share(ctx context.Context, v access.Viewer, sql string) (clickhouse.Table, error) {
	key := scope(v) + "\n" + sql
	a.mu.Lock()
	c := a.calls[key]
	if c == nil {
		asked, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
		c = &call{done: make(chan struct{}), cancel: cancel}
		a.calls[key] = c
		go a.run(asked, c, key, v, sql)
	}
	c.wanted++
	a.mu.Unlock()
	select {
	case <-c.done:
		return c.table, c.err
	case <-ctx.Done():
		a.mu.Lock()
		defer a.mu.Unlock()
		if c.wanted--; c.wanted == 0 {
			c.cancel()
			if a.calls[key] == c {
				delete(a.calls, key) // who comes now asks anew
			}
		}
		return clickhouse.Table{}, ctx.Err()
	}
}

func (a *asker) run(ctx context.Context, c *call, key string, v access.Viewer, sql string) {
	defer c.cancel()
	select {
	case a.all <- struct{}{}:
		c.table, c.err = a.reader.Read(ctx, v, strings.TrimRight(sql, "; \n\t"))
		<-a.all
	case <-ctx.Done():
		c.err = ctx.Err()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.calls[key] == c {
		delete(a.calls, key)
	}
	close(c.done)
}
