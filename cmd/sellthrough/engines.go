package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest/keys"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
	"sellthrough/internal/control"
	"sellthrough/internal/embedded/broker"
	chserver "sellthrough/internal/embedded/clickhouse"
	"sellthrough/internal/run"
	"sellthrough/numbers"
	"sellthrough/sinks/clickhouse"
	"sellthrough/transform"
)

// app is a command's configuration and what it needs to work.
type app struct {
	cfg      *config.Config
	log      zerolog.Logger
	registry *prometheus.Registry
	engines  engines
	keys     *keys.Store // of end customers; nil where no feed has them
	applying sync.Mutex  // a reference version is put in force
}

// engines says where the engines answer. Embedded ones are noted in a file of the data folder, so that other commands
// find them.
type engines struct {
	Brokers    []string `json:"brokers"`
	ClickHouse string   `json:"clickhouse"`
	User       string   `json:"user"`
	Password   string   `json:"password"`
	Reader     string   `json:"reader"`
	ReaderPass string   `json:"reader_password"`
	// Of the page's readonly users, restricted ones among them: their passwords follow from it.
	ReaderSecret string `json:"reader_secret"`
}

// load reads --config and the other flags of a command.
func load(name string, args []string, more func(*flag.FlagSet)) (*app, []string, error) {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	path := fs.String("config", "sellthrough.yaml", "the configuration `file`")
	if more != nil {
		more(fs)
	}
	var rest []string // options may stand behind arguments
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			return nil, nil, err
		}
		args = fs.Args()
		if len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	cfg, err := config.Load(*path)
	if err != nil {
		return nil, nil, err
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &app{cfg: cfg, log: logger(cfg.Log), registry: reg}, rest, nil
}

func logger(c config.Log) zerolog.Logger {
	var w io.Writer = os.Stderr
	if info, err := os.Stderr.Stat(); c.Format == "console" || c.Format == "" && err == nil && info.Mode()&os.ModeCharDevice != 0 {
		w = zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: time.TimeOnly}
	}
	level, err := zerolog.ParseLevel(c.Level)
	if err != nil || level == zerolog.NoLevel {
		level = zerolog.InfoLevel
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}

func (a *app) noteFile() string { return filepath.Join(a.cfg.Data, "engines.json") }

// find says where the engines of the configuration answer; the embedded ones by the note of the process that runs them.
func (a *app) find() error {
	note, err := os.ReadFile(a.noteFile())
	if err == nil {
		err = json.Unmarshal(note, &a.engines)
	}
	if err != nil && a.embedded() {
		return fmt.Errorf("the embedded engines of %s are not running (start them with `sellthrough up`), and no addresses are configured: %w", a.cfg.Data, err)
	}
	a.configured()
	return nil
}

// embedded says whether any engine is an embedded one.
func (a *app) embedded() bool {
	return len(a.cfg.Engines.Kafka.Brokers) == 0 || a.cfg.Engines.ClickHouse.Address == ""
}

// configured lets configured addresses win over embedded ones.
func (a *app) configured() {
	if k := a.cfg.Engines.Kafka; len(k.Brokers) > 0 {
		a.engines.Brokers = k.Brokers
	}
	if c := a.cfg.Engines.ClickHouse; c.Address != "" {
		a.engines.ClickHouse, a.engines.User, a.engines.Password = c.Address, c.User, string(c.Password)
		a.engines.Reader, a.engines.ReaderPass = c.User, string(c.Password)
	}
}

// start gives the parts that run embedded engines, and calls then when they answer.
func (a *app) start(ctx context.Context) ([]run.Part, error) {
	if err := os.MkdirAll(a.cfg.Data, 0o755); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	var parts []run.Part
	ready := make(chan struct{}, 2)
	failed := make(chan error, 2)
	waits := 0
	begin := func(name string, f func(ctx context.Context) error) {
		waits++
		ectx, stop := context.WithCancel(context.WithoutCancel(ctx))
		done := make(chan error, 1)
		go func() {
			err := f(ectx)
			done <- err
			failed <- fmt.Errorf("%s: %w", name, errors.Join(err, errEnded))
		}()
		parts = append(parts, run.Part{Name: name, Run: func(ctx context.Context) error {
			select {
			case err := <-done:
				stop()
				return err
			case <-ctx.Done():
				stop()
				return <-done
			}
		}})
	}
	if len(a.cfg.Engines.Kafka.Brokers) == 0 {
		b, err := broker.New(broker.Options{Dir: filepath.Join(a.cfg.Data, "kafka"), Port: a.cfg.Engines.Kafka.Port, Log: a.log.With().Str("engine", "kafka").Logger()})
		if err != nil {
			return nil, err
		}
		begin("kafka", func(ctx context.Context) error {
			return b.Run(ctx, func(addr string) { a.engines.Brokers = []string{addr}; ready <- struct{}{} })
		})
	}
	if a.cfg.Engines.ClickHouse.Address == "" {
		s, err := a.clickhouse(ctx)
		if err != nil {
			return nil, err
		}
		begin("clickhouse", func(ctx context.Context) error {
			return s.Run(ctx, func(at chserver.Address) { a.engines.ClickHouse = at.TCP; ready <- struct{}{} })
		})
	}
	for range waits {
		select {
		case <-ready:
		case err := <-failed:
			return parts, err
		case <-ctx.Done():
			return parts, ctx.Err()
		}
	}
	a.configured()
	note, err := json.MarshalIndent(a.engines, "", "  ")
	if err != nil {
		return parts, err
	}
	return parts, os.WriteFile(a.noteFile(), note, 0o600)
}

var errEnded = errors.New("ended before it was ready")

// clickhouse is the embedded server: a binary of the machine, or the library, fetched once.
func (a *app) clickhouse(ctx context.Context) (*chserver.Server, error) {
	o := chserver.Options{
		Binary: chserver.FindBinary(), Dir: filepath.Join(a.cfg.Data, "clickhouse"), MemoryLimit: int64(a.cfg.Engines.ClickHouse.Memory),
		KeepFree: int64(a.cfg.Disk.Engines),
		Log:      a.log.With().Str("engine", "clickhouse").Logger(),
	}
	if o.Binary == "" {
		var err error
		if o.LibPath, err = chserver.Fetch(ctx, os.Stderr); err != nil {
			return nil, err
		}
	}
	if note, err := os.ReadFile(a.noteFile()); err == nil {
		_ = json.Unmarshal(note, &a.engines) // an unreadable note is written anew
	}
	if a.engines.Password == "" {
		a.engines.Password, a.engines.ReaderPass = rand.Text(), rand.Text()
	}
	if a.engines.ReaderSecret == "" {
		a.engines.ReaderSecret = rand.Text()
	}
	database := a.cfg.Engines.ClickHouse.Database
	o.Users, o.ReadGrants = readers(database, a.engines.ReaderSecret), readGrants(database)
	a.engines.User, a.engines.Reader = chserver.AdminUser, chserver.ReadUser
	o.AdminPassword, o.ReadPassword = a.engines.Password, a.engines.ReaderPass
	return chserver.New(o)
}

func (a *app) bus() (*bus.Bus, error) {
	k := a.cfg.Engines.Kafka
	secure, err := trust(k.TLS, k.CA)
	if err != nil {
		return nil, fmt.Errorf("engines.kafka: %w", err)
	}
	return bus.New(bus.Options{
		Brokers: a.engines.Brokers, Prefix: k.Prefix, Group: k.Group, Partitions: k.Partitions, Replication: k.Replication,
		Retention: k.Retention, Budget: int64(k.Budget), TLS: secure, User: k.User, Password: string(k.Password), Log: a.log,
	})
}

// trust is how servers are to prove themselves: to the authorities of a PEM file, or to the system's. Nil is no TLS.
func trust(on bool, ca string) (*tls.Config, error) {
	if !on {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca == "" {
		return c, nil
	}
	text, err := os.ReadFile(ca)
	if err != nil {
		return nil, fmt.Errorf("read the authorities of ca: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate; it has to be a PEM file", ca)
	}
	return c, nil
}

func (a *app) ledger() (*clickhouse.Ledger, error) {
	c := a.cfg.Engines.ClickHouse
	return clickhouse.Open(clickhouse.Options{
		Address: a.engines.ClickHouse, Database: c.Database, User: a.engines.User, Password: a.engines.Password, TLS: c.TLS && c.Address != "",
		Zone: a.cfg.Reporting.TimeZone, Views: numbers.Views,
	})
}

// reader is the ledger for questions only.
func (a *app) reader() (*clickhouse.Ledger, error) {
	c := a.cfg.Engines.ClickHouse
	return clickhouse.Open(clickhouse.Options{
		Address: a.engines.ClickHouse, Database: c.Database, User: a.engines.Reader, Password: a.engines.ReaderPass,
		TLS: c.TLS && c.Address != "", ReadOnly: true,
	})
}

// migrate brings the schema up and refuses identity rules that changed under kept lines.
func (a *app) migrate(ctx context.Context, l *clickhouse.Ledger) error {
	if err := l.Migrate(ctx); err != nil {
		return err
	}
	if c := a.cfg.Engines.ClickHouse; c.Address != "" {
		if err := l.MakeReaders(ctx, ownPrefix(c), string(c.Password)); err != nil {
			a.log.Warn().Err(err).Msg("logins that must not see everything are refused")
		}
	}
	var faults []error
	for i := range a.cfg.Feeds {
		f := &a.cfg.Feeds[i]
		faults = append(faults, l.Rule(ctx, f.ID, f.Identity.Rule, f.Fingerprint()))
		version, text := f.Mapping()
		faults = append(faults, l.Mapping(ctx, f.Partner, f.ID, version, text))
	}
	return errors.Join(faults...)
}

func (a *app) transformer(b *bus.Bus, l *clickhouse.Ledger) (*transform.Transformer, error) {
	policies := map[sellthrough.FeedID]sellthrough.Policy{}
	for i := range a.cfg.Feeds {
		f := &a.cfg.Feeds[i]
		if p, ok := a.cfg.Partner(f.Partner); ok {
			policies[f.ID] = f.Policy(p)
		}
	}
	policies[sellthrough.CanaryFeed] = sellthrough.Policy{PartnerZone: "UTC"} // another process may send its lines
	t := a.cfg.Transform
	o := transform.Options{
		Ledger: l, Log: b, Reporting: a.cfg.Reporting.Currency, Policies: policies, BatchLines: t.BatchLines,
		BatchWait: t.BatchWait, StateLines: t.StateLines, Partitions: a.cfg.Engines.Kafka.Partitions, Fault: faults(), Logger: a.part("transform"),
	}
	if a.registry != nil {
		o.Registry = a.registry
	}
	return transform.New(o)
}

func (a *app) control(b *bus.Bus, l *clickhouse.Ledger) control.Control {
	return control.Control{Log: b, References: l}
}

// connect opens bus and ledger for a command that works beside a running system.
func (a *app) connect() (*bus.Bus, *clickhouse.Ledger, error) {
	if err := a.find(); err != nil {
		return nil, nil, err
	}
	b, err := a.bus()
	if err != nil {
		return nil, nil, err
	}
	l, err := a.ledger()
	return b, l, err
}
