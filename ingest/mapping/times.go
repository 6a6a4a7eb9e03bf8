package mapping

import (
	"encoding/binary"
	"time"

	"sellthrough"
	"sellthrough/ingest/mapping/layout"
)

// times reads the time and the day.
func (b *Binding) times(fields [][]byte, row uint32, c *Cells) error {
	src, timed := &b.feed.Columns, false
	if b.atCell >= 0 && (b.sameDay(fields[b.atCell], c) || b.sameTime(fields[b.atCell], c)) {
		if b.businessCell < 0 {
			return nil
		}
		timed = true
	}
	if b.atCell >= 0 && !timed {
		cell := trim(fields[b.atCell])
		if len(cell) > 0 || !src.At.Optional {
			s, err := b.stamp(&b.Mapping.at, cell, src.At.Column, row)
			if err != nil {
				return err
			}
			c.At, c.Day, timed = s.Wall(), sellthrough.Day(s.Day), true
			switch {
			case s.HasOffset:
				c.At -= int64(s.Offset)
			case b.Mapping.at.zone != nil:
				at, ok := b.zone.instant(b.Mapping.at.zone, c.At)
				if !ok {
					return bad(row, src.At.Column, cell, "the clocks of "+b.Mapping.at.zone.String()+" skip this time; look at the zone of the feed")
				}
				c.At = at
			}
			if err := b.within(c.At, c.Day, cell, src.At.Column, row); err != nil {
				return err
			}
			if b.day.known = b.day.wall && len(cell) == 19; b.day.known {
				b.day.head, b.day.tail = binary.LittleEndian.Uint64(cell), binary.LittleEndian.Uint16(cell[8:])
				b.day.start, b.day.day = int64(s.Day)*86400, c.Day
			}
			if b.time.n = 0; len(cell) <= len(b.time.text) {
				b.time.n, b.time.at, b.time.day = copy(b.time.text[:], cell), c.At, c.Day
			}
		}
	}
	if b.businessCell >= 0 {
		cell := trim(fields[b.businessCell])
		s, err := b.stamp(&b.business, cell, src.BusinessDate.Column, row)
		if err != nil {
			return err
		}
		c.Day = sellthrough.Day(s.Day)
		if err := b.within(int64(s.Day)*86400, c.Day, cell, src.BusinessDate.Column, row); err != nil {
			return err
		}
		if !timed {
			c.At = int64(s.Day) * 86400
			if b.Mapping.at.zone != nil {
				c.At, _ = b.zone.instant(b.Mapping.at.zone, c.At)
			}
		}
	}
	return nil
}

func (b *Binding) stamp(k *clock, cell []byte, column string, row uint32) (layout.Stamp, error) {
	s, err := b.parse(k, cell)
	if err == nil && !k.strict && !k.offset {
		return s, nil
	}
	switch {
	case len(cell) == 0:
		return s, bad(row, column, nil, "the cell is empty; write the date")
	case err == layout.ErrShape:
		return s, bad(row, column, cell, "this is not written as "+k.text+"; write it so, or set layouts in the feed")
	case err != nil:
		return s, bad(row, column, cell, err.Error())
	case k.strict && s.HasOffset:
		return s, bad(row, column, cell, "the time has an offset, but the feed reads times as the location's wall clock; set zone: written in the feed")
	case k.offset && !s.HasOffset:
		return s, bad(row, column, cell, "the time has no offset, but the feed says zone: written; add one, like +01:00, or name the zone in the feed")
	}
	return s, nil
}

// sameDay reads a time of the day of the row before, of a feed whose times are ISO 8601 and wall clock: what is left are the
// digits of the clock. Anything else, right or wrong, is read the long way.
func (b *Binding) sameDay(cell []byte, c *Cells) bool {
	d := &b.day
	if !d.known || len(cell) != 19 || binary.LittleEndian.Uint64(cell) != d.head || binary.LittleEndian.Uint16(cell[8:]) != d.tail {
		return false
	}
	second, ok := layout.Clock(cell[10:])
	at := d.start + int64(second)
	if !ok || !b.Now.IsZero() && at > b.limit {
		return false
	}
	c.At, c.Day = at, d.day
	return true
}

// sameTime reads the time of the row before once more, as a report of stock has it in every row.
func (b *Binding) sameTime(cell []byte, c *Cells) bool {
	t := &b.time
	if t.n == 0 || string(t.text[:t.n]) != string(cell) || b.Now != b.limitOf {
		return false
	}
	c.At, c.Day = t.at, t.day
	return true
}

// lastTime is the last cell of the column at, and what it came to.
type lastTime struct {
	text [32]byte
	n    int
	at   int64
	day  sellthrough.Day
}

// lastDay is the day of the last time that was read.
type lastDay struct {
	wall  bool // the feed's times are ISO 8601 and wall clock
	known bool
	head  uint64 // its ten characters
	tail  uint16
	start int64 // seconds since 1970
	day   sellthrough.Day
}

// written is the last cell of a column, and what it came to: days stand together in nearly every file.
type written struct {
	text  [24]byte
	n     int
	stamp layout.Stamp
}

// parse reads a cell.
func (b *Binding) parse(k *clock, cell []byte) (layout.Stamp, error) {
	w := &b.whens[k.place]
	if w.n > 0 && string(w.text[:w.n]) == string(cell) {
		return w.stamp, nil
	}
	s, err := k.parse(cell)
	if w.n = 0; err == nil && len(cell) <= len(w.text) {
		w.n = copy(w.text[:], cell)
		w.stamp = s
	}
	return s, err
}

func (b *Binding) within(at int64, day sellthrough.Day, cell []byte, column string, row uint32) error {
	if day < sellthrough.FirstDay || day > sellthrough.LastDay {
		return bad(row, column, cell, "the year is not between 1990 and 2079; correct it")
	}
	if b.Now != b.limitOf {
		b.limitOf, b.limit = b.Now, b.Now.Add(48*time.Hour).Unix()
	}
	if !b.Now.IsZero() && at > b.limit {
		return bad(row, column, cell, "this is more than 48 hours in the future; correct the date")
	}
	return nil
}

// zoneSpan remembers the span of time around the last conversion in which a zone keeps its offset.
type zoneSpan struct {
	from, to, offset int64 // wall clock seconds, a day inside the span's ends
}

// instant turns a wall clock into an instant. Of an hour that the clocks show twice it is the first; a time that they
// skip is not ok.
func (z *zoneSpan) instant(loc *time.Location, wall int64) (int64, bool) {
	if wall >= z.from && wall < z.to {
		return wall - z.offset, true
	}
	const day = 86400
	for _, guess := range [...]int64{wall - day, wall + day} { // offsets before and after any change near
		t := time.Unix(guess, 0).In(loc)
		_, offset := t.Zone()
		at := wall - int64(offset)
		if _, o := time.Unix(at, 0).In(loc).Zone(); o != offset {
			continue
		}
		start, end := time.Unix(at, 0).In(loc).ZoneBounds()
		z.from, z.to, z.offset = -1<<62, 1<<62, int64(offset)
		if !start.IsZero() {
			z.from = start.Unix() + z.offset + day
		}
		if !end.IsZero() {
			z.to = end.Unix() + z.offset - day
		}
		return at, true
	}
	return wall, false
}
