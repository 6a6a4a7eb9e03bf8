package dashboards_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough/dashboards/boards"
)

func TestFilesAreWhatTheirSourcesSay(t *testing.T) {
	for _, lang := range boards.Langs {
		want, err := boards.Files(lang)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(filepath.Join("grafana", lang))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if want[e.Name()] == nil {
				t.Errorf("grafana/%s/%s has no source", lang, e.Name())
			}
		}
		for name, text := range want {
			got, err := os.ReadFile(filepath.Join("grafana", lang, name))
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("grafana/%s/%s is stale; write it with: go generate ./dashboards (%v)\n%s", lang, name, err, cmp.Diff(string(text), string(got)))
			}
		}
	}
}

var uids = []string{
	"ageing",
	"channel",
	"conflict",
	"flows",
	"incentives",
	"incidents",
	"life",
	"modes",
	"organisation",
	"partner",
	"pipeline",
	"promotions",
	"quality",
	"reconciliation",
	"scorecard",
	"stock",
	"territory",
}

func TestBoardsKeepTheirNamesAndTheirGrid(t *testing.T) {
	for _, lang := range boards.Langs {
		all := read(t, lang)
		var found []string
		for uid, b := range all {
			found = append(found, uid)
			ids := map[int]bool{}
			for i, p := range b.Panels {
				if ids[p.ID] || p.ID == 0 {
					t.Errorf("%s: two panels are %d", uid, p.ID)
				}
				ids[p.ID] = true
				g := p.GridPos
				if g.W < 1 || g.H < 1 || g.X < 0 || g.X+g.W > 24 {
					t.Errorf("%s panel %d leaves the grid: %+v", uid, p.ID, g)
				}
				for _, q := range b.Panels[:i] {
					o := q.GridPos
					if g.X < o.X+o.W && o.X < g.X+g.W && g.Y < o.Y+o.H && o.Y < g.Y+g.H {
						t.Errorf("%s: panels %d and %d lie on one another", uid, p.ID, q.ID)
					}
				}
				if p.Title == "" || p.Description == "" || p.FieldConfig.Defaults.NoValue == "" {
					t.Errorf("%s panel %d: a title, a description and words for nothing are needed", uid, p.ID)
				}
			}
			if !slices.ContainsFunc(b.Panels, func(p panel) bool {
				return len(p.Targets) == 1 && strings.Contains(p.Targets[0].RawSQL, "FROM v_data_age")
			}) {
				t.Errorf("%s does not show how old its data are", uid)
			}
		}
		slices.Sort(found)
		if d := cmp.Diff(uids, found); d != "" {
			t.Errorf("%s: %s", lang, d)
		}
	}
}

func TestQuestionsUseWhatThereIs(t *testing.T) {
	dollar := regexp.MustCompile(`\$\{?([A-Za-z]\w*)`)
	macros := regexp.MustCompile(`\$__\w+`)
	link := regexp.MustCompile(`^/d/([a-z]+)\?\$\{__url_time_range\}`)
	paper := regexp.MustCompile(`^/statements/\$\{__data\.fields\.\w+\}/\$\{__data\.fields\.\w+\}\.html\?lang=(en|zh)$`)
	column := regexp.MustCompile(`\$\{__data\.fields\.(\w+)\}`)
	metric := regexp.MustCompile(`[a-z]+_[a-z_]+`)
	made := metrics(t)
	for uid, b := range read(t, "en") {
		defined := map[string]bool{"series": true}
		for _, v := range b.Templating.List {
			for _, m := range dollar.FindAllStringSubmatch(v.Query, -1) {
				if !defined[m[1]] && slices.ContainsFunc(b.Templating.List, func(o variable) bool { return o.Name == m[1] }) {
					t.Errorf("%s: the variable %s asks with %s, which comes after it", uid, v.Name, m[1])
				}
			}
			defined[v.Name] = true
		}
		for _, p := range b.Panels {
			if len(p.Targets) == 0 {
				t.Errorf("%s panel %d asks nothing", uid, p.ID)
			}
			var sql string
			for _, q := range p.Targets {
				sql += q.RawSQL
				switch {
				case q.RawSQL != "":
					if q.Datasource.UID != boards.ClickHouseUID || q.Datasource.Type != boards.ClickHouseType {
						t.Errorf("%s panel %d asks %+v", uid, p.ID, q.Datasource)
					}
					for _, m := range dollar.FindAllStringSubmatch(q.RawSQL, -1) {
						if !defined[m[1]] {
							t.Errorf("%s panel %d uses $%s, which the board does not define", uid, p.ID, m[1])
						}
					}
					for _, m := range macros.FindAllString(q.RawSQL, -1) {
						if !slices.Contains([]string{"$__dateFilter", "$__timeFilter", "$__fromTime", "$__toTime", "$__conditionalAll"}, m) {
							t.Errorf("%s panel %d uses %s", uid, p.ID, m)
						}
					}
					for _, m := range regexp.MustCompile(`(?:FROM|(ARRAY )?JOIN)\s+(\w+)`).FindAllStringSubmatch(q.RawSQL, -1) {
						own := m[1] != "" || strings.Contains(q.RawSQL, "WITH "+m[2]+" AS\n(") // an array's elements, a part of the question
						if m[1] = m[2]; !own && !strings.HasPrefix(m[1], "v_") {
							t.Errorf("%s panel %d reads %s, which is no view", uid, p.ID, m[1])
						}
					}
				case q.Expr != "":
					if q.Datasource.UID != boards.PrometheusUID {
						t.Errorf("%s panel %d asks %+v", uid, p.ID, q.Datasource)
					}
					for _, m := range metric.FindAllString(q.Expr, -1) {
						m = strings.TrimSuffix(m, "_bucket")
						if (strings.HasPrefix(m, "sellthrough_") || strings.HasPrefix(m, "process_")) && !made[m] {
							t.Errorf("%s panel %d asks for %s, which nobody makes", uid, p.ID, m)
						}
					}
				default:
					t.Errorf("%s panel %d: a target asks nothing", uid, p.ID)
				}
			}
			links := p.FieldConfig.Defaults.Links
			for _, o := range p.FieldConfig.Overrides {
				if !regexp.MustCompile(`\b` + o.Matcher.Options + `\b`).MatchString(sql) {
					t.Errorf("%s panel %d: there is no column %s", uid, p.ID, o.Matcher.Options)
				}
				for _, x := range o.Properties {
					if x.ID == "links" {
						url, _ := x.Value.([]any)[0].(map[string]any)["url"].(string)
						links = append(links, struct{ URL string }{url})
					}
				}
			}
			for _, l := range links {
				m := link.FindStringSubmatch(l.URL)
				if paper.MatchString(l.URL) {
					m = []string{"", uids[0]}
				}
				if m == nil || !slices.Contains(uids, m[1]) {
					t.Errorf("%s panel %d links to %q", uid, p.ID, l.URL)
				}
				for _, c := range column.FindAllStringSubmatch(l.URL, -1) {
					if !regexp.MustCompile(`\b` + c[1] + `\b`).MatchString(sql) {
						t.Errorf("%s panel %d links by %s, which it does not ask for", uid, p.ID, c[1])
					}
				}
			}
		}
	}
}

// metrics are the names that the program registers.
func metrics(t *testing.T) map[string]bool {
	t.Helper()
	made := map[string]bool{"process_resident_memory_bytes": true, "process_cpu_seconds_total": true} // of client_golang's process collector
	for _, pkg := range []string{"ingest", "transform", "alerts"} {
		text, err := os.ReadFile(filepath.Join("..", pkg, "metrics.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:Name:\s*|vec\(|gauge\()"([a-z_]+)"`).FindAllStringSubmatch(string(text), -1) {
			name := m[1]
			if !strings.HasPrefix(name, "sellthrough_") {
				name = "sellthrough_" + pkg + "_" + name
			}
			made[name] = true
		}
	}
	if len(made) < 20 {
		t.Fatalf("only %d metrics were found", len(made))
	}
	return made
}

// Both languages ask the same and stand in the same places; only words differ.
func TestLanguagesDifferInWordsOnly(t *testing.T) {
	words := strings.NewReplacer("text_zh", "text_en", "why_zh", "i.why", "_zh", "_en")
	en, zh := read(t, "en"), read(t, "zh")
	han := regexp.MustCompile(`\p{Han}`)
	for uid, a := range en {
		b := zh[uid]
		if len(a.Panels) != len(b.Panels) {
			t.Fatalf("%s: %d and %d panels", uid, len(a.Panels), len(b.Panels))
		}
		for i, p := range a.Panels {
			q := b.Panels[i]
			if p.ID != q.ID || p.GridPos != q.GridPos || p.Type != q.Type || p.FieldConfig.Defaults.Unit != q.FieldConfig.Defaults.Unit {
				t.Errorf("%s panel %d differs", uid, p.ID)
			}
			for j := range p.Targets {
				if p.Targets[j].RawSQL != words.Replace(q.Targets[j].RawSQL) || p.Targets[j].Expr != q.Targets[j].Expr {
					t.Errorf("%s panel %d asks otherwise", uid, p.ID)
				}
			}
			for _, text := range []string{q.Title, q.Description, q.FieldConfig.Defaults.NoValue} {
				if !han.MatchString(text) {
					t.Errorf("%s panel %d: %q is not Chinese", uid, p.ID, text)
				}
			}
			if han.MatchString(p.Title + p.FieldConfig.Defaults.NoValue) {
				t.Errorf("%s panel %d: %q, %q are not English", uid, p.ID, p.Title, p.FieldConfig.Defaults.NoValue)
			}
		}
	}
}
