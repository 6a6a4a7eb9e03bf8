package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "gocloud.dev/blob/memblob"
)

func each(t *testing.T, test func(t *testing.T, a *Archive)) {
	for name, url := range map[string]string{"folder": filepath.Join(t.TempDir(), "archive"), "bucket": "mem://"} {
		t.Run(name, func(t *testing.T) {
			a, err := Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { a.Close() })
			test(t, a)
		})
	}
}

func draft(t *testing.T, a *Archive, body []byte) *Draft {
	t.Helper()
	d, err := a.Draft(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for chunk := range bytes.SplitSeq(body, []byte("7")) {
		for _, p := range [][]byte{chunk, []byte("7")} {
			if _, err := d.Write(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestABodyReadsBackBeforeAndAfterCommit(t *testing.T) {
	each(t, func(t *testing.T, a *Archive) {
		for _, size := range []int{0, 1, chunkSize, chunkSize + 1, Small + 1} {
			body := make([]byte, size)
			rand.NewChaCha8([32]byte{byte(size)}).Read(body)
			d := draft(t, a, body)
			body = append(body, '7') // what Split adds
			read := func(r io.ReadCloser, err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(r)
				if err != nil || !bytes.Equal(got, body) {
					t.Fatalf("%d bytes: read %d back, %v", len(body), len(got), err)
				}
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
			}
			read(d.Open(t.Context()))
			for range 2 { // the same body again is fine
				if err := d.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			read(d.Open(t.Context()))
			d.Discard()
			read(a.Open(t.Context(), d.Sum))
		}
	})
}

func TestADiscardedDraftIsNotFound(t *testing.T) {
	each(t, func(t *testing.T, a *Archive) {
		d := draft(t, a, []byte("receipt,qty\n1,2\n"))
		d.Discard()
		if _, err := a.Open(t.Context(), d.Sum); !errors.Is(err, ErrNotFound) {
			t.Fatalf("got %v", err)
		}
		if _, err := a.Open(t.Context(), "../../etc/passwd"); err == nil {
			t.Fatal("a path was taken for a hash")
		}
	})
}

func TestADamagedBodyIsAnErrorNotAnotherBody(t *testing.T) {
	dir := t.TempDir()
	a, _ := Open(t.Context(), dir)
	one, two := draft(t, a, []byte("one")), draft(t, a, []byte("two"))
	if err := errors.Join(one.Commit(t.Context()), two.Commit(t.Context())); err != nil {
		t.Fatal(err)
	}
	path := func(sum string) string { n, _ := name(sum); return filepath.Join(dir, n) }
	if err := os.Rename(path(two.Sum), path(one.Sum)); err != nil {
		t.Fatal(err)
	}
	r, err := a.Open(t.Context(), one.Sum)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); err == nil {
		t.Fatal("no error")
	}
}

func TestSweepRemovesWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	a, _ := Open(context.Background(), dir)
	draft(t, a, []byte("left behind"))
	if err := a.Sweep(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			t.Errorf("%s is still there", path)
		}
		return err
	})
}

// TestBodiesExpireUnlessTheyAreSentAgain: what was kept before a time goes, and can be sent again; what was kept or sent again
// since stays.
func TestBodiesExpireUnlessTheyAreSentAgain(t *testing.T) {
	each(t, func(t *testing.T, a *Archive) {
		keep := func(text string) *Draft {
			d := draft(t, a, []byte(text))
			if err := d.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			return d
		}
		there := func(d *Draft) bool {
			r, err := a.Open(t.Context(), d.Sum)
			if err != nil && !errors.Is(err, ErrNotFound) {
				t.Fatal(err)
			}
			if err == nil {
				r.Close()
			}
			return err == nil
		}
		one, two := keep("one"), keep("two")
		for what, before := range map[string]time.Time{"without a retention": {}, "an hour ago": time.Now().Add(-time.Hour)} {
			k, err := a.Expire(t.Context(), before)
			if err != nil || k.Bodies != 2 || k.Expired != 0 || k.Bytes == 0 || k.Oldest.IsZero() {
				t.Fatalf("%s: %+v, %v", what, k, err)
			}
		}
		if f, ok := a.store.(folder); ok {
			age := func(d *Draft) {
				n, _ := name(d.Sum)
				then := time.Now().Add(-2 * time.Hour)
				if err := os.Chtimes(f.path(n), then, then); err != nil {
					t.Fatal(err)
				}
			}
			age(one)
			age(two)
			keep("two")
			k, err := a.Expire(t.Context(), time.Now().Add(-time.Hour))
			if err != nil || k.Expired != 1 || k.Bodies != 1 || there(one) || !there(two) {
				t.Fatalf("one is old, two was sent again: %+v, %v", k, err)
			}
			n, _ := name(two.Sum)
			if gone, err := f.expire(t.Context(), n, time.Now().Add(-time.Hour)); gone || err != nil || !there(two) {
				t.Fatalf("a body that was renewed while it was looked at: gone %v, %v", gone, err)
			}
		}
		if k, err := a.Expire(t.Context(), time.Now().Add(time.Hour)); err != nil || k.Bodies != 0 || there(two) {
			t.Fatalf("all are old: %+v, %v", k, err)
		}
		if keep("one"); !there(one) {
			t.Error("an expired body can't be sent again")
		}
	})
}
