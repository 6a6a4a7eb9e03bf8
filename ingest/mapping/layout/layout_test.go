package layout

import (
	"testing"
	"time"
)

func TestCells(t *testing.T) {
	ok := func(layout, in, want string) {
		t.Helper()
		parse := ISO
		if layout != "" {
			l, err := Compile(layout)
			if err != nil {
				t.Fatal(err)
			}
			parse = l.Parse
		}
		s, err := parse([]byte(in))
		var got string
		if err != nil {
			got = err.Error()
		} else {
			got = time.Unix(s.Wall(), 0).UTC().Format(time.DateTime)
			if s.HasOffset {
				got += (time.Duration(s.Offset) * time.Second).String()
			}
		}
		if got != want {
			t.Errorf("%q by %q: got %s, want %s", in, layout, got, want)
		}
	}
	no := ErrShape.Error()
	ok("", "2026-11-23", "2026-11-23 00:00:00")
	ok("", "2026-11-23 08:26", "2026-11-23 08:26:00")
	ok("", "2026-11-23T08:26:01", "2026-11-23 08:26:01")
	ok("", "2026-11-23T08:26:01.123456Z", "2026-11-23 08:26:010s")
	ok("", "2026-11-23T08:26:01+05:30", "2026-11-23 08:26:015h30m0s")
	ok("", "2026-11-23T08:26-0800", "2026-11-23 08:26:00-8h0m0s")
	ok("", "2026-11-23T08:26:01+01", "2026-11-23 08:26:011h0m0s")
	ok("", "2024-02-29", "2024-02-29 00:00:00")
	ok("", "2026-02-29", ErrDate.Error())
	ok("", "2026-13-01", ErrDate.Error())
	ok("", "2026-11-23T24:00:00", ErrMidnight.Error())
	ok("", "2026-11-23T25:00:00", ErrTime.Error())
	ok("", "2026-11-23T08:60:00", ErrTime.Error())
	ok("", "2026-11-23T08", no)
	ok("", "2026-11-23T08:26:1", no)
	ok("", "2026-11-23x", no)
	ok("", "2026-11-2", no)
	ok("", "", no)
	ok("DD.MM.YYYY HH:mm:ss", "23.11.2026 08:26:01", "2026-11-23 08:26:01")
	ok("DD.MM.YYYY HH:mm:ss", "23.11.2026 08:26:01,5", "2026-11-23 08:26:01")
	ok("YYYYMMDD", "20261123", "2026-11-23 00:00:00")
	ok("YYYY年MM月DD日", "2026年11月23日", "2026-11-23 00:00:00")
	ok("M/D/YYYY H:mm", "1/2/2026 9:05", "2026-01-02 09:05:00")
	ok("M/D/YYYY H:mm", "11/22/2026 19:05", "2026-11-22 19:05:00")
	ok("M/D/YYYY", "1/2/26", no)
	ok("YYYY-MM-DDTHH:mm:ssZ", "2026-11-23T08:26:01Z", "2026-11-23 08:26:010s")
	ok("YYYY-MM-DDTHH:mm:ssZ", "2026-11-23T08:26:01", no)
	for _, bad := range []string{"", "YY-MM-DD", "YYYY-MM", "YYYY-MM-DD hh:mm", "YYYY-MM-DD mm", "YYYYMD", "YYYY-MM-DD DD", "YYYY-MM-DDZ"} {
		if _, err := Compile(bad); err == nil {
			t.Errorf("layout %q is accepted", bad)
		}
	}
}

func TestDaysAgreeWithTheCalendar(t *testing.T) {
	for d := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2110; d = d.AddDate(0, 0, 1) {
		s, err := ISO([]byte(d.Format(time.DateOnly)))
		if err != nil || s.Wall() != d.Unix() {
			t.Fatal(d, s, err)
		}
	}
}

func FuzzISOAgreesWithTheLibrary(f *testing.F) {
	for _, s := range []string{"2026-11-23T08:26:01Z", "2026-02-29T00:00:00+01:00", "2026-11-23T24:00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		want, err := time.Parse(time.RFC3339, in)
		if err != nil {
			return
		}
		s, err := ISO([]byte(in))
		if err != nil { // the library also takes what is no ISO 8601: only what it writes itself has to be read
			if want.Format(time.RFC3339Nano) == in && want.Year() > 0 && err != ErrOffset {
				t.Fatalf("%q: %v", in, err)
			}
			return
		}
		if s.Wall()-int64(s.Offset) != want.Unix() {
			t.Fatalf("%q: %+v", in, s)
		}
	})
}
