package dashboards_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sellthrough/dashboards/boards"
)

// types are Grafana's names for a panel's options and for what of its fields is its own.
var types = map[string][2]string{
	"barchart": {"BarChart", "BarChartField"}, "bargauge": {"BarGauge"}, "heatmap": {"Heatmap", "HeatmapField"}, "piechart": {"PieChart", "PieChartField"}, "stat": {"Stat"},
	"state-timeline": {"StateTimeline", "StateTimelineField"}, "table": {"Table", "TableField"}, "timeseries": {"TimeSeries", "TimeSeriesField"}, "xychart": {"XYChart", "XYChartField"},
}

// Grafana's own types say what may stand in a board; as literals in TypeScript, an option that does not exist is an error.
func TestBoardsAreOfGrafanasTypes(t *testing.T) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("npm is missing")
		}
		t.Skip("npm is missing")
	}
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join("testdata/schema", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.Command(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	head, err := os.ReadFile("testdata/schema/head.ts")
	if err != nil {
		t.Fatal(err)
	}
	check := func(t *testing.T, body string) string {
		t.Helper()
		file := filepath.Join(dir, "check.ts")
		if err := os.WriteFile(file, append(head, body...), 0o600); err != nil {
			t.Fatal(err)
		}
		tsc := exec.Command(filepath.Join(dir, "node_modules/.bin/tsc"), "--noEmit", "--strict", "--moduleResolution", "bundler", "--module", "esnext", "--skipLibCheck", "check.ts")
		tsc.Dir = dir
		out, _ := tsc.CombinedOutput() // it fails where it has something to say
		return string(out)
	}
	var body strings.Builder
	for _, lang := range boards.Langs {
		files, err := boards.Files(lang)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range files {
			id := lang + "_" + strings.TrimSuffix(name, ".json")
			fmt.Fprintf(&body, "export const %s: Board = %s;\n", id, text)
			var b struct {
				Panels []struct {
					ID          int
					Type        string
					Options     json.RawMessage
					FieldConfig struct {
						Defaults struct{ Custom json.RawMessage }
					}
				}
			}
			if err := json.Unmarshal(text, &b); err != nil {
				t.Fatal(err)
			}
			for _, p := range b.Panels {
				typ, ok := types[p.Type]
				if !ok {
					t.Errorf("%s panel %d: the type %q is not one of ours", name, p.ID, p.Type)
					continue
				}
				fmt.Fprintf(&body, "export const %s_options_%d: Json<%s> = %s;\n", id, p.ID, typ[0], p.Options)
				if custom := p.FieldConfig.Defaults.Custom; typ[1] != "" && custom != nil {
					fmt.Fprintf(&body, "export const %s_custom_%d: Json<%s> = %s;\n", id, p.ID, typ[1], custom)
				}
			}
		}
	}
	if out := check(t, body.String()); out != "" {
		t.Errorf("%.4000s", out)
	}
	if out := check(t, `export const wrong: Json<Stat> = {reduceOptions: {calcs: []}, colourMode: "value"};`); !strings.Contains(out, "colourMode") {
		t.Errorf("a wrong option is not found: %q", out)
	}
}
