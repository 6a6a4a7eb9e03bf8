package clickhouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/sinks/road"
)

// KeeperOptions says for which days rows are kept, and by whom.
type KeeperOptions struct {
	Zone     *time.Location // of the vendor's business days
	Holder   string         // this process
	Registry prometheus.Registerer
	Log      zerolog.Logger
}

// Keeper holds the answers of kept views as rows, for the business day of the reporting zone: all of them at the turn of the
// day and when reference data took force, and after each batch those of the positions that it touched. Many may run: one
// works, and the others stand by until its beats are old. While nobody works, the views count from the sums.
type Keeper struct {
	l *Ledger
	o KeeperOptions
	m *keeperMetrics

	days      []sellthrough.Day // that are held
	through   time.Time         // by the server's clock; what was done before is in the rows, but for what is not in done
	done      map[string]time.Time
	reference uint64
	beaten    time.Time
	again     bool // everything has to be counted anew
}

type keeperMetrics struct {
	through prometheus.Gauge
	seconds *prometheus.HistogramVec
	touched prometheus.Counter
}

// The pace of a keeper.
const (
	keepEvery  = 400 * time.Millisecond // it looks for what was done
	beatEvery  = 10 * time.Second
	standBy    = 25 * time.Second // without a beat, another takes over
	overlap    = 15 * time.Second // what was done in this time is looked at again: it may have come into sight late
	resumeFor  = time.Hour        // rows that were kept up to then are brought up to date rather than counted anew
	eve        = 10 * time.Minute // before midnight, the next day's rows are made
	restOfPass = 2                // a pass is followed by a rest of so many times as long
)

// NewKeeper makes a keeper of a ledger whose views were made. It asks nothing yet.
func NewKeeper(l *Ledger, o KeeperOptions) *Keeper {
	m := &keeperMetrics{
		through: prometheus.NewGauge(prometheus.GaugeOpts{Name: "sellthrough_kept_through_timestamp_seconds", Help: "All that was done before this instant is in the kept rows; 0: another process keeps them."}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sellthrough_kept_pass_seconds", Help: "Time to bring kept rows up to date, by what was counted: touched positions, or a whole day.", Buckets: prometheus.ExponentialBuckets(0.02, 2, 12),
		}, []string{"what"}),
		touched: prometheus.NewCounter(prometheus.CounterOpts{Name: "sellthrough_kept_positions_total", Help: "Positions whose kept rows were counted anew because a batch touched them."}),
	}
	o.Registry.MustRegister(m.through, m.seconds, m.touched)
	return &Keeper{l: l, o: o, m: m}
}

// Run keeps rows until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	for failures := 0; ; {
		began := time.Now()
		worked, err := k.Step(ctx)
		rest := keepEvery
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			failures++
			k.o.Log.Warn().Err(err).Msg("kept rows are not up to date; it is tried again")
			rest = min(time.Duration(failures)*time.Second, 30*time.Second)
		default:
			failures = 0
			if worked {
				rest = max(rest, min(restOfPass*time.Since(began), standBy/5))
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(rest):
		}
	}
}

// look is what a keeper sees at a time.
type look struct {
	at        time.Time // by the server's clock, before anything else was read
	reference uint64
	other     string // another keeper that is at work
	stranger  uint64 // tables of kept rows that were made for other views
}

func (k *Keeper) look(ctx context.Context) (s look, err error) {
	sql := fmt.Sprintf(`SELECT now64(6), (SELECT version FROM %[1]s), (SELECT argMax(holder, at) FROM %[2]s WHERE made = '%[3]s' AND holder != %[4]s AND at > now64(3) - %[5]d),
		(SELECT countIf(comment != '%[3]s') FROM system.tables WHERE database = %[6]s AND name LIKE 'kept\\_%%' AND name != 'kept_days')`,
		k.l.table("v_reference"), k.l.table("kept_days"), k.l.made, quote(k.o.Holder), int(standBy.Seconds()), quote(k.l.opts.Database))
	err = k.l.query(ctx, "look how kept rows are", sql, func(r driver.Rows) error { return r.Scan(&s.at, &s.reference, &s.other, &s.stranger) })
	return s, err
}

// Step does what is due, once. It says whether rows were counted.
func (k *Keeper) Step(ctx context.Context) (worked bool, err error) {
	s, err := k.look(ctx)
	if err != nil {
		return false, err
	}
	if s.stranger > 0 || s.other != "" && (k.days == nil || s.other < k.o.Holder) {
		k.days = nil // another version of the program keeps them, or another process
		k.m.through.Set(0)
		return false, nil
	}
	if k.days == nil {
		if err := k.take(ctx, s); err != nil {
			return false, err
		}
	}
	fresh, err := k.since(ctx, s)
	if err != nil {
		return false, err
	}
	if s.reference != k.reference {
		k.again, k.reference = true, s.reference
	}
	if k.again {
		k.days = k.days[:0]
	}
	if len(fresh) > 0 {
		for _, d := range k.days {
			if err := k.refresh(ctx, s, d, fresh); err != nil {
				return worked, err
			}
			worked = true
		}
	}
	for _, b := range fresh {
		k.done[b.kind+road.Text(b.Token)] = b.at
	}
	maps.DeleteFunc(k.done, func(_ string, at time.Time) bool { return at.Before(s.at.Add(-2 * overlap)) })
	k.through = s.at
	built, err := k.turn(ctx, s)
	if err != nil {
		return worked, err
	}
	k.again = false
	k.m.through.Set(float64(s.at.UnixMilli()) / 1000)
	if worked = worked || built; worked || s.at.Sub(k.beaten) >= beatEvery {
		return worked, k.beat(ctx, s)
	}
	return worked, nil
}

// take goes on where the rows were left, if that is not long ago.
func (k *Keeper) take(ctx context.Context, s look) error {
	k.days, k.done, k.through, k.reference, k.again = []sellthrough.Day{}, map[string]time.Time{}, s.at, s.reference, false
	sql := fmt.Sprintf("SELECT toInt32(day), argMax(made, at), argMax(reference, at), max(through) FROM %s WHERE at > now64(3) - %d GROUP BY day", k.l.table("kept_days"), int(resumeFor.Seconds()))
	return k.l.query(ctx, "read where kept rows were left", sql, func(r driver.Rows) error {
		var day int32
		var made string
		var reference uint64
		var through time.Time
		err := r.Scan(&day, &made, &reference, &through)
		if err == nil && made == k.l.made && reference == s.reference && slices.Contains(k.wanted(s.at), sellthrough.Day(day)) {
			k.days = append(k.days, sellthrough.Day(day))
			if through.Before(k.through) {
				k.through = through.Add(-overlap)
			}
		}
		return err
	})
}

// wanted are the days whose rows are to be held at a time.
func (k *Keeper) wanted(at time.Time) []sellthrough.Day {
	today := sellthrough.DayOf(at.In(k.o.Zone))
	if next := sellthrough.DayOf(at.Add(eve).In(k.o.Zone)); next != today {
		return []sellthrough.Day{today, next}
	}
	return []sellthrough.Day{today}
}

// doneBatch is a batch that was done, or a heal that was released, and when.
type doneBatch struct {
	sellthrough.Token
	kind string
	at   time.Time
}

// since is the batches that were done and are not in the rows. A heal of the sums lets everything be counted anew.
func (k *Keeper) since(ctx context.Context, s look) (out []doneBatch, err error) {
	sql := fmt.Sprintf("SELECT toString(kind), incarnation, partition, first, last, step, retry, written_at FROM %s WHERE kind IN ('done', 'release') AND (rows > 0 OR kind = 'release') AND written_at > %s",
		k.l.table("road"), serverTime(k.through.Add(-overlap)))
	err = k.l.query(ctx, "look for what was done", sql, func(r driver.Rows) error {
		var b doneBatch
		var partition uint16
		var step, retry uint32
		if err := r.Scan(&b.kind, &b.Incarnation, &partition, &b.First, &b.Last, &step, &retry, &b.at); err != nil {
			return err
		}
		b.Partition, b.Step, b.Retry = int(partition), int(step), int(retry)
		if _, ok := k.done[b.kind+road.Text(b.Token)]; ok {
			return nil
		}
		k.again = k.again || b.kind == "release"
		out = append(out, b)
		return nil
	})
	return out, err
}

// refresh brings the rows of a day up to date with batches.
func (k *Keeper) refresh(ctx context.Context, s look, day sellthrough.Day, fresh []doneBatch) error {
	began := time.Now()
	tokens := make([]sellthrough.Token, len(fresh))
	for i := range fresh {
		tokens[i] = fresh[i].Token
	}
	some, whole, err := k.l.touched(ctx, tokens, day)
	if err != nil {
		return err
	}
	if !whole {
		k.days = slices.DeleteFunc(slices.Clone(k.days), func(d sellthrough.Day) bool { return d == day }) // turn counts it anew
		return nil
	}
	if len(some) == 0 {
		return nil
	}
	if err := k.l.refresh(ctx, day, s.at, some); err != nil {
		return err
	}
	k.m.touched.Add(float64(len(some)))
	k.m.seconds.WithLabelValues("touched").Observe(time.Since(began).Seconds())
	return nil
}

// turn makes the rows of days that are wanted and not held, and lets go of those that are not wanted any more.
func (k *Keeper) turn(ctx context.Context, s look) (built bool, err error) {
	wanted := k.wanted(s.at)
	for _, d := range wanted {
		if slices.Contains(k.days, d) {
			continue
		}
		began := time.Now()
		if err := k.l.build(ctx, d, s.at); err != nil {
			return built, err
		}
		built = true
		k.days = append(k.days, d)
		k.m.seconds.WithLabelValues("day").Observe(time.Since(began).Seconds())
		k.o.Log.Info().Stringer("day", d).Dur("took", time.Since(began)).Msg("rows of a day are kept")
	}
	if n := len(k.days); n > len(wanted) || built {
		k.days = slices.DeleteFunc(k.days, func(d sellthrough.Day) bool { return !slices.Contains(wanted, d) })
		err = k.l.forget(ctx, wanted[0])
	}
	return built, err
}

// beat says that the rows of the days are as what was done.
func (k *Keeper) beat(ctx context.Context, s look) error {
	for _, d := range k.days {
		if err := k.l.beat(ctx, d, s.at, k.reference, k.o.Holder); err != nil {
			return err
		}
	}
	k.beaten = s.at
	return nil
}
