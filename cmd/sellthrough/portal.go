package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/archive"
	"sellthrough/ingest/httpfeed"
	"sellthrough/ingest/keys"
	"sellthrough/ingest/turnaway"
	"sellthrough/internal/bus"
	"sellthrough/internal/run"
	"sellthrough/portal"
	"sellthrough/sinks/clickhouse"
	"sellthrough/transform/reference"
)

// taking is the part of a process that takes reports.
type taking struct {
	intake *ingest.Intake
	took   func(*sellthrough.Receipt)
	uses   *httpfeed.Uses
}

// archive opens the archive, with the key store of its sealed bodies. A key store that no feed needs is not made.
func (a *app) archive(ctx context.Context) (*archive.Archive, error) {
	at := a.cfg.Archive.URL
	if at == "" {
		at = filepath.Join(a.cfg.Data, "archive")
	}
	ar, err := archive.Open(ctx, at)
	if err != nil {
		return nil, err
	}
	c := a.cfg.Customers
	if _, serr := os.Stat(c.Keys); serr != nil && len(a.sealed()) == 0 {
		return ar, nil
	}
	a.keys, err = keys.Open(ctx, keys.Options{At: c.Keys, Secret: string(c.Secret), Rotate: c.Rotate, Log: a.part("keys")})
	ar.Keys = a.keys
	return ar, err
}

// taker is an intake, and the parts that run it. Dir is its own folder, which no other process has.
func (a *app) taker(ctx context.Context, b *bus.Bus, l *clickhouse.Ledger, ar *archive.Archive, dir string, everything bool) (*ingest.Intake, []run.Part, error) {
	desk, err := turnaway.New(turnaway.Options{Store: l, Dir: filepath.Join(dir, "collector", "turned"), Log: a.part("turnaway")})
	if err != nil {
		return nil, nil, err
	}
	for i := range a.cfg.Feeds {
		if f := &a.cfg.Feeds[i]; f.Sealed() {
			if err := a.keys.Of(f.Partner).Begin(ctx); err != nil {
				return nil, nil, err
			}
		}
	}
	cfg := *a.cfg
	cfg.Data = dir
	space := a.space(l, everything)
	in, err := ingest.New(ingest.Options{
		Config: &cfg, Bus: b, Archive: ar, Keys: ar.Keys, Room: space.Room, Waiting: l.Waiting, Registry: a.registry, TurnedAway: desk.Note, Log: a.part("collect"),
	})
	if err != nil {
		return nil, nil, err
	}
	return in, []run.Part{{Name: "disk", Run: space.Run}, {Name: "collect", Run: in.Run}, {Name: "turnaway", Run: desk.Run}}, nil
}

// portal is where people work on the page.
func (a *app) portal(b *bus.Bus, l *clickhouse.Ledger, r *clickhouse.Reader, ar *archive.Archive, t taking) (http.Handler, error) {
	o := portal.Options{
		Config: a.cfg, Reader: r, Body: ar.Open, Intake: t.intake, Books: books{l}, Took: t.took, Uses: t.uses, Log: a.part("portal"),
		Tables: func(ctx context.Context) (reference.Tables, error) { return a.known(ctx, l) },
		Tells: func(ctx context.Context, feed, body string, row uint32) (string, string, string, error) {
			return a.tells(ctx, ar, feed, body, row)
		},
	}
	if dir := a.cfg.Reference.Folder; dir != "" {
		if _, err := os.Stat(dir); err == nil {
			o.Folder = dir
			o.Apply = func(ctx context.Context, who string) (sellthrough.Revision, error) {
				rev, _, err := a.apply(ctx, b, l, who)
				return rev, err
			}
		}
	}
	return portal.New(o)
}

// known is the reference data: that of the folder, else the version in force.
func (a *app) known(ctx context.Context, l *clickhouse.Ledger) (reference.Tables, error) {
	if dir := a.cfg.Reference.Folder; dir != "" {
		t, _, err := reference.Load(dir)
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return t, err
		}
	}
	rev, _, err := l.LatestReference(ctx)
	if err != nil || rev == 0 {
		return reference.Tables{}, err
	}
	return l.Reference(ctx, rev)
}

// tells is what a row of an archived body says of its item and its place.
func (a *app) tells(ctx context.Context, ar *archive.Archive, feed, body string, row uint32) (name, gtin, place string, err error) {
	f, ok := a.cfg.Feed(sellthrough.FeedID(feed))
	if !ok {
		return "", "", "", fmt.Errorf("feed %s is no longer configured", feed)
	}
	src, err := ar.Open(ctx, body)
	if err != nil {
		return "", "", "", err
	}
	defer src.Close()
	d, err := ingest.Describe(f, a.cfg.Limits, patient{ctx, src}, row)
	return d.Item, d.GTIN, d.Place, err
}

// patient reads until its context ends.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}
