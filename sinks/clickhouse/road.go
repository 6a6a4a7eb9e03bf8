package clickhouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// tokenText names a batch for the server's deduplication.
func tokenText(t sellthrough.Token) string {
	return fmt.Sprintf("%s/%d/%d-%d/%d/%d", t.Incarnation, t.Partition, t.First, t.Last, t.Step, t.Retry)
}

// short is an incarnation as the ledger's rows carry it.
func short(incarnation string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(incarnation))
	return h.Sum64()
}

// withToken makes an insert that has no effect when it was made before.
func withToken(ctx context.Context, token string) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": token}))
}

// Claim takes a partition over: the new epoch is one more than any before, so that the owner before is fenced at its next
// intent.
func (l *Ledger) Claim(ctx context.Context, incarnation string, partition int) (uint64, error) {
	if err := l.Compatible(ctx); err != nil {
		return 0, err
	}
	if err := l.sameIncarnation(ctx, incarnation, partition); err != nil {
		return 0, err
	}
	for {
		epoch, err := l.epoch(ctx, incarnation, partition)
		if err != nil {
			return 0, err
		}
		epoch++
		// First tells claims of one epoch apart, so that both are kept and both owners see that there are two.
		i := sellthrough.Intent{Token: sellthrough.Token{Incarnation: incarnation, Partition: partition, First: rand.Int64(), Last: -1}, Epoch: epoch}
		if err := l.note(ctx, "claim", i); err != nil {
			return 0, err
		}
		var rivals uint64
		err = l.query(ctx, "read claims", "SELECT count() FROM "+l.table("road")+" WHERE incarnation = ? AND partition = ? AND kind = 'claim' AND epoch >= ?",
			func(r driver.Rows) error { return r.Scan(&rivals) }, incarnation, uint16(partition), epoch)
		if err != nil {
			return 0, err
		}
		if rivals == 1 {
			return epoch, l.mend(ctx, incarnation, partition)
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Duration(rand.Int64N(int64(50 * time.Millisecond)))):
		}
	}
}

// sameIncarnation refuses a partition that was fed from another making of the topic.
func (l *Ledger) sameIncarnation(ctx context.Context, incarnation string, partition int) error {
	var other string
	err := l.query(ctx, "read claims", "SELECT incarnation FROM "+l.table("road")+" WHERE partition = ? GROUP BY incarnation ORDER BY max(written_at) DESC LIMIT 1",
		func(r driver.Rows) error { return r.Scan(&other) }, uint16(partition))
	if err != nil {
		return err
	}
	if other != "" && other != incarnation {
		return fmt.Errorf("%w: partition %d of the ledger was fed from topic incarnation %q, this Kafka has %q. Nothing is written, so that nothing is dropped or doubled. "+
			"If the topic was made anew on purpose, start once with `sellthrough up --accept-new-topics` (or `transform --accept-new-topics`); if this is the wrong Kafka or the wrong ClickHouse, mend the configuration",
			sellthrough.ErrIncarnation, partition, other, incarnation)
	}
	return nil
}

func (l *Ledger) epoch(ctx context.Context, incarnation string, partition int) (epoch uint64, err error) {
	err = l.query(ctx, "read claims", "SELECT max(epoch) FROM "+l.table("road")+" WHERE incarnation = ? AND partition = ? AND kind = 'claim'",
		func(r driver.Rows) error { return r.Scan(&epoch) }, incarnation, uint16(partition))
	return epoch, err
}

// note writes one row of the road. Each try has a token of its own: a row that stands twice does no harm, but one that a
// server forgot when it crashed, and drops as known when it is written again, would.
func (l *Ledger) note(ctx context.Context, kind string, i sellthrough.Intent) error {
	unfit := ""
	if kind == "intent" && len(i.Unfit) > 0 {
		text, err := json.Marshal(i.Unfit)
		if err != nil {
			return fmt.Errorf("clickhouse: write %s of %s: %w", kind, tokenText(i.Token), err)
		}
		unfit = string(text)
	}
	ctx, cancel := context.WithTimeout(withToken(ctx, fmt.Sprintf("%s/%s/%d/%d", kind, tokenText(i.Token), i.Epoch, rand.Uint64())), deadline)
	defer cancel()
	b, err := l.conn.PrepareBatch(ctx, "INSERT INTO "+l.table("road")+
		" (incarnation, partition, kind, epoch, first, last, step, retry, complete, reference, blocks, rows, unfit)", driver.WithReleaseConnection())
	if err == nil {
		err = b.Append(i.Incarnation, uint16(i.Partition), kind, i.Epoch, i.First, i.Last, uint32(i.Step), uint32(i.Retry), i.Complete, uint64(i.Reference),
			uint32(i.Blocks), uint32(i.Rows), unfit)
	}
	if err == nil {
		err = b.Send()
	}
	if err != nil {
		return fmt.Errorf("clickhouse: write %s of %s: %w", kind, tokenText(i.Token), err)
	}
	return nil
}

// Newest is the newest intent and the newest done. A voided intent stays the newest, so that its range is written anew
// under another token also after a crash: Trusted says no of it.
func (l *Ledger) Newest(ctx context.Context, incarnation string, partition int) (intent, done *sellthrough.Intent, err error) {
	sql := `SELECT kind, epoch, first, last, step, retry, complete, reference, blocks, rows, unfit FROM ` + l.table("road") + `
		WHERE incarnation = ? AND partition = ? AND kind IN ('intent', 'done')
		ORDER BY epoch DESC, last DESC, step DESC, retry DESC LIMIT 1 BY kind`
	err = l.query(ctx, "read progress", sql, func(r driver.Rows) error {
		var kind, unfit string
		var step, retry, blocks, rows uint32
		var ref uint64
		i := &sellthrough.Intent{}
		if err := r.Scan(&kind, &i.Epoch, &i.First, &i.Last, &step, &retry, &i.Complete, &ref, &blocks, &rows, &unfit); err != nil {
			return err
		}
		if unfit != "" {
			if err := json.Unmarshal([]byte(unfit), &i.Unfit); err != nil {
				return fmt.Errorf("read the lines that an intent leaves out: %w", err)
			}
		}
		i.Incarnation, i.Partition, i.Step, i.Retry = incarnation, partition, int(step), int(retry)
		i.Reference, i.Blocks, i.Rows = sellthrough.Revision(ref), int(blocks), int(rows)
		if kind == "done" {
			done = i
		} else {
			intent = i
		}
		return nil
	}, incarnation, uint16(partition))
	return intent, done, err
}

// Intend puts an intent on disk, then reads the claims again: a higher epoch means that another owner is there. It waits,
// by an error, while a heal holds the road.
func (l *Ledger) Intend(ctx context.Context, i sellthrough.Intent) error {
	if err := l.note(ctx, "intent", i); err != nil {
		return err
	}
	epoch, err := l.epoch(ctx, i.Incarnation, i.Partition)
	if err != nil {
		return err
	}
	if epoch > i.Epoch {
		return fmt.Errorf("clickhouse: partition %d, epoch %d after %d: %w", i.Partition, epoch, i.Epoch, sellthrough.ErrFenced)
	}
	held, err := l.holds(ctx, i.Incarnation)
	if err != nil {
		return err
	}
	if len(held) == 0 {
		return nil
	}
	// An intent that was written before a hold could be seen is waited for by the hold, not the other way round: else the
	// redo of a batch in flight and the heal would wait for each other.
	var before bool
	err = l.query(ctx, "read holds", fmt.Sprintf(`SELECT count() > 0 FROM %[1]s WHERE incarnation = ? AND partition = ? AND kind = 'intent' AND first = ? AND last = ? AND step = ? AND retry = ?
		AND written_at <= (SELECT max(written_at) + INTERVAL 1 SECOND FROM %[1]s WHERE kind = 'hold')`, l.table("road")),
		func(r driver.Rows) error { return r.Scan(&before) }, i.Incarnation, uint16(i.Partition), i.First, i.Last, uint32(i.Step), uint32(i.Retry))
	if err == nil && !before {
		err = errors.New("clickhouse: the sums are being compared with the ledger; intents wait")
	}
	return err
}

// Done says that all of an intent's rows are in.
func (l *Ledger) Done(ctx context.Context, i sellthrough.Intent) error { return l.note(ctx, "done", i) }

// Trusted says whether the deduplication window surely still holds an intent's token: the window counts the blocks of all
// partitions, so the blocks of all intents since are counted, and a fifth of the window is left unused. A server that has
// started since the intent is not trusted at all: it notes a token before it commits the part, so a crash between leaves a
// token without its rows, and the redo would be dropped. Nor is an intent of more than a day ago: notes are kept for a while
// only, so what came since could not be counted for sure.
func (l *Ledger) Trusted(ctx context.Context, i sellthrough.Intent) (ok bool, err error) {
	var voided uint64
	err = l.query(ctx, "look for a void", "SELECT count() FROM "+l.table("road")+" WHERE kind = 'void' AND incarnation = ? AND partition = ? AND first = ? AND last = ? AND step = ? AND retry = ?",
		func(r driver.Rows) error { return r.Scan(&voided) }, i.Incarnation, uint16(i.Partition), i.First, i.Last, uint32(i.Step), uint32(i.Retry))
	if err != nil || voided > 0 {
		return false, err
	}
	var restarted bool
	err = l.query(ctx, "look for a restart", `SELECT count() = 0 OR min(written_at) < now64(6) - INTERVAL uptime() + 2 SECOND OR min(written_at) < now64(6) - INTERVAL 1 DAY FROM `+l.table("road")+`
		WHERE kind = 'intent' AND incarnation = ? AND partition = ? AND first = ? AND last = ? AND step = ? AND retry = ?`,
		func(r driver.Rows) error { return r.Scan(&restarted) }, i.Incarnation, uint16(i.Partition), i.First, i.Last, uint32(i.Step), uint32(i.Retry))
	if err != nil || restarted {
		return false, err
	}
	sql := `SELECT sum(greatest(blocks, 1)) FROM ` + l.table("road") + ` WHERE kind = 'intent' AND written_at >=
		(SELECT min(written_at) FROM ` + l.table("road") + ` WHERE kind = 'intent' AND incarnation = ? AND partition = ? AND first = ? AND last = ? AND step = ? AND retry = ?)`
	err = l.query(ctx, "count blocks since the intent", sql, func(r driver.Rows) error {
		var n uint64
		err := r.Scan(&n)
		ok = n*5 < uint64(l.opts.Window)*4
		return err
	}, i.Incarnation, uint16(i.Partition), i.First, i.Last, uint32(i.Step), uint32(i.Retry))
	return ok, err
}
