package keys

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"sellthrough"
)

// Prefix begins the name of a sealed body; behind it stand the partner and a keyed hash.
const Prefix = "sealed:"

// Sealed says whether a body's name is one of this package.
func Sealed(name string) bool { return strings.HasPrefix(name, Prefix) }

// Entry is the key of a sealed body.
type Entry struct {
	Name   string             `json:"name"`
	Feed   sellthrough.FeedID `json:"feed"`
	At     time.Time          `json:"at"`
	Bytes  int64              `json:"bytes"`
	Object string             `json:"object"` // in the archive; it says nothing of the body
	Key    []byte             `json:"key"`
	Bucket int                `json:"bucket"` // of the key that made the name
	Erased time.Time          `json:"erased,omitzero"`
}

// file is where the entry of a name lies.
func file(name string) (string, error) {
	partner, sum, ok := strings.Cut(strings.TrimPrefix(name, Prefix), ":")
	if raw, err := hex.DecodeString(sum); !ok || !Sealed(name) || err != nil || len(raw) != 32 || partner == "" || partner[0] == '.' || strings.ContainsAny(partner, `/\`) {
		return "", fmt.Errorf("keys: %q is not the name of a sealed body", name)
	}
	return bodiesOf(sellthrough.PartnerID(partner)) + sum[:2] + "/" + sum, nil
}

// Vault keeps the keys of a feed's bodies.
type Vault struct {
	keys *Keys
	feed sellthrough.FeedID
}

// Vault is that of a feed.
func (k *Keys) Vault(feed sellthrough.FeedID) *Vault { return &Vault{k, feed} }

// New begins the entry of a body, before it is known what the body is.
func (v *Vault) New(ctx context.Context) (Entry, error) {
	if _, err := v.keys.current(ctx); err != nil {
		return Entry{}, err
	}
	return Entry{Feed: v.feed, At: v.keys.store.o.Now().UTC().Truncate(time.Second), Object: strings.ToLower(rand.Text()), Key: random()}, nil
}

// Name names a body of New by its sha-256.
func (v *Vault) Name(e *Entry, sum []byte) {
	mac, bucket := newMACs(v.keys.now.Load().names).mac(sum)
	e.Name, e.Bucket = Prefix+string(v.keys.partner)+":"+hex.EncodeToString(mac), bucket
}

// Find is the entry of a body of this partner.
func (v *Vault) Find(ctx context.Context, name string) (Entry, error) {
	return v.keys.store.Entry(ctx, name)
}

// Keep keeps the key of a body that lies in the archive. Where the body has one already, Keep gives that.
func (v *Vault) Keep(ctx context.Context, e Entry) (Entry, error) {
	at, err := file(e.Name)
	if err != nil {
		return e, err
	}
	err = v.keys.store.create(ctx, at, e)
	if errors.Is(err, errTaken) {
		return v.keys.store.Entry(ctx, e.Name)
	}
	if err != nil {
		return e, fmt.Errorf("keys: keep the key of a body: %w", err)
	}
	return e, nil
}

// Replace keeps the key of a body whose object in the archive is gone, and was stored anew.
func (v *Vault) Replace(ctx context.Context, e Entry) error {
	at, err := file(e.Name)
	if err == nil {
		err = v.keys.store.replace(ctx, at, e)
	}
	if err != nil {
		return fmt.Errorf("keys: keep the key of a body: %w", err)
	}
	return nil
}

// Entry is the entry of a body. Its error is ErrErased or ErrNotFound where there is no key.
func (s *Store) Entry(ctx context.Context, name string) (Entry, error) {
	var e Entry
	at, err := file(name)
	if err != nil {
		return e, err
	}
	switch err := s.read(ctx, at, &e); {
	case errors.Is(err, errNone):
		return e, fmt.Errorf("body %s: %w", name, ErrNotFound)
	case err != nil:
		return e, fmt.Errorf("keys: read the key of body %s: %w", name, err)
	case !e.Erased.IsZero():
		return e, fmt.Errorf("body %s: %w (on %s)", name, ErrErased, e.Erased.Format(time.DateOnly))
	case len(e.Key) != 32 || e.Object == "":
		return e, fmt.Errorf("keys: the key of body %s is damaged; restore it from a backup of the key store", name)
	}
	return e, nil
}

// Drop destroys the key of a body that is no longer kept, and forgets that there was one.
func (s *Store) Drop(ctx context.Context, name string) error {
	at, err := file(name)
	if err == nil {
		err = s.place.remove(ctx, at)
	}
	if err != nil {
		return fmt.Errorf("keys: drop the key of body %s: %w", name, err)
	}
	return nil
}

// Bodies calls use for every sealed body of the partner that has a key.
func (k *Keys) Bodies(ctx context.Context, use func(Entry) error) error {
	prefix := bodiesOf(k.partner)
	return k.store.place.list(ctx, prefix, func(at string) error {
		sum := at[strings.LastIndexByte(at, '/')+1:]
		e, err := k.store.Entry(ctx, Prefix+string(k.partner)+":"+sum)
		if errors.Is(err, ErrErased) || errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return use(e)
	})
}
