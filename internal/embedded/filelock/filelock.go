// Package filelock keeps two processes out of one directory.
//
// A lock belongs to the open file: it is gone when the last process that holds the file has ended, however it
// ended, so there is never a stale lock to remove by hand. The file itself stays, and holds the process id of the
// last owner for messages. Leaves networked file systems to others: the lock is as good as the system's flock.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrHeld says that another process holds the lock.
var ErrHeld = errors.New("held by another process")

// Lock is a held lock. File may be handed to a child process, which then holds the lock as well.
type Lock struct{ File *os.File }

// Try takes the lock at path, making the file and its directory where needed, or fails at once with an error
// that is ErrHeld and names the owner's process id.
func Try(path string) (*Lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make directory of lock: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := lock(f); err != nil {
		owner, _ := io.ReadAll(io.LimitReader(f, 20))
		f.Close()
		if errors.Is(err, ErrHeld) {
			return nil, fmt.Errorf("%s: %w (pid %s)", path, ErrHeld, strings.TrimSpace(string(owner)))
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// The process id only serves messages: a failure to write it changes nothing about the lock.
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt([]byte(fmt.Sprintln(os.Getpid())), 0)
	}
	return &Lock{File: f}, nil
}

// Wait takes the lock at path as soon as it is free. It fails when ctx ends.
func Wait(ctx context.Context, path string) (*Lock, error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		l, err := Try(path)
		if !errors.Is(err, ErrHeld) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w; %w", err, context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// Release gives the lock up, unless a child process still holds the file.
func (l *Lock) Release() { l.File.Close() }
