// Package keys is the key store: the keys by which end customers become pseudonyms, and those of the archive's sealed
// bodies. It lies apart from everything else, because whoever destroys a key in it has made unreadable, everywhere and at
// once, what was made with that key.
//
// A customer is told apart by a token: HMAC-SHA256 under one of the 1024 keys of the partner's generation. Which one, a
// seed decides; so the store knows no customer, and to forget one means to draw one key anew. Those who share
// the key lose the link between their past and their future, and nothing else. A new generation has new keys for all.
//
// A sealed body has a key of its own, and a name that is a keyed hash too: the sha-256 of a small file could be found by
// trying all names that may stand in it.
//
// It promises: two processes that make keys at once agree on them; a key that Forget or Destroy returned for is overwritten
// and gone, and every process that runs Refresh has forgotten it within seconds; nothing in the store names a customer.
// It leaves to others who is to be forgotten, and where a backup of the store may lie (docs/security.md).
package keys

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
)

// Errors that no waiting mends.
var (
	ErrErased   = errors.New("its key was destroyed, because it held an end customer who was erased")
	ErrNotFound = errors.New("the key store has no key of it")
)

// Options of a store.
type Options struct {
	At     string        // a folder, or a URL of gocloud.dev/blob whose driver the program links
	Secret string        // wraps every file of the store; empty: they lie open
	Rotate time.Duration // after which a partner's new lines get a new generation of keys; 0: never by itself
	Now    func() time.Time
	Log    zerolog.Logger
}

// Store is a key store. It is safe for concurrent use.
type Store struct {
	o     Options
	place place
	wrap  *wrap

	mu       sync.Mutex
	partners map[sellthrough.PartnerID]*Keys
	stamp    string
}

// Open opens a store, and makes it where there is none.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	p, err := placeOf(ctx, o.At)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	s := &Store{o: o, place: p, partners: map[sellthrough.PartnerID]*Keys{}}
	if s.wrap, err = newWrap(o.Secret); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return s, nil
}

// Close releases the place.
func (s *Store) Close() error { return s.place.close() }

// Of is the keys of a partner; they are read, and made, when they are first used.
func (s *Store) Of(partner sellthrough.PartnerID) *Keys {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.partners[partner]
	if k == nil {
		k = &Keys{store: s, partner: partner}
		s.partners[partner] = k
	}
	return k
}

// Run looks for what other processes changed until ctx ends.
func (s *Store) Run(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	failing := false
	for {
		err := s.Refresh(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			s.o.Log.Error().Err(err).Msg("the key store can't be read; keys that were destroyed are not forgotten until it can")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Refresh forgets keys that another process destroyed, and begins a generation that is due.
func (s *Store) Refresh(ctx context.Context) error {
	stamp, err := s.place.read(ctx, stampName)
	if err != nil && !errors.Is(err, errNone) {
		return fmt.Errorf("keys: %w", err)
	}
	s.mu.Lock()
	changed := s.stamp != string(stamp)
	all := make([]*Keys, 0, len(s.partners))
	for _, k := range s.partners {
		all = append(all, k)
	}
	s.mu.Unlock()
	var errs []error
	for _, k := range all {
		now := k.now.Load()
		if now == nil || !changed && !s.due(now.ring) {
			continue
		}
		if err := k.load(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	s.mu.Lock()
	s.stamp = string(stamp)
	s.mu.Unlock()
	return nil
}

func (s *Store) due(r *ring) bool { return s.o.Rotate > 0 && s.o.Now().Sub(r.Began) >= s.o.Rotate }

// The files of a store.
const (
	stampName = "stamp" // made anew whenever a key was destroyed or a generation begun by hand
	lockName  = "lock"  // of who destroys keys
)

func ringName(p sellthrough.PartnerID, n int) string {
	if n == 0 {
		return "partners/" + string(p) + "/names"
	}
	return fmt.Sprintf("partners/%s/generation-%04d", p, n)
}

func bodiesOf(p sellthrough.PartnerID) string { return "bodies/" + string(p) + "/" }

// touch tells other processes that something changed.
func (s *Store) touch(ctx context.Context) error {
	return s.place.replace(ctx, stampName, []byte(rand.Text()))
}

// read reads a file into v.
func (s *Store) read(ctx context.Context, name string, v any) error {
	text, err := s.place.read(ctx, name)
	if err != nil {
		return err
	}
	if text, err = s.wrap.open(name, text); err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s is damaged; restore it from a backup of the key store: %w", name, err)
	}
	return nil
}

// text is v as a file.
func (s *Store) text(name string, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return s.wrap.seal(name, append(text, '\n')), nil
}

// create writes v unless the file is there: then it is errTaken.
func (s *Store) create(ctx context.Context, name string, v any) error {
	text, err := s.text(name, v)
	if err != nil {
		return err
	}
	return s.place.create(ctx, name, text)
}

func (s *Store) replace(ctx context.Context, name string, v any) error {
	text, err := s.text(name, v)
	if err != nil {
		return err
	}
	return s.place.replace(ctx, name, text)
}
