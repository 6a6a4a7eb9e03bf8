// Package live answers PromQL about this process from its own metrics: it keeps what the gatherer says every 15 seconds
// for some hours in memory and puts Prometheus' engine over it. So the board of the road works where no Prometheus
// runs. A Prometheus of one's own answers the same questions over all processes and months.
package live

import (
	"context"
	"errors"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// Every is how often metrics are sampled.
const Every = 15 * time.Second

// Bounds of what is kept: six hours, and no more series than a program with a mistake in its labels could make.
const (
	kept   = int(6 * time.Hour / Every)
	series = 8000
)

// Ring keeps the samples of a gatherer.
type Ring struct {
	gatherer prometheus.Gatherer

	mu  sync.RWMutex
	all map[string]*track // by the labels' bytes
}

// track is one series.
type track struct {
	labels labels.Labels
	points []point // oldest first
}

type point struct {
	at    int64 // milliseconds
	value float64
}

// NewRing makes an empty ring.
func NewRing(g prometheus.Gatherer) *Ring { return &Ring{gatherer: g, all: map[string]*track{}} }

// Run samples until ctx ends.
func (r *Ring) Run(ctx context.Context) error {
	ticks := time.NewTicker(Every)
	defer ticks.Stop()
	for {
		_ = r.Sample(time.Now()) // a collector that fails is missing from its own chart, and the others are there
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

// Sample keeps what the gatherer says now. Where one collector fails, the others' samples are kept.
func (r *Ring) Sample(now time.Time) error {
	families, err := r.gatherer.Gather()
	at := now.UnixMilli()
	r.mu.Lock()
	defer r.mu.Unlock()
	full := false
	add := func(name string, m *dto.Metric, value float64, more ...string) {
		b := labels.NewScratchBuilder(len(m.GetLabel()) + 2)
		b.Add(model.MetricNameLabel, name)
		for _, l := range m.GetLabel() {
			b.Add(l.GetName(), l.GetValue())
		}
		for i := 0; i+1 < len(more); i += 2 {
			b.Add(more[i], more[i+1])
		}
		b.Sort()
		set := b.Labels()
		key := string(set.Bytes(nil))
		t := r.all[key]
		if t == nil {
			if len(r.all) >= series {
				full = true
				return
			}
			t = &track{labels: set}
			r.all[key] = t
		}
		if n := len(t.points); n > 0 && t.points[n-1].at >= at {
			return // the clock went back
		}
		if len(t.points) >= kept {
			t.points = append(t.points[:0], t.points[len(t.points)-kept+1:]...)
		}
		t.points = append(t.points, point{at, value})
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			flatten(f.GetName(), m, add)
		}
	}
	for key, t := range r.all {
		if t.points[len(t.points)-1].at < at-int64(kept)*Every.Milliseconds() {
			delete(r.all, key)
		}
	}
	if full {
		err = errors.Join(err, errors.New("live: more series than are kept; a label has too many values"))
	}
	return err
}

// flatten names the samples of a metric as the text format does.
func flatten(name string, m *dto.Metric, add func(name string, m *dto.Metric, value float64, more ...string)) {
	number := func(v float64) string {
		if math.IsInf(v, 1) {
			return "+Inf"
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	switch {
	case m.Counter != nil:
		add(name, m, m.Counter.GetValue())
	case m.Gauge != nil:
		add(name, m, m.Gauge.GetValue())
	case m.Untyped != nil:
		add(name, m, m.Untyped.GetValue())
	case m.Summary != nil:
		for _, q := range m.Summary.GetQuantile() {
			add(name, m, q.GetValue(), "quantile", number(q.GetQuantile()))
		}
		add(name+"_sum", m, m.Summary.GetSampleSum())
		add(name+"_count", m, float64(m.Summary.GetSampleCount()))
	case m.Histogram != nil:
		inf := false
		for _, b := range m.Histogram.GetBucket() {
			inf = inf || math.IsInf(b.GetUpperBound(), 1)
			add(name+"_bucket", m, float64(b.GetCumulativeCount()), labels.BucketLabel, number(b.GetUpperBound()))
		}
		if !inf {
			add(name+"_bucket", m, float64(m.Histogram.GetSampleCount()), labels.BucketLabel, "+Inf")
		}
		add(name+"_sum", m, m.Histogram.GetSampleSum())
		add(name+"_count", m, float64(m.Histogram.GetSampleCount()))
	}
}
