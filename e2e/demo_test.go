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
	truth := c.Truth(c.Opened)
	s.like(truth)
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
	held := map[demo.SalesKey]bool{}
	for line := range strings.SplitSeq(s.ask("SELECT partner, toInt32(business_date), location, product, toString(kind), currency, "+
		"toInt64(qty * 1000000), toInt64(amount * 1000000), toInt64(base_amount * 1000000), lines, lines_unmatched FROM sellthrough.v_sales_daily"), "\n") {
		f := strings.Split(line, " ")
		if len(f) != 11 {
			s.t.Fatalf("a row of sales has %d cells: %q", len(f), line)
		}
		k := demo.SalesKey{Partner: f[0], Location: f[2], Product: f[3], Kind: f[4], Currency: f[5], Day: sellthrough.Day(number(s.t, f[1]))}
		got := demo.Sum{
			Qty: sellthrough.Decimal(number(s.t, f[6])), Amount: sellthrough.Decimal(number(s.t, f[7])), Base: sellthrough.Decimal(number(s.t, f[8])),
			Lines: number(s.t, f[9]), Unmatched: number(s.t, f[10]),
		}
		if want := truth.Sales[k]; got != want {
			say("%+v is %+v, want %+v", k, got, want)
		}
		held[k] = true
	}
	for k, want := range truth.Sales {
		if !held[k] {
			say("%+v is missing, want %+v", k, want)
		}
	}
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
		s.t.Errorf("and %d more differences, of %d sums and %d levels", differ-20, len(truth.Sales), len(truth.Stock))
	}
	if len(truth.Sales) < 1000 || len(truth.Stock) < 1000 {
		s.t.Errorf("the truth has only %d sums and %d levels", len(truth.Sales), len(truth.Stock))
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
