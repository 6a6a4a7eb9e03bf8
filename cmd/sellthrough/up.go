package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"sellthrough"
	"sellthrough/ingest/archive"
	"sellthrough/ingest/httpfeed"
	"sellthrough/internal/bus"
	"sellthrough/internal/run"
	"sellthrough/internal/web"
	"sellthrough/sinks/clickhouse"
)

// drain is how long a part may take to finish what is in hand.
const drain = 30 * time.Second

// up runs every role in one process.
func up(ctx context.Context, args []string) error {
	return roles(ctx, "up", args, true, true, true)
}

// collect runs the collector alone.
func collect(ctx context.Context, args []string) error {
	return roles(ctx, "collect", args, true, false, false)
}

// runTransform runs the transformer alone.
func runTransform(ctx context.Context, args []string) error {
	return roles(ctx, "transform", args, false, true, false)
}

// serve runs the built-in page alone.
func serve(ctx context.Context, args []string) error {
	return roles(ctx, "serve", args, false, false, true)
}

// roles starts what a process is to be, upstream first to stop: doors, intake, transformer, engines.
func roles(ctx context.Context, name string, args []string, collects, transforms, serves bool) (err error) {
	var adopt, uploads bool
	var d demoFlags
	a, _, err := load(name, args, func(fs *flag.FlagSet) {
		if name == "up" {
			d.add(fs)
		}
		if name == "serve" {
			fs.BoolVar(&uploads, "uploads", false, "take the reports that partners upload on the page; they go the way of a collector's")
		}
		if transforms {
			fs.BoolVar(&adopt, "accept-new-topics", false, "go on with Kafka topics that were made anew; what the old ones held and ClickHouse does not is given up")
		}
	})
	if d.on && !errors.Is(err, flag.ErrHelp) {
		a, err = d.app(a, err)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	var engines []run.Part
	if name == "up" {
		if engines, err = a.start(ctx); err != nil {
			return errors.Join(err, run.All(cancelled(ctx), drain, engines...))
		}
	} else if err := a.find(); err != nil {
		return err
	}
	parts, err := a.parts(ctx, duties{collects, transforms, serves, uploads, name == "up", adopt})
	if err != nil {
		return errors.Join(err, run.All(cancelled(ctx), drain, engines...))
	}
	if name == "up" {
		a.greet(began)
	}
	if d.on {
		p, err := d.part(ctx, a)
		if err != nil {
			return errors.Join(err, run.All(cancelled(ctx), drain, append(parts, engines...)...))
		}
		parts = append([]run.Part{p}, parts...)
	}
	return run.All(ctx, drain, append(parts, engines...)...)
}

// cancelled is a ctx that has ended, to stop parts at once.
func cancelled(ctx context.Context) context.Context {
	c, cancel := context.WithCancel(ctx)
	cancel()
	return c
}

// duties are what a process does: collect, transform, serve the page, take what is uploaded there, watch over all.
type duties struct{ collects, transforms, serves, uploads, watch, adopt bool }

func (a *app) parts(ctx context.Context, do duties) ([]run.Part, error) {
	b, err := a.bus()
	if err != nil {
		return nil, err
	}
	l, err := a.ledger()
	if err != nil {
		return nil, err
	}
	if do.transforms {
		if err := a.await(ctx, "clickhouse", l.Ping); err != nil {
			return nil, err
		}
		if err := a.migrate(ctx, l); err != nil {
			return nil, err
		}
		if do.adopt {
			inc, err := b.Ensure(ctx)
			if err == nil {
				err = l.Adopt(ctx, string(inc.Lines), a.cfg.Engines.Kafka.Partitions)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	site := web.New(web.Options{Config: a.cfg, Books: l, Registry: a.registry, Version: version, Log: a.log})
	parts, err := a.road(ctx, site, b, l, do)
	if err != nil {
		return nil, err
	}
	if do.watch {
		p, err := a.alerter(l)
		if err != nil {
			return nil, err
		}
		k, err := a.keeper(l)
		if err != nil {
			return nil, err
		}
		r, err := a.reckoner(l)
		if err != nil {
			return nil, err
		}
		parts = append([]run.Part{p, k, r}, parts...)
	}
	if do.watch && a.cfg.Reference.Folder != "" {
		parts = append([]run.Part{{Name: "reference", Run: a.watch(b, l)}}, parts...)
	}
	return append(parts, run.Part{Name: "schema", Run: watchSchema(l)}, run.Part{Name: "admin", Run: site.Admin}), nil
}

// road is what a process does for reports on their way, and for whoever asks after them.
func (a *app) road(ctx context.Context, site *web.Site, b *bus.Bus, l *clickhouse.Ledger, do duties) ([]run.Part, error) {
	var parts []run.Part
	var t taking
	if !do.collects && !do.serves {
		return a.transforming(parts, b, l, do)
	}
	ar, err := a.archive(ctx)
	if err != nil {
		return nil, err
	}
	if do.collects {
		var more []run.Part
		if t, more, err = a.collector(ctx, b, l, ar, site, do.watch); err != nil {
			return nil, err
		}
		parts = append(parts, more...)
	} else if do.uploads {
		in, running, err := a.taker(ctx, b, l, ar, filepath.Join(a.cfg.Data, "page"), false)
		if err != nil {
			return nil, err
		}
		site.Ready("collect", in.Ready)
		t, parts = taking{intake: in}, append(parts, running...)
	}
	if a.keys != nil { // keys that are destroyed elsewhere are forgotten here
		parts = append(parts, run.Part{Name: "keys", Run: a.keys.Run})
	}
	if parts, err = a.transforming(parts, b, l, do); err != nil {
		return nil, err
	}
	parts = append([]run.Part{{Name: "api", Run: site.API}}, parts...)
	if do.serves {
		front, p, err := a.page(b, l, site.Page(), ar, t)
		if err != nil {
			return nil, err
		}
		site.Handle("/", front)
		parts = append([]run.Part{{Name: "page", Run: p.Run}}, parts...)
	}
	return parts, nil
}

// transforming adds the transformer where a process is one.
func (a *app) transforming(parts []run.Part, b *bus.Bus, l *clickhouse.Ledger, do duties) ([]run.Part, error) {
	if !do.transforms {
		return parts, nil
	}
	t, err := a.transformer(b, l)
	if err != nil {
		return nil, err
	}
	return append(parts, run.Part{Name: "transform", Run: t.Run}, run.Part{Name: "compact", Run: a.compact(l)}), nil
}

// collector is what takes bodies: doors and intake, and the canary that tries them.
func (a *app) collector(ctx context.Context, b *bus.Bus, l *clickhouse.Ledger, ar *archive.Archive, site *web.Site, everything bool) (taking, []run.Part, error) {
	c, err := a.canary(l)
	if err != nil {
		return taking{}, nil, err
	}
	if c != nil {
		a = c.collector
	}
	in, running, err := a.taker(ctx, b, l, ar, a.cfg.Data, everything)
	if err != nil {
		return taking{}, nil, err
	}
	site.Ready("collect", in.Ready)
	site.HandleAdmin("POST /confirm", confirming(in))
	parts, took, err := a.doors(in, books{l}, c)
	if err != nil {
		return taking{}, nil, err
	}
	t := taking{in, took, &httpfeed.Uses{}}
	site.Handle("/v1/", httpfeed.New(httpfeed.Options{Config: a.cfg, Intake: in, Books: books{l}, Took: took, Uses: t.uses, Log: a.log}))
	parts = append(parts, running...)
	if c == nil {
		return t, parts, nil
	}
	p, err := c.part()
	return t, append([]run.Part{p}, parts...), err
}

// watchSchema ends a program that a newer one's schema has left behind, with a word that says so.
func watchSchema(l *clickhouse.Ledger) func(context.Context) error {
	return func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(10 * time.Second):
			}
			if err := l.Compatible(ctx); errors.Is(err, sellthrough.ErrSchema) {
				return err
			}
		}
	}
}

// await tries until something answers.
func (a *app) await(ctx context.Context, what string, try func(context.Context) error) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := try(ctx)
		if err == nil {
			return nil
		}
		a.log.Warn().Err(err).Msg("waiting for " + what)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (a *app) greet(began time.Time) {
	scheme := "http"
	if a.cfg.Listen.TLS.Cert != "" {
		scheme = "https"
	}
	fmt.Fprintf(os.Stderr, `
sellthrough %[1]s is up after %.1[2]f s
  dashboards    %[3]s/
  status page   %[3]s/status
  send a file   sellthrough push FILE --feed FEED --key KEY --url %[3]s
  metrics       http://%[4]s/metrics
  stop          Ctrl-C

`, version, time.Since(began).Seconds(), scheme+"://"+a.cfg.Listen.API, a.cfg.Listen.Admin)
}

// check validates the configuration and the reference folder.
func check(_ context.Context, args []string) error {
	a, _, err := load("check", args, func(*flag.FlagSet) {})
	if err != nil {
		return err
	}
	if dir := a.cfg.Reference.Folder; dir != "" {
		if err := checkReference(dir); err != nil {
			return err
		}
	}
	fmt.Printf("ok: %d partners, %d feeds\n", len(a.cfg.Partners), len(a.cfg.Feeds))
	return nil
}
