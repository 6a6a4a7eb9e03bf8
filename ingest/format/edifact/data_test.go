//go:build data

package edifact

import (
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
	stock := []string{"location", "item", "qty", "level", "business_date"}
	sales := []string{"location", "item", "qty", "amount", "business_date"}
	for _, c := range []struct {
		file string
		o    asked
		want string // what it reads, with refusals by their row
	}{
		{"edifact_slsrpt/eancom_d96a_store_day.edi", asked{Feed: sellthrough.Sales, Columns: []string{"qty"}}, strings.TrimSpace(strings.Repeat("1 ", 12))},
		{"edifact_slsrpt/gs1_d96a_example_excerpt.txt", asked{Feed: sellthrough.Sales, Columns: sales}, "0!"},
		{"edifact_invrpt/gs1_d96a_example3_excerpt.txt", asked{Feed: sellthrough.Stock, Columns: stock}, "0!"},
		{"edifact_invrpt/ingram_sg_to_seagate_d97a_newline_terminated.edi", asked{Feed: sellthrough.Stock, Columns: stock}, "2030SG01|STFR5000800|2|on_hand|2026-09-09 12!"},
		{"edifact_invrpt/ingram_sg_to_seagate_d97a_newline_terminated.edi", asked{Feed: sellthrough.Stock, Columns: stock, Dialect: edi.Dialect{Codes: map[string]string{"16": "none"}, Counts: "ignore"}}, "2030SG01|STFR5000800|2|on_hand|2026-09-09"},
		{"edi_malformed/edifabric_edifact_CorruptUnh.edi", asked{Feed: sellthrough.Sales, Columns: sales}, "2! 40! 78!"},
		{"edi_malformed/edifabric_edifact_DuplicateMessage.edi", asked{Feed: sellthrough.Sales, Columns: sales}, "2! 40!"},
		{"edifact_contrl/edifabric_CONTRL.edi", asked{Feed: sellthrough.Sales, Columns: sales}, ""},
	} {
		f, err := os.Open(filepath.Join(dir, c.file))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for line := range strings.Lines(brief(c.o, f)) {
			out = append(out, strings.TrimSpace(line))
		}
		if got := strings.Join(out, " "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.file, got, c.want)
		}
		f.Close()
	}
}
