// Package canary sends a line through every door that is open, as a partner would, and measures how long it takes until it is
// taken and until it is in the sums. What it sends belongs to a partner that no view shows, so it never counts in any number.
//
// It promises to notice what the program's own numbers can't show: that a door does not open, that a body which was taken
// is not booked. It leaves to others what to make of it.
package canary

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/door"
)

// Way is a door, seen from outside.
type Way struct {
	Door string // its name, for the metrics
	// Hand hands a body over under a file's name. An error is that the door did not take it; nil may come before it is taken.
	Hand func(ctx context.Context, name string, body []byte) error
}

// Options of a canary.
type Options struct {
	Ways  []Way
	Every time.Duration // between two lines of a door
	Wait  time.Duration // a line that is not in the sums by then is lost
	// Booked says whether a submission is in the sums.
	Booked   func(ctx context.Context, id sellthrough.SubmissionID) (bool, error)
	Registry prometheus.Registerer
	Log      zerolog.Logger
}

// Canary is one process's.
type Canary struct {
	o       Options
	metrics *metrics

	mu    sync.Mutex
	flies map[string]chan sellthrough.SubmissionID // by the sha-256 of the body
}

// New wires a canary. It sends nothing.
func New(o Options) (*Canary, error) {
	if o.Every <= 0 || o.Wait <= 0 || o.Booked == nil {
		return nil, errors.New("canary: Every, Wait and Booked have to be given")
	}
	return &Canary{o: o, metrics: newMetrics(o.Registry), flies: map[string]chan sellthrough.SubmissionID{}}, nil
}

// Add adds a way, before Run.
func (c *Canary) Add(w Way) { c.o.Ways = append(c.o.Ways, w) }

// Wrap sees what an intake takes of the canary's, so that a door that answers nobody can be measured too.
func (c *Canary) Wrap(in door.Intake) door.Intake { return watched{in, c} }

type watched struct {
	door.Intake
	canary *Canary
}

func (w watched) Accept(ctx context.Context, r ingest.Request) (ingest.Taken, error) {
	taken, err := w.Intake.Accept(ctx, r)
	if err == nil && r.Partner == sellthrough.Canary {
		w.canary.Took(&taken.Receipt)
	}
	return taken, err
}

// Took tells the canary of a receipt.
func (c *Canary) Took(r *sellthrough.Receipt) {
	c.mu.Lock()
	fly := c.flies[r.Body]
	c.mu.Unlock()
	if fly != nil {
		select {
		case fly <- r.Submission:
		default: // told twice
		}
	}
}

// Run sends lines through each door until ctx ends. A door has one line on its way at a time.
func (c *Canary) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, w := range c.o.Ways {
		c.metrics.begin(w.Door)
		all.Go(func() {
			tick := time.NewTicker(c.o.Every)
			defer tick.Stop()
			for ctx.Err() == nil {
				c.fly(ctx, w)
				select {
				case <-ctx.Done():
				case <-tick.C:
				}
			}
		})
	}
	all.Wait()
	return nil
}

// Columns are those of what is sent; its feed is configured by them.
func Columns() []string { return []string{"document", "line", "door", "item", "qty", "at"} }

// body is one line, which no other is like.
func body(door string, now time.Time) []byte {
	return fmt.Appendf(nil, "%s\n%d,1,%s,canary,1,%s\n", strings.Join(Columns(), ","), now.UnixNano(), door, now.UTC().Format("2006-01-02T15:04:05"))
}

// sum is how an archive calls a body.
func sum(body []byte) string {
	h := sha256.Sum256(body)
	return hex.EncodeToString(h[:])
}

// fly sends one line and follows it.
func (c *Canary) fly(ctx context.Context, w Way) {
	now := time.Now()
	text := body(w.Door, now)
	key := sum(text)
	fly := make(chan sellthrough.SubmissionID, 1)
	c.mu.Lock()
	c.flies[key] = fly
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.flies, key)
		c.mu.Unlock()
	}()
	limit, cancel := context.WithTimeout(ctx, c.o.Wait)
	defer cancel()
	stage, err := c.follow(limit, w, fmt.Sprintf("canary-%d.csv", now.UnixMilli()), text, fly, now)
	if ctx.Err() != nil {
		return // nothing is known of a line that was given up with the process
	}
	c.metrics.sent.WithLabelValues(w.Door).Inc()
	switch {
	case err != nil:
		c.o.Log.Warn().Err(err).Str("door", w.Door).Str("stage", stage).Msg("a line of the canary did not arrive")
	default:
		c.metrics.seen.WithLabelValues(w.Door).SetToCurrentTime()
	}
}

// follow says how far a line came.
func (c *Canary) follow(ctx context.Context, w Way, name string, text []byte, fly <-chan sellthrough.SubmissionID, began time.Time) (stage string, err error) {
	if err := w.Hand(ctx, name, text); err != nil {
		return "hand over", err
	}
	var id sellthrough.SubmissionID
	select {
	case id = <-fly:
	case <-ctx.Done():
		return "receipt", errors.New("it was handed over, and not taken in time")
	}
	c.metrics.accept.WithLabelValues(w.Door).Observe(time.Since(began).Seconds())
	c.metrics.taken.WithLabelValues(w.Door).Inc()
	for pause := 20 * time.Millisecond; ; pause = min(pause*3/2, 500*time.Millisecond) {
		ok, err := c.o.Booked(ctx, id)
		if ok {
			c.metrics.fresh.WithLabelValues(w.Door).Observe(time.Since(began).Seconds())
			c.metrics.booked.WithLabelValues(w.Door).Inc()
			return "", nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return "books", errors.Join(fmt.Errorf("submission %s was taken, and is not in the sums in time", id), err)
		}
	}
}
