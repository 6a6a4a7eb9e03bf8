package numbers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sellthrough/internal/embedded/enginetest"
	"sellthrough/numbers"
	"sellthrough/numbers/channeltest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// The worked examples, through the real tables and views of a real ClickHouse, asked as the readonly user.
func TestEveryNumberIsWhatItsExampleSays(t *testing.T) {
	list, err := numbers.All()
	if err != nil {
		t.Fatal(err)
	}
	channel := channeltest.New(t)
	kept := map[string]bool{}
	for _, n := range list {
		kept[n.View] = kept[n.View] || n.Kept != nil
	}
	for _, n := range list {
		for i, e := range n.Examples {
			t.Run(fmt.Sprintf("%s/%d", n.Name, i+1), func(t *testing.T) {
				channel.Clear(t)
				channel.Write(t, e.Given)
				from := n.View
				if len(n.Takes) > 0 {
					var args []string
					for _, p := range n.Takes {
						name, _, _ := strings.Cut(p, " ")
						value, ok := e.With[name]
						if !ok {
							t.Fatalf("the example gives no %s", name)
						}
						args = append(args, name+" = '"+value+"'")
					}
					from += "(" + strings.Join(args, ", ") + ")"
				}
				if e.Where != "" {
					from += " WHERE " + e.Where
				}
				sql := "SELECT ifNull(toString(x), 'NULL') FROM (SELECT toNullable(" + n.Measure + ") AS x FROM " + from + ")"
				if e.By != "" {
					sql = "SELECT ifNull(toString(x), 'NULL') FROM (SELECT " + e.By + " AS k, toNullable(" + n.Measure + ") AS x FROM " + from + " GROUP BY k) WHERE k = '" + e.Pick + "'"
				}
				want := "NULL"
				if e.Expect != nil {
					want = *e.Expect
				}
				if got := channel.Ask(t, sql); len(got.Rows) != 1 || got.Rows[0][0] != want {
					t.Errorf("%v, want %s: %s\n%s", got.Rows, want, e.Says, sql)
				}
				if !kept[n.View] {
					return
				}
				channel.Keep(t, e.With["day"])
				channel.Empty(t, "sales_daily", "stock_daily") // so that the answer can't come from there
				if got := channel.Ask(t, sql); len(got.Rows) != 1 || got.Rows[0][0] != want {
					t.Errorf("from kept rows %v, want %s: %s\n%s", got.Rows, want, e.Says, sql)
				}
			})
		}
	}
}

func TestANumberOfWhichTheDenominatorMayBeEmptyShowsItInAnExample(t *testing.T) {
	list, err := numbers.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range list {
		if strings.Contains(n.Measure, "nullIf") && !slices.ContainsFunc(n.Examples, func(e numbers.Example) bool { return e.Expect == nil }) {
			t.Errorf("%s.sql divides, and no example expects null", n.Name)
		}
	}
}
