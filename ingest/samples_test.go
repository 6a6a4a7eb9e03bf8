//go:build data

package ingest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/config"
)

// sampleFeeds are the feeds that other people's files are read by: what their formats leave open is said here.
const sampleFeeds = `
data: x
partners:
  - {id: p, name: P, time_zone: Europe/Berlin, currency: EUR, keys: [sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae]}
feeds:
  - {id: x12-stock, partner: p, kind: stock, format: {type: x12}}
  - {id: gm, partner: p, kind: stock, format: {type: x12}, columns: {at: {column: at, zone: written}}}
  - {id: dc, partner: p, kind: stock, format: {type: x12, edi: {dates: ["405"], codes: {"02": none}}}}
  - {id: x12-sales, partner: p, kind: sales, format: {type: x12}, identity: &doc {scope: location-day}, equal_rows_across_files: duplicate}
  # Whose second place has nothing but what it is short of, so that a feed has to want it to see the place.
  - {id: x12-short, partner: p, kind: stock, format: {type: x12, edi: {codes: {QO: on_order}}}}
  # No envelope: the marks can only come from the partner.
  - {id: pharmacy-stock, partner: p, kind: stock, format: {type: x12, edi: {element: "*", terminator: "~"}}}
  - {id: pharmacy-sales, partner: p, kind: sales, format: {type: x12, edi: {element: "*", terminator: "~"}}, identity: *doc, equal_rows_across_files: duplicate}
  # Contract price, else the catalogue's.
  - {id: resale, partner: p, kind: sales, format: {type: x12, edi: {basis: [CT, CA, DI]}}, columns: {location: {constant: dc}, amount: {price: price}}, currency: USD, identity: {scope: document}, coverage: {kind: document}}
  # One that writes the day of its report alone.
  - {id: resale-month, partner: p, kind: sales, format: {type: x12, edi: {basis: [DI], dates: ["327"]}}, columns: {location: {constant: dc}, amount: amount}, currency: USD, identity: {scope: document}, coverage: {kind: document}}
  - {id: slsrpt, partner: p, kind: sales, format: {type: edifact, edi: {basis: [AAE]}}, columns: {amount: {price: price}}, identity: *doc, equal_rows_across_files: duplicate}
  - {id: invrpt, partner: p, kind: stock, format: {type: edifact, edi: {location: [GY, "14"], dates: ["366", "91", "137"]}}}
  - {id: poslog, partner: p, kind: sales, format: {type: poslog, poslog: {void: signed, item_types: {"acs:NegativeItem": skip}}}, currency: USD, identity: *doc, equal_rows_across_files: duplicate}
  - {id: gs1xml, partner: p, kind: stock, format: {type: gs1xml}}
  - id: shop
    partner: p
    kind: sales
    format: {type: xlsx, sheet: Year 2009-2010}
    currency: GBP
    columns: &shop {document: Invoice, item: StockCode, qty: Quantity, amount: {price: Price}, at: {column: InvoiceDate, layouts: ["YYYY-MM-DD HH:mm:ss"]}, kind: {constant: sell_out, negative: return_in}, location: {constant: web}}
    identity: &by {scope: document}
    coverage: &whole {kind: document}
  - {id: shop-2, partner: p, kind: sales, format: {type: xlsx, sheet: Year 2010-2011}, currency: GBP, columns: *shop, identity: *by, coverage: *whole}
  - id: superstore
    partner: p
    kind: sales
    format: {type: xls, sheet: 订单}
    currency: CNY
    columns: {document: 订单 ID, item: 产品 ID, qty: 数量, amount: 销售额, business_date: 订单日期, location: {constant: web}}
    identity: {scope: document, line_key: [行 ID]}
  - id: orders-gbk
    partner: p
    kind: sales
    currency: CNY
    columns: {document: order_id, item: product_id, qty: quantity, amount: amount, at: {column: order_time, layouts: ["YYYY/M/D H:mm"]}, location: {constant: web}}
    identity: *by
    coverage: *whole
  - id: mini
    partner: p
    kind: sales
    currency: CNY
    columns: {document: order_id, item: item_id, qty: quantity, amount: amount, business_date: sale_date, location: {constant: web}}
    identity: *by
    coverage: *whole
`

// sampleOf says by which feeds each file is read. A folder's files are read alike.
var sampleOf = []struct{ file, feeds string }{
	{"csv_zh/marketmind_mini_retail.csv", "mini"},
	{"csv_zh/marketmind_order_1.csv", "orders-gbk"},
	{"edi_malformed/edifabric_edifact_CorruptUnh.edi", "slsrpt"},
	{"edi_malformed/edifabric_edifact_DuplicateMessage.edi", "slsrpt"},
	{"edi_malformed/edifabric_x12_CorruptIsa.edi", "x12-sales"},
	{"edi_malformed/edifabric_x12_DuplicateInterchange.edi", "x12-sales"},
	{"edi_malformed/edifabric_x12_DuplicateMessage.edi", "x12-sales"},
	{"edifact_contrl/edifabric_CONTRL.edi", "slsrpt"},
	{"edifact_invrpt/gs1_d96a_example3_excerpt.txt", "invrpt"},
	{"edifact_invrpt/ingram_sg_to_seagate_d97a_newline_terminated.edi", "invrpt"},
	{"edifact_slsrpt/eancom_d96a_store_day.edi", "slsrpt"},
	{"edifact_slsrpt/gs1_d96a_example_excerpt.txt", "slsrpt"},
	{"poslog_xml/kjbreil_ncr_acs_SMALL.xml", "poslog"},
	{"x12_846/oopfactory_example1.edi", "gm"},
	{"x12_846/target_style_4010.edi", "dc"},
	{"x12_852/oopfactory_aftermarket.edi", "x12-stock x12-short x12-sales"},
	{"x12_852/oopfactory_hdexchange.edi", "x12-stock x12-sales"},
	{"x12_852/pharmacy_fragment_no_envelope.edi", "x12-stock pharmacy-stock pharmacy-sales"},
	{"x12_867/ercot_utility_usage_NOT_retail.edi", "x12-sales"},
	{"x12_867/oopfactory_example1.edi", "resale"},
	{"x12_867/oopfactory_example2.edi", "resale resale-month"},
	{"x12_997/edifabric_997.edi", "x12-sales"},
	{"xls/tableau_zh_superstore.xls", "superstore"},
	{"xlsx/online_retail_II_truncated.xlsx", "shop shop-2"},
	{"schemas/", "gs1xml"}, // structures of messages, which are XML and no reports
}

// reading is what a file came to.
type reading struct {
	lines    int
	units    map[string]sellthrough.Decimal // by kind or level, and place where there are several
	money    map[string]sellthrough.Decimal
	refused  []string
	warnings []string
	rows     []string // the first ones, by hand
}

// read reads a body as the intake does.
func readSample(t *testing.T, c *config.Config, id string, src io.Reader) (out reading) {
	t.Helper()
	fc, ok := c.Feed(sellthrough.FeedID(id))
	if !ok {
		t.Fatalf("there is no feed %s", id)
	}
	out.units, out.money = map[string]sellthrough.Decimal{}, map[string]sellthrough.Decimal{}
	m, err := mapping.New(fc)
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(err error) {
		if _, bad := sellthrough.AsRefusal(err); !bad {
			t.Fatalf("%s: %v", id, err)
		}
		out.refused = append(out.refused, err.Error())
	}
	rows, err := openRows(&feed{config: fc, mapping: m}, c.Limits, src)
	if rows != nil && rows.close != nil {
		defer rows.close()
	}
	if err != nil {
		refuse(err)
		return out
	}
	b, err := m.Bind(rows.columns)
	if err != nil {
		refuse(err)
		return out
	}
	var cells mapping.Cells
	for {
		fields, row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = b.MapTo(fields, row, &cells)
		}
		if err != nil {
			refuse(err)
			continue
		}
		out.lines++
		l := cells.Line(fc.Kind)
		what := l.Kind.String()
		if fc.Kind == sellthrough.Stock {
			what = l.Level.String()
		}
		add := func(to map[string]sellthrough.Decimal, k string, d sellthrough.Decimal) {
			sum, err := to[k].Add(d)
			if err != nil {
				t.Fatal(err)
			}
			to[k] = sum
		}
		add(out.units, strings.TrimSpace(what+" "+l.Unit), l.Qty)
		if l.HasAmount {
			currency := l.Currency
			if currency == "" {
				currency = fc.Currency
			}
			add(out.money, currency, l.Amount)
		}
		if len(out.rows) < 20 {
			out.rows = append(out.rows, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", l.Location, l.Item, what, l.Qty, l.Unit)))
		}
	}
	if rows.warnings != nil {
		out.warnings = rows.warnings()
	}
	return out
}

// TestDataEverySampleIsReadOrRefused reads every file of the samples and keeps what it came to in docs/formats.md.
func TestDataEverySampleIsReadOrRefused(t *testing.T) {
	dir, c := samples(t)
	var table strings.Builder
	folders := map[string]string{} // a folder whose files come to the same is one row
	files := map[string]int{}
	table.WriteString("| file | format | read as | lines | quantities | money | refused | why |\n|---|---|---|--:|---|---|--:|---|\n")
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "SOURCES.txt" {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		i := slices.IndexFunc(sampleOf, func(s struct{ file, feeds string }) bool {
			return s.file == name || strings.HasSuffix(s.file, "/") && strings.HasPrefix(name, s.file)
		})
		if i < 0 {
			t.Errorf("no feed reads %s", name)
			return nil
		}
		for id := range strings.FieldsSeq(sampleOf[i].feeds) {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			got := readSample(t, c, id, f)
			f.Close()
			fc, _ := c.Feed(sellthrough.FeedID(id))
			row := fmt.Sprintf("| %s | %s | %d | %s | %s | %d | %s |", fc.Format.Type, id, got.lines, sums(got.units), sums(got.money), len(got.refused), why(got))
			if folder := sampleOf[i].file; strings.HasSuffix(folder, "/") {
				if was, ok := folders[folder]; ok && was != row {
					t.Errorf("%s comes to %s, others of its folder to %s", name, row, was)
				}
				folders[folder] = row
				files[folder]++
				continue
			}
			fmt.Fprintf(&table, "| %s %s\n", name, row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		fmt.Fprintf(&table, "| %s: %d files %s\n", folder, files[folder], folders[folder])
	}
	inPage(t, "TestDataEverySampleIsReadOrRefused", table.String())
}

// TestDataTheThreeHardest are read by hand. The segments in question are written out, because the files stay where they are.
func TestDataTheThreeHardest(t *testing.T) {
	dir, c := samples(t)
	ok := func(file, feed, more, units, money string, rows ...string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		got := readSample(t, c, feed, strings.NewReader(string(text)+more))
		if d := cmp.Diff(rows, got.rows); d != "" || sums(got.units) != units || sums(got.money) != money || len(got.refused) > 0 {
			t.Errorf("%s: %s, %s, refused %v, rows (-want +got):\n%s", file, sums(got.units), sums(got.money), got.refused, d)
		}
	}
	// The party of an 852 is a mode. N1*RL 007061617, then two items: P96A has 10 available and 6 on order, P99A has 77
	// available. Then N1*RL 007061618, and P99A again, which is short of 4 there (ZA*QO, of which this feed wants to hear).
	// A reader that takes the first N1 for the whole set books the 4 at 007061617; one that takes the last, everything at
	// 007061618. The item is the vendor's code, because the dialect's order has it before the buyer's.
	ok("x12_852/oopfactory_aftermarket.edi", "x12-short", "", "available EA 87, on_order EA 10", "",
		"007061617 P96A available 10 EA", "007061617 P96A on_order 6 EA", "007061617 P99A available 77 EA", "007061618 P99A on_order 4 EA")
	// Three transfers, in each the QTY before its LIN. PTD*SS: 15 boxes of 30387698433527, at the contract price of 18.25 (22.25 is
	// the catalogue's). PTD*SS: 4 boxes of 30387698332615 at 32.40. PTD*PA: a price adjustment, of which QTY*32*1 moves nothing.
	// 15 × 18.25 + 4 × 32.40 = 273.75 + 129.60 = 403.35. A reader with a current LIN books the 15 on nothing and the 4 on the
	// first item; one that adds all QTY*32 sells 20.
	ok("x12_867/oopfactory_example1.edi", "resale", "", "sell_through BX 19", "USD 403.35", "dc 30387698433527 sell_through 15 BX", "dc 30387698332615 sell_through 4 BX")
	// The excerpt of GS1's example ends at CPS+1. As GS1 prints it, QTY+145:300 is the stock (that can be sold), and 150, 100 and 50 follow, each of
	// one pallet, under the same qualifier: 300 = 150 + 100 + 50 is counted once. A reader that adds equal qualifiers has 600.
	ok("edifact_invrpt/gs1_d96a_example3_excerpt.txt", "invrpt", "\nPAC+1++201'\nQTY+145:100'\nCPS+2'\nPAC+1++201'\nQTY+145:50'\nCPS+3'\nPAC+1++201'\nUNT+19+ME000001'\n",
		"available 300", "", "5410738100050 5412345100102 available 300")
}

// samples gives the folder of the samples, and the feeds.
func samples(t *testing.T) (string, *config.Config) {
	t.Helper()
	dir := os.Getenv("SELLTHROUGH_SAMPLES")
	if dir == "" {
		t.Fatal("SELLTHROUGH_SAMPLES does not say where the samples are; run `make test-data`")
	}
	c, err := config.Parse("samples.yml", []byte(sampleFeeds), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return dir, c
}

func sums(m map[string]sellthrough.Decimal) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+" "+m[k].String())
	}
	return strings.Join(out, ", ")
}

// why gives the reasons of refusals, each once and with its row, and what was odd.
func why(r reading) string {
	cell := strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;")
	var out []string
	more := 0
	for _, s := range r.refused {
		if len(out) < 4 {
			out = append(out, cell.Replace(s))
		} else {
			more++
		}
	}
	if more > 0 {
		out = append(out, fmt.Sprintf("… and %d more", more))
	}
	for _, w := range r.warnings {
		out = append(out, "warning: "+cell.Replace(w))
	}
	return strings.Join(out, "<br>")
}
