package portal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sellthrough/dashboards/page/pagetest"
)

// faults are what a person would stumble over: something wider than the window, a control without a name, an id that is there twice,
// a link or button too small to be hit on a phone.
const faults = `(() => {
	const out = [];
	const root = document.documentElement;
	if (root.scrollWidth > innerWidth + 1) out.push("the page is " + root.scrollWidth + " wide");
	const seen = (e) => { const r = e.getBoundingClientRect(); return r.width > 0 && r.height > 0 && getComputedStyle(e).visibility !== "hidden"; };
	const named = (e) => (e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent || e.title || "").trim();
	const what = (e) => e.outerHTML.slice(0, 120);
	for (const e of document.querySelectorAll("main input, main select, main textarea, main button, main a[href], main summary, main progress")) {
		if (!seen(e)) continue;
		if (!named(e) && e.type !== "hidden") out.push("no name: " + what(e));
		const r = e.getBoundingClientRect();
		if (innerWidth < 600 && e.matches("button, select, input:not([type=radio],[type=checkbox],.unseen)") && r.height < 30) out.push("too small: " + what(e) + " " + r.height);
		if (r.right > innerWidth + 1 && !e.closest(".wide")) out.push("out of the window: " + what(e));
	}
	const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
	for (const id of new Set(ids.filter((x, i) => ids.indexOf(x) !== i))) out.push("twice: #" + id);
	for (const e of document.querySelectorAll("[aria-describedby],[aria-labelledby]")) {
		for (const id of (e.getAttribute("aria-describedby") || e.getAttribute("aria-labelledby")).split(" ")) if (!document.getElementById(id)) out.push("describes nothing: #" + id);
	}
	for (const e of document.querySelectorAll("main table")) if (!e.caption?.textContent) out.push("a table without a caption: " + what(e));
	const text = document.querySelector("main").innerText;
	for (const m of text.match(/\bundefined\b|\bNaN\b|\[object|\{\d|\bnull\b/g) || []) out.push("it says " + m);
	return out;
})()`

// english are the words of English that the page shows in Chinese, beside names, codes, figures and what stands in code or controls.
const english = `(() => {
	const out = new Set();
	const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
	for (let n = walk.nextNode(); n; n = walk.nextNode()) {
		const e = n.parentElement;
		if (e.closest("code, pre, option, q, .unseen, .due, h2.file, .examples, th[scope=row], [data-own]") || !e.getClientRects().length) continue;
		for (const w of n.textContent.match(/[A-Za-z][a-z']{2,}( [A-Za-z][a-z']+)*/g) || []) out.add(w);
	}
	return [...out];
})()`

func TestTheRoomsLookRightInEveryView(t *testing.T) {
	w := newWorld(t)
	alder, birch := w.as(alderKey), w.as(birchKey)
	bad := alder.send("alder", "alder-pos", "day.csv", strings.ReplaceAll(shopDay, "2026-03-02", "2026-03-04")+"R7,S1,SKU-2,1,abc,2026-03-04,\n")
	alder.send("alder", "alder-pos", "unknown.csv", unknown)
	edi := alder.send("alder", "alder-edi", "report.edi", interchange)
	line := alder.send("alder", "alder-web", "web.ndjson", `{"order":"W1","site":"web","sku":"SKU-1","qty":"?","amount":"20.00","day":"2026-03-02"}`+"\n"+`{"order":"W2","site":"web","sku":"SKU-1","qty":1,"amount":"20.00","day":"2026-03-02"}`+"\n")
	birch.do("POST", "/api/partners/birch/v1/feeds/birch-pos?file=day.csv", "text/csv", strings.NewReader("单号,门店,商品编码,销售数量,金额,日期\nX1,B1,42,3,900,2026-03-02\n"))
	if a := w.as("max").post("/api/unmatched/map", entry{Partner: "alder", What: "item", Code: "ch-77", Target: "CHAIR"}); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	dir := os.Getenv(pagetest.Screenshots)
	if dir == "" {
		dir = t.ArtifactDir()
	}
	file := lay(t, "Umsatz.csv", string(german()))
	views := pagetest.Views()
	if os.Getenv(pagetest.Screenshots) == "" { // each language, theme and width once with each other is enough to find what is wrong
		views = []pagetest.View{views[0], views[3], views[5], views[6]}
	}
	for _, view := range views {
		t.Run(view.String(), func(t *testing.T) {
			tab := w.enter(t, "max", view)
			open := func(name, path, there string, act func()) {
				at := "?"
				if strings.Contains(path, "?") {
					at = "&"
				}
				tab.Go(path + at + "lang=" + view.Lang + "&theme=" + view.Theme)
				tab.Wait(name, there)
				if act != nil {
					act()
				}
				tab.Tall()
				tab.Shoot(filepath.Join(dir, "portal-"+name+"-"+view.String()+".png"))
				var wrong []string
				tab.Eval(faults, &wrong)
				for _, f := range wrong {
					t.Errorf("%s: %s", name, f)
				}
				if view.Lang == "zh" {
					var words []string
					tab.Eval(english, &words)
					for _, word := range words {
						if !own[word] {
							t.Errorf("%s: in Chinese it says %q", name, word)
						}
					}
				}
			}
			open("reports", "/reports?partner=alder", `document.querySelectorAll("[data-submission]").length === 4 && document.querySelectorAll(".score").length === 5 && !!document.querySelector("table.month, .legend-due")`, nil)
			open("away", "/reports?partner=birch", `!!document.querySelector("[data-turned]") && document.querySelectorAll(".score").length === 5`, nil)
			open("refused", "/reports/"+string(bad.Submission)+"?partner=alder", `document.querySelectorAll(".refused-row").length === 3`, nil)
			open("line", "/reports/"+string(line.Submission)+"?partner=alder", `document.querySelectorAll(".refused-row textarea").length === 1`, nil)
			open("edi", "/reports/"+string(edi.Submission)+"?partner=alder", `!!document.querySelector("#refused table")`, nil)
			open("unmatched", "/unmatched", `document.querySelectorAll("details.code").length === 4 && !!document.querySelector(".entries li")`, func() {
				tab.Press(`[data-code="42"] summary`)
				tab.Wait("candidates", `!!document.querySelector('[data-code="42"] .candidate')`)
			})
			open("try", "/try", `!!document.querySelector(".dropzone")`, func() {
				tab.Choose(".dropper-file input", file)
				for range 12 {
					tab.Wait("an answer of the server", `!!document.querySelector(".found h2") && !document.querySelector(".found[aria-busy]")`)
					var id string
					tab.Eval(`document.querySelector(".asks fieldset")?.dataset.question || ""`, &id)
					if id == "" {
						break
					}
					tab.Press(`.asks fieldset input`)
					tab.Wait("the next", `!document.querySelector('.asks fieldset[data-question="`+id+`"]')`)
				}
				tab.Wait("the feed", `!!document.querySelector(".yaml")`)
				tab.Eval(`document.querySelector("details.answered").open = true`, nil)
			})
			tab.Quiet()
		})
	}
}

// own are words that are the data's, or names of things that have no other.
var own = func() map[string]bool {
	out := map[string]bool{}
	for _, w := range []string{
		"alder", "Alder Stores", "birch", "web", "edi", "pos", "day", "csv", "reporting", "Europe", "London", "Asia", "Shanghai", "Receipt", "Store", "Qty", "Amount", "Day", "Note", "layouts", "crossreferences", "unknown", "Office chair black", "chairs", "max", "Excel", "windows", "return",
		"Menge", "Betrag", "drei", "Beleg", "Filiale", "Artikelnummer", "Datum", "Bezeichnung", "feeds", "sellthrough check",
	} {
		out[w] = true
	}
	return out
}()
