package erase

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"sellthrough"
	"sellthrough/ingest/door"
	"sellthrough/ingest/dropfeed"
)

// folders are those of the doors that keep files of a feed on this machine.
func (r *run) folders(feed sellthrough.FeedID) (out []string) {
	d := &r.Config.Doors
	var dirs []string
	if d.Folder.Root != "" {
		dirs = append(dirs, dropfeed.Dir(d.Folder.Root, feed))
	}
	if d.SFTP.Root != "" {
		dirs = append(dirs, dropfeed.Dir(filepath.Join(d.SFTP.Root, string(r.order.Partner)), feed))
	}
	for _, dir := range dirs {
		out = append(out, filepath.Join(dir, dropfeed.Refused), filepath.Join(dir, dropfeed.Processed))
	}
	return out
}

// files looks through what the doors of this machine keep of files that were refused, or were taken before their feed was
// known to hold end customers.
func (r *run) files() error {
	for _, f := range r.feeds {
		for _, dir := range r.folders(f.ID) {
			entries, err := os.ReadDir(dir)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			for _, e := range entries {
				if !e.Type().IsRegular() || strings.HasSuffix(e.Name(), ".receipt.json") || strings.HasSuffix(e.Name(), ".receipt.txt") {
					continue
				}
				found, err := r.file(f.ID, filepath.Join(dir, e.Name()))
				if err != nil {
					return err
				}
				if found {
					r.report.Files = append(r.report.Files, filepath.Join(dir, e.Name()))
				}
			}
		}
	}
	return nil
}

// file looks through one file. One that can't be unpacked was refused for that, and is looked through as it is.
func (r *run) file(feed sellthrough.FeedID, path string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	for _, unpack := range []bool{true, false} {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return false, err
		}
		src := io.Reader(file)
		if unpack {
			encoding, _ := door.Encoding(path)
			if src, err = unpacked(file, encoding); err != nil {
				continue
			}
		}
		seen, err := r.seekers[feed].Holds(src)
		if err != nil && unpack {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("look through %s: %w", path, err)
		}
		return seen.Found, nil
	}
	return false, nil
}

func unpacked(src io.Reader, encoding string) (io.Reader, error) {
	switch encoding {
	case "gzip":
		return gzip.NewReader(src)
	case "zstd":
		z, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return src, nil
}

// remove takes the files away that hold the customer.
func (r *run) remove() (err error) {
	for _, f := range r.report.Files {
		if rerr := os.Remove(f); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	return err
}
