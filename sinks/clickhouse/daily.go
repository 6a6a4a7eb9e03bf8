package clickhouse

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// sums is the columns of sales_daily.
type sums struct {
	partner, location, product, currency               []string
	day                                                []int32
	kind                                               []uint8
	qty, amount, base, lines, unmatched, noMoney, noFX []int64
}

// dayKey is what sales_daily sums by.
type dayKey struct {
	partner, location, product, currency string
	day                                  int32
	kind                                 uint8
}

// group sums rows by day: the delta that they are to sales_daily. It is a function of the rows alone.
func group(r *sellthrough.Rows) sums {
	var s sums
	index := make(map[dayKey]int32, r.Len())
	for i := range r.Len() {
		k := dayKey{r.Partner[i], r.Place[i], r.Product[i], r.Currency[i], r.BusinessDate[i], r.Kind[i]}
		at, ok := index[k]
		if !ok {
			at = int32(len(s.day))
			index[k] = at
			s.partner, s.location, s.product, s.currency = append(s.partner, k.partner), append(s.location, k.location), append(s.product, k.product), append(s.currency, k.currency)
			s.day, s.kind = append(s.day, k.day), append(s.kind, k.kind)
			s.qty, s.amount, s.base, s.lines = append(s.qty, 0), append(s.amount, 0), append(s.base, 0), append(s.lines, 0)
			s.unmatched, s.noMoney, s.noFX = append(s.unmatched, 0), append(s.noMoney, 0), append(s.noFX, 0)
		}
		sign, f := int64(r.Sign[i]), r.Flags[i]
		s.qty[at] += r.Qty[i]
		s.lines[at] += sign
		if f&(sellthrough.UnknownItem|sellthrough.UnknownPlace) != 0 {
			s.unmatched[at] += sign
		}
		switch {
		case f&sellthrough.HasAmount == 0:
			s.noMoney[at] += sign
		case f&sellthrough.HasBase == 0:
			s.amount[at] += r.Amount[i]
			s.noFX[at] += sign
		default:
			s.amount[at] += r.Amount[i]
			s.base[at] += r.Base[i]
		}
	}
	return s
}

const dailyColumns = "partner, business_day_wire, location, product, kind_wire, currency, qty_micros, amount_micros, base_micros, lines, lines_unmatched, " +
	"lines_without_amount, lines_without_rate"

func (l *Ledger) daily(ctx context.Context, token string, r *sellthrough.Rows) error {
	s := group(r)
	for from, part := 0, 0; from < len(s.day); part++ {
		to := min(from+maxRows, len(s.day))
		err := l.insert(ctx, fmt.Sprintf("%s/%d", token, part), "sales_daily", dailyColumns, to-from, func(b driver.Batch) error {
			return columns(b, s.partner[from:to], s.day[from:to], s.location[from:to], s.product[from:to], s.kind[from:to], s.currency[from:to],
				s.qty[from:to], s.amount[from:to], s.base[from:to], s.lines[from:to], s.unmatched[from:to], s.noMoney[from:to], s.noFX[from:to])
		})
		if err != nil {
			return err
		}
		from = to
	}
	return nil
}

// dailyFromLedger is the same grouping, told to the server: what sales_daily must come to.
const dailyFromLedger = `SELECT partner, toInt32(business_date) AS day, place AS location, product, toUInt8(kind) AS kind_code, currency,
	sum(qty_micros) AS qty, sumIf(amount_micros, bitTest(flags, 0)) AS amount, sumIf(base_micros, bitTest(flags, 1)) AS base, sum(toInt64(sign)) AS line_count,
	sumIf(toInt64(sign), bitTest(flags, 2) OR bitTest(flags, 3)) AS unmatched, sumIf(toInt64(sign), NOT bitTest(flags, 0)) AS no_money,
	sumIf(toInt64(sign), bitTest(flags, 0) AND NOT bitTest(flags, 1)) AS no_rate
FROM %s WHERE %s GROUP BY partner, day, location, product, kind_code, currency`
