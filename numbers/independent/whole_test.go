package independent

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/numbers"
	"sellthrough/numbers/channeltest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// channel is the whole demo.
type channel struct {
	*channeltest.Demo
	read []sale // what sales makes of them
}

// check is one number, or several that are alike.
type check struct {
	name string
	run  func(t *testing.T, c *channel)
}

// One load serves all numbers; each has a list of its own beside.
func TestEveryNumberOfTheWholeDemoIsWhatPlainGoMakesOfTheFacts(t *testing.T) {
	c := &channel{Demo: channeltest.Whole(t)}
	for _, x := range slices.Concat(market, service, goods, conflict) {
		t.Run(x.name, func(t *testing.T) { x.run(t, c) })
	}
}

// day is a text as a day.
func day(t *testing.T, text string) sellthrough.Day {
	t.Helper()
	d, err := sellthrough.ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// decimal is a text as millionths; empty is 0.
func decimal(t *testing.T, text string) int64 {
	t.Helper()
	if text == "" {
		return 0
	}
	d, err := sellthrough.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return int64(d)
}

// span is a sheet's from and to; an empty one is open.
func span(t *testing.T, row map[string]string) (from, to sellthrough.Day) {
	t.Helper()
	from, to = -1<<20, 1<<20
	if row["from"] != "" {
		from = day(t, row["from"])
	}
	if row["to"] != "" {
		to = day(t, row["to"])
	}
	return from, to
}

// period is the days of 2026, 2026-Q1, 2026-H1 or 2026-03.
func period(t *testing.T, text string) (from, to sellthrough.Day) {
	t.Helper()
	year, part, _ := strings.Cut(text, "-")
	first, months := 1, 12
	switch {
	case strings.HasPrefix(part, "Q"):
		first, months = 3*int(part[1]-'1')+1, 3
	case strings.HasPrefix(part, "H"):
		first, months = 6*int(part[1]-'1')+1, 6
	case part != "":
		first, months = int(part[0]-'0')*10+int(part[1]-'0'), 1
	}
	start := day(t, fmt.Sprintf("%s-%02d-01", year, first)).Time()
	return sellthrough.DayOf(start), sellthrough.DayOf(start.AddDate(0, months, -1))
}

// six is a ÷ b, both in millionths, with six digits behind the point, the rest cut off: what decimals do. NULL where b is 0.
func six(a, b *big.Int) string {
	if b.Sign() == 0 {
		return "NULL"
	}
	q := new(big.Int).Mul(a, big.NewInt(1_000_000))
	return plain(q.Quo(q, b))
}

// plain is millionths as a decimal without zeros at its end.
func plain(micros *big.Int) string {
	sign := ""
	if micros.Sign() < 0 {
		sign = "-"
	}
	q, r := new(big.Int).QuoRem(new(big.Int).Abs(micros), big.NewInt(1_000_000), new(big.Int))
	text := fmt.Sprintf("%s%s.%06d", sign, q, r.Int64())
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// hundred is a hundred times n.
func hundred(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(100), big.NewInt(n)) }

// micros is n millionths.
func micros(n int64) *big.Int { return big.NewInt(n) }

// asked is a number by a column of its view's rows, as text.
func (c *channel) asked(t *testing.T, name, key, where string, with ...string) map[string]string {
	t.Helper()
	n, err := numbers.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	from := n.View
	if len(with) > 0 {
		from += "(" + strings.Join(with, ", ") + ")"
	}
	if where != "" {
		from += " WHERE " + where
	}
	out := map[string]string{}
	for _, r := range c.Ask(t, "SELECT k, ifNull(toString(x), 'NULL') FROM (SELECT toString("+key+") AS k, toNullable("+n.Measure+") AS x FROM "+from+" GROUP BY k)").Rows {
		out[fmt.Sprint(r[0])] = fmt.Sprint(r[1])
	}
	return out
}

// same compares two lists of a number, and wants at least so many that are there.
func same(t *testing.T, least int, want, got map[string]string) {
	t.Helper()
	told, wrong := 0, 0
	keys := map[string]bool{}
	for k := range want {
		keys[k] = true
	}
	for k := range got {
		keys[k] = true
	}
	for _, k := range slices.SortedFunc(maps.Keys(keys), cmp.Compare[string]) {
		if got[k] != want[k] {
			if wrong++; wrong <= 10 {
				t.Errorf("%s is %q, plain Go says %q", k, got[k], want[k])
			}
		}
		if want[k] != "" && want[k] != "NULL" && want[k] != "0" {
			told++
		}
	}
	if wrong > 10 {
		t.Errorf("and %d more of %d", wrong-10, len(keys))
	}
	if told < least {
		t.Errorf("only %d of %d say anything, %d are wanted", told, len(keys), least)
	}
}

// the days of the boards' questions: the last eight weeks.
func (c *channel) window() (from, to sellthrough.Day) { return c.Day - 55, c.Day }

// with is a view's parameters for some days.
func with(from, to sellthrough.Day) []string {
	return []string{"from = '" + from.String() + "'", "to = '" + to.String() + "'"}
}
