// Command bench runs the whole road under load, on the embedded engines: generator → HTTP → archive → Kafka → transform →
// ledger and sums; beside it a bare client that inserts the same rows into the same tables. It prints one table, each
// figure beside its budget. It listens on loopback only, works in a folder of its own and ends what it started.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

type options struct {
	lines   int
	senders int
	hot     int
	fresh   time.Duration
	rate    int
	limit   time.Duration
	profile string
	keep    bool
	bare    bool
	boards  string
	only    string
	alerts  bool
	formats string
}

func main() {
	var o options
	flag.IntVar(&o.lines, "lines", 2_000_000, "`lines` to send in all")
	flag.IntVar(&o.senders, "senders", 3, "files in flight at once")
	flag.IntVar(&o.hot, "hot", 0, "then fill the state up to this many million `lines` and read the memory (0: not)")
	flag.DurationVar(&o.fresh, "fresh", 15*time.Second, "how long freshness is measured (0: not)")
	flag.IntVar(&o.rate, "rate", 20_000, "`lines` a second while freshness is measured")
	flag.DurationVar(&o.limit, "limit", 30*time.Minute, "the whole run ends after this time")
	flag.StringVar(&o.profile, "profile", "", "keep the CPU profile of the loaded process in this `file`")
	flag.BoolVar(&o.bare, "bare", true, "compare with a bare client")
	flag.StringVar(&o.boards, "boards", "demo,year", "ask every panel of every board about these `channels`: demo is two years of 60 x 300, year a year of 1,000 x 5,000")
	flag.StringVar(&o.only, "only", "", "measure this `part` alone: road, boards or formats")
	flag.BoolVar(&o.alerts, "alerts", true, "measure from a stock-out's 202 to the webhook")
	flag.StringVar(&o.formats, "formats", "all", "read bodies of formats from bytes to lines: all, none, or those whose `name` holds this")
	flag.BoolVar(&o.keep, "keep", false, "keep the folder of the run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	if err := bench(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// say tells what is going on, on stderr; the table alone goes to stdout.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...) }

func bench(ctx context.Context, o options) (err error) {
	if o.formats != "none" && (o.only == "" || o.only == "formats") {
		if err := runFormats(ctx, os.Stdout, o.formats); err != nil || o.only == "formats" {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "sellthrough-bench-")
	if err != nil {
		return err
	}
	defer func() {
		if o.keep {
			say("the folder of the run is %s", dir)
			return
		}
		_ = os.RemoveAll(dir)
	}()
	r := &report{began: time.Now(), load: loadAverage(), lines: o.lines, senders: o.senders}
	binary, err := build(ctx, dir)
	if err != nil {
		return err
	}
	// What was measured is told even where a later part fails.
	defer func() { r.print(os.Stdout) }()
	if o.only != "boards" {
		if err := road(ctx, binary, dir, o, r); err != nil {
			return err
		}
	}
	if o.only == "road" {
		return nil
	}
	for _, c := range []*channel{&demoChannel, &yearChannel} {
		if !strings.Contains(o.boards, c.id) {
			continue
		}
		if err := runChannel(ctx, binary, dir, c, o, r); err != nil {
			return fmt.Errorf("boards of %s: %w", c.name, err)
		}
	}
	return nil
}

// road measures the whole road, on a system of its own.
func road(ctx context.Context, binary, dir string, o options, r *report) (err error) {
	dir = filepath.Join(dir, "road")
	if err := writeReference(filepath.Join(dir, "reference")); err != nil {
		return err
	}
	s, err := startSystem(ctx, binary, dir, roadSettings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if o.profile == "" {
		o.profile = filepath.Join(dir, "cpu.pprof")
	}
	if err := runLoad(ctx, s, o, r); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	err = measure(ctx, s, o, r)
	r.memory(s)
	return err
}

func measure(ctx context.Context, s *system, o options, r *report) error {
	if err := s.sizes(ctx, r); err != nil {
		return fmt.Errorf("sizes: %w", err)
	}
	if o.bare {
		if err := runBare(ctx, s, r); err != nil {
			return fmt.Errorf("bare client: %w", err)
		}
	}
	if o.fresh > 0 {
		if err := runFresh(ctx, s, o, r); err != nil {
			return fmt.Errorf("freshness: %w", err)
		}
	}
	if o.hot > 0 {
		if err := runHot(ctx, s, o, r); err != nil {
			return fmt.Errorf("hot state: %w", err)
		}
	}
	return nil
}
