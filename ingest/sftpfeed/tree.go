package sftpfeed

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pkg/sftp"

	"sellthrough"
	"sellthrough/ingest/door"
	"sellthrough/ingest/dropfeed"
)

// receipts is the folder of a feed that the partner reads.
const receipts = "receipts"

// tree is what one user sees.
type tree struct {
	user  *user
	boxes map[string]*box
}

// spot is a place in the tree: the top (no box), a feed's folder, its receipts, or a file in one of these.
type spot struct {
	box      *box
	receipts bool
	file     string
}

func (t *tree) spot(name string) (spot, error) {
	parts := strings.Split(strings.Trim(path.Clean("/"+name), "/"), "/")
	if parts[0] == "" {
		return spot{}, nil
	}
	if !slices.Contains(t.user.Feeds, sellthrough.FeedID(parts[0])) || len(parts) > 3 {
		return spot{}, os.ErrNotExist
	}
	s := spot{box: t.boxes[string(t.user.Partner)+"/"+parts[0]]}
	switch {
	case len(parts) == 1:
		return s, nil
	case parts[1] == receipts:
		s.receipts = true
		if len(parts) == 3 {
			s.file = parts[2]
		}
		return s, nil
	case len(parts) == 3:
		return spot{}, os.ErrNotExist
	}
	s.file = parts[1]
	return s, nil
}

// place is the spot of a report that may be written. A name that begins with a dot is ours.
func (t *tree) place(name string) (spot, error) {
	s, err := t.spot(name)
	switch {
	case err != nil:
		return s, err
	case s.box == nil || s.file == "" || s.receipts:
		return s, fmt.Errorf("%w: put reports into the folder of their feed", os.ErrPermission)
	case door.Name(s.file) != nil:
		return s, door.Name(s.file)
	case strings.HasPrefix(s.file, ".") || s.file == dropfeed.Processed || s.file == dropfeed.Refused:
		return s, fmt.Errorf("%w: choose another name", os.ErrPermission)
	}
	return s, nil
}

// Fileread opens a receipt.
func (t *tree) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	s, err := t.spot(r.Filepath)
	switch {
	case err != nil:
		return nil, err
	case s.file == "" || !s.receipts:
		return nil, fmt.Errorf("%w: only receipts can be read", os.ErrPermission)
	}
	f, err := s.box.receipt(s.file)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Filewrite begins an upload, or goes on with one.
func (t *tree) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	s, err := t.place(r.Filepath)
	if err != nil {
		return nil, err
	}
	return s.box.write(s.file, r.Pflags())
}

// Filecmd renames and removes what is not yet taken.
func (t *tree) Filecmd(r *sftp.Request) error {
	switch r.Method {
	case "Setstat": // clients set times and modes behind an upload: neither matters here
		if r.AttrFlags().Size {
			return fmt.Errorf("%w: upload the file again instead of cutting it", os.ErrPermission)
		}
		return nil
	case "Rename":
		return t.rename(r.Filepath, r.Target)
	case "Remove":
		s, err := t.place(r.Filepath)
		if err != nil {
			return err
		}
		return s.box.remove(s.file)
	}
	return fmt.Errorf("%w: the folders here are fixed", os.ErrPermission)
}

// PosixRename is Rename.
func (t *tree) PosixRename(r *sftp.Request) error { return t.rename(r.Filepath, r.Target) }

func (t *tree) rename(from, to string) error {
	a, err := t.place(from)
	if err != nil {
		return err
	}
	b, err := t.place(to)
	if err != nil {
		return err
	}
	if a.box != b.box {
		return fmt.Errorf("%w: rename within the folder of a feed", os.ErrPermission)
	}
	return a.box.rename(a.file, b.file)
}

// Filelist lists a folder, or says what is known of a file.
func (t *tree) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	s, err := t.spot(r.Filepath)
	if err != nil {
		return nil, err
	}
	if r.Method == "List" {
		return t.list(s)
	}
	if r.Method != "Stat" {
		return nil, os.ErrPermission
	}
	if s.file == "" {
		return infos{folder(path.Base(path.Clean("/" + r.Filepath)))}, nil
	}
	all, err := t.list(spot{box: s.box, receipts: s.receipts})
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		if i.Name() == s.file {
			return infos{i}, nil
		}
	}
	return nil, os.ErrNotExist
}

func (t *tree) list(s spot) (infos, error) {
	switch {
	case s.file != "":
		return nil, os.ErrNotExist
	case s.box == nil:
		var out infos
		for _, f := range t.user.Feeds {
			out = append(out, folder(string(f)))
		}
		return out, nil
	case s.receipts:
		return s.box.receipts()
	}
	files, err := s.box.files()
	return append(infos{folder(receipts)}, files...), err
}

// infos is a listing.
type infos []os.FileInfo

// ListAt gives the part of a listing from an offset on.
func (l infos) ListAt(to []os.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(to, l[offset:])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

// info is a folder or file as a partner sees it.
type info struct {
	name string
	size int64
	at   time.Time
	mode fs.FileMode
}

func folder(name string) info { return info{name: name, mode: fs.ModeDir | 0o750, at: time.Now()} }

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return i.at }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }
