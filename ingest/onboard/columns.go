package onboard

import (
	"fmt"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/format/sheet/column"
	"sellthrough/ingest/format/sheet/field"
)

// profile looks at each column by itself.
func (p *Proposal) profile(today sellthrough.Day) {
	for i, name := range p.Layout.Columns {
		c := Column{Name: name}
		for _, r := range p.Layout.Data {
			cell := ""
			if i < len(r.Cells) {
				cell = strings.TrimSpace(r.Cells[i])
			}
			c.cells = append(c.cells, cell)
			if cell == "" {
				c.Blank++
			} else if len(c.Examples) < 3 && !slices.Contains(c.Examples, cell) {
				c.Examples = append(c.Examples, cell)
			}
		}
		if name != "" {
			c.look(today)
		}
		p.Columns = append(p.Columns, c)
	}
	if u := p.Layout.Layout.Unpivot; u.Name != "" {
		for i := range p.Columns {
			c := &p.Columns[i]
			switch c.Name {
			case u.Name:
				c.Field, c.Confidence = field.Location, 80
			case u.Value: // our own name: it says nothing of what the figures are
				c.Field, c.Confidence, c.Evidence = field.Qty, 50, nil
			}
		}
	}
}

// look says what the cells of a column are, and what its name means.
func (c *Column) look(today sellthrough.Day) {
	filled := len(c.cells) - c.Blank
	c.Codes = column.CodesOf(c.cells)
	c.Numbers = column.NumbersOf(c.cells)
	alias, known := field.Of(c.Name)
	if !known || dated(alias.Field) {
		c.Dates = column.DatesOf(c.cells, today)
	}
	switch {
	case filled == 0:
		c.Shape = Empty
	case c.Dates.Count == filled && (known || c.Numbers.Count < filled):
		c.Shape = Date
	case c.Numbers.Count == filled:
		c.Shape = Number
	case c.Codes.Distinct*5 < filled || !strings.ContainsRune(strings.Join(c.Examples, ""), ' '):
		c.Shape = Code
	default:
		c.Shape = Text
	}
	if known {
		c.Field, c.Source, c.Confidence = alias.Field, alias.Source, 90
		c.Evidence = append(c.Evidence, fmt.Sprintf("%q is known from: %s", c.Name, alias.Source))
		c.doubt(filled)
		return
	}
	switch {
	case c.Shape == Date && c.Dates.Timed:
		c.Field, c.Confidence = field.At, 50
		c.Evidence = append(c.Evidence, c.Dates.Evidence)
	case c.Shape == Date:
		c.Field, c.Confidence = field.BusinessDate, 50
		c.Evidence = append(c.Evidence, c.Dates.Evidence)
	case filled >= 5 && c.Codes.GTIN*10 >= filled*9:
		c.Field, c.Confidence = field.GTIN, 60
		c.Evidence = append(c.Evidence, fmt.Sprintf("%d of %d cells have the check digit of a GTIN", c.Codes.GTIN, filled))
	}
}

// doubt lowers the confidence where the cells are not what the name says.
func (c *Column) doubt(filled int) {
	switch {
	case filled == 0:
		c.Confidence = 30
		c.Evidence = append(c.Evidence, "all cells are empty")
	case measured(c.Field) && c.Numbers.OddCount*10 > filled:
		c.Confidence = 40
		c.Evidence = append(c.Evidence, fmt.Sprintf("but %d of %d cells are no numbers, such as %q", c.Numbers.OddCount, filled, c.Numbers.Odd[0]))
	case dated(c.Field) && c.Dates.OddCount*10 > filled:
		c.Confidence = 40
		c.Evidence = append(c.Evidence, fmt.Sprintf("but %d of %d cells are no dates, such as %q", c.Dates.OddCount, filled, c.Dates.Odd[0]))
	}
}

func dated(f field.Field) bool { return f == field.At || f == field.BusinessDate }

func measured(f field.Field) bool {
	return slices.Contains([]field.Field{field.Qty, field.ReturnQty, field.Stock, field.Available, field.InTransit, field.Committed, field.Damaged, field.Amount, field.AmountGross, field.AmountNet, field.ReturnAmount, field.Price}, f)
}

// of lists the columns of some fields, in the order of the fields, without empty ones.
func (p *Proposal) of(fields ...field.Field) []*Column {
	var out []*Column
	for _, f := range fields {
		for i := range p.Columns {
			if c := &p.Columns[i]; c.Field == f && c.Shape != Empty {
				out = append(out, c)
			}
		}
	}
	return out
}

// pick chooses the column of a field: the only one; of several, or where none is known, the one that is answered. Where
// nothing has to be there and nothing is, it is none.
func (p *Proposal) pick(id, what string, must bool, among []*Column, others func(*Column) bool) *Column {
	if a, ok := p.answers["columns."+id]; ok {
		if a == "none" && !must {
			return nil
		}
		for i := range p.Columns {
			if p.Columns[i].Name == a {
				return &p.Columns[i]
			}
		}
	}
	if len(among) == 1 {
		return among[0]
	}
	if len(among) == 0 && !must {
		return nil
	}
	q := Question{ID: "columns." + id, Text: "Which column is " + what + "?"}
	if len(among) == 0 {
		for i := range p.Columns {
			if c := &p.Columns[i]; c.Name != "" && c.Shape != Empty && others(c) {
				among = append(among, c)
			}
		}
	}
	for _, c := range among {
		q.Options = append(q.Options, sheet.Option{Value: c.Name, Means: "such as " + strings.Join(c.Examples, ", ")})
	}
	if !must {
		q.Options = append(q.Options, sheet.Option{Value: "none", Means: "none of them"})
	}
	p.ask(q)
	return nil
}

// source is a column as a source of a field.
func (p *Proposal) source(id string, c *Column) {
	if c == nil {
		return
	}
	s := Source{Column: c.Name, Evidence: c.Evidence, Optional: c.Blank > 0}
	p.Mapped[id] = s
}

func coded(c *Column) bool { return c.Shape == Code || c.Shape == Number && !c.Numbers.Decimals }
func counted(c *Column) bool {
	return c.Shape == Number && c.Field != field.Line && c.Field != field.GTIN
}

// assign chooses the column of each field of a line.
func (p *Proposal) assign() {
	p.kindOfFeed()
	item := p.pick("item", "the code that tells items apart", true, p.items(), coded)
	p.source("item", item)
	p.damage(item)
	p.quantity()
	p.place()
	p.when()
	if p.Kind == sellthrough.Sales {
		p.source("document", p.pick("document", "the number of the receipt or invoice", false, p.of(field.Document), coded))
		p.party()
		p.money()
		p.movement()
	}
	for id, f := range map[string]field.Field{"unit": field.Unit, "currency": field.Currency, "serial": field.Serial, "version": field.Version} {
		p.source(id, p.first(f))
	}
}

// first is the first column of a field that is no more than an addition to a line.
func (p *Proposal) first(f field.Field) *Column {
	cs := p.of(f)
	if len(cs) == 0 {
		return nil
	}
	if len(cs) > 1 {
		p.note("%q and %q both look like %s; the first is read", cs[0].Name, cs[1].Name, f)
	}
	return cs[0]
}

// items are the columns with codes of items: the partner's own first, since a bar code may be missing or shared.
func (p *Proposal) items() []*Column {
	if own := p.of(field.Item); len(own) > 0 {
		return own
	}
	return p.of(field.GTIN)
}

func (p *Proposal) damage(c *Column) {
	if c == nil {
		return
	}
	if len(c.Codes.Lost) > 0 {
		p.note("column %q has codes that a spreadsheet shortened, such as %s: their digits are lost and the rows will be refused; the column has to be text", c.Name, c.Codes.Lost[0])
	}
	if c.Codes.Decimal > 0 {
		p.note("%d codes of column %q end in .0: a program made numbers of them; the codes of your cross-reference have to be written so, or the partner mends the export", c.Codes.Decimal, c.Name)
	}
	if len(c.Codes.Cases) > 0 {
		p.note("codes of column %q differ by case only, such as %s: they are different items", c.Name, c.Codes.Cases[0])
	}
	if c.Blank > 0 {
		p.note("%d rows have no %s; they will be refused", c.Blank, c.Name)
	}
}

// kindOfFeed tells sales from stock.
func (p *Proposal) kindOfFeed() {
	sales := p.of(field.Qty, field.ReturnQty)
	stock := p.of(field.Stock, field.Available, field.InTransit, field.Committed, field.Damaged)
	unnamed := p.Layout.Layout.Unpivot.Value != ""
	switch {
	case unnamed:
		stock = nil
	case len(sales) > 0 && len(stock) == 0:
		p.Kind = sellthrough.Sales
		return
	case len(stock) > 0 && len(sales) == 0:
		p.Kind = sellthrough.Stock
		return
	}
	text := "Does the file report sales or stock?"
	if len(sales) > 0 && len(stock) > 0 {
		text = fmt.Sprintf("The file has quantities sold (%s) and stock (%s). Which of them does this feed read? The other needs a feed of its own.", sales[0].Name, stock[0].Name)
	}
	a, _ := p.ask(Question{ID: "kind", Text: text, Options: []sheet.Option{{Value: string(sellthrough.Sales), Means: "units that moved"}, {Value: string(sellthrough.Stock), Means: "levels at a time"}}})
	if p.Kind = sellthrough.FeedKind(a); a == "" {
		p.Kind = sellthrough.Sales
	}
}

// levels of stock, by the fields that tell them.
var levels = map[field.Field]sellthrough.Level{
	field.Stock: sellthrough.OnHand, field.Available: sellthrough.Available, field.InTransit: sellthrough.InTransit,
	field.Committed: sellthrough.Committed, field.Damaged: sellthrough.Damaged,
}

func (p *Proposal) quantity() {
	among, what := p.of(field.Qty), "the quantity sold"
	if p.Kind == sellthrough.Stock && p.Layout.Layout.Unpivot.Value == "" {
		among, what = p.of(field.Stock, field.Available, field.InTransit, field.Committed, field.Damaged), "the level that this feed reads (another level needs a feed of its own)"
	}
	c := p.pick("qty", what, true, among, counted)
	p.source("qty", c)
	if c == nil {
		return
	}
	s := p.Mapped["qty"]
	s.Optional = false
	p.Mapped["qty"] = s
	if c.Blank > 0 {
		p.note("%d rows have no %s; they will be refused", c.Blank, c.Name)
	}
	if l, ok := levels[c.Field]; ok && p.Kind == sellthrough.Stock {
		p.Mapped["level"] = Source{Constant: l.String(), Evidence: c.Evidence}
	} else if p.Kind == sellthrough.Stock {
		p.Mapped["level"] = Source{Constant: sellthrough.OnHand.String()}
	}
}

// place finds the location. Stock needs one; sales may go without.
func (p *Proposal) place() {
	cs := p.of(field.Location)
	if len(cs) == 0 {
		cs = p.of(field.LocationName)
	}
	if c := p.pick("location", "the code of the store or warehouse", false, cs, coded); c != nil {
		p.source("location", c)
		if c.Field == field.LocationName {
			p.note("stores are told apart by their names (%s), which change more easily than codes", c.Name)
		}
		return
	}
	if len(cs) > 1 {
		return // it is asked
	}
	a, ok := p.ask(Question{
		ID: "location", Text: "No column names a store. Which one location are all rows of, by its code?", Free: true,
		Options: []sheet.Option{{Value: "WEB", Means: "one web shop, or any other code of yours"}, {Value: "WAREHOUSE", Means: "one warehouse"}},
	})
	if ok {
		p.Mapped["location"] = Source{Constant: a, Evidence: []string{"as answered"}}
	}
}
