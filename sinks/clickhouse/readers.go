package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MakeReaders makes the readonly users of ReadUsers, their profile and their row policies, on a ClickHouse of somebody's
// own. It may be called again and by two at once, and brings what is there up to date. A user gets to read a table only
// when its policies stand. Its error is an ErrNoPolicies: nothing is open wider than before, and readers are refused.
//
// The embedded server reads its users from its file and does not need this.
func (l *Ledger) MakeReaders(ctx context.Context, prefix, secret string) error {
	if secret == "" {
		return fmt.Errorf("%w: engines.clickhouse.password is empty, and the passwords of the readonly users follow from it", ErrNoPolicies)
	}
	for _, sql := range makeReaders(l.opts.Database, l.model().OnCluster, prefix, secret) {
		if err := l.exec(ctx, "make the readonly users", sql); err != nil {
			return fmt.Errorf("%w: %w", ErrNoPolicies, withoutHash(err))
		}
	}
	return nil
}

// withoutHash takes the text of the statement out of an error, where the server quotes it: there is a hash in it.
func withoutHash(err error) error {
	text := err.Error()
	if before, _, ok := strings.Cut(text, "sha256_hash"); ok {
		return errors.New(before + "…")
	}
	return err
}

// makeReaders are the statements, in their order.
func makeReaders(database, onCluster, prefix, secret string) []string {
	users := ReadUsers(database, prefix, secret)
	profile := prefix + "reader_profile"
	settings := fmt.Sprintf("readonly = 1, max_execution_time = %d MIN 1 MAX 600 CHANGEABLE_IN_READONLY, max_result_rows = %d, result_overflow_mode = 'throw', "+
		"timeout_overflow_mode = 'throw', max_memory_usage = %d, use_query_cache = 0, use_query_condition_cache = 0", readSeconds, readRows, readMemory)
	out := []string{
		fmt.Sprintf("CREATE SETTINGS PROFILE IF NOT EXISTS %s %s SETTINGS %s", profile, onCluster, settings),
		fmt.Sprintf("ALTER SETTINGS PROFILE %s %s SETTINGS %s", profile, onCluster, settings),
	}
	var names, restricted []string
	filters := map[string]string{}
	var tables []string
	for _, u := range users {
		names = append(names, u.Name)
		sum := sha256.Sum256([]byte(u.Password))
		identified := "IDENTIFIED WITH sha256_hash BY '" + hex.EncodeToString(sum[:]) + "'"
		out = append(out,
			fmt.Sprintf("CREATE USER IF NOT EXISTS %s %s %s SETTINGS PROFILE '%s'", u.Name, onCluster, identified, profile),
			fmt.Sprintf("ALTER USER %s %s %s SETTINGS PROFILE '%s'", u.Name, onCluster, identified, profile))
		if len(u.Policies) > 0 {
			restricted = append(restricted, u.Name)
		}
		for _, p := range u.Policies {
			if filters[p.Table] == "" {
				tables = append(tables, p.Table)
			}
			filters[p.Table] = p.Filter
		}
	}
	// On a table with any policy, who has none of his own may see no rows, if the server is set so. So the program's own
	// users get one that lets everything through, and the restricted ones one that takes away again: both have to hold.
	for _, table := range slices.Compact(tables) {
		on := fmt.Sprintf("%s ON %s.%s", onCluster, database, table)
		own := strings.Join(names, ", ")
		out = append(out,
			fmt.Sprintf("CREATE ROW POLICY IF NOT EXISTS %sscope %s AS RESTRICTIVE FOR SELECT USING %s TO %s", prefix, on, filters[table], strings.Join(restricted, ", ")),
			fmt.Sprintf("ALTER ROW POLICY %sscope %s AS RESTRICTIVE FOR SELECT USING %s TO %s", prefix, on, filters[table], strings.Join(restricted, ", ")),
			fmt.Sprintf("CREATE ROW POLICY IF NOT EXISTS %sown %s AS PERMISSIVE FOR SELECT USING 1 TO CURRENT_USER, %s", prefix, on, own),
			fmt.Sprintf("ALTER ROW POLICY %sown %s AS PERMISSIVE FOR SELECT USING 1 TO CURRENT_USER, %s", prefix, on, own))
	}
	for _, u := range users {
		out = append(out, fmt.Sprintf("GRANT %s %s TO %s WITH REPLACE OPTION", onCluster, strings.Join(u.Privileges, ", "), u.Name))
		if len(u.Withheld) > 0 {
			out = append(out, fmt.Sprintf("REVOKE %s %s FROM %s", onCluster, strings.Join(u.Withheld, ", "), u.Name))
		}
	}
	return out
}
