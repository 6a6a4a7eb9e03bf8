package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"sellthrough"
	"sellthrough/ingest/mapping/layout"
)

// The zones of a Time that are not in the IANA list.
const (
	ZoneLocal   = "local"   // wall clock of the location
	ZoneWritten = "written" // each time is written with its offset
)

// Partner finds a partner by its id.
func (c *Config) Partner(id sellthrough.PartnerID) (*Partner, bool) {
	for i := range c.Partners {
		if c.Partners[i].ID == id {
			return &c.Partners[i], true
		}
	}
	return nil, false
}

// Feed finds a feed by its id.
func (c *Config) Feed(id sellthrough.FeedID) (*Feed, bool) {
	for i := range c.Feeds {
		if c.Feeds[i].ID == id {
			return &c.Feeds[i], true
		}
	}
	return nil, false
}

// PartnerOf finds the partner that an API key belongs to, in a time that does not tell which keys are near.
func (c *Config) PartnerOf(key string) (*Partner, bool) {
	var found *Partner
	for i := range c.Partners {
		for _, k := range c.Partners[i].Keys {
			if k.Match(key) {
				found = &c.Partners[i]
			}
		}
	}
	return found, found != nil
}

// Comma is the delimiter of a CSV feed.
func (f *Format) Comma() byte {
	switch f.Delimiter {
	case "":
		return ','
	case "tab":
		return '\t'
	}
	return f.Delimiter[0]
}

// Rule is how the identity of the feed's lines is made. A stock feed has the scope location-day, because its
// partitions are chosen by location; its slice is (partner, namespace, location) without a day, and an equal level told
// again is always the same report.
func (f *Feed) Rule() sellthrough.Rule {
	r := sellthrough.Rule{
		Version: f.Identity.Rule, Namespace: f.Identity.Namespace, Scope: f.Identity.Scope,
		Keyed: len(f.Identity.LineKey) > 0, EqualRows: f.EqualRows,
	}
	if f.Originals != "replace" {
		r.Originals = sellthrough.Originals(f.Originals)
	}
	if f.Kind == sellthrough.Stock && !r.Keyed && f.Coverage.Kind == sellthrough.CoverNone {
		r.EqualRows = sellthrough.EqualIsDuplicate
	}
	return r
}

// Policy is what the transformer may do with a submission of the feed.
func (f *Feed) Policy(p *Partner) sellthrough.Policy {
	policy := sellthrough.Policy{
		Coverage: f.Coverage.Kind, HoldAbove: float64(f.Coverage.HoldAbove), DespiteRefused: f.Coverage.DespiteRefused,
		Currency: f.Currency, TaxIncluded: f.Tax == "included", PackUnits: f.PackUnits,
		Instants: f.Instants(), MapsBusinessDate: f.Columns.BusinessDate.Set(),
	}
	if p != nil {
		policy.PartnerZone = p.TimeZone
		if policy.Currency == "" {
			policy.Currency = p.Currency
		}
	}
	return policy
}

// Instants asks whether the times of the feed's lines are instants; else they are the location's wall clock.
func (f *Feed) Instants() bool {
	at := f.Columns.At
	if !at.Set() {
		return false
	}
	if at.Zone != ZoneLocal && at.Zone != "" {
		return true
	}
	return slices.ContainsFunc(at.Layouts, layout.HasOffset)
}

// Location is the zone that times without an offset are written in; nil is the location's own wall clock.
func (t *Time) Location() (*time.Location, error) {
	if t.Zone == "" || t.Zone == ZoneLocal || t.Zone == ZoneWritten {
		return nil, nil
	}
	return time.LoadLocation(t.Zone)
}

// Fingerprint is sha-256, in hex, over exactly what makes the identities of the feed's lines: scope, line key,
// namespace, rule version, and the columns and conventions that a line's content is read with. A feed whose
// fingerprint changed while its rule version did not would double what it sends again.
func (f *Feed) Fingerprint() string {
	type source struct{ Column, Constant string }
	type clock struct {
		source
		Layouts []string
		Zone    string
	}
	type kind struct {
		source
		Values   map[string]string
		Negative string
		Unsigned bool
	}
	type function struct {
		source
		Values map[string]string
	}
	var does *function // the standards' own columns change no identity but that of what was refused before
	if d := f.Columns.Function; d.Set() && f.Format.standard() == nil {
		does = &function{source{d.Column, d.Constant}, d.Values}
	}
	of := func(s Source) source { return source{s.Column, s.Constant} }
	when := func(t Time) clock { return clock{of(t.Source), t.Layouts, t.Zone} }
	what := func(k KindSource) kind { return kind{of(k.Source), k.Values, k.Negative, k.Unsigned} }
	c := f.Columns
	text, err := json.Marshal(struct {
		Rule             sellthrough.Rule
		Kind             sellthrough.FeedKind
		LineKey          []string
		Sources          []source // in this order for good
		Price            string
		Kinds            []kind
		Times            []clock
		Point, Grouping  string
		SchemaOfThisList int
		Reading          []any     `json:",omitempty"` // of formats that leave something open
		More             []any     `json:",omitempty"` // of feeds that say more of a line; the customer is no part of what it is
		Hidden           []any     `json:",omitempty"` // what changes all the same with the customer
		Functions        *function `json:",omitempty"`
	}{
		Rule: f.Rule(), Kind: f.Kind, LineKey: f.Identity.LineKey,
		Sources: []source{of(c.Document), of(c.Location), of(c.Item), of(c.Unit), of(c.Currency), of(c.Counterparty), of(c.Serial), of(c.Version), of(c.Qty), of(c.Amount.Source)},
		Price:   c.Amount.Price, Kinds: []kind{what(c.Kind), what(c.Level)}, Times: []clock{when(c.At), when(c.BusinessDate)},
		Point: f.Numbers.Point, Grouping: f.Numbers.Grouping, SchemaOfThisList: 1,
		Reading: f.Format.reading(), More: f.Columns.more(), Hidden: f.hidden(), Functions: does,
	})
	if err != nil {
		panic(err) // strings, bools and ints only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// more is what decides what a line says beyond what every line does, but for the customer; nil where nothing does.
func (c *Columns) more() []any {
	if !c.Segment.Set() && !c.Salesperson.Set() && !c.Title.Set() && !c.Reason.Set() && !c.RefersTo.Set() && !c.Destination.Set() && !c.Until.Set() {
		return nil
	}
	of := func(s Source) [2]string { return [2]string{s.Column, s.Constant} }
	return []any{
		of(c.Segment.Source), c.Segment.Values, of(c.Salesperson), of(c.Title.Source), c.Title.Values, of(c.Reason), of(c.RefersTo), of(c.Destination),
		of(c.Until.Source), c.Until.Layouts, c.Until.Zone,
	}
}
