// Package erase forgets an end customer: it finds the archived bodies that hold him, by reading them as their feed does,
// destroys their keys, and with them the keys that made his pseudonyms. Afterwards his name or number can be found nowhere, and
// nobody can make out which of the lines were his; the lines stay, and every total with them.
//
// It promises: bodies are looked through one at a time, whatever their number and size; what can't be looked through is said and
// not passed over; done twice, or broken off and begun again, it comes to the same. What it destroys is written down before and
// after, without the customer.
//
// What it leaves to others: copies that are not this program's, of which docs/security.md says where they may lie.
package erase

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/archive"
	"sellthrough/ingest/keys"
	"sellthrough/internal/config"
)

// Ledger is what is asked of the books.
type Ledger interface {
	// Rows is how many rows of a partner have one of the tokens, those that were taken back among them.
	Rows(ctx context.Context, partner sellthrough.PartnerID, tokens []string) (int64, error)
	// Bodies are those of a feed that came before it was known to hold end customers, by their sha-256.
	Bodies(ctx context.Context, feed sellthrough.FeedID) ([]string, error)
	// Held are the submissions of a partner that wait for a person, and their bodies.
	Held(ctx context.Context, partner sellthrough.PartnerID) (map[sellthrough.SubmissionID]string, error)
	// Note keeps what was done.
	Note(ctx context.Context, what, about string) error
}

// Options of an Eraser.
type Options struct {
	Config  *config.Config
	Keys    *keys.Store
	Archive *archive.Archive
	Ledger  Ledger
	Log     ingest.Log
	Say     func(format string, args ...any) // progress, for a person
}

// Order says whom to forget.
type Order struct {
	Partner  sellthrough.PartnerID
	Feed     sellthrough.FeedID // empty: all feeds of the partner that hold end customers
	Customer []string           // the ways in which one person is written: names, numbers
	Why      string             // for the audit log; never the person
	DryRun   bool               // say what would be done
	Held     bool               // although submissions are held that then can't be confirmed any more
	Blind    bool               // destroy also what can't be looked through
	Missing  bool               // destroy also the keys of bodies that are not in the archive: a copy of it may have them
}

// Report is what was found, and destroyed unless it was a dry run.
type Report struct {
	Feeds    []sellthrough.FeedID
	Looked   int // bodies that were looked through
	Sealed   []keys.Entry
	Open     []string     // bodies that are not sealed, by their sha-256
	Blind    int          // bodies that could not be looked through
	Missing  []keys.Entry // of bodies that are not in the archive any more
	Files    []string     // refused files of a door
	Rows     int64        // in the ledger, with one of his tokens
	Tokens   int
	Renewed  int // keys of tokens that were destroyed
	Held     []sellthrough.SubmissionID
	Waiting  []sellthrough.SubmissionID
	Finished bool
}

// Nothing says that the customer was found nowhere.
func (r *Report) Nothing() bool {
	return len(r.Sealed)+len(r.Open)+len(r.Files) == 0 && r.Rows == 0
}

// run is one order that is being carried out.
type run struct {
	Options
	order   Order
	feeds   []*config.Feed
	keys    *keys.Keys
	seekers map[sellthrough.FeedID]*ingest.Seeker
	any     *ingest.Seeker // of a feed that is not configured any more
	seen    map[uint64]struct{}
	report  Report
}

// Run carries out an order. Its report says what was found even where it ends with an error.
func Run(ctx context.Context, o Options, order Order) (Report, error) {
	r := &run{Options: o, order: order, seekers: map[sellthrough.FeedID]*ingest.Seeker{}, seen: map[uint64]struct{}{}}
	err := r.run(ctx)
	return r.report, err
}

func (r *run) run(ctx context.Context) (err error) {
	if err := r.prepare(); err != nil {
		return err
	}
	if !r.order.DryRun {
		unlock, lerr := r.Keys.Lock(ctx)
		if lerr != nil {
			return lerr
		}
		defer func() { err = errors.Join(err, unlock()) }()
	}
	if r.report.Waiting, err = ingest.Unfinished(ctx, r.Log, r.order.Partner); err != nil {
		return err
	}
	if len(r.report.Waiting) > 0 && !r.order.DryRun {
		return fmt.Errorf("%d submissions of %s are not wholly on the road yet, such as %s: their bodies are still needed. Let their collectors finish them, then erase again",
			len(r.report.Waiting), r.order.Partner, r.report.Waiting[0])
	}
	if err := r.tokens(ctx); err != nil {
		return err
	}
	for before := -1; before != len(r.seen); { // what came meanwhile is looked through too
		before = len(r.seen)
		if err := r.sealed(ctx); err != nil {
			return err
		}
	}
	if err := r.open(ctx); err != nil {
		return err
	}
	if err := r.files(); err != nil {
		return err
	}
	if err := r.held(ctx); err != nil {
		return err
	}
	if r.report.Blind > 0 && !r.order.Blind && !r.order.DryRun {
		return fmt.Errorf("%d bodies can't be looked through, because their feed reads none such any more; give the feed its columns back, or say --blind to destroy these too", r.report.Blind)
	}
	if r.order.DryRun || r.report.Nothing() && !(r.order.Missing && len(r.report.Missing) > 0) {
		return nil
	}
	return r.destroy(ctx)
}

// prepare finds the feeds, and how the customer is sought in each.
func (r *run) prepare() error {
	if _, ok := r.Config.Partner(r.order.Partner); !ok {
		return fmt.Errorf("there is no partner %q in the configuration", r.order.Partner)
	}
	if len(r.order.Customer) == 0 {
		return errors.New("nobody is named; give a name or number by --customer, or on standard input, one a line")
	}
	for i := range r.Config.Feeds {
		f := &r.Config.Feeds[i]
		if f.Partner != r.order.Partner || !f.Sealed() || r.order.Feed != "" && f.ID != r.order.Feed {
			continue
		}
		s, err := ingest.NewSeeker(f, r.Config.Limits, r.order.Customer)
		if err != nil {
			return err
		}
		r.feeds, r.seekers[f.ID] = append(r.feeds, f), s
		r.report.Feeds = append(r.report.Feeds, f.ID)
	}
	if len(r.feeds) == 0 && r.order.Feed != "" {
		return fmt.Errorf("partner %s has no feed %q that holds end customers", r.order.Partner, r.order.Feed)
	}
	if len(r.feeds) == 0 {
		return fmt.Errorf("no feed of partner %s maps a customer or is personal, so nothing of an end customer is kept as one; a file of a feed that should be: map its customer first", r.order.Partner)
	}
	var err error
	if r.any, err = ingest.NewSeeker(&config.Feed{ID: "none", Format: config.Format{Type: "ndjson"}}, r.Config.Limits, r.order.Customer); err != nil {
		return err
	}
	r.keys = r.Keys.Of(r.order.Partner)
	return nil
}

// forms are the ways in which the feeds write customers.
func (r *run) forms() (out []keys.Form) {
	for _, f := range r.feeds {
		form := keys.Form(f.Columns.Customer.Form)
		if form == "" {
			form = keys.Text
		}
		if f.Columns.Customer.Set() && !slices.Contains(out, form) {
			out = append(out, form)
		}
	}
	return out
}

// tokens asks how many rows the ledger has of the customer.
func (r *run) tokens(ctx context.Context) error {
	var all []string
	for _, form := range r.forms() {
		for _, c := range r.order.Customer {
			t, err := r.keys.Tokens(ctx, form, c)
			if err != nil {
				return err
			}
			all = append(all, t...)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	r.report.Tokens = len(all)
	if len(all) == 0 {
		return nil
	}
	var err error
	r.report.Rows, err = r.Ledger.Rows(ctx, r.order.Partner, all)
	return err
}

// sealed looks through the sealed bodies that were not looked through yet.
func (r *run) sealed(ctx context.Context) error {
	return r.keys.Bodies(ctx, func(e keys.Entry) error {
		id := xxh3.HashString(e.Name)
		if _, ok := r.seen[id]; ok {
			return nil
		}
		r.seen[id] = struct{}{}
		if r.order.Feed != "" && e.Feed != r.order.Feed {
			return nil
		}
		s, ok := r.seekers[e.Feed]
		if !ok {
			s = r.any
		}
		src, err := r.Archive.Open(ctx, e.Name)
		if errors.Is(err, archive.ErrNotFound) { // it aged out of the archive
			r.report.Missing = append(r.report.Missing, e)
			return nil
		}
		if err != nil {
			return err
		}
		found, err := r.look(ctx, s, src)
		if err != nil {
			return fmt.Errorf("body %s of feed %s, received on %s: %w", e.Name, e.Feed, e.At.Format(time.DateOnly), err)
		}
		if found {
			r.report.Sealed = append(r.report.Sealed, e)
		}
		return nil
	})
}

// look looks through one body, and says whether it is to be destroyed.
func (r *run) look(ctx context.Context, s *ingest.Seeker, src io.ReadCloser) (bool, error) {
	defer src.Close()
	seen, err := s.Holds(&stopping{ctx, src})
	if err != nil {
		return false, err
	}
	r.report.Looked++
	if seen.Blind {
		r.report.Blind++
	}
	if r.report.Looked%1000 == 0 {
		r.Say("looked through %d bodies, %d hold the customer", r.report.Looked, len(r.report.Sealed)+len(r.report.Open))
	}
	return seen.Found || seen.Blind && r.order.Blind, nil
}

// stopping is a body whose reading ends with ctx.
type stopping struct {
	ctx context.Context // of the run, which reads it
	io.Reader
}

func (s *stopping) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Reader.Read(p)
}

// open looks through bodies that came before their feed was known to hold end customers.
func (r *run) open(ctx context.Context) error {
	for _, f := range r.feeds {
		bodies, err := r.Ledger.Bodies(ctx, f.ID)
		if err != nil {
			return err
		}
		for _, sum := range bodies {
			if keys.Sealed(sum) || slices.Contains(r.report.Open, sum) {
				continue
			}
			src, err := r.Archive.Open(ctx, sum)
			if errors.Is(err, archive.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			found, err := r.look(ctx, r.seekers[f.ID], src)
			if err != nil {
				return fmt.Errorf("body %s of feed %s: %w", sum, f.ID, err)
			}
			if found {
				r.report.Open = append(r.report.Open, sum)
			}
		}
	}
	return nil
}

// held looks for submissions that could not be confirmed any more.
func (r *run) held(ctx context.Context) error {
	held, err := r.Ledger.Held(ctx, r.order.Partner)
	if err != nil {
		return err
	}
	for id, body := range held {
		if slices.Contains(r.report.Open, body) || slices.ContainsFunc(r.report.Sealed, func(e keys.Entry) bool { return e.Name == body }) {
			r.report.Held = append(r.report.Held, id)
		}
	}
	slices.Sort(r.report.Held)
	if n := len(r.report.Held); n > 0 && !r.order.Held && !r.order.DryRun {
		return fmt.Errorf("%d submissions that wait for a confirmation hold the customer, such as %s: without their bodies they can't be confirmed any more. Confirm or undo them first, or say --held to give them up", n, r.report.Held[0])
	}
	return nil
}

// destroy destroys what was found.
func (r *run) destroy(ctx context.Context) (err error) {
	gone := r.report.Sealed
	if r.order.Missing {
		gone = slices.Concat(gone, r.report.Missing)
	}
	about := fmt.Sprintf("partner %s, feeds %s, %d sealed bodies, %d open bodies, %d files, %d rows: %s", r.order.Partner, words(r.report.Feeds),
		len(r.report.Sealed), len(r.report.Open), len(r.report.Files), r.report.Rows, r.order.Why)
	if err := r.Ledger.Note(ctx, "erase begun", about); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // half of it would have to be done again
	for _, form := range r.forms() {
		for _, c := range r.order.Customer {
			n, err := r.keys.Forget(ctx, form, c)
			if r.report.Renewed += n; err != nil {
				return err
			}
		}
	}
	if err := r.keys.Destroy(ctx, gone); err != nil {
		return err
	}
	for i := range r.report.Sealed { // nobody can read them; they need not lie there
		err = errors.Join(err, r.Archive.RemoveSealed(ctx, &r.report.Sealed[i]))
	}
	for _, sum := range r.report.Open {
		err = errors.Join(err, r.Archive.Remove(ctx, sum))
	}
	if err = errors.Join(err, r.remove(), r.Keys.Sweep(ctx)); err != nil {
		return err
	}
	r.report.Finished = true
	return r.Ledger.Note(ctx, "erased", about)
}

func words(feeds []sellthrough.FeedID) string {
	out := make([]string, len(feeds))
	for i, f := range feeds {
		out[i] = string(f)
	}
	return strings.Join(out, ", ")
}
