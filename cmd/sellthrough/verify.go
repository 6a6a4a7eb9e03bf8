package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"time"

	"sellthrough/internal/bus"
	"sellthrough/sinks/clickhouse"
)

// verify checks the books.
func verify(ctx context.Context, args []string) error {
	var heal bool
	a, _, err := load("verify", args, func(fs *flag.FlagSet) {
		fs.BoolVar(&heal, "heal", false, "mend what can be mended")
	})
	if err != nil {
		return err
	}
	b, l, err := a.connect()
	if err != nil {
		return err
	}
	defer l.Close()
	inc, err := b.Ensure(ctx)
	if err != nil {
		return err
	}
	look := func() ([]clickhouse.Finding, error) {
		waits, err := offsets(ctx, b, l, inc.Lines, a.cfg.Engines.Kafka.Partitions)
		if err != nil {
			return nil, err
		}
		found, err := l.Verify(ctx)
		if err != nil {
			return nil, err
		}
		sealed, err := a.seals(ctx, l)
		return slices.Concat(waits, found, sealed), err
	}
	found, err := look()
	if err != nil {
		return err
	}
	printFindings(found)
	if cures := curesOf(found); heal && len(cures) > 0 {
		for _, c := range cures {
			if err := a.cure(ctx, b, l, inc, c); err != nil {
				return err
			}
		}
		if found, err = look(); err != nil {
			return err
		}
		if len(found) > 0 {
			fmt.Println("what is left:")
			printFindings(found)
		}
	}
	if n := len(found); n > 0 {
		return fmt.Errorf("%d findings", n)
	}
	fmt.Println("ok: the books balance, the sums are the ledger's, and nothing of the log is left out")
	return nil
}

func printFindings(found []clickhouse.Finding) {
	for _, f := range found {
		fmt.Printf("WRONG  %s\n       %s\n", f.What, f.Remedy)
	}
}

// curesOf are the cures that findings ask for, each once.
func curesOf(found []clickhouse.Finding) (out []clickhouse.Cure) {
	for _, f := range found {
		if f.Cure != "" && !slices.Contains(out, f.Cure) {
			out = append(out, f.Cure)
		}
	}
	return out
}

// cure mends what needs nobody's judgement.
func (a *app) cure(ctx context.Context, b *bus.Bus, l *clickhouse.Ledger, inc bus.Incarnations, c clickhouse.Cure) error {
	switch c {
	case clickhouse.CureSums:
		if err := l.HealSums(ctx, string(inc.Lines)); err != nil {
			return err
		}
		fmt.Println("the sums were brought in line with the ledger")
	case clickhouse.CureReference:
		rev, err := l.InForce(ctx)
		if err != nil {
			return err
		}
		if err := a.control(b, l).Force(ctx, rev, who()); err != nil {
			return err
		}
		fmt.Printf("reference version %d was told to all partitions again\n", rev)
	case clickhouse.CureShadows:
		if err := l.DropShadows(ctx); err != nil {
			return err
		}
		fmt.Println("what was left of shadow runs was dropped")
	}
	return nil
}

// patience is how long end marks may wait before it is a finding: longer than a batch takes on a loaded machine.
const patience = 30 * time.Second

// offsets compares each partition of the log with the road's progress: records that passed away unread, a log that ends
// before what was read of it, and end marks that nobody works off.
func offsets(ctx context.Context, b *bus.Bus, l *clickhouse.Ledger, inc bus.Incarnation, partitions int) ([]clickhouse.Finding, error) {
	var found []clickhouse.Finding
	for p := range partitions {
		first, end, err := b.Offsets(ctx, bus.Lines, p)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		for {
			done, err := l.DoneTo(ctx, string(inc), p)
			if err != nil {
				return nil, err
			}
			if done+1 < first {
				found = append(found, clickhouse.Finding{
					What:   fmt.Sprintf("partition %d: the log begins at %d, but only records up to %d were transformed: what lay between has passed the retention", p, first, done),
					Remedy: "send what lay there again from the archive: `sellthrough replay --missing` lists it; and raise engines.kafka.retention",
				})
				break
			}
			if done >= end { // the log goes on meanwhile
				if _, end, err = b.Offsets(ctx, bus.Lines, p); err != nil {
					return nil, err
				}
			}
			if done >= end {
				found = append(found, clickhouse.Finding{
					What:   fmt.Sprintf("partition %d: the log ends at %d, but records up to %d were transformed", p, end, done),
					Remedy: "the topic lost its end or is another one: see docs/operations.md, \"A topic made anew\"",
				})
				break
			}
			waiting, err := endMarks(ctx, b, inc, p, max(done+1, first), end)
			if err != nil {
				return nil, err
			}
			if waiting == 0 {
				break
			}
			if time.Since(began) > patience {
				found = append(found, clickhouse.Finding{
					What:   fmt.Sprintf("partition %d: %d submissions wait behind offset %d", p, waiting, done),
					Remedy: "no transformer works on it, or it is held: see its log, and /metrics of its admin port",
				})
				break
			}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(500 * time.Millisecond):
			}
		}
	}
	return found, nil
}

// endMarks counts the end marks from an offset up to an end.
func endMarks(ctx context.Context, b *bus.Bus, inc bus.Incarnation, partition int, from, end int64) (n int, err error) {
	r := b.Reader(bus.Lines, partition, inc, from)
	for from < end {
		m, ok, err := r.Next(ctx, time.Second)
		if err != nil {
			return n, err
		}
		if !ok {
			return n, nil
		}
		if m.Type == bus.TypeEnd {
			n++
		}
		from = m.Offset + 1
	}
	return n, nil
}
