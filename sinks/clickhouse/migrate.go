package clickhouse

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/alerts"
)

//go:embed schema
var schema embed.FS

// ledgerTable is one of the signed ledgers.
type ledgerTable struct {
	*model
	Table, Kinds string
}

// ledgers are the signed ledgers by the kind of feed that they keep.
var ledgers = map[sellthrough.FeedKind]string{
	sellthrough.Sales: "movements", sellthrough.Stock: "stock_reports", sellthrough.Shipments: "shipment_lines", sellthrough.Transfers: "transfer_lines",
	sellthrough.Orders: "order_lines", sellthrough.Money: "money_lines", sellthrough.Service: "service_lines",
}

// LedgerOf is the table that keeps what a kind of feed reports.
func LedgerOf(k sellthrough.FeedKind) string { return ledgers[k] }

// model is what the schema's templates see.
type model struct {
	Database, OnCluster, Window, Durable string
	Zone                                 string // of business days
	MovementKinds, MovementKindsQuoted   string
	Levels, LevelsQuoted                 string
	FlowKinds, FlowKindsQuoted           string
	IncidentEvents                       string
	Canary                               sellthrough.PartnerID
	BatchColumns                         string
	Ledgers, Flows                       []ledgerTable // the first two; the others
	cluster                              bool
}

// MergeTree is the engine of a table: replicated where there is a cluster.
func (m *model) MergeTree(table string) string {
	if m.cluster {
		return fmt.Sprintf("ReplicatedMergeTree('/clickhouse/tables/{shard}/%s/%s', '{replica}')", m.Database, table)
	}
	return "MergeTree"
}

// Summing is the engine of a table of sums.
func (m *model) Summing(table, columns string) string {
	if m.cluster {
		return fmt.Sprintf("ReplicatedSummingMergeTree('/clickhouse/tables/{shard}/%s/%s', '{replica}', (%s))", m.Database, table, columns)
	}
	return fmt.Sprintf("SummingMergeTree((%s))", columns)
}

// AllLedgers are all of them.
func (m *model) AllLedgers() []ledgerTable { return slices.Concat(m.Ledgers, m.Flows) }

// Aggregating is the engine of a table whose columns say themselves how they are put together.
func (m *model) Aggregating(table string) string {
	if m.cluster {
		return fmt.Sprintf("ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/%s/%s', '{replica}')", m.Database, table)
	}
	return "AggregatingMergeTree"
}

// PublishedFromLedger is what the table published comes to.
func (m *model) PublishedFromLedger() string { return publishedFromLedger(m.Database) }

// Replacing is the engine of a table whose newest row of a key counts, unless it says that the key is gone.
func (m *model) Replacing(table, by string) string {
	if m.cluster {
		return fmt.Sprintf("ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/%s/%s', '{replica}', %s)", m.Database, table, by)
	}
	return fmt.Sprintf("ReplacingMergeTree(%s)", by)
}

// enum writes the values of an Enum8, which begin with a number.
func enum(names []string, first int, quote string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s = 0", quote, quote)
	for i, n := range names {
		fmt.Fprintf(&b, ", %s%s%s = %d", quote, n, quote, first+i)
	}
	return b.String()
}

// kinds writes the kinds of a feed kind.
func kinds(of sellthrough.FeedKind, quote string) string {
	return enum(sellthrough.Kinds(of), int(sellthrough.FirstKind(of)), quote)
}

func (l *Ledger) model() *model {
	m := &model{
		Database: l.opts.Database, Durable: "fsync_after_insert = 1, fsync_part_directory = 1",
		Window:        fmt.Sprintf("non_replicated_deduplication_window = %d", l.opts.Window),
		MovementKinds: kinds(sellthrough.Sales, "'"), MovementKindsQuoted: kinds(sellthrough.Sales, `\'`),
		Levels: enum(sellthrough.Levels(), 1, "'"), LevelsQuoted: enum(sellthrough.Levels(), 1, `\'`),
		IncidentEvents: enum(alerts.EventKinds(), 1, "'"), Canary: sellthrough.Canary,
		BatchColumns: "partition UInt16, incarnation UInt64, batch Int64, step UInt32, retry UInt32, known_at DateTime64(3, 'UTC')",
		cluster:      l.opts.Cluster != "",
	}
	if m.Zone = l.opts.Zone; m.Zone == "" {
		m.Zone = "UTC"
	}
	if m.cluster {
		m.OnCluster = "ON CLUSTER " + l.opts.Cluster
		m.Window = fmt.Sprintf("replicated_deduplication_window = %d", l.opts.Window)
	}
	m.Ledgers = []ledgerTable{{m, ledgers[sellthrough.Sales], m.MovementKinds}, {m, ledgers[sellthrough.Stock], m.Levels}}
	var flows []string
	first := 0
	for _, k := range sellthrough.FeedKinds() {
		if k.Flow() {
			if first == 0 {
				first = int(sellthrough.FirstKind(k))
			}
			flows = append(flows, sellthrough.Kinds(k)...)
			m.Flows = append(m.Flows, ledgerTable{m, ledgers[k], kinds(k, "'")})
		}
	}
	m.FlowKinds, m.FlowKindsQuoted = enum(flows, first, "'"), enum(flows, first, `\'`)
	return m
}

func (l *Ledger) apply(ctx context.Context, file string, m *model) error {
	t, err := template.ParseFS(schema, file, "schema/ledger.tmpl")
	if err != nil {
		return fmt.Errorf("clickhouse: %s: %w", file, err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, m); err != nil {
		return fmt.Errorf("clickhouse: %s: %w", file, err)
	}
	conn, err := l.patient()
	if err != nil {
		return err
	}
	defer conn.Close()
	for i, sql := range strings.Split(b.String(), ";\n") {
		bare := withoutComments(sql)
		if bare == "" {
			continue
		}
		if needed, err := l.needed(ctx, sql); err != nil || !needed {
			if err != nil {
				return fmt.Errorf("%w (%s)", err, file)
			}
			continue
		}
		with := clickhouse.Settings{"mutations_sync": 0} // it is waited for below, for as long as it takes
		if strings.HasPrefix(bare, "INSERT") && !strings.Contains(bare, "insert_deduplicate") {
			with["insert_deduplication_token"] = fmt.Sprintf("migration/%s/%d", file, i)
		}
		if err := conn.Exec(clickhouse.Context(ctx, clickhouse.WithSettings(with)), sql); err != nil {
			return fmt.Errorf("clickhouse: apply %s: %w", file, err)
		}
		if strings.HasPrefix(bare, "ALTER") {
			if err := l.mutated(ctx, file); err != nil {
				return err
			}
		}
	}
	return nil
}

// needed says whether a statement is to be run: one that begins with "-- if: SELECT …" only where the answer is not 0.
func (l *Ledger) needed(ctx context.Context, sql string) (ok bool, err error) {
	_, question, found := strings.Cut(sql, "-- if: ")
	if !found {
		return true, nil
	}
	question, _, _ = strings.Cut(question, "\n")
	var n uint8
	err = l.query(ctx, "ask whether a statement is needed", question, func(r driver.Rows) error { return r.Scan(&n) })
	return n != 0, err
}

// mutated waits until parts that were written before are as an ALTER says.
func (l *Ledger) mutated(ctx context.Context, file string) error {
	for {
		var open uint64
		var why string
		err := l.query(ctx, "wait for "+file, "SELECT count(), max(latest_fail_reason) FROM system.mutations WHERE database = ? AND NOT is_done", func(r driver.Rows) error {
			return r.Scan(&open, &why)
		}, l.opts.Database)
		switch {
		case err != nil:
			return err
		case why != "":
			return fmt.Errorf("clickhouse: apply %s: %s", file, why)
		case open == 0:
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func withoutComments(sql string) string {
	var b strings.Builder
	for line := range strings.Lines(sql) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			b.WriteString(line)
		}
	}
	return strings.TrimSpace(b.String())
}
