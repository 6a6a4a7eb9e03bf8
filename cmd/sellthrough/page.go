package main

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"sellthrough/alerts/door"
	"sellthrough/dashboards"
	"sellthrough/dashboards/page"
	counter "sellthrough/incentives/door"
	"sellthrough/ingest/archive"
	"sellthrough/internal/access"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
	chserver "sellthrough/internal/embedded/clickhouse"
	"sellthrough/portal"
	"sellthrough/sinks/clickhouse"
)

// embeddedPrefix begins the names of the page's readonly users on the embedded server.
const embeddedPrefix = "page_"

// page is the built-in page behind its guard, and status beside it for those who may see everything.
func (a *app) page(b *bus.Bus, l *clickhouse.Ledger, status http.Handler, ar *archive.Archive, t taking) (http.Handler, *page.Page, error) {
	g, err := a.guard(l)
	if err != nil {
		return nil, nil, err
	}
	r, err := a.questions()
	if err != nil {
		return nil, nil, err
	}
	zone, err := time.LoadLocation(a.cfg.Reporting.TimeZone)
	if err != nil {
		return nil, nil, err
	}
	p, err := page.New(page.Options{
		Reader: r, Boards: dashboards.Files(), Gatherer: a.registry, Zone: zone, Title: "sellthrough", Version: version,
		Log: a.log.With().Str("part", "page").Logger(), Age: "SELECT max(received_at) FROM v_received", Status: status,
		Rooms: portal.Rooms(), Files: portal.Files(),
	})
	if err != nil {
		return nil, nil, err
	}
	rooms, err := a.portal(b, l, r, ar, t)
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", p)
	for _, at := range portal.Below() {
		mux.Handle(at, rooms)
	}
	mux.Handle("POST /api/incidents/{id}/{act}", door.New(clickhouse.Incidents{Ledger: l}, a.log.With().Str("part", "alert").Logger()))
	d, err := a.desk(l)
	if err != nil {
		return nil, nil, err
	}
	papers := counter.New(d, a.log.With().Str("part", "incentives").Logger())
	mux.Handle("GET /statements/", papers)
	mux.Handle("POST /api/claims", papers)
	return g.Wrap(mux), p, nil
}

// guard is who may log in, by the configuration.
func (a *app) guard(l *clickhouse.Ledger) (*access.Guard, error) {
	c := a.cfg.Access
	o := access.Options{
		Store: l, Nodes: l.Under, Idle: c.Idle, Absolute: c.Absolute, Secure: a.cfg.Listen.TLS.Cert != "" || strings.HasPrefix(c.URL, "https://"),
		Log: a.log.With().Str("part", "access").Logger(),
	}
	for _, p := range c.Proxies {
		network, err := config.ParseNetwork(p)
		if err != nil {
			return nil, err
		}
		o.Proxies = append(o.Proxies, netip.PrefixFrom(network.Addr().Unmap(), network.Bits()))
	}
	if c.Keys {
		for i := range a.cfg.Partners {
			for _, k := range a.cfg.Partners[i].Keys {
				o.Keys = append(o.Keys, access.PartnerKey{Partner: a.cfg.Partners[i].ID, Hash: string(k)})
			}
		}
	}
	for _, u := range c.Users {
		o.Users = append(o.Users, access.User{
			Name: u.Name, Password: access.PasswordHash(u.Password),
			Bound: access.Bound{Role: access.Role(u.Role), Partner: string(u.Partner), Node: u.Node, Grants: u.Grants},
		})
	}
	if c.OIDC.Issuer != "" {
		roles := map[string]access.Role{}
		for value, role := range c.OIDC.Roles {
			roles[value] = access.Role(role)
		}
		var err error
		if o.Provider, err = access.NewProvider(access.ProviderOptions{
			Issuer: c.OIDC.Issuer, ClientID: c.OIDC.ClientID, ClientSecret: string(c.OIDC.ClientSecret), Label: c.OIDC.Label,
			Callback: strings.TrimSuffix(c.URL, "/") + "/login/callback", Scopes: c.OIDC.Scopes, Claims: access.Claims(c.OIDC.Claims), Roles: roles,
		}); err != nil {
			return nil, err
		}
	}
	return access.New(o)
}

// questions is the reader of the page.
func (a *app) questions() (*clickhouse.Reader, error) {
	c := a.cfg.Engines.ClickHouse
	o := clickhouse.ReaderOptions{Address: a.engines.ClickHouse, Database: c.Database, Prefix: embeddedPrefix, Secret: a.engines.ReaderSecret}
	if c.Address != "" {
		o.TLS, o.Prefix, o.Secret, o.User, o.Password, o.Writes = c.TLS, ownPrefix(c), string(c.Password), c.User, string(c.Password), true
	}
	return clickhouse.NewReader(o)
}

// ownPrefix begins the names of the readonly users on a ClickHouse of somebody's own, which may hold other databases too.
func ownPrefix(c config.ClickHouse) string { return c.Database + "_" }

// readers are the readonly users of the embedded server, as its file takes them.
func readers(database, secret string) []chserver.User {
	var out []chserver.User
	for _, u := range clickhouse.ReadUsers(database, embeddedPrefix, secret) {
		x := chserver.User{Name: u.Name, Password: u.Password, Grants: u.Statements()}
		for _, p := range u.Policies {
			x.Policies = append(x.Policies, chserver.Policy(p))
		}
		out = append(out, x)
	}
	return out
}

// readGrants are those of the user of `sellthrough query`: the database, and nothing beside it.
func readGrants(database string) []string {
	return []string{fmt.Sprintf("GRANT SELECT ON %s.*", database)}
}
