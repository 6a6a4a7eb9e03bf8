package push

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// file is what is sent; it can be read again for another try.
type file struct {
	*os.File
	name     string // as the collector is told
	encoding string
	size     int64
	temp     bool
}

// open opens a file, or keeps standard input in a temporary one.
func open(path string, stdin io.Reader) (*file, error) {
	if path == "-" {
		t, err := os.CreateTemp("", "sellthrough-push-*")
		if err != nil {
			return nil, fmt.Errorf("keep standard input: %w", err)
		}
		f := &file{File: t, temp: true}
		if f.size, err = io.Copy(t, stdin); err != nil {
			f.close()
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return f, nil
	}
	o, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := o.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder; name a file", path)
	}
	if err != nil {
		o.Close()
		return nil, err
	}
	f := &file{File: o, name: filepath.Base(path), size: info.Size()}
	for suffix, encoding := range map[string]string{".gz": "gzip", ".zst": "zstd"} {
		if name, ok := strings.CutSuffix(f.name, suffix); ok {
			f.name, f.encoding = name, encoding
		}
	}
	return f, nil
}

func (f *file) close() {
	f.Close()
	if f.temp {
		os.Remove(f.Name()) // the system's cleaning gets what stays
	}
}

// key is the same for the same content, feed and parameters.
func (f *file) key(feed, query string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", feed, query)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", f.Name(), err)
	}
	return "push-" + hex.EncodeToString(h.Sum(nil)), nil
}
