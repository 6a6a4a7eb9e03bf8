package clickhouse

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// check compares a file with a subresource integrity string ("sha512-…").
func check(file, integrity string) error {
	want, ok := strings.CutPrefix(integrity, "sha512-")
	if !ok || want == "" {
		return fmt.Errorf("integrity %q is not a sha512", integrity)
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := base64.StdEncoding.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("the download is not what it should be: sha512 is %s instead of %s", got, want)
	}
	return nil
}

// unpack writes the library in tarball to file, on disk when it returns nil. It fails when ctx ends.
func unpack(ctx context.Context, tarball, file string) error {
	f, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer f.Close()
	defer context.AfterFunc(ctx, func() { f.Close() })()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	for entries := tar.NewReader(z); ; {
		h, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("unpack: no %s in the package", libraryFile)
		}
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		if h.Typeflag == tar.TypeReg && path.Base(h.Name) == libraryFile {
			return write(file, entries)
		}
	}
}

func write(file string, from io.Reader) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Sync(), f.Close())
}
