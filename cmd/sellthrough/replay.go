package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"sellthrough"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
	"sellthrough/sinks/clickhouse"
	"sellthrough/transform/reference"
)

// replayFlags say what is said anew, from what, and how it is read.
type replayFlags struct {
	feed, submission, from, to      string
	source, mapping, reference, csv string
	version                         uint64
	why                             string
	apply, missing                  bool
	first, last                     sellthrough.Day
	revision                        sellthrough.Revision // of the submission
	read                            *config.Config       // the configuration that reads bodies
	tables                          *reference.Tables    // of a new reference version; nil: one that is kept
	content                         string
	partners                        []sellthrough.PartnerID
	feeds                           map[sellthrough.PartnerID][]sellthrough.FeedID
}

func (o *replayFlags) add(fs *flag.FlagSet) {
	fs.StringVar(&o.feed, "feed", "", "of this feed (and of those that number their documents together with it)")
	fs.StringVar(&o.from, "from", "", "of business days from this `day` on")
	fs.StringVar(&o.to, "to", "", "up to this `day`")
	fs.StringVar(&o.submission, "submission", "", "what this submission said")
	fs.StringVar(&o.source, "source", "archive", "archive: bodies as they were sent; log: lines as they lie in Kafka")
	fs.StringVar(&o.mapping, "mapping", "", "read bodies by the feeds of this configuration `file`; default the running one")
	fs.StringVar(&o.reference, "reference", "", "read codes by this reference `folder`; it is not put in force")
	fs.Uint64Var(&o.version, "reference-version", 0, "read codes by this version that is kept; default the one in force")
	fs.StringVar(&o.csv, "csv", "", "write the difference to this `file`")
	fs.BoolVar(&o.missing, "missing", false, "what passed the log before it was read: sent again from the archive")
	fs.BoolVar(&o.apply, "apply", false, "let the difference take effect; needs --why")
	fs.StringVar(&o.why, "why", "", "the reason, for the books")
}

// replayCmd says what was sent anew in a shadow, shows the difference, and lets it take effect where it is told to.
func replayCmd(ctx context.Context, args []string) error {
	var o replayFlags
	a, rest, err := load("replay", args, o.add)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%q is not an option; say what to replay with --feed, --from, --to or --submission", rest[0])
	}
	if err := o.check(a.cfg); err != nil {
		return err
	}
	b, l, err := a.connect()
	if err != nil {
		return err
	}
	defer l.Close()
	if o.missing {
		return a.sendMissing(ctx, b, l, &o)
	}
	if err := o.choose(ctx, a.cfg, l); err != nil {
		return err
	}
	var file *os.File
	if o.csv != "" {
		if file, err = os.Create(o.csv); err != nil {
			return fmt.Errorf("write the difference: %w", err)
		}
		defer file.Close()
	}
	out := newDifferences(os.Stdout, file)
	for _, p := range o.partners {
		if err := a.replay(ctx, b, l, &o, p, out); err != nil {
			return fmt.Errorf("partner %s: %w", p, err)
		}
	}
	return out.end()
}

// check reads what can be read without the engines.
func (o *replayFlags) check(c *config.Config) (err error) {
	var faults []error
	day := func(name, text string) sellthrough.Day {
		if text == "" {
			return 0
		}
		d, err := sellthrough.ParseDay(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("--%s: %w", name, err))
		}
		return d
	}
	o.first, o.last = day("from", o.from), day("to", o.to)
	if o.last == 0 && o.first != 0 {
		o.last = sellthrough.LastDay
	}
	if o.last < o.first {
		faults = append(faults, errors.New("--to lies before --from"))
	}
	if o.submission != "" && (o.feed != "" || o.first != 0 || o.last != 0) {
		faults = append(faults, errors.New("--submission stands alone: a submission has its feed and its days"))
	}
	if o.missing && (o.submission+o.feed+o.mapping+o.reference != "" || o.first != 0 || o.last != 0 || o.version != 0 || o.source != "archive") {
		faults = append(faults, errors.New("--missing stands alone"))
	}
	if o.source != "archive" && o.source != "log" {
		faults = append(faults, fmt.Errorf("--source %q is not known; it is archive or log", o.source))
	}
	if o.source == "log" && o.mapping != "" {
		faults = append(faults, errors.New("--mapping reads bodies, and the log holds lines that are read already; leave out --source log"))
	}
	if o.reference != "" && o.version != 0 {
		faults = append(faults, errors.New("give --reference or --reference-version, not both"))
	}
	if o.apply && o.why == "" {
		faults = append(faults, errors.New("--apply needs --why: the reason stands in the books"))
	}
	o.read = c
	if o.mapping != "" {
		if o.read, err = config.Load(o.mapping); err != nil {
			faults = append(faults, err)
		}
	}
	if o.reference != "" {
		t, content, err := reference.Load(o.reference)
		if err != nil {
			faults = append(faults, err)
		}
		o.tables, o.content = &t, content
	}
	return errors.Join(faults...)
}

// choose finds the partners and feeds that are said anew.
func (o *replayFlags) choose(ctx context.Context, c *config.Config, l *clickhouse.Ledger) error {
	o.feeds = map[sellthrough.PartnerID][]sellthrough.FeedID{}
	add := func(p sellthrough.PartnerID, f sellthrough.FeedID) {
		if o.feeds[p] == nil {
			o.partners = append(o.partners, p)
		}
		o.feeds[p] = append(o.feeds[p], f)
	}
	switch {
	case o.submission != "":
		s, ok, err := l.Submission(ctx, sellthrough.SubmissionID(o.submission))
		if err != nil {
			return err
		}
		if !ok || s.State != clickhouse.Final {
			return fmt.Errorf("submission %s has not taken effect, so there is nothing to say anew", o.submission)
		}
		o.revision = s.Revision
		add(s.Partner, s.Feed)
	case o.feed != "":
		f, ok := c.Feed(sellthrough.FeedID(o.feed))
		if !ok {
			return fmt.Errorf("feed %s is not configured", o.feed)
		}
		add(f.Partner, f.ID)
	default:
		for i := range c.Feeds {
			add(c.Feeds[i].Partner, c.Feeds[i].ID)
		}
	}
	return nil
}

// replay says a partner's submissions anew in a shadow, and brings the ledger in line with it.
func (a *app) replay(ctx context.Context, b *bus.Bus, l *clickhouse.Ledger, o *replayFlags, p sellthrough.PartnerID, out *differences) (err error) {
	r := sellthrough.Replay{Partner: p, From: o.first, To: o.last, Submission: o.revision}
	feeds, err := o.together(ctx, l, &r)
	if err != nil {
		return err
	}
	began := time.Now()
	s, err := a.newShadow(ctx, l, o, &r, feeds)
	if err != nil {
		return err
	}
	keep := false // the owners read the shadow until they are done
	defer func() {
		end, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer stop()
		s.close()
		if !keep {
			err = errors.Join(err, l.DropShadow(end, r.Shadow))
		}
	}()
	n, err := s.fill(ctx, b)
	if err != nil {
		return err
	}
	out.note("partner %s: %d submissions said anew in %.1f s", p, n, time.Since(began).Seconds())
	found, alone, err := l.Differences(ctx, r)
	if err != nil {
		return err
	}
	if err := out.show(p, found, alone); err != nil || !o.apply || len(found) == 0 {
		return errors.Join(err, a.keepRules(ctx, l, o, feeds))
	}
	rev, err := a.control(b, l).Replay(ctx, r, who(), o.why, func(rev sellthrough.Revision) (sellthrough.Revision, error) { return s.keep(ctx, rev) })
	if rev != 0 {
		keep = true
	}
	if err != nil {
		return err
	}
	for done := 0; done < b.Partitions(); {
		if done, err = l.OrderDone(ctx, rev); err != nil {
			return fmt.Errorf("the order is given, and the transformers work it off: %w", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the order is given, and the transformers work it off: %w", ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
	keep = false
	if found, alone, err = l.Differences(ctx, r); err != nil {
		return err
	}
	out.note("partner %s: applied by order %d; %d cells still differ", p, rev, len(found))
	if alone > 0 {
		out.note("%d lines were said anew meanwhile and left alone: run the replay again", alone)
	}
	return a.keepRules(ctx, l, o, feeds)
}

// together are the feeds that have to be said anew together, for they number their documents in the same namespaces; of the
// ledger and of the configuration that reads them.
func (o *replayFlags) together(ctx context.Context, l *clickhouse.Ledger, r *sellthrough.Replay) ([]sellthrough.FeedID, error) {
	feeds := slices.Clone(o.feeds[r.Partner])
	for {
		held, err := l.Namespaces(ctx, r.Partner, feeds)
		if err != nil {
			return nil, err
		}
		for _, id := range feeds {
			f, ok := o.read.Feed(id)
			if !ok || f.Partner != r.Partner {
				return nil, fmt.Errorf("feed %s is not configured for the partner, and the ledger holds lines of it among those to be said anew; configure it as it was", id)
			}
			held = append(held, f.Identity.Namespace)
		}
		slices.Sort(held)
		r.Namespaces = slices.Compact(held)
		more, err := l.FeedsIn(ctx, r.Partner, r.Namespaces)
		if err != nil {
			return nil, err
		}
		for i := range o.read.Feeds {
			if f := &o.read.Feeds[i]; f.Partner == r.Partner && slices.Contains(r.Namespaces, f.Identity.Namespace) {
				more = append(more, f.ID)
			}
		}
		more = append(more, feeds...)
		slices.Sort(more)
		if more = slices.Compact(more); len(more) == len(feeds) {
			return feeds, o.rules(ctx, l, feeds)
		}
		feeds = more
	}
}

// rules refuses identities that change in part, or without a name of their own.
func (o *replayFlags) rules(ctx context.Context, l *clickhouse.Ledger, feeds []sellthrough.FeedID) error {
	for _, id := range feeds {
		f, _ := o.read.Feed(id)
		rule, fingerprint, err := l.RuleOf(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case fingerprint == "" || fingerprint == f.Fingerprint():
			continue
		case o.source == "log":
			return fmt.Errorf("feed %s is configured to tell its lines apart otherwise than those in the log were; leave out --source log", id)
		case f.Identity.Rule <= rule:
			return fmt.Errorf("feed %s would tell its lines apart otherwise than those that are held (scope, line key, namespace, mapped columns or their conventions): "+
				"give the new way a name of its own and set identity.rule to %d", id, rule+1)
		case o.revision != 0 || o.first != 0 || o.last != 0:
			return fmt.Errorf("feed %s would tell its lines apart otherwise than those that are held, so all of it has to be said anew: leave out --submission, --from and --to", id)
		}
	}
	return nil
}

// keepRules notes under which rule the lines of feeds are kept from now on, so that the roles start with it.
func (a *app) keepRules(ctx context.Context, l *clickhouse.Ledger, o *replayFlags, feeds []sellthrough.FeedID) error {
	if !o.apply {
		return nil
	}
	for _, id := range feeds {
		f, _ := o.read.Feed(id)
		if err := l.Rule(ctx, id, f.Identity.Rule, f.Fingerprint()); err != nil {
			return err
		}
	}
	return nil
}
