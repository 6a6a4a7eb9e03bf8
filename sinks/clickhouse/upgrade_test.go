package clickhouse

import (
	"errors"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// TestAnOlderProgramGoesOnUnderANewerSchema: a migration that it does not know, and that breaks nothing, is no reason to stop; but the
// views are the newer program's.
func TestAnOlderProgramGoesOnUnderANewerSchema(t *testing.T) {
	l := open(t, 100)
	for _, sql := range []string{
		"INSERT INTO " + l.table("migrations") + " (name) VALUES ('9999_newer.sql')",
		"CREATE OR REPLACE VIEW " + l.table("v_refused") + " AS SELECT 42 AS newer",
	} {
		if err := l.exec(t.Context(), "be newer", sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var n uint8
	if err := l.query(t.Context(), "read the view", "SELECT newer FROM "+l.table("v_refused"), func(r driver.Rows) error { return r.Scan(&n) }); err != nil || n != 42 {
		t.Errorf("the older program made the view anew: %v", err)
	}
	if _, err := l.Claim(t.Context(), "0000aa-x", 1); err != nil {
		t.Error(err)
	}
}

// TestAnOlderProgramStopsWhereANewerSchemaBreaksIt: the owner of a partition is fenced while the road is held, and told why when it
// wants to go on.
func TestAnOlderProgramStopsWhereANewerSchemaBreaksIt(t *testing.T) {
	l := open(t, 100)
	epoch, err := l.Claim(t.Context(), "0000aa-x", 1)
	if err != nil {
		t.Fatal(err)
	}
	// A file that is there may be applied again; a newer program's would have another name.
	if err := l.migrate(t.Context(), migration{name: "0009_organisation.sql", holds: true, breaks: "they write sums in the old way"}, l.model()); err != nil {
		t.Fatal(err)
	}
	i := batch(0, 1).Intent
	i.Epoch = epoch
	if err := l.Intend(t.Context(), i); !errors.Is(err, sellthrough.ErrFenced) {
		t.Errorf("the owner goes on: %v", err)
	}
	if _, err := l.Claim(t.Context(), "0000aa-x", 1); err != nil {
		t.Errorf("this program knows the file: %v", err)
	}
	if err := l.exec(t.Context(), "be newer", "ALTER TABLE "+l.table("migrations")+" UPDATE breaks = '' WHERE 1"); err != nil {
		t.Fatal(err)
	}
	if err := l.exec(t.Context(), "be newer", "INSERT INTO "+l.table("migrations")+" (name, breaks) VALUES ('9999_newer.sql', 'they write sums in the old way')"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Claim(t.Context(), "0000aa-x", 1); !errors.Is(err, sellthrough.ErrSchema) {
		t.Errorf("the older program claims a partition: %v", err)
	}
	if err := l.Migrate(t.Context()); !errors.Is(err, sellthrough.ErrSchema) {
		t.Errorf("the older program starts: %v", err)
	}
}
