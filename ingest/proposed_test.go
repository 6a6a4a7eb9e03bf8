//go:build data

package ingest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/ingest/onboard"
	"sellthrough/internal/block"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
)

// dialogue is what is asked about a file of somebody else, and what it comes to by the feed that is then written.
type dialogue struct {
	name  string
	files string // a pattern: the feed is proposed from the first one, and reads them all
	// asked are all the questions in their order, each with the answer of who knows the file: what a file does not tell.
	asked string
	reads string // the feed's columns, as they were found
	comes string // lines, units, money and refused rows of all files
}

// The figures are those of independent readers over the raw files: two rows of the grocer were damaged before they were
// published.
var dialogues = []dialogue{
	{
		name: "sixty days of a shop", files: "DATA/uci-online-retail/*.csv",
		asked: "location=WEB; party=counterparty; tax=included; kind.constant=sell_out; kind.negative=return_in; identity.scope=document; coverage=none; equal_rows_across_files=duplicate",
		reads: "amount price=UnitPrice; at InvoiceDate; counterparty CustomerID; document InvoiceNo; item StockCode; location constant=WEB; qty Quantity",
		comes: "95054 lines, 830961 units, 1642617.43, 0 refused",
	},
	{
		name: "a grocer", files: "DATA/complete-journey/transactions_sample.csv",
		asked: "party=customer; tax=included; kind.constant=sell_out; identity.scope=document; coverage=none; equal_rows_across_files=duplicate",
		reads: "amount sales_value; at transaction_timestamp; customer household_id; document basket_id; item product_id; location store_id; qty quantity",
		comes: "74998 lines, 7784694 units, 233935.24, 2 refused",
	},
	{
		name: "orders in GBK", files: "SAMPLES/csv_zh/marketmind_order_1.csv",
		asked: "location=WEB; columns.at=order_time; party=customer; tax=included; kind.constant=sell_out; identity.scope=document; coverage=none; equal_rows_across_files=duplicate",
		reads: "amount amount; at order_time; customer user_id; document order_id; item product_id; location constant=WEB; qty quantity",
		comes: "1693 lines, 2084 units, 2838383.66, 0 refused",
	},
	{
		name: "five orders", files: "SAMPLES/csv_zh/marketmind_mini_retail.csv",
		asked: "location=WEB; party=customer; tax=included; kind.constant=sell_out; identity.scope=document; coverage=none; equal_rows_across_files=duplicate",
		reads: "amount amount; business_date sale_date; customer user_id; document order_id; item item_id; location constant=WEB; qty quantity",
		comes: "5 lines, 7 units, 80, 0 refused",
	},
	{
		name: "a workbook in Chinese", files: "SAMPLES/xls/tableau_zh_superstore.xls",
		asked: "sheet=订单; location=WEB; party=counterparty; tax=included; kind.constant=sell_out; coverage=none",
		reads: "amount 销售额; business_date 订单日期; counterparty 客户 ID; document 订单 ID; item 产品 ID; location constant=WEB; qty 数量",
		comes: "10000 lines, 37675 units, 16117548.237, 0 refused",
	},
	{
		name: "the first sheet of two", files: "SAMPLES/xlsx/online_retail_II_truncated.xlsx",
		asked: "sheet=Year 2009-2010; location=WEB; party=counterparty; tax=included; kind.constant=sell_out; kind.negative=return_in; identity.scope=document; coverage=none; equal_rows_across_files=duplicate",
		reads: "amount price=Price; at InvoiceDate; counterparty Customer ID; document Invoice; item StockCode; location constant=WEB; qty Quantity",
		comes: "14269 lines, 332062 units, 541177.16, 0 refused",
	},
	{
		name: "the second sheet of two", files: "SAMPLES/xlsx/online_retail_II_truncated.xlsx",
		asked: "sheet=Year 2010-2011; location=WEB; party=counterparty; tax=included; kind.constant=sell_out; kind.negative=return_in; identity.scope=document; coverage=none; equal_rows_across_files=duplicate",
		reads: "amount price=Price; at InvoiceDate; counterparty Customer ID; document Invoice; item StockCode; location constant=WEB; qty Quantity",
		comes: "20497 lines, 421538 units, 690521.91, 0 refused",
	},
}

// TestDataProposedFeedsReadTheFiles: of a file that nobody described, the columns that matter are found, what it does not tell
// is asked, and the feed that is written loads it through the intake.
func TestDataProposedFeedsReadTheFiles(t *testing.T) {
	samples, data := os.Getenv("SELLTHROUGH_SAMPLES"), os.Getenv("SELLTHROUGH_DATA")
	if samples == "" || data == "" {
		t.Fatal("SELLTHROUGH_SAMPLES and SELLTHROUGH_DATA do not say where the files are; run `make test-data`")
	}
	for _, d := range dialogues {
		t.Run(d.name, func(t *testing.T) {
			files, err := filepath.Glob(strings.NewReplacer("SAMPLES", samples, "DATA", data).Replace(d.files))
			if err != nil || len(files) == 0 {
				t.Fatalf("no file is %s", d.files)
			}
			p := talk(t, &d, files[0])
			if diff := cmp.Diff(d.reads, mapped(&p)); diff != "" {
				t.Errorf("the columns: -want +got\n%s", diff)
			}
			text, err := p.YAML("proposed", "partner")
			if err != nil {
				t.Fatal(err)
			}
			if got := load(t, text, files); got != d.comes {
				t.Errorf("the feed reads %s, want %s\n%s", got, d.comes, text)
			}
		})
	}
}

// talk answers the questions one by one, as they come.
func talk(t *testing.T, d *dialogue, file string) onboard.Proposal {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := onboard.Sample{File: filepath.Base(file), Bytes: body, Whole: true}
	known, answers, asked := map[string]string{}, onboard.Answers{}, []string{}
	for a := range strings.SplitSeq(d.asked, "; ") {
		id, value, _ := strings.Cut(a, "=")
		known[id] = value
	}
	for {
		p := onboard.Propose(s, answers)
		if len(p.Questions) == 0 {
			if diff := cmp.Diff(d.asked, strings.Join(asked, "; ")); diff != "" {
				t.Errorf("the questions: -want +got\n%s", diff)
			}
			return p
		}
		q := p.Questions[0]
		if _, ok := known[q.ID]; !ok || answers[q.ID] != "" {
			t.Fatalf("asked behind %v: %s: %s", asked, q.ID, q.Text)
		}
		asked = append(asked, q.ID+"="+known[q.ID])
		answers[q.ID] = known[q.ID]
	}
}

// mapped lists what the columns of a feed are.
func mapped(p *onboard.Proposal) string {
	var all []string
	for _, f := range []string{"amount", "at", "business_date", "counterparty", "currency", "customer", "document", "item", "kind", "location", "qty", "serial", "unit"} {
		m, ok := p.Mapped[f]
		switch {
		case !ok:
		case m.Price:
			all = append(all, f+" price="+m.Column)
		case m.Column != "":
			all = append(all, f+" "+m.Column)
		case m.Constant != "" && f != "kind":
			all = append(all, f+" constant="+m.Constant)
		}
	}
	return strings.Join(all, "; ")
}

// load takes the files in by a feed, and adds up what is on the road then.
func load(t *testing.T, feed string, files []string) string {
	t.Helper()
	w := newWorld(t)
	c := w.collect("a", func(c *config.Config) {
		text := "data: " + c.Data + "\nengines: {kafka: {partitions: 3}}\nlimits: {body: 300MiB}\npartners:\n" +
			"  - {id: partner, name: Partner, time_zone: Asia/Shanghai, currency: CNY, keys: [" + string(config.HashKey("key")) + "]}\nfeeds:\n" + feed
		parsed, err := config.Parse("proposed.yml", []byte(text), func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		*c = *parsed
	})
	accepted, refused := int64(0), int64(0)
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Accept(t.Context(), Request{Partner: "partner", Feed: "proposed", Key: filepath.Base(file), File: filepath.Base(file), Body: f, Length: info.Size()})
		_ = f.Close()
		if err != nil {
			t.Fatalf("%s: %v", filepath.Base(file), err)
		}
		accepted, refused = accepted+r.Accepted, refused+r.Refused
	}
	lines, units, money := w.sums()
	if lines != accepted {
		t.Errorf("the receipts say %d lines, and %d are on the road", accepted, lines)
	}
	return fmt.Sprintf("%d lines, %s units, %s, %d refused", lines, units, money, refused)
}

// sums adds up what end marks list.
func (w *world) sums() (lines int64, units, money sellthrough.Decimal) {
	w.t.Helper()
	add := func(to *sellthrough.Decimal, d sellthrough.Decimal) {
		var err error
		if *to, err = to.Add(d); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, msgs := range w.road() {
		at := map[int64]bus.Message{}
		for _, m := range msgs {
			at[m.Offset] = m
			var e sellthrough.EndMark
			if m.Type != bus.TypeEnd {
				continue
			}
			if err := json.Unmarshal(m.Value, &e); err != nil {
				w.t.Fatal(err)
			}
			for _, o := range e.Blocks {
				b, err := block.Read(at[o].Value)
				if err != nil {
					w.t.Fatal(err)
				}
				for n := range b.Len() {
					l := b.Line(n, sellthrough.Sales)
					lines++
					add(&units, l.Qty)
					add(&money, l.Amount)
				}
			}
		}
	}
	return lines, units, money
}
