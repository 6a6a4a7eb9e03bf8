package archive

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sellthrough/ingest/keys"
)

// sealing runs a test over a folder and a bucket, with a key store beside.
func sealing(t *testing.T, test func(t *testing.T, a *Archive, v *keys.Vault)) {
	each(t, func(t *testing.T, a *Archive) {
		s, err := keys.Open(t.Context(), keys.Options{At: filepath.Join(t.TempDir(), "keys")})
		if err != nil {
			t.Fatal(err)
		}
		a.Keys = s
		test(t, a, s.Of("acme").Vault("pos"))
	})
}

func sealedDraft(t *testing.T, a *Archive, v *keys.Vault, body []byte) *Draft {
	t.Helper()
	d, err := a.Sealed(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	return d
}

func reads(t *testing.T, want []byte) func(io.ReadCloser, error) {
	return func(r io.ReadCloser, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: read %d back, %v", len(want), len(got), err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASealedBodyReadsBackBeforeAndAfterCommit(t *testing.T) {
	sealing(t, func(t *testing.T, a *Archive, v *keys.Vault) {
		for _, size := range []int{0, 1, 100_000, Small + 1} {
			body := make([]byte, size)
			rand.NewChaCha8([32]byte{byte(size)}).Read(body)
			d := sealedDraft(t, a, v, body)
			reads(t, body)(d.Open(t.Context()))
			for range 2 {
				if err := d.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			reads(t, body)(d.Open(t.Context()))
			d.Discard()
			reads(t, body)(a.Open(t.Context(), d.Sum))
			again := sealedDraft(t, a, v, body) // the same body again is kept once, and can be read meanwhile
			if again.Sum != d.Sum {
				t.Errorf("%s and %s are one body", again.Sum, d.Sum)
			}
			if err := again.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			reads(t, body)(again.Open(t.Context()))
			again.Discard()
			reads(t, body)(a.Open(t.Context(), d.Sum))
		}
	})
}

// files are the objects of an archive in a folder.
func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhoHasTheArchiveAloneLearnsNothing(t *testing.T) {
	dir := t.TempDir()
	a, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := keys.Open(t.Context(), keys.Options{At: filepath.Join(t.TempDir(), "keys")})
	if err != nil {
		t.Fatal(err)
	}
	a.Keys = s
	body := []byte("receipt,phone\nr1,+49 30 123456\n" + strings.Repeat("r2,+49 30 654321\n", 10_000))
	var names []string
	for _, partner := range []string{"acme", "beta"} {
		v := s.Of("acme").Vault("pos")
		if partner == "beta" {
			v = s.Of("beta").Vault("other")
		}
		d := sealedDraft(t, a, v, body)
		for _, f := range files(t, dir) { // while it is being received
			if text, err := os.ReadFile(f); err != nil || bytes.Contains(text, []byte("+49 30")) {
				t.Errorf("%s lies open, %v", f, err)
			}
		}
		if err := d.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.Discard()
		names = append(names, d.Sum)
	}
	if names[0][len("sealed:acme:"):] == names[1][len("sealed:beta:"):] {
		t.Error("a body of two partners has one name")
	}
	all := files(t, dir)
	if len(all) != 2 {
		t.Fatalf("%d objects", len(all))
	}
	one, _ := os.ReadFile(all[0])
	two, _ := os.ReadFile(all[1])
	if bytes.Equal(one[64:128], two[64:128]) {
		t.Error("equal bodies are equal objects")
	}
	for _, f := range all {
		text, _ := os.ReadFile(f)
		if bytes.Contains(text, []byte("+49 30")) || bytes.Contains(text, []byte{0x28, 0xb5, 0x2f, 0xfd}) { // the mark of zstd
			t.Errorf("%s lies open", f)
		}
		for _, n := range names {
			if strings.Contains(f, n[len(n)-64:]) {
				t.Errorf("the name of %s is that of the body in the log", f)
			}
		}
	}
}

func TestTwoWhoKeepOneBodyAtOnceKeepItOnce(t *testing.T) {
	sealing(t, func(t *testing.T, a *Archive, v *keys.Vault) {
		body := []byte("receipt,phone\nr1,+49 30 123456\n")
		var all sync.WaitGroup
		drafts := make([]*Draft, 6)
		for i := range drafts {
			drafts[i] = sealedDraft(t, a, v, body)
		}
		for _, d := range drafts {
			all.Go(func() {
				if err := d.Commit(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, d := range drafts {
			reads(t, body)(d.Open(t.Context()))
			d.Discard()
		}
		reads(t, body)(a.Open(t.Context(), drafts[0].Sum))
		if f, ok := a.store.(folder); ok {
			if n := len(files(t, f.root)); n != 1 {
				t.Errorf("%d objects of one body", n)
			}
		}
	})
}

func TestABodyWhoseKeyIsDestroyedIsErasedAndCanBeSentAgain(t *testing.T) {
	sealing(t, func(t *testing.T, a *Archive, v *keys.Vault) {
		body := []byte("receipt,phone\nr1,+49 30 123456\n")
		d := sealedDraft(t, a, v, body)
		if err := d.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.Discard()
		e, err := v.Find(t.Context(), d.Sum)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Keys.Of("acme").Destroy(t.Context(), []keys.Entry{e}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Open(t.Context(), d.Sum); !errors.Is(err, ErrErased) {
			t.Errorf("got %v", err)
		}
		if err := a.RemoveSealed(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		if err := a.Keys.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		again := sealedDraft(t, a, v, body)
		if again.Sum == d.Sum {
			t.Error("the body has the name that it had before it was erased")
		}
		if err := again.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		again.Discard()
		reads(t, body)(a.Open(t.Context(), again.Sum))
	})
}

// A rule of the bucket takes objects out by age, and knows nothing of keys.
func TestABodyThatAgedOutOfTheArchiveIsKeptAnewWhenItIsSentAgain(t *testing.T) {
	sealing(t, func(t *testing.T, a *Archive, v *keys.Vault) {
		body := []byte("receipt,phone\nr1,+49 30 123456\n")
		d := sealedDraft(t, a, v, body)
		if err := d.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.Discard()
		e, err := v.Find(t.Context(), d.Sum)
		if err == nil {
			err = a.RemoveSealed(t.Context(), &e)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Open(t.Context(), d.Sum); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v", err)
		}
		again := sealedDraft(t, a, v, body)
		if err := again.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		again.Discard()
		reads(t, body)(a.Open(t.Context(), d.Sum))
	})
}

func TestADamagedSealedBodyIsAnError(t *testing.T) {
	dir := t.TempDir()
	a, _ := Open(t.Context(), dir)
	s, err := keys.Open(t.Context(), keys.Options{At: filepath.Join(t.TempDir(), "keys")})
	if err != nil {
		t.Fatal(err)
	}
	a.Keys = s
	d := sealedDraft(t, a, s.Of("acme").Vault("pos"), bytes.Repeat([]byte("r1,anna\n"), 100_000))
	if err := d.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Discard()
	f := files(t, dir)[0]
	text, _ := os.ReadFile(f)
	for _, at := range []int{20, len(text) / 2, len(text) - 1} {
		changed := bytes.Clone(text)
		changed[at] ^= 1
		if err := os.WriteFile(f, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := a.Open(t.Context(), d.Sum)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); err == nil {
			t.Errorf("a change at byte %d went unnoticed", at)
		}
		r.Close()
	}
}

func TestABodyThatIsRemovedIsGoneWithItsKey(t *testing.T) {
	sealing(t, func(t *testing.T, a *Archive, v *keys.Vault) {
		body := []byte("receipt,phone\nr1,+49 30 123456\n")
		d, plain := sealedDraft(t, a, v, body), draft(t, a, body)
		if err := errors.Join(d.Commit(t.Context()), plain.Commit(t.Context())); err != nil {
			t.Fatal(err)
		}
		d.Discard()
		plain.Discard()
		for _, name := range []string{d.Sum, plain.Sum} {
			for range 2 { // what is not there is fine
				if err := a.Remove(t.Context(), name); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := a.Open(t.Context(), name); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := a.Keys.Of("acme").Bodies(t.Context(), func(e keys.Entry) error { t.Errorf("%s has a key", e.Name); return nil }); err != nil {
			t.Fatal(err)
		}
	})
}
