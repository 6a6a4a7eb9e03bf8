package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// CustomerRows is how many rows of a partner have one of the tokens of an end customer, over all ledgers, those that were taken
// back among them.
func (l *Ledger) CustomerRows(ctx context.Context, partner sellthrough.PartnerID, tokens []string) (n int64, err error) {
	var parts []string
	var args []any
	for _, t := range l.model().AllLedgers() {
		parts = append(parts, "SELECT count() AS n FROM "+l.table(t.Table)+" WHERE partner = ? AND customer IN (?)")
		args = append(args, string(partner), tokens)
	}
	err = l.query(ctx, "count the rows of an end customer", "SELECT toInt64(sum(n)) FROM ("+strings.Join(parts, " UNION ALL ")+")", func(r driver.Rows) error {
		return r.Scan(&n)
	}, args...)
	return n, err
}

// BodiesOf are the names of the bodies of a feed, each once, whose name does not begin with a prefix; those that were turned
// away and kept are among them.
func (l *Ledger) BodiesOf(ctx context.Context, feed sellthrough.FeedID, without string) (out []string, err error) {
	err = l.query(ctx, "list the bodies of "+string(feed), fmt.Sprintf(`SELECT DISTINCT body FROM (
			SELECT feed, body FROM %s UNION ALL SELECT feed, body FROM %s WHERE body != '') WHERE feed = ? AND NOT startsWith(body, ?)`, l.table("submissions"), l.table("turned_away")), func(r driver.Rows) error {
		var body string
		err := r.Scan(&body)
		out = append(out, body)
		return err
	}, string(feed), without)
	return out, err
}

// HeldBodies are the submissions of a partner that are held, and their bodies.
func (l *Ledger) HeldBodies(ctx context.Context, partner sellthrough.PartnerID) (map[sellthrough.SubmissionID]string, error) {
	out := map[sellthrough.SubmissionID]string{}
	err := l.query(ctx, "list what is held", fmt.Sprintf(`SELECT submission, argMax(body, attempt) FROM %s WHERE partner = ?
			AND submission IN (SELECT submission FROM %s WHERE partner = ? AND state = 'held') GROUP BY submission`, l.table("submissions"), l.table("v_submissions")),
		func(r driver.Rows) error {
			var id, body string
			err := r.Scan(&id, &body)
			out[sellthrough.SubmissionID(id)] = body
			return err
		}, string(partner), string(partner))
	return out, err
}
