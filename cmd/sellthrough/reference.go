package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"sellthrough"
	"sellthrough/internal/bus"
	"sellthrough/sinks/clickhouse"
	"sellthrough/transform/reference"
)

// checkReference says every fault of a reference folder.
func checkReference(dir string) error {
	_, _, err := reference.Load(dir)
	return err
}

// referenceCmd is `sellthrough reference apply DIR`.
func referenceCmd(ctx context.Context, args []string) error {
	a, rest, err := load("reference", args, nil)
	if err != nil {
		return err
	}
	if len(rest) != 2 || rest[0] != "apply" {
		return errors.New("say `sellthrough reference apply DIR`")
	}
	b, l, err := a.connect()
	if err != nil {
		return err
	}
	defer l.Close()
	rev, changed, err := a.control(b, l).ApplyReference(ctx, rest[1], who())
	if err != nil {
		return err
	}
	if changed {
		fmt.Printf("reference version %d takes force; lines that it reads otherwise re-flow\n", rev)
	} else {
		fmt.Printf("reference version %d holds this content already\n", rev)
	}
	return nil
}

// who is the person at the keyboard, for the books.
func who() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// watch applies the reference folder at the start and whenever it changes. A folder with a fault changes nothing: what
// was in force stays.
func (a *app) watch(b *bus.Bus, l *clickhouse.Ledger) func(context.Context) error {
	dir := a.cfg.Reference.Folder
	return func(ctx context.Context) error {
		seen := ""
		for {
			if now := stamp(dir); now != seen {
				rev, changed, err := a.apply(ctx, b, l, "folder "+dir)
				switch {
				case err != nil && ctx.Err() == nil:
					a.log.Error().Err(err).Msg("reference folder is not applied; what was in force stays")
				case changed:
					a.log.Info().Uint64("version", uint64(rev)).Msg("reference version takes force")
				}
				seen = now
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(a.cfg.Reference.Watch):
			}
		}
	}
}

// apply puts the reference folder in force, one at a time: the page does so too when a cross-reference is written there.
func (a *app) apply(ctx context.Context, b *bus.Bus, l *clickhouse.Ledger, who string) (sellthrough.Revision, bool, error) {
	a.applying.Lock()
	defer a.applying.Unlock()
	return a.control(b, l).ApplyReference(ctx, a.cfg.Reference.Folder, who)
}

// stamp changes when a file of a folder does.
func stamp(dir string) string {
	var out strings.Builder
	names, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		return err.Error()
	}
	for _, n := range names {
		if info, err := os.Stat(n); err == nil {
			fmt.Fprint(&out, n, info.Size(), info.ModTime().UnixNano(), " ")
		}
	}
	return out.String()
}
