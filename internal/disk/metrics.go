package disk

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	free    *prometheus.GaugeVec // by store: of its volume
	used    *prometheus.GaugeVec
	reserve prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		free:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "sellthrough_disk_free_bytes", Help: "Free space of the volume that a store lies on."}, []string{"store"}),
		used:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "sellthrough_disk_used_bytes", Help: "Space that a store takes."}, []string{"store"}),
		reserve: prometheus.NewGauge(prometheus.GaugeOpts{Name: "sellthrough_disk_reserve_bytes", Help: "Free space below which collectors take nothing."}),
	}
	if reg != nil {
		reg.MustRegister(m.free, m.used, m.reserve)
	}
	return m
}
