// Package access says who may see what: it knows the viewers, lets them in by a name and a password, by an OpenID Connect
// provider or, partners, by their API key, keeps their sessions, and guards the pages.
//
// It promises: nobody who is not let in gets past Guard; a session is worth nothing to whoever reads the server's store;
// a password is never kept, written or logged. It leaves the filtering of rows to the database (sinks/clickhouse.Reader
// with its row policies), so that no query text can widen what a viewer sees.
package access

import (
	"context"
	"slices"

	"sellthrough"
)

// Role says what a viewer may do.
type Role string

// The roles. Each is a name in the configuration.
const (
	RoleViewer  Role = "viewer"  // sees every partner
	RoleManager Role = "manager" // sees the partners under a node of the organisation, or every one, and may change what is theirs to change
	RolePartner Role = "partner" // sees one partner
	RoleAdmin   Role = "admin"   // sees and may do everything
)

// Roles lists all roles.
func Roles() []Role { return []Role{RoleViewer, RoleManager, RolePartner, RoleAdmin} }

// The grants: money that most viewers must not see, and the tokens of end customers, by which purchases of one person can be
// told to be of one person.
const (
	GrantCost     = "cost"
	GrantFloor    = "floor"
	GrantRebate   = "rebate"
	GrantCustomer = "customer"
)

// Grants lists all grants.
func Grants() []string { return []string{GrantCost, GrantFloor, GrantRebate, GrantCustomer} }

// Viewer is who asks. The zero Viewer is nobody and sees nothing.
type Viewer struct {
	Name     string                  // login name, "local" without login
	Role     Role                    // empty: nobody
	Partners []sellthrough.PartnerID // nil: all; else only these partners' rows
	Grants   []string                // of Grants()
	Key      string                  // which of its partner's API keys the login came with; empty: none
}

// Local is the viewer of a system without logins, which listens on loopback only.
func Local() Viewer { return Viewer{Name: "local", Role: RoleAdmin, Grants: Grants()} }

// Nobody says whether v is no viewer at all.
func (v Viewer) Nobody() bool { return v.Role == "" }

// Restricted says whether v sees the rows of some partners only.
func (v Viewer) Restricted() bool { return v.Partners != nil }

// May says whether v has one of the roles. An admin has every role.
func (v Viewer) May(roles ...Role) bool {
	return v.Role == RoleAdmin || !v.Nobody() && slices.Contains(roles, v.Role)
}

// Granted says whether v may see what a grant stands for.
func (v Viewer) Granted(grant string) bool { return slices.Contains(v.Grants, grant) }

type viewerKey struct{}

// With is ctx with a viewer.
func With(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// From is the viewer of ctx, nobody where there is none.
func From(ctx context.Context) Viewer {
	v, _ := ctx.Value(viewerKey{}).(Viewer)
	return v
}
