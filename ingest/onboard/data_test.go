//go:build data

package onboard_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sellthrough/ingest/onboard"
)

// TestDataRealFilesAreProposed: files of shops, a supermarket chain and marketplaces become feeds that read them.
func TestDataRealFilesAreProposed(t *testing.T) {
	samples, data := os.Getenv("SELLTHROUGH_SAMPLES"), os.Getenv("SELLTHROUGH_DATA")
	if samples == "" || data == "" {
		t.Fatal("SELLTHROUGH_SAMPLES and SELLTHROUGH_DATA do not say where the files are")
	}
	common := onboard.Answers{"party": "none", "kind.constant": "sell_out", "kind.negative": "return_in", "coverage": "none", "equal_rows_across_files": "duplicate", "tax": "included", "location": "WEB"}
	for _, c := range []struct {
		file    string
		answers onboard.Answers
		asked   string // some of the questions
		has     []string
		reads   string // the end of the dry run's first line; "" for workbooks
	}{
		{
			filepath.Join(data, "uci-online-retail", "2010-12-01.csv"),
			onboard.Answers{"identity.scope": "document", "party": "counterparty"},
			"coverage identity.scope party kind.constant kind.negative location tax",
			[]string{"document: InvoiceNo", "item: StockCode", "qty: Quantity", "amount: {price: UnitPrice}", "at: InvoiceDate", "counterparty: CustomerID"},
			"reads 3108 rows, refuses 0, 0 totals",
		},
		{
			filepath.Join(data, "complete-journey", "transactions_sample.csv"),
			onboard.Answers{"identity.scope": "document"},
			"coverage",
			[]string{"document: basket_id", "location: store_id", "item: product_id", "qty: quantity", "amount: sales_value", "at: transaction_timestamp"},
			"reads 74998 rows, refuses 2, 0 totals",
		},
		{
			filepath.Join(samples, "csv_zh", "marketmind_order_1.csv"),
			onboard.Answers{"identity.scope": "document", "columns.at": "order_time", "columns.item": "product_id"},
			"",
			[]string{"encoding: gb18030", "document: order_id", "item: product_id", "qty: quantity", "amount: amount", "YYYY/M/D H:mm"},
			"",
		},
		{
			filepath.Join(samples, "csv_zh", "marketmind_mini_retail.csv"),
			onboard.Answers{"identity.scope": "document"},
			"",
			[]string{"document: order_id", "item: item_id", "qty: quantity", "business_date: sale_date"},
			"reads 5 rows, refuses 0, 0 totals",
		},
		{
			filepath.Join(samples, "xls", "tableau_zh_superstore.xls"),
			onboard.Answers{"sheet": "订单", "identity.scope": "document"},
			"sheet",
			[]string{"type: xls", "sheet: 订单", "document: 订单 ID", "item: 产品 ID", "qty: 数量", "line_key: [行 ID]"},
			"",
		},
		{
			filepath.Join(samples, "xlsx", "online_retail_II_truncated.xlsx"),
			onboard.Answers{"sheet": "Year 2009-2010", "identity.scope": "document"},
			"sheet",
			[]string{"type: xlsx", "sheet: Year 2009-2010", "document: Invoice", "item: StockCode", "qty: Quantity"},
			"",
		},
	} {
		body, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		s := onboard.Sample{File: c.file, Bytes: body, Whole: true}
		var asked []string
		p := onboard.Propose(s, nil)
		for _, q := range p.Questions {
			asked = append(asked, q.ID)
		}
		for q := range strings.FieldsSeq(c.asked) {
			if !strings.Contains(" "+strings.Join(asked, " ")+" ", " "+q+" ") {
				t.Errorf("%s: %s is not asked, but %v", c.file, q, asked)
			}
		}
		answers := onboard.Answers{}
		for _, a := range []onboard.Answers{common, c.answers} {
			maps.Copy(answers, a)
		}
		p = onboard.Propose(s, answers)
		text, err := p.YAML("feed", "partner")
		if err != nil {
			t.Errorf("%s: %v\n%v\n%v", c.file, err, p.Notes, p.Questions)
			continue
		}
		for _, h := range c.has {
			if !strings.Contains(text, h) {
				t.Errorf("%s lacks %q:\n%s", c.file, h, text)
			}
		}
		if p.Format.Type == "csv" {
			out := run(t, &p, text, body)
			t.Logf("%s: %v\n%s%s%s", filepath.Base(c.file), asked, text, out, strings.Join(p.Notes, "\n"))
			if first, _, _ := strings.Cut(out, "\n"); c.reads != "" && first != c.reads {
				t.Errorf("%s: %s, want %s", c.file, out, c.reads)
			}
		} else {
			t.Logf("%s: %v\n%s%s", filepath.Base(c.file), asked, text, strings.Join(p.Notes, "\n"))
		}
	}
}
