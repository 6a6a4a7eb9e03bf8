// Package reference is what the vendor knows of the channel: products, locations, the partners' codes for both, and
// exchange rates. A Version is immutable; a change is a new version, and a control record in the log puts it in force,
// so that a redo of a batch reads its lines by the same version. Reading files and answering look-ups is all it does.
package reference

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"sellthrough"
)

// Product is an item of the vendor.
type Product struct {
	Code         string
	GTIN         string // 8, 12, 13 or 14 digits; compared as 14
	Name         string
	Line         string
	UnitsPerPack sellthrough.Decimal // base units in a pack; 1 where the product has none
	ListPrice    sellthrough.Decimal
	Currency     string // of list price and cost
	BusinessUnit string
	Launch       sellthrough.Day     // 0: always
	EndOfLife    sellthrough.Day     // 0: never
	Cost         sellthrough.Decimal // of a base unit
}

// Location is a store, warehouse or web shop.
type Location struct {
	Code      string
	Name      string
	Partner   string
	Country   string
	Region    string
	City      string
	Territory string
	TimeZone  string // IANA; empty: the partner's
	Latitude  float64
	Longitude float64
}

// CrossReference says what a partner's code means, and when.
type CrossReference struct {
	Partner string
	Kind    string              // one of CrossKinds
	Code    string              // as the partner writes it
	Target  string              // product or location code; of a party also a partner's id; of a region, a territory
	Units   sellthrough.Decimal // base units in one of the partner's items; 1 where not said
	From    sellthrough.Day     // 0: always
	To      sellthrough.Day     // inclusive; 0: for ever
}

// CrossKinds are what a partner's code may mean: an item, a location of its own, whom it sold to, where the goods went.
var CrossKinds = []string{"item", "location", "party", "region"}

// Rate is the price of one unit of a currency in the reporting currency, from a day until the next rate.
type Rate struct {
	Currency string
	Day      sellthrough.Day
	Rate     sellthrough.Decimal
}

// Tables is the content of one version.
type Tables struct {
	Products        []Product
	Locations       []Location
	CrossReferences []CrossReference
	Rates           []Rate
	Partners        []string // ids, of partners.csv
	Sheets          []Sheet  // one for each of SheetKinds
}

// Version answers look-ups. It is safe for concurrent use.
type Version struct {
	Revision  sellthrough.Revision
	reporting string
	products  map[string]Product // by code
	gtins     map[string]string  // 14 digits → code
	locations map[string]Location
	zones     map[string]*time.Location
	cross     map[crossKey][]CrossReference
	rates     map[string][]Rate // by currency, ascending by day
	partners  map[string]bool
}

type crossKey struct{ partner, kind, code string }

// New indexes tables that Check has passed.
func New(rev sellthrough.Revision, reporting string, t Tables) (*Version, error) {
	v := &Version{
		Revision: rev, reporting: reporting,
		products: make(map[string]Product, len(t.Products)), gtins: map[string]string{},
		locations: make(map[string]Location, len(t.Locations)), zones: map[string]*time.Location{},
		cross: make(map[crossKey][]CrossReference, len(t.CrossReferences)), rates: map[string][]Rate{},
		partners: make(map[string]bool, len(t.Partners)),
	}
	for _, p := range t.Partners {
		v.partners[p] = true
	}
	for _, p := range t.Products {
		v.products[p.Code] = p
		if p.GTIN != "" {
			v.gtins[gtin14(p.GTIN)] = p.Code
		}
	}
	for _, l := range t.Locations {
		if l.TimeZone != "" {
			if _, err := v.zone(l.TimeZone); err != nil {
				return nil, fmt.Errorf("location %s: %w", l.Code, err)
			}
		}
		v.locations[l.Code] = l
	}
	for _, c := range t.CrossReferences {
		k := crossKey{c.Partner, c.Kind, c.Code}
		v.cross[k] = append(v.cross[k], c)
	}
	for _, r := range t.Rates {
		v.rates[r.Currency] = append(v.rates[r.Currency], r)
	}
	for _, rs := range v.rates {
		sort.Slice(rs, func(i, j int) bool { return rs[i].Day < rs[j].Day })
	}
	return v, nil
}

func (v *Version) zone(name string) (*time.Location, error) {
	if z := v.zones[name]; z != nil {
		return z, nil
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q is not known; use an IANA name such as Europe/London", name)
	}
	v.zones[name] = z
	return z, nil
}

// Item finds the product of a partner's code on a day: by cross-reference, else the code itself as product code or GTIN.
// Units is what one of the partner's items holds in base units.
func (v *Version) Item(partner, code string, day sellthrough.Day) (product string, units sellthrough.Decimal, ok bool) {
	if c, ok := v.crossing(crossKey{partner, "item", code}, day); ok {
		return c.Target, c.Units, true
	}
	if _, ok := v.products[code]; ok {
		return code, sellthrough.One, true
	}
	if isGTIN(code) {
		if p, ok := v.gtins[gtin14(code)]; ok {
			return p, sellthrough.One, true
		}
	}
	return "", sellthrough.One, false
}

// Pack is how many base units a pack of a product holds.
func (v *Version) Pack(product string) (sellthrough.Decimal, bool) {
	p, ok := v.products[product]
	return p.UnitsPerPack, ok && p.UnitsPerPack > 0
}

// Place finds the location of a partner's code on a day, and its zone; nil is the partner's own zone.
func (v *Version) Place(partner, code string, day sellthrough.Day) (place string, zone *time.Location, ok bool) {
	target := code
	if c, ok := v.crossing(crossKey{partner, "location", code}, day); ok {
		target = c.Target
	}
	l, ok := v.locations[target]
	if !ok || l.Partner != "" && l.Partner != partner {
		return code, nil, false
	}
	return target, v.zones[l.TimeZone], true
}

// Party is whom a partner's code of a buyer, seller or other place stands for on a day: by cross-reference, else the code
// itself as that of a location or a partner; empty where it is neither.
func (v *Version) Party(partner, code string, day sellthrough.Day) string {
	if c, ok := v.crossing(crossKey{partner, "party", code}, day); ok {
		return c.Target
	}
	if _, ok := v.locations[code]; ok || v.partners[code] {
		return code
	}
	if c, ok := v.crossing(crossKey{partner, "location", code}, day); ok { // another place of its own
		return c.Target
	}
	return ""
}

// Region is the territory that a partner's name of a region stands for on a day; as written where nothing is known of it.
func (v *Version) Region(partner, name string, day sellthrough.Day) string {
	if c, ok := v.crossing(crossKey{partner, "region", name}, day); ok {
		return c.Target
	}
	return name
}

// Rate is the price of one unit of currency in the reporting currency on a day: the newest rate not after it.
func (v *Version) Rate(currency string, day sellthrough.Day) (sellthrough.Decimal, bool) {
	if currency == v.reporting {
		return sellthrough.One, true
	}
	rs := v.rates[currency]
	i := sort.Search(len(rs), func(i int) bool { return rs[i].Day > day })
	if i == 0 {
		return 0, false
	}
	return rs[i-1].Rate, true
}

// Dated says whether the meaning of a partner's item code depends on the day.
func (v *Version) Dated(partner, kind, code string) bool {
	cs := v.cross[crossKey{partner, kind, code}]
	return len(cs) > 1 || len(cs) == 1 && (cs[0].From != 0 || cs[0].To != 0)
}

func (v *Version) crossing(k crossKey, day sellthrough.Day) (CrossReference, bool) {
	for _, c := range v.cross[k] {
		if day >= c.From && (c.To == 0 || day <= c.To) {
			return c, true
		}
	}
	return CrossReference{}, false
}

func isGTIN(s string) bool {
	switch len(s) {
	case 8, 12, 13, 14:
		return strings.Trim(s, "0123456789") == ""
	}
	return false
}

func gtin14(s string) string { return strings.Repeat("0", max(0, 14-len(s))) + s }
