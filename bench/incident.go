package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
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

// runIncidents reports items that sell as sold out, and measures from each 202 until the webhook is called.
func runIncidents(ctx context.Context, s *system, c *channel) (told []time.Duration, err error) {
	say("incidents: %d stock-outs, each from the 202 to the webhook", incidents)
	now := time.Now().UTC()
	send := func(feed, body string) error {
		_, err := s.post(ctx, feed, []byte(body))
		return err
	}
	// Of the first location, products that it does not carry yet: nothing else is said of them.
	var some []int
	for p := 0; len(some) < incidents; p++ {
		if !c.carries(0, p) {
			some = append(some, p)
		}
	}
	by := partnerID(0)
	var sales, full strings.Builder
	sales.WriteString(csvHeader)
	full.WriteString("Store,SKU,On hand,Counted\n")
	for _, p := range some {
		for back := 1; back <= 20; back++ {
			day := now.AddDate(0, 0, -back).Format(time.DateOnly)
			fmt.Fprintf(&sales, "%s,INC-%d-%d,1,%s 10:00:00,%s,2,50.00\n", store(0), p, back, day, item(p))
			fmt.Fprintf(&full, "%s,%s,40,%s 20:00:00\n", store(0), item(p), day)
		}
	}
	if err := errors.Join(send(by+"-pos", sales.String()), send(by+"-stock", full.String())); err != nil {
		return nil, err
	}
	for k, p := range some {
		at := now.Add(time.Duration(k-incidents) * time.Minute).Format(time.DateTime)
		if err := send(by+"-stock", fmt.Sprintf("Store,SKU,On hand,Counted\n%s,%s,0,%s\n", store(0), item(p), at)); err != nil {
			return told, err
		}
		began := time.Now() // the 202 has just come
		if err := s.hook.await(ctx, fmt.Sprintf("%q", productCode(p))); err != nil {
			return told, fmt.Errorf("stock-out %d: %w", k, err)
		}
		told = append(told, time.Since(began))
	}
	slices.Sort(told)
	return told, nil
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
