package portal_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sellthrough/portal"
)

type codes struct {
	Codes []struct {
		Partner, What, Code string
		Lines               int64
		Units               string
		Money               *string
		Feeds               []string
	}
	Total struct {
		Codes, Lines int64
		Units        string
		Money        *string
	}
	Folder, Applies bool
	Recent          []entry
}

type entry struct {
	Partner string `json:"partner"`
	What    string `json:"what"`
	Code    string `json:"code"`
	Target  string `json:"target"`
	Units   string `json:"units"`
	From    string `json:"from"`
	To      string `json:"to"`
	Who     string `json:"who"`
	When    string `json:"when"`
}

type meaning struct {
	Description struct {
		Name, GTIN, File string
		Row              uint32
	}
	Candidates []struct {
		Target, Name, Units string
		Reasons             []struct{ Because, About string }
	}
}

// reports of codes that no reference knows: a GTIN without its check digit, a code that birch uses too, one that a row describes.
const unknown = "Receipt,Store,SKU,Qty,Amount,Day,Description\n" +
	"R1,S1,SKU-1,2,40.00,2026-03-02,lamp\n" +
	"R2,S1,400638133393,7,140.00,2026-03-02,\n" +
	"R3,S1,42,5,450.00,2026-03-02,\n" +
	"R4,S1,ch-77,1,900.00,2026-03-02,Black office chair\n" +
	"R5,S9,SKU-1,1,20.00,2026-03-02,\n"

func look(v *visitor, partner, what, code string) (m meaning) {
	v.w.t.Helper()
	v.ok("/api/unmatched/code?"+url.Values{"partner": {partner}, "what": {what}, "code": {code}}.Encode(), &m)
	return m
}

func TestAnUnmatchedCodeIsMappedAndItsLinesReflow(t *testing.T) {
	w := newWorld(t)
	w.as(alderKey).send("alder", "alder-pos", "day.csv", unknown)
	manager := w.as("max")
	var list codes
	manager.ok("/api/unmatched?by=units", &list)
	if len(list.Codes) != 4 || list.Codes[0].Code != "400638133393" || list.Codes[0].Units != "7" || *list.Codes[0].Money != "140" || list.Codes[0].Feeds[0] != "alder-pos" ||
		list.Total.Lines != 4 || list.Total.Units != "14" || !list.Folder || !list.Applies {
		t.Fatalf("%+v", list)
	}
	manager.ok("/api/unmatched?by=money", &list)
	if list.Codes[0].Code != "ch-77" {
		t.Errorf("by money: %+v", list.Codes)
	}

	// Each candidate says why.
	for code, want := range map[string][2]string{"400638133393": {"LAMP", "gtin"}, "42": {"CHAIR", "elsewhere"}, "ch-77": {"CHAIR", "name"}} {
		m := look(manager, "alder", "item", code)
		if len(m.Candidates) == 0 || m.Candidates[0].Target != want[0] || m.Candidates[0].Reasons[0].Because != want[1] {
			t.Errorf("%s: %+v, want %v", code, m.Candidates, want)
		}
		if m.Description.File != "day.csv" || code == "ch-77" && (m.Description.Name != "Black office chair" || m.Description.Row != 5) {
			t.Errorf("%s: %+v", code, m.Description)
		}
	}

	a := manager.post("/api/unmatched/map", entry{Partner: "alder", What: "item", Code: "ch-77", Target: "CHAIR", Units: "2"})
	var written struct {
		Entry   entry
		Applied bool
		Version uint64
	}
	a.into(t, &written)
	if a.status != http.StatusOK || !written.Applied || written.Version == 0 || written.Entry.Who != "max" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	// The page watches the lines go.
	var weight struct {
		Lines int64
		Total struct{ Codes int64 }
	}
	until(t, func() bool {
		manager.ok("/api/unmatched/weight?partner=alder&what=item&code=ch-77", &weight)
		return weight.Lines == 0
	})
	if weight.Total.Codes != 3 {
		t.Errorf("codes are left: %d", weight.Total.Codes)
	}
	if got := w.ask("SELECT toString(sum(qty)) FROM v_movements WHERE product = 'CHAIR'"); got != "2" {
		t.Errorf("chairs: %s", got)
	}
	csv := w.read("crossreferences.csv")
	if !strings.Contains(csv, "who,when") || !strings.Contains(csv, "alder,item,ch-77,CHAIR,2,,,max,20") {
		t.Errorf("the file:\n%s", csv)
	}
	if got := w.audited("what = 'change' AND who = 'max' AND about LIKE '%ch-77 of alder → CHAIR'"); got != "1" {
		t.Errorf("the audit log has it %s times", got)
	}
	manager.ok("/api/unmatched", &list)
	if len(list.Recent) != 1 || list.Recent[0].Who != "max" || list.Recent[0].Code != "ch-77" {
		t.Errorf("recent: %+v", list.Recent)
	}

	// A location likewise, and taken back.
	a = manager.post("/api/unmatched/map", entry{Partner: "alder", What: "location", Code: "S9", Target: "ALD-WEB"})
	a.into(t, &written)
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	until(t, func() bool {
		manager.ok("/api/unmatched/weight?partner=alder&what=location&code=S9", &weight)
		return weight.Lines == 0
	})
	if a := manager.post("/api/unmatched/take", written.Entry); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	until(t, func() bool {
		manager.ok("/api/unmatched/weight?partner=alder&what=location&code=S9", &weight)
		return weight.Lines > 0
	})
	if strings.Contains(w.read("crossreferences.csv"), "S9") {
		t.Error("it is in the file still")
	}
}

func TestWhatWouldBeAMistakeOrIsInTheWayIsNotWritten(t *testing.T) {
	w := newWorld(t)
	w.as(alderKey).send("alder", "alder-pos", "day.csv", unknown)
	manager := w.as("max")
	before := w.read("crossreferences.csv")
	for name, c := range map[string]struct {
		e      entry
		status int
		code   string
	}{
		"a product that is none":              {entry{Partner: "alder", What: "item", Code: "ch-77", Target: "SOFA", Units: "1"}, http.StatusUnprocessableEntity, "faults"},
		"a location of another partner":       {entry{Partner: "alder", What: "location", Code: "S9", Target: "BIR-1"}, http.StatusUnprocessableEntity, "faults"},
		"no units":                            {entry{Partner: "alder", What: "item", Code: "ch-77", Target: "CHAIR", Units: "0"}, http.StatusBadRequest, "request"},
		"an end before its beginning":         {entry{Partner: "alder", What: "item", Code: "ch-77", Target: "CHAIR", From: "2026-03-02", To: "2026-03-01"}, http.StatusUnprocessableEntity, "faults"},
		"another meaning at the same time":    {entry{Partner: "alder", What: "item", Code: "SKU-1", Target: "DESK"}, http.StatusConflict, "conflict"},
		"a partner that is none":              {entry{Partner: "oak", What: "item", Code: "ch-77", Target: "CHAIR"}, http.StatusNotFound, "missing"},
		"a kind that is none":                 {entry{Partner: "alder", What: "shelf", Code: "ch-77", Target: "CHAIR"}, http.StatusBadRequest, "request"},
		"a code that would be a line of more": {entry{Partner: "alder", What: "item", Code: "x\ny", Target: "CHAIR"}, http.StatusUnprocessableEntity, "faults"},
	} {
		a := manager.post("/api/unmatched/map", c.e)
		var f struct{ Code, Error string }
		a.into(t, &f)
		if a.status != c.status || f.Code != c.code || f.Error == "" || strings.Contains(f.Error, w.folder) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	// Somebody wrote another meaning into the file while the page was open, and it is told.
	w.write("crossreferences.csv", before+"alder,item,ch-77,DESK,,,\n")
	a := manager.post("/api/unmatched/map", entry{Partner: "alder", What: "item", Code: "ch-77", Target: "CHAIR"})
	var f struct {
		Code string
		More entry
	}
	a.into(t, &f)
	if a.status != http.StatusConflict || f.Code != "conflict" || f.More.Target != "DESK" {
		t.Errorf("%d %s", a.status, a.body)
	}
	// A mistake that stands in the folder already stops everything, and nothing is written.
	w.write("crossreferences.csv", before+"alder,item,bad,NOTHING,,,\n")
	if a := manager.post("/api/unmatched/map", entry{Partner: "alder", What: "item", Code: "ch-77", Target: "CHAIR"}); a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), "NOTHING") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := w.read("crossreferences.csv"); got != before+"alder,item,bad,NOTHING,,,\n" {
		t.Errorf("the file was changed:\n%s", got)
	}
	if left, _ := filepath.Glob(filepath.Join(w.folder, "*")); len(left) > len(folder)+1 {
		t.Errorf("something is left over: %v", left)
	}
}

func TestWithoutAReferenceFolderNothingIsWrittenAndTheRoomSaysSo(t *testing.T) {
	w := newWorld(t, func(o *portal.Options) { o.Folder, o.Apply = "", nil })
	w.as(alderKey).send("alder", "alder-pos", "day.csv", unknown)
	manager := w.as("max")
	var list codes
	manager.ok("/api/unmatched", &list)
	if list.Folder || list.Applies || len(list.Codes) != 4 {
		t.Errorf("%+v", list)
	}
	if m := look(manager, "alder", "item", "42"); len(m.Candidates) == 0 {
		t.Error("it has no candidates")
	}
	a := manager.post("/api/unmatched/map", entry{Partner: "alder", What: "item", Code: "42", Target: "CHAIR"})
	if a.status != http.StatusConflict || !strings.Contains(string(a.body), "no reference folder on this machine") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestAFolderThatCannotBeWrittenIsNoFaultOfWhoMaps(t *testing.T) {
	if os.Geteuid() == 0 {
		// Root may write everywhere: a folder that is a file is what it can't write into.
		w := newWorld(t, func(o *portal.Options) { o.Folder = filepath.Join(o.Folder, "products.csv") })
		a := w.as("max").post("/api/unmatched/map", entry{Partner: "alder", What: "item", Code: "42", Target: "CHAIR"})
		if a.status < 400 || strings.Contains(string(a.body), w.folder) {
			t.Errorf("%d %s", a.status, a.body)
		}
		return
	}
	w := newWorld(t)
	if err := os.Chmod(w.folder, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(w.folder, 0o755) })
	a := w.as("max").post("/api/unmatched/map", entry{Partner: "alder", What: "item", Code: "42", Target: "CHAIR"})
	if a.status != http.StatusConflict || !strings.Contains(string(a.body), "can't be written") || strings.Contains(string(a.body), w.folder) {
		t.Errorf("%d %s", a.status, a.body)
	}
}
