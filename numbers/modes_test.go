package numbers

import (
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough/modes"
)

func TestModesAreToldFromOneTable(t *testing.T) {
	page, err := ModesPage()
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"../docs/modes.md": page, "modes/mode_meaning.sql": ModesRelation()} {
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, string(got)); d != "" {
			t.Errorf("%s is stale; write it with: go test ./numbers -run TestModes -update\n%s", file, d)
		}
	}
}

func TestEveryModeIsWholeInBothLanguagesAndWatchesNumbersThatThereAre(t *testing.T) {
	list := modes.All()
	if len(list) != 10 {
		t.Fatalf("%d modes", len(list))
	}
	var seen []string
	for i := range list {
		m := &list[i]
		if m.Name == "" || slices.Contains(seen, m.Name) || m.Title.EN == "" || m.Title.ZH == "" || len(m.Watched) == 0 {
			t.Errorf("%+v", m)
		}
		seen = append(seen, m.Name)
		for _, f := range facts(m) {
			if f.text.EN == "" || f.text.ZH == "" {
				t.Errorf("%s: nothing is said of %s", m.Name, f.name)
			}
		}
		for _, name := range m.Watched {
			if _, err := Find(name); err != nil {
				t.Errorf("%s: %v", m.Name, err)
			}
		}
	}
	for _, name := range []string{modes.Own, modes.Default} {
		if _, ok := modes.Find(name); !ok {
			t.Errorf("%s is none of the modes", name)
		}
	}
}
