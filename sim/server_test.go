package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"sellthrough"
	"sellthrough/sinks/road"
	"sellthrough/transform/reference"
)

// server is ClickHouse: tables, and the tokens that each of them remembers.
type server struct {
	s       *stage
	tables  tables
	tokens  map[string]map[string]time.Time // of each table, since when it remembers them
	flooded time.Time                       // when so much was last inserted elsewhere that the window passed
	started time.Time
	down    bool
	fell    func()                              // told of a crash
	refs    map[sellthrough.Revision]refVersion // a restore leaves them
	unfits  func(feed string, l fact) bool      // lines that it can't keep; nil: it keeps all
	shadows map[string]*tables                  // of replays
}

type refVersion struct {
	content string
	tables  reference.Tables
}

// tables is what a backup holds.
type tables struct {
	notes    []note
	rows     []*row
	lines    map[sellthrough.LineRef][]*row
	sums     map[string]sum // sales_daily and stock_daily
	floors   []tokened[sellthrough.Floor]
	outcomes []tokened[sellthrough.Outcome]
	votes    []tokened[sellthrough.Vote]
	homes    []tokened[sellthrough.EndMark]
	refused  []tokened[sellthrough.RefusedBlock]
	orders   []tokened[sellthrough.Order]
}

type note struct {
	kind road.Kind
	sellthrough.Intent
	at time.Time
}

// row is a row of the ledger, by its batch.
type row struct {
	*sellthrough.Rows
	i     int
	kind  sellthrough.FeedKind
	token sellthrough.Token
}

type tokened[T any] struct {
	token sellthrough.Token
	v     T
}

type sum struct{ qty, lines int64 }

func newServer(s *stage) *server {
	return &server{
		s: s, tokens: map[string]map[string]time.Time{}, started: time.Now().Add(-time.Hour), refs: map[sellthrough.Revision]refVersion{},
		tables: tables{lines: map[sellthrough.LineRef][]*row{}, sums: map[string]sum{}},
	}
}

var errDown = errors.New("connection refused")

const window = 10_000 // blocks

// flood inserts half a window, for others: what was inserted before is not trusted any more. The other half is not passed
// before what may be on its way has landed; then the tokens are forgotten.
func (v *server) flood() (forget func()) {
	before := time.Now()
	v.flooded = before
	return func() {
		for _, all := range v.tokens {
			maps.DeleteFunc(all, func(_ string, since time.Time) bool { return since.Before(before) })
		}
	}
}

// put writes what a batch has for a table, once for a token that the table remembers. A server that dies in it has written
// the token and the rows, the token alone, or nothing.
func (v *server) put(table, token string, crash bool, write func()) error {
	if v.tokens[table] == nil {
		v.tokens[table] = map[string]time.Time{}
	}
	_, known := v.tokens[table][token]
	outcome := 2
	if crash {
		outcome = v.s.r.IntN(3)
	}
	if !known && outcome > 0 {
		v.tokens[table][token] = time.Now()
	}
	if !known && outcome > 1 {
		write()
	}
	if crash {
		v.crash()
		return errLost
	}
	return nil
}

// crash ends the server, which somebody then starts; up starts it.
func (v *server) crash() {
	if !v.down {
		v.down = true
		v.fell()
	}
}

func (v *server) up() {
	if v.down {
		v.down, v.started = false, time.Now()
	}
}

func (t *tables) add(kind sellthrough.FeedKind, rows *sellthrough.Rows, token sellthrough.Token) {
	for i := range rows.Len() {
		r := &row{rows, i, kind, token}
		t.rows = append(t.rows, r)
		ref := r.ref()
		t.lines[ref] = append(t.lines[ref], r)
	}
}

func (r *row) ref() sellthrough.LineRef {
	return sellthrough.LineRef{Slice: r.Slice[r.i], Line: r.Line[r.i]}
}

// key is where a row is summed.
func (r *row) key() string {
	if r.kind == sellthrough.Stock {
		return fmt.Sprint("stock ", r.Rows.Kind[r.i], r.BusinessDate[r.i], r.Partner[r.i], r.Place[r.i], r.Product[r.i], r.Item[r.i], r.SoldAt[r.i])
	}
	return fmt.Sprint("sales ", r.Rows.Kind[r.i], r.BusinessDate[r.i], r.Partner[r.i], r.Place[r.i], r.Product[r.i], r.Currency[r.i])
}

func (t *tables) sum(r *row, into map[string]sum) {
	k := r.key()
	s := into[k]
	s.qty, s.lines = s.qty+r.Qty[r.i], s.lines+int64(r.Sign[r.i])
	if into[k] = s; s == (sum{}) {
		delete(into, k)
	}
}

// rebuilt is what the sums must come to.
func (t *tables) rebuilt() map[string]sum {
	out := map[string]sum{}
	for _, r := range t.rows {
		t.sum(r, out)
	}
	return out
}

func same(a, b sellthrough.Token) bool { return a == b }

// takeOut deletes the rows of an intent.
func (t *tables) takeOut(i sellthrough.Token) {
	t.rows = slices.DeleteFunc(t.rows, func(r *row) bool { return same(r.token, i) })
	for ref, rows := range t.lines {
		t.lines[ref] = slices.DeleteFunc(rows, func(r *row) bool { return same(r.token, i) })
	}
	t.floors, t.outcomes, t.votes = without(t.floors, i), without(t.outcomes, i), without(t.votes, i)
	t.homes, t.refused, t.orders = without(t.homes, i), without(t.refused, i), without(t.orders, i)
}

func without[T any](s []tokened[T], i sellthrough.Token) []tokened[T] {
	return slices.DeleteFunc(s, func(x tokened[T]) bool { return same(x.token, i) })
}

// copied is a backup.
func (t *tables) copied() tables {
	c := *t
	c.notes, c.rows, c.sums = slices.Clone(t.notes), slices.Clone(t.rows), maps.Clone(t.sums)
	c.lines = make(map[sellthrough.LineRef][]*row, len(t.lines))
	for ref, rows := range t.lines {
		c.lines[ref] = slices.Clone(rows)
	}
	c.floors, c.outcomes, c.votes = slices.Clone(t.floors), slices.Clone(t.outcomes), slices.Clone(t.votes)
	c.homes, c.refused, c.orders = slices.Clone(t.homes), slices.Clone(t.refused), slices.Clone(t.orders)
	return c
}

// restore puts a backup back. The tables are made anew, so they remember no token.
func (v *server) restore(b tables) {
	v.tables, v.tokens = b.copied(), map[string]map[string]time.Time{}
	v.down, v.started = false, time.Now()
}

// quiet says whether every intent is done, as a backup waits for.
func (v *server) quiet() bool {
	done := map[sellthrough.Token]bool{}
	newest := map[int]sellthrough.Token{}
	for _, n := range v.tables.notes {
		switch n.kind {
		case road.Done, road.Void:
			done[n.Token] = true
		case road.Intent:
			newest[n.Partition] = n.Token
		}
	}
	for _, t := range newest {
		if !done[t] {
			return false
		}
	}
	return true
}
