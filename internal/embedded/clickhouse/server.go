package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"sellthrough/internal/embedded/filelock"
)

// Options of a server. LibPath or Binary, and both passwords, must be given.
type Options struct {
	LibPath string // libchdb.so, as Fetch returns it
	Binary  string // a clickhouse binary, as FindBinary returns it; wins over LibPath

	Dir         string // data, configuration, log and lock; default "data/clickhouse"
	Host        string // loopback address to listen on; default "127.0.0.1"
	TCPPort     int    // native protocol; 0 = a free one, chosen once
	HTTPPort    int    // HTTP; 0 = a free one, chosen once
	MemoryLimit int64  // bytes the server may use; default 4 GiB or 40 % of the machine's, whichever is less
	KeepFree    int64  // bytes of the volume that the server leaves free

	AdminPassword string   // of AdminUser
	ReadPassword  string   // of ReadUser
	ReadGrants    []string // of ReadUser, as statements; default to read all tables
	Users         []User   // more readonly users

	Self []string // argv that leads to Child; default this executable and ChildCommand
	Log  zerolog.Logger
}

// Address is where a server answers, as host:port. It stays the same as long as Run runs.
type Address struct {
	TCP  string // native protocol, for clickhouse-go
	HTTP string // without a scheme
}

// Server is one ClickHouse with one data directory.
type Server struct{ o Options }

// How often a server that never answered is tried before Run gives up, and the waits between starts after a crash.
const (
	firstStarts = 3
	minBackoff  = 100 * time.Millisecond
	maxBackoff  = 10 * time.Second
	healthy     = time.Minute // a server that ran as long starts over with the shortest wait
)

// New checks options and fills in defaults. It starts nothing.
func New(o Options) (*Server, error) {
	var errs []error
	if o.LibPath == "" && o.Binary == "" {
		errs = append(errs, errors.New("neither a library nor a binary to run"))
	}
	if o.AdminPassword == "" || o.ReadPassword == "" {
		errs = append(errs, errors.New("a password is missing"))
	}
	if len(o.ReadGrants) == 0 {
		o.ReadGrants = defaultReadGrants
	}
	errs = append(errs, checkUsers(o.Users)...)
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	if ip := net.ParseIP(o.Host); ip == nil || !ip.IsLoopback() {
		errs = append(errs, fmt.Errorf("host %q is not a loopback address", o.Host))
	}
	if o.Dir == "" {
		o.Dir = filepath.Join("data", "clickhouse")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		errs = append(errs, err)
	}
	o.Dir = dir
	if o.MemoryLimit == 0 {
		o.MemoryLimit = 4 << 30
		if share := machineMemory() / 10 * 4; share > 0 {
			o.MemoryLimit = min(o.MemoryLimit, share)
		}
	}
	if o.MemoryLimit < 256<<20 {
		errs = append(errs, fmt.Errorf("a memory limit of %d bytes is too little: 256 MiB is the least", o.MemoryLimit))
	}
	if len(o.Self) == 0 {
		self, err := os.Executable()
		if err != nil {
			errs = append(errs, err)
		}
		o.Self = []string{self, ChildCommand}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("embedded clickhouse: %w", err)
	}
	return &Server{o}, nil
}

// userName is what an element of users.xml may be called.
var userName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func checkUsers(users []User) (errs []error) {
	seen := map[string]bool{"default": true, AdminUser: true, ReadUser: true}
	for _, u := range users {
		switch {
		case !userName.MatchString(u.Name):
			errs = append(errs, fmt.Errorf("user %q: a name has lower-case letters, digits and underscores", u.Name))
		case seen[u.Name]:
			errs = append(errs, fmt.Errorf("user %q is there twice", u.Name))
		case u.Password == "":
			errs = append(errs, fmt.Errorf("user %q has no password", u.Name))
		}
		seen[u.Name] = true
	}
	return errs
}

// FindBinary returns the path of an installed clickhouse binary, or "" when there is none.
func FindBinary() string {
	path, err := exec.LookPath("clickhouse")
	if err != nil {
		return ""
	}
	return path
}

// Run keeps the server running until ctx ends and then returns nil with the process gone. It calls ready once, when
// the server answers for the first time; ready must not block. A crash after that is logged and the server started
// again at the same address, with waits that grow. Run fails when another process uses the directory or when the
// server can't be brought up at all.
func (s *Server) Run(ctx context.Context, ready func(Address)) error {
	lock, err := filelock.Try(filepath.Join(s.o.Dir, "lock"))
	if errors.Is(err, filelock.ErrHeld) {
		return fmt.Errorf("another sellthrough uses %s: stop it or choose another data directory: %w", s.o.Dir, err)
	}
	if err != nil {
		return err
	}
	defer lock.Release()
	// The child holds this one too. After a kill of this process's predecessor its child may still be ending.
	process, err := filelock.Wait(ctx, filepath.Join(s.o.Dir, "process.lock"))
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("wait for the previous server to end: %w", err)
	}
	defer process.Release()

	o := s.o
	native, err := net.Listen("tcp", net.JoinHostPort(o.Host, strconv.Itoa(o.TCPPort)))
	if err != nil {
		return fmt.Errorf("listen for clickhouse clients: %w", err)
	}
	gate := newGate(native, o.Log)
	var serving sync.WaitGroup
	serving.Go(gate.serve)
	defer serving.Wait()
	defer gate.close()
	// By then whoever used the server has ended; a connection left open would only hold its end up.
	defer context.AfterFunc(ctx, gate.close)()

	wait, answered := minBackoff, false
	for tries := 1; ; tries++ {
		// The server's own native port may be another at each start: only the gate connects to it.
		nativePort, httpPort, err := freePorts(o.Host)
		if err != nil {
			return err
		}
		if !answered && s.o.HTTPPort == 0 {
			o.HTTPPort = httpPort
		}
		began := time.Now()
		err = runOnce(ctx, o, nativePort, process.File, func() {
			gate.open(o, nativePort)
			a := Address{TCP: native.Addr().String(), HTTP: net.JoinHostPort(o.Host, strconv.Itoa(o.HTTPPort))}
			event := o.Log.Info().Str("address", a.TCP).Dur("took", time.Since(began))
			if answered {
				event.Msg("clickhouse is back")
				return
			}
			answered = true
			event.Msg("clickhouse is up")
			ready(a)
		})
		gate.shut()
		if ctx.Err() != nil {
			if err != nil {
				o.Log.Warn().Err(err).Msg("clickhouse did not end cleanly")
			}
			return nil
		}
		if !answered && tries >= firstStarts {
			return fmt.Errorf("start clickhouse (its log is %s): %w", filepath.Join(o.Dir, "clickhouse.log"), err)
		}
		if time.Since(began) > healthy {
			wait = minBackoff
		}
		o.Log.Error().Err(err).Dur("wait", wait).Msg("clickhouse ended; starting it again")
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = min(2*wait, maxBackoff)
	}
}

// freePorts returns two different ports that were free a moment ago.
func freePorts(host string) (int, int, error) {
	var ports [2]int
	for i := range ports {
		l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			return 0, 0, fmt.Errorf("choose a port: %w", err)
		}
		defer l.Close() // only when both are chosen
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports[0], ports[1], nil
}
