package keys

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

var (
	errNone  = errors.New("there is no such file")
	errTaken = errors.New("there is such a file")
)

// place is where the files lie: a folder, or a bucket. What returned nil is durable.
type place interface {
	read(ctx context.Context, name string) ([]byte, error)
	create(ctx context.Context, name string, text []byte) error  // errTaken where it is there; of two at once one succeeds
	replace(ctx context.Context, name string, text []byte) error // all of it or nothing; what was there is destroyed
	remove(ctx context.Context, name string) error               // and destroys it
	list(ctx context.Context, prefix string, use func(name string) error) error
	sweep(ctx context.Context) error // what a crash left half written
	close() error
}

func placeOf(ctx context.Context, at string) (place, error) {
	u, err := url.Parse(at)
	if err != nil || len(u.Scheme) < 2 { // a plain path, or a Windows drive letter
		return newFolder(at)
	}
	if u.Scheme == "file" {
		return newFolder(filepath.FromSlash(u.Path))
	}
	b, err := blob.OpenBucket(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", u.Redacted(), err)
	}
	return bucket{b}, nil
}

// folder is a place that nobody but its owner may read.
type folder struct{ root string }

func newFolder(root string) (place, error) {
	if root == "" {
		return nil, errors.New("the key store needs a folder")
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("make the key store: %w", err)
	}
	info, err := os.Stat(root)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("others may enter the key store %s (%s); make it its owner's alone: chmod 700 %s", root, info.Mode().Perm(), root)
	}
	if !owned(info) {
		return nil, fmt.Errorf("the key store %s belongs to another user, who could not read what this process writes; run it as that user", root)
	}
	return folder{root}, nil
}

func (f folder) path(name string) string { return filepath.Join(f.root, filepath.FromSlash(name)) }

func (folder) close() error { return nil }

func (f folder) read(_ context.Context, name string) ([]byte, error) {
	text, err := os.ReadFile(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNone
	}
	return text, err
}

const unfinished = ".tmp-"

// write makes a file with a name of its own beside its place.
func (f folder) write(name string, text []byte) (tmp string, err error) {
	to := f.path(name)
	if err := f.dirs(filepath.Dir(to)); err != nil {
		return "", err
	}
	tmp = filepath.Join(filepath.Dir(to), unfinished+strings.ToLower(rand.Text()))
	file, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		_ = os.Remove(tmp) // one that stays is swept
		return "", err
	}
	return tmp, nil
}

func (f folder) create(_ context.Context, name string, text []byte) error {
	tmp, err := f.write(name, text)
	if err != nil {
		return err
	}
	err = os.Link(tmp, f.path(name)) // unlike a rename it never takes another's place
	err = errors.Join(err, os.Remove(tmp))
	if errors.Is(err, fs.ErrExist) {
		return errTaken
	}
	if err != nil {
		return fmt.Errorf("the key store needs a file system with hard links: %w", err)
	}
	return syncDir(filepath.Dir(f.path(name)))
}

func (f folder) replace(_ context.Context, name string, text []byte) error {
	old, err := os.OpenFile(f.path(name), os.O_WRONLY, 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	tmp, err := f.write(name, text)
	if err == nil {
		if err = os.Rename(tmp, f.path(name)); err == nil {
			err = syncDir(filepath.Dir(f.path(name)))
		}
	}
	if old == nil {
		return err
	}
	if err != nil {
		return errors.Join(err, old.Close())
	}
	return destroy(old)
}

func (f folder) remove(_ context.Context, name string) error {
	old, err := os.OpenFile(f.path(name), os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := errors.Join(os.Remove(f.path(name)), syncDir(filepath.Dir(f.path(name)))); err != nil {
		return errors.Join(err, old.Close())
	}
	return destroy(old)
}

// destroy overwrites a file that has no name any more. A disk that moves blocks about (an SSD, a file system that copies
// on write) may keep the old ones for a while; the secret, or an encrypted disk, is for that.
func destroy(file *os.File) error {
	info, err := file.Stat()
	if err == nil {
		_, err = file.WriteAt(make([]byte, info.Size()), 0)
	}
	return errors.Join(err, file.Sync(), file.Close())
}

func (f folder) list(_ context.Context, prefix string, use func(string) error) error {
	err := filepath.WalkDir(f.path(prefix), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), unfinished) {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // gone meanwhile
			}
			return err
		}
		name, err := filepath.Rel(f.root, path)
		if err != nil {
			return err
		}
		return use(filepath.ToSlash(name))
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f folder) sweep(ctx context.Context) error {
	return filepath.WalkDir(f.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasPrefix(d.Name(), unfinished) {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		info, err := d.Info()
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			return nil // somebody is writing it
		}
		name, err := filepath.Rel(f.root, path)
		if err != nil {
			return err
		}
		return f.remove(ctx, filepath.ToSlash(name))
	})
}

// dirs makes a folder and those above it, down from the root.
func (f folder) dirs(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for d := filepath.Dir(dir); ; d = filepath.Dir(d) {
		if err := syncDir(d); err != nil || d == filepath.Clean(f.root) || d == filepath.Dir(d) {
			return err
		}
	}
}

// syncDir makes names in a folder durable. Windows has no such call; its file system journals names.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// bucket is a place in a gocloud.dev bucket. What is deleted there is as gone as the provider makes it: keep no versions.
type bucket struct{ b *blob.Bucket }

func (b bucket) close() error { return b.b.Close() }

func (b bucket) read(ctx context.Context, name string) ([]byte, error) {
	text, err := b.b.ReadAll(ctx, name)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, errNone
	}
	return text, err
}

func (b bucket) put(ctx context.Context, name string, text []byte, only bool) error {
	w, err := b.b.NewWriter(ctx, name, &blob.WriterOptions{ContentType: "application/octet-stream", IfNotExist: only})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, bytes.NewReader(text))
	return errors.Join(err, w.Close())
}

func (b bucket) create(ctx context.Context, name string, text []byte) error {
	err := b.put(ctx, name, text, true)
	if gcerrors.Code(err) == gcerrors.FailedPrecondition {
		return errTaken
	}
	return err
}

func (b bucket) replace(ctx context.Context, name string, text []byte) error {
	return b.put(ctx, name, text, false)
}

func (b bucket) remove(ctx context.Context, name string) error {
	if err := b.b.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return err
	}
	return nil
}

func (b bucket) list(ctx context.Context, prefix string, use func(string) error) error {
	for it := b.b.List(&blob.ListOptions{Prefix: prefix}); ; {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = use(o.Key)
		}
		if err != nil {
			return err
		}
	}
}

func (bucket) sweep(context.Context) error { return nil }
