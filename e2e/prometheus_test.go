package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sellthrough/internal/child"
)

// watcher runs a program of Debian's that watches, and ends it with the test.
func watcher(t *testing.T, ready string, names []string, args ...string) {
	t.Helper()
	var path string
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		const how = "no %s on the PATH (Debian: apt-get install prometheus prometheus-alertmanager)"
		if os.Getenv("CI") != "" {
			t.Fatalf(how, names[0])
		}
		t.Skipf(how, names[0])
	}
	log, err := os.Create(filepath.Join(t.TempDir(), names[0]+".log"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, args...)
	c.Stdout, c.Stderr = log, log
	p, err := child.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		log.Close()
	})
	for limit := time.After(time.Minute); ; {
		if resp, err := http.Get(ready); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.Ended():
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("%s ended: %s\n%s", names[0], p.How(), text)
		case <-limit:
			t.Fatalf("%s does not answer", names[0])
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// vector asks Prometheus, and gives the values by the label.
func vector(t *testing.T, at, query, label string) map[string]string {
	t.Helper()
	resp, err := http.Get("http://" + at + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range a.Data.Result {
		out[r.Metric[label]] = fmt.Sprint(r.Value[1])
	}
	return out
}

// TestPrometheusWatchesEveryRole runs each role as a process of its own, lets a real Prometheus scrape them by the
// project's own rules, and kills one: its alert reaches a real Alertmanager, and resolves when the role is back.
func TestPrometheusWatchesEveryRole(t *testing.T) {
	o := outside(t, "")
	engines, note := o.yaml, o.note
	yaml, data := engines+loadYAML, t.TempDir()
	roles := map[string]*system{}
	for _, name := range []string{"transform", "collect", "serve", "alert"} {
		roles[name] = role(t, data, name, yaml, note)
	}
	manager, prometheus := fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	dir := t.TempDir()
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rules, err := os.ReadFile("../dashboards/prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	// The project's rules, but nobody waits minutes here.
	quick := strings.NewReplacer("for: 2m", "for: 1s", "for: 5m", "for: 1s", "for: 10m", "for: 1s").Replace(string(rules))
	var targets strings.Builder
	for name, s := range roles {
		fmt.Fprintf(&targets, "      - {targets: [%q], labels: {role: %s}}\n", strings.TrimPrefix(s.admin, "http://"), name)
	}
	config := file("prometheus.yml", fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%q]\nalerting: {alertmanagers: [{static_configs: [{targets: [%q]}]}]}\nscrape_configs:\n  - job_name: sellthrough\n    static_configs:\n%s",
		file("rules.yml", quick), manager, targets.String()))
	watcher(t, "http://"+manager+"/-/ready", []string{"prometheus-alertmanager", "alertmanager"}, "--config.file="+file("alertmanager.yml", "route: {receiver: none}\nreceivers: [{name: none}]\n"),
		"--storage.path="+t.TempDir(), "--web.listen-address="+manager, "--cluster.listen-address=")
	watcher(t, "http://"+prometheus+"/-/ready", []string{"prometheus"}, "--config.file="+config, "--storage.tsdb.path="+t.TempDir(), "--web.listen-address="+prometheus)

	body := newLoadFiles(1)[0]
	collector := roles["collect"]
	collector.final(collector.push("alpha-invoices", "alpha", nil, body).Submission)
	collector.poll("all roles are up", time.Minute, func() bool {
		up := vector(t, prometheus, "up", "role")
		return up["collect"] == "1" && up["transform"] == "1" && up["serve"] == "1" && up["alert"] == "1"
	})
	collector.poll("the transformer's lines are counted", time.Minute, func() bool {
		n := vector(t, prometheus, "sum by (role) (sellthrough_transform_lines_total)", "role")["transform"]
		return n != "" && n != "0"
	})
	firing := func() bool {
		resp, err := http.Get("http://" + manager + "/api/v2/alerts?active=true")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		var alerts []struct{ Labels, Annotations map[string]string }
		if json.NewDecoder(resp.Body).Decode(&alerts) != nil {
			return false
		}
		for _, a := range alerts {
			if a.Labels["alertname"] == "ProcessDown" && a.Labels["role"] == "serve" {
				if len(a.Annotations) == 0 {
					t.Errorf("ProcessDown says nothing: %v", a)
				}
				return true
			}
		}
		return false
	}
	roles["serve"].kill()
	collector.poll("ProcessDown fires for the role that was killed", time.Minute, firing)
	roles["serve"].run()
	collector.poll("it resolves when the role is back", time.Minute, func() bool { return !firing() })
}
