package clickhouse

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/proto"

	"sellthrough"
)

// Facts that a line of the table published is about.
const (
	factSales uint8 = iota + 1
	factOnHand
	factLevel
	factFlow
)

// publishedKey tells rows of published apart, beside the instant, which is that of the batch.
type publishedKey struct {
	partner, feed, location, product string
	day                              int32
	facts, cause                     uint8
}

// publication is what a batch publishes of a key.
type publication struct {
	publishedKey
	in, out, qty, base int64
}

// factOf is what a row is about.
func factOf(feed sellthrough.FeedKind, kind uint8) uint8 {
	switch {
	case feed == sellthrough.Sales:
		return factSales
	case feed.Flow():
		return factFlow
	case kind == uint8(sellthrough.OnHand):
		return factOnHand
	}
	return factLevel
}

// published groups the rows of a batch: what they are to the table published. Neighbours are nearly always of one key.
func published(b *sellthrough.Batch) []publication {
	var out []publication
	at := map[publishedKey]int{}
	b.Each(func(feed sellthrough.FeedKind, r *sellthrough.Rows) {
		last := -1
		for i := range r.Len() {
			if r.Partner[i] == string(sellthrough.Canary) { // in no sum
				continue
			}
			k := publishedKey{partner: r.Partner[i], feed: r.Feed[i], location: r.Place[i], day: r.BusinessDate[i], facts: factOf(feed, r.Kind[i]), cause: r.Cause[i]}
			if feed != sellthrough.Stock && changes(sellthrough.Cause(k.cause)) {
				k.product = r.Product[i]
			}
			if last < 0 || out[last].publishedKey != k {
				var known bool
				if last, known = at[k]; !known {
					last = len(out)
					at[k] = last
					out = append(out, publication{publishedKey: k})
				}
			}
			p := &out[last]
			if r.Sign[i] > 0 {
				p.in++
			} else {
				p.out++
			}
			if k.product != "" || changes(sellthrough.Cause(k.cause)) {
				p.qty += r.Qty[i]
				if r.Flags[i]&sellthrough.HasBase != 0 {
					p.base += r.Base[i]
				}
			}
		}
	})
	return out
}

// changes says whether lines were changed or withdrawn by their partner.
func changes(c sellthrough.Cause) bool {
	return c == sellthrough.CauseCorrected || c == sellthrough.CauseWithdrawn
}

const publishedColumns = "partner_wire, feed_wire, business_day_wire, location_wire, facts_wire, cause_wire, product_wire, known_ms_wire, lines_in, lines_out, qty_micros, base_micros"

func (l *Ledger) publish(ctx context.Context, b *sellthrough.Batch, token string, ok guard) error {
	p := published(b)
	type row = publication
	return l.insertIf(ctx, token, "published", publishedColumns, ok, each(p, func(x *row) string { return x.partner }), each(p, func(x *row) string { return x.feed }), each(p, func(x *row) int32 { return x.day }),
		each(p, func(x *row) string { return x.location }), each(p, func(x *row) uint8 { return x.facts }), each(p, func(x *row) uint8 { return x.cause }),
		each(p, func(x *row) string { return x.product }), same(proto.ColInt64{b.Known.UnixMilli()}, len(p)), each(p, func(x *row) int64 { return x.in }),
		each(p, func(x *row) int64 { return x.out }), each(p, func(x *row) int64 { return x.qty }), each(p, func(x *row) int64 { return x.base }))
}

// publishedFromLedger is the same grouping, told to the server: what published must come to. Its columns are those that
// are inserted.
func publishedFromLedger(database string) string {
	const grouped = `SELECT partner, feed, toInt32(business_date) AS day, place AS location, %[2]s AS facts, toUInt8(cause) AS cause_code, %[3]s AS product_code, min(toUnixTimestamp64Milli(known_at)) AS first_ms,
	countIf(sign > 0) AS n_in, countIf(sign < 0) AS n_out, sumIf(qty_micros, %[4]s) AS q, sumIf(base_micros, %[4]s AND bitTest(flags, 1)) AS b
FROM %[1]s WHERE partner != '%[5]s' GROUP BY partner, feed, day, location, facts, cause_code, product_code, intDiv(toUnixTimestamp64Milli(known_at), 900000)`
	var parts []string
	for _, k := range sellthrough.FeedKinds() {
		facts, product := strconv.Itoa(int(factOf(k, 0))), "if(cause IN ('corrected', 'withdrawn'), toString(product), '')"
		if k == sellthrough.Stock {
			facts, product = fmt.Sprintf("if(kind = 'on_hand', %d, %d)", factOnHand, factLevel), "''"
		}
		parts = append(parts, fmt.Sprintf(grouped, database+"."+ledgers[k], "toUInt8("+facts+")", product, "cause IN ('corrected', 'withdrawn')", sellthrough.Canary))
	}
	return strings.Join(parts, "\nUNION ALL\n")
}

// publishedDifference is what published lacks of what the ledger comes to, by key.
func (l *Ledger) publishedDifference() string {
	return fmt.Sprintf(`SELECT partner, feed, day, location, facts, cause_code, product_code, if(max(ms) > 0, minIf(ms, ms > 0), quarter * 900000 + 899999) AS known_ms,
	sum(i) AS n_in, sum(o) AS n_out, sum(q) AS qty, sum(b) AS base FROM (
		SELECT partner, feed, day, location, facts, cause_code, product_code, first_ms AS ms, intDiv(first_ms, 900000) AS quarter, toInt64(n_in) AS i, toInt64(n_out) AS o, q, b FROM (%s)
		UNION ALL SELECT partner, feed, toInt32(business_date), location, toUInt8(facts), toUInt8(cause), product, 0, intDiv(toUnixTimestamp(known_at), 900), -lines_in, -lines_out, -qty_micros, -base_micros FROM %s
	) GROUP BY partner, feed, day, location, facts, cause_code, product_code, quarter HAVING sum(i) != 0 OR sum(o) != 0 OR sum(q) != 0 OR sum(b) != 0`,
		publishedFromLedger(l.opts.Database), l.table("published"))
}

// rebuildPublished sets published to what the ledger comes to, by inserting the differences.
func (l *Ledger) rebuildPublished(ctx context.Context, token string) error {
	return l.exec(withToken(ctx, token+"/published"), "bring what was published in line with the ledger",
		"INSERT INTO "+l.table("published")+" ("+publishedColumns+") "+l.publishedDifference())
}
