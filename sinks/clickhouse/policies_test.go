package clickhouse

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough/internal/access"
	"sellthrough/numbers"
	"sellthrough/sinks/clickhouse/question"
)

// A table that is added later fails here until somebody decides, in sights, who may see what of it.
func TestSomebodyDecidedWhoMaySeeEveryTableViewAndDictionary(t *testing.T) {
	l := open(t, 100)
	l.opts.Views = numbers.Views
	if err := l.views(t.Context()); err != nil {
		t.Fatal(err)
	}
	decided := map[string]sight{}
	for _, s := range sights(l.opts.Database) {
		if _, twice := decided[s.table]; twice {
			t.Errorf("%s is decided twice", s.table)
		}
		decided[s.table] = s
	}
	stored := map[string][]string{}
	if err := l.query(t.Context(), "list columns", "SELECT table, name FROM system.columns WHERE default_kind NOT IN ('EPHEMERAL', 'ALIAS') AND database = ?", func(r driver.Rows) error {
		var table, name string
		err := r.Scan(&table, &name)
		stored[table] = append(stored[table], name)
		return err
	}, l.opts.Database); err != nil {
		t.Fatal(err)
	}
	err := l.query(t.Context(), "list tables", "SELECT name, engine, create_table_query FROM system.tables WHERE database = ?", func(r driver.Rows) error {
		var name, engine, create string
		if err := r.Scan(&name, &engine, &create); err != nil {
			return err
		}
		columns := stored[name]
		s, ok := decided[name]
		delete(decided, name)
		switch {
		case engine == "View":
			if !strings.HasPrefix(name, "v_") {
				t.Errorf("the view %s is not named v_…, so nobody may read it", name)
			}
			if !strings.Contains(create, "SQL SECURITY INVOKER") {
				t.Errorf("the view %s does not ask with the rights of who asks: %s", name, create)
			}
		case strings.HasPrefix(name, "v_"):
			t.Errorf("the %s %s is named like a view, and every reader may read views", engine, name)
		case !strings.HasSuffix(engine, "MergeTree"):
			t.Errorf("%s is a %s: nobody has decided how its rows are kept from others", name, engine)
		case !ok:
			t.Errorf("nobody has decided who may see what of %s", name)
		case s.who == everyone && s.filter == "" && slices.Contains(columns, "partner"):
			t.Errorf("%s has a column partner and shows everyone all rows", name)
		case s.columns != nil:
			for _, c := range columns {
				if !slices.Contains(s.columns, c) && !slices.Contains(slices.Concat(slices.Collect(maps.Values(s.granted))...), c) {
					t.Errorf("nobody has decided who may see the column %s of %s", c, name)
				}
			}
			for _, c := range slices.Concat(append(slices.Collect(maps.Values(s.granted)), s.columns, s.hidden)...) {
				if !slices.Contains(columns, c) {
					t.Errorf("%s has no column %s", name, c)
				}
			}
		}
		if slices.Contains(columns, "customer") && !slices.Contains(s.granted[access.GrantCustomer], "customer") && engine != "View" {
			t.Errorf("%s shows end customers' tokens without the grant", name)
		}
		if slices.Contains(columns, "cost") && s.grant != access.GrantCost && !slices.Contains(s.granted[access.GrantCost], "cost") && engine != "View" {
			t.Errorf("%s shows a cost without the grant", name)
		}
		return nil
	}, l.opts.Database)
	if err != nil {
		t.Fatal(err)
	}
	for name := range decided {
		t.Errorf("%s is decided, but is no table", name)
	}
	if err := l.query(t.Context(), "list dictionaries", "SELECT name FROM system.dictionaries", func(r driver.Rows) error {
		var name string
		err := r.Scan(&name)
		t.Errorf("nobody has decided who may read the dictionary %s", name)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestSomebodyDecidedWhetherAQuestionMayUseEveryTableFunction(t *testing.T) {
	l := open(t, 100)
	seen := 0
	if err := l.query(t.Context(), "list table functions", "SELECT name FROM system.table_functions", func(r driver.Rows) error {
		var name string
		err := r.Scan(&name)
		seen++
		if !question.Decided(name) {
			t.Errorf("nobody has decided whether a question may use the table function %s()", name)
		}
		return err
	}); err != nil || seen == 0 {
		t.Fatal(seen, err)
	}
}

func TestPasswordsOfReadersDifferByUserAndSecret(t *testing.T) {
	seen := map[string]bool{}
	for _, secret := range []string{"a", "b"} {
		for _, u := range ReadUsers("d", "", secret) {
			if seen[u.Password] || len(u.Password) != 64 {
				t.Errorf("%s: password %q", u.Name, u.Password)
			}
			seen[u.Password] = true
		}
	}
}
