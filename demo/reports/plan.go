package reports

import (
	"container/heap"
	"time"

	"sellthrough"
	"sellthrough/demo/world"
)

// Daily is how many days before the opening day partners began to send a file a day. What lies before they handed over by
// the month, as whoever joins hands over history: with a stock count of every Sunday, and of every day since Counted.
const (
	Daily   = 21
	Counted = 60
)

// EveryDay is how many days before the opening day partners began to report the week so far every day, and their shelves
// by full snapshots: both ask the ledger what is held, which two years of them would be dear.
const EveryDay = 10

// Plan is all files of a channel, in the order in which they are sent. The same world gives the same plan.
type Plan struct {
	world   *world.World
	codes   [len(world.Partners)][]string
	zones   []*time.Location // by location
	offices [len(world.Partners)]*time.Location
	clerks  []*clerk
	told    map[*Feed][]bool // listings with a level, in feeds that name zeros
	coming  []bool           // listings of which something was told to be on the way
	holders map[string]*world.More
	daily   sellthrough.Day // from when on files are daily
	counted sellthrough.Day // from when on stock is
	queue   queue
	turn    int
}

// NewPlan plans the files of a world that has not begun.
func NewPlan(w *world.World) *Plan {
	p := &Plan{world: w, holders: map[string]*world.More{"vendor": {Title: "vendor"}, "partner": {Title: "partner"}}, told: map[*Feed][]bool{}, daily: max(w.First, w.Opening-Daily), counted: max(w.First, w.Opening-Counted)}
	for i := range world.Partners {
		p.offices[i] = zone(world.Partners[i].Zone)
		for j := range w.Products {
			p.codes[i] = append(p.codes[i], ItemCode(i, j, &w.Products[j]))
		}
	}
	for i := range w.Locations {
		p.zones = append(p.zones, zone(w.Locations[i].Zone))
	}
	p.coming = make([]bool, len(w.Listings))
	for _, f := range Feeds {
		if f.History() {
			continue
		}
		p.told[f] = make([]bool, len(w.Listings))
		p.clerks = append(p.clerks, newClerk(p, f))
	}
	return p
}

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the tables of package world, and zones are linked in or on the machine
	}
	return z
}

// regular is the first day on which a feed's own files report; what was before is handed over by the month.
func (p *Plan) regular(f *Feed) sellthrough.Day {
	return max(p.world.First, p.world.Opening-f.Daily())
}

// World that the plan reports on.
func (p *Plan) World() *world.World { return p.world }

// dawn is an instant before which no file of a day is sent: midnight of the easternmost place.
func dawn(d sellthrough.Day) time.Time { return d.Time().Add(-8 * time.Hour) }

// Next is the next file that is due by an instant; nil: there is none. It lives through as many days as it takes.
func (p *Plan) Next(until time.Time) *File {
	p.ahead(until)
	if len(p.queue) == 0 || p.queue[0].Due.After(until) {
		return nil
	}
	return heap.Pop(&p.queue).(*File)
}

// ahead lives on until the first file of the queue is surely the next.
func (p *Plan) ahead(until time.Time) {
	for d := dawn(p.world.Next()); !d.After(until) && (len(p.queue) == 0 || !p.queue[0].Due.Before(d)); d = dawn(p.world.Next()) {
		day := p.world.Step()
		for _, c := range p.clerks {
			c.day(day)
		}
	}
}

// Wake is when the next file may be due, asked after Next gave none by an instant.
func (p *Plan) Wake() time.Time {
	d := dawn(p.world.Next())
	if len(p.queue) > 0 && p.queue[0].Due.Before(d) {
		return p.queue[0].Due
	}
	return d
}

func (p *Plan) put(f *File) {
	p.turn++
	f.plan, f.turn = p, p.turn
	p.silence(f)
	heap.Push(&p.queue, f)
}

// queue is a heap of files by when they are due.
type queue []*File

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].Due.Equal(q[j].Due) {
		return q[i].turn < q[j].turn
	}
	return q[i].Due.Before(q[j].Due)
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(f any)   { *q = append(*q, f.(*File)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	f := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return f
}
