package keys

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/blob/memblob"

	"sellthrough"
)

// clock is a time that tests set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)} }

// each runs a test over a folder and over a bucket; open opens one more process's view of the same store.
func each(t *testing.T, test func(t *testing.T, open func(Options) *Store)) {
	t.Run("folder", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "keys")
		test(t, func(o Options) *Store {
			o.At = dir
			s, err := Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			return s
		})
	})
	t.Run("bucket", func(t *testing.T) {
		b := memblob.OpenBucket(nil)
		t.Cleanup(func() { b.Close() })
		test(t, func(o Options) *Store {
			if o.Now == nil {
				o.Now = time.Now
			}
			w, err := newWrap(o.Secret)
			if err != nil {
				t.Fatal(err)
			}
			return &Store{o: o, place: bucket{b}, wrap: w, partners: map[sellthrough.PartnerID]*Keys{}}
		})
	})
}

func token(t *testing.T, k *Keys, form Form, customer string) string {
	t.Helper()
	h, err := k.Hider(t.Context(), form)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Done()
	return string(h.Hide([]byte(customer)))
}

func TestACustomerIsOneTokenForOnePartnerInEveryProcess(t *testing.T) {
	each(t, func(t *testing.T, open func(Options) *Store) {
		a, b := open(Options{}), open(Options{})
		anna := token(t, a.Of("acme"), Text, "Anna Berg")
		if !strings.HasPrefix(anna, "a1.") || len(anna) != len("a1.")+22 {
			t.Errorf("a token is %q", anna)
		}
		if other := token(t, b.Of("acme"), Text, "Anna Berg"); other != anna {
			t.Errorf("another process calls her %s, and not %s", other, anna)
		}
		for _, different := range []string{token(t, a.Of("beta"), Text, "Anna Berg"), token(t, a.Of("acme"), Text, "Anna Burg")} {
			if different == anna {
				t.Error("two customers have one token")
			}
		}
		all, err := a.Of("acme").Tokens(t.Context(), Text, "anna  BERG")
		if d := cmp.Diff([]string{anna}, all); err != nil || d != "" {
			t.Errorf("her tokens: %v (-want +got):\n%s", err, d)
		}
	})
}

func TestTwoProcessesThatMakeKeysAtOnceAgree(t *testing.T) {
	each(t, func(t *testing.T, open func(Options) *Store) {
		const n = 8
		var all sync.WaitGroup
		tokens := make([]string, n)
		for i := range n {
			s := open(Options{})
			all.Go(func() { tokens[i] = token(t, s.Of("acme"), Text, "Anna Berg") })
		}
		all.Wait()
		for _, x := range tokens {
			if x != tokens[0] {
				t.Fatalf("they made %q", tokens)
			}
		}
	})
}

func TestAGenerationEndsByItselfAndOldTokensStayKnown(t *testing.T) {
	each(t, func(t *testing.T, open func(Options) *Store) {
		at := newClock()
		a, b := open(Options{Rotate: 365 * 24 * time.Hour, Now: at.now}), open(Options{Rotate: 365 * 24 * time.Hour, Now: at.now})
		k := a.Of("acme")
		h, err := k.Hider(t.Context(), Text)
		if err != nil {
			t.Fatal(err)
		}
		first := string(h.Hide([]byte("Anna")))
		_ = token(t, b.Of("acme"), Text, "Anna")
		at.pass(364 * 24 * time.Hour)
		if err := errors.Join(a.Refresh(t.Context()), b.Refresh(t.Context())); err != nil {
			t.Fatal(err)
		}
		if again := string(h.Hide([]byte("Anna"))); again != first {
			t.Errorf("before its end the generation changed: %s, %s", first, again)
		}
		at.pass(24 * time.Hour)
		if err := errors.Join(a.Refresh(t.Context()), b.Refresh(t.Context())); err != nil {
			t.Fatal(err)
		}
		second := string(h.Hide([]byte("Anna"))) // of a body that was begun before
		if other := token(t, b.Of("acme"), Text, "Anna"); second != other || !strings.HasPrefix(second, "a2.") {
			t.Errorf("the second generation: %s and %s", second, other)
		}
		all, err := k.Tokens(t.Context(), Text, "Anna")
		if d := cmp.Diff([]string{first, second}, all); err != nil || d != "" {
			t.Errorf("her tokens: %v (-want +got):\n%s", err, d)
		}
		if g, err := k.Rotate(t.Context()); err != nil || g.Number != 3 {
			t.Errorf("a generation by hand: %+v, %v", g, err)
		}
		if err := b.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if third := token(t, b.Of("acme"), Text, "Anna"); !strings.HasPrefix(third, "a3.") {
			t.Errorf("another process goes on with %s", third)
		}
		if g, err := k.Generations(t.Context()); err != nil || len(g) != 3 || g[0].Number != 1 {
			t.Errorf("generations %+v, %v", g, err)
		}
	})
}

func TestAForgottenCustomerHasNoTokenThatAnybodyCouldMake(t *testing.T) {
	each(t, func(t *testing.T, open func(Options) *Store) {
		a, b := open(Options{}), open(Options{})
		k := a.Of("acme")
		var others []string
		for i := range 3000 {
			others = append(others, "customer "+strings.Repeat("i", i%7)+string(rune('a'+i%26))+time.Duration(i).String())
		}
		before := map[string]string{}
		for _, c := range append(others, "Anna Berg") {
			before[c] = token(t, b.Of("acme"), Text, c)
		}
		if _, err := k.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		second := token(t, b.Of("acme"), Text, "Anna Berg")
		n, err := k.Forget(t.Context(), Text, " ANNA berg")
		if err != nil || n != 2 {
			t.Fatalf("%d generations, %v", n, err)
		}
		if err := b.Refresh(t.Context()); err != nil { // a running collector
			t.Fatal(err)
		}
		for _, s := range []*Store{a, b, open(Options{})} {
			all, err := s.Of("acme").Tokens(t.Context(), Text, "Anna Berg")
			if err != nil || len(all) != 2 || all[0] == before["Anna Berg"] || all[1] == second {
				t.Errorf("her tokens are %v still, of %s and %s: %v", all, before["Anna Berg"], second, err)
			}
			if now := token(t, s.Of("acme"), Text, "Anna Berg"); now == second {
				t.Error("a process goes on with the key that was destroyed")
			}
		}
		first, err := k.ring(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		cut, m := 0, newMACs(first)
		for _, c := range others {
			if string(m.token(Text.Normal(nil, []byte(c)))) != before[c] {
				cut++
			}
		}
		if cut > 30 { // 3 are to be expected, by chance
			t.Errorf("%d of %d others lost their past with her", cut, len(others))
		}
	})
}

func TestTheKeyOfABodyIsKeptOnceAndDestroyedForGood(t *testing.T) {
	each(t, func(t *testing.T, open func(Options) *Store) {
		s := open(Options{})
		v := s.Of("acme").Vault("pos")
		sum := bytes.Repeat([]byte{7}, 32)
		entry := func() Entry {
			e, err := v.New(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			v.Name(&e, sum)
			return e
		}
		one, two := entry(), entry()
		if one.Name != two.Name || !Sealed(one.Name) || one.Object == two.Object || bytes.Equal(one.Key, two.Key) {
			t.Fatalf("%+v and %+v", one, two)
		}
		if kept, err := v.Keep(t.Context(), one); err != nil || kept.Object != one.Object {
			t.Fatalf("%+v, %v", kept, err)
		}
		if kept, err := v.Keep(t.Context(), two); err != nil || kept.Object != one.Object || !bytes.Equal(kept.Key, one.Key) {
			t.Fatalf("the second one got %+v, %v", kept, err)
		}
		var listed []string
		bodies := func() []string {
			listed = nil
			if err := s.Of("acme").Bodies(t.Context(), func(e Entry) error { listed = append(listed, e.Name); return nil }); err != nil {
				t.Fatal(err)
			}
			return listed
		}
		if d := cmp.Diff([]string{one.Name}, bodies()); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if err := s.Of("acme").Destroy(t.Context(), []Entry{one}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Entry(t.Context(), one.Name); !errors.Is(err, ErrErased) {
			t.Errorf("got %v", err)
		}
		if len(bodies()) != 0 {
			t.Errorf("still listed: %v", listed)
		}
		if err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again := entry(); again.Name == one.Name {
			t.Error("the name can be made again, so that a guessed body could be confirmed")
		}
		unknown := Prefix + "acme:" + strings.Repeat("0", 64)
		if _, err := s.Entry(t.Context(), unknown); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v", err)
		}
		for _, name := range []string{"", Prefix, Prefix + "../x:" + strings.Repeat("0", 64), Prefix + "acme:00", strings.Repeat("0", 64)} {
			if _, err := s.Entry(t.Context(), name); err == nil || errors.Is(err, ErrNotFound) {
				t.Errorf("%q was taken for a name: %v", name, err)
			}
		}
	})
}

func TestOnlyOneDestroysKeysAtATime(t *testing.T) {
	each(t, func(t *testing.T, open func(Options) *Store) {
		unlock, err := open(Options{}).Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		other := open(Options{})
		if _, err := other.Lock(t.Context()); err == nil || !strings.Contains(err.Error(), "pid") {
			t.Errorf("got %v", err)
		}
		if err := unlock(); err != nil {
			t.Fatal(err)
		}
		again, err := other.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := again(); err != nil {
			t.Fatal(err)
		}
	})
}
