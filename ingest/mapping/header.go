package mapping

import (
	"fmt"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/sheet/field"
	"sellthrough/internal/config"
)

// HeaderError is the refusal of a body whose header lacks columns that the feed reads: such a body is never loaded, because
// a column under another name could be another figure. It says which columns of the header the missing ones may be now.
type HeaderError struct {
	*sellthrough.Refusal
	Missing []sellthrough.MissingColumn
}

// Unwrap gives the refusal.
func (e *HeaderError) Unwrap() error { return e.Refusal }

// lacks is the refusal of a body in which columns are missing, beside the names that it has.
func (m *Mapping) lacks(missing, found []string) error {
	e := &HeaderError{}
	var said []string
	for _, c := range missing {
		as := m.as(c)
		x := sellthrough.MissingColumn{Column: c, As: as, Renamed: m.renamed(c, as, found)}
		e.Missing = append(e.Missing, x)
		text := fmt.Sprintf("%q", c)
		if len(x.Renamed) > 0 {
			text += fmt.Sprintf(" (was it renamed %s?)", either(x.Renamed))
		}
		said = append(said, text)
	}
	var shown []string
	for _, n := range found[:min(len(found), 50)] {
		shown = append(shown, fmt.Sprintf("%q", cut(n, 60)))
	}
	e.Refusal = &sellthrough.Refusal{Reason: fmt.Sprintf("the header lacks %s; found are %s. Send the columns under the names that were agreed, or have columns of feed %s mended",
		strings.Join(said, ", "), strings.Join(shown, ", "), m.feed.ID)}
	return e
}

func either(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", cut(n, 60))
	}
	return strings.Join(quoted, " or ")
}

// as is what the feed reads a column as, by its name in the configuration.
func (m *Mapping) as(column string) string {
	for _, r := range m.feed.Reads() {
		if r.Column == column {
			return r.As
		}
	}
	return "line_key"
}

// meanings are the fields of headers that a column of the feed may be known by, by what the feed reads it as.
var meanings = map[string][]field.Field{
	"document": {field.Document}, "location": {field.Location}, "item": {field.Item, field.GTIN}, "unit": {field.Unit}, "currency": {field.Currency},
	"counterparty": {field.Counterparty}, "serial": {field.Serial}, "version": {field.Version}, "qty": {field.Qty},
	"amount": {field.Amount, field.AmountGross, field.AmountNet}, "price": {field.Price}, "kind": {field.Kind}, "level": {field.Kind},
	"customer": {field.Customer, field.Counterparty}, "at": {field.At, field.BusinessDate}, "business_date": {field.BusinessDate, field.At}, "line_key": {field.Line},
}

// renamed are the columns of a header that a missing one may be now, the likeliest first: those that are spelt the same but
// for case, width, blanks and units; those with the same meaning in the table of aliases; the one that is nearest in
// spelling. Columns that the feed reads as something else are none.
func (m *Mapping) renamed(column, as string, found []string) []string {
	var free []string
	for _, n := range found {
		if n != "" && !slices.ContainsFunc(m.columns, func(c string) bool { return string(trim([]byte(c))) == n }) {
			free = append(free, n)
		}
	}
	var out []string
	add := func(name string) {
		if name != "" && !slices.Contains(out, name) && len(out) < 3 {
			out = append(out, name)
		}
	}
	for _, n := range free {
		if field.Normal(n) == field.Normal(column) {
			add(n)
		}
	}
	if a := meaning(column); a != "" {
		for _, n := range free {
			if meaning(n) == a {
				add(n)
			}
		}
	} else {
		for _, f := range m.fields(as) {
			for _, n := range free {
				if meaning(n) == f {
					add(n)
				}
			}
		}
	}
	add(config.Nearest(column, free))
	return out
}

// meaning is what the table of aliases says of a column, or of the last name of a member's path; "" is nothing of use.
func meaning(name string) field.Field {
	a, ok := field.Of(name)
	if i := strings.LastIndexByte(name, '.'); !ok && i >= 0 {
		a, ok = field.Of(name[i+1:])
	}
	if !ok || a.Field == field.Other {
		return ""
	}
	return a.Field
}

// fields are the meanings of what a feed reads: of a stock feed's quantity those of its level.
func (m *Mapping) fields(as string) []field.Field {
	if as != "qty" || m.feed.Kind != sellthrough.Stock {
		return meanings[as]
	}
	switch m.feed.Columns.Level.Constant {
	case sellthrough.Available.String():
		return []field.Field{field.Available}
	case sellthrough.Committed.String():
		return []field.Field{field.Committed}
	case sellthrough.InTransit.String():
		return []field.Field{field.InTransit}
	case sellthrough.Damaged.String():
		return []field.Field{field.Damaged}
	}
	return []field.Field{field.Stock, field.Qty}
}

// Renamed asks whether columns that no row of a sample has were renamed: it is an error where a member of the rows is likely to
// be one of them now. Rows without a header, as JSON has them, would else be read without it: an amount that is optional
// would silently be missing. A column that may be left out counts only where its meaning is known, not by its spelling alone.
func (m *Mapping) Renamed(absent, members []string) error {
	var missing []string
	for _, c := range absent {
		as := m.as(c)
		names := m.renamed(c, as, members)
		if m.optional(c) {
			names = slices.DeleteFunc(names, func(n string) bool {
				return field.Normal(n) != field.Normal(c) && (meaning(c) == "" || meaning(n) != meaning(c))
			})
		}
		if len(names) > 0 {
			missing = append(missing, c)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return m.lacks(missing, members)
}

// optional says whether a line may lack the column.
func (m *Mapping) optional(column string) bool {
	c := &m.feed.Columns
	for _, s := range []config.Source{
		c.Counterparty, c.Serial, c.Customer.Source, c.Segment.Source, c.Salesperson, c.Title.Source, c.Reason, c.RefersTo, c.Destination, c.Until.Source, c.Previous,
	} {
		if s.Column == column {
			return true
		}
	}
	for _, s := range []config.Source{c.Document, c.Location, c.Unit, c.Currency, c.Version, c.Function.Source, c.Amount.Source, c.At.Source, c.BusinessDate.Source} {
		if s.Column == column {
			return s.Optional
		}
	}
	return c.Amount.Price == column && c.Amount.Optional
}
