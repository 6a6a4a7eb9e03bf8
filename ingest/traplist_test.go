package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"sellthrough/ingest/format/formattest"
)

// trapCase is a golden file that shows a trap.
type trapCase struct {
	file  string
	traps []string
	naive string
}

// trapCases reads what the golden files of all formats say of themselves.
func trapCases(t *testing.T) []trapCase {
	t.Helper()
	var out []trapCase
	for _, pattern := range []string{"testdata/traps/*.txtar", "format/*/testdata/*.txtar", "onboard/testdata/*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, f := range files {
			a, err := txtar.ParseFile(f)
			if err != nil {
				t.Fatal(err)
			}
			c := trapCase{file: f}
			naive := 0
			for line := range strings.Lines(string(a.Comment)) {
				if id, ok := strings.CutPrefix(line, "trap: "); ok {
					c.traps = append(c.traps, strings.TrimSpace(id))
				}
				if n, ok := strings.CutPrefix(line, "naive: "); ok {
					c.naive = strings.TrimSpace(n)
					naive++
				}
			}
			if len(c.traps) == 0 && naive == 0 && strings.HasPrefix(f, "onboard") {
				continue // not every sample of a partner is a trap
			}
			if len(c.traps) == 0 || naive != 1 || len(c.naive) < 5 {
				t.Errorf("%s: a case names its traps, and the one answer of a naive reader", f)
			}
			if last := a.Files[len(a.Files)-1]; last.Name != "want" || len(last.Data) == 0 {
				if !strings.Contains(f, "nothing") {
					t.Logf("%s wants nothing", f)
				}
			}
			out = append(out, c)
		}
	}
	return out
}

// TestEveryTrapHasACase: each trap of testdata/traps.txt is shown by a golden file that names the answer of a naive reader, and
// docs/formats.md lists them.
func TestEveryTrapHasACase(t *testing.T) {
	cases := trapCases(t)
	if len(cases) < 120 {
		t.Errorf("there are %d cases; 120 were promised", len(cases))
	}
	of := map[string][]trapCase{}
	for _, c := range cases {
		for _, id := range c.traps {
			of[id] = append(of[id], c)
		}
	}
	text, err := os.ReadFile("testdata/traps.txt")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	known := map[string]bool{}
	cell := strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if section, ok := strings.CutPrefix(line, "## "); ok {
			fmt.Fprintf(&table, "\n### %s\n\n| trap | a naive reader | case |\n|---|---|---|\n", section)
			continue
		}
		id, what, ok := strings.Cut(line, "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		known[id] = true
		if len(of[id]) == 0 {
			t.Errorf("no case shows the trap %s: %s", id, what)
		}
		for i, c := range of[id] {
			if i > 0 {
				what = ""
			}
			name := strings.TrimSuffix(c.file, ".txtar")
			fmt.Fprintf(&table, "| %s | %s | [%s](../ingest/%s) |\n", cell.Replace(what), cell.Replace(c.naive), filepath.Base(name), filepath.ToSlash(c.file))
		}
	}
	for _, c := range cases {
		for _, id := range c.traps {
			if !known[id] {
				t.Errorf("%s names the trap %s, which testdata/traps.txt does not list", c.file, id)
			}
		}
	}
	fmt.Fprintf(&table, "\n%d traps, %d cases.\n", len(known), len(cases))
	inPage(t, "TestEveryTrapHasACase", table.String())
}

// inPage keeps a part of docs/formats.md that a test makes.
func inPage(t *testing.T, by, made string) {
	t.Helper()
	begin, end := "<!-- made by "+by+" -->\n", "<!-- to here -->\n"
	page := filepath.Join("..", "docs", "formats.md")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	had, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for what %s makes", page, by)
	}
	if formattest.Update() {
		if err := os.WriteFile(page, []byte(before+begin+made+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if had != made {
		t.Errorf("%s is not what %s makes; run it with -update and read the difference (-page +made):\n%s", page, by, cmp.Diff(slices.Collect(strings.Lines(had)), slices.Collect(strings.Lines(made))))
	}
}
