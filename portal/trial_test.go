package portal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sellthrough/internal/config"
)

// found is what is found in a file, as far as the tests look at it.
type found struct {
	File, Problem string
	Whole         bool
	Format        struct{ Type, Evidence, Encoding, Delimiter string }
	Kind          string
	Columns       []struct {
		Name, Field string
		Confidence  int
		Evidence    []string
	}
	Mapped    []struct{ Field, Column, Constant string }
	Questions []struct {
		ID, Text string
		Options  []struct{ Value, Means string }
	}
	Feed, YAML string
	As         *struct {
		Accepted, Refused int64
		Lines             []struct{ Item, Qty, Kind, Day string }
		Problems          []struct {
			Column, Reason string
			Count          int64
			Row            uint32
		}
		Totals []struct {
			Label  string
			Checks []struct {
				Column, Says, Adds string
				Agrees             bool
			}
		}
		Sums []struct{ Kind, Qty, Amount string }
	}
}

// try tries a file with answers.
func (v *visitor) try(file string, body []byte, request map[string]any) (answered, found) {
	v.w.t.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	text, err := json.Marshal(request)
	if err == nil {
		err = m.WriteField("request", string(text))
	}
	if err != nil {
		v.w.t.Fatal(err)
	}
	part, err := m.CreateFormFile("file", file)
	if err == nil {
		_, err = part.Write(body)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		v.w.t.Fatal(err)
	}
	a := v.do(http.MethodPost, "/api/try", m.FormDataContentType(), &form)
	var f found
	if a.status == http.StatusOK {
		a.into(v.w.t, &f)
	}
	return a, f
}

// german is a file with a total row, a decimal comma and days in the German way, in windows-1252.
func german() []byte {
	var b strings.Builder
	b.WriteString("Beleg;Filiale;Artikelnummer;Bezeichnung;Menge;Betrag;Datum\r\n")
	for i := range 30 {
		fmt.Fprintf(&b, "R%03d;S%d;A-%d;St\xfchle;%d;%d,50;%02d.03.2026\r\n", i, i%3, i%7, 1+i%3, 10+i, 1+i%25)
	}
	b.WriteString("R030;S1;A-1;St\xfchle;drei;10,00;02.03.2026\r\n")
	b.WriteString("Summe;;;;60;750,00;\r\n")
	return []byte(b.String())
}

func TestAFileIsTriedAndItsAnswersMakeAFeedThatReadsIt(t *testing.T) {
	w := newWorld(t)
	manager := w.as("max")
	answers := map[string]string{}
	request := map[string]any{"answers": answers, "partner": "alder", "feed": "alder-german", "zone": "Europe/London", "currency": "GBP", "size": len(german())}
	a, f := manager.try("Umsatz.csv", german(), request)
	if a.status != http.StatusOK || f.Format.Type != "csv" || f.Format.Encoding != "windows-1252" || f.As != nil || f.YAML != "" || len(f.Questions) == 0 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, c := range f.Columns {
		if c.Field == "" != (c.Confidence == 0) || c.Field != "" && len(c.Evidence) == 0 {
			t.Errorf("a column without its evidence: %+v", c)
		}
	}
	asked := 0
	for len(f.Questions) > 0 {
		for _, q := range f.Questions {
			if _, again := answers[q.ID]; again {
				t.Fatalf("%s is asked again", q.ID)
			}
			answers[q.ID] = map[string]string{"coverage": "location-day", "kind.constant": "sell_out", "tax": "included", "identity.scope": "document"}[q.ID]
			if answers[q.ID] == "" && len(q.Options) > 0 {
				answers[q.ID] = q.Options[0].Value
			}
			asked++
		}
		if a, f = manager.try("Umsatz.csv", german(), request); a.status != http.StatusOK || asked > 20 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if f.As == nil || f.As.Accepted != 30 || f.As.Refused != 1 || len(f.As.Lines) != 20 || len(f.As.Problems) != 1 || f.As.Problems[0].Column != "Menge" || f.As.Problems[0].Row != 32 {
		t.Fatalf("%s", a.body)
	}
	// The sum is that of the lines, and the file's own total row says otherwise of the money.
	if len(f.As.Sums) != 1 || f.As.Sums[0].Qty != "60" || f.As.Sums[0].Amount != "750" {
		t.Errorf("sums: %+v", f.As.Sums)
	}
	if len(f.As.Totals) != 1 || f.As.Totals[0].Label != "Summe" {
		t.Fatalf("totals: %+v", f.As.Totals)
	}
	for _, c := range f.As.Totals[0].Checks {
		if agrees := c.Column == "Menge"; c.Agrees != agrees {
			t.Errorf("total of %s: %+v", c.Column, c)
		}
	}
	// What is offered for commitment is a feed of this system, and reads the file as it was shown.
	text := w.configuration() + indent(f.YAML)
	c, err := config.Parse("with the new feed", []byte(text), nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if x, ok := c.Feed("alder-german"); !ok || x.Partner != "alder" {
		t.Errorf("the feed is not there:\n%s", f.YAML)
	}
	// Nothing of it is kept anywhere.
	if err := filepath.WalkDir(filepath.Dir(w.folder), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte("Artikelnummer")) {
				t.Errorf("%s holds the file", path)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if n := w.ask("SELECT count() FROM v_submissions"); n != "0" {
		t.Errorf("trying a file made %s submissions", n)
	}
}

// configuration is the text of the world's.
func (w *world) configuration() string {
	return fmt.Sprintf(setting, filepath.Join(filepath.Dir(w.folder), "data"), w.folder, config.HashKey(alderKey), config.HashKey(alderOld), config.HashKey(birchKey))
}

func indent(yaml string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(yaml), "\n", "\n  ") + "\n"
}

func TestWhatCannotBeTriedIsSaidPlainly(t *testing.T) {
	w := newWorld(t)
	manager := w.as("max")
	for name, c := range map[string]struct {
		file string
		body string
		want string
	}{
		"nothing":          {"a.csv", "", "the file is empty"},
		"a lock":           {"~$a.xlsx", "x", "the lock of a workbook"},
		"a path":           {`C:\data\..\~$a.xlsx`, "x", "the lock of a workbook"},
		"half a workbook":  {"a.xlsx", "PK\x03\x04", ""},
		"an interchange":   {"a.edi", interchange, ""},
		"bytes of nothing": {"a.bin", "\x00\x01\x02\x03", ""},
	} {
		a, f := manager.try(c.file, []byte(c.body), map[string]any{"size": len(c.body)})
		if a.status != http.StatusOK || !strings.Contains(f.Problem, c.want) || f.As != nil && c.want != "" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	// A workbook of which only the beginning came is told from a damaged one.
	if a, f := manager.try("a.xlsx", []byte("PK\x03\x04"), map[string]any{"size": 100 << 20}); !strings.Contains(f.Problem, "has to be whole") {
		t.Errorf("%d %s", a.status, a.body)
	}
	for name, a := range map[string]answered{
		"no form":                manager.do(http.MethodPost, "/api/try", "text/csv", strings.NewReader("a,b\n")),
		"a form without a file":  manager.do(http.MethodPost, "/api/try", "multipart/form-data; boundary=x", strings.NewReader("--x--\r\n")),
		"something else in JSON": manager.post("/api/try", map[string]any{"file": "x"}),
	} {
		if a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := manager.post("/api/try", map[string]any{"turned": "turned_0' OR 1=1 --"}); a.status != http.StatusNotFound {
		t.Errorf("a file that is none: %d %s", a.status, a.body)
	}
	large := bytes.Repeat([]byte("x"), 64<<20+1)
	if a, _ := manager.try("large.csv", large, map[string]any{"size": len(large)}); a.status != http.StatusRequestEntityTooLarge || !strings.Contains(string(a.body), "64 MiB") {
		t.Errorf("a file that is too large: %d %s", a.status, a.body)
	}
}
