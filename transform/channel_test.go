package transform

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"github.com/zeebo/xxh3"

	"sellthrough"
	"sellthrough/internal/block"
	"sellthrough/internal/bus"
)

var seed = flag.Uint64("seed", 0, "run this seed of the simulation alone")

// fact is one line of the simulated channel.
type fact struct {
	doc, key, loc, item string
	day                 sellthrough.Day
	qty                 int64
	does                sellthrough.Function
	row                 int // in the file; 0: where it stands in its block
}

// file is one submission of the simulated channel.
type file struct {
	rev       sellthrough.Revision
	lines     []fact
	scope     sellthrough.Scope
	acts      []sellthrough.Act
	overtakes bool
}

// feedKind is one way of feeding: its rule, its coverage, and the truth that its files come to.
type feedKind struct {
	name   string
	rule   sellthrough.Rule
	policy sellthrough.Policy
	truth  func(files []file) map[string]int64 // sum of quantity by line

	files   func(w *world, n int) []file // nil: world.files
	inOrder bool                         // none arrives late
}

// late is how many files change places on their way.
func (k *feedKind) late(r *rand.Rand) int {
	if k.inOrder {
		return 0
	}
	return r.IntN(4)
}

func (f fact) keyed() string { return f.doc + "/" + f.key }
func (f fact) content() string {
	return fmt.Sprint(f.doc, "|", f.loc, "|", f.item, "|", f.day, "|", f.qty)
}

// world is one simulated run.
type world struct {
	t        *testing.T
	r        *rand.Rand
	log      *memLog
	ledger   *memLedger
	kind     feedKind
	parts    int
	stepRows int
}

func newWorld(t *testing.T, r *rand.Rand, kind feedKind) *world {
	n := 1 + r.IntN(3)
	kind.rule.Namespace = "pos"
	kind.policy.HoldAbove, kind.policy.PartnerZone, kind.policy.Currency = 1, "Europe/London", "GBP"
	return &world{t: t, r: r, log: newMemLog(n), ledger: newMemLedger(1000), kind: kind, parts: n, stepRows: 1 + r.IntN(10)}
}

// files makes submissions that repeat, correct, cut and extend one another.
func (w *world) files(n int) []file {
	var out []file
	for i := range n {
		f := file{rev: sellthrough.RevisionOf(1, int64(i+1))}
		day := sellthrough.Day(20000 + w.r.IntN(3))
		if len(out) > 0 && w.r.IntN(3) == 0 { // send an earlier file again, perhaps changed
			f.lines = slices.Clone(out[w.r.IntN(len(out))].lines)
			for k := range f.lines {
				if w.r.IntN(4) == 0 {
					f.lines[k].qty++
				}
			}
			if len(f.lines) > 0 && w.r.IntN(3) == 0 {
				f.lines = f.lines[:len(f.lines)-1]
			}
		} else {
			for range w.r.IntN(12) {
				f.lines = append(f.lines, fact{
					doc: fmt.Sprint("d", w.r.IntN(5)), key: fmt.Sprint(w.r.IntN(4)), loc: fmt.Sprint("s", w.r.IntN(2)),
					item: fmt.Sprint("i", w.r.IntN(3)), day: day, qty: int64(1 + w.r.IntN(3)),
				})
			}
		}
		if w.kind.rule.Keyed { // a key stands once in a file
			seen := map[string]bool{}
			f.lines = slices.DeleteFunc(f.lines, func(l fact) bool {
				k := l.keyed()
				if w.kind.rule.Scope == sellthrough.ByLocationDay {
					k += l.loc + l.day.String()
				}
				defer func() { seen[k] = true }()
				return seen[k]
			})
		}
		switch w.kind.policy.Coverage {
		case sellthrough.CoverPeriod:
			f.scope = sellthrough.Scope{From: 20000, To: 20000 + sellthrough.Day(w.r.IntN(3)), Declared: true}
			f.lines = slices.DeleteFunc(f.lines, func(l fact) bool { return l.day > f.scope.To })
			for k := range f.lines { // a document keeps its day: see "Known limits" in the protocol's page
				f.lines[k].day = 20000 + sellthrough.Day(f.lines[k].doc[1]-'0')%3
			}
			f.lines = slices.DeleteFunc(f.lines, func(l fact) bool { return l.day > f.scope.To })
		case sellthrough.CoverLocationDay:
			if w.r.IntN(4) == 0 {
				f.scope = sellthrough.Scope{Locations: []string{"s0"}, From: day, To: day, Declared: true}
			}
		}
		out = append(out, f)
	}
	return out
}

func (w *world) partition(l fact) int {
	s := l.doc
	if w.kind.rule.Scope == sellthrough.ByLocationDay {
		s = l.loc
	}
	return int(xxh3.HashString(s) % uint64(w.parts))
}

// send writes a file to the log as a collector does, with what goes wrong there: blocks written twice, blocks of a
// collector that died, end marks written twice, a second attempt.
func (w *world) send(f file) {
	attempts := 1 + w.r.IntN(2)
	for attempt := 1; attempt <= attempts; attempt++ {
		w.sendOnce(f, uint32(attempt), attempt < attempts && w.r.IntN(2) == 0)
	}
}

func (w *world) sendOnce(f file, attempt uint32, dies bool) {
	marks := make([]sellthrough.EndMark, w.parts)
	all := make([]int, w.parts)
	for p := range marks {
		all[p] = p
	}
	body := fmt.Sprint(f.lines)
	for p := range marks {
		marks[p] = sellthrough.EndMark{
			Submission: sellthrough.SubmissionID(fmt.Sprint("S", f.rev)), Feed: "pos", Partner: "acme", Kind: sellthrough.Sales,
			Revision: f.rev, Attempt: attempt, Body: body, Rule: w.kind.rule, Policy: w.kind.policy, Scope: f.scope, Partitions: all, Overtakes: f.overtakes,
		}
		var mine []fact
		for i, l := range f.lines {
			if w.partition(l) == p {
				l.row = cmp.Or(l.row, i+2)
				mine = append(mine, l)
			}
		}
		if w.kind.rule.Scope == sellthrough.ByLocationDay && f.scope.Declared {
			marks[p].Scope.Locations = slices.DeleteFunc(slices.Clone(f.scope.Locations), func(l string) bool { return w.partition(fact{loc: l}) != p })
			marks[p].Scope.Elsewhere = len(marks[p].Scope.Locations) == 0
		}
		for _, a := range f.acts {
			if w.kind.rule.Scope == sellthrough.ByLocationDay || w.partition(fact{doc: a.Document}) == p {
				marks[p].Acts = append(marks[p].Acts, a)
			}
		}
		for len(mine) > 0 {
			n := 1 + w.r.IntN(len(mine))
			b := makeBlock(mine[:n], marks[p].Submission, attempt)
			v := block.Append(nil, &b)
			o := w.log.add(p, bus.TypeBlock, v)
			if w.r.IntN(5) == 0 {
				o = w.log.add(p, bus.TypeBlock, v)
			}
			marks[p].Blocks = append(marks[p].Blocks, o)
			marks[p].Lines += int64(n)
			mine = mine[n:]
		}
	}
	for p := range marks {
		if dies && w.r.IntN(2) == 0 {
			return
		}
		v, _ := json.Marshal(marks[p])
		w.log.add(p, bus.TypeEnd, v)
		if w.r.IntN(6) == 0 {
			w.log.add(p, bus.TypeEnd, v)
		}
	}
}

func makeBlock(lines []fact, id sellthrough.SubmissionID, attempt uint32) sellthrough.Block {
	b := sellthrough.Block{Feed: "pos", Submission: id, Attempt: attempt, Dict: []string{""}}
	index := func(s string) uint32 {
		if i := slices.Index(b.Dict, s); i >= 0 {
			return uint32(i)
		}
		b.Dict = append(b.Dict, s)
		return uint32(len(b.Dict) - 1)
	}
	for i, l := range lines {
		b.Row = append(b.Row, uint32(cmp.Or(l.row, i+2)))
		b.Document, b.LineKey = append(b.Document, index(l.doc)), append(b.LineKey, index(l.key))
		b.Location, b.Item = append(b.Location, index(l.loc)), append(b.Item, index(l.item))
		b.Unit, b.Currency, b.Counterparty, b.Serial = append(b.Unit, 0), append(b.Currency, 0), append(b.Counterparty, 0), append(b.Serial, 0)
		b.Kind = append(b.Kind, uint8(sellthrough.SellOut))
		b.Qty = append(b.Qty, sellthrough.Decimal(l.qty)*sellthrough.One)
		b.Amount, b.HasAmount = append(b.Amount, 0), append(b.HasAmount, false)
		b.At, b.Day, b.Version = append(b.At, int64(l.day)*86400), append(b.Day, l.day), append(b.Version, 0)
		b.Function = append(b.Function, l.does)
	}
	return b
}

var errLost = errors.New("no answer")

// work runs owners of a partition until nothing is left to read, with what goes wrong there: an owner that dies in a
// window of the protocol, calls that are lost before or after they took effect, and an owner that stalls in a window
// while its successor does all the work, then wakes.
func (w *world) work(p int, calm bool) {
	for {
		if w.owner(p, calm, 0) {
			return
		}
	}
}

func (w *world) owner(p int, calm bool, depth int) (idle bool) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	budget := 1 + w.r.IntN(12)
	o := Options{
		Ledger: w.ledger, Log: idleLog{w.log, func() { idle = true; cancel() }}, Reporting: "GBP", BatchLines: 1 + w.r.IntN(20),
		StateLines: 1024, Partitions: w.parts, Logger: zerolog.Nop(), Registry: nil,
	}
	if w.r.IntN(2) == 0 {
		o.BatchWait = 1 << 40
	}
	if !calm {
		o.Fault = func(_ string, _ int) {
			budget--
			switch {
			case budget > 0 || ctx.Err() != nil:
			case depth == 0 && w.r.IntN(2) == 0: // stall: the successor does everything, then this one wakes
				w.owner(p, true, 1)
			default:
				cancel()
			}
		}
	}
	t, err := New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	t.stepRows = w.stepRows
	w.ledger.chaos = func(string) (error, error) {
		if calm || w.r.IntN(25) > 0 {
			return nil, nil
		}
		cancel() // the owner dies without the answer
		if w.r.IntN(2) == 0 {
			return errLost, nil
		}
		return nil, errLost
	}
	err = t.own(ctx, func() *worker { return newWorker(t, p, "000001-a") })
	if !errors.Is(err, context.Canceled) && !errors.Is(err, sellthrough.ErrFenced) {
		w.t.Fatalf("the owner ended with %v", err)
	}
	return idle && err != nil && errors.Is(err, context.Canceled)
}

// idleLog calls idle when a reader has nothing left.
type idleLog struct {
	*memLog
	idle func()
}

func (l idleLog) Reader(t bus.Topic, p int, i bus.Incarnation, o int64) bus.Reader {
	return idleReader{l.memLog.Reader(t, p, i, o).(*memReader), l.idle, new(int)}
}

type idleReader struct {
	*memReader
	idle  func()
	count *int
}

func (r idleReader) Next(ctx context.Context, _ time.Duration) (bus.Message, bool, error) {
	m, ok, err := r.memReader.Next(ctx, 0)
	if !ok {
		if *r.count++; *r.count > 1 {
			r.idle()
		}
		return m, ok, err
	}
	*r.count = 0
	return m, ok, err
}

func (w *world) totals() map[string]int64 {
	out := map[string]int64{}
	for _, r := range w.ledger.rows {
		k := r.Document[0] + "/" + r.LineKey[0]
		if w.kind.rule.Scope == sellthrough.ByLocationDay {
			k = r.Location[0] + sellthrough.Day(r.Day[0]).String() + r.Document[0] + "/" + r.LineKey[0]
		}
		if !w.kind.rule.Keyed {
			q := r.RawQty[0] / int64(sellthrough.One) * int64(r.Sign[0])
			k = fact{doc: r.Document[0], loc: r.Location[0], item: r.Item[0], day: sellthrough.Day(r.Day[0]), qty: q}.content()
		}
		if out[k] += r.Qty[0] / int64(sellthrough.One); out[k] == 0 {
			delete(out, k)
		}
	}
	return out
}

// simulate plays one seed of a kind.
func simulate(t *testing.T, kind feedKind, s uint64) {
	r := rand.New(rand.NewPCG(s, 7))
	w := newWorld(t, r, kind)
	write := w.files
	if kind.files != nil {
		write = func(n int) []file { return kind.files(w, n) }
	}
	files := write(3 + r.IntN(8))
	order := slices.Clone(files)
	for range kind.late(r) { // some arrive late
		i, j := r.IntN(len(order)), r.IntN(len(order))
		order[i], order[j] = order[j], order[i]
	}
	for i, f := range order {
		f.overtakes = slices.ContainsFunc(order[i+1:], func(g file) bool { return g.rev < f.rev })
		w.send(f)
		if r.IntN(2) == 0 {
			w.work(r.IntN(w.parts), false)
		}
	}
	for p := range w.parts {
		w.work(p, false)
		w.work(p, true)
	}
	want := kind.truth(files)
	maps.DeleteFunc(want, func(_ string, q int64) bool { return q == 0 })
	if d := gocmp.Diff(want, w.totals()); d != "" {
		t.Errorf("seed %d (run it alone with -seed %d): ledger differs from the truth (-want +got):\n%s", s, s, d)
	}
	w.books(files, s)
}

// books: every accepted line of every submission is accounted for, once.
func (w *world) books(files []file, s uint64) {
	got := map[sellthrough.Revision]int64{}
	for _, o := range w.ledger.outcomes {
		got[o.v.Revision] += o.v.Counts.Lines()
	}
	for _, f := range files {
		if got[f.rev] != int64(len(f.lines)) {
			w.t.Errorf("seed %d: the books hold %d lines of submission %d, it had %d", s, got[f.rev], f.rev, len(f.lines))
		}
	}
}
