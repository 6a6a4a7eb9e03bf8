// Package disk keeps an eye on the space that the stores on this machine take and leave: the archive, the embedded engines,
// what collectors spool and note. It promises that Room says no while there is still enough left for what is in hand, so that
// a collector refuses bodies before an engine runs out of space. It deletes nothing.
package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Store is something that takes space.
type Store struct {
	Name string // archive, spool, kafka, clickhouse, collector
	Path string // a folder of this machine; empty: it lies elsewhere
	// Used asks a store that lies elsewhere; nil: the folder is walked.
	Used func(context.Context) (int64, error)
}

// Options of a disk.
type Options struct {
	Stores   []Store
	Reserve  int64 // bytes that stay free on every volume of a store
	Registry prometheus.Registerer
	Free     func(path string) (int64, error) // for tests; nil: ask the system
}

// Disk is the volumes that the stores lie on. It is safe for concurrent use.
type Disk struct {
	o       Options
	metrics *metrics

	mu     sync.Mutex
	asked  time.Time
	free   int64 // of the fullest volume
	where  string
	unseen error
}

// New makes a disk. It looks at nothing.
func New(o Options) *Disk {
	if o.Free == nil {
		o.Free = free
	}
	return &Disk{o: o, metrics: newMetrics(o.Registry)}
}

// fresh is how long an answer of the system counts.
const fresh = time.Second

// Room says whether there is room for so many bytes more above the reserve; an error says what is full. A volume whose free
// space can't be told has room.
func (d *Disk) Room(more int64) error {
	if d.o.Reserve <= 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.asked) >= fresh {
		d.asked = time.Now()
		d.free, d.where, d.unseen = d.leastFree()
	}
	if d.unseen != nil || d.free-more >= d.o.Reserve {
		return nil
	}
	return fmt.Errorf("%d MiB are free where %s lies, %d MiB more are wanted, and %d MiB stay free", d.free>>20, d.where, more>>20, d.o.Reserve>>20)
}

// leastFree is the free space of the fullest volume, and which store lies there.
func (d *Disk) leastFree() (least int64, where string, err error) {
	least = -1
	for _, s := range d.o.Stores {
		if s.Path == "" {
			continue
		}
		n, ferr := d.o.Free(existing(s.Path))
		if ferr != nil {
			err = errors.Join(err, ferr)
			continue
		}
		d.metrics.free.WithLabelValues(s.Name).Set(float64(n))
		if least < 0 || n < least {
			least, where = n, s.Name
		}
	}
	if least >= 0 {
		err = nil
	}
	return least, where, err
}

// existing is the folder, or the next one above that is there.
func existing(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || filepath.Dir(path) == path {
			return path
		}
		path = filepath.Dir(path)
	}
}

// How often the free space is noted, and how often the stores are measured, which reads their folders.
const (
	noteEvery    = 15 * time.Second
	measureEvery = 10 * time.Minute
)

// Run notes free and used space until ctx ends.
func (d *Disk) Run(ctx context.Context) error {
	d.metrics.reserve.Set(float64(d.o.Reserve))
	var measured time.Time
	for {
		_, _, _ = d.leastFree() // what can't be told is not shown
		if time.Since(measured) >= measureEvery {
			for _, s := range d.o.Stores {
				if n, err := used(ctx, s); err == nil {
					d.metrics.used.WithLabelValues(s.Name).Set(float64(n))
				}
			}
			measured = time.Now()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(noteEvery):
		}
	}
}

// used is the bytes that a store takes. Files that come and go meanwhile do no harm.
func used(ctx context.Context, s Store) (total int64, err error) {
	if s.Used != nil {
		return s.Used(ctx)
	}
	err = filepath.WalkDir(s.Path, func(_ string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if e.Type().IsRegular() {
			if info, ierr := e.Info(); ierr == nil {
				total += info.Size()
			}
		}
		return nil
	})
	return total, err
}
