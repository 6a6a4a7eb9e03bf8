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
	boards  bool
	alerts  bool
	formats string
	only    bool
}

func main() {
	var o options
	flag.IntVar(&o.lines, "lines", 2_000_000, "`lines` to send in all")
	flag.IntVar(&o.senders, "senders", 3, "files in flight at once")
	flag.IntVar(&o.hot, "hot", 0, "then fill the state up to this many million `lines` and read the memory (0: not)")
	flag.DurationVar(&o.fresh, "fresh", 15*time.Second, "how long freshness is measured (0: not)")
	flag.IntVar(&o.rate, "rate", 20_000, "`lines` a second while freshness is measured")
	flag.DurationVar(&o.limit, "limit", 10*time.Minute, "the whole run ends after this time")
	flag.StringVar(&o.profile, "profile", "", "keep the CPU profile of the loaded process in this `file`")
	flag.BoolVar(&o.bare, "bare", true, "compare with a bare client")
	flag.BoolVar(&o.boards, "boards", true, "ask every panel of every board about two years")
	flag.BoolVar(&o.alerts, "alerts", true, "measure from a stock-out's 202 to the webhook")
	flag.StringVar(&o.formats, "formats", "all", "read bodies of formats from bytes to lines: all, none, or those whose `name` holds this")
	flag.BoolVar(&o.only, "only-formats", false, "nothing but the formats")
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
	if o.formats != "none" {
		if err := runFormats(ctx, os.Stdout, o.formats); err != nil || o.only {
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
	s, err := startSystem(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := s.connect(); err != nil {
		return err
	}
	defer s.close()
	if o.profile == "" {
		o.profile = filepath.Join(dir, "cpu.pprof")
	}
	if err := runLoad(ctx, s, o, r); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	// What follows is told even where a later part fails.
	err = measure(ctx, s, o, r)
	r.memory(s)
	r.print(os.Stdout)
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
	if o.boards {
		if err := runBoards(ctx, s, r); err != nil {
			return fmt.Errorf("boards: %w", err)
		}
	}
	if o.alerts {
		if err := runIncidents(ctx, s, r); err != nil {
			return fmt.Errorf("incidents: %w", err)
		}
	}
	if o.hot > 0 {
		if err := runHot(ctx, s, o, r); err != nil {
			return fmt.Errorf("hot state: %w", err)
		}
	}
	return nil
}
