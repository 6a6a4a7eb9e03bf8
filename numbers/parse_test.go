package numbers

import (
	"flag"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/numbers.md anew")

func TestPageIsWhatTheFilesSay(t *testing.T) {
	want, err := Page()
	if err != nil {
		t.Fatal(err)
	}
	const file = "../docs/numbers.md"
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
		t.Errorf("%s is stale; write it with: go test ./numbers -run TestPage -update\n%s", file, d)
	}
}

const good = `-- ---
-- name: sold
-- title: {en: Sold, zh: 销量}
-- formula: {en: sum, zh: 合计}
-- edges: {en: none, zh: 无}
-- unit: units
-- better: more
-- takes: [day Date32]
-- measure: sum(qty)
-- examples:
--   - says: one
--     given: {sales: acme S1 A 2026-03-01 sell_out 1}
--     with: {day: 2026-03-01}
--     expect: 1
-- ---
SELECT qty FROM v_sales_daily WHERE business_date = {day:Date32}
`

func TestAMistakeIsToldByFileAndLine(t *testing.T) {
	if n, err := parse("sold.sql", good); err != nil || n.View != "v_sold" || *n.Examples[0].Expect != "1" {
		t.Fatalf("%+v, %v", n, err)
	}
	bad := func(old, now, want string) {
		t.Helper()
		if _, err := parse("sold.sql", strings.Replace(good, old, now, 1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q for %q gives %v, want %s", now, old, err, want)
		}
	}
	bad("-- name: sold", "-- name: bought", "numbers/sold.sql:2: name: is \"bought\"")
	bad(", zh: 销量", "", "numbers/sold.sql:3: title: needs en and zh")
	bad("-- unit: units", "-- unit: boxes", "numbers/sold.sql:6: unit: \"boxes\" is none of")
	bad("-- better: more", "-- beter: more", "numbers/sold.sql:7: field beter not found")
	bad("-- better: more", "-- better: maybe", "numbers/sold.sql:7: better")
	bad("day Date32]", "day Date]", "numbers/sold.sql:8: takes: is [day Date], the SQL takes [day Date32]")
	bad("-- measure: sum(qty)\n", "", "measure: is missing")
	bad("sell_out 1", "", "the row \"acme S1 A 2026-03-01\" has no kind")
	bad("{sales:", "{sale:", `"sale" is no kind of rows`)
	bad("-- ---\nSELECT", "SELECT", "the head has no end")
	bad("-- unit", "- unit", "numbers/sold.sql:6: every line of the head")
	bad("-- edges", "-- of: cover\n-- edges", "either the file holds the SQL")
	bad("-- formula: {en: sum, zh: 合计}", "-- formula: [", "numbers/sold.sql")
}

func TestViewsAreMadeAfterWhatTheyRead(t *testing.T) {
	file := func(name, sql string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("-- ---\n-- name: " + name + "\n-- relation: true\n-- title: {en: a, zh: b}\n-- ---\n" + sql)}
	}
	list, err := parseAll(fstest.MapFS{"a.sql": file("a", "SELECT 1 FROM v_b"), "b.sql": file("b", "SELECT 1 FROM v_c JOIN v_other"), "c.sql": file("c", "SELECT 1")})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range list {
		names = append(names, n.Name)
	}
	if d := cmp.Diff([]string{"c", "b", "a"}, names); d != "" {
		t.Error(d)
	}
	if _, err := parseAll(fstest.MapFS{"a.sql": file("a", "SELECT 1 FROM v_b"), "b.sql": file("b", "SELECT 1 FROM v_a")}); err == nil || !strings.Contains(err.Error(), "reads itself") {
		t.Errorf("a circle gives %v", err)
	}
}

// Row policies reach through every view: no question has a way around them.
func TestNoViewReadsPastTheDatabase(t *testing.T) {
	list, err := Views("db", "Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 15 {
		t.Fatalf("only %d views", len(list))
	}
	for _, v := range list {
		if !strings.HasPrefix(v.Name, "v_") {
			t.Errorf("%s is named so that no reader may read it", v.Name)
		}
		for _, word := range []string{"dictGet", "remote(", "cluster(", "merge(", "url(", "SETTINGS"} {
			if strings.Contains(v.Select, word) {
				t.Errorf("%s: has %s", v.Name, word)
			}
		}
	}
}

func TestWhatIsKeptIsMadeOfSumsAlone(t *testing.T) {
	kept := func(name, sql string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("-- ---\n-- name: " + name + "\n-- relation: true\n-- title: {en: a, zh: b}\n-- takes: [day Date32]\n-- kept: {key: [partner]}\n-- ---\n" + sql)}
	}
	if _, err := parseAll(fstest.MapFS{"a.sql": kept("a", "SELECT {day:Date32} FROM v_b"), "b.sql": kept("b", "SELECT {day:Date32}")}); err == nil || !strings.Contains(err.Error(), "v_b is kept itself") {
		t.Errorf("a kept view of a kept view gives %v", err)
	}
}
