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

	"golang.org/x/term"

	"sellthrough"
	"sellthrough/ingest/erase"
	"sellthrough/ingest/keys"
	"sellthrough/internal/access"
	"sellthrough/sinks/clickhouse"
)

// eraseCustomer forgets an end customer.
func eraseCustomer(ctx context.Context, args []string) error {
	var order erase.Order
	a, rest, err := load("erase", args, func(fs *flag.FlagSet) {
		fs.Func("partner", "the `partner` whose customer it is", func(s string) error { order.Partner = sellthrough.PartnerID(s); return nil })
		fs.Func("feed", "only the bodies of this `feed`", func(s string) error { order.Feed = sellthrough.FeedID(s); return nil })
		fs.Func("customer", "a `name or number` of the person; may be given several times. Without it they are read from standard input, one a line, and stay out of the shell's history", func(s string) error {
			order.Customer = append(order.Customer, s)
			return nil
		})
		fs.StringVar(&order.Why, "why", "", "the `reason`, for the audit log; not the person")
		fs.BoolVar(&order.DryRun, "dry-run", false, "say what would be done")
		fs.BoolVar(&order.Held, "held", false, "although submissions are held that then can't be confirmed any more")
		fs.BoolVar(&order.Blind, "blind", false, "destroy also the bodies that can't be looked through")
		fs.BoolVar(&order.Missing, "missing", false, "destroy also the keys of bodies that are not in the archive any more")
	})
	if err != nil {
		return err
	}
	if order.Partner == "" || len(rest) > 0 {
		return errors.New("say `sellthrough erase --partner PARTNER --customer 'NAME OR NUMBER'`, or give the names and numbers on standard input")
	}
	if len(order.Customer) == 0 {
		if order.Customer, err = named(); err != nil {
			return err
		}
	}
	b, l, err := a.connect()
	if err != nil {
		return err
	}
	defer l.Close()
	ar, err := a.archive(ctx)
	if err != nil {
		return err
	}
	if a.keys == nil {
		return errors.New("no feed maps a customer or is personal, so nothing is kept of end customers as such")
	}
	begun := time.Now()
	r, err := erase.Run(ctx, erase.Options{
		Config: a.cfg, Keys: a.keys, Archive: ar, Ledger: customerBooks{l}, Log: b,
		Say: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) },
	}, order)
	tell(&r, order.DryRun, time.Since(begun))
	return err
}

// named reads the ways in which a person is written from standard input.
func named() (out []string, err error) {
	if term.IsTerminal(int(os.Stdin.Fd())) {
		fmt.Fprintln(os.Stderr, "the person's names and numbers, one a line, then an empty line:")
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			break
		}
		out = append(out, line)
	}
	return out, lines.Err()
}

// tell prints what was found, and why nothing of it can be found any more. It never repeats who it was.
func tell(r *erase.Report, dry bool, took time.Duration) {
	if len(r.Feeds) == 0 {
		return
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	row := func(what string, n any) { fmt.Fprintf(w, "  %s\t%v\n", what, n) }
	fmt.Fprintf(w, "FOUND in %.1f s, feeds %v\n", took.Seconds(), r.Feeds)
	row("bodies looked through", r.Looked)
	row("sealed bodies that hold the person", len(r.Sealed))
	row("bodies from before the feed was sealed", len(r.Open))
	row("refused files of doors on this machine", len(r.Files))
	row("rows in the ledger", r.Rows)
	for what, n := range map[string]int{
		"bodies that can't be looked through (--blind)": r.Blind, "bodies not in the archive, whose keys are there (--missing)": len(r.Missing),
		"held submissions that need their body (--held)": len(r.Held), "submissions not wholly on the road": len(r.Waiting),
	} {
		if n > 0 {
			row(what, n)
		}
	}
	_ = w.Flush()
	switch {
	case dry:
		fmt.Println("\ndry run: nothing was changed")
	case r.Finished:
		fmt.Printf("\nDESTROYED %d keys of bodies, %d keys of tokens\n%s", len(r.Sealed), r.Renewed, places)
		if len(r.Open) > 0 {
			fmt.Println("  not by this     the sha-256 of bodies from before the feed was sealed stays in Kafka and ClickHouse: it confirms a guess of the whole file, to the byte")
		}
	case r.Nothing():
		fmt.Println("\nnothing was found, and nothing was changed")
	}
}

// places says for each place why the person can't be found or linked there.
const places = `  ClickHouse      holds tokens, which nobody can make of a name any more: their key is gone. Lines and totals are what they were
  Kafka           likewise; what names the files is a keyed hash, whose key is gone too
  archive         the bodies that held the person are gone, and no copy of them can be decrypted
  logs, receipts  never held the person: a refused row shows no values
  page, alerts    show what ClickHouse holds
  collectors      forget the keys within seconds, without a restart
  backups         of ClickHouse, Kafka and the archive hold no more than these. A backup of the key store older than this command
                  brings the keys back: destroy it (docs/security.md, "Erasing an end customer")
`

// customerBooks is the ledger as erasing asks it.
type customerBooks struct{ *clickhouse.Ledger }

func (b customerBooks) Rows(ctx context.Context, p sellthrough.PartnerID, tokens []string) (int64, error) {
	return b.CustomerRows(ctx, p, tokens)
}

func (b customerBooks) Bodies(ctx context.Context, f sellthrough.FeedID) ([]string, error) {
	return b.BodiesOf(ctx, f, keys.Prefix)
}

func (b customerBooks) Held(ctx context.Context, p sellthrough.PartnerID) (map[sellthrough.SubmissionID]string, error) {
	return b.HeldBodies(ctx, p)
}

func (b customerBooks) Note(ctx context.Context, what, about string) error {
	return b.Record(ctx, access.Entry{At: time.Now(), Who: who(), Role: access.RoleAdmin, What: what, About: about, OK: true})
}

// customers shows the generations of keys, or begins new ones.
func customers(ctx context.Context, args []string) error {
	var partner string
	a, rest, err := load("customers", args, func(fs *flag.FlagSet) { fs.StringVar(&partner, "partner", "", "of this `partner`; default all") })
	if err != nil {
		return err
	}
	if len(rest) > 1 || len(rest) == 1 && rest[0] != "rotate" {
		return errors.New("say `sellthrough customers`, or `sellthrough customers rotate`")
	}
	if _, err := a.archive(ctx); err != nil {
		return err
	}
	if a.keys == nil {
		return errors.New("no feed maps a customer or is personal, so there are no keys")
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "partner\tgeneration\tbegan")
	found := false
	for i := range a.cfg.Partners {
		p := a.cfg.Partners[i].ID
		if partner != "" && string(p) != partner {
			continue
		}
		all, err := a.keys.Of(p).Generations(ctx)
		if err == nil && len(rest) == 1 && len(all) > 0 {
			var g keys.Generation
			g, err = a.keys.Of(p).Rotate(ctx)
			all = append(all, g)
		}
		if err != nil {
			return err
		}
		for _, g := range all {
			found = true
			fmt.Fprintf(w, "%s\t%d\t%s\n", p, g.Number, g.Began.Format(time.RFC3339))
		}
	}
	if !found {
		return errors.New("nobody has keys yet: they are made with the first body of a feed that holds end customers")
	}
	return w.Flush()
}
