package clickhouse

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sellthrough/internal/access"
)

// Who may see which rows is decided by ClickHouse, for its readonly users: vendor-wide ones and ones restricted to some
// partners' rows, each with every choice of the grants, which stand for what most must not see: money, and the tokens of end
// customers.
//
// The partners that a restricted question may see stand in its query id. The native protocol carries it beside the text,
// and no text can change it: there is no setting, function or statement that sets it. So nothing has to be signed, and
// there is no key that a text could bring to light. A question without such an id sees no rows.

// audience says whose questions may read a table.
type audience uint8

const (
	nobody   audience = iota // no reader; the program itself does
	vendor                   // vendor-wide viewers
	everyone                 // restricted viewers too, where filter is true
)

// sight is who may see what of a table. A table without one can't be read, and a test fails until somebody decides.
type sight struct {
	table   string
	who     audience
	filter  string              // of rows, for restricted viewers; empty: all rows are for everyone
	grant   string              // that the table as a whole needs; empty: none
	columns []string            // that need no grant of their own; nil: all
	hidden  []string            // from restricted viewers, although in columns
	granted map[string][]string // columns that need a grant, by the grant; with nil columns all others need none
}

// scoped is true for the rows of a partner in the scope of the question.
const scoped = "partner != '' AND has(splitByChar(',', extract(initialQueryID(), '^(?:partner|manager):([^:]*):')), partner)"

// byManager is true where a manager of the vendor asks, not a partner.
const byManager = "startsWith(initialQueryID(), 'manager:')"

// sights are all tables of a database.
func sights(database string) []sight {
	tokens := map[string][]string{access.GrantCustomer: {"customer"}}
	return []sight{
		{table: "movements", who: everyone, filter: scoped, granted: tokens},
		{table: "stock_reports", who: everyone, filter: scoped, granted: tokens},
		{table: "sales_daily", who: everyone, filter: scoped},
		{table: "stock_daily", who: everyone, filter: scoped},
		{table: "shipment_lines", who: everyone, filter: scoped, granted: tokens},
		{table: "transfer_lines", who: everyone, filter: scoped, granted: tokens},
		{table: "order_lines", who: everyone, filter: scoped, granted: tokens},
		{table: "money_lines", who: everyone, filter: scoped, granted: tokens},
		{table: "service_lines", who: everyone, filter: scoped, granted: tokens},
		{table: "flow_daily", who: everyone, filter: scoped},

		{table: "published", who: everyone, filter: scoped},
		{table: "kept_ageing", who: everyone, filter: scoped},
		{table: "kept_cover", who: everyone, filter: scoped},
		{table: "kept_cover_history", who: everyone, filter: scoped},
		{table: "kept_phantom_stock", who: everyone, filter: scoped},
		{table: "kept_days", who: everyone}, // says of which days rows are kept, and of nobody's
		{table: "submissions", who: everyone, filter: scoped},
		{table: "outcomes", who: everyone, filter: scoped},
		{table: "refused", who: everyone, filter: scoped},
		{table: "turned_away", who: everyone, filter: scoped},
		{table: "mappings", who: everyone, filter: scoped},
		{table: "floors", who: vendor}, // of revisions, not of prices
		{table: "votes", who: vendor},
		{table: "road", who: vendor},
		{table: "feeds", who: vendor},
		{table: "migrations", who: vendor},
		// Which version of the reference data is in force, and nothing of whose submission was undone by whom.
		{table: "orders", who: everyone, filter: "kind = 'reference'", hidden: []string{"who", "why", "target", "replay"}, columns: []string{
			"kind", "revision", "who", "why", "target", "undone", "content", "replay", "ordered_at", "partition", "incarnation", "batch", "step", "retry", "known_at",
		}},

		{table: "ref_crossreferences", who: everyone, filter: scoped},
		{table: "ref_locations", who: everyone, filter: scoped},
		{table: "ref_partners", who: everyone, filter: scoped},
		{table: "ref_organisation", who: everyone, filter: scoped},
		// A location is its partner's. The inner table has its own policy; the condition is here too, so that one that is lost harms nobody.
		{table: "ref_ranging", who: everyone, filter: "location IN (SELECT code FROM " + database + ".ref_locations WHERE " + scoped + ")"},
		// A feed is its partner's, known by what came over it.
		{table: "ref_reporting", who: everyone, filter: "feed IN (SELECT feed FROM " + database + ".submissions WHERE " + scoped + ")"},
		{table: "ref_products", who: everyone, granted: map[string][]string{access.GrantCost: {"cost"}}, columns: []string{
			"version", "code", "gtin", "name", "line", "units_per_pack", "list_price", "currency", "business_unit", "launch_day", "end_day",
		}},
		{table: "ref_rates", who: everyone},
		{table: "ref_calendar", who: everyone},
		{table: "ref_versions", who: vendor},

		{table: "ref_business_units", who: everyone},
		{table: "ref_modes", who: vendor},
		{table: "ref_territories", who: everyone},
		{table: "ref_assignments", who: everyone, filter: scoped},
		{table: "ref_prices", who: vendor},
		{table: "ref_floors", who: vendor, grant: access.GrantFloor},
		{table: "ref_product_costs", who: vendor, grant: access.GrantCost},
		{table: "ref_channel_costs", who: vendor, grant: access.GrantCost},
		// A partner's own targets, and of a manager those of the nodes that its partners hang under today.
		{table: "ref_targets", who: everyone, filter: scoped + " OR " + byManager + " AND node != '' AND node IN (SELECT node FROM " + database + ".ref_standings WHERE " +
			scoped + " AND from_day <= toInt32(toDate32(now())) AND to_day >= toInt32(toDate32(now())))"},
		{table: "ref_promotions", who: everyone, filter: "partner = '' OR " + scoped},
		{table: "ref_price_changes", who: everyone},
		{table: "ref_life", who: everyone, filter: scoped},
		{table: "ref_category_sales", who: everyone, filter: scoped},
		{table: "ref_groups", who: everyone, filter: scoped},
		{table: "ref_market", who: vendor},
		{table: "ref_support", who: everyone, filter: scoped},
		{table: "ref_competitor_prices", who: vendor},
		{table: "ref_weights", who: vendor},
		{table: "ref_score_weights", who: everyone}, // by what a partner is scored is no secret to it

		// What is paid to whom is for those who have the grant, of a partner its own. Rules for everybody are for everybody who has it.
		{table: "ref_programmes", who: everyone, grant: access.GrantRebate},
		{table: "ref_qualifying", who: everyone, grant: access.GrantRebate, filter: "partner = '' OR " + scoped},
		{table: "ref_tiers", who: everyone, grant: access.GrantRebate},
		{table: "ref_penalties", who: everyone, grant: access.GrantRebate},
		{table: "accruals", who: everyone, grant: access.GrantRebate, filter: scoped},
		{table: "statements", who: everyone, grant: access.GrantRebate, filter: scoped},
		{table: "claims", who: everyone, grant: access.GrantRebate, filter: scoped},
		{table: "closings", who: vendor, grant: access.GrantRebate},

		{table: "ref_standings", who: everyone, filter: scoped},
		{table: "ref_nodes", who: vendor},
		// Codes of the vendor's own units are no secret: without them nobody could tell what stays inside the tree from what leaves it.
		{table: "ref_inside", who: everyone, filter: "partner = '' OR " + scoped},
		{table: "ref_territory_paths", who: everyone},

		// A partner sees that something is wrong and since when, not what the vendor's people say about it, nor to whom it was sent.
		{
			table: "incidents", who: everyone, filter: scoped + " AND (" + byManager + " OR event IN ('opened', 'evidence', 'raised', 'closed'))",
			hidden: []string{"payload"}, columns: []string{
				"written_at", "seq", "event", "at", "epoch", "incident", "opening", "rule", "partner", "location", "product", "subject", "severity", "since",
				"data_at", "units_micros", "money_micros", "evidence", "text_en", "text_zh", "flapping", "who", "why_en", "why_zh", "until", "channel",
				"message", "about", "ok", "attempt", "payload",
			},
		},
		{table: "alert_lease", who: vendor},

		{table: "audit", who: nobody},
		{table: "sessions", who: nobody},
	}
}

// ReadUser is one of the readonly users.
type ReadUser struct {
	Name, Password string
	Privileges     []string // as they stand behind GRANT
	Withheld       []string // as they stand behind REVOKE, after that
	Policies       []Policy // a table without one: all rows of what is granted
}

// Policy lets a user see those rows of a table for which Filter is true.
type Policy struct{ Database, Table, Filter string }

// ReadUsers are the readonly users of a database. Their names begin with prefix. Their passwords follow from secret,
// which has to be as hard to guess as they shall be.
func ReadUsers(database, prefix, secret string) []ReadUser {
	var users []ReadUser
	for _, restricted := range []bool{false, true} {
		for _, grants := range subsets(access.Grants()) {
			name := readUserName(prefix, restricted, grants)
			u := ReadUser{Name: name, Password: passwordOf(secret, name), Privileges: []string{"SELECT ON " + database + ".v_*"}}
			for _, s := range sights(database) {
				u.see(database, s, restricted, grants)
			}
			users = append(users, u)
		}
	}
	return users
}

// subsets are all choices of some of the items, in a fixed order, the empty one first.
func subsets(items []string) [][]string {
	out := [][]string{nil}
	for _, item := range items {
		for _, s := range out {
			out = append(out, append(slices.Clone(s), item))
		}
	}
	return out
}

// see gives a user what a sight says.
func (u *ReadUser) see(database string, s sight, restricted bool, grants []string) {
	if s.who == nobody || restricted && s.who != everyone || s.grant != "" && !slices.Contains(grants, s.grant) {
		return
	}
	what := "SELECT"
	if s.columns != nil {
		columns := slices.Clone(s.columns)
		if restricted {
			columns = slices.DeleteFunc(columns, func(c string) bool { return slices.Contains(s.hidden, c) })
		}
		for _, g := range grants {
			columns = append(columns, s.granted[g]...)
		}
		what += "(" + strings.Join(columns, ", ") + ")"
	}
	u.Privileges = append(u.Privileges, what+" ON "+database+"."+s.table)
	for _, g := range access.Grants() {
		if columns := s.granted[g]; s.columns == nil && len(columns) > 0 && !slices.Contains(grants, g) {
			u.Withheld = append(u.Withheld, "SELECT("+strings.Join(columns, ", ")+") ON "+database+"."+s.table)
		}
	}
	if restricted && s.filter != "" {
		u.Policies = append(u.Policies, Policy{database, s.table, s.filter})
	}
}

// Statements give a user of an embedded server's file its rights, without saying to whom.
func (u *ReadUser) Statements() []string {
	out := []string{"GRANT " + strings.Join(u.Privileges, ", ")}
	if len(u.Withheld) > 0 {
		out = append(out, "REVOKE "+strings.Join(u.Withheld, ", "))
	}
	return out
}

// readUserName is the readonly user who has some of all grants, in their order.
func readUserName(prefix string, restricted bool, grants []string) string {
	name := prefix + "reader"
	if restricted {
		name = prefix + "partner_reader"
	}
	for _, g := range grants {
		name += "_" + g
	}
	return name
}

// passwordOf is the password of a readonly user.
func passwordOf(secret, user string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("readonly user " + user))
	return hex.EncodeToString(mac.Sum(nil))
}

// partnerForm is what a partner's id may be in a scope: no comma, no colon.
var partnerForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// scope is the query id under which a restricted viewer asks. The nonce makes it the only one of its name.
func scope(v access.Viewer, nonce string) (string, error) {
	var b strings.Builder
	b.WriteString("partner:")
	if v.Role != access.RolePartner {
		b.Reset()
		b.WriteString("manager:")
	}
	for i, p := range v.Partners {
		if !partnerForm.MatchString(string(p)) {
			return "", fmt.Errorf("clickhouse: partner %q can't be in a scope: an id has letters, digits, dots, dashes and underscores", p)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(p))
	}
	b.WriteString(":" + nonce)
	return b.String(), nil
}

// ErrNoPolicies is why a viewer is refused who must not see everything, on a server that can't hold anything back.
var ErrNoPolicies = errors.New("clickhouse: the readonly users and row policies are not on this server, so who may not see everything is refused; " +
	"give the configured user ACCESS MANAGEMENT and start `sellthrough transform` or `up` again (docs/security.md)")
