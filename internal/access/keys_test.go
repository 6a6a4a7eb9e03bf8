package access

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
)

func keyOf(partner, key string) PartnerKey {
	sum := sha256.Sum256([]byte(key))
	return PartnerKey{Partner: sellthrough.PartnerID(partner), Hash: "sha256:" + hex.EncodeToString(sum[:])}
}

func withKeys(o *Options) {
	o.Keys = []PartnerKey{keyOf("acme", "acme-old"), keyOf("acme", "acme-new"), keyOf("beta", "beta-key")}
}

func (s *site) byKey(c *http.Client, key string) *http.Response {
	s.t.Helper()
	a, _ := s.ask(c, "POST", "/login", url.Values{"key": {key}, "to": {"/reports"}})
	return a
}

func TestAPartnerLogsInWithItsKeyAndIsItself(t *testing.T) {
	s := newSite(t, withKeys)
	c := s.browser()
	a := s.byKey(c, " acme-new ") // as it is pasted
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/reports" {
		t.Fatalf("%s %v", a.Status, a.Header)
	}
	want := Viewer{Name: "key:acme", Role: RolePartner, Partners: []sellthrough.PartnerID{"acme"}, Key: keyOf("acme", "acme-new").KeyMark()}
	if d := cmp.Diff(want, s.viewer(c)); d != "" {
		t.Error(d)
	}
	if said := s.keep.said(); !slices.Equal(said, []string{"key:acme|partner|login|"}) {
		t.Errorf("audit %v", said)
	}
	for id, kept := range s.keep.sessions {
		if text := id + kept.Name + kept.Credential; strings.Contains(text, "acme-new") || strings.Contains(text, strings.TrimPrefix(keyOf("acme", "acme-new").Hash, "sha256:")[:12]) {
			t.Errorf("the store holds %+v", kept)
		}
	}
	if strings.Contains(s.logs.String(), "acme-new") {
		t.Error("the log has the key")
	}
}

// A key that is taken out of the configuration ends the sessions that came with it, and no others.
func TestASessionEndsWithItsKey(t *testing.T) {
	s := newSite(t, withKeys)
	old, now := s.browser(), s.browser()
	s.byKey(old, "acme-old")
	s.byKey(now, "acme-new")
	s.start(func(o *Options) { withKeys(o); o.Keys = o.Keys[1:] })
	if v := s.viewer(old); !v.Nobody() {
		t.Errorf("with a key that is gone one is %+v", v)
	}
	if v := s.viewer(now); v.Nobody() {
		t.Error("the other key's session ended too")
	}
}

// Whoever may log in as a user named like a partner is not that partner, and a key is no password.
func TestAKeyIsNoPasswordAndANameNoKey(t *testing.T) {
	s := newSite(t, withKeys)
	for _, form := range []url.Values{
		{"name": {"acme"}, "password": {"acme-new"}},
		{"name": {"key:acme"}, "password": {"acme-new"}},
		{"name": {"anna"}, "password": {"acme-new"}},
		{"key": {"anna-secret"}},
		{"key": {""}},
		{"key": {"acme"}},
		{"key": {keyOf("acme", "acme-new").Hash}},
		{"key": {strings.Repeat("x", 10_000)}},
	} {
		c := s.browser()
		if a, _ := s.ask(c, "POST", "/login", form); a.StatusCode != http.StatusUnauthorized && a.StatusCode != http.StatusTooManyRequests {
			t.Errorf("%v: %s", form, a.Status)
		}
		if v := s.viewer(c); !v.Nobody() {
			t.Errorf("%v lets %+v in", form, v)
		}
		s.now = s.now.Add(time.Hour)
	}
}

func TestGuessingKeysIsSlowedDownForWhoGuesses(t *testing.T) {
	s := newSite(t, withKeys)
	for i := range 5 {
		if a := s.byKey(s.browser(), "wrong"); a.StatusCode != http.StatusUnauthorized {
			t.Fatalf("guess %d: %s", i, a.Status)
		}
	}
	if a := s.byKey(s.browser(), "acme-new"); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "1" {
		t.Errorf("%s %v", a.Status, a.Header)
	}
	if a := s.login(s.browser(), "anna", "anna-secret", "/"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("a name has to wait: %s", a.Status)
	}
}

// Without logins whoever sits at the machine may do everything, and may look at the page as a partner does.
func TestWithoutLoginsAKeyShowsWhatItsPartnerSees(t *testing.T) {
	s := newSite(t, func(o *Options) { withKeys(o); o.Users = nil })
	c := s.browser()
	if v := s.viewer(c); v.Name != "local" {
		t.Fatalf("one is %+v", v)
	}
	s.byKey(c, "beta-key")
	if v := s.viewer(c); v.Role != RolePartner || !slices.Equal(v.Partners, []sellthrough.PartnerID{"beta"}) {
		t.Errorf("with a key one is %+v", v)
	}
	if a, _ := s.ask(c, "POST", "/logout", url.Values{}); a.Header.Get("Location") != "/" {
		t.Errorf("%s %v", a.Status, a.Header)
	}
	if v := s.viewer(c); v.Name != "local" {
		t.Errorf("afterwards one is %+v", v)
	}
	if a, text := s.ask(c, "POST", "/login", url.Values{"key": {"beta-key"}}, "Host: evil.example"); a.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("from elsewhere: %s %s", a.Status, text)
	}
	if _, text := s.ask(c, "GET", "/login", nil); !strings.Contains(text, `name="key"`) || strings.Contains(text, `name="password"`) {
		t.Error(text)
	}
}
