package clickhouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// A shadow is a ledger of its own beside the real one, in which a replay says everything anew before anything of it is to
// hold. It is fed by the same intake and the same transformer; only its difference from the real ledger is ever looked at.

// shadowMark stands in the name of every shadow's database, so that nothing else is ever dropped as one.
const shadowMark = "_shadow_"

// Shadow makes the ledger of a shadow run.
func (l *Ledger) Shadow(ctx context.Context, id string) (*Ledger, error) {
	o := l.opts
	o.Database, o.Views = l.opts.Database+shadowMark+id, nil
	s, err := Open(o)
	if err != nil {
		return nil, err
	}
	if err := s.Migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("a shadow run needs a database of its own: let the configured user create databases named %s*: %w", l.opts.Database+shadowMark, err), s.Close())
	}
	sql := fmt.Sprintf("CREATE TABLE %s %s (revision UInt64) ENGINE = %s ORDER BY revision", s.table("considered"), s.model().OnCluster, s.model().MergeTree("considered"))
	return s, s.exec(ctx, "make a shadow", sql)
}

// Name is the ledger's database.
func (l *Ledger) Name() string { return l.opts.Database }

// Consider notes revisions whose words the shadow knows, or leaves out on purpose. Lines of any other word are no business of
// the replay.
func (l *Ledger) Consider(ctx context.Context, revisions []sellthrough.Revision) error {
	return l.insert(ctx, "considered", "considered", "revision", each(revisions, func(r *sellthrough.Revision) uint64 { return uint64(*r) }))
}

// Shadows are the databases of shadow runs that were begun so long ago.
func (l *Ledger) Shadows(ctx context.Context, age time.Duration) (names []string, err error) {
	err = l.query(ctx, "look for shadows", "SELECT database FROM system.tables WHERE startsWith(database, ?) AND name = 'considered' AND metadata_modification_time <= now() - ? ORDER BY database", func(r driver.Rows) error {
		var name string
		err := r.Scan(&name)
		names = append(names, name)
		return err
	}, l.opts.Database+shadowMark, int64(age.Seconds()))
	return names, err
}

// DropShadow drops the database of a shadow run.
func (l *Ledger) DropShadow(ctx context.Context, name string) error {
	if !strings.HasPrefix(name, l.opts.Database+shadowMark) {
		return fmt.Errorf("clickhouse: %s is no shadow of %s", name, l.opts.Database)
	}
	return l.exec(ctx, "drop a shadow", "DROP DATABASE IF EXISTS "+name+" "+l.model().OnCluster+" SYNC")
}

// Said is a submission that took effect, as a replay needs it.
type Said struct {
	sellthrough.Submission
	Kind   sellthrough.FeedKind
	Undone bool // a person took it back: a replay leaves it out
}

// Said are the submissions of feeds that took effect, by revision. Those that are held or still on the road are not among them.
func (l *Ledger) Said(ctx context.Context, partner sellthrough.PartnerID, feeds []sellthrough.FeedID) (out []Said, err error) {
	undone := map[uint64]bool{}
	if err := l.query(ctx, "read orders", "SELECT DISTINCT undone FROM "+l.table("orders")+" WHERE kind = 'undo'", func(r driver.Rows) error {
		var rev uint64
		err := r.Scan(&rev)
		undone[rev] = true
		return err
	}); err != nil {
		return nil, err
	}
	sql := fmt.Sprintf(`SELECT submission, feed, kind, revision, idempotency_key, file, body, bytes, received_at, receipt FROM %[1]s.submissions
		WHERE partner = %[2]s AND feed IN (%[3]s) AND submission IN (SELECT submission FROM %[1]s.v_submissions WHERE state = 'final' AND partner = %[2]s)
		ORDER BY revision, attempt DESC LIMIT 1 BY submission`, l.opts.Database, quote(string(partner)), list(feeds, func(f sellthrough.FeedID) string { return quote(string(f)) }))
	err = l.query(ctx, "list submissions", sql, func(r driver.Rows) error {
		s := Said{Submission: sellthrough.Submission{Partner: partner}}
		var id, feed, kind, receipt string
		var rev uint64
		if err := r.Scan(&id, &feed, &kind, &rev, &s.Key, &s.File, &s.Body, &s.Bytes, &s.Received, &receipt); err != nil {
			return err
		}
		var rc sellthrough.Receipt
		if err := json.Unmarshal([]byte(receipt), &rc); err != nil {
			return fmt.Errorf("receipt of %s: %w", id, err)
		}
		s.ID, s.Feed, s.Kind, s.Revision, s.Scope = sellthrough.SubmissionID(id), sellthrough.FeedID(feed), sellthrough.FeedKind(kind), sellthrough.Revision(rev), rc.Scope
		s.Undone = undone[rev]
		out = append(out, s)
		return nil
	})
	return out, err
}

// Namespaces are those in which the ledger holds rows of feeds.
func (l *Ledger) Namespaces(ctx context.Context, partner sellthrough.PartnerID, feeds []sellthrough.FeedID) ([]string, error) {
	return l.distinct(ctx, "namespace", fmt.Sprintf("partner = %s AND feed IN (%s)", quote(string(partner)), list(feeds, func(f sellthrough.FeedID) string { return quote(string(f)) })))
}

// FeedsIn are the feeds that the ledger holds rows of in namespaces.
func (l *Ledger) FeedsIn(ctx context.Context, partner sellthrough.PartnerID, namespaces []string) (out []sellthrough.FeedID, err error) {
	names, err := l.distinct(ctx, "feed", fmt.Sprintf("partner = %s AND namespace IN (%s)", quote(string(partner)), list(namespaces, quote)))
	for _, f := range names {
		out = append(out, sellthrough.FeedID(f))
	}
	return out, err
}

// distinct are the values of a column in all ledgers.
func (l *Ledger) distinct(ctx context.Context, column, where string) (out []string, err error) {
	var parts []string
	for _, k := range sellthrough.FeedKinds() {
		parts = append(parts, "SELECT DISTINCT "+column+" FROM "+l.ledgerOf(k)+" WHERE "+where)
	}
	return out, l.query(ctx, "read what is held", "SELECT DISTINCT "+column+" FROM ("+strings.Join(parts, " UNION ALL ")+") ORDER BY "+column, func(r driver.Rows) error {
		var v string
		err := r.Scan(&v)
		out = append(out, v)
		return err
	})
}

// InForce is the reference version in force: 0 where there is none.
func (l *Ledger) InForce(ctx context.Context) (rev sellthrough.Revision, err error) {
	return rev, l.query(ctx, "read the reference version in force", "SELECT version FROM "+l.table("v_reference"), func(r driver.Rows) error {
		var v uint64
		err := r.Scan(&v)
		rev = sellthrough.Revision(v)
		return err
	})
}

// OrderDone is how many partitions have worked an order off.
func (l *Ledger) OrderDone(ctx context.Context, rev sellthrough.Revision) (n int, err error) {
	return n, l.query(ctx, "read orders", "SELECT uniqExact(partition) FROM "+l.table("orders")+" WHERE revision = ?", func(r driver.Rows) error {
		var k uint64
		err := r.Scan(&k)
		n = int(k)
		return err
	}, uint64(rev))
}

// Finals waits until n submissions are final in a shadow.
func (l *Ledger) Finals(ctx context.Context, n int) error {
	for {
		var got uint64
		err := l.query(ctx, "count final submissions", "SELECT count() FROM "+l.table("v_submissions")+" WHERE state = 'final'", func(r driver.Rows) error { return r.Scan(&got) })
		if err == nil && got >= uint64(n) {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
