package reference

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
)

var monday = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func entry(code, target string) Entry {
	return Entry{CrossReference: CrossReference{Partner: "acme", Kind: "item", Code: code, Target: target, Units: sellthrough.One}, Who: "mia", When: monday}
}

// shelf is a reference folder with two products and two locations.
func shelf(t *testing.T, cross string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"products.csv": "code,gtin\nA,4007399434498\nB,\n", "locations.csv": "code,partner\nL1,acme\nL2,beta\n"}
	if cross != "" {
		files["crossreferences.csv"] = cross
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func text(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "crossreferences.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAnEntryIsWrittenBehindTheRowsAndNothingElseChanges(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"no file":           {"", "partner,kind,code,target,units,from,to,who,when\nacme,item,x,A,1,,,mia,2026-03-02T09:30:00Z\n"},
		"columns are added": {"partner,kind,code,target\nacme,item,old,B\n", "partner,kind,code,target,who,when\nacme,item,old,B,,\nacme,item,x,A,mia,2026-03-02T09:30:00Z\n"},
		"what a spreadsheet wrote": {
			"\ufefftarget,kind,\"partner\",code,when,who\r\nB,item,acme,\"old \"\"1\"\"\",2026-01-01,\"Mueller, Ute\"\r\n",
			"\ufefftarget,kind,\"partner\",code,when,who\r\nB,item,acme,\"old \"\"1\"\"\",2026-01-01,\"Mueller, Ute\"\r\nA,item,acme,x,2026-03-02T09:30:00Z,mia\r\n",
		},
		"no end of the last line": {"partner,kind,code,target,who,when\nacme,item,old,B,,", "partner,kind,code,target,who,when\nacme,item,old,B,,\nacme,item,x,A,mia,2026-03-02T09:30:00Z\n"},
		"lines between":           {"partner,kind,code,target\n\nacme,item,old,B\n\n", "partner,kind,code,target,who,when\n\nacme,item,old,B,,\n\nacme,item,x,A,mia,2026-03-02T09:30:00Z\n"},
	} {
		dir := shelf(t, c.before)
		if err := Add(t.Context(), dir, entry("x", "A")); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(c.after, text(t, dir)); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
		if _, _, err := Load(dir); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := Add(t.Context(), dir, entry("x", "A")); err != nil || text(t, dir) != c.after {
			t.Errorf("%s: the same again: %v\n%s", name, err, text(t, dir))
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".crossreferences-*")); len(left) > 0 {
			t.Errorf("%s: %v is left", name, left)
		}
	}
}

func TestACodeWithMarksReadsBackAsItIs(t *testing.T) {
	dir := shelf(t, "")
	for _, code := range []string{`a,b`, `"quoted"`, `=1+1`, `编码 1`, `'`} {
		e := entry(code, "B")
		if err := Add(t.Context(), dir, e); err != nil {
			t.Fatal(err)
		}
		tables, _, err := Load(dir)
		if err != nil || tables.CrossReferences[len(tables.CrossReferences)-1] != e.CrossReference {
			t.Errorf("%q reads back as %+v, %v", code, tables.CrossReferences, err)
		}
	}
}

func TestWhatWouldBeAMistakeIsNotWritten(t *testing.T) {
	const before = "partner,kind,code,target,from,to,who,when\nacme,item,x,A,,2026-01-31,ute,2026-01-01\n"
	dated := func(target, from, to string) Entry {
		e := entry("x", target)
		if from != "" {
			e.From, _ = sellthrough.ParseDay(from)
		}
		if to != "" {
			e.To, _ = sellthrough.ParseDay(to)
		}
		return e
	}
	place := entry("s1", "L2")
	place.Kind = "location"
	for want, e := range map[string]Entry{
		"which is not in products.csv":                           entry("y", "Z"),
		"says in row 2 already that item x of acme is A, by ute": dated("B", "", ""),
		"on 2026-01-01":                 dated("B", "2026-01-31", ""),
		"is a location of partner beta": place,
		"must be above 0":               {CrossReference: CrossReference{Partner: "acme", Kind: "item", Code: "y", Target: "A"}, Who: "mia", When: monday},
		"can't be written into a line":  entry("a\nb", "A"),
		"partner, value \"\": must not": {CrossReference: CrossReference{Kind: "item", Code: "y", Target: "A", Units: sellthrough.One}, When: monday},
	} {
		dir := shelf(t, before)
		err := Add(t.Context(), dir, e)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), dir) {
			t.Errorf("%v, want %q", err, want)
		}
		if text(t, dir) != before {
			t.Errorf("%q: something was written:\n%s", want, text(t, dir))
		}
	}
	dir := shelf(t, before)
	if err := Add(t.Context(), dir, dated("B", "2026-02-01", "")); err != nil {
		t.Errorf("after the end of the other: %v", err)
	}
}

func TestAFolderThatIsWrongAlreadyIsLeftAlone(t *testing.T) {
	const before = "partner,kind,code,target\nacme,item,x,nowhere\n"
	dir := shelf(t, before)
	err := Add(t.Context(), dir, entry("y", "A"))
	var f *Faults
	if !errors.As(err, &f) || !f.Before || !strings.Contains(err.Error(), "nowhere") || text(t, dir) != before {
		t.Errorf("%v\n%s", err, text(t, dir))
	}
}

func TestManyAtOnceAreAllWritten(t *testing.T) {
	dir := shelf(t, "")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := Add(t.Context(), dir, entry(fmt.Sprint("c", i), "A")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, err := Entries(dir); err != nil || len(got) != 20 || got[7].Who != "mia" || !got[7].When.Equal(monday) {
		t.Errorf("%d entries, %v", len(got), err)
	}
}

// Whoever saves the file from an editor holds no lock. What they wrote is there, and so is the entry.
func TestAnEditMeanwhileIsNotLost(t *testing.T) {
	dir := shelf(t, "partner,kind,code,target\nacme,item,old,B\n")
	first := true
	err := change(t.Context(), dir, func(f *crossing) (bool, error) {
		if first {
			first = false
			if err := os.WriteFile(filepath.Join(dir, crossFile), []byte("partner,kind,code,target\nacme,item,old,B\nacme,item,editor,A\n"), 0o600); err != nil {
				return false, err
			}
		}
		return true, f.add(entry("x", "A"))
	}, nil)
	if got := text(t, dir); err != nil || !strings.Contains(got, "editor") || !strings.Contains(got, "acme,item,x,A,mia") {
		t.Errorf("%v\n%s", err, got)
	}
	busy := 0
	err = change(t.Context(), dir, func(f *crossing) (bool, error) {
		busy++
		if err := os.WriteFile(filepath.Join(dir, crossFile), fmt.Appendf(nil, "partner,kind,code,target\nacme,item,n%d,B\n", busy), 0o600); err != nil {
			return false, err
		}
		return true, f.add(entry("z", "A"))
	}, nil)
	var c *Conflict
	if !errors.As(err, &c) || !c.Again || strings.Contains(text(t, dir), "acme,item,z") {
		t.Errorf("%v\n%s", err, text(t, dir))
	}
}

func TestAnEntryIsTakenOutWhereItIsStillThere(t *testing.T) {
	const before = "partner,kind,code,target,who,when\nacme,item,a,B,,\n"
	dir := shelf(t, before)
	if err := Add(t.Context(), dir, entry("x", "A")); err != nil {
		t.Fatal(err)
	}
	other := entry("x", "A")
	other.Who = "somebody else"
	if err := Take(t.Context(), dir, other); err == nil {
		t.Error("the entry of somebody else was taken out")
	}
	if err := Take(t.Context(), dir, entry("x", "A")); err != nil || text(t, dir) != before {
		t.Errorf("%v\n%s", err, text(t, dir))
	}
}

func TestALinkStaysALinkAndAModeAMode(t *testing.T) {
	dir := shelf(t, "")
	target := filepath.Join(t.TempDir(), "real.csv")
	if err := os.WriteFile(target, []byte("partner,kind,code,target\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, filepath.Join(dir, crossFile)); err != nil {
		t.Fatal(err)
	}
	if err := Add(t.Context(), dir, entry("x", "A")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(filepath.Join(dir, crossFile))
	if err != nil || info.Mode().IsRegular() {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if b, err := os.Stat(target); err != nil || b.Mode().Perm() != 0o640 || b.Size() < 40 {
		t.Errorf("%v, %v", b, err)
	}
}
