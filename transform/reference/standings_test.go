package reference

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
)

// rowsOf writes a sheet's rows: days as dates, always and never as a dash, paths with >.
func rowsOf(t *testing.T, tables Tables, name string) []string {
	t.Helper()
	i := slices.IndexFunc(tables.Sheets, func(s Sheet) bool { return s.Kind.Name == name })
	if i < 0 {
		t.Fatalf("there is no sheet %s", name)
	}
	s := &tables.Sheets[i]
	var out []string
	for r := range s.Rows {
		var cells []string
		for _, c := range s.Kind.Columns {
			cell := ""
			switch {
			case c.Type == Text:
				cell = strings.ReplaceAll(s.Strings(c.Name)[r], Between, ">")
			case c.Type == Date && s.Numbers(c.Name)[r] != Always && s.Numbers(c.Name)[r] != Never:
				cell = sellthrough.Day(s.Numbers(c.Name)[r]).String()
			case c.Type == Whole:
				cell = fmt.Sprint(s.Numbers(c.Name)[r])
			}
			if cell == "" {
				cell = "-"
			}
			cells = append(cells, cell)
		}
		out = append(out, strings.Join(cells, " "))
	}
	return out
}

// The office o1 moves from branch a to branch b on 15 February 2026; dealer d hangs under it, and before 2026 under nothing.
// Branch a is a branch company; b is run as a branch with offices; d itself becomes an agency on 1 March.
var moving = map[string]string{
	"partners.csv": "partner,tier\nhead,vendor\nbranch-a,vendor\nstore,vendor\nd,dealer\nloose,dealer\n",
	"organisation.csv": "node,parent,partner,from,to\nhq,,head,,\na,hq,branch-a,,\nb,hq,,,\no1,a,,,2026-02-14\no1,b,,2026-02-15,\n" +
		"o1,,d,2026-01-01,\no1,,store,,\n",
	"locations.csv": "code,partner\nW,store\nD1,d\nX,loose\n",
	"modes.csv":     "of,mode,from,to\na,branch-company,,\nb,branch-offices,,\nd,agency,2026-03-01,\n",
}

func TestAPartnerStandsWhereTheTreeOfTheDayHasIt(t *testing.T) {
	tables, err := folder(t, moving)
	if err != nil {
		t.Fatal(err)
	}
	// partner from to node path branch office mode mode_of own consigned settled
	want := []string{
		"branch-a - - a hq>a a - branch-company a 1 0 1",
		"d - 2025-12-31 - - - - distribution - 0 0 0",
		"d 2026-01-01 2026-02-14 o1 hq>a>o1 a o1 branch-company a 0 0 0",
		"d 2026-02-15 2026-02-28 o1 hq>b>o1 b o1 branch-offices b 0 0 0",
		"d 2026-03-01 - o1 hq>b>o1 b o1 agency d 0 1 0", // its own mode goes before that of the branch
		"head - - hq hq - - direct - 1 0 0",             // nobody said a mode, and it is the vendor's own
		"loose - - - - - - distribution - 0 0 0",
		"store - 2026-02-14 o1 hq>a>o1 a o1 branch-company a 1 0 0", // the vendor's, at an office: it gets goods, and buys none
		"store 2026-02-15 - o1 hq>b>o1 b o1 branch-offices b 1 0 0",
	}
	if d := cmp.Diff(want, rowsOf(t, tables, "standings")); d != "" {
		t.Error(d)
	}
	// code partner from to: of the vendor's own all the time, of an agent as long as it is one.
	want = []string{"branch-a - - -", "d d 2026-03-01 -", "D1 d 2026-03-01 -", "head - - -", "store - - -", "W - - -"}
	if d := cmp.Diff(want, rowsOf(t, tables, "inside")); d != "" {
		t.Error(d)
	}
	want = []string{
		"a - - hq>a a - branch-company a branch",
		"b - - hq>b b - branch-offices b branch",
		"hq - - hq - - - - headquarters",
		"o1 - 2026-02-14 hq>a>o1 a o1 branch-company a office",
		"o1 2026-02-15 - hq>b>o1 b o1 branch-offices b office",
	}
	if d := cmp.Diff(want, rowsOf(t, tables, "nodes")); d != "" {
		t.Error(d)
	}
}

func TestTheLevelOfANodeIsWhatItsRowSays(t *testing.T) {
	tables, err := folder(t, map[string]string{
		"organisation.csv": "node,parent,partner,level\ntop,,,group\nhq,top,,headquarters\na,hq,x,branch\n",
		"modes.csv":        "of,mode,to\nx,e-commerce,2026-06-30\nhq,franchise,\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"x - 2026-06-30 a top>hq>a a - e-commerce x 0 0 0", "x 2026-07-01 - a top>hq>a a - franchise hq 0 0 0"}
	if d := cmp.Diff(want, rowsOf(t, tables, "standings")); d != "" {
		t.Error(d)
	}
}

func TestATerritoryHasItsWayDownFromTheTop(t *testing.T) {
	tables, err := folder(t, map[string]string{
		"territories.csv": "territory,parent\ncn,\neast,cn\nshanghai,east\n",
		"locations.csv":   "code,territory\nS1,shanghai\nS2,mars\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	got := rowsOf(t, tables, "territory_paths")
	slices.Sort(got)
	if d := cmp.Diff([]string{"cn cn", "east cn>east", "mars mars", "shanghai cn>east>shanghai"}, got); d != "" {
		t.Error(d)
	}
}
