package ingest

import (
	"context"
	"fmt"
	"time"

	"sellthrough"
)

// erased ends what can't be sent again, because the body was erased with an end customer. A submission that is wholly on the
// road stays what it is: its lines are in the log. One that never came there is closed without lines, so that it is not tried for ever.
func (i *Intake) erased(ctx context.Context, f *feed, sub *sellthrough.Submission, e *entry, attempt uint32) (sellthrough.Receipt, error) {
	if e.completed >= 0 {
		i.journal.done(sub.ID)
		return sellthrough.Receipt{}, fault(Conflict, 0, nil, fmt.Sprintf("the body of submission %s was erased with an end customer, so it can't be read again; "+
			"its lines are in the log. Send the report again, without the customer, where it is to take effect", sub.ID))
	}
	b := &body{rows: &opened{}, turn: i.turn(), veil: f.veil, err: sellthrough.Bad(0, "", "", "the body was erased with an end customer before it was wholly received; send the report again, without the customer")}
	r, err := i.finish(ctx, f, sub, attempt, b)
	if err != nil {
		i.again()
		return r, fault(Unavailable, 5*time.Second, err, fmt.Sprintf("submission %s is not finished; it is tried again", sub.ID))
	}
	i.o.Log.Error().Str("submission", string(sub.ID)).Str("partner", string(sub.Partner)).Msg("submission closed without lines: its body was erased with an end customer; the partner has to send the report again")
	return r, nil
}
