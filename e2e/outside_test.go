package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sellthrough/internal/embedded/broker"
	chserver "sellthrough/internal/embedded/clickhouse"
)

// engine is one that runs beside the program. It can be stopped and started again at the same address.
type engine struct {
	t    *testing.T
	run  func(ctx context.Context, ready func(address string)) error
	stop func()
}

// start runs the engine until the test ends, or until stop, and gives its address.
func (e *engine) start() (address string) {
	e.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- e.run(ctx, func(at string) { ready <- at }) }()
	stopped := false
	e.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			e.t.Errorf("an engine: %v", err)
		}
	}
	e.t.Cleanup(e.stop)
	select {
	case address = <-ready:
	case err := <-ended:
		ended <- err
		e.t.Fatalf("an engine ended: %v", err)
	case <-time.After(time.Minute):
		e.t.Fatal("an engine does not answer")
	}
	return address
}

// outer are both engines beside the program, as someone's own Kafka and ClickHouse: the YAML that names them, and the note
// by which the harness finds the ledger.
type outer struct {
	yaml              string
	note              []byte
	kafka, clickhouse *engine // kafka is nil where it is another's
	native, http      string  // addresses of ClickHouse
	dir               string  // of ClickHouse's data
}

// outside starts both engines beside the program; kafka is the YAML of one that is there already, or empty.
func outside(t *testing.T, kafka string) *outer {
	t.Helper()
	return outsideIn(t, t.TempDir(), kafka, 0, func(address string) string { return address })
}

// outsideIn is outside over a folder, with a limit of ClickHouse's memory and a link before it.
func outsideIn(t *testing.T, dir, kafka string, memory int64, link func(string) string) *outer {
	t.Helper()
	log := zerolog.New(os.Stderr).Level(zerolog.WarnLevel)
	o := &outer{
		dir: filepath.Join(dir, "clickhouse"),
		kafka: &engine{t: t, run: func(ctx context.Context, ready func(string)) error {
			b, err := broker.New(broker.Options{Dir: filepath.Join(dir, "kafka"), Log: log})
			if err != nil {
				return err
			}
			return b.Run(ctx, ready)
		}},
	}
	opts := chserver.Options{
		Binary: chserver.FindBinary(), Dir: o.dir, MemoryLimit: memory, Self: []string{binary, chserver.ChildCommand},
		AdminPassword: "the-admin-of-this-test", ReadPassword: "the-reader-of-this-test", Log: log,
	}
	if opts.Binary == "" {
		var err error
		if opts.LibPath, err = chserver.Fetch(t.Context(), os.Stderr); err != nil {
			t.Fatal(err)
		}
	}
	o.clickhouse = &engine{t: t, run: func(ctx context.Context, ready func(string)) error {
		c, err := chserver.New(opts)
		if err != nil {
			return err
		}
		return c.Run(ctx, func(at chserver.Address) { o.http = at.HTTP; ready(at.TCP) })
	}}
	if kafka != "" {
		o.kafka = nil
	} else {
		kafka = fmt.Sprintf("{brokers: [%q], replication: 1}", o.kafka.start())
	}
	o.native = o.clickhouse.start()
	o.yaml = fmt.Sprintf("engines:\n  kafka: %s\n  clickhouse: {address: %q, user: %s, password: \"${SELLTHROUGH_TEST_PASSWORD}\"}\n", kafka, link(o.native), chserver.AdminUser)
	t.Setenv("SELLTHROUGH_TEST_PASSWORD", opts.AdminPassword)
	var err error
	o.note, err = json.Marshal(map[string]any{"clickhouse": o.native, "user": chserver.AdminUser, "password": opts.AdminPassword})
	if err != nil {
		t.Fatal(err)
	}
	return o
}
