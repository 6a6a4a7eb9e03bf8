package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// folder is a store in the local file system. Files are written beside their place, synced, then renamed, and the
// folder that names them is synced too.
type folder struct{ root string }

func (f folder) path(name string) string { return filepath.Join(f.root, filepath.FromSlash(name)) }

func (f folder) create(context.Context) (temp, error) {
	dir := f.path("incoming")
	file, err := os.CreateTemp(dir, "body-*")
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(dir, 0o750); err == nil {
			file, err = os.CreateTemp(dir, "body-*")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("archive: begin a body: %w", err)
	}
	return &folderTemp{folder: f, file: file}, nil
}

func (f folder) open(_ context.Context, name string) (io.ReadCloser, error) {
	r, err := os.Open(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, name)
	}
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return r, nil
}

func (f folder) renew(_ context.Context, name string) (bool, error) {
	err := os.Chtimes(f.path(name), time.Time{}, time.Now())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("archive: %w", err)
	}
	return true, nil
}

func (f folder) each(ctx context.Context, prefix string, use func(object) error) error {
	err := filepath.WalkDir(f.path(prefix), func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // it has gone meanwhile
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case !e.Type().IsRegular():
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(f.root, path)
		if err != nil {
			return err
		}
		return use(object{filepath.ToSlash(rel), info.Size(), info.ModTime()})
	})
	if err != nil {
		return fmt.Errorf("archive: list: %w", err)
	}
	return nil
}

// expire puts the file aside before it looks at its time again: a renewal then finds nothing, and the body is kept anew; one
// that came just before is seen here, and the file comes back.
func (f folder) expire(_ context.Context, name string, before time.Time) (bool, error) {
	path, aside := f.path(name), f.path(name)+".expired"
	if err := os.Rename(path, aside); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, fmt.Errorf("archive: %w", err)
	}
	info, err := os.Stat(aside)
	if err == nil && !info.ModTime().Before(before) {
		return false, os.Rename(aside, path) // whatever was kept there meanwhile is the same body
	}
	if err = errors.Join(err, os.Remove(aside)); err != nil {
		return false, fmt.Errorf("archive: %w", err)
	}
	return true, nil
}

func (f folder) remove(_ context.Context, name string) error {
	at := f.path(name)
	if err := os.Remove(at); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("archive: remove %s: %w", name, err)
	}
	return syncDir(filepath.Dir(at))
}

func (f folder) sweep(_ context.Context, before time.Time) error {
	entries, err := os.ReadDir(f.path("incoming"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		info, ierr := e.Info()
		if ierr == nil && info.ModTime().Before(before) {
			err = errors.Join(err, os.Remove(filepath.Join(f.path("incoming"), e.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("archive: sweep drafts: %w", err)
	}
	return nil
}

func (folder) close() error { return nil }

type folderTemp struct {
	folder folder
	file   *os.File
	path   string // where it was kept; empty before
}

func (t *folderTemp) Write(p []byte) (int, error) { return t.file.Write(p) }

func (t *folderTemp) reopen(context.Context) (io.ReadCloser, error) {
	p := t.path
	if p == "" {
		p = t.file.Name()
	}
	r, err := os.Open(p)
	if err != nil {
		return nil, fmt.Errorf("archive: read draft: %w", err)
	}
	return r, nil
}

func (t *folderTemp) keep(_ context.Context, name string) error {
	to := t.folder.path(name)
	err := t.file.Sync()
	if err == nil {
		err = t.file.Close()
	}
	if err != nil {
		return fmt.Errorf("archive: sync body: %w", err)
	}
	err = os.Rename(t.file.Name(), to)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeDirs(t.folder.root, filepath.Dir(to)); err == nil {
			err = os.Rename(t.file.Name(), to)
		}
	}
	if err != nil {
		return fmt.Errorf("archive: keep body: %w", err)
	}
	t.path = to
	return syncDir(filepath.Dir(to))
}

func (t *folderTemp) drop() {
	t.file.Close()
	if t.path == "" {
		os.Remove(t.file.Name()) // what stays is swept later
	}
}

// makeDirs makes dir and syncs each folder from its parent up to root, which have new entries.
func makeDirs(root, dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for d := filepath.Dir(dir); ; d = filepath.Dir(d) {
		if err := syncDir(d); err != nil {
			return err
		}
		if d == filepath.Clean(root) || d == filepath.Dir(d) {
			return nil
		}
	}
}

// syncDir makes names in a folder durable. Windows has no such call; its file system journals names.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return fmt.Errorf("archive: sync %s: %w", dir, err)
	}
	return nil
}
