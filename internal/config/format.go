package config

import (
	"errors"
	"slices"

	"sellthrough"
	"sellthrough/ingest/format/edi"
	"sellthrough/ingest/format/encoding"
	"sellthrough/ingest/format/gs1xml"
	"sellthrough/ingest/format/json"
	"sellthrough/ingest/format/poslog"
	"sellthrough/ingest/format/rosettanet"
)

// Formats are the syntaxes of bodies. xlsx, xls and html are one: what the bytes are decides.
func Formats() []string {
	return []string{"csv", "ndjson", "json", "xlsx", "xls", "html", "x12", "edifact", "poslog", "gs1xml", "rosettanet"}
}

// IsTable says that the format gives rows under a header.
func (f *Format) IsTable() bool {
	return slices.Contains([]string{"csv", "xlsx", "xls", "html"}, f.Type)
}

// standard is the names of a format's columns where the standard gives them; nil where the partner does.
func (f *Format) standard() []string {
	switch f.Type {
	case "x12", "edifact":
		var names []string
		for _, c := range edi.Columns {
			names = append(names, c.Name)
		}
		return names
	case "poslog":
		return poslog.Columns
	case "gs1xml":
		return gs1xml.Columns
	case "rosettanet":
		return rosettanet.Columns
	}
	return nil
}

// standardColumns maps what a feed leaves out to the columns that its format's standard names.
func (f *Feed) standardColumns() {
	names := f.Format.standard()
	if names == nil {
		return
	}
	c := &f.Columns
	set := func(s *Source, name string, optional bool) {
		if !s.Set() && slices.Contains(names, name) {
			s.Column, s.Optional = name, optional
		}
	}
	set(&c.Document, "document", f.Identity.Scope != sellthrough.ByDocument)
	set(&c.Location, "location", f.Identity.Scope != sellthrough.ByLocationDay && f.Kind != sellthrough.Stock)
	set(&c.Item, "item", false)
	set(&c.Unit, "unit", true)
	set(&c.Currency, "currency", true)
	set(&c.Counterparty, "counterparty", true)
	set(&c.Serial, "serial", true)
	set(&c.Function.Source, "function", true)
	if c.Function.Column == "function" {
		set(&c.Previous, "previous", true)
	}
	set(&c.Qty, "qty", false)
	if f.Kind == sellthrough.Stock {
		if len(c.Level.Values) == 0 {
			set(&c.Level.Source, "level", false)
		}
		set(&c.At.Source, "at", false)
		return
	}
	if len(c.Kind.Values) == 0 {
		set(&c.Kind.Source, "kind", false)
	}
	if c.Amount.Price == "" {
		set(&c.Amount.Source, "amount", true)
	}
	set(&c.BusinessDate.Source, "business_date", false)
}

// syntax checks the settings of a format against its type.
func (v *validator) syntax(path string, f *Feed) {
	form := &f.Format
	only := func(set bool, name, types string, fits bool) {
		if set && !fits {
			v.bad(path+"."+name, "format.%s of feed %s is for %s, not for %s; take it out", name, f.ID, types, form.Type)
		}
	}
	only(form.Delimiter != ",", "delimiter", "csv", form.Type == "csv")
	only(form.Encoding != "", "encoding", "csv", form.Type == "csv")
	only(len(form.Header) > 0, "header", "tables", form.IsTable())
	only(form.Sheet != "", "sheet", "workbooks", form.IsTable() && form.Type != "csv")
	only(form.Rows != "", "rows", "json", form.Type == "json")
	if _, err := encoding.Parse(form.Encoding); err != nil {
		v.bad(path+".encoding", "encoding of feed %s: %v", f.ID, err)
	}
	if form.Type == "json" {
		if err := json.Check(form.Rows, nil); err != nil {
			v.bad(path+".rows", "rows of feed %s: %v", f.ID, err)
		}
	}
	if err := form.EDI.Check(); err != nil {
		var many interface{ Unwrap() []error }
		if errors.As(err, &many) {
			for _, e := range many.Unwrap() {
				v.bad(path+".edi", "dialect of feed %s: %v", f.ID, e)
			}
		} else {
			v.bad(path+".edi", "dialect of feed %s: %v", f.ID, err)
		}
	}
}

// reading is what decides how rows are read, beside the columns; nil where nothing does.
func (f *Format) reading() []any {
	switch f.Type {
	case "json":
		return []any{f.Type, f.Rows}
	case "x12", "edifact":
		return []any{f.Type, f.EDI}
	case "poslog":
		return []any{f.Type, f.POSLog}
	case "gs1xml":
		return []any{f.Type, f.GS1}
	case "rosettanet":
		return []any{f.Type, f.RosettaNet}
	}
	if f.Layout.Unpivot.Name != "" {
		return []any{f.Layout.Unpivot}
	}
	return nil
}
