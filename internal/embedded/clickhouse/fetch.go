package clickhouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"sellthrough/internal/embedded/filelock"
)

// libraryFile is the library's name in the cache directory. It is there if and only if it is complete and checked.
const libraryFile = "libchdb.so"

// Fetch returns the path of the library, downloading it with npm (about 178 MB, 566 MB unpacked) unless it is in the
// cache directory already. It tells progress what it does and how far it is, and nothing when there is nothing to do.
// The download is checked against a pinned hash before it is unpacked. Two processes may fetch at once, and a killed
// one leaves nothing that disturbs the next.
//
// The cache is "sellthrough" in the user's cache directory, or the directory that SELLTHROUGH_CACHE names.
func Fetch(ctx context.Context, progress io.Writer) (string, error) {
	lib, err := libraryFor(runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return "", err
	}
	cache := os.Getenv("SELLTHROUGH_CACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find a cache directory (SELLTHROUGH_CACHE names another): %w", err)
		}
		cache = filepath.Join(user, "sellthrough")
	}
	dir, err := filepath.Abs(filepath.Join(cache, "chdb-"+Version))
	if err != nil {
		return "", err
	}
	path, err := fetch(ctx, lib, dir, npm, progress)
	if err != nil {
		return "", fmt.Errorf("fetch ClickHouse (%s %s): %w", lib.name, Version, err)
	}
	return path, nil
}

// packer puts the tarball of a package version into dir and returns its path and its integrity as the registry has it
// when asked for.
type packer interface {
	pack(ctx context.Context, spec, dir string) (path string, err error)
	integrity(ctx context.Context, spec, dir string) (string, error)
}

func fetch(ctx context.Context, lib library, dir string, find func() (packer, error), progress io.Writer) (string, error) {
	path := filepath.Join(dir, libraryFile)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	lock, err := filelock.Wait(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer lock.Release()
	// Whoever held the lock may have been fetching.
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	// With the lock held, anything partial is from a process that was killed.
	old, err := filepath.Glob(filepath.Join(dir, "*.partial"))
	if err != nil {
		return "", err
	}
	for _, name := range old {
		if err := os.RemoveAll(name); err != nil {
			return "", err
		}
	}
	work, err := os.MkdirTemp(dir, "fetch-*.partial")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)

	p, err := find()
	if err != nil {
		return "", err
	}
	spec := lib.name + "@" + Version
	fmt.Fprintf(progress, "Fetching ClickHouse %s for the embedded engine: %s, about 178 MB, once.\n", Version, lib.name)
	began := time.Now()
	stop := watch(filepath.Join(work, "npm"), began, progress)
	want := lib.integrity
	if want == "" {
		want, err = p.integrity(ctx, spec, work)
	}
	var tarball string
	if err == nil {
		tarball, err = p.pack(ctx, spec, work)
	}
	stop()
	if err != nil {
		return "", err
	}
	fmt.Fprintf(progress, "  downloaded in %s; checking and unpacking\n", time.Since(began).Round(time.Second))
	if err := check(tarball, want); err != nil {
		return "", err
	}
	unpacked := filepath.Join(work, libraryFile)
	if err := unpack(ctx, tarball, unpacked); err != nil {
		return "", err
	}
	if err := os.Rename(unpacked, path); err != nil {
		return "", err
	}
	fmt.Fprintf(progress, "  done in %s\n", time.Since(began).Round(time.Second))
	return path, nil
}

// watch writes the size of dir every few seconds until the returned function is called.
func watch(dir string, began time.Time, progress io.Writer) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(3 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				fmt.Fprintf(progress, "  %d MB after %s\n", size(dir)/1e6, time.Since(began).Round(time.Second))
			}
		}
	}()
	return func() { close(quit); <-done }
}

func size(dir string) (total int64) {
	// Files come and go meanwhile; what can't be read counts as nothing.
	_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	return total
}

// npmCommand is the packer that every user of the library has at hand.
type npmCommand struct{ path string }

func npm() (packer, error) {
	path, err := exec.LookPath("npm")
	if err != nil {
		return nil, errors.New("npm is needed to download it and is not installed: " +
			"install npm or a `clickhouse` binary, or set engines.clickhouse.address to a ClickHouse that runs elsewhere")
	}
	return npmCommand{path}, nil
}

func (n npmCommand) pack(ctx context.Context, spec, dir string) (string, error) {
	if _, err := n.run(ctx, dir, "pack", spec, "--pack-destination", dir); err != nil {
		return "", err
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("npm pack left %d tarballs instead of one", len(found))
	}
	return found[0], nil
}

func (n npmCommand) integrity(ctx context.Context, spec, dir string) (string, error) {
	return n.run(ctx, dir, "view", spec, "dist.integrity")
}

// run runs npm with its own cache below dir, so that progress can be seen there and no second copy stays.
func (n npmCommand) run(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, n.path, append(args, "--ignore-scripts", "--no-update-notifier", "--cache", filepath.Join(dir, "npm"))...)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	said := &tail{limit: 2048}
	cmd.Stdout, cmd.Stderr = &out, said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", said.explain(fmt.Errorf("npm %s: %w", args[0], err))
	}
	return strings.TrimSpace(out.String()), nil
}
