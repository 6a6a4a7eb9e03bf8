package archive

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// bucket is a store in a gocloud.dev bucket; an object there is durable when its writer is closed.
type bucket struct{ b *blob.Bucket }

func (b *bucket) create(ctx context.Context) (temp, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	t := &bucketTemp{b: b, name: "incoming/body-" + strings.ToLower(rand.Text()), cancel: cancel}
	w, err := b.b.NewWriter(ctx, t.name, &blob.WriterOptions{ContentType: "application/zstd", BufferSize: 5 << 20, MaxConcurrency: 1})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("archive: begin a body: %w", err)
	}
	t.w = w
	return t, nil
}

func (b *bucket) open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := b.b.NewReader(ctx, name, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, name)
	}
	if err != nil {
		return nil, fmt.Errorf("archive: read %s: %w", name, err)
	}
	return r, nil
}

// young is the age below which an object in a bucket is not kept anew: that costs a copy.
const young = 24 * time.Hour

func (b *bucket) renew(ctx context.Context, name string) (bool, error) {
	o, err := b.b.Attributes(ctx, name)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("archive: look for %s: %w", name, err)
	}
	return time.Since(o.ModTime) < young, nil // else the draft takes its place
}

func (b *bucket) each(ctx context.Context, prefix string, use func(object) error) error {
	for it := b.b.List(&blob.ListOptions{Prefix: prefix}); ; {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = use(object{o.Key, o.Size, o.ModTime})
		}
		if err != nil {
			return fmt.Errorf("archive: list: %w", err)
		}
	}
}

// expire looks again before it deletes. What is kept anew in the instant between is young, so nothing that is a day older than
// the retention was renewed in it.
func (b *bucket) expire(ctx context.Context, name string, before time.Time) (bool, error) {
	o, err := b.b.Attributes(ctx, name)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return false, nil
	}
	if err == nil && !o.ModTime.Before(before) {
		return false, nil
	}
	if err == nil {
		err = b.b.Delete(ctx, name)
	}
	if err != nil {
		return false, fmt.Errorf("archive: expire %s: %w", name, err)
	}
	return true, nil
}

func (b *bucket) remove(ctx context.Context, name string) error {
	if err := b.b.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("archive: remove %s: %w", name, err)
	}
	return nil
}

func (b *bucket) sweep(ctx context.Context, before time.Time) error {
	for it := b.b.List(&blob.ListOptions{Prefix: "incoming/"}); ; {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && o.ModTime.Before(before) {
			err = b.b.Delete(ctx, o.Key)
		}
		if err != nil {
			return fmt.Errorf("archive: sweep drafts: %w", err)
		}
	}
}

func (b *bucket) close() error { return b.b.Close() }

type bucketTemp struct {
	b      *bucket
	w      *blob.Writer
	name   string
	cancel func()
	closed bool
}

func (t *bucketTemp) Write(p []byte) (int, error) { return t.w.Write(p) }

func (t *bucketTemp) finish() error {
	if t.closed {
		return nil
	}
	t.closed = true
	if err := t.w.Close(); err != nil {
		return fmt.Errorf("archive: write body: %w", err)
	}
	return nil
}

func (t *bucketTemp) reopen(ctx context.Context) (io.ReadCloser, error) {
	if err := t.finish(); err != nil {
		return nil, err
	}
	return t.b.open(ctx, t.name)
}

func (t *bucketTemp) keep(ctx context.Context, name string) error {
	if err := t.finish(); err != nil {
		return err
	}
	if err := t.b.b.Copy(ctx, name, t.name, nil); err != nil {
		return fmt.Errorf("archive: keep %s: %w", name, err)
	}
	return nil
}

// drop aborts an object that is being written, or deletes it.
func (t *bucketTemp) drop() {
	if !t.closed {
		t.closed = true
		t.cancel()
		_ = t.w.Close() // of a cancelled context: nothing is kept
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_ = t.b.b.Delete(ctx, t.name) // what stays is swept later
	t.cancel()
}
