// Package layout reads dates and times as partners write them, by layouts such as "DD.MM.YYYY HH:mm:ss", without
// allocating and without guessing: a date that does not exist is an error and never rolls over.
//
// A layout is made of YYYY, MM, DD, HH, mm, ss (fixed width), M, D, H (one or two digits), Z (an offset: Z, +hh:mm,
// +hhmm or +hh) and literal characters. After ss a cell may carry a fraction of a second, which is dropped. Beside them are
// YY (1990 to 2079), RRR (a year of the Republic of China, 民國115年), MMM (Jan), hh and h (of twelve hours, with A: AM, PM,
// 上午, 下午) and E (the day of the week, which has to be right: Mon, Monday, 星期一, 周一). Four words are layouts by
// themselves: epoch and epoch-ms (seconds and milliseconds since 1970, UTC), serial and serial-1904 (day numbers of a
// spreadsheet).
package layout

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Errors of reading a cell. ErrShape says that the cell does not look like the layout; the others that it does and is
// still wrong.
var (
	ErrShape    = errors.New("does not fit")
	ErrDate     = errors.New("this date does not exist")
	ErrTime     = errors.New("this time of day does not exist")
	ErrMidnight = errors.New("24:00 belongs to two days; write 00:00:00 of the next day")
	ErrOffset   = errors.New("this offset does not exist")
	ErrWeekday  = errors.New("the day of the week is not that of the date")
	ErrHour     = errors.New("an hour of twelve, with AM or PM, is between 1 and 12")
)

// Stamp is a date, or a date with time, as written.
type Stamp struct {
	Day       int32 // days since 1970-01-01
	Second    int32 // of the day
	Offset    int32 // seconds east of UTC
	HasTime   bool
	HasOffset bool
}

// Wall is seconds since 1970 of the stamp, read as if UTC.
func (s Stamp) Wall() int64 { return int64(s.Day)*86400 + int64(s.Second) }

// Layout is a compiled layout.
type Layout struct {
	text  string
	steps []step
	whole func([]byte) (Stamp, error) // of a word that is a layout by itself
}

type step struct {
	token   byte // Y y R M b D H h A m s E Z, or 0 for a literal
	literal string
	loose   bool // one or two digits; of R one to three
}

// part is what a token is a part of: a year may be written in three ways.
func (s step) part() byte {
	switch s.token {
	case 'y', 'R':
		return 'Y'
	case 'b':
		return 'M'
	case 'h':
		return 'H'
	}
	return s.token
}

// Compile reads a layout.
func Compile(text string) (*Layout, error) {
	l := &Layout{text: text, whole: wholes[text]}
	if l.whole != nil {
		return l, nil
	}
	count := map[byte]int{}
	for rest := text; rest != ""; {
		s, n := next(rest)
		if n == 0 {
			r := []rune(rest)[0]
			return nil, fmt.Errorf("%q has %q, which no layout knows; use YYYY MM DD HH mm ss, M D H for one or two digits, YY RRR MMM hh A E, and Z", text, r)
		}
		rest = rest[n:]
		if s.token != 0 {
			if count[s.part()]++; count[s.part()] > 1 {
				return nil, fmt.Errorf("%q has the same part twice", text)
			}
			count['h'] += boolInt(s.token == 'h')
		}
		l.steps = append(l.steps, s)
	}
	for i, s := range l.steps {
		if s.loose && i+1 < len(l.steps) && l.steps[i+1].token != 0 && l.steps[i+1].token != 'Z' {
			return nil, fmt.Errorf("%q has one or two digits right before other digits; put a mark between them or write two digits", text)
		}
	}
	if count['h'] != count['A'] {
		return nil, fmt.Errorf("%q has hours of twelve (hh) or AM and PM (A) without the other; write both, or HH", text)
	}
	if count['Y'] == 0 || count['M'] == 0 || count['D'] == 0 {
		return nil, fmt.Errorf("%q lacks a year, month or day; write it like YYYY-MM-DD", text)
	}
	if count['m'] > count['H'] || count['s'] > count['m'] || count['Z'] > count['H'] {
		return nil, fmt.Errorf("%q has a part of the time without the larger one; write it like HH:mm:ss", text)
	}
	return l, nil
}

var tokens = []struct {
	text string
	step step
}{
	{"YYYY", step{token: 'Y'}},
	{"YY", step{token: 'y'}},
	{"RRR", step{token: 'R', loose: true}},
	{"MMM", step{token: 'b'}},
	{"MM", step{token: 'M'}},
	{"DD", step{token: 'D'}},
	{"HH", step{token: 'H'}},
	{"mm", step{token: 'm'}},
	{"ss", step{token: 's'}},
	{"Z", step{token: 'Z'}},
	{"hh", step{token: 'h'}},
	{"A", step{token: 'A'}},
	{"E", step{token: 'E'}},
	{"M", step{token: 'M', loose: true}},
	{"D", step{token: 'D', loose: true}},
	{"H", step{token: 'H', loose: true}},
	{"h", step{token: 'h', loose: true}},
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func next(s string) (step, int) {
	for _, t := range tokens {
		if strings.HasPrefix(s, t.text) {
			return t.step, len(t.text)
		}
	}
	for i, r := range s {
		if i > 0 {
			return step{literal: s[:i]}, i
		}
		if r != 'T' && (r < 0x80 && unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return step{}, 0
		}
	}
	return step{literal: s}, len(s)
}

// HasOffset asks whether cells of a layout carry an offset.
func HasOffset(text string) bool {
	return strings.Contains(text, "Z") || strings.HasPrefix(text, "epoch")
}

// HasTime asks whether cells of a layout carry a time of day.
func HasTime(text string) bool { return strings.ContainsAny(text, "Hh") || wholes[text] != nil }

// Shape is the same for two layouts that could both read one cell.
func (l *Layout) Shape() string {
	if l.whole != nil {
		return "#" // two of them could read one cell
	}
	var b strings.Builder
	for _, s := range l.steps {
		switch s.token {
		case 0:
			b.WriteString(s.literal)
		case 'Y':
			b.WriteString("####")
		case 'R':
			b.WriteString("###")
		case 'Z', 'A', 'E', 'b':
			b.WriteByte(s.token)
		default:
			b.WriteString("##")
		}
	}
	return b.String()
}

// String is the layout as given.
func (l *Layout) String() string { return l.text }

// Clock reads " HH:mm:ss" or "THH:mm:ss" as seconds of the day. Where it is written otherwise, or does not exist, ISO says why.
func Clock(b []byte) (second int32, ok bool) {
	if len(b) != 9 || b[0] != ' ' && b[0] != 'T' || b[3] != ':' || b[6] != ':' {
		return 0, false
	}
	h1, h0, m1, m0, s1, s0 := int32(b[1])-'0', int32(b[2])-'0', int32(b[4])-'0', int32(b[5])-'0', int32(b[7])-'0', int32(b[8])-'0'
	hour := h1*10 + h0
	if (h1|h0|m1|m0|s1|s0) < 0 || h0 > 9 || hour > 23 || m1 > 5 || m0 > 9 || s1 > 5 || s0 > 9 {
		return 0, false
	}
	return hour*3600 + (m1*10+m0)*60 + s1*10 + s0, true
}

// ISO reads the default layouts: YYYY-MM-DD, alone or followed by T or a blank, HH:mm, optional seconds, fraction and
// offset.
func ISO(b []byte) (Stamp, error) {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return Stamp{}, ErrShape
	}
	year, ok1 := number(b, 4)
	month, ok2 := number(b[5:], 2)
	day, ok3 := number(b[8:], 2)
	if !ok1 || !ok2 || !ok3 {
		return Stamp{}, ErrShape
	}
	var st Stamp
	if len(b) == 10 {
		return finish(st, year, month, day, 0, 0, 0)
	}
	if len(b) < 16 || b[10] != 'T' && b[10] != ' ' || b[13] != ':' {
		return Stamp{}, ErrShape
	}
	st.HasTime = true
	hour, ok1 := number(b[11:], 2)
	minute, ok2 := number(b[14:], 2)
	second, ok3 := 0, true
	b = b[16:]
	if len(b) > 0 && b[0] == ':' {
		second, ok3 = number(b[1:], 2)
		b = b[min(3, len(b)):]
		b = b[fraction(b):]
	}
	if !ok1 || !ok2 || !ok3 {
		return Stamp{}, ErrShape
	}
	if len(b) > 0 {
		n, err := offset(b, &st)
		if err != nil {
			return Stamp{}, err
		}
		if n != len(b) {
			return Stamp{}, ErrShape
		}
	}
	return finish(st, year, month, day, hour, minute, second)
}

func finish(st Stamp, year, month, day, hour, minute, second int) (Stamp, error) {
	if year < 1 || month < 1 || month > 12 || day < 1 || day > Days(year, month) {
		return Stamp{}, ErrDate
	}
	if hour == 24 && minute == 0 && second == 0 {
		return Stamp{}, ErrMidnight
	}
	if hour > 23 || minute > 59 || second > 59 {
		return Stamp{}, ErrTime
	}
	st.Day = civil(year, month, day)
	st.Second = int32(hour*3600 + minute*60 + second)
	return st, nil
}

// Days is the number of days of a month.
func Days(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// civil is the days since 1970-01-01 of a date, by counting years from March.
func civil(year, month, day int) int32 {
	if month <= 2 {
		year--
		month += 12
	}
	return int32(365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468)
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func number(b []byte, width int) (int, bool) {
	if len(b) < width {
		return 0, false
	}
	v := 0
	for _, c := range b[:width] {
		if !digit(c) {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

// fraction is the length of a fraction of a second at the start of b: at most nine digits.
func fraction(b []byte) int {
	if len(b) < 2 || b[0] != '.' && b[0] != ',' || !digit(b[1]) {
		return 0
	}
	n := 1
	for n < len(b) && n <= 9 && digit(b[n]) {
		n++
	}
	return n
}

// offset reads Z, ±hh, ±hhmm or ±hh:mm and gives its length.
func offset(b []byte, st *Stamp) (int, error) {
	if len(b) == 0 {
		return 0, ErrShape
	}
	st.HasOffset = true
	if b[0] == 'Z' || b[0] == 'z' {
		return 1, nil
	}
	if b[0] != '+' && b[0] != '-' {
		return 0, ErrShape
	}
	hour, ok := number(b[1:], 2)
	if !ok {
		return 0, ErrShape
	}
	n, minute := 3, 0
	if len(b) > 3 {
		i := 3
		if b[3] == ':' {
			i = 4
		}
		if m, ok := number(b[i:], 2); ok {
			minute, n = m, i+2
		} else if i == 4 {
			return 0, ErrShape
		}
	}
	if hour > 14 || minute > 59 {
		return 0, ErrOffset
	}
	st.Offset = int32(hour*3600 + minute*60)
	if b[0] == '-' {
		st.Offset = -st.Offset
	}
	return n, nil
}
