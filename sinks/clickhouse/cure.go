package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sellthrough"
)

// roadChecks are the findings about the road, and about what operators left on it.
func (l *Ledger) roadChecks() []check {
	road, orders := l.table("road"), l.table("orders")
	return []check{
		{
			"a heal that was begun %s is not ended%s%s%s: all owners of partitions wait for it", fmt.Sprintf(`SELECT toString(min(written_at)), '', '', '' FROM %[1]s WHERE kind = 'hold' AND partition = %[2]d
			AND (partition, epoch, first, last, step, retry, rows) NOT IN (SELECT partition, epoch, first, last, step, retry, rows FROM %[1]s WHERE kind = 'release') HAVING count() > 0 AND min(written_at) < now64(6) - INTERVAL 1 MINUTE`, road, personPartition),
			"`sellthrough verify --heal` ends it", CureSums,
		},
		{
			"partition %s has a batch in flight since %s (offsets %s to %s)", `SELECT toString(partition), toString(written_at), toString(first), toString(last) FROM (
				SELECT * FROM ` + road + ` WHERE kind IN ('intent', 'done', 'void') AND incarnation = (SELECT incarnation FROM ` + road + ` ORDER BY written_at DESC LIMIT 1)
				ORDER BY epoch DESC, last DESC, step DESC, retry DESC, kind DESC LIMIT 1 BY partition) WHERE kind = 'intent' AND written_at < now64(6) - INTERVAL 10 MINUTE`,
			"no transformer works on the partition, or ClickHouse refuses its rows: see the log of `sellthrough transform`; whoever takes the partition over ends the batch", "",
		},
		{
			"order %s (%s, by %s) is not worked off in all partitions: %s have", `SELECT toString(revision), any(kind), any(who), toString(groupUniqArray(partition)) FROM ` + orders +
				` WHERE kind != 'reference' GROUP BY revision HAVING uniqExact(partition) < (SELECT uniqExact(partition) FROM ` + road + ` WHERE kind = 'claim' AND partition < 60000) AND max(known_at) < now64(3) - INTERVAL 5 MINUTE`,
			"a transformer is missing, or an older program passed the order over: give the command again", "",
		},
		{
			"%s submissions are held as lost since %s%s%s: their lines passed the log before they were read", `SELECT toString(uniqExact(submission)), toString(min(known_at)), '', '' FROM (
				SELECT * FROM ` + l.table("outcomes") + ` ORDER BY attempt DESC LIMIT 1 BY submission, partition) WHERE lost AND held HAVING count() > 0`,
			"send them again from the archive: `sellthrough replay --missing --apply --why …`", "",
		},
		{
			"the shadow run %s was left behind %s%s%s", `SELECT database, toString(metadata_modification_time), '', '' FROM system.tables WHERE startsWith(database, '` + l.opts.Database + shadowMark + `')
			AND name = 'considered' AND metadata_modification_time < now() - INTERVAL 1 DAY`,
			"`sellthrough verify --heal` drops it; an order that still needs it is then given up, and has to be given again", CureShadows,
		},
	}
}

// HealSums brings the sums in line with the ledger, with all owners held at their next intent. A heal that another one began
// and did not end, ends here too.
func (l *Ledger) HealSums(ctx context.Context, incarnation string) error {
	// A place of its own on the road, below all partitions' numbers in the order of heals.
	i := sellthrough.Intent{Token: sellthrough.Token{Incarnation: incarnation, Partition: personPartition, First: time.Now().UnixNano(), Last: time.Now().UnixNano()}}
	if err := l.Hold(ctx, i); err != nil {
		return err
	}
	for {
		err := l.Mend(ctx, incarnation, personPartition)
		if err == nil {
			return l.healKept(ctx)
		}
		if ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (last: %w)", ctx.Err(), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// DropShadows drops what shadow runs of more than a day ago left.
func (l *Ledger) DropShadows(ctx context.Context) error {
	names, err := l.Shadows(ctx, 24*time.Hour)
	for _, name := range names {
		err = errors.Join(err, l.DropShadow(ctx, name))
	}
	return err
}
