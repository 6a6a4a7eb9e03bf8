package ingest

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	submissions *prometheus.CounterVec // by result: accepted, refused, replayed, dry, or a Kind
	rows        *prometheus.CounterVec
	messages    *prometheus.CounterVec
	bytes       prometheus.Counter
	retries     prometheus.Counter
	duration    prometheus.Histogram
	unfinished  prometheus.Gauge
	archived    prometheus.Gauge
	bodies      prometheus.Gauge
	expired     prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		submissions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sellthrough_ingest_submissions_total", Help: "Bodies that were answered, by result."}, []string{"result"}),
		rows:        prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sellthrough_ingest_rows_total", Help: "Rows of completed submissions."}, []string{"result"}),
		messages:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sellthrough_ingest_messages_total", Help: "Messages that the log acknowledged, by type."}, []string{"type"}),
		bytes:       prometheus.NewCounter(prometheus.CounterOpts{Name: "sellthrough_ingest_body_bytes_total", Help: "Decoded bytes received."}),
		retries:     prometheus.NewCounter(prometheus.CounterOpts{Name: "sellthrough_ingest_publish_retries_total", Help: "Calls to the log that had to be repeated."}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "sellthrough_ingest_accept_seconds", Help: "From the first byte to the receipt.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}),
		unfinished: prometheus.NewGauge(prometheus.GaugeOpts{Name: "sellthrough_ingest_unfinished", Help: "Registered submissions of this collector that could not be finished yet."}),
		archived:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "sellthrough_ingest_archive_bytes", Help: "What the archive holds, compressed, as of the last look."}),
		bodies:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "sellthrough_ingest_archive_bodies", Help: "Bodies in the archive, as of the last look."}),
		expired:    prometheus.NewCounter(prometheus.CounterOpts{Name: "sellthrough_ingest_archive_expired_total", Help: "Bodies that were deleted because they passed the retention."}),
	}
	if reg != nil {
		reg.MustRegister(m.submissions, m.rows, m.messages, m.bytes, m.retries, m.duration, m.unfinished, m.archived, m.bodies, m.expired)
	}
	return m
}

func (m *metrics) accepted(begun time.Time, t Taken, dry bool, err error) {
	result := "accepted"
	f, faulty := AsFault(err)
	switch {
	case faulty:
		result = string(f.Kind)
	case err != nil:
		result = "error"
	case dry:
		result = "dry"
	case t.Replayed:
		result = "replayed"
	case t.Accepted == 0 && t.Refused > 0 && t.Cancelled == 0:
		result = "refused"
	}
	m.submissions.WithLabelValues(result).Inc()
	m.duration.Observe(time.Since(begun).Seconds())
}
