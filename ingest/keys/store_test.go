package keys

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestASecretWrapsTheStoreAndAnotherSecretDoesNotOpenIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	open := func(secret string) *Store {
		s, err := Open(t.Context(), Options{At: dir, Secret: secret})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	plain := token(t, open("").Of("acme"), Text, "Anna")
	if got := token(t, open("a secret that lies elsewhere").Of("acme"), Text, "Anna"); got != plain {
		t.Error("what was made before there was a secret is not read under it")
	}
	k := open("a secret that lies elsewhere").Of("beta")
	anna := token(t, k, Text, "Anna")
	if got := token(t, open("a secret that lies elsewhere").Of("beta"), Text, "Anna"); got != anna {
		t.Error("the secret does not open what it wrapped")
	}
	r, err := k.ring(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "partners", "beta", "generation-0001"))
	if err != nil || bytes.Contains(text, r.Keys[0][:8]) || bytes.Contains(text, []byte("generation")) {
		t.Errorf("the file lies open: %.60s, %v", text, err)
	}
	for secret, want := range map[string]string{"": "give it as customers.secret", "another secret of some length": "does not open with customers.secret"} {
		if _, err := open(secret).Of("beta").Hider(t.Context(), Text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("secret %q: %v", secret, err)
		}
	}
	// A wrapped file is bound to its name: it can't be put in another's place.
	if err := os.Rename(filepath.Join(dir, "partners", "beta"), filepath.Join(dir, "partners", "gamma")); err != nil {
		t.Fatal(err)
	}
	if _, err := open("a secret that lies elsewhere").Of("gamma").Hider(t.Context(), Text); err == nil {
		t.Error("keys of one partner were taken for another's")
	}
}

func TestNobodyElseMayEnterTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	s, err := Open(t.Context(), Options{At: dir})
	if err != nil {
		t.Fatal(err)
	}
	v := s.Of("acme").Vault("pos")
	e, err := v.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v.Name(&e, make([]byte, 32))
	if _, err := v.Keep(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		info, ierr := d.Info()
		if err != nil || ierr != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v %v", path, info.Mode(), err, ierr)
		}
		return nil
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{At: dir}); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("an open folder is taken: %v", err)
	}
}

// What a key was must not stay in the blocks of a file that has no name any more.
func TestADestroyedKeyIsOverwritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	p, err := newFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte("a key that is to be destroyed")
	for name, end := range map[string]func() error{
		"replaced": func() error { return p.replace(t.Context(), "replaced", []byte("new")) },
		"removed":  func() error { return p.remove(t.Context(), "removed") },
	} {
		if err := p.create(t.Context(), name, secret); err != nil {
			t.Fatal(err)
		}
		witness := filepath.Join(t.TempDir(), "witness") // a second name of the same blocks
		if err := os.Link(filepath.Join(dir, name), witness); err != nil {
			t.Fatal(err)
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(witness); err != nil || bytes.Contains(got, secret[:4]) {
			t.Errorf("%s: the blocks hold %q, %v", name, got, err)
		}
	}
	if got, err := p.read(t.Context(), "replaced"); err != nil || string(got) != "new" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := p.read(t.Context(), "removed"); !errors.Is(err, errNone) {
		t.Errorf("got %v", err)
	}
}

func TestWhatACrashLeftHalfWrittenIsSwept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	p, err := newFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	tmp, err := p.(folder).write("bodies/acme/00/x", []byte("a key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.list(t.Context(), "bodies/", func(name string) error { t.Errorf("%s is listed", name); return nil }); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(tmp, old, old); err != nil {
		t.Fatal(err)
	}
	if err := p.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tmp); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestADamagedRingIsAnErrorNotAnotherRing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	s, err := Open(t.Context(), Options{At: dir})
	if err != nil {
		t.Fatal(err)
	}
	_ = token(t, s.Of("acme"), Text, "Anna")
	file := filepath.Join(dir, "partners", "acme", "generation-0001")
	for _, text := range []string{"", "{}", `{"generation":1,"index":"AAAA","keys":["AAAA"]}`, "garbage"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		fresh, err := Open(t.Context(), Options{At: dir})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fresh.Of("acme").Hider(context.Background(), Text); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWithoutTheStoreNobodyMakesTheToken(t *testing.T) {
	var seen []string
	for range 3 {
		s, err := Open(t.Context(), Options{At: filepath.Join(t.TempDir(), "keys")})
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, token(t, s.Of("acme"), Text, "Anna Berg"))
	}
	if seen[0] == seen[1] || seen[1] == seen[2] || seen[0] == seen[2] {
		t.Errorf("three stores make %q of one name", seen)
	}
}
