package clickhouse

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/internal/access"
	server "sellthrough/internal/embedded/clickhouse"
	"sellthrough/internal/embedded/enginetest"
)

// The database of the tests of readers. Its users are in the server's file from the start, as those of a product are.
const policedDatabase, policedSecret = "test_policed", "the secret of this test"

func policed() []server.User {
	var out []server.User
	for _, u := range ReadUsers(policedDatabase, "policed_", policedSecret) {
		x := server.User{Name: u.Name, Password: u.Password, Grants: u.Statements()}
		for _, p := range u.Policies {
			x.Policies = append(x.Policies, server.Policy(p))
		}
		out = append(out, x)
	}
	return out
}

var (
	acme    = access.Viewer{Name: "anna", Role: access.RolePartner, Partners: []sellthrough.PartnerID{"acme"}}
	both    = access.Viewer{Name: "mia", Role: access.RoleManager, Partners: []sellthrough.PartnerID{"acme", "beta"}}
	none    = access.Viewer{Name: "nils", Role: access.RoleManager, Partners: []sellthrough.PartnerID{}}
	all     = access.Viewer{Name: "vera", Role: access.RoleViewer}
	allCost = access.Viewer{Name: "carl", Role: access.RoleViewer, Grants: []string{access.GrantCost}}
)

// filled is whether world has filled its database: once for all tests, which only read it.
var filled sync.Once

// world is a database with rows of the partners acme, beta and gamma, and of nobody, in every table.
func world(t *testing.T) (*Ledger, *Reader) {
	t.Helper()
	s := enginetest.ClickHouse(t)
	l, err := Open(Options{Address: s.TCP, Database: policedDatabase, User: s.AdminUser, Password: s.AdminPassword, Window: 100})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	filled.Do(func() { fill(t, l) })
	r, err := NewReader(ReaderOptions{Address: s.TCP, Database: policedDatabase, Prefix: "policed_", Secret: policedSecret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return l, r
}

// fill puts a row of each partner into every table.
func fill(t *testing.T, l *Ledger) {
	t.Helper()
	ctx := t.Context()
	if err := l.exec(ctx, "make room", "DROP DATABASE IF EXISTS "+policedDatabase+" SYNC"); err != nil {
		t.Fatal(err)
	}
	if err := l.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	for i, p := range []string{"acme", "beta", "gamma", ""} {
		q := func(sql string, args ...any) {
			t.Helper()
			if err := l.exec(ctx, "fill", fmt.Sprintf("INSERT INTO "+policedDatabase+"."+sql, args...)); err != nil {
				t.Fatal(err)
			}
		}
		n := i + 1
		for _, table := range []string{"movements", "stock_reports"} {
			q("%s (partner, feed, namespace, slice, line, sign, qty_micros, product_wire, place, kind_wire, customer) VALUES ('%s', 'f-%s', 'n', %d, 1, 1, %d000000, 'p1', 'L%d', 1, 'a1.%s')", table, p, p, n, n, n, p)
		}
		q("sales_daily (partner, business_day_wire, location, product, kind_wire, qty_micros, lines) VALUES ('%s', 20000, 'L%d', 'p1', 1, %d000000, 1)", p, n, n)
		q("stock_daily (partner, business_day_wire, location, product, level_wire, qty_micros, lines) VALUES ('%s', toInt32(today()), 'L%d', 'p1', 1, %d000000, 1)", p, n, n)
		q("submissions (partner, feed, submission, revision, rows, partitions) VALUES ('%s', 'f-%s', 's-%s', %d, 5, [1])", p, p, p, n)
		q("outcomes (partner, feed, submission, revision, partition, lines_new) VALUES ('%s', 'f-%s', 's-%s', %d, 1, 5)", p, p, p, n)
		q("refused (partner, feed, submission, row, value) VALUES ('%s', 'f-%s', 's-%s', 1, 'v-%s')", p, p, p, p)
		q("floors (partner, namespace) VALUES ('%s', 'n')", p)
		q("votes (partner, submission) VALUES ('%s', 's-%s')", p, p)
		q("ref_crossreferences (version, partner, kind, code) VALUES (1, '%s', 'item', 'c-%s')", p, p)
		q("ref_locations (version, code, partner) VALUES (1, 'L%d', '%s')", n, p)
		q("ref_partners (version, partner, name) VALUES (1, '%s', 'name of %s')", p, p)
		q("ref_organisation (version, node, partner, to_day) VALUES (1, 'north', '%s', 120529)", p)
		q("ref_ranging (version, location, product) VALUES (1, 'L%d', 'p1')", n)
		q("ref_reporting (version, feed) VALUES (1, 'f-%s')", p)
		for _, event := range []string{"opened", "commented"} {
			q("incidents (event, incident, rule, partner, why_en, payload) VALUES ('%s', 'i-%s', 'stock-out', '%s', 'said', 'payload')", event, p, p)
		}
	}
	for _, sql := range []string{
		"orders (kind, revision, who, why) VALUES ('reference', 1, 'who', 'why'), ('undo', 2, 'who', 'why')",
		"ref_products (version, code, name, cost, list_price) VALUES (1, 'p1', 'one', 700000, 900000)",
		"ref_rates (version, currency) VALUES (1, 'EUR')", "ref_calendar (version, name, year) VALUES (1, '618', 2026)",
		"ref_versions (version, who) VALUES (1, 'who')", "feeds (feed) VALUES ('f-acme')", "road (incarnation) VALUES ('i')",
		"audit (who, what) VALUES ('anna', 'login')", "sessions (id, event) VALUES ('x', 'begun')", "alert_lease (holder) VALUES ('h')",
	} {
		if err := l.exec(ctx, "fill", "INSERT INTO "+policedDatabase+"."+sql); err != nil {
			t.Fatal(err)
		}
	}
}

// cells is a one-column answer, sorted.
func cells(t *testing.T, r *Reader, v access.Viewer, sql string) []string {
	t.Helper()
	answer, err := r.Read(t.Context(), v, sql)
	if err != nil {
		t.Errorf("%s asks %s: %v", v.Name, sql, err)
		return nil
	}
	out := []string{}
	for _, row := range answer.Rows {
		out = append(out, fmt.Sprint(row[0]))
	}
	slices.Sort(out)
	return out
}

func TestReadersSeeWhatTheyMayAndNothingElse(t *testing.T) {
	l, r := world(t)
	want := func(v access.Viewer, sql string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, cells(t, r, v, sql)); d != "" {
			t.Errorf("%s asks %s (-want +got):\n%s", v.Name, sql, d)
		}
	}
	for _, from := range []string{
		"movements", "stock_reports", "sales_daily", "stock_daily", "submissions", "outcomes", "refused", "ref_crossreferences", "ref_locations",
		"ref_partners", "ref_organisation", "v_movements", "v_sales_daily", "v_stock_reports", "v_stock_daily", "v_stock_now", "v_submissions", "v_outcomes",
		"v_books", "v_refused", "v_locations", "v_partners", "v_organisation", "v_incidents", "v_sales_as_of(as_of = '2100-01-01 00:00:00')",
	} {
		sql := "SELECT DISTINCT partner FROM " + from
		want(acme, sql, "acme")
		want(both, sql, "acme", "beta")
		want(all, sql, "", "acme", "beta", "gamma")
		if got := cells(t, r, none, sql); len(got) != 0 {
			t.Errorf("who sees no partner sees %v of %s", got, from)
		}
	}
	want(acme, "SELECT location FROM v_ranging", "L1")
	want(acme, "SELECT feed FROM v_reporting", "f-acme")
	want(both, "SELECT feed FROM v_reporting", "f-acme", "f-beta")
	want(acme, "SELECT code FROM v_products", "p1")
	want(acme, "SELECT name FROM v_calendar", "618")
	want(acme, "SELECT revision FROM orders", "1")

	// What the vendor's people say about an incident is for the vendor's people.
	want(acme, "SELECT event FROM incidents", "opened")
	want(both, "SELECT event FROM incidents", "commented", "commented", "opened", "opened")
	refusedAs(t, r, both, "SELECT payload FROM incidents")

	// Money that needs a grant.
	want(allCost, "SELECT toString(cost) FROM v_products", "0.7")
	want(access.Viewer{Name: "m", Role: access.RoleManager, Partners: both.Partners, Grants: allCost.Grants}, "SELECT toString(cost) FROM v_products", "0.7")
	for _, v := range []access.Viewer{acme, both, all} {
		want(v, "SELECT toString(list_price) FROM v_products", "0.9")
		for _, sql := range []string{
			"SELECT cost FROM v_products", "SELECT * FROM v_products", "SELECT code FROM v_products WHERE cost > 1", "SELECT cost FROM ref_products",
			"SELECT code FROM ref_products ORDER BY cost", "SELECT count() FROM ref_products PREWHERE cost > 1",
		} {
			refusedAs(t, r, v, sql)
		}
	}
	// Tokens of end customers: who has the grant counts them, of the partners that he sees; all others count all else.
	knows := func(v access.Viewer) access.Viewer {
		v.Grants = append(slices.Clone(v.Grants), access.GrantCustomer)
		return v
	}
	for _, ledger := range ledgers {
		for _, v := range []access.Viewer{acme, both, all, allCost} {
			for _, from := range []string{ledger, "v_" + ledger} {
				if from == "v_stock_reports" {
					continue // it has no customer
				}
				refusedAs(t, r, v, "SELECT customer FROM "+from)
				refusedAs(t, r, v, "SELECT count() FROM "+from+" WHERE customer = 'a1.acme'")
				refusedAs(t, r, v, "SELECT uniqExact(customer) FROM "+from)
				refusedAs(t, r, v, "SELECT count() FROM "+from+" GROUP BY customer")
				refusedAs(t, r, v, "SELECT partner FROM "+from+" ORDER BY customer")
				refusedAs(t, r, v, "SELECT a.partner FROM "+from+" AS a JOIN "+from+" AS b ON a.customer = b.customer")
				if _, err := r.Read(t.Context(), v, "SELECT sum(qty), count() FROM "+from); err != nil {
					t.Errorf("%s can't add up %s: %v", v.Name, from, err)
				}
				if _, err := r.Read(t.Context(), knows(v), "SELECT uniqExact(customer) FROM "+from); err != nil {
					t.Errorf("%s can't count the customers of %s: %v", v.Name, from, err)
				}
			}
		}
	}
	want(knows(acme), "SELECT DISTINCT customer FROM v_movements", "a1.acme")
	want(knows(both), "SELECT toString(uniqExact(customer)) FROM v_movements", "2")
	want(knows(all), "SELECT toString(uniqExact(customer)) FROM v_movements", "4")
	refusedAs(t, r, knows(all), "SELECT cost FROM v_products")

	for _, table := range []string{"audit", "sessions"} {
		for _, v := range []access.Viewer{acme, both, all, allCost, access.Local()} {
			refusedAs(t, r, v, "SELECT * FROM "+table)
		}
	}
	for _, table := range []string{"floors", "votes", "road", "feeds", "migrations", "ref_versions", "v_progress", "alert_lease"} {
		refusedAs(t, r, acme, "SELECT * FROM "+table)
		if _, err := r.Read(t.Context(), all, "SELECT * FROM "+table); err != nil {
			t.Error(err)
		}
	}
	if got := cells(t, r, all, "SELECT count() FROM "+policedDatabase+".movements"); got[0] != fmt.Sprint(count(t, l, "movements")) {
		t.Errorf("the vendor counts %v movements", got)
	}
}

func refusedAs(t *testing.T, r *Reader, v access.Viewer, sql string) {
	t.Helper()
	if a, err := r.Read(t.Context(), v, sql); !errors.Is(err, ErrNotGranted) {
		t.Errorf("%s asks %s: got %v, %v; want not granted", v.Name, sql, a.Rows, err)
	}
}

// Each attempt must fail, or answer with rows of acme only.
func TestNoTextWidensWhatAPartnerSees(t *testing.T) {
	_, r := world(t)
	for _, sql := range []string{
		"SELECT partner FROM sales_daily SETTINGS log_comment = 'partner:beta:x'",
		"SELECT partner FROM sales_daily SETTINGS query_id = 'partner:beta:x'",
		"SELECT partner FROM sales_daily SETTINGS initial_query_id = 'partner:beta:x'",
		"SELECT partner FROM sales_daily SETTINGS readonly = 0, max_execution_time = 3",
		"SELECT partner FROM sales_daily SETTINGS max_execution_time = 3",
		"SELECT partner FROM sales_daily SETTINGS use_query_cache = 1",
		"SELECT partner FROM sales_daily SETTINGS additional_table_filters = {'sales_daily': '1'}",
		"SELECT partner FROM sales_daily SETTINGS allow_experimental_analyzer = 0, enable_analyzer = 0",
		"SELECT 'partner:beta:x' AS initialQueryID, partner FROM sales_daily",
		"WITH () -> 'partner:beta:x' AS initialQueryID SELECT partner FROM sales_daily",
		"WITH 'beta' AS partner SELECT sales_daily.partner FROM sales_daily",
		"SELECT partner FROM sales_daily WHERE throwIf(partner = 'beta') = 0",
		"SELECT partner FROM sales_daily PREWHERE throwIf(partner = 'beta') = 0",
		"SELECT partner FROM sales_daily FINAL",
		"SELECT partner FROM sales_daily ORDER BY partner DESC LIMIT 1",
		"SELECT min(partner) FROM sales_daily", "SELECT max(partner) FROM sales_daily", "SELECT any(partner) FROM sales_daily",
		"SELECT b.partner FROM sales_daily AS a CROSS JOIN movements AS b",
		"SELECT partner FROM sales_daily WHERE location IN (SELECT location FROM stock_daily)",
		"SELECT partner FROM (SELECT * FROM sales_daily UNION ALL SELECT * FROM sales_daily)",
		"SELECT partner FROM merge('" + policedDatabase + "', 'sales_daily')",
		"SELECT partner FROM merge(REGEXP('.*'), '.*')",
		"SELECT partner FROM view(SELECT partner FROM sales_daily)",
		"SELECT partner FROM viewIfPermitted(SELECT partner FROM sales_daily ELSE null('partner String'))",
		"SELECT partner FROM remote('127.0.0.1', " + policedDatabase + ".sales_daily)",
		"SELECT partner FROM remoteSecure('127.0.0.1', " + policedDatabase + ".sales_daily)",
		"SELECT partner FROM cluster('default', " + policedDatabase + ".sales_daily)",
		"SELECT partner FROM clusterAllReplicas('default', " + policedDatabase + ".sales_daily)",
		"SELECT partner FROM mergeTreeIndex(" + policedDatabase + ", sales_daily)",
		"SELECT partner FROM mergeTreeProjection(" + policedDatabase + ", sales_daily, x)",
		"SELECT partner FROM loop(" + policedDatabase + ", sales_daily) LIMIT 4",
		"SELECT * FROM dictionary('x')", "SELECT dictGet('x', 'y', 1)", "SELECT joinGet('sales_daily', 'qty', 'beta')",
		"SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", "SELECT * FROM file('/etc/passwd', 'LineAsString')",
		"SELECT file('/etc/passwd')", "SELECT arrayMap(file, ['/etc/passwd'])", "SELECT * FROM default.`/etc/passwd`", "SELECT * FROM '/etc/passwd'",
		"SELECT * FROM s3('http://127.0.0.1:1/x')", "SELECT * FROM mysql('127.0.0.1', 'a', 'b', 'c', 'd')", "SELECT * FROM executable('x', 'TSV', 'x String')",
		"SELECT * FROM eval('SELECT partner FROM sales_daily')", "SELECT * FROM sqlite('/x', 'y')", "SELECT * FROM input('x String')",
		"SELECT * FROM system.tables", "SELECT * FROM system.query_log", "SELECT * FROM system.row_policies", "SELECT * FROM system.users",
		"SELECT * FROM system.processes", "SELECT * FROM system.settings", "SELECT * FROM system.columns", "SELECT * FROM system.parts",
		"SELECT * FROM system.parts_columns", "SELECT * FROM information_schema.tables", "SELECT * FROM INFORMATION_SCHEMA.COLUMNS",
		"SELECT * FROM viewExplain('EXPLAIN', '', (SELECT 1))", "SELECT * FROM (EXPLAIN SELECT partner FROM sales_daily)",
		"EXPLAIN actions = 1 SELECT partner FROM sales_daily", "EXPLAIN ESTIMATE SELECT partner FROM sales_daily", "SHOW TABLES", "SHOW GRANTS", "SHOW PROCESSLIST",
		"SHOW CREATE TABLE sales_daily", "DESCRIBE sales_daily", "EXISTS sales_daily", "CHECK TABLE sales_daily",
		"INSERT INTO sales_daily (partner) VALUES ('acme')", "ALTER TABLE sales_daily DELETE WHERE 1", "DROP TABLE sales_daily", "TRUNCATE TABLE sales_daily",
		"SET readonly = 0", "SET log_comment = 'x'", "SET ROLE ALL", "SET PROFILE 'default'", "USE system", "KILL QUERY WHERE 1 SYNC", "SYSTEM FLUSH LOGS",
		"CREATE TEMPORARY TABLE x (n Int8)", "CREATE TABLE x (n Int8) ENGINE = Memory", "GRANT ALL ON *.* TO policed_partner_reader", "OPTIMIZE TABLE sales_daily FINAL",
		"CREATE USER x", "CREATE FUNCTION f AS x -> x", "BACKUP TABLE sales_daily TO Disk('x', 'y')", "SELECT 1; SELECT partner FROM sales_daily",
		"EXECUTE AS policed_reader SELECT partner FROM sales_daily", "SELECT partner FROM votes", "SELECT partner FROM sales_daily UNION ALL SELECT partner FROM votes",
	} {
		a, err := r.Read(t.Context(), acme, sql)
		if err != nil {
			continue
		}
		for _, row := range a.Rows {
			for _, c := range row {
				if s := fmt.Sprint(c); strings.Contains(s, "beta") && !strings.Contains(s, "partner:beta:x") || strings.Contains(s, "gamma") || strings.Contains(s, "root") || s == "" || strings.Contains(s, "L2") {
					t.Errorf("%s shows %v", sql, a.Rows)
				}
			}
		}
		if i := slices.Index(a.Columns, "partner"); i < 0 && !strings.Contains(sql, "(partner)") && !strings.Contains(sql, ".partner") {
			t.Errorf("%s is answered: %v", sql, a.Rows)
		}
	}
}

// The database alone must hold, too: what is asked here does not go through the check of the text.
func TestTheDatabaseItselfRefusesARestrictedUser(t *testing.T) {
	_, r := world(t)
	conn, err := r.as(acme)
	if err != nil {
		t.Fatal(err)
	}
	try := func(id, sql string) (Table, error) {
		return ask(clickhouse.Context(t.Context(), clickhouse.WithQueryID(id)), conn, sql)
	}
	for _, id := range []string{"", "x", "partner:", "partner::n1", "manager::n2", "beta", "partner:beta", " partner:beta:n3", "Partner:beta:n4", "partner:be:n5", "partner:%:n6"} {
		a, err := try(id, "SELECT partner FROM sales_daily")
		if err != nil || len(a.Rows) != 0 {
			t.Errorf("with the query id %q it sees %v, %v", id, a.Rows, err)
		}
	}
	for i, sql := range []string{
		"SELECT * FROM sales_daily SETTINGS log_comment = 'x'", "SELECT * FROM system.processes", "SELECT * FROM system.row_policies", "SELECT * FROM system.users",
		"SELECT * FROM information_schema.tables", "SHOW PROCESSLIST", "KILL QUERY WHERE 1", "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
		"SELECT * FROM file('/etc/passwd', 'LineAsString')", "SELECT * FROM remote('127.0.0.1', " + policedDatabase + ".sales_daily)", "SELECT * FROM votes",
		"INSERT INTO sales_daily (partner) VALUES ('acme')", "ALTER TABLE sales_daily DELETE WHERE 1", "SET readonly = 0", "CREATE TEMPORARY TABLE x (n Int8)",
		"SELECT * FROM default.`/etc/passwd`", "SELECT cost FROM ref_products", "USE system", "SELECT who FROM orders", "SELECT 1 FROM audit", "SELECT dictGet('x', 'y', 1)",
	} {
		if a, err := try(fmt.Sprintf("partner:acme:t%d", i), sql); err == nil {
			t.Errorf("%s is answered: %v", sql, a.Rows)
		}
	}
	// A table function over a table with a column that is withheld is refused as a whole.
	if a, err := try("partner:acme:withheld", "SELECT partner FROM merge('"+policedDatabase+"', 'movements')"); err == nil {
		t.Errorf("merge() sees %v", a.Rows)
	}
	if a, err := try("partner:acme:last", "SELECT DISTINCT partner FROM merge('"+policedDatabase+"', 'sales_daily|stock_daily|refused')"); err != nil || len(a.Rows) != 1 {
		t.Errorf("merge() sees %v, %v", a.Rows, err)
	}
}

func TestAnswersToOneViewerAreNotKeptForAnother(t *testing.T) {
	_, r := world(t)
	sql := "SELECT sum(qty) AS q FROM sales_daily WHERE qty > 0"
	for range 3 {
		for v, want := range map[*access.Viewer]string{&acme: "1", &both: "3", &none: "0", &all: "10"} {
			if got := cells(t, r, *v, sql); len(got) != 1 || got[0] != want {
				t.Errorf("%s sees %v, want %s", v.Name, got, want)
			}
		}
	}
}

func TestWhoMustNotSeeEverythingIsRefusedWhereThereAreNoPolicies(t *testing.T) {
	s := enginetest.ClickHouse(t)
	for _, o := range []ReaderOptions{
		{Address: s.TCP, Database: "system", User: s.AdminUser, Password: s.AdminPassword, Writes: true},
		{Address: s.TCP, Database: "system", User: s.AdminUser, Password: s.AdminPassword, Writes: true, Prefix: "absent_", Secret: "x"},
	} {
		r, err := NewReader(o)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []access.Viewer{acme, both, none, all, {Name: "p", Role: access.RolePartner, Grants: access.Grants()}} {
			if a, err := r.Read(t.Context(), v, "SELECT 1"); !errors.Is(err, ErrNoPolicies) {
				t.Errorf("%s: got %v, %v", v.Name, a.Rows, err)
			}
		}
		if got := cells(t, r, access.Local(), "SELECT 1"); len(got) != 1 {
			t.Errorf("who may see everything gets %v", got)
		}
		// The configured user may write; a question never does.
		conn, err := r.as(access.Local())
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{"CREATE TABLE x (n Int8) ENGINE = Memory", "SELECT 1 SETTINGS readonly = 0", "SELECT number FROM numbers(1000001)"} {
			if _, err := ask(t.Context(), conn, sql); err == nil {
				t.Errorf("%s is answered", sql)
			}
		}
		_ = r.Close()
	}
}

func TestNobodyIsToldToLogIn(t *testing.T) {
	_, r := world(t)
	if _, err := r.Read(t.Context(), access.Viewer{Name: "x"}, "SELECT 1"); !errors.Is(err, ErrNobody) {
		t.Errorf("got %v", err)
	}
	if _, err := r.Read(t.Context(), access.Viewer{Name: "x", Role: access.RolePartner, Partners: []sellthrough.PartnerID{"a,beta"}}, "SELECT 1"); err == nil {
		t.Error("an id with a comma is in a scope")
	}
	if got := cells(t, r, access.Viewer{Name: "x", Role: access.RolePartner}, "SELECT partner FROM sales_daily"); len(got) != 0 {
		t.Errorf("a partner without a list of partners sees %v", got)
	}
}
