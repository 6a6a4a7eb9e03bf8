package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// runLoad sends all files and waits until every line is in the books and in the sums.
func runLoad(ctx context.Context, s *system, o options, r *report) error {
	say("making %d lines", o.lines)
	files, fresh := plan(o.lines)
	total := 0
	for _, f := range files {
		total += f.lines
		r.bytes += int64(len(f.body))
	}
	r.lines, r.fresh, r.files = total, fresh, len(files)
	if err := s.settled(ctx); err != nil {
		return err
	}
	profiled := make(chan error, 1)
	loaded, over := context.WithCancel(ctx)
	defer over()
	own, house := cpu(s.proc.Process.Pid), cpu(s.child)
	say("sending %d files with %d lines, %d at once", len(files), total, o.senders)
	began := time.Now()
	go func() { profiled <- profile(loaded, s, o.profile) }()
	if err := sendAll(ctx, s, files, o.senders); err != nil {
		return fmt.Errorf("%w\n%s", err, s.tail())
	}
	r.accepted = time.Since(began)
	say("all are accepted after %.1f s", r.accepted.Seconds())
	if err := s.visible(ctx, int64(total), int64(fresh), &r.outcome); err != nil {
		return err
	}
	r.elapsed = time.Since(began)
	r.ownCPU, r.houseCPU = cpu(s.proc.Process.Pid)-own, cpu(s.child)-house
	r.ownPeak, r.housePeak = memory(s.proc.Process.Pid, "VmHWM"), memory(s.child, "VmHWM")
	say("all are in sales_daily after %.1f s", r.elapsed.Seconds())
	over()
	if err := <-profiled; err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if heap, err := s.get(ctx, "/debug/pprof/heap"); err == nil {
		_ = os.WriteFile(o.profile+".heap", heap, 0o600)
	}
	if err := s.conn.QueryRow(ctx, "SELECT count() FROM "+database+".movements").Scan(&r.rows); err != nil {
		return err
	}
	r.shares = shares(ctx, s.binary, o.profile)
	return nil
}

// settled waits until the reference data is in force everywhere: reading it is no part of the road.
func (s *system) settled(ctx context.Context) error {
	for limit := time.Now().Add(time.Minute); ; {
		var n uint64
		if err := s.conn.QueryRow(ctx, "SELECT uniqExact(partition) FROM "+database+".orders WHERE kind = 'reference'").Scan(&n); err == nil && n == partitions {
			return nil
		}
		if time.Now().After(limit) {
			return fmt.Errorf("the reference data is not in force after a minute\n%s", s.tail())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// sendAll posts the files in their order, some at once.
func sendAll(ctx context.Context, s *system, files []file, senders int) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, senders)
	for i := range senders {
		wg.Go(func() {
			for errs[i] == nil {
				n := int(next.Add(1)) - 1
				if n >= len(files) {
					return
				}
				_, errs[i] = s.post(ctx, feed, files[n].body)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// outcome is what became of the lines.
type outcome struct{ added, duplicate, corrected, superseded, unmatched int64 }

// visible waits until so many lines have an outcome, and then until the sums hold exactly the lines that stand.
func (s *system) visible(ctx context.Context, lines, standing int64, o *outcome) error {
	done := false
	limit := time.Now().Add(5 * time.Minute)
	for {
		var err error
		state := ""
		if !done {
			err = s.conn.QueryRow(ctx, "SELECT sum(lines_new), sum(lines_duplicate), sum(lines_corrected), sum(lines_superseded), sum(lines_unmatched) FROM "+database+".outcomes").
				Scan(&o.added, &o.duplicate, &o.corrected, &o.superseded, &o.unmatched)
			n := o.added + o.duplicate + o.corrected + o.superseded
			done = err == nil && n == lines
			state = fmt.Sprintf("%d of %d lines have an outcome", n, lines)
		}
		if done {
			var n int64
			if err = s.conn.QueryRow(ctx, "SELECT sum(lines) FROM "+database+".sales_daily").Scan(&n); err == nil && n == standing {
				return nil
			}
			state = fmt.Sprintf("the sums hold %d lines instead of %d", n, standing)
		}
		if time.Now().After(limit) {
			return errors.Join(fmt.Errorf("after five minutes %s\n%s", state, s.tail()), err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %s\n%s", ctx.Err(), state, s.tail())
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// runHot sends new lines until the state holds so many, and reads the memory.
func runHot(ctx context.Context, s *system, o options, r *report) error {
	say("filling the state up to %d lines", o.hot)
	var base int64
	if err := s.conn.QueryRow(ctx, "SELECT sum(lines_new + lines_duplicate + lines_corrected + lines_superseded) FROM "+database+".outcomes").Scan(&base); err != nil {
		return err
	}
	var standing int64
	if err := s.conn.QueryRow(ctx, "SELECT sum(lines) FROM "+database+".sales_daily").Scan(&standing); err != nil {
		return err
	}
	sent := 0
	for k := 10_000; r.fresh+sent < o.hot; {
		var some []file
		for ; len(some) < 2*o.senders && r.fresh+sent < o.hot; k++ {
			some = append(some, file{append([]byte(csvHeader), original(k, fileLines, false)...), fileLines})
			sent += fileLines
		}
		if err := sendAll(ctx, s, some, o.senders); err != nil {
			return err
		}
	}
	var out outcome
	if err := s.visible(ctx, base+int64(sent), standing+int64(sent), &out); err != nil {
		return err
	}
	r.hot = r.fresh + sent
	r.hotNow, r.hotPeak = memory(s.proc.Process.Pid, "VmRSS"), memory(s.proc.Process.Pid, "VmHWM")
	if heap, err := s.get(ctx, "/debug/pprof/heap?gc=1"); err == nil {
		_ = os.WriteFile(o.profile+".hot.heap", heap, 0o600)
	}
	return nil
}
