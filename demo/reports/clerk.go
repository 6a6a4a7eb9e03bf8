package reports

import (
	"hash/fnv"
	"net/url"
	"time"

	"sellthrough"
	"sellthrough/demo/world"
)

// everyone stands for all locations of a partner.
const everyone = -1

// clerk writes the files of one feed.
type clerk struct {
	p       *Plan
	f       *Feed
	places  []int         // the partner's locations
	pending map[int][]Row // what the next file by the month holds, by location or of everyone
	from    sellthrough.Day
	week    []Row // of a feed that reports the week so far
}

func newClerk(p *Plan, f *Feed) *clerk {
	c := &clerk{p: p, f: f, pending: map[int][]Row{}, from: p.world.First}
	for i := range p.world.Locations {
		if p.world.Locations[i].Partner == f.Partner {
			c.places = append(c.places, i)
		}
	}
	return c
}

// split gives rows to the files that they belong into. Every location that has opened has one, with rows or without.
func (c *clerk) split(rows []Row, until sellthrough.Day, use func(place int, rows []Row)) {
	if !c.f.perStore {
		use(everyone, rows)
		return
	}
	by := map[int][]Row{}
	for _, r := range rows {
		l := int(r.Place)
		by[l] = append(by[l], r)
	}
	for _, l := range c.places {
		if until >= c.p.world.Opens(l) {
			use(l, by[l])
		}
	}
}

// day takes a day that has ended.
func (c *clerk) day(d *world.Day) {
	f, date := c.f, d.Date
	sunday := date.Time().Weekday() == time.Sunday
	if f.stock() && !sunday && (f.weekly || date < c.p.counted) {
		return
	}
	rows := f.rows(c.p, d)
	switch {
	case date < c.p.regular(f):
		c.history(date, rows)
	case f.Cover == Period:
		c.period(date, rows)
	case f.minutes > 0 && !f.stock() && !f.running && date >= c.p.world.Opening-1:
		c.stream(date, rows)
	default:
		c.split(rows, date, func(place int, rows []Row) { c.daily(place, date, rows) })
		if f.minutes > 0 && date >= c.p.world.Opening-1 {
			c.running(d, rows)
		}
	}
}

// history gathers rows for a file by the month or quarter.
func (c *clerk) history(date sellthrough.Day, rows []Row) {
	c.split(rows, date, func(place int, rows []Row) { c.pending[place] = append(c.pending[place], rows...) })
	regular := c.p.regular(c.f)
	last := date+1 == regular || c.f.span(date) != c.f.span(date+1)
	if c.f.stock() && (c.f.weekly || date < c.p.counted) && !last { // of Sundays only
		last = date+7 >= regular || c.f.span(date) != c.f.span(date+7)
	}
	if !last {
		return
	}
	places := []int{everyone}
	if c.f.perStore {
		places = c.places
	}
	for _, place := range places {
		if place != everyone && date < c.p.world.Opens(place) || len(c.pending[place]) == 0 && c.f.idle() {
			continue
		}
		file := c.file(place, c.from, date, c.pending[place], "")
		if c.f.past != nil {
			file.Feed = c.f.past
		}
		if len(file.Covers) > 0 && place == everyone { // history is handed over by agreement; nobody has to ask
			file.Query.Set("confirm", "1")
		}
		c.p.put(file)
	}
	c.pending, c.from = map[int][]Row{}, date+1
}

// file of a span of days. Tag tells files of one span apart.
func (c *clerk) file(place int, from, to sellthrough.Day, rows []Row, tag string) *File {
	f := c.f
	name := []byte(f.prefix)
	if place != everyone {
		name = append(append(name, c.p.world.Locations[place].Own...), '_')
	}
	name = date(name, from, "YMD")
	if from != to || f.Cover == Period {
		name = date(append(name, '-'), to, "YMD")
	}
	file := &File{
		Feed: f, Name: string(append(name, f.suffix...)), Day: to, Rows: rows, Query: url.Values{}, Due: c.morning(to, place),
	}
	file.Key = f.ID + " " + file.Name + tag
	if f.Cover == Days && !f.named && (from != to || place == everyone) { // else its name says so
		file.Query.Set("from", from.String())
		file.Query.Set("to", to.String())
		places := c.places
		if place != everyone {
			places = []int{place}
		}
		for _, l := range places {
			file.Query.Add("location", c.p.world.Locations[l].Own)
		}
	}
	if f.Cover == Days && !f.named || f.Cover == Period {
		places := c.places
		if place != everyone {
			places = []int{place}
		}
		for _, l := range places {
			for d := from; d <= to; d++ {
				file.Covers = append(file.Covers, Unit{Location: l, Day: d})
			}
		}
	}
	return file
}

// morning is when the partner sends the report of a day: at its hour of the next, some minutes apart.
func (c *clerk) morning(d sellthrough.Day, place int) time.Time {
	y, m, n := (d + 1).Time().Date()
	at := time.Date(y, m, n, 0, 0, int(c.f.clock), 0, c.p.offices[c.f.Partner])
	return at.Add(time.Duration(c.p.chance(c.f, place, d, "minute").IntN(2400)) * time.Second)
}

func (c *clerk) daily(place int, d sellthrough.Day, rows []Row) {
	if len(rows) == 0 && c.f.idle() {
		return
	}
	c.mess(c.file(place, d, d, rows, ""), place)
}

// period reports the week so far; until some weeks before the opening day, the week that has ended.
func (c *clerk) period(d sellthrough.Day, rows []Row) {
	if d.Time().Weekday() == time.Monday {
		c.week = nil
	}
	c.week = append(c.week, rows...)
	if d < c.p.world.Opening-EveryDay && d.Time().Weekday() != time.Sunday {
		return
	}
	monday := d - (sellthrough.Day(d.Time().Weekday())+6)%7
	c.mess(c.file(everyone, max(monday, c.p.daily), d, append([]Row(nil), c.week...), ""), everyone)
}

// running reports the day so far, for whoever looks on.
func (c *clerk) running(d *world.Day, rows []Row) {
	if c.f.stock() {
		for h := int32(12); h <= 20; h += 4 {
			file := c.file(everyone, d.Date, d.Date, c.counted(d, rows, h*hour), " "+pad(int(h), 2))
			file.Due, file.Stale = c.at(d.Date, h*hour+600), c.morning(d.Date, everyone)
			c.p.put(file)
		}
		return
	}
	c.split(rows, d.Date, func(place int, rows []Row) {
		offset := int32(place*7%c.f.minutes) * 60
		told := 0
		for s := 11*hour + offset; s < 23*hour; s += int32(c.f.minutes) * 60 {
			n := 0
			for n < len(rows) && rows[n].Second <= s {
				n++
			}
			if n == told {
				continue
			}
			told = n
			file := c.file(place, d.Date, d.Date, rows[:n:n], " "+pad(int(s), 5))
			file.Due, file.Stale = c.at(d.Date, s+20), c.morning(d.Date, place)
			c.p.put(file)
		}
	})
}

// counted is the closing stock as it stood at an earlier second.
func (c *clerk) counted(d *world.Day, closing []Row, second int32) []Row {
	out := make([]Row, len(closing))
	for i, r := range closing {
		out[i] = r
		out[i].Second = second
		if d.OnHand[r.listing] >= 0 {
			out[i].Units = d.OnHandAt(r.listing, second)
		}
	}
	return out
}

// stream reports documents minutes after they came to be.
func (c *clerk) stream(d sellthrough.Day, rows []Row) {
	step := time.Duration(c.f.minutes) * time.Minute
	by := map[time.Time][]Row{}
	var order []time.Time
	for _, r := range rows {
		at := c.p.instant(&r).UTC().Truncate(step).Add(step)
		if by[at] == nil {
			order = append(order, at)
		}
		by[at] = append(by[at], r)
	}
	for _, at := range order {
		stamp := at.UTC().Format("20060102T150405")
		file := c.file(everyone, d, d, by[at], " "+stamp)
		file.Name = c.f.prefix + stamp + c.f.suffix
		file.Due = at.Add(15 * time.Second)
		c.p.put(file)
	}
}

// at is a second of a day on the partner's clock.
func (c *clerk) at(d sellthrough.Day, second int32) time.Time {
	y, m, n := d.Time().Date()
	return time.Date(y, m, n, 0, 0, int(second), 0, c.p.offices[c.f.Partner])
}

// name64 is a number of a text.
func name64(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // into memory
	return h.Sum64()
}
