package edifact

import (
	"bytes"
	"time"

	"sellthrough/ingest/format/edi"
)

// when is a date, a time and a period that one level of a message names.
type when struct {
	rank     int // of day's qualifier, from 1; 0 is none
	day, at  []byte
	from, to []byte
}

func (w *when) empty() bool { return w.day == nil && w.from == nil && w.to == nil }

// moment reads a date, time or period by its format (element 2379).
func moment(v []byte, format string) (day, at, from, to []byte, reason string) {
	const wrong = "this is not of the format that it names"
	one := func(day []byte, ok bool) ([]byte, []byte, []byte, []byte, string) {
		if !ok {
			return nil, nil, nil, nil, wrong
		}
		return day, nil, nil, nil, ""
	}
	two := func(from, to []byte, ok bool) ([]byte, []byte, []byte, []byte, string) {
		if !ok || string(to) < string(from) {
			return nil, nil, nil, nil, wrong
		}
		return nil, nil, from, to, ""
	}
	timed := func(days, clock int, zone bool) ([]byte, []byte, []byte, []byte, string) {
		if len(v) < days+clock || !zone && len(v) != days+clock {
			return nil, nil, nil, nil, wrong
		}
		day, ok := edi.Day(v[:days])
		t, ok2 := edi.Clock(v[days : days+clock])
		if !ok || !ok2 {
			return nil, nil, nil, nil, wrong
		}
		at := append(bytes.Clone(day), t...)
		if zone {
			z, ok := offset(string(v[days+clock:]))
			if !ok {
				return nil, nil, nil, nil, "its time zone is none that is read; write Z, or hours and minutes like +0800"
			}
			at = append(at, z...)
		}
		return day, at, nil, nil, ""
	}
	switch format {
	case "101":
		if len(v) != 6 {
			return one(nil, false)
		}
		return one(edi.Day(v))
	case "102":
		if len(v) != 8 {
			return one(nil, false)
		}
		return one(edi.Day(v))
	case "201":
		return timed(6, 4, false)
	case "202":
		return timed(6, 6, false)
	case "203":
		return timed(8, 4, false)
	case "204":
		return timed(8, 6, false)
	case "205", "303":
		return timed(8, 4, true)
	case "304":
		return timed(8, 6, true)
	case "602":
		y, ok := edi.Int(v)
		if !ok || len(v) != 4 || y < 1 {
			return two(nil, nil, false)
		}
		return two(edi.AppendDay(nil, y, 1, 1), edi.AppendDay(nil, y, 12, 31), true)
	case "610":
		if len(v) != 6 {
			return two(nil, nil, false)
		}
		from, ok := edi.Day(append(bytes.Clone(v), "01"...))
		if !ok {
			return two(nil, nil, false)
		}
		y, _ := edi.Int(v[:4])
		m, _ := edi.Int(v[4:])
		return two(from, edi.AppendDay(nil, y, m, edi.Days(y, m)), true)
	case "616":
		return two(week(v))
	case "711", "718":
		a, b := halves(v, 8)
		from, ok := edi.Day(a)
		to, ok2 := edi.Day(b)
		return two(from, to, ok && ok2 && len(a) == 8 && len(b) == 8)
	case "713", "719":
		width := 10
		if format == "719" {
			width = 12
		}
		a, b := halves(v, width)
		if len(a) != width || len(b) != width {
			return two(nil, nil, false)
		}
		from, ok := edi.Day(a[:width-4])
		to, ok2 := edi.Day(b[:width-4])
		return two(from, to, ok && ok2)
	case "":
		return nil, nil, nil, nil, "the date does not say its format; name it as the third component, 102 for CCYYMMDD"
	}
	return nil, nil, nil, nil, "the format " + format + " of the date is not read; write it as 102 (CCYYMMDD), 203 (with time) or 718 (a period)"
}

// halves cuts a period, which is written with a hyphen or without.
func halves(v []byte, width int) (a, b []byte) {
	if len(v) == 2*width+1 && v[width] == '-' {
		return v[:width], v[width+1:]
	}
	if len(v) != 2*width {
		return nil, nil
	}
	return v[:width], v[width:]
}

// week reads CCYYWW, the weeks of ISO 8601, from Monday to Sunday.
func week(v []byte) (from, to []byte, ok bool) {
	if len(v) != 6 {
		return nil, nil, false
	}
	y, ok1 := edi.Int(v[:4])
	w, ok2 := edi.Int(v[4:])
	if !ok1 || !ok2 || y < 1 || w < 1 {
		return nil, nil, false
	}
	fourth := time.Date(y, 1, 4, 0, 0, 0, 0, time.UTC)
	monday := fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7+7*(w-1))
	if iy, iw := monday.ISOWeek(); iy != y || iw != w {
		return nil, nil, false
	}
	sunday := monday.AddDate(0, 0, 6)
	day := func(t time.Time) []byte { return edi.AppendDay(nil, t.Year(), int(t.Month()), t.Day()) }
	return day(monday), day(sunday), true
}

// offset reads the zone of formats 205, 303 and 304.
func offset(z string) (string, bool) {
	switch z {
	case "Z", "UTC", "GMT":
		return "Z", true
	}
	if len(z) == 3 && (z[0] == '+' || z[0] == '-') {
		z += "00"
	}
	if len(z) != 5 || z[0] != '+' && z[0] != '-' {
		return "", false
	}
	h, ok := edi.Int([]byte(z[1:3]))
	m, ok2 := edi.Int([]byte(z[3:]))
	return z[:3] + ":" + z[3:], ok && ok2 && h <= 14 && m < 60
}

// date reads a DTM into w: the best of the qualifiers in order, and the ends of the period (90, 91). The reason says why it
// is refused.
func date(w *when, s *edi.Segment, order []string) (reason string) {
	q := s.Component(1, 0)
	n := rank(order, q) + 1
	first, last := string(q) == "90", string(q) == "91"
	if n == 0 && !first && !last {
		return ""
	}
	day, at, from, to, reason := moment(s.Component(1, 1), string(s.Component(1, 2)))
	switch {
	case reason != "":
		return reason
	case first && day != nil:
		w.from = day
	case last && day != nil:
		w.to = day
	}
	if n == 0 || w.rank > 0 && n >= w.rank {
		return ""
	}
	if w.rank = n; day == nil {
		w.day, w.at, w.from, w.to = nil, nil, from, to
		return ""
	}
	w.day, w.at = day, at
	return ""
}

// settle writes the date and period of the most specific level that has any.
func settle(b *edi.Base, levels ...*when) {
	for _, w := range levels {
		if w.empty() {
			continue
		}
		b[edi.BusinessDate], b[edi.At], b[edi.PeriodFrom], b[edi.PeriodTo] = w.day, w.at, w.from, w.to
		switch {
		case w.day == nil:
			b[edi.BusinessDate] = w.to
		case w.from == nil && w.to == nil:
			b[edi.PeriodFrom], b[edi.PeriodTo] = w.day, w.day
		}
		return
	}
}
