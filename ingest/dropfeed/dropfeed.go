// Package dropfeed is the folder door: every feed has a folder, and a file that is put there is taken.
//
//	FEED/report.csv                 taken once two looks find it unchanged
//	FEED/report.csv.part, ~$x.xlsx  waits until it has its name
//	FEED/processed/report.csv       afterwards, with report.csv.receipt.json and report.csv.receipt.txt beside it, and the
//	                                acknowledgement of an interchange: report.edi.997, .999, .TA1 or .contrl
//	FEED/refused/report.csv         where nothing of it could be taken; the receipt says why
//
// It promises: a file lies at any moment in one of the folders, whole; after a crash at any point the next look goes on
// where the last one ended; a file that is put there again is a submission of its own. Files that are being worked on lie in
// FEED/.work under a name that holds the key of their submission, so that sending again is harmless, also where several
// collectors look into one folder.
//
// Looks at a clock find what arrives, because events of a file system get lost on network shares.
package dropfeed

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest/door"
)

// Feed is one folder.
type Feed struct {
	Partner sellthrough.PartnerID
	ID      sellthrough.FeedID
	Dir     string // made where it is missing
	Remove  bool   // a file that was taken is removed, and its receipts stay: the archive has it, and there it can be erased
}

// Options of a door.
type Options struct {
	Intake   door.Intake
	Feeds    []Feed
	Poll     time.Duration         // between looks; default 5s
	Registry prometheus.Registerer // nil: no metrics are shown
	Log      zerolog.Logger
}

// Door looks into folders.
type Door struct {
	o       Options
	folders []*Folder
	seen    []map[look]bool // of each folder
}

// look is how a file was found.
type look struct {
	name string
	size int64
	at   time.Time
}

// New wires a door. It opens nothing.
func New(o Options) (*Door, error) {
	if o.Intake == nil {
		return nil, errors.New("dropfeed: Intake has to be given")
	}
	if o.Poll <= 0 {
		o.Poll = 5 * time.Second
	}
	return &Door{o: o}, nil
}

// Run looks until ctx ends. What is in hand then is finished.
func (d *Door) Run(ctx context.Context) error {
	defer d.close()
	if err := d.open(); err != nil {
		return err
	}
	tick := time.NewTicker(d.o.Poll)
	defer tick.Stop()
	for {
		d.Look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (d *Door) open() error {
	m := newMetrics(d.o.Registry)
	for _, f := range d.o.Feeds {
		folder, err := Open(f, d.o.Intake, d.o.Log)
		if err != nil {
			return err
		}
		folder.settled = m.settled
		d.folders, d.seen = append(d.folders, folder), append(d.seen, map[look]bool{})
	}
	return nil
}

func (d *Door) close() {
	for _, f := range d.folders {
		f.Close()
	}
}

// Look goes once through all folders, side by side: it claims what did not change since the last look, and delivers what
// is claimed. A feed that can't be served is logged and tried at the next look.
func (d *Door) Look(ctx context.Context) {
	var all sync.WaitGroup
	for i, f := range d.folders {
		all.Go(func() {
			if err := d.claim(i, f); err != nil {
				d.o.Log.Error().Err(err).Str("feed", string(f.ID)).Msg("folder not read; it is tried again")
			}
			if err := f.Work(ctx); err != nil && ctx.Err() == nil {
				d.o.Log.Warn().Err(err).Str("feed", string(f.ID)).Msg("files wait; they are tried again")
			}
		})
	}
	all.Wait()
}

// claim takes the files that two looks found alike.
func (d *Door) claim(i int, f *Folder) error {
	files, err := f.waiting()
	if err != nil {
		return err
	}
	now := map[look]bool{}
	for _, l := range files {
		if !d.seen[i][l] {
			now[l] = true
			continue
		}
		if err := f.Claim(l.name); err != nil {
			d.o.Log.Warn().Err(err).Str("feed", string(f.ID)).Msg("file not claimed; it is tried again")
			now[l] = true
		}
	}
	d.seen[i] = now
	return nil
}

type metrics struct{ settled *prometheus.CounterVec }

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sellthrough_dropfeed_files_total", Help: "Files that were taken or refused as a whole, by feed.",
	}, []string{"feed", "fate"})}
	if reg != nil {
		reg.MustRegister(m.settled)
	}
	return m
}

// Dir is the folder of a feed under a root.
func Dir(root string, feed sellthrough.FeedID) string { return filepath.Join(root, string(feed)) }

func wrap(what string, f *Folder, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("folder of feed %s: %s: %w", f.ID, what, err)
}
