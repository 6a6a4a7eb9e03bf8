package clickhouse

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"sellthrough/internal/access"
)

// Who may see which rows is decided by the database, for four readonly users: vendor-wide or restricted to some
// partners' rows, each with and without the money that a grant stands for. See docs/security.md.
//
// The partners that a restricted question may see stand in its query id, which the native protocol carries beside the
// text and which no text can change: there is no setting, function or statement that sets it. So nothing has to be
// signed, and there is no key that a text could bring to light. A question without such an id sees no rows.

// sight is what the restricted users see of a table.
type sight struct {
	table  string
	filter string   // of rows; empty: all of them
	money  []string // columns that need a grant, of vendor-wide users too
	grant  string   // which one
}

// scoped is the filter of a table with a partner's rows.
const scoped = "partner != '' AND has(" + scopeOf + ", partner)"

// scopeOf is the list of partners of a question.
const scopeOf = "splitByChar(',', extract(initialQueryID(), '^scope:([^:]*):'))"

// sights are the tables of which restricted users see anything at all. A table that is not here they can't read.
func sights(database string) []sight {
	return []sight{
		{table: "movements", filter: scoped},
		{table: "stock_reports", filter: scoped},
		{table: "sales_daily", filter: scoped},
		{table: "stock_daily", filter: scoped},
		{table: "submissions", filter: scoped},
		{table: "outcomes", filter: scoped},
		{table: "refused", filter: scoped},
		{table: "ref_crossreferences", filter: scoped},
		{table: "ref_locations", filter: scoped},
		{table: "ref_partners", filter: scoped},
		{table: "ref_organisation", filter: scoped},
		// A location is its partner's; the locations below are policed by their own filter.
		{table: "ref_ranging", filter: "location IN (SELECT code FROM " + database + ".ref_locations WHERE " + scoped + ")"},
		{table: "ref_products", money: []string{"cost"}, grant: access.GrantCost},
		{table: "ref_rates"},
		{table: "ref_calendar"},
		{table: "ref_versions"},
	}
}

// secret are tables that no reader may read, vendor-wide or not.
var secret = []string{"audit", "sessions"}

// ReadUser is one of the readonly users.
type ReadUser struct {
	Name, Password string
	Grants         []string // statements, GRANT before REVOKE
	Policies       []Policy // of tables; nothing on a table means all rows of what is granted
}

// Policy is a filter of the rows of a table.
type Policy struct{ Database, Table, Filter string }

// ReadUsers are the readonly users of a database. Their names begin with prefix, and their passwords follow from secret,
// which has to be as hard to guess as they shall be.
func ReadUsers(database, prefix, secret string) []ReadUser {
	var users []ReadUser
	for _, restricted := range []bool{false, true} {
		for _, cost := range []bool{false, true} {
			users = append(users, readUser(database, prefix, secret, restricted, cost))
		}
	}
	return users
}

func userName(prefix string, restricted, cost bool) string {
	name := prefix + "reader"
	if restricted {
		name = prefix + "partner_reader"
	}
	if cost {
		name += "_cost"
	}
	return name
}

// PasswordOf is the password of a readonly user.
func PasswordOf(secret, user string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("readonly user " + user))
	return hex.EncodeToString(mac.Sum(nil))
}

func readUser(database, prefix, key string, restricted, cost bool) ReadUser {
	name := userName(prefix, restricted, cost)
	u := ReadUser{Name: name, Password: PasswordOf(key, name)}
	if !restricted {
		u.Grants = append(u.Grants, "GRANT SELECT, dictGet ON "+database+".*")
		for _, s := range sights(database) {
			if len(s.money) > 0 && !cost {
				u.Grants = append(u.Grants, fmt.Sprintf("REVOKE SELECT(%s) ON %s.%s", strings.Join(s.money, ", "), database, s.table))
			}
		}
		for _, t := range secret {
			u.Grants = append(u.Grants, fmt.Sprintf("REVOKE SELECT ON %s.%s", database, t))
		}
		return u
	}
	u.Grants = append(u.Grants, "GRANT SELECT ON "+database+".v_*")
	for _, s := range sights(database) {
		u.Grants = append(u.Grants, fmt.Sprintf("GRANT SELECT ON %s.%s", database, s.table))
		if len(s.money) > 0 && !cost {
			u.Grants = append(u.Grants, fmt.Sprintf("REVOKE SELECT(%s) ON %s.%s", strings.Join(s.money, ", "), database, s.table))
		}
		if s.filter != "" {
			u.Policies = append(u.Policies, Policy{database, s.table, s.filter})
		}
	}
	return u
}

// names of the grants that decide which user asks.
func sees(v access.Viewer) (cost bool) { return slices.Contains(v.Grants, access.GrantCost) }
