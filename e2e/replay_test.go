package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sellthrough/transform"
)

// references writes a reference folder in which the partner's item I1 means a product.
func references(t *testing.T, product string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"products.csv":        "code,name,units_per_pack,currency\nAUR-1,One,1,GBP\nAUR-2,Two,1,GBP\n",
		"crossreferences.csv": "partner,kind,code,target,units,from,to\nchain,item,I1," + product + ",1,,\nchain,item,I2,AUR-2,1,,\n",
		"locations.csv":       "code,name,partner,country,time_zone\nS1,Store,chain,GB,Europe/London\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs a subcommand, which has to succeed, and gives what it says.
func (s *system) command(args ...string) string {
	s.t.Helper()
	out, err := s.tool(args...)
	if err != nil {
		s.t.Fatalf("%v: %v\n%s\n%s", args, err, out, s.log())
	}
	return out
}

// months pushes January to March of a store, a file a day, and gives the units of item I1 in each month.
func (s *system) months(feed string) (units [3]int) {
	s.t.Helper()
	for d := range 90 {
		day := quarter.AddDate(0, 0, d)
		lines := storeDay("S1", day)
		for _, l := range lines {
			if l.item == "I1" {
				units[day.Month()-1] += l.qty
			}
		}
		s.push(feed, "chain", nil, file(lines))
	}
	s.settled(90)
	return units
}

const byProduct = "SELECT product, sum(d.qty) AS units FROM sellthrough.sales_daily AS d WHERE product != '' GROUP BY product HAVING units != 0 ORDER BY product"

// TestAMonthIsReplayedByACorrectedCrossReference: item I1 was booked under the wrong product for a quarter, and February is to
// be put right. The shadow run shows the difference and changes nothing; applied, the totals are exact, what was believed before is still what was
// believed before, and the same replay again changes nothing.
func TestAMonthIsReplayedByACorrectedCrossReference(t *testing.T) {
	s := start(t, restateYAML)
	wrong, right := references(t, "AUR-1"), references(t, "AUR-2")
	s.command("reference", "apply", wrong)
	s.poll("the reference version is in force", time.Minute, func() bool {
		return s.ask("SELECT count() FROM sellthrough.orders WHERE kind = 'reference'") == "4"
	})
	i1 := s.months("keyed")
	two := s.ask("SELECT sum(qty) FROM sellthrough.movements WHERE item = 'I2'")
	before := s.ask(byProduct)
	want(t, "before", before, fmt.Sprintf("AUR-1 %d\nAUR-2 %s", i1[0]+i1[1]+i1[2], two))
	rows := s.ask("SELECT count() FROM sellthrough.movements")
	instant := s.ask("SELECT formatDateTime(now64(3) + INTERVAL 1 SECOND, '%Y-%m-%dT%H:%i:%SZ')")
	past := func() string {
		return s.ask("SELECT product, sum(v.qty) AS units FROM sellthrough.v_sales_as_of(as_of = '" + strings.Trim(strings.Replace(instant, "T", " ", 1), "Z") + "') AS v WHERE product != '' GROUP BY product ORDER BY product")
	}

	february := []string{"replay", "--from", "2026-02-01", "--to", "2026-02-28", "--reference", right}
	list := filepath.Join(t.TempDir(), "difference.csv")
	shown := s.command(append(february, "--csv", list)...)
	lines := 28 * countOf("I1")
	if !hasTotal(shown, 0, 0, lines) {
		t.Errorf("the shadow run does not say that %d lines change:\n%s", lines, shown)
	}
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n != 1+2*28 { // AUR-1 loses and AUR-2 gains on each of 28 days
		t.Errorf("the file has %d lines:\n%s", n, text)
	}
	want(t, "rows after the shadow run", s.ask("SELECT count() FROM sellthrough.movements"), rows)
	if out, err := s.tool(append(february, "--apply")...); err == nil || !strings.Contains(out, "--why") {
		t.Errorf("applied without a reason: %s", out)
	}

	applied := s.command(append(february, "--apply", "--why", "I1 is AUR-2 since launch")...)
	if !strings.Contains(applied, "0 cells still differ") {
		t.Errorf("applied:\n%s", applied)
	}
	after := fmt.Sprintf("AUR-1 %d\nAUR-2 %d", i1[0]+i1[2], atoi(t, two)+i1[1])
	want(t, "after", s.ask(byProduct), after)
	want(t, "who and why", s.ask("SELECT DISTINCT kind, why, who != '' FROM sellthrough.orders WHERE kind = 'replay'"), "replay I1 is AUR-2 since launch 1")
	want(t, "rows that the replay wrote", s.ask("SELECT count(), sum(sign) FROM sellthrough.movements WHERE cause = 'replayed'"), fmt.Sprintf("%d 0", 2*lines))
	want(t, "as of before", past(), before)
	if out := s.command("query", "--as-of", instant, "--partner", "chain"); !strings.Contains(out, "10800") {
		t.Errorf("as of before, on the command line:\n%s", out)
	}
	s.inLine()
	s.verify()

	rows = s.ask("SELECT count() FROM sellthrough.movements")
	again := s.command(append(february, "--apply", "--why", "once more")...)
	if !strings.Contains(again, "nothing differs") {
		t.Errorf("the same replay again says:\n%s", again)
	}
	want(t, "rows after the same replay again", s.ask("SELECT count() FROM sellthrough.movements"), rows)
	want(t, "shadows that are left", s.ask("SELECT count() FROM system.databases WHERE name LIKE 'sellthrough\\_shadow%'"), "0")

	// The rest of the road goes on: a day that is sent again is what it was, and a corrected one is taken back in its new reading.
	day := quarter.AddDate(0, 0, 40)
	same := s.push("keyed", "chain", nil, file(storeDay("S1", day)))
	want(t, "a replayed day again", s.counts(same.Submission), "new 0 duplicate 60 corrected 0 superseded 0 withdrawn 0 held 0")
	less := storeDay("S1", day)
	gone := 0
	for i := range less {
		if less[i].item == "I1" {
			gone += less[i].qty - 1
			less[i].qty = 1
		}
	}
	s.final(s.push("keyed", "chain", nil, file(less)).Submission)
	// What comes in is read by the version in force, which still has it wrong.
	want(t, "a replayed day corrected", s.ask(byProduct), fmt.Sprintf("AUR-1 %d\nAUR-2 %d", i1[0]+i1[2]+corrected(less), atoi(t, two)+i1[1]-corrected(less)-gone))
	s.inLine()

	// The folder put right is the way to stay: every line is read by it.
	s.command("reference", "apply", right)
	s.poll("the right version is in force", time.Minute, func() bool {
		return s.ask("SELECT uniqExact(partition) FROM sellthrough.orders WHERE kind = 'reference' AND revision = (SELECT max(revision) FROM sellthrough.orders WHERE kind = 'reference')") == "4" &&
			s.ask("SELECT count() FROM (SELECT DISTINCT revision FROM sellthrough.orders WHERE kind = 'reference')") == "2"
	})
	want(t, "with the right version in force", s.ask(byProduct), fmt.Sprintf("AUR-2 %d", atoi(t, two)+i1[0]+i1[1]+i1[2]-gone))
	s.inLine()
	s.verify()
}

// corrected is the units of the lines of I1 that changed: every line of more than one unit.
func corrected(day []line) (n int) {
	for i, l := range storeDay("S1", quarter) {
		if l.item == "I1" && l.qty != day[i].qty {
			n += day[i].qty
		}
	}
	return n
}

func countOf(item string) (n int) {
	for _, l := range storeDay("S1", quarter) {
		if l.item == item {
			n++
		}
	}
	return n
}

// hasTotal says whether a line of totals has these counts.
func hasTotal(text string, counts ...int) bool {
	for l := range strings.Lines(text) {
		f := strings.Fields(l)
		if len(f) > len(counts) && f[0] == "total" {
			same := true
			for i, c := range counts {
				same = same && f[i+1] == fmt.Sprint(c)
			}
			if same {
				return true
			}
		}
	}
	return false
}

func atoi(t *testing.T, s string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAReplayAcrossCrashesAndFromTheLog: the order is worked off while the process dies on the way; a replay from the log, or of one
// submission, finds nothing to do afterwards.
func TestAReplayAcrossCrashesAndFromTheLog(t *testing.T) {
	s := start(t, restateYAML)
	wrong, right := references(t, "AUR-1"), references(t, "AUR-2")
	s.command("reference", "apply", wrong)
	i1 := s.months("keyed")
	two := atoi(t, s.ask("SELECT sum(qty) FROM sellthrough.movements WHERE item = 'I2'"))
	done := 0
	for n, window := range []string{transform.AfterIntent, transform.AfterInsert, transform.AfterDone} {
		s.stop()
		s.launch("SELLTHROUGH_FAULT=" + window + "@1")
		if alive, err := s.readyOrEnded(time.Minute); !alive || err != nil {
			t.Fatalf("%v\n%s", err, s.log())
		}
		from := quarter.AddDate(0, n, 0)
		// The process ends under the command, and takes its engines along: the command says that the order is given.
		out, err := s.tool("replay", "--from", from.Format(time.DateOnly), "--to", from.AddDate(0, 1, -1).Format(time.DateOnly), "--reference", right, "--apply", "--why", window)
		if err == nil || !strings.Contains(out, "the order is given") {
			t.Fatalf("%s: %v\n%s", window, err, out)
		}
		if !s.ended(time.Minute) {
			t.Fatalf("window %q was not passed:\n%s", window, s.log())
		}
		s.out.Close()
		s.run()
		done += i1[n]
		want := fmt.Sprintf("AUR-1 %d\nAUR-2 %d", i1[0]+i1[1]+i1[2]-done, two+done)
		if n == 2 {
			want = fmt.Sprintf("AUR-2 %d", two+done)
		}
		s.poll("the replay is worked off after "+window, time.Minute, func() bool {
			return s.ask(byProduct) == want && s.ask("SELECT count() FROM sellthrough.orders WHERE kind = 'replay'") == fmt.Sprint(4*(n+1))
		})
		s.inLine()
	}
	s.verify()
	s.command("reference", "apply", right)
	for _, args := range [][]string{{"--feed", "keyed", "--source", "log"}, {"--feed", "keyed"}, {"--submission", s.ask("SELECT any(submission) FROM sellthrough.submissions")}} {
		if out := s.command(append([]string{"replay", "--reference", right}, args...)...); !strings.Contains(out, "nothing differs") {
			t.Errorf("%v:\n%s", args, out)
		}
	}
}

const mappedYAML = `
feeds:
  - id: till
    partner: chain
    kind: sales
    columns: {document: doc, location: store, item: %s, qty: qty, amount: amount, at: at}
    identity: {scope: location-day, rule: %d}
    coverage: {kind: location-day}
`

// TestAFeedIsReplayedByAnotherMapping: the item was read from the wrong column all along. Lines without numbers are told apart by what they say, so
// every line becomes another one: that is refused as a change of the configuration, and as a replay in part, and done as a
// replay of the feed.
func TestAFeedIsReplayedByAnotherMapping(t *testing.T) {
	partners := "partners:\n" + partner("chain", "Europe/London", "GBP")
	s := start(t, partners+fmt.Sprintf(mappedYAML, "item", 1))
	body := func(d int) []byte { // with a second code for each item
		rows := strings.Split(strings.TrimSpace(string(file(storeDay("S1", quarter.AddDate(0, 0, d))))), "\n")
		for i := range rows {
			if i == 0 {
				rows[i] += ",sku"
			} else {
				rows[i] += ",SKU-" + strings.Split(rows[i], ",")[3]
			}
		}
		return []byte(strings.Join(rows, "\n") + "\n")
	}
	for d := range 10 {
		s.push("till", "chain", nil, body(d))
	}
	s.settled(10)
	before := s.units("till")
	config := func(item string, rule int) string {
		path := filepath.Join(t.TempDir(), "new.yaml")
		old, err := os.ReadFile(filepath.Join(s.dir, "sellthrough.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(old), "partners:")
		if err := os.WriteFile(path, []byte(head+partners+fmt.Sprintf(mappedYAML, item, rule)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	refused := func(word string, args ...string) {
		t.Helper()
		if out, err := s.tool(append([]string{"replay", "--feed", "till"}, args...)...); err == nil || !strings.Contains(out, word) {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	refused("set identity.rule to 2", "--mapping", config("sku", 1))
	refused("leave out --submission, --from and --to", "--mapping", config("sku", 2), "--from", "2026-01-02")
	renamed := config("sku", 2)
	if out := s.command("replay", "--feed", "till", "--mapping", renamed); !hasTotal(out, 600, 600, 0) {
		t.Errorf("600 lines become others:\n%s", out)
	}
	want(t, "after the shadow run", s.units("till"), before)
	s.command("replay", "--feed", "till", "--mapping", renamed, "--apply", "--why", "the till's own code says nothing")
	want(t, "after the replay", s.units("till"), before)
	want(t, "items", s.ask("SELECT countIf(startsWith(item, 'SKU-')), count() FROM (SELECT item FROM sellthrough.movements GROUP BY slice, line, item HAVING sum(sign) > 0)"), "600 600")
	s.inLine()

	// The old configuration would make the old lines again: it is not started.
	s.stop()
	s.launch()
	if alive, err := s.readyOrEnded(time.Minute); alive || !strings.Contains(s.log(), "not the one that its lines were kept under") {
		t.Fatalf("started with the old configuration: %v\n%s", err, s.log())
	}
	s.out.Close()
	text, err := os.ReadFile(renamed)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "sellthrough.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	s.run()
	want(t, "a day again", s.counts(s.push("till", "chain", nil, body(3)).Submission), "new 0 duplicate 60 corrected 0 superseded 0 withdrawn 0 held 0")
	if out := s.command("replay", "--feed", "till"); !strings.Contains(out, "nothing differs") {
		t.Errorf("the same replay again:\n%s", out)
	}
	s.verify()
}
