package try

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sellthrough/internal/config"
)

const report = "Sales report March\n\nInvoice,Line,Shop,Item code,Qty,Amount,Date\n" +
	"R1,1,S1,AUR-100,2,258.00,2026-03-02\nR1,2,S1,AUR-200,1,219.00,2026-03-02\nR2,1,S2,AUR-100,-1,-129.00,2026-03-14\nTotal,,,,2,348.00,\n"

// run is the command on a file, with nobody at the keyboard.
func run(t *testing.T, name, text string, args ...string) (code int, out string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code = Run(context.Background(), append(args, file), strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String() + stderr.String()
}

// answers takes what the output offers for each question that is open, first option first, until the file reads.
func answers(t *testing.T, name, text string, fixed map[string]string, more ...string) (code int, out string, asked []string) {
	t.Helper()
	args := more
	for range 20 {
		if code, out = run(t, name, text, args...); code != 3 {
			return code, out, asked
		}
		_, open, _ := strings.Cut(out, "TO BE ANSWERED")
		for line := range strings.Lines(open) {
			id, rest, ok := strings.Cut(strings.TrimSpace(line), "=")
			if !ok || strings.Contains(id, " ") || strings.HasPrefix(rest, "…") || contains(asked, id) {
				continue
			}
			value, _, _ := strings.Cut(rest, "  ")
			if v, ok := fixed[id]; ok {
				value = v
			}
			asked = append(asked, id)
			args = append(args, "--answer", id+"="+value)
		}
	}
	t.Fatalf("it never stops asking:\n%s", out)
	return code, out, asked
}

func contains(list []string, s string) bool {
	return slices.Contains(list, s)
}

func TestAnOpenQuestionIsAskedAndNothingIsWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "feed.yaml")
	code, out := run(t, "march.csv", report, "--write", file)
	if code != 3 || !strings.Contains(out, "questions are open") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a feed was written although questions are open")
	}
}

// TestTheWrittenFeedIsOneThatTheConfigurationTakes: three lines and a total that agrees; -1 is read as it stands.
func TestTheWrittenFeedIsOneThatTheConfigurationTakes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "feed.yaml")
	code, out, asked := answers(t, "march.csv", report, map[string]string{"identity.scope": "document", "coverage": "document"}, "--partner", "acme", "--write", file)
	if code != 0 {
		t.Fatalf("exit code %d after %v:\n%s", code, asked, out)
	}
	for _, want := range []string{"3 lines, 0 rows refused", "R2", "-129", "2026-03-14"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	whole := "partners:\n  - {id: acme, name: Acme, time_zone: Europe/London, currency: GBP, keys: [\"" + string(config.HashKey("k")) + "\"]}\nfeeds:\n" + string(text)
	if _, err := config.Parse("whole.yaml", []byte(whole), func(string) (string, bool) { return "", false }); err != nil {
		t.Errorf("%v\n%s", err, whole)
	}
}

func TestATotalThatDoesNotAgreeIsTold(t *testing.T) {
	code, out, _ := answers(t, "march.csv", strings.Replace(report, "Total,,,,2,", "Total,,,,5,", 1), map[string]string{"identity.scope": "document", "coverage": "document"})
	if code != 0 || !strings.Contains(out, "row 7 says that Qty comes to 5, but the rows it adds up come to 2") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

func TestTheLockOfAnOpenWorkbookIsNotTried(t *testing.T) {
	if code, out := run(t, "~$march.xlsx", "x"); code != 2 || !strings.Contains(out, "close it") {
		t.Errorf("exit code %d: %s", code, out)
	}
}
