package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/sinks/road"
)

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

// Claim takes a partition over, unless a newer program's schema has left this one behind.
func (l *Ledger) Claim(ctx context.Context, incarnation string, partition int) (uint64, error) {
	if err := l.Compatible(ctx); err != nil {
		return 0, err
	}
	return l.Road.Claim(ctx, incarnation, partition)
}

// notes is the table road as package road sees it.
type notes struct{ *Ledger }

func (n notes) Note(ctx context.Context, kind road.Kind, i sellthrough.Intent) error {
	return n.note(ctx, kind, i)
}

// note writes one row of the road. Each try has a token of its own: a row that stands twice does no harm, but one that a
// server forgot when it crashed, and drops as known when it is written again, would.
func (l *Ledger) note(ctx context.Context, kind road.Kind, i sellthrough.Intent) error {
	unfit := ""
	if (kind == road.Intent || kind == road.Void) && len(i.Unfit) > 0 { // a void stands for its intent; see Newest
		text, err := json.Marshal(i.Unfit)
		if err != nil {
			return fmt.Errorf("clickhouse: write %s of %s: %w", kind, road.Text(i.Token), err)
		}
		unfit = string(text)
	}
	ctx, cancel := context.WithTimeout(withToken(ctx, fmt.Sprintf("%s/%s/%d/%d", kind, road.Text(i.Token), i.Epoch, rand.Uint64())), deadline)
	defer cancel()
	b, err := l.conn.PrepareBatch(ctx, "INSERT INTO "+l.table("road")+
		" (incarnation, partition, kind, epoch, first, last, step, retry, complete, reference, blocks, rows, unfit)", driver.WithReleaseConnection())
	if err == nil {
		err = b.Append(i.Incarnation, uint16(i.Partition), string(kind), i.Epoch, i.First, i.Last, uint32(i.Step), uint32(i.Retry), i.Complete, uint64(i.Reference),
			uint32(i.Blocks), uint32(i.Rows), unfit)
	}
	if err == nil {
		err = b.Send()
	}
	if err != nil {
		return fmt.Errorf("clickhouse: write %s of %s: %w", kind, road.Text(i.Token), err)
	}
	return nil
}

func (n notes) Fed(ctx context.Context, partition int) (incarnation string, err error) {
	err = n.query(ctx, "read claims", "SELECT incarnation FROM "+n.table("road")+" WHERE partition = ? GROUP BY incarnation ORDER BY max(written_at) DESC LIMIT 1",
		func(r driver.Rows) error { return r.Scan(&incarnation) }, uint16(partition))
	return incarnation, err
}

func (n notes) Epoch(ctx context.Context, incarnation string, partition int) (epoch uint64, err error) {
	err = n.query(ctx, "read claims", "SELECT max(epoch) FROM "+n.table("road")+" WHERE incarnation = ? AND partition = ? AND kind = 'claim'",
		func(r driver.Rows) error { return r.Scan(&epoch) }, incarnation, uint16(partition))
	return epoch, err
}

func (n notes) Claims(ctx context.Context, incarnation string, partition int, epoch uint64) (int, error) {
	var claims uint64
	err := n.query(ctx, "read claims", "SELECT count() FROM "+n.table("road")+" WHERE incarnation = ? AND partition = ? AND kind = 'claim' AND epoch >= ?",
		func(r driver.Rows) error { return r.Scan(&claims) }, incarnation, uint16(partition), epoch)
	return int(claims), err
}

// Newest is the newest intent and the newest done. A voided intent stays the newest, so that its range is written anew under
// another token also after a crash: Trusted says no of it. The void has the epoch of who wrote it; so what an owner before
// writes when it wakes, the done of the voided batch among it, does not count.
func (l *Ledger) Newest(ctx context.Context, incarnation string, partition int) (intent, done *sellthrough.Intent, err error) {
	sql := fmt.Sprintf(`SELECT if(kind = 'done', 'done', 'intent') AS what, epoch, first, last, step, retry, complete, reference, blocks, rows, unfit FROM %[1]s
		WHERE incarnation = ? AND partition = ? AND kind IN ('intent', 'void', 'done')
		AND NOT (kind = 'done' AND (first, last, step, retry) IN (SELECT first, last, step, retry FROM %[1]s WHERE incarnation = ? AND partition = ? AND kind = 'void'))
		ORDER BY epoch DESC, last DESC, step DESC, retry DESC LIMIT 1 BY what`, l.table("road"))
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
	}, incarnation, uint16(partition), incarnation, uint16(partition))
	return intent, done, err
}

// held selects the holds that are not released. Those of a pause end by themselves when they are not said again.
func held() string {
	return "kind = 'hold' AND (partition, epoch, first, last, step, retry, rows) NOT IN (SELECT partition, epoch, first, last, step, retry, rows FROM %[1]s WHERE kind = 'release')" +
		fmt.Sprintf(" AND (partition != %d OR first IN (SELECT first FROM %%[1]s WHERE kind = 'hold' AND partition = %[1]d GROUP BY first HAVING max(written_at) > now64(6) - INTERVAL %d SECOND))", pausePartition, int(holdLife.Seconds()))
}

func (n notes) Holds(ctx context.Context, incarnation string) (map[int][]sellthrough.Intent, error) {
	out := map[int][]sellthrough.Intent{}
	sql := fmt.Sprintf("SELECT DISTINCT partition, epoch, first, last, step, retry, rows FROM %[1]s WHERE incarnation = ? AND "+held(), n.table("road"))
	err := n.query(ctx, "read holds", sql, func(r driver.Rows) error {
		var p uint16
		var step, retry, rows uint32
		var i sellthrough.Intent
		err := r.Scan(&p, &i.Epoch, &i.First, &i.Last, &step, &retry, &rows)
		i.Incarnation, i.Partition, i.Step, i.Retry, i.Rows = incarnation, int(p), int(step), int(retry), int(rows)
		out[int(p)] = append(out[int(p)], i)
		return err
	}, incarnation)
	return out, err
}

func (n notes) Before(ctx context.Context, i sellthrough.Intent) (before bool, err error) {
	sql := fmt.Sprintf(`SELECT count() = 0 FROM %[1]s WHERE incarnation = ? AND `+held()+` AND written_at + INTERVAL %[2]d MILLISECOND <
		(SELECT min(written_at) FROM %[1]s WHERE incarnation = ? AND partition = ? AND kind = 'intent' AND first = ? AND last = ? AND step = ? AND retry = ?)`, n.table("road"), road.Visible.Milliseconds())
	err = n.query(ctx, "read holds", sql, func(r driver.Rows) error { return r.Scan(&before) },
		i.Incarnation, i.Incarnation, uint16(i.Partition), i.First, i.Last, uint32(i.Step), uint32(i.Retry))
	return before, err
}

func (n notes) Flying(ctx context.Context, incarnation string) (partitions []int, err error) {
	sql := fmt.Sprintf(`WITH (first, last, step, retry) AS place SELECT partition FROM (
			SELECT partition, argMax(place, (epoch, last, step, retry)) AS newest, max(epoch) AS owner FROM %[1]s WHERE incarnation = ? AND kind IN ('intent', 'void') GROUP BY partition
		) AS i LEFT JOIN (SELECT partition, max(epoch) AS owner FROM %[1]s WHERE incarnation = ? AND kind = 'done' GROUP BY partition) AS d USING partition
		WHERE i.owner >= d.owner AND (partition, newest) NOT IN (SELECT partition, place FROM %[1]s WHERE incarnation = ? AND kind IN ('done', 'void'))
		AND (partition, newest) IN (SELECT partition, place FROM %[1]s WHERE incarnation = ? AND kind = 'intent' AND written_at <= (SELECT min(written_at) FROM %[1]s WHERE `+held()+`) + INTERVAL %[2]d MILLISECOND)`,
		n.table("road"), road.Visible.Milliseconds())
	err = n.query(ctx, "look for open intents", sql, func(r driver.Rows) error {
		var p uint16
		err := r.Scan(&p)
		partitions = append(partitions, int(p))
		return err
	}, incarnation, incarnation, incarnation, incarnation)
	return partitions, err
}

func (n notes) Since(ctx context.Context, i sellthrough.Intent) (s road.Since, err error) {
	args := []any{i.Incarnation, uint16(i.Partition), i.First, i.Last, uint32(i.Step), uint32(i.Retry)}
	const which = " AND incarnation = ? AND partition = ? AND first = ? AND last = ? AND step = ? AND retry = ?"
	err = n.query(ctx, "look for a void", "SELECT count() > 0 FROM "+n.table("road")+" WHERE kind = 'void'"+which, func(r driver.Rows) error { return r.Scan(&s.Void) }, args...)
	if err != nil || s.Void {
		return s, err
	}
	// Nor is an intent of more than a day ago trusted: notes are kept for a while only, so what came since could not be counted for sure.
	err = n.query(ctx, "look for a restart", "SELECT count() = 0 OR min(written_at) < now64(6) - INTERVAL uptime() + 2 SECOND OR min(written_at) < now64(6) - INTERVAL 1 DAY FROM "+n.table("road")+" WHERE kind = 'intent'"+which,
		func(r driver.Rows) error { return r.Scan(&s.Restarted) }, args...)
	if err != nil || s.Restarted {
		return s, err
	}
	err = n.query(ctx, "count blocks since the intent", "SELECT sum(greatest(blocks, 1)) FROM "+n.table("road")+" WHERE kind = 'intent' AND written_at >= (SELECT min(written_at) FROM "+
		n.table("road")+" WHERE kind = 'intent'"+which+")", func(r driver.Rows) error {
		var blocks uint64
		err := r.Scan(&blocks)
		s.Blocks = int(blocks)
		return err
	}, args...)
	return s, err
}
