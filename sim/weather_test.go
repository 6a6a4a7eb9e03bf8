package sim

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sellthrough/internal/config"
	"sellthrough/internal/control"
	"sellthrough/sinks/road"
)

// mood is what goes wrong in a world, and how often.
type mood struct {
	trouble int      // in ten thousand moves
	kinds   []string // of troubles
	seen    int      // troubles so far
	late    bool     // collectors are held just when they have registered something
}

var troubles = []string{
	"collector killed", "transformer killed", "collector held", "transformer held", "rebalance", "server killed", "too few replicas", "log stopped", "reference changed",
	"window passes", "backup", "restore", "time passes", "confirmed",
}

// chance chooses a mood: some kinds of trouble, often or seldom.
func (w *world) chance() {
	r := w.r
	w.mood = mood{trouble: []int{0, 20, 60, 200}[r.IntN(4)]}
	for _, k := range troubles {
		if r.IntN(3) > 0 && (k != "confirmed" || !w.strict) {
			w.mood.kinds = append(w.mood.kinds, k)
		}
	}
	if n := len(w.mood.kinds); n > 0 && r.IntN(2) == 0 { // of one there is much
		k := w.mood.kinds[r.IntN(n)]
		w.mood.kinds = append(w.mood.kinds, k, k, k, k, k, k)
	}
	w.mood.late = r.IntN(3) == 0
	w.odds = []odds{{}, {5, 5, 2}, {20, 20, 5}, {60, 60, 10}}[r.IntN(4)]
}

// calm ends all troubles, for good.
func (w *world) calm() {
	w.mood, w.odds = mood{}, odds{}
	for _, e := range w.later {
		if !e.slow {
			e.do()
		}
	}
	w.later = slices.DeleteFunc(w.later, func(e event) bool { return !e.slow })
	w.b.refuses = false
	w.b.stop(time.Time{})
}

func (w *world) seconds(most int) time.Duration {
	return time.Duration(1+w.r.IntN(1000*most)) * time.Millisecond
}

// weather lets something go wrong, or not.
func (w *world) weather() {
	if len(w.mood.kinds) == 0 || w.r.IntN(10_000) >= w.mood.trouble || w.mood.seen > 60 {
		return
	}
	w.mood.seen++
	k := w.mood.kinds[w.r.IntN(len(w.mood.kinds))]
	if w.do(k) {
		w.faults[k]++
		if w.tell != nil {
			w.tell("%s *** %s", time.Now().Format("15:04:05.000"), k)
		}
	}
}

// do makes one trouble. It is false where there is nothing to trouble.
func (w *world) do(trouble string) bool {
	r := w.r
	switch trouble {
	case "collector killed":
		if len(w.collectors) == 0 {
			return false
		}
		c := w.collectors[r.IntN(len(w.collectors))]
		w.killCollector(c)
		w.after(w.seconds(20), func() { w.collect(c.place) })
	case "transformer killed":
		if len(w.transformers) == 0 {
			return false
		}
		w.killTransformer(w.transformers[r.IntN(len(w.transformers))])
		w.after(w.seconds(5), w.g.rebalance)
		w.after(w.seconds([]int{5, 20, 200}[r.IntN(3)]), func() { w.transform("transformer") })
	case "collector held":
		if len(w.collectors) == 0 {
			return false
		}
		c := w.collectors[r.IntN(len(w.collectors))].process
		w.freeze(c)
		w.after(w.seconds(90), func() { w.thaw(c) })
	case "transformer held":
		if len(w.transformers) == 0 {
			return false
		}
		t := w.transformers[r.IntN(len(w.transformers))].process
		w.freeze(t)
		w.after(w.seconds(10), w.g.rebalance)
		w.after(w.seconds([]int{3, 30, 200}[r.IntN(3)]), func() {
			w.thaw(t)
			w.after(w.seconds(3), func() { w.g.woke(t) })
		})
	case "rebalance":
		w.g.rebalance()
	case "server killed":
		if w.v.down {
			return false
		}
		w.v.crash()
	case "too few replicas":
		w.b.refuses = true
		w.after(w.seconds(30), func() { w.b.refuses = false })
	case "log stopped":
		if !w.b.stopped.IsZero() {
			return false
		}
		w.b.stop(time.Now())
		w.after(w.seconds(20), func() { w.b.stop(time.Time{}) })
	case "window passes":
		w.after(road.Late+time.Second, w.v.flood())
		w.later[len(w.later)-1].slow = true
	case "reference changed":
		return w.refer()
	case "backup":
		if w.v.down || !w.v.quiet() {
			return false
		}
		b := w.v.tables.copied()
		w.backup = &b
	case "restore": // as an operator does it: the transformers are stopped meanwhile
		if w.backup == nil {
			return false
		}
		n := len(w.transformers)
		for len(w.transformers) > 0 {
			w.killTransformer(w.transformers[0])
		}
		w.drop()
		w.v.restore(*w.backup)
		for range n {
			w.after(w.seconds(5), func() { w.transform("transformer") })
		}
	case "time passes":
		time.Sleep(w.seconds(120))
	case "confirmed":
		return w.confirm()
	}
	return true
}

// drop has nothing arrive any more of what dead processes had asked: a server that is restored has new connections.
func (w *world) drop() {
	w.stage.mu.Lock()
	defer w.stage.mu.Unlock()
	kept := w.parked[:0]
	for _, c := range w.parked {
		if !c.orphan {
			kept = append(kept, c)
		}
	}
	w.parked = kept
}

// registered is told of a registration that a collector has just made.
func (w *world) registered(by *process) {
	if w.mood.late && w.r.IntN(4) == 0 {
		w.faults["held after registration"]++
		w.freeze(by)
		w.after(w.seconds(20), func() { w.thaw(by) })
	}
}

// confirm lets a person confirm what is held.
func (w *world) confirm() bool {
	var held []*file
	for _, k := range w.kinds {
		for _, f := range w.files[k.feed] {
			if o, ok := w.outcome(f); ok && o.held {
				held = append(held, f)
			}
		}
	}
	in := w.door(w.r)
	if len(held) == 0 || in == nil {
		return false
	}
	f := held[w.r.IntN(len(held))]
	w.goes(func() { _, _ = in.Confirm(context.Background(), f.receipt.Submission, "somebody") }) // what fails, somebody else may try
	return true
}

// units is how many base units an item holds, and target where a location's code leads, in a version of the reference data.
func units(version, item int) int64 { return int64(1 + (7*version+3*item)%5) }

func target(version, location int) string { return fmt.Sprintf("%c%d", 'L'+version%2, location) }

// refer has somebody put a new version of the reference data in force.
func (w *world) refer() bool {
	if w.ordered {
		return false
	}
	w.ordered = true
	n := w.version + 1
	dir := filepath.Join(w.dir, fmt.Sprint("reference-", n))
	files := map[string]string{"products.csv": "code,units_per_pack\n", "locations.csv": "code,partner\n", "crossreferences.csv": "partner,kind,code,target,units\n"}
	for k := range 4 {
		files["products.csv"] += fmt.Sprintf("P%d,1\n", k)
	}
	for _, p := range w.conf.Partners {
		for k := range 4 {
			files["crossreferences.csv"] += fmt.Sprintf("%s,item,i%d,P%d,%d\n", p.ID, k, k, units(n, k))
		}
		for k := range 3 {
			files["crossreferences.csv"] += fmt.Sprintf("%s,location,s%d,%s,\n", p.ID, k, target(n, k))
		}
	}
	for k := range 3 {
		files["locations.csv"] += fmt.Sprintf("%s,\n%s,\n", target(0, k), target(1, k))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		w.t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	p := w.process("operator")
	c := control.Control{Log: wire{w.b, p, w.g}, References: w.v.ledger(p)}
	w.sending.Add(1)
	w.goes(func() {
		defer w.sending.Add(-1)
		for !w.over.Load() {
			_, _, err := c.ApplyReference(context.Background(), dir, "somebody")
			if err == nil {
				w.mu.Lock()
				w.version, w.ordered = n, false
				w.mu.Unlock()
				return
			}
			if w.tell != nil {
				w.tell("reference: %v", err)
			}
			time.Sleep(time.Second)
		}
	})
	return true
}

// feed is the configuration of a kind.
func (w *world) feed(k *kind) (config.Feed, bool) {
	for _, f := range w.conf.Feeds {
		if f.ID == k.feed {
			return f, true
		}
	}
	return config.Feed{}, false
}
