package sftpfeed

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"

	"sellthrough/ingest/door"
	"sellthrough/ingest/dropfeed"
)

// box is the folder of one feed, with the uploads into it.
type box struct {
	folder  *dropfeed.Folder
	limit   int64
	claimed func() // called when a file was claimed

	mu     sync.Mutex
	open   map[string]*upload
	recent map[string]recent // claimed files, which clients look at once more after their upload
}

type recent struct {
	size int64
	at   time.Time
}

// remember keeps claimed files in sight for a while.
const (
	remember     = 10 * time.Minute
	maxRemembers = 1000
)

// write opens an upload. A connection that went on before loses the file: it is broken, or the partner's own mistake.
func (b *box) write(name string, flags sftp.FileOpenFlags) (*upload, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.open) >= 256 {
		return nil, errors.New("too many uploads at once; wait for some to end")
	}
	mode := os.O_WRONLY | os.O_CREATE
	if flags.Trunc {
		mode |= os.O_TRUNC
	}
	if flags.Excl {
		mode |= os.O_EXCL
	}
	if info, err := b.folder.Root().Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, os.ErrPermission
	}
	file, err := b.folder.Root().OpenFile(name, mode, 0o660)
	if err != nil {
		return nil, err
	}
	stat, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	if before := b.open[name]; before != nil {
		before.lose()
	}
	u := &upload{box: b, name: name, file: file, end: stat.Size(), resumed: stat.Size() > 0}
	b.open[name] = u
	delete(b.recent, name)
	return u, nil
}

// take claims a file that is whole.
func (b *box) take(name string) error {
	info, err := b.folder.Root().Lstat(name)
	if err != nil {
		return err
	}
	if err := b.folder.Claim(name); err != nil {
		return err
	}
	now := time.Now()
	for k, r := range b.recent {
		if now.Sub(r.at) > remember || len(b.recent) >= maxRemembers {
			delete(b.recent, k)
		}
	}
	b.recent[name] = recent{info.Size(), now}
	b.claimed()
	return nil
}

func (b *box) rename(from, to string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open[from] != nil || b.open[to] != nil {
		return errors.New("the file is still being uploaded; close it first")
	}
	if err := b.folder.Root().Rename(from, to); err != nil {
		return err
	}
	delete(b.recent, to)
	if door.Unfinished(to) {
		return nil
	}
	return b.take(to)
}

func (b *box) remove(name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if u := b.open[name]; u != nil {
		u.lose()
		delete(b.open, name)
	}
	return b.folder.Root().Remove(name)
}

// files are what the partner sees of its reports: what is being uploaded, and for a while what was taken.
func (b *box) files() (infos, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out infos
	for name, r := range b.recent {
		if time.Since(r.at) < remember {
			out = append(out, info{name: name, size: r.size, at: r.at, mode: 0o640})
		}
	}
	err := b.each(".", func(i fs.FileInfo) {
		if !strings.HasPrefix(i.Name(), ".") {
			out = append(out, info{name: i.Name(), size: i.Size(), at: i.ModTime(), mode: 0o640})
		}
	})
	sortByName(out)
	return out, err
}

// receipts are those of all files; of two with one name the newer.
func (b *box) receipts() (infos, error) {
	newest := map[string]info{}
	for _, dir := range []string{dropfeed.Processed, dropfeed.Refused} {
		err := b.each(dir, func(i fs.FileInfo) {
			if b.isReceipt(dir, i.Name()) && !i.ModTime().Before(newest[i.Name()].at) {
				newest[i.Name()] = info{name: i.Name(), size: i.Size(), at: i.ModTime(), mode: 0o440}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	var out infos
	for _, i := range newest {
		out = append(out, i)
	}
	sortByName(out)
	return out, nil
}

func sortByName(l infos) {
	slices.SortFunc(l, func(a, b os.FileInfo) int { return cmp.Compare(a.Name(), b.Name()) })
}

// isReceipt asks for what is told of a file: its receipts, and the acknowledgement of an interchange. A report that the partner
// itself named so lies there too, and is none: nothing of that name without the end lies beside it.
func (b *box) isReceipt(dir, name string) bool {
	if !door.IsBeside(name) {
		return false
	}
	i, err := b.folder.Root().Lstat(path.Join(dir, strings.TrimSuffix(name, suffixOf(name))))
	return err == nil && i.Mode().IsRegular()
}

func suffixOf(name string) string {
	if i := strings.LastIndex(name, ".receipt."); i >= 0 {
		return name[i:]
	}
	return path.Ext(name)
}

// receipt opens a receipt, the newer one of two.
func (b *box) receipt(name string) (*os.File, error) {
	if !door.IsBeside(name) || door.Name(name) != nil && len(name) <= 200 {
		return nil, os.ErrNotExist
	}
	best := ""
	var at time.Time
	for _, dir := range []string{dropfeed.Processed, dropfeed.Refused} {
		if !b.isReceipt(dir, name) {
			continue
		}
		if i, err := b.folder.Root().Lstat(path.Join(dir, name)); err == nil && !i.ModTime().Before(at) {
			best, at = path.Join(dir, name), i.ModTime()
		}
	}
	if best == "" {
		return nil, os.ErrNotExist
	}
	return b.folder.Root().Open(best)
}

// each goes through the plain files of a folder.
func (b *box) each(dir string, use func(fs.FileInfo)) error {
	d, err := b.folder.Root().Open(dir)
	if err != nil {
		return fmt.Errorf("list %s: %w", dir, err)
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	for _, e := range entries {
		if i, err := e.Info(); err == nil && i.Mode().IsRegular() {
			use(i)
		}
	}
	return err
}
