//go:build data

package x12

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/ingest/format/edi"
)

// What is true of other people's files. They are read where they lie.
func TestDataSamples(t *testing.T) {
	dir := os.Getenv("SELLTHROUGH_SAMPLES")
	if dir == "" {
		t.Fatal("SELLTHROUGH_SAMPLES does not say where the samples are")
	}
	stock := []string{"location", "item", "qty", "level"}
	sales := []string{"document", "counterparty", "item", "qty", "kind", "business_date"}
	for _, c := range []struct {
		file string
		o    asked
		want string // what it reads, with refusals by their row
	}{
		{"x12_852/oopfactory_aftermarket.edi", asked{Feed: sellthrough.Stock, Columns: stock}, "007061617|P96A|10|available 007061617|P96A|6|on_order 007061617|P99A|77|available"},
		{"x12_852/oopfactory_hdexchange.edi", asked{Feed: sellthrough.Sales, Columns: []string{"location", "item", "qty", "kind", "business_date"}}, "1234567890001|09999982512|88|sell_out|1999-12-05"},
		{"x12_852/pharmacy_fragment_no_envelope.edi", asked{Feed: sellthrough.Sales, Columns: []string{"location", "qty"}}, "0!"},
		{
			"x12_852/pharmacy_fragment_no_envelope.edi",
			asked{Feed: sellthrough.Stock, Columns: stock, Dialect: edi.Dialect{Element: "*", Terminator: "~"}},
			"NPI PHARMACY ID1|55111-0124-05|115|on_hand NPI PHARMACY ID2|55111-0124-05|120|on_hand NPI PHARMACY ID3|55111-0124-05|265|on_hand",
		},
		{"x12_867/oopfactory_example1.edi", asked{Feed: sellthrough.Sales, Columns: sales}, "DM20001|89KGH1140|30387698433527|15|sell_through|2000-03-01 DM20001||30387698332615|4|sell_through|2000-03-01"},
		{"x12_867/oopfactory_example2.edi", asked{Feed: sellthrough.Sales, Columns: sales}, "CT22000|89KGH1140|30387698433527|15|sell_through|"},
		{"x12_867/ercot_utility_usage_NOT_retail.edi", asked{Feed: sellthrough.Sales, Columns: sales}, "4!"},
		{"x12_846/oopfactory_example1.edi", asked{Feed: sellthrough.Stock, Columns: stock}, "SAN003|1234123232|5250|available 12! 14!"},
		{"x12_846/target_style_4010.edi", asked{Feed: sellthrough.Stock, Columns: stock}, "DC001|012345678901|500|available 6! |012345678902|250|available"},
		{"edi_malformed/edifabric_x12_DuplicateInterchange.edi", asked{Feed: sellthrough.Sales, Columns: sales}, "3! 22!"},
		{"x12_997/edifabric_997.edi", asked{Feed: sellthrough.Sales, Columns: sales}, ""},
	} {
		f, err := os.Open(filepath.Join(dir, c.file))
		if err != nil {
			t.Fatal(err)
		}
		if got := rows(c.o, f); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.file, got, c.want)
			_, _ = f.Seek(0, io.SeekStart)
			t.Log("\n" + show(c.o, f))
		}
		f.Close()
	}
}

func rows(o asked, src io.Reader) string {
	var out []string
	for line := range strings.Lines(brief(o, src)) {
		out = append(out, strings.TrimSpace(line))
	}
	return strings.Join(out, " ")
}
