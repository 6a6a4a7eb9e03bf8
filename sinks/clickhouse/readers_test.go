package clickhouse

import (
	"errors"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// The embedded server takes no users by SQL, so it is asked to read the statements, not to run them.
func TestTheServerUnderstandsTheStatementsThatMakeReaders(t *testing.T) {
	l := open(t, 100)
	for _, cluster := range []string{"", "ON CLUSTER main"} {
		for _, sql := range makeReaders("db", cluster, "db_", "s") {
			n := 0
			if err := l.query(t.Context(), "read", "SELECT formatQuery(?)", func(r driver.Rows) error {
				var text string
				err := r.Scan(&text)
				n++
				return err
			}, sql); err != nil || n != 1 {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
}

func TestNoTableIsReadableBeforeItsPolicyStands(t *testing.T) {
	granted := map[string]bool{}
	withheld := map[string]bool{}
	for _, sql := range makeReaders("db", "", "db_", "s") {
		words := strings.Fields(sql)
		switch {
		case words[0] == "REVOKE":
			user := words[len(words)-1]
			if !granted[user] || !strings.Contains(sql, "SELECT(customer) ON db.movements") {
				t.Errorf("%s, before it is granted", sql)
			}
			withheld[user] = true
		case words[0] == "GRANT":
			granted[words[len(words)-4]] = true
			if !strings.HasSuffix(sql, "WITH REPLACE OPTION") {
				t.Errorf("%s leaves what was granted before", sql)
			}
		case strings.Contains(sql, "ROW POLICY"):
			if len(granted) > 0 {
				t.Errorf("after the grants: %s", sql)
			}
		}
	}
	if len(granted) != 32 { // restricted or not, by four grants
		t.Errorf("grants for %v", granted)
	}
	for user := range granted {
		if withheld[user] == strings.Contains(user, "customer") {
			t.Errorf("tokens of end customers are withheld from %s: %t", user, withheld[user])
		}
	}
	policies := strings.Join(makeReaders("db", "", "db_", "s"), "\n")
	var restricted []string
	for _, u := range ReadUsers("db", "db_", "s") {
		if len(u.Policies) > 0 {
			restricted = append(restricted, u.Name)
		}
	}
	for _, s := range sights("db") {
		if s.who == everyone && s.filter != "" && strings.Count(policies, " ON db."+s.table+" AS RESTRICTIVE FOR SELECT USING "+s.filter+" TO "+strings.Join(restricted, ", ")+"\n") != 2 {
			t.Errorf("%s has no policy", s.table)
		}
	}
}

func TestAServerThatMakesNoUsersSaysSoAndShowsNoHash(t *testing.T) {
	l := open(t, 100)
	if err := l.MakeReaders(t.Context(), "x_", ""); !errors.Is(err, ErrNoPolicies) || !strings.Contains(err.Error(), "password is empty") {
		t.Errorf("got %v", err)
	}
	err := l.MakeReaders(t.Context(), "x_", "secret")
	if !errors.Is(err, ErrNoPolicies) || strings.Contains(err.Error(), passwordOf("secret", "x_reader")) {
		t.Errorf("got %v", err)
	}
	t.Log(err)
}
