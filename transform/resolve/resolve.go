// Package resolve gives the partner's codes their meaning: product and base units, location and business date, money in
// the reporting currency. It works per distinct dictionary value, not per line, and is pure: the same block under the
// same reference version gives the same answer.
package resolve

import (
	"fmt"
	"time"

	"sellthrough"
	"sellthrough/transform/reference"
)

// Frame is what a submission says about all its lines.
type Frame struct {
	Partner sellthrough.PartnerID
	Policy  sellthrough.Policy
	zone    *time.Location
	packs   map[string]bool
}

// NewFrame reads the parts of a policy that resolving needs. An unknown zone is an error of the configuration, not of
// the data.
func NewFrame(partner sellthrough.PartnerID, p sellthrough.Policy) (Frame, error) {
	z, err := time.LoadLocation(p.PartnerZone)
	if err != nil {
		return Frame{}, fmt.Errorf("partner %s: time zone %q: %w", partner, p.PartnerZone, err)
	}
	f := Frame{Partner: partner, Policy: p, zone: z, packs: map[string]bool{}}
	for _, u := range p.PackUnits {
		f.packs[u] = true
	}
	return f, nil
}

// Facts is the resolved part of a line.
type Facts struct {
	Product, Place string
	Party, Region  string // of the counterparty and the destination
	Currency       string
	Qty            int64 // millionths of base units, unsigned by the ledger
	Base           int64 // millionths of the reporting currency
	Flags          uint8
	BusinessDate   sellthrough.Day
	SoldAt         int64 // seconds since 1970 UTC
}

// Codes is the part of a line that resolving reads.
type Codes struct {
	Item, Location, Unit, Currency string
	Counterparty, Destination      string
	Qty, Amount                    sellthrough.Decimal
	HasAmount                      bool
	At                             int64
	Day                            sellthrough.Day
}

// Resolver resolves lines of one submission under one version.
type Resolver struct {
	frame  Frame
	ver    *reference.Version
	items  map[string]item
	places map[string]place
	rates  map[rateKey]rate
}

type item struct {
	product string
	units   sellthrough.Decimal
	flags   uint8
	dated   bool
}

type place struct {
	place string
	zone  *time.Location
	flags uint8
	dated bool
}

type rateKey struct {
	currency string
	day      sellthrough.Day
}

type rate struct {
	rate sellthrough.Decimal
	ok   bool
}

// New makes a resolver. It remembers each distinct code.
func New(f Frame, v *reference.Version) *Resolver {
	return &Resolver{frame: f, ver: v, items: map[string]item{}, places: map[string]place{}, rates: map[rateKey]rate{}}
}

// Line resolves one line. A quantity or an amount that leaves the range of a Decimal in base units or in the reporting
// currency keeps its written value and is marked as unresolved: it is counted, never silently wrong.
func (r *Resolver) Line(c Codes, out *Facts) {
	pl := r.place(c.Location, c.Day)
	r.when(c, pl.zone, out)
	it := r.item(c.Item, c.Day)
	out.Product, out.Place = it.product, pl.place
	out.Flags = it.flags | pl.flags
	out.Party, out.Region = "", ""
	if c.Counterparty != "" {
		out.Party = r.ver.Party(string(r.frame.Partner), c.Counterparty, c.Day)
	}
	if c.Destination != "" {
		out.Region = r.ver.Region(string(r.frame.Partner), c.Destination, c.Day)
	}
	units := it.units
	if r.frame.packs[c.Unit] {
		if pack, ok := r.ver.Pack(it.product); ok {
			units, _ = units.Mul(pack)
		} else {
			out.Flags |= sellthrough.UnknownItem
		}
	}
	out.Qty = int64(c.Qty)
	if units != sellthrough.One {
		q, err := c.Qty.Mul(units)
		if err != nil {
			out.Flags |= sellthrough.UnknownItem
		} else {
			out.Qty = int64(q)
		}
	}
	out.Currency = c.Currency
	if out.Currency == "" {
		out.Currency = r.frame.Policy.Currency
	}
	out.Base = 0
	if !c.HasAmount {
		return
	}
	out.Flags |= sellthrough.HasAmount
	if rt := r.rate(out.Currency, out.BusinessDate); rt.ok {
		if b, err := c.Amount.Mul(rt.rate); err == nil {
			out.Base = int64(b)
			out.Flags |= sellthrough.HasBase
		}
	}
}

// when sets the instant and the business date: the day as written, unless times are instants, whose day is that of the
// location's clock.
func (r *Resolver) when(c Codes, zone *time.Location, out *Facts) {
	if zone == nil {
		zone = r.frame.zone
	}
	out.BusinessDate = c.Day
	if r.frame.Policy.Instants {
		out.SoldAt = c.At
		if !r.frame.Policy.MapsBusinessDate {
			_, offset := time.Unix(c.At, 0).In(zone).Zone()
			out.BusinessDate = sellthrough.Day(floorDiv(c.At+int64(offset), 86400))
		}
		return
	}
	wall := time.Unix(c.At, 0).UTC()
	out.SoldAt = time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone).Unix()
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (r *Resolver) item(code string, day sellthrough.Day) item {
	if it, ok := r.items[code]; ok && !it.dated {
		return it
	}
	it := item{dated: r.ver.Dated(string(r.frame.Partner), "item", code)}
	var ok bool
	if it.product, it.units, ok = r.ver.Item(string(r.frame.Partner), code, day); !ok && code != "" {
		it.flags = sellthrough.UnknownItem
	}
	r.items[code] = it
	return it
}

func (r *Resolver) place(code string, day sellthrough.Day) place {
	if pl, ok := r.places[code]; ok && !pl.dated {
		return pl
	}
	pl := place{dated: r.ver.Dated(string(r.frame.Partner), "location", code)}
	var ok bool
	if pl.place, pl.zone, ok = r.ver.Place(string(r.frame.Partner), code, day); !ok && code != "" {
		pl.flags = sellthrough.UnknownPlace
	}
	r.places[code] = pl
	return pl
}

func (r *Resolver) rate(currency string, day sellthrough.Day) rate {
	k := rateKey{currency, day}
	rt, ok := r.rates[k]
	if !ok {
		rt.rate, rt.ok = r.ver.Rate(currency, day)
		r.rates[k] = rt
	}
	return rt
}
