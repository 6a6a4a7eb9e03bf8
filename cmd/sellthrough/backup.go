package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sellthrough/internal/bus"
	"sellthrough/internal/run"
	"sellthrough/sinks/clickhouse"
)

// place is where a backup lies, by an argument. A folder of the embedded server is one of this machine.
func place(at string, embedded bool) (clickhouse.Place, error) {
	p := clickhouse.Place{At: at, Key: os.Getenv("AWS_ACCESS_KEY_ID"), Secret: os.Getenv("AWS_SECRET_ACCESS_KEY")}
	if strings.Contains(at, "://") {
		return p, nil
	}
	if !filepath.IsAbs(at) {
		if !embedded {
			return p, fmt.Errorf("%s is a folder on ClickHouse's machine: give its whole path, or an S3 URL", at)
		}
		abs, err := filepath.Abs(at)
		if err != nil {
			return p, err
		}
		p.At = abs
		if strings.HasSuffix(at, "/") {
			p.At += "/"
		}
	}
	return p, nil
}

// backup writes ledgers, sums, books, reference data and the road's progress to one place.
func backup(ctx context.Context, args []string) error {
	a, rest, err := load("backup", args, nil)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errors.New("say `sellthrough backup FOLDER`, or an S3 URL; with a slash at the end the backup gets a name of its own there")
	}
	b, l, err := a.connect()
	if err != nil {
		return err
	}
	defer l.Close()
	p, err := place(rest[0], a.cfg.Engines.ClickHouse.Address == "")
	if err != nil {
		return err
	}
	if strings.HasSuffix(p.At, "/") {
		p.At += time.Now().UTC().Format("20060102T150405Z")
	}
	inc, err := b.Ensure(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	done, err := l.Backup(ctx, string(inc.Lines), p)
	if err != nil {
		return fmt.Errorf("%w; what was written to %s is no backup", err, p.At)
	}
	fmt.Printf("%s: %.1f MB in %d files, after %.1f s; owners of partitions waited %.1f s\n", p.At, float64(done.Bytes)/1e6, done.Files, time.Since(began).Seconds(), done.Held.Seconds())
	return nil
}

// restore reads a backup, and says from where the road goes on.
func restore(ctx context.Context, args []string) (err error) {
	var replace bool
	a, rest, err := load("restore", args, func(fs *flag.FlagSet) {
		fs.BoolVar(&replace, "replace", false, "drop what the database holds now")
	})
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errors.New("say `sellthrough restore FOLDER`, or an S3 URL, as `sellthrough backup` named it")
	}
	embedded := a.cfg.Engines.ClickHouse.Address == ""
	p, err := place(strings.TrimSuffix(rest[0], "/"), embedded)
	if err != nil {
		return err
	}
	if a.embedded() {
		parts, err := a.start(ctx)
		defer func() { _ = run.All(cancelled(ctx), drain, parts...) }()
		if err != nil {
			return fmt.Errorf("%w; stop what runs on %s first", err, a.cfg.Data)
		}
	} else if err := a.find(); err != nil {
		return err
	}
	b, err := a.bus()
	if err != nil {
		return err
	}
	l, err := a.ledger()
	if err != nil {
		return err
	}
	defer l.Close()
	if err := a.await(ctx, "clickhouse", l.Ping); err != nil {
		return err
	}
	there, tables, err := l.Holds(ctx)
	if err != nil {
		return err
	}
	if tables > 0 && !replace {
		return fmt.Errorf("the database %s holds data in %d tables; --replace drops it first. Stop every transformer before", l.Name(), tables)
	}
	if there {
		if err := l.Drop(ctx); err != nil {
			return err
		}
	}
	began := time.Now()
	done, err := l.Restore(ctx, p)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d files came back, after %.1f s\n", p.At, done.Files, time.Since(began).Seconds())
	return a.goesOn(ctx, b, l)
}

// goesOn says from where the road goes on after a restore, and passes over what the log no longer holds.
func (a *app) goesOn(ctx context.Context, b *bus.Bus, l *clickhouse.Ledger) error {
	inc, err := b.Ensure(ctx)
	if err != nil {
		return err
	}
	if err := l.Migrate(ctx); err != nil {
		return err
	}
	for part := range b.Partitions() {
		first, end, err := b.Offsets(ctx, bus.Lines, part)
		if err != nil {
			return err
		}
		done, err := l.DoneTo(ctx, string(inc.Lines), part)
		if err != nil {
			return err
		}
		fmt.Printf("partition %d goes on behind %d; the log holds %d to %d\n", part, done, first, end-1)
	}
	m, err := a.findMissing(ctx, b, l)
	if err != nil {
		return err
	}
	if err := m.pass(ctx, l); err != nil {
		return err
	}
	fmt.Println("start the roles; they read on from there. Then run `sellthrough verify`")
	if n := len(m.lost); n > 0 {
		fmt.Printf("the log no longer holds %d submissions that came after the backup: they are held as lost. Once the roles run,\n"+
			"`sellthrough replay --missing --apply --why \"after a restore\"` sends them again from the archive\n", n)
	}
	return nil
}
