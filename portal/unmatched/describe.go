package unmatched

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sellthrough"
	"sellthrough/internal/access"
	"sellthrough/portal/answer"
	"sellthrough/sinks/clickhouse"
)

// asked is of how many feeds rows are looked at: one may say what another does not.
const asked = 3

// describe finds what the newest row of each feed with the code says beside it. A body that can't be read says nothing.
func (u *room) describe(ctx context.Context, v access.Viewer, q request) Description {
	var d Description
	if u.Describe == nil {
		return d
	}
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	column, flag := "item", "bitTest(flags, 2)"
	if q.What == "location" {
		column, flag = "location", "bitTest(flags, 3)"
	}
	where := fmt.Sprintf("partner = %s AND %s = %s AND %s AND sign > 0 AND NOT bitTest(flags, 4)", answer.Quote(q.Partner), column, answer.Quote(q.Code), flag)
	var ledgers []string
	for _, k := range sellthrough.FeedKinds() {
		ledgers = append(ledgers, "SELECT feed, revision, row FROM "+clickhouse.LedgerOf(k)+" WHERE "+where)
	}
	t, err := u.Reader.Read(ctx, v, `SELECT s.feed, s.body, s.file, m.at.2 FROM (SELECT max((revision, row)) AS at FROM (`+strings.Join(ledgers, " UNION ALL ")+`) GROUP BY feed) AS m
		INNER JOIN submissions AS s ON s.revision = m.at.1 ORDER BY m.at DESC`+fmt.Sprintf(" LIMIT 1 BY s.feed LIMIT %d", asked))
	if err != nil {
		u.Log.Warn().Err(err).Msg("a row with an unmatched code is not found")
		return d
	}
	for _, row := range t.Rows {
		x := Description{File: answer.Text(row[2]), Row: uint32(answer.Whole(row[3]))}
		name, gtin, place, err := u.Describe(ctx, answer.Text(row[0]), answer.Text(row[1]), x.Row)
		if err != nil {
			u.Log.Debug().Err(err).Msg("a body with an unmatched code is not at hand")
		}
		if x.Name, x.GTIN = name, gtin; q.What == "location" {
			x.Name, x.GTIN = place, ""
		}
		if d.Row == 0 || x.Name != "" && d.Name == "" {
			x.GTIN = or(x.GTIN, d.GTIN)
			d = x
		}
		d.GTIN = or(d.GTIN, x.GTIN)
		if d.Name != "" && d.GTIN != "" {
			break
		}
	}
	return d
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
