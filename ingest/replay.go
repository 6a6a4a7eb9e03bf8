package ingest

import (
	"context"
	"fmt"

	"sellthrough"
)

// Replay puts a submission of the archive on the road as it was registered, under its own id and revision, read by this
// intake's configuration and never to be held. It is for a shadow run, whose log and ledger are its own: on the road that it
// was once taken for, a submission is sent again by resume. Its error wraps archive.ErrNotFound where the body is gone.
func (i *Intake) Replay(ctx context.Context, sub sellthrough.Submission) (sellthrough.Receipt, error) {
	sub.Confirm = true
	return i.fromArchive(ctx, sub, 1)
}

// Again puts a submission on the road that was taken once and whose lines passed the log before they were read: under its own
// revision, as its next attempt. It may be held as any other.
func (i *Intake) Again(ctx context.Context, sub sellthrough.Submission, attempt uint32) (sellthrough.Receipt, error) {
	return i.fromArchive(ctx, sub, attempt)
}

func (i *Intake) fromArchive(ctx context.Context, sub sellthrough.Submission, attempt uint32) (sellthrough.Receipt, error) {
	none := sellthrough.Receipt{}
	release, err := i.hold()
	if err != nil {
		return none, err
	}
	defer release()
	f, err := i.feed(sub.Partner, sub.Feed)
	if err != nil {
		return none, err
	}
	if sub.Scope, err = f.scope(&Request{Scope: sub.Scope, File: sub.File}); err != nil {
		return none, err
	}
	src, err := i.o.Archive.Open(ctx, sub.Body)
	if err != nil {
		return none, fmt.Errorf("submission %s: %w", sub.ID, err)
	}
	defer src.Close()
	b, err := i.open(f, src, sub.Bytes)
	if err != nil {
		return none, fmt.Errorf("submission %s of %s: %w", sub.ID, sub.Received.UTC().Format("2006-01-02 15:04:05"), err)
	}
	defer b.close()
	return i.finish(ctx, f, &sub, attempt, b)
}
