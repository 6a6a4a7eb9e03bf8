package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// A pass reads the keys that batches have touched from the ledger, and writes the rows of these keys anew, counted from the
// sums as they are after the pass began. Each row carries the instant at which its pass began, and the newest one of a key
// counts; so two passes that meet, or one that stalls, leave what was counted last. Nothing but time is lost when a pass is
// made again.

// touchedDays is how far back a movement, a delivery or a level may lie and still be of weight for a day's rows.
const touchedDays = 121

// mostTouched is how many keys are counted anew one by one; beyond, the whole day is.
const mostTouched = 100_000

// position is what kept rows are about: a product of a location of a partner.
type position struct{ partner, location, product string }

// touched is the positions of which batches hold rows that may be of weight for a day. whole is false where there are too
// many to be named.
func (l *Ledger) touched(ctx context.Context, batches []sellthrough.Token, day sellthrough.Day) (out []position, whole bool, err error) {
	if len(batches) == 0 {
		return nil, true, nil
	}
	name := func(t sellthrough.Token) string {
		return fmt.Sprintf("(%d,%d,%d,%d,%d)", short(t.Incarnation), t.Partition, t.First, t.Step, t.Retry)
	}
	where := fmt.Sprintf("batch IN (%s) AND (incarnation, partition, batch, step, retry) IN (%s) AND business_date BETWEEN toDate32(%d) AND toDate32(%d)",
		list(batches, func(t sellthrough.Token) string { return fmt.Sprint(t.First) }), list(batches, name), day-touchedDays, day+1)
	var asked []string
	for _, table := range []string{"movements", "stock_reports", "shipment_lines", "transfer_lines"} { // what kept views read, before it was summed
		asked = append(asked, fmt.Sprintf("SELECT DISTINCT partner, place, toString(product) FROM %s WHERE %s", l.table(table), where))
	}
	sql := strings.Join(asked, " UNION DISTINCT ") + fmt.Sprintf(" LIMIT %d", mostTouched+1)
	err = l.query(ctx, "look for what batches touched", sql, func(r driver.Rows) error {
		var p position
		err := r.Scan(&p.partner, &p.location, &p.product)
		out = append(out, p)
		return err
	})
	return out, len(out) <= mostTouched, err
}

// refresh counts the rows of positions anew, for a day that is held.
func (l *Ledger) refresh(ctx context.Context, day sellthrough.Day, at time.Time, some []position) error {
	t, err := ext.NewTable("touched", ext.Column("partner", "String"), ext.Column("location", "String"), ext.Column("product", "String"))
	if err != nil {
		return fmt.Errorf("clickhouse: send touched positions: %w", err)
	}
	for _, p := range some {
		if err := t.Append(p.partner, p.location, p.product); err != nil {
			return fmt.Errorf("clickhouse: send touched positions: %w", err)
		}
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithExternalTable(t))
	for i := range l.kept {
		v := &l.kept[i]
		key := strings.Join(v.Kept.Key, ", ")
		if err := l.count(ctx, v, day, at, fmt.Sprintf("(%[1]s) IN (SELECT %[1]s FROM touched)", key)); err != nil {
			return err
		}
		// What was touched and is not in the answer any more.
		if err := l.bury(ctx, v, day, at, fmt.Sprintf("(%[1]s) IN (SELECT %[1]s FROM touched)", key)); err != nil {
			return err
		}
	}
	return nil
}

// build counts all rows of a day.
func (l *Ledger) build(ctx context.Context, day sellthrough.Day, at time.Time) error {
	var partners []string
	sql := fmt.Sprintf("SELECT DISTINCT toString(partner) FROM %s WHERE business_date BETWEEN toDate32(%d) AND toDate32(%d) ORDER BY 1", l.table("stock_daily"), day-touchedDays, day)
	if err := l.query(ctx, "list partners with stock", sql, func(r driver.Rows) error {
		var p string
		err := r.Scan(&p)
		partners = append(partners, p)
		return err
	}); err != nil {
		return err
	}
	for i := range l.kept {
		v := &l.kept[i]
		for _, p := range partners { // one by one, so that it needs little memory
			if err := l.count(ctx, v, day, at, "partner = "+quote(p)); err != nil {
				return err
			}
		}
		if err := l.bury(ctx, v, day, at, "true"); err != nil {
			return err
		}
	}
	return nil
}

// KeepDay counts the rows of a day, whichever it is, and holds them for as long as a beat counts.
func (l *Ledger) KeepDay(ctx context.Context, day sellthrough.Day) error {
	var at time.Time
	if err := l.query(ctx, "read the clock", "SELECT now64(6)", func(r driver.Rows) error { return r.Scan(&at) }); err != nil {
		return err
	}
	if err := l.build(ctx, day, at); err != nil {
		return err
	}
	return l.beat(ctx, day, at, 0, "")
}

// beat says that the rows of a day are as what was done before an instant.
func (l *Ledger) beat(ctx context.Context, day sellthrough.Day, through time.Time, reference uint64, holder string) error {
	return l.exec(ctx, "beat", fmt.Sprintf("INSERT INTO %s (day, through, made, reference, holder) VALUES (toDate32(%d), %s, '%s', %d, %s)",
		l.table("kept_days"), day, serverTime(through), l.made, reference, quote(holder)))
}

// serverTime writes an instant of the server's clock.
func serverTime(at time.Time) string {
	return fmt.Sprintf("fromUnixTimestamp64Micro(%d, 'UTC')", at.UnixMicro())
}

// count writes the rows of a kept view for which where is true, as the sums say them now.
func (l *Ledger) count(ctx context.Context, v *keptView, day sellthrough.Day, at time.Time, where string) error {
	columns := strings.Join(v.columns, ", ")
	return l.exec(ctx, "count "+v.Name, fmt.Sprintf("INSERT INTO %s (kept_day, kept_at, kept_gone, %s) SELECT toDate32(%d), %s, 0, %s FROM %s WHERE %s",
		l.table(keptTable(v.Name)), columns, day, serverTime(at), columns, l.countedFor(&v.View, fmt.Sprintf("toDate32(%d)", day)), where))
}

// bury marks rows for which where is true as gone that were not counted at an instant or later.
func (l *Ledger) bury(ctx context.Context, v *keptView, day sellthrough.Day, at time.Time, where string) error {
	key := strings.Join(v.Kept.Key, ", ")
	return l.exec(ctx, "bury "+v.Name, fmt.Sprintf("INSERT INTO %[1]s (kept_day, kept_at, kept_gone, %[2]s) SELECT kept_day, %[3]s, 1, %[2]s FROM %[1]s FINAL WHERE kept_day = toDate32(%[4]d) AND kept_at < %[3]s AND %[5]s",
		l.table(keptTable(v.Name)), key, serverTime(at), day, where))
}

// forget drops the rows of days before one.
func (l *Ledger) forget(ctx context.Context, day sellthrough.Day) error {
	for i := range l.kept {
		table := keptTable(l.kept[i].Name)
		var old []string
		if err := l.query(ctx, "list kept days", "SELECT DISTINCT partition FROM system.parts WHERE active AND database = ? AND table = ?", func(r driver.Rows) error {
			var p string
			err := r.Scan(&p)
			if p < day.String() {
				old = append(old, p)
			}
			return err
		}, l.opts.Database, table); err != nil {
			return err
		}
		for _, p := range old {
			if err := l.exec(ctx, "forget a day", fmt.Sprintf("ALTER TABLE %s %s DROP PARTITION '%s'", l.table(table), l.model().OnCluster, p)); err != nil {
				return err
			}
		}
	}
	return nil
}

// heldDays are the days whose rows are read now.
func (l *Ledger) heldDays(ctx context.Context) (days []sellthrough.Day, err error) {
	if err := l.knowKept(ctx); err != nil {
		return nil, err
	}
	sql := fmt.Sprintf("SELECT toInt32(day) FROM %s WHERE at > now64(3) - %d GROUP BY day HAVING argMax(made, at) = '%s'", l.table("kept_days"), keptFor, l.made)
	err = l.query(ctx, "list days that are kept", sql, func(r driver.Rows) error {
		var d int32
		err := r.Scan(&d)
		days = append(days, sellthrough.Day(d))
		return err
	})
	return days, err
}

// lookKept tells where the rows that are held are not what the sums come to.
func (l *Ledger) lookKept(ctx context.Context) (out []Finding, err error) {
	days, err := l.heldDays(ctx)
	if err != nil {
		return nil, err
	}
	for _, day := range days {
		for i := range l.kept {
			v := &l.kept[i]
			columns := list(v.columns, func(c string) string { return "toString(" + c + ")" })
			held := fmt.Sprintf("SELECT [%s] AS r FROM %s FINAL WHERE kept_day = toDate32(%d)", columns, l.table(keptTable(v.Name)), day)
			sums := fmt.Sprintf("SELECT [%s] AS r FROM %s", columns, l.countedFor(&v.View, fmt.Sprintf("toDate32(%d)", day)))
			key := list(v.Kept.Key, func(c string) string { return fmt.Sprintf("assumeNotNull(r[%d])", slices.Index(v.columns, c)+1) })
			sql := fmt.Sprintf("SELECT arrayStringConcat([%s], ' ') AS k FROM (SELECT r, 1 AS s FROM (%s) UNION ALL SELECT r, -1 FROM (%s)) GROUP BY r HAVING sum(s) != 0 ORDER BY k LIMIT 1 BY k LIMIT 20", key, held, sums)
			if err := l.query(ctx, "verify kept rows", sql, func(r driver.Rows) error {
				var at string
				err := r.Scan(&at)
				out = append(out, Finding{
					What:   fmt.Sprintf("the row of %s that is kept for %s on %s is not what the sums come to", v.Name, at, day),
					Remedy: "kept rows are counted anew by `sellthrough verify --heal`", Cure: CureSums,
				})
				return err
			}); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// healKept counts the rows that are held anew.
func (l *Ledger) healKept(ctx context.Context) error {
	days, err := l.heldDays(ctx)
	for _, day := range days {
		if err == nil {
			err = l.KeepDay(ctx, day)
		}
	}
	return err
}
