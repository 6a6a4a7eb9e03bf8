package canary

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	sent, taken, booked *prometheus.CounterVec // by door
	accept, fresh       *prometheus.HistogramVec
	seen                *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	by := []string{"door"}
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, by)
	}
	buckets := []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30, 60}
	m := &metrics{
		sent:   counter("sellthrough_canary_sent_total", "Lines that the canary sent, by door."),
		taken:  counter("sellthrough_canary_taken_total", "Of them, those that were taken in time."),
		booked: counter("sellthrough_canary_booked_total", "Of them, those that were in the sums in time."),
		accept: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "sellthrough_canary_accept_seconds", Help: "From handing a line over until it is taken.", Buckets: buckets}, by),
		fresh:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "sellthrough_canary_freshness_seconds", Help: "From handing a line over until it is in the sums.", Buckets: buckets}, by),
		seen:   prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "sellthrough_canary_last_success_timestamp_seconds", Help: "When a line last came through."}, by),
	}
	if reg != nil {
		reg.MustRegister(m.sent, m.taken, m.booked, m.accept, m.fresh, m.seen)
	}
	return m
}

// begin shows a door before its first line is through, so that rates of it are known from the start.
func (m *metrics) begin(door string) {
	for _, c := range []*prometheus.CounterVec{m.sent, m.taken, m.booked} {
		c.WithLabelValues(door)
	}
}
