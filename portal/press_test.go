package portal_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sellthrough/dashboards/page/pagetest"
	"sellthrough/portal"
)

var desk = pagetest.View{Lang: "en", Theme: "light", Width: 1440, Height: 1100}

// enter opens a browser of its own and logs in, with a name or a key.
func (w *world) enter(t *testing.T, name string, view pagetest.View) *pagetest.Tab {
	t.Helper()
	tab := pagetest.Open(t, pagetest.Browser(t), w.url, view)
	tab.Go("/login?lang=" + view.Lang)
	if strings.Contains(name, "key-") {
		tab.Type(`input[name="key"]`, name)
		tab.Follow(`form.key button`)
	} else {
		tab.Type(`input[name="name"]`, name)
		tab.Type(`input[name="password"]`, password)
		tab.Follow(`form:not(.key) button`)
	}
	tab.Wait("the page", `location.pathname !== "/login" && !!document.querySelector("main h1")`)
	return tab
}

// lay writes a file for the browser to choose.
func lay(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAPartnerUploadsSeesRefusedRowsMendsThemInThePageAndSendsThemBack(t *testing.T) {
	w := newWorld(t)
	tab := w.enter(t, alderKey, desk)
	tab.Wait("the partner's own room", `location.pathname === "/reports" && !!document.querySelector(".dropzone")`)
	tab.Eval(`(() => { const s = [...document.querySelectorAll("select")].find((e) => e.options[0].textContent === "by the name of the file"); s.value = "alder-pos"; s.dispatchEvent(new Event("change")); })()`, nil)
	tab.Choose(`.dropper-file input`, lay(t, "day.csv", shopDay))
	tab.Wait("what would be refused", `document.querySelector('[data-file="day.csv"]')?.textContent.includes("2 rows can be read, 2 would be refused.")`)
	if n := w.ask("SELECT count() FROM v_submissions"); n != "0" {
		t.Errorf("reading it first made %s submissions", n)
	}
	tab.Press(`[data-do="send"]`)
	tab.Wait("the receipt", `document.querySelector('[data-file="day.csv"]')?.textContent.includes("Taken: 2 rows accepted, 2 refused.")`)
	tab.Wait("the list", `!!document.querySelector("[data-submission]")`)
	tab.Press(`[data-do="receipt"]`)
	tab.Wait("the final outcome", `document.querySelector("h2.file .state")?.textContent === "final" && document.querySelector('[data-count="new"]')?.firstChild.textContent === "2"`)
	tab.Wait("the refused rows", `document.querySelectorAll(".refused-row").length === 2`)
	var invalid []string
	tab.Eval(`[...document.querySelectorAll('[aria-invalid="true"]')].map((e) => e.dataset.column + "=" + e.value)`, &invalid)
	if strings.Join(invalid, " ") != "Qty=one Day=2.3.2026" {
		t.Errorf("marked are %q", invalid)
	}
	tab.Fill(`[data-row="3"] [data-column="Qty"]`, "1")
	tab.Fill(`[data-row="4"] [data-column="Day"]`, "2026-02-30")
	tab.Press(`[data-do="check"]`)
	tab.Wait("one row that is still wrong", `document.querySelector("#refused").textContent.includes("1 of 2 changed rows would still be refused") && !!document.querySelector('[data-row="3"].right') && document.querySelector('[data-row="4"] .why').textContent.includes("does not exist")`)
	tab.Fill(`[data-row="4"] [data-column="Day"]`, "2026-03-02")
	tab.Press(`[data-do="mend"]`)
	tab.Wait("the mended report", `!!document.querySelector('[data-do="mended"]')`)
	tab.Press(`[data-do="mended"]`)
	tab.Wait("its outcome", `document.querySelector("h2.file .state")?.textContent === "final" && document.querySelector('[data-count="duplicate"]')?.firstChild.textContent === "2" && document.querySelector('[data-count="new"]').firstChild.textContent === "2"`)
	if got := w.ask(units); got != "7" {
		t.Errorf("units: %s, want 7", got)
	}
	tab.Eval("history.back()", nil)
	tab.Wait("the first report, mended", `!!document.querySelector('[data-do="mended-by"]')`)
	tab.Quiet()
}

func TestRefusedRowsAreTakenHomeAsAFileAndBroughtBack(t *testing.T) {
	w := newWorld(t)
	rc := w.as(alderKey).send("alder", "alder-pos", "day.csv", shopDay)
	tab := w.enter(t, "pia", desk)
	dir := t.TempDir()
	tab.Keep(dir)
	tab.Go("/reports/" + string(rc.Submission) + "?lang=en")
	tab.Wait("the refused rows", `document.querySelectorAll(".refused-row").length === 2`)
	tab.Press(`[data-do="download"]`)
	var text []byte
	until(t, func() bool {
		files, _ := filepath.Glob(filepath.Join(dir, "*.csv"))
		if len(files) != 1 {
			return false
		}
		text, _ = os.ReadFile(files[0])
		return strings.Count(string(text), "\n") == 3
	})
	mended := strings.NewReplacer(",one,", ",1,", "2.3.2026", "2026-03-02").Replace(string(text))
	tab.Choose(`[data-do="file"]`, lay(t, "mended.csv", mended))
	tab.Wait("the changes", `document.querySelector('[data-row="3"] [data-column="Qty"]').value === "1" && document.querySelector("#refused").textContent.includes("2 rows of the file are changed")`)
	tab.Press(`[data-do="mend"]`)
	tab.Wait("the mended report", `document.querySelector("#refused").textContent.includes("of the whole report 4 rows are accepted, 0 refused")`)
	tab.Quiet()
}

func TestAnUnmatchedCodeIsMappedWithOnePressAndThePageWatchesItReflow(t *testing.T) {
	w := newWorld(t)
	w.as(alderKey).send("alder", "alder-pos", "day.csv", unknown)
	tab := w.enter(t, "max", desk)
	tab.Go("/unmatched?lang=en")
	tab.Wait("the codes", `document.querySelectorAll("details.code").length === 4 && document.querySelector('[data-total="unmatched codes"] strong').textContent === "4"`)
	tab.Press(`[data-code="ch-77"] summary`)
	tab.Wait("the candidates", `document.querySelector('[data-code="ch-77"] .candidate')?.dataset.target === "CHAIR"`)
	tab.Wait("what the row says", `document.querySelector('[data-code="ch-77"]').textContent.includes("Black office chair") && document.querySelector('[data-code="ch-77"]').textContent.includes("in day.csv, row 5")`)
	tab.Press(`[data-code="ch-77"] [data-do="map"]`)
	tab.Wait("the lines that have gone", `document.querySelector('[data-code="ch-77"].done')?.textContent.includes("1 line has found its place.") && document.querySelector('[data-total="unmatched codes"] strong').textContent === "3"`)
	if got := w.ask("SELECT toString(sum(qty)) FROM v_movements WHERE product = 'CHAIR'"); got != "1" {
		t.Errorf("chairs: %s", got)
	}
	// A conflict is told where it was pressed.
	w.write("crossreferences.csv", w.read("crossreferences.csv")+"alder,item,42,DESK,,,,,\n")
	tab.Press(`[data-code="42"] summary`)
	tab.Wait("the candidates", `!!document.querySelector('[data-code="42"] .candidate')`)
	tab.Press(`[data-code="42"] [data-do="map"]`)
	tab.Wait("the conflict", `document.querySelector('[data-code="42"] .notice.bad')?.textContent.includes("DESK")`)
	// The search finds what no reason points to.
	tab.Type(`[data-code="42"] input[type="search"]`, "desk")
	tab.Wait("products by name", `document.querySelectorAll('[data-code="42"] .candidates[aria-label] .candidate').length === 2`)
	for _, f := range tab.Faults() {
		if !strings.Contains(f, "409") { // the browser writes an answer that is no success into its log
			t.Error(f)
		}
	}
}

func TestAFileIsTriedByPressing(t *testing.T) {
	w := newWorld(t)
	tab := w.enter(t, "max", desk)
	dir := t.TempDir()
	tab.Keep(dir)
	tab.Go("/try?lang=en")
	tab.Wait("the room", `!!document.querySelector(".dropzone")`)
	tab.Choose(".dropper-file input", lay(t, "Umsatz.csv", string(german())))
	tab.Wait("the questions", `document.querySelectorAll(".asks fieldset").length > 0 && document.body.textContent.includes("windows-1252")`)
	for range 12 { // one question after the other, by its first answer
		var open int
		tab.Eval(`document.querySelectorAll(".asks fieldset").length`, &open)
		if open == 0 {
			break
		}
		var id string
		tab.Eval(`document.querySelector(".asks fieldset").dataset.question`, &id)
		answer := `.asks fieldset input`
		if id == "coverage" {
			answer = `.asks fieldset input[value="location-day"]`
		}
		tab.Press(answer)
		tab.Wait("the next", `!document.querySelector('.asks fieldset[data-question="`+id+`"]')`)
	}
	tab.Wait("the lines", `document.body.textContent.includes("The first 20 of 30 lines") && document.body.textContent.includes("1 of 31 rows")`)
	tab.Wait("the total row", `[...document.querySelectorAll("td")].some((e) => e.textContent === "750.00" || e.textContent === "750")`)
	// A column that is read otherwise is read anew.
	tab.Eval(`(() => { const s = document.querySelector('[data-answer="columns.item"]'); s.value = "Bezeichnung"; s.dispatchEvent(new Event("change")); })()`, nil)
	tab.Wait("names as items", `document.querySelector(".found").textContent.includes("item: Bezeichnung")`)
	tab.Press(`[data-do="yaml"]`)
	until(t, func() bool {
		files, _ := filepath.Glob(filepath.Join(dir, "*.yml"))
		if len(files) != 1 {
			return false
		}
		text, _ := os.ReadFile(files[0])
		return strings.Contains(string(text), "item: Bezeichnung") && strings.Contains(string(text), "encoding: windows-1252")
	})
	tab.Quiet()
}

func TestAFileWithARenamedColumnIsExplainedToItsPartnerAndToWhoLooksAfterIt(t *testing.T) {
	w := newWorld(t)
	tab := w.enter(t, birchKey, pagetest.View{Lang: "zh", Theme: "dark", Width: 390, Height: 844})
	tab.Wait("the room", `!!document.querySelector(".dropper-file input")`)
	tab.Choose(".dropper-file input", lay(t, "day.csv", "单号,门店,商品编码,销售数量,金额,日期\nX1,B1,42,3,900,2026-03-02\n"))
	tab.Wait("why it can't be read", `document.querySelector('[data-file="day.csv"] .notice.bad')?.textContent.includes("销售数量")`)
	var offered bool
	tab.Eval(`!!document.querySelector('[data-do="send"]')`, &offered)
	if offered {
		t.Error("a file that can't be read is offered for sending")
	}
	// Sent over the door all the same, it is told on the page of the partner and to the manager.
	w.as(birchKey).do("POST", "/api/partners/birch/v1/feeds/birch-pos?file=day.csv", "text/csv", strings.NewReader("单号,门店,商品编码,销售数量,金额,日期\nX1,B1,42,3,900,2026-03-02\n"))
	tab.Go("/reports?lang=zh")
	tab.Wait("the card", `document.querySelector("[data-turned] .renamed")?.textContent.includes("列 销量 是否改名为 销售数量")`)
	manager := w.enter(t, "max", desk)
	manager.Go("/reports?partner=birch&lang=en")
	manager.Wait("the card", `document.querySelector("[data-turned] .renamed")?.textContent.includes("Column 销量 was renamed 销售数量?")`)
	manager.Press(`[data-turned] a.act`)
	manager.Wait("the file that is tried", `location.pathname === "/try" && document.querySelector(".found")?.textContent.includes("销售数量")`)
	manager.Quiet()
	for _, f := range tab.Faults() {
		if !strings.Contains(f, "422") {
			t.Error(f)
		}
	}
}

func TestAPartnersBrowserShowsNoRoomAndNoAddressOfOthers(t *testing.T) {
	w := newWorld(t)
	rc := w.as(birchKey).send("birch", "birch-pos", "secret-of-birch.csv", "单号,门店,商品编码,销量,金额,日期\nX1,B1,42,3,900,2026-03-02\nX2,B1,42,多,900,2026-03-02\n")
	tab := w.enter(t, "pia", desk)
	tab.Wait("the room", `!!document.querySelector(".dropzone")`)
	var rooms []string
	tab.Eval(`[...document.querySelectorAll("[data-room]")].map((a) => a.dataset.room)`, &rooms)
	if strings.Join(rooms, " ") != "/reports" {
		t.Errorf("rooms: %v", rooms)
	}
	tab.Go("/reports/" + string(rc.Submission) + "?partner=birch&lang=en")
	tab.Wait("that it is not there", `document.querySelector("main")?.textContent.includes("There is no submission")`)
	for _, path := range []string{"/unmatched?lang=en", "/try?lang=en"} {
		tab.Go(path)
		tab.Wait("something else", `!!document.querySelector("main h1, main .note")`)
	}
	var text string
	tab.Eval(`document.body.textContent`, &text)
	if strings.Contains(text, "secret-of-birch") {
		t.Error("the page tells of birch")
	}
}

func TestThePageBringsSentencesOverAsTheServerDoes(t *testing.T) {
	text, err := os.ReadFile("phrases/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases [][2]string
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	tab := w.enter(t, "max", desk)
	var got []string
	tab.Eval(`Promise.all([import("/static/phrases/phrases.js"), fetch("/static/phrases/phrases.txt").then((a) => a.text())])
		.then(([m, text]) => { const book = m.read(text); return `+string(text)+`.map(([en]) => m.over(book, en)[0]); })`, &got)
	if len(got) != len(cases) {
		t.Fatalf("%d of %d cases", len(got), len(cases))
	}
	for i, c := range cases {
		if got[i] != c[1] {
			t.Errorf("%s\n\tis %s\n\twant %s", c[0], got[i], c[1])
		}
	}
	tab.Quiet()
}

func TestWithoutAFolderThePageGivesTheRowToAddElsewhere(t *testing.T) {
	w := newWorld(t, func(o *portal.Options) { o.Folder, o.Apply = "", nil })
	w.as(alderKey).send("alder", "alder-pos", "day.csv", unknown)
	tab := w.enter(t, "max", desk)
	tab.Go("/unmatched?lang=en")
	tab.Wait("that nothing is written here", `document.querySelector("main .notice")?.textContent.includes("There is no reference folder on this machine") && !!document.querySelector('[data-code="42"]')`)
	tab.Press(`[data-code="42"] summary`)
	tab.Wait("the candidates", `!!document.querySelector('[data-code="42"] .candidate')`)
	tab.Press(`[data-code="42"] [data-do="map"]`)
	tab.Wait("the row", `document.querySelector('[data-code="42"] pre')?.textContent === "partner,kind,code,target,units,from,to\nalder,item,42,CHAIR,1,,"`)
	tab.Quiet()
}
