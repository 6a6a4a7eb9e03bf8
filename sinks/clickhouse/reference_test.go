package clickhouse

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sellthrough"
	"sellthrough/transform/reference"
)

func TestViewsShowTheReferenceVersionInForce(t *testing.T) {
	l := open(t, 100)
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("products.csv", "code,business_unit,launch,cost\nP1,Audio,2025-03-01,12.50\n")
	write("locations.csv", "code,latitude\nS1,31.5\n")
	write("partners.csv", "partner,tier,channel_type,since\nacme,dealer,specialist,2024-01-01\n")
	write("organisation.csv", "node,parent,partner\nhq,,\neast,hq,acme\n")
	write("ranging.csv", "location,item,lead_days\nS1,P1,14\n")
	write("calendar.csv", "name,year,from,to\n618,2026,2026-06-01,2026-06-20\n")
	write("reporting.csv", "feed,frequency,weekdays,due,grace_days\npos,day,1-6,09:00,1\n")
	save := func(rev sellthrough.Revision) {
		t.Helper()
		tables, content, err := reference.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.SaveReference(t.Context(), rev, content, "a test", tables); err != nil {
			t.Fatal(err)
		}
	}
	read := func(sql string) string {
		t.Helper()
		got, err := l.Query(t.Context(), sql, nil)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(got.Rows)
	}
	ok := func(columns, view, want string) {
		t.Helper()
		if got := read("SELECT " + columns + " FROM " + l.table(view)); got != want {
			t.Errorf("%s: %s, want %s", view, got, want)
		}
	}
	save(7)
	ok("code", "v_products", "[]") // written, not in force
	b := batch(0, 9)
	b.OrdersDone = []sellthrough.Order{{Kind: sellthrough.OrderReference, Revision: 7, At: b.Known}}
	if err := l.Put(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	write("partners.csv", "partner,tier\nacme,retailer\n")
	save(8)
	ok("code, business_unit, toString(launch), toString(end_of_life), toString(cost)", "v_products", "[[P1 Audio 2025-03-01 2299-12-31 12.5]]")
	ok("code, latitude", "v_locations", "[[S1 31.5]]")
	ok("partner, tier, channel_type, toString(since), toString(until)", "v_partners", "[[acme dealer specialist 2024-01-01 2299-12-31]]")
	ok("arraySort(groupArray((node, parent, partner)))", "v_organisation", "[[[[east hq acme] [hq  ]]]]")
	ok("location, product, lead_days, toString(from_date)", "v_ranging", "[[S1 P1 14 1970-01-01]]")
	ok("name, year, toString(from_date), toString(to_date)", "v_calendar", "[[618 2026 2026-06-01 2026-06-20]]")
	ok("feed, frequency, weekdays, due, grace_days", "v_reporting", "[[pos day 1-6 09:00 1]]")
}
