package alertmanager

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/api/v2/models"

	"sellthrough"
	"sellthrough/alerts"
	"sellthrough/internal/child"
)

// start runs a real Alertmanager on loopback and gives its address.
func start(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		path, err = exec.LookPath("alertmanager")
	}
	if err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("no Alertmanager on the PATH: `make tools` as root installs it (Debian: prometheus-alertmanager)")
		}
		t.Fatal("no Alertmanager on the PATH, and CI is set: install prometheus-alertmanager")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(file, []byte("route: {receiver: none}\nreceivers: [{name: none}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	var log bytes.Buffer
	cmd := exec.Command(path, "--config.file="+file, "--storage.path="+dir, "--web.listen-address="+at, "--cluster.listen-address=")
	cmd.Stdout, cmd.Stderr = &log, &log
	p, err := child.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	for limit := time.After(time.Minute); ; {
		if resp, err := http.Get("http://" + at + "/-/ready"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return "http://" + at
			}
		}
		select {
		case <-p.Ended():
			t.Fatalf("it ended: %s\n%s", p.How(), log.String())
		case <-limit:
			t.Fatalf("it does not answer")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// shown are the active alerts of the Alertmanager, by fingerprint.
func shown(t *testing.T, at string) map[string]models.GettableAlert {
	t.Helper()
	resp, err := http.Get(at + "/api/v2/alerts?active=true")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []models.GettableAlert
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	out := map[string]models.GettableAlert{}
	for _, a := range list {
		out[*a.Fingerprint] = a
	}
	return out
}

func incident(n int) *alerts.Incident {
	k := alerts.Key{Rule: "stock_out", Partner: "acme", Location: "S1", Product: fmt.Sprint("P", n)}
	money := sellthrough.Decimal(12_500_000)
	at := time.Now().UTC().Add(-time.Minute).Truncate(time.Second)
	return &alerts.Incident{ID: k.Incident(1), Opening: 1, OpenedAt: at, Violation: alerts.Violation{
		Key: k, Severity: "critical", Since: at, DataAt: at, Money: &money, Evidence: `{"on_hand":0}`, Text: alerts.Text{En: "out of stock", Zh: "缺货"},
	}}
}

func TestAlertsAppearWithLabelsAndNotesAndResolve(t *testing.T) {
	at := start(t)
	m, err := New(Options{Name: "am", URL: at, Board: "https://board.example/", Currency: "GBP", Titles: map[string]alerts.Text{"stock_out": {En: "Stock-out", Zh: "缺货"}}})
	if err != nil {
		t.Fatal(err)
	}
	var list []*alerts.Incident
	for n := range 1200 { // three requests
		list = append(list, incident(n))
	}
	for range 2 { // again is nothing
		prints, err := m.Sync(context.Background(), list, nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		got := shown(t, at)
		if len(got) != 1200 {
			t.Fatalf("%d alerts are shown", len(got))
		}
		a, ok := got[prints[list[7].ID]]
		if !ok {
			t.Fatalf("no alert has the fingerprint %s", prints[list[7].ID])
		}
		for name, want := range map[string]string{"alertname": "stock_out", "rule": "stock_out", "partner": "acme", "location": "S1", "product": "P7", "severity": "critical"} {
			if a.Labels[name] != want {
				t.Errorf("label %s is %q, want %q", name, a.Labels[name], want)
			}
		}
		for name, want := range map[string]string{
			"summary": "out of stock", "summary_zh": "缺货", "title": "Stock-out", "title_zh": "缺货", "money_at_stake": "12.5 GBP", "evidence": `{"on_hand":0}`, "board": "https://board.example/",
		} {
			if a.Annotations[name] != want {
				t.Errorf("annotation %s is %q, want %q", name, a.Annotations[name], want)
			}
		}
		if !time.Time(*a.StartsAt).Equal(list[7].OpenedAt) || a.GeneratorURL != "https://board.example/" {
			t.Errorf("starts %s, link %s", a.StartsAt, a.GeneratorURL)
		}
	}
	closed := *list[7]
	closed.ClosedAt, closed.Why = time.Now().UTC(), alerts.Text{En: "12 on hand", Zh: "在手 12"}
	prints, err := m.Sync(context.Background(), list[:7], []*alerts.Incident{&closed}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	got := shown(t, at)
	if _, there := got[prints[closed.ID]]; there || len(got) != 1199 {
		t.Errorf("%d alerts are shown, the closed one among them: %v", len(got), there)
	}
	// It opened again while the end of the one before is still told: it fires.
	again := *incident(7)
	again.ID, again.OpenedAt = again.Key.Incident(2), time.Now().UTC()
	if _, err := m.Sync(context.Background(), []*alerts.Incident{&again}, []*alerts.Incident{&closed}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := shown(t, at); len(got) != 1200 {
		t.Errorf("%d alerts are shown after it opened again", len(got))
	}
}

func TestAnAlertmanagerThatIsAwayIsAnError(t *testing.T) {
	m, err := New(Options{Name: "am", URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Sync(context.Background(), []*alerts.Incident{incident(1)}, nil, time.Now()); err == nil {
		t.Error("no error")
	}
}
