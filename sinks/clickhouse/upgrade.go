package clickhouse

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/sinks/road"
)

// Migrate makes the database and brings it to this program's schema. Each numbered file is applied once; every statement
// may be run twice, and an INSERT counts once by its token, so two processes that migrate at once do no harm. Views are made
// anew at every start, unless a newer program has been here: they are then its own.
//
// Files are applied while older programs go on reading and writing. Its first lines may say
//
//	-- holds the road: …     every intent is done and owners wait while it runs: it compares tables, or fills one from another
//	-- breaks: …             older programs can't go on: they are told to stop
//
// It is ErrSchema where a newer program's file breaks this one.
func (l *Ledger) Migrate(ctx context.Context) error {
	m := l.model()
	if err := l.exec(ctx, "make database", "CREATE DATABASE IF NOT EXISTS "+m.Database+" "+m.OnCluster); err != nil {
		return err
	}
	if err := l.exec(ctx, "make migrations", fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s.migrations %s (name String, applied_at DateTime DEFAULT now()) ENGINE = %s ORDER BY name",
		m.Database, m.OnCluster, m.MergeTree("migrations"))); err != nil {
		return err
	}
	if err := l.exec(ctx, "make migrations", fmt.Sprintf("ALTER TABLE %s.migrations %s ADD COLUMN IF NOT EXISTS breaks String COMMENT 'what older programs can not do'", m.Database, m.OnCluster)); err != nil {
		return err
	}
	files, applied, newer, err := l.migrations(ctx)
	if err != nil {
		return err
	}
	for _, f := range files {
		if !applied[f.name] {
			if err := l.migrate(ctx, f, m); err != nil {
				return err
			}
		}
	}
	if newer {
		return nil
	}
	for _, f := range []string{"views", "sheets", "incidents", "incentives"} {
		if err := l.apply(ctx, "schema/views/"+f+".sql", m); err != nil {
			return err
		}
	}
	return l.views(ctx)
}

// migration is one numbered file.
type migration struct {
	name, breaks string
	holds        bool
}

// migrations are this program's files, which of them were applied, and whether a newer program's were. It is ErrSchema where
// one of those breaks this program.
func (l *Ledger) migrations(ctx context.Context) (files []migration, applied map[string]bool, newer bool, err error) {
	paths, err := fs.Glob(schema, "schema/*.sql")
	if err != nil {
		return nil, nil, false, fmt.Errorf("clickhouse: schema: %w", err)
	}
	mine := map[string]bool{}
	for _, path := range paths {
		text, err := schema.ReadFile(path)
		if err != nil {
			return nil, nil, false, fmt.Errorf("clickhouse: schema: %w", err)
		}
		f := migration{name: strings.TrimPrefix(path, "schema/")}
		for line := range strings.Lines(string(text)) {
			said, isComment := strings.CutPrefix(strings.TrimSpace(line), "-- ")
			if !isComment {
				break
			}
			if why, ok := strings.CutPrefix(said, "breaks: "); ok {
				f.breaks = why
			}
			f.holds = f.holds || strings.HasPrefix(said, "holds the road")
		}
		files, mine[f.name] = append(files, f), true
	}
	applied = map[string]bool{}
	err = l.query(ctx, "read migrations", "SELECT name, breaks FROM "+l.table("migrations")+" ORDER BY name", func(r driver.Rows) error {
		var name, breaks string
		if err := r.Scan(&name, &breaks); err != nil {
			return err
		}
		applied[name] = true
		newer = newer || !mine[name]
		if !mine[name] && breaks != "" {
			return fmt.Errorf("%w: %s was applied by a newer program, and this one can't go on: %s. Start the newer program here too; nothing is lost meanwhile", sellthrough.ErrSchema, name, breaks)
		}
		return nil
	})
	return files, applied, newer, err
}

// Compatible says whether this program may go on with the schema as it is now: an ErrSchema says that it may not.
func (l *Ledger) Compatible(ctx context.Context) error {
	_, _, _, err := l.migrations(ctx)
	return err
}

// migrate applies a file. Where it breaks older programs, their owners are fenced before they go on: they look at the schema
// when they claim again, and stop.
func (l *Ledger) migrate(ctx context.Context, f migration, m *model) error {
	apply := func(ctx context.Context) error {
		if err := l.apply(ctx, "schema/"+f.name, m); err != nil {
			return err
		}
		if err := l.exec(ctx, "note migration", "INSERT INTO "+l.table("migrations")+" (name, breaks) VALUES (?, ?)", f.name, f.breaks); err != nil {
			return err
		}
		if f.breaks == "" {
			return nil
		}
		return l.fence(ctx)
	}
	if !f.holds && f.breaks == "" {
		return apply(ctx)
	}
	incarnation := ""
	err := l.query(ctx, "read the road", "SELECT incarnation FROM "+l.table("road")+" ORDER BY written_at DESC LIMIT 1", func(r driver.Rows) error { return r.Scan(&incarnation) })
	if err != nil || incarnation == "" { // nobody is on it yet
		if err == nil {
			err = apply(ctx)
		}
		return err
	}
	return l.paused(ctx, incarnation, apply)
}

// fence takes every partition away from its owner.
func (l *Ledger) fence(ctx context.Context) error {
	type owned struct {
		incarnation string
		partition   int
		epoch       uint64
	}
	var all []owned
	err := l.query(ctx, "read claims", "SELECT incarnation, partition, max(epoch) FROM "+l.table("road")+" WHERE kind = 'claim' GROUP BY incarnation, partition", func(r driver.Rows) error {
		var o owned
		var p uint16
		err := r.Scan(&o.incarnation, &p, &o.epoch)
		o.partition = int(p)
		all = append(all, o)
		return err
	})
	for _, o := range all {
		if err == nil {
			err = l.note(ctx, road.Claim, sellthrough.Intent{Token: sellthrough.Token{Incarnation: o.incarnation, Partition: o.partition, First: -1, Last: -1}, Epoch: o.epoch + 1})
		}
	}
	return err
}
