package clickhouse

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Place is where a backup lies: a folder on the server's machine, or an S3 URL.
type Place struct {
	At          string
	Key, Secret string // of S3; empty: as the server's own environment says
}

// s3 says whether the place is reached over the network.
func (p Place) s3() bool { return strings.Contains(p.At, "://") }

// of is a part of the backup as a statement names it.
func (p Place) of(part string) string {
	switch {
	case !p.s3():
		return "File(" + quote(path.Join(p.At, part)) + ")"
	case p.Key == "":
		return "S3(" + quote(strings.TrimSuffix(p.At, "/")+"/"+part) + ")"
	}
	return "S3(" + quote(strings.TrimSuffix(p.At, "/")+"/"+part) + ", " + quote(p.Key) + ", " + quote(p.Secret) + ")"
}

// The two parts of a backup: what there was when it began, while the road went on; and what came since, while all owners
// waited at their next intent. The second is small, so the wait is short; together they are one moment of the ledger, with every intent done.
const (
	firstPart  = "base"
	secondPart = "last"
)

// pausePartition is the road's number for the hold of a backup or a migration, below that of a person's heal.
const pausePartition = personPartition - 1

// holdLife is how long such a hold lasts that is not said again: one that was left by a process that died holds no longer.
const holdLife = 10 * time.Minute

// Backed is what a backup came to.
type Backed struct {
	Bytes, Files uint64
	Held         time.Duration // how long owners waited
}

// Backup writes the whole database to a place that holds none yet: ledgers, sums, books, reference data, and the road's
// progress with them.
func (l *Ledger) Backup(ctx context.Context, incarnation string, p Place) (Backed, error) {
	done, err := l.copy(ctx, "BACKUP DATABASE "+l.opts.Database+" TO "+p.of(firstPart), "")
	if err != nil {
		return done, err
	}
	began := time.Now()
	limit, stop := context.WithTimeout(ctx, holdLife-time.Minute)
	defer stop()
	err = l.paused(limit, incarnation, func(ctx context.Context) error {
		began = time.Now()
		more, err := l.copy(ctx, "BACKUP DATABASE "+l.opts.Database+" TO "+p.of(secondPart), "base_backup = "+p.of(firstPart))
		done.Bytes, done.Files = done.Bytes+more.Bytes, done.Files+more.Files
		return err
	})
	done.Held = time.Since(began)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = fmt.Errorf("what came since the backup began took longer to write than owners of partitions wait (%s), so it is no one moment of the ledger; write it to a place that is quicker, or at a quieter time: %w", holdLife, err)
	}
	return done, err
}

// Restore reads a backup into a database that is not there. The hold under which it was made has come with it, and ends here.
func (l *Ledger) Restore(ctx context.Context, p Place) (Backed, error) {
	done, err := l.copy(ctx, "RESTORE DATABASE "+l.opts.Database+" FROM "+p.of(secondPart), "base_backup = "+p.of(firstPart))
	if err != nil {
		return done, err
	}
	const columns = "incarnation, partition, epoch, first, last, step, retry, complete, reference, blocks, rows"
	return done, l.exec(ctx, "end the backup's hold", fmt.Sprintf("INSERT INTO %[1]s (kind, %[2]s) SELECT 'release', %[2]s FROM %[1]s WHERE kind = 'hold' AND partition = %[3]d", l.table("road"), columns, pausePartition))
}

// copy runs a BACKUP or RESTORE to its end. The server does it by itself, so a connection that is lost is no loss.
func (l *Ledger) copy(ctx context.Context, statement, settings string) (done Backed, err error) {
	id := strings.ToLower(rand.Text())
	if settings != "" {
		settings = ", " + settings
	}
	what, _, _ := strings.Cut(statement, " ")
	fail := func(err error) error { return fmt.Errorf("clickhouse: %s: %w", strings.ToLower(what), err) }
	err = l.query(ctx, strings.ToLower(what), statement+" SETTINGS id = "+quote(id)+settings+" ASYNC", func(driver.Rows) error { return nil })
	if err != nil {
		return done, err
	}
	for {
		var status, fault string
		err := l.query(ctx, "look at "+strings.ToLower(what), "SELECT toString(status), error, total_size, num_files FROM system.backups WHERE id = ?",
			func(r driver.Rows) error { return r.Scan(&status, &fault, &done.Bytes, &done.Files) }, id)
		switch {
		case err != nil && ctx.Err() != nil:
			return done, err
		case err != nil: // tried again
		case status == "":
			return done, fail(errors.New("the server does not know of it any more: it has started anew"))
		case strings.HasSuffix(status, "_FAILED"), strings.HasSuffix(status, "_CANCELLED"):
			fault, _, _ = strings.Cut(fault, "Stack trace:")
			return done, fail(errors.New(strings.TrimSpace(fault)))
		case status == "BACKUP_CREATED", status == "RESTORED":
			return done, nil
		}
		select {
		case <-ctx.Done():
			return done, fail(ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// paused calls f while every intent is done and all owners wait at their next one, for as long as it takes.
func (l *Ledger) paused(ctx context.Context, incarnation string, f func(context.Context) error) error {
	return l.Pause(ctx, incarnation, pausePartition, holdLife, f)
}

// Holds says how many tables of the database hold rows, and whether it is there at all.
func (l *Ledger) Holds(ctx context.Context) (there bool, tables uint64, err error) {
	err = l.query(ctx, "look at the database", "SELECT (SELECT count() FROM system.databases WHERE name = @db) > 0, (SELECT countIf(total_rows > 0) FROM system.tables WHERE database = @db)",
		func(r driver.Rows) error { return r.Scan(&there, &tables) }, clickhouse.Named("db", l.opts.Database))
	return there, tables, err
}

// Drop drops the whole database.
func (l *Ledger) Drop(ctx context.Context) error {
	return l.exec(ctx, "drop the database", "DROP DATABASE IF EXISTS "+l.opts.Database+" "+l.model().OnCluster+" SYNC")
}
