package door_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/alerts"
	"sellthrough/alerts/door"
	"sellthrough/internal/access"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/sinks/clickhouse"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

func TestPeopleActOnIncidents(t *testing.T) {
	s := enginetest.ClickHouse(t)
	l, err := clickhouse.Open(clickhouse.Options{Address: s.TCP, Database: enginetest.Database(t), User: s.AdminUser, Password: s.AdminPassword})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if err := l.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	store := clickhouse.Incidents{Ledger: l}
	k := alerts.Key{Rule: "stock_out", Partner: "acme", Product: "P1"}
	id := k.Incident(1)
	at := time.Now().UTC()
	if err := store.Append(t.Context(), []alerts.Event{{Kind: alerts.Opened, At: at, Incident: id, Opening: 1, Violation: alerts.Violation{Key: k, Since: at, DataAt: at}}}); err != nil {
		t.Fatal(err)
	}
	h := door.New(store, zerolog.Nop())
	manager := access.Viewer{Name: "li", Role: access.RoleManager}
	do := func(v access.Viewer, path, body string, want int, header ...string) {
		t.Helper()
		r := httptest.NewRequestWithContext(access.With(t.Context(), v), http.MethodPost, "/api/incidents/"+path, strings.NewReader(body))
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s by %s %s: %d %s, want %d", path, v.Role, body, w.Code, w.Body, want)
		}
	}
	stands := func(want string) {
		t.Helper()
		got, err := l.Query(t.Context(), "SELECT state, acknowledged_by, assigned_to, length(comments) FROM "+fmt.Sprint(database(t, l))+".v_incidents", nil)
		if err != nil || len(got.Rows) != 1 {
			t.Fatal(got, err)
		}
		if said := strings.TrimSpace(fmt.Sprintln(got.Rows[0]...)); said != want {
			t.Errorf("it stands as %q, want %q", said, want)
		}
	}
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	do(access.Viewer{}, id+"/ack", "", http.StatusForbidden)
	do(access.Viewer{Name: "v", Role: access.RoleViewer}, id+"/ack", "", http.StatusForbidden)
	do(access.Viewer{Name: "p", Role: access.RolePartner, Partners: []sellthrough.PartnerID{"acme"}}, id+"/ack", "", http.StatusForbidden)
	do(access.Viewer{Name: "m", Role: access.RoleManager, Partners: []sellthrough.PartnerID{"other"}}, id+"/ack", "", http.StatusNotFound)
	do(manager, "nobody-1/ack", "", http.StatusNotFound)
	do(manager, id+"/delete", "", http.StatusNotFound)
	do(manager, id+"/ack", `{"whom":"x"}`, http.StatusBadRequest)
	do(manager, id+"/snooze", `{"until":"`+soon+`"}`, http.StatusBadRequest)
	do(manager, id+"/snooze", `{"why":"x","until":"2020-01-01T00:00:00Z"}`, http.StatusBadRequest)
	do(manager, id+"/comment", `{}`, http.StatusBadRequest)
	do(manager, id+"/ack", "", http.StatusForbidden, "Sec-Fetch-Site", "cross-site")
	stands("open   0")
	do(manager, id+"/snooze", `{"why":"a delivery is on its way","until":"`+soon+`"}`, http.StatusNoContent)
	stands("snoozed   0")
	do(manager, id+"/unsnooze", "", http.StatusNoContent)
	do(manager, id+"/ack", "", http.StatusNoContent, "Sec-Fetch-Site", "same-origin")
	do(access.Viewer{Name: "m", Role: access.RoleManager, Partners: []sellthrough.PartnerID{"acme"}}, id+"/assign", `{"to":"wang"}`, http.StatusNoContent)
	do(manager, id+"/comment", `{"why":"called the store"}`, http.StatusNoContent)
	stands("acknowledged li wang 1")
	if err := store.Append(t.Context(), []alerts.Event{{Kind: alerts.Closed, At: time.Now(), Incident: id, Opening: 1, Violation: alerts.Violation{Key: k}}}); err != nil {
		t.Fatal(err)
	}
	do(manager, id+"/snooze", `{"why":"x","until":"`+soon+`"}`, http.StatusConflict)
	do(manager, id+"/comment", `{"why":"was a miscount"}`, http.StatusNoContent)
	stands("closed li wang 2")
}

// database is the one of the test, which is the only one with incidents.
func database(t *testing.T, l *clickhouse.Ledger) any {
	t.Helper()
	got, err := l.Query(t.Context(), "SELECT database FROM system.tables WHERE name = 'v_incidents'", nil)
	if err != nil || len(got.Rows) != 1 {
		t.Fatal(got, err)
	}
	return got.Rows[0][0]
}
