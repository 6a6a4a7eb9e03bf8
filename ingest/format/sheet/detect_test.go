package sheet_test

import (
	"fmt"
	"strings"
	"testing"

	"sellthrough/ingest/format/sheet"
)

func table(text string) []sheet.Row {
	var rows []sheet.Row
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.Trim(line, ", ") != "" {
			rows = append(rows, sheet.Row{Number: uint32(i + 1), Cells: strings.Split(line, ",")})
		}
	}
	return rows
}

func TestLayoutsAreProposedWithTheirEvidence(t *testing.T) {
	ok := func(name, text, columns string, data, totals int, questions string) sheet.Proposal {
		t.Helper()
		p := sheet.Detect(table(text))
		var asked []string
		for _, q := range p.Questions {
			asked = append(asked, q.ID)
			if len(q.Options) < 2 || q.Text == "" {
				t.Errorf("%s: %+v is no question", name, q)
			}
		}
		if got := strings.Join(p.Columns, "|"); got != columns || len(p.Data) != data || len(p.Totals) != totals || strings.Join(asked, " ") != questions || len(p.Evidence) == 0 {
			t.Errorf("%s: columns %s, %d rows, %d totals, asks %v\n%s", name, got, len(p.Data), len(p.Totals), asked, strings.Join(p.Evidence, "\n"))
		}
		return p
	}
	ok("plain", "Store,SKU,Quantity\nA,1,2\nA,2,3\n", "Store|SKU|Quantity", 2, 0, "")
	ok("unknown words", "Laden,Ding,Zahl\nA,x,2\nA,y,3\n", "Laden|Ding|Zahl", 2, 0, "")
	ok("titles and totals", "门店销售表\n日期:,2026-11-01,至,2026-11-30\n门店编码,商品编码,销售数量\nSH,1,3\nSH,2,4\n合计,,7\n制表人:张\n", "门店编码|商品编码|销售数量", 2, 1, "")
	ok("a row without a code", "商品编码,销售数量\n1,3\n2,4\n,7\n", "商品编码|销售数量", 2, 1, "layout.blank_total")
	p := ok("stores as columns", "商品编码,商品名称,北京,上海,广州,合计\n1,奶,1,2,3,6\n2,茶,,2,0,2\n", "商品编码|商品名称|北京|上海|广州|合计", 2, 0, "layout.unpivot")
	if got := fmt.Sprint(p.Layout.Unpivot.Keep, p.Groups, p.Layout.Unpivot.Ignore); got != "[商品编码 商品名称] [北京 上海 广州] [合计]" {
		t.Error(got)
	}
	p = ok("two rows", "商品编码,商品名称,北京,,上海,\n,,销量,库存,销量,库存\n1,奶,1,2,3,6\n", "商品编码|商品名称|北京/销量|北京/库存|上海/销量|上海/库存", 1, 0, "layout.unpivot")
	if p.Layout.HeaderRows != 2 {
		t.Errorf("%+v", p.Layout)
	}
	p = ok("no header", "SH,1001,3\nSH,1002,4\n", "column 1|column 2|column 3", 2, 0, "header")
	if !p.Headless {
		t.Error("a row of data is the header")
	}
	ok("other figures beside the quantity", "SKU,Qty,Height,Width,Depth\n1,2,3,4,5\n", "SKU|Qty|Height|Width|Depth", 1, 0, "")
	ok("nothing", "", "", 0, 0, "")
}
