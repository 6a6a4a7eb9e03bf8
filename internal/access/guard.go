package access

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// Options of a guard. Without users and without a provider nobody has to log in, and whoever reaches the page over this
// machine's own address is Local; there, too, a key lets its partner in, so that what it sees can be looked at.
type Options struct {
	Users          []User
	Keys           []PartnerKey // with which partners may log in
	Provider       *Provider
	Store          Store
	Nodes          Nodes
	Idle, Absolute time.Duration
	Secure         bool           // people come over HTTPS, so that the cookie is sent over nothing else
	Proxies        []netip.Prefix // whose X-Forwarded-For is believed
	Log            zerolog.Logger
	Now            func() time.Time // default time.Now
}

// Guard lets viewers in. It serves /login, /login/provider, /login/callback and /logout itself.
type Guard struct {
	o        Options
	users    map[string]User
	sessions *sessions
	viewers  *viewers
	brake    *brake
	checks   checks
	cross    *http.CrossOriginProtection
	mux      *http.ServeMux
}

// New makes a guard. It dials nothing.
func New(o Options) (*Guard, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Guard{
		o: o, users: map[string]User{}, brake: newBrake(), checks: make(checks, 2), cross: http.NewCrossOriginProtection(),
		viewers: &viewers{nodes: o.Nodes, known: map[string]nodeAnswer{}}, mux: http.NewServeMux(),
	}
	g.cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		Problem(w, http.StatusForbidden, "This request comes from another site.")
	}))
	for _, u := range o.Users {
		if err := u.check(); err != nil {
			return nil, fmt.Errorf("user %s: %w", u.Name, err)
		}
		if _, err := u.Password.matches(""); err != nil {
			return nil, fmt.Errorf("user %s: %w; run `sellthrough password`", u.Name, err)
		}
		g.users[fold(u.Name)] = u
	}
	if g.open() && (o.Store == nil || len(o.Keys) == 0) {
		return g, nil
	}
	if o.Store == nil || o.Idle <= 0 || o.Absolute <= 0 {
		return nil, errors.New("access: logins need a store and the length of a session")
	}
	g.sessions = newSessions(o.Store, o.Idle, o.Absolute)
	g.mux.HandleFunc("GET /login", g.showLogin)
	g.mux.HandleFunc("POST /login", g.login)
	g.mux.HandleFunc("POST /logout", g.logout)
	if o.Provider != nil {
		g.mux.HandleFunc("GET /login/provider", g.toProvider)
		g.mux.HandleFunc("GET /login/callback", g.fromProvider)
	}
	return g, nil
}

// open says that nobody has to log in.
func (g *Guard) open() bool { return len(g.o.Users) == 0 && g.o.Provider == nil }

// Wrap guards the page's handlers: it finds the session of a request and puts its viewer into the context, else it
// answers 401 to a program and sends a person to /login. It refuses writes that another site makes a browser do.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return g.cross.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.open() && !local(w, r) {
			return
		}
		if _, pattern := g.mux.Handler(r); pattern != "" {
			g.mux.ServeHTTP(w, r)
			return
		}
		v, err := g.viewer(r)
		if g.open() && err == nil && v.Nobody() {
			v = Local()
		}
		switch {
		case err != nil:
			g.o.Log.Error().Err(err).Msg("look up a session")
			w.Header().Set("Retry-After", "5")
			Problem(w, http.StatusServiceUnavailable, "Sessions can't be looked up at the moment.")
		case !v.Nobody():
			w.Header().Add("Vary", "Cookie")
			next.ServeHTTP(w, r.WithContext(g.with(r, v)))
		case person(r):
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, "/login?to="+url.QueryEscape(back(r.URL.RequestURI())), http.StatusSeeOther)
		default:
			Problem(w, http.StatusUnauthorized, "Log in first, at /login.")
		}
	}))
}

// local lets through who sits at this machine, and nobody else, whatever is listened on. The name by which the page was
// reached has to be the machine's own, or a site elsewhere could have its name point here and read along in a browser.
func local(w http.ResponseWriter, r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	peer, unknown := netip.ParseAddrPort(r.RemoteAddr)
	if unknown != nil || !peer.Addr().Unmap().IsLoopback() || host != "localhost" && (err != nil || !ip.IsLoopback()) {
		Problem(w, http.StatusMisdirectedRequest, "Without logins this page answers this machine only, under localhost and 127.0.0.1. docs/security.md says how to add logins.")
		return false
	}
	return true
}

// viewer is who a request comes from, nobody where it has no session that lasts.
func (g *Guard) viewer(r *http.Request) (Viewer, error) {
	cookie, err := r.Cookie(g.cookie())
	if err != nil || cookie.Value == "" || len(cookie.Value) > 128 || g.sessions == nil {
		return Viewer{}, nil
	}
	now := g.o.Now()
	s, ok, err := g.sessions.find(r.Context(), cookie.Value, now)
	if err != nil || !ok {
		return Viewer{}, err
	}
	if s.Bound != nil {
		if g.o.Provider == nil || s.Credential != g.o.Provider.fingerprint() {
			return Viewer{}, nil // the provider, or what it means, is another now
		}
		return g.viewers.of(r.Context(), s.Name, *s.Bound, now)
	}
	if strings.HasPrefix(s.Name, keyPrefix) {
		return g.byKey(s), nil
	}
	u, ok := g.users[fold(s.Name)]
	if !ok || s.Credential != u.Password.fingerprint() {
		return Viewer{}, nil // the user is gone, or the password is another
	}
	return g.viewers.of(r.Context(), u.Name, u.Bound, now)
}

// cookie is the name of the session's cookie. Browsers keep __Host- cookies to this host, over HTTPS.
func (g *Guard) cookie() string {
	if g.o.Secure {
		return "__Host-sellthrough"
	}
	return "sellthrough"
}

func (g *Guard) setCookie(w http.ResponseWriter, name, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(age.Seconds()), HttpOnly: true, Secure: g.o.Secure, SameSite: http.SameSiteLaxMode})
}

func (g *Guard) dropCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: g.o.Secure, SameSite: http.SameSiteLaxMode})
}

// enter begins a session after a login, never the one that was there before, and sends the person on.
func (g *Guard) enter(w http.ResponseWriter, r *http.Request, name, credential string, bound Bound, keep *Bound, to string) {
	now := g.o.Now()
	if old, err := r.Cookie(g.cookie()); err == nil && old.Value != "" {
		if err := g.sessions.end(r.Context(), old.Value, now); err != nil {
			g.o.Log.Warn().Err(err).Msg("end the session before a login")
		}
	}
	cookie, err := g.sessions.begin(r.Context(), name, credential, keep, now)
	if err != nil {
		g.o.Log.Error().Err(err).Msg("begin a session")
		g.page(w, r, http.StatusServiceUnavailable, "unavailable", to)
		return
	}
	g.record(r.Context(), Entry{Who: name, Role: bound.Role, What: "login", Address: g.address(r).String(), OK: true})
	g.setCookie(w, g.cookie(), cookie, g.o.Absolute)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (g *Guard) logout(w http.ResponseWriter, r *http.Request) {
	v, err := g.viewer(r)
	if cookie, e := r.Cookie(g.cookie()); e == nil && err == nil {
		err = g.sessions.end(r.Context(), cookie.Value, g.o.Now())
	}
	if err != nil {
		g.o.Log.Error().Err(err).Msg("end a session")
		Problem(w, http.StatusServiceUnavailable, "The session could not be ended. Try again.")
		return
	}
	if !v.Nobody() {
		g.record(r.Context(), Entry{Who: v.Name, Role: v.Role, What: "logout", Address: g.address(r).String(), OK: true})
	}
	g.dropCookie(w, g.cookie())
	to := "/login"
	if g.open() {
		to = "/"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// address is where a request comes from: of a proxy that is believed, the last address that it does not vouch for.
func (g *Guard) address(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && g.believes(at); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = hop.Unmap()
	}
	return at
}

func (g *Guard) believes(a netip.Addr) bool {
	for _, p := range g.o.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// person says whether a request is a browser's for a page, rather than a program's.
func person(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// back is a path of this site to go to after a login, / where it would lead anywhere else.
func back(to string) string {
	u, err := url.Parse(to)
	if err != nil || len(to) > 2048 || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\t\r\n") ||
		u.Path == "/login" || strings.HasPrefix(u.Path, "/login/") || strings.HasPrefix(u.Path, "//") || u.Path == "/logout" {
		return "/"
	}
	return to
}

type noteKey struct{}

// with is the request's context with its viewer, and with the way to the audit log.
func (g *Guard) with(r *http.Request, v Viewer) context.Context {
	ctx := With(r.Context(), v)
	return context.WithValue(ctx, noteKey{}, func(ctx context.Context, what, about string) {
		g.record(ctx, Entry{Who: v.Name, Role: v.Role, What: what, About: about, Address: g.address(r).String(), OK: true})
	})
}

// Note writes what the viewer of ctx does, an export or a change, into the audit log. Behind a Guard only.
func Note(ctx context.Context, what, about string) {
	if note, ok := ctx.Value(noteKey{}).(func(context.Context, string, string)); ok {
		note(ctx, what, about)
	}
}

// record writes an entry into the audit log, and into the program's own, which has it even when the store has not.
func (g *Guard) record(ctx context.Context, e Entry) {
	e.At, e.Who, e.About = g.o.Now(), cut(e.Who, 128), cut(e.About, 1024)
	g.o.Log.Info().Str("who", e.Who).Str("role", string(e.Role)).Str("what", e.What).Str("about", e.About).Str("address", e.Address).Bool("ok", e.OK).Msg("audit")
	if g.o.Store == nil {
		return
	}
	// Who hangs up at the right moment does not stay out of the log.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := g.o.Store.Record(ctx, e); err != nil {
		g.o.Log.Error().Err(err).Str("who", e.Who).Str("what", e.What).Msg("write the audit log")
	}
}

func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "�")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
