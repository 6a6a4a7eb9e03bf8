package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"sellthrough"
	"sellthrough/incentives"
	"sellthrough/incentives/paper"
	"sellthrough/internal/run"
	"sellthrough/sinks/clickhouse"
)

// desk is where incentives are reckoned, closed and claimed, by the configuration.
func (a *app) desk(l *clickhouse.Ledger) (*incentives.Desk, error) {
	zone, err := time.LoadLocation(a.cfg.Reporting.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("reporting.time_zone: %w", err)
	}
	var included []string
	for i := range a.cfg.Feeds {
		if f := &a.cfg.Feeds[i]; f.Tax == "included" {
			included = append(included, string(f.ID))
		}
	}
	slices.Sort(included)
	s := clickhouse.Incentives{Ledger: l}
	return incentives.New(incentives.Options{Source: s, Vault: s, Counter: s, Included: included, Currency: a.cfg.Reporting.Currency, Zone: zone}), nil
}

// reckoner keeps the accounts of open periods, which boards show.
func (a *app) reckoner(l *clickhouse.Ledger) (run.Part, error) {
	d, err := a.desk(l)
	if err != nil {
		return run.Part{}, err
	}
	r := incentives.NewReckoner(d, clickhouse.Incentives{Ledger: l}, a.registry, a.log.With().Str("part", "incentives").Logger())
	return run.Part{Name: "incentives", Run: r.Run}, nil
}

// atDesk runs a command at the desk.
func (a *app) atDesk(use func(d *incentives.Desk) error) error {
	if err := a.find(); err != nil {
		return err
	}
	l, err := a.ledger()
	if err != nil {
		return err
	}
	defer l.Close()
	d, err := a.desk(l)
	if err != nil {
		return err
	}
	return use(d)
}

// seals are statements that do not say any more what they were closed with.
func (a *app) seals(ctx context.Context, l *clickhouse.Ledger) ([]clickhouse.Finding, error) {
	d, err := a.desk(l)
	if err != nil {
		return nil, err
	}
	found, err := d.Verify(ctx)
	var out []clickhouse.Finding
	for _, f := range found {
		out = append(out, clickhouse.Finding{What: f, Remedy: "somebody changed the table statements past this program: bring the row back from a backup (docs/incentives.md, \"Statements\")"})
	}
	return out, err
}

// statement is `sellthrough statement`.
func statement(ctx context.Context, args []string) error {
	var partner, period, format, lang, out, asOf string
	a, rest, err := load("statement", args, func(fs *flag.FlagSet) {
		fs.StringVar(&partner, "partner", "", "of this partner")
		fs.StringVar(&period, "period", "", "for this period: 2026-Q3, 2026-07, 2026-H2 or 2026")
		fs.StringVar(&format, "format", "csv", "html, xlsx or csv")
		fs.StringVar(&lang, "lang", "en", "en or zh")
		fs.StringVar(&out, "out", "", "the `file` to write; default standard output")
		fs.StringVar(&asOf, "as-of", "", "as it was known at the end of this `day` (or at an instant, 2026-03-03T18:00:00Z)")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 || partner == "" || period == "" {
		return errors.New("say `sellthrough statement --partner PARTNER --period 2026-Q3`")
	}
	var known time.Time
	if asOf != "" {
		if known, err = instant(asOf, a.cfg.Reporting); err != nil {
			return err
		}
	}
	return a.atDesk(func(d *incentives.Desk) error {
		sheet, err := d.Sheet(ctx, partner, period, known)
		if err != nil {
			return err
		}
		text, err := paper.Write(sheet, format, lang)
		if err != nil {
			return err
		}
		if out == "" {
			_, err := os.Stdout.Write(text)
			return err
		}
		return os.WriteFile(out, text, 0o644)
	})
}

// period is `sellthrough period close PERIOD`.
func period(ctx context.Context, args []string) error {
	var programmes, by string
	a, rest, err := load("period", args, func(fs *flag.FlagSet) {
		fs.StringVar(&programmes, "programme", "", "only these programmes, with commas between them; default all that are reckoned by such a period")
		fs.StringVar(&by, "by", "", "who closes it; it stands in the statements for ever")
	})
	if err != nil {
		return err
	}
	if len(rest) != 2 || rest[0] != "close" || by == "" {
		return errors.New("say `sellthrough period close 2026-Q3 --by NAME`")
	}
	only := strings.FieldsFunc(programmes, func(c rune) bool { return c == ',' || c == ' ' })
	return a.atDesk(func(d *incentives.Desk) error {
		made, err := d.Close(ctx, rest[1], only, by)
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "partner\tstatement\tprogramme\topening\tearned\tadjusted\tpaid\tclosing\tin\thash")
		for _, s := range made {
			in := s.Currency
			if s.Pays == incentives.Points {
				in = "points"
			}
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Partner, s.Number, s.Programme, s.Opening, s.Earned, s.Adjusted, s.PaidOut, s.Closing, in, s.Hash)
		}
		if flushed := w.Flush(); err == nil {
			err = flushed
		}
		if err == nil && len(made) == 0 {
			fmt.Println("closed; nobody had anything in it")
		}
		return err
	})
}

// claim is `sellthrough claim submit|approve|reject|pay|file|list`.
func claim(ctx context.Context, args []string) error {
	var c incentives.Claim
	var partner, amount, documents, state string
	a, rest, err := load("claim", args, func(fs *flag.FlagSet) {
		fs.StringVar(&c.Programme, "programme", "", "submit: under this programme")
		fs.StringVar(&partner, "partner", "", "submit, list: of this partner")
		fs.StringVar(&c.Period, "period", "", "submit: for this period")
		fs.StringVar(&amount, "amount", "", "submit: money, or points")
		fs.StringVar(&documents, "documents", "", "submit: the sales that it is for, with commas between them")
		fs.StringVar(&state, "state", "", "list: only those in this state")
		fs.StringVar(&c.Why, "why", "", "the reason")
	})
	if err != nil {
		return err
	}
	c.Partner, c.Who = partner, who()
	c.Documents = strings.FieldsFunc(documents, func(c rune) bool { return c == ',' || c == ' ' })
	decisions := map[string]incentives.State{"approve": incentives.IsApproved, "reject": incentives.IsRejected, "pay": incentives.IsPaid}
	return a.atDesk(func(d *incentives.Desk) error {
		switch {
		case len(rest) == 1 && rest[0] == "list":
			return listClaims(ctx, d, partner, incentives.State(state))
		case len(rest) == 2 && rest[0] == "file":
			f, err := os.Open(rest[1])
			if err != nil {
				return err
			}
			defer f.Close()
			n, err := d.File(ctx, filepath.Base(rest[1]), f, c.Who, func(string) bool { return true })
			if err == nil {
				fmt.Printf("%d claims and decisions are kept\n", n)
			}
			return err
		case len(rest) == 2 && rest[0] == "submit":
			c.ID = rest[1]
			if c.Amount, err = sellthrough.ParseDecimal(amount); err != nil {
				return fmt.Errorf("--amount %q: %w", amount, err)
			}
			if err := d.Submit(ctx, []incentives.Claim{c}); err != nil {
				return err
			}
		case len(rest) == 2 && decisions[rest[0]] != "":
			if err := d.Decide(ctx, rest[1], decisions[rest[0]], c.Who, c.Why); err != nil {
				return err
			}
		default:
			return errors.New("say `sellthrough claim submit CLAIM --programme P --partner P --period 2026-Q3 --amount 100`, `claim approve|pay CLAIM`, `claim reject CLAIM --why …`, `claim file FILE` or `claim list`")
		}
		fmt.Printf("claim %s: %s\n", rest[1], rest[0])
		return nil
	})
}

func listClaims(ctx context.Context, d *incentives.Desk, partner string, state incentives.State) error {
	list, err := d.Claims(ctx, partner)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "claim\tstate\tpartner\tprogramme\tperiod\tamount\tdocuments\twho\tat\twhy")
	for _, c := range list {
		if state == "" || c.State == state {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s %s\t%s\t%s\t%s\t%s\n", c.ID, c.State, c.Partner, c.Programme, c.Period, c.Amount, c.Currency, strings.Join(c.Documents, " "), c.Who, c.At.UTC().Format(time.DateTime), c.Why)
		}
	}
	return w.Flush()
}
