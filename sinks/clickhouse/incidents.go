package clickhouse

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/alerts"
)

// Incidents is the ledger as the alerter keeps its events in it.
type Incidents struct{ *Ledger }

const incidentColumns = "event, at, epoch, incident, opening, rule, partner, location, product, subject, severity, since, data_at, units_micros, money_micros, " +
	"evidence, text_en, text_zh, flapping, who, why_en, why_zh, until, channel, message, about, ok, attempt, payload"

// Append writes events in one insert of one block, so that all of them are there or none.
func (l Incidents) Append(ctx context.Context, events []alerts.Event) error {
	if len(events) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	b, err := l.conn.PrepareBatch(ctx, "INSERT INTO "+l.table("incidents")+" (seq, "+incidentColumns+")", driver.WithReleaseConnection())
	for n := 0; err == nil && n < len(events); n++ {
		e := &events[n]
		var money *int64
		if e.Money != nil {
			m := int64(*e.Money)
			money = &m
		}
		err = b.Append(uint32(n), string(e.Kind), e.At.UTC(), e.Epoch, e.Incident, e.Opening, e.Rule, e.Partner, e.Location, e.Product, e.Subject, e.Severity,
			instantOf(e.Since), instantOf(e.DataAt), int64(e.Units), money, e.Evidence, e.Text.En, e.Text.Zh, e.Flapping, e.Who, e.Why.En, e.Why.Zh, instantOf(e.Until),
			e.Channel, e.Message, e.About, e.OK, uint32(e.Attempt), e.Payload)
	}
	if err == nil {
		err = b.Send()
	}
	if err != nil {
		return fmt.Errorf("clickhouse: write %d events of incidents: %w", len(events), err)
	}
	return nil
}

// instantOf is t as a column holds it: the zero time is 1970.
func instantOf(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return t.UTC()
}

// timeOf is what instantOf wrote.
func timeOf(t time.Time) time.Time {
	if t.UnixMilli() == 0 {
		return time.Time{}
	}
	return t.UTC()
}

func scanEvent(r driver.Rows, more ...any) (alerts.Event, error) {
	var e alerts.Event
	var kind string
	var units int64
	var money *int64
	var attempt uint32
	err := r.Scan(append([]any{
		&kind, &e.At, &e.Epoch, &e.Incident, &e.Opening, &e.Rule, &e.Partner, &e.Location, &e.Product, &e.Subject, &e.Severity,
		&e.Since, &e.DataAt, &units, &money, &e.Evidence, &e.Text.En, &e.Text.Zh, &e.Flapping, &e.Who, &e.Why.En, &e.Why.Zh, &e.Until, &e.Channel, &e.Message,
		&e.About, &e.OK, &attempt, &e.Payload,
	}, more...)...)
	e.Kind, e.Units, e.Attempt = alerts.EventKind(kind), sellthrough.Decimal(units), int(attempt)
	e.At, e.Since, e.DataAt, e.Until = e.At.UTC(), timeOf(e.Since), timeOf(e.DataAt), timeOf(e.Until)
	if money != nil {
		m := sellthrough.Decimal(*money)
		e.Money = &m
	}
	return e, err
}

// kept is how long the alerter remembers a closed incident; of older ones it knows the number of the opening.
const kept = "35 DAY"

// Load gives the events in the order in which they were written: of all incidents that are open or closed lately, with the
// newest evidence of each, and of messages that are not settled.
func (l Incidents) Load(ctx context.Context) ([]alerts.Event, error) {
	t := l.table("incidents")
	var out []alerts.Event
	old := "SELECT incident FROM " + t + " WHERE incident != '' GROUP BY incident HAVING maxIf(written_at, event = 'closed') > toDateTime64(0, 6, 'UTC') AND maxIf(written_at, event = 'closed') < now64(6) - INTERVAL " + kept
	err := l.query(ctx, "read old incidents", `SELECT incident, opening, rule, partner, location, product, subject, maxIf(at, event = 'opened'), maxIf(at, event = 'closed') FROM `+t+`
		WHERE incident IN (`+old+`) AND event IN ('opened', 'closed') GROUP BY incident, opening, rule, partner, location, product, subject ORDER BY opening`, func(r driver.Rows) error {
		o := alerts.Event{Kind: alerts.Opened}
		var closed time.Time
		if err := r.Scan(&o.Incident, &o.Opening, &o.Rule, &o.Partner, &o.Location, &o.Product, &o.Subject, &o.At, &closed); err != nil {
			return err
		}
		c := o
		c.Kind, c.At = alerts.Closed, closed
		out = append(out, o, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	settled := "SELECT message FROM " + t + " WHERE event = 'notified' AND (ok OR until = toDateTime64(0, 3, 'UTC'))"
	sql := "SELECT " + incidentColumns + " FROM " + t + `
		WHERE incident NOT IN (` + old + `) AND NOT (incident = '' AND event IN ('intended', 'notified') AND message IN (` + settled + `))
			AND (event != 'evidence' OR (incident, written_at) IN (SELECT incident, max(written_at) FROM ` + t + ` WHERE event = 'evidence' GROUP BY incident))
		ORDER BY written_at, seq`
	err = l.query(ctx, "read incidents", sql, func(r driver.Rows) error {
		e, err := scanEvent(r)
		out = append(out, e)
		return err
	})
	return out, err
}

// People gives what people did since a mark. What was written in the seconds before the mark comes again: a row's time is
// from before it could be seen.
func (l Incidents) People(ctx context.Context, mark string) ([]alerts.Event, string, error) {
	since, err := strconv.ParseInt(mark, 10, 64)
	from := "now64(6) - INTERVAL 30 SECOND"
	if err == nil {
		from = fmt.Sprintf("fromUnixTimestamp64Micro(%d, 'UTC') - INTERVAL 10 SECOND", since)
	}
	var out []alerts.Event
	err = l.query(ctx, "read what people did", "SELECT "+incidentColumns+", toUnixTimestamp64Micro(written_at) FROM "+l.table("incidents")+" WHERE written_at > "+from+
		" AND epoch = 0 AND event IN ('acknowledged', 'assigned', 'snoozed', 'unsnoozed', 'commented') ORDER BY written_at, seq", func(r driver.Rows) error {
		var at int64
		e, err := scanEvent(r, &at)
		if at > since {
			since, mark = at, strconv.FormatInt(at, 10)
		}
		out = append(out, e)
		return err
	})
	return out, mark, err
}

// Claim takes the lease where nobody has it. The server's clock alone decides whether a lease has run out.
func (l Incidents) Claim(ctx context.Context, holder string, ttl time.Duration) (uint64, error) {
	t := l.table("alert_lease")
	var epoch uint64
	var free bool
	err := l.query(ctx, "read the lease", fmt.Sprintf(`SELECT max(epoch), count() = 0 OR countIf(kind = 'release' AND epoch = (SELECT max(epoch) FROM %[1]s)) > 0
		OR maxIf(written_at, epoch = (SELECT max(epoch) FROM %[1]s)) < now64(6) - INTERVAL %[2]d MILLISECOND FROM %[1]s`, t, ttl.Milliseconds()),
		func(r driver.Rows) error { return r.Scan(&epoch, &free) })
	if err != nil || !free {
		return 0, err
	}
	epoch++
	if err := l.lease(ctx, "claim", holder, epoch); err != nil {
		return 0, err
	}
	// Two that claim at once may each see the other, and then neither has it; at least one of them does.
	var rivals uint64
	err = l.query(ctx, "read the lease", "SELECT count() FROM "+t+" WHERE kind = 'claim' AND epoch >= ?", func(r driver.Rows) error { return r.Scan(&rivals) }, epoch)
	if err != nil || rivals != 1 {
		return 0, err
	}
	return epoch, nil
}

// Beat keeps the lease.
func (l Incidents) Beat(ctx context.Context, holder string, epoch uint64) error {
	if err := l.lease(ctx, "beat", holder, epoch); err != nil {
		return err
	}
	var newest uint64
	err := l.query(ctx, "read the lease", "SELECT max(epoch) FROM "+l.table("alert_lease")+" WHERE kind = 'claim'", func(r driver.Rows) error { return r.Scan(&newest) })
	if err == nil && newest > epoch {
		err = alerts.ErrFenced
	}
	return err
}

// Release gives the lease back, so that the next evaluator needs not wait for it to run out.
func (l Incidents) Release(ctx context.Context, holder string, epoch uint64) error {
	return l.lease(ctx, "release", holder, epoch)
}

func (l Incidents) lease(ctx context.Context, kind, holder string, epoch uint64) error {
	return l.exec(ctx, kind+" the lease", "INSERT INTO "+l.table("alert_lease")+" (epoch, kind, holder, nonce) VALUES (?, ?, ?, ?)", epoch, kind, holder, rand.Uint64())
}

// Progress changes whenever a batch or an order was written, whose books come last, so that its rows and sums are there, and again
// when kept rows were counted after it: what was asked before saw the old ones. It reads no data: of the books rows are only added,
// and merges keep their number; a merge of kept rows lets rules be asked once more, for nothing.
func (l Incidents) Progress(ctx context.Context) (mark string, err error) {
	return l.grown(ctx, `table IN ('outcomes', 'submissions', 'orders') OR table LIKE 'kept\\_%' AND table != 'kept_days'`)
}

// grown is a mark that changes when rows are added to some tables of the ledger. It reads no data.
func (l *Ledger) grown(ctx context.Context, tables string) (string, error) {
	var mark strings.Builder
	err := l.query(ctx, "look for progress", "SELECT table, sum(rows) FROM system.parts WHERE active AND database = ? AND ("+tables+") GROUP BY table ORDER BY table", func(r driver.Rows) error {
		var table string
		var rows uint64
		err := r.Scan(&table, &rows)
		fmt.Fprint(&mark, table, rows, " ")
		return err
	}, l.opts.Database)
	return mark.String(), err
}

// Standing is an incident as it stands; ok is false where there is none of this name.
func (l Incidents) Standing(ctx context.Context, incident string) (e alerts.Event, state string, ok bool, err error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"incident": incident}))
	err = l.query(ctx, "read incident", "SELECT incident, rule, partner, location, product, subject, toUInt32OrZero(splitByChar('-', incident)[-1]), state FROM "+l.table("v_incidents")+" WHERE incident = {incident:String}",
		func(r driver.Rows) error {
			ok = true
			return r.Scan(&e.Incident, &e.Rule, &e.Partner, &e.Location, &e.Product, &e.Subject, &e.Opening, &state)
		})
	return e, state, ok, err
}
