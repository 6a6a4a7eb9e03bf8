package transform

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	lines     *prometheus.CounterVec // by outcome
	rows      prometheus.Counter
	batches   prometheus.Counter
	redone    prometheus.Counter
	healed    prometheus.Counter
	seconds   *prometheus.HistogramVec // by stage
	lag       *prometheus.GaugeVec     // records, by partition
	freshness prometheus.Histogram
	state     *prometheus.GaugeVec
	retries   prometheus.Counter
	unfit     prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	const ns, sub = "sellthrough", "transform"
	m := &metrics{
		lines: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: ns, Subsystem: sub, Name: "lines_total",
			Help: "Lines by what became of them.",
		}, []string{"outcome"}),
		rows: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: ns, Subsystem: sub, Name: "rows_total",
			Help: "Signed rows written to the ledger.",
		}),
		batches: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: ns, Subsystem: sub, Name: "batches_total",
			Help: "Batches that are done.",
		}),
		redone: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: ns, Subsystem: sub, Name: "batches_redone_total",
			Help: "Batches inserted again under the same token after a takeover.",
		}),
		healed: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: ns, Subsystem: sub, Name: "batches_healed_total",
			Help: "Batches taken out and written under a new token, because the deduplication window had passed.",
		}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: ns, Subsystem: sub, Name: "stage_seconds",
			Help: "Time of a stage of a batch.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}, []string{"stage"}),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: ns, Subsystem: sub, Name: "lag_records",
			Help: "Records of the partition not yet read.",
		}, []string{"partition"}),
		freshness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: ns, Subsystem: sub, Name: "freshness_seconds",
			Help: "From the log time of an end mark to its rows in the aggregates.", Buckets: prometheus.ExponentialBuckets(0.01, 2, 14),
		}),
		state: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: ns, Subsystem: sub, Name: "state_lines",
			Help: "Lines kept hot in memory.",
		}, []string{"partition"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: ns, Subsystem: sub, Name: "retries_total",
			Help: "Calls made again because ClickHouse or Kafka did not answer.",
		}),
		unfit: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: ns, Subsystem: sub, Name: "unfit_lines_total",
			Help: "Lines that ClickHouse could not keep; they are refused after all.",
		}),
	}
	if reg != nil {
		reg.MustRegister(m.lines, m.rows, m.batches, m.redone, m.healed, m.seconds, m.lag, m.freshness, m.state, m.retries, m.unfit)
	}
	return m
}
