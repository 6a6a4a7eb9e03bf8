package access

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
)

// keeper is a store in memory. The one in ClickHouse is tested in sinks/clickhouse.
type keeper struct {
	mu       sync.Mutex
	sessions map[string]Session
	entries  []Entry
	broken   error
}

func (k *keeper) do(f func()) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.broken == nil {
		f()
	}
	return k.broken
}

func (k *keeper) BeginSession(_ context.Context, s Session) error {
	return k.do(func() { k.sessions[s.ID] = s })
}

func (k *keeper) SeeSession(_ context.Context, id string, at time.Time) error {
	return k.do(func() { s := k.sessions[id]; s.Seen = at; k.sessions[id] = s })
}

func (k *keeper) EndSession(_ context.Context, id string, _ time.Time) error {
	return k.do(func() { s := k.sessions[id]; s.Ended = true; k.sessions[id] = s })
}

func (k *keeper) FindSession(_ context.Context, id string) (s Session, ok bool, err error) {
	err = k.do(func() { s, ok = k.sessions[id] })
	return s, ok, err
}

func (k *keeper) Record(_ context.Context, e Entry) error {
	return k.do(func() { k.entries = append(k.entries, e) })
}

// said is the audit log as text.
func (k *keeper) said() (out []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range k.entries {
		out = append(out, strings.Join([]string{e.Who, string(e.Role), e.What, e.About}, "|"))
	}
	return out
}

// site is a guarded page that answers who its viewer is.
type site struct {
	t     *testing.T
	keep  *keeper
	guard *Guard
	now   time.Time
	url   string
	logs  strings.Builder
	inner http.Handler
}

// Cheap ones: what a hash has to cost is another test's matter.
var hashes = map[string]PasswordHash{"anna-secret": hashPassword("anna-secret", 64, 1), "mia-secret": hashPassword("mia-secret", 64, 1)}

func users() []User {
	return []User{
		{Name: "anna", Password: hashes["anna-secret"], Bound: Bound{Role: RolePartner, Partner: "acme"}},
		{Name: "Mia", Password: hashes["mia-secret"], Bound: Bound{Role: RoleManager, Node: "north", Grants: []string{GrantCost}}},
	}
}

func newSite(t *testing.T, change func(*Options)) *site {
	t.Helper()
	s := &site{t: t, keep: &keeper{sessions: map[string]Session{}}, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	s.inner = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/export" {
			Note(r.Context(), "export", "sales")
		}
		_ = json.NewEncoder(w).Encode(From(r.Context()))
	})
	s.start(change)
	return s
}

// start starts the site anew with what its store holds, as a process that comes back.
func (s *site) start(change func(*Options)) {
	s.t.Helper()
	o := Options{
		Users: users(), Store: s.keep, Idle: time.Hour, Absolute: 24 * time.Hour, Log: zerolog.New(&s.logs), Now: func() time.Time { return s.now },
		Nodes: func(_ context.Context, node string) ([]sellthrough.PartnerID, error) {
			return map[string][]sellthrough.PartnerID{"north": {"acme", "beta"}}[node], nil
		},
	}
	if change != nil {
		change(&o)
	}
	var err error
	if s.guard, err = New(o); err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewServer(s.guard.Wrap(s.inner))
	s.t.Cleanup(server.Close)
	s.url = server.URL
}

// browser is one with cookies that follows redirects only when asked to.
func (s *site) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (s *site) ask(c *http.Client, method, path string, form url.Values, heads ...string) (*http.Response, string) {
	s.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = s.url + path
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range heads {
		k, v, _ := strings.Cut(h, ": ")
		if k == "Host" {
			r.Host = v
		}
		r.Header.Add(k, v)
	}
	a, err := c.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return a, string(text)
}

func (s *site) login(c *http.Client, name, password, to string, heads ...string) *http.Response {
	s.t.Helper()
	a, _ := s.ask(c, "POST", "/login", url.Values{"name": {name}, "password": {password}, "to": {to}}, heads...)
	return a
}

func (s *site) viewer(c *http.Client) Viewer {
	s.t.Helper()
	a, text := s.ask(c, "GET", "/api/me", nil)
	var v Viewer
	if a.StatusCode == http.StatusOK {
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			s.t.Fatal(err)
		}
	}
	return v
}
