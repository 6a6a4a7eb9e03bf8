package clickhouse

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// targets are the tables whose rows name the batch that wrote them.
var targets = []string{
	"movements", "stock_reports", "shipment_lines", "transfer_lines", "order_lines", "money_lines", "service_lines",
	"floors", "outcomes", "votes", "submissions", "refused", "orders",
}

func (n notes) TakeOut(ctx context.Context, i sellthrough.Intent) error {
	batch := fmt.Sprintf("batch = %d AND step = %d AND retry = %d AND partition = %d AND incarnation = %d", i.First, i.Step, i.Retry, i.Partition, short(i.Incarnation))
	for _, t := range targets {
		var rows uint64
		if err := n.query(ctx, "look for rows of a batch", "SELECT count() FROM "+n.table(t)+" WHERE "+batch, func(r driver.Rows) error { return r.Scan(&rows) }); err != nil {
			return err
		}
		if rows > 0 {
			if err := n.exec(ctx, "take a batch out of "+t, "DELETE FROM "+n.table(t)+" WHERE "+batch); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n notes) Rebuild(ctx context.Context, token string) error { return n.Ledger.Rebuild(ctx, token) }

// Rebuild sets the sums, and what was published, to what the ledgers come to, by inserting the differences. It must run while no
// intent is open.
func (l *Ledger) Rebuild(ctx context.Context, token string) error {
	// One whose answer was lost may still be at work; two that read the same sums would both insert the difference.
	name := "rebuild " + l.opts.Database + " "
	from := "system.processes"
	if l.opts.Cluster != "" {
		from = "clusterAllReplicas(" + quote(l.opts.Cluster) + ", system.processes)"
	}
	var running uint64
	err := l.query(ctx, "look for a comparison of the sums", "SELECT count() FROM "+from+" WHERE startsWith(query_id, "+quote(name)+")", func(r driver.Rows) error { return r.Scan(&running) })
	if err != nil {
		return err
	}
	if running > 0 {
		return errors.New("clickhouse: the sums are being compared with the ledger already")
	}
	for _, one := range []func(context.Context, string) error{
		func(ctx context.Context, token string) error { return l.rebuildSums(ctx, token, "sales_daily") },
		func(ctx context.Context, token string) error { return l.rebuildSums(ctx, token, "flow_daily") },
		l.rebuildStock, l.rebuildPublished,
	} {
		if err := one(clickhouse.Context(ctx, clickhouse.WithQueryID(name+rand.Text())), token); err != nil {
			return err
		}
	}
	return nil
}
