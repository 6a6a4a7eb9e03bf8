package transform

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"sellthrough"
	"sellthrough/internal/bus"
	"sellthrough/transform/reference"
)

// memLog is a log in memory.
type memLog struct {
	parts [][]bus.Message
	now   time.Time
}

func newMemLog(partitions int) *memLog {
	l := &memLog{parts: make([][]bus.Message, partitions), now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	for p := range l.parts {
		l.add(p, bus.TypeGenesis, []byte("{}"))
	}
	return l
}

func (l *memLog) add(p int, t bus.Type, v []byte) int64 {
	l.now = l.now.Add(time.Second)
	o := int64(len(l.parts[p]))
	l.parts[p] = append(l.parts[p], bus.Message{Type: t, Value: v, Partition: p, Offset: o, Time: l.now})
	return o
}

func (l *memLog) Ensure(context.Context) (bus.Incarnations, error) {
	return bus.Incarnations{Lines: "000001-a", Submissions: "000001-b"}, nil
}

func (l *memLog) Consume(context.Context, func(context.Context, int) error, func(error) bool) error {
	panic("the simulation runs workers itself")
}

func (l *memLog) At(_ context.Context, _ bus.Topic, p int, _ bus.Incarnation, offsets []int64, use func(bus.Message) error) error {
	for _, o := range offsets {
		if err := use(l.parts[p][o]); err != nil {
			return err
		}
	}
	return nil
}

func (l *memLog) Publish(_ context.Context, _ bus.Topic, p int, _ bus.Incarnation, msgs ...bus.Message) ([]int64, error) {
	var out []int64
	for _, m := range msgs {
		out = append(out, l.add(p, m.Type, m.Value))
	}
	return out, nil
}

func (l *memLog) Reader(_ bus.Topic, p int, _ bus.Incarnation, o int64) bus.Reader {
	return &memReader{l, p, o}
}

type memReader struct {
	l *memLog
	p int
	o int64
}

// Next ends the worker when nothing is left: the simulation is synchronous.
func (r *memReader) Next(context.Context, time.Duration) (bus.Message, bool, error) {
	if r.o >= int64(len(r.l.parts[r.p])) {
		return bus.Message{}, false, nil
	}
	m := r.l.parts[r.p][r.o]
	r.o++
	return m, true, nil
}

func (r *memReader) Lag() int64 { return int64(len(r.l.parts[r.p])) - r.o }

// memRow is a ledger row with the token that wrote it.
type memRow struct {
	sellthrough.Rows
	token sellthrough.Token
	kind  sellthrough.FeedKind
}

// memLedger keeps what the real ledger keeps, in memory: tokens are remembered for window inserts, and it says so.
type memLedger struct {
	rows     []memRow
	floors   []tokened[sellthrough.Floor]
	outcomes []tokened[sellthrough.Outcome]
	votes    []tokened[sellthrough.Vote]
	epoch    map[int]uint64
	intents  []sellthrough.Intent
	dones    []sellthrough.Intent
	void     map[sellthrough.Token]bool
	tokens   []string // in order, of all targets
	window   int
	tables   map[sellthrough.Revision]reference.Tables
	chaos    func(call string) (before, after error)
}

type tokened[T any] struct {
	token sellthrough.Token
	v     T
}

func newMemLedger(window int) *memLedger {
	return &memLedger{
		epoch: map[int]uint64{}, void: map[sellthrough.Token]bool{}, window: window, tables: map[sellthrough.Revision]reference.Tables{},
		chaos: func(string) (error, error) { return nil, nil },
	}
}

// try runs f unless the call is lost before it, and loses its answer after it.
func (m *memLedger) try(call string, f func() error) error {
	before, after := m.chaos(call)
	if before != nil {
		return before
	}
	if err := f(); err != nil {
		return err
	}
	return after
}

func (m *memLedger) Claim(_ context.Context, _ string, p int) (e uint64, err error) {
	err = m.try("claim", func() error { m.epoch[p]++; e = m.epoch[p]; return nil })
	return e, err
}

func (m *memLedger) Newest(_ context.Context, _ string, p int) (intent, done *sellthrough.Intent, err error) {
	newest := func(all []sellthrough.Intent) *sellthrough.Intent {
		var best *sellthrough.Intent
		for i := range all {
			c := &all[i]
			if c.Partition == p && (best == nil || c.Epoch > best.Epoch ||
				c.Epoch == best.Epoch && (c.Last > best.Last || c.Last == best.Last && (c.Step > best.Step || c.Step == best.Step && c.Retry >= best.Retry))) {
				best = c
			}
		}
		return best
	}
	left := slices.DeleteFunc(slices.Clone(m.dones), func(i sellthrough.Intent) bool { return m.void[i.Token] })
	return newest(m.intents), newest(left), nil
}

func (m *memLedger) Intend(_ context.Context, i sellthrough.Intent) error {
	return m.try("intend", func() error {
		if m.epoch[i.Partition] != i.Epoch {
			return sellthrough.ErrFenced
		}
		m.intents = append(m.intents, i)
		return nil
	})
}

func (m *memLedger) once(token sellthrough.Token, target string, f func()) {
	key := fmt.Sprint(token, target)
	if slices.Contains(m.tokens[max(0, len(m.tokens)-m.window):], key) {
		return
	}
	m.tokens = append(m.tokens, key)
	f()
}

func (m *memLedger) Insert(_ context.Context, b *sellthrough.Batch) error {
	half, _ := m.chaos("half insert") // the ledger table, but not the others
	err := m.try("insert", func() error {
		m.once(b.Token, "rows", func() {
			b.Each(func(kind sellthrough.FeedKind, rows *sellthrough.Rows) {
				for i := range rows.Len() {
					r := memRow{token: b.Token, kind: kind}
					r.AppendRow(rows, i)
					m.rows = append(m.rows, r)
				}
			})
		})
		if half != nil {
			return half
		}
		m.once(b.Token, "books", func() {
			for _, f := range b.Floors {
				m.floors = append(m.floors, tokened[sellthrough.Floor]{b.Token, f})
			}
			for _, o := range b.Outcomes {
				m.outcomes = append(m.outcomes, tokened[sellthrough.Outcome]{b.Token, o})
			}
			for _, v := range b.Votes {
				m.votes = append(m.votes, tokened[sellthrough.Vote]{b.Token, v})
			}
		})
		return nil
	})
	return err
}

func (m *memLedger) Done(_ context.Context, i sellthrough.Intent) error {
	return m.try("done", func() error { m.dones = append(m.dones, i); return nil })
}

func (m *memLedger) Trusted(_ context.Context, i sellthrough.Intent) (bool, error) {
	since := 0
	for k := len(m.intents) - 1; k >= 0 && m.intents[k].Token != i.Token; k-- {
		since++
	}
	return !m.void[i.Token] && 3*since < m.window, nil
}

func (m *memLedger) Heal(_ context.Context, i *sellthrough.Batch) error {
	m.rows = slices.DeleteFunc(m.rows, func(r memRow) bool { return r.token == i.Token })
	m.floors = without(m.floors, i.Token)
	m.outcomes = without(m.outcomes, i.Token)
	m.votes = without(m.votes, i.Token)
	m.void[i.Token] = true
	return nil
}

func without[T any](s []tokened[T], t sellthrough.Token) []tokened[T] {
	return slices.DeleteFunc(s, func(x tokened[T]) bool { return x.token == t })
}

func (m *memLedger) Known(_ context.Context, _ int, use func([]uint64)) error {
	for _, r := range m.rows {
		use(r.Slice)
	}
	return nil
}

// newestWords gives the newest word of every line that pass selects.
func (m *memLedger) newestWords(except *sellthrough.Token, pass func(*memRow) bool) map[sellthrough.LineRef]sellthrough.Held {
	out := map[sellthrough.LineRef]sellthrough.Held{}
	signs := map[sellthrough.LineRef]int{}
	for i := range m.rows {
		r := &m.rows[i]
		if except != nil && r.token == *except || !pass(r) {
			continue
		}
		ref := sellthrough.LineRef{Slice: r.Slice[0], Line: r.Line[0]}
		h, ok := out[ref]
		rev, ver := sellthrough.Revision(r.Revision[0]), r.Version[0]
		if !ok || ver > h.Version || ver == h.Version && (rev > h.Revision || rev == h.Revision && r.Sign[0] > 0) {
			h = sellthrough.Held{Slice: ref.Slice, Line: ref.Line, Content: r.Content[0], Revision: rev, Version: ver}
		}
		h.Added = r.Flags[0]&sellthrough.Added != 0
		signs[ref] += int(r.Sign[0])
		h.Live = signs[ref] > 0
		out[ref] = h
	}
	return out
}

func (m *memLedger) Slices(_ context.Context, _, _ string, kind sellthrough.FeedKind, wanted []uint64, except *sellthrough.Token) ([]sellthrough.Held, error) {
	set := map[uint64]bool{}
	for _, s := range wanted {
		set[s] = true
	}
	return slices.Collect(maps.Values(m.newestWords(except, func(r *memRow) bool { return r.kind == kind && set[r.Slice[0]] }))), nil
}

func (m *memLedger) Current(_ context.Context, _, _ string, kind sellthrough.FeedKind, refs []sellthrough.LineRef, except *sellthrough.Token) (sellthrough.Rows, error) {
	var out sellthrough.Rows
	for _, ref := range refs {
		var best *memRow
		for i := range m.rows {
			r := &m.rows[i]
			if r.kind == kind && r.Sign[0] > 0 && r.Slice[0] == ref.Slice && r.Line[0] == ref.Line && (except == nil || r.token != *except) &&
				(best == nil || r.Version[0] > best.Version[0] || r.Version[0] == best.Version[0] && r.Revision[0] >= best.Revision[0]) {
				best = r
			}
		}
		if best != nil {
			out.AppendRow(&best.Rows, 0)
		}
	}
	return out, nil
}

func (m *memLedger) InScope(_ context.Context, _, ns string, kind sellthrough.FeedKind, p int, sc sellthrough.Scope, except *sellthrough.Token) ([]sellthrough.Held, error) {
	var out []sellthrough.Held
	for _, h := range m.newestWords(except, func(r *memRow) bool {
		d := sellthrough.Day(r.Day[0])
		return r.kind == kind && r.token.Partition == p && r.Namespace[0] == ns && d >= sc.From && d <= sc.To &&
			(len(sc.Locations) == 0 || slices.Contains(sc.Locations, r.Location[0]))
	}) {
		if h.Live {
			for i := range m.rows {
				if m.rows[i].Slice[0] == h.Slice && m.rows[i].Line[0] == h.Line {
					h.Location, h.Day = m.rows[i].Location[0], sellthrough.Day(m.rows[i].Day[0])
				}
			}
			out = append(out, h)
		}
	}
	return out, nil
}

func (m *memLedger) OfDocuments(_ context.Context, _, ns string, kind sellthrough.FeedKind, p int, documents []string, except *sellthrough.Token) ([]sellthrough.Held, error) {
	var out []sellthrough.Held
	for ref, h := range m.newestWords(except, func(r *memRow) bool { return r.kind == kind && r.token.Partition == p && r.Namespace[0] == ns }) {
		cur, _ := m.Current(context.Background(), "", "", kind, []sellthrough.LineRef{ref}, except)
		if h.Live && slices.Contains(documents, cur.Document[0]) {
			h.Location, h.Day, h.Document = cur.Location[0], sellthrough.Day(cur.Day[0]), cur.Document[0]
			out = append(out, h)
		}
	}
	return out, nil
}

func (m *memLedger) LatestLevels(_ context.Context, _, ns string, p int, locations []string, before int64, except *sellthrough.Token) (sellthrough.Rows, error) {
	type key struct {
		location, item string
		level          uint8
	}
	live := m.newestWords(except, func(r *memRow) bool { return r.kind == sellthrough.Stock })
	best := map[key]*memRow{}
	for i := range m.rows {
		r := &m.rows[i]
		if r.kind != sellthrough.Stock || except != nil && r.token == *except || r.Sign[0] < 0 || r.At[0] >= before || !slices.Contains(locations, r.Location[0]) ||
			!live[sellthrough.LineRef{Slice: r.Slice[0], Line: r.Line[0]}].Live {
			continue
		}
		k := key{r.Location[0], r.Item[0], r.Kind[0]}
		if b := best[k]; b == nil || r.At[0] > b.At[0] || r.At[0] == b.At[0] && r.Revision[0] >= b.Revision[0] {
			best[k] = r
		}
	}
	var out sellthrough.Rows
	for _, r := range best {
		out.AppendRow(&r.Rows, 0)
	}
	return out, nil
}

func (m *memLedger) Floors(_ context.Context, _, ns string, p int, _ []uint64, _ []string, _, _ sellthrough.Day, _ sellthrough.Revision, except *sellthrough.Token) ([]sellthrough.Floor, error) {
	var out []sellthrough.Floor
	for _, f := range m.floors {
		if f.v.Namespace == ns && f.token.Partition == p && (except == nil || f.token != *except) {
			out = append(out, f.v)
		}
	}
	return out, nil
}

func (m *memLedger) Applied(_ context.Context, p int, revs []uint64, except *sellthrough.Token) (map[sellthrough.Revision]sellthrough.Applied, error) {
	out := map[sellthrough.Revision]sellthrough.Applied{}
	for _, o := range m.outcomes {
		if o.token.Partition != p || except != nil && o.token == *except || o.v.Partial || !slices.Contains(revs, uint64(o.v.Revision)) {
			continue
		}
		a, ok := out[o.v.Revision]
		if !ok || a.Held && (!o.v.Held || o.v.Attempt > a.Attempt) {
			out[o.v.Revision] = sellthrough.Applied{Attempt: o.v.Attempt, Held: o.v.Held}
		}
	}
	return out, nil
}

func (m *memLedger) MaxFloor(_ context.Context, partner, namespace string, p int) (r sellthrough.Revision, _ error) {
	for _, f := range m.floors {
		if f.v.Partner == partner && f.v.Namespace == namespace && f.token.Partition == p {
			r = max(r, f.v.Revision)
		}
	}
	return r, nil
}

func (m *memLedger) MaxRevision(_ context.Context, p int) (r sellthrough.Revision, _ error) {
	for _, o := range m.outcomes {
		if o.token.Partition == p {
			r = max(r, o.v.Revision)
		}
	}
	return r, nil
}

func (m *memLedger) Unresolved(_ context.Context, p int, _ *sellthrough.Token) (map[sellthrough.SubmissionID]sellthrough.Pending, error) {
	out := map[sellthrough.SubmissionID]sellthrough.Pending{}
	for _, v := range m.votes {
		if v.token.Partition == p {
			out[v.v.Submission] = sellthrough.Pending{Partner: v.v.Partner, Revision: v.v.Revision, Attempt: v.v.Attempt, End: v.v.End, State: sellthrough.HasVoted}
		}
	}
	for _, o := range m.outcomes {
		if o.token.Partition == p && o.v.Held {
			out[o.v.Submission] = sellthrough.Pending{Partner: o.v.Partner, Revision: o.v.Revision, State: sellthrough.IsHeld}
		}
	}
	for _, o := range m.outcomes {
		if o.token.Partition == p && !o.v.Held && !o.v.Partial {
			delete(out, o.v.Submission)
		}
	}
	return out, nil
}

func (m *memLedger) Votes(_ context.Context, id sellthrough.SubmissionID, attempt uint32) (map[int]sellthrough.Vote, error) {
	out := map[int]sellthrough.Vote{}
	for _, v := range m.votes {
		if v.v.Submission == id && v.v.Attempt == attempt {
			out[v.token.Partition] = v.v
		}
	}
	return out, nil
}

func (m *memLedger) OfRevision(_ context.Context, kind sellthrough.FeedKind, p int, rev sellthrough.Revision, limit int, except *sellthrough.Token) (now, before sellthrough.Rows, err error) {
	words := m.newestWords(except, func(r *memRow) bool { return r.kind == kind && r.token.Partition == p })
	for ref, h := range words {
		if h.Revision != rev {
			continue
		}
		var prev *memRow
		prior := 0
		for i := range m.rows {
			r := &m.rows[i]
			if r.Slice[0] != ref.Slice || r.Line[0] != ref.Line || except != nil && r.token == *except || sellthrough.Revision(r.Revision[0]) >= rev {
				continue
			}
			prior += int(r.Sign[0])
			if r.Sign[0] > 0 {
				prev = r
			}
		}
		if h.Live {
			cur, _ := m.Current(context.Background(), "", "", kind, []sellthrough.LineRef{ref}, except)
			now.AppendRow(&cur, 0)
		}
		if prior > 0 {
			before.AppendRow(&prev.Rows, 0)
			before.Version[before.Len()-1] = max(prev.Version[0], h.Version)
		}
	}
	return now, before, nil
}

func (m *memLedger) Reflowable(_ context.Context, kind sellthrough.FeedKind, p int, _ reference.Change, after sellthrough.LineRef, _ int, except *sellthrough.Token) (sellthrough.Rows, error) {
	var out sellthrough.Rows
	if after != (sellthrough.LineRef{}) {
		return out, nil
	}
	for ref, h := range m.newestWords(except, func(r *memRow) bool { return r.kind == kind && r.token.Partition == p }) {
		if h.Live {
			var best *memRow
			for i := range m.rows {
				r := &m.rows[i]
				if r.Sign[0] > 0 && r.Slice[0] == ref.Slice && r.Line[0] == ref.Line && (except == nil || r.token != *except) &&
					(best == nil || r.Revision[0] > best.Revision[0] || r.Revision[0] == best.Revision[0] && r.Reference[0] >= best.Reference[0]) {
					best = r
				}
			}
			out.AppendRow(&best.Rows, 0)
		}
	}
	return out, nil
}

func (m *memLedger) Reference(_ context.Context, rev sellthrough.Revision) (reference.Tables, error) {
	return m.tables[rev], nil
}

func (m *memLedger) Examine(context.Context, int) (func(context.Context, *sellthrough.Batch) error, func(), error) {
	return func(context.Context, *sellthrough.Batch) error { return nil }, func() {}, nil
}

func (m *memLedger) Unfit(context.Context, int, sellthrough.Revision, *sellthrough.Token) (int64, error) {
	return 0, nil
}

func (m *memLedger) Replayed(context.Context, sellthrough.FeedKind, int, sellthrough.Replay, sellthrough.LineRef, int, *sellthrough.Token) (sellthrough.Rows, error) {
	return sellthrough.Rows{}, sellthrough.ErrGone
}
