// Command sellthrough turns the sales and stock reports of a channel's partners into exact numbers.
//
// This folder is wiring only: one file a subcommand, and engines.go, which puts the parts together. What a line goes
// through is read from here by going to definitions: up.go → ingest.Intake.Accept → transform.Transformer.Run →
// clickhouse.Ledger.Insert.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // business dates must not depend on the machine's zone files

	"sellthrough/ingest/push"
	"sellthrough/ingest/try"
	"sellthrough/internal/embedded/clickhouse"
)

// version is set by the linker.
var version = "dev"

// command is one subcommand.
type command struct {
	name, about string
	run         func(ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"up", "run everything in one process, on the embedded engines where no address is configured", up},
		{"collect", "run collectors: take bodies from partners and put their lines on the road", collect},
		{"transform", "run transformers: read the road, write the ledger and its sums", runTransform},
		{"serve", "run the built-in page: dashboards, the rooms where people work, the status page", serve},
		{"alert", "run the alerter; or `alert list|ack|assign|snooze|unsnooze|comment|report`: incidents and the weekly report", alert},
		{"check", "check the configuration and the reference folder, and explain every mistake", check},
		{"push", "send a file to a feed and print the receipt", pushFile},
		{"try", "look at a partner's FILE: how it can be read, what has to be asked, its first lines, and the feed to configure", tryFile},
		{"status", "show feeds, the last submissions, the books and the road", status},
		{"verify", "check the books, the ledger against its sums, and the road (--heal mends what can be mended)", verify},
		{"query", "ask a question in SQL, or by --as-of the sales as they were known then", query},
		{"undo", "take a submission back (SUBMISSION --why …)", undo},
		{"backup", "backup FOLDER (or an S3 URL): write ledgers, sums, books and reference data there, while everything runs", backup},
		{"restore", "restore FOLDER (or an S3 URL): bring a backup back, and say from where the road goes on", restore},
		{"replay", "say anew what was sent (--feed, --from, --to, --submission), by another mapping or reference version; show what it changes, and --apply it", replayCmd},
		{"erase", "forget an end customer: --partner P --customer 'NAME OR NUMBER' (or on standard input), --dry-run says what would be done", eraseCustomer},
		{"customers", "`customers`: the generations of keys by which end customers are hidden; `customers rotate`: begin a new one", customers},
		{"confirm", "let a held submission take effect (SUBMISSION)", confirm},
		{"reference", "reference apply DIR: keep products, locations, codes and rates as a new version and put it in force", referenceCmd},
		{"statement", "write what a partner is told of its incentives (--partner, --period, --format html, xlsx or csv, --as-of)", statement},
		{"period", "period close PERIOD --by NAME: freeze the statements of a period, for ever", period},
		{"claim", "claims of partners: `claim submit|approve|reject|pay CLAIM`, `claim file FILE`, `claim list`", claim},
		{"key", "print the hash of an API key for the configuration (the key is read from standard input)", key},
		{"password", "read a password and print its hash for a user of the configuration", password},
		{"audit", "show the last hundred entries of the audit log: logins, exports, changes", audit},
		{"version", "print the version", func(context.Context, []string) error { fmt.Println("sellthrough", version); return nil }},
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == clickhouse.ChildCommand {
		os.Exit(clickhouse.Child(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(dispatch(ctx, os.Args[1:]))
}

func dispatch(ctx context.Context, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage()
		return 0
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, args[1:])
		var code exitCode
		switch {
		case err == nil || errors.Is(err, flag.ErrHelp):
			return 0
		case errors.As(err, &code):
			return int(code)
		}
		fmt.Fprintln(os.Stderr, "sellthrough "+c.name+":", err)
		return 1
	}
	fmt.Fprintf(os.Stderr, "sellthrough: there is no command %q\n\n", args[0])
	usage()
	return 2
}

func usage() {
	fmt.Println("sellthrough COMMAND [options]")
	fmt.Println()
	for _, c := range commands() {
		fmt.Printf("  %-10s %s\n", c.name, c.about)
	}
	fmt.Println("\nEvery command but push, try, key, password and version reads --config (default sellthrough.yaml). COMMAND -h shows its options.")
}

// exitCode ends the process with a code and says nothing more.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func pushFile(ctx context.Context, args []string) error {
	if code := push.Run(ctx, args, os.Stdin, os.Stdout, os.Stderr); code != 0 {
		return exitCode(code)
	}
	return nil
}

func tryFile(ctx context.Context, args []string) error {
	if code := try.Run(ctx, args, os.Stdin, os.Stdout, os.Stderr); code != 0 {
		return exitCode(code)
	}
	return nil
}
