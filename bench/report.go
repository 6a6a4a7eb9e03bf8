package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

type size struct{ rows, bytes uint64 }

func (z size) per(n float64) float64 { return float64(z.bytes) / max(1, n) }

// report is the figures of a run.
type report struct {
	began                 time.Time
	load                  string
	lines, fresh, senders int
	files                 int
	bytes                 int64
	accepted, elapsed     time.Duration
	ownCPU, houseCPU      time.Duration
	ownPeak, housePeak    int64
	rows                  uint64
	outcome               outcome
	shares                []float64
	movements, daily      size

	bareRows int64
	bareTime time.Duration
	bareCPU  time.Duration

	freshFiles, freshLost  int
	freshRate, freshWanted float64
	freshOwn, freshHouse   float64
	visible, final, answer []time.Duration

	channels []*channelTimes

	hot             int
	hotNow, hotPeak int64
	endOwn, endCH   int64
}

// memory reads the peaks of the whole run.
func (r *report) memory(s *system) {
	r.endOwn, r.endCH = memory(s.proc.Process.Pid, "VmHWM"), memory(s.child, "VmHWM")
}

const mb = 1 << 20

func verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "missed"
}

// table writes rows of cells.
type table struct{ *tabwriter.Writer }

func newTable(out io.Writer) table {
	t := table{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	t.row("figure", "measured", "budget", "")
	t.row("------", "--------", "------", "")
	return t
}

func (t table) row(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")) }

func (r *report) print(out io.Writer) {
	fmt.Fprintf(out, "\nsellthrough bench: %d cores, load average before %s, now %s, %s, %s/%s; %s in all\n", runtime.NumCPU(), r.load, loadAverage(), runtime.Version(),
		runtime.GOOS, runtime.GOARCH, time.Since(r.began).Round(time.Second))
	if r.elapsed > 0 {
		r.road(out)
	}
	for _, c := range r.channels {
		c.print(out)
	}
}

// road is the figures of the whole road.
func (r *report) road(out io.Writer) {
	o, m, f := r.outcome, float64(r.lines)/1e6, fmt.Sprintf
	fmt.Fprintf(out, "\nThe road: %d lines in %d files (%.0f MB of CSV), %d senders; %d new, %d duplicate, %d corrected, %d superseded, %d unmatched; %d ledger rows\n\n",
		r.lines, r.files, float64(r.bytes)/1e6, r.senders, o.added, o.duplicate, o.corrected, o.superseded, o.unmatched, r.rows)
	w := newTable(out)
	row := w.row
	row("first POST to last line visible", f("%.0f lines/s (%.1f s)", float64(r.lines)/r.elapsed.Seconds(), r.elapsed.Seconds()))
	row("first POST to last 202", f("%.0f lines/s (%.1f s)", float64(r.lines)/r.accepted.Seconds(), r.accepted.Seconds()))
	own := r.ownCPU.Seconds() / m
	row("CPU of the own process", f("%.2f s/M lines", own), "<= 2.5", verdict(own <= 2.5))
	if r.shares == nil {
		row("  by stage", "not separable: go tool pprof failed")
	}
	rest := 100.0
	for i, share := range r.shares {
		rest -= share
		v := own * share / 100
		if stages[i].name == "transform and insert" {
			row("  "+stages[i].name, f("%.2f s/M lines (%.0f %%)", v, share), "<= 1.3", verdict(v <= 1.3))
			continue
		}
		row("  "+stages[i].name, f("%.2f s/M lines (%.0f %%)", v, share))
	}
	if r.shares != nil {
		row("  runtime and rest", f("%.2f s/M lines (%.0f %%)", own*rest/100, rest))
	}
	row("CPU of ClickHouse", f("%.2f s/M lines", r.houseCPU.Seconds()/m))
	row("peak RSS of the own process, under load", f("%d MB", r.ownPeak/mb), "<= 512", verdict(r.ownPeak <= 512*mb))
	row("peak RSS of ClickHouse, under load", f("%d MB", r.housePeak/mb))
	row("peak RSS in the whole run", f("%d MB, ClickHouse %d MB", r.endOwn/mb, r.endCH/mb))
	ledger := r.movements.per(float64(r.movements.rows))
	row("movements on disk, merged", f("%.1f bytes/row", ledger), "<= 32", verdict(ledger <= 32))
	row("sales_daily on disk, merged", f("%.1f bytes/row, %.1f bytes/standing line (%d rows)", r.daily.per(float64(r.daily.rows)), r.daily.per(float64(r.fresh)), r.daily.rows))
	if r.bareTime > 0 {
		bare := float64(r.bareRows) / r.bareTime.Seconds()
		road := float64(r.rows) / r.elapsed.Seconds()
		row("bare client, same rows, same tables", f("%.0f rows/s (%d rows, %.1f s); ClickHouse %.2f CPU-s/M rows", bare, r.bareRows, r.bareTime.Seconds(), r.bareCPU.Seconds()/float64(r.bareRows)*1e6))
		row("rows/s of the road : bare client", f("%.2f", road/bare), ">= 0.8", verdict(road/bare >= 0.8))
	} else {
		row("bare client", "not run")
	}
	if n := len(r.visible); n > 0 {
		ms := func(d []time.Duration, q float64) string { return f("%d ms", at(d, q).Milliseconds()) }
		p99 := at(r.visible, 0.99)
		row(f("freshness at %.0f lines/s, p50", r.freshRate), ms(r.visible, 0.5)+f(" from the 202 to sales_daily (%d files of %d lines)", r.freshFiles, smallFile))
		row("freshness p99", ms(r.visible, 0.99), "<= 1500 ms", verdict(p99 <= 1500*time.Millisecond && r.freshLost == 0 && r.freshRate > 0.9*r.freshWanted))
		row("  outcome in the books, p50 and p99", ms(r.final, 0.5)+" "+ms(r.final, 0.99))
		row("  due time to the 202, p50 and p99", ms(r.answer, 0.5)+" "+ms(r.answer, 0.99))
		row("  CPU meanwhile", f("own %.1f, ClickHouse %.1f s/M lines", r.freshOwn, r.freshHouse))
		if r.freshLost > 0 {
			row("  not visible when the time was up", f("%d files", r.freshLost), "0", "missed")
		}
	} else {
		row("freshness", "not measured")
	}
	if r.hot > 0 {
		row(f("RSS with %.1f M lines in the state", float64(r.hot)/1e6), f("%d MB now, %d MB peak", r.hotNow/mb, r.hotPeak/mb), "<= 512", verdict(r.hotPeak <= 512*mb))
	}
	_ = w.Flush()
}

// print is the figures of the boards over a channel: of each board its whole load, and each panel.
func (c *channelTimes) print(out io.Writer) {
	f := fmt.Sprintf
	ms := func(d time.Duration) string { return f("%d", d.Milliseconds()) }
	fmt.Fprintf(out, "\nThe boards over %s: %d ledger rows, filled in %s, ready after %s; peak RSS %d MB, ClickHouse %d MB\n\n",
		c.channel.name, c.rows, c.filled.Round(time.Second), c.ready.Round(100*time.Millisecond), c.own/mb, c.house/mb)
	w := newTable(out)
	for _, b := range c.boards {
		var all []time.Duration
		for _, p := range b.panels {
			all = append(all, p.took...)
		}
		slices.Sort(all)
		w.row("board "+b.name+", all panels at once", ms(b.load)+" ms", "<= 2000 ms", verdict(b.load <= 2*time.Second))
		for _, p := range b.panels {
			p95 := at(p.took, 0.95)
			w.row("  "+p.title, f("p50 %s, p95 %s, most %s ms", ms(at(p.took, 0.5)), ms(p95), ms(p.took[len(p.took)-1])), "p95 <= 200 ms", verdict(p95 <= 200*time.Millisecond))
		}
		w.row("  every panel of it", f("p50 %s, p95 %s, most %s ms", ms(at(all, 0.5)), ms(at(all, 0.95)), ms(all[len(all)-1])))
	}
	if len(c.told) > 0 {
		last := c.told[len(c.told)-1]
		w.row("stock-out, from the 202 to the webhook", f("p50 %.1f s, most %.1f s (%d)", at(c.told, 0.5).Seconds(), last.Seconds(), len(c.told)), "<= 5 s", verdict(last <= 5*time.Second))
	}
	_ = w.Flush()
}
