package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/internal/access"
)

// Sessions and the audit log are kept here, and not in a file, because every process that serves the page has to see
// a logout, and the page is of no use without ClickHouse anyway. Nothing is updated: a session is what its rows say.

// instant is a parameter in milliseconds; one of a time is cut to seconds on its way.
const instant = "fromUnixTimestamp64Milli(toInt64(?), 'UTC')"

// BeginSession implements access.Store.
func (l *Ledger) BeginSession(ctx context.Context, s access.Session) error {
	var viewer []byte
	if s.Bound != nil {
		var err error
		if viewer, err = json.Marshal(s.Bound); err != nil {
			return fmt.Errorf("clickhouse: begin session: %w", err)
		}
	}
	return l.exec(ctx, "begin session", "INSERT INTO "+l.table("sessions")+" (id, event, at, name, viewer, credential) VALUES (?, 'begun', "+instant+", ?, ?, ?)",
		s.ID, s.Begun.UnixMilli(), s.Name, string(viewer), s.Credential)
}

// SeeSession implements access.Store.
func (l *Ledger) SeeSession(ctx context.Context, id string, at time.Time) error {
	return l.exec(ctx, "see session", "INSERT INTO "+l.table("sessions")+" (id, event, at) VALUES (?, 'seen', "+instant+")", id, at.UnixMilli())
}

// EndSession implements access.Store.
func (l *Ledger) EndSession(ctx context.Context, id string, at time.Time) error {
	return l.exec(ctx, "end session", "INSERT INTO "+l.table("sessions")+" (id, event, at) VALUES (?, 'ended', "+instant+")", id, at.UnixMilli())
}

// FindSession implements access.Store.
func (l *Ledger) FindSession(ctx context.Context, id string) (s access.Session, ok bool, err error) {
	err = l.query(ctx, "find session", `SELECT anyIf(name, event = 'begun'), minIf(at, event = 'begun'), max(at), max(event = 'ended'), anyIf(viewer, event = 'begun'),
			anyIf(credential, event = 'begun') FROM `+l.table("sessions")+" WHERE id = ? HAVING countIf(event = 'begun') > 0", func(r driver.Rows) error {
		var viewer string
		var ended uint8
		if err := r.Scan(&s.Name, &s.Begun, &s.Seen, &ended, &viewer, &s.Credential); err != nil {
			return err
		}
		s.ID, s.Ended, ok = id, ended > 0, true
		if viewer == "" {
			return nil
		}
		s.Bound = new(access.Bound)
		return json.Unmarshal([]byte(viewer), s.Bound)
	}, id)
	return s, ok && err == nil, err
}

// Record implements access.Store.
func (l *Ledger) Record(ctx context.Context, e access.Entry) error {
	return l.exec(ctx, "write the audit log", "INSERT INTO "+l.table("audit")+" (at, who, role, what, about, address, ok) VALUES ("+instant+", ?, ?, ?, ?, ?, ?)",
		e.At.UnixMilli(), e.Who, string(e.Role), e.What, e.About, e.Address, e.OK)
}

// Audit is the newest entries of the audit log, the newest first.
func (l *Ledger) Audit(ctx context.Context, n int) ([]access.Entry, error) {
	var out []access.Entry
	err := l.query(ctx, "read the audit log", "SELECT at, who, role, what, about, address, ok FROM "+l.table("audit")+" ORDER BY at DESC LIMIT ?", func(r driver.Rows) error {
		var e access.Entry
		var role string
		err := r.Scan(&e.At, &e.Who, &role, &e.What, &e.About, &e.Address, &e.OK)
		e.Role = access.Role(role)
		out = append(out, e)
		return err
	}, n)
	return out, err
}

// Under is the partners that hang under a node of the organisation today, at any depth. It is not nil.
func (l *Ledger) Under(ctx context.Context, node string) ([]sellthrough.PartnerID, error) {
	children, partners := map[string][]string{}, map[string][]sellthrough.PartnerID{}
	err := l.query(ctx, "read the organisation", "SELECT node, parent, partner FROM "+l.table("v_organisation")+" WHERE toDate(now('UTC')) BETWEEN from_date AND to_date", func(r driver.Rows) error {
		var n, parent, partner string
		err := r.Scan(&n, &parent, &partner)
		if partner != "" {
			partners[n] = append(partners[n], sellthrough.PartnerID(partner))
		}
		if parent != "" {
			children[parent] = append(children[parent], n)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out, taken, seen := []sellthrough.PartnerID{}, map[sellthrough.PartnerID]bool{}, map[string]bool{}
	for open := []string{node}; len(open) > 0; open = open[1:] {
		n := open[0]
		if seen[n] {
			continue // a circle in the file
		}
		seen[n] = true
		for _, p := range partners[n] {
			if !taken[p] {
				taken[p] = true
				out = append(out, p)
			}
		}
		open = append(open, children[n]...)
	}
	return out, nil
}
