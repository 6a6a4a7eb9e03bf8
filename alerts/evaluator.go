package alerts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough/internal/run"
)

// Options of an evaluator.
type Options struct {
	Store    Store
	Finder   Finder
	Channels []Channel
	Mirrors  []Mirror
	Weekly   Weekly // nil: no reports

	Holder   string        // this process, for whoever reads the lease
	Every    time.Duration // how often rules that the clock alone may change are asked
	Remind   time.Duration // an incident that nobody took on is raised again; 0: never
	Currency string        // of money at stake
	Board    string        // address of the page, for links
	Registry prometheus.Registerer
	Log      zerolog.Logger
}

// Weekly writes the weekly report.
type Weekly interface {
	// Due is the newest week whose report is due, as 2026-W12, and since when it is.
	Due(now time.Time) (week string, since time.Time)
	Write(ctx context.Context, week string) (Report, error)
	// Takes says whether a channel is to have it.
	Takes(channel string) bool
}

// Evaluator is one process's part of the alerter. Many may run; one of them acts.
type Evaluator struct {
	o Options
	m *metrics
}

// The pace of the work.
const (
	tick       = 500 * time.Millisecond // looking for new data, for what people did, for what is due
	restOf     = 3                      // a rule rests so many times as long as its query took
	heavy      = 2 * time.Second        // a query that takes longer lets the server rest as long as it took, from all rules
	longestNap = 30 * time.Second
	idle       = 5 * time.Minute // a rule is asked again although nothing came
	memory     = 32 * 24 * time.Hour
)

// New makes an evaluator. It asks nothing yet.
func New(o Options) (*Evaluator, error) {
	names := map[string]bool{}
	for _, c := range o.Channels {
		l := c.Limits()
		if c.Name() == "" || names[c.Name()] || l.PerMinute < 1 || l.Items < 1 || l.Timeout <= 0 || l.Timeout > leaseTTL/2 {
			return nil, fmt.Errorf("alerts: channel %q: %+v: it needs a name of its own and limits, and a try may take up to %s", c.Name(), l, leaseTTL/2)
		}
		names[c.Name()] = true
	}
	for _, m := range o.Mirrors {
		if m.Name() == "" || names[m.Name()] {
			return nil, fmt.Errorf("alerts: channel %q needs a name of its own", m.Name())
		}
		names[m.Name()] = true
	}
	if o.Every <= 0 {
		o.Every = 5 * time.Second
	}
	return &Evaluator{o: o, m: newMetrics(o.Registry)}, nil
}

// Run evaluates whenever it holds the lease, until ctx ends.
func (e *Evaluator) Run(ctx context.Context) error {
	for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
		began := time.Now()
		err := e.term(ctx)
		e.m.leading.Set(0)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrFenced) {
			e.o.Log.Info().Msg("another evaluator has the lease")
		} else {
			e.o.Log.Warn().Err(err).Msg("evaluation begins anew")
		}
		if time.Since(began) > time.Minute {
			wait = time.Second
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// term is one time of holding the lease. Every error ends it: what is not surely known is read anew.
func (e *Evaluator) term(ctx context.Context) (err error) {
	l, err := claim(ctx, e.o.Store, e.o.Holder)
	if err != nil {
		return err
	}
	e.m.takenOver.Inc()
	d := &desk{Evaluator: e, lease: l, book: NewBook(), rules: map[string]*ruleState{}, found: make(chan answer, 1), ended: make(chan ending, len(e.o.Channels)), reports: make(chan written, 1)}
	parts := []run.Part{{Name: "evaluate", Run: d.run}, {Name: "lease", Run: l.keep}}
	err = run.All(ctx, leaseTTL, parts...)
	if !errors.Is(err, ErrFenced) {
		bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if e := l.store.Release(bye, l.holder, l.epoch); e != nil {
			err = errors.Join(err, e)
		}
	}
	return err
}
