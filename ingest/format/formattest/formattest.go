// Package formattest shows what format readers make of a body. A case is a txtar file: prose that names the wrong
// answer of a naive reader, the settings, the input, and the rows wanted.
package formattest

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"sellthrough"
)

var update = flag.Bool("update", false, "rewrite what the golden files want")

// Update says that golden files are to be rewritten.
func Update() bool { return *update }

// Want holds what was got against the last of a case's three sections, or rewrites the case's file where that is asked for.
func Want(t testing.TB, file string, a *txtar.Archive, got string) {
	t.Helper()
	if *update {
		a.Files = append(a.Files[:2], txtar.File{Name: "want", Data: []byte(got)})
		if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := ""
	if len(a.Files) > 2 {
		want = string(a.Files[2].Data)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// Reader is what every format gives.
type Reader interface {
	Next() (fields [][]byte, row uint32, err error)
}

// Open makes a reader of a body, as the section settings says, and names the columns that it gives.
type Open func(t testing.TB, src io.Reader, settings string) (r Reader, names []string)

// Files reads every case of testdata, whole and byte by byte.
func Files(t *testing.T, open Open) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			section := map[string]*[]byte{}
			for i := range a.Files {
				section[a.Files[i].Name] = &a.Files[i].Data
			}
			if section["input"] == nil || section["want"] == nil || section["settings"] == nil || len(bytes.TrimSpace(a.Comment)) == 0 {
				t.Fatal("a case has prose, settings, input and want")
			}
			in := *section["input"]
			got := Show(open(t, bytes.NewReader(in), string(*section["settings"])))
			if again := Show(open(t, iotest.OneByteReader(bytes.NewReader(in)), string(*section["settings"]))); again != got {
				t.Errorf("byte by byte it reads otherwise: %s", cmp.Diff(got, again))
			}
			if *update {
				*section["want"] = []byte(got)
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(string(*section["want"]), got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// Show reads to the end, and writes one line for each row: its number and the columns that have a value.
func Show(r Reader, names []string) string {
	var b strings.Builder
	for range 1_000_000 {
		fields, row, err := r.Next()
		switch bad, ok := sellthrough.AsRefusal(err); {
		case err == io.EOF:
			return b.String()
		case ok:
			fmt.Fprintf(&b, "%d refused", bad.Row)
			if bad.Column != "" {
				fmt.Fprintf(&b, " %s", bad.Column)
			}
			if bad.Value != "" {
				fmt.Fprintf(&b, " %q", bad.Value)
			}
			fmt.Fprintf(&b, ": %s\n", bad.Reason)
		case err != nil:
			fmt.Fprintf(&b, "error: %v\n", err)
			return b.String()
		default:
			fmt.Fprintf(&b, "%d", row)
			for i, f := range fields {
				if f != nil {
					fmt.Fprintf(&b, " %s=%s", names[i], f)
				}
			}
			b.WriteByte('\n')
		}
	}
	b.WriteString("endless\n")
	return b.String()
}
