package clickhouse

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// Floors are the newest words without rows about slices, or about locations' days; none of either is all of them. Documents
// that were replaced or cancelled after a revision are all told of. Floors are those of one partition: what another one has
// written by now would make a redo read otherwise than the first try did.
func (l *Ledger) Floors(ctx context.Context, partner, namespace string, partition int, slices []uint64, locations []string, from, to sellthrough.Day, after sellthrough.Revision, except *sellthrough.Token) ([]sellthrough.Floor, error) {
	days := fmt.Sprintf("slice = 0 AND from_day <= %d AND to_day >= %d", to, from)
	if len(locations) > 0 {
		days += " AND location IN ('', " + list(locations, quote) + ")"
	}
	where := fmt.Sprintf("(%s) OR (slice != 0 AND location != '' AND (revision > %d OR version > 0))", days, after)
	switch {
	case slices == nil:
		where += " OR slice != 0"
	case len(slices) > 0:
		where += " OR slice IN (" + list(slices, number) + ")"
	}
	sql := "SELECT slice, line, location, from_day, to_day, argMax(revision, (version, revision)), max(version) FROM " + l.table("floors") +
		" WHERE partner = " + quote(partner) + " AND namespace = " + quote(namespace) + fmt.Sprintf(" AND partition = %d", partition) + " AND (" + where + ")" + but(except) + " GROUP BY slice, line, location, from_day, to_day"
	var out []sellthrough.Floor
	err := l.query(ctx, "load floors", sql, func(r driver.Rows) error {
		f := sellthrough.Floor{Partner: partner, Namespace: namespace}
		var rev uint64
		var a, b int32
		if err := r.Scan(&f.Slice, &f.Line, &f.Location, &a, &b, &rev, &f.Version); err != nil {
			return err
		}
		f.From, f.To, f.Revision = sellthrough.Day(a), sellthrough.Day(b), sellthrough.Revision(rev)
		out = append(out, f)
		return nil
	})
	return out, err
}

// Applied says which of some submissions are in the books of a partition.
func (l *Ledger) Applied(ctx context.Context, partition int, revisions []uint64, except *sellthrough.Token) (map[sellthrough.Revision]sellthrough.Applied, error) {
	out := map[sellthrough.Revision]sellthrough.Applied{}
	sql := fmt.Sprintf("SELECT revision, max(attempt), min(held) FROM %s WHERE partition = %d AND revision IN (%s) AND NOT partial%s GROUP BY revision",
		l.table("outcomes"), partition, list(revisions, number), but(except))
	err := l.query(ctx, "read books", sql, func(r driver.Rows) error {
		var rev uint64
		var a sellthrough.Applied
		err := r.Scan(&rev, &a.Attempt, &a.Held)
		out[sellthrough.Revision(rev)] = a
		return err
	})
	return out, err
}

// MaxFloor is the newest floor of a partner's namespace in a partition.
func (l *Ledger) MaxFloor(ctx context.Context, partner, namespace string, partition int) (rev sellthrough.Revision, err error) {
	err = l.query(ctx, "load floors", "SELECT max(revision) FROM "+l.table("floors")+" WHERE partner = ? AND namespace = ? AND partition = ?", func(r driver.Rows) error {
		var n uint64
		err := r.Scan(&n)
		rev = sellthrough.Revision(n)
		return err
	}, partner, namespace, uint16(partition))
	return rev, err
}

// MaxRevision is the newest submission in the books of a partition.
func (l *Ledger) MaxRevision(ctx context.Context, partition int) (rev sellthrough.Revision, err error) {
	err = l.query(ctx, "read books", "SELECT max(revision) FROM "+l.table("outcomes")+" WHERE partition = ?", func(r driver.Rows) error {
		var n uint64
		err := r.Scan(&n)
		rev = sellthrough.Revision(n)
		return err
	}, uint16(partition))
	return rev, err
}

// Unresolved are the submissions that a partition has voted on, has put off or holds, and has not applied.
func (l *Ledger) Unresolved(ctx context.Context, partition int, except *sellthrough.Token) (map[sellthrough.SubmissionID]sellthrough.Pending, error) {
	out := map[sellthrough.SubmissionID]sellthrough.Pending{}
	sql := fmt.Sprintf(`SELECT submission, any(partner), any(revision), max(attempt), argMax(end_offset, (attempt, state, end_offset)), toUInt8(argMax(state, (attempt, state))) FROM (
			SELECT submission, partner, revision, attempt, end_offset, if(waits, %[5]d, %[6]d) AS state FROM %[1]s WHERE partition = %[3]d%[4]s
			UNION ALL SELECT submission, partner, revision, attempt, 0, %[7]d FROM %[2]s WHERE partition = %[3]d AND held%[4]s
		) WHERE submission NOT IN (SELECT submission FROM %[2]s WHERE partition = %[3]d AND NOT held AND NOT partial%[4]s) GROUP BY submission`,
		l.table("votes"), l.table("outcomes"), partition, but(except), sellthrough.IsWaiting, sellthrough.HasVoted, sellthrough.IsHeld)
	err := l.query(ctx, "read books", sql, func(r driver.Rows) error {
		var id, partner string
		var rev uint64
		var state uint8
		var p sellthrough.Pending
		err := r.Scan(&id, &partner, &rev, &p.Attempt, &p.End, &state)
		p.Partner, p.Revision, p.State = sellthrough.PartnerID(partner), sellthrough.Revision(rev), sellthrough.PendingState(state)
		out[sellthrough.SubmissionID(id)] = p
		return err
	})
	return out, err
}

// Unfit is how many lines of a submission a partition could not keep.
func (l *Ledger) Unfit(ctx context.Context, partition int, rev sellthrough.Revision, except *sellthrough.Token) (n int64, err error) {
	err = l.query(ctx, "read books", fmt.Sprintf("SELECT sum(lines_refused) FROM %s WHERE partition = %d AND revision = %d%s", l.table("outcomes"), partition, rev, but(except)),
		func(r driver.Rows) error { return r.Scan(&n) })
	return n, err
}

// Votes are those cast on an attempt, by partition.
func (l *Ledger) Votes(ctx context.Context, id sellthrough.SubmissionID, attempt uint32) (map[int]sellthrough.Vote, error) {
	out := map[int]sellthrough.Vote{}
	err := l.query(ctx, "read votes", "SELECT partition, partner, revision, end_offset, scope_lines, lost_lines FROM "+l.table("votes")+" WHERE submission = ? AND attempt = ? AND NOT waits",
		func(r driver.Rows) error {
			v := sellthrough.Vote{Submission: id, Attempt: attempt}
			var p uint16
			var partner string
			var rev uint64
			err := r.Scan(&p, &partner, &rev, &v.End, &v.Scope, &v.Loss)
			v.Partner, v.Revision = sellthrough.PartnerID(partner), sellthrough.Revision(rev)
			out[int(p)] = v
			return err
		}, string(id), attempt)
	return out, err
}
