package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// Booked is what the books hold of each submission: the lines accounted for by partition, and whether the submission as a
// whole is there.
func (l *Ledger) Booked(ctx context.Context) (lines map[sellthrough.SubmissionID]map[int]int64, homes map[sellthrough.SubmissionID]bool, err error) {
	lines, homes = map[sellthrough.SubmissionID]map[int]int64{}, map[sellthrough.SubmissionID]bool{}
	err = l.query(ctx, "read books", "SELECT submission, partition, held_lines + new + duplicate + corrected + superseded + unfit FROM "+l.table("v_outcomes")+" WHERE NOT partial", func(r driver.Rows) error {
		var id string
		var p uint16
		var n int64
		err := r.Scan(&id, &p, &n)
		of := lines[sellthrough.SubmissionID(id)]
		if of == nil {
			of = map[int]int64{}
			lines[sellthrough.SubmissionID(id)] = of
		}
		of[int(p)] = n
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	err = l.query(ctx, "read books", "SELECT DISTINCT submission FROM "+l.table("submissions"), func(r driver.Rows) error {
		var id string
		err := r.Scan(&id)
		homes[sellthrough.SubmissionID(id)] = true
		return err
	})
	return lines, homes, err
}

// Skip passes over a range of a partition that the log no longer holds, as its owner. Submissions that had a part in it are
// held there as lost: newer words that come first are judged as words before which an older one may still come.
func (l *Ledger) Skip(ctx context.Context, b *sellthrough.Batch) error {
	epoch, err := l.Claim(ctx, b.Incarnation, b.Partition)
	if err != nil {
		return err
	}
	intent, done, err := l.Newest(ctx, b.Incarnation, b.Partition)
	if err != nil {
		return err
	}
	if done != nil {
		b.Reference = done.Reference
	}
	if intent != nil && (done == nil || done.Token != intent.Token) { // its messages are gone, and so must be what came of them
		if err := l.Remove(ctx, *intent); err != nil {
			return err
		}
	}
	b.Epoch, b.Complete, b.Blocks = epoch, true, 1
	if err := l.Intend(ctx, b.Intent); err != nil {
		return err
	}
	if err := l.Insert(ctx, b); err != nil {
		return err
	}
	return l.Done(ctx, b.Intent)
}

// Lost are the submissions that are held because their lines passed the log, by revision, each with its newest attempt.
func (l *Ledger) Lost(ctx context.Context) (out []Said, attempts []uint32, err error) {
	sql := fmt.Sprintf(`SELECT submission, partner, feed, kind, revision, attempt, idempotency_key, file, body, bytes, received_at, receipt FROM %[1]s.submissions
		WHERE submission IN (SELECT submission FROM (SELECT submission, partition, lost, held FROM %[1]s.outcomes ORDER BY attempt DESC LIMIT 1 BY submission, partition) WHERE lost AND held)
		ORDER BY revision, attempt DESC LIMIT 1 BY submission`, l.opts.Database)
	err = l.query(ctx, "list lost submissions", sql, func(r driver.Rows) error {
		var s Said
		var id, partner, feed, kind, receipt string
		var rev uint64
		var attempt uint32
		if err := r.Scan(&id, &partner, &feed, &kind, &rev, &attempt, &s.Key, &s.File, &s.Body, &s.Bytes, &s.Received, &receipt); err != nil {
			return err
		}
		var rc sellthrough.Receipt
		if err := json.Unmarshal([]byte(receipt), &rc); err != nil {
			return fmt.Errorf("receipt of %s: %w", id, err)
		}
		s.ID, s.Partner, s.Feed, s.Kind = sellthrough.SubmissionID(id), sellthrough.PartnerID(partner), sellthrough.FeedID(feed), sellthrough.FeedKind(kind)
		s.Revision, s.Scope = sellthrough.Revision(rev), rc.Scope
		out, attempts = append(out, s), append(attempts, attempt)
		return nil
	})
	return out, attempts, err
}
