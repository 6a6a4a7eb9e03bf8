package clickhouse

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough/internal/access"
	"sellthrough/sinks/clickhouse/question"
)

// ReaderOptions says where ClickHouse is and as whom questions are asked.
type ReaderOptions struct {
	Address  string // host:port of the native protocol
	Database string
	TLS      bool

	// Of ReadUsers. Without a secret there are none, and a viewer who must not see everything is refused.
	Prefix, Secret string

	// Who asks for viewers that may see everything; empty: a user of ReadUsers.
	User, Password string
	Writes         bool // the user may write elsewhere: here it asks readonly, and within the limits of a reader
}

// What one question may take, where the user's own profile does not say so.
const (
	readSeconds = 60
	readRows    = 1_000_000
	readMemory  = 2 << 30
)

// Reader answers the questions of viewers, each within what the viewer may see.
type Reader struct {
	opts  ReaderOptions
	mu    sync.Mutex
	conns map[string]driver.Conn // by user
}

// NewReader makes a reader. It dials nothing.
func NewReader(o ReaderOptions) (*Reader, error) {
	if o.Address == "" || o.Database == "" {
		return nil, errors.New("clickhouse: an address and a database are needed")
	}
	if o.User == "" && o.Secret == "" {
		return nil, errors.New("clickhouse: a reader needs a user or the secret of the readonly users")
	}
	return &Reader{opts: o, conns: map[string]driver.Conn{}}, nil
}

// Close ends the connections.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, c := range r.conns {
		errs = append(errs, c.Close())
	}
	clear(r.conns)
	return errors.Join(errs...)
}

// ErrNobody is the answer to a question that no viewer asks.
var ErrNobody = errors.New("clickhouse: a question without a viewer is not answered: log in first")

// ErrQuestion is the answer to a text that is not a question, or names what no question may.
var ErrQuestion = errors.New("clickhouse: this can't be asked")

// ErrNotGranted is the answer to a question about what the viewer may not see at all.
var ErrNotGranted = errors.New("clickhouse: you may not see this")

// Codes of ClickHouse's errors.
const (
	codeNotGranted = 497
	codeNoLogin    = 516
	codeNoUser     = 192
)

// Read answers sql as the viewer may see it: as the readonly user, or as the restricted readonly user under row
// policies. Errors are ErrNobody, ErrQuestion, ErrNotGranted, ErrNoPolicies, or ClickHouse's own.
func (r *Reader) Read(ctx context.Context, v access.Viewer, sql string) (Table, error) {
	if v.Nobody() {
		return Table{}, ErrNobody
	}
	if err := question.Check(sql); err != nil {
		return Table{}, fmt.Errorf("%w: %w", ErrQuestion, err)
	}
	conn, err := r.as(v)
	if err != nil {
		return Table{}, err
	}
	if v.Restricted() || v.Role == access.RolePartner {
		id, err := scope(v, rand.Text())
		if err != nil {
			return Table{}, err
		}
		ctx = clickhouse.Context(ctx, clickhouse.WithQueryID(id))
	}
	t, err := ask(ctx, conn, sql)
	if e, ok := errors.AsType[*clickhouse.Exception](err); ok {
		switch e.Code {
		case codeNotGranted:
			return t, fmt.Errorf("%w: %w", ErrNotGranted, err)
		case codeNoLogin, codeNoUser:
			if r.opts.User == "" || !everything(v) {
				return t, fmt.Errorf("%w: %w", ErrNoPolicies, err)
			}
		}
	}
	return t, err
}

// everything says whether a viewer may see all there is. A partner never may, even one without a list of partners, which
// would be a mistake of ours.
func everything(v access.Viewer) bool {
	return !v.Restricted() && v.Role != access.RolePartner && len(granted(v)) == len(access.Grants())
}

// granted are a viewer's grants in the order of all grants.
func granted(v access.Viewer) []string {
	return slices.DeleteFunc(access.Grants(), func(g string) bool { return !v.Granted(g) })
}

// as is the connection of the user who asks for v.
func (r *Reader) as(v access.Viewer) (driver.Conn, error) {
	o := r.opts
	user, password := o.User, o.Password
	if o.User == "" || !everything(v) {
		if o.Secret == "" {
			return nil, ErrNoPolicies
		}
		user = readUserName(o.Prefix, v.Restricted() || v.Role == access.RolePartner, granted(v))
		password = passwordOf(o.Secret, user)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.conns[user]; c != nil {
		return c, nil
	}
	c := &clickhouse.Options{
		Addr: []string{o.Address}, Auth: clickhouse.Auth{Database: o.Database, Username: user, Password: password},
		MaxOpenConns: 12, MaxIdleConns: 4, DialTimeout: 5 * time.Second, ReadTimeout: deadline, ConnMaxLifetime: time.Hour,
	}
	if user == o.User && o.Writes {
		c.Settings = clickhouse.Settings{
			"readonly": 1, "max_execution_time": readSeconds, "max_result_rows": readRows, "result_overflow_mode": "throw", "max_memory_usage": readMemory,
		}
	}
	if o.TLS {
		c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	conn, err := clickhouse.Open(c)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	r.conns[user] = conn
	return conn, nil
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
