package world

import (
	"math/rand/v2"

	"sellthrough"
)

// More is what only some lines say.
type More struct {
	Document    string // of a flow; a sale's is made of its day, place and number
	RefersTo    string // another document
	Of          Paper  // the document of a sale that comes back
	Serial      string
	Customer    string // an end customer's number
	Segment     string
	Salesperson string
	Title       string // who holds it
	Reason      string
	Destination string // as the partner writes it
	Until       int64  // seconds since 1970 on the clock of whoever says so; 0: nothing is said
}

// Paper names a document of a sale: its number within a location's day.
type Paper struct {
	Day sellthrough.Day
	Doc int32
}

// crowd is who buys from a partner, and who sells there.
type crowd struct {
	code                   string // of its customers' numbers
	pool                   int    // customers of a location; they come again, a few of them often
	enterprise, government float64
	sellers                int // of a location
	serials                bool
	local                  bool // it delivers, and says where to
}

var crowds = map[int]crowd{
	JadeCrane: {sellers: 3},
	Lychee:    {code: "66", pool: 1800, enterprise: 0.30, government: 0.08, sellers: 4, serials: true, local: true},
	Bazaarlet: {code: "BU", pool: 40_000, serials: true},
	Kestavo:   {code: "KA", pool: 26_000, enterprise: 0.12, serials: true},
	Tamarind:  {local: true},
	West:      {code: "W", pool: 300, enterprise: 0.45, government: 0.35, sellers: 3, serials: true, local: true},
	North:     {code: "N", pool: 420, enterprise: 0.50, government: 0.25, sellers: 5, serials: true, local: true},
	East:      {code: "E", pool: 420, enterprise: 0.60, government: 0.12, sellers: 5, serials: true, local: true},
	Nanjing:   {code: "J", pool: 260, enterprise: 0.55, government: 0.20, sellers: 3, serials: true, local: true},
	Hangzhou:  {code: "H", pool: 260, enterprise: 0.60, government: 0.10, sellers: 3, serials: true, local: true},
	Central:   {code: "C", pool: 380, enterprise: 0.48, government: 0.25, sellers: 4, serials: true, local: true},
	Imaging:   {code: "I", pool: 240, enterprise: 0.55, government: 0.30, sellers: 4, local: true},
	Networks:  {code: "X", pool: 240, enterprise: 0.65, government: 0.20, sellers: 4, local: true},
}

// Serialised says whether a partner notes the serial numbers of what it sells of a line.
func Serialised(partner int, line string) bool { return crowds[partner].serials && line == "Notebooks" }

// meet draws who buys a document, who sells it, and where it goes; nil where the partner says nothing of it.
func (w *World) meet(r *rand.Rand, li int) *More {
	l := &w.Locations[li]
	c, ok := crowds[l.Partner]
	if !ok {
		return nil
	}
	m := &More{}
	if c.pool > 0 {
		x := r.Float64()
		m.Customer, m.Segment = c.customer(li, int(float64(c.pool)*x*x*x))
	}
	if c.sellers > 0 { // the first ones sell most
		x := r.Float64()
		m.Salesperson = codes[l.Partner].vendor + digits(10*(li%10)+int(float64(c.sellers)*x*x), 3)
	}
	if c.local {
		m.Destination = w.destination(r, l)
	}
	return m
}

// customer is the number and segment of one of a location's customers.
func (c *crowd) customer(li, n int) (number, segment string) {
	number = c.code + digits(li, 2) + digits(n*7919%1_000_000, 6)
	switch x := share(0x5e9, uint64(li), uint64(n)); {
	case x < c.enterprise:
		return number, "enterprise"
	case x < c.enterprise+c.government:
		return number, "government"
	}
	return number, "individual"
}

// destination is where a document's goods go: nearly always near by.
func (w *World) destination(r *rand.Rand, l *Location) string {
	if l.Country == "GB" {
		if r.IntN(60) == 0 {
			return []string{"Ireland", "Netherlands"}[r.IntN(2)]
		}
		return l.Region
	}
	own := ""
	var near []string
	for _, p := range Provinces {
		switch {
		case p.Region == l.Region:
			own = p.Name
		case p.Territory == l.Territory:
			near = append(near, p.Name)
		}
	}
	if len(near) > 0 && r.IntN(12) == 0 {
		return near[r.IntN(len(near))]
	}
	return own
}

// serial is the number of the next unit of a product.
func (w *World) serial(product int) string {
	w.serials[product]++
	return "K" + digits(product, 3) + digits(int(hash(w.Seed, 0x5e, uint64(product))%90)+10, 2) + digits(int(w.serials[product]), 6)
}
