package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/archive"
	"sellthrough/internal/bus"
	"sellthrough/internal/replay"
	"sellthrough/internal/run"
	"sellthrough/sinks/clickhouse"
)

// missing is what the log no longer holds of what was never transformed.
type missing struct {
	a    *app
	inc  bus.Incarnation
	gaps []replay.Gap
	lost []replay.Lost
}

func (a *app) findMissing(ctx context.Context, b *bus.Bus, l *clickhouse.Ledger) (*missing, error) {
	inc, err := b.Ensure(ctx)
	if err != nil {
		return nil, err
	}
	m := &missing{a: a, inc: inc.Lines}
	if m.gaps, err = replay.Gaps(ctx, b, func(p int) (int64, error) { return l.DoneTo(ctx, string(inc.Lines), p) }); err != nil {
		return nil, err
	}
	open := false
	for _, g := range m.gaps {
		open = open || g.Open()
	}
	if !open {
		return m, nil
	}
	lines, homes, err := l.Booked(ctx)
	if err != nil {
		return nil, err
	}
	m.lost, err = replay.Find(ctx, b, m.gaps, lines, homes)
	return m, err
}

// whyLost is what the books and the partner are told.
const whyLost = "its lines passed the log before they were read; it is sent again from the archive"

// pass passes over the gaps, as the partitions' owner, and holds the submissions that lie in them.
func (m *missing) pass(ctx context.Context, l *clickhouse.Ledger) error {
	for p, g := range m.gaps {
		if !g.Open() {
			continue
		}
		b := &sellthrough.Batch{Known: time.Now()}
		b.Token = sellthrough.Token{Incarnation: string(m.inc), Partition: p, First: g.From, Last: g.To}
		for _, x := range m.lost {
			for n, q := range x.Partitions {
				if q != p {
					continue
				}
				o := sellthrough.Outcome{Submission: x.ID, Feed: x.Feed, Partner: x.Partner, Revision: x.Revision, Attempt: x.Receipt.Attempt, Held: true, Lost: true, Why: whyLost}
				if n == 0 { // how they lie in the partitions is not known any more
					o.Counts.Held = x.Lines
					if x.Home {
						b.Homes = append(b.Homes, m.home(&x))
					}
				}
				b.Outcomes = append(b.Outcomes, o)
			}
		}
		if err := l.Skip(ctx, b); err != nil {
			return fmt.Errorf("partition %d: pass over %d to %d: %w", p, g.From, g.To, err)
		}
	}
	return nil
}

// home is the end mark that would have told the books of a submission as a whole.
func (m *missing) home(x *replay.Lost) sellthrough.EndMark {
	e := sellthrough.EndMark{
		Submission: x.ID, Feed: x.Feed, Partner: x.Partner, Revision: x.Revision, Attempt: x.Receipt.Attempt, Body: x.Body, Partitions: x.Receipt.Partitions,
		Home: &sellthrough.Home{Receipt: x.Receipt, Key: x.Key, File: x.File},
	}
	e.Home.Receipt.Refusals = nil
	if f, ok := m.a.cfg.Feed(x.Feed); ok {
		e.Kind, e.Policy.Coverage = f.Kind, f.Coverage.Kind
	}
	return e
}

// sendMissing shows what passed the log before it was read, and sends it again from the archive where it is told to.
func (a *app) sendMissing(ctx context.Context, b *bus.Bus, l *clickhouse.Ledger, o *replayFlags) error {
	m, err := a.findMissing(ctx, b, l)
	if err != nil {
		return err
	}
	held, attempts, err := l.Lost(ctx)
	if err != nil {
		return err
	}
	for p, g := range m.gaps {
		if g.Open() {
			fmt.Printf("partition %d: the log no longer holds %d to %d, which were never transformed\n", p, g.From, g.To)
		}
	}
	for _, x := range m.lost {
		fmt.Printf("%s  %s  %s  %s  %d lines\n", x.ID, x.Feed, x.Received.UTC().Format(time.DateTime), x.File, x.Lines)
	}
	for _, x := range held {
		fmt.Printf("%s  %s  %s  %s  held as lost\n", x.ID, x.Feed, x.Received.UTC().Format(time.DateTime), x.File)
	}
	if len(m.lost)+len(held) == 0 {
		fmt.Println("nothing is missing")
	}
	if !o.apply {
		return nil
	}
	if err := m.pass(ctx, l); err != nil {
		return err
	}
	if len(m.lost) > 0 {
		fmt.Println("restart the transformers: they go on behind what the log no longer holds")
		if held, attempts, err = l.Lost(ctx); err != nil {
			return err
		}
	}
	if len(held) == 0 {
		return nil
	}
	return a.sendAgain(ctx, b, held, attempts)
}

// sendAgain puts submissions on the road from the archive, with an intake of its own that takes nothing else.
func (a *app) sendAgain(ctx context.Context, b *bus.Bus, held []clickhouse.Said, attempts []uint32) (err error) {
	dir, err := os.MkdirTemp("", "sellthrough-missing-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := *a.cfg
	c.Data = dir
	ar, err := a.archive(ctx)
	if err != nil {
		return err
	}
	defer ar.Close()
	in, err := ingest.New(ingest.Options{Config: &c, Bus: b, Archive: ar, Keys: ar.Keys, Log: a.part("replay").Level(max(a.log.GetLevel(), zerolog.WarnLevel))})
	if err != nil {
		return err
	}
	ictx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- run.All(ictx, drain, run.Part{Name: "collect", Run: in.Run}) }()
	defer func() { stop(); err = errors.Join(err, <-ended) }()
	for !in.Ready() {
		select {
		case err := <-ended:
			ended <- nil
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	gone := 0
	for n, x := range held {
		_, err := in.Again(ctx, x.Submission, attempts[n]+1)
		if errors.Is(err, archive.ErrNotFound) {
			fmt.Printf("%s: its body can't be read any more; ask the partner to send it again\n", x.ID)
			gone++
			continue
		}
		if err != nil {
			return err
		}
	}
	fmt.Printf("%d submissions are on the road again, under the words of their own time\n", len(held)-gone)
	return nil
}
