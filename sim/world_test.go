package sim

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/archive"
	"sellthrough/internal/config"
	"sellthrough/transform"
)

// world is one run: engines, processes, and the channel that sends.
type world struct {
	t    testing.TB
	seed uint64
	r    *rand.Rand
	*stage
	b *broker
	v *server
	g *group

	dir      string
	conf     *config.Config
	kinds    []*kind
	files    map[sellthrough.FeedID][]*file
	strict   bool // every file waits for the answer to the one before, and nobody confirms: it is known what is held
	stepRows int
	lines    int // of a batch; 0: by chance

	mu           sync.Mutex
	collectors   []*collector
	transformers []*transformer
	sending      atomic.Int64 // senders that are not done
	busy         atomic.Int64 // goroutines of the world
	over         atomic.Bool
	faulty       []string

	mood    mood
	later   []event
	names   int
	backup  *tables
	version int  // of the reference data; 0: none
	ordered bool // a version is on its way
	faults  map[string]int
	differ  bool // as it was told
}

// event is something that happens when its time has come.
type event struct {
	at   time.Time
	do   func()
	slow bool // it does not come sooner when all else ends
}

type collector struct {
	*process
	place  string // its data folder
	intake *ingest.Intake
	stop   context.CancelFunc
}

type transformer struct {
	*process
	stop context.CancelFunc
}

// configured is the configuration of all kinds of feeds, read once.
var configured = sync.OnceValue(func() *config.Config {
	var b strings.Builder
	b.WriteString(base)
	for _, k := range kinds {
		fmt.Fprintf(&b, "  - {id: %s, %s}\n", k.feed, k.yaml)
	}
	c, err := config.Parse("sim.yml", []byte(b.String()), func(string) (string, bool) { return "", false })
	if err != nil {
		panic(err)
	}
	return c
})

// newWorld makes the engines and the configuration of a world of some kinds of feeds. Its partitions are by chance where
// there are to be none.
func newWorld(t testing.TB, seed uint64, dir string, tell func(string, ...any), hold float64, parts int, feeds ...*kind) *world {
	r := rand.New(rand.NewPCG(seed, 11))
	w := &world{
		t: t, seed: seed, r: r, stage: newStage(r, tell), dir: dir, kinds: feeds, files: map[sellthrough.FeedID][]*file{}, faults: map[string]int{},
		stepRows: 2 + r.IntN(12),
	}
	c := *configured()
	if c.Engines.Kafka.Partitions = 1 + r.IntN(3); parts > 0 {
		c.Engines.Kafka.Partitions = parts
	}
	c.Feeds = nil
	for _, f := range configured().Feeds {
		if slices.ContainsFunc(feeds, func(k *kind) bool { return k.feed == f.ID }) {
			f.Coverage.HoldAbove = config.Percent(hold)
			if f.ID == "stock" {
				f.Coverage.HoldAbove = 1
			}
			c.Feeds = append(c.Feeds, f)
		}
	}
	w.conf = &c
	w.b = newBroker(w.stage, c.Engines.Kafka.Partitions)
	w.b.registered = w.registered
	w.v = newServer(w.stage)
	w.v.fell = func() { w.after(w.seconds(15), w.v.up) }
	w.g = &group{s: w.stage, parts: c.Engines.Kafka.Partitions}
	return w
}

func (w *world) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faulty = append(w.faulty, fmt.Sprintf(format, args...))
}

func (w *world) process(name string) *process {
	w.names++
	return &process{name: fmt.Sprintf("%s.%d", name, w.names)}
}

// gone runs f as a goroutine of the world.
func (w *world) goes(f func()) {
	w.busy.Add(1)
	go func() {
		defer w.busy.Add(-1)
		f()
	}()
}

// collect starts a collector over a folder.
func (w *world) collect(place string) {
	p := w.process(place)
	c := *w.conf
	c.Data = filepath.Join(w.dir, place)
	a, err := archive.Open(context.Background(), filepath.Join(w.dir, "archive"))
	if err != nil {
		w.t.Fatal(err)
	}
	i, err := ingest.New(ingest.Options{Config: &c, Bus: wire{w.b, p, w.g}, Archive: a, Log: zerolog.Nop()})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	col := &collector{p, place, i, cancel}
	w.mu.Lock()
	w.collectors = append(w.collectors, col)
	w.mu.Unlock()
	w.goes(func() {
		if err := i.Run(ctx); err != nil && ctx.Err() == nil {
			w.fail("%s ended by itself: %v", p.name, err)
		}
	})
}

// transform starts a transformer.
func (w *world) transform(name string) {
	p := w.process(name)
	policies := map[sellthrough.FeedID]sellthrough.Policy{}
	for i := range w.conf.Feeds {
		f := &w.conf.Feeds[i]
		partner, _ := w.conf.Partner(f.Partner)
		policies[f.ID] = f.Policy(partner)
	}
	lines := w.lines
	if lines == 0 {
		lines = 1 + w.r.IntN(30)
	}
	t, err := transform.New(transform.Options{
		Ledger: w.v.ledger(p), Log: wire{w.b, p, w.g}, Reporting: "GBP", Policies: policies, BatchLines: lines,
		BatchWait: []time.Duration{time.Millisecond, 50 * time.Millisecond, 2 * time.Second}[w.r.IntN(3)], StateLines: 1024 * w.g.parts,
		StepRows: w.stepRows, Partitions: w.g.parts, Logger: zerolog.Nop(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.transformers = append(w.transformers, &transformer{p, cancel})
	w.goes(func() {
		if err := t.Run(ctx); err != nil && ctx.Err() == nil {
			w.fail("%s ended by itself: %v", p.name, err)
		}
	})
}

// die ends a process and its goroutines.
func (w *world) die(p *process, stop context.CancelFunc) {
	w.kill(p)
	stop()
}

func (w *world) killCollector(c *collector) {
	w.mu.Lock()
	w.collectors = slices.DeleteFunc(w.collectors, func(x *collector) bool { return x == c })
	w.mu.Unlock()
	w.die(c.process, c.stop)
}

func (w *world) killTransformer(t *transformer) {
	w.transformers = slices.DeleteFunc(w.transformers, func(x *transformer) bool { return x == t })
	w.die(t.process, t.stop)
}

// door is one of the collectors, as a partner finds it.
func (w *world) door(r *rand.Rand) *ingest.Intake {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.collectors) == 0 {
		return nil
	}
	return w.collectors[r.IntN(len(w.collectors))].intake
}

// after has something happen later.
func (w *world) after(d time.Duration, do func()) {
	w.later = append(w.later, event{at: time.Now().Add(d), do: do})
}

// due does what has become due.
func (w *world) due() {
	for i := 0; i < len(w.later); {
		e := w.later[i]
		if e.at.After(time.Now()) {
			i++
			continue
		}
		w.later = slices.Delete(w.later, i, i+1)
		e.do()
	}
}

// play goes on until something holds. It says whether it came to that.
func (w *world) play(until func(idle time.Duration) bool) bool {
	quiet := time.Now()
	for limit := w.moves + 40_000; w.moves < limit && time.Since(quiet) < 3*time.Hour; {
		w.settle()
		idle := time.Since(quiet)
		if until(idle) {
			return true
		}
		w.due()
		w.weather()
		if w.next() {
			quiet = time.Now()
		}
		w.watch()
	}
	return false
}

// watch says, while somebody listens, when the sums begin to differ from the ledger with nothing in flight.
func (w *world) watch() {
	if w.tell == nil || !w.v.quiet() {
		return
	}
	differ := !maps.Equal(w.v.tables.sums, w.v.tables.rebuilt())
	if differ != w.differ {
		w.tell("*** the sums differ from the ledger: %v", differ)
	}
	w.differ = differ
}

// end lets every goroutine of the world go.
func (w *world) end() {
	w.over.Store(true)
	for len(w.collectors) > 0 {
		w.killCollector(w.collectors[0])
	}
	for len(w.transformers) > 0 {
		w.killTransformer(w.transformers[0])
	}
	for n := 0; w.busy.Load() > 0 && n < 10_000; n++ {
		w.next()
		time.Sleep(100 * time.Millisecond)
	}
}

// folder is a place in memory, where the system has one: what is synced there costs nothing.
func folder(t testing.TB) string {
	if dir, err := os.MkdirTemp("/dev/shm", "sellthrough-sim-"); err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}
