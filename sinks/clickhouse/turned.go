package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// TurnedAway keeps the note of a body that was refused as a whole. Kept twice, it is one by its id.
func (l *Ledger) TurnedAway(ctx context.Context, t sellthrough.TurnedAway) error {
	scope, err := json.Marshal(t.Scope)
	if err != nil {
		return fmt.Errorf("clickhouse: write the scope of %s: %w", t.ID, err)
	}
	missing, reads, renamed := []string{}, []string{}, [][]string{}
	for _, m := range t.Missing {
		missing, reads, renamed = append(missing, m.Column), append(reads, m.As), append(renamed, append([]string{}, m.Renamed...))
	}
	ctx, cancel := context.WithTimeout(withToken(ctx, "turned/"+t.ID), deadline)
	defer cancel()
	b, err := l.conn.PrepareBatch(ctx, "INSERT INTO "+l.table("turned_away")+" (id, at, partner, feed, file, body, bytes, scope, reason, mapping, missing, reads, renamed)", driver.WithReleaseConnection())
	if err == nil {
		err = b.Append(t.ID, t.At.UTC(), string(t.Partner), string(t.Feed), t.File, t.Body, t.Bytes, string(scope), t.Reason, t.Mapping, missing, reads, renamed)
	}
	if err == nil {
		err = b.Send()
	}
	if err != nil {
		return fmt.Errorf("clickhouse: keep the note %s: %w", t.ID, err)
	}
	return nil
}

// Mapping notes a version of a feed's mapping, and what it reads, where it is not noted yet.
func (l *Ledger) Mapping(ctx context.Context, partner sellthrough.PartnerID, feed sellthrough.FeedID, version, yaml string) error {
	known := false
	err := l.query(ctx, "read mappings", "SELECT count() > 0 FROM "+l.table("mappings")+" WHERE feed = ? AND mapping = ?", func(r driver.Rows) error {
		return r.Scan(&known)
	}, string(feed), version)
	if err != nil || known {
		return err
	}
	return l.exec(withToken(ctx, "mapping/"+string(feed)+"/"+version), "note a mapping", "INSERT INTO "+l.table("mappings")+" (partner, feed, mapping, yaml) VALUES (?, ?, ?, ?)",
		string(partner), string(feed), version, yaml)
}
