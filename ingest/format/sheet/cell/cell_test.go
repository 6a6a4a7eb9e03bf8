package cell

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestNumbersAreWhatAPersonSees(t *testing.T) {
	ok := func(in, want string) {
		t.Helper()
		if got, err := Number(in); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
	ok("3", "3")
	ok("0", "0")
	ok("-0", "0")
	ok("-12.5", "-12.5")
	ok("17850.0", "17850")
	ok("1.50", "1.5")
	ok("125.43999999999998", "125.44") // as real workbooks have it
	ok("-60.70400000000001", "-60.704")
	ok("731.9399999999999", "731.94")
	ok("99999999999999.96", "100000000000000")
	ok("1.5E-3", "0.0015")
	ok("1E2", "100")
	ok("6.901234567892E12", "6901234567892")
	ok("6901234567892", "6901234567892")
	ok("123456789012345", "123456789012345")
	ok("007", "7")
	ok("4.9E-324", "0")
	ok(".5", "0.5")
	for _, in := range []string{"", "x", "1.2.3", "1E", "NaN", "--1", "1E99999", "0x10"} {
		if got, err := Number(in); !errors.Is(err, ErrNumber) {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	// sixteen digits and more are another number than the one that was typed
	for in, want := range map[string]string{"1234567890123456": "1.23456789012346E+15", "1.23E+15": "1.23E+15", "999999999999999.9": "1E+15", "-6901234567890123456": "-6.90123456789012E+18"} {
		if got, err := Number(in); !errors.Is(err, ErrLost) || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

func TestDayNumbersAreDates(t *testing.T) {
	ok := func(in string, e Epoch, want string) {
		t.Helper()
		if got, err := Date(in, e); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
	ok("46349", From1900, "2026-11-23")
	ok("46349", From1904, "2030-11-24")
	ok("40153.4375", From1900, "2009-12-06 10:30:00")
	ok("1", From1900, "1900-01-01")
	ok("59", From1900, "1900-02-28")
	ok("61", From1900, "1900-03-01")
	ok("0", From1904, "1904-01-01")
	ok("2958465", From1900, "9999-12-31")
	ok("46349.999994", From1900, "2026-11-23 23:59:59")
	ok("46349.9999999", From1900, "2026-11-24") // rounded to the second, never cut to 23:59:59
	ok("46348.99999999999", From1900, "2026-11-23")
	ok("0.5", From1900, "12:00:00")
	ok("4.6349E4", From1900, "2026-11-23")
	for in, want := range map[string]error{"60": ErrLeapDay, "-1": ErrDay, "2958466": ErrDay, "1E300": ErrDay, "x": ErrNumber} {
		if got, err := Date(in, From1900); !errors.Is(err, want) {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	day := time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)
	for n := 61; n < 2_958_466; n += 97 {
		if got, err := Date(strconv.Itoa(n), From1900); err != nil || got != day.AddDate(0, 0, n-61).Format(time.DateOnly) {
			t.Fatalf("%d: %s, %v", n, got, err)
		}
	}
	for s := range 86_400 { // a second, as a program computes it
		in := strconv.FormatFloat(46349+float64(s)/86_400, 'g', -1, 64)
		want := fmt.Sprintf("2026-11-23 %02d:%02d:%02d", s/3600, s/60%60, s%60)
		if got, err := Date(in, From1900); err != nil || got != strings.TrimSuffix(want, " 00:00:00") {
			t.Fatalf("%s: %s, %v, want %s", in, got, err, want)
		}
	}
}

func TestFormatsThatAreDates(t *testing.T) {
	for code, want := range map[string]bool{
		"yyyy-mm-dd": true, "m/d/yy h:mm": true, `yyyy"年"m"月"d"日"`: true, "[$-804]yyyy-mm-dd;@": true, "mmm-yy": true, "h:mm:ss AM/PM": true, "mm:ss": true, "d": true, "[$-404]e/m/d": true, "mmm": true,
		"General": false, "0.00": false, "#,##0": false, `0" days"`: false, "[Red]-0.00": false, "@": false, "0.00E+00": false, "[h]:mm:ss": false, `"dd"0`: false, "0%": false, `_-* #,##0.00\ "€"_-`: false, "": false, `#,##0\d`: false,
	} {
		if got := FormatOf(code); got.Date != want {
			t.Errorf("%q: %+v", code, got)
		}
	}
	if got, err := FormatOf("00000").Apply([]byte("123"), From1900); err != nil || got != "00123" {
		t.Errorf("%q, %v", got, err)
	}
	for id, want := range map[int]bool{0: false, 1: false, 14: true, 22: true, 46: false, 47: true, 49: false, 57: true} {
		if f, ok := Builtin(id); !ok || f.Date != want {
			t.Errorf("%d: %+v", id, f)
		}
	}
}

// FuzzNumbersAreTheSameNumber: what comes out is within half of the fifteenth digit of what went in.
func FuzzNumbersAreTheSameNumber(f *testing.F) {
	f.Add(125.43999999999998)
	f.Add(1e-7)
	f.Add(-9007199254740993.0)
	f.Fuzz(func(t *testing.T, v float64) {
		in := strconv.FormatFloat(v, 'g', -1, 64)
		out, err := Number(in)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			if err == nil {
				t.Fatalf("%s: %s", in, out)
			}
			return
		}
		if err != nil && !errors.Is(err, ErrLost) {
			t.Fatalf("%s: %v", in, err)
		}
		back, perr := strconv.ParseFloat(out, 64)
		if perr != nil || math.Abs(back-v) > math.Abs(v)*1e-14 && math.Abs(v) > 1e-30 {
			t.Fatalf("%s: %s, %v", in, out, perr)
		}
		if _, err := Date(in, From1900); err == nil && (v < 0 && v > -1e-300 || v >= 2_958_467) {
			t.Fatalf("%s is a date", in)
		}
	})
}
