package sftpfeed

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"sellthrough/ingest/door"
)

// ahead is how much of an upload may wait for a piece before it: clients send several at once, and they are worked on
// side by side.
const ahead = 16 << 20

// upload is a file that is being written. What lies on disk is at any moment a prefix of it.
type upload struct {
	box     *box
	name    string
	resumed bool // begins behind what lay there before

	mu      sync.Mutex
	file    *os.File
	end     int64            // of the prefix
	later   map[int64][]byte // pieces behind a gap
	waiting int
	broken  error // the connection, or this upload
	begun   bool
}

var errLost = errors.New("the file is being uploaded by another connection")

// WriteAt takes a piece.
func (u *upload) WriteAt(p []byte, at int64) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.broken != nil {
		return 0, u.broken
	}
	if at+int64(len(p)) > u.box.limit {
		return 0, u.fail(fmt.Errorf("the file is larger than %d MiB; send it in parts (by day or by location)", u.box.limit>>20))
	}
	if at == 0 && u.resumed && !u.begun { // from its beginning, over what lay there
		if err := u.file.Truncate(0); err != nil {
			return 0, u.fail(err)
		}
		u.end = 0
	}
	switch {
	case at < u.end:
		return 0, u.fail(fmt.Errorf("a piece begins at byte %d, but %d are here already; resume at the end of the file, or upload it anew", at, u.end))
	case at > u.end:
		if u.waiting += len(p); u.waiting > ahead {
			return 0, u.fail(fmt.Errorf("bytes from %d on are missing; send the file from its beginning to its end", u.end))
		}
		if u.later == nil {
			u.later = map[int64][]byte{}
		}
		if _, double := u.later[at]; double {
			return 0, u.fail(fmt.Errorf("the piece at byte %d came twice", at))
		}
		u.later[at] = append([]byte(nil), p...)
		return len(p), nil
	}
	if err := u.append(p); err != nil {
		return 0, err
	}
	for piece, ok := u.later[u.end]; ok; piece, ok = u.later[u.end] {
		delete(u.later, u.end)
		u.waiting -= len(piece)
		if err := u.append(piece); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (u *upload) append(p []byte) error {
	u.begun = true
	n, err := u.file.WriteAt(p, u.end)
	u.end += int64(n)
	if err != nil {
		return u.fail(fmt.Errorf("keep what was uploaded: %w", err))
	}
	return nil
}

func (u *upload) fail(err error) error {
	u.broken = err
	return err
}

// TransferError is told that the connection broke.
func (u *upload) TransferError(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.broken == nil {
		u.broken = fmt.Errorf("the connection broke: %w", err)
	}
}

// lose ends an upload in favour of another one.
func (u *upload) lose() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.broken == nil {
		u.broken = errLost
	}
}

// Close ends an upload. Whole and under its name, the file is claimed; nil means that it is on disk.
func (u *upload) Close() error {
	u.mu.Lock()
	if u.broken == nil && len(u.later) > 0 {
		u.broken = fmt.Errorf("bytes from %d on are missing; resume there, or upload the file anew", u.end)
	}
	if err := errors.Join(u.file.Sync(), u.file.Close()); err != nil && u.broken == nil {
		u.broken = fmt.Errorf("keep what was uploaded: %w", err)
	}
	u.mu.Unlock()
	u.box.mu.Lock()
	defer u.box.mu.Unlock()
	u.mu.Lock() // another connection may have taken the file meanwhile
	defer u.mu.Unlock()
	mine := u.box.open[u.name] == u
	if mine {
		delete(u.box.open, u.name)
	}
	switch {
	case u.broken != nil:
		return u.broken
	case !mine:
		return errLost
	case door.Unfinished(u.name):
		return nil
	}
	return u.box.take(u.name)
}
