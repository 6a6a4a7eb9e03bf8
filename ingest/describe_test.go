package ingest

import (
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/internal/config"
)

func TestARowIsDescribedByTheColumnsThatNobodyReads(t *testing.T) {
	c, err := config.Parse("t.yml", []byte(formatSettings), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		feed, body string
		row        uint32
		want       Described
	}{
		{"gb", "销售日报\n门店,门店名称,条码,商品名称,型号,国际条码,数量,金额,日期\nS1,一店,1,电水壶,K-1,4007399434498,1,5,2026-03-02\nS2,二店,2,电饭煲,,,1,5,2026-03-02\n合计,,,,,,2,10,\n", 4, Described{Item: "电饭煲", Place: "二店"}},
		{"gb", "门店,门店名称,条码,商品名称,型号,国际条码,数量,金额,日期\nS1,一店,1,电水壶,K-1,4007399434498,1,5,2026-03-02\n", 2, Described{Item: "电水壶 K-1", GTIN: "4007399434498", Place: "一店"}},
		{"gb", "门店,门店名称,条码,数量,金额,日期\nS1,一店,1,1,5,2026-03-02\n", 9, Described{}},
		{"gb", "no header at all\n", 1, Described{}},
		{"ndjson", "{\"Filiale\":\"S1\"}\n{\"Filiale\":\"S1\",\"article\":{\"description\":\"Kettle\",\"ean\":\"4007399434498\"}}\n", 2, Described{Item: "Kettle", GTIN: "4007399434498"}},
		{"x12", "ISA", 1, Described{}},
	} {
		feed, ok := c.Feed(sellthrough.FeedID(x.feed))
		if !ok {
			t.Fatal(x.feed)
		}
		got, err := Describe(feed, c.Limits, strings.NewReader(x.body), x.row)
		if err != nil || got != x.want {
			t.Errorf("%s row %d: %+v, %v", x.feed, x.row, got, err)
		}
	}
	book, _ := c.Feed("xlsx")
	body := workbook(t, []string{"Filiale", "EAN", "Bezeichnung", "Menge", "Betrag", "Datum"}, []string{"S1", "4007399434498", "Wasserkocher", "1", "5", "2026-03-07"})
	if got, err := Describe(book, c.Limits, strings.NewReader(body), 2); err != nil || got.Item != "Wasserkocher" {
		t.Errorf("%+v, %v", got, err)
	}
}
