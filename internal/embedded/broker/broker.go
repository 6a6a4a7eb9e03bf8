// Package broker runs a Kafka broker inside this process, for a first start without any installation.
//
// It is franz-go's kfake with a data directory and an fsync per append: one broker on the loopback address that
// speaks the real protocol. It promises: what a produce acknowledged survives a kill of the process, two processes
// never share a directory, and the address is the same at the next start wherever possible. Topics are made by
// CreateTopics; nothing is made by writing to it. It is for one machine and one user's data; a real cluster is
// configured by its addresses.
//
// Things that are not obvious:
//
//   - message.timestamp.type=LogAppendTime is stored and shown but not applied: a record keeps the time that its
//     producer gave it, and retention goes by that. Give records the time of producing.
//   - max.message.bytes bounds a whole batch, as it arrives. The broker's default here is maxBatch, not Kafka's 1 MiB.
//   - Records stay on disk and only an index of batches (about 70 bytes each) is in memory, but a start reads all of a
//     partition's records, and after a kill holds them all at once while it does.
//   - A partition whose records have all expired begins again at offset 0 at the next start, clean or not. Topics whose
//     offsets mean something need retention.ms=-1, or a record now and then.
//   - A failed fsync is not reported to the producer.
package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"

	"sellthrough/internal/embedded/filelock"
)

// maxBatch is the largest batch that the broker takes unless a topic says otherwise, in bytes.
const maxBatch = 16 << 20

// retentionEvery is how often expired records are looked for, as in Kafka by default.
const retentionEvery = 5 * time.Minute

// Options of a broker.
type Options struct {
	Dir  string // data and lock; default "data/kafka"
	Port int    // 0 = the one of the last start, else a free one
	Log  zerolog.Logger

	Fleeting bool // nothing needs to survive the process: appends are not synced
}

// Broker is one Kafka broker with one data directory.
type Broker struct{ o Options }

// New fills in defaults. It opens nothing.
func New(o Options) (*Broker, error) {
	if o.Dir == "" {
		o.Dir = filepath.Join("data", "kafka")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	if o.Port < 0 || o.Port > 65535 {
		return nil, fmt.Errorf("embedded broker: %d is not a port", o.Port)
	}
	o.Dir = dir
	return &Broker{o}, nil
}

// Run serves until ctx ends and then returns nil with everything on disk. It calls ready with host:port when the
// broker answers; ready must not block. Run fails when another process uses the directory, when the data can't be
// read, or when the configured port is taken.
func (b *Broker) Run(ctx context.Context, ready func(addr string)) error {
	lock, err := filelock.Try(filepath.Join(b.o.Dir, "lock"))
	if errors.Is(err, filelock.ErrHeld) {
		return fmt.Errorf("another sellthrough uses %s: stop it or choose another data directory: %w", b.o.Dir, err)
	}
	if err != nil {
		return err
	}
	defer lock.Release()

	listener, err := b.listen()
	if err != nil {
		return err
	}
	began := time.Now()
	durable := []kfake.Opt{kfake.SyncWrites()}
	if b.o.Fleeting {
		durable = nil
	}
	cluster, err := kfake.NewCluster(append(durable,
		kfake.NumBrokers(1),
		kfake.ClusterID("sellthrough"),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return listener, nil }),
		kfake.DataDir(filepath.Join(b.o.Dir, "data")),
		kfake.BrokerConfigs(map[string]string{"message.max.bytes": strconv.Itoa(maxBatch)}),
		kfake.WithLogger(logger{b.o.Log}),
	)...)
	if err != nil {
		listener.Close()
		return fmt.Errorf("start broker on %s: %w", b.o.Dir, err)
	}
	defer cluster.Close()
	// Loading left garbage of about the data's size, which a quiet process would keep for long.
	debug.FreeOSMemory()
	addr := listener.Addr().String()
	b.o.Log.Info().Str("address", addr).Dur("took", time.Since(began)).Msg("kafka broker is up")
	ready(addr)

	// The broker itself looks for expired records only after a topic was made or changed since its start.
	tick := time.NewTicker(retentionEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			cluster.ApplyRetention()
		}
	}
}

// listen opens the configured port, else the one of the last start, else a free one, which it remembers.
func (b *Broker) listen() (net.Listener, error) {
	memory := filepath.Join(b.o.Dir, "port")
	port := b.o.Port
	if port == 0 {
		if text, err := os.ReadFile(memory); err == nil {
			port, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		}
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil && b.o.Port != 0 {
		return nil, fmt.Errorf("listen for Kafka clients: %w", err)
	}
	if err != nil {
		b.o.Log.Warn().Err(err).Int("port", port).Msg("port of the last start is taken; using another")
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, fmt.Errorf("listen for Kafka clients: %w", err)
		}
	}
	_, chosen, err := net.SplitHostPort(l.Addr().String())
	if err == nil {
		err = os.WriteFile(memory, []byte(chosen+"\n"), 0o600)
	}
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("remember port: %w", err)
	}
	return l, nil
}

// logger passes on what the broker warns of.
type logger struct{ log zerolog.Logger }

func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.log.Error().Msgf(format, args...)
	case kfake.LogLevelWarn:
		l.log.Warn().Msgf(format, args...)
	case kfake.LogLevelNone, kfake.LogLevelInfo, kfake.LogLevelDebug:
	}
}
