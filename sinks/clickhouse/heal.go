package clickhouse

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// targets are the tables whose rows name the batch that wrote them.
var targets = []string{
	"movements", "stock_reports", "shipment_lines", "transfer_lines", "order_lines", "money_lines", "service_lines",
	"floors", "outcomes", "votes", "submissions", "refused", "orders",
}

// Heal takes an intent out whose token the deduplication window may have forgotten: its rows are deleted from every table
// that names the batch, and the sums that it touched are set to what the ledger comes to without it. The intent is then
// void, and its range is written anew under another token.
//
// The sums carry no token, so it cannot be seen which of the batch's deltas arrived. They are compared with the ledger
// instead, and the difference is inserted. A delta of another partition that is on its way meanwhile would be counted
// twice; so a hold makes all owners wait at their next intent, and the difference is taken when no intent is open that was
// written before the hold could be seen. Of several heals at once, the lowest partition goes first.
func (l *Ledger) Heal(ctx context.Context, i sellthrough.Intent) error {
	batch := fmt.Sprintf("batch = %d AND step = %d AND retry = %d AND partition = %d AND incarnation = %d", i.First, i.Step, i.Retry, i.Partition, short(i.Incarnation))
	for _, t := range targets {
		var n uint64
		if err := l.query(ctx, "look for rows of a batch", "SELECT count() FROM "+l.table(t)+" WHERE "+batch, func(r driver.Rows) error { return r.Scan(&n) }); err != nil {
			return err
		}
		if n > 0 {
			if err := l.exec(ctx, "take a batch out of "+t, "DELETE FROM "+l.table(t)+" WHERE "+batch); err != nil {
				return err
			}
		}
	}
	if err := l.note(ctx, "hold", i); err != nil {
		return err
	}
	if err := l.note(ctx, "void", i); err != nil {
		return err
	}
	return l.mend(ctx, i.Incarnation, i.Partition)
}

// mend ends a heal: while all owners are held at their next intent, the sums are brought in line. A heal that was cut off
// after its hold is ended here by the next owner.
func (l *Ledger) mend(ctx context.Context, incarnation string, partition int) error {
	hold, err := l.holdOf(ctx, incarnation, partition)
	if err != nil || hold == nil {
		return err
	}
	if err := l.quiet(ctx, *hold); err != nil {
		return err
	}
	if err := l.Rebuild(ctx, "heal/"+tokenText(hold.Token)); err != nil {
		return err
	}
	return l.note(ctx, "release", *hold)
}

// holds are the heals that are not released: a hold without its release.
func (l *Ledger) holds(ctx context.Context, incarnation string) (map[int]sellthrough.Intent, error) {
	out := map[int]sellthrough.Intent{}
	sql := fmt.Sprintf("SELECT partition, epoch, first, last, step, retry FROM %[1]s WHERE incarnation = ? AND kind = 'hold' AND (partition != %[2]d OR written_at > now64(6) - INTERVAL %[3]d SECOND) AND (partition, first, last, step, retry) NOT IN "+
		"(SELECT partition, first, last, step, retry FROM %[1]s WHERE incarnation = ? AND kind = 'release')", l.table("road"), backupPartition, int(holdLife.Seconds()))
	err := l.query(ctx, "read holds", sql, func(r driver.Rows) error {
		var p uint16
		var step, retry uint32
		var i sellthrough.Intent
		err := r.Scan(&p, &i.Epoch, &i.First, &i.Last, &step, &retry)
		i.Incarnation, i.Partition, i.Step, i.Retry = incarnation, int(p), int(step), int(retry)
		out[int(p)] = i
		return err
	}, incarnation, incarnation)
	return out, err
}

func (l *Ledger) holdOf(ctx context.Context, incarnation string, partition int) (*sellthrough.Intent, error) {
	all, err := l.holds(ctx, incarnation)
	if i, ok := all[partition]; ok && err == nil {
		return &i, nil
	}
	return nil, err
}

// quiet says whether the sums may be compared: no intent is open that was written before the hold could be seen, and no
// lower partition heals. Otherwise it is an error, and the caller tries again.
func (l *Ledger) quiet(ctx context.Context, hold sellthrough.Intent) error {
	all, err := l.holds(ctx, hold.Incarnation)
	if err != nil {
		return err
	}
	for p := range all {
		if p < hold.Partition {
			return fmt.Errorf("clickhouse: partition %d heals first", p)
		}
	}
	var open uint64
	sql := fmt.Sprintf(`SELECT count() FROM %[1]s WHERE incarnation = ? AND kind = 'intent' AND written_at <= (SELECT max(written_at) + INTERVAL 1 SECOND FROM %[1]s WHERE kind = 'hold')
		AND (partition, first, last, step, retry) NOT IN (SELECT partition, first, last, step, retry FROM %[1]s WHERE incarnation = ? AND kind IN ('done', 'void'))
		AND (partition, last, step, retry) IN (SELECT partition, max((last, step, retry)).1, max((last, step, retry)).2, max((last, step, retry)).3 FROM %[1]s WHERE incarnation = ? AND kind = 'intent' GROUP BY partition)`,
		l.table("road"))
	err = l.query(ctx, "look for open intents", sql, func(r driver.Rows) error { return r.Scan(&open) }, hold.Incarnation, hold.Incarnation, hold.Incarnation)
	if err != nil {
		return err
	}
	if open > 0 {
		return fmt.Errorf("clickhouse: %d partitions have a batch in flight; the sums are compared when they are done", open)
	}
	return nil
}

// Rebuild sets the sums, and what was published, to what the ledgers come to, by inserting the differences. It must run while no
// intent is open.
func (l *Ledger) Rebuild(ctx context.Context, token string) error {
	for _, sums := range []string{"sales_daily", "flow_daily"} {
		if err := l.rebuildSums(ctx, token, sums); err != nil {
			return err
		}
	}
	if err := l.rebuildStock(ctx, token); err != nil {
		return err
	}
	return l.rebuildPublished(ctx, token)
}
