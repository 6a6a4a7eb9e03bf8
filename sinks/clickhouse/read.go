package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// State is how far a submission has come.
type State string

// The states of a submission.
const (
	OnTheRoad State = "on the road"
	IsHeld    State = "held"
	Final     State = "final"
)

// Report is what the books hold of a submission.
type Report struct {
	ID         sellthrough.SubmissionID `json:"submission"`
	Feed       sellthrough.FeedID       `json:"feed"`
	Partner    sellthrough.PartnerID    `json:"partner"`
	ReceivedAt time.Time                `json:"received_at"`
	File       string                   `json:"file,omitempty"`
	State      State                    `json:"state"`
	Why        string                   `json:"why,omitempty"` // it is held
	Received   int64                    `json:"received"`
	Refused    int64                    `json:"refused"`
	Accepted   int64                    `json:"accepted"`
	Counts     sellthrough.Counts       `json:"outcome"`
	Revision   sellthrough.Revision     `json:"revision"`
	Attempt    uint32                   `json:"attempt"`
	Receipt    *sellthrough.Receipt     `json:"receipt,omitempty"` // of a single submission only
}

const reportColumns = "submission, feed, partner, received_at, file, state, why, received, refused, accepted, held, new, duplicate, corrected, superseded, withdrawn, implied, unmatched, unfit, revision, attempt"

func scanReport(r driver.Rows) (Report, error) {
	var p Report
	var id, feed, partner, state string
	var rev uint64
	c := &p.Counts
	err := r.Scan(&id, &feed, &partner, &p.ReceivedAt, &p.File, &state, &p.Why, &p.Received, &p.Refused, &p.Accepted,
		&c.Held, &c.New, &c.Duplicate, &c.Corrected, &c.Superseded, &c.Withdrawn, &c.Implied, &c.Unmatched, &c.Refused, &rev, &p.Attempt)
	p.ID, p.Feed, p.Partner, p.State, p.Revision = sellthrough.SubmissionID(id), sellthrough.FeedID(feed), sellthrough.PartnerID(partner), State(state), sellthrough.Revision(rev)
	return p, err
}

// Submission is the books' word on one submission; ok is false where it has not reached them.
func (l *Ledger) Submission(ctx context.Context, id sellthrough.SubmissionID) (p Report, ok bool, err error) {
	// The narrow form of v_submissions: by index, not over all submissions.
	sql := fmt.Sprintf(`SELECT s.submission, s.feed, s.partner, s.received_at, s.file,
			multiIf(o.final < length(s.partitions), 'on the road', o.is_held, 'held', 'final'), o.why, s.rows, s.refused + o.r, s.accepted - o.r,
			o.h, o.n, o.d, o.c, o.p, o.w, o.i, o.u, o.r, s.revision, s.attempt
		FROM (SELECT * FROM %[1]s.submissions WHERE submission = @id ORDER BY attempt DESC, known_at DESC LIMIT 1) AS s
		LEFT JOIN (
			SELECT submission, countIf(NOT part) AS final, max(is_held) AS is_held, max(why) AS why, sum(h) AS h, sum(n) AS n, sum(d) AS d, sum(c) AS c, sum(p) AS p, sum(w) AS w, sum(i) AS i, sum(u) AS u, sum(r) AS r
			FROM (
				SELECT submission, partition, attempt, max(held) AS is_held, min(partial) AS part, max(why) AS why, sum(lines_held) AS h, sum(lines_new) AS n, sum(lines_duplicate) AS d,
					sum(lines_corrected) AS c, sum(lines_superseded) AS p, sum(lines_withdrawn) AS w, sum(lines_implied) AS i, sum(lines_unmatched) AS u, sum(lines_refused) AS r
				FROM %[1]s.outcomes WHERE submission = @id GROUP BY submission, partition, attempt ORDER BY attempt DESC LIMIT 1 BY partition
			) GROUP BY submission
		) AS o ON o.submission = s.submission`, l.opts.Database)
	err = l.query(ctx, "read submission", sql, func(r driver.Rows) error {
		ok = true
		p, err = scanReport(r)
		return err
	}, clickhouse.Named("id", string(id)))
	if err == nil && ok {
		var rc sellthrough.Receipt
		if rc, ok, err = l.Receipt(ctx, id); ok {
			rc.Refuse(p.Counts.Refused)
			p.Receipt = &rc
		}
	}
	return p, ok, err
}

// Recent is the newest submissions.
func (l *Ledger) Recent(ctx context.Context, n int) ([]Report, error) {
	var out []Report
	err := l.query(ctx, "read submissions", "SELECT "+reportColumns+" FROM "+l.table("v_submissions")+" ORDER BY received_at DESC LIMIT ?", func(r driver.Rows) error {
		p, err := scanReport(r)
		out = append(out, p)
		return err
	}, n)
	return out, err
}

// Refused is refused rows of a submission after a row, in their order.
func (l *Ledger) Refused(ctx context.Context, id sellthrough.SubmissionID, after uint32, limit int) ([]sellthrough.Refusal, error) {
	var out []sellthrough.Refusal
	err := l.query(ctx, "read refused rows", "SELECT row, column, value, reason FROM "+l.table("refused")+" WHERE submission = ? AND row > ? ORDER BY row LIMIT ?", func(r driver.Rows) error {
		var x sellthrough.Refusal
		err := r.Scan(&x.Row, &x.Column, &x.Value, &x.Reason)
		out = append(out, x)
		return err
	}, string(id), after, limit)
	return out, err
}

// Receipt is the receipt of a submission as it stands in the books.
func (l *Ledger) Receipt(ctx context.Context, id sellthrough.SubmissionID) (rc sellthrough.Receipt, ok bool, err error) {
	err = l.query(ctx, "read receipt", "SELECT receipt FROM "+l.table("submissions")+" WHERE submission = ? ORDER BY attempt DESC LIMIT 1", func(r driver.Rows) error {
		var text string
		if err := r.Scan(&text); err != nil {
			return err
		}
		ok = true
		return json.Unmarshal([]byte(text), &rc)
	}, string(id))
	return rc, ok, err
}

// Table is the answer to a free query.
type Table struct {
	Columns []string
	Types   []string // ClickHouse's names of the columns' types
	Rows    [][]any
}

// Query answers a person's question. Parameters are bound by the server, never put into the text.
func (l *Ledger) Query(ctx context.Context, sql string, params map[string]string) (Table, error) {
	return ask(clickhouse.Context(ctx, clickhouse.WithParameters(params)), l.conn, sql)
}
