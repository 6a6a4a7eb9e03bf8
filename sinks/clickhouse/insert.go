package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ClickHouse/ch-go/proto"

	"sellthrough"
)

// maxRows bounds one insert. More rows are cut into several, each with its own token.
const maxRows = 1_000_000

// guard is asked when all that is left of an insert is to send it; nil asks nothing.
type guard func(context.Context) error

// insert makes one insert under a token, of whole columns in the order of their names.
func (l *Ledger) insert(ctx context.Context, token, table, names string, data ...any) error {
	return l.insertIf(ctx, token, table, names, nil, data...)
}

// insertIf is insert, unless ok says no when the rows are ready to be sent.
func (l *Ledger) insertIf(ctx context.Context, token, table, names string, ok guard, data ...any) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	list := strings.Split(names, ", ")
	if len(list) != len(data) {
		return fmt.Errorf("clickhouse: insert into %s: %d columns for %d names", table, len(data), len(list))
	}
	columns := make([]proto.InputColumn, len(list))
	for i, name := range list {
		c, err := input(data[i])
		if err != nil {
			return fmt.Errorf("clickhouse: insert into %s: column %s: %w", table, name, err)
		}
		columns[i] = proto.InputColumn{Name: name, Data: c}
	}
	n := columns[0].Data.Rows()
	if n == 0 {
		return nil
	}
	if err := l.sender.send(ctx, token+"/"+table, l.table(table), columns, ok); err != nil {
		return marked(table, fmt.Errorf("clickhouse: insert %d rows into %s under %s: %w", n, table, token, err))
	}
	return nil
}

// repeat is a column of one value.
func repeat[T any](v T, n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// each is a column made of rows.
func each[R, T any](rows []R, f func(*R) T) []T {
	out := make([]T, len(rows))
	for i := range rows {
		out[i] = f(&rows[i])
	}
	return out
}

// Insert is the road's. Large batches wait for their turn.
func (l *Ledger) Insert(ctx context.Context, b *sellthrough.Batch) error {
	if b.Rows > 20_000 {
		select {
		case l.big <- struct{}{}:
			defer func() { <-l.big }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return l.Road.Insert(ctx, b)
}

// Insert puts what a batch has for a table there.
func (n notes) Insert(ctx context.Context, table, token string, b *sellthrough.Batch, ok func(context.Context) error) error {
	switch table {
	case "sales_daily":
		return n.daily(ctx, token, table, &b.Movements, ok)
	case "stock_daily":
		return n.stock(ctx, token, &b.Reports, ok)
	case "flow_daily": // several kinds share it, so the token names the kind
		return ofKinds(b, sellthrough.FeedKind.Flow, func(k sellthrough.FeedKind, r *sellthrough.Rows) error {
			return n.daily(ctx, token+"/"+string(k), table, r, ok)
		})
	case "published":
		return n.publish(ctx, b, token, ok)
	case "floors":
		return n.floors(ctx, b, token, ok)
	case "outcomes":
		return n.outcomes(ctx, b, token, ok)
	case "votes":
		return n.votes(ctx, b, token, ok)
	case "submissions":
		return n.homes(ctx, b, token, ok)
	case "refused":
		return n.refused(ctx, b, token, ok)
	case "orders":
		return n.orders(ctx, b, token, ok)
	}
	for _, t := range ledgers {
		if t == table {
			return ofKinds(b, func(k sellthrough.FeedKind) bool { return ledgers[k] == table }, func(_ sellthrough.FeedKind, r *sellthrough.Rows) error {
				return n.rows(ctx, b, token, table, r, ok)
			})
		}
	}
	return fmt.Errorf("clickhouse: no batch goes to table %q", table)
}

// ofKinds calls f for the rows of the kinds of feed that are wanted, up to the first error.
func ofKinds(b *sellthrough.Batch, want func(sellthrough.FeedKind) bool, f func(sellthrough.FeedKind, *sellthrough.Rows) error) (err error) {
	b.Each(func(k sellthrough.FeedKind, r *sellthrough.Rows) {
		if err == nil && want(k) {
			err = f(k, r)
		}
	})
	return err
}

const ledgerColumns = "partner, feed, namespace, slice, line, content, revision, version, reference, cause_wire, sign, row, kind_wire, document, line_key, " +
	"location, place, item, product_wire, unit, currency, qty_micros, amount_micros, base_wire, raw_qty_wire, flags, business_day_wire, day_wire, at_wire, " +
	"sold_at_seconds, counterparty, serial, incarnation, partition, batch, step, retry, known_ms_wire"

// moreColumns are sent where some row has any.
const moreColumns = "customer, segment, salesperson, title, reason, refers_to, destination, party, region, until_seconds"

func (l *Ledger) rows(ctx context.Context, b *sellthrough.Batch, token, table string, r *sellthrough.Rows, ok guard) error {
	names := ledgerColumns
	if r.More != nil {
		names += ", " + moreColumns
	}
	for from, part := 0, 0; from < r.Len(); part++ {
		to := min(from+maxRows, r.Len())
		n := to - from
		all := []any{
			r.Partner[from:to], r.Feed[from:to], r.Namespace[from:to], r.Slice[from:to], r.Line[from:to], r.Content[from:to],
			r.Revision[from:to], r.Version[from:to], r.Reference[from:to], r.Cause[from:to], r.Sign[from:to], r.Row[from:to], r.Kind[from:to],
			r.Document[from:to], r.LineKey[from:to], r.Location[from:to], r.Place[from:to], r.Item[from:to], r.Product[from:to], r.Unit[from:to],
			r.Currency[from:to], r.Qty[from:to], r.Amount[from:to], r.Base[from:to], r.RawQty[from:to], r.Flags[from:to], r.BusinessDate[from:to],
			r.Day[from:to], r.At[from:to], r.SoldAt[from:to], r.Counterparty[from:to], r.Serial[from:to],
			same(proto.ColUInt64{short(b.Incarnation)}, n), same(proto.ColUInt16{uint16(b.Partition)}, n), same(proto.ColInt64{b.First}, n),
			same(proto.ColUInt32{uint32(b.Step)}, n), same(proto.ColUInt32{uint32(b.Retry)}, n), same(proto.ColInt64{b.Known.UnixMilli()}, n),
		}
		if r.More != nil {
			for _, c := range r.More.Texts() {
				all = append(all, (*c)[from:to])
			}
			all = append(all, r.More.Until[from:to])
		}
		err := l.insertIf(ctx, fmt.Sprintf("%s/%d", token, part), table, names, ok, all...)
		if err != nil {
			return err
		}
		from = to
	}
	return nil
}

// stamp is the columns that name the batch of a row in the books.
func stamp(b *sellthrough.Batch, n int) []any {
	return []any{
		same(proto.ColUInt16{uint16(b.Partition)}, n), same(proto.ColUInt64{short(b.Incarnation)}, n), same(proto.ColInt64{b.First}, n),
		same(proto.ColUInt32{uint32(b.Step)}, n), same(proto.ColUInt32{uint32(b.Retry)}, n), same(millis{b.Known.UnixMilli()}, n),
	}
}

const stampColumns = ", partition, incarnation, batch, step, retry, known_at"

func (l *Ledger) floors(ctx context.Context, b *sellthrough.Batch, token string, ok guard) error {
	f := b.Floors
	return l.insertIf(ctx, token, "floors", "partner, namespace, slice, line, location, from_day, to_day, revision, version"+stampColumns, ok, append([]any{
		each(f, func(x *sellthrough.Floor) string { return x.Partner }),
		each(f, func(x *sellthrough.Floor) string { return x.Namespace }),
		each(f, func(x *sellthrough.Floor) uint64 { return x.Slice }),
		each(f, func(x *sellthrough.Floor) uint64 { return x.Line }),
		each(f, func(x *sellthrough.Floor) string { return x.Location }),
		each(f, func(x *sellthrough.Floor) int32 { return int32(x.From) }),
		each(f, func(x *sellthrough.Floor) int32 { return int32(x.To) }),
		each(f, func(x *sellthrough.Floor) uint64 { return uint64(x.Revision) }),
		each(f, func(x *sellthrough.Floor) uint64 { return x.Version }),
	}, stamp(b, len(f))...)...)
}

func (l *Ledger) outcomes(ctx context.Context, b *sellthrough.Batch, token string, ok guard) error {
	o := b.Outcomes
	type out = sellthrough.Outcome
	return l.insertIf(ctx, token, "outcomes", "submission, feed, partner, revision, attempt, held, lost, partial, why, lines_held, lines_new, lines_duplicate, lines_corrected, "+
		"lines_superseded, lines_withdrawn, lines_implied, lines_unmatched, lines_refused"+stampColumns, ok, append([]any{
		each(o, func(x *out) string { return string(x.Submission) }), each(o, func(x *out) string { return string(x.Feed) }),
		each(o, func(x *out) string { return string(x.Partner) }), each(o, func(x *out) uint64 { return uint64(x.Revision) }),
		each(o, func(x *out) uint32 { return x.Attempt }), each(o, func(x *out) bool { return x.Held }), each(o, func(x *out) bool { return x.Lost }),
		each(o, func(x *out) bool { return x.Partial }), each(o, func(x *out) string { return x.Why }),
		each(o, func(x *out) int64 { return x.Counts.Held }), each(o, func(x *out) int64 { return x.Counts.New }),
		each(o, func(x *out) int64 { return x.Counts.Duplicate }), each(o, func(x *out) int64 { return x.Counts.Corrected }),
		each(o, func(x *out) int64 { return x.Counts.Superseded }), each(o, func(x *out) int64 { return x.Counts.Withdrawn }),
		each(o, func(x *out) int64 { return x.Counts.Implied }), each(o, func(x *out) int64 { return x.Counts.Unmatched }),
		each(o, func(x *out) int64 { return x.Counts.Refused }),
	}, stamp(b, len(o))...)...)
}

func (l *Ledger) votes(ctx context.Context, b *sellthrough.Batch, token string, ok guard) error {
	v := b.Votes
	type vote = sellthrough.Vote
	return l.insertIf(ctx, token, "votes", "submission, partner, revision, attempt, end_offset, scope_lines, lost_lines, waits"+stampColumns, ok, append([]any{
		each(v, func(x *vote) string { return string(x.Submission) }), each(v, func(x *vote) string { return string(x.Partner) }),
		each(v, func(x *vote) uint64 { return uint64(x.Revision) }), each(v, func(x *vote) uint32 { return x.Attempt }),
		each(v, func(x *vote) int64 { return x.End }), each(v, func(x *vote) int64 { return x.Scope }), each(v, func(x *vote) int64 { return x.Loss }),
		each(v, func(x *vote) bool { return x.Waits }),
	}, stamp(b, len(v))...)...)
}

func (l *Ledger) orders(ctx context.Context, b *sellthrough.Batch, token string, ok guard) error {
	r := b.OrdersDone
	type order = sellthrough.Order
	return l.insertIf(ctx, token, "orders", "kind, revision, who, why, target, undone, content, replay, ordered_at"+stampColumns, ok, append([]any{
		each(r, func(x *order) string { return string(x.Kind) }), each(r, func(x *order) uint64 { return uint64(x.Revision) }),
		each(r, func(x *order) string { return x.Who }), each(r, func(x *order) string { return x.Why }),
		each(r, func(x *order) string { return string(x.Target) }), each(r, func(x *order) uint64 { return uint64(x.Undone) }),
		each(r, func(x *order) string { return x.Content }), each(r, replayText), millis(each(r, func(x *order) int64 { return x.At.UnixMilli() })),
	}, stamp(b, len(r))...)...)
}

func (l *Ledger) homes(ctx context.Context, b *sellthrough.Batch, token string, ok guard) error {
	h := b.Homes
	type mark = sellthrough.EndMark
	receipts := make([]string, len(h))
	for i := range h {
		text, err := json.Marshal(h[i].Home.Receipt)
		if err != nil {
			return fmt.Errorf("clickhouse: receipt of %s: %w", h[i].Submission, err)
		}
		receipts[i] = string(text)
	}
	return l.insertIf(ctx, token, "submissions", "submission, feed, partner, kind, revision, attempt, idempotency_key, file, body, bytes, rows, accepted, refused, coverage, "+
		"partitions, receipt, received_at"+stampColumns, ok, append([]any{
		each(h, func(x *mark) string { return string(x.Submission) }), each(h, func(x *mark) string { return string(x.Feed) }),
		each(h, func(x *mark) string { return string(x.Partner) }), each(h, func(x *mark) string { return string(x.Kind) }),
		each(h, func(x *mark) uint64 { return uint64(x.Revision) }), each(h, func(x *mark) uint32 { return x.Attempt }),
		each(h, func(x *mark) string { return x.Home.Key }), each(h, func(x *mark) string { return x.Home.File }),
		each(h, func(x *mark) string { return x.Body }), each(h, func(x *mark) int64 { return x.Home.Receipt.Bytes }),
		each(h, func(x *mark) int64 { return x.Home.Receipt.Rows }), each(h, func(x *mark) int64 { return x.Home.Receipt.Accepted }),
		each(h, func(x *mark) int64 { return x.Home.Receipt.Refused }), each(h, func(x *mark) string { return string(x.Policy.Coverage) }),
		each(h, func(x *mark) []uint16 {
			return each(x.Partitions, func(p *int) uint16 { return uint16(*p) })
		}), receipts,
		millis(each(h, func(x *mark) int64 { return x.Home.Receipt.Received.UnixMilli() })),
	}, stamp(b, len(h))...)...)
}

func (l *Ledger) refused(ctx context.Context, b *sellthrough.Batch, token string, ok guard) error {
	type refusal struct {
		id   sellthrough.SubmissionID
		feed sellthrough.FeedID
		by   sellthrough.PartnerID
		sellthrough.Refusal
	}
	var rows []refusal
	for _, rb := range b.Refusals {
		for _, r := range rb.Rows {
			rows = append(rows, refusal{rb.Submission, rb.Feed, rb.Partner, r})
		}
	}
	return l.insertIf(ctx, token, "refused", "submission, feed, partner, row, column, value, reason"+stampColumns, ok, append([]any{
		each(rows, func(x *refusal) string { return string(x.id) }), each(rows, func(x *refusal) string { return string(x.feed) }),
		each(rows, func(x *refusal) string { return string(x.by) }), each(rows, func(x *refusal) uint32 { return x.Row }),
		each(rows, func(x *refusal) string { return x.Column }), each(rows, func(x *refusal) string { return x.Value }),
		each(rows, func(x *refusal) string { return x.Reason }),
	}, stamp(b, len(rows))...)...)
}

// replayText is what an order replays, as the books keep it.
func replayText(o *sellthrough.Order) string {
	if o.Replay == nil {
		return ""
	}
	text, err := json.Marshal(o.Replay)
	if err != nil { // strings and numbers only
		panic(err)
	}
	return string(text)
}
