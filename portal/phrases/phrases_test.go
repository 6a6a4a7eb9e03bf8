package phrases

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sources are the packages whose sentences a partner or whoever looks after one gets to read.
var sources = []string{
	"ingest", "ingest/mapping", "ingest/mapping/layout", "ingest/mend", "ingest/onboard", "ingest/httpfeed", "ingest/format/csv", "ingest/format/encoding", "ingest/format/json",
	"ingest/format/json/object", "ingest/format/ndjson", "ingest/format/sheet", "ingest/format/sheet/cell", "ingest/format/sheet/column", "ingest/format/xls", "ingest/format/xls/html",
	"ingest/format/xlsx", "portal/answer", "portal/trial", "portal/unmatched", "portal/partner", "transform/reference",
}

// unsaid are sentences that nobody reads on a page: those of logs, of operators' files, of SQL.
var unsaid = regexp.MustCompile(`SELECT |FROM | AND |DESC|^ingest: |^csv: |aliases\.csv|CREATE |^refused after all 7|Bodies that|Bodies in the archive|What the archive holds|Rows of completed|Messages that|Decoded bytes|Calls to the log|From the first byte|Registered submissions` +
	`|^partner, what, code|^partner = |^\(from = |^2 January 2006$|^ HH:mm:ss Z$|^ A?h?:?h:mm(:ss)?( A)?$|^ A h:mm(:ss)?$|^end of (file|report)$|^above the limit$|^new 7, duplicate|more refused rows\n|^, 7 to 7|^crossreference taken back$` +
	`|^locations.csv or partners.csv$|^(7)? on 7$|^, by 7$|^ (under|or) $|^the row is found$|record of 7 bytes is above the limit|^submission 7 is 7|^ \(was it renamed|there is no row 7$|^7 with one decimal mark`)

var verb = regexp.MustCompile(`%[-+#0]*(?:\d+)?(?:\.\d+)?[a-zA-Z]|%%`)

// sentences are those of a package, with 7 for what is not known before it runs.
func sentences(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	files, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", dir, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		add := func(n ast.Node, s string) {
			if strings.Count(s, " ") >= 2 && !unsaid.MatchString(s) {
				out[s] = fmt.Sprintf("%s:%d", strings.TrimPrefix(file, "../../"), set.Position(n.Pos()).Line)
			}
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch e := n.(type) {
			case *ast.ImportSpec, *ast.GenDecl:
				if g, ok := e.(*ast.GenDecl); ok {
					return g.Tok != token.IMPORT
				}
				return false
			case *ast.CallExpr:
				name := called(e)
				if name == "Msg" || name == "MustCompile" || name == "panic" || name == "Note" {
					return false
				}
				if i := slices.IndexFunc(e.Args, isFormat); i >= 0 && (name == "Sprintf" || name == "Errorf" || name == "problem" || name == "Bad" || name == "Missing" || name == "note" || strings.HasSuffix(name, "f")) {
					s, _ := literal(e.Args[i])
					if name == "Errorf" && strings.HasSuffix(s, ": %w") { // what was being done, before what went wrong
						return false
					}
					add(e, filled(s))
					for j, a := range e.Args {
						if j != i {
							ast.Inspect(a, func(ast.Node) bool { return true })
						}
					}
					return false
				}
			case *ast.BinaryExpr:
				if e.Op == token.ADD {
					if s, some := joined(e); some {
						add(e, s)
						return false
					}
				}
			case *ast.BasicLit:
				if s, ok := literal(e); ok {
					add(e, filled(s))
				}
			}
			return true
		})
	}
	return out
}

// filled is a format with 7 for its verbs.
func filled(format string) string {
	return verb.ReplaceAllStringFunc(format, func(v string) string {
		switch v[len(v)-1] {
		case '%':
			return "%"
		case 'q':
			return `"7"`
		}
		return "7"
	})
}

func isFormat(e ast.Expr) bool { s, ok := literal(e); return ok && strings.Contains(s, "%") }

func called(e *ast.CallExpr) string {
	switch f := e.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, err := strconv.Unquote(e.Value)
			return s, err == nil
		}
	case *ast.BinaryExpr: // a long literal in two lines
		a, ok := literal(e.X)
		b, ok2 := literal(e.Y)
		return a + b, ok && ok2 && e.Op == token.ADD
	}
	return "", false
}

// joined is a sum of texts, with 7 for what is no literal; some says that there is a literal in it.
func joined(e ast.Expr) (s string, some bool) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			a, x := joined(e.X)
			b, y := joined(e.Y)
			return a + b, x || y
		}
	case *ast.BasicLit:
		return literal(e)
	case *ast.CallExpr:
		if called(e) == "Sprintf" && len(e.Args) > 0 {
			if f, ok := literal(e.Args[0]); ok {
				return filled(f), true
			}
		}
	}
	return "7", false
}

// Whoever adds a sentence that a partner may read adds its Chinese to phrases.txt.
func TestEverySentenceThatIsReadOnAPageHasItsChinese(t *testing.T) {
	var missing []string
	for _, dir := range sources {
		for s, at := range sentences(t, dir) {
			if !Known(s) {
				missing = append(missing, at+"\t"+s)
			}
		}
	}
	slices.Sort(missing)
	if path := os.Getenv("MISSING_PHRASES"); path != "" {
		if err := os.WriteFile(path, []byte(strings.Join(missing, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range missing {
		t.Error(m)
	}
}

// cases are sentences and what they are in Chinese; the reader of the page is held to the same ones.
func TestSentencesAreBroughtOverWholeOrPieceByPieceOrStayAsTheyAre(t *testing.T) {
	text, err := os.ReadFile("cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases [][2]string
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if got := In("zh", c[0]); got != c[1] {
			t.Errorf("%s\n\tis %s\n\twant %s", c[0], got, c[1])
		}
		if got := In("en", c[0]); got != c[0] {
			t.Errorf("in English %q is %q", c[0], got)
		}
	}
}

func TestTheBookHasNoPhraseTwiceAndNoWordOfEnglishInItsChinese(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range book() {
		if seen[p.form.String()] {
			t.Errorf("%s is there twice", p.form)
		}
		seen[p.form.String()] = true
		if !regexp.MustCompile(`\p{Han}`).MatchString(p.zh) && strings.Count(p.zh, " ") > 3 {
			t.Errorf("%q is no Chinese", p.zh)
		}
		if strings.ContainsAny(p.zh, ",;") && regexp.MustCompile(`\p{Han}[,;:]|[,;:]\p{Han}`).MatchString(p.zh) {
			t.Errorf("%q has marks of English", p.zh)
		}
	}
	for _, bad := range []string{"no arrow", "x => ", " => x", "a {2} => b {2}", "a {1} => b {2}", "a {1*} => b {1*}", "a {1&} => b {1&}"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is taken for a phrase", bad)
		}
	}
}

func FuzzIn(f *testing.F) {
	f.Add("the file is empty")
	f.Add("a; b. c: d, e")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) <= 300 { // sentences are shorter
			In("zh", s)
		}
	})
}
