package main

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"sellthrough/internal/disk"
	"sellthrough/sinks/clickhouse"
)

// space is the disks that the stores of this process lie on.
func (a *app) space(l *clickhouse.Ledger, everything bool) *disk.Disk {
	o := disk.Options{Reserve: int64(a.cfg.Disk.Reserve)}
	if a.registry != nil {
		o.Registry = a.registry
	}
	if at := a.cfg.Archive.URL; !strings.Contains(at, "://") {
		// The intake says what the archive holds; it knows without walking it twice.
		o.Stores = append(o.Stores, disk.Store{Name: "spool", Path: filepath.Join(at, "incoming")})
	}
	o.Stores = append(o.Stores, disk.Store{Name: "collector", Path: filepath.Join(a.cfg.Data, "collector")})
	if everything && len(a.cfg.Engines.Kafka.Brokers) == 0 {
		o.Stores = append(o.Stores, disk.Store{Name: "kafka", Path: filepath.Join(a.cfg.Data, "kafka")})
	}
	ledger := disk.Store{Name: "clickhouse", Used: l.Bytes}
	if everything && a.cfg.Engines.ClickHouse.Address == "" {
		ledger.Path = filepath.Join(a.cfg.Data, "clickhouse")
	}
	o.Stores = append(o.Stores, ledger)
	return disk.New(o)
}

// compact keeps the road short. Every transformer does it; it costs nothing when it was done.
func (a *app) compact(l *clickhouse.Ledger) func(context.Context) error {
	return func(ctx context.Context) error {
		for wait := 10 * time.Minute; ; wait = 24 * time.Hour {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(wait):
			}
			if err := l.Compact(ctx, time.Now().Add(-a.cfg.Engines.ClickHouse.Road)); err != nil && ctx.Err() == nil {
				a.log.Warn().Err(err).Msg("the road was not compacted; it is tried again tomorrow")
			}
		}
	}
}
