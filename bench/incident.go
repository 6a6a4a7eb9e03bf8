package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// How often a stock-out is made and mended, and how long one may take to be told.
const (
	incidents     = 10
	incidentLimit = time.Minute
)

// hook is a receiver of webhooks: it says when it was told of a product.
type hook struct {
	*httptest.Server
	told chan string // the message's text
}

func newHook() *hook {
	h := &hook{told: make(chan string, 1000)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
		if err == nil {
			h.told <- string(text)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	return h
}

// runIncidents reports an item that sells as sold out, and measures from the 202 until the webhook is called.
func runIncidents(ctx context.Context, s *system, r *report) error {
	say("incidents: %d stock-outs, each from the 202 to the webhook", incidents)
	now := time.Now().UTC()
	send := func(feed, body string) error {
		_, err := s.post(ctx, feed, []byte(body))
		return err
	}
	var sales, full strings.Builder
	sales.WriteString(csvHeader)
	full.WriteString("Store,SKU,On hand,Counted\n")
	for k := range incidents {
		for back := 1; back <= 20; back++ {
			day := now.AddDate(0, 0, -back).Format(time.DateOnly)
			fmt.Fprintf(&sales, "%s,INC-%d-%d,1,%s 10:00:00,%s,2,50.00\n", store(0), k, back, day, item(k))
		}
	}
	for back := 20; back >= 1; back-- {
		for k := range incidents {
			fmt.Fprintf(&full, "%s,%s,40,%s 20:00:00\n", store(0), item(k), now.AddDate(0, 0, -back).Format(time.DateOnly))
		}
	}
	if err := errors.Join(send(feed, sales.String()), send(stockFeed, full.String())); err != nil {
		return err
	}
	for k := range incidents {
		at := now.Add(time.Duration(k-incidents) * time.Minute).Format(time.DateTime)
		if err := send(stockFeed, fmt.Sprintf("Store,SKU,On hand,Counted\n%s,%s,0,%s\n", store(0), item(k), at)); err != nil {
			return err
		}
		began := time.Now() // the 202 has just come
		if err := s.hook.await(ctx, fmt.Sprintf("%q", fmt.Sprintf("PRD-%05d", k))); err != nil {
			return fmt.Errorf("stock-out %d: %w", k, err)
		}
		r.told = append(r.told, time.Since(began))
	}
	return nil
}

// await waits for a message that opens an incident of a product.
func (h *hook) await(ctx context.Context, product string) error {
	limit := time.After(incidentLimit)
	for {
		select {
		case text := <-h.told:
			if strings.Contains(text, product) && strings.Contains(text, "stock_out") {
				return nil
			}
		case <-limit:
			return fmt.Errorf("the webhook was not called within %s", incidentLimit)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
