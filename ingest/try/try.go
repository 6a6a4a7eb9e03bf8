// Package try is the command that onboards a partner: it looks at a file, says what it found and why, asks what the file
// leaves open, reads the file by the answers, and writes the feed's configuration.
package try

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/onboard"
	"sellthrough/internal/config"
)

// What of a file is looked at to propose; all of it is read afterwards. A workbook has to be whole.
const (
	sample   = 8 << 20
	workbook = 256 << 20
)

// options of the command.
type options struct {
	file, feed, partner, zone, currency, write string
	answers                                    onboard.Answers
	rows                                       int
}

// Run is the command. Its result is the exit code: 0 the file reads, 1 something failed, 2 wrong usage, 3 a question is open.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "sellthrough try:", err)
		return 2
	}
	p, err := propose(ctx, o, bufio.NewReader(stdin), interactive(stdin), stdout)
	if err == nil && !p.Ready() {
		fmt.Fprintf(stdout, "\n%d questions are open; answer them with --answer ID=VALUE\n", len(p.Questions))
		return 3
	}
	if err == nil {
		err = show(o, p, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "sellthrough try:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{answers: onboard.Answers{}}
	fs := flag.NewFlagSet("try", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.feed, "feed", "", "`id` of the feed that is written (default: partner and kind)")
	fs.StringVar(&o.partner, "partner", "partner", "`id` of the partner")
	fs.StringVar(&o.zone, "time-zone", "UTC", "the partner's IANA time `zone`")
	fs.StringVar(&o.currency, "currency", "EUR", "the partner's ISO 4217 `currency`")
	fs.StringVar(&o.write, "write", "", "write the feed's configuration into this `file`")
	fs.IntVar(&o.rows, "rows", 5, "`lines` to show")
	fs.Func("answer", "`ID=VALUE` answers a question; may be given several times", func(s string) error {
		id, v, ok := strings.Cut(s, "=")
		if !ok {
			return errors.New("write it as ID=VALUE")
		}
		o.answers[id] = v
		return nil
	})
	for len(args) > 0 { // options may stand behind the file
		if err := fs.Parse(args); err != nil {
			return o, err
		}
		if args = fs.Args(); len(args) > 0 {
			if o.file != "" {
				return o, errors.New("one file at a time; say `sellthrough try FILE`")
			}
			o.file, args = args[0], args[1:]
		}
	}
	if o.file == "" {
		return o, errors.New("say `sellthrough try FILE`")
	}
	if base := filepath.Base(o.file); strings.HasPrefix(base, "~$") {
		return o, fmt.Errorf("%s is the lock of a workbook that is open; close it and try the workbook itself", base)
	}
	return o, nil
}

// interactive asks whether a person sits at the other end.
func interactive(stdin io.Reader) bool {
	f, ok := stdin.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// propose looks at the file, and asks until nothing is open or nobody answers.
func propose(ctx context.Context, o options, answers *bufio.Reader, ask bool, out io.Writer) (onboard.Proposal, error) {
	s, err := read(o.file)
	if err != nil {
		return onboard.Proposal{}, err
	}
	p := onboard.Propose(s, o.answers)
	describe(p, out)
	for !p.Ready() && ctx.Err() == nil {
		q := p.Questions[0]
		for _, other := range p.Questions {
			question(other, out)
			if ask {
				break
			}
		}
		if !ask {
			return p, nil
		}
		fmt.Fprint(out, "  > ")
		text, err := answers.ReadString('\n')
		if text = strings.TrimSpace(text); text != "" {
			if n := slices.IndexFunc(q.Options, func(op sheetOption) bool { return op.Value == text }); n < 0 && !q.Free {
				fmt.Fprintln(out, "  that is none of the answers")
			} else {
				o.answers[q.ID] = text
				p = onboard.Propose(s, o.answers)
			}
		}
		if err != nil {
			return p, nil
		}
	}
	return p, ctx.Err()
}

func read(file string) (onboard.Sample, error) {
	f, err := os.Open(file)
	if err != nil {
		return onboard.Sample{}, err
	}
	defer f.Close()
	limit := int64(sample)
	if slices.Contains([]string{".xlsx", ".xlsm", ".xls"}, strings.ToLower(filepath.Ext(file))) {
		limit = workbook
	}
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return onboard.Sample{}, fmt.Errorf("read %s: %w", file, err)
	}
	whole := int64(len(text)) <= limit
	if !whole {
		text = text[:limit]
	}
	return onboard.Sample{File: filepath.Base(file), Bytes: text, Whole: whole, Today: sellthrough.DayOf(time.Now())}, nil
}

// show reads the whole file as proposed, and writes the configuration.
func show(o options, p onboard.Proposal, out io.Writer) error {
	yaml, c, err := Feed(p, Setting{Feed: o.feed, Partner: o.partner, Zone: o.zone, Currency: o.currency})
	if err != nil {
		return err
	}
	f, err := os.Open(o.file)
	if err != nil {
		return err
	}
	defer f.Close()
	v, err := ingest.Read(&c.Feeds[0], c.Limits, f, o.rows)
	if err != nil {
		return fmt.Errorf("as proposed the file can't be read: %w", err)
	}
	preview(&c.Feeds[0], v, out)
	if o.write == "" {
		fmt.Fprintf(out, "\nFEED (--write FILE keeps it; it is an entry of the list feeds)\n%s", yaml)
		return nil
	}
	if err := os.WriteFile(o.write, []byte(yaml), 0o600); err != nil {
		return fmt.Errorf("write the feed: %w", err)
	}
	fmt.Fprintf(out, "\nthe feed is written to %s: put it under feeds of the configuration, and `sellthrough check` it\n", o.write)
	return nil
}

// Setting is what a person says of a partner beside the answers.
type Setting struct {
	Feed     string // id; empty: partner and kind
	Partner  string // id
	Zone     string // IANA
	Currency string // ISO 4217
}

// Feed is the configuration of a feed that reads files as proposed: an entry of the list feeds, and the whole around it with
// which it can be tried. It fails while a question is open.
func Feed(p onboard.Proposal, s Setting) (yaml string, c *config.Config, err error) {
	if s.Feed == "" {
		s.Feed = s.Partner + "-" + string(p.Kind)
	}
	if yaml, err = p.YAML(sellthrough.FeedID(s.Feed), sellthrough.PartnerID(s.Partner)); err != nil {
		return "", nil, err
	}
	whole := fmt.Sprintf("partners:\n  - {id: %q, name: %q, time_zone: %q, currency: %q, keys: [%q]}\nfeeds:\n%s", s.Partner, s.Partner, s.Zone, s.Currency,
		config.HashKey("only-to-read-the-file"), yaml)
	c, err = config.Parse("the proposed feed", []byte(whole), func(string) (string, bool) { return "", false })
	return yaml, c, err
}
