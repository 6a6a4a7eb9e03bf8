package transform

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
)

// The feeds whose documents say what they do: original, replace, cancel, add, duplicate. Their truth is told in the
// plainest way: sets in the order of the files, each on a table of what its document holds.
var functionKinds = []feedKind{
	{
		name:   "functions, keys, no coverage",
		rule:   sellthrough.Rule{Scope: sellthrough.ByDocument, Keyed: true},
		policy: sellthrough.Policy{Coverage: sellthrough.CoverNone},
	},
	{
		name:   "functions, keys, document coverage",
		rule:   sellthrough.Rule{Scope: sellthrough.ByDocument, Keyed: true},
		policy: sellthrough.Policy{Coverage: sellthrough.CoverDocument},
	},
	{
		name:   "functions, no keys, no coverage",
		rule:   sellthrough.Rule{Scope: sellthrough.ByDocument, EqualRows: sellthrough.EqualIsDuplicate},
		policy: sellthrough.Policy{Coverage: sellthrough.CoverNone},
	},
	{
		name:   "functions, no keys, document coverage",
		rule:   sellthrough.Rule{Scope: sellthrough.ByDocument},
		policy: sellthrough.Policy{Coverage: sellthrough.CoverDocument},
	},
	{
		name:   "functions, location-days, keys, no coverage",
		rule:   sellthrough.Rule{Scope: sellthrough.ByLocationDay, Keyed: true},
		policy: sellthrough.Policy{Coverage: sellthrough.CoverNone},
	},
	{
		name:   "functions, location-days, keys, location-day coverage",
		rule:   sellthrough.Rule{Scope: sellthrough.ByLocationDay, Keyed: true},
		policy: sellthrough.Policy{Coverage: sellthrough.CoverLocationDay},
	},
	{
		name:   "functions, keys, period coverage",
		rule:   sellthrough.Rule{Scope: sellthrough.ByDocument, Keyed: true},
		policy: sellthrough.Policy{Coverage: sellthrough.CoverPeriod},
	},
	{
		name:    "functions, originals on top of one another",
		rule:    sellthrough.Rule{Scope: sellthrough.ByDocument, Keyed: true, Originals: sellthrough.OriginalsAppend},
		policy:  sellthrough.Policy{Coverage: sellthrough.CoverNone},
		inOrder: true, // the truth below knows files by their content, not by when they came
	},
	// What is held already when a document comes decides these, so none comes late.
	{
		name:    "functions, an original changes nothing that is held",
		rule:    sellthrough.Rule{Scope: sellthrough.ByDocument, Keyed: true, Originals: sellthrough.OriginalsRefuse},
		policy:  sellthrough.Policy{Coverage: sellthrough.CoverDocument},
		inOrder: true,
	},
	{
		name:    "functions, duplicates, location-days, keys",
		rule:    sellthrough.Rule{Scope: sellthrough.ByLocationDay, Keyed: true},
		policy:  sellthrough.Policy{Coverage: sellthrough.CoverNone},
		inOrder: true,
	},
	{
		name:    "functions, duplicates, no keys",
		rule:    sellthrough.Rule{Scope: sellthrough.ByDocument},
		policy:  sellthrough.Policy{Coverage: sellthrough.CoverDocument},
		inOrder: true,
	},
}

// copies says whether a kind is about documents that repeat others.
func copies(k *feedKind) bool { return strings.Contains(k.name, "duplicates") }

// sets makes files of several documents, each with what it does.
func sets(w *world, n int) []file {
	var out []file
	for i := range n {
		f := file{rev: sellthrough.RevisionOf(1, int64(i+1))}
		if len(out) > 0 && w.r.IntN(4) == 0 { // the same file again
			old := out[w.r.IntN(len(out))]
			f.lines, f.acts, f.scope = slices.Clone(old.lines), old.acts, old.scope
			for k := range f.lines {
				if f.lines[k].does == sellthrough.Add && w.r.IntN(2) == 0 { // but for what it adds
					f.lines[k].qty++
				}
			}
			out = append(out, f)
			continue
		}
		row := uint32(1)
		told, added := map[string]bool{}, map[string]bool{}
		repeated := map[string]bool{}
		for range 1 + w.r.IntN(4) {
			doc := fmt.Sprint("d", w.r.IntN(4))
			does := []sellthrough.Function{sellthrough.Original, sellthrough.Original, sellthrough.Replace, sellthrough.Cancel, sellthrough.Add}[w.r.IntN(5)]
			if copies(&w.kind) && w.r.IntN(3) == 0 {
				does = sellthrough.Copy
			}
			if told[doc] && (does == sellthrough.Original || does == sellthrough.Copy) || added[doc] && does == sellthrough.Add || repeated[doc] {
				continue // what two sets of one file say of a document together is the file's affair
			}
			told[doc], added[doc], repeated[doc] = told[doc] || does <= sellthrough.Replace, does == sellthrough.Add || added[doc], does == sellthrough.Copy
			row++
			switch does {
			case sellthrough.Cancel, sellthrough.Replace:
				f.acts = append(f.acts, sellthrough.Act{Document: doc, Row: row, Replace: does == sellthrough.Replace})
			}
			if does == sellthrough.Cancel {
				told[doc], added[doc] = false, false
				continue
			}
			for k := range w.r.IntN(4) {
				row++
				l := fact{
					doc: doc, key: fmt.Sprint(k), loc: fmt.Sprint("s", w.r.IntN(2)), item: fmt.Sprint("i", w.r.IntN(2)),
					day: sellthrough.Day(20000 + w.r.IntN(2)), qty: int64(1 + w.r.IntN(2)), does: does, row: int(row),
				}
				if w.kind.policy.Coverage == sellthrough.CoverPeriod { // a document keeps its day: see "Known limits" in the protocol's page
					l.day = 20000 + sellthrough.Day(doc[1]-'0')%2
				}
				f.lines = append(f.lines, l)
			}
		}
		if w.kind.policy.Coverage == sellthrough.CoverPeriod {
			f.scope = w.period(&f)
		}
		out = append(out, f)
	}
	return out
}

// period is the days that a file's originals name; the whole file covers nothing where there are none.
func (w *world) period(f *file) sellthrough.Scope {
	sc := sellthrough.Scope{}
	for _, l := range f.lines {
		if l.does <= sellthrough.Replace {
			if sc.From == 0 || l.day < sc.From {
				sc.From = l.day
			}
			sc.To = max(sc.To, l.day)
			sc.Declared = true
		}
	}
	if !sc.Declared {
		return sellthrough.Scope{From: 1, To: 1, Declared: true} // days of nobody
	}
	return sc
}

// book is what the documents of a channel hold.
type book struct {
	kind  *feedKind
	lines map[string]entry
	ever  map[string]bool // every line that was ever known
}

type entry struct {
	fact
	added bool
}

func (b *book) id(l fact, body string, n int) string {
	id := l.keyed()
	if !b.kind.rule.Keyed {
		id = l.content() + fmt.Sprint(" #", n)
	}
	if b.kind.rule.Scope == sellthrough.ByLocationDay {
		id = l.loc + l.day.String() + id
	}
	if b.kind.rule.Originals == sellthrough.OriginalsAppend && l.does == sellthrough.Original {
		id += body
	}
	if l.does == sellthrough.Add {
		id += " added"
	}
	return id
}

func (b *book) drop(gone func(entry) bool) {
	maps.DeleteFunc(b.lines, func(_ string, e entry) bool { return gone(e) })
}

// file enters a file: what it takes back goes, what it covers goes, what it says comes.
func (b *book) file(f file) {
	lastAct := map[string]uint32{}
	for _, a := range f.acts {
		lastAct[a.Document] = max(lastAct[a.Document], a.Row)
	}
	refused := map[string]bool{}
	if b.kind.rule.Originals == sellthrough.OriginalsRefuse {
		for _, l := range f.lines {
			for _, e := range b.lines {
				if l.does == sellthrough.Original && lastAct[l.doc] == 0 && e.doc == l.doc && !e.added {
					refused[l.doc] = true
				}
			}
		}
	}
	for doc := range lastAct {
		b.drop(func(e entry) bool { return e.doc == doc })
	}
	body := fmt.Sprint(f.lines)
	counts := map[string]int{}
	enter := map[string]entry{}
	var covered []func(entry) bool
	for _, l := range f.lines {
		if uint32(l.row) < lastAct[l.doc] || l.does == sellthrough.Original && refused[l.doc] {
			continue
		}
		family := b.id(l, body, 0)
		counts[family]++
		id := b.id(l, body, counts[family])
		if l.does == sellthrough.Copy && b.ever[id] && lastAct[l.doc] == 0 {
			continue
		}
		enter[id] = entry{l, l.does == sellthrough.Add}
		if l.does > sellthrough.Replace {
			continue
		}
		switch b.kind.policy.Coverage {
		case sellthrough.CoverDocument:
			covered = append(covered, func(e entry) bool { return e.doc == l.doc })
		case sellthrough.CoverLocationDay:
			covered = append(covered, func(e entry) bool { return e.loc == l.loc && e.day == l.day })
		}
	}
	if b.kind.policy.Coverage == sellthrough.CoverPeriod {
		covered = append(covered, func(e entry) bool { return e.day >= f.scope.From && e.day <= f.scope.To })
	}
	for _, in := range covered {
		b.drop(func(e entry) bool { return !e.added && in(e) })
	}
	for id, e := range enter {
		b.lines[id], b.ever[id] = e, true
	}
}

// held is the sum of quantity by line, as world.totals names lines.
func (b *book) held() map[string]int64 {
	out := map[string]int64{}
	for _, e := range b.lines {
		k := e.keyed()
		switch {
		case !b.kind.rule.Keyed:
			k = e.content()
		case b.kind.rule.Scope == sellthrough.ByLocationDay:
			k = e.loc + e.day.String() + k
		}
		out[k] += e.qty
	}
	return out
}

// TestDocumentsThatReplaceCancelAddAndRepeat: whatever documents say they do, in whatever order their files arrive and
// whoever dies or wakes, the ledger's sums are those of the files in the order of their revisions.
func TestDocumentsThatReplaceCancelAddAndRepeat(t *testing.T) {
	seeds := 100
	if testing.Short() {
		seeds = 30
	}
	for _, kind := range functionKinds {
		kind.files = sets
		kind.truth = func(files []file) map[string]int64 {
			b := &book{kind: &kind, lines: map[string]entry{}, ever: map[string]bool{}}
			for _, f := range files {
				b.file(f)
			}
			return b.held()
		}
		t.Run(kind.name, func(t *testing.T) {
			for s := uint64(1); s <= uint64(seeds); s++ {
				if *seed != 0 {
					s = *seed
				}
				simulate(t, kind, s)
				if t.Failed() || *seed != 0 {
					return
				}
			}
		})
	}
}

// TestAnAdditionIsNoWordAboutTheRest: a file that repeats a document and adds to it has spoken of the whole document, also
// where the only row it wrote is the addition's. An older file that arrives late resurrects nothing.
func TestAnAdditionIsNoWordAboutTheRest(t *testing.T) {
	line := func(key string, does sellthrough.Function) fact {
		return fact{doc: "d1", key: key, loc: "s0", item: "i" + key, day: 20000, qty: 1, does: does}
	}
	first := file{rev: sellthrough.RevisionOf(1, 1), lines: []fact{line("0", sellthrough.Original)}}
	late := file{rev: sellthrough.RevisionOf(1, 2), lines: []fact{line("0", sellthrough.Original), line("1", sellthrough.Original)}}
	newest := file{rev: sellthrough.RevisionOf(1, 3), lines: []fact{line("0", sellthrough.Original), line("2", sellthrough.Add)}, overtakes: true}
	for _, kind := range functionKinds {
		if kind.policy.Coverage != sellthrough.CoverDocument || kind.rule.Originals != "" {
			continue
		}
		w := newWorld(t, rand.New(rand.NewPCG(1, 7)), kind)
		for _, f := range []file{first, newest, late} {
			w.send(f)
			for p := range w.parts {
				w.work(p, true)
			}
		}
		if d := cmp.Diff(w.totals(), (&book{kind: &kind, lines: map[string]entry{"0": {fact: line("0", 0)}, "2": {fact: line("2", 0)}}}).held()); d != "" {
			t.Errorf("%s (-got +want):\n%s", kind.name, d)
		}
	}
}
