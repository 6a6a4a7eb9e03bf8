package deploy

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sellthrough/internal/config"
)

var update = flag.Bool("update", false, "write docs/settings.md anew")

// TestSettingsAreDocumentedByTheirComments: docs/settings.md is made of the comments beside the settings in the code, so
// that the two can't differ. With -update it is written anew.
func TestSettingsAreDocumentedByTheirComments(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# Settings of formats, doors and alerts

Made of the comments in the code by ` + "`go test ./deploy -run Settings -update`" + `. The other settings are in [operations.md](operations.md).
What formats leave open and a dialect decides is explained with its reasons in the package of each format.
`)
	c := reflect.TypeFor[config.Config]()
	for _, s := range []struct{ title, path string }{{"Formats", "feeds[].format"}, {"Doors", "doors"}, {"Alerts", "alerts"}} {
		fmt.Fprintf(&b, "\n## %s\n\n| setting | |\n|---|---|\n", s.title)
		typ := c
		for name := range strings.SplitSeq(s.path, ".") {
			f, ok := fieldOf(typ, strings.TrimSuffix(name, "[]"))
			if !ok {
				t.Fatalf("there is no setting %s", s.path)
			}
			if typ = f.Type; typ.Kind() == reflect.Slice {
				typ = typ.Elem()
			}
		}
		settings(t, &b, typ, s.path+".")
	}
	const file = "../docs/settings.md"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if have := read(t, "docs/settings.md"); have != b.String() {
		t.Error("docs/settings.md is not what the comments say; run `go test ./deploy -run Settings -update`")
	}
}

func fieldOf(typ reflect.Type, name string) (reflect.StructField, bool) {
	for f := range typ.Fields() {
		if tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); tag == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

func settings(t *testing.T, b *strings.Builder, typ reflect.Type, path string) {
	t.Helper()
	comments := commentsOf(t, typ)
	for f := range typ.Fields() {
		tag, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		ft, at := f.Type, path+tag
		if ft.Kind() == reflect.Slice {
			ft, at = ft.Elem(), at+"[]"
		}
		switch {
		case options == "inline":
			settings(t, b, ft, path)
		case tag == "-" || tag == "":
		case ft.Kind() == reflect.Struct:
			settings(t, b, ft, at+".")
		default:
			fmt.Fprintf(b, "| `%s` | %s |\n", strings.TrimSuffix(at, "[]"), strings.ReplaceAll(comments[f.Name], "|", `\|`))
		}
	}
}

// commentsOf gives the comments of a struct's fields, on one line each, from the source of its package.
func commentsOf(t *testing.T, typ reflect.Type) map[string]string {
	t.Helper()
	dir := filepath.Join("..", strings.TrimPrefix(typ.PkgPath(), "sellthrough/"))
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != typ.Name() {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					text := strings.TrimSpace(f.Doc.Text() + " " + f.Comment.Text())
					for _, name := range f.Names {
						out[name.Name] = strings.Join(strings.Fields(text), " ")
					}
				}
			}
			return false
		})
	}
	return out
}
