package deploy

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/rulefmt"
	"gopkg.in/yaml.v3"

	alerting "sellthrough/alerts/rules"
	"sellthrough/dashboards"
	"sellthrough/dashboards/boards"
)

// parse reads a YAML file of the repository.
func parse(t *testing.T, name string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := yaml.Unmarshal([]byte(read(t, name)), &out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

// mounted is where a path inside a service's container comes from; empty where nothing is mounted there.
func mounted(s service, inside string) string {
	for _, v := range s.Volumes {
		parts := strings.Split(v, ":")
		if rest, ok := strings.CutPrefix(inside, parts[1]); ok && strings.HasPrefix(parts[0], ".") && (rest == "" || rest[0] == '/') {
			return path.Join(parts[0], rest)
		}
	}
	return ""
}

func TestGrafanaFindsItsDataSourcesAndBoards(t *testing.T) {
	all := services(t)
	g := all.Services["grafana"]
	var sources struct {
		Datasources []struct {
			UID, Type, URL string
			JSONData       map[string]any `yaml:"jsonData"`
		}
	}
	text := read(t, "dashboards/provisioning/datasources/sellthrough.yaml")
	if err := yaml.Unmarshal([]byte(text), &sources); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, d := range sources.Datasources {
		found[d.UID] = d.Type
	}
	if len(found) != 2 || found[boards.ClickHouseUID] != boards.ClickHouseType || found[boards.PrometheusUID] != "prometheus" {
		t.Errorf("the data sources are %v", found)
	}
	for _, m := range regexp.MustCompile(`\$\{([A-Z_]+)\}`).FindAllStringSubmatch(text, -1) {
		if _, ok := g.Environment[m[1]]; !ok {
			t.Errorf("grafana has no %s in its environment", m[1])
		}
	}
	if g.Environment["GRAFANA_CLICKHOUSE_PASSWORD"] != all.Services["clickhouse"].Environment["GRAFANA_CLICKHOUSE_PASSWORD"] {
		t.Error("grafana and clickhouse have different passwords")
	}
	if !strings.Contains(g.Environment["GF_PLUGINS_PREINSTALL"], boards.ClickHouseType+"@4.20") {
		t.Errorf("grafana installs %q", g.Environment["GF_PLUGINS_PREINSTALL"])
	}
	if host := g.Environment["CLICKHOUSE_HOST"]; all.Services[host].Image == "" {
		t.Errorf("grafana asks %s, which is no service", host)
	}
	if file := mounted(all.Services["clickhouse"], "/etc/clickhouse-server/users.d/grafana.xml"); !strings.Contains(read(t, file), `from_env="GRAFANA_CLICKHOUSE_PASSWORD"`) {
		t.Errorf("the user of grafana is %s", file)
	}
	var providers struct {
		Providers []struct {
			Folder  string
			Options struct{ Path string }
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "dashboards/provisioning/dashboards/sellthrough.yaml")), &providers); err != nil {
		t.Fatal(err)
	}
	list, err := dashboards.Boards("en")
	if err != nil {
		t.Fatal(err)
	}
	uids := map[string]string{}
	for _, p := range providers.Providers {
		from := mounted(g, p.Options.Path)
		files, err := filepath.Glob(filepath.Join("..", from, "*.json"))
		if err != nil || from == "" || len(files) != len(list) {
			t.Errorf("%s: %s holds %d boards: %v", p.Folder, p.Options.Path, len(files), err)
		}
		for _, f := range files {
			m := regexp.MustCompile(`(?m)^  "uid": "([a-z-]+)"`).FindStringSubmatch(read(t, strings.TrimPrefix(f, "../")))
			if m == nil || uids[m[1]] != "" {
				t.Errorf("%s: the uid %v is that of %s: Grafana takes one of them only", f, m, uids[m[1]])
				continue
			}
			uids[m[1]] = f
		}
	}
	if home := mounted(g, g.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]); home == "" {
		t.Error("grafana's first board is nowhere")
	} else if _, err := os.Stat(filepath.Join("..", home)); err != nil {
		t.Error(err)
	}
}

func TestGrafanasRulesAnswerWithARow(t *testing.T) {
	var file struct {
		Groups []struct {
			Rules []struct {
				UID, Condition, NoDataState string
				Annotations                 map[string]string
				Data                        []struct {
					RefID         string `yaml:"refId"`
					DatasourceUID string `yaml:"datasourceUid"`
					Model         map[string]any
				}
			}
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "dashboards/provisioning/alerting/sellthrough.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	list, err := dashboards.Boards("en")
	if err != nil {
		t.Fatal(err)
	}
	rules := 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			rules++
			var refs []string
			for _, d := range r.Data {
				refs = append(refs, d.RefID)
				if d.DatasourceUID != "__expr__" && d.DatasourceUID != boards.ClickHouseUID && d.DatasourceUID != boards.PrometheusUID {
					t.Errorf("%s asks %s", r.UID, d.DatasourceUID)
				}
				// Without GROUP BY an aggregate answers with a row, whatever there is.
				if sql, ok := d.Model["rawSql"].(string); ok && (!regexp.MustCompile(`^SELECT (countIf|ifNull)\(`).MatchString(sql) || strings.Contains(sql, "GROUP BY")) {
					t.Errorf("%s may answer without a row: %s", r.UID, sql)
				}
			}
			if !slices.Contains(refs, r.Condition) {
				t.Errorf("%s: the condition %s is none of %v", r.UID, r.Condition, refs)
			}
			if uid := r.Annotations["__dashboardUid__"]; !slices.ContainsFunc(list, func(b dashboards.Board) bool { return b.UID == uid }) {
				t.Errorf("%s names the board %q", r.UID, uid)
			}
		}
	}
	if rules < 3 {
		t.Errorf("only %d rules", rules)
	}
}

// utf8Names is Prometheus 3's own rule for names.
const utf8Names = 2

func TestPrometheusScrapesEveryRoleAndItsRulesAreRight(t *testing.T) {
	all := services(t)
	rules, faults := rulefmt.ParseFile("../dashboards/prometheus/rules.yml", false, utf8Names)
	for _, err := range faults {
		t.Error(err)
	}
	named := regexp.MustCompile(`sellthrough_[a-z_]+`)
	doc := read(t, "docs/operations.md") + read(t, "alerts/metrics.go")
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			for _, m := range named.FindAllString(r.Expr, -1) {
				m = strings.TrimSuffix(m, "_bucket")
				if !strings.Contains(doc, "`"+m+"`") && !strings.Contains(doc, `"`+strings.TrimPrefix(m, "sellthrough_alerts_")+`"`) {
					t.Errorf("%s asks for %s, which is no metric", r.Alert, m)
				}
			}
			if r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("%s does not say how bad it is, what it is and what to do", r.Alert)
			}
		}
	}
	config := read(t, "dashboards/prometheus/prometheus.yml")
	for name, s := range all.Services {
		if s.Build != "" && !strings.Contains(config, `"`+name+`:9090"`) {
			t.Errorf("prometheus does not scrape %s", name)
		}
	}
	for _, m := range regexp.MustCompile(`\["([a-z]+):\d+"\]`).FindAllStringSubmatch(config, -1) {
		if all.Services[m[1]].Image == "" {
			t.Errorf("prometheus.yml names %s, which is no service", m[1])
		}
	}
	for _, name := range []string{"prometheus", "alertmanager"} {
		for _, a := range all.Services[name].Command {
			if file, ok := strings.CutPrefix(a, "--config.file="); ok && mounted(all.Services[name], file) == "" {
				t.Errorf("%s reads %s, which is not mounted", name, file)
			}
		}
	}
	if !strings.Contains(read(t, "deploy/sellthrough.compose.yaml"), "admin: 0.0.0.0:9090") {
		t.Error("prometheus cannot reach the admin ports")
	}
}

// TestWhoeverIsWokenFindsTheCommand: every rule of Prometheus and of Grafana has a section of its own in the operations page, with a
// command to give, and every section there is of a rule.
func TestWhoeverIsWokenFindsTheCommand(t *testing.T) {
	_, page, ok := strings.Cut(read(t, "docs/operations.md"), "\n## When an alert fires\n")
	if !ok {
		t.Fatal("docs/operations.md does not say what to do when an alert fires")
	}
	page, _, _ = strings.Cut(page, "\n## ")
	sections := map[string]string{}
	for part := range strings.SplitSeq(page, "\n### ") {
		name, text, _ := strings.Cut(part, "\n")
		sections[name] = text
	}
	rules := map[string]string{}
	for _, file := range []struct{ name, title string }{{"dashboards/prometheus/rules.yml", "alert"}, {"dashboards/provisioning/alerting/sellthrough.yaml", "title"}} {
		for _, m := range regexp.MustCompile(`(?m)^ +(?:- )?`+file.title+`: (.+)$`).FindAllStringSubmatch(read(t, file.name), -1) {
			rules[m[1]] = file.name
		}
	}
	if len(rules) < 15 {
		t.Errorf("only %d rules were found", len(rules))
	}
	known := regexp.MustCompile(`(?m)^(sellthrough [a-z]+|curl|docker compose|df|du)\b`)
	for name, file := range rules {
		_, block, ok := strings.Cut(sections[name], "```sh\n")
		if block, _, _ = strings.Cut(block, "```"); !ok || !known.MatchString(block) {
			t.Errorf("docs/operations.md has no command for %q of %s", name, file)
		}
	}
	for name := range sections {
		if rules[name] == "" && name != "" && !strings.HasPrefix(page, name) {
			t.Errorf("docs/operations.md says what to do about %q, which is no rule", name)
		}
	}
}

// TestWhoeverSeesAnIncidentFindsTheCommand: every rule of the channel has a section of its own, with a command that names no view that
// there is not.
func TestWhoeverSeesAnIncidentFindsTheCommand(t *testing.T) {
	_, page, ok := strings.Cut(read(t, "docs/operations.md"), "\n## When an incident opens\n")
	if !ok {
		t.Fatal("docs/operations.md does not say what to do when an incident opens")
	}
	page, _, _ = strings.Cut(page, "\n## ")
	list, err := alerting.All()
	if err != nil || len(list) < 12 {
		t.Fatalf("%d rules, %v", len(list), err)
	}
	for _, r := range list {
		_, section, ok := strings.Cut(page, "\n### "+r.Title.En+"\n")
		section, _, _ = strings.Cut(section, "\n### ")
		if !ok || !strings.Contains(section, "```sh\nsellthrough ") {
			t.Errorf("docs/operations.md has no command for an incident %q", r.Title.En)
		}
	}
	if n := strings.Count(page, "\n### "); n != len(list) {
		t.Errorf("%d sections for %d rules", n, len(list))
	}
}

func TestAlertmanagerRoutesToWhomItKnows(t *testing.T) {
	file := parse(t, "dashboards/alertmanager/alertmanager.yml")
	receivers := map[string]bool{}
	list, _ := file["receivers"].([]any)
	for _, r := range list {
		if m, ok := r.(map[string]any); ok {
			name, _ := m["name"].(string)
			receivers[name] = true
		}
	}
	var walk func(route any)
	walk = func(route any) {
		m, ok := route.(map[string]any)
		if !ok {
			t.Fatalf("%v is no route", route)
		}
		if name, ok := m["receiver"].(string); ok && !receivers[name] {
			t.Errorf("a route names %q, which is no receiver", name)
		}
		next, _ := m["routes"].([]any)
		for _, r := range next {
			walk(r)
		}
	}
	walk(file["route"])
}

// The programs' own checks, where Debian's packages prometheus and prometheus-alertmanager are installed; what they check is
// checked above as well.
func TestTheProgramsTakeTheirFiles(t *testing.T) {
	for _, c := range [][]string{
		{"promtool", "check", "config", "dashboards/prometheus/prometheus.yml"},
		{"promtool", "test", "rules", "dashboards/prometheus/rules.test.yml"},
		{"amtool", "check-config", "dashboards/alertmanager/alertmanager.yml"},
	} {
		bin, err := exec.LookPath(c[0])
		if err != nil {
			t.Logf("%s is not installed", c[0])
			continue
		}
		cmd := exec.Command(bin, c[1:]...)
		cmd.Dir = ".."
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", c, err, out)
		}
	}
}
