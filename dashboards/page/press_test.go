package page_test

import (
	"strings"
	"testing"

	"sellthrough/dashboards/page/pagetest"
)

// desk is the view of the tests that press and type.
var desk = pagetest.View{Lang: "en", Theme: "light", Width: 1440, Height: 1200}

// number gives what the first panel shows.
const number = `document.querySelector('.panel[data-panel="1"] .stat-value')?.textContent`

func TestAChoiceChangesTheNumbersAndTheAddress(t *testing.T) {
	w := newWorld(t)
	tab := pagetest.Open(t, pagetest.Browser(t), w.url, desk)
	tab.Go("/?lang=en&theme=light")
	tab.Wait("all partners", number+` === "832"`)
	tab.Press(`[data-var="partner"] .chooser`)
	tab.Eval(`[...document.querySelectorAll('[data-var="partner"] .option')].find((o) => o.textContent.includes("Hara")).querySelector("input").click()`, nil)
	tab.Press("h1") // elsewhere: the box closes and the choice counts
	tab.Wait("one partner", number+` === "291"`)
	var search string
	tab.Eval("location.search", &search)
	if !strings.Contains(search, "var-partner=o%27hara") {
		t.Errorf("the address is %s", search)
	}
	tab.Eval("history.back()", nil)
	tab.Wait("all partners again", number+` === "832"`)
	tab.Quiet()
}

func TestADrillDownKeepsTimeAndVariables(t *testing.T) {
	w := newWorld(t)
	tab := pagetest.Open(t, pagetest.Browser(t), w.url, desk)
	tab.Go("/d/channel?from=2026-03-02&to=2026-03-20&var-product=AUR-1&lang=en")
	tab.Wait("the table", `!!document.querySelector('.panel[data-panel="8"] td a')`)
	var links []string
	tab.Eval(`[...document.querySelectorAll('.panel[data-panel="8"] td a')].map((a) => a.getAttribute("href"))`, &links)
	for _, l := range links {
		if !strings.HasPrefix(l, "/d/lines/lines?from=2026-03-02&to=2026-03-20&var-product=AUR-1&var-partner=") {
			t.Errorf("a link leads to %s", l)
		}
	}
	tab.Eval(`[...document.querySelectorAll('.panel[data-panel="8"] td a')].find((a) => a.textContent === "o'hara").click()`, nil)
	tab.Wait("the lines", `document.querySelector("h1").textContent === "Lines" && document.querySelectorAll('.panel[data-panel="1"] tbody tr').length > 0`)
	var partners []string
	tab.Eval(`[...new Set([...document.querySelectorAll('.panel[data-panel="1"] tbody tr')].map((r) => r.cells[1].textContent))]`, &partners)
	if len(partners) != 1 || partners[0] != "o'hara" {
		t.Errorf("the lines are of %q", partners)
	}
	tab.Quiet()
}

func TestATableIsSortedByAnyColumn(t *testing.T) {
	w := newWorld(t)
	tab := pagetest.Open(t, pagetest.Browser(t), w.url, desk)
	tab.Go("/d/lines?from=2026-03-01&to=2026-03-28&lang=en")
	tab.Wait("the lines", `document.querySelectorAll('.panel tbody tr').length > 0`)
	for _, want := range []string{"descending", "ascending"} {
		tab.Press(`.panel th:nth-child(5) button`)
		tab.Wait("the order", `document.querySelector('.panel th:nth-child(5)').ariaSort === "`+want+`"`)
		var ordered bool
		tab.Eval(`(() => { const v = [...document.querySelectorAll(".panel tbody tr")].map((r) => +r.cells[4].textContent); return v.length > 50 && v[0] !== v.at(-1) && v.every((x, i) => !i || (`+map[string]string{"descending": "v[i-1] >= x", "ascending": "v[i-1] <= x"}[want]+`)); })()`, &ordered)
		if !ordered {
			t.Errorf("the column is not %s", want)
		}
	}
	tab.Quiet()
}

func TestAChartIsAlsoATableAndThePageSpeaksBothLanguages(t *testing.T) {
	w := newWorld(t)
	tab := pagetest.Open(t, pagetest.Browser(t), w.url, desk)
	tab.Go("/d/channel?lang=en")
	tab.Wait("the chart", `!!document.querySelector('.panel[data-panel="6"] canvas')`)
	tab.Press(`.panel[data-panel="6"] .dots`)
	tab.Eval(`[...document.querySelectorAll('.panel[data-panel="6"] .drop .item')].find((b) => b.textContent === "Show as table").click()`, nil)
	tab.Wait("the table", `document.querySelector('.panel[data-panel="6"] .numbers').getBoundingClientRect().height > 50`)
	tab.Go("/d/channel")
	tab.Press(`[data-lang="zh"]`)
	tab.Wait("Chinese", `document.documentElement.lang === "zh-Hans" && document.querySelector("h1")?.textContent === "渠道总览"`)
	tab.Press(`[data-theme-to="dark"]`)
	tab.Go("/d/lines")
	tab.Wait("what was chosen, kept", `document.documentElement.dataset.theme === "dark" && document.querySelector("h1")?.textContent === "明细"`)
	tab.Quiet()
}

func TestAFailedPanelSaysSoAndOffersAnotherTry(t *testing.T) {
	w := newWorld(t)
	tab := pagetest.Open(t, pagetest.Browser(t), w.url, desk)
	tab.Go("/d/broken?lang=en")
	tab.Wait("the fault", `document.querySelector(".panel .note.bad")?.textContent.includes("nowhere")`)
	before := w.reader.asked.Load()
	tab.Press(".panel .note button")
	tab.Wait("another try", `document.querySelector(".panel .note.bad")?.textContent.includes("nowhere")`)
	tab.Wait("its end", `!document.querySelector(".panel.loading")`)
	if w.reader.asked.Load() == before {
		t.Error("nothing was asked again")
	}
}
