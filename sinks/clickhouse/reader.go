package clickhouse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough/internal/access"
)

// ReaderOptions says where ClickHouse is and as whom questions are asked.
type ReaderOptions struct {
	Address  string // host:port of the native protocol
	Database string
	User     string // readonly
	Password string
	TLS      bool
}

// Reader answers the questions of viewers, each within what the viewer may see.
type Reader struct {
	opts ReaderOptions
	conn driver.Conn
}

// NewReader makes a reader. It dials nothing.
func NewReader(o ReaderOptions) (*Reader, error) {
	if o.Address == "" || o.Database == "" {
		return nil, errors.New("clickhouse: an address and a database are needed")
	}
	c := &clickhouse.Options{
		Addr: []string{o.Address}, Auth: clickhouse.Auth{Database: o.Database, Username: o.User, Password: o.Password},
		MaxOpenConns: 12, MaxIdleConns: 4, DialTimeout: 5 * time.Second, ReadTimeout: deadline, ConnMaxLifetime: time.Hour,
	}
	if o.TLS {
		c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	conn, err := clickhouse.Open(c)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	return &Reader{opts: o, conn: conn}, nil
}

// Close ends the connections.
func (r *Reader) Close() error { return r.conn.Close() }

// ErrNobody is the answer to a question that no viewer asks.
var ErrNobody = errors.New("clickhouse: a question without a viewer is not answered: log in first")

// ErrNoRestricted is the answer to a restricted viewer where row policies are not in force.
var ErrNoRestricted = errors.New("clickhouse: this server has no row policies in force, so restricted logins are refused")

// Read answers sql as the viewer may see it: as the readonly user, or as the restricted readonly user under row policies.
func (r *Reader) Read(ctx context.Context, v access.Viewer, sql string) (Table, error) {
	switch {
	case v.Nobody():
		return Table{}, ErrNobody
	case v.Restricted():
		return Table{}, ErrNoRestricted
	}
	return ask(ctx, r.conn, sql)
}

// ask runs one question and reads its whole answer.
func ask(ctx context.Context, conn driver.Conn, sql string) (Table, error) {
	var t Table
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return t, fmt.Errorf("clickhouse: %w", err)
	}
	defer rows.Close()
	t.Columns = rows.Columns()
	types := rows.ColumnTypes()
	for _, c := range types {
		t.Types = append(t.Types, c.DatabaseTypeName())
	}
	for rows.Next() {
		cells := make([]any, len(types))
		for i, c := range types {
			cells[i] = reflect.New(c.ScanType()).Interface()
		}
		if err := rows.Scan(cells...); err != nil {
			return t, fmt.Errorf("clickhouse: %w", err)
		}
		for i := range cells {
			cells[i] = reflect.ValueOf(cells[i]).Elem().Interface()
		}
		t.Rows = append(t.Rows, cells)
	}
	if err := rows.Err(); err != nil {
		return t, fmt.Errorf("clickhouse: %w", err)
	}
	return t, nil
}
