package e2e

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestABackupUnderLoadBringsTheNumbersBack: a backup is made while files come in; more come in; then ClickHouse's folder is
// destroyed with the process. The backup is restored, the road goes on from its own mark, and the totals are exact.
func TestABackupUnderLoadBringsTheNumbersBack(t *testing.T) {
	s := start(t, loadYAML)
	l := newLoad(s, 66)
	more := func(n int64) {
		t.Helper()
		at := l.acks.Load()
		s.poll("files are taken", time.Minute, func() bool { return l.acks.Load() >= at+n })
	}
	more(8)
	dir := filepath.Join(t.TempDir(), "backups")
	out := s.command("backup", dir+"/")
	t.Log(out)
	names, err := filepath.Glob(dir + "/*")
	if err != nil || len(names) != 1 {
		t.Fatalf("%v %v", names, err)
	}
	atBackup := atoi(t, s.ask("SELECT count() FROM sellthrough.v_submissions"))
	more(12)
	if n := atoi(t, s.ask("SELECT count() FROM sellthrough.v_submissions")); n <= atBackup {
		t.Fatalf("%d submissions at the backup and %d later", atBackup, n)
	}
	if out, err := s.tool("restore", names[0]); err == nil || !strings.Contains(out, "stop what runs") {
		t.Errorf("restored under a running process: %s", out)
	}
	s.kill()
	if err := os.RemoveAll(filepath.Join(s.dir, "data", "clickhouse")); err != nil {
		t.Fatal(err)
	}
	out = s.command("restore", names[0])
	t.Log(out)
	if strings.Count(out, "goes on behind") != 4 {
		t.Errorf("not said for each partition:\n%s", out)
	}
	if out, err := s.tool("restore", names[0]); err == nil || !strings.Contains(out, "--replace") {
		t.Errorf("restored over a ledger: %s", out)
	}
	s.run()
	more(4)
	l.finish()
}

// trim deletes the records of the line partitions, but for what is written after it.
func trim(t *testing.T, port int) {
	t.Helper()
	k, err := kgo.NewClient(kgo.SeedBrokers(fmt.Sprintf("127.0.0.1:%d", port)))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	r := kmsg.NewPtrDeleteRecordsRequest()
	topic := kmsg.NewDeleteRecordsRequestTopic()
	topic.Topic = "sellthrough.lines"
	for p := range int32(4) {
		part := kmsg.NewDeleteRecordsRequestTopicPartition()
		part.Partition, part.Offset = p, -1 // all there is
		topic.Partitions = append(topic.Partitions, part)
	}
	r.Topics, r.TimeoutMillis = append(r.Topics, topic), 10_000
	resp, err := r.RequestWith(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range resp.Topics[0].Partitions {
		if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWhatPassedTheLogComesFromTheArchive: a backup that is older than the log reaches. What came between is held as lost, newer
// files go on, and what is sent again from the archive is judged as the older word that it is: the numbers are those of before.
func TestWhatPassedTheLogComesFromTheArchive(t *testing.T) {
	port := freePort(t)
	s := start(t, fmt.Sprintf("engines: {kafka: {port: %d}}\n", port)+restateYAML)
	day := func(n int) time.Time { return quarter.AddDate(0, 0, n) }
	s.push("keyed", "chain", nil, file(storeDay("S1", day(0))))
	s.push("month", "chain", url.Values{"from": {"2026-01-01"}, "to": {"2026-01-31"}}, file(storeDay("S9", day(5))))
	s.settled(2)
	dir := filepath.Join(t.TempDir(), "backup")
	s.command("backup", dir)

	corrected := storeDay("S1", day(0))
	corrected[3].qty = 9
	corrected = corrected[:55]
	s.push("keyed", "chain", nil, file(corrected))              // in the gap: corrects, and withdraws five
	s.push("keyed", "chain", nil, file(storeDay("S2", day(1)))) // in the gap
	s.push("levels", "chain", url.Values{"location": {"S1"}, "day": {"2026-01-02"}}, file(storeDay("S1", day(1))[:3]))
	s.push("month", "chain", url.Values{"from": {"2026-01-01"}, "to": {"2026-01-31"}}, file(append(storeDay("S9", day(5)), storeDay("S8", day(6))...)))
	s.settled(6)
	trim(t, port)
	s.push("month", "chain", url.Values{"from": {"2026-01-01"}, "to": {"2026-01-31"}}, file(append(storeDay("S9", day(5)), storeDay("S8", day(6))[:50]...))) // in the log
	s.push("keyed", "chain", nil, file(corrected))                                                                                                           // in the log
	s.settled(8)
	const truth = `SELECT feed, count() FROM (SELECT feed, slice, line, argMax(content, revision), sum(qty) AS q FROM sellthrough.movements GROUP BY feed, slice, line HAVING sum(sign) > 0) GROUP BY feed ORDER BY feed
		UNION ALL SELECT concat(feed, ' units'), toUInt64(sum(qty)) FROM sellthrough.movements GROUP BY feed ORDER BY feed
		UNION ALL SELECT 'levels', toUInt64(sum(sign)) FROM sellthrough.stock_reports`
	before := strings.Split(s.ask(truth), "\n")
	slices.Sort(before)

	s.kill()
	if err := os.RemoveAll(filepath.Join(s.dir, "data", "clickhouse")); err != nil {
		t.Fatal(err)
	}
	out := s.command("restore", dir)
	t.Log(out)
	if !strings.Contains(out, "no longer holds 4 submissions") {
		t.Fatalf("the restore does not say what is missing:\n%s", out)
	}
	s.run()
	s.settled(8)
	want(t, "held as lost", s.ask("SELECT countIf(state = 'held'), sum(held) FROM sellthrough.v_submissions"), "4 238")
	if out, err := s.tool("verify"); err == nil || strings.Count(out, "WRONG") != 1 || !strings.Contains(out, "4 submissions are held as lost") {
		t.Errorf("verify says: %v\n%s", err, out)
	}
	if out := s.command("replay", "--missing"); strings.Count(out, "held as lost") != 4 {
		t.Errorf("replay --missing says:\n%s", out)
	}
	s.command("replay", "--missing", "--apply", "--why", "after the restore")
	s.poll("what was lost is final", time.Minute, func() bool {
		return s.ask("SELECT countIf(state = 'held'), countIf(state = 'final') FROM sellthrough.v_submissions") == "0 8"
	})
	after := strings.Split(s.ask(truth), "\n")
	slices.Sort(after)
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("(-before +after):\n%s", d)
	}
	s.inLine()
	s.verify()
	if out := s.command("replay", "--missing"); !strings.Contains(out, "nothing is missing") {
		t.Errorf("replay --missing again says:\n%s", out)
	}
}
