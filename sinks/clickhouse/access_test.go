package clickhouse

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/internal/access"
)

var _ access.Store = (*Ledger)(nil)

func TestASessionIsWhatItsRowsSay(t *testing.T) {
	l := open(t, 100)
	at := time.Now().UTC().Truncate(time.Millisecond) // old ones are dropped
	want := access.Session{ID: "aa", Name: "müller", Begun: at, Seen: at, Credential: "c", Bound: &access.Bound{Role: access.RoleManager, Node: "north", Grants: []string{"cost"}}}
	if err := l.BeginSession(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := l.BeginSession(t.Context(), access.Session{ID: "bb", Name: "other", Begun: at, Seen: at}); err != nil {
		t.Fatal(err)
	}
	found := func() {
		t.Helper()
		got, ok, err := l.FindSession(t.Context(), "aa")
		if d := cmp.Diff(want, got); !ok || err != nil || d != "" {
			t.Errorf("%v, %v (-want +got):\n%s", ok, err, d)
		}
	}
	found()
	want.Seen = at.Add(time.Hour)
	if err := l.SeeSession(t.Context(), "aa", want.Seen); err != nil {
		t.Fatal(err)
	}
	found()
	want.Ended = true
	if err := l.EndSession(t.Context(), "aa", want.Seen); err != nil {
		t.Fatal(err)
	}
	found()
	if s, ok, err := l.FindSession(t.Context(), "bb"); !ok || err != nil || s.Ended || s.Bound != nil {
		t.Errorf("another session: %+v, %v, %v", s, ok, err)
	}
	for _, id := range []string{"cc", ""} {
		if _, ok, err := l.FindSession(t.Context(), id); ok || err != nil {
			t.Errorf("%q: %v, %v", id, ok, err)
		}
	}
	// Rows of a session that was never begun, as whoever could write them might forge.
	if err := l.SeeSession(t.Context(), "cc", at); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := l.FindSession(t.Context(), "cc"); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestTheAuditLogReadsBackNewestFirst(t *testing.T) {
	l := open(t, 100)
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	want := []access.Entry{
		{At: at.Add(2 * time.Millisecond), Who: "x' OR 1", What: "login refused", About: "name or password", Address: "192.0.2.1"},
		{At: at.Add(time.Millisecond), Who: "anna", Role: access.RolePartner, What: "export", About: "sales 周报", Address: "::1", OK: true},
	}
	for _, e := range want {
		if err := l.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := l.Audit(t.Context(), 10)
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestUnderANodeAreThePartnersOfAllNodesBelowItToday(t *testing.T) {
	l := open(t, 100)
	for _, sql := range []string{
		"orders (kind, revision) VALUES ('reference', 3)",
		`ref_organisation (version, node, parent, partner, from_day, to_day) VALUES (3, 'hq', '', '', 0, 120529), (3, 'north', 'hq', '', 0, 120529),
			(3, 'north', 'hq', 'acme', 0, 120529), (3, 'city', 'north', 'beta', 0, 120529), (3, 'city', 'north', 'gone', 0, 100), (3, 'south', 'hq', 'gamma', 0, 120529),
			(3, 'moved', 'north', '', 0, 100), (3, 'moved', 'south', 'delta', 101, 120529), (2, 'north', 'hq', 'old', 0, 120529)`,
	} {
		if err := l.exec(t.Context(), "fill", "INSERT INTO "+l.opts.Database+"."+sql); err != nil {
			t.Fatal(err)
		}
	}
	for node, want := range map[string][]sellthrough.PartnerID{
		"north": {"acme", "beta"}, "south": {"delta", "gamma"}, "hq": {"acme", "beta", "delta", "gamma"}, "city": {"beta"}, "nowhere": {}, "": {},
	} {
		got, err := l.Under(t.Context(), node)
		slices.Sort(got)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%q: %v (-want +got):\n%s", node, err, d)
		}
	}
}

// From the login to the rows: what two people see of the same page.
func TestThePageShowsEachLoginItsOwnRows(t *testing.T) {
	l, r := world(t)
	guard, err := access.New(access.Options{
		Users: []access.User{
			{Name: "anna", Password: access.HashPassword("anna's"), Bound: access.Bound{Role: access.RolePartner, Partner: "acme"}},
			{Name: "mia", Password: access.HashPassword("mia's"), Bound: access.Bound{Role: access.RoleManager, Node: "north"}},
			{Name: "vera", Password: access.HashPassword("vera's"), Bound: access.Bound{Role: access.RoleViewer}},
		},
		Store: l, Nodes: l.Under, Idle: time.Hour, Absolute: time.Hour, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(guard.Wrap(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		a, err := r.Read(q.Context(), access.From(q.Context()), "SELECT DISTINCT partner FROM v_sales_daily ORDER BY partner")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(a.Rows)
	})))
	defer server.Close()
	for name, want := range map[string]string{"anna": `[["acme"]]`, "mia": `[["acme"],["beta"],["gamma"]]`, "vera": `[[""],["acme"],["beta"],["gamma"]]`} {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		c := &http.Client{Jar: jar}
		a, err := c.PostForm(server.URL+"/login", url.Values{"name": {name}, "password": {name + "'s"}, "to": {"/api"}})
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		if err := a.Write(&got); err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if !strings.HasSuffix(strings.TrimSpace(got.String()), want) && !strings.Contains(got.String(), "\r\n"+want+"\n") {
			t.Errorf("%s sees %s, want %s", name, got.String(), want)
		}
	}
}
