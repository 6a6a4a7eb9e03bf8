package page_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/dashboards/page"
	"sellthrough/internal/access"
)

func TestAPanelAnswersWhatItsSQLGives(t *testing.T) {
	w := newWorld(t)
	// 112 lines a partner, each of 1 to 5 units, every eleventh a return of one; the east reports nothing on four days.
	all := w.rows(t, "/api/boards/channel/panels/1", nil)
	if d := cmp.Diff(frame{Columns: []string{"units"}, Types: all.Types, Rows: [][]any{{832.0}}}, all); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	one := w.rows(t, "/api/boards/channel/panels/1", map[string][]string{"partner": {"o'hara"}})
	two := w.rows(t, "/api/boards/channel/panels/1", map[string][]string{"partner": {"o'hara", "acme"}})
	if one.Rows[0][0].(float64)*2 != two.Rows[0][0].(float64) || one.Rows[0][0].(float64) >= 832 {
		t.Errorf("o'hara %v, with acme %v", one.Rows, two.Rows)
	}
	days := w.rows(t, "/api/boards/channel/panels/2", nil)
	if len(days.Rows) != 28 || days.Rows[0][0] != "2026-03-01" || days.Types[0] != "Date32" {
		t.Errorf("28 days are wanted, as days: %v", days)
	}
	lines := w.rows(t, "/api/boards/lines/panels/1", map[string][]string{"find": {`cor'3\`}, "least": {"3"}})
	if len(lines.Rows) == 0 {
		t.Error("a text with a quote and a backslash finds nothing")
	}
	for _, r := range lines.Rows {
		if r[3] != `COR'3\` || r[4].(float64) < 3 {
			t.Errorf("%v does not match", r)
		}
	}
}

func TestMetricsOfThisProcessAnswerPrometheusPanels(t *testing.T) {
	w := newWorld(t)
	if got := w.rows(t, "/api/boards/channel/panels/19", nil); len(got.Rows) != 0 {
		t.Errorf("before the first sample: %v", got)
	}
	w.sample(t)
	status, text, _ := w.post(t, "/api/boards/channel/panels/19", map[string]any{"from": "now-5m", "to": "now"})
	if status != http.StatusOK || !bytes.Contains(text, []byte(`"lag",42]`)) {
		t.Errorf("%d %s", status, text)
	}
	restricted := access.Viewer{Name: "acme", Role: access.RolePartner, Partners: []sellthrough.PartnerID{"acme"}}
	w.as.Store(&restricted)
	status, text, _ = w.post(t, "/api/boards/channel/panels/19", map[string]any{"from": "now-5m", "to": "now"})
	if status == http.StatusOK {
		t.Errorf("a partner sees the metrics: %s", text)
	}
}

func TestNobodySeesNothing(t *testing.T) {
	w := newWorld(t)
	w.as.Store(&access.Viewer{})
	for _, path := range []string{"/api/boards/channel/variables", "/api/boards/channel/panels/1", "/api/boards/channel/panels/1/csv", "/api/boards/channel/panels/19"} {
		if status, text, _ := w.post(t, path, march(nil)); status != http.StatusUnauthorized || bytes.Contains(text, []byte("acme")) {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	for _, path := range []string{"/api/boards", "/api/boards/channel"} {
		answer, err := http.Get(w.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
	if w.reader.asked.Load() > 1 { // the first variable's options, refused by the reader
		t.Errorf("the reader was asked %d times", w.reader.asked.Load())
	}
}

// The browser's values can do no more than choose among what the board offers.
func TestNothingThatABrowserSendsBecomesSQL(t *testing.T) {
	w := newWorld(t)
	evil := []string{
		`' OR 1=1 --`, `\' OR 1=1 --`, `\`, `'`, `''`, `acme') UNION ALL SELECT name FROM system.users --`, "acme\x00", "acme' --", "$__all'", "${product:raw}", "$__conditionalAll(1, $x)",
		"${__user.login}", "1; DROP TABLE sales", "acme/**/OR/**/1=1", "ａｃｍｅ", "acme ", " acme", "ACME", "{p:Identifier}", "%27%20OR%201=1", "\u2019 OR 1=1 --", strings.Repeat("x", 100_000),
	}
	refused := func(body any, path string) {
		t.Helper()
		before := w.reader.asked.Load()
		status, text, _ := w.post(t, path, body)
		if status < 400 || status >= 500 {
			t.Errorf("%s with %.200v: %d %.200s", path, body, status, text)
		}
		if bytes.Contains(text, []byte("DB::Exception")) {
			t.Errorf("%s with %.100v reached the database: %.300s", path, body, text)
		}
		if asked := w.reader.asked.Load() - before; asked > 2 { // at most the options of the two variables
			t.Errorf("%s with %.100v asked %d questions", path, body, asked)
		}
	}
	const panel = "/api/boards/channel/panels/1"
	for _, e := range evil {
		refused(march(map[string][]string{"partner": {e}}), panel)
		refused(march(map[string][]string{"partner": {"acme", e}}), panel)
		refused(march(map[string][]string{"product": {e}}), panel)
		refused(march(map[string][]string{e: {"acme"}}), panel)
		refused(march(map[string][]string{"least": {e}}), "/api/boards/lines/panels/1")
		refused(map[string]any{"from": e, "to": "now"}, panel)
		refused(map[string]any{"from": "now-1d", "to": e}, panel)
		refused(march(nil), "/api/boards/"+urlPath(e)+"/panels/1")
		refused(march(nil), "/api/boards/channel/panels/"+urlPath(e))
		// A typed text is looked for as it is. It is found nowhere, and finds nothing else.
		if len(e) <= 200 && !strings.Contains(e, "\x00") {
			got := w.rows(t, "/api/boards/lines/panels/1", map[string][]string{"find": {e}})
			for _, r := range got.Rows {
				if !strings.Contains(strings.ToLower(r[3].(string)), strings.ToLower(e)) {
					t.Errorf("%q found %v", e, r)
				}
			}
		}
	}
	for _, body := range []string{
		``, `null]`, `[]`, `"x"`, `{"sql":"SELECT 1"}`, `{"from":"now-1d","to":"now","rawSql":"SELECT 1"}`, `{"from":1,"to":2}`, `{"from":"now-1d","to":"now","vars":{"partner":"acme"}}`,
		`{"from":"now-1d","to":"now"}{"from":"now-2d","to":"now"}`, `{"from":"now-1d","to":"now","vars":{"partner":[["acme"]]}}`,
	} {
		refused([]byte(body), panel)
	}
	refused(march(map[string][]string{"product": {"AUR-1", "BOR-2"}}), panel) // one value only
	refused(march(map[string][]string{"partner": {"$__all", "acme"}}), panel) // all or some
	refused(march(map[string][]string{"find": {"a", "b"}}), "/api/boards/lines/panels/1")
	for _, id := range []string{"0", "-1", "1e0", "9999", "01x", "9223372036854775808", "22", "24"} { // the last two are a text and a row: they ask nothing
		refused(march(nil), "/api/boards/channel/panels/"+id)
	}
	refused([]byte(`{"from":"now-1d","to":"now","vars":{"partner":["`+strings.Repeat("x", 2<<20)+`"]}}`), panel)
	if got := w.rows(t, panel, nil); got.Rows[0][0] != 832.0 {
		t.Errorf("afterwards the sum is %v", got.Rows)
	}
}

func urlPath(s string) string {
	return strings.NewReplacer("%", "%25", "/", "%2F", "?", "%3F", "#", "%23", " ", "%20", "\x00", "%00", "\\", "%5C", ";", "%3B").Replace(s)
}

func TestVariablesOfferWhatTheirSQLGivesAndDropOldChoices(t *testing.T) {
	w := newWorld(t)
	status, text, _ := w.post(t, "/api/boards/channel/variables", march(map[string][]string{"partner": {"gone", "acme"}, "product": {"gone"}}))
	var got struct {
		Variables []struct {
			Name    string
			Options []struct{ Value, Text string }
			Chosen  []string
		}
	}
	if err := json.Unmarshal(text, &got); status != http.StatusOK || err != nil {
		t.Fatal(status, string(text), err)
	}
	if v := got.Variables[0]; v.Name != "partner" || len(v.Options) != 3 || v.Options[0].Value != "acme" || v.Options[0].Text != "Acme <b>Retail</b>" || !cmp.Equal(v.Chosen, []string{"acme"}) {
		t.Errorf("partner: %+v", v)
	}
	if v := got.Variables[1]; len(v.Options) != 4 || !cmp.Equal(v.Chosen, []string{"$__all"}) {
		t.Errorf("product: %+v", v)
	}
}

func TestTheBrowserGetsNoSQL(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/api/boards", "/api/boards/channel?lang=en", "/api/boards/channel?lang=zh", "/api/boards/lines"} {
		answer, err := http.Get(w.url + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK || !json.Valid(text) {
			t.Fatal(path, answer.StatusCode, err)
		}
		if strings.Contains(strings.ToUpper(string(text)), "SELECT ") || strings.Contains(string(text), "test_lag") {
			t.Errorf("%s holds a question: %s", path, text)
		}
	}
}

func TestACSVFileIsSafeInASpreadsheet(t *testing.T) {
	w := newWorld(t)
	status, text, h := w.post(t, "/api/boards/lines/panels/1/csv", march(map[string][]string{"find": {"=SUM"}}))
	if status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "text/csv") || !strings.Contains(h.Get("Content-Disposition"), "attachment") {
		t.Fatal(status, h, string(text))
	}
	rest, ok := bytes.CutPrefix(text, []byte("\ufeff"))
	if !ok {
		t.Error("the file has no mark of UTF-8")
	}
	records, err := csv.NewReader(bytes.NewReader(rest)).ReadAll()
	if err != nil || len(records) < 2 {
		t.Fatal(records, err)
	}
	if d := cmp.Diff([]string{"day", "partner", "location", "product", "qty", "amount"}, records[0]); d != "" {
		t.Error(d)
	}
	negative := false
	for _, r := range records[1:] {
		if r[3] != "'=SUM(A1)" {
			t.Errorf("a formula stays one: %q", r)
		}
		negative = negative || r[4] == "-1"
	}
	if !negative {
		t.Errorf("a returned unit is a number, not text: %v", records)
	}
}

func TestEveryAnswerKeepsToThePolicy(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/d/channel", "/d/channel/slug?from=now-1d&to=now", "/static/app.js", "/static/style.css", "/api/boards", "/api/nothing", "/static/../page.go", "/static/nothing.js"} {
		answer, err := http.Get(w.url + path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		csp := answer.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'; style-src 'self';") || strings.Contains(csp, "unsafe") || answer.Header.Get("X-Content-Type-Options") != "nosniff" || answer.Header.Get("Referrer-Policy") == "" {
			t.Errorf("%s: %v", path, answer.Header)
		}
		if strings.Contains(answer.Header.Get("Content-Type"), "html") && (bytes.Contains(text, []byte("<style")) || bytes.Contains(text, []byte("style=")) || bytes.Contains(text, []byte("onclick=")) || bytes.Contains(text, []byte("://"))) {
			t.Errorf("%s holds what the policy forbids: %s", path, text)
		}
	}
}

func TestAnotherSiteCannotAsk(t *testing.T) {
	w := newWorld(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/api/boards/channel/panels/1", strings.NewReader(`{"from":"now-1d","to":"now"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden || w.reader.asked.Load() != 0 {
		t.Errorf("%d, asked %d", answer.StatusCode, w.reader.asked.Load())
	}
}

func TestABrowserWithTheFileIsToldThatItHasIt(t *testing.T) {
	w := newWorld(t)
	first, err := http.Get(w.url + "/static/app.js")
	if err != nil {
		t.Fatal(err)
	}
	_ = first.Body.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/static/app.js", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("If-None-Match", first.Header.Get("ETag"))
	again, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Body.Close()
	if first.StatusCode != http.StatusOK || again.StatusCode != http.StatusNotModified {
		t.Errorf("%d, then %d", first.StatusCode, again.StatusCode)
	}
}

// What the database says of a mistake is for those who may see everything.
func TestAFailedPanelSaysWhatFailed(t *testing.T) {
	w := newWorld(t)
	status, text, _ := w.post(t, "/api/boards/broken/panels/1", map[string]any{"from": "now-1d", "to": "now"})
	if status != http.StatusBadGateway || !bytes.Contains(text, []byte("nowhere")) || !bytes.Contains(text, []byte(`"code":"database"`)) {
		t.Errorf("%d %s", status, text)
	}
}

func TestBoardsThatCannotBeReadStopTheStart(t *testing.T) {
	good, err := os.ReadFile("testdata/boards/en/lines.json")
	if err != nil {
		t.Fatal(err)
	}
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"no boards":        {fstest.MapFS{}, "no boards"},
		"no Chinese":       {fstest.MapFS{"en/a.json": file(string(good))}, "zh/*.json"},
		"not JSON":         {fstest.MapFS{"en/a.json": file("{"), "zh/a.json": file(string(good))}, "en/a.json"},
		"one uid twice":    {fstest.MapFS{"en/a.json": file(string(good)), "en/b.json": file(string(good)), "zh/a.json": file(string(good))}, "uid"},
		"a bad uid":        {fstest.MapFS{"en/a.json": file(`{"uid":"a/b"}`), "zh/a.json": file(string(good))}, "address"},
		"one panel twice":  {fstest.MapFS{"en/a.json": file(`{"uid":"a","panels":[{"id":1},{"id":1}]}`), "zh/a.json": file(string(good))}, "panel"},
		"an empty target":  {fstest.MapFS{"en/a.json": file(`{"uid":"a","panels":[{"id":1,"targets":[{"refId":"A"}]}]}`), "zh/a.json": file(string(good))}, "asks nothing"},
		"unknown variable": {fstest.MapFS{"en/a.json": file(`{"uid":"a","templating":{"list":[{"name":"v","type":"adhoc"}]}}`), "zh/a.json": file(string(good))}, "adhoc"},
	} {
		if _, err := page.New(page.Options{Boards: c.files}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
}
