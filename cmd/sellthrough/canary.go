package main

import (
	"context"
	"crypto/rand"
	"net"
	"net/netip"
	"path/filepath"
	"slices"

	"golang.org/x/crypto/ssh"

	"sellthrough"
	"sellthrough/ingest/canary"
	"sellthrough/ingest/dropfeed"
	"sellthrough/ingest/mailfeed"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
	"sellthrough/internal/run"
	"sellthrough/sinks/clickhouse"
)

// bird is the canary of a collector. Its feed is known to nothing but the doors and the intake.
type bird struct {
	*canary.Canary
	collector *app // with the canary's partner and feed
	key       string
	signer    ssh.Signer // nil: no SFTP door
}

// canary is nil where none is configured.
func (a *app) canary(l *clickhouse.Ledger) (*bird, error) {
	c := a.cfg.Canary
	if c.Every == 0 {
		return nil, nil
	}
	o := canary.Options{Every: c.Every, Wait: c.Wait, Log: a.part("canary"), Booked: func(ctx context.Context, id sellthrough.SubmissionID) (bool, error) {
		r, ok, err := l.Submission(ctx, id)
		return ok && r.State == clickhouse.Final, err
	}}
	if a.registry != nil {
		o.Registry = a.registry
	}
	made, err := canary.New(o)
	if err != nil {
		return nil, err
	}
	b := &bird{Canary: made, key: rand.Text()}
	collector := &app{cfg: a.cfg.WithCanary(config.HashKey(b.key), canary.Columns()...), log: a.log, registry: a.registry, engines: a.engines, keys: a.keys}
	b.collector = collector
	if d := &collector.cfg.Doors; d.SFTP.Listen != "" {
		var public string
		if b.signer, public, err = canary.Key(); err != nil {
			return nil, err
		}
		d.SFTP.Users = append(slices.Clone(d.SFTP.Users), config.SFTPUser{
			Name: string(sellthrough.Canary), Partner: sellthrough.Canary, Keys: []string{public}, Feeds: []sellthrough.FeedID{sellthrough.CanaryFeed},
		})
	}
	if d := &collector.cfg.Doors; d.Folder.Root != "" {
		d.Folder.Feeds = append(slices.Clone(d.Folder.Feeds), sellthrough.CanaryFeed)
	}
	if d := &collector.cfg.Doors; c.Topic != "" {
		k := d.Kafka[0]
		k.Feed, k.Topic, k.Group, k.Messages, k.Receipts = sellthrough.CanaryFeed, c.Topic, c.Topic, "report", ""
		d.Kafka = append(slices.Clone(d.Kafka), k)
	}
	if d := &collector.cfg.Doors; c.Mail.From != "" {
		d.Mail.Senders = append(slices.Clone(d.Mail.Senders), config.MailSender{Feed: sellthrough.CanaryFeed, From: []string{c.Mail.From}})
	}
	return b, nil
}

// part is the canary at work, on every door that is open.
func (b *bird) part() (run.Part, error) {
	cfg := b.collector.cfg
	scheme := "http"
	if cfg.Listen.TLS.Cert != "" {
		scheme = "https"
	}
	b.Add(canary.HTTP(scheme+"://"+near(cfg.Listen.API), b.key, b.Took))
	d := &cfg.Doors
	if d.Folder.Root != "" {
		b.Add(canary.Folder(dropfeed.Dir(d.Folder.Root, sellthrough.CanaryFeed)))
	}
	if d.SFTP.Listen != "" {
		b.Add(canary.SFTP(near(d.SFTP.Listen), string(sellthrough.Canary), b.signer, filepath.Join(d.SFTP.Root, string(sellthrough.Canary), string(sellthrough.CanaryFeed))))
	}
	if cfg.Canary.Topic != "" {
		s, err := b.collector.source(d.Kafka[len(d.Kafka)-1])
		if err != nil {
			return run.Part{}, err
		}
		b.Add(canary.Kafka(s.Write))
	}
	if m := cfg.Canary.Mail; m.From != "" {
		out := mailfeed.NewSMTP(mailServer(d.Mail.SMTP), m.From)
		b.Add(canary.Mail(func(ctx context.Context, file string, body []byte) error { return out.Submit(ctx, m.To, file, body) }))
	}
	return run.Part{Name: "canary", Run: b.Run}, nil
}

// near is where this machine reaches an address that it listens on.
func near(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// source is the topic of a door.
func (a *app) source(k config.KafkaDoor) (*bus.Source, error) {
	secure, err := trust(k.TLS, k.CA)
	if err != nil {
		return nil, err
	}
	return bus.NewSource(bus.SourceOptions{
		Brokers: k.Brokers, Topic: k.Topic, Group: k.Group, Receipts: k.Receipts, TLS: secure, User: k.User, Password: string(k.Password), Log: a.part("kafkafeed"),
	})
}

func mailServer(s config.MailServer) mailfeed.Server {
	return mailfeed.Server{Address: s.Address, Security: mailfeed.Security(s.Security), User: s.User, Password: string(s.Password)}
}
