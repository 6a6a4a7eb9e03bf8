// Package clickhouse keeps the facts: the signed ledger, its sums, and the books. It is the one place that speaks to
// ClickHouse. It promises: an insert made again under the same token has no further effect while the deduplication window
// holds it; what Intend, Insert and Done returned nil for is on disk; a row is never changed in place.
//
// Every method makes one try. An error means that nothing is known; the caller holds the line and calls again.
package clickhouse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/sinks/road"
)

// Options says where ClickHouse is.
type Options struct {
	Address  string // host:port of the native protocol
	Database string
	User     string
	Password string
	TLS      bool
	Window   int    // blocks that each table remembers for deduplication; default 10000
	Cluster  string // name of a cluster; empty: one node
	ReadOnly bool   // for a user who may change no setting
	Zone     string // IANA name, of the vendor's business days, for the views that Migrate makes; default UTC

	// Views are made last by Migrate: what is counted is no business of the ledger's. See package numbers.
	Views func(database, zone string) ([]sellthrough.View, error)
}

// Ledger is one database.
type Ledger struct {
	*road.Road // Intend, Done, Trusted, Mend: the protocol over the tables

	opts   Options
	made   string     // names what the views say, once they are made
	kept   []keptView // of them, those that are held as rows
	conn   driver.Conn
	how    *clickhouse.Options
	sender *sender
	big    chan struct{} // large batches that may be on their way at once: each is in memory several times

	names map[string]string // of tables that stand in for others; nil: none do
}

// patience is how long the server waits for the rows of an insert that has begun, in seconds. It looks every ten, so that
// none comes later than road.Patience after its beginning.
const patience = int(road.Patience/time.Second) - 10

// deadline bounds every call: far below the time in which the deduplication window could pass.
const deadline = 2 * time.Minute

// Open makes a ledger. It dials nothing.
func Open(o Options) (*Ledger, error) {
	if o.Address == "" || o.Database == "" {
		return nil, errors.New("clickhouse: an address and a database are needed")
	}
	if o.Window == 0 {
		o.Window = 10_000
	}
	c := &clickhouse.Options{
		Addr: []string{o.Address}, Auth: clickhouse.Auth{Username: o.User, Password: o.Password},
		MaxOpenConns: 24, MaxIdleConns: 12, DialTimeout: 5 * time.Second, ReadTimeout: deadline, ConnMaxLifetime: time.Hour,
		ClientInfo: clickhouse.ClientInfo{Products: []struct{ Name, Version string }{{Name: "sellthrough", Version: "1"}}},
	}
	if o.ReadOnly {
		c.Auth.Database = o.Database // it is there: questions come after the first start
	}
	if o.TLS {
		c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	// Pinned, so that a redo cuts its blocks where the first try did.
	pinned := map[string]int{
		"async_insert": 0, "insert_deduplicate": 1, "max_insert_block_size": 2_000_000, "min_insert_block_size_rows": 0, "min_insert_block_size_bytes": 0,
		"max_partitions_per_insert_block": 100, "max_query_size": 64 << 20, "optimize_on_insert": 1, "mutations_sync": 2, "receive_timeout": patience,
	}
	if !o.ReadOnly {
		c.Settings = clickhouse.Settings{}
		for name, value := range pinned {
			c.Settings[name] = value
		}
	}
	conn, err := clickhouse.Open(c)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	l := &Ledger{opts: o, conn: conn, how: c, sender: newSender(o, pinned, c.TLS), big: make(chan struct{}, 2)}
	l.Road = road.New(notes{l}, o.Window)
	return l, nil
}

// patient is a connection for what may take hours, such as a change of the schema over a large ledger.
func (l *Ledger) patient() (driver.Conn, error) {
	c := *l.how
	c.ReadTimeout, c.MaxOpenConns, c.MaxIdleConns = 24*time.Hour, 1, 1
	conn, err := clickhouse.Open(&c)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	return conn, nil
}

// Close ends the connections.
func (l *Ledger) Close() error {
	l.sender.close()
	return l.conn.Close()
}

// Ping says whether the server answers.
func (l *Ledger) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := l.conn.Ping(ctx); err != nil {
		return fmt.Errorf("clickhouse: %s does not answer: %w", l.opts.Address, err)
	}
	return nil
}

// table is a table's full name.
func (l *Ledger) table(name string) string {
	if other, ok := l.names[name]; ok {
		name = other
	}
	return l.opts.Database + "." + name
}

// query runs a query and hands each row to scan.
func (l *Ledger) query(ctx context.Context, what, sql string, scan func(driver.Rows) error, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	rows, err := l.conn.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("clickhouse: %s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("clickhouse: %s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("clickhouse: %s: %w", what, err)
	}
	return nil
}

func (l *Ledger) exec(ctx context.Context, what, sql string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	if err := l.conn.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("clickhouse: %s: %w", what, err)
	}
	return nil
}
