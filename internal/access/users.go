package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sellthrough"
)

// User may log in with a password.
type User struct {
	Name     string
	Password PasswordHash
	Bound
}

// fold is how names are told apart: without regard to case.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// check says what is wrong with rights, nil when nothing is. Rights that are not whole are no rights.
func (b Bound) check() error {
	switch {
	case !slices.Contains(Roles(), b.Role):
		return fmt.Errorf("%q is not a role", b.Role)
	case b.Role == RolePartner && b.Partner == "":
		return errors.New("the role partner needs a partner")
	case b.Role == RolePartner && slices.Contains(b.Grants, GrantCost):
		return errors.New("a partner can't have the grant cost")
	case b.Node != "" && b.Role != RoleManager:
		return fmt.Errorf("the role %s can't be bound to a node", b.Role)
	}
	return nil
}

// Nodes says which partners hang under a node of the organisation today.
type Nodes func(ctx context.Context, node string) ([]sellthrough.PartnerID, error)

// nodeAge is how long an answer about a node is believed.
const nodeAge = 30 * time.Second

// viewers turns rights into viewers.
type viewers struct {
	nodes Nodes
	mu    sync.Mutex
	known map[string]nodeAnswer
}

type nodeAnswer struct {
	partners []sellthrough.PartnerID
	at       time.Time
}

func (v *viewers) of(ctx context.Context, name string, b Bound, now time.Time) (Viewer, error) {
	if err := b.check(); err != nil {
		return Viewer{}, err
	}
	out := Viewer{Name: name, Role: b.Role, Grants: b.Grants}
	switch {
	case b.Role == RoleAdmin:
		out.Grants = Grants()
	case b.Role == RolePartner:
		out.Partners = []sellthrough.PartnerID{sellthrough.PartnerID(b.Partner)}
	case b.Node != "":
		partners, err := v.under(ctx, b.Node, now)
		if err != nil {
			return Viewer{}, fmt.Errorf("look up the partners under %s: %w", b.Node, err)
		}
		out.Partners = partners
	}
	return out, nil
}

// under is never nil: nobody under a node is a restriction, not the lack of one.
func (v *viewers) under(ctx context.Context, node string, now time.Time) ([]sellthrough.PartnerID, error) {
	v.mu.Lock()
	a, ok := v.known[node]
	v.mu.Unlock()
	if ok && now.Sub(a.at) < nodeAge && !now.Before(a.at) {
		return a.partners, nil
	}
	if v.nodes == nil {
		return nil, errors.New("nobody knows the organisation")
	}
	partners, err := v.nodes(ctx, node)
	if err != nil {
		return nil, err
	}
	a = nodeAnswer{append([]sellthrough.PartnerID{}, partners...), now}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.known[node] = a
	return a.partners, nil
}
