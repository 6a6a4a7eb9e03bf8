// Package sftpfeed is the SFTP door. A user of a partner sees a folder for each of the partner's feeds and nothing else
// of this machine:
//
//	/FEED/             put reports here; a name like report.csv.part waits until it is renamed
//	/FEED/receipts/    what became of them: report.csv.receipt.json and report.csv.receipt.txt
//
// It promises: a file is taken when its upload ends well, or when it is renamed to its name, and never because a
// connection broke; a broken upload is a prefix of the file, without holes, and can be resumed where it ended; a file
// whose upload was answered well is on disk, and reaches the intake also after a crash. What happens to a file then is
// package dropfeed's.
package sftpfeed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/crypto/ssh"

	"sellthrough"
	"sellthrough/ingest/door"
	"sellthrough/ingest/dropfeed"
	"sellthrough/internal/config"
)

// User is who may log in, by password, by key, or by either.
type User struct {
	Name     string
	Partner  sellthrough.PartnerID
	Password string   // bcrypt hash; empty: none
	Keys     []string // as in authorized_keys
	Feeds    []sellthrough.FeedID
}

// Options of a door. A zero limit is the default.
type Options struct {
	Intake   door.Intake
	Listen   string // address
	Dir      string // of what is uploaded, a folder a partner and feed
	HostKey  string // file of the server's private key; made where it is missing
	Users    []User
	MaxFile  int64                // bytes of a file; default 2 GiB
	Sessions int                  // at once; default 64
	PerUser  int                  // of them, of one user; default 8
	Remove   []sellthrough.FeedID // feeds whose files are removed once they are taken
	Idle     time.Duration        // after which a connection on which nothing comes is closed; default 10 min
	Registry prometheus.Registerer
	Log      zerolog.Logger
}

// Door serves SFTP.
type Door struct {
	o       Options
	users   map[string]*user
	metrics *metrics

	mu       sync.Mutex
	sessions int
	working  sync.Mutex // one at a time delivers

	boxes map[string]*box // by partner and feed
	kick  chan struct{}
}

type user struct {
	User
	keys  [][]byte
	count int
}

// noPassword is what an unknown user's password is compared with, so that the answer takes as long.
var noPassword = []byte("$2a$10$7EqJtq98hPqEX7fNZaFWoOhi5l2r8pFqvYy1aDh7i6ZyDxEuIvLqS")

// New checks users and wires a door. It opens nothing.
func New(o Options) (*Door, error) {
	if o.Intake == nil || o.Dir == "" || o.HostKey == "" {
		return nil, errors.New("sftpfeed: Intake, Dir and HostKey have to be given")
	}
	if o.MaxFile <= 0 {
		o.MaxFile = 2 << 30
	}
	if o.Sessions <= 0 {
		o.Sessions = 64
	}
	if o.PerUser <= 0 {
		o.PerUser = 8
	}
	if o.Idle <= 0 {
		o.Idle = 10 * time.Minute
	}
	d := &Door{o: o, users: map[string]*user{}, boxes: map[string]*box{}, kick: make(chan struct{}, 1), metrics: newMetrics(o.Registry)}
	for _, u := range o.Users {
		if err := config.CheckSFTPUser(u.Name, u.Password, u.Keys); err != nil {
			return nil, err
		}
		known := &user{User: u}
		for _, k := range u.Keys {
			key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(k))
			if err != nil {
				return nil, fmt.Errorf("sftpfeed: key of user %s: %w", u.Name, err)
			}
			known.keys = append(known.keys, key.Marshal())
		}
		if d.users[u.Name] != nil {
			return nil, fmt.Errorf("sftpfeed: user %s is given twice", u.Name)
		}
		d.users[u.Name] = known
	}
	return d, nil
}

// Run serves until ctx ends. A connection that is open then is closed; its upload can be resumed.
func (d *Door) Run(ctx context.Context) error {
	if err := d.open(); err != nil {
		return err
	}
	defer d.close()
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", d.o.Listen)
	if err != nil {
		return fmt.Errorf("listen for SFTP on %s: %w; choose another address under doors.sftp.listen", d.o.Listen, err)
	}
	d.o.Log.Info().Str("address", l.Addr().String()).Int("users", len(d.users)).Msg("SFTP door is open")
	var all sync.WaitGroup
	all.Go(func() { d.deliver(ctx) })
	err = d.serve(ctx, l)
	all.Wait()
	return err
}

// open makes the folders.
func (d *Door) open() error {
	for _, u := range d.users {
		for _, f := range u.Feeds {
			key := string(u.Partner) + "/" + string(f)
			if d.boxes[key] != nil {
				continue
			}
			dir := filepath.Join(d.o.Dir, string(u.Partner), string(f))
			folder, err := dropfeed.Open(dropfeed.Feed{Partner: u.Partner, ID: f, Dir: dir, Remove: slices.Contains(d.o.Remove, f)}, d.o.Intake, d.o.Log)
			if err != nil {
				return err
			}
			d.boxes[key] = &box{folder: folder, open: map[string]*upload{}, recent: map[string]recent{}, limit: d.o.MaxFile, claimed: d.wake}
		}
	}
	return nil
}

func (d *Door) close() {
	for _, b := range d.boxes {
		b.folder.Close()
	}
}

// wake says that a file was claimed.
func (d *Door) wake() {
	d.metrics.files.Inc()
	select {
	case d.kick <- struct{}{}:
	default:
	}
}

// deliver hands over what is claimed, at once and after a failure again.
func (d *Door) deliver(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		d.Work(ctx)
		select {
		case <-ctx.Done():
			return
		case <-d.kick:
		case <-tick.C:
		}
	}
}

// Work delivers the claimed files of all feeds, the feeds side by side.
func (d *Door) Work(ctx context.Context) {
	d.working.Lock()
	defer d.working.Unlock()
	var all sync.WaitGroup
	for name, b := range d.boxes {
		all.Go(func() {
			if err := b.folder.Work(ctx); err != nil && ctx.Err() == nil {
				d.o.Log.Warn().Err(err).Str("feed", name).Msg("uploaded files wait; they are tried again")
			}
		})
	}
	all.Wait()
}

type metrics struct {
	files  prometheus.Counter
	logins *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		files: prometheus.NewCounter(prometheus.CounterOpts{Name: "sellthrough_sftpfeed_files_total", Help: "Files that were uploaded wholly."}),
		logins: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sellthrough_sftpfeed_logins_total", Help: "Logins, by whether they were let in.",
		}, []string{"result"}),
	}
	if reg != nil {
		reg.MustRegister(m.files, m.logins)
	}
	return m
}
