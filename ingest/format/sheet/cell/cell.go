// Package cell turns what workbooks keep in a cell into text: a number of binary floating point into the digits that a
// person sees, and a day number with a date's format into a date. It works on digits; no float stands between.
package cell

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Reasons for which a cell can't be text.
var (
	ErrNumber  = errors.New("this is not a number; look at the program that wrote the workbook")
	ErrLost    = errors.New("a workbook keeps 15 digits of a number, and this one has more, so its last digits are lost; format the column as text and fill it in again")
	ErrLeapDay = errors.New("this is 29 February 1900, a day that spreadsheets made up; correct the date")
	ErrDay     = errors.New("this is no day between 1900 and 9999; correct the date")
)

// Number writes the number that raw is as a person reads it: rounded to the 15 digits that a spreadsheet shows, without
// exponent and superfluous zeros, so that 125.43999999999998 is 125.44. A whole number of more than 15 digits comes out
// with its exponent, as text, beside ErrLost.
func Number[T ~string | ~[]byte](raw T) (string, error) {
	if plain(raw) {
		return string(raw), nil
	}
	negative, digits, exp, ok := split(string(raw))
	if !ok {
		return "", ErrNumber
	}
	digits, exp = round(digits, exp)
	if digits == "" {
		return "0", nil
	}
	sign := ""
	if negative {
		sign = "-"
	}
	point := len(digits) + exp // digits before the point
	switch {
	case point > 15:
		m := digits[:1]
		if len(digits) > 1 {
			m += "." + digits[1:]
		}
		return fmt.Sprintf("%s%sE+%d", sign, m, point-1), ErrLost
	case point < -30:
		return "0", nil
	case exp >= 0:
		return sign + digits + strings.Repeat("0", exp), nil
	case point <= 0:
		return sign + "0." + strings.Repeat("0", -point) + digits, nil
	}
	return sign + digits[:point] + "." + digits[point:], nil
}

// plain asks whether raw is a short number that stands for itself.
func plain[T ~string | ~[]byte](raw T) bool {
	n := len(raw)
	if n == 0 || n > 15 {
		return false
	}
	i := 0
	if raw[0] == '-' {
		i = 1
	}
	if i == n || raw[i] == '0' && i+1 < n && raw[i+1] != '.' {
		return false
	}
	point := -1
	for j := i; j < n; j++ {
		switch c := raw[j]; {
		case c >= '0' && c <= '9':
		case c == '.' && point < 0 && j > i && j+1 < n:
			point = j
		default:
			return false
		}
	}
	return point < 0 && raw[i] != '0' || point < 0 && i == 0 || point >= 0 && raw[n-1] != '0'
}

// split parts a number in the form of XML Schema's double: sign, digits without leading zeros, and the power of ten of
// the last one.
func split(s string) (negative bool, digits string, exp int, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) > 400 {
		return false, "", 0, false
	}
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative, s = s[0] == '-', s[1:]
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
		if err != nil || e > 400 || e < -400 {
			return false, "", 0, false
		}
		exp, s = e, s[:i]
	}
	whole, frac, _ := strings.Cut(s, ".")
	digits = whole + frac
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return false, "", 0, false
	}
	return negative, strings.TrimLeft(digits, "0"), exp - len(frac), true
}

// round keeps 15 digits, half away from zero, and drops zeros at the end.
func round(digits string, exp int) (string, int) {
	if len(digits) > 15 {
		b := []byte(digits[:15])
		exp += len(digits) - 15
		if digits[15] >= '5' {
			i := 14
			for ; i >= 0 && b[i] == '9'; i-- {
				b[i] = '0'
			}
			if i >= 0 {
				b[i]++
			} else {
				b = append([]byte{'1'}, b...)
			}
		}
		digits = string(b)
	}
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
		exp++
	}
	return digits, exp
}

// Epoch is how a workbook counts days.
type Epoch bool

// The two ways. Workbooks of old Macintosh programs count from 1904, which is 1462 days later.
const (
	From1900 Epoch = false
	From1904 Epoch = true
)

// Date writes the day number raw as YYYY-MM-DD, with HH:mm:ss behind a blank where it has a fraction, rounded to the
// second; a fraction alone is HH:mm:ss.
func Date[T ~string | ~[]byte](raw T, e Epoch) (string, error) {
	negative, digits, exp, ok := split(string(raw))
	if !ok {
		return "", ErrNumber
	}
	if negative && digits != "" || len(digits)+exp > 8 {
		return "", ErrDay
	}
	point := len(digits) + exp
	var whole, frac string
	if point > 0 {
		padded := digits + strings.Repeat("0", max(0, exp))
		whole, frac = padded[:point], padded[point:]
	} else {
		frac = strings.Repeat("0", min(20, -point)) + digits
	}
	day, _ := strconv.ParseInt("0"+whole, 10, 64)
	seconds := (fraction(frac) + 500) / 1000
	if seconds == 86_400 {
		seconds = 0
		day++
	}
	clock := fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	if day == 0 && e == From1900 {
		return clock, nil
	}
	if e == From1904 {
		day += 1462
	}
	switch {
	case day == 60:
		return "", ErrLeapDay
	case day > 2_958_465:
		return "", ErrDay
	case day > 60:
		day--
	}
	y, m, d := civil(day - 25_568) // day 1 is 1900-01-01, 25,568 days before 1970-01-02
	date := fmt.Sprintf("%04d-%02d-%02d", y, m, d)
	if seconds == 0 {
		return date, nil
	}
	return date + " " + clock, nil
}

// fraction is a fraction of a day in thousandths of a second.
func fraction(digits string) int64 {
	if len(digits) > 11 {
		digits = digits[:11]
	}
	v, _ := strconv.ParseInt("0"+digits, 10, 64)
	scale := int64(1)
	for range digits {
		scale *= 10
	}
	// v × 86,400,000 / scale without overflow: 11 digits × 8 digits fit into 64 bits
	return v*8_640/scale*10_000 + v*8_640%scale*10_000/scale
}

// civil is the date of the days since 1970-01-01, by counting years from March.
func civil(days int64) (y, m, d int64) {
	z := days + 719_468
	era := z / 146_097
	doe := z - era*146_097
	yoe := (doe - doe/1460 + doe/36_524 - doe/146_096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = doy - (153*mp+2)/5 + 1
	m = mp + 3
	if m > 12 {
		m -= 12
	}
	y = yoe + era*400
	if m <= 2 {
		y++
	}
	return y, m, d
}

// Format is how a number is shown, as far as it changes what the number is.
type Format struct {
	Date bool
	Pad  int // digits that are shown at least, by a format of zeros alone: codes with leading zeros are kept so
}

// Builtin is the format of a number that workbooks do not write out; ok is false above those.
func Builtin(id int) (Format, bool) {
	switch {
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47 && id != 46, id >= 50 && id <= 58:
		return Format{Date: true}, true
	}
	return Format{}, id < 164
}

// FormatOf reads a format's code.
func FormatOf(code string) Format {
	if code != "" && strings.Trim(code, "0") == "" {
		return Format{Pad: len(code)}
	}
	section, _, _ := strings.Cut(code, ";")
	elapsed := false
	var letters strings.Builder
	for i := 0; i < len(section); i++ {
		switch c := section[i]; c {
		case '"':
			n := strings.IndexByte(section[i+1:], '"')
			if n < 0 {
				n = len(section) - i - 2
			}
			i += n + 1
		case '\\', '_', '*':
			i++
		case '[':
			n := strings.IndexByte(section[i:], ']')
			if n < 0 {
				n = len(section) - i - 1
			}
			in := strings.ToLower(section[i+1 : i+n])
			elapsed = elapsed || in != "" && strings.Trim(in, "hms") == ""
			i += n
		default:
			letters.WriteByte(c)
		}
	}
	s := strings.ToLower(letters.String())
	if elapsed || strings.Contains(s, "general") || s == "@" {
		return Format{} // a span of time is a number
	}
	return Format{Date: strings.ContainsAny(s, "yd") || strings.Contains(s, "h") || strings.Contains(s, "m") && !strings.ContainsAny(s, "0#") || strings.Contains(s, "ss")}
}

// Apply writes a number as the format shows it.
func (f Format) Apply(raw []byte, e Epoch) (string, error) {
	if f.Date {
		return Date(raw, e)
	}
	s, err := Number(raw)
	if f.Pad > 0 && err == nil && len(s) < f.Pad && strings.Trim(s, "0123456789") == "" {
		s = strings.Repeat("0", f.Pad-len(s)) + s
	}
	return s, err
}
