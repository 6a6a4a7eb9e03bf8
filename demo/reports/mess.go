package reports

import (
	"math/rand/v2"
	"time"

	"sellthrough"
	"sellthrough/demo/world"
)

// The stories of reporting, in days from the opening day.
const (
	SilentFrom = -6 // Pixelwald sends nothing
	SilentTo   = 3  // and then all of it
	HeldOf     = -4 // North Lantern's report of this day
	HeldOn     = -2 // is sent again, filtered
)

// chance of a file.
func (p *Plan) chance(f *Feed, place int, d sellthrough.Day, what string) *rand.Rand {
	return world.Dice(p.world.Seed, name64(f.ID), uint64(place+1), uint64(d), name64(what))
}

// mess sends a daily file as life has it: most arrive as they should.
func (c *clerk) mess(file *File, place int) {
	p, f, d := c.p, c.f, file.Day
	r := p.chance(f, place, d, "mess")
	live := d >= p.world.Opening-1 && f.minutes > 0 // the running day was told already
	fate := r.IntN(1000)
	c.filtered(file)
	switch {
	case f.Partner == world.NorthLantern && d == p.world.Opening+HeldOf: // what is held later is measured against it
	case fate < 20 && !live: // late
		file.Due = file.Due.Add(time.Duration(20+r.IntN(52)) * time.Hour)
	case fate < 50: // sent twice
		again := *file
		again.Key += " again"
		again.Due = file.Due.Add(time.Duration(1+r.IntN(6)) * time.Hour)
		p.put(&again)
	case fate < 75 && f.counts() && len(file.Rows) >= 10 && (f.Keyed || f.Cover != Nothing):
		c.wrong(file, r)
		return
	case fate < 90 && f.totals != "":
		file.Totals = true
	case fate < 108 && f.counts() && !live && len(file.Rows) > 2 && (f.Keyed || f.Cover != Nothing):
		c.typo(file, r)
		return
	}
	p.put(file)
}

// wrong sends a file with mistakes, and the right one a day later. Mistakes are few: what is withdrawn stays below the
// share at which a file is held.
func (c *clerk) wrong(file *File, r *rand.Rand) {
	first := *file
	first.Rows = append([]Row(nil), file.Rows...)
	n := len(first.Rows)
	i := r.IntN(n)
	row := &first.Rows[i]
	was := *row
	price := row.Cents / int64(row.Units)
	if row.Units > 0 {
		row.Units++
	} else {
		row.Units--
	}
	row.Cents = price * int64(row.Units)
	missing, extra := 0, 0
	if !c.f.byDocument() {
		missing, extra = r.IntN(1+n/25), r.IntN(1+n/25)
	}
	for range extra { // a line that was never sold
		x := first.Rows[r.IntN(n)]
		x.Line += 1000
		x.Units, x.Cents = 1, x.Cents/int64(x.Units)
		x.Kind = world.Sells(world.Partners[c.f.Partner].Trade)
		if x.More != nil {
			own := *x.More
			own.Serial, own.Of = "", world.Paper{}
			x.More = &own
		}
		first.Rows = append(first.Rows, x)
	}
	for range missing {
		k := r.IntN(len(first.Rows))
		first.Rows = append(first.Rows[:k], first.Rows[k+1:]...)
	}
	c.p.put(&first)
	right := *file
	right.Key += " corrected"
	right.Due = file.Due.Add(time.Duration(18+r.IntN(8)) * time.Hour)
	if c.f.byDocument() { // the one document alone
		right.Rows = nil
		for _, x := range file.Rows {
			if file.Unit(&x) == file.Unit(&was) {
				x.Version = 2
				right.Rows = append(right.Rows, x)
			}
		}
	}
	c.p.put(&right)
}

// typo sends a file of which a row can't be read, and the mended one later in the day.
func (c *clerk) typo(file *File, r *rand.Rand) {
	first := *file
	first.Rows = append([]Row(nil), file.Rows...)
	first.Rows[r.IntN(len(first.Rows))].Typo = true
	c.p.put(&first)
	mended := *file
	mended.Key += " mended"
	mended.Due = file.Due.Add(time.Duration(4+r.IntN(5)) * time.Hour)
	c.p.put(&mended)
}

// filtered is North Lantern's export of notebooks alone.
func (c *clerk) filtered(file *File) {
	w := c.p.world
	if c.f.Partner != world.NorthLantern || !c.f.Sold || file.Day != w.Opening+HeldOf {
		return
	}
	part := *file
	part.Key += " filtered"
	part.Rows, part.Held = nil, true
	for _, r := range file.Rows {
		if w.Products[r.Product].Line == "Notebooks" {
			part.Rows = append(part.Rows, r)
		}
	}
	if 2*len(part.Rows) > len(file.Rows) {
		return // hardly: the rest would not be a fifth
	}
	part.Due = c.at(w.Opening+HeldOn, 11*hour)
	c.p.put(&part)
}

// silence keeps the files of a partner back.
func (p *Plan) silence(f *File) {
	if f.Feed.Partner != world.Pixelwald {
		return
	}
	office := p.offices[world.Pixelwald]
	at := func(d sellthrough.Day) time.Time {
		y, m, n := d.Time().Date()
		return time.Date(y, m, n, 8, 30, 0, 0, office)
	}
	from, to := at(p.world.Opening+SilentFrom), at(p.world.Opening+SilentTo)
	if !f.Due.Before(from) && f.Due.Before(to) {
		f.Due = to.Add(time.Duration(p.turn) * time.Millisecond) // in their order
	}
}
