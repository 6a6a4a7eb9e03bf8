package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	smallFile  = 200
	freshMost  = 64 // small files in flight
	freshPoll  = 20 * time.Millisecond
	freshGrace = 45 * time.Second // for the last ones
)

// small is a small file on its way: the lines of one store and day, which no other file has.
type small struct {
	location   string // as resolved
	day        time.Time
	submission string
	due        time.Time // when it was to be sent
	accepted   time.Time
	visible    time.Time // its lines are in sales_daily
	final      time.Time // its outcome is in the books
}

// runFresh sends small files at a rate and measures, for each, from the 202 until a query sees its lines.
func runFresh(ctx context.Context, s *system, o options, r *report) error {
	n := int(o.fresh.Seconds() * float64(o.rate) / smallFile)
	say("freshness: %d files of %d lines in %s", n, smallFile, o.fresh)
	files, bodies := make([]*small, n), make([][]byte, n)
	for k := range files {
		// By a stride, so that the stores that report at a moment lie in all partitions.
		at, d := (k*37)%stores, firstDay.AddDate(0, 2, k/stores)
		files[k] = &small{location: fmt.Sprintf("CHN-%04d", at), day: d}
		bodies[k] = newGenerator(uint64(1_000_000+k)).day([]byte(csvHeader), store(at), d, smallFile, func(int) (bool, int) { return true, 0 })
	}
	ctx, cancel := context.WithTimeout(ctx, 2*o.fresh+freshGrace)
	defer cancel()
	sent := make(chan *small, n)
	polled := make(chan error, 1)
	go func() { polled <- s.watch(ctx, sent) }()
	own, house := cpu(s.proc.Process.Pid), cpu(s.child)
	gate := make(chan struct{}, freshMost)
	errs := make(chan error, n)
	var wg sync.WaitGroup
	began := time.Now()
	for k, f := range files {
		if time.Since(began) > 2*o.fresh { // the rate is not reached; what was sent is measured
			files = files[:k]
			break
		}
		f.due = began.Add(time.Duration(k) * o.fresh / time.Duration(n))
		time.Sleep(time.Until(f.due))
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			rc, err := s.post(ctx, feed, bodies[k])
			if err != nil {
				if ctx.Err() == nil {
					errs <- err
				}
				return
			}
			f.accepted, f.submission = time.Now(), string(rc.Submission)
			sent <- f
		})
	}
	wg.Wait()
	n = len(files)
	r.freshRate, r.freshWanted = float64(n*smallFile)/time.Since(began).Seconds(), float64(o.rate)
	close(sent)
	err := <-polled
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, s.tail())
	}
	lines := float64(n*smallFile) / 1e6
	r.freshOwn, r.freshHouse = (cpu(s.proc.Process.Pid)-own).Seconds()/lines, (cpu(s.child)-house).Seconds()/lines
	for _, f := range files {
		if f.visible.IsZero() || f.final.IsZero() {
			r.freshLost++
			continue
		}
		r.visible = append(r.visible, f.visible.Sub(f.accepted))
		r.final = append(r.final, f.final.Sub(f.accepted))
		r.answer = append(r.answer, f.accepted.Sub(f.due))
	}
	r.freshFiles = n
	for _, d := range [][]time.Duration{r.visible, r.final, r.answer} {
		slices.Sort(d)
	}
	return nil
}

// watch asks for all pending files at once, every 20 ms, until none is left.
func (s *system) watch(ctx context.Context, sent <-chan *small) error {
	pending := map[*small]bool{}
	tick := time.NewTicker(freshPoll)
	defer tick.Stop()
	for open := true; open || len(pending) > 0; {
		select {
		case <-ctx.Done():
			say("%d files are accepted and not visible", len(pending))
			return nil
		case <-tick.C:
		}
		for more := true; more && open; {
			select {
			case f, ok := <-sent:
				if open = ok; ok {
					pending[f] = true
				}
			default:
				more = false
			}
		}
		if len(pending) == 0 {
			continue
		}
		if err := s.look(ctx, pending); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// look marks what one query sees now.
func (s *system) look(ctx context.Context, pending map[*small]bool) error {
	var days, submissions strings.Builder
	by := map[string]*small{}
	for f := range pending {
		if f.visible.IsZero() {
			fmt.Fprintf(&days, "('%s','%s'),", f.location, f.day.Format(time.DateOnly))
			by[f.location+f.day.Format(time.DateOnly)] = f
		}
		if f.final.IsZero() {
			fmt.Fprintf(&submissions, "'%s',", f.submission)
			by[f.submission] = f
		}
	}
	var parts []string
	if days.Len() > 0 {
		parts = append(parts, fmt.Sprintf("SELECT 'd' AS t, concat(location, toString(business_date)) AS k, sum(lines) AS n FROM %s.sales_daily WHERE partner = 'chain' AND business_date >= '%s' AND (location, business_date) IN (%s) GROUP BY k",
			database, firstDay.AddDate(0, 2, 0).Format(time.DateOnly), strings.TrimSuffix(days.String(), ",")))
	}
	if submissions.Len() > 0 {
		parts = append(parts, fmt.Sprintf("SELECT 's' AS t, submission AS k, sum(lines_new) AS n FROM %s.outcomes WHERE submission IN (%s) GROUP BY k", database, strings.TrimSuffix(submissions.String(), ",")))
	}
	rows, err := s.conn.Query(ctx, strings.Join(parts, " UNION ALL "))
	if err != nil {
		return err
	}
	defer rows.Close()
	seen := map[string]string{}
	for rows.Next() {
		var t, k string
		var n int64
		if err := rows.Scan(&t, &k, &n); err != nil {
			return err
		}
		if n == smallFile {
			seen[k] = t
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	now := time.Now()
	for k, t := range seen {
		f := by[k]
		if f == nil {
			continue
		}
		if t == "d" {
			f.visible = now
		} else {
			f.final = now
		}
		if !f.visible.IsZero() && !f.final.IsZero() {
			delete(pending, f)
		}
	}
	return nil
}

// at is a quantile of sorted durations.
func at(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	return d[min(len(d)-1, int(q*float64(len(d))))]
}
