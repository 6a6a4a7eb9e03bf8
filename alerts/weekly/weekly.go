// Package weekly writes the weekly report (周报): what moved, what changed against the week before and last year, what was
// restated, and what is wrong. It is one HTML page with its styles inline, in English and 中文, fit for a mail.
package weekly

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"slices"
	"strings"
	texttemplate "text/template"
	"time"

	"sellthrough/alerts"
)

//go:embed sql/*.sql report.html
var files embed.FS

// Options of a writer.
type Options struct {
	Database string
	Zone     *time.Location // of the report's weeks
	At       string         // HH:MM on Monday, when the report of the week before is due
	Currency string
	Board    string // address of the page
	Titles   map[string]alerts.Text
	Channels []string // that take the report
	Ask      func(ctx context.Context, sql string) (alerts.Answer, error)
}

// Writer writes reports.
type Writer struct {
	o    Options
	hour time.Duration
	page *template.Template
}

// New makes a writer. It asks nothing yet.
func New(o Options) (*Writer, error) {
	at, err := time.Parse("15:04", o.At)
	if err != nil {
		return nil, fmt.Errorf("weekly report: at %q is not a time of day", o.At)
	}
	w := &Writer{o: o, hour: time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute}
	w.page, err = template.New("report.html").Funcs(template.FuncMap{"title": w.title, "number": number, "growth": growth, "kind": kind}).ParseFS(files, "report.html")
	if err != nil {
		return nil, fmt.Errorf("weekly report: %w", err)
	}
	return w, nil
}

// Takes says whether a channel is to have the report.
func (w *Writer) Takes(channel string) bool { return slices.Contains(w.o.Channels, channel) }

// Due is the newest week whose report is due, and since when.
func (w *Writer) Due(now time.Time) (string, time.Time) {
	local := now.In(w.o.Zone)
	back := (int(local.Weekday()) + 6) % 7
	y, m, d := local.Date()
	since := time.Date(y, m, d-back, 0, int(w.hour/time.Minute), 0, 0, w.o.Zone)
	if since.After(now) {
		since = time.Date(y, m, d-back-7, 0, int(w.hour/time.Minute), 0, 0, w.o.Zone)
	}
	return Week(since.AddDate(0, 0, -7)), since
}

// Week is the ISO week of a day, as 2026-W12.
func Week(t time.Time) string {
	y, n := t.ISOWeek()
	return fmt.Sprintf("%d-W%02d", y, n)
}

// Monday is the first day of a week that is written as Week writes it.
func Monday(week string) (time.Time, error) {
	var y, n int
	if _, err := fmt.Sscanf(week, "%4d-W%2d", &y, &n); err != nil || len(week) != 8 {
		return time.Time{}, fmt.Errorf("%q is not a week; write it like 2026-W12", week)
	}
	// The 4th of January is always in week 1.
	fourth := time.Date(y, 1, 4, 0, 0, 0, 0, time.UTC)
	monday := fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7+(n-1)*7)
	if Week(monday) != week {
		return time.Time{}, fmt.Errorf("%d has no week %d", y, n)
	}
	return monday, nil
}

// facts are what the page is made of.
type facts struct {
	Week, First, Last, Currency, Board string
	Made                               string
	Tables                             map[string][]row
	Net, NetBefore, NetLastYear        float64
}

type row map[string]any

// Write asks for a week and writes its report.
func (w *Writer) Write(ctx context.Context, week string) (alerts.Report, error) {
	monday, err := Monday(week)
	if err != nil {
		return alerts.Report{}, err
	}
	f := facts{
		Week: week, First: monday.Format(time.DateOnly), Last: monday.AddDate(0, 0, 6).Format(time.DateOnly), Currency: w.o.Currency, Board: w.o.Board,
		Made: time.Now().In(w.o.Zone).Format("2006-01-02 15:04 MST"), Tables: map[string][]row{},
	}
	list, err := fs.Glob(files, "sql/*.sql")
	if err != nil {
		return alerts.Report{}, fmt.Errorf("weekly report: %w", err)
	}
	var faults []error
	for _, name := range list {
		t, err := w.ask(ctx, name, monday)
		faults = append(faults, err)
		f.Tables[strings.TrimSuffix(strings.TrimPrefix(name, "sql/"), ".sql")] = t
	}
	if err := errors.Join(faults...); err != nil {
		return alerts.Report{}, err
	}
	for _, r := range f.Tables["partners"] {
		f.Net += amount(r["money"])
		f.NetBefore += amount(r["money_before"])
		f.NetLastYear += amount(r["money_last_year"])
	}
	var b bytes.Buffer
	if err := w.page.Execute(&b, f); err != nil {
		return alerts.Report{}, fmt.Errorf("weekly report: %w", err)
	}
	return alerts.Report{
		Week: week, HTML: b.String(), Brief: w.brief(f),
		Subject: alerts.Text{En: "Channel week " + week + " (" + f.First + " – " + f.Last + ")", Zh: "渠道周报 " + week + "（" + f.First + " 至 " + f.Last + "）"},
	}, nil
}

// ask runs one of the queries.
func (w *Writer) ask(ctx context.Context, file string, monday time.Time) ([]row, error) {
	text, err := files.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("weekly report: %w", err)
	}
	date := func(t time.Time) string { return "toDate32('" + t.Format(time.DateOnly) + "')" }
	within := func(first time.Time) func() string {
		return func() string {
			return "(business_date BETWEEN " + date(first) + " AND " + date(first.AddDate(0, 0, 6)) + ")"
		}
	}
	instant := func(days int) func() string {
		return func() string {
			y, m, d := monday.Date()
			return "toDateTime64('" + time.Date(y, m, d+days, 0, 0, 0, 0, w.o.Zone).UTC().Format("2006-01-02 15:04:05") + "', 3, 'UTC')"
		}
	}
	t, err := texttemplate.New(file).Funcs(texttemplate.FuncMap{
		"view": func(name string) string { return w.o.Database + "." + name }, "week": within(monday), "before": within(monday.AddDate(0, 0, -7)),
		"last_year": within(monday.AddDate(0, 0, -364)), "from": instant(0), "to": instant(7), "first": func() string { return date(monday) },
	}).Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("weekly report: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, nil); err != nil {
		return nil, fmt.Errorf("weekly report: %w", err)
	}
	got, err := w.o.Ask(ctx, b.String())
	if err != nil {
		return nil, fmt.Errorf("weekly report: %s: %w", file, err)
	}
	var out []row
	for _, cells := range got.Rows {
		r := row{}
		for i, c := range got.Columns {
			r[c] = cells[i]
		}
		out = append(out, r)
	}
	return out, nil
}

// brief is the report in a few lines.
func (w *Writer) brief(f facts) alerts.Text {
	en := []string{fmt.Sprintf("Net sales %s %s, week before %s, last year %s", whole(f.Net), f.Currency, growth(f.Net, f.NetBefore), growth(f.Net, f.NetLastYear))}
	zh := []string{fmt.Sprintf("净销售额 %s %s，环比 %s，同比 %s", whole(f.Net), f.Currency, growth(f.Net, f.NetBefore), growth(f.Net, f.NetLastYear))}
	for _, r := range f.Tables["incidents"] {
		t := w.title(r["rule"])
		en = append(en, fmt.Sprintf("%s: %v opened, %v closed, %v open", t.En, r["opened"], r["closed"], r["open"]))
		zh = append(zh, fmt.Sprintf("%s：新增 %v，关闭 %v，未关闭 %v", t.Zh, r["opened"], r["closed"], r["open"]))
	}
	for _, r := range f.Tables["restated"] {
		en = append(en, fmt.Sprintf("%v restated earlier days by %s %s", r["partner"], signed(amount(r["money"])), f.Currency))
		zh = append(zh, fmt.Sprintf("%v 更正以往日期 %s %s", r["partner"], signed(amount(r["money"])), f.Currency))
	}
	return alerts.Text{En: strings.Join(en, "\n"), Zh: strings.Join(zh, "\n")}
}
