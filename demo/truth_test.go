package demo

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/demo/reports"
	"sellthrough/demo/world"
)

// allSaid is the facts of a channel when all is said, once for all tests that only read them.
var allSaid = sync.OnceValue(func() *Facts { return New(2, Scale{Days: 75}, opened).Facts(opened.Add(10 * 24 * time.Hour)) })

// Whatever came late, twice, wrong or silent: when all is said, the partners have said what happened.
func TestInTheEndThePartnersHaveSaidWhatHappened(t *testing.T) {
	type key struct {
		partner, location, kind string
		day                     sellthrough.Day
	}
	type sum struct{ qty, amount sellthrough.Decimal }
	facts := allSaid()
	c := facts.channel
	said := map[key]sum{}
	for k, v := range facts.Truth().Sales {
		if k.Day <= c.Opening() {
			s := said[key{k.Partner, k.Location, k.Kind, k.Day}]
			said[key{k.Partner, k.Location, k.Kind, k.Day}] = sum{s.qty + v.Qty, s.amount + v.Amount}
		}
	}
	w := c.World()
	happened := map[key]sum{}
	goods := map[int][]sellthrough.Kind{}
	for _, f := range reports.Feeds {
		goods[f.Partner] = append(goods[f.Partner], f.Goods...)
	}
	add := func(s *world.Sale, d sellthrough.Day) {
		l := &w.Locations[w.Listings[s.Listing].Location]
		k := key{world.Partners[l.Partner].ID, l.Code, s.Kind.String(), d}
		v := happened[k]
		happened[k] = sum{v.qty + sellthrough.Decimal(int64(s.Units)*perUnit), v.amount + sellthrough.Decimal(s.Cents*perCent)}
	}
	for w.Next() <= c.Opening() {
		d := w.Step()
		for i := range d.Sales {
			if s := &d.Sales[i]; !w.Muted(w.Listings[s.Listing].Location, d.Date) {
				add(s, d.Date)
			}
		}
		for i := range d.Goods {
			if s := &d.Goods[i]; slices.Contains(goods[w.Partner(s.Listing)], s.Kind) {
				add(s, d.Date)
			}
		}
	}
	for k, want := range happened {
		if said[k] != want {
			t.Fatalf("%+v: said %+v, happened %+v", k, said[k], want)
		}
	}
	if len(said) != len(happened) || len(said) < 5000 {
		t.Errorf("%d sums are said, %d happened", len(said), len(happened))
	}
}

func TestTheBooksAreBehindWhatHappenedWhileThePartnersAreInTrouble(t *testing.T) {
	c := New(1, Scale{Days: 75}, opened)
	now := c.Truth(opened)
	unknown, silent, haunted := int64(0), sellthrough.Day(0), sellthrough.Day(0)
	for k, v := range now.Sales {
		if k.Product == "" {
			unknown += v.Lines
		}
		if k.Partner == "pixelwald" {
			silent = max(silent, k.Day)
		}
		if k.Partner == "nine-bridges" {
			haunted = max(haunted, k.Day)
		}
	}
	if unknown == 0 || now.Held != 1 || now.Bad == 0 {
		t.Errorf("%d lines of unknown products, %d files held, %d refused rows", unknown, now.Held, now.Bad)
	}
	if silent >= c.Opening()-6 || silent < c.Opening()-9 || haunted != c.Opening() {
		t.Errorf("Pixelwald reported up to %s, Nine Bridges up to %s", silent, haunted)
	}
	if before := c.Truth(c.Mapped().Add(-time.Second)); unmatched(before, "nine-bridges") == 0 || unmatched(now, "nine-bridges") != 0 || unmatched(now, "lychee-coast") == 0 {
		t.Errorf("unmatched lines of the chain: %d, and after the cross-reference knows its new product %d", unmatched(before, "nine-bridges"), unmatched(now, "nine-bridges"))
	}
}

func unmatched(t *Truth, partner string) (n int64) {
	for k, v := range t.Sales {
		if k.Partner == partner {
			n += v.Unmatched
		}
	}
	return n
}

func TestFilesComeInTheOrderOfTheirTimeWithTheMessOfLife(t *testing.T) {
	c := New(1, Scale{Days: 75}, opened)
	plan := c.Plan()
	last := time.Time{}
	late, again, corrected, mended, totals, versions := 0, 0, 0, 0, 0, 0
	until := opened.Add(4 * 24 * time.Hour)
	for f := plan.Next(until); f != nil; f = plan.Next(until) {
		if f.Due.Before(last) || f.Due.After(until) {
			t.Fatalf("%s is due %s, after %s", f.Key, f.Due, last)
		}
		last = f.Due
		if world.Partners[f.Feed.Partner].ID == "pixelwald" && f.Due.After(opened.Add(-5*24*time.Hour)) && f.Due.Before(opened.Add(2*24*time.Hour)) {
			t.Errorf("%s breaks the silence on %s", f.Key, f.Due)
		}
		switch {
		case strings.HasSuffix(f.Key, " again"):
			again++
		case strings.HasSuffix(f.Key, " corrected"):
			corrected++
		case strings.HasSuffix(f.Key, " mended"):
			mended++
		case f.Totals:
			totals++
		case f.Feed.Partner != world.Pixelwald && f.Due.Sub((f.Day+1).Time()) > 30*time.Hour:
			late++
		}
		for i := range f.Rows {
			if f.Rows[i].Version > 1 {
				versions++
			}
		}
	}
	for what, n := range map[string]int{"late": late, "sent twice": again, "corrected": corrected, "mended": mended, "with totals": totals, "with a second version": versions} {
		if n < 5 {
			t.Errorf("only %d files are %s", n, what)
		}
	}
}

func TestTheDemosClockRunsFasterAndNeverPassesTheOther(t *testing.T) {
	for _, speed := range []float64{1, 60, 1000} {
		k := newClock(opened, opened, speed)
		last := k.begin
		for wall := opened; wall.Before(opened.Add(2 * time.Hour)); wall = wall.Add(7 * time.Second) {
			now := k.now(wall)
			if now.After(wall) || now.Before(last) {
				t.Fatalf("speed %g: at %s it is %s, and was %s", speed, wall, now, last)
			}
			last = now
			ahead := now.Add(time.Minute)
			if reached := k.now(k.when(ahead)); reached.Sub(ahead).Abs() > time.Millisecond {
				t.Fatalf("speed %g: %s is reached at %s, when it is %s", speed, ahead, k.when(ahead), reached)
			}
		}
		if k.behind(opened.Add(2 * time.Hour)) {
			t.Errorf("speed %g: it has not caught up after two hours", speed)
		}
	}
	if k := newClock(opened, opened, 0); !k.now(opened.Add(time.Hour)).Equal(opened) {
		t.Error("a clock that stands moves")
	}
}

// The same of orders, deliveries, transfers, money and service; and a number that is computed from the facts in plain Go is the
// one that what happened gives.
func TestInTheEndTheFactsAreWhatFlowed(t *testing.T) {
	type key struct {
		partner, location, kind, document string
		day                               sellthrough.Day
	}
	type sum struct {
		qty, amount sellthrough.Decimal
		lines       int
	}
	facts := allSaid()
	c := facts.channel
	said, kinds := map[key]sum{}, map[string]int{}
	lost := sellthrough.Decimal(0)
	for _, kind := range sellthrough.FeedKinds() {
		if !kind.Flow() {
			continue
		}
		for f := range facts.Of(kind) {
			if f.Day > c.Opening() {
				continue
			}
			k := key{f.Partner, f.Location, f.Kind, f.Document, f.Day}
			s := said[k]
			said[k] = sum{s.qty + f.Qty, s.amount + f.Amount, s.lines + 1}
			kinds[f.Kind]++
			switch f.Kind {
			case "sent":
				lost += f.Qty
			case "arrived":
				lost -= f.Qty
			}
		}
	}
	w := c.World()
	happened := map[key]sum{}
	missing := int64(0)
	for w.Next() <= c.Opening() {
		d := w.Step()
		for i := range d.Flows {
			f := &d.Flows[i]
			k := key{partner: world.Partners[f.By].ID, kind: f.Kind.String(), document: f.More.Document, day: d.Date}
			if f.Place >= 0 {
				k.location = w.Locations[f.Place].Code
			}
			s := happened[k]
			s.qty, s.lines = s.qty+sellthrough.Decimal(int64(f.Units)*perUnit), s.lines+1
			switch f.Kind {
			case sellthrough.Sent:
				missing += int64(f.Units)
			case sellthrough.Arrived:
				missing -= int64(f.Units)
			case sellthrough.Received, sellthrough.Ticket, sellthrough.Repaired, sellthrough.Score: // nobody says what they are worth
			default:
				s.amount += sellthrough.Decimal(f.Cents * perCent)
			}
			happened[k] = s
		}
	}
	for k, want := range happened {
		if said[k] != want {
			t.Fatalf("%+v: said %+v, happened %+v", k, said[k], want)
		}
	}
	if len(said) != len(happened) || len(kinds) != 18 {
		t.Errorf("%d sums are said, %d happened; kinds %v", len(said), len(happened), kinds)
	}
	if lost != sellthrough.Decimal(missing*perUnit) || lost <= 0 {
		t.Errorf("%s units are under way or lost, want %d", lost, missing)
	}
}

// What partners sell is near to what their targets were made of, so that a pace means something.
func TestTargetsAreNearToWhatIsSold(t *testing.T) {
	c := New(1, Scale{Days: 240}, opened)
	w := c.World()
	o := newOutlook(w)
	expected, sold := map[int]float64{}, map[int]float64{}
	from, to := sellthrough.Day(0), w.Opening // the quarters that are over
	for to.Time().Day() != 1 || to.Time().Month()%3 != 1 {
		to--
	}
	for _, x := range o.prospects {
		if x.Month < to {
			if from == 0 || x.Month < from {
				from = x.Month
			}
			expected[w.Locations[x.Location].Partner] += x.Money
		}
	}
	for w.Next() < to {
		d := w.Step()
		for i := range d.Sales {
			l := &w.Locations[w.Listings[d.Sales[i].Listing].Location]
			if d.Date >= from {
				sold[l.Partner] += float64(d.Sales[i].Cents*world.Rate(l.Currency, d.Date)) / 10_000
			}
		}
	}
	for p, want := range expected {
		low, high := 0.85, 1.12
		if world.Partners[p].Trade == world.Office { // few and large sales
			low, high = 0.65, 1.35
		}
		if r := sold[p] / want; !(r > low && r < high) {
			t.Errorf("%s sells %.2f of what was expected", world.Partners[p].ID, r)
		}
	}
	if len(expected) != len(world.Partners)-1 {
		t.Errorf("%d partners are expected to sell", len(expected))
	}
}
