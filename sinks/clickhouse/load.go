package clickhouse

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/transform/reference"
)

// ledgerOf is the table of a feed kind.
func (l *Ledger) ledgerOf(kind sellthrough.FeedKind) string {
	return l.table(ledgers[kind])
}

// but leaves out the rows of a token.
func but(except *sellthrough.Token) string {
	if except == nil {
		return ""
	}
	return fmt.Sprintf(" AND NOT (batch = %d AND step = %d AND partition = %d AND incarnation = %d)", except.First, except.Step, except.Partition, short(except.Incarnation))
}

var escape = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// quote writes a string literal.
func quote(s string) string {
	return "'" + escape.Replace(s) + "'"
}

func list[T any](items []T, text func(T) string) string {
	var b strings.Builder
	for i, x := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(text(x))
	}
	return b.String()
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func pair(r sellthrough.LineRef) string { return "(" + number(r.Slice) + "," + number(r.Line) + ")" }

// Known hands over all slices that a partition has rows of, some at a time.
func (l *Ledger) Known(ctx context.Context, partition int, use func([]uint64)) error {
	for _, k := range sellthrough.FeedKinds() {
		var some []uint64
		err := l.query(ctx, "read slices", "SELECT DISTINCT slice FROM "+l.ledgerOf(k)+" WHERE partition = ?", func(r driver.Rows) error {
			var s uint64
			if err := r.Scan(&s); err != nil {
				return err
			}
			if some = append(some, s); len(some) == 1<<16 {
				use(some)
				some = some[:0]
			}
			return nil
		}, uint16(partition))
		if err != nil {
			return err
		}
		use(some)
	}
	return nil
}

// The newest word of a line: the partner's version first, then the revision; of one revision, what it put there.
const newest = "argMax(content, (version, revision, sign)), argMax(revision, (version, revision)), max(version), sum(sign) > 0, any(bitTest(flags, 5))"

func scanHeld(r driver.Rows, extra ...any) (sellthrough.Held, error) {
	var h sellthrough.Held
	var rev uint64
	var live, added uint8
	err := r.Scan(append([]any{&h.Slice, &h.Line, &h.Content, &rev, &h.Version, &live, &added}, extra...)...)
	h.Revision, h.Live, h.Added = sellthrough.Revision(rev), live != 0, added != 0
	return h, err
}

// Slices is what the ledger holds of slices: the newest word of every line, also of those that no longer stand.
func (l *Ledger) Slices(ctx context.Context, partner, namespace string, kind sellthrough.FeedKind, slices []uint64, except *sellthrough.Token) ([]sellthrough.Held, error) {
	var out []sellthrough.Held
	sql := "SELECT slice, line, " + newest + " FROM " + l.ledgerOf(kind) + " WHERE partner = " + quote(partner) + " AND namespace = " + quote(namespace) +
		" AND slice IN (" + list(slices, number) + ")" + but(except) + " GROUP BY slice, line"
	err := l.query(ctx, "load slices", sql, func(r driver.Rows) error {
		h, err := scanHeld(r)
		out = append(out, h)
		return err
	})
	return out, err
}

// InScope is the lines of a partition that stand in a scope.
func (l *Ledger) InScope(ctx context.Context, partner, namespace string, kind sellthrough.FeedKind, partition int, sc sellthrough.Scope, except *sellthrough.Token) ([]sellthrough.Held, error) {
	var out []sellthrough.Held
	sql := "SELECT slice, line, " + newest + ", any(location), any(toInt32(toInt32(business_date) + day_less_business)) FROM " + l.ledgerOf(kind) +
		fmt.Sprintf(" WHERE partner = %s AND namespace = %s AND partition = %d AND toInt32(business_date) + day_less_business BETWEEN %d AND %d", quote(partner), quote(namespace), partition, sc.From, sc.To) +
		fmt.Sprintf(" AND business_date BETWEEN toDate32(%d) AND toDate32(%d)", sc.From-2, sc.To+2) // a day as written is at most a zone away
	if len(sc.Locations) > 0 {
		sql += " AND location IN (" + list(sc.Locations, quote) + ")"
	}
	sql += but(except) + " GROUP BY slice, line HAVING sum(sign) > 0"
	err := l.query(ctx, "load scope", sql, func(r driver.Rows) error {
		var location string
		var day int32
		h, err := scanHeld(r, &location, &day)
		h.Location, h.Day = location, sellthrough.Day(day)
		out = append(out, h)
		return err
	})
	return out, err
}

// OfDocuments is the lines of a partition that stand under the numbers of documents.
func (l *Ledger) OfDocuments(ctx context.Context, partner, namespace string, kind sellthrough.FeedKind, partition int, documents []string, except *sellthrough.Token) ([]sellthrough.Held, error) {
	var out []sellthrough.Held
	where := fmt.Sprintf(" FROM %s WHERE partner = %s AND namespace = %s AND partition = %d", l.ledgerOf(kind), quote(partner), quote(namespace), partition) + but(except)
	named := "document IN (" + list(documents, quote) + ")"
	// A stock level told again under another number has left the document.
	sql := "SELECT slice, line, " + newest + ", any(location), any(toInt32(toInt32(business_date) + day_less_business)), argMax(document, (version, revision, sign)) AS newest_document" + where +
		" AND (slice, line) IN (SELECT slice, line" + where + " AND " + named + ") GROUP BY slice, line HAVING sum(sign) > 0 AND newest_" + named
	err := l.query(ctx, "load documents", sql, func(r driver.Rows) error {
		var day int32
		var location, document string
		h, err := scanHeld(r, &location, &day, &document)
		h.Location, h.Day, h.Document = location, sellthrough.Day(day), document
		out = append(out, h)
		return err
	})
	return out, err
}

// Current is the standing row of each line.
func (l *Ledger) Current(ctx context.Context, partner, namespace string, kind sellthrough.FeedKind, refs []sellthrough.LineRef, except *sellthrough.Token) (sellthrough.Rows, error) {
	var out sellthrough.Rows
	for len(refs) > 0 {
		n := min(len(refs), 50_000)
		some := refs[:n]
		sql := "SELECT " + rowColumns + " FROM " + l.ledgerOf(kind) + " WHERE partner = " + quote(partner) + " AND namespace = " + quote(namespace) +
			" AND slice IN (" + list(some, func(r sellthrough.LineRef) string { return number(r.Slice) }) + ") AND (slice, line) IN (" + list(some, pair) + ") AND sign > 0" + but(except) +
			" ORDER BY version DESC, revision DESC, reference DESC LIMIT 1 BY slice, line"
		if err := l.scanRows(ctx, "load old rows", sql, &out); err != nil {
			return out, err
		}
		refs = refs[n:]
	}
	return out, nil
}

// LatestLevels is, for each item and level of locations, the standing report with the latest instant before another.
func (l *Ledger) LatestLevels(ctx context.Context, partner, namespace string, partition int, locations []string, before int64, except *sellthrough.Token) (sellthrough.Rows, error) {
	var out sellthrough.Rows
	where := fmt.Sprintf(" FROM %s WHERE partner = %s AND namespace = %s AND partition = %d AND location IN (%s) AND at < %d", l.table("stock_reports"), quote(partner), quote(namespace),
		partition, list(locations, quote), before) + but(except)
	sql := "SELECT " + rowColumns + where + " AND sign > 0 AND (slice, line) IN (SELECT slice, line" + where + " GROUP BY slice, line HAVING sum(sign) > 0)" +
		" ORDER BY at DESC, version DESC, revision DESC, reference DESC LIMIT 1 BY location, item, kind"
	return out, l.scanRows(ctx, "load levels", sql, &out)
}

// OfRevision is what a submission wrote that is still the newest word of its line, and what stood there before it.
func (l *Ledger) OfRevision(ctx context.Context, kind sellthrough.FeedKind, partition int, rev sellthrough.Revision, limit int, except *sellthrough.Token) (now, before sellthrough.Rows, err error) {
	t := l.ledgerOf(kind)
	lines := fmt.Sprintf("SELECT slice, line FROM %s WHERE partition = %d%s AND (slice, line) IN (SELECT slice, line FROM %s WHERE partition = %d AND revision = %d%s) "+
		"GROUP BY slice, line HAVING argMax(revision, (version, revision)) = %d ORDER BY slice, line LIMIT %d", t, partition, but(except), t, partition, rev, but(except), rev, limit)
	pick := func(where, live string) string {
		return fmt.Sprintf("SELECT %s FROM %s WHERE partition = %d%s AND sign > 0 AND %s AND (slice, line) IN (%s) AND (slice, line) IN (SELECT slice, line FROM %s WHERE partition = %d%s AND %s GROUP BY slice, line HAVING sum(sign) > 0) "+
			"ORDER BY version DESC, revision DESC, reference DESC LIMIT 1 BY slice, line", rowColumns, t, partition, but(except), where, lines, t, partition, but(except), live)
	}
	if err := l.scanRows(ctx, "load what is undone", pick(fmt.Sprintf("revision = %d", rev), "1"), &now); err != nil {
		return now, before, err
	}
	older := fmt.Sprintf("revision < %d", rev)
	if err := l.scanRows(ctx, "load what stood before", pick(older, older), &before); err != nil || before.Len() == 0 {
		return now, before, err
	}
	// What stands again is the newest word of all, also after a partner's version above its own.
	versions := map[sellthrough.LineRef]uint64{}
	err = l.query(ctx, "load versions", fmt.Sprintf("SELECT slice, line, max(version) AS v FROM %s WHERE partition = %d%s AND (slice, line) IN (%s) GROUP BY slice, line HAVING v > 0",
		t, partition, but(except), lines), func(r driver.Rows) error {
		var ref sellthrough.LineRef
		var v uint64
		err := r.Scan(&ref.Slice, &ref.Line, &v)
		versions[ref] = v
		return err
	})
	for i := range before.Len() {
		before.Version[i] = max(before.Version[i], versions[sellthrough.LineRef{Slice: before.Slice[i], Line: before.Line[i]}])
	}
	return now, before, err
}

// Reflowable is standing rows that may read otherwise under a change, in the order of slice and line after one.
func (l *Ledger) Reflowable(ctx context.Context, kind sellthrough.FeedKind, partition int, c reference.Change, after sellthrough.LineRef, limit int, except *sellthrough.Token) (sellthrough.Rows, error) {
	var out sellthrough.Rows
	var conditions []string
	codes := func(column string, by map[string][]string) {
		for partner, some := range by {
			cond := column + " IN (" + list(some, quote) + ")"
			if partner != "" {
				cond = "(partner = " + quote(partner) + " AND " + cond + ")"
			}
			conditions = append(conditions, cond)
		}
	}
	codes("item", c.Items)
	codes("location", c.Locations)
	codes("counterparty", c.Parties)
	codes("destination", c.Regions)
	if len(c.Products) > 0 {
		conditions = append(conditions, "product IN ("+list(c.Products, quote)+")")
	}
	if len(c.Currencies) > 0 {
		conditions = append(conditions, "currency IN ("+list(c.Currencies, quote)+")")
	}
	if len(conditions) == 0 {
		return out, nil
	}
	where := fmt.Sprintf(" FROM %s WHERE partition = %d AND (slice, line) > (%d, %d) AND (%s)%s", l.ledgerOf(kind), partition, after.Slice, after.Line, strings.Join(conditions, " OR "), but(except))
	sql := "SELECT " + rowColumns + where + " AND sign > 0 AND (slice, line) IN (SELECT slice, line" + where + " GROUP BY slice, line HAVING sum(sign) > 0)" +
		" ORDER BY slice, line, version DESC, revision DESC, reference DESC LIMIT 1 BY slice, line LIMIT " + strconv.Itoa(limit)
	return out, l.scanRows(ctx, "load lines to read anew", sql, &out)
}

const rowColumns = "partner, feed, namespace, slice, line, content, revision, version, reference, toUInt8(cause), sign, row, toUInt8(kind), document, line_key, location, place, " +
	"item, toString(product), unit, currency, qty_micros, amount_micros, base_micros, raw_qty_micros, flags, toInt32(toInt32(business_date) + day_less_business), toInt32(business_date), at, " +
	"sold_at_seconds, counterparty, serial, " + moreColumns

// scanRows appends what a query of rowColumns gives.
func (l *Ledger) scanRows(ctx context.Context, what, sql string, out *sellthrough.Rows) error {
	return l.query(ctx, what, sql, func(r driver.Rows) error {
		out.Grow()
		i := out.Len() - 1
		var m sellthrough.MoreRow
		err := r.Scan(&out.Partner[i], &out.Feed[i], &out.Namespace[i], &out.Slice[i], &out.Line[i], &out.Content[i], &out.Revision[i], &out.Version[i], &out.Reference[i],
			&out.Cause[i], &out.Sign[i], &out.Row[i], &out.Kind[i], &out.Document[i], &out.LineKey[i], &out.Location[i], &out.Place[i], &out.Item[i], &out.Product[i],
			&out.Unit[i], &out.Currency[i], &out.Qty[i], &out.Amount[i], &out.Base[i], &out.RawQty[i], &out.Flags[i], &out.Day[i], &out.BusinessDate[i], &out.At[i],
			&out.SoldAt[i], &out.Counterparty[i], &out.Serial[i], &m.Customer, &m.Segment, &m.Salesperson, &m.Title, &m.Reason, &m.RefersTo, &m.Destination,
			&m.Party, &m.Region, &m.Until)
		if m != (sellthrough.MoreRow{}) {
			out.SetMore(i, m)
		}
		return err
	})
}
