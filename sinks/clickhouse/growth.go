package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Compact deletes notes of the road that are older than a time and that nobody needs any more: of each partition, the newest
// claim, intent and done stay, whatever their age. An intent whose notes may be gone in part is not trusted: see Trusted.
func (l *Ledger) Compact(ctx context.Context, before time.Time) error {
	road := l.table("road")
	return l.exec(ctx, "compact the road", fmt.Sprintf(`DELETE FROM %[1]s WHERE written_at < fromUnixTimestamp64Micro(%[2]d, 'UTC')
		AND (incarnation, partition, kind, epoch, last, step, retry) NOT IN (SELECT incarnation, partition, kind, max((epoch, last, step, retry)).1, max((epoch, last, step, retry)).2,
			max((epoch, last, step, retry)).3, max((epoch, last, step, retry)).4 FROM %[1]s WHERE kind IN ('claim', 'intent', 'done', 'void') GROUP BY incarnation, partition, kind)
		AND NOT (`+held()+`)`, road, before.UnixMicro()))
}

// Waiting is when the oldest submission came that is held, and whether there is one.
func (l *Ledger) Waiting(ctx context.Context) (at time.Time, ok bool, err error) {
	err = l.query(ctx, "look for held submissions", "SELECT min(received_at), count() > 0 FROM "+l.table("v_submissions")+" WHERE state = 'held'", func(r driver.Rows) error {
		return r.Scan(&at, &ok)
	})
	return at, ok, err
}

// Bytes is what the database takes on disk.
func (l *Ledger) Bytes(ctx context.Context) (n int64, err error) {
	err = l.query(ctx, "measure the database", "SELECT toInt64(sum(bytes_on_disk)) FROM system.parts WHERE database = ?", func(r driver.Rows) error { return r.Scan(&n) }, l.opts.Database)
	return n, err
}
