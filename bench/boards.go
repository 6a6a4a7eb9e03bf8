package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"sellthrough/dashboards"
)

// The channel that the boards are asked about: two years, put into the tables by SQL.
const (
	boardLocations = 60
	boardProducts  = 300
	boardDays      = 730
	boardRounds    = 7 // each panel is asked so often
	boardStockDays = 60
)

// boardData is what makes it. Every third product is ranged at a location, sells there on three days of ten, and is
// counted every day of the last 60 and once a week before.
var boardData = []string{
	`INSERT INTO %[1]s.ref_products (version, code, name, line, units_per_pack, list_price, currency, cost)
		SELECT (SELECT version FROM %[1]s.v_reference), concat('BP', toString(number)), concat('Product ', toString(number)), concat('Line ', toString(number %% 5)), 1000000, 100000000, 'GBP', 60000000 FROM numbers(%[3]d)`,
	`INSERT INTO %[1]s.ref_locations (version, code, name, partner, country, city, territory)
		SELECT (SELECT version FROM %[1]s.v_reference), concat('BL', toString(number)), concat('Store ', toString(number)), concat('bp', toString(number %% 8)), 'GB', 'London', concat('T', toString(number %% 6)) FROM numbers(%[2]d)`,
	`INSERT INTO %[1]s.ref_partners (version, partner, name, tier, channel_type)
		SELECT (SELECT version FROM %[1]s.v_reference), concat('bp', toString(number)), concat('Partner ', toString(number)), 'retailer', ['specialist', 'national-chain', 'online-store', 'marketplace'][1 + number %% 4] FROM numbers(8)`,
	`INSERT INTO %[1]s.ref_ranging (version, location, product, from_day, to_day, lead_days)
		SELECT (SELECT version FROM %[1]s.v_reference), concat('BL', toString(number %% %[2]d)), concat('BP', toString(intDiv(number, %[2]d))), 0, 120529, 7 FROM numbers(%[2]d * %[3]d) WHERE cityHash64(number) %% 3 = 0`,
	`INSERT INTO %[1]s.sales_daily (partner, business_date, location, product, kind, currency, qty_micros, amount_micros, base_micros, lines)
		SELECT concat('bp', toString(l %% 8)), toDate32(today()) - d, concat('BL', toString(l)), concat('BP', toString(p)), if(h %% 40 = 0, 'return_in', 'sell_out'), 'GBP',
			q * 1000000, q * 99000000, q * 99000000, abs(q)
		FROM (SELECT number %% %[2]d AS l, intDiv(number, %[2]d) %% %[3]d AS p, intDiv(number, %[2]d * %[3]d) AS d, cityHash64(number, 7) AS h, if(h %% 40 = 0, -1, toInt64(1 + h %% 3)) AS q
			FROM numbers(toUInt64(%[2]d) * %[3]d * %[4]d) WHERE cityHash64(number %% (%[2]d * %[3]d)) %% 3 = 0 AND cityHash64(number, 1) %% 10 < 3)`,
	`INSERT INTO %[1]s.stock_daily (level, business_date, partner, location, product, item, namespace, at_seconds, qty_micros, lines)
		SELECT 'on_hand', toDate32(today()) - d AS day, concat('bp', toString(l %% 8)), concat('BL', toString(l)), concat('BP', toString(p)), concat('i', toString(p)), 'stock',
			toInt64(toUInt32(toDate(day))) * 86400 + 72000, toInt64(cityHash64(number, 3) %% 25) * 1000000, 1
		FROM (SELECT number, number %% %[2]d AS l, intDiv(number, %[2]d) %% %[3]d AS p, intDiv(number, %[2]d * %[3]d) AS d
			FROM numbers(toUInt64(%[2]d) * %[3]d * %[4]d) WHERE cityHash64(number %% (%[2]d * %[3]d)) %% 3 = 0 AND (d < %[5]d OR d %% 7 = 0))`,
}

// boardTimes is how long the boards took.
type boardTimes struct {
	name   string
	panels []time.Duration // each question
	load   time.Duration   // all panels of the board at once, the slowest of a few loads
	worst  string
	most   time.Duration // p95 of the slowest panel
}

// runBoards fills the tables with two years of a channel and asks every panel of every board through the page.
func runBoards(ctx context.Context, s *system, r *report) error {
	say("boards: two years of %d locations and %d products", boardLocations, boardProducts)
	for _, sql := range boardData {
		if err := s.conn.Exec(ctx, fmt.Sprintf(sql, database, boardLocations, boardProducts, boardDays, boardStockDays)); err != nil {
			return err
		}
	}
	for _, t := range []string{"sales_daily", "stock_daily"} { // as a day later, when merges have settled
		if err := s.conn.Exec(ctx, "OPTIMIZE TABLE "+database+"."+t+" FINAL"); err != nil {
			return err
		}
	}
	boards, err := dashboards.Boards("en")
	if err != nil {
		return err
	}
	for _, b := range boards {
		var x struct {
			Panels []struct {
				ID      int
				Title   string
				Targets []struct{ RawSQL string }
			}
		}
		if err := json.Unmarshal(b.JSON, &x); err != nil {
			return err
		}
		t := boardTimes{name: b.UID}
		var ids []int
		for _, p := range x.Panels {
			if len(p.Targets) == 0 || p.Targets[0].RawSQL == "" {
				continue
			}
			ids = append(ids, p.ID)
			var own []time.Duration
			for range boardRounds {
				took, err := s.ask(ctx, b.UID, p.ID)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", b.UID, p.Title, err)
				}
				own = append(own, took)
			}
			t.panels = append(t.panels, own...)
			slices.Sort(own)
			if p95 := at(own, 0.95); p95 > t.most {
				t.most, t.worst = p95, p.Title
			}
		}
		if len(ids) == 0 {
			continue
		}
		for range 3 {
			began := time.Now()
			errs := make([]error, len(ids))
			var all sync.WaitGroup
			for i, id := range ids {
				all.Go(func() { _, errs[i] = s.ask(ctx, b.UID, id) })
			}
			all.Wait()
			for _, err := range errs {
				if err != nil {
					return err
				}
			}
			t.load = max(t.load, time.Since(began))
		}
		slices.Sort(t.panels)
		r.boards = append(r.boards, t)
	}
	return nil
}

// ask asks a panel as the page does, and reads the answer.
func (s *system) ask(ctx context.Context, board string, panel int) (time.Duration, error) {
	began := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s/api/boards/%s/panels/%d", s.api, board, panel), bytes.NewReader([]byte(`{"from":"now-28d","to":"now","vars":{},"lang":"en"}`)))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", resp.StatusCode, text[:min(len(text), 500)])
	}
	return time.Since(began), err
}
