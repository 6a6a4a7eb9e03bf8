package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"sellthrough"
)

// idp is a small OpenID Connect provider: discovery, keys, an authorization endpoint that is always logged in, and a
// token endpoint that checks client, redirect and PKCE.
type idp struct {
	t      *testing.T
	url    string
	key    *ecdsa.PrivateKey
	claims map[string]any // of the ID token, over the right ones
	signer *ecdsa.PrivateKey
	denies bool

	codes map[string]url.Values // by code: what the browser came with
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{t: t, key: key, signer: key, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": p.url, "authorization_endpoint": p.url + "/authorize", "token_endpoint": p.url + "/token", "jwks_uri": p.url + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *idp) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != "page" || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || !slices.Contains(strings.Fields(q.Get("scope")), "openid") {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {q.Get("state")}}
	if p.denies {
		back.Set("error", "access_denied")
	} else {
		code := rand.Text()
		p.codes[code] = q
		back.Set("code", code)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	q, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	if !ok || id != "page" || secret != "client-secret" || r.PostFormValue("redirect_uri") != q.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(challenge[:]) != q.Get("code_challenge") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		return
	}
	claims := map[string]any{"iss": p.url, "aud": "page", "sub": "4711", "nonce": q.Get("nonce"), "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix()}
	maps.Copy(claims, p.claims)
	text, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.signer, KeyID: "1"}}, nil)
	if err != nil {
		p.t.Error(err)
		return
	}
	signed, err := signer.Sign(text)
	if err != nil {
		p.t.Error(err)
		return
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		p.t.Error(err)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "opaque", "token_type": "Bearer", "expires_in": 60, "id_token": compact})
}

// federated is a site with a provider beside its users.
func federated(t *testing.T, p *idp, change func(*ProviderOptions)) *site {
	t.Helper()
	return newSite(t, func(o *Options) {
		po := ProviderOptions{
			Issuer: p.url, ClientID: "page", ClientSecret: "client-secret", Callback: "http://page.example/login/callback",
			Claims: Claims{Name: "email", Role: "realm.roles", Partner: "partner", Node: "node", Grants: "grants"},
			Roles:  map[string]Role{"channel-boss": RoleAdmin, "area": RoleManager, "sales": RoleViewer, "dealer": RolePartner},
		}
		if change != nil {
			change(&po)
		}
		var err error
		if o.Provider, err = NewProvider(po); err != nil {
			t.Fatal(err)
		}
	})
}

// travel goes to the provider and back to the callback, and returns the last answer.
func (s *site) travel(c *http.Client, to string) *http.Response {
	s.t.Helper()
	a, _ := s.ask(c, "GET", "/login/provider?to="+url.QueryEscape(to), nil)
	if a.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("the way to the provider: %d", a.StatusCode)
	}
	a, text := s.ask(c, "GET", a.Header.Get("Location"), nil)
	if a.StatusCode != http.StatusFound {
		s.t.Fatalf("the provider: %d %s", a.StatusCode, text)
	}
	return s.callback(c, a.Header.Get("Location"))
}

func (s *site) callback(c *http.Client, location string) *http.Response {
	s.t.Helper()
	_, query, _ := strings.Cut(location, "?")
	a, _ := s.ask(c, "GET", "/login/callback?"+query, nil)
	return a
}

func TestALoginAtTheProviderSeesWhatItsClaimsSay(t *testing.T) {
	p := newIDP(t)
	s := federated(t, p, nil)
	for _, x := range []struct {
		claims map[string]any
		want   Viewer
	}{
		{
			map[string]any{"email": "pat@x", "realm": map[string]any{"roles": []string{"other", "dealer"}}, "partner": "beta", "grants": []string{"cost", "rebate"}},
			Viewer{Name: "pat@x", Role: RolePartner, Partners: []sellthrough.PartnerID{"beta"}, Grants: []string{"rebate"}},
		},
		{
			map[string]any{"email": "max@x", "email_verified": true, "realm": map[string]any{"roles": "area"}, "node": "north", "grants": "cost"},
			Viewer{Name: "max@x", Role: RoleManager, Partners: []sellthrough.PartnerID{"acme", "beta"}, Grants: []string{"cost"}},
		},
		{map[string]any{"realm": map[string]any{"roles": []any{"sales", 7}}, "partner": "ignored"}, Viewer{Name: "4711", Role: RoleViewer}},
		{map[string]any{"email": "eve@x", "realm": map[string]any{"roles": []string{"sales", "channel-boss"}}}, Viewer{Name: "eve@x", Role: RoleAdmin, Grants: Grants()}},
	} {
		p.claims = x.claims
		c := s.browser()
		if a := s.travel(c, "/boards/x"); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/boards/x" {
			t.Fatalf("got %d %s", a.StatusCode, a.Header.Get("Location"))
		}
		v := s.viewer(c)
		if v.Name != x.want.Name || v.Role != x.want.Role || !slices.Equal(v.Partners, x.want.Partners) || v.Restricted() != x.want.Restricted() || !slices.Equal(v.Grants, x.want.Grants) {
			t.Errorf("got %+v, want %+v", v, x.want)
		}
	}
	if got := s.keep.said()[0]; got != "pat@x|partner|login|" {
		t.Errorf("audit %s", got)
	}
	if a, text := s.ask(s.browser(), "GET", "/login?to=/a", nil); a.StatusCode != http.StatusOK || !strings.Contains(text, `href="/login/provider?to=%2fa"`) || !strings.Contains(text, "127.0.0.1") {
		t.Errorf("the login page: %s", text)
	}
}

func TestALoginWithoutWholeRightsIsRefused(t *testing.T) {
	p := newIDP(t)
	s := federated(t, p, nil)
	for what, claims := range map[string]map[string]any{
		"no role":           {"email": "x@x"},
		"unknown role":      {"email": "x@x", "realm": map[string]any{"roles": []string{"admin"}}}, // Roles name other words
		"role of no text":   {"email": "x@x", "realm": map[string]any{"roles": 5}},
		"partner of nobody": {"email": "x@x", "realm": map[string]any{"roles": "dealer"}},
	} {
		p.claims = claims
		c := s.browser()
		if a := s.travel(c, "/"); a.StatusCode != http.StatusForbidden || !s.viewer(c).Nobody() {
			t.Errorf("%s: got %d", what, a.StatusCode)
		}
	}
	p.claims = map[string]any{"email": "boss@x", "email_verified": false, "realm": map[string]any{"roles": "channel-boss"}}
	if a := s.travel(s.browser(), "/"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("an address that is not verified: %d", a.StatusCode)
	}
	for _, e := range s.keep.entries {
		if e.OK || e.What != "login refused" {
			t.Errorf("audit %+v", e)
		}
	}
}

func TestAForgedOrForeignAnswerOfTheProviderIsRefused(t *testing.T) {
	p := newIDP(t)
	boss := map[string]any{"email": "boss@x", "realm": map[string]any{"roles": "channel-boss"}}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(){
		"a key of somebody else": func() { p.signer = other },
		"for another site":       func() { p.claims["aud"] = "other" },
		"of another issuer":      func() { p.claims["iss"] = "https://evil.example" },
		"of yesterday":           func() { p.claims["exp"] = time.Now().Add(-time.Hour).Unix() },
		"of another login":       func() { p.claims["nonce"] = "x" },
		"without a nonce":        func() { p.claims["nonce"] = "" },
		"denied at the provider": func() { p.denies = true },
		"with the wrong secret":  func() {},
		"for a code it forgot":   func() {},
	} {
		p.claims, p.signer, p.denies, p.codes = maps.Clone(boss), p.key, false, map[string]url.Values{}
		s := federated(t, p, func(o *ProviderOptions) {
			if what == "with the wrong secret" {
				o.ClientSecret = "guess"
			}
		})
		change()
		c := s.browser()
		if what == "for a code it forgot" {
			a, _ := s.ask(c, "GET", "/login/provider", nil)
			a, _ = s.ask(c, "GET", a.Header.Get("Location"), nil)
			clear(p.codes)
			if a := s.callback(c, a.Header.Get("Location")); a.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s: got %d", what, a.StatusCode)
			}
		} else if a := s.travel(c, "/"); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: got %d", what, a.StatusCode)
		}
		if v := s.viewer(c); !v.Nobody() || len(s.keep.sessions) != 0 {
			t.Errorf("%s: %+v is in", what, v)
		}
		if strings.Contains(s.logs.String(), "client-secret") || strings.Contains(s.logs.String(), "guess") {
			t.Errorf("%s: the log has a secret: %s", what, s.logs.String())
		}
	}
}

func TestOnlyTheBrowserThatLeftComesBack(t *testing.T) {
	p := newIDP(t)
	p.claims = map[string]any{"email": "boss@x", "realm": map[string]any{"roles": "channel-boss"}}
	s := federated(t, p, nil)
	left := func(c *http.Client) string {
		a, _ := s.ask(c, "GET", "/login/provider", nil)
		a, _ = s.ask(c, "GET", a.Header.Get("Location"), nil)
		return a.Header.Get("Location")
	}
	mine, theirs := s.browser(), s.browser()
	stolen := left(mine)
	if a := s.callback(theirs, stolen); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a browser that never left: %d", a.StatusCode)
	}
	left(theirs)
	if a := s.callback(theirs, stolen); a.StatusCode != http.StatusUnauthorized || !s.viewer(theirs).Nobody() {
		t.Errorf("a browser with another login under way: %d", a.StatusCode)
	}
	if a := s.callback(mine, stolen); a.StatusCode != http.StatusSeeOther {
		t.Errorf("the browser that left: %d", a.StatusCode)
	}
	if a := s.callback(mine, stolen); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("the same answer again: %d", a.StatusCode)
	}
}

func TestASessionOfAProviderDoesNotOutlastWhatItsClaimsMeant(t *testing.T) {
	p := newIDP(t)
	p.claims = map[string]any{"email": "boss@x", "realm": map[string]any{"roles": "channel-boss"}}
	s := federated(t, p, nil)
	c := s.browser()
	s.travel(c, "/")
	if s.viewer(c).Role != RoleAdmin {
		t.Fatal("the boss is not in")
	}
	keep := s.keep
	s = federated(t, p, func(o *ProviderOptions) { o.Roles["channel-boss"] = RoleViewer })
	s.keep.sessions = keep.sessions
	if v := s.viewer(c); !v.Nobody() {
		t.Errorf("after the role means less there is still %+v", v)
	}
	s.start(nil)
	if v := s.viewer(c); !v.Nobody() {
		t.Errorf("without a provider there is still %+v", v)
	}
}

func TestAProviderThatIsDownIsAskedAgainAtTheNextLogin(t *testing.T) {
	p := newIDP(t)
	p.claims = map[string]any{"realm": map[string]any{"roles": "sales"}}
	good := p.url
	s := federated(t, p, nil)
	p.url = "http://127.0.0.1:1" // its discovery names another issuer
	if a, _ := s.ask(s.browser(), "GET", "/login/provider", nil); a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %d", a.StatusCode)
	}
	p.url = good
	if a := s.travel(s.browser(), "/"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("when it is back: %d", a.StatusCode)
	}
}
