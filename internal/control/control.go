// Package control gives orders to the owners of the line partitions: a reference version takes force, a submission is
// undone. An order is registered with the sequencer, which gives it its revision, and then written to every partition;
// an owner that reads an order twice works it off once.
package control

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sellthrough"
	"sellthrough/internal/bus"
	"sellthrough/transform/reference"
)

// Log is the bus, as orders need it.
type Log interface {
	Ensure(ctx context.Context) (bus.Incarnations, error)
	Publish(ctx context.Context, t bus.Topic, partition int, inc bus.Incarnation, msgs ...bus.Message) ([]int64, error)
	Partitions() int
}

// References keeps reference versions.
type References interface {
	LatestReference(ctx context.Context) (sellthrough.Revision, string, error)
	SaveReference(ctx context.Context, rev sellthrough.Revision, content, who string, t reference.Tables) error
}

// Control gives orders.
type Control struct {
	Log        Log
	References References
}

// register gives an order its revision.
func (c Control) register(ctx context.Context, inc bus.Incarnations, o *sellthrough.Order) error {
	v, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write order: %w", err)
	}
	offsets, err := c.Log.Publish(ctx, bus.Submissions, 0, inc.Submissions, bus.Message{Type: bus.TypeOrder, Value: v})
	if err != nil {
		return fmt.Errorf("register order: %w", err)
	}
	o.Revision = sellthrough.RevisionOf(inc.Submissions.Era(), offsets[0])
	return nil
}

// tell writes an order to every partition.
func (c Control) tell(ctx context.Context, inc bus.Incarnations, o sellthrough.Order) error {
	v, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write order: %w", err)
	}
	for p := range c.Log.Partitions() {
		if _, err := c.Log.Publish(ctx, bus.Lines, p, inc.Lines, bus.Message{Type: bus.TypeOrder, Value: v}); err != nil {
			return fmt.Errorf("tell partition %d: %w; run the command again", p, err)
		}
	}
	return nil
}

// ApplyReference loads a folder, keeps it as a version and puts it in force. A folder whose content is the newest version
// already is told to the partitions again, which mends a telling that was cut off, and makes no new version.
func (c Control) ApplyReference(ctx context.Context, dir, who string) (rev sellthrough.Revision, changed bool, err error) {
	tables, content, err := reference.Load(dir)
	if err != nil {
		return 0, false, err
	}
	inc, err := c.Log.Ensure(ctx)
	if err != nil {
		return 0, false, err
	}
	o := sellthrough.Order{Kind: sellthrough.OrderReference, At: time.Now().UTC(), Who: who, Content: content}
	last, lastContent, err := c.References.LatestReference(ctx)
	if err != nil {
		return 0, false, err
	}
	if lastContent == content {
		o.Revision = last
		return last, false, c.tell(ctx, inc, o)
	}
	if err := c.register(ctx, inc, &o); err != nil {
		return 0, false, err
	}
	if err := c.References.SaveReference(ctx, o.Revision, content, who, tables); err != nil {
		return 0, false, err
	}
	return o.Revision, true, c.tell(ctx, inc, o)
}

// Force tells the partitions that a version which is kept already is in force.
func (c Control) Force(ctx context.Context, rev sellthrough.Revision, who string) error {
	inc, err := c.Log.Ensure(ctx)
	if err != nil {
		return err
	}
	return c.tell(ctx, inc, sellthrough.Order{Kind: sellthrough.OrderReference, Revision: rev, At: time.Now().UTC(), Who: who})
}

// Replay lets the difference of a shadow run take effect. Before the partitions hear of it, keep is called with the order's
// revision: a reference version that read the shadow is kept under it.
func (c Control) Replay(ctx context.Context, r sellthrough.Replay, who, why string, keep func(sellthrough.Revision) (sellthrough.Revision, error)) (sellthrough.Revision, error) {
	inc, err := c.Log.Ensure(ctx)
	if err != nil {
		return 0, err
	}
	o := sellthrough.Order{Kind: sellthrough.OrderReplay, At: time.Now().UTC(), Who: who, Why: why, Replay: &r}
	if err := c.register(ctx, inc, &o); err != nil {
		return 0, err
	}
	if r.Reference, err = keep(o.Revision); err != nil {
		return 0, err
	}
	return o.Revision, c.tell(ctx, inc, o)
}

// Undo takes back what a submission wrote, where it is still the newest word.
func (c Control) Undo(ctx context.Context, id sellthrough.SubmissionID, revision sellthrough.Revision, who, why string) error {
	inc, err := c.Log.Ensure(ctx)
	if err != nil {
		return err
	}
	o := sellthrough.Order{Kind: sellthrough.OrderUndo, At: time.Now().UTC(), Who: who, Why: why, Target: id, Undone: revision}
	if err := c.register(ctx, inc, &o); err != nil {
		return err
	}
	return c.tell(ctx, inc, o)
}
