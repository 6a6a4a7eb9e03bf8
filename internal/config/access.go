package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"sellthrough"
)

// Access says who may log in to the page. Without users and without oidc nobody logs in: then the page listens on
// loopback only, and whoever reaches it may do everything.
type Access struct {
	URL      string        `yaml:"url"`      // as people type it, like https://sales.example.com; needed for oidc and behind a proxy
	Users    []User        `yaml:"users"`    //
	OIDC     OIDC          `yaml:"oidc"`     // a second way in
	Idle     time.Duration `yaml:"idle"`     // a session ends when it is not used for as long; default 8h
	Absolute time.Duration `yaml:"absolute"` // a session ends however it is used; default 7d
	Keys     bool          `yaml:"keys"`     // partners may log in with their API keys; default true
	Proxies  []string      `yaml:"proxies"`  // addresses or networks whose X-Forwarded-For is believed
}

// Login says whether people have to log in.
func (a Access) Login() bool { return len(a.Users) > 0 || a.OIDC.Issuer != "" }

// User may log in with a password.
type User struct {
	Name     string                `yaml:"name"`
	Password PasswordHash          `yaml:"password"` // as `sellthrough password` prints it; may be ${NAME}
	Role     string                `yaml:"role"`     // viewer | manager | partner | admin
	Partner  sellthrough.PartnerID `yaml:"partner"`  // of a partner
	Node     string                `yaml:"node"`     // of organisation.csv: a manager sees the partners under it only
	Grants   []string              `yaml:"grants"`   // cost | floor | rebate | customer
}

// OIDC is an OpenID Connect provider.
type OIDC struct {
	Issuer       string            `yaml:"issuer"`
	ClientID     string            `yaml:"client_id"`
	ClientSecret Secret            `yaml:"client_secret"` // empty: a public client, by PKCE alone
	Label        string            `yaml:"label"`         // of the button; default the issuer's host
	Scopes       []string          `yaml:"scopes"`        // beside openid; default [profile, email]
	Claims       Claims            `yaml:"claims"`
	Roles        map[string]string `yaml:"roles"` // value of the claim role → role; empty: the claim says the role itself
}

// Claims are where the provider says what a login is, as dotted paths.
type Claims struct {
	Name    string `yaml:"name"`    // default email
	Role    string `yaml:"role"`    // one value or a list; default role
	Partner string `yaml:"partner"` // default partner
	Node    string `yaml:"node"`    // default node
	Grants  string `yaml:"grants"`  // default grants
}

// TLS is a certificate for listen.api. Files that change are read again.
type TLS struct {
	Cert string `yaml:"cert"` // PEM, the server's certificate first
	Key  string `yaml:"key"`  // PEM
}

// PasswordHash is an argon2id hash as `sellthrough password` prints it. It prints as ***.
type PasswordHash string

// String hides the hash.
func (PasswordHash) String() string { return "***" }

// MarshalText hides the hash.
func (PasswordHash) MarshalText() ([]byte, error) { return []byte("***"), nil }

var (
	passwordForm = regexp.MustCompile(`^\$argon2id\$v=19\$m=\d{1,7},t=\d{1,2},p=\d{1,2}\$[A-Za-z0-9+/]{16,}\$[A-Za-z0-9+/]{22,}$`)
	loginForm    = regexp.MustCompile(`^[\pL\pN._@+-]{1,64}$`)
	roleNames    = []string{"viewer", "manager", "partner", "admin"}
	grantNames   = []string{"cost", "floor", "rebate", "customer"}
)

func (v *validator) access() {
	a, api := &v.c.Access, v.c.Listen.API
	v.span("access.idle", a.Idle, time.Minute, 30*24*time.Hour)
	v.span("access.absolute", a.Absolute, time.Minute, 60*24*time.Hour)
	if a.Idle > a.Absolute {
		v.bad("access.idle", "access.idle %s is longer than access.absolute %s; lower it", a.Idle, a.Absolute)
	}
	if a.URL != "" {
		if u, err := url.Parse(a.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			v.bad("access.url", "access.url %q is not an address of a site; write it like https://sales.example.com", a.URL)
		}
	}
	for i, p := range a.Proxies {
		if _, err := ParseNetwork(p); err != nil {
			v.bad(fmt.Sprintf("access.proxies[%d]", i), "access.proxies: %q is neither an address nor a network; write it like 10.0.0.5 or 10.0.0.0/8", p)
		}
	}
	v.users()
	v.oidc()
	if t := v.c.Listen.TLS; t.Cert != "" || t.Key != "" {
		for _, f := range [][2]string{{"listen.tls.cert", t.Cert}, {"listen.tls.key", t.Key}} {
			if _, err := os.Stat(f[1]); f[1] == "" {
				v.bad("listen.tls", "%s is missing; a certificate and its key go together", f[0])
			} else if err != nil {
				v.bad(f[0], "%s: %v; name a PEM file that this user may read", f[0], err)
			}
		}
	}
	if !a.Login() && !loopback(api) {
		v.bad("listen.api", "listen.api %s can be reached from other machines, and nobody has to log in to see the page; add access.users (`sellthrough password` makes the hash) or access.oidc, or listen on 127.0.0.1", api)
	}
}

func (v *validator) users() {
	names := map[string]int{}
	for i, u := range v.c.Access.Users {
		path := fmt.Sprintf("access.users[%d]", i)
		name := strings.ToLower(u.Name)
		switch {
		case !loginForm.MatchString(u.Name):
			v.bad(path+".name", "a user's name %q is not allowed; use up to 64 letters, digits and . _ @ + -", u.Name)
		case names[name] > 0:
			v.bad(path+".name", "user %s is there already, in line %d; names are told apart without regard to case", u.Name, names[name])
		default:
			names[name] = v.lines[path+".name"]
		}
		if !passwordForm.MatchString(string(u.Password)) { // a password itself may stand here by mistake: it is not printed
			v.bad(path+".password", "the password of user %s is not a hash; run `sellthrough password` and write what it prints", u.Name)
		}
		v.oneOf(path+".role", u.Role, roleNames...)
		for j, g := range u.Grants {
			v.oneOf(fmt.Sprintf("%s.grants[%d]", path, j), g, grantNames...)
		}
		switch {
		case u.Role == "partner" && !idForm.MatchString(string(u.Partner)):
			v.bad(path, "user %s has the role partner and no partner; name the id of the partner whose rows it may see", u.Name)
		case u.Role != "partner" && u.Partner != "":
			v.bad(path+".partner", "user %s has a partner, but the role %s; write role: partner, or take the partner out", u.Name, u.Role)
		}
		if u.Node != "" && u.Role != "manager" {
			v.bad(path+".node", "user %s has a node, but the role %s; only a manager is bound to a node", u.Name, u.Role)
		}
		if u.Role == "partner" && slices.Contains(u.Grants, "cost") {
			v.bad(path+".grants", "user %s is a partner and would see what the vendor pays for its products; take the grant cost out", u.Name)
		}
	}
}

func (v *validator) oidc() {
	a := &v.c.Access
	o := &a.OIDC
	if o.Issuer == "" {
		if o.ClientID != "" || o.ClientSecret != "" || len(o.Roles) > 0 {
			v.bad("access.oidc", "access.oidc has no issuer; write the address that your provider names as its issuer")
		}
		return
	}
	u, err := url.Parse(o.Issuer)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Host)) {
		v.bad("access.oidc.issuer", "access.oidc.issuer %q is not an https address; write what your provider names as its issuer", o.Issuer)
	}
	if o.ClientID == "" {
		v.bad("access.oidc", "access.oidc has no client_id; register this site at your provider and write the id it gives")
	}
	if a.URL == "" {
		v.bad("access.oidc", "access.oidc needs access.url, to which the provider sends people back: register %s there", "access.url + /login/callback")
	}
	for value, role := range o.Roles {
		v.oneOf("access.oidc.roles."+value, role, roleNames...)
	}
}

// ParseNetwork reads an address or a network.
func ParseNetwork(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Prefix(a.BitLen())
	}
	return netip.ParsePrefix(s)
}

// loopback says whether only this machine reaches an address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
