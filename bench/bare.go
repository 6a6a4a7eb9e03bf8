package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sellthrough"
	"sellthrough/sinks/clickhouse"
)

const (
	bareDatabase = "bench_bare"
	bareBatch    = 200_000
	bareSenders  = 2
	bareMost     = 2_000_000 // rows held in memory
)

// runBare inserts the rows that the road wrote, in the order in which it wrote them, into the same tables of a fresh
// database on the same server, and nothing else: no HTTP, no log, no identity, no books.
func runBare(ctx context.Context, s *system, r *report) error {
	say("reading the rows back for the bare client")
	batches, err := s.rowsBack(ctx)
	if err != nil {
		return err
	}
	l, err := clickhouse.Open(clickhouse.Options{Address: s.address, Database: bareDatabase, User: s.user, Password: s.password})
	if err != nil {
		return err
	}
	defer l.Close()
	if err := l.Migrate(ctx); err != nil {
		return err
	}
	defer func() {
		_ = s.conn.Exec(context.WithoutCancel(ctx), "DROP DATABASE IF EXISTS "+bareDatabase+" SYNC")
	}()
	for _, b := range batches {
		r.bareRows += int64(b.Movements.Len())
	}
	say("inserting %d rows with the bare client", r.bareRows)
	work := make(chan *sellthrough.Batch, len(batches))
	for _, b := range batches {
		work <- b
	}
	close(work)
	house := cpu(s.child)
	began := time.Now()
	var wg sync.WaitGroup
	errs := make([]error, bareSenders)
	for i := range bareSenders {
		wg.Go(func() {
			for b := range work {
				if errs[i] = l.Put(ctx, b); errs[i] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	r.bareTime, r.bareCPU = time.Since(began), cpu(s.child)-house
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	var n uint64
	if err := s.conn.QueryRow(ctx, "SELECT count() FROM "+bareDatabase+".movements").Scan(&n); err != nil || int64(n) != r.bareRows {
		return fmt.Errorf("the bare client left %d rows instead of %d: %w", n, r.bareRows, err)
	}
	return nil
}

// rowsBack is the ledger's rows in batches, in the order in which they were written.
func (s *system) rowsBack(ctx context.Context) ([]*sellthrough.Batch, error) {
	const sql = `SELECT partner, feed, namespace, slice, line, content, revision, version, reference, toUInt8(cause), sign, row, toUInt8(kind), document, line_key, location, place,
		item, toString(product), unit, currency, qty_micros, amount_micros, base_micros, raw_qty_micros, flags, toInt32(toInt32(business_date) + day_less_business),
		toInt32(business_date), at, sold_at_seconds, counterparty, serial FROM ` + database + `.movements WHERE partition = ? ORDER BY batch, step, revision, row, sign LIMIT ?`
	var out []*sellthrough.Batch
	var parts []uint16
	rows, err := s.conn.Query(ctx, "SELECT DISTINCT partition FROM "+database+".movements ORDER BY partition")
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var p uint16
		if err := rows.Scan(&p); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	names := map[string]string{}
	known := time.Now()
	for _, p := range parts {
		var b *sellthrough.Batch
		rows, err := s.conn.Query(ctx, sql, p, bareMost/len(parts))
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			if b == nil || b.Movements.Len() == bareBatch {
				b = &sellthrough.Batch{Known: known}
				b.Token = sellthrough.Token{Incarnation: "bare", Partition: int(p), First: int64(len(out)), Last: int64(len(out))}
				out = append(out, b)
			}
			m := &b.Movements
			m.Grow()
			i := m.Len() - 1
			if err := rows.Scan(&m.Partner[i], &m.Feed[i], &m.Namespace[i], &m.Slice[i], &m.Line[i], &m.Content[i], &m.Revision[i], &m.Version[i], &m.Reference[i],
				&m.Cause[i], &m.Sign[i], &m.Row[i], &m.Kind[i], &m.Document[i], &m.LineKey[i], &m.Location[i], &m.Place[i], &m.Item[i], &m.Product[i], &m.Unit[i],
				&m.Currency[i], &m.Qty[i], &m.Amount[i], &m.Base[i], &m.RawQty[i], &m.Flags[i], &m.Day[i], &m.BusinessDate[i], &m.At[i], &m.SoldAt[i],
				&m.Counterparty[i], &m.Serial[i]); err != nil {
				return nil, err
			}
			for _, c := range []*string{
				&m.Partner[i], &m.Feed[i], &m.Namespace[i], &m.Document[i], &m.LineKey[i], &m.Location[i], &m.Place[i], &m.Item[i], &m.Product[i],
				&m.Unit[i], &m.Currency[i], &m.Counterparty[i], &m.Serial[i],
			} {
				one, ok := names[*c]
				if !ok {
					one = *c
					names[one] = one
				}
				*c = one
			}
		}
		err = rows.Err()
		_ = rows.Close()
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
