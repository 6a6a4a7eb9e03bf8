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
		rule: "intent after insert", seed: 31, file: "transform/commit.go", swaps: []swap{
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
			{`trusted, err := w.insert(ctx, b, again)`, `trusted, err := again || !again, error(nil)`},
		},
	},
	{
		rule: "token without last offset", seed: 6, file: "transform/batch.go", swaps: []swap{
			{`First: w.next, Last: last.Offset, Retry`, `First: w.next, Last: w.next, Retry`},
		},
	},
	{
		rule: "state loaded with the redone rows", seed: 29, file: "transform/part.go", swaps: []swap{
			{`w.t.opts.Ledger.Slices(ctx, partner, namespace, kind, slices, w.redo)`, `w.t.opts.Ledger.Slices(ctx, partner, namespace, kind, slices, nil)`},
		},
	},
	{
		rule: "revision ignored", seed: 16, file: "transform/restate/run.go", swaps: []swap{
			{`(f == sellthrough.Copy || r.older(st, slice, e, version)):`, `f == sellthrough.Copy:`},
		},
	},
	{
		rule: "zombie not fenced", seed: 58, file: "sinks/road/road.go", swaps: []swap{
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
		rule: "sightings forgotten", seed: 584, file: "transform/restate/run.go", swaps: []swap{
			{`if r.Sight {`, `if false {`},
		},
	},
	{
		rule: "floor missing", seed: 64, file: "transform/restate/cover.go", swaps: []swap{
			{"\tout := r.actFloors(covers)\n\tif !covers {", "\tout := r.actFloors(covers)\n\tif true {"},
		},
	},
	{
		rule: "epoch not read again", seed: 655, file: "sinks/road/road.go", swaps: []swap{
			{`	if err := r.own(ctx, i); err != nil {
		return err
	}
	held`, `	held`},
		},
	},
	{
		rule: "window passed", seed: 32, file: "sinks/road/heal.go", swaps: []swap{
			{` && s.Blocks*2 < r.Window`, ``},
		},
	},
	{
		rule: "halving without removing the token's rows", seed: 3, file: "transform/unfit.go", swaps: []swap{
			{`	if err := w.hold(ctx, "take the refused batch out", func() error { return o.Ledger.Heal(ctx, &b.batch) }); err != nil {
		return err
	}
`, ``},
		},
	},
	{
		// What a code leads to changes with the reference data; here it does on the first of January, after two minutes.
		rule: "partition by mapped instead of raw codes", seed: 16, file: "ingest/mapping/block.go", swaps: []swap{
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
	c := exec.CommandContext(t.Context(), bin, "-test.run", "^TestWhateverHappensTheNumbersAreExact$", "-from", fmt.Sprint(from), "-seeds", fmt.Sprint(n), "-seed", "0", "-first")
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
