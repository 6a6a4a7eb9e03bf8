//go:build data

package xls

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"sellthrough/ingest/format/sheet"
)

// TestDataARealWorkbook reads a workbook of three sheets in Chinese: orders, returns, people.
func TestDataARealWorkbook(t *testing.T) {
	dir := os.Getenv("SELLTHROUGH_SAMPLES")
	if dir == "" {
		t.Fatal("SELLTHROUGH_SAMPLES does not say where the samples are")
	}
	f, err := os.Open(filepath.Join(dir, "xls", "tableau_zh_superstore.xls"))
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
	for i, s := range b.Sheets() {
		rows, err := b.Rows(i)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for ; ; n++ {
			fields, row, err := rows.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s, row %d: %v", s.Name, row, err)
			}
			if n < 2 {
				t.Logf("%s: %q", s.Name, fields)
			}
			if len(rows.Faults()) > 0 {
				t.Errorf("%s, row %d: %v", s.Name, row, rows.Faults())
			}
		}
		t.Logf("%s: %d rows", s.Name, n)
	}
	rows, err := b.Pick("", sheet.Layout{}, []string{"订单 ID", "产品 ID", "数量", "订单日期"})
	if err != nil || rows.Name() != "订单" {
		t.Fatal(err)
	}
}
