package layout

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"
)

// Parse reads a cell.
func (l *Layout) Parse(b []byte) (Stamp, error) {
	if l.whole != nil {
		return l.whole(b)
	}
	var year, month, day, hour, minute, second int
	var st Stamp
	weekday, half := -1, -1
	for i := range l.steps {
		s := &l.steps[i]
		switch s.token {
		case 0:
			if len(b) < len(s.literal) || string(b[:len(s.literal)]) != s.literal {
				return Stamp{}, ErrShape
			}
			b = b[len(s.literal):]
			continue
		case 'Z':
			n, err := offset(b, &st)
			if err != nil {
				return Stamp{}, err
			}
			b = b[n:]
			continue
		case 'b', 'A', 'E':
			v, n := word(s.token, b)
			if n == 0 {
				return Stamp{}, ErrShape
			}
			b = b[n:]
			switch s.token {
			case 'b':
				month = v
			case 'A':
				half = v
			default:
				weekday = v
			}
			continue
		}
		width := 2
		switch {
		case s.token == 'Y':
			width = 4
		case s.token == 'R':
			for width = 0; width < 3 && width < len(b) && digit(b[width]); {
				width++
			}
		case s.loose && (len(b) < 2 || !digit(b[1])):
			width = 1
		}
		v, ok := number(b, width)
		if !ok || width == 0 {
			return Stamp{}, ErrShape
		}
		b = b[width:]
		switch s.token {
		case 'Y':
			year = v
		case 'y':
			if year = 2000 + v; v >= 80 {
				year = 1900 + v
			}
			if v >= 80 && v < 90 {
				return Stamp{}, ErrDate // neither 1980 nor 2080 is a day of sale
			}
		case 'R':
			year = 1911 + v
		case 'M':
			month = v
		case 'D':
			day = v
		case 'H', 'h':
			hour = v
			st.HasTime = true
		case 'm':
			minute = v
		case 's':
			second = v
			b = b[fraction(b):]
		}
	}
	if len(b) != 0 {
		return Stamp{}, ErrShape
	}
	if half >= 0 {
		if hour < 1 || hour > 12 {
			return Stamp{}, ErrHour
		}
		hour = hour%12 + 12*half
	}
	st, err := finish(st, year, month, day, hour, minute, second)
	if err == nil && weekday >= 0 && int(time.Unix(int64(st.Day)*86400, 0).UTC().Weekday()) != weekday {
		return Stamp{}, ErrWeekday
	}
	return st, err
}

var months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

var halves = []struct {
	text string
	pm   int
}{{"am", 0}, {"pm", 1}, {"a.m.", 0}, {"p.m.", 1}, {"上午", 0}, {"下午", 1}}

// weekdays, from Sunday; longer forms first.
var weekdays = []struct {
	text string
	day  int
}{
	{"sunday", 0},
	{"monday", 1},
	{"tuesday", 2},
	{"wednesday", 3},
	{"thursday", 4},
	{"friday", 5},
	{"saturday", 6},
	{"sun", 0},
	{"mon", 1},
	{"tue", 2},
	{"wed", 3},
	{"thu", 4},
	{"fri", 5},
	{"sat", 6},
	{"日", 0},
	{"天", 0},
	{"一", 1},
	{"二", 2},
	{"三", 3},
	{"四", 4},
	{"五", 5},
	{"六", 6},
}

// word reads a month's name, a half of the day or a day of the week; n is its length, 0 where there is none.
func word(token byte, b []byte) (v, n int) {
	var low [16]byte
	text := string(bytes.ToLower(append(low[:0], b[:min(len(b), len(low))]...)))
	switch token {
	case 'b':
		for i, m := range months {
			if strings.HasPrefix(text, m) {
				return i + 1, len(m)
			}
		}
	case 'A':
		for _, h := range halves {
			if strings.HasPrefix(text, h.text) {
				return h.pm, len(h.text)
			}
		}
	case 'E':
		rest := text
		for _, w := range []string{"星期", "週", "周", "礼拜"} {
			rest = strings.TrimPrefix(rest, w)
		}
		for _, d := range weekdays {
			if strings.HasPrefix(rest, d.text) && (rest != text || d.text[0] < utf8.RuneSelf) {
				return d.day, len(text) - len(rest) + len(d.text)
			}
		}
	}
	return 0, 0
}

// wholes are the words that are layouts by themselves.
var wholes = map[string]func([]byte) (Stamp, error){
	"epoch":       func(b []byte) (Stamp, error) { return epoch(b, 1, 10) },
	"epoch-ms":    func(b []byte) (Stamp, error) { return epoch(b, 1000, 13) },
	"serial":      func(b []byte) (Stamp, error) { return serial(b, -25569) },
	"serial-1904": func(b []byte) (Stamp, error) { return serial(b, -24107) },
}

// epoch reads a count since 1970 of as many digits as the years from 2001 to 2079 have.
func epoch(b []byte, unit int64, digits int) (Stamp, error) {
	if len(b) != digits {
		return Stamp{}, ErrShape
	}
	v := int64(0)
	for _, c := range b {
		if !digit(c) {
			return Stamp{}, ErrShape
		}
		v = v*10 + int64(c-'0')
	}
	v /= unit
	return Stamp{Day: int32(v / 86400), Second: int32(v % 86400), HasTime: true, HasOffset: true}, nil
}

// serial reads the day number of a spreadsheet, whose day 0 is offset days from 1970. The time is rounded to the second:
// 46349.999994 is midnight of the next day, not a second before.
func serial(b []byte, offset int32) (Stamp, error) {
	whole, part, fractional := bytes.Cut(b, []byte("."))
	if len(whole) != 5 || len(part) > 15 || fractional && len(part) == 0 {
		return Stamp{}, ErrShape
	}
	day, ok := number(whole, 5)
	if !ok {
		return Stamp{}, ErrShape
	}
	num, den := int64(0), int64(1)
	for i, c := range part {
		if !digit(c) {
			return Stamp{}, ErrShape
		}
		if i < 12 { // finer than a millionth of a second
			num, den = num*10+int64(c-'0'), den*10
		}
	}
	second := (num*86400*2 + den) / (2 * den)
	return Stamp{Day: int32(day) + offset + int32(second/86400), Second: int32(second % 86400), HasTime: fractional}, nil
}
