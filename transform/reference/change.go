package reference

import (
	"maps"
	"slices"
)

// Change is what may read differently under another version: it bounds the held lines that are looked at again. A line
// outside it reads the same under both; one inside it may.
type Change struct {
	Items      map[string][]string // raw item codes by partner; "" is every partner
	Locations  map[string][]string // raw location codes by partner; "" is every partner
	Parties    map[string][]string // raw codes of counterparties by partner; "" is every partner
	Regions    map[string][]string // destinations as written, by partner
	Products   []string            // codes of products that changed
	Currencies []string            // whose rates changed
}

// Empty says that nothing can read differently.
func (c Change) Empty() bool {
	return len(c.Items)+len(c.Locations)+len(c.Parties)+len(c.Regions)+len(c.Products)+len(c.Currencies) == 0
}

// Diff is the change from one version to another.
func Diff(old, now *Version) Change {
	c := Change{Items: map[string][]string{}, Locations: map[string][]string{}, Parties: map[string][]string{}, Regions: map[string][]string{}}
	kinds := map[string]map[string][]string{"item": c.Items, "location": c.Locations, "party": c.Parties, "region": c.Regions}
	for _, k := range changed(old.cross, now.cross, slices.Equal[[]CrossReference]) {
		by := kinds[k.kind]
		by[k.partner] = append(by[k.partner], k.code)
		if k.kind == "location" { // which may be another place of its own
			c.Parties[k.partner] = append(c.Parties[k.partner], k.code)
		}
	}
	if codes := changed(old.partners, now.partners, func(a, b bool) bool { return a == b }); len(codes) > 0 {
		c.Parties[""] = append(c.Parties[""], codes...)
	}
	if codes := changed(old.locations, now.locations, func(Location, Location) bool { return true }); len(codes) > 0 {
		c.Parties[""] = append(c.Parties[""], codes...)
	}
	for _, code := range changed(old.products, now.products, func(a, b Product) bool { return a.UnitsPerPack == b.UnitsPerPack && a.GTIN == b.GTIN }) {
		c.Products = append(c.Products, code)
		c.Items[""] = append(c.Items[""], code) // a code may stand for itself
		for _, p := range []Product{old.products[code], now.products[code]} {
			c.Items[""] = append(c.Items[""], spellings(p.GTIN)...)
		}
	}
	places := map[string]bool{}
	for _, code := range changed(old.locations, now.locations, func(a, b Location) bool { return a.TimeZone == b.TimeZone && a.Partner == b.Partner }) {
		c.Locations[""] = append(c.Locations[""], code)
		places[code] = true
	}
	for _, v := range []*Version{old, now} {
		for k, refs := range v.cross {
			if k.kind == "location" && slices.ContainsFunc(refs, func(r CrossReference) bool { return places[r.Target] }) {
				c.Locations[k.partner] = append(c.Locations[k.partner], k.code)
			}
		}
	}
	c.Currencies = changed(old.rates, now.rates, slices.Equal[[]Rate])
	return c
}

// spellings are the ways a GTIN may be written.
func spellings(gtin string) []string {
	if gtin == "" {
		return nil
	}
	full := gtin14(gtin)
	out := []string{full}
	for _, n := range []int{13, 12, 8} {
		if full[:14-n] == "00000000000000"[:14-n] {
			out = append(out, full[14-n:])
		}
	}
	return out
}

func changed[K comparable, V any](old, now map[K]V, equal func(a, b V) bool) []K {
	out := map[K]struct{}{}
	for k, v := range old {
		if w, ok := now[k]; !ok || !equal(v, w) {
			out[k] = struct{}{}
		}
	}
	for k := range now {
		if _, ok := old[k]; !ok {
			out[k] = struct{}{}
		}
	}
	return slices.Collect(maps.Keys(out))
}
