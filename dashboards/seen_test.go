package dashboards_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rs/zerolog"

	"sellthrough/dashboards"
	"sellthrough/dashboards/page"
	"sellthrough/dashboards/page/pagetest"
	"sellthrough/internal/access"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/numbers/channeltest"
	"sellthrough/sinks/clickhouse"
)

// The boards of the channel of many modes, of the contested one and of incentives, in a real browser, in every view: every number
// that is shown is the one that was answered, nothing is clipped or overlaps, and a panel without data says why.
func TestTheBoardsOfModesAreSeen(t *testing.T) { seen(t, "seen_modes", ofMixed, mixed) }

func TestTheBoardsOfConflictsReconciliationAndAgeingAreSeen(t *testing.T) {
	seen(t, "seen_contested", ofContested, contested)
}

func TestTheBoardOfIncentivesIsSeen(t *testing.T) {
	seen(t, "seen_incentives", ofRewarded, rewarded, restatedSince)
}

// seen looks at boards on what was written to a database of a name, one after another.
func seen(t *testing.T, database string, boards []string, written ...map[string]string) {
	t.Helper()
	c := channeltest.In(t, database)
	for _, rows := range written {
		c.Write(t, rows)
	}
	s := enginetest.ClickHouse(t)
	r, err := clickhouse.NewReader(clickhouse.ReaderOptions{Address: s.TCP, Database: database, User: s.ReadUser, Password: s.ReadPassword})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	p, err := page.New(page.Options{Reader: r, Boards: dashboards.Files(), Title: "Seen", Version: "test", Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.ServeHTTP(w, r.WithContext(access.With(r.Context(), access.Local())))
	}))
	t.Cleanup(server.Close)
	pagetest.Look(t, server.URL+"?from=2026-03-02&to=2026-03-15", boards...)
}
