package dropfeed

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough/ingest"
	"sellthrough/ingest/door"
)

// The folders below that of a feed.
const (
	work      = ".work"
	Processed = "processed"
	Refused   = "refused"
)

// Folder is the folder of one feed. Everything in it is reached below it only: a link that leads out is not followed.
type Folder struct {
	Feed
	root    *os.Root
	intake  door.Intake
	log     zerolog.Logger
	settled *prometheus.CounterVec // may be nil
}

// Open makes the folder of a feed and those below it.
func Open(f Feed, in door.Intake, log zerolog.Logger) (*Folder, error) {
	if err := os.MkdirAll(f.Dir, 0o770); err != nil {
		return nil, fmt.Errorf("folder of feed %s: %w", f.ID, err)
	}
	root, err := os.OpenRoot(f.Dir)
	if err != nil {
		return nil, fmt.Errorf("folder of feed %s: %w", f.ID, err)
	}
	for _, name := range []string{work, Processed, Refused} {
		if err := root.MkdirAll(name, 0o770); err != nil {
			root.Close()
			return nil, fmt.Errorf("folder of feed %s: %w", f.ID, err)
		}
	}
	return &Folder{Feed: f, root: root, intake: in, log: log.With().Str("feed", string(f.ID)).Logger()}, nil
}

// Close gives the folder back.
func (f *Folder) Close() { f.root.Close() }

// Root is the folder itself.
func (f *Folder) Root() *os.Root { return f.root }

// waiting are the files that are not claimed and have their name, the oldest first.
func (f *Folder) waiting() (out []look, err error) {
	err = f.list(".", func(name string, info fs.FileInfo) {
		if !door.Unfinished(name) {
			out = append(out, look{name, info.Size(), info.ModTime()})
		}
	})
	slices.SortFunc(out, func(a, b look) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.name, b.name))
	})
	return out, err
}

// list goes through the plain files of a folder.
func (f *Folder) list(dir string, use func(name string, info fs.FileInfo)) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return wrap("list "+dir, f, err)
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	if err != nil {
		return wrap("list "+dir, f, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() { // one that is gone meanwhile is not there
			use(e.Name(), info)
		}
	}
	return nil
}

// Claim takes a file out of the partner's sight, under a name that makes its submission one.
func (f *Folder) Claim(name string) error {
	claimed := fmt.Sprintf("%s-%s_%s", time.Now().UTC().Format("20060102T150405.000000"), strings.ToLower(rand.Text()[:8]), clean(name))
	if err := f.root.Rename(name, path.Join(work, claimed)); err != nil {
		return wrap("claim "+name, f, err)
	}
	return f.sync(".", work)
}

// clean is a name with which receipts can be written beside the file.
func clean(name string) string {
	if door.Name(name) == nil {
		return name
	}
	name = strings.Map(func(r rune) rune {
		if door.Name(string(r)) != nil {
			return '-'
		}
		return r
	}, name)
	return strings.ToValidUTF8(name[max(0, len(name)-180):], "")
}

// Work delivers what is claimed, in the order of the claims. It ends at the first file that can't be settled now.
func (f *Folder) Work(ctx context.Context) error {
	var names []string
	if err := f.list(work, func(name string, info fs.FileInfo) {
		switch {
		case !strings.HasPrefix(name, "."):
			names = append(names, name)
		case time.Since(info.ModTime()) > 24*time.Hour:
			_ = f.root.Remove(path.Join(work, name)) // a receipt that a crash left half written
		}
	}); err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.deliver(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) { // another collector may have done it
			return fmt.Errorf("file %s: %w", original(name), err)
		}
	}
	return nil
}

// original is the name that the partner gave.
func original(claimed string) string {
	_, name, _ := strings.Cut(claimed, "_")
	return name
}

func (f *Folder) deliver(ctx context.Context, claimed string) error {
	at, name := path.Join(work, claimed), original(claimed)
	file, err := f.root.Open(at)
	if err != nil {
		return err
	}
	defer file.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	id, _, _ := strings.Cut(claimed, "_")
	encoding, plain := door.Encoding(name)
	notice, err := door.Deliver(ctx, f.intake, ingest.Request{
		Partner: f.Partner, Feed: f.ID, File: plain, Body: file, Encoding: encoding, Length: size,
		// A file that its writer changes although it has its name is a submission of its own.
		Key: "file-" + id + "-" + hex.EncodeToString(hash.Sum(nil)[:12]),
	})
	if err != nil {
		return err
	}
	notice.File = name
	if err := f.settle(at, name, &notice); err != nil {
		return err
	}
	fate := Processed
	if !notice.Taken {
		fate = Refused
	}
	f.log.Info().Str("file", name).Str("fate", fate).Msg("file settled")
	if f.settled != nil {
		f.settled.WithLabelValues(string(f.ID), fate).Inc()
	}
	return nil
}

// settle writes the receipts and then moves the file beside them. Done again after a crash it does the same.
func (f *Folder) settle(at, name string, n *door.Notice) error {
	dir := Processed
	if !n.Taken {
		dir = Refused
	}
	to, err := f.free(dir, name)
	if err != nil {
		return err
	}
	for suffix, text := range n.Beside() {
		if err := f.write(to+suffix, text); err != nil {
			return err
		}
	}
	if n.Taken && f.Remove {
		if err := f.root.Remove(at); err != nil {
			return wrap("remove "+name, f, err)
		}
	} else if err := f.root.Rename(at, to); err != nil {
		return wrap("move "+name+" to "+dir, f, err)
	}
	return f.sync(work, dir)
}

// free is a name in dir that no file has.
func (f *Folder) free(dir, name string) (string, error) {
	to := path.Join(dir, name)
	ext := path.Ext(name)
	for n := 2; ; n++ {
		if _, err := f.root.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return to, nil
		} else if err != nil {
			return "", wrap("look for "+to, f, err)
		}
		to = path.Join(dir, fmt.Sprintf("%s.%d%s", strings.TrimSuffix(name, ext), n, ext))
	}
}

// write writes a small file durably: all of it or nothing.
func (f *Folder) write(to string, text []byte) error {
	part := path.Join(work, ".receipt-"+strings.ToLower(rand.Text()[:12]))
	file, err := f.root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o660)
	if err != nil {
		return wrap("write "+to, f, err)
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = f.root.Rename(part, to)
	}
	if err != nil {
		_ = f.root.Remove(part) // one that stays is not looked at
		return wrap("write "+to, f, err)
	}
	return nil
}

// sync makes renames durable.
func (f *Folder) sync(dirs ...string) error {
	for _, dir := range dirs {
		d, err := f.root.Open(dir)
		if err != nil {
			return wrap("open "+dir, f, err)
		}
		_ = d.Sync() // not every system can
		d.Close()
	}
	return nil
}
