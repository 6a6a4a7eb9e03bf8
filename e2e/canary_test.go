package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const canaryFeeds = `
partners:
%s
feeds:
  - {id: pos, partner: acme, kind: sales, columns: {document: receipt, location: store, item: item, qty: qty, business_date: day}, identity: {scope: document}, equal_rows_across_files: duplicate}
engines: {kafka: {port: %d}}
doors:
  folder: {root: %s, poll: 100ms}
  sftp: {listen: 127.0.0.1:%d, users: [{name: acme, partner: acme, keys: [%q]}]}
  kafka: [{feed: pos, brokers: [127.0.0.1:%[2]d], topic: acme.pos}]
  mail:
    imap: {address: "%[6]s", security: none, user: box, password: "${MAIL_PASSWORD}"}
    smtp: {address: "%[7]s", security: none}
    from: reports@vendor.example
    poll: 1s
    senders: [{feed: pos, from: [till@acme.example]}]
canary: {every: 1s, wait: 1m, topic: canary.lines, mail: {from: canary@vendor.example}}
`

// byDoor is a metric of the running program, by door; what is not there is 0.
func (s *system) byDoor(name string) map[string]float64 {
	s.t.Helper()
	resp, err := http.Get(s.admin + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	all, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]float64{}
	for _, m := range all[name].GetMetric() {
		value := m.GetCounter().GetValue()
		if h := m.GetHistogram(); h != nil {
			value = float64(h.GetSampleCount())
		}
		out[m.Label[0].GetValue()] = value
	}
	return out
}

// TestTheCanaryComesThroughEveryDoorAndIsInNoNumber: a line a second through each door that is open is taken, booked and measured, twice
// each; no number and no book shows it, and folders do not fill with it.
func TestTheCanaryComesThroughEveryDoorAndIsInNoNumber(t *testing.T) {
	t.Setenv("MAIL_PASSWORD", "0123456789abcdef")
	box, mailbox := imapBox(t)
	kafkaPort, folder := freePort(t), filepath.Join(t.TempDir(), "in")
	smtp := smtpSink(t, func(to, text string) {
		if to == "reports@vendor.example" {
			if _, err := box.Append("INBOX", &literal{strings.NewReader(text), int64(len(text))}, &imap.AppendOptions{}); err != nil {
				t.Error(err)
			}
		}
	})
	const public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEWSYyhWZpRrUb4aGXtsDkbnQyZKqeQ4ZfwJLZgE5v9Z"
	s := start(t, fmt.Sprintf(canaryFeeds, partner("acme", "Europe/Berlin", "EUR"), kafkaPort, folder, freePort(t), public, mailbox, smtp))
	produce(t, kafkaPort, "acme.pos", []byte("receipt,store,item,qty,day\nr1,s1,i1,2,2026-03-02\n"))
	produce(t, kafkaPort, "canary.lines", nil) // makes the topic; an empty message is passed over
	s.poll("acme's line", time.Minute, func() bool { return s.ask("SELECT sum(qty) FROM sellthrough.v_sales_daily") == "2" })
	doors := []string{"folder", "http", "kafka", "mail", "sftp"}
	for _, name := range []string{"sellthrough_canary_booked_total", "sellthrough_canary_accept_seconds", "sellthrough_canary_freshness_seconds"} {
		s.poll(name+" of every door", time.Minute, func() bool {
			got := s.byDoor(name)
			for _, d := range doors {
				if got[d] < 2 {
					return false
				}
			}
			return len(got) == len(doors)
		})
	}
	for sql, want := range map[string]string{
		"SELECT sum(qty), count() FROM sellthrough.v_sales_daily":              "2 1",
		"SELECT submissions, received FROM sellthrough.v_books":                "1 1",
		"SELECT count() FROM sellthrough.v_submissions":                        "1",
		"SELECT countIf(partner = '_canary') >= 10 FROM sellthrough.movements": "1",
	} {
		if got := s.ask(sql); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
	for _, dir := range []string{folder, filepath.Join(s.dir, "data", "sftp", "files")} {
		n := 0
		_ = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() && strings.Contains(path, "canary-") {
				n++
			}
			return nil
		})
		if n > 6 { // one under way, one before it, and what was said of it
			t.Errorf("%s holds %d files of the canary", dir, n)
		}
	}
	s.verify()
}
