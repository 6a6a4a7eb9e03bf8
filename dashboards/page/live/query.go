package live

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	"sellthrough/dashboards/page/period"
)

// Engine answers PromQL over a ring.
type Engine struct {
	ring   *Ring
	engine *promql.Engine
}

// NewEngine puts Prometheus' own engine over a ring. A question may take a few seconds and a million samples.
func NewEngine(r *Ring) *Engine {
	return &Engine{r, promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1_000_000, Timeout: 5 * time.Second, LookbackDelta: 5 * time.Minute, EnableAtModifier: true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return Every.Milliseconds() },
	})}
}

// Series is one line of an answer.
type Series struct {
	Labels map[string]string
	Name   string // by the legend's pattern, else the labels
	Points []Point
}

// Point is one value.
type Point struct {
	At    time.Time
	Value float64
}

// Ask answers a question over a range, or at its end when only that is asked.
func (e *Engine) Ask(ctx context.Context, expr, legend string, r period.Range, step time.Duration, instant bool) ([]Series, error) {
	step = max(step, Every)
	expr = strings.NewReplacer("$__rate_interval", seconds(max(4*Every, step+Every)), "$__interval", seconds(step), "$__range", seconds(r.To.Sub(r.From))).Replace(expr)
	var q promql.Query
	var err error
	if instant {
		q, err = e.engine.NewInstantQuery(ctx, e.ring, nil, expr, r.To)
	} else {
		q, err = e.engine.NewRangeQuery(ctx, e.ring, nil, expr, r.From.Truncate(step), r.To, step)
	}
	if err != nil {
		return nil, fmt.Errorf("PromQL %s: %w", expr, err)
	}
	defer q.Close()
	result := q.Exec(ctx)
	if result.Err != nil {
		return nil, fmt.Errorf("PromQL %s: %w", expr, result.Err)
	}
	return read(result.Value, legend)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%ds", max(int64(d.Seconds()), 1)) }

func read(v parser.Value, legend string) ([]Series, error) {
	var out []Series
	add := func(set labels.Labels, points ...Point) {
		s := Series{Labels: set.Map(), Points: points}
		s.Name = name(s.Labels, set, legend)
		out = append(out, s)
	}
	at := func(ms int64, f float64) Point { return Point{time.UnixMilli(ms).UTC(), f} }
	switch v := v.(type) {
	case promql.Matrix:
		for _, s := range v {
			points := make([]Point, len(s.Floats))
			for i, p := range s.Floats {
				points[i] = at(p.T, p.F)
			}
			add(s.Metric, points...)
		}
	case promql.Vector:
		for _, s := range v {
			add(s.Metric, at(s.T, s.F))
		}
	case promql.Scalar:
		add(labels.EmptyLabels(), at(v.T, v.V))
	default:
		return nil, fmt.Errorf("PromQL: an answer of type %s cannot be drawn", v.Type())
	}
	slices.SortStableFunc(out, func(a, b Series) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

var label = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// name is a series' name: the legend with its {{label}} filled in, else what tells it apart.
func name(values map[string]string, set labels.Labels, legend string) string {
	if legend != "" && legend != "__auto" {
		given := label.ReplaceAllStringFunc(legend, func(m string) string { return values[label.FindStringSubmatch(m)[1]] })
		if strings.TrimSpace(given) != "" {
			return given
		}
	}
	if set.Len() == 0 {
		return "value"
	}
	return set.String()
}

// Querier makes a ring a storage of Prometheus.
func (r *Ring) Querier(mint, maxt int64) (storage.Querier, error) {
	return querier{storage.NoopQuerier(), r, mint, maxt}, nil
}

type querier struct {
	storage.Querier // answers nothing about names of labels: the engine does not ask
	ring            *Ring
	mint, maxt      int64
}

// Select copies what it gives, so that sampling goes on meanwhile.
func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	q.ring.mu.RLock()
	defer q.ring.mu.RUnlock()
	found := &set{at: -1}
	for _, t := range q.ring.all {
		if slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(t.labels.Get(m.Name)) }) {
			continue
		}
		var s []chunks.Sample
		for _, p := range t.points {
			if p.at >= q.mint && p.at <= q.maxt {
				s = append(s, sample{t: p.at, f: p.value})
			}
		}
		if len(s) > 0 {
			found.series = append(found.series, storage.NewListSeries(t.labels, s))
		}
	}
	slices.SortFunc(found.series, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return found
}

type set struct {
	series []storage.Series
	at     int
}

func (s *set) Next() bool                        { s.at++; return s.at < len(s.series) }
func (s *set) At() storage.Series                { return s.series[s.at] }
func (s *set) Err() error                        { return nil }
func (s *set) Warnings() annotations.Annotations { return nil }

// sample is a float at an instant. The engine asks a float for nothing else.
type sample struct {
	chunks.Sample
	t int64
	f float64
}

func (s sample) T() int64                 { return s.t }
func (s sample) ST() int64                { return 0 }
func (s sample) F() float64               { return s.f }
func (s sample) Type() chunkenc.ValueType { return chunkenc.ValFloat }

// Finite says whether a value can be drawn.
func (p Point) Finite() bool { return !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) }
