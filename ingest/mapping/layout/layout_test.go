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
	ok("M/D/YY", "11/23/26", "2026-11-23 00:00:00")
	ok("M/D/YY", "1/2/99", "1999-01-02 00:00:00")
	ok("M/D/YY", "1/2/85", ErrDate.Error())
	ok("DD-MMM-YY", "23-Nov-26", "2026-11-23 00:00:00")
	ok("D-MMM-YYYY", "3-NOV-2026", "2026-11-03 00:00:00")
	ok("D-MMM-YYYY", "3-Nob-2026", no)
	ok("民國RRR年M月D日", "民國115年11月23日", "2026-11-23 00:00:00")
	ok("RRR/MM/DD", "99/11/23", "2010-11-23 00:00:00")
	ok("YYYY/M/D A h:mm", "2026/11/23 下午 1:05", "2026-11-23 13:05:00")
	ok("YYYY/M/D Ah:mm", "2026/11/23 上午12:05", "2026-11-23 00:05:00")
	ok("M/D/YYYY hh:mm:ss A", "11/23/2026 12:05:06 PM", "2026-11-23 12:05:06")
	ok("M/D/YYYY hh:mm A", "11/23/2026 13:05 PM", ErrHour.Error())
	ok("YYYY-MM-DD E", "2026-11-23 星期一", "2026-11-23 00:00:00")
	ok("E, D.M.YYYY", "Mon, 23.11.2026", "2026-11-23 00:00:00")
	ok("YYYY-MM-DD E", "2026-11-23 周二", ErrWeekday.Error())
	ok("YYYY-MM-DD E", "2026-11-23 一", no)
	ok("serial", "46349", "2026-11-23 00:00:00")
	ok("serial", "40153.4375", "2009-12-06 10:30:00")
	ok("serial", "46349.999994", "2026-11-23 23:59:59")
	ok("serial", "46349.999999999", "2026-11-24 00:00:00")
	ok("serial-1904", "44887", "2026-11-23 00:00:00")
	ok("serial", "4634", no)
	ok("epoch", "1795422361", "2026-11-23 08:26:010s")
	ok("epoch-ms", "1795422361999", "2026-11-23 08:26:010s")
	ok("epoch-ms", "1795422361", no)
	ok("YYYYMMDD", "20261123", "2026-11-23 00:00:00")
	ok("YYYY年MM月DD日", "2026年11月23日", "2026-11-23 00:00:00")
	ok("M/D/YYYY H:mm", "1/2/2026 9:05", "2026-01-02 09:05:00")
	ok("M/D/YYYY H:mm", "11/22/2026 19:05", "2026-11-22 19:05:00")
	ok("M/D/YYYY", "1/2/26", no)
	ok("YYYY-MM-DDTHH:mm:ssZ", "2026-11-23T08:26:01Z", "2026-11-23 08:26:010s")
	ok("YYYY-MM-DDTHH:mm:ssZ", "2026-11-23T08:26:01", no)
	for _, bad := range []string{"", "YYY-MM-DD", "YYYY-MM", "YYYY-MM-DD hh:mm", "YYYY-MM-DD HH:mm A", "YYYY-MM-DD mm", "YYYYMD", "YYYY-MM-DD DD", "YYYY-YY-MM-DD", "YYYY-MMM-MM-DD", "YYYY-MM-DDZ", "epochs"} {
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
