package clickhouse

import (
	"fmt"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough/internal/embedded/enginetest"
)

// A ledger of the schema before the sums were made narrow holds the same sums after, and what was published besides.
func TestSumsOfAnOlderSchemaAreKept(t *testing.T) {
	s := enginetest.ClickHouse(t)
	l, err := Open(Options{Address: s.TCP, Database: enginetest.Database(t), User: s.AdminUser, Password: s.AdminPassword})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	ctx, m := t.Context(), l.model()
	do := func(sql string) {
		t.Helper()
		if err := l.exec(ctx, "prepare", sql); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE TABLE " + l.table("migrations") + " (name String, applied_at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY name")
	for _, f := range []string{"0001_ledger", "0002_aggregates", "0003_books", "0004_reference", "0005_channel", "0006_incidents", "0007_access"} {
		if err := l.apply(ctx, "schema/"+f+".sql", m); err != nil {
			t.Fatal(err)
		}
		do("INSERT INTO " + l.table("migrations") + " (name) VALUES ('" + f + ".sql')")
	}
	do("INSERT INTO " + l.table("movements") + " (partner, feed, place, product_wire, kind_wire, currency, business_day_wire, qty_micros, sign, cause_wire, known_ms_wire) VALUES ('acme', 'pos', 'S1', 'A', 1, 'GBP', 20000, 3000000, 1, 1, 1728000000123)")
	do("INSERT INTO " + l.table("sales_daily") + " (partner, business_day_wire, location, product, kind_wire, currency, qty_micros, lines) VALUES ('acme', 20000, 'S1', 'A', 1, 'GBP', 3000000, 1)")
	do("INSERT INTO " + l.table("stock_daily") + " (level_wire, business_day_wire, partner, location, product, item, namespace, at_seconds, qty_micros, lines) VALUES (1, 20000, 'acme', 'S1', 'A', 'i1', 'stock', 1728000000, 7000000, 1)")
	for range 2 {
		if err := l.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		do("ALTER TABLE " + l.table("migrations") + " DELETE WHERE name = '0008_layers.sql'") // as if it had stopped before this was noted
	}
	var got string
	if err := l.query(ctx, "read", fmt.Sprintf(`SELECT concat((SELECT toString((partner, business_date, location, product, kind, currency, qty, lines)) FROM %[1]s.sales_daily), ' ',
		(SELECT toString((level, business_date, partner, location, product, item, namespace, at_seconds, qty, lines)) FROM %[1]s.stock_daily), ' ',
		(SELECT toString((partner, feed, business_date, location, facts, cause, known_at, first, lines_in)) FROM %[1]s.published))`, m.Database), func(r driver.Rows) error { return r.Scan(&got) }); err != nil {
		t.Fatal(err)
	}
	want := "('acme','2024-10-04','S1','A','sell_out','GBP',3,1) ('on_hand','2024-10-04','acme','S1','A','i1','stock',1728000000,7,1) " +
		"('acme','pos','2024-10-04','S1','sales','new','2024-10-04 00:00:00','2024-10-04 00:00:00.123',1)"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
