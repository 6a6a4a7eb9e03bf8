package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"sellthrough/dashboards"
)

// panelTimes is how long one panel took, the quickest first.
type panelTimes struct {
	title string
	took  []time.Duration
}

// boardTimes is how long a board took.
type boardTimes struct {
	name   string
	panels []panelTimes
	load   time.Duration // all panels of the board at once, the slowest of a few loads
}

// channelTimes is how long the boards took over a channel.
type channelTimes struct {
	channel *channel
	rows    int64 // of the ledger
	filled  time.Duration
	ready   time.Duration // from the start until everything answers
	boards  []boardTimes
	told    []time.Duration // from a stock-out's 202 to the webhook
	own     int64           // peak memory
	house   int64
}

// runChannel starts a system of its own, fills it with a channel's history, starts it anew with its rules on, asks every
// panel of every board through the page, and makes stock-outs.
func runChannel(ctx context.Context, binary, dir string, c *channel, o options, r *report) (err error) {
	dir = filepath.Join(dir, fmt.Sprintf("channel-%d", c.locations))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := c.writeReference(filepath.Join(dir, "reference")); err != nil {
		return err
	}
	t := &channelTimes{channel: c}
	if err := c.history(ctx, binary, dir, t); err != nil {
		return err
	}
	began := time.Now()
	s, err := startSystem(ctx, binary, dir, func(w where) string { return c.settings(w, true) })
	if err != nil {
		return err
	}
	defer func() {
		if e := s.stop(); err == nil {
			err = e
		}
	}()
	t.ready = time.Since(began)
	r.channels = append(r.channels, t)
	if err := s.quiet(ctx); err != nil {
		return err
	}
	say("boards: %s", c.name)
	if err := s.askAll(ctx, c, t); err != nil {
		return err
	}
	if o.alerts {
		t.told, err = runIncidents(ctx, s, c)
	}
	t.own, t.house = memory(s.proc.Process.Pid, "VmHWM"), memory(s.child, "VmHWM")
	return err
}

// history fills a new system.
func (c *channel) history(ctx context.Context, binary, dir string, t *channelTimes) error {
	s, err := startSystem(ctx, binary, dir, func(w where) string { return c.settings(w, false) })
	if err != nil {
		return err
	}
	defer func() { _ = s.stop() }()
	if err := s.settled(ctx); err != nil {
		return err
	}
	say("filling: %s", c.name)
	began := time.Now()
	if t.rows, err = c.fill(ctx, s); err != nil {
		return err
	}
	t.filled = time.Since(began)
	say("%d rows of the ledger in %s", t.rows, t.filled.Round(time.Second))
	if err := s.quiet(ctx); err != nil {
		return err
	}
	return s.stop()
}

// quiet waits until the server merges nothing any more, and nothing is on the way into what is derived: as some time after
// the last file came.
func (s *system) quiet(ctx context.Context) error {
	for calm := 0; calm < 3; {
		var n uint64
		if err := s.conn.QueryRow(ctx, "SELECT count() FROM system.merges").Scan(&n); err != nil {
			return err
		}
		if calm++; n > 0 {
			calm = 0
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
	return nil
}

// askAll asks every panel of every board, one after the other, and then all of a board at once.
func (s *system) askAll(ctx context.Context, c *channel, to *channelTimes) error {
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
			own := panelTimes{title: fmt.Sprintf("%d %s", p.ID, p.Title)}
			for range c.rounds {
				took, err := s.ask(ctx, b.UID, p.ID)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", b.UID, p.Title, err)
				}
				own.took = append(own.took, took)
			}
			slices.Sort(own.took)
			t.panels = append(t.panels, own)
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
		to.boards = append(to.boards, t)
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
