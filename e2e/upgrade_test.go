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
)

// buildNewer builds the program with more files, by their names in the repository.
func buildNewer(t *testing.T, files map[string]string) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replace := map[string]string{}
	for name, text := range files {
		path := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, name)] = path
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "sellthrough")
	c := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-ldflags", "-X main.version=newer", "-o", bin, "sellthrough/cmd/sellthrough")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build a newer program: %v\n%s", err, out)
	}
	return bin
}

// The newer program's migration compares the ledger with the sums while no batch is in flight, and adds a column.
const nextSQL = `-- What a newer program brings.
-- holds the road: it compares the ledger with its sums
CREATE TABLE IF NOT EXISTS {{.Database}}.upgrade_check {{.OnCluster}} (ledger Int64, sums Int64, batches UInt64) ENGINE = {{.MergeTree "upgrade_check"}} ORDER BY tuple();

INSERT INTO {{.Database}}.upgrade_check SELECT (SELECT sum(amount_micros) FROM {{.Database}}.movements), (SELECT sum(amount_micros) FROM {{.Database}}.sales_daily),
    (SELECT count() FROM {{.Database}}.road WHERE kind = 'done');

ALTER TABLE {{.Database}}.movements {{.OnCluster}} ADD COLUMN IF NOT EXISTS later String CODEC(ZSTD(1));

ALTER TABLE {{.Database}}.outcomes {{.OnCluster}} ADD COLUMN IF NOT EXISTS later UInt32;
`

const breakingSQL = `-- What older programs can't go on with.
-- breaks: batches are noted in another way
ALTER TABLE {{.Database}}.road {{.OnCluster}} ADD COLUMN IF NOT EXISTS later UInt32;
`

// TestRolesAreUpgradedOneAfterTheOther: under load, every role is started anew as a newer program whose migration compares
// tables and adds columns; then one as the old program again. The load never fails, and the numbers are exact. A schema that old
// programs can't go on with ends them, with a word that says so.
func TestRolesAreUpgradedOneAfterTheOther(t *testing.T) {
	next := map[string]string{"sinks/clickhouse/schema/9001_next.sql": nextSQL}
	newer := buildNewer(t, next)
	o := outside(t, "")
	yaml, note, data := o.yaml+loadYAML, o.note, t.TempDir()
	first, second := role(t, data, "transform", yaml, note), role(t, data, "transform", yaml, note)
	collector, page, alerter := role(t, data, "collect", yaml, note), role(t, data, "serve", yaml, note), role(t, data, "alert", yaml, note)
	l := newLoad(collector, 8)
	goesOn := func(what string) {
		t.Helper()
		acks, done := l.acks.Load(), collector.ask("SELECT count() FROM sellthrough.v_submissions WHERE state = 'final'")
		collector.poll("files are taken after "+what, 2*time.Minute, func() bool { return l.acks.Load() >= acks+4 })
		collector.poll("files are final after "+what, 2*time.Minute, func() bool {
			return atoi(t, collector.ask("SELECT count() FROM sellthrough.v_submissions WHERE state = 'final'")) >= atoi(t, done)+4
		})
	}
	goesOn("the start")
	for _, s := range []*system{first, second, collector, page, alerter} {
		s.stop()
		s.bin = newer
		s.run()
		goesOn(s.args[0] + " is new")
		if s == first { // the other transformer, the collector and the page are old, and the schema is new
			check := strings.Fields(collector.ask("SELECT ledger, sums, batches FROM sellthrough.upgrade_check"))
			if len(check) != 3 || check[0] != check[1] || check[2] == "0" {
				t.Errorf("in the middle of the load the migration saw ledger, sums and batches %v", check)
			}
		}
	}
	if out := collector.command("version"); !strings.Contains(out, "newer") {
		t.Errorf("the collector is %s", out)
	}
	second.stop() // back: the old program under the new schema
	second.bin = ""
	second.run()
	goesOn("one transformer is old again")
	collector.poll("the old program owns partitions", time.Minute, func() bool { return len(second.owned()) > 0 })
	l.finish()

	next["sinks/clickhouse/schema/9002_breaks.sql"] = breakingSQL
	first.stop()
	first.bin = buildNewer(t, next)
	first.run()
	for _, s := range []*system{second, collector, page, alerter} {
		if !s.ended(time.Minute) {
			t.Fatalf("%s goes on under a schema that it can't go on with\n%s", s.args[0], s.log())
		}
		if !strings.Contains(s.log(), "batches are noted in another way") {
			t.Errorf("%s does not say why it ended:\n%s", s.args[0], s.log())
		}
		s.out.Close()
		s.bin = first.bin
		s.run()
	}
	body := newLoadFiles(1)[0]
	id := collector.push("alpha-invoices", "alpha", nil, body).Submission
	if r := collector.final(id); r.Accepted == 0 {
		t.Errorf("%+v", r)
	}
	t.Log(fmt.Sprint("upgrades under ", l.acks.Load(), " files"))
}

// TestWhatIsLeftBehindIsFoundAndHealed: sums that differ, a heal that nobody ended, a shadow that nobody dropped.
func TestWhatIsLeftBehindIsFoundAndHealed(t *testing.T) {
	s := start(t, restateYAML)
	s.push("keyed", "chain", nil, file(storeDay("S1", quarter)))
	s.settled(1)
	s.verify()
	for _, sql := range []string{
		"INSERT INTO sellthrough.sales_daily (partner, business_day_wire, location, product, kind_wire, currency, qty_micros, amount_micros, base_micros, lines, lines_unmatched, lines_without_amount, lines_without_rate) VALUES ('chain', 20454, 'S1', '', 1, 'GBP', 7000000, 0, 0, 1, 0, 0, 0)",
		"INSERT INTO sellthrough.sales_daily (partner, business_day_wire, location, product, kind_wire, currency, qty_micros, amount_micros, base_micros, lines, lines_unmatched, lines_without_amount, lines_without_rate) VALUES ('chain', 20455, 'S1', '', 1, 'GBP', 0, 0, 0, 0, 5, 0, 0)",
		"INSERT INTO sellthrough.road (incarnation, partition, kind, epoch, first, last, step, retry, complete, reference, blocks, rows, unfit, written_at) SELECT any(incarnation), 65535, 'hold', 0, 1, 1, 0, 0, false, 0, 0, 0, '', now64(6) - INTERVAL 5 MINUTE FROM sellthrough.road",
	} {
		s.do(sql)
	}
	out, err := s.tool("verify")
	for _, word := range []string{"ledger and sales_daily differ by -7 units, -1 lines", "ledger and sales_daily differ by 0 units, 0 lines", "a heal that was begun"} {
		if err == nil || !strings.Contains(out, word) {
			t.Errorf("verify does not say %q:\n%s", word, out)
		}
	}
	// Owners wait for the heal that nobody ended: a file is taken, and does not count.
	id := s.push("keyed", "chain", nil, file(storeDay("S2", quarter))).Submission
	if out, err := s.tool("verify", "--heal"); err != nil || !strings.Contains(out, "in line with the ledger") {
		t.Errorf("verify --heal: %v\n%s", err, out)
	}
	want(t, "a file that waited", s.counts(id), "new 60 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0")
	s.inLine()
	s.verify()
}
