package clickhouse

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/template"

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
	MovementKinds, MovementKindsQuoted   string
	Levels, LevelsQuoted                 string
	FlowKinds, FlowKindsQuoted           string
	IncidentEvents                       string
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
		IncidentEvents: enum(alerts.EventKinds(), 1, "'"),
		BatchColumns:   "partition UInt16, incarnation UInt64, batch Int64, step UInt32, retry UInt32, known_at DateTime64(3, 'UTC')",
		cluster:        l.opts.Cluster != "",
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

// Migrate makes the database and brings it to this program's schema. Each numbered file is applied once; every statement
// may be run twice, and an INSERT counts once by its token, so two processes that migrate at once do no harm. Views are made
// anew at every start.
func (l *Ledger) Migrate(ctx context.Context) error {
	m := l.model()
	if err := l.exec(ctx, "make database", "CREATE DATABASE IF NOT EXISTS "+m.Database+" "+m.OnCluster); err != nil {
		return err
	}
	if err := l.exec(ctx, "make migrations", fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s.migrations %s (name String, applied_at DateTime DEFAULT now()) ENGINE = %s ORDER BY name",
		m.Database, m.OnCluster, m.MergeTree("migrations"))); err != nil {
		return err
	}
	files, err := fs.Glob(schema, "schema/*.sql")
	if err != nil {
		return fmt.Errorf("clickhouse: schema: %w", err)
	}
	for _, f := range files {
		var n uint64
		name := strings.TrimPrefix(f, "schema/")
		if err := l.conn.QueryRow(ctx, "SELECT count() FROM "+l.table("migrations")+" WHERE name = ?", name).Scan(&n); err != nil {
			return fmt.Errorf("clickhouse: read migrations: %w", err)
		}
		if n > 0 {
			continue
		}
		if err := l.apply(ctx, f, m); err != nil {
			return err
		}
		if err := l.exec(ctx, "note migration", "INSERT INTO "+l.table("migrations")+" (name) VALUES (?)", name); err != nil {
			return err
		}
	}
	for _, f := range []string{"views", "sheets", "incidents"} {
		if err := l.apply(ctx, "schema/views/"+f+".sql", m); err != nil {
			return err
		}
	}
	return l.views(ctx)
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
	for i, sql := range strings.Split(b.String(), ";\n") {
		bare := withoutComments(sql)
		if bare == "" {
			continue
		}
		ctx := ctx
		if strings.HasPrefix(bare, "INSERT") {
			ctx = withToken(ctx, fmt.Sprintf("migration/%s/%d", file, i))
		}
		if err := l.exec(ctx, "apply "+file, sql); err != nil {
			return err
		}
	}
	return nil
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
