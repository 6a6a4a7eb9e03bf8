package clickhouse

import (
	"context"
	"fmt"

	"sellthrough"
)

const stockColumns = "level_wire, business_day_wire, partner_wire, location_wire, product_wire, item_wire, namespace_wire, at_seconds, qty_micros, lines, lines_implied, lines_unmatched"

// stock inserts the deltas that rows of stock reports are to stock_daily. Reports of one batch hardly ever share a key, so
// each row is a delta; the server adds those that do.
func (l *Ledger) stock(ctx context.Context, token string, r *sellthrough.Rows, ok guard) error {
	for from, part := 0, 0; from < r.Len(); part++ {
		to := min(from+maxRows, r.Len())
		lines, implied, unmatched := make([]int64, to-from), make([]int64, to-from), make([]int64, to-from)
		for i := range lines {
			lines[i] = int64(r.Sign[from+i])
			if r.Flags[from+i]&sellthrough.ImpliedZero != 0 {
				implied[i] = lines[i]
			}
			if r.Flags[from+i]&(sellthrough.UnknownItem|sellthrough.UnknownPlace) != 0 {
				unmatched[i] = lines[i]
			}
		}
		err := l.insertIf(ctx, fmt.Sprintf("%s/%d", token, part), "stock_daily", stockColumns, ok, r.Kind[from:to], r.BusinessDate[from:to], r.Partner[from:to], r.Place[from:to], r.Product[from:to], r.Item[from:to],
			r.Namespace[from:to], r.SoldAt[from:to], r.Qty[from:to], lines, implied, unmatched)
		if err != nil {
			return err
		}
		from = to
	}
	return nil
}

// stockFromLedger is what stock_daily must come to.
const stockFromLedger = `SELECT toUInt8(kind) AS level_code, toInt32(business_date) AS day, partner, place AS location, product, item, namespace, sold_at_seconds AS at_seconds,
	sum(qty_micros) AS qty, sum(toInt64(sign)) AS line_count, sumIf(toInt64(sign), bitTest(flags, 4)) AS implied,
	sumIf(toInt64(sign), bitTest(flags, 2) OR bitTest(flags, 3)) AS unmatched
FROM %s GROUP BY level_code, day, partner, location, product, item, namespace, at_seconds`

// rebuildStock sets stock_daily to what the ledger comes to, by inserting the differences.
func (l *Ledger) rebuildStock(ctx context.Context, token string) error {
	want := fmt.Sprintf(stockFromLedger, l.table("stock_reports"))
	have := `SELECT toUInt8(level) AS level_code, toInt32(business_date) AS day, partner, location, product, item, namespace, at_seconds,
		qty_micros AS qty, lines AS line_count, lines_implied AS implied, lines_unmatched AS unmatched FROM ` + l.table("stock_daily")
	sql := fmt.Sprintf(`INSERT INTO %s (%s) SELECT level_code, day, partner, location, product, item, namespace, at_seconds, sum(q), sum(n), sum(i), sum(u) FROM (
			SELECT level_code, day, partner, location, product, item, namespace, at_seconds, qty AS q, line_count AS n, implied AS i, unmatched AS u FROM (%s)
			UNION ALL SELECT level_code, day, partner, location, product, item, namespace, at_seconds, -qty, -line_count, -implied, -unmatched FROM (%s)
		) GROUP BY level_code, day, partner, location, product, item, namespace, at_seconds
		HAVING sum(q) != 0 OR sum(n) != 0 OR sum(i) != 0 OR sum(u) != 0`, l.table("stock_daily"), stockColumns, want, have)
	return l.exec(withToken(ctx, token+"/stock"), "bring the stock levels in line with the ledger", sql)
}
