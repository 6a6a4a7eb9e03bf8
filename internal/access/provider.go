package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// ProviderOptions of an OpenID Connect provider.
type ProviderOptions struct {
	Issuer, ClientID, ClientSecret string
	Label                          string // of the button; default the issuer's host
	Callback                       string // URL of /login/callback, as the provider knows it
	Scopes                         []string
	Claims                         Claims
	Roles                          map[string]Role // value of the claim Role → role; empty: the claim says the role itself
}

// Claims are where the provider says what a login is, as dotted paths into the ID token.
type Claims struct{ Name, Role, Partner, Node, Grants string }

// Provider lets people in who are logged in elsewhere: by the authorization code flow with PKCE, state and nonce.
type Provider struct {
	o      ProviderOptions
	client *http.Client

	mu     sync.Mutex
	verify *oidc.IDTokenVerifier // nil until the provider has answered
	config oauth2.Config
}

// NewProvider makes a provider. It dials nothing: the provider is asked about itself at the first login.
func NewProvider(o ProviderOptions) (*Provider, error) {
	if o.Issuer == "" || o.ClientID == "" || o.Callback == "" {
		return nil, errors.New("access: a provider needs an issuer, a client id and a callback")
	}
	if len(o.Scopes) == 0 {
		o.Scopes = []string{"profile", "email"}
	}
	return &Provider{o: o, client: &http.Client{Timeout: 10 * time.Second}}, nil
}

// Label is what the button says.
func (p *Provider) Label() string {
	if p.o.Label != "" {
		return p.o.Label
	}
	if u, err := url.Parse(p.o.Issuer); err == nil {
		return u.Hostname()
	}
	return p.o.Issuer
}

// fingerprint names what the provider's claims mean, so that a session does not outlast a change of it.
func (p *Provider) fingerprint() string {
	text, err := json.Marshal([]any{p.o.Issuer, p.o.ClientID, p.o.Claims, p.o.Roles})
	if err != nil {
		panic(err) // strings only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// discover asks the provider about itself, once it answers.
func (p *Provider) discover() (oauth2.Config, *oidc.IDTokenVerifier, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.verify != nil {
		return p.config, p.verify, nil
	}
	// Not a request's context: the keys are fetched with it later, too.
	found, err := oidc.NewProvider(oidc.ClientContext(context.Background(), p.client), p.o.Issuer)
	if err != nil {
		return oauth2.Config{}, nil, fmt.Errorf("ask %s about itself: %w", p.o.Issuer, err)
	}
	p.config = oauth2.Config{
		ClientID: p.o.ClientID, ClientSecret: p.o.ClientSecret, Endpoint: found.Endpoint(), RedirectURL: p.o.Callback,
		Scopes: append([]string{oidc.ScopeOpenID}, p.o.Scopes...),
	}
	p.verify = found.Verifier(&oidc.Config{ClientID: p.o.ClientID})
	return p.config, p.verify, nil
}

// journey is what the browser takes along to the provider and back, in a cookie. It proves that who comes back is who
// went.
type journey struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	To       string `json:"t"`
}

const journeyTime = 10 * time.Minute

func (g *Guard) journeyCookie() string { return g.cookie() + "-login" }

// toProvider sends the browser to the provider.
func (g *Guard) toProvider(w http.ResponseWriter, r *http.Request) {
	to := back(r.FormValue("to"))
	config, _, err := g.o.Provider.discover()
	if err != nil {
		g.o.Log.Error().Err(err).Msg("login at the provider")
		g.page(w, r, http.StatusServiceUnavailable, "unavailable", to)
		return
	}
	j := journey{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), To: to}
	text, err := json.Marshal(j)
	if err != nil {
		panic(err) // strings only
	}
	g.setCookie(w, g.journeyCookie(), base64.RawURLEncoding.EncodeToString(text), journeyTime)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, config.AuthCodeURL(j.State, oidc.Nonce(j.Nonce), oauth2.S256ChallengeOption(j.Verifier)), http.StatusSeeOther)
}

// fromProvider takes the browser back.
func (g *Guard) fromProvider(w http.ResponseWriter, r *http.Request) {
	g.dropCookie(w, g.journeyCookie())
	j, err := g.journey(r)
	var name string
	var bound Bound
	if err == nil {
		name, bound, err = g.o.Provider.finish(r.Context(), r.URL.Query(), j)
	}
	if err == nil {
		if wrong := bound.check(); wrong != nil {
			err = fmt.Errorf("%w: %w", errNoRole, wrong)
		}
	}
	if err == nil {
		g.enter(w, r, name, g.o.Provider.fingerprint(), bound, &bound, back(j.To))
		return
	}
	message, status := "provider", http.StatusUnauthorized
	if errors.Is(err, errNoRole) {
		message, status = "norole", http.StatusForbidden
	}
	g.o.Log.Warn().Err(err).Msg("login at the provider")
	g.record(r.Context(), Entry{Who: name, What: "login refused", About: "provider: " + message, Address: g.address(r).String()})
	g.page(w, r, status, message, back(j.To))
}

func (g *Guard) journey(r *http.Request) (j journey, err error) {
	cookie, err := r.Cookie(g.journeyCookie())
	if err != nil {
		return j, errors.New("the browser did not come from here, or took too long")
	}
	text, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err == nil {
		err = json.Unmarshal(text, &j)
	}
	if err != nil || j.State == "" || j.Nonce == "" || j.Verifier == "" {
		return journey{}, errors.New("the cookie of the login is damaged")
	}
	return j, nil
}

var errNoRole = errors.New("the login has no role here")

// finish turns what the provider sent the browser back with into a name and rights.
func (p *Provider) finish(ctx context.Context, q url.Values, j journey) (string, Bound, error) {
	if q.Get("state") != j.State {
		return "", Bound{}, errors.New("the state is not the one the browser left with")
	}
	if e := q.Get("error"); e != "" {
		return "", Bound{}, fmt.Errorf("the provider says %q", cut(e, 100))
	}
	config, verify, err := p.discover()
	if err != nil {
		return "", Bound{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	tokens, err := config.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(j.Verifier))
	if err != nil {
		return "", Bound{}, fmt.Errorf("exchange the code: %w", err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return "", Bound{}, errors.New("the provider sent no ID token")
	}
	token, err := verify.Verify(ctx, raw)
	if err != nil {
		return "", Bound{}, fmt.Errorf("check the ID token: %w", err)
	}
	if token.Nonce != j.Nonce {
		return "", Bound{}, errors.New("the ID token is of another login")
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return "", Bound{}, fmt.Errorf("read the ID token: %w", err)
	}
	return p.rights(claims, token.Subject)
}

// rights are what the claims say. What is not said, or not understood, gives no right.
func (p *Provider) rights(claims map[string]any, subject string) (string, Bound, error) {
	c := p.o.Claims
	name := first(texts(claims, c.Name))
	if verified, ok := claims["email_verified"].(bool); ok && !verified && c.Name == "email" {
		return "", Bound{}, fmt.Errorf("the address %q is not verified", cut(name, 100))
	}
	if name == "" {
		name = subject
	}
	name = cut(name, 128)
	b := Bound{Partner: first(texts(claims, c.Partner)), Node: first(texts(claims, c.Node))}
	said := texts(claims, c.Role)
	// Of several roles the one that may most counts.
	for _, role := range []Role{RoleAdmin, RoleManager, RoleViewer, RolePartner} {
		if slices.ContainsFunc(said, func(s string) bool {
			if len(p.o.Roles) > 0 {
				return p.o.Roles[s] == role
			}
			return Role(s) == role
		}) {
			b.Role = role
			break
		}
	}
	if b.Role == "" {
		return name, Bound{}, errNoRole
	}
	if b.Role != RolePartner {
		b.Partner = ""
	}
	if b.Role != RoleManager {
		b.Node = ""
	}
	for _, g := range texts(claims, c.Grants) {
		if slices.Contains(Grants(), g) && (b.Role != RolePartner || g != GrantCost) {
			b.Grants = append(b.Grants, g)
		}
	}
	return name, b, nil
}

// texts are the values at a dotted path: a text, or all texts of a list.
func texts(claims map[string]any, path string) []string {
	if path == "" {
		return nil
	}
	var at any = claims
	if whole, ok := claims[path]; ok { // a claim may have dots in its name, as URLs do
		at = whole
	} else {
		for key := range strings.SplitSeq(path, ".") {
			m, ok := at.(map[string]any)
			if !ok {
				return nil
			}
			at = m[key]
		}
	}
	switch v := at.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []any:
		var out []string
		for _, e := range v {
			if s, ok := e.(string); ok && s != "" {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
