package x12

import (
	"bytes"
	"strconv"

	"sellthrough/ingest/format/edi"
)

// when is a date, a time and a period that one level of a set names.
type when struct {
	rank     int // of day's qualifier, from 1; 0 is none
	day, at  []byte
	from, to []byte
	fault    string // of at
}

// fixedZones are the codes of element 623 that tell summer from winter.
var fixedZones = map[string]string{
	"": "", "LT": "", "GM": "Z", "UT": "Z", "ES": "-05:00", "ED": "-04:00", "CS": "-06:00", "CD": "-05:00", "MS": "-07:00", "MD": "-06:00",
	"PS": "-08:00", "PD": "-07:00", "AS": "-04:00", "AD": "-03:00", "NS": "-03:30", "ND": "-02:30", "HS": "-10:00",
}

func (r *Reader) zone(code []byte) (string, bool) {
	if z, ok := r.d.Zones[string(code)]; ok {
		if z == "local" {
			z = ""
		}
		return z, true
	}
	if z, ok := fixedZones[string(code)]; ok {
		return z, true
	}
	n, ok := edi.Int(code)
	if !ok || len(code) != 2 || n < 1 || n > 24 {
		return "", false
	}
	sign, hours := "+", n // 01 to 12 are hours ahead of UTC, 13 to 24 are 12 to 1 hours behind
	if n > 12 {
		sign, hours = "-", 25-n
	}
	return sign + string([]byte{byte('0' + hours/10), byte('0' + hours%10)}) + ":00", true
}

// instant joins a day and a time.
func (r *Reader) instant(day, clock, zone []byte) (at []byte, fault string) {
	t, ok := edi.Clock(clock)
	if !ok {
		return nil, "the time " + strconv.Quote(string(clock)) + " is none; write it as HHMM or HHMMSS"
	}
	z, ok := r.zone(zone)
	if !ok {
		return nil, "the time code " + strconv.Quote(string(zone)) + " does not tell summer from winter time; say its offset under zones of the dialect"
	}
	return append(append(append([]byte(nil), day...), t...), z...), ""
}

// date reads a DTM into w: the best of the qualifiers in order, and the ends of the period. The reason says why it is
// refused.
func (r *Reader) date(w *when, s *edi.Segment, order []string) (reason string) {
	q, value, format := string(s.At(1)), s.At(2), string(s.At(5))
	n := rank(order, s.At(1)) + 1
	if n == 0 && q != "090" && q != "091" && q != "150" && q != "151" {
		return ""
	}
	switch {
	case value == nil && (format == "RD8" || format == "RD6"):
		from, to, found := bytes.Cut(s.At(6), []byte("-"))
		f, ok := edi.Day(from)
		t, ok2 := edi.Day(to)
		if !found || !ok || !ok2 || string(t) < string(f) {
			return "the period is none; write it as CCYYMMDD-CCYYMMDD"
		}
		if n > 0 {
			w.from, w.to = f, t
		}
		return ""
	case value == nil:
		value = s.At(6)
	case len(value) == 6 && len(format) == 2:
		value = append([]byte(format), value...) // DTM05 was the century before it was a format
	}
	day, ok := edi.Day(value)
	if !ok {
		return "this is no date; write it as CCYYMMDD"
	}
	switch q {
	case "090", "150":
		w.from = day
	case "091", "151":
		w.to = day
	}
	if n > 0 && (w.rank == 0 || n < w.rank) {
		w.rank, w.day, w.at, w.fault = n, day, nil, ""
		if clock := s.At(3); clock != nil {
			w.at, w.fault = r.instant(day, clock, s.At(4))
		}
	}
	return ""
}

// settle writes the date and period of the most specific level that has one. The fault says why the time is unclear,
// where the feed reads it.
func (r *Reader) settle(b *edi.Base, levels ...*when) (fault string) {
	for _, w := range levels {
		if w.day != nil && b[edi.BusinessDate] == nil {
			b[edi.BusinessDate], b[edi.At] = w.day, w.at
			if r.group.Asked(edi.At) {
				fault = w.fault
			}
		}
		if b[edi.PeriodFrom] == nil && b[edi.PeriodTo] == nil {
			b[edi.PeriodFrom], b[edi.PeriodTo] = w.from, w.to
		}
	}
	if b[edi.BusinessDate] == nil {
		b[edi.BusinessDate] = b[edi.PeriodTo]
	}
	return fault
}
