package archive

import (
	"context"
	"errors"
	"fmt"
	"io"

	"sellthrough/ingest/archive/sealed"
	"sellthrough/ingest/keys"
)

// keep makes a sealed body durable: first its object, which nobody can read, then its key. Of two who keep the same body at
// once, the one whose key is kept second takes its object away again.
func (d *Draft) keep(ctx context.Context) error {
	if d.kept {
		return nil
	}
	if e, err := d.vault.Find(ctx, d.entry.Name); err == nil { // the same body was sent before
		if d.kept, err = d.a.store.renew(ctx, lies(&e)); d.kept {
			d.entry = e
		}
		if err != nil || d.kept {
			return err
		}
	}
	if err := d.temp.keep(ctx, lies(&d.entry)); err != nil {
		return err
	}
	kept, err := d.vault.Keep(ctx, d.entry)
	if err != nil {
		return err // the object stays, and is worth nothing
	}
	if kept.Object != d.entry.Object {
		there, err := d.a.store.renew(ctx, lies(&kept))
		if err == nil && there {
			err = d.a.store.remove(ctx, lies(&d.entry))
			d.entry = kept
		} else if err == nil { // what was kept before was taken out of the archive, by age
			err = d.vault.Replace(ctx, d.entry)
		}
		if err != nil {
			return err
		}
	}
	d.kept = true
	return nil
}

// lies is where a sealed body lies.
func lies(e *keys.Entry) string { return "sealed/" + e.Object[:2] + "/" + e.Object }

// unlock reads a sealed body.
func (a *Archive) unlock(ctx context.Context, name string) (io.ReadCloser, error) {
	if a.Keys == nil {
		return nil, fmt.Errorf("archive: body %s is sealed, and there is no key store", name)
	}
	e, err := a.Keys.Entry(ctx, name)
	if errors.Is(err, keys.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return a.unseal(ctx, &e)
}

func (a *Archive) unseal(ctx context.Context, e *keys.Entry) (io.ReadCloser, error) {
	r, err := a.store.open(ctx, lies(e))
	if err != nil {
		return nil, err
	}
	return unsealed(r, e.Key)
}

// drop takes a sealed body out of the archive, and its key out of the key store.
func (a *Archive) drop(ctx context.Context, name string) error {
	if a.Keys == nil {
		return fmt.Errorf("archive: body %s is sealed, and there is no key store", name)
	}
	e, err := a.Keys.Entry(ctx, name)
	switch {
	case errors.Is(err, keys.ErrNotFound):
		return nil
	case errors.Is(err, ErrErased): // its object went with its key
		return a.Keys.Drop(ctx, name)
	case err != nil:
		return fmt.Errorf("archive: %w", err)
	}
	if err := a.store.remove(ctx, lies(&e)); err != nil {
		return err
	}
	return a.Keys.Drop(ctx, name)
}

// RemoveSealed takes the object of a sealed body out of the archive, whose key is destroyed.
func (a *Archive) RemoveSealed(ctx context.Context, e *keys.Entry) error {
	return a.store.remove(ctx, lies(e))
}

func unsealed(r io.ReadCloser, key []byte) (io.ReadCloser, error) {
	plain, err := sealed.NewReader(r, key)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("archive: read body: %w", err), r.Close())
	}
	return decoded(struct {
		io.Reader
		io.Closer
	}{plain, r})
}
