package clickhouse

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// registry is a packer with one small package and counts what it was asked for.
type registry struct {
	tarball []byte
	said    string // what integrity answers
	packs   atomic.Int32
}

func newRegistry(t *testing.T, file, content string) *registry {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for name, text := range map[string]string{"package/package.json": "{}", file: content} {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512(out.Bytes())
	return &registry{tarball: out.Bytes(), said: "sha512-" + base64.StdEncoding.EncodeToString(sum[:])}
}

func (r *registry) pack(_ context.Context, _, dir string) (string, error) {
	r.packs.Add(1)
	path := filepath.Join(dir, "x.tgz")
	return path, os.WriteFile(path, r.tarball, 0o600)
}

func (r *registry) integrity(context.Context, string, string) (string, error) { return r.said, nil }

func (r *registry) find() (packer, error) { return r, nil }

func TestFetchIsOnceForTwoAtTheSameTime(t *testing.T) {
	r, dir := newRegistry(t, "package/libchdb.so", "the library"), t.TempDir()
	// A process that was killed half way left this.
	old := filepath.Join(dir, "fetch-1.partial")
	if err := os.MkdirAll(filepath.Join(old, "npm"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(old, libraryFile), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			path, err := fetch(t.Context(), library{name: "x", integrity: r.said}, dir, r.find, io.Discard)
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := os.ReadFile(path); string(got) != "the library" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	both.Wait()
	if n := r.packs.Load(); n != 1 {
		t.Errorf("downloaded %d times", n)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.partial")); left != nil {
		t.Errorf("%v are left", left)
	}
}

func TestFetchIsSilentWhenThereIsNothingToDo(t *testing.T) {
	r, dir := newRegistry(t, "package/libchdb.so", "the library"), t.TempDir()
	if _, err := fetch(t.Context(), library{name: "x", integrity: r.said}, dir, r.find, io.Discard); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	none := func() (packer, error) { return nil, errors.New("no npm") }
	if _, err := fetch(t.Context(), library{name: "x"}, dir, none, &said); err != nil || said.Len() > 0 {
		t.Errorf("got %v and %q", err, &said)
	}
}

func TestFetchTakesNothingThatIsNotWhatItShouldBe(t *testing.T) {
	bad := func(r *registry, pinned, want string) {
		t.Helper()
		dir := t.TempDir()
		_, err := fetch(t.Context(), library{name: "x", integrity: pinned}, dir, r.find, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if _, err := os.Stat(filepath.Join(dir, libraryFile)); err == nil {
			t.Error("the library is there")
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*.partial")); left != nil {
			t.Errorf("%v are left", left)
		}
	}
	good := newRegistry(t, "package/libchdb.so", "the library")
	other := newRegistry(t, "package/libchdb.so", "another library")
	bad(other, good.said, "not what it should be")
	// Without a pinned hash the registry's own counts.
	bad(&registry{tarball: other.tarball, said: good.said}, "", "not what it should be")
	bad(&registry{tarball: other.tarball, said: ""}, "", "not a sha512")
	bad(&registry{tarball: other.tarball, said: "sha1-abc"}, "", "not a sha512")
	empty := newRegistry(t, "package/readme", "nothing")
	bad(empty, empty.said, "no libchdb.so in the package")
}

func TestWithoutNpmTheErrorSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("SELLTHROUGH_CACHE", t.TempDir())
	_, err := Fetch(t.Context(), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "install npm") || !strings.Contains(err.Error(), "engines.clickhouse.address") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownPlatformsAreToldWhatToDo(t *testing.T) {
	for _, p := range [][2]string{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "arm64"}, {"darwin", "amd64"}} {
		if l, err := libraryFor(p[0], p[1]); err != nil || l.name == "" {
			t.Errorf("%v: got %v, %v", p, l, err)
		}
	}
	if _, err := libraryFor("windows", "amd64"); err == nil || !strings.Contains(err.Error(), "engines.clickhouse.address") {
		t.Errorf("got %v", err)
	}
}
