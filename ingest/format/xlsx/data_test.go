//go:build data

package xlsx

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"sellthrough/ingest/format/sheet"
)

// TestDataARealWorkbook reads a retailer's workbook of two sheets with the same header.
func TestDataARealWorkbook(t *testing.T) {
	dir := os.Getenv("SELLTHROUGH_SAMPLES")
	if dir == "" {
		t.Fatal("SELLTHROUGH_SAMPLES does not say where the samples are")
	}
	f, err := os.Open(filepath.Join(dir, "xlsx", "online_retail_II_truncated.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(f, info.Size(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"Invoice", "StockCode", "Quantity", "InvoiceDate", "Price"}
	if _, err := b.Pick("", sheet.Layout{}, names); err == nil {
		t.Error("two sheets have the header, and one was picked")
	}
	total := 0
	for _, s := range b.Sheets() {
		rows, err := b.Pick(s.Name, sheet.Layout{}, names)
		if err != nil {
			t.Fatal(err)
		}
		r := sheet.NewReader(rows, sheet.Layout{}, sheet.Options{Names: names, Key: []string{"StockCode"}})
		for n := 0; ; n++ {
			fields, row, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s, row %d: %v", s.Name, row, err)
			}
			total++
			if n == 0 {
				t.Logf("%s: %q", s.Name, fields)
				if at := string(fields[4]); len(at) != len("2009-12-06 10:30:00") {
					t.Errorf("%s: the first time is %q", s.Name, at)
				}
			}
		}
	}
	if total != 34_766 {
		t.Errorf("%d rows", total)
	}
}
