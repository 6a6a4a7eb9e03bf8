package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/archive"
	"sellthrough/internal/bus"
	"sellthrough/internal/control"
	"sellthrough/internal/embedded/broker"
	"sellthrough/internal/replay"
	"sellthrough/sinks/clickhouse"
)

// shadow is a whole road beside the real one: a log of its own in a folder, the same intake, the same transformer, and a
// ledger of its own. It is as exact as the road itself, because it is the road itself.
type shadow struct {
	a      *app
	o      *replayFlags
	r      *sellthrough.Replay
	feeds  []sellthrough.FeedID
	real   *clickhouse.Ledger
	ledger *clickhouse.Ledger
	dir    string
	bus    *bus.Bus
	intake *ingest.Intake
	failed chan error // of the first part that ended by itself

	archive        *archive.Archive
	road, engine   sync.WaitGroup
	halt, shutDown context.CancelFunc // of the road, and then of the engine
}

// newShadow starts the parts of a shadow, and reads codes in it by the version that the replay reads by.
func (a *app) newShadow(ctx context.Context, l *clickhouse.Ledger, o *replayFlags, r *sellthrough.Replay, feeds []sellthrough.FeedID) (*shadow, error) {
	s := &shadow{a: a, o: o, real: l, r: r, feeds: feeds, failed: make(chan error, 3)}
	if err := s.start(ctx); err != nil {
		s.close()
		if r.Shadow != "" {
			err = errors.Join(err, l.DropShadow(context.WithoutCancel(ctx), r.Shadow))
		}
		return nil, err
	}
	return s, nil
}

// begin runs a part until ctx ends.
func (s *shadow) begin(ctx context.Context, group *sync.WaitGroup, run func(context.Context) error) {
	group.Go(func() {
		if err := run(ctx); ctx.Err() == nil {
			s.failed <- fmt.Errorf("the shadow run ended: %w", err)
		}
	})
}

func (s *shadow) start(ctx context.Context) (err error) {
	life := context.WithoutCancel(ctx)
	var onRoad, onEngine context.Context
	onRoad, s.halt = context.WithCancel(life)
	onEngine, s.shutDown = context.WithCancel(life)
	if s.ledger, err = s.real.Shadow(ctx, time.Now().UTC().Format("20060102t150405_")+strings.ToLower(rand.Text()[:6])); err != nil {
		return err
	}
	s.r.Shadow = s.ledger.Name()
	if err := os.MkdirAll(s.a.cfg.Data, 0o755); err != nil {
		return fmt.Errorf("make a folder for the shadow run: %w", err)
	}
	if s.dir, err = os.MkdirTemp(s.a.cfg.Data, "replay-"); err != nil {
		return fmt.Errorf("make a folder for the shadow run: %w", err)
	}
	log := s.a.part("replay").Level(max(s.a.log.GetLevel(), zerolog.ErrorLevel)) // what is usual for a role is noise here
	kafka, err := broker.New(broker.Options{Dir: filepath.Join(s.dir, "kafka"), Fleeting: true, Log: log})
	if err != nil {
		return err
	}
	at := make(chan string, 1)
	s.begin(onEngine, &s.engine, func(ctx context.Context) error { return kafka.Run(ctx, func(addr string) { at <- addr }) })
	var addr string
	if err := s.until(ctx, func() bool {
		select {
		case addr = <-at:
			return true
		default:
			return false
		}
	}); err != nil {
		return err
	}
	s.bus, err = bus.New(bus.Options{
		Brokers: []string{addr}, Prefix: "shadow", Group: "shadow", Partitions: s.a.cfg.Engines.Kafka.Partitions, Replication: 1, Retention: 10 * 365 * 24 * time.Hour, Log: log,
	})
	if err != nil {
		return err
	}
	read := *s.o.read // the feeds of one configuration, everything else of the other
	read.Data, read.Engines, read.Transform, read.Reporting, read.Archive = s.dir, s.a.cfg.Engines, s.a.cfg.Transform, s.a.cfg.Reporting, s.a.cfg.Archive
	inside := &app{cfg: &read, log: log}
	if s.archive, err = s.a.archive(ctx); err != nil {
		return err
	}
	if s.intake, err = ingest.New(ingest.Options{Config: &read, Bus: s.bus, Archive: s.archive, Keys: s.archive.Keys, Log: log}); err != nil {
		return err
	}
	t, err := inside.transformer(s.bus, s.ledger)
	if err != nil {
		return err
	}
	s.begin(onRoad, &s.road, s.intake.Run)
	s.begin(onRoad, &s.road, t.Run)
	if err := s.until(ctx, s.intake.Ready); err != nil {
		return err
	}
	return s.force(ctx)
}

// until waits for a condition while all parts run.
func (s *shadow) until(ctx context.Context, ok func() bool) error {
	for !ok() {
		select {
		case err := <-s.failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// close ends the parts, the engine last, and removes the shadow's log.
func (s *shadow) close() {
	s.halt()
	s.road.Wait()
	s.shutDown()
	s.engine.Wait()
	if s.archive != nil {
		_ = s.archive.Close()
	}
	if s.bus != nil {
		s.bus.Close()
	}
	if s.ledger != nil {
		_ = s.ledger.Close()
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir) // what stays is in the data folder, and named for what it is
	}
}

// force puts the reference version of the replay in force in the shadow.
func (s *shadow) force(ctx context.Context) error {
	inForce, err := s.real.InForce(ctx)
	if err != nil {
		return err
	}
	rev := sellthrough.Revision(s.o.version)
	if rev == 0 {
		rev = inForce
	}
	tables := s.o.tables
	if tables != nil {
		rev = inForce + 1 // for the shadow's own use; the order gives it its number
	} else if rev != 0 {
		t, err := s.real.Reference(ctx, rev)
		if err != nil {
			return err
		}
		tables, s.r.Reference = &t, rev
	}
	if tables == nil {
		return nil
	}
	if err := s.ledger.SaveReference(ctx, rev, s.o.content, who(), *tables); err != nil {
		return err
	}
	return control.Control{Log: s.bus, References: s.ledger}.Force(ctx, rev, who())
}

// keep keeps a new reference version under the number of an order, and gives the version that read the shadow.
func (s *shadow) keep(ctx context.Context, rev sellthrough.Revision) (sellthrough.Revision, error) {
	if s.o.tables == nil {
		return s.r.Reference, nil
	}
	return rev, s.real.SaveReplayed(ctx, rev, s.o.content, who(), *s.o.tables)
}

// fill says everything anew that took effect, by revision, and says how many submissions that were.
func (s *shadow) fill(ctx context.Context, from *bus.Bus) (n int, err error) {
	said, err := s.real.Said(ctx, s.r.Partner, s.feeds)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case err := <-s.failed:
			cancel(err)
		case <-ctx.Done():
		}
	}()
	var known []sellthrough.Revision
	if s.o.source == "log" {
		known, n, err = s.copy(ctx, from, said)
	} else {
		known, n, err = s.again(ctx, said)
	}
	if err == nil {
		err = s.ledger.Finals(ctx, n)
	}
	if err != nil {
		return n, errors.Join(err, context.Cause(ctx))
	}
	return n, s.ledger.Consider(ctx, known)
}

// again reads bodies from the archive. What is not there any more is left as it is in the ledger.
func (s *shadow) again(ctx context.Context, said []clickhouse.Said) (known []sellthrough.Revision, n int, err error) {
	gone := 0
	for _, x := range said {
		if x.Undone {
			known = append(known, x.Revision)
			continue
		}
		_, err := s.intake.Replay(ctx, x.Submission)
		if errors.Is(err, archive.ErrNotFound) {
			gone++
			continue
		}
		if err != nil {
			return known, n, err
		}
		known = append(known, x.Revision)
		n++
	}
	if gone > 0 {
		s.a.log.Warn().Int("submissions", gone).Msg("bodies are not in the archive any more: what these submissions said is left as it is")
	}
	return known, n, nil
}

// copy takes lines from the log. What has passed its retention is left as it is in the ledger.
func (s *shadow) copy(ctx context.Context, from *bus.Bus, said []clickhouse.Said) (known []sellthrough.Revision, n int, err error) {
	wanted := map[sellthrough.SubmissionID]bool{}
	for _, x := range said {
		wanted[x.ID] = !x.Undone
		if x.Undone {
			known = append(known, x.Revision)
		}
	}
	took, err := replay.Copy(ctx, from, s.bus, func(id sellthrough.SubmissionID) bool { return wanted[id] })
	if err != nil {
		return known, 0, err
	}
	for _, x := range said {
		if took[x.ID] {
			known = append(known, x.Revision)
			n++
		}
	}
	left := 0
	for _, want := range wanted {
		if want {
			left++
		}
	}
	if left -= n; left > 0 {
		s.a.log.Warn().Int("submissions", left).Msg("the log does not reach back to these submissions: what they said is left as it is; --source archive may")
	}
	return known, n, nil
}
