// Package pagetest looks at the built-in page in a real browser: every board, light and dark, wide and narrow, in both
// languages. It checks what a person would: that nothing failed, nothing overlaps, nothing comes from elsewhere, that a
// panel without data says why, and that each number that is shown is the one that was answered.
package pagetest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Screenshots names the variable of the environment that names the folder for screenshots; without it they go to the
// test's artifacts.
const Screenshots = "SELLTHROUGH_SCREENSHOTS"

// patience is how long a board may take to be there, on a machine that does much else.
const patience = 60 * time.Second

// A View is one way to look at a board.
type View struct {
	Lang, Theme   string
	Width, Height int
}

func (v View) String() string {
	size := "desktop"
	if v.phone() {
		size = "phone"
	}
	return v.Lang + "-" + v.Theme + "-" + size
}

func (v View) phone() bool { return v.Width < 600 }

// Views are all ways to look.
func Views() []View {
	var out []View
	for _, lang := range []string{"en", "zh"} {
		for _, theme := range []string{"light", "dark"} {
			out = append(out, View{lang, theme, 1440, 900}, View{lang, theme, 390, 844})
		}
	}
	return out
}

// pairs are half of the views: every two of a language, a theme and a size are together in one.
func pairs() []View {
	return slices.DeleteFunc(Views(), func(v View) bool { return (v.Lang == "zh") != (v.Theme == "dark") != v.phone() })
}

// Look opens boards of the page at an address and fails t where something is wrong: in half of the views, and in every view where
// pictures are asked for. An address may carry a query, such as ?from=now-90d&to=now.
func Look(t *testing.T, address string, boards ...string) {
	t.Helper()
	chromium := Browser(t)
	dir, views := os.Getenv(Screenshots), Views()
	if dir == "" {
		dir, views = t.ArtifactDir(), pairs()
	} else if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, board := range boards {
		for _, view := range views {
			t.Run(board+"/"+view.String(), func(t *testing.T) {
				tab := open(t, chromium, base, view)
				q := base.Query()
				q.Set("lang", view.Lang)
				q.Set("theme", view.Theme)
				tab.Go("/d/" + url.PathEscape(board) + "?" + q.Encode())
				tab.Settle()
				seen := tab.Read()
				tab.Shoot(filepath.Join(dir, board+"-"+view.String()+".png"))
				tab.Quiet()
				seen.check(t)
			})
		}
	}
}

// Browser starts a browser that ends with the test.
func Browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(1440, 900), chromedp.Flag("lang", "en-US"), chromedp.Flag("font-render-hinting", "none"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	if path := os.Getenv("CHROMIUM"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start a browser: %v; these tests need Chromium (Debian: apt-get install chromium fonts-noto-cjk), or its path in CHROMIUM", err)
	}
	return ctx
}

// Tab is one page in the browser, and what went wrong in it.
type Tab struct {
	t    *testing.T
	ctx  context.Context
	base *url.URL
	view View

	mu     sync.Mutex
	faults []string
}

func open(t *testing.T, chromium context.Context, base *url.URL, view View) *Tab {
	t.Helper()
	ctx, end := chromedp.NewContext(chromium)
	t.Cleanup(end)
	ctx, stop := context.WithTimeout(ctx, 3*patience)
	t.Cleanup(stop)
	b := &Tab{t: t, ctx: ctx, base: base, view: view}
	chromedp.ListenTarget(ctx, b.listen)
	b.run("open a tab", log.Enable(), network.Enable(), runtime.Enable(), page.BringToFront(), b.size(view.Height)) // a tab behind another draws nothing
	return b
}

// Open opens a tab by itself, for tests that press and type.
func Open(t *testing.T, chromium context.Context, address string, view View) *Tab {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, chromium, base, view)
}

func (b *Tab) size(height int) chromedp.Action {
	return emulation.SetDeviceMetricsOverride(int64(b.view.Width), int64(height), 1, b.view.phone())
}

func (b *Tab) listen(event any) {
	fault := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning || e.Type == runtime.APITypeAssert {
			var words []string
			for _, a := range e.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			fault = "console: " + strings.Join(words, " ")
		}
	case *runtime.EventExceptionThrown:
		fault = "exception: " + e.ExceptionDetails.Error()
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			fault = "log: " + e.Entry.Text + " " + e.Entry.URL
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || (u.Scheme != "data" && u.Scheme != "blob" && u.Scheme != "about" && u.Host != b.base.Host) {
			fault = "a request to another host: " + e.Request.URL
		}
	}
	if fault != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.faults = append(b.faults, fault)
	}
}

func (b *Tab) run(what string, actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v; so far: %s", what, err, b.Faults())
	}
}

// Faults are the errors and foreign requests of the tab so far.
func (b *Tab) Faults() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.faults...)
}

// Quiet fails the test where the tab had faults.
func (b *Tab) Quiet() {
	b.t.Helper()
	for _, f := range b.Faults() {
		b.t.Error(f)
	}
}

// Go opens a path of the page.
func (b *Tab) Go(path string) {
	b.t.Helper()
	b.run("open "+path, chromedp.Navigate(b.base.Scheme+"://"+b.base.Host+path))
}

// Wait waits until an expression is true.
func (b *Tab) Wait(what, expression string) {
	b.t.Helper()
	var ok bool
	if err := chromedp.Run(b.ctx, chromedp.Poll(expression, &ok, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(patience))); err != nil {
		var waiting []string
		_ = chromedp.Run(b.ctx, chromedp.Evaluate(waits, &waiting))
		b.t.Fatalf("waiting for %s: %v; faults: %q; not there yet: %q", what, err, b.Faults(), waiting)
	}
}

// Eval evaluates an expression; a promise is waited for.
func (b *Tab) Eval(expression string, out any) {
	b.t.Helper()
	b.run("evaluate "+fmt.Sprintf("%.60s", expression), chromedp.Evaluate(expression, out, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
}

// Press clicks what a selector finds.
func (b *Tab) Press(selector string) {
	b.t.Helper()
	b.run("press "+selector, chromedp.Click(selector, chromedp.ByQuery))
}

// Type types into what a selector finds.
func (b *Tab) Type(selector, text string) {
	b.t.Helper()
	b.run("type into "+selector, chromedp.SendKeys(selector, text, chromedp.ByQuery))
}

// Follow clicks what a selector finds and waits for the page that it leads to.
func (b *Tab) Follow(selector string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(selector, chromedp.ByQuery)); err != nil {
		b.t.Fatalf("follow %s: %v; so far: %s", selector, err, b.Faults())
	}
}

// Fill types over what a selector finds.
func (b *Tab) Fill(selector, text string) {
	b.t.Helper()
	var found bool
	b.Eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e?.focus(); e?.select(); return !!e; })()`, selector), &found)
	if !found {
		b.t.Fatalf("there is no %s to fill", selector)
	}
	b.run("type over "+selector, chromedp.KeyEvent(text))
}

// Choose gives files to the input of files that a selector finds.
func (b *Tab) Choose(selector string, files ...string) {
	b.t.Helper()
	b.run("choose files at "+selector, chromedp.SetUploadFiles(selector, files, chromedp.ByQuery))
}

// Keep lets the browser keep what is downloaded in a folder.
func (b *Tab) Keep(dir string) {
	b.t.Helper()
	b.run("keep downloads", browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(dir))
}

// Tall makes the window as tall as the page.
func (b *Tab) Tall() {
	b.t.Helper()
	var height float64
	b.Eval(`Math.max(document.documentElement.scrollHeight, innerHeight)`, &height)
	b.run("make the window tall", b.size(min(max(int(height), b.view.Height), 16_000)))
	b.Eval(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`, nil)
}

// Settled is true when every panel has its answer and every chart is drawn.
const Settled = `(() => {
	const panels = [...document.querySelectorAll(".panel")];
	return panels.length > 0 && panels.every((p) => !p.closest("[hidden]") && p.dataset.done && !p.classList.contains("loading")) &&
		[...document.querySelectorAll(".chart")].every((c) => !c.clientWidth || c.querySelector("canvas")) || !!document.querySelector("main > .note");
})()`

// waits are the panels that keep a board from being settled, and why.
const waits = `[...document.querySelectorAll(".panel")].flatMap((p) => {
	const charts = [...p.querySelectorAll(".chart")].filter((c) => c.clientWidth && !c.querySelector("canvas")).map((c) => "chart " + c.clientWidth + "x" + c.clientHeight);
	const why = [p.closest("[hidden]") && "folded", !p.dataset.done && "not answered", p.classList.contains("loading") && "loading", ...charts].filter(Boolean);
	return why.length ? [p.dataset.panel + " " + p.dataset.kind + ": " + why.join(", ")] : [];
})`

// Settle makes the window as tall as the board, unfolds its rows, and waits until all is there.
func (b *Tab) Settle() {
	b.t.Helper()
	b.Wait("the board", `!!document.querySelector(".sections .panel, main > .note")`)
	b.Eval(`document.querySelectorAll('.row[aria-expanded="false"]').forEach((r) => r.click())`, nil)
	var height float64
	for range 3 { // a panel may grow when it has its answer
		b.Eval(`Math.max(document.documentElement.scrollHeight, innerHeight)`, &height)
		b.run("make the window tall", b.size(min(max(int(height), b.view.Height), 16_000)))
		b.Wait("every panel", Settled)
	}
	// Two frames: sizes have settled and charts are drawn at them.
	b.Eval(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))`, nil)
}

// Shoot writes a picture of the page.
func (b *Tab) Shoot(file string) {
	b.t.Helper()
	var png []byte
	b.run("take a picture", chromedp.CaptureScreenshot(&png))
	if err := os.WriteFile(file, png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
