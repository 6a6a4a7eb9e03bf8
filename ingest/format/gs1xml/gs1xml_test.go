package gs1xml

import (
	"bytes"
	"io"
	"os"
	"testing"
	"testing/iotest"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"sellthrough/ingest/format/formattest"
)

func open(t testing.TB, src io.Reader, settings string) (formattest.Reader, []string) {
	var s struct {
		Names   []string
		Dialect Dialect
	}
	if err := yaml.Unmarshal([]byte(settings), &s); err != nil {
		t.Fatal(err)
	}
	return NewReader(src, s.Names, Options{Dialect: s.Dialect}), s.Names
}

func TestReports(t *testing.T) { formattest.Files(t, open) }

func FuzzReports(f *testing.F) {
	for _, name := range []string{"inventory_report", "logistics", "version2"} {
		text, err := os.ReadFile("testdata/" + name + ".txtar")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(txtar.Parse(text).Files[1].Data, name == "version2")
	}
	f.Fuzz(func(t *testing.T, in []byte, activity bool) {
		var o Options
		if activity {
			o.Dialect = Dialect{Read: "activity", Kinds: map[string]string{"SALES": "sell_out"}}
		}
		a := formattest.Show(NewReader(bytes.NewReader(in), Columns, o), Columns)
		if b := formattest.Show(NewReader(iotest.OneByteReader(bytes.NewReader(in)), Columns, o), Columns); a != b {
			t.Fatalf("%s\n%s", a, b)
		}
	})
}
