package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"sellthrough"
	"sellthrough/demo/reports"
	"sellthrough/demo/world"
)

// Reference is the files of the reference folder as they are at an instant, by name.
func (c *Channel) Reference(at time.Time) map[string][]byte {
	w := c.World()
	return map[string][]byte{
		"products.csv":        products(w),
		"locations.csv":       locations(w),
		"crossreferences.csv": c.crossReferences(w, at),
		"rates.csv":           rates(c.Opening()),
		"partners.csv":        partners(),
		"organisation.csv":    organisation(),
		"ranging.csv":         ranging(w),
		"calendar.csv":        calendar(),
		"reporting.csv":       reporting(c.Opening()),
	}
}

// WriteReference writes the folder. A file that says what it said before is left alone.
func (c *Channel) WriteReference(dir string, at time.Time) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write the demo's reference data: %w", err)
	}
	for name, text := range c.Reference(at) {
		path := filepath.Join(dir, name)
		if held, err := os.ReadFile(path); err == nil && bytes.Equal(held, text) {
			continue
		}
		draft := path + ".draft" // the folder is watched: a file is there whole or not at all
		err := os.WriteFile(draft, text, 0o644)
		if err == nil {
			err = os.Rename(draft, path)
		}
		if err != nil {
			return fmt.Errorf("write the demo's reference data: %w", err)
		}
	}
	return nil
}

type sheet struct {
	b bytes.Buffer
	w *csv.Writer
}

func newSheet(columns ...string) *sheet {
	s := &sheet{}
	s.w = csv.NewWriter(&s.b)
	s.row(columns...)
	return s
}

func (s *sheet) row(cells ...string) {
	if err := s.w.Write(cells); err != nil {
		panic(err) // into memory
	}
}

func (s *sheet) text() []byte {
	s.w.Flush()
	return s.b.Bytes()
}

func day(d sellthrough.Day) string {
	if d == 0 || d >= world.Never {
		return ""
	}
	return d.String()
}

func cents(n int64) string { return sellthrough.Decimal(n * int64(sellthrough.One) / 100).String() }

func products(w *world.World) []byte {
	s := newSheet("code", "gtin", "name", "line", "business_unit", "launch", "end_of_life", "units_per_pack", "list_price", "cost", "currency")
	for i := range w.Products {
		p := &w.Products[i]
		s.row(p.Code, p.GTIN, p.Name, p.Line, p.Unit, day(p.Launch), day(p.End), strconv.Itoa(p.Pack), cents(p.List), cents(p.Cost), "CNY")
	}
	return s.text()
}

func locations(w *world.World) []byte {
	s := newSheet("code", "name", "partner", "country", "region", "city", "territory", "time_zone", "latitude", "longitude")
	for i := range w.Locations {
		l := &w.Locations[i]
		s.row(l.Code, l.Name, world.Partners[l.Partner].ID, l.Country, l.Region, l.City, l.Territory, l.Zone,
			strconv.FormatFloat(l.Latitude, 'f', 4, 64), strconv.FormatFloat(l.Longitude, 'f', 4, 64))
	}
	return s.text()
}

// knows says whether the cross-reference of an instant has a partner's code of a product.
func (c *Channel) knows(w *world.World, partner, product int, at time.Time) bool {
	switch {
	case partner == world.NineBridges && product == w.Stories.NewChain:
		return !at.Before(c.Mapped())
	case partner == world.Lychee && product == w.Stories.NewSouth:
		return false
	}
	return true
}

func (c *Channel) crossReferences(w *world.World, at time.Time) []byte {
	s := newSheet("partner", "kind", "code", "target", "units", "from", "to")
	for pi := range world.Partners {
		id := world.Partners[pi].ID
		for i := range w.Locations {
			if l := &w.Locations[i]; l.Partner == pi {
				s.row(id, "location", l.Own, l.Code, "", "", "")
			}
		}
		if !reports.CrossReferenced(pi) {
			continue
		}
		carried := make([]bool, len(w.Products))
		for i := range w.Listings {
			if w.Partner(i) == pi {
				carried[w.Listings[i].Product] = true
			}
		}
		for i := range w.Products {
			if carried[i] && c.knows(w, pi, i, at) {
				s.row(id, "item", reports.ItemCode(pi, i, &w.Products[i]), w.Products[i].Code, "1", "", "")
			}
		}
	}
	return s.text()
}

// rates are planned by the quarter, so that none has to come from outside.
func rates(opening sellthrough.Day) []byte {
	s := newSheet("currency", "date", "rate")
	year := opening.Time().Year()
	for _, currency := range []string{"EUR", "GBP", "USD"} {
		for y := year - 3; y <= year+2; y++ {
			for m := time.January; m <= time.December; m += 3 {
				d := sellthrough.DayOf(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC))
				s.row(currency, d.String(), sellthrough.Decimal(world.Rate(currency, d)*100).String())
			}
		}
	}
	return s.text()
}

func partners() []byte {
	s := newSheet("partner", "name", "tier", "channel_type", "status", "since", "until", "currency", "time_zone", "week_start")
	for i := range world.Partners {
		p := &world.Partners[i]
		s.row(p.ID, p.Name, p.Tier, p.Channel, "active", p.Since, "", p.Currency, p.Zone, p.WeekStart)
	}
	return s.text()
}

func organisation() []byte {
	s := newSheet("node", "parent", "name", "partner")
	for _, n := range world.Organisation {
		s.row(n.Code, n.Parent, n.Name, "")
		for i := range world.Partners {
			if p := &world.Partners[i]; p.Node == n.Code {
				s.row(n.Code, n.Parent, n.Name, p.ID)
			}
		}
	}
	return s.text()
}

func ranging(w *world.World) []byte {
	s := newSheet("location", "item", "from", "to", "lead_days")
	for i := range w.Listings {
		n := &w.Listings[i]
		l := &w.Locations[n.Location]
		s.row(l.Code, w.Products[n.Product].Code, day(n.From), day(n.To), strconv.Itoa(l.Lead))
	}
	return s.text()
}

func calendar() []byte {
	s := newSheet("name", "year", "from", "to")
	for y := world.FirstYear; y <= world.LastYear; y++ {
		for _, f := range world.Festivals(y) {
			s.row(f.Name, strconv.Itoa(y), f.From.String(), f.To.String())
		}
	}
	return s.text()
}

// reporting is what the vendor expects of each feed. Daily reports are due by ten, and late on the day after; who closes
// on Sundays owes nothing for them.
func reporting(opening sellthrough.Day) []byte {
	s := newSheet("feed", "frequency", "weekdays", "due", "grace_days", "from")
	for _, f := range reports.Feeds {
		if f.History() {
			continue
		}
		frequency, weekdays := "day", ""
		if f.Weekly() {
			frequency = "week"
		}
		if f.Partner == world.Pixelwald && !f.Stock {
			weekdays = "1-6"
		}
		due := "10:00"
		if f.Partner == world.Bazaarlet {
			due = "18:00"
		}
		s.row(f.ID, frequency, weekdays, due, "1", (opening - reports.Daily).String())
	}
	return s.text()
}
