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
	o := newOutlook(w)
	return map[string][]byte{
		"products.csv":        products(w),
		"locations.csv":       locations(w),
		"crossreferences.csv": c.crossReferences(w, at),
		"rates.csv":           rates(c.Opening()),
		"partners.csv":        partners(),
		"organisation.csv":    organisation(w),
		"ranging.csv":         ranging(w),
		"calendar.csv":        calendar(),
		"reporting.csv":       reporting(c.Opening()),

		"modes.csv":          modes(w),
		"business_units.csv": businessUnits(),
		"territories.csv":    territories(),
		"assignments.csv":    assignments(w),
		"life.csv":           life(w),
		"groups.csv":         groups(w),

		"prices.csv":        prices(w),
		"floors.csv":        floors(w),
		"product_costs.csv": productCosts(w),
		"price_changes.csv": priceChanges(w),
		"targets.csv":       o.targets(),
		"channel_costs.csv": o.channelCosts(),
		"support.csv":       support(w),

		"programmes.csv": programmes(),
		"qualifying.csv": qualifying(),
		"tiers.csv":      tiers(),
		"penalties.csv":  penalties(),

		"promotions.csv":        promotions(w),
		"category_sales.csv":    o.categorySales(),
		"market.csv":            o.market(),
		"weights.csv":           weights(w),
		"competitor_prices.csv": competitorPrices(w),
		"score_weights.csv":     scoreWeights(),
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
		s.row(p.Code, p.GTIN, p.Name, p.Line, p.Unit, day(p.Launch), day(p.End), strconv.Itoa(p.Pack), cents(p.ListOn(w.Opening)), cents(p.Cost), "CNY")
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
	for pi := range world.Partners {
		s.row(world.Partners[world.Head].ID, "party", world.Debtor(pi), world.Partners[pi].ID, "", "", "")
		for _, d := range world.Destinations(pi) {
			s.row(world.Partners[pi].ID, "region", d, world.Territory(d), "", "", "")
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
