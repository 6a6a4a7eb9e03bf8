package config

import (
	"fmt"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/mapping/layout"
)

func (v *validator) columns(path string, f *Feed) {
	c := &f.Columns
	sources := c.sources()
	for _, s := range sources {
		at := path + "." + s.name
		if s.Column != "" && s.Constant != "" {
			v.bad(at, "%s of feed %s has a column and a constant; keep one", s.name, f.ID)
		}
		if s.Column != "" {
			v.header(at, f, s.Column)
		}
	}
	need := func(name string, set bool) {
		if !set {
			v.bad(path, "%s of feed %s is not mapped; name its column, or a constant", name, f.ID)
		}
	}
	bare := f.Kind == sellthrough.Money || f.Kind == sellthrough.Service // a line may be about no item
	need("item", c.Item.Set() || bare)
	need("qty", c.Qty.Set())
	need("amount", c.Amount.Set() || c.Amount.Price != "" || f.Kind != sellthrough.Money)
	for name, s := range map[string]Source{"item": c.Item, "qty": c.Qty, "kind": c.Kind.Source, "level": c.Level.Source} {
		if s.Optional && !(name == "item" && bare) {
			v.bad(path+"."+name, "%s of feed %s can't be optional; a line means nothing without it", name, f.ID)
		}
	}
	if f.Kind == sellthrough.Stock {
		need("at", c.At.Set())
		need("location", c.Location.Set())
		if c.Kind.Set() || len(c.Kind.Values) > 0 {
			v.bad(path+".kind", "kind is mapped, but feed %s reports stock; map level instead", f.ID)
		}
		v.kindSource(path+".level", f, &c.Level, sellthrough.Levels())
	} else {
		if !c.At.Set() && !c.BusinessDate.Set() {
			v.bad(path, "feed %s maps neither at nor business_date; name the column of the time or day of what it reports", f.ID)
		}
		if c.Level.Set() || len(c.Level.Values) > 0 {
			v.bad(path+".level", "level is mapped, but feed %s reports %s; map kind instead", f.ID, f.Kind)
		}
		if f.Kind != sellthrough.Sales && !c.Kind.Set() && len(c.Kind.Values) == 0 {
			v.bad(path, "kind of feed %s is not mapped; name its column, or a constant: one of %s", f.ID, strings.Join(sellthrough.Kinds(f.Kind), ", "))
		}
		v.kindSource(path+".kind", f, &c.Kind, sellthrough.Kinds(f.Kind))
	}
	v.coded(path+".segment", f, &c.Segment, sellthrough.Segments)
	v.coded(path+".title", f, &c.Title, sellthrough.Titles)
	v.customer(path+".customer", f)
	if c.Amount.Price != "" {
		if c.Amount.Set() {
			v.bad(path+".amount", "amount of feed %s has a column and a price; keep one", f.ID)
		}
		v.header(path+".amount", f, c.Amount.Price)
	}
	if c.Currency.Constant != "" {
		v.currency(path+".currency", c.Currency.Constant)
	}
	v.function(path, f)
	v.time(path+".at", f, "at", &c.At)
	v.time(path+".business_date", f, "business_date", &c.BusinessDate)
	v.time(path+".until", f, "until", &c.Until)
	if b := &c.BusinessDate; b.Set() && b.Zone != ZoneLocal {
		v.bad(path+".business_date.zone", "business_date of feed %s has a zone; a business date is a day of the location, so take it out", f.ID)
	}
}

// function checks what documents may say that they do.
func (v *validator) function(path string, f *Feed) {
	c, at := &f.Columns, path+".function"
	known := sellthrough.Functions()
	switch {
	case c.Function.Constant != "":
		v.bad(at, "function of feed %s is a constant; a document says for itself what it does, so name the column", f.ID)
	case c.Function.Column == "" && len(c.Function.Values) > 0:
		v.bad(at, "values of feed %s have no column; name the column that holds them", f.ID)
	case c.Function.Column != "" && !c.Document.Set():
		v.bad(at, "function of feed %s says what a document does, but columns.document is not mapped; name its column", f.ID)
	}
	if c.Previous.Constant != "" || c.Previous.Column != "" && c.Function.Column == "" {
		v.bad(path+".previous", "previous of feed %s names the document that another replaces or cancels; map function with it, both as columns", f.ID)
	}
	for cell, name := range c.Function.Values {
		if !slices.Contains(known, name) {
			v.bad(at+".values."+cell, "%q is nothing that a document does; write one of %s", name, strings.Join(known, ", "))
		}
	}
}

type named struct {
	name string
	Source
}

func (c *Columns) sources() []named {
	return []named{
		{"document", c.Document},
		{"location", c.Location},
		{"item", c.Item},
		{"unit", c.Unit},
		{"currency", c.Currency},
		{"counterparty", c.Counterparty},
		{"serial", c.Serial},
		{"version", c.Version},
		{"function", c.Function.Source},
		{"previous", c.Previous},
		{"qty", c.Qty},
		{"amount", c.Amount.Source},
		{"kind", c.Kind.Source},
		{"level", c.Level.Source},
		{"at", c.At.Source},
		{"business_date", c.BusinessDate.Source},
		{"customer", c.Customer.Source},
		{"segment", c.Segment.Source},
		{"salesperson", c.Salesperson},
		{"title", c.Title.Source},
		{"reason", c.Reason},
		{"refers_to", c.RefersTo},
		{"destination", c.Destination},
		{"until", c.Until.Source},
	}
}

// coded checks the words of a column that knows only some.
func (v *validator) coded(path string, f *Feed, c *Coded, words []string) {
	if !c.Set() && len(c.Values) > 0 {
		v.bad(path, "values of feed %s have no column; name the column that holds them", f.ID)
	}
	if c.Constant != "" {
		v.oneOf(path+".constant", c.Constant, words...)
	}
	for cell, word := range c.Values {
		v.oneOf(path+".values."+cell, word, words...)
	}
}

// header checks a mapped column against the header that the configuration gives.
func (v *validator) header(path string, f *Feed, column string) {
	if len(f.Format.Header) == 0 || slices.Contains(f.Format.Header, column) {
		return
	}
	if near := Nearest(column, f.Format.Header); near != "" {
		v.bad(path, "column %q of feed %s is not in format.header; did you mean %q?", column, f.ID, near)
		return
	}
	v.bad(path, "column %q of feed %s is not in format.header; add it there", column, f.ID)
}

func (v *validator) kindSource(path string, f *Feed, k *KindSource, known []string) {
	check := func(at, name string) {
		if slices.Contains(known, name) {
			return
		}
		if near := Nearest(name, known); near != "" {
			v.bad(at, "%q is no kind that feed %s may report; did you mean %q?", name, f.ID, near)
			return
		}
		v.bad(at, "%q is no kind that feed %s may report; write one of %s", name, f.ID, strings.Join(known, ", "))
	}
	if k.Constant != "" {
		check(path, k.Constant)
	}
	if !k.Set() && len(k.Values) > 0 {
		v.bad(path, "values of feed %s have no column; name the column that holds them", f.ID)
	}
	if k.Constant != "" && len(k.Values) > 0 {
		v.bad(path, "values of feed %s belong to a column, not to a constant; keep one", f.ID)
	}
	for cell, name := range k.Values {
		check(path+".values."+cell, name)
	}
	if k.Negative != "" {
		check(path+".negative", k.Negative)
	}
	if f.Kind != sellthrough.Sales && (k.Negative != "" || k.Unsigned) {
		v.bad(path, "negative and unsigned are for sales; take them out of feed %s", f.ID)
	}
	if k.Negative != "" && k.Unsigned {
		v.bad(path, "feed %s has negative and unsigned: either the sign tells a return or the kind does; keep one", f.ID)
	}
}

func (v *validator) time(path string, f *Feed, name string, t *Time) {
	if !t.Set() {
		if len(t.Layouts) > 0 || t.Zone != ZoneLocal {
			v.bad(path, "%s of feed %s has layouts or a zone but no column; name it", name, f.ID)
		}
		return
	}
	if t.Constant != "" {
		v.bad(path, "%s of feed %s is a constant; a time has to come from a column", name, f.ID)
	}
	if t.Optional && name != "until" && !(name == "at" && f.Columns.BusinessDate.Set() && f.Kind == sellthrough.Sales) {
		v.bad(path, "%s of feed %s can't be optional; a line needs its day", name, f.ID)
	}
	if t.Zone != ZoneLocal && t.Zone != ZoneWritten {
		v.zone(path+".zone", t.Zone)
	}
	shapes, offsets := map[string]string{}, 0
	for i, text := range t.Layouts {
		at := fmt.Sprintf("%s.layouts[%d]", path, i)
		l, err := layout.Compile(text)
		if err != nil {
			v.bad(at, "layout %v", err)
			continue
		}
		if other, ok := shapes[l.Shape()]; ok {
			v.bad(at, "layouts %q and %q can both read one cell; keep the one that the partner uses", other, text)
		}
		shapes[l.Shape()] = text
		if layout.HasOffset(text) {
			offsets++
		}
	}
	switch {
	case t.Zone == ZoneLocal && offsets > 0 && offsets < len(t.Layouts):
		v.bad(path+".layouts", "layouts of feed %s mix times with an offset (Z) and without; say in zone where those without are written", f.ID)
	case t.Zone == ZoneWritten && offsets < len(t.Layouts):
		v.bad(path+".zone", "zone is written, but a layout of feed %s has no Z; add it to the layout or name an IANA zone", f.ID)
	}
}
