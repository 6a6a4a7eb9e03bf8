//go:build data

package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"sellthrough"
)

// dataDir is the folder of the data sets.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("SELLTHROUGH_DATA")
	if dir == "" {
		t.Fatal("SELLTHROUGH_DATA does not say where the data sets are; run `make test-data`")
	}
	return dir
}

var uciYAML = "partners:\n" + partner("shop", "Europe/London", "GBP") + `
feeds:
  - id: shop-invoices
    partner: shop
    kind: sales
    columns:
      document: InvoiceNo
      item: StockCode
      counterparty: {column: Country, optional: true}
      location: {constant: web}
      qty: Quantity
      amount: {price: UnitPrice}
      kind: {constant: sell_out, negative: return_in}
      at: InvoiceDate
    identity: {scope: document}
    coverage: {kind: document}
`

// TestDataSixtyDaysOfAShop: one file a day of a real shop. Equal rows inside an invoice are separate sales; all files
// again, shuffled, one of them twice at once, change nothing.
func TestDataSixtyDaysOfAShop(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(dataDir(t), "uci-online-retail", "*.csv"))
	if err != nil || len(files) != 60 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	s := start(t, uciYAML)
	bodies := map[string][]byte{}
	for _, f := range files {
		if bodies[f], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
		if r := s.push("shop-invoices", "shop", nil, bodies[f]); r.Refused > 0 {
			t.Errorf("%s: %d rows refused: %v", f, r.Refused, r.Refusals[0])
		}
	}
	s.settled(60)
	const want = "95054 830961 1642617.43"
	totals := func() string { return s.ask("SELECT sum(sign), sum(qty), sum(amount) FROM sellthrough.movements") }
	sums := func() string {
		return s.ask("SELECT sum(d.lines), sum(d.qty), sum(d.amount) FROM sellthrough.sales_daily AS d")
	}
	if got := totals(); got != want {
		t.Errorf("ledger: %s, want %s", got, want)
	}
	if got := sums(); got != want {
		t.Errorf("sums: %s, want %s", got, want)
	}
	if got := s.ask("SELECT sum(new), sum(duplicate) FROM sellthrough.v_submissions"); got != "95054 0" {
		t.Errorf("new and duplicate: %s", got)
	}
	for pass := 1; pass <= 2; pass++ {
		rand.New(rand.NewPCG(uint64(pass), 1)).Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		extra := files[7]
		var wg sync.WaitGroup
		for _, f := range slices.Insert(slices.Clone(files), 8, extra) {
			if f == extra {
				wg.Go(func() { s.push("shop-invoices", "shop", nil, bodies[f]) })
				continue
			}
			s.push("shop-invoices", "shop", nil, bodies[f])
		}
		wg.Wait()
		s.settled(60 + 61*pass)
		lines := bytes.Count(bodies[extra], []byte("\n")) - 1
		if pass == 1 {
			if got, want := s.ask("SELECT sum(new), sum(duplicate), sum(withdrawn) FROM sellthrough.v_submissions"), fmt.Sprintf("95054 %d 0", 95054+lines); got != want {
				t.Errorf("after pass %d: new, duplicate, withdrawn %s, want %s", pass, got, want)
			}
		}
	}
	if got := totals(); got != want {
		t.Errorf("ledger after all again: %s, want %s", got, want)
	}
	if got := sums(); got != want {
		t.Errorf("sums after all again: %s, want %s", got, want)
	}
	s.verify()
	t.Logf("60 files three times: ledger %s", totals())
}

var journeyYAML = "partners:\n" + partner("grocer", "America/New_York", "USD") + `
feeds:
  - id: grocer-pos
    partner: grocer
    kind: sales
    currency: USD
    columns:
      document: basket_id
      location: store_id
      item: product_id
      qty: quantity
      amount: sales_value
      at: {column: transaction_timestamp, zone: UTC}
    identity: {scope: document}
    coverage: {kind: document}
`

// TestDataJourneyOf293Stores: volumes, zero quantities, timestamps in UTC of stores in New York. The totals by business
// day are those of an independent query over the raw file.
func TestDataJourneyOf293Stores(t *testing.T) {
	path := filepath.Join(dataDir(t), "complete-journey", "transactions_sample.csv")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, journeyYAML)
	r := s.push("grocer-pos", "grocer", nil, raw)
	// Two rows of the sample were damaged before it was published: row 37995 has the basket 4.0128e+10, whose digits a
	// spreadsheet has destroyed, and row 48832 the value 4.440892e-16, an artefact of floating point. Both are refused.
	if r.Accepted != 74998 || r.Refused != 2 || r.Refusals[0].Row != 37995 || r.Refusals[1].Row != 48832 {
		t.Errorf("%d accepted, %d refused: %v", r.Accepted, r.Refused, r.Refusals)
	}
	s.final(r.Submission)
	files := filepath.Join(s.dir, "data", "clickhouse")
	var user string
	_ = filepath.WalkDir(files, func(p string, d os.DirEntry, _ error) error {
		if d != nil && d.IsDir() && d.Name() == "user_files" {
			user = p
		}
		return nil
	})
	source := path
	if user != "" {
		source = filepath.Join(user, "raw.csv")
		if err := os.WriteFile(source, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	independent := fmt.Sprintf(`SELECT toDate(toTimeZone(toDateTime(transaction_timestamp, 'UTC'), 'America/New_York')) AS day, count(), sum(toDecimal64(quantity, 6)), sum(toDecimal64(sales_value, 6))
		FROM file('%s', 'CSVWithNames', 'household_id String, store_id String, basket_id String, product_id String, quantity String, sales_value String, retail_disc String, coupon_disc String, coupon_match_disc String, week String, transaction_timestamp String')
		WHERE position(basket_id, 'e') = 0 AND position(sales_value, 'e') = 0 GROUP BY day ORDER BY day`, source)
	ledger := `SELECT toDate(business_date) AS day, sum(sign), sum(qty), sum(amount) FROM sellthrough.movements GROUP BY day ORDER BY day`
	want, got := s.ask(independent), s.ask(ledger)
	if want != got || len(want) < 1000 {
		t.Errorf("by business day the ledger differs from the raw file:\n%s", firstDifference(want, got))
	}
	if got := s.ask("SELECT uniqExact(location) FROM sellthrough.movements"); got != "293" {
		t.Errorf("%s stores", got)
	}
	s.verify()
}

func firstDifference(a, b string) string {
	as, bs := []byte(a), []byte(b)
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			from := max(0, i-80)
			return fmt.Sprintf("raw    %s\nledger %s", as[from:min(len(as), i+80)], bs[from:min(len(bs), i+80)])
		}
	}
	return fmt.Sprintf("lengths %d, %d", len(as), len(bs))
}

var _ sellthrough.Receipt
