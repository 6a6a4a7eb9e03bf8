// Package deploy holds the configuration of docker-compose.yml. Its tests keep what people start from honest: the compose
// file, the two configurations, the examples, and the documents that speak of them.
package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"sellthrough/internal/config"
)

type compose struct {
	Services map[string]service  `yaml:"services"`
	Volumes  map[string]struct{} `yaml:"volumes"`
}

type service struct {
	Image       string            `yaml:"image"`
	Build       string            `yaml:"build"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Ports       []string          `yaml:"ports"`
	Volumes     []string          `yaml:"volumes"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
}

// read gives a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func services(t *testing.T) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal([]byte(read(t, "docker-compose.yml")), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Services) < 5 {
		t.Fatalf("docker-compose.yml has %d services", len(c.Services))
	}
	return c
}

func TestComposeIsSafeAndWhole(t *testing.T) {
	c := services(t)
	for name, s := range c.Services {
		if s.Image == "" || strings.HasSuffix(s.Image, ":latest") || !strings.Contains(s.Image, ":") {
			t.Errorf("%s: image %q has no version", name, s.Image)
		}
		if len(s.Healthcheck.Test) == 0 {
			t.Errorf("%s has no healthcheck", name)
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s: port %s is open to the network", name, p)
			}
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if !strings.HasPrefix(from, ".") {
				if _, ok := c.Volumes[from]; !ok {
					t.Errorf("%s: volume %s is not declared", name, from)
				}
				continue
			}
			if _, err := os.Stat(filepath.Join("..", from)); err != nil {
				t.Errorf("%s mounts what is not there: %v", name, err)
			}
		}
		for d := range s.DependsOn {
			if _, ok := c.Services[d]; !ok {
				t.Errorf("%s depends on %s, which is no service", name, d)
			}
		}
	}
}

func TestComposeIsDocumented(t *testing.T) {
	doc, text := read(t, "docs/operations.md"), read(t, "docker-compose.yml")
	for name, s := range services(t).Services {
		if s.Build == "" && !strings.Contains(doc, "`"+s.Image+"`") {
			t.Errorf("docs/operations.md does not name the image %s of %s", s.Image, name)
		}
	}
	for _, m := range regexp.MustCompile(`\$\{([A-Z_]+):-([^}]*)\}`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(doc, "`"+m[1]+"`") {
			t.Errorf("docs/operations.md does not name the variable %s", m[1])
		}
	}
	if m := regexp.MustCompile(`\$\{[A-Z_]+\}`).FindString(text); m != "" {
		t.Errorf("%s has no default: `docker compose up` alone has to work", m)
	}
}

// environment is what a role finds in its container when nothing is set outside.
func environment(t *testing.T, role string) func(string) (string, bool) {
	set := services(t).Services[role].Environment
	fallback := regexp.MustCompile(`^\$\{[A-Z_]+:-(.*)\}$`)
	return func(name string) (string, bool) {
		v, ok := set[name]
		if m := fallback.FindStringSubmatch(v); m != nil {
			v = m[1]
		}
		return strings.ReplaceAll(v, "$$", "$"), ok
	}
}

func TestComposeConfigurationIsThatOfTheExample(t *testing.T) {
	example, err := config.Parse("sellthrough.yaml", []byte(read(t, "sellthrough.yaml")), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"collect", "transform", "serve"} {
		c, err := config.Parse("sellthrough.compose.yaml", []byte(read(t, "deploy/sellthrough.compose.yaml")), environment(t, role))
		if err != nil {
			t.Fatalf("%s: %v", role, err)
		}
		if !reflect.DeepEqual(c.Partners, example.Partners) {
			t.Errorf("%s: partners differ: %v, %v", role, c.Partners, example.Partners)
		}
		if len(c.Feeds) != len(example.Feeds) {
			t.Fatalf("%s: %d feeds, the example has %d", role, len(c.Feeds), len(example.Feeds))
		}
		for i := range c.Feeds {
			a, b := &c.Feeds[i], &example.Feeds[i]
			if a.ID != b.ID || a.Fingerprint() != b.Fingerprint() || a.Coverage != b.Coverage {
				t.Errorf("feed %s differs from %s of the example", a.ID, b.ID)
			}
		}
		if c.Engines.ClickHouse.Password == "" || string(c.Engines.ClickHouse.Password) != passwordOf(t) {
			t.Errorf("%s and the server have different passwords", role)
		}
	}
}

func passwordOf(t *testing.T) string {
	p, _ := environment(t, "clickhouse")("CLICKHOUSE_PASSWORD")
	return p
}

func TestOneGoVersion(t *testing.T) {
	m := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))
	if m == nil {
		t.Fatal("go.mod names no Go")
	}
	for file, want := range map[string]string{"Dockerfile": "golang:" + m[1] + "-", "Makefile": "GO_MIN        := " + m[1] + "\n"} {
		if !strings.Contains(read(t, file), want) {
			t.Errorf("%s lacks %q, the Go of go.mod", file, want)
		}
	}
}

// program builds the binary and gives what it says.
func program(t *testing.T) func(args ...string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "sellthrough")
	build := exec.Command("go", "build", "-o", bin, "./cmd/sellthrough")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return func(args ...string) string {
		cmd := exec.Command(bin, args...)
		cmd.Dir = ".."
		out, _ := cmd.CombinedOutput() // help may end with any code
		return string(out)
	}
}

func TestCommandsThatTheDocumentsShowExist(t *testing.T) {
	run := program(t)
	help := run("help")
	knows := func(command string) bool {
		return regexp.MustCompile(`(?m)^\s*(sellthrough )?` + command + `\b`).MatchString(help)
	}
	for name, s := range services(t).Services {
		if s.Build == "" {
			continue
		}
		if !knows(s.Command[0]) {
			t.Errorf("%s runs %q, which help does not list:\n%s", name, s.Command[0], help)
		}
		usage := run(s.Command[0], "--help")
		for _, a := range s.Command[1:] {
			if flag, ok := strings.CutPrefix(a, "--"); ok && !strings.Contains(usage, "-"+flag) {
				t.Errorf("%s: %s has no flag %s:\n%s", name, s.Command[0], a, usage)
			}
		}
	}
	shown := regexp.MustCompile("(?m)(?:^|[`$ ])(?:bin/)?sellthrough ([a-z]+)((?: (?:'[^'\n]*'|[^`'|#\n])*)?)")
	flags := regexp.MustCompile(` --([a-z][a-z-]*)`)
	for _, file := range documents(t) {
		for _, block := range commandsIn(read(t, file)) {
			for _, m := range shown.FindAllStringSubmatch(block, -1) {
				if !knows(m[1]) {
					t.Errorf("%s shows `sellthrough %s`, which help does not list", file, m[1])
					continue
				}
				usage := run(m[1], "--help")
				for _, f := range flags.FindAllStringSubmatch(m[2], -1) {
					if !strings.Contains(usage, "-"+f[1]) {
						t.Errorf("%s shows `sellthrough %s --%s`, which its help does not list:\n%s", file, m[1], f[1], usage)
					}
				}
			}
		}
	}
}

// commandsIn are the parts of a document that are set as code.
func commandsIn(text string) []string {
	var out []string
	for i, part := range strings.Split(text, "```") {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		out = append(out, regexp.MustCompile("`(?:bin/)?sellthrough [^`]*`").FindAllString(part, -1)...)
	}
	return out
}

// documents are the texts for people, below the root.
func documents(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "dashboards/*.md"} {
		found, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			out = append(out, strings.TrimPrefix(filepath.ToSlash(f), "../"))
		}
	}
	if !slices.Contains(out, "README.md") {
		t.Fatal("no README.md")
	}
	return out
}

func TestLinksBetweenDocumentsLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)
	for _, file := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, file), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join("..", filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", file, m[1])
			}
		}
	}
}

// Every setting is in the reference, and nothing there is invented.
func TestConfigurationReferenceIsComplete(t *testing.T) {
	doc := read(t, "docs/operations.md")
	_, doc, ok := strings.Cut(doc, "## Configuration reference")
	if !ok {
		t.Fatal("docs/operations.md has no configuration reference")
	}
	doc, _, _ = strings.Cut(doc, "\n## ")
	known := map[string]bool{}
	var walk func(reflect.Type, string)
	walk = func(typ reflect.Type, path string) {
		for f := range typ.Fields() {
			tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			at := path + tag
			ft := f.Type
			if ft.Kind() == reflect.Slice {
				ft, at = ft.Elem(), at+"[]"
			}
			switch {
			case tag == "-" || tag == "":
			case ft.Kind() == reflect.Struct && path != "feeds[].columns.":
				walk(ft, at+".")
			default:
				known[strings.TrimSuffix(at, "[]")] = true
			}
		}
	}
	walk(reflect.TypeFor[config.Config](), "")
	made := read(t, "docs/settings.md")
	for k := range known {
		if !strings.Contains(doc, "`"+k+"`") && !strings.Contains(made, "`"+k+"`") {
			t.Errorf("docs/operations.md lacks the setting `%s`", k)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_.\\[\\]]+)` \\|").FindAllStringSubmatch(doc, -1) {
		if !known[m[1]] {
			t.Errorf("docs/operations.md explains `%s`, which is no setting", m[1])
		}
	}
}

// Every metric that a package makes is in the list.
func TestMetricsAreListed(t *testing.T) {
	doc := read(t, "docs/operations.md")
	name := regexp.MustCompile(`(?:Name:\s*|vec\(|gauge\()"([a-z_]+[a-z])"`)
	found := 0
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "metrics.go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		pkg := filepath.Base(filepath.Dir(path))
		for _, m := range name.FindAllStringSubmatch(string(text), -1) {
			full := m[1]
			if !strings.HasPrefix(full, "sellthrough_") {
				full = "sellthrough_" + pkg + "_" + full
			}
			found++
			if !strings.Contains(doc, "`"+full+"`") {
				t.Errorf("docs/operations.md does not list the metric `%s` of %s", full, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 10 {
		t.Errorf("only %d metrics were found", found)
	}
}
