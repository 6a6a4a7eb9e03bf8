package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/httpfeed"
	"sellthrough/sinks/clickhouse"
)

// outcomeOf is the books' report as the partners' door tells it.
func outcomeOf(p clickhouse.Report) httpfeed.Outcome {
	return httpfeed.Outcome{
		Partner: p.Partner, Attempt: p.Attempt, Final: p.State != clickhouse.OnTheRoad, Held: p.State == clickhouse.IsHeld, Why: p.Why,
		Counts: p.Counts, Receipt: p.Receipt,
	}
}

// confirming is the operators' way to let a held submission take effect. It stands on the admin port, which has no login
// and listens on loopback.
func confirming(in *ingest.Intake) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := in.Confirm(r.Context(), sellthrough.SubmissionID(r.FormValue("submission")), r.FormValue("who")); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
}

// postAdmin asks the running collector for something.
func postAdmin(ctx context.Context, addr, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the collector on its admin port: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return fmt.Errorf("%s", text)
	}
	return nil
}
