package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/demo"
)

// startDemo runs the demo channel on ports and a folder of its own, and waits until its history is in the books.
func startDemo(t *testing.T, scale demo.Scale) (*system, *demo.Channel) {
	t.Helper()
	s := &system{t: t, dir: t.TempDir(), args: []string{"up", "--demo", "--demo-speed", "0", "--demo-days", fmt.Sprint(scale.Days)}}
	api, admin := freePort(t), freePort(t)
	s.api, s.admin = fmt.Sprintf("http://127.0.0.1:%d", api), fmt.Sprintf("http://127.0.0.1:%d", admin)
	text := fmt.Sprintf("data: %s\nlisten: {api: 127.0.0.1:%d, admin: 127.0.0.1:%d}\nlog: {format: json}\n", filepath.Join(s.dir, "data"), api, admin)
	if err := os.WriteFile(filepath.Join(s.dir, "sellthrough.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run()
	t.Cleanup(s.stop)
	s.played(1)
	note, err := os.ReadFile(filepath.Join(s.dir, "data", "demo", "demo.json"))
	if err != nil {
		t.Fatal(err)
	}
	c := &demo.Channel{}
	if err := json.Unmarshal(note, &c.Options); err != nil {
		t.Fatal(err)
	}
	// From here on the harness finds the demo's engines where it looks for those of any other system.
	if err := os.Symlink(filepath.Join("demo", "engines.json"), filepath.Join(s.dir, "data", "engines.json")); err != nil {
		t.Fatal(err)
	}
	return s, c
}

// played waits until the program has said n times in its lives that the history is in the books.
func (s *system) played(n int) {
	s.t.Helper()
	s.poll("the demo's history is in the books", 10*time.Minute, func() bool {
		if s.ended(0) {
			s.t.Fatalf("the program ended: %s\n%s", s.proc.How(), s.log())
		}
		return strings.Count(s.loggedSince(0), "backfill complete") >= n
	})
}

func TestTheDemoComesOutToTheLastDigit(t *testing.T) {
	scale := demo.Scale{Days: 7}
	s, c := startDemo(t, scale)
	facts := c.Facts(c.Opened)
	s.like(facts.Truth())
	s.lines(facts)
	if out, err := exec.Command(binary, "verify", "--config", filepath.Join(s.dir, "data", "demo", "sellthrough.yaml")).CombinedOutput(); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}

	// A second start sends what has become due since then, and nothing that the books hold.
	count := func() int64 { return number(t, s.ask("SELECT count() FROM sellthrough.v_submissions")) }
	before, from := count(), int64(len(s.loggedSince(0)))
	s.stop()
	s.run()
	s.played(2)
	_, said, _ := strings.Cut(s.loggedSince(from), "backfill complete: ")
	said, _, _ = strings.Cut(said, " ")
	if sent := number(t, said); sent != count()-before || sent > before/4 {
		t.Errorf("the second start sent %d files, and the books hold %d more than %d", sent, count()-before, before)
	}
}

// like compares the whole ledger with what the demo stands for.
func (s *system) like(truth *demo.Truth) {
	s.t.Helper()
	differ := 0
	say := func(format string, args ...any) {
		s.t.Helper()
		if differ++; differ <= 20 {
			s.t.Errorf(format, args...)
		}
	}
	if got, want := s.ask("SELECT count(), sum(received), sum(refused), countIf(state = 'held'), countIf(state = 'on the road') FROM sellthrough.v_submissions"),
		fmt.Sprintf("%d %d %d %d 0", truth.Files, truth.Rows, truth.Bad, truth.Held); got != want {
		say("files, rows, refused, held, on the road: %s, want %s", got, want)
	}
	s.sums("sales_daily", truth.Sales, say)
	s.sums("flow_daily", truth.Flows, say)
	levels := map[demo.StockKey]bool{}
	for line := range strings.SplitSeq(s.ask("SELECT partner, toInt32(business_date), location, product, toString(level), toInt64(qty * 1000000) FROM sellthrough.v_stock_daily"), "\n") {
		f := strings.Split(line, " ")
		if len(f) != 6 {
			s.t.Fatalf("a row of stock has %d cells: %q", len(f), line)
		}
		k := demo.StockKey{Partner: f[0], Location: f[2], Product: f[3], Level: f[4], Day: sellthrough.Day(number(s.t, f[1]))}
		if got, want := sellthrough.Decimal(number(s.t, f[5])), truth.Stock[k]; got != want {
			say("%+v is %s, want %s", k, got, want)
		}
		levels[k] = true
	}
	for k, want := range truth.Stock {
		if !levels[k] {
			say("%+v is missing, want %s", k, want)
		}
	}
	if differ > 20 {
		s.t.Errorf("and %d more differences, of %d sums and %d levels", differ-20, len(truth.Sales)+len(truth.Flows), len(truth.Stock))
	}
	if len(truth.Sales) < 1000 || len(truth.Flows) < 1000 || len(truth.Stock) < 1000 {
		s.t.Errorf("the truth has only %d and %d sums and %d levels", len(truth.Sales), len(truth.Flows), len(truth.Stock))
	}
}

// sums compares a table of sums by day with what it must hold.
func (s *system) sums(table string, truth map[demo.SumKey]demo.Sum, say func(string, ...any)) {
	s.t.Helper()
	held := map[demo.SumKey]bool{}
	for line := range strings.SplitSeq(s.ask("SELECT partner, toInt32(business_date), location, product, toString(kind), currency, party, sum(qty_micros), sum(amount_micros), "+
		"sum(base_micros), sum(lines) AS n, sum(lines_unmatched), sum(lines_without_amount) FROM sellthrough."+table+
		" GROUP BY partner, business_date, location, product, kind, currency, party HAVING n != 0"), "\n") {
		f := strings.Split(line, " ")
		if len(f) != 13 {
			s.t.Fatalf("a row of %s has %d cells: %q", table, len(f), line)
		}
		k := demo.SumKey{Partner: f[0], Location: f[2], Product: f[3], Kind: f[4], Currency: f[5], Party: f[6], Day: sellthrough.Day(number(s.t, f[1]))}
		got := demo.Sum{
			Qty: sellthrough.Decimal(number(s.t, f[7])), Amount: sellthrough.Decimal(number(s.t, f[8])), Base: sellthrough.Decimal(number(s.t, f[9])),
			Lines: number(s.t, f[10]), Unmatched: number(s.t, f[11]), WithoutAmount: number(s.t, f[12]),
		}
		if want := truth[k]; got != want {
			say("%s: %+v is %+v, want %+v", table, k, got, want)
		}
		held[k] = true
	}
	for k, want := range truth {
		if !held[k] {
			say("%s: %+v is missing, want %+v", table, k, want)
		}
	}
}

// lines compares every ledger, line by line, with the facts. Who a customer is stands in neither: the ledger has a hash.
func (s *system) lines(facts *demo.Facts) {
	s.t.Helper()
	l := s.ledger()
	defer l.Close()
	tables := map[sellthrough.FeedKind]string{
		sellthrough.Sales: "movements", sellthrough.Stock: "stock_reports", sellthrough.Shipments: "shipment_lines", sellthrough.Transfers: "transfer_lines",
		sellthrough.Orders: "order_lines", sellthrough.Money: "money_lines", sellthrough.Service: "service_lines",
	}
	for _, kind := range sellthrough.FeedKinds() {
		missing, told := map[string]int64{}, 0
		for f := range facts.Of(kind) {
			amount := "-"
			if f.HasAmount {
				amount = f.Amount.String()
			}
			missing[strings.Join([]string{
				f.Kind, f.Partner, f.Day.String(), fmt.Sprint(f.At), f.Document, f.Location, f.Item, f.Product, f.Party, f.Qty.String(), amount, f.Serial,
				f.Segment, f.Salesperson, f.Title, f.Reason, f.RefersTo, f.Destination, f.Region, fmt.Sprint(f.Until),
			}, "|")]++
			told++
		}
		if told < 20 {
			s.t.Errorf("only %d lines of %s are told", told, kind)
		}
		rows, err := l.Query(s.t.Context(), `SELECT arrayStringConcat([toString(kind), partner, toString(business_date), toString(sold_at_seconds), document, place, item,
			toString(product), party, toString(qty * sign), ifNull(toString(amount * sign), '-'), serial, segment, salesperson, title, reason, refers_to, destination, region,
			toString(until_seconds)], '|') AS line, sum(sign) AS n FROM sellthrough.`+tables[kind]+` GROUP BY line HAVING n != 0`, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		wrong := 0
		for _, r := range rows.Rows {
			line := fmt.Sprint(r[0])
			missing[line] -= number(s.t, fmt.Sprint(r[1]))
		}
		for line, n := range missing {
			if wrong++; n != 0 && wrong <= 5 {
				s.t.Errorf("%s: %s stands %d times too few", kind, line, n)
			}
			if n == 0 {
				wrong--
			}
		}
		if wrong > 5 {
			s.t.Errorf("%s: and %d more of %d", kind, wrong-5, told)
		}
	}
}

func number(t *testing.T, cell string) int64 {
	t.Helper()
	var n int64
	if _, err := fmt.Sscan(cell, &n); err != nil {
		t.Fatalf("%q is no number", cell)
	}
	return n
}
