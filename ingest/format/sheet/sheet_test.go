package sheet_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"sellthrough"
	"sellthrough/ingest/format/csv"
	"sellthrough/ingest/format/sheet"
)

var update = flag.Bool("update", false, "rewrite what is wanted")

// settings is the second section of a case.
type settings struct {
	Names  []string     `yaml:"names"`
	Key    []string     `yaml:"key"`
	Sums   []string     `yaml:"sums"`
	Header []string     `yaml:"header"`
	Layout sheet.Layout `yaml:"layout"`
}

func number(b []byte) (sellthrough.Decimal, bool) {
	d, err := sellthrough.ParseDecimal(b)
	return d, err == nil
}

func TestTables(t *testing.T) {
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
			var s settings
			d := yaml.NewDecoder(bytes.NewReader(a.Files[0].Data))
			d.KnownFields(true)
			if err := d.Decode(&s); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			r := sheet.NewReader(csv.NewReader(bytes.NewReader(a.Files[1].Data), csv.Options{}), s.Layout, sheet.Options{
				Names: s.Names, Key: s.Key, Sums: s.Sums, Header: s.Header, Number: number,
				Total: func(x sheet.Total) {
					fmt.Fprintf(&out, "row %d: %s total %q %s\n", x.Row, x.Kind, x.Label, strings.Join(x.Values, "|"))
					for _, c := range x.Checks {
						fmt.Fprintf(&out, "  %s: says %s, adds up to %s, agrees %v, unsure %v\n", c.Column, c.Says, c.Adds, c.Agrees, c.Unsure)
					}
				},
			})
			columns, err := r.Columns()
			if err != nil {
				fmt.Fprintf(&out, "%v\n", err)
			} else {
				fmt.Fprintf(&out, "columns %s\n", strings.Join(columns, "|"))
			}
			for {
				fields, row, err := r.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					fmt.Fprintf(&out, "%v\n", err)
					continue
				}
				fmt.Fprintf(&out, "row %d: %s\n", row, bytes.Join(fields, []byte("|")))
			}
			fmt.Fprintf(&out, "%+v\n", r.Counts())
			if *update {
				a.Files[2].Data = []byte(out.String())
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(a.Files[2].Data), out.String()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestALostConnectionIsNotTheDatasFault(t *testing.T) {
	lost := errors.New("connection lost")
	for _, text := range []string{"", "a,b\n", "title\nx,y\n1,2\n"} {
		src := csv.NewReader(io.MultiReader(strings.NewReader(text), iotest.ErrReader(lost)), csv.Options{})
		r := sheet.NewReader(src, sheet.Layout{}, sheet.Options{Names: []string{"x", "z"}})
		if _, err := r.Columns(); err != lost {
			t.Errorf("%q: %v", text, err)
		}
		if _, _, err := r.Next(); err != lost {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWordsOfTotals(t *testing.T) {
	for cell, want := range map[string]bool{
		"合计": true, "合 计": true, "总计：": true, "小计(12件)": true, "本页合计:": true, "共 12 条": true, "共12条记录": true, "合計": true, "【合计】": true,
		"Total": true, "GRAND TOTAL": true, "Total:": true, "Subtotal (3)": true, "Ｔｏｔａｌ": true, "sub-total": true, "Summe": true,
		"共享单车": false, "Total Quartz 5W-40": false, "TOTAL-5W40": false, "合计算器": false, "T1": false, "SUMO": false, "Totally": false, "小计算机": false, "": false, "共": false, "S-100": false,
	} {
		body := "item,qty\n\"" + cell + "\",5\n"
		totals := 0
		r := sheet.NewReader(csv.NewReader(strings.NewReader(body), csv.Options{}), sheet.Layout{}, sheet.Options{
			Names: []string{"item", "qty"}, Key: []string{"item"}, Total: func(sheet.Total) { totals++ },
		})
		rows := 0
		for {
			if _, _, err := r.Next(); err != nil {
				break
			}
			rows++
		}
		if (totals == 1) != want || rows+totals != 1 {
			t.Errorf("%q: %d totals, %d rows", cell, totals, rows)
		}
	}
}

// FuzzEveryRecordIsAccountedFor: a record is a title, a header, a total, a footer or a row, and nothing is made up.
func FuzzEveryRecordIsAccountedFor(f *testing.F) {
	f.Add([]byte("t\nitem,qty\na,1\n合计,1\n"), uint8(0), uint8(1), false)
	f.Add([]byte("item,A,,B,\n,x,y,x,y\na,1,2,,\nitem,A,,B,\nprinted: x,\n"), uint8(0), uint8(2), true)
	f.Add([]byte("\n\nitem,A\n\"\",5\n"), uint8(3), uint8(1), false)
	f.Fuzz(func(t *testing.T, body []byte, row, rows uint8, groups bool) {
		records, refused := 0, 0
		for r := csv.NewReader(bytes.NewReader(body), csv.Options{}); ; {
			r.Expect(0)
			_, _, err := r.Next()
			if err == io.EOF {
				break
			}
			if x, ok := sellthrough.AsRefusal(err); ok && x.Row == 0 {
				return
			}
			if err != nil {
				refused++
			}
			records++
		}
		l := sheet.Layout{HeaderRow: int(row), HeaderRows: int(rows % 4), BlankTotal: row%2 == 1}
		if groups {
			l.Unpivot = sheet.Unpivot{Name: "store", Value: "v", Keep: []string{"item"}}
		}
		totals, given, bad := 0, map[uint32]bool{}, 0
		r := sheet.NewReader(csv.NewReader(bytes.NewReader(body), csv.Options{}), l, sheet.Options{
			Names: []string{"item", "qty"}, Key: []string{"item"}, Sums: []string{"qty"}, Number: number, Total: func(sheet.Total) { totals++ },
		})
		columns, err := r.Columns()
		if err != nil {
			return
		}
		for {
			fields, row, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				if bad++; bad > records {
					t.Fatal("endless refusals")
				}
				continue
			}
			if groups && len(fields) != len(columns) {
				t.Fatalf("%d fields of %d", len(fields), len(columns))
			}
			given[row] = true
		}
		c := r.Counts()
		if c.Totals != totals || len(given)+c.Totals+c.Footers+c.Headers+c.Titles > records {
			t.Fatalf("%+v, %d rows, %d totals of %d records", c, len(given), totals, records)
		}
		if !groups && refused == 0 && bad == 0 && len(given)+c.Totals+c.Footers+c.Headers+c.Titles+max(1, l.HeaderRows) != records {
			t.Fatalf("%+v, %d rows of %d records", c, len(given), records)
		}
	})
}

func BenchmarkPlain(b *testing.B) {
	body := []byte("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n" +
		strings.Repeat("536365,SKU85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n", 20_000))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r := sheet.NewReader(csv.NewReader(bytes.NewReader(body), csv.Options{}), sheet.Layout{}, sheet.Options{
			Names: []string{"InvoiceNo", "StockCode", "Quantity"}, Key: []string{"StockCode"},
		})
		for {
			if _, _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}
