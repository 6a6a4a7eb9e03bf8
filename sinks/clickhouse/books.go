package clickhouse

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// Floors are the newest words without rows about slices, or about locations' days; no locations is all of them.
func (l *Ledger) Floors(ctx context.Context, partner, namespace string, slices []uint64, locations []string, from, to sellthrough.Day, except *sellthrough.Token) ([]sellthrough.Floor, error) {
	days := fmt.Sprintf("slice = 0 AND from_day <= %d AND to_day >= %d", to, from)
	if len(locations) > 0 {
		days += " AND location IN ('', " + list(locations, quote) + ")"
	}
	where := "(" + days + ")"
	if len(slices) > 0 {
		where += " OR slice IN (" + list(slices, number) + ")"
	}
	sql := "SELECT slice, line, location, from_day, to_day, argMax(revision, (version, revision)), max(version) FROM " + l.table("floors") +
		" WHERE partner = " + quote(partner) + " AND namespace = " + quote(namespace) + " AND (" + where + ")" + but(except) + " GROUP BY slice, line, location, from_day, to_day"
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

// MaxFloor is the newest floor of a partner's namespace.
func (l *Ledger) MaxFloor(ctx context.Context, partner, namespace string) (rev sellthrough.Revision, err error) {
	err = l.query(ctx, "load floors", "SELECT max(revision) FROM "+l.table("floors")+" WHERE partner = ? AND namespace = ?", func(r driver.Rows) error {
		var n uint64
		err := r.Scan(&n)
		rev = sellthrough.Revision(n)
		return err
	}, partner, namespace)
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

// Unresolved are the submissions that a partition has voted on or holds, and has not applied.
func (l *Ledger) Unresolved(ctx context.Context, partition int) (map[sellthrough.SubmissionID]sellthrough.Pending, error) {
	out := map[sellthrough.SubmissionID]sellthrough.Pending{}
	sql := fmt.Sprintf(`SELECT submission, any(partner), any(revision) FROM (
			SELECT submission, partner, revision FROM %[1]s WHERE partition = %[3]d
			UNION ALL SELECT submission, partner, revision FROM %[2]s WHERE partition = %[3]d AND held
		) WHERE submission NOT IN (SELECT submission FROM %[2]s WHERE partition = %[3]d AND NOT held AND NOT partial) GROUP BY submission`,
		l.table("votes"), l.table("outcomes"), partition)
	err := l.query(ctx, "read books", sql, func(r driver.Rows) error {
		var id, partner string
		var rev uint64
		err := r.Scan(&id, &partner, &rev)
		out[sellthrough.SubmissionID(id)] = sellthrough.Pending{Partner: sellthrough.PartnerID(partner), Revision: sellthrough.Revision(rev)}
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
	err := l.query(ctx, "read votes", "SELECT partition, partner, revision, end_offset, scope_lines, lost_lines FROM "+l.table("votes")+" WHERE submission = ? AND attempt = ?",
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
