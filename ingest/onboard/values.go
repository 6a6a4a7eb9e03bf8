package onboard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/format/sheet/column"
	"sellthrough/ingest/format/sheet/field"
	"sellthrough/ingest/mapping/layout"
)

// when finds the column of the time or day, and how it is written.
func (p *Proposal) when() {
	cs := p.of(field.At, field.BusinessDate)
	what := "the time or day of the sale"
	if p.Kind == sellthrough.Stock {
		what = "the time or day of the count"
	}
	c := p.pick("at", what, true, cs, func(c *Column) bool { return c.Shape == Date })
	if c == nil {
		if !slices.ContainsFunc(p.Columns, func(c Column) bool { return c.Shape == Date }) {
			p.note("no column is a date that can be read; a line needs its day, so let the partner send one")
		}
		return
	}
	s := Source{Column: c.Name, Evidence: append(slices.Clone(c.Evidence), c.Dates.Evidence)}
	switch d := c.Dates; {
	case len(d.Readings) == 1:
		s.Layouts = d.Readings[0]
	case len(d.Readings) > 1:
		q := Question{ID: "layouts." + c.Name, Text: fmt.Sprintf("How are the dates of %q written? Every one of the %d in the sample can be read in %d ways.", c.Name, d.Count, len(d.Readings))}
		for _, r := range d.Readings {
			q.Options = append(q.Options, sheet.Option{Value: r[0], Means: fmt.Sprintf("%s is %s", d.Example, dayOf(r[0], d.Example))})
		}
		a, ok := p.ask(q)
		if !ok {
			return
		}
		s.Layouts = []string{a}
		s.Evidence = append(s.Evidence, "as answered")
	case d.Serial:
		a, ok := p.ask(Question{ID: "layouts." + c.Name, Text: fmt.Sprintf("Column %q has day numbers of a spreadsheet, such as %s, and the file does not say from which day it counts. Which day is it?", c.Name, d.Odd[0]), Options: []sheet.Option{
			{Value: "serial", Means: fmt.Sprintf("%s is %s", d.Odd[0], dayOf("serial", d.Odd[0]))}, {Value: "serial-1904", Means: fmt.Sprintf("%s is %s, as old workbooks of the Macintosh count", d.Odd[0], dayOf("serial-1904", d.Odd[0]))},
		}})
		if !ok {
			return
		}
		s.Layouts = []string{a}
	default:
		p.note("column %q: %s; the partner has to write its dates in one way", c.Name, d.Evidence)
		p.ask(Question{ID: "layouts." + c.Name, Text: fmt.Sprintf("How are the dates of %q written? No layout reads them, such as %s.", c.Name, strings.Join(c.Examples, ", ")), Free: true, Options: []sheet.Option{
			{Value: "YYYY-MM-DD", Means: "they will be"}, {Value: "DD/MM/YYYY", Means: "they will be"},
		}})
		if a := p.answers["layouts."+c.Name]; a != "" {
			s.Layouts = []string{a}
		}
	}
	if d := c.Dates; d.OddCount > 0 && d.Count > 0 {
		p.note("%d cells of column %q are no dates, such as %q; their rows will be refused", d.OddCount, c.Name, d.Odd[0])
	}
	s.Layouts = iso(s.Layouts)
	switch {
	case c.Dates.Offset:
		s.Zone = "written"
	case c.Dates.Timed:
		p.note("the times of column %q have no zone: they are read as the clock on the wall of the store; set zone where they are another's, as UTC", c.Name)
	}
	id := "business_date"
	if c.Dates.Timed || p.Kind == sellthrough.Stock {
		id = "at"
	}
	p.Mapped[id] = s
}

// iso leaves layouts out that are read without being named.
func iso(layouts []string) []string {
	for _, l := range layouts {
		if l != "YYYY-MM-DD" && l != "YYYY-MM-DD HH:mm" && l != "YYYY-MM-DD HH:mm:ss" && l != "YYYY-MM-DDTHH:mm:ssZ" && l != "YYYY-MM-DDTHH:mm:ss" {
			return layouts
		}
	}
	return nil
}

func dayOf(text, cell string) string {
	l, err := layout.Compile(text)
	if err != nil {
		return text
	}
	s, err := l.Parse([]byte(cell))
	if err != nil {
		return text
	}
	return sellthrough.Day(s.Day).Time().Format("2 January 2006")
}

// money finds the amount, and whether tax is in it.
func (p *Proposal) money() {
	cs := p.of(field.Amount, field.AmountGross, field.AmountNet)
	c := p.pick("amount", "the money that the line was sold for", false, cs, counted)
	switch {
	case c != nil:
		p.source("amount", c)
	case len(cs) == 0:
		if prices := p.of(field.Price); len(prices) > 0 {
			s := Source{Column: prices[0].Name, Price: true, Evidence: prices[0].Evidence, Optional: prices[0].Blank > 0}
			p.Mapped["amount"] = s
			c = prices[0]
		}
	}
	if c == nil {
		return
	}
	if p.Mapped["currency"].Column == "" && len(p.of(field.Currency)) == 0 {
		p.note("no column names a currency; amounts are in the partner's own")
	}
	switch {
	case c.Field == field.AmountGross:
		p.Tax = "included"
	case c.Field == field.AmountNet:
		p.Tax = "excluded"
	case strings.Contains(c.Name, "不含税") || strings.Contains(c.Name, "未税"):
		p.Tax = "excluded"
	case strings.Contains(c.Name, "含税"):
		p.Tax = "included"
	default:
		p.Tax, _ = p.ask(Question{ID: "tax", Text: fmt.Sprintf("Is tax in the amounts of %q?", c.Name), Options: []sheet.Option{{Value: "included", Means: "with tax, as a till's receipt"}, {Value: "excluded", Means: "without tax, as most invoices between companies"}}})
	}
	if ret := p.of(field.ReturnQty, field.ReturnAmount); len(ret) > 0 {
		p.ask(Question{ID: "returns", Text: fmt.Sprintf("Returns stand in a column of their own (%s). What is %q?", ret[0].Name, p.Mapped["qty"].Column), Options: []sheet.Option{
			{Value: "net", Means: "what remains after returns: the column of returns is left out"}, {Value: "gross", Means: "before returns: the partner has to send returns as lines, or they are missing"},
		}})
		if p.answers["returns"] == "gross" {
			p.note("returns of column %q are not counted; ask the partner to send them as lines", ret[0].Name)
		}
	}
}

// words for kinds of movements, in lower case.
var words = map[string]sellthrough.Kind{
	"销售": sellthrough.SellOut, "零售": sellthrough.SellOut, "销售单": sellthrough.SellOut, "销售出库": sellthrough.SellOut, "sale": sellthrough.SellOut, "sales": sellthrough.SellOut, "sell_out": sellthrough.SellOut,
	"退货": sellthrough.ReturnIn, "销售退货": sellthrough.ReturnIn, "退款": sellthrough.ReturnIn, "销退": sellthrough.ReturnIn, "return": sellthrough.ReturnIn, "returns": sellthrough.ReturnIn, "refund": sellthrough.ReturnIn, "return_in": sellthrough.ReturnIn,
	"调拨": sellthrough.Transfer, "transfer": sellthrough.Transfer, "作废": sellthrough.Void, "void": sellthrough.Void, "盘点": sellthrough.Adjustment, "adjustment": sellthrough.Adjustment,
}

// movement finds the kind of a line: a column's value, and what a quantity below zero is.
func (p *Proposal) movement() {
	options := []sheet.Option{{Value: "sell_out", Means: "to people who use it, as a shop sells"}, {Value: "sell_through", Means: "to the next partner, as a distributor sells"}}
	if c := p.pick("kind", "what kind of movement a line is", false, p.of(field.Kind), func(*Column) bool { return false }); c != nil {
		p.values(c)
		return
	}
	if len(p.of(field.Kind)) > 1 {
		return
	}
	base, ok := p.ask(Question{ID: "kind.constant", Text: "To whom does the partner sell what this feed reports?", Options: options})
	s := Source{Constant: base}
	qty := p.column(p.Mapped["qty"].Column)
	if qty != nil && qty.Numbers.Negative > 0 {
		negative, answered := p.ask(Question{ID: "kind.negative", Text: fmt.Sprintf("%d of %d quantities are below zero. What are they?", qty.Numbers.Negative, qty.Numbers.Count), Options: []sheet.Option{
			{Value: "return_in", Means: "units that came back from customers"}, {Value: "void", Means: "lines that were cancelled"}, {Value: "adjustment", Means: "corrections of the books"},
		}})
		s.Negative, ok = negative, ok && answered
	} else if base == "sell_out" || base == "sell_through" {
		s.Negative = sellthrough.ReturnIn.String()
		p.note("no quantity of the sample is below zero; one that is will be a return (return_in)")
	}
	if ok {
		p.Mapped["kind"] = s
	}
}

// values maps the cells of a kind's column.
func (p *Proposal) values(c *Column) {
	s := Source{Column: c.Name, Evidence: c.Evidence, Values: map[string]string{}}
	seen := map[string]bool{}
	for _, cell := range c.cells {
		seen[cell] = true
	}
	delete(seen, "")
	if len(seen) > 20 {
		p.note("column %q has %d different values; it is no kind of movement", c.Name, len(seen))
		return
	}
	for _, cell := range slices.Sorted(maps.Keys(seen)) {
		if k, ok := words[strings.ToLower(cell)]; ok {
			s.Values[cell] = k.String()
			continue
		}
		q := Question{ID: "kind.values." + cell, Text: fmt.Sprintf("What kind of movement is a line whose %s is %q?", c.Name, cell)}
		for _, k := range sellthrough.Kinds(sellthrough.Sales) {
			q.Options = append(q.Options, sheet.Option{Value: k, Means: k})
		}
		if a, ok := p.ask(q); ok {
			s.Values[cell] = a
		}
	}
	p.Mapped["kind"] = s
}

func (p *Proposal) column(name string) *Column {
	for i := range p.Columns {
		if name != "" && p.Columns[i].Name == name {
			return &p.Columns[i]
		}
	}
	return nil
}

// numbers tells the convention of all columns of numbers together, which is how a feed reads them.
func (p *Proposal) numbers() {
	p.Numbers = column.Convention{Point: "."}
	var cells []string
	var read []string
	for _, id := range []string{"qty", "amount"} {
		if c := p.column(p.Mapped[id].Column); c != nil {
			cells = append(cells, c.cells...)
			read = append(read, c.Name)
		}
	}
	if len(cells) == 0 {
		return
	}
	n := column.NumbersOf(cells)
	if n.OddCount > 0 {
		p.note("%d cells of %s are no numbers, such as %q; their rows will be refused", n.OddCount, strings.Join(read, " and "), n.Odd[0])
	}
	switch {
	case len(n.Readings) == 0 && n.Count > 0:
		p.note("the numbers of %s are not written in one way; the partner has to choose one", strings.Join(read, " and "))
		n.Readings = []column.Convention{{Point: "."}, {Point: ","}, {Point: ".", Grouping: ","}, {Point: ",", Grouping: "."}}
		n.Example = p.Mapped["qty"].Column
		n.Example = read[0]
	case len(n.Readings) == 1:
		p.Numbers = n.Readings[0]
		return
	case len(n.Readings) > 1:
		if c, ok := p.reconcile(n.Readings); ok {
			p.Numbers = c
			return
		}
	}
	if len(n.Readings) == 0 {
		return
	}
	q := Question{ID: "numbers", Text: fmt.Sprintf("How are the numbers of %s written? %s.", strings.Join(read, " and "), n.Evidence)}
	for _, c := range n.Readings {
		d, _ := c.Read(n.Example)
		q.Options = append(q.Options, sheet.Option{Value: c.Point + c.Grouping, Means: fmt.Sprintf("%s: %s is %s", c, n.Example, d)})
	}
	if a, ok := p.ask(q); ok {
		p.Numbers = column.Convention{Point: a[:1], Grouping: a[1:]}
	}
}

// reconcile looks whether quantity × price is the amount by one reading only.
func (p *Proposal) reconcile(readings []column.Convention) (column.Convention, bool) {
	prices := p.of(field.Price)
	qty, amount := p.column(p.Mapped["qty"].Column), p.column(p.Mapped["amount"].Column)
	if len(prices) == 0 || qty == nil || amount == nil || p.Mapped["amount"].Price {
		return column.Convention{}, false
	}
	var right []column.Convention
	for _, c := range readings {
		rows, fits := 0, 0
		for i := range qty.cells {
			q, ok1 := c.Read(qty.cells[i])
			price, ok2 := c.Read(prices[0].cells[i])
			a, ok3 := c.Read(amount.cells[i])
			if !ok1 || !ok2 || !ok3 || a == 0 {
				continue
			}
			rows++
			product, err := q.Mul(price)
			if off := product - a; err == nil && off <= sellthrough.One/50 && off >= -sellthrough.One/50 {
				fits++
			}
		}
		if rows >= 5 && fits*20 >= rows*19 {
			right = append(right, c)
		}
	}
	if len(right) != 1 {
		return column.Convention{}, false
	}
	p.note("numbers: %s, because only so quantity × price is the amount", right[0])
	return right[0], true
}
