package sim

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var hunt = flag.Int("hunt", 0, "look for seeds that catch each mutant, among so many")

// mutant is the program without one of its rules: text of one file is replaced by other text.
type mutant struct {
	rule  string
	seed  int // that catches it
	file  string
	swaps []swap
}

type swap struct{ from, to string }

// mutants are the rules of docs/protocol.md, each taken out or turned round once, and a seed that does not forgive it.
var mutants = []mutant{
	{
		rule: "intent after insert", seed: 1, file: "transform/commit.go", swaps: []swap{
			{`		if err := w.hold(ctx, "intend", func() error { return o.Ledger.Intend(ctx, batch.Intent) }); err != nil {
			return err
		}
		w.stage("intend", start)
`, ``},
			{`		if trusted {
			break
`, `		if trusted {
			if err := w.hold(ctx, "intend", func() error { return o.Ledger.Intend(ctx, batch.Intent) }); err != nil {
				return err
			}
			break
`},
		},
	},
	{
		rule: "commit without insert", seed: 1, file: "transform/commit.go", swaps: []swap{
			{`trusted, err := w.insert(ctx, batch, again)`, `trusted, err := again || !again, error(nil)`},
		},
	},
	{
		rule: "token without last offset", seed: 1, file: "transform/batch.go", swaps: []swap{
			{`First: w.next, Last: last.Offset, Retry`, `First: w.next, Last: w.next, Retry`},
		},
	},
	{
		rule: "state loaded with the redone rows", seed: 1, file: "transform/part.go", swaps: []swap{
			{`w.t.opts.Ledger.Slices(ctx, partner, namespace, kind, slices, w.redo)`, `w.t.opts.Ledger.Slices(ctx, partner, namespace, kind, slices, nil)`},
		},
	},
	{
		rule: "revision ignored", seed: 1, file: "transform/restate/run.go", swaps: []swap{
			{`older := r.older(st, slice, e, version)`, `older := false`},
		},
	},
	{
		rule: "zombie not fenced", seed: 1, file: "sinks/road/road.go", swaps: []swap{
			{`if epoch != i.Epoch {`, `if false {`},
		},
	},
	{
		rule: "end mark before its blocks", seed: 1, file: "ingest/finish.go", swaps: []swap{
			{`	err = cmp.Or(r.wait(), err) // in any case: nothing may still use what is freed
`, `	defer func() { _ = cmp.Or(r.wait()) }()
`},
		},
	},
	{
		rule: "sightings forgotten", seed: 1, file: "transform/restate/run.go", swaps: []swap{
			{`if r.Sight {`, `if false {`},
		},
	},
	{
		rule: "floor missing", seed: 1, file: "transform/restate/cover.go", swaps: []swap{
			{"FloorRows() []sellthrough.Floor {\n\tif !Covers(r.End) {", "FloorRows() []sellthrough.Floor {\n\tif true {"},
		},
	},
	{
		rule: "epoch not read again", seed: 1, file: "sinks/road/road.go", swaps: []swap{
			{`	if err := r.own(ctx, i); err != nil {
		return err
	}
	held`, `	held`},
		},
	},
	{
		rule: "window passed", seed: 1, file: "sinks/road/heal.go", swaps: []swap{
			{` && s.Blocks*2 < r.Window`, ``},
		},
	},
	{
		rule: "reference chosen by time instead of position", seed: 1, file: "transform/batch.go", swaps: []swap{
			{`	return resolve.New(f, w.version), nil`, `	newest, _, err := w.t.opts.Ledger.(interface {
		LatestReference(context.Context) (sellthrough.Revision, string, error)
	}).LatestReference(context.Background())
	if err == nil {
		if t, err := w.t.opts.Ledger.Reference(context.Background(), newest); err == nil {
			if v, err := reference.New(newest, w.t.opts.Reporting, t); err == nil {
				return resolve.New(f, v), nil
			}
		}
	}
	return resolve.New(f, w.version), nil`},
			{`	"sellthrough/transform/resolve"
`, `	"sellthrough/transform/reference"
	"sellthrough/transform/resolve"
`},
		},
	},
	{
		// What a code leads to changes with the reference data; here it does on the first of January, after two minutes.
		rule: "partition by mapped instead of raw codes", seed: 1, file: "ingest/mapping/block.go", swaps: []swap{
			{`	return int(xxh3.HashSeed(code, p.seed) % p.n)`, `	if time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) > 2*time.Minute {
		code = append([]byte("L-"), code...)
	}
	return int(xxh3.HashSeed(code, p.seed) % p.n)`},
			{`import (
	"math/bits"
`, `import (
	"math/bits"
	"time"
`},
		},
	},
	{
		rule: "votes do not wait", seed: 1, file: "transform/waits.go", swaps: []swap{
			{`	if !mayBeHeld(p) {`, `	if true {`},
		},
	},
	{
		rule: "what waited is not written again", seed: 1, file: "transform/commit.go", swaps: []swap{
			{`return w.release(ctx) })`, `return nil })`},
		},
	},
	{
		rule: "void after hold", seed: 1, file: "sinks/road/heal.go", swaps: []swap{
			{`	if err := r.Store.Note(ctx, Void, i); err != nil {
		return err
	}
	if err := r.Hold(ctx, i); err != nil {
		return err
	}
`, `	if err := r.Hold(ctx, i); err != nil {
		return err
	}
	if err := r.Store.Note(ctx, Void, i); err != nil {
		return err
	}
`},
		},
	},
	{
		rule: "a voided batch is not sent once more", seed: 1, file: "sinks/road/heal.go", swaps: []swap{
			{`	err := r.insert(ctx, b, func(ctx context.Context) error {`, `	err := r.insert(ctx, &sellthrough.Batch{Intent: i}, func(ctx context.Context) error {`},
		},
	},
	{
		rule: "a stopped owner does not look again", seed: 1, file: "sinks/road/road.go", swaps: []swap{
			{`.Epoch}]) >= fresh`, `.Epoch}]) < 0`},
		},
	},
	{
		rule: "an owner does not say that it has arrived", seed: 1, file: "transform/worker.go", swaps: []swap{
			{`	} else if err := w.arrive(ctx, done); err != nil {
		return err
	}`, `	}`},
		},
	},
	{
		rule: "the second copy of a registration counts", seed: 1, file: "ingest/intake.go", swaps: []swap{
			{`if e, ok := i.index.find(sub.ID); ok {`, `if e, ok := i.index.find(sub.ID); ok && e.offset < 0 {`},
		},
	},
}

// build compiles this package's tests against the mutant.
func (m *mutant) build(t *testing.T, dir string) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, filepath.FromSlash(m.file))
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(source)
	for _, s := range m.swaps {
		if n := strings.Count(text, s.from); n != 1 {
			t.Fatalf("%s: the rule's text stands %d times in %s, not once; write the mutant anew:\n%s", m.rule, n, m.file, s.from)
		}
		text = strings.Replace(text, s.from, s.to, 1)
	}
	changed := filepath.Join(dir, "changed.go")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{changed: text, filepath.Join(dir, "overlay.json"): string(overlay)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(dir, "mutant.test")
	c := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", bin, "-overlay", filepath.Join(dir, "overlay.json"), ".")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: the mutant does not compile: %v\n%s", m.rule, err, out)
	}
	return bin
}

var blame = regexp.MustCompile(`seed (\d+) \(again`)

// run plays seeds against a mutant and gives those that caught it, and what was said of the first.
func (m *mutant) run(t *testing.T, bin string, from, n int) (caught []string, why string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), bin, "-test.run", "^TestWhateverHappensTheNumbersAreExact$", "-from", fmt.Sprint(from), "-seeds", fmt.Sprint(n), "-seed", "0")
	out, _ := c.CombinedOutput()
	for _, f := range blame.FindAllStringSubmatch(string(out), -1) {
		caught = append(caught, f[1])
	}
	if _, after, ok := strings.Cut(string(out), "-tell):\n"); ok {
		why, _, _ = strings.Cut(strings.TrimSpace(after), "\n")
	} else if strings.Contains(string(out), "panic") {
		caught, why = append(caught, "panic"), "panic"
	}
	return caught, why
}

// TestEachRuleIsNeeded takes each rule out of the program, and a seed of the simulation finds it missing.
func TestEachRuleIsNeeded(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the simulation once for every rule")
	}
	began := time.Now()
	for _, m := range mutants {
		t.Run(m.rule, func(t *testing.T) {
			bin := m.build(t, t.TempDir())
			if *hunt > 0 {
				caught, why := m.run(t, bin, 1, *hunt)
				t.Logf("%s: %d of %d seeds, such as %v: %s", m.rule, len(caught), *hunt, caught[:min(8, len(caught))], why)
				return
			}
			for range 3 { // see TestASeedPlaysTheSameAgain
				if caught, why := m.run(t, bin, m.seed, 1); len(caught) > 0 {
					t.Logf("seed %d: %s", m.seed, why)
					return
				}
			}
			t.Errorf("%s: seed %d does not catch it; look for others with go test ./sim -run 'EachRule' -hunt 2000 -v", m.rule, m.seed)
		})
	}
	t.Logf("%d rules in %.0f s", len(mutants), time.Since(began).Seconds())
}
