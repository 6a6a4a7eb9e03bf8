package access

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sellthrough"
)

func TestWithoutASessionAPageLeadsToTheLoginAndAProgramGets401(t *testing.T) {
	s := newSite(t, nil)
	a, _ := s.ask(s.browser(), "GET", "/boards/x?from=1", nil, "Accept: text/html,*/*")
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/login?to=%2Fboards%2Fx%3Ffrom%3D1" {
		t.Errorf("got %d %s", a.StatusCode, a.Header.Get("Location"))
	}
	for _, method := range []string{"GET", "POST", "DELETE"} {
		a, text := s.ask(s.browser(), method, "/api/x", nil)
		if a.StatusCode != http.StatusUnauthorized || a.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(text, `"status":401`) {
			t.Errorf("%s: got %d %s", method, a.StatusCode, text)
		}
	}
	a, text := s.ask(s.browser(), "GET", "/login", nil)
	if a.StatusCode != http.StatusOK || !strings.Contains(text, `autocomplete="current-password"`) || !strings.Contains(a.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("got %d %s", a.StatusCode, text)
	}
	if _, text := s.ask(s.browser(), "GET", "/login?to=/a", nil, "Accept-Language: zh-CN,en"); !strings.Contains(text, "登录") {
		t.Errorf("in Chinese: %s", text)
	}
}

func TestALoginSeesWhatItsUserMay(t *testing.T) {
	s := newSite(t, nil)
	c := s.browser()
	a := s.login(c, "ANNA ", "anna-secret", "/boards/x")
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/boards/x" {
		t.Fatalf("got %d %s", a.StatusCode, a.Header.Get("Location"))
	}
	set := a.Header.Get("Set-Cookie")
	if !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Lax") || strings.Contains(set, "Secure") {
		t.Errorf("cookie %s", set)
	}
	if v := s.viewer(c); v.Name != "anna" || v.Role != RolePartner || !slices.Equal(v.Partners, []sellthrough.PartnerID{"acme"}) || len(v.Grants) != 0 {
		t.Errorf("got %+v", v)
	}
	c = s.browser()
	s.login(c, "mia", "mia-secret", "/")
	if v := s.viewer(c); v.Name != "Mia" || !slices.Equal(v.Partners, []sellthrough.PartnerID{"acme", "beta"}) || !v.Granted(GrantCost) {
		t.Errorf("got %+v", v)
	}
	for id, kept := range s.keep.sessions {
		if len(id) != 64 || strings.Contains(set, id) || kept.ID != id {
			t.Errorf("the store keeps %s, and the cookie is %s", id, set)
		}
	}
	s.ask(c, "POST", "/api/export", nil)
	if got, want := s.keep.said(), []string{"anna|partner|login|", "Mia|manager|login|", "Mia|manager|export|sales"}; !slices.Equal(got, want) {
		t.Errorf("audit %v", got)
	}
}

func TestAManagerOfANodeWithoutPartnersSeesNobody(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Users[1].Node = "south" })
	c := s.browser()
	s.login(c, "mia", "mia-secret", "/")
	if v := s.viewer(c); v.Nobody() || v.Partners == nil || len(v.Partners) != 0 {
		t.Errorf("got %+v", v)
	}
}

func TestWrongNamesAndPasswordsAreToldApartByNothing(t *testing.T) {
	s := newSite(t, nil)
	_, first := s.ask(s.browser(), "POST", "/login", url.Values{"name": {"anna"}, "password": {"x"}})
	_, second := s.ask(s.browser(), "POST", "/login", url.Values{"name": {"nora"}, "password": {"x"}})
	strip := func(page, name string) string {
		i := strings.Index(page, `nonce="`)
		j := strings.Index(page[i+7:], `"`)
		return strings.ReplaceAll(page[:i]+page[i+7+j:], name, "NAME")
	}
	if strip(first, "anna") != strip(second, "nora") || !strings.Contains(first, "is not right") {
		t.Errorf("got\n%s\nand\n%s", first, second)
	}
	for _, e := range s.keep.entries {
		if e.OK || e.What != "login refused" || e.Address != "127.0.0.1" {
			t.Errorf("audit %+v", e)
		}
	}
	if len(s.keep.entries) != 2 || len(s.keep.sessions) != 0 {
		t.Errorf("%d entries, %d sessions", len(s.keep.entries), len(s.keep.sessions))
	}
	// The decoy costs as much as a hash of ours, so that an unknown name takes as long.
	cost := func(h PasswordHash) string { return strings.Join(strings.Split(string(h), "$")[:4], "$") }
	if cost(decoy) != cost(HashPassword("x")) {
		t.Errorf("the decoy costs %s", cost(decoy))
	}
	if strings.Contains(s.logs.String(), "secret") {
		t.Error("the log has a password")
	}
}

func TestGuessingIsSlowedDownAndTheRightPasswordWaitsToo(t *testing.T) {
	s := newSite(t, nil)
	for i := range 5 {
		if a := s.login(s.browser(), "anna", "x", "/"); a.StatusCode != http.StatusUnauthorized {
			t.Fatalf("guess %d: %d", i, a.StatusCode)
		}
	}
	a := s.login(s.browser(), "anna", "anna-secret", "/")
	if a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "1" {
		t.Errorf("got %d, Retry-After %s", a.StatusCode, a.Header.Get("Retry-After"))
	}
	if a := s.login(s.browser(), "mia", "mia-secret", "/"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("another name has to wait: %d", a.StatusCode)
	}
	s.now = s.now.Add(time.Second)
	if a := s.login(s.browser(), "anna", "anna-secret", "/"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("after the wait: %d", a.StatusCode)
	}
}

func TestASessionEndsByItself(t *testing.T) {
	s := newSite(t, nil)
	c := s.browser()
	s.login(c, "anna", "anna-secret", "/")
	for range 46 { // every half hour, for 23 hours
		s.now = s.now.Add(30 * time.Minute)
		if s.viewer(c).Nobody() {
			t.Fatalf("it ended at %s", s.now)
		}
	}
	s.now = s.now.Add(59 * time.Minute)
	if s.viewer(c).Nobody() {
		t.Error("it ended before a day")
	}
	s.now = s.now.Add(time.Minute)
	if v := s.viewer(c); !v.Nobody() {
		t.Errorf("after a day it is still %+v", v)
	}
	s.login(c, "anna", "anna-secret", "/")
	s.now = s.now.Add(time.Hour)
	if v := s.viewer(c); !v.Nobody() {
		t.Errorf("after an idle hour it is still %+v", v)
	}
}

func TestALogoutEndsTheSessionEverywhere(t *testing.T) {
	s := newSite(t, nil)
	c := s.browser()
	s.login(c, "anna", "anna-secret", "/")
	first := s.url
	at, err := url.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	stolen := s.browser()
	stolen.Jar.SetCookies(at, c.Jar.Cookies(at))
	s.start(nil) // a second process; cookies know no port
	if s.viewer(stolen).Nobody() {
		t.Fatal("another process does not know the session")
	}
	if a, _ := s.ask(c, "POST", first+"/logout", nil); a.StatusCode != http.StatusSeeOther || len(c.Jar.Cookies(at)) != 0 {
		t.Errorf("got %d, cookies %v", a.StatusCode, c.Jar.Cookies(at))
	}
	if a, _ := s.ask(stolen, "GET", first+"/api/me", nil); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("where it was ended the cookie is still good: %d", a.StatusCode)
	}
	s.now = s.now.Add(believed)
	if v := s.viewer(stolen); !v.Nobody() {
		t.Errorf("elsewhere the cookie is still good: %+v", v)
	}
	if a, _ := s.ask(c, "GET", "/logout", nil); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a link logs out: %d", a.StatusCode)
	}
	if got := s.keep.said(); !slices.Equal(got, []string{"anna|partner|login|", "anna|partner|logout|"}) {
		t.Errorf("audit %v", got)
	}
}

func TestASessionDoesNotOutlastItsPasswordNorItsUser(t *testing.T) {
	s := newSite(t, nil)
	c := s.browser()
	s.login(c, "anna", "anna-secret", "/")
	s.start(nil)
	if s.viewer(c).Nobody() {
		t.Error("a restart ends sessions")
	}
	s.start(func(o *Options) { o.Users[0].Partner = "gamma" })
	if v := s.viewer(c); !slices.Equal(v.Partners, []sellthrough.PartnerID{"gamma"}) {
		t.Errorf("it keeps the rights it had: %+v", v)
	}
	s.start(func(o *Options) { o.Users[0].Password = HashPassword("anna-secret") })
	if v := s.viewer(c); !v.Nobody() {
		t.Errorf("a new password leaves %+v", v)
	}
	s.start(func(o *Options) { o.Users = o.Users[1:] })
	if v := s.viewer(c); !v.Nobody() {
		t.Errorf("who is gone is still %+v", v)
	}
}

func TestALoginNeverGoesOnWithTheSessionThatWasThere(t *testing.T) {
	s := newSite(t, nil)
	c := s.browser()
	s.login(c, "anna", "anna-secret", "/")
	before := slices.Collect(maps.Keys(s.keep.sessions))
	s.login(c, "mia", "mia-secret", "/")
	if len(s.keep.sessions) != 2 || !s.keep.sessions[before[0]].Ended {
		t.Errorf("sessions %v", s.keep.sessions)
	}
	at, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"", "x", strings.Repeat("x", 500), before[0]} {
		forged := s.browser()
		forged.Jar.SetCookies(at, []*http.Cookie{{Name: "sellthrough", Value: value, Path: "/"}})
		if v := s.viewer(forged); !v.Nobody() {
			t.Errorf("the cookie %q is %+v", value, v)
		}
	}
}

func TestOtherSitesCannotMakeABrowserWrite(t *testing.T) {
	s := newSite(t, nil)
	c := s.browser()
	s.login(c, "anna", "anna-secret", "/")
	for _, path := range []string{"/api/export", "/logout", "/login"} {
		for _, head := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example"} {
			if a, _ := s.ask(c, "POST", path, url.Values{"name": {"mia"}, "password": {"mia-secret"}}, head); a.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %s: %d", path, head, a.StatusCode)
			}
		}
	}
	if a, _ := s.ask(c, "POST", "/api/export", nil, "Sec-Fetch-Site: same-origin"); a.StatusCode != http.StatusOK {
		t.Errorf("its own write is refused: %d", a.StatusCode)
	}
}

func TestTheWayBackStaysOnThisSite(t *testing.T) {
	for to, want := range map[string]string{
		"/boards/x?a=1#b": "/boards/x?a=1#b", "/": "/", "": "/", "boards": "/", "https://evil.example/": "/", "//evil.example": "/", "/\\evil.example": "/",
		"/\t/evil.example": "/", "javascript:alert(1)": "/", "/login?to=/x": "/", "/login/provider": "/", "/logout": "/", "\\\\evil": "/", "http:/x": "/",
		"/%2F/evil.example": "/", "/" + strings.Repeat("x", 3000): "/", "/a%": "/",
	} {
		if got := back(to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
	s := newSite(t, nil)
	if a := s.login(s.browser(), "anna", "anna-secret", "//evil.example/"); a.Header.Get("Location") != "/" {
		t.Errorf("the login leads to %s", a.Header.Get("Location"))
	}
}

func TestOverHTTPSTheCookieIsOfThisHostOnly(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Secure = true })
	set := s.login(s.browser(), "anna", "anna-secret", "/").Header.Get("Set-Cookie")
	if !strings.HasPrefix(set, "__Host-") || !strings.Contains(set, "Secure") || !strings.Contains(set, "Path=/") || strings.Contains(set, "Domain") {
		t.Errorf("cookie %s", set)
	}
}

func TestWithoutLoginsOnlyThisMachinesOwnNameIsAnswered(t *testing.T) {
	s := newSite(t, func(o *Options) { *o = Options{Now: o.Now, Log: o.Log} })
	if v := s.viewer(s.browser()); v.Name != "local" || v.Role != RoleAdmin || v.Restricted() {
		t.Errorf("got %+v", v)
	}
	for host, want := range map[string]int{"localhost:8080": 200, "127.0.0.1": 200, "[::1]:80": 200, "evil.example": 421, "127.0.0.1.evil.example:80": 421, "10.0.0.1": 421, "localhost.evil.example": 421} {
		if a, _ := s.ask(s.browser(), "GET", "/api/me", nil, "Host: "+host); a.StatusCode != want {
			t.Errorf("%s: %d, want %d", host, a.StatusCode, want)
		}
	}
	if a, _ := s.ask(s.browser(), "POST", "/api/export", nil, "Origin: https://evil.example"); a.StatusCode != http.StatusForbidden {
		t.Errorf("another site writes: %d", a.StatusCode)
	}
	r, w := httptest.NewRequest(http.MethodGet, "http://localhost/api/me", nil), httptest.NewRecorder()
	r.RemoteAddr = "192.0.2.1:5"
	if s.guard.Wrap(s.inner).ServeHTTP(w, r); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("another machine that says localhost: %d", w.Code)
	}
}

func TestWhenTheStoreIsDownNobodyGetsInAndNobodyIsThrownOut(t *testing.T) {
	s := newSite(t, nil)
	c := s.browser()
	s.login(c, "anna", "anna-secret", "/")
	s.keep.broken = errors.New("down")
	s.now = s.now.Add(time.Minute)
	if a, text := s.ask(c, "GET", "/api/me", nil); a.StatusCode != http.StatusServiceUnavailable || strings.Contains(text, "down") {
		t.Errorf("got %d %s", a.StatusCode, text)
	}
	if a := s.login(s.browser(), "anna", "anna-secret", "/"); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("a login: %d", a.StatusCode)
	}
	if a, _ := s.ask(c, "POST", "/logout", nil); a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a logout: %d", a.StatusCode)
	}
	s.keep.broken = nil
	if s.viewer(c).Nobody() {
		t.Error("it was thrown out")
	}
}

func TestNeedLetsRolesThrough(t *testing.T) {
	h := Need(RoleManager)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for role, want := range map[Role]int{"": 401, RoleViewer: 403, RolePartner: 403, RoleManager: 200, RoleAdmin: 200} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(With(t.Context(), Viewer{Role: role})))
		if w.Code != want {
			t.Errorf("%q: %d, want %d", role, w.Code, want)
		}
	}
}

func TestAnAddressIsBelievedOfKnownProxiesOnly(t *testing.T) {
	g := newSite(t, func(o *Options) { o.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} }).guard
	for _, c := range []struct{ peer, forwarded, want string }{
		{"192.0.2.1:5", "198.51.100.7", "192.0.2.1"},
		{"10.0.0.1:5", "198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:5", "203.0.113.9, 198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:5", "198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"10.0.0.1:5", "junk", "10.0.0.1"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:5", "198.51.100.7", "198.51.100.7"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-For", c.forwarded)
		if got := g.address(r).String(); got != c.want {
			t.Errorf("%s by %s: got %s, want %s", c.forwarded, c.peer, got, c.want)
		}
	}
}
