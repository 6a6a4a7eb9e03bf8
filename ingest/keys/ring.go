package keys

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zeebo/xxh3"

	"sellthrough"
)

// buckets is how many keys a ring has. To forget one customer of n cuts the others of one key off from their past: about
// n/1024 of them.
const buckets = 1024

// ring is a set of keys, of which a seed chooses. Generation 0 names bodies, all others make tokens.
type ring struct {
	Generation int       `json:"generation"`
	Began      time.Time `json:"began"`
	Index      []byte    `json:"index"`
	Keys       [][]byte  `json:"keys"`
}

func newRing(n int, now time.Time) *ring {
	r := &ring{Generation: n, Began: now.UTC().Truncate(time.Second), Index: random()}
	for range buckets {
		r.Keys = append(r.Keys, random())
	}
	return r
}

func (r *ring) check(name string) error {
	ok := len(r.Index) == 32 && len(r.Keys) > 0
	for _, k := range r.Keys {
		ok = ok && len(k) == 32
	}
	if !ok {
		return fmt.Errorf("%s of the key store is damaged; restore it from a backup of the key store", name)
	}
	return nil
}

// macs makes keyed hashes under one ring. It is not safe for concurrent use.
type macs struct {
	ring *ring
	seed uint64
	keys []hash.Hash // made when they are first used
	sum  [sha256.Size]byte
}

func newMACs(r *ring) *macs {
	return &macs{ring: r, seed: binary.BigEndian.Uint64(r.Index), keys: make([]hash.Hash, len(r.Keys))}
}

// bucket is whose key text belongs to. Nothing outside of the store ever depends on it, so that a fast hash will do.
func (m *macs) bucket(text []byte) int {
	return int(xxh3.HashSeed(text, m.seed) % uint64(len(m.keys)))
}

// mac is the hash of text, until the next call, and whose key it was made with.
func (m *macs) mac(text []byte) ([]byte, int) {
	b := m.bucket(text)
	h := m.keys[b]
	if h == nil {
		h = hmac.New(sha256.New, m.ring.Keys[b])
		m.keys[b] = h
	}
	h.Reset()
	h.Write(text)
	return h.Sum(m.sum[:0]), b
}

// tokenBytes is how much of an HMAC a token has: enough that no two customers of the world share one.
const tokenBytes = 16

// token is a customer's pseudonym: the version of this layout, the generation, and the hash.
func (m *macs) token(normal []byte) []byte {
	sum, _ := m.mac(normal)
	out := append(make([]byte, 0, 32), 'a')
	out = strconv.AppendInt(out, int64(m.ring.Generation), 10)
	return base64.RawURLEncoding.AppendEncode(append(out, '.'), sum[:tokenBytes])
}

// Keys are those of one partner. They are safe for concurrent use.
type Keys struct {
	store   *Store
	partner sellthrough.PartnerID

	loading sync.Mutex
	now     atomic.Pointer[snapshot]
}

// snapshot is the keys in force, with what was made of them.
type snapshot struct {
	ring, names *ring
	hiders      sync.Pool
}

// Begin reads the keys, and makes those that are missing, so that a store that can't be read is known at the start.
func (k *Keys) Begin(ctx context.Context) error {
	_, err := k.current(ctx)
	return err
}

// current is the keys in force.
func (k *Keys) current(ctx context.Context) (*snapshot, error) {
	if now := k.now.Load(); now != nil && !k.store.due(now.ring) {
		return now, nil
	}
	if err := k.load(ctx); err != nil {
		return nil, err
	}
	return k.now.Load(), nil
}

// load reads the keys of a partner, and makes those that are missing or due.
func (k *Keys) load(ctx context.Context) error {
	k.loading.Lock()
	defer k.loading.Unlock()
	last, err := k.last(ctx)
	if err != nil {
		return fmt.Errorf("keys: those of partner %s: %w", k.partner, err)
	}
	var r *ring
	if last > 0 {
		if r, err = k.ring(ctx, last); err != nil {
			return fmt.Errorf("keys: those of partner %s: %w", k.partner, err)
		}
	}
	if r == nil || k.store.due(r) {
		if r, err = k.begin(ctx, last+1); err != nil {
			return fmt.Errorf("keys: begin a generation of partner %s: %w", k.partner, err)
		}
	}
	names, err := k.begin(ctx, 0)
	if err != nil {
		return fmt.Errorf("keys: those of partner %s: %w", k.partner, err)
	}
	k.now.Store(&snapshot{ring: r, names: names})
	return nil
}

// begin makes a ring, unless it is there.
func (k *Keys) begin(ctx context.Context, n int) (*ring, error) {
	r, err := k.ring(ctx, n)
	if !errors.Is(err, errNone) {
		return r, err
	}
	r = newRing(n, k.store.o.Now())
	if err = k.store.create(ctx, ringName(k.partner, n), r); errors.Is(err, errTaken) {
		return k.ring(ctx, n) // another process was first
	}
	return r, err
}

func (k *Keys) ring(ctx context.Context, n int) (*ring, error) {
	r, name := &ring{}, ringName(k.partner, n)
	if err := k.store.read(ctx, name, r); err != nil {
		return nil, err
	}
	return r, r.check(name)
}

// generations are the numbers of the partner's generations, the oldest first.
func (k *Keys) generations(ctx context.Context) (out []int, err error) {
	prefix := "partners/" + string(k.partner) + "/"
	err = k.store.place.list(ctx, prefix, func(name string) error {
		if n, err := strconv.Atoi(strings.TrimPrefix(name, prefix+"generation-")); err == nil {
			out = append(out, n)
		}
		return nil
	})
	slices.Sort(out)
	return out, err
}

func (k *Keys) last(ctx context.Context) (int, error) {
	all, err := k.generations(ctx)
	if err != nil || len(all) == 0 {
		return 0, err
	}
	return all[len(all)-1], nil
}

// Generation is one that a partner has.
type Generation struct {
	Number int
	Began  time.Time
}

// Generations are those of the partner, the oldest first. The last one is in force.
func (k *Keys) Generations(ctx context.Context) ([]Generation, error) {
	all, err := k.generations(ctx)
	var out []Generation
	for _, n := range all {
		r, rerr := k.ring(ctx, n)
		if rerr != nil {
			err = errors.Join(err, rerr)
			continue
		}
		out = append(out, Generation{n, r.Began})
	}
	if err != nil {
		return nil, fmt.Errorf("keys: those of partner %s: %w", k.partner, err)
	}
	return out, nil
}

// Rotate begins a new generation now.
func (k *Keys) Rotate(ctx context.Context) (Generation, error) {
	last, err := k.last(ctx)
	var r *ring
	if err == nil {
		r, err = k.begin(ctx, last+1)
	}
	if err == nil {
		err = k.store.touch(ctx)
	}
	if err != nil {
		return Generation{}, fmt.Errorf("keys: begin a generation of partner %s: %w", k.partner, err)
	}
	return Generation{r.Generation, r.Began}, nil
}
