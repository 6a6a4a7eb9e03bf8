package live

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sellthrough/dashboards/page/period"
)

var begin = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// sampled is an engine over a counter that rises by 30 in each of two partitions every 15 s, a histogram and a gauge.
func sampled(t *testing.T, minutes int) *Engine {
	t.Helper()
	reg := prometheus.NewRegistry()
	lines := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lines_total", Help: "x"}, []string{"partition"})
	took := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "took_seconds", Help: "x", Buckets: []float64{1, 2}})
	lag := prometheus.NewGauge(prometheus.GaugeOpts{Name: "lag", Help: "x"})
	reg.MustRegister(lines, took, lag)
	r := NewRing(reg)
	for i := range minutes*4 + 1 {
		lines.WithLabelValues("0").Add(30)
		lines.WithLabelValues("1").Add(30)
		took.Observe(1.5)
		lag.Set(float64(i))
		if err := r.Sample(begin.Add(time.Duration(i) * Every)); err != nil {
			t.Fatal(err)
		}
	}
	return NewEngine(r)
}

func TestPromQLIsAnsweredFromTheSamplesOfThisProcess(t *testing.T) {
	e := sampled(t, 10)
	r := period.Range{From: begin.Add(5 * time.Minute), To: begin.Add(10 * time.Minute)}
	ok := func(expr, legend string, instant bool, wantSeries int, wantName string, want float64) {
		t.Helper()
		got, err := e.Ask(t.Context(), expr, legend, r, time.Minute, instant)
		if err != nil || len(got) != wantSeries {
			t.Errorf("%s gave %d series, %v", expr, len(got), err)
			return
		}
		last := got[len(got)-1]
		if p := last.Points[len(last.Points)-1]; last.Name != wantName || math.Abs(p.Value-want) > 1e-6 || !p.At.Equal(r.To) {
			t.Errorf("%s ends with %q = %v at %s, want %q = %v", expr, last.Name, p.Value, p.At, wantName, want)
		}
		if n := len(last.Points); !instant && n != 6 || instant && n != 1 {
			t.Errorf("%s has %d points", expr, n)
		}
	}
	ok("sum(rate(lines_total[$__rate_interval]))", "", false, 1, "value", 4)
	ok("rate(lines_total[1m])", "part {{partition}}", false, 2, "part 1", 2)
	ok("histogram_quantile(0.5, rate(took_seconds_bucket[2m]))", "median", true, 1, "median", 1.5)
	ok("lag", "", true, 1, `{__name__="lag"}`, 40)
	ok("max_over_time(lag[$__range])", "", true, 1, "value", 40)
	ok(`lines_total{partition=~"0|7"}`, "", true, 1, `{__name__="lines_total", partition="0"}`, 41*30)
}

func TestWhatIsNotPromQLIsAnError(t *testing.T) {
	_, err := sampled(t, 1).Ask(t.Context(), "rate(", "", period.Range{From: begin, To: begin.Add(time.Minute)}, time.Minute, false)
	if err == nil || !strings.Contains(err.Error(), "PromQL") {
		t.Errorf("got %v", err)
	}
}

// However long a process lives and whatever its labels hold, the ring stays within its bounds.
func TestTheRingForgets(t *testing.T) {
	reg := prometheus.NewRegistry()
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "g", Help: "x"}, []string{"l"})
	reg.MustRegister(v)
	r := NewRing(reg)
	v.WithLabelValues("old").Set(1)
	for i := range 3 {
		if err := r.Sample(begin.Add(time.Duration(i) * Every)); err != nil {
			t.Fatal(err)
		}
	}
	v.Reset()
	v.WithLabelValues("new").Set(1)
	for i := range kept + 10 {
		if err := r.Sample(begin.Add(time.Duration(i+3) * Every)); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.all) != 1 {
		t.Errorf("%d series are kept, want the new one", len(r.all))
	}
	for _, tr := range r.all {
		if len(tr.points) != kept {
			t.Errorf("%d points are kept, want %d", len(tr.points), kept)
		}
	}
	for i := range series {
		v.WithLabelValues(strings.Repeat("x", 1+i%7) + time.Duration(i).String()).Set(1)
	}
	if err := r.Sample(begin.Add(24 * time.Hour)); err == nil || len(r.all) > series {
		t.Errorf("%d series are kept, error %v", len(r.all), err)
	}
}
