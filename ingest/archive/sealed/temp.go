package sealed

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Temp is a temporary file whose bytes on the disk are worth nothing: its key is in memory only, and goes with it. Write it,
// then read anywhere in it. What a crash leaves can't be read by anybody.
type Temp struct {
	file *os.File
	w    *Writer
	size int64

	mu    sync.Mutex
	box   *box
	text  []byte
	plain []byte
	at    int64 // number of the chunk in plain; −1: none
}

// NewTemp makes one, in a folder or where temporary files are by default.
func NewTemp(dir, pattern string) (*Temp, error) {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails
	file, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	t := &Temp{file: file, at: -1, text: make([]byte, chunk+tag)}
	if t.box, err = newBox(key); err == nil {
		t.w, err = NewWriter(file, key)
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// Write takes bytes, until the first read.
func (t *Temp) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	t.size += int64(n)
	return n, err
}

// Finish ends the writing.
func (t *Temp) Finish() error { return t.w.Close() }

// Size is how much was written.
func (t *Temp) Size() int64 { return t.size }

// ReadAt reads anywhere in what was written.
func (t *Temp) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("sealed: read before the beginning")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for n < len(p) {
		if off >= t.size {
			return n, io.EOF
		}
		if err := t.load(off / chunk); err != nil {
			return n, err
		}
		k := copy(p[n:], t.plain[off%chunk:])
		n, off = n+k, off+int64(k)
	}
	return n, nil
}

// load opens one chunk.
func (t *Temp) load(i int64) error {
	if t.at == i {
		return nil
	}
	t.at = -1
	last := max(t.size-1, 0) / chunk
	size := int64(chunk)
	if i == last {
		size = t.size - last*chunk
	}
	text := t.text[:size+tag]
	if _, err := t.file.ReadAt(text, int64(len(magic))+i*(chunk+tag)); err != nil {
		return fmt.Errorf("read a temporary file: %w", broken(err))
	}
	plain, err := t.box.open(t.plain[:0], text, uint64(i), i == last)
	if err != nil {
		return fmt.Errorf("read a temporary file: %w", err)
	}
	t.plain, t.at = plain, i
	return nil
}

// Close removes the file.
func (t *Temp) Close() error { return errors.Join(t.file.Close(), os.Remove(t.file.Name())) }
