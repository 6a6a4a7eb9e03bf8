package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"sellthrough"
	"sellthrough/ingest/archive"
	"sellthrough/internal/bus"
)

// Request is one body and what is said with it.
type Request struct {
	Partner  sellthrough.PartnerID // who sends, as authenticated
	Feed     sellthrough.FeedID
	Key      string // Idempotency-Key; empty: every request is a submission of its own
	File     string
	Body     io.Reader
	Encoding string // of the body: empty, gzip or zstd
	Length   int64  // of the body as encoded; negative: not known
	Scope    sellthrough.Scope
	Confirm  bool                     // never hold it
	DryRun   bool                     // decode and count, and leave nothing anywhere
	Mends    sellthrough.SubmissionID // the submission whose refused rows it mends
}

// Taken is the answer to a body.
type Taken struct {
	sellthrough.Receipt
	Replayed        bool             // of an earlier request with the same key
	Acknowledgement *Acknowledgement // of an interchange, in the partner's own syntax; nil: the format has none
}

// Accept takes custody of a body. When it returns nil, the submission is wholly on the road; a receipt with refused
// and no accepted rows is one that changes nothing. Its errors are *Fault.
func (i *Intake) Accept(ctx context.Context, r Request) (taken Taken, err error) {
	begun := time.Now()
	defer func() { i.metrics.accepted(begun, taken, r.DryRun, err) }()
	release, err := i.hold()
	if err != nil {
		return Taken{}, err
	}
	end := release
	defer func() { end() }()
	f, err := i.feed(r.Partner, r.Feed)
	if err != nil {
		return Taken{}, err
	}
	if !i.ready.Load() && !r.DryRun {
		return Taken{}, fault(Unavailable, 2*time.Second, nil, "the collector is still starting; send the same request again in a moment")
	}
	if len(r.Key) > 255 {
		return Taken{}, fault(Malformed, 0, nil, "the Idempotency-Key is longer than 255 bytes; send a shorter one")
	}
	var quiet <-chan struct{}
	if !r.DryRun {
		quiet = i.hush.begun()
	}
	leave, err := i.gate.enter(ctx, r.Partner, quiet)
	if err != nil {
		return Taken{}, err
	}
	end = func() { leave(); release() }
	sub := sellthrough.Submission{
		ID: newSubmissionID(begun), Feed: r.Feed, Partner: r.Partner, Key: r.Key, File: r.File,
		Received: begun.UTC().Truncate(time.Millisecond), Confirm: r.Confirm, Mends: r.Mends, Collector: i.collector,
	}
	if sub.Scope, err = f.scope(&r); err != nil {
		if !r.DryRun {
			i.turnAway(ctx, f, &sub, nil, err)
		}
		return Taken{}, err
	}
	draft, err := i.receive(ctx, f, &r)
	if err != nil {
		return Taken{}, err
	}
	sub.Body, sub.Bytes = draft.Sum, draft.Size
	if r.DryRun {
		defer draft.Discard()
		return i.rehearsed(ctx, f, &sub, draft)
	}
	// What follows needs nothing from the partner any more, who need not wait where the log has stopped.
	over := end
	end = func() {}
	type answer struct {
		taken Taken
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		defer over()
		defer draft.Discard()
		taken, err := i.take(ctx, f, &sub, draft)
		done <- answer{taken, err}
	}()
	select {
	case a := <-done:
		return a.taken, a.err
	case <-quiet:
		return Taken{}, silent()
	}
}

// rehearsed is the answer to a body that leaves nothing anywhere.
func (i *Intake) rehearsed(ctx context.Context, f *feed, sub *sellthrough.Submission, draft *archive.Draft) (Taken, error) {
	body, err := i.reopen(ctx, f, sub, draft)
	if err != nil {
		return Taken{}, err
	}
	defer body.close()
	receipt, err := i.rehearse(ctx, f, sub, body)
	return Taken{Receipt: receipt}, err
}

// reopen opens a draft as the feed says.
func (i *Intake) reopen(ctx context.Context, f *feed, sub *sellthrough.Submission, draft *archive.Draft) (*body, error) {
	src, err := draft.Open(ctx)
	if err != nil {
		return nil, fault(Unavailable, 5*time.Second, err, "the body could not be kept; send the same request again")
	}
	b, err := i.open(f, src, sub.Bytes)
	if err != nil {
		return nil, errors.Join(err, src.Close())
	}
	b.src = src
	return b, nil
}

// take has custody of a draft when it returns nil.
func (i *Intake) take(ctx context.Context, f *feed, sub *sellthrough.Submission, draft *archive.Draft) (Taken, error) {
	if sub.Key != "" {
		receipt, first, err := i.index.claim(ctx, i, sub)
		if err != nil || !first {
			return i.replayed(ctx, receipt, err)
		}
		defer i.index.unclaim(sub)
	}
	body, err := i.reopen(ctx, f, sub, draft)
	if err != nil {
		i.turnAway(ctx, f, sub, draft, err)
		return Taken{}, err
	}
	defer body.close()
	if err := i.room(draft.Size); err != nil { // its lines go to the log, and about as much with them
		return Taken{}, err
	}
	if err := draft.Commit(ctx); err != nil {
		return Taken{}, fault(Unavailable, 5*time.Second, err, "the body could not be kept; send the same request again")
	}
	if !i.index.begin(sub.ID) {
		return Taken{}, fault(Unavailable, time.Second, nil, "the submission is already being finished; send the same request again")
	}
	defer i.index.end(sub.ID)
	receipt, winner, err := i.register(ctx, sub)
	if err != nil || !winner {
		return i.replayed(ctx, receipt, err)
	}
	// From here on the submission is ours to finish, whether or not the partner still listens.
	receipt, err = i.finish(context.WithoutCancel(ctx), f, sub, 1, body)
	if err != nil {
		i.again()
		return Taken{}, fault(Unavailable, 5*time.Second, err, "the log does not take the lines just now; the body is kept and will be finished: "+
			"send the same request with the same Idempotency-Key, or ask for /v1/submissions/"+string(sub.ID))
	}
	return Taken{Receipt: receipt, Acknowledgement: body.acknowledgement}, nil
}

// feed finds a partner's feed. Of another's feed it says what it says of one that does not exist.
func (i *Intake) feed(partner sellthrough.PartnerID, id sellthrough.FeedID) (*feed, error) {
	if f, ok := i.feeds[id]; ok && f.config.Partner == partner {
		return f, nil
	}
	own := ""
	for k := range i.o.Config.Feeds {
		if f := &i.o.Config.Feeds[k]; f.Partner == partner {
			if own != "" {
				own += ", "
			}
			own += string(f.ID)
		}
	}
	if own == "" {
		return nil, fault(Unknown, 0, nil, fmt.Sprintf("partner %s has no feed %q, and no other; ask for one to be configured", partner, id))
	}
	return nil, fault(Unknown, 0, nil, fmt.Sprintf("partner %s has no feed %q; its feeds are: %s", partner, id, own))
}

// register puts the submission before the sequencer. winner is false where another collector registered the same key
// first; the receipt is then that submission's.
func (i *Intake) register(ctx context.Context, sub *sellthrough.Submission) (_ sellthrough.Receipt, winner bool, err error) {
	none := sellthrough.Receipt{}
	fail := func(err error) error {
		return fault(Unavailable, 5*time.Second, err, "the log can't be reached, so nothing was taken; send the same request again, with an Idempotency-Key")
	}
	msg, err := message(bus.TypeRegistered, sub)
	if err != nil {
		return none, false, err
	}
	offsets, err := i.o.Bus.Publish(ctx, bus.Submissions, 0, i.inc.Submissions, msg)
	if err != nil {
		i.again() // it may lie in the log all the same
		return none, false, fail(err)
	}
	sub.Revision = sellthrough.RevisionOf(i.inc.Submissions.Era(), offsets[0])
	// The tail says whose key it is, and which older submissions are not yet on the road.
	life, cancel := i.bound(context.WithoutCancel(ctx), i.giveUp)
	defer cancel()
	if err := i.index.reached(life, offsets[0]); err != nil {
		i.again()
		return none, false, fail(err)
	}
	if e, ok := i.index.find(sub.ID); ok { // the record may lie there twice: the first copy counts, for everybody
		sub.Revision = sellthrough.RevisionOf(i.inc.Submissions.Era(), e.offset)
	}
	if sub.Key == "" {
		return none, true, nil
	}
	first, body := i.index.holder(sub)
	if first == sub.ID {
		return none, true, nil
	}
	if body != sub.Body {
		return none, false, conflict(first)
	}
	receipt, err := i.index.await(ctx, i, first)
	return receipt, false, err
}
