package road

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sellthrough"
)

// Trusted says whether the deduplication window surely still holds an intent's token: the window counts the blocks of all
// partitions, so the blocks of all intents since are counted, and half of the window is left for what lands late. A server that has
// started since the intent is not trusted at all: it notes a token before it commits the part, so a crash between leaves a
// token without its rows, and the redo would be dropped.
func (r *Road) Trusted(ctx context.Context, i sellthrough.Intent) (bool, error) {
	s, err := r.Store.Since(ctx, i)
	return err == nil && !s.Void && !s.Restarted && s.Blocks*2 < r.Window, err
}

// Heal takes a batch out whose token the server may have forgotten: its rows are deleted from every table that names the
// batch, and the sums that it touched are set to what the ledger comes to without it. The intent is then void, and the batch
// is written anew under another token. Before that it is inserted once more under the old one: the server then knows the
// token, and an owner who stalled with the batch in hand can't bring it in afterwards.
//
// The sums carry no token, so it cannot be seen which of the batch's deltas arrived. They are compared with the ledger
// instead, and the difference is inserted. A delta of another partition that is on its way meanwhile would be counted
// twice; so a hold makes all owners wait at their next intent, and the difference is taken when no intent is open that was
// written before the hold could be seen. Of several heals at once, the lowest partition goes first; it does not wait for
// the others, whose owners insert nothing before they have compared the sums themselves.
func (r *Road) Heal(ctx context.Context, b *sellthrough.Batch) error {
	i := b.Intent
	err := r.insert(ctx, b, func(ctx context.Context) error {
		if !r.stale(i) {
			return nil
		}
		return r.own(ctx, i)
	})
	if _, unfit := sellthrough.AsUnfit(err); err != nil && !unfit { // what the server calls bad, it does not take from anybody
		return err
	}
	return r.Remove(ctx, i)
}

// Remove is Heal for a batch whose messages nobody can read any more.
func (r *Road) Remove(ctx context.Context, i sellthrough.Intent) error {
	if err := r.Store.TakeOut(ctx, i); err != nil {
		return err
	}
	// The void comes first: a hold waits for every intent that has none, and must not wait for its own where the owner dies
	// between the two.
	if err := r.Store.Note(ctx, Void, i); err != nil {
		return err
	}
	if err := r.Hold(ctx, i); err != nil {
		return err
	}
	return r.Mend(ctx, i.Incarnation, i.Partition)
}

// Hold makes all owners wait at their next intent until Mend has ended it.
func (r *Road) Hold(ctx context.Context, i sellthrough.Intent) error {
	i.Rows = int(uint32(chance())) // tells it from the holds of the same intent before, which were released
	return r.Store.Note(ctx, Hold, i)
}

// Mend ends a heal: while all owners are held at their next intent, the sums are brought in line. A heal that was cut off
// after its hold is ended here by the next owner.
func (r *Road) Mend(ctx context.Context, incarnation string, partition int) error {
	mine, err := r.quiet(ctx, incarnation, partition)
	if err != nil || len(mine) == 0 {
		return err
	}
	// A try whose answer was lost has the same token, and a heal after this one another.
	var all []int
	for _, h := range mine {
		all = append(all, h.Rows)
	}
	slices.Sort(all)
	if err := r.Store.Rebuild(ctx, fmt.Sprintf("heal/%s/%d/%d", incarnation, partition, all)); err != nil {
		return err
	}
	for _, h := range mine {
		if err := r.Store.Note(ctx, Release, h); err != nil {
			return err
		}
	}
	return nil
}

// Pause calls f while every intent is done and all owners wait at their next one, under a hold of a place of its own on the road. A hold
// that lasts is said again before the store takes it for one that was left by a process that died.
func (r *Road) Pause(ctx context.Context, incarnation string, partition int, life time.Duration, f func(context.Context) error) error {
	now := time.Now()
	hold := sellthrough.Intent{Token: sellthrough.Token{Incarnation: incarnation, Partition: partition, First: now.UnixNano(), Last: now.UnixNano()}}
	if err := r.Store.Note(ctx, Hold, hold); err != nil {
		return err
	}
	defer func() {
		end, stop := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer stop()
		_ = r.Store.Note(end, Release, hold) // what stays ends by itself
	}()
	ctx, stop := context.WithCancelCause(ctx)
	var again sync.WaitGroup
	defer again.Wait()
	defer stop(nil)
	again.Go(func() {
		for renewed := now; ; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(life / 10):
			}
			began := time.Now()
			if err := r.Store.Note(ctx, Hold, hold); err == nil {
				renewed = began
			} else if time.Since(renewed) > life*7/10 {
				stop(fmt.Errorf("the hold of the road could not be renewed: %w", err))
				return
			}
		}
	})
	for {
		mine, err := r.quiet(ctx, incarnation, partition)
		if err == nil && len(mine) == 0 {
			err = errors.New("clickhouse: the hold of the road is not seen yet")
		}
		if err == nil {
			return f(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (last: %w)", context.Cause(ctx), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// quiet is the holds of a partition, once all owners are held at their next intent: nothing is in flight that was intended before the hold
// could be seen, and no lower partition has one. Else it is an error. A partition without a hold waits for nobody.
func (r *Road) quiet(ctx context.Context, incarnation string, partition int) ([]sellthrough.Intent, error) {
	mine, _, err := r.turn(ctx, incarnation, partition)
	if err != nil || len(mine) == 0 {
		return nil, err
	}
	select { // until nobody writes an intent that the hold has to wait for
	case <-time.After(Visible):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	flying, err := r.Store.Flying(ctx, incarnation)
	if err != nil {
		return nil, err
	}
	mine, holds, err := r.turn(ctx, incarnation, partition) // a lower one may have come
	if err != nil {
		return nil, err
	}
	flying = slices.DeleteFunc(flying, func(p int) bool { _, heals := holds[p]; return heals })
	if len(flying) > 0 {
		return nil, fmt.Errorf("clickhouse: partitions %v have a batch in flight; what needs a quiet road waits until they are done", flying)
	}
	return mine, nil
}

// turn reads the holds: those of a partition, and of all. It is an error while a lower partition has one.
func (r *Road) turn(ctx context.Context, incarnation string, partition int) (mine []sellthrough.Intent, all map[int][]sellthrough.Intent, err error) {
	all, err = r.Store.Holds(ctx, incarnation)
	if err != nil || len(all[partition]) == 0 {
		return nil, all, err
	}
	for p := range all {
		if p < partition {
			return nil, all, fmt.Errorf("clickhouse: partition %d heals first", p)
		}
	}
	return all[partition], all, nil
}
