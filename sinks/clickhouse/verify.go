package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/sinks/road"
)

// Finding is something that is wrong, and how it is mended.
type Finding struct {
	What   string
	Remedy string
	Cure   Cure // what `verify --heal` does about it; empty: nothing
}

// Cure is how a finding is mended without anybody's judgement.
type Cure string

// The cures.
const (
	CureSums      Cure = "sums"      // HealSums
	CureReference Cure = "reference" // the version in force is told to all partitions again
	CureShadows   Cure = "shadows"   // what is left of shadow runs is dropped
)

// check is one question whose every answer is a finding.
type check struct {
	what, sql, remedy string
	cure              Cure
}

func (l *Ledger) checks() []check {
	db := l.opts.Database
	out := []check{
		{
			"books of submission %s (feed %s): accepted %s, accounted for %s", `SELECT submission, feed, toString(accepted), toString(held + new + duplicate + corrected + superseded) FROM ` + db + `.v_submissions
			WHERE state != 'on the road' AND accepted != held + new + duplicate + corrected + superseded`,
			"a batch was lost or counted twice: keep the data as it is and look at the log of the time", "",
		},
		{
			"books of submission %s (feed %s): received %s, accepted and refused together %s", `SELECT submission, feed, toString(received), toString(accepted + refused) FROM ` + db + `.v_submissions WHERE received != accepted + refused`,
			"the receipt was miscounted: compare it with the archived body", "",
		},
		{
			"stock of partner %s on %s (%s): %s", fmt.Sprintf(`SELECT partner, toString(toDate32(day)), location, concat('ledger and levels differ by ', toString(sum(q) / 1000000), ' units, ', toString(sum(n)), ' reports') FROM (
				SELECT level_code, partner, day, location, product, item, namespace, at_seconds, qty AS q, line_count AS n, implied AS i, unmatched AS u FROM (%s)
				UNION ALL SELECT toUInt8(level), partner, toInt32(business_date), location, product, item, namespace, at_seconds, -qty_micros, -lines, -lines_implied, -lines_unmatched FROM %s.stock_daily
			) GROUP BY level_code, partner, day, location, product, item, namespace, at_seconds HAVING sum(q) != 0 OR sum(n) != 0 OR sum(i) != 0 OR sum(u) != 0`, fmt.Sprintf(stockFromLedger, db+".stock_reports"), db),
			"the levels are brought in line with the ledger by `sellthrough verify --heal`", CureSums,
		},
		{
			"what partner %s published of %s (%s): %s", `SELECT partner, toString(toDate32(day)), feed, concat('ledger and sums differ by ', toString(sum(n_in)), ' lines in, ', toString(sum(n_out)), ' lines out') FROM (` +
				l.publishedDifference() + `) GROUP BY partner, day, feed`,
			"what was published is brought in line with the ledger by `sellthrough verify --heal`", CureSums,
		},
		{
			"partitions %s read by reference versions %s of incarnation %s%s", `SELECT toString(groupArray(partition)), toString(groupUniqArray(reference)), incarnation, '' FROM ` + db + `.v_progress WHERE last_done >= 0
			GROUP BY incarnation HAVING uniqExactIf(reference, complete) > 1 AND max(done_at) < now() - 60`,
			"a reference version has not taken force everywhere: `sellthrough verify --heal` tells it to them again", CureReference,
		},
	}
	for _, sums := range []string{"sales_daily", "flow_daily"} {
		out = append(out, check{
			"partner %s on %s (%s): %s", fmt.Sprintf(`SELECT partner, toString(toDate32(day)), currency, concat('ledger and %[3]s differ by ', toString(sum(q) / 1000000), ' units, ', toString(sum(n)), ' lines') FROM (
				SELECT partner, day, kind_code, currency, location, product, party, qty AS q, amount AS a, base AS b, line_count AS n, unmatched AS u, no_money AS m, no_rate AS f FROM (%[1]s)
				UNION ALL SELECT partner, toInt32(business_date), toUInt8(kind), currency, location, product, party, -qty_micros, -amount_micros, -base_micros, -lines, -lines_unmatched, -lines_without_amount, -lines_without_rate FROM %[2]s.%[3]s
			) GROUP BY partner, day, kind_code, currency, location, product, party HAVING sum(q) != 0 OR sum(a) != 0 OR sum(b) != 0 OR sum(n) != 0 OR sum(u) != 0 OR sum(m) != 0 OR sum(f) != 0`, l.fromLedger(sums), db, sums),
			"the sums are brought in line with the ledger by `sellthrough verify --heal`", CureSums,
		})
	}
	out = append(out, l.roadChecks()...)
	for _, k := range sellthrough.FeedKinds() {
		out = append(out, check{
			string(k) + " line %s of partner %s, document or item %s, stands %s times", `SELECT toString(line), partner, any(if(document = '', item, document)), toString(sum(sign)) FROM ` + l.ledgerOf(k) +
				` GROUP BY partner, namespace, slice, line HAVING sum(sign) NOT IN (0, 1)`,
			"a line was doubled or taken out twice: undo the submission and send it again", "",
		})
	}
	return out
}

// Verify checks the books, the ledger against its sums, and the road, and says what is wrong. A batch that arrives between
// two of its reads looks like a fault, so only what is found again, word by word, is told.
func (l *Ledger) Verify(ctx context.Context) ([]Finding, error) {
	found, err := l.look(ctx)
	for n := 0; n < 3 && err == nil && len(found) > 0; n++ {
		select {
		case <-ctx.Done():
			return found, ctx.Err()
		case <-time.After(time.Second):
		}
		var again []Finding
		if again, err = l.look(ctx); err == nil {
			found = slices.DeleteFunc(found, func(f Finding) bool { return !slices.Contains(again, f) })
		}
	}
	return found, err
}

func (l *Ledger) look(ctx context.Context) ([]Finding, error) {
	var out []Finding
	for _, c := range l.checks() {
		err := l.query(ctx, "verify", c.sql+" LIMIT 20", func(r driver.Rows) error {
			var a, b, x, y string
			err := r.Scan(&a, &b, &x, &y)
			out = append(out, Finding{What: fmt.Sprintf(c.what, a, b, x, y), Remedy: c.remedy, Cure: c.cure})
			return err
		})
		if err != nil {
			return out, err
		}
	}
	kept, err := l.lookKept(ctx)
	return append(out, kept...), err
}

// personPartition is the road's number for heals that a person started.
const personPartition = 65535

// Adopt makes the ledger go on with a topic that was made anew: what the old one held beyond the last done is given up.
func (l *Ledger) Adopt(ctx context.Context, incarnation string, partitions int) error {
	for p := range partitions {
		if err := l.note(ctx, road.Claim, sellthrough.Intent{Token: sellthrough.Token{Incarnation: incarnation, Partition: p, First: -1, Last: -1}, Epoch: 1}); err != nil {
			return err
		}
	}
	return nil
}

// RuleOf is the identity rule that the lines of a feed are kept under; an empty fingerprint where there are none.
func (l *Ledger) RuleOf(ctx context.Context, feed sellthrough.FeedID) (version int, fingerprint string, err error) {
	var v uint32
	err = l.query(ctx, "read feeds", "SELECT rule, fingerprint FROM "+l.table("feeds")+" WHERE feed = ? ORDER BY rule DESC, written_at DESC LIMIT 1",
		func(r driver.Rows) error { return r.Scan(&v, &fingerprint) }, string(feed))
	return int(v), fingerprint, err
}

// Rule remembers the identity rule of a feed, or says that it has changed since lines were kept under it.
func (l *Ledger) Rule(ctx context.Context, feed sellthrough.FeedID, version int, fingerprint string) error {
	v, known, err := l.RuleOf(ctx, feed)
	if err != nil || known == fingerprint {
		return err
	}
	if known != "" && v >= version {
		return fmt.Errorf("feed %s: its identity rule (scope, line key, namespace, mapped columns or their conventions) is not the one that its lines were kept under. "+
			"The same lines sent again would count twice. Put the rule back, or set identity.rule to %d and say what is held anew under it: `sellthrough replay --feed %s --mapping NEW.yaml` shows what that changes, and --apply does it", feed, v+1, feed)
	}
	return l.insert(ctx, fmt.Sprintf("feed/%s/%d", feed, version), "feeds", "feed, rule, fingerprint", []string{string(feed)}, []uint32{uint32(version)}, []string{fingerprint})
}

// DoneTo is the last offset of a partition that is done; -1 where nothing is.
func (l *Ledger) DoneTo(ctx context.Context, incarnation string, partition int) (int64, error) {
	last := int64(-1)
	err := l.query(ctx, "read progress", "SELECT max(last) FROM "+l.table("road")+" WHERE incarnation = ? AND partition = ? AND kind = 'done' AND complete HAVING count() > 0",
		func(r driver.Rows) error { return r.Scan(&last) }, incarnation, uint16(partition))
	return last, err
}
