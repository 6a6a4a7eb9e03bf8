package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"sellthrough"
	"sellthrough/sinks/clickhouse"
)

// fillRows is for how many rows of the ledger a batch makes room: about what a day of the larger channel brings.
const fillRows = 200_000

// filler writes a channel's history into the ledger, its sums and its books, the way the transformer does: by batches,
// through the sink. What it writes follows from the channel and the day it begins on.
type filler struct {
	c       *channel
	today   sellthrough.Day
	ledger  *clickhouse.Ledger
	version sellthrough.Revision
	ranged  [][]int32 // products of a location
	names   struct{ partner, pos, stock, location, store, product, item, receipt, key []string }

	batch    *sellthrough.Batch
	batches  chan *sellthrough.Batch
	made     int64
	revision uint64
	rows     int64
}

// fill writes it all, and says how many rows the ledger took.
func (c *channel) fill(ctx context.Context, s *system) (rows int64, err error) {
	l, err := clickhouse.Open(clickhouse.Options{Address: s.address, Database: database, User: s.user, Password: s.password})
	if err != nil {
		return 0, err
	}
	defer l.Close()
	f := &filler{c: c, today: sellthrough.DayOf(time.Now().UTC()), ledger: l, batches: make(chan *sellthrough.Batch, 1)}
	if err := s.conn.QueryRow(ctx, "SELECT version FROM "+database+".v_reference").Scan((*uint64)(&f.version)); err != nil {
		return 0, err
	}
	f.name()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, max(2, runtime.NumCPU()-1))
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			for b := range f.batches {
				if errs[i] == nil {
					if errs[i] = l.Put(ctx, b); errs[i] != nil {
						cancel()
					}
				}
			}
		})
	}
	for back := c.days; back >= 1 && ctx.Err() == nil; back-- {
		f.day(f.today - sellthrough.Day(back))
		if back < 60 || back%7 == 0 || f.batch.Movements.Len()+f.batch.Reports.Len() > fillRows/2 {
			f.flush() // what is older was handed over by the week, where that is little
		}
	}
	close(f.batches)
	wg.Wait()
	for _, e := range errs {
		if e != nil {
			return f.rows, e
		}
	}
	return f.rows, ctx.Err()
}

func (f *filler) name() {
	c, n := f.c, &f.names
	names := func(count int, form func(int) string) []string {
		out := make([]string, count)
		for i := range out {
			out[i] = form(i)
		}
		return out
	}
	n.partner = names(c.partners, partnerID)
	n.pos = names(c.partners, func(i int) string { return partnerID(i) + "-pos" })
	n.stock = names(c.partners, func(i int) string { return partnerID(i) + "-stock" })
	n.location, n.store = names(c.locations, locationCode), names(c.locations, store)
	n.product, n.item = names(c.products, productCode), names(c.products, item)
	n.receipt = names(2*c.products, func(i int) string { return fmt.Sprintf("R%06d", 100_000+i) })
	n.key = names(10, func(i int) string { return fmt.Sprint(i + 1) })
	f.ranged = make([][]int32, c.locations)
	for l := range f.ranged {
		for p := range c.products {
			if c.carries(l, p) {
				f.ranged[l] = append(f.ranged[l], int32(p))
			}
		}
	}
}

// flush hands the batch in hand over.
func (f *filler) flush() {
	b := f.batch
	if f.batch = nil; b == nil {
		return
	}
	b.Rows, b.Blocks, b.Complete, b.Epoch, b.Reference = b.Movements.Len()+b.Reports.Len(), 1, true, 1, f.version
	f.rows += int64(b.Rows)
	f.batches <- b
}

// in is the batch that takes what came to be known at an instant.
func (f *filler) in(known time.Time) *sellthrough.Batch {
	if f.batch == nil {
		f.batch = &sellthrough.Batch{}
		f.batch.Movements.Reserve(min(fillRows, f.c.locations*f.c.products*f.c.ranged*f.c.sells/5000))
		f.batch.Reports.Reserve(min(fillRows, f.c.locations*f.c.products*f.c.ranged/100))
		f.batch.Token = sellthrough.Token{Incarnation: "filled", Partition: int(f.made) % partitions, First: f.made, Last: f.made}
		f.made++
	}
	f.batch.Known = known
	return f.batch
}

// day is what is reported of a day, in the night after it; and what is said anew of a day before it.
func (f *filler) day(d sellthrough.Day) {
	c := f.c
	night := d.Time().AddDate(0, 0, 1)
	for p := range c.partners {
		known := night.Add(time.Duration(120+p*7%300) * time.Minute)
		first, last := f.span(p)
		byStore := p*100 < c.byStore*c.partners
		file := f.open(known, p, sellthrough.Sales)
		for l := first; l < last; l++ {
			if byStore && l > first {
				f.close(file)
				file = f.open(known, p, sellthrough.Sales)
			}
			f.sales(file, l, d)
			if old := d - 3; mix(uint64(l), uint64(d), 11)%40 == 0 && f.today-old < sellthrough.Day(c.days) {
				f.correct(file, l, old)
			}
		}
		f.close(file)
		file = f.open(known, p, sellthrough.Stock)
		for l := first; l < last; l++ {
			if int(mix(uint64(l), 0, 12)%100) < c.daily || (int(d)+l)%7 == 0 {
				f.levels(file, l, d)
			}
		}
		if file.counts.New > 0 {
			f.close(file)
		}
	}
}

// span is the locations of a partner: they lie side by side.
func (f *filler) span(partner int) (first, last int) {
	for first < f.c.locations && partnerOf(f.c, first) < partner {
		first++
	}
	for last = first; last < f.c.locations && partnerOf(f.c, last) == partner; last++ {
	}
	return first, last
}

// filed is a submission that is being written.
type filed struct {
	known    time.Time
	partner  int
	kind     sellthrough.FeedKind
	feed     string
	revision uint64
	counts   sellthrough.Counts
	row      uint32
}

func (f *filler) open(known time.Time, partner int, kind sellthrough.FeedKind) *filed {
	f.revision++
	feed := f.names.pos[partner]
	if kind == sellthrough.Stock {
		feed = f.names.stock[partner]
	}
	f.in(known)
	return &filed{known: known, partner: partner, kind: kind, feed: feed, revision: f.revision}
}

// close writes the books of a file. One in a hundred has rows that could not be read.
func (f *filler) close(x *filed) {
	b := f.batch
	id := sellthrough.SubmissionID(fmt.Sprintf("sub_filled%010d", x.revision))
	by, feed, rev := sellthrough.PartnerID(f.names.partner[x.partner]), sellthrough.FeedID(x.feed), sellthrough.Revision(x.revision)
	refused := int64(0)
	if x.revision%100 == 0 {
		refused = 2
		b.Refusals = append(b.Refusals, sellthrough.RefusedBlock{Submission: id, Feed: feed, Partner: by, Rows: []sellthrough.Refusal{
			{Row: x.row + 1, Column: "Quantity", Value: "one", Reason: "this is not a number"}, {Row: x.row + 2, Column: "Time", Value: "yesterday", Reason: "this is not a date"},
		}})
	}
	n := x.counts.Lines()
	part := []int{b.Partition}
	b.Homes = append(b.Homes, sellthrough.EndMark{
		Submission: id, Feed: feed, Partner: by, Kind: x.kind, Revision: rev, Attempt: 1, Partitions: part,
		Home: &sellthrough.Home{File: string(id) + ".csv", Receipt: sellthrough.Receipt{
			Submission: id, Feed: feed, Partner: by, Revision: rev, Received: x.known.Add(-time.Minute), Bytes: 60 * n, Rows: n + refused, Accepted: n, Refused: refused, Partitions: part, Attempt: 1,
		}},
	})
	b.Outcomes = append(b.Outcomes, sellthrough.Outcome{Submission: id, Feed: feed, Partner: by, Revision: rev, Attempt: 1, Counts: x.counts})
}
