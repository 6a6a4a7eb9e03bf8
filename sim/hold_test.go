package sim

import (
	"fmt"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"sellthrough"
)

// report is a whole file of some documents of ten lines each, and a filtered one: the first line of each.
func report(k *kind, docs int) (whole, filtered *file) {
	day := sellthrough.Day(10950)
	whole, filtered = &file{name: "whole"}, &file{name: "filtered"}
	for d := range docs {
		for n := range 10 {
			l := fact{doc: fmt.Sprint("d", d), key: fmt.Sprint(n), loc: fmt.Sprint("s", d%3), item: fmt.Sprint("i", n%4), day: day, qty: 1 + int64(n)}
			whole.lines = append(whole.lines, l)
			if n == 0 {
				filtered.lines = append(filtered.lines, l)
			}
		}
	}
	if k.feed == "month" {
		whole.scope = sellthrough.Scope{From: day, To: day, Declared: true}
		filtered.scope = whole.scope
	}
	return whole, filtered
}

// behind has files sent one after the other while nobody transforms, and then transforms them.
func behind(t *testing.T, k *kind, parts, lines int, files ...*file) (w *world) {
	cryptotest.SetGlobalRandom(t, 1)
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		w = newWorld(t, 1, dir, nil, 0.2, parts, k)
		w.strict, w.lines, w.files[k.feed] = true, lines, files
		w.collect("collector")
		w.transform("transformer")
		w.freeze(w.transformers[0].process)
		w.send(k, 1)
		if !w.play(func(time.Duration) bool { return w.sending.Load() == 0 }) {
			t.Error("the files are not taken")
		}
		w.thaw(w.transformers[0].process)
		w.play(func(idle time.Duration) bool { return idle > 30*time.Second })
		w.judge()
		w.end()
		if len(w.faulty) > 0 {
			t.Error(strings.Join(w.faulty, "\n"))
		}
	})
	return w
}

// TestAFilteredFileIsHeldThoughTheWholeOneIsNotDecidedYet: both lie on the road before anybody reads; so when the filtered
// one's scope is to be counted, the whole one waits for votes, and the ledger is still empty. In small batches, files are
// worked off in steps.
func TestAFilteredFileIsHeldThoughTheWholeOneIsNotDecidedYet(t *testing.T) {
	for i := range kinds {
		k := &kinds[i]
		for _, parts := range []int{1, 2, 3} {
			for _, lines := range []int{7, 1000} {
				if k.scope == nil {
					continue
				}
				t.Run(fmt.Sprintf("%s in %d partitions and batches of %d lines", k.feed, parts, lines), func(t *testing.T) {
					whole, filtered := report(k, 12)
					w := behind(t, k, parts, lines, whole, filtered)
					if o, ok := w.outcome(filtered); !ok || !o.held {
						t.Errorf("the filtered file comes to %+v", o)
					}
				})
			}
		}
	}
}

// TestAFilteredFileOfOnePartitionWaitsForTheWholeOneOfSeveral: its owner decides alone, and not before the vote on the
// whole one.
func TestAFilteredFileOfOnePartitionWaitsForTheWholeOneOfSeveral(t *testing.T) {
	k := &kinds[1]
	for doc := range 6 {
		whole, filtered := report(k, 12)
		filtered.lines = filtered.lines[doc : doc+1]
		w := behind(t, k, 3, 1000, whole, filtered)
		if o, ok := w.outcome(filtered); !ok || !o.held {
			t.Errorf("the filtered file of document %d comes to %+v", doc, o)
		}
		if n := len(filtered.receipt.Partitions); n == 1 {
			return
		}
	}
	t.Error("no filtered file lies in one partition alone")
}
