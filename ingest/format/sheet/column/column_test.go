package column

import (
	"fmt"
	"strings"
	"testing"

	"sellthrough"
)

func TestOneConventionForTheWholeColumn(t *testing.T) {
	ok := func(want string, cells ...string) {
		t.Helper()
		n := NumbersOf(cells)
		var got []string
		for _, c := range n.Readings {
			got = append(got, c.Point+c.Grouping)
		}
		if strings.Join(got, " ") != want || n.Evidence == "" {
			t.Errorf("%q: got %q, want %q (%s)", cells, got, want, n.Evidence)
		}
	}
	ok(".", "1", "2", "-3")
	ok(".", "1.5", "2")
	ok(",", "1,5", "2")
	// one cell decides for all: 1,234 alone would be a question
	ok(".,", "1,234", "5.5")
	ok(",", "1,234", "5,5")
	ok(", .,", "1,234", "2")
	ok(". ,.", "1.234")
	ok(".,", "1,234,567")
	ok(",.", "1.234,56", "7")
	ok(", ", "1 234,56", "1\u00A0234,5")
	ok(".'", "1'234.56", "1’000.00")
	ok(".", "￥12.50", "(3.25)", "4.00-", "−5", "１２.5", "12元")
	ok("", "a", "b")
	ok("", "1,5", "2.5") // no one convention reads both
	ok("", "", " ")
	n := NumbersOf([]string{"1,234", "2", "n/a", "-3"})
	if n.Example != "1,234" || n.OddCount != 1 || n.Odd[0] != "n/a" || n.Count != 3 || n.Negative != 1 || !strings.Contains(n.Evidence, "1.234 or 1234") {
		t.Errorf("%+v", n)
	}
}

func TestOneWayToWriteDatesForTheWholeColumn(t *testing.T) {
	ok := func(want string, cells ...string) {
		t.Helper()
		d := DatesOf(cells, 0)
		if got := fmt.Sprint(d.Readings); got != want || d.Evidence == "" {
			t.Errorf("%q: got %s, want %s (%s)", cells, got, want, d.Evidence)
		}
	}
	ok("[[YYYY-MM-DD]]", "2026-11-23", "2026-01-02")
	ok("[[YYYY-M-D]]", "2026-11-23", "2026-1-2")
	ok("[[YYYY/M/D H:mm]]", "2024/1/1 8:41", "2024/7/30 19:10")
	ok("[[YYYYMMDD]]", "20261123")
	ok("[[YYYY年MM月DD日]]", "2026年11月23日")
	ok("[[DD.MM.YYYY HH:mm:ss]]", "23.11.2026 08:00:00")
	ok("[[YYYY-MM-DDTHH:mm:ssZ]]", "2026-11-23T08:00:00+08:00")
	// the question: the 3rd of April or the 4th of March
	ok("[[DD/MM/YYYY] [MM/DD/YYYY]]", "03/04/2026", "05/06/2026")
	ok("[[DD/MM/YYYY]]", "03/04/2026", "23/06/2026")
	ok("[[MM/DD/YYYY]]", "03/04/2026", "06/23/2026")
	ok("[[D/M/YYYY] [M/D/YYYY]]", "3/4/2026", "10/4/2026")
	ok("[[DD/MM/YYYY]]", "04/04/2026", "05/05/2026") // the same day by both: no question
	ok("[[YYYY-MM-DD YYYY/MM/DD]]", "2026-11-23", "2026/11/24")
	ok("[]", "2026-11-23", "03/04/2026")
	ok("[]", "23/04/2026", "04/23/2026")
	ok("[]", "yesterday")
	ok("[]", "31/02/2026")
	d := DatesOf([]string{"03/04/2026", "05/06/2026"}, 0)
	if d.Example != "03/04/2026" || !strings.Contains(d.Evidence, "2026-04-03 or 2026-03-04") {
		t.Errorf("%+v", d)
	}
	// nobody reports the future: read by MM/DD the cell would lie after the day on which the file came
	june, err := sellthrough.ParseDay("2026-06-30")
	if err != nil {
		t.Fatal(err)
	}
	if d := DatesOf([]string{"03/04/2026", "05/06/2026", "01/12/2025"}, june); len(d.Readings) != 2 {
		t.Errorf("%+v", d)
	}
	if d := DatesOf([]string{"05/12/2026", "12/05/2026"}, june); len(d.Readings) != 0 { // neither reading holds for both
		t.Errorf("%+v", d)
	}
	if d := DatesOf([]string{"03/12/2026", "04/10/2026"}, june); fmt.Sprint(d.Readings) != "[[MM/DD/YYYY]]" {
		t.Errorf("%+v", d)
	}
	if d := DatesOf([]string{"46349", "46350.5"}, 0); !d.Serial {
		t.Errorf("%+v", d)
	}
	if d := DatesOf([]string{"2026-11-23 08:00", "x"}, 0); !d.Timed || d.OddCount != 1 || d.First.String() != "2026-11-23" {
		t.Errorf("%+v", d)
	}
}

func TestCodesShowWhatHappenedToThem(t *testing.T) {
	c := CodesOf([]string{"6901234567892", "6.90123E+12", "00123", "17850.0", "84660a", "84660A", "", "84660a"})
	if c.Count != 7 || c.Distinct != 6 || c.Blank != 1 || len(c.Lost) != 1 || c.Decimal != 1 || c.Leading != 1 || c.GTIN != 1 || len(c.Cases) != 1 || c.Cases[0] != "84660a 84660A" {
		t.Errorf("%+v", c)
	}
}

// FuzzReadingsReadEveryCell: what is said to read all cells does so, and two readings differ somewhere.
func FuzzReadingsReadEveryCell(f *testing.F) {
	f.Add("1,234\n2")
	f.Add("1.234,56\n-7\n(8)")
	f.Add("1'234\n5 6")
	f.Fuzz(func(t *testing.T, text string) {
		cells := strings.Split(text, "\n")
		n := NumbersOf(cells)
		for _, c := range n.Readings {
			read := 0
			for _, cell := range cells {
				if _, ok := c.Read(cell); ok {
					read++
				}
			}
			if read != n.Count {
				t.Fatalf("%s reads %d of %d", c, read, n.Count)
			}
		}
		if len(n.Readings) > 1 && n.Example == "" {
			t.Fatalf("%+v", n)
		}
		DatesOf(cells, 0)
		CodesOf(cells)
	})
}
