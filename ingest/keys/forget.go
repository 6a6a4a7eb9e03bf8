package keys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"sellthrough"
)

// Lock keeps others from destroying keys at the same time, which would bring back what one of the two destroyed. Nobody
// else waits for it.
func (s *Store) Lock(ctx context.Context) (unlock func() error, err error) {
	host, _ := os.Hostname() // for people
	note, err := json.Marshal(map[string]any{"host": host, "pid": os.Getpid(), "since": s.o.Now().UTC().Format(time.RFC3339)})
	if err != nil {
		return nil, err
	}
	switch err := s.place.create(ctx, lockName, note); {
	case errors.Is(err, errTaken):
		who, _ := s.place.read(ctx, lockName)
		return nil, fmt.Errorf("keys are being destroyed by another command: %s; wait for its end, or, if it is not running any more, delete the file %s of the key store", who, lockName)
	case err != nil:
		return nil, fmt.Errorf("keys: lock the store: %w", err)
	}
	return func() error { return s.place.remove(context.WithoutCancel(ctx), lockName) }, nil
}

// Tokens are those of a customer, in one form, under all generations.
func (k *Keys) Tokens(ctx context.Context, form Form, customer string) (out []string, err error) {
	all, err := k.generations(ctx)
	if err != nil {
		return nil, fmt.Errorf("keys: those of partner %s: %w", k.partner, err)
	}
	normal := form.Normal(nil, []byte(customer))
	if len(normal) == 0 {
		return nil, nil
	}
	for _, n := range all {
		r, err := k.ring(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("keys: those of partner %s: %w", k.partner, err)
		}
		out = append(out, string(newMACs(r).token(normal)))
	}
	return out, nil
}

// Forget destroys the keys, of every generation, that a customer's tokens were made with. It says how many. Under Lock.
func (k *Keys) Forget(ctx context.Context, form Form, customer string) (n int, err error) {
	normal := form.Normal(nil, []byte(customer))
	if len(normal) == 0 {
		return 0, nil
	}
	all, err := k.generations(ctx)
	for _, g := range all {
		if err != nil {
			break
		}
		if err = k.renew(ctx, g, func(m *macs) []int { return []int{m.bucket(normal)} }); err == nil {
			n++
		}
	}
	if err == nil && n > 0 {
		err = k.store.touch(ctx)
	}
	if err != nil {
		return n, fmt.Errorf("keys: forget a customer of partner %s: %w", k.partner, err)
	}
	return n, nil
}

// renew draws keys of a ring anew.
func (k *Keys) renew(ctx context.Context, generation int, which func(*macs) []int) error {
	r, err := k.ring(ctx, generation)
	if err != nil {
		return err
	}
	for _, b := range which(newMACs(r)) {
		if b < 0 || b >= len(r.Keys) {
			return fmt.Errorf("%s has no key %d", ringName(k.partner, generation), b)
		}
		r.Keys[b] = random()
	}
	return k.store.replace(ctx, ringName(k.partner, generation), r)
}

// Destroy destroys the keys of bodies, and those that made their names. What stays says that there was a body, and when its
// key was destroyed. Under Lock.
func (k *Keys) Destroy(ctx context.Context, bodies []Entry) error {
	if len(bodies) == 0 {
		return nil
	}
	var of []int
	for _, e := range bodies {
		of = append(of, e.Bucket)
	}
	// The names first: once a key is gone, nothing says which they were.
	err := k.renew(ctx, 0, func(*macs) []int { return of })
	for _, e := range bodies {
		if err != nil {
			break
		}
		var at string
		if at, err = file(e.Name); err == nil {
			err = k.store.replace(ctx, at, Entry{Name: e.Name, Feed: e.Feed, At: e.At, Bytes: e.Bytes, Erased: k.store.o.Now().UTC().Truncate(time.Second)})
		}
	}
	if err == nil {
		err = k.store.touch(ctx)
	}
	if err != nil {
		return fmt.Errorf("keys: destroy the keys of bodies of partner %s: %w", k.partner, err)
	}
	return nil
}

// Sweep destroys what a crash left half written.
func (s *Store) Sweep(ctx context.Context) error {
	if err := s.place.sweep(ctx); err != nil {
		return fmt.Errorf("keys: sweep: %w", err)
	}
	return nil
}

// Partners are those who have keys.
func (s *Store) Partners(ctx context.Context) (out []sellthrough.PartnerID, err error) {
	seen := map[string]bool{}
	err = s.place.list(ctx, "partners/", func(name string) error {
		p := name[len("partners/"):]
		for i := range p {
			if p[i] == '/' {
				if p = p[:i]; !seen[p] {
					seen[p] = true
					out = append(out, sellthrough.PartnerID(p))
				}
				break
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return out, nil
}
