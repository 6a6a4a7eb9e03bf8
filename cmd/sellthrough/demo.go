package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"sellthrough/demo"
	"sellthrough/internal/config"
	"sellthrough/internal/run"
	"sellthrough/sinks/clickhouse"
)

// demoFlags are the flags of `up` that play the demo channel.
type demoFlags struct {
	on      bool
	speed   float64
	seed    uint64
	days    int
	named   *flag.FlagSet
	started time.Time
	channel *demo.Channel
	place   demo.Place
}

func (d *demoFlags) add(fs *flag.FlagSet) {
	fs.BoolVar(&d.on, "demo", false, "play the demo channel, with its own partners, feeds and reference data, in DATA/demo; of --config only data, listen and log count")
	fs.Float64Var(&d.speed, "demo-speed", 60, "how much faster than the clock the demo's last hours are played until it has caught up: 60 is an hour a minute; 0: the history only")
	fs.Uint64Var(&d.seed, "demo-seed", 1, "another `number` gives another demo channel")
	fs.IntVar(&d.days, "demo-days", 730, "`days` of the demo's history, when it is begun")
	d.named = fs
}

// app is the command on the demo's configuration. The file of --config may be missing unless it was named.
func (d *demoFlags) app(base *app, err error) (*app, error) {
	explicit := false
	d.named.Visit(func(f *flag.Flag) { explicit = explicit || f.Name == "config" })
	d.place = demo.Place{
		Dir: filepath.Join("data", "demo"), Log: config.Log{Level: "info"},
		Listen: config.Listen{API: "127.0.0.1:8080", Admin: "127.0.0.1:9090"},
	}
	switch {
	case err == nil:
		d.place = demo.Place{Dir: filepath.Join(base.cfg.Data, "demo"), Listen: base.cfg.Listen, Log: base.cfg.Log}
	case explicit || !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if d.days < 1 || d.days > 730 || d.speed < 0 {
		return nil, errors.New("--demo-days has to be between 1 and 730, and --demo-speed 0 or more")
	}
	d.started = time.Now()
	if d.channel, err = demo.Open(d.place.Dir, d.seed, demo.Scale{Days: d.days}, d.started); err != nil {
		return nil, err
	}
	cfg, err := demo.Config(d.place)
	if err != nil {
		return nil, err
	}
	if base != nil {
		base.cfg = cfg
		return base, nil
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &app{cfg: cfg, log: logger(cfg.Log), registry: reg}, nil
}

// part sends what the demo's partners report. The reference data is in force when it comes back.
func (d *demoFlags) part(ctx context.Context, a *app) (run.Part, error) {
	none := run.Part{}
	b, err := a.bus()
	if err != nil {
		return none, err
	}
	l, err := a.ledger()
	if err != nil {
		return none, err
	}
	player := &demo.Player{
		Channel: d.channel, URL: "http://" + local(a.cfg.Listen.API), Reference: a.cfg.Reference.Folder, Speed: d.speed, Started: d.started,
		Sent: func(ctx context.Context) (map[string]bool, error) { return sentKeys(ctx, a, l) },
		Say:  func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) },
	}
	if err := player.Prepare(); err != nil {
		return none, err
	}
	if _, _, err := a.control(b, l).ApplyReference(ctx, a.cfg.Reference.Folder, "demo"); err != nil {
		return none, fmt.Errorf("put the demo's reference data in force: %w", err)
	}
	fmt.Fprintf(os.Stderr, "  the demo      docs/demo.md; ask with --config %s\n\n", d.place.File())
	return run.Part{Name: "demo", Run: func(ctx context.Context) error {
		defer l.Close()
		if err := player.Run(ctx); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	}}, nil
}

// local is an address as a client of this machine dials it.
func local(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// sentKeys are the Idempotency-Keys of all submissions in the books.
func sentKeys(ctx context.Context, a *app, l *clickhouse.Ledger) (map[string]bool, error) {
	t, err := l.Query(ctx, "SELECT DISTINCT idempotency_key FROM "+a.cfg.Engines.ClickHouse.Database+".submissions", nil)
	if err != nil {
		return nil, err
	}
	keys := make(map[string]bool, len(t.Rows))
	for _, r := range t.Rows {
		keys[fmt.Sprint(r[0])] = true
	}
	return keys, nil
}
