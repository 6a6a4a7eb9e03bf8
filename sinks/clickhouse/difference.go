package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// The difference between a ledger and its shadow is found by adding up: everything that either says of a line, with the
// shadow's signs turned round. What both hold cancels out; one is left of what only the ledger holds, minus one of what only
// the shadow does. Slices are hashes, so ranges of them are even pieces that fit in memory.

// rangeLines is about how many lines are compared at once.
const rangeLines = 200_000

// reading is what a row says of its line and what was made of it, whichever sign it has.
const reading = "slice, line, content, k, document, line_key, location, place, item, p, unit, currency, q, a, b, w, flags, day_number, written, sold_at_seconds, at_seconds, counterparty, serial, " + moreColumns

// differs is the query for the readings of a range of slices that only one of both has: n > 0 the ledger, n < 0 the shadow.
// m is (feed, namespace, revision, version, reference, row) of it. A line is chosen as a whole.
func (l *Ledger) differs(kind sellthrough.FeedKind, partition int, r *sellthrough.Replay, from, to uint64, except *sellthrough.Token) string {
	table := strings.TrimPrefix(l.ledgerOf(kind), l.opts.Database+".")
	where := fmt.Sprintf("partner = %s AND namespace IN (%s) AND slice BETWEEN %d AND %d", quote(string(r.Partner)), list(r.Namespaces, quote), from, to)
	if partition >= 0 {
		where += fmt.Sprintf(" AND partition = %d", partition)
	}
	side := func(database, sign, more string) string {
		return fmt.Sprintf(`SELECT slice, line, content, toUInt8(kind) AS k, document, line_key, location, place, item, toString(product) AS p, unit, currency, qty_micros * sign AS q, amount_micros * sign AS a,
			(amount_micros + base_less_amount) * sign AS b, (qty_micros + raw_less_qty) * sign AS w, flags, toInt32(business_date) AS day_number, toInt32(day_number + day_less_business) AS written,
			sold_at_seconds, sold_at_seconds + at_less_sold AS at_seconds, counterparty, serial, %[6]s, %[1]s AS s, sign > 0 AS written_down, (feed, namespace, revision, version, reference, row) AS meta
			FROM %[2]s.%[3]s WHERE %[4]s%[5]s`, sign, database, table, where, more, moreColumns)
	}
	fits := "1"
	switch {
	case r.Submission != 0:
		fits = fmt.Sprintf("m.3 = %d", r.Submission)
	case r.From != 0 || r.To != 0:
		fits = fmt.Sprintf("day_number BETWEEN %d AND %d", r.From, r.To)
	}
	return fmt.Sprintf(`SELECT * FROM (
		SELECT *, max(%[1]s) OVER (PARTITION BY slice, line) AS chosen, max(n > 0) OVER (PARTITION BY slice, line) AS had, max(n < 0) OVER (PARTITION BY slice, line) AS gets FROM (
			SELECT %[2]s, sum(s) AS n, if(n > 0, argMaxIf(meta, (meta.4, meta.3, meta.5), written_down AND s > 0), argMaxIf(meta, (meta.4, meta.3, meta.5), written_down AND s < 0)) AS m
			FROM (%[3]s UNION ALL %[4]s) GROUP BY %[2]s HAVING n != 0
		)
	) WHERE chosen`, fits, reading, side(l.opts.Database, "toInt64(sign)", but(except)), side(r.Shadow, "-toInt64(sign)", ""))
}

// known are the revisions whose words a shadow knows, and those of orders.
func (l *Ledger) known(r *sellthrough.Replay) string {
	return fmt.Sprintf("revision NOT IN (SELECT revision FROM %s.considered) AND revision NOT IN (SELECT revision FROM %s)", r.Shadow, l.table("orders"))
}

// newer is the condition for lines that were spoken of after the shadow began: they are left alone.
func (l *Ledger) newer(ctx context.Context, kind sellthrough.FeedKind, partition int, r *sellthrough.Replay) (string, error) {
	where := fmt.Sprintf("partner = %s AND namespace IN (%s) AND %s", quote(string(r.Partner)), list(r.Namespaces, quote), l.known(r))
	if partition >= 0 {
		where += fmt.Sprintf(" AND partition = %d", partition)
	}
	out := fmt.Sprintf("slice IN (SELECT slice FROM %s WHERE %s) OR slice IN (SELECT slice FROM %s WHERE slice != 0 AND %s)", l.ledgerOf(kind), where, l.table("floors"), where)
	ranges := 0
	err := l.query(ctx, "read what was said since", "SELECT DISTINCT location, from_day, to_day FROM "+l.table("floors")+" WHERE slice = 0 AND "+where, func(rows driver.Rows) error {
		var location string
		var from, to int32
		if err := rows.Scan(&location, &from, &to); err != nil {
			return err
		}
		ranges++
		out += fmt.Sprintf(" OR (written BETWEEN %d AND %d", from, to)
		if location != "" {
			out += " AND location = " + quote(location)
		}
		out += ")"
		return nil
	})
	if ranges > 2000 {
		return "", fmt.Errorf("clickhouse: %d reports came since the shadow run began; run the replay again", ranges)
	}
	return out, err
}

// ranges visits the ranges of slices from one on, as many as the ledger's size asks for, until use says that it is enough.
func (l *Ledger) ranges(ctx context.Context, kind sellthrough.FeedKind, partition int, r *sellthrough.Replay, after uint64, use func(from, to uint64) (more bool, err error)) error {
	where := fmt.Sprintf("partner = %s AND namespace IN (%s)", quote(string(r.Partner)), list(r.Namespaces, quote))
	if partition >= 0 {
		where += fmt.Sprintf(" AND partition = %d", partition)
	}
	table := strings.TrimPrefix(l.ledgerOf(kind), l.opts.Database+".")
	var mine, theirs uint64
	sql := fmt.Sprintf("SELECT (SELECT count() FROM %s.%s WHERE %s), (SELECT count() FROM %s.%s WHERE %s)", l.opts.Database, table, where, r.Shadow, table, where)
	if err := l.query(ctx, "count lines", sql, func(rows driver.Rows) error { return rows.Scan(&mine, &theirs) }); err != nil {
		return err
	}
	width := math.MaxUint64/((mine+theirs)/rangeLines+1) + 1 // 0: all at once
	for from := after; ; from += width {
		to := uint64(math.MaxUint64)
		if width != 0 && from <= math.MaxUint64-width {
			to = from + width - 1
		}
		more, err := use(from, to)
		if err != nil || !more || to == math.MaxUint64 {
			return err
		}
	}
}

// Replayed is what brings the lines of a partition in line with a shadow run: old readings taken out, new ones put in, in the
// order of slice and line behind one, whole lines, about limit rows. Lines that were spoken of since are left alone. It is
// ErrGone where the shadow is not there any more.
func (l *Ledger) Replayed(ctx context.Context, kind sellthrough.FeedKind, partition int, r sellthrough.Replay, after sellthrough.LineRef, limit int, except *sellthrough.Token) (sellthrough.Rows, error) {
	var out sellthrough.Rows
	there := false
	if err := l.query(ctx, "look for the shadow", "SELECT 1 FROM system.tables WHERE database = ? AND name = 'considered'", func(driver.Rows) error { there = true; return nil }, r.Shadow); err != nil {
		return out, err
	}
	if !there {
		return out, fmt.Errorf("clickhouse: the shadow run %s: %w", r.Shadow, sellthrough.ErrGone)
	}
	newer, err := l.newer(ctx, kind, partition, &r)
	if err != nil {
		return out, err
	}
	enough := limit + 2 // the last line may be cut; how far is read never depends on the ranges, for a redo has to cut in the same place
	err = l.ranges(ctx, kind, partition, &r, after.Slice, func(from, to uint64) (bool, error) {
		sql := fmt.Sprintf("SELECT %s, n, m.1, m.2, m.3, m.4, m.5, m.6 FROM (%s) WHERE (slice, line) > (%d, %d) AND NOT (%s) ORDER BY slice, line, n DESC LIMIT %d",
			reading, l.differs(kind, partition, &r, from, to, except), after.Slice, after.Line, newer, enough-out.Len())
		err := l.query(ctx, "compare with the shadow", sql, func(rows driver.Rows) error { return l.replayed(rows, &r, &out) })
		return out.Len() < enough, err
	})
	if err != nil || out.Len() < enough {
		return out, err
	}
	whole := out.Len()
	for whole > 0 && out.Slice[whole-1] == out.Slice[out.Len()-1] && out.Line[whole-1] == out.Line[out.Len()-1] {
		whole--
	}
	var cut sellthrough.Rows
	for i := range whole {
		cut.AppendRow(&out, i)
	}
	return cut, nil
}

// Difference is what a replay changes in one cell: the lines of a product on a day.
type Difference struct {
	Feed                    sellthrough.FeedKind
	Day                     sellthrough.Day
	Product, Kind, Currency string
	Added, Removed, Changed int64 // lines; a changed one is counted where its new reading lies
	UnitsBefore, UnitsAfter int64 // millionths, of those lines alone
	MoneyBefore, MoneyAfter int64 // millionths of Currency
}

// Differences is what a replay changes, by day and product, and how many lines it leaves alone because they were spoken of
// since the shadow began.
func (l *Ledger) Differences(ctx context.Context, r sellthrough.Replay) (out []Difference, alone int64, err error) {
	type cell struct {
		feed                    sellthrough.FeedKind
		day                     int32
		product, kind, currency string
	}
	cells := map[cell]*Difference{}
	for _, kind := range sellthrough.FeedKinds() {
		newer, err := l.newer(ctx, kind, -1, &r)
		if err != nil {
			return nil, 0, err
		}
		name, unit := func(k uint8) string { return sellthrough.Kind(k).String() }, "currency"
		if kind == sellthrough.Stock {
			name, unit = func(k uint8) string { return sellthrough.Level(k).String() }, "''"
		}
		err = l.ranges(ctx, kind, -1, &r, 0, func(from, to uint64) (bool, error) {
			sql := fmt.Sprintf(`SELECT day_number, p, k, %s AS c, %s AS left_alone, countIf(n < 0 AND NOT had), countIf(n > 0 AND NOT gets), countIf(n < 0 AND had),
				sumIf(q, n > 0), sumIf(q, n < 0), sumIf(a, n > 0), sumIf(a, n < 0) FROM (%s) GROUP BY day_number, p, k, c, left_alone`, unit, newer, l.differs(kind, -1, &r, from, to, nil))
			return true, l.query(ctx, "compare with the shadow", sql, func(rows driver.Rows) error {
				var d Difference
				var day int32
				var k, left uint8
				var added, removed, changed uint64
				if err := rows.Scan(&day, &d.Product, &k, &d.Currency, &left, &added, &removed, &changed, &d.UnitsBefore, &d.UnitsAfter, &d.MoneyBefore, &d.MoneyAfter); err != nil {
					return err
				}
				if left != 0 {
					alone += int64(added + removed + changed)
					return nil
				}
				d.Feed, d.Day, d.Added, d.Removed, d.Changed = kind, sellthrough.Day(day), int64(added), int64(removed), int64(changed)
				d.Kind = name(k)
				at := cells[cell{kind, day, d.Product, d.Kind, d.Currency}]
				if at == nil {
					cells[cell{kind, day, d.Product, d.Kind, d.Currency}] = &d
					return nil
				}
				at.add(&d)
				return nil
			})
		})
		if err != nil {
			return nil, 0, err
		}
	}
	for _, d := range cells {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Feed, b.Feed), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Product, b.Product), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Currency, b.Currency))
	})
	return out, alone, nil
}

func (d *Difference) add(e *Difference) {
	d.Added, d.Removed, d.Changed = d.Added+e.Added, d.Removed+e.Removed, d.Changed+e.Changed
	d.UnitsBefore, d.UnitsAfter = d.UnitsBefore+e.UnitsBefore, d.UnitsAfter+e.UnitsAfter
	d.MoneyBefore, d.MoneyAfter = d.MoneyBefore+e.MoneyBefore, d.MoneyAfter+e.MoneyAfter
}

// replayed appends one reading of the difference as rows of the ledger.
func (l *Ledger) replayed(rows driver.Rows, r *sellthrough.Replay, out *sellthrough.Rows) error {
	var one sellthrough.Rows
	one.Grow()
	var n int64
	var m sellthrough.MoreRow
	if err := rows.Scan(&one.Slice[0], &one.Line[0], &one.Content[0], &one.Kind[0], &one.Document[0], &one.LineKey[0], &one.Location[0], &one.Place[0], &one.Item[0], &one.Product[0],
		&one.Unit[0], &one.Currency[0], &one.Qty[0], &one.Amount[0], &one.Base[0], &one.RawQty[0], &one.Flags[0], &one.BusinessDate[0], &one.Day[0], &one.SoldAt[0], &one.At[0],
		&one.Counterparty[0], &one.Serial[0], &m.Customer, &m.Segment, &m.Salesperson, &m.Title, &m.Reason, &m.RefersTo, &m.Destination, &m.Party, &m.Region, &m.Until, &n, &one.Feed[0], &one.Namespace[0], &one.Revision[0], &one.Version[0], &one.Reference[0], &one.Row[0]); err != nil {
		return err
	}
	if m != (sellthrough.MoreRow{}) {
		one.SetMore(0, m)
	}
	one.Partner[0], one.Cause[0], one.Sign[0] = string(r.Partner), uint8(sellthrough.CauseReplayed), 1
	if n < 0 && r.Reference != 0 {
		one.Reference[0] = uint64(r.Reference)
	}
	for ; n < 0; n++ {
		out.AppendRow(&one, 0)
	}
	for ; n > 0; n-- { // a line that stands twice, which would be a fault of ours, is mended by the way
		out.AppendNegated(&one, 0, sellthrough.CauseReplayed, sellthrough.Revision(one.Revision[0]), one.Version[0])
	}
	return nil
}
