package alerts

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	open        *prometheus.GaugeVec     // incidents, by rule and severity
	events      *prometheus.CounterVec   // by kind
	failures    *prometheus.CounterVec   // of rules
	seconds     *prometheus.HistogramVec // of rules
	cut         *prometheus.CounterVec   // answers that were longer than can be returned
	evaluated   *prometheus.GaugeVec     // when a rule last answered
	sent        *prometheus.CounterVec   // tries of messages, by channel and outcome
	givenUp     *prometheus.CounterVec   // messages, by channel
	waiting     *prometheus.GaugeVec     // seconds that the message in flight has been waiting, by channel
	leading     prometheus.Gauge
	takenOver   prometheus.Counter
	mirrorFails *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sellthrough_alerts_" + name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "sellthrough_alerts_" + name, Help: help}, labels)
	}
	m := &metrics{
		open:     gauge("incidents_open", "Incidents that are open.", "rule", "severity"),
		events:   vec("events_total", "Events that were written.", "kind"),
		failures: vec("rule_failures_total", "Queries of rules that failed; while one does, none of its incidents closes.", "rule"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sellthrough_alerts_rule_seconds", Help: "How long the query of a rule took.", Buckets: prometheus.ExponentialBuckets(0.005, 2, 14),
		}, []string{"rule"}),
		cut:         vec("rule_cut_total", "Answers of rules with more violations than are taken.", "rule"),
		evaluated:   gauge("rule_evaluated_timestamp_seconds", "When a rule last answered.", "rule"),
		sent:        vec("messages_total", "Tries to send a message.", "channel", "outcome"),
		givenUp:     vec("messages_given_up_total", "Messages that no receiver took in time.", "channel"),
		waiting:     gauge("message_waiting_seconds", "How long the message that is on its way has been waiting.", "channel"),
		leading:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "sellthrough_alerts_leading", Help: "1 while this process evaluates."}),
		takenOver:   prometheus.NewCounter(prometheus.CounterOpts{Name: "sellthrough_alerts_leases_total", Help: "Leases that this process took."}),
		mirrorFails: vec("mirror_failures_total", "Posts of the firing alerts that failed.", "mirror"),
	}
	if reg != nil {
		reg.MustRegister(m.open, m.events, m.failures, m.seconds, m.cut, m.evaluated, m.sent, m.givenUp, m.waiting, m.leading, m.takenOver, m.mirrorFails)
	}
	return m
}
