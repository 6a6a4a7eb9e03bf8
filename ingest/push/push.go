// Package push is the client of the HTTP door: it sends a file, again and again under one Idempotency-Key until the
// answer is known, and prints the receipt and what became of the lines. Sending the same file again is harmless.
package push

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"sellthrough/ingest/httpfeed"
)

// The exit codes of Run.
const (
	OK       = 0 // every row was accepted
	NotTaken = 1 // nothing was taken, or it is not known
	Usage    = 2
	Partly   = 3 // taken, with refused rows, or held for confirmation
)

const usage = `usage: sellthrough push FILE --feed FEED [flags]

FILE is the report, or - for standard input; .gz and .zst are sent as they are.
Exit code 0: every row was accepted; 1: nothing was taken; 2: usage; 3: taken, but rows were refused or it is held.

`

type options struct {
	file, feed, url, key, idempotency string
	dryRun, confirm                   bool
	locations                         list
	from, to, day                     string
	wait, retryFor                    time.Duration
}

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// Run pushes as args say and gives the exit code. The API key comes from --key or SELLTHROUGH_KEY, the address from
// --url or SELLTHROUGH_URL.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return OK
	}
	if err != nil {
		fmt.Fprintf(stderr, "sellthrough push: %v\n", err)
		return Usage
	}
	c := &client{options: o, http: &http.Client{}, stderr: stderr}
	defer c.http.CloseIdleConnections()
	code, err := c.push(ctx, stdin, stdout)
	if err != nil {
		fmt.Fprintf(stderr, "sellthrough push: %v\n", err)
	}
	return code
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("push", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() { fmt.Fprint(stderr, usage); f.PrintDefaults() }
	f.StringVar(&o.feed, "feed", "", "feed that the file belongs to")
	f.StringVar(&o.url, "url", or(os.Getenv("SELLTHROUGH_URL"), "http://127.0.0.1:8080"), "address of the collector (SELLTHROUGH_URL)")
	f.StringVar(&o.key, "key", "", "API key (SELLTHROUGH_KEY)")
	f.StringVar(&o.idempotency, "idempotency-key", "", "default: made of the file's content, the feed and the scope")
	f.BoolVar(&o.dryRun, "dry-run", false, "read and count everything, keep nothing")
	f.BoolVar(&o.confirm, "confirm", false, "never hold the report for confirmation")
	f.Var(&o.locations, "location", "location that the report covers completely; may be repeated")
	f.StringVar(&o.from, "from", "", "first day that it covers, YYYY-MM-DD")
	f.StringVar(&o.to, "to", "", "last day, inclusive")
	f.StringVar(&o.day, "day", "", "the only day")
	f.DurationVar(&o.wait, "wait", 30*time.Second, "how long to wait for the outcome; 0 does not")
	f.DurationVar(&o.retryFor, "retry-for", 10*time.Minute, "how long to try while the collector is busy or can't be reached")
	var files []string
	for rest := args; len(rest) > 0; { // flags may stand behind the file
		if err := f.Parse(rest); err != nil {
			return o, err
		}
		if rest = f.Args(); len(rest) > 0 {
			files, rest = append(files, rest[0]), rest[1:]
		}
	}
	if o.key == "" { // not a default of the flag, which would be printed
		o.key = os.Getenv("SELLTHROUGH_KEY")
	}
	switch {
	case len(files) != 1:
		return o, errors.New("name one file: sellthrough push FILE --feed FEED")
	case o.feed == "":
		return o, errors.New("say which feed the file belongs to with --feed FEED")
	case o.key == "":
		return o, errors.New("give the API key with --key or in SELLTHROUGH_KEY")
	}
	o.file = files[0]
	if u, err := url.Parse(o.url); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return o, fmt.Errorf("%q is not an address; write it as https://HOST:PORT", o.url)
	}
	o.url = strings.TrimSuffix(o.url, "/")
	return o, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (o *options) query() url.Values {
	q := url.Values{}
	for _, l := range o.locations {
		q.Add("location", l)
	}
	for name, v := range map[string]string{"from": o.from, "to": o.to, "day": o.day} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if o.confirm {
		q.Set("confirm", "1")
	}
	if o.dryRun {
		q.Set("dry_run", "1")
	}
	return q
}

func (c *client) push(ctx context.Context, stdin io.Reader, stdout io.Writer) (int, error) {
	f, err := open(c.file, stdin)
	if err != nil {
		return NotTaken, err
	}
	defer f.close()
	q := c.query()
	if c.idempotency == "" {
		if c.idempotency, err = f.key(c.feed, q.Encode()); err != nil {
			return NotTaken, err
		}
	}
	if f.name != "" {
		q.Set("file", f.name)
	}
	rc, replayed, err := c.send(ctx, f, "/v1/feeds/"+url.PathEscape(c.feed)+"?"+q.Encode())
	if rc != nil {
		fmt.Fprint(stdout, httpfeed.Text(rc))
	}
	if err != nil {
		return NotTaken, err
	}
	if replayed {
		fmt.Fprintln(stdout, "this file was sent before; the receipt is that of the first time")
	}
	code := OK
	if rc.Refused > 0 {
		code = Partly
	}
	if c.dryRun || c.wait <= 0 {
		return code, nil
	}
	s, err := c.outcome(ctx, string(rc.Submission))
	if err != nil {
		return code, fmt.Errorf("the report is taken, but its outcome is not known yet: %w", err)
	}
	fmt.Fprint(stdout, httpfeed.StatusText(s))
	if s.State == httpfeed.Held {
		fmt.Fprintf(stdout, "to let it through: send the file again with --confirm, or POST %s/v1/submissions/%s/confirm\n", c.url, s.Submission)
		code = Partly
	}
	return code, nil
}
