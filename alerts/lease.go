package alerts

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// A lease is kept by beats and lost leaseTTL after the last one. The successor goes by the server's clock; the holder by its
// own, from before each beat, so that it always thinks the lease over before the successor may take it.
const (
	leaseTTL  = 10 * time.Second
	leaseBeat = 2 * time.Second
)

type lease struct {
	store  Store
	holder string
	epoch  uint64
	until  atomic.Int64 // UnixNano
}

// claim waits until the lease is free, and takes it.
func claim(ctx context.Context, s Store, holder string) (*lease, error) {
	for {
		began := time.Now()
		epoch, err := s.Claim(ctx, holder, leaseTTL)
		if err != nil {
			return nil, err
		}
		if epoch > 0 {
			l := &lease{store: s, holder: holder, epoch: epoch}
			l.until.Store(began.Add(leaseTTL).UnixNano())
			return l, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// left is how long the lease is surely still held.
func (l *lease) left() time.Duration { return time.Until(time.Unix(0, l.until.Load())) }

// beat keeps the lease and says whether it is still held.
func (l *lease) beat(ctx context.Context) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, max(l.left(), time.Millisecond))
	defer cancel()
	if err := l.store.Beat(ctx, l.holder, l.epoch); err != nil {
		return err
	}
	l.until.Store(began.Add(leaseTTL).UnixNano())
	return nil
}

// keep beats until ctx ends or the lease is lost.
func (l *lease) keep(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(leaseBeat):
		}
		err := l.beat(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrFenced) || l.left() <= 0 {
			return errors.Join(ErrFenced, err)
		}
	}
}

// append writes events under the lease. What is not there when the lease ends is given up.
func (l *lease) append(ctx context.Context, events []Event) error {
	if l.left() <= 0 {
		return ErrFenced
	}
	for i := range events {
		events[i].Epoch = l.epoch
	}
	ctx, cancel := context.WithTimeout(ctx, l.left())
	defer cancel()
	return l.store.Append(ctx, events)
}
