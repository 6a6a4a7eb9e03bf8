package incentives

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// Progress says how far the ledger and the books are: its mark changes whenever something may have to be reckoned anew.
type Progress interface {
	Progress(ctx context.Context) (mark string, err error)
}

// Reckoner keeps the accounts of open periods up to date.
type Reckoner struct {
	desk     *Desk
	progress Progress
	log      zerolog.Logger
	through  prometheus.Gauge
	seconds  prometheus.Histogram
}

// The pace of a reckoner. Accounts are for people, and what a pass takes is taken from the road.
const (
	reckonEvery = 5 * time.Second
	reckonRest  = 4                // a pass is followed by a rest of so many times as long
	reckonAnew  = 10 * time.Minute // without any progress: a day may have turned
)

// NewReckoner makes a reckoner. Several may run: each finds the same.
func NewReckoner(d *Desk, p Progress, reg prometheus.Registerer, log zerolog.Logger) *Reckoner {
	r := &Reckoner{
		desk: d, progress: p, log: log,
		through: prometheus.NewGauge(prometheus.GaugeOpts{Name: "sellthrough_incentives_through_timestamp_seconds", Help: "What was done before this instant is in the accounts of open periods."}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "sellthrough_incentives_pass_seconds", Help: "Time to reckon the open periods of all programmes.", Buckets: prometheus.ExponentialBuckets(0.02, 2, 12)}),
	}
	reg.MustRegister(r.through, r.seconds)
	return r
}

// Run reckons until ctx ends.
func (r *Reckoner) Run(ctx context.Context) error {
	mark, last := "", time.Time{}
	for {
		began := time.Now()
		now, err := r.progress.Progress(ctx)
		rest := reckonEvery
		if err == nil && (now != mark || time.Since(last) > reckonAnew) {
			if _, err = r.desk.Reckon(ctx); err == nil {
				mark, last = now, began
				r.seconds.Observe(time.Since(began).Seconds())
				rest = max(rest, reckonRest*time.Since(began))
			}
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			r.log.Warn().Err(err).Msg("accounts of incentives are not up to date; it is tried again")
			rest = 30 * time.Second
		default:
			r.through.Set(float64(began.Unix()))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(rest):
		}
	}
}
