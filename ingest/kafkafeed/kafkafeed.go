// Package kafkafeed is the door for partners who write their reports into a Kafka topic of their own. A message is a whole
// report, or a line of one: then the messages that lie there together are taken together.
//
// It promises: an offset is committed only once the intake holds what lies before it; a report that is delivered again
// after a crash, or by another collector, has the same key and the same content, because the range of a delivery is noted
// beside the committed offset before it begins; what can't be read is refused, told in the topic for receipts, and does not
// stop what follows.
//
// It notices and says when records were deleted before they were read; then it stops reading that partition, because
// nobody but the partner can say what is missing.
package kafkafeed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/door"
	"sellthrough/internal/bus"
)

// Topic is what one feed reads.
type Topic struct {
	Partner sellthrough.PartnerID
	Feed    sellthrough.FeedID
	Lines   bool // a message is a line; otherwise it is a whole report
	Source  *bus.Source
	Name    string // of the topic, for keys
}

// Options of a door.
type Options struct {
	Intake   door.Intake
	Topics   []Topic
	Registry prometheus.Registerer // nil: no metrics are shown
	Log      zerolog.Logger
}

// Door reads topics.
type Door struct {
	o       Options
	settled *prometheus.CounterVec
	wait    time.Duration // for records
	pause   time.Duration // after a failure, at first
}

// New wires a door. It dials nothing.
func New(o Options) (*Door, error) {
	if o.Intake == nil {
		return nil, errors.New("kafkafeed: Intake has to be given")
	}
	d := &Door{o: o, wait: time.Second, pause: 100 * time.Millisecond, settled: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sellthrough_kafkafeed_reports_total", Help: "Reports from partners' topics that were taken or refused as a whole, by feed.",
	}, []string{"feed", "fate"})}
	if o.Registry != nil {
		o.Registry.MustRegister(d.settled)
	}
	return d, nil
}

// Run reads until ctx ends.
func (d *Door) Run(ctx context.Context) error {
	var all sync.WaitGroup
	faults := make([]error, len(d.o.Topics))
	for i := range d.o.Topics {
		t := &d.o.Topics[i]
		all.Go(func() {
			err := t.Source.Consume(ctx, func(ctx context.Context, p *bus.Share) error { return d.read(ctx, t, p) })
			if ctx.Err() == nil {
				faults[i] = fmt.Errorf("topic of feed %s: %w", t.Feed, err)
			}
		})
	}
	all.Wait()
	return errors.Join(faults...)
}

// report is one delivery: the records from From up to To, which is not in it.
type report struct {
	from, to int64
	at       time.Time // of the first
	file     string
	body     []byte
}

// read takes a partition's records until ctx ends.
func (d *Door) read(ctx context.Context, t *Topic, p *bus.Share) error {
	next, noted, err := p.Position(ctx)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		var reports []report
		if reports, next, err = d.fetch(ctx, t, p, next, noted); errors.Is(err, bus.ErrPassed) {
			d.o.Log.Error().Err(err).Str("feed", string(t.Feed)).Int("partition", p.ID).Int64("offset", next).
				Msg("records are gone that were never read; ask the partner to send them again, and set the group's offset")
			<-ctx.Done()
			return nil
		} else if err != nil {
			return err
		}
		noted = 0
		for _, r := range reports {
			if err := d.deliver(ctx, t, p, r); err != nil {
				return err
			}
		}
		if len(reports) > 0 {
			if err := p.Commit(ctx, next, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// fetch reads what comes next, or again what was noted as being in hand.
func (d *Door) fetch(ctx context.Context, t *Topic, p *bus.Share, next, noted int64) ([]report, int64, error) {
	var records []bus.Record
	from := next
	for {
		got, after, err := p.Fetch(ctx, next, d.wait)
		if err != nil {
			return nil, next, err
		}
		for i, r := range got {
			if noted > 0 && r.Offset >= noted { // of the next delivery
				got, after = got[:i], noted
				break
			}
		}
		records, next = append(records, got...), after
		if noted == 0 || next >= noted || len(got) == 0 {
			break
		}
	}
	if noted > 0 {
		next = noted // what was deleted meanwhile was delivered before, or is not there any more
	}
	if !t.Lines {
		var out []report
		for _, r := range records {
			if r.Value != nil {
				out = append(out, report{r.Offset, r.Offset + 1, r.Time, r.File, r.Value})
			}
		}
		return out, next, nil
	}
	var body bytes.Buffer
	for _, r := range records {
		if r.Value != nil {
			body.Write(bytes.TrimRight(r.Value, "\r\n"))
			body.WriteByte('\n')
		}
	}
	if body.Len() == 0 {
		return nil, next, nil
	}
	if noted == 0 {
		if err := p.Commit(ctx, from, next); err != nil {
			return nil, from, err
		}
	}
	return []report{{from: from, to: next, at: records[0].Time, body: body.Bytes()}}, next, nil
}

// deliver hands over one report, as often as it takes.
func (d *Door) deliver(ctx context.Context, t *Topic, p *bus.Share, r report) error {
	place := fmt.Sprintf("%s/%d/%d-%d", t.Name, p.ID, r.from, r.to)
	if r.file == "" {
		r.file = place
	}
	// The time of the first record is in the key, so that a topic made anew is not taken for the old one.
	encoding, plain := door.Encoding(r.file)
	for pause := d.pause; ; pause = min(2*pause, 30*time.Second) {
		n, err := door.Deliver(ctx, d.o.Intake, ingest.Request{
			Partner: t.Partner, Feed: t.Feed, Key: fmt.Sprintf("kafka/%s@%d", place, r.at.UnixMilli()), File: plain, Encoding: encoding, Body: bytes.NewReader(r.body), Length: int64(len(r.body)),
		})
		if err == nil {
			n.File = r.file
			return d.answer(ctx, t, p, &n, place)
		}
		d.o.Log.Warn().Err(err).Str("feed", string(t.Feed)).Str("records", place).Msg("records wait; they are tried again")
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (d *Door) answer(ctx context.Context, t *Topic, p *bus.Share, n *door.Notice, place string) error {
	fate := "taken"
	if !n.Taken {
		fate = "refused"
		d.o.Log.Error().Str("feed", string(t.Feed)).Str("records", place).Str("problem", n.Problem).Msg("records refused; the partner has to send them again")
	}
	d.settled.WithLabelValues(string(t.Feed), fate).Inc()
	return p.Answer(ctx, n.JSON())
}
