package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
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

// The newest word of a line: the partner's version first, then the revision. Its content is what is left when all that was
// written and taken back is added up, in whatever order: of a line that stands, all others cancel out (modulo 2⁶⁴).
const newest = "reinterpretAsUInt64(sum(content * sign)), argMax(revision, (version, revision)), max(version), sum(sign) > 0, any(bitTest(flags, 5))"

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
		rows, err := l.standing(ctx, "load old rows", l.ledgerOf(kind), "partner = "+quote(partner)+" AND namespace = "+quote(namespace)+
			" AND slice IN ("+list(some, func(r sellthrough.LineRef) string { return number(r.Slice) })+") AND (slice, line) IN ("+list(some, pair)+")"+but(except))
		if err != nil {
			return out, err
		}
		if out.Len() == 0 {
			out = rows
		} else {
			for i := range rows.Len() {
				out.AppendRow(&rows, i)
			}
		}
		refs = refs[n:]
	}
	return out, nil
}

// LatestLevels is, for each item and level of locations, the standing report with the latest instant before another.
func (l *Ledger) LatestLevels(ctx context.Context, partner, namespace string, partition int, locations []string, before int64, except *sellthrough.Token) (sellthrough.Rows, error) {
	where := fmt.Sprintf(" FROM %s WHERE partner = %s AND namespace = %s AND partition = %d AND location IN (%s) AND at < %d", l.table("stock_reports"), quote(partner), quote(namespace),
		partition, list(locations, quote), before) + but(except)
	latest := "SELECT slice, line FROM (SELECT slice, line, any(location) AS l, any(item) AS i, any(kind) AS k, any(at) AS t, max((version, revision)) AS word" + where +
		" GROUP BY slice, line HAVING sum(sign) > 0) ORDER BY t DESC, word DESC LIMIT 1 BY l, i, k"
	return l.standing(ctx, "load levels", l.table("stock_reports"), fmt.Sprintf("partner = %s AND namespace = %s AND partition = %d AND (slice, line) IN (%s)%s",
		quote(partner), quote(namespace), partition, latest, but(except)))
}

// OfRevision is what a submission wrote that is still the newest word of its line, and what stood there before it.
func (l *Ledger) OfRevision(ctx context.Context, kind sellthrough.FeedKind, partition int, rev sellthrough.Revision, limit int, except *sellthrough.Token) (now, before sellthrough.Rows, err error) {
	t := l.ledgerOf(kind)
	lines := fmt.Sprintf("SELECT slice, line FROM %s WHERE partition = %d%s AND (slice, line) IN (SELECT slice, line FROM %s WHERE partition = %d AND revision = %d%s) "+
		"GROUP BY slice, line HAVING argMax(revision, (version, revision)) = %d ORDER BY slice, line LIMIT %d", t, partition, but(except), t, partition, rev, but(except), rev, limit)
	mine := fmt.Sprintf("partition = %d AND (slice, line) IN (%s)%s", partition, lines, but(except))
	all, err := l.standing(ctx, "load what is undone", t, mine)
	if err != nil {
		return now, before, err
	}
	for i := range all.Len() { // what a replay left of an older word is not the submission's
		if all.Revision[i] == uint64(rev) {
			now.AppendRow(&all, i)
		}
	}
	if before, err = l.standing(ctx, "load what stood before", t, fmt.Sprintf("%s AND revision < %d", mine, rev)); err != nil || before.Len() == 0 {
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

// Reflowable is standing rows that may read otherwise under a change, in the order of slice and line after one. The codes
// that changed may be hundreds of thousands, so they are sent as tables beside the question, not in its text.
func (l *Ledger) Reflowable(ctx context.Context, kind sellthrough.FeedKind, partition int, c reference.Change, after sellthrough.LineRef, limit int, except *sellthrough.Token) (sellthrough.Rows, error) {
	var out sellthrough.Rows
	var conditions []string
	var beside []*ext.Table
	codes := func(column, table string, by map[string][]string) error {
		if len(by) == 0 {
			return nil
		}
		t, err := ext.NewTable(table, ext.Column("partner", "String"), ext.Column("code", "String"))
		if err != nil {
			return err
		}
		for partner, some := range by {
			for _, code := range some {
				if err := t.Append(partner, code); err != nil {
					return err
				}
			}
		}
		conditions = append(conditions, fmt.Sprintf("(partner, %[1]s) IN (SELECT partner, code FROM %[2]s) OR ('', %[1]s) IN (SELECT partner, code FROM %[2]s)", column, table))
		beside = append(beside, t)
		return nil
	}
	err := errors.Join(codes("item", "changed_items", c.Items), codes("location", "changed_locations", c.Locations),
		codes("counterparty", "changed_parties", c.Parties), codes("destination", "changed_regions", c.Regions))
	if len(c.Products) > 0 {
		err = errors.Join(err, codes("toString(product)", "changed_products", map[string][]string{"": c.Products}))
	}
	if len(c.Currencies) > 0 {
		conditions = append(conditions, "currency IN ("+list(c.Currencies, quote)+")")
	}
	if err != nil {
		return out, fmt.Errorf("clickhouse: send changed codes: %w", err)
	}
	if len(conditions) == 0 {
		return out, nil
	}
	t := l.ledgerOf(kind)
	lines := fmt.Sprintf("SELECT slice, line FROM %s WHERE partition = %d AND (slice, line) > (%d, %d) AND (%s)%s GROUP BY slice, line HAVING sum(sign) > 0 ORDER BY slice, line LIMIT %d",
		t, partition, after.Slice, after.Line, strings.Join(conditions, " OR "), but(except), limit)
	return l.standing(clickhouse.Context(ctx, clickhouse.WithExternalTable(beside...)), "load lines to read anew", t, fmt.Sprintf("partition = %d AND (slice, line) IN (%s)%s", partition, lines, but(except)))
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
