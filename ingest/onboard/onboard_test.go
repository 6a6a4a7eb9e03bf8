package onboard_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"sellthrough"
	"sellthrough/ingest/format/csv"
	"sellthrough/ingest/format/encoding"
	"sellthrough/ingest/format/ndjson"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/mapping"
	"sellthrough/ingest/onboard"
	"sellthrough/internal/config"
)

var update = flag.Bool("update", false, "rewrite what is wanted")

// TestProposals: each case is a sample, what is answered, and the proposal with the feed it becomes, which then reads the
// sample.
func TestProposals(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil || len(a.Files) != 3 {
				t.Fatal(len(a.Files), err)
			}
			var answers onboard.Answers
			if err := yaml.Unmarshal(a.Files[1].Data, &answers); err != nil {
				t.Fatal(err)
			}
			body := a.Files[0].Data
			sample, isGBK := strings.CutPrefix(a.Files[0].Name, "gbk ")
			if isGBK {
				if body, err = simplifiedchinese.GBK.NewEncoder().Bytes(body); err != nil {
					t.Fatal(err)
				}
			}
			got := describe(t, onboard.Sample{File: sample, Bytes: body, Whole: true}, answers)
			if *update {
				a.Files[2].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(a.Files[2].Data), got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// describe writes what is proposed without answers, and what it becomes with them.
func describe(t *testing.T, s onboard.Sample, answers onboard.Answers) string {
	t.Helper()
	var b strings.Builder
	p := onboard.Propose(s, nil)
	fmt.Fprintf(&b, "%s: %s\n", p.Format.Type, p.Format.Evidence)
	for _, q := range p.Questions {
		fmt.Fprintf(&b, "? %s: %s\n", q.ID, q.Text)
		for _, o := range q.Options {
			fmt.Fprintf(&b, "    %s: %s\n", o.Value, o.Means)
		}
	}
	if len(answers) > 0 {
		p = onboard.Propose(s, answers)
		for _, q := range p.Questions {
			fmt.Fprintf(&b, "?? %s: %s\n", q.ID, q.Text)
		}
	}
	for _, e := range p.Layout.Evidence {
		fmt.Fprintf(&b, "- %s\n", e)
	}
	for _, n := range p.Notes {
		fmt.Fprintf(&b, "! %s\n", n)
	}
	for _, c := range p.Columns {
		fmt.Fprintf(&b, "%s: %s, %s %d %%\n", c.Name, c.Shape, c.Field, c.Confidence)
	}
	text, err := p.YAML("feed", "partner")
	if err != nil {
		fmt.Fprintf(&b, "%v\n", err)
		return b.String()
	}
	b.WriteString(text)
	b.WriteString(run(t, &p, text, s.Bytes))
	return b.String()
}

// run reads a body by the feed that a proposal became, as a collector does.
func run(t *testing.T, p *onboard.Proposal, text string, body []byte) string {
	t.Helper()
	m, err := mapping.New(feedOf(t, text))
	if err != nil {
		t.Fatal(err)
	}
	accepted, refused := 0, []string{}
	totals := 0
	var rows sheet.Source
	var columns []string
	if p.Format.Type == "ndjson" {
		columns = m.Columns()
		rows = ndjson.NewReader(bytes.NewReader(body), columns, ndjson.Options{})
	} else {
		src := csv.NewReader(encoding.NewReader(bytes.NewReader(body), encoding.Options{Encoding: p.Format.Encoding.Encoding}), csv.Options{Delimiter: p.Format.Delimiter.Byte})
		var header []string
		if p.Layout.Headless {
			header = p.Layout.Columns
		}
		r := sheet.NewReader(src, p.Layout.Layout, sheet.Options{Header: header, Names: m.Columns(), Key: []string{p.Mapped["item"].Column}, Total: func(sheet.Total) { totals++ }})
		if columns, err = r.Columns(); err != nil {
			t.Fatal(err)
		}
		rows = r
	}
	b, err := m.Bind(columns)
	if err != nil {
		t.Fatal(err)
	}
	var first sellthrough.Line
	for {
		fields, row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		var l sellthrough.Line
		if err == nil {
			err = b.Line(fields, row, &l)
		}
		if err != nil {
			refused = append(refused, err.Error())
			continue
		}
		if accepted++; accepted == 1 {
			first = l
		}
	}
	out := fmt.Sprintf("reads %d rows, refuses %d, %d totals\n", accepted, len(refused), totals)
	out += fmt.Sprintf("first: %s %s item %s qty %s amount %s on %s at %s\n", first.Kind, first.Document, first.Item, first.Qty, first.Amount, first.Day, first.Location)
	for _, r := range refused[:min(3, len(refused))] {
		out += r + "\n"
	}
	return out
}

// feedOf reads a proposed feed as the configuration does. What belongs to the syntax of the body, and not to its
// meaning, is taken out: the readers of the formats are given it by the proposal itself.
func feedOf(t *testing.T, text string) *config.Feed {
	t.Helper()
	var feeds []map[string]any
	if err := yaml.Unmarshal([]byte(text), &feeds); err != nil || len(feeds) != 1 {
		t.Fatal(err, text)
	}
	if f, ok := feeds[0]["format"].(map[string]any); ok {
		maps.DeleteFunc(f, func(k string, v any) bool {
			return !slices.Contains([]string{"type", "delimiter", "header"}, k) || k == "type" && v != "ndjson"
		})
		if len(f) == 0 {
			delete(feeds[0], "format")
		}
	}
	whole, err := yaml.Marshal(map[string]any{
		"partners": []map[string]any{{"id": "partner", "name": "Partner", "time_zone": "Asia/Shanghai", "currency": "CNY", "keys": []string{string(config.HashKey("key"))}}},
		"feeds":    feeds,
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse("proposed.yaml", whole, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatalf("%v\n%s", err, whole)
	}
	return &c.Feeds[0]
}

// A file may be as large and as wide as it likes: what is looked at is bounded.
func TestOnlySoManyCellsAreLookedAt(t *testing.T) {
	body := []byte(strings.Repeat(strings.Repeat("x,", 999)+"SKU\n", 2) + strings.Repeat(strings.Repeat("20260102,", 999)+"1\n", 300))
	p := onboard.Propose(onboard.Sample{File: "wide.csv", Bytes: body, Whole: true}, nil)
	if len(p.Columns) != 1000 || p.Rows > 210 {
		t.Errorf("%d columns, %d rows", len(p.Columns), p.Rows)
	}
}

// FuzzNothingIsGuessed: whatever the sample, a proposal without answers asks at least for what no file can say, and
// what is written then can be read by the configuration.
func FuzzNothingIsGuessed(f *testing.F) {
	f.Add([]byte("Store,SKU,Quantity,Date\nA,1,2,2026-01-02\n"))
	f.Add([]byte("商品编码;销售数量;日期\n1;2;03/04/2026\n"))
	f.Add([]byte(`{"store":{"id":"A"},"sku":"1","qty":2,"date":"2026-01-02"}`))
	f.Add([]byte("<table><tr><td>SKU</td><td>Qty</td></tr><tr><td>1</td><td>2</td></tr></table>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := onboard.Sample{File: "f", Bytes: body, Whole: true}
		p := onboard.Propose(s, nil)
		if _, err := p.YAML("feed", "partner"); err == nil {
			t.Fatal("a feed was written although nobody said what its files report completely")
		}
		answers := onboard.Answers{}
		for range 30 {
			if p.Ready() {
				break
			}
			before := len(answers)
			for _, q := range p.Questions {
				if len(q.Options) > 0 {
					answers[q.ID] = q.Options[0].Value
				}
			}
			if len(answers) == before {
				break
			}
			p = onboard.Propose(s, answers)
		}
		if text, err := p.YAML("feed", "partner"); err == nil {
			feedOf(t, text)
		}
	})
}
