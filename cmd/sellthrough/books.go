package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"sellthrough"
	"sellthrough/ingest/httpfeed"
	"sellthrough/internal/config"
	"sellthrough/sinks/clickhouse"
)

// books is the ledger as the partners' door reads it.
type books struct{ *clickhouse.Ledger }

// Outcome is what became of a submission.
func (b books) Outcome(ctx context.Context, id sellthrough.SubmissionID) (httpfeed.Outcome, error) {
	p, ok, err := b.Ledger.Submission(ctx, id)
	if err != nil || !ok {
		return httpfeed.Outcome{}, err
	}
	return outcomeOf(p), nil
}

// status prints what the status page shows.
func status(ctx context.Context, args []string) error {
	a, _, err := load("status", args, nil)
	if err != nil {
		return err
	}
	if err := a.find(); err != nil {
		return err
	}
	l, err := a.reader()
	if err != nil {
		return err
	}
	defer l.Close()
	db := a.cfg.Engines.ClickHouse.Database
	for _, q := range []struct{ title, sql string }{
		{"books by feed", "SELECT * FROM " + db + ".v_books ORDER BY feed"},
		{"last submissions", "SELECT received_at, feed, submission, state, received, refused, held, new, duplicate, corrected, superseded, withdrawn, unmatched FROM " + db + ".v_submissions ORDER BY received_at DESC LIMIT 10"},
		{"road", "SELECT partition, epoch, last_done, last_intent, reference, done_at FROM " + db + ".v_progress ORDER BY partition"},
	} {
		t, err := l.Query(ctx, q.sql, nil)
		if err != nil {
			return err
		}
		fmt.Println(strings.ToUpper(q.title))
		if err := show(t); err != nil {
			return err
		}
		fmt.Println()
	}
	return nil
}

func show(t clickhouse.Table) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(t.Columns, "\t"))
	for _, r := range t.Rows {
		cells := make([]string, len(r))
		for i, c := range r {
			if at, ok := c.(time.Time); ok {
				c = at.UTC().Format("2006-01-02 15:04:05")
				if at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0 {
					c = at.Format(time.DateOnly)
				}
			}
			cells[i] = fmt.Sprint(c)
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return w.Flush()
}

// query answers SQL, or the sales of partners as they were known at an instant.
func query(ctx context.Context, args []string) error {
	var asOf, partner, from, to string
	a, rest, err := load("query", args, func(fs *flag.FlagSet) {
		fs.StringVar(&asOf, "as-of", "", "the sales as they were known at the end of this `day` (or at an instant, 2026-03-03T18:00:00Z)")
		fs.StringVar(&partner, "partner", "", "of this partner")
		fs.StringVar(&from, "from", "", "from this business `day` on")
		fs.StringVar(&to, "to", "", "up to this business `day`")
	})
	if err != nil {
		return err
	}
	if err := a.find(); err != nil {
		return err
	}
	l, err := a.reader()
	if err != nil {
		return err
	}
	defer l.Close()
	db := a.cfg.Engines.ClickHouse.Database
	params := map[string]string{"partner": partner, "from": from, "to": to, "as_of": "2200-01-01 00:00:00"}
	if asOf != "" {
		at, err := instant(asOf, a.cfg.Reporting)
		if err != nil {
			return err
		}
		params["as_of"] = at.UTC().Format("2006-01-02 15:04:05.000")
	}
	sql := strings.Join(rest, " ")
	if sql == "" {
		sql = `SELECT partner, kind, currency, sum(s.qty) AS units, sum(s.amount) AS total, sum(s.lines) AS line_count, min(business_date) AS first_day, max(business_date) AS last_day
			FROM ` + db + `.v_sales_as_of(as_of = {as_of:String}) AS s WHERE ({partner:String} = '' OR partner = {partner:String})
				AND ({from:String} = '' OR business_date >= toDate32OrZero({from:String})) AND ({to:String} = '' OR business_date <= toDate32OrZero({to:String}))
			GROUP BY partner, kind, currency ORDER BY partner, kind, currency`
	}
	t, err := l.Query(ctx, sql, params)
	if err != nil {
		return err
	}
	return show(t)
}

// instant reads a day, whose end in the reporting zone is meant, or an instant.
func instant(s string, r config.Reporting) (time.Time, error) {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return time.Time{}, err
	}
	if day, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return at, fmt.Errorf("--as-of %q: write a day (2026-03-03) or an instant (2026-03-03T18:00:00Z)", s)
	}
	return at, nil
}

// undo takes a submission back.
func undo(ctx context.Context, args []string) error {
	var why string
	a, rest, err := load("undo", args, func(fs *flag.FlagSet) { fs.StringVar(&why, "why", "", "the reason, for the books") })
	if err != nil {
		return err
	}
	if len(rest) != 1 || why == "" {
		return errors.New("say `sellthrough undo SUBMISSION --why REASON`")
	}
	b, l, err := a.connect()
	if err != nil {
		return err
	}
	defer l.Close()
	id := sellthrough.SubmissionID(rest[0])
	p, ok, err := l.Submission(ctx, id)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("there is no submission %s in the books", id)
	}
	if err := a.control(b, l).Undo(ctx, id, p.Revision, who(), why); err != nil {
		return err
	}
	fmt.Printf("submission %s is being taken back, where its word is still the newest\n", id)
	return nil
}

// confirm lets a held submission take effect, through the collector's own door for operators.
func confirm(ctx context.Context, args []string) error {
	a, rest, err := load("confirm", args, nil)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errors.New("say `sellthrough confirm SUBMISSION`")
	}
	if err := postAdmin(ctx, a.cfg.Listen.Admin, "/confirm?submission="+rest[0]+"&who="+who()); err != nil {
		return err
	}
	fmt.Printf("submission %s is confirmed and takes effect\n", rest[0])
	return nil
}

// key hashes an API key.
func key(context.Context, []string) error {
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if line = strings.TrimSpace(line); line == "" {
		return errors.Join(errors.New("no key on standard input"), err)
	}
	fmt.Println(config.HashKey(line))
	return nil
}
