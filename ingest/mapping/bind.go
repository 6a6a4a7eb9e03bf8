package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sellthrough"
	"sellthrough/internal/config"
)

// Cells is one line as MapTo reads it. The texts are views that hold until the next row is read or mapped.
type Cells struct {
	Row                                  uint32
	Document, LineKey, Location, Item    []byte
	Unit, Currency, Counterparty, Serial []byte
	Kind                                 uint8 // Kind, or Level in a stock feed
	Qty, Amount                          sellthrough.Decimal
	HasAmount                            bool
	At                                   int64
	Day                                  sellthrough.Day
	Version                              uint64
	Function                             sellthrough.Function
	Previous                             []byte // the document that a replace or cancel names, where that is not its own
	Whole                                bool   // it speaks of its document as a whole, and is no line

	HasMore bool         // any of what follows
	More    [more][]byte // in the order of sellthrough.Block.MoreColumns
	Until   int64
}

// Binding reads the rows of one body. It is not safe for concurrent use.
type Binding struct {
	*Mapping
	Now time.Time // of the caller; a time more than 48 hours later is refused. Zero refuses none
	// Hide makes the keyed hash of an end customer, which is all that is kept. Nil keeps nothing.
	Hide func(customer []byte) []byte

	width                                                          int
	document, location, item, unit, currency, counterparty, serial text
	version, qty, amount, price, kindCell, atCell, businessCell    int
	function, previous                                             int
	keys                                                           []int
	scratch                                                        []byte
	zone                                                           zoneSpan
	whens                                                          [3]written // of at, business_date and until
	day                                                            lastDay
	lastCurrency                                                   [3]byte
	time                                                           lastTime
	limit                                                          int64 // Now + 48 h in Unix seconds
	limitOf                                                        time.Time
	more                                                           moreCells
	kindsRead, functionsRead                                       recent
}

// text is where a text of the line comes from.
type text struct {
	index    int // −1: the constant
	constant []byte
	column   string
	optional bool
}

// Bind finds the feed's columns in a header, which may carry blanks and a byte order mark. Its error is a refusal of
// the whole body, a HeaderError where columns are missing.
func (m *Mapping) Bind(header []string) (*Binding, error) {
	found, names := map[string][]int{}, make([]string, len(header))
	for i, h := range header {
		name := strings.Clone(string(trim([]byte(h))))
		names[i] = name
		found[name] = append(found[name], i)
	}
	var missing, double []string
	for _, c := range m.columns {
		switch n := len(found[string(trim([]byte(c)))]); {
		case n == 0:
			missing = append(missing, c)
		case n > 1:
			double = append(double, fmt.Sprintf("%q", c))
		}
	}
	if len(missing) > 0 {
		return nil, m.lacks(missing, names)
	}
	if len(double) > 0 {
		return nil, sellthrough.Bad(0, "", "", fmt.Sprintf("the header names %s more than once; give every column a name of its own", strings.Join(double, ", ")))
	}
	at := func(column string) int {
		if column == "" {
			return -1
		}
		return found[string(trim([]byte(column)))][0]
	}
	from := func(s config.Source) text {
		return text{index: at(s.Column), constant: []byte(s.Constant), column: s.Column, optional: s.Optional}
	}
	c := &m.feed.Columns
	b := &Binding{
		Mapping: m, width: len(header),
		document: from(c.Document), location: from(c.Location), item: from(c.Item), unit: from(c.Unit),
		currency: from(c.Currency), counterparty: from(c.Counterparty), serial: from(c.Serial),
		version: at(c.Version.Column), qty: at(c.Qty.Column), amount: at(c.Amount.Column), price: at(c.Amount.Price),
		kindCell: at(m.source().Column), atCell: at(c.At.Column), businessCell: at(c.BusinessDate.Column),
		function: at(c.Function.Column), previous: at(c.Previous.Column),
	}
	b.counterparty.optional, b.serial.optional = true, true
	b.day.wall = len(m.at.layouts) == 0 && m.at.zone == nil && !m.at.offset
	for _, k := range m.feed.Identity.LineKey {
		b.keys = append(b.keys, at(k))
	}
	b.more = m.bindMore(from, at)
	return b, nil
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

const empty = "the cell is empty; fill it, or set optional in the feed where that is meant"

// MapTo reads one row into c. Its error is a refusal of the row.
func (b *Binding) MapTo(fields [][]byte, row uint32, c *Cells) error {
	if len(fields) != b.width {
		if err := b.fit(fields, row); err != nil {
			return err
		}
	}
	c.Row, c.LineKey, c.Amount, c.HasAmount = row, nil, 0, false // all else is set below
	c.Function, c.Previous, c.Whole = 0, nil, false
	if c.HasMore {
		c.HasMore, c.More, c.Until = false, [more][]byte{}, 0
	}
	var err error
	if b.function >= 0 {
		if err := b.does(fields, row, c); err != nil || c.Whole {
			return err
		}
	}
	if c.Item, err = b.text(&b.item, fields, row); err != nil {
		return err
	}
	if c.Document, err = b.text(&b.document, fields, row); err != nil {
		return err
	}
	if c.Location, err = b.text(&b.location, fields, row); err != nil {
		return err
	}
	if c.Unit, err = b.text(&b.unit, fields, row); err != nil {
		return err
	}
	if c.Currency, err = b.text(&b.currency, fields, row); err != nil {
		return err
	}
	if b.currency.index >= 0 && len(c.Currency) > 0 && string(b.lastCurrency[:]) != string(c.Currency) {
		if !config.IsCurrency(c.Currency) {
			return bad(row, b.currency.column, c.Currency, "this is not a currency of ISO 4217; write three capitals, like EUR")
		}
		copy(b.lastCurrency[:], c.Currency)
	}
	if c.Counterparty, err = b.text(&b.counterparty, fields, row); err != nil {
		return err
	}
	if c.Serial, err = b.text(&b.serial, fields, row); err != nil {
		return err
	}
	if len(b.keys) > 0 {
		if err := b.lineKey(fields, row, c); err != nil {
			return err
		}
	}
	if err := b.versionOf(fields, row, c); err != nil {
		return err
	}
	if err := b.figures(fields, row, c); err != nil {
		return err
	}
	if err := b.times(fields, row, c); err != nil || !b.more.any {
		return err
	}
	return b.readMore(fields, row, c)
}

func (b *Binding) versionOf(fields [][]byte, row uint32, c *Cells) error {
	if c.Version = b.Mapping.version; b.version < 0 {
		return nil
	}
	src := &b.feed.Columns.Version
	cell := trim(fields[b.version])
	if len(cell) == 0 {
		if !src.Optional {
			return bad(row, src.Column, nil, empty)
		}
		return nil
	}
	v, reason := parseVersion(cell)
	if reason != "" {
		return bad(row, src.Column, cell, reason)
	}
	c.Version = v
	return nil
}

// fit allows empty fields behind the last column of the header; nothing else may differ from it.
func (b *Binding) fit(fields [][]byte, row uint32) error {
	if len(fields) > b.width {
		extra := false
		for _, f := range fields[b.width:] {
			extra = extra || len(trim(f)) > 0
		}
		if !extra {
			return nil
		}
	}
	return sellthrough.Bad(row, "", "", fmt.Sprintf("the row has %d fields and the header %d, so it is unclear which is which; quote a field that holds the delimiter", len(fields), b.width))
}

func bad(row uint32, column string, value []byte, reason string) error {
	return sellthrough.Bad(row, column, cut(string(value), 190), reason)
}

func (b *Binding) text(t *text, fields [][]byte, row uint32) ([]byte, error) {
	if t.index < 0 {
		return t.constant, nil
	}
	if len(fields[t.index]) == 0 && t.optional {
		return nil, nil
	}
	cell, reason := code(fields[t.index])
	if reason != "" {
		return nil, bad(row, t.column, fields[t.index], reason)
	}
	if len(cell) == 0 && !t.optional {
		return nil, bad(row, t.column, nil, empty)
	}
	return cell, nil
}

// lineKey joins the key columns by a slash; a slash or backslash in a cell is written with a backslash before it, so
// that two keys are never one.
func (b *Binding) lineKey(fields [][]byte, row uint32, c *Cells) error {
	b.scratch = b.scratch[:0]
	for i, k := range b.keys {
		cell, reason := code(fields[k])
		if reason == "" && len(cell) == 0 {
			reason = "the cell is empty, but it tells lines apart; fill it"
		}
		if reason != "" {
			return bad(row, b.feed.Identity.LineKey[i], fields[k], reason)
		}
		if len(b.keys) == 1 {
			c.LineKey = cell
			return nil
		}
		if i > 0 {
			b.scratch = append(b.scratch, '/')
		}
		for _, x := range cell {
			if x == '/' || x == '\\' {
				b.scratch = append(b.scratch, '\\')
			}
			b.scratch = append(b.scratch, x)
		}
	}
	c.LineKey = b.scratch
	return nil
}

// figures reads quantity, amount and kind, which hang together by their signs.
func (b *Binding) figures(fields [][]byte, row uint32, c *Cells) error {
	src := &b.feed.Columns
	var reason string
	if c.Qty = b.Mapping.qty; b.qty >= 0 {
		cell := fields[b.qty]
		if len(trim(cell)) == 0 {
			return bad(row, src.Qty.Column, nil, "the cell is empty; write the quantity, 0 where nothing moved")
		}
		if c.Qty, reason = b.numbers.parse(cell, false); reason != "" {
			return bad(row, src.Qty.Column, cell, reason)
		}
	}
	switch {
	case b.price >= 0:
		cell := fields[b.price]
		if len(trim(cell)) == 0 {
			if !src.Amount.Optional {
				return bad(row, src.Amount.Price, nil, empty)
			}
			break
		}
		price, reason := b.numbers.parse(cell, true)
		if reason != "" {
			return bad(row, src.Amount.Price, cell, reason)
		}
		amount, err := c.Qty.Mul(price)
		if err != nil {
			return bad(row, src.Amount.Price, cell, "quantity × price: "+err.Error()+"; look at both cells")
		}
		c.Amount, c.HasAmount = amount, true
	case b.amount >= 0:
		cell := fields[b.amount]
		if len(trim(cell)) == 0 {
			if !src.Amount.Optional {
				return bad(row, src.Amount.Column, nil, empty)
			}
			break
		}
		if c.Amount, reason = b.numbers.parse(cell, true); reason != "" {
			return bad(row, src.Amount.Column, cell, reason)
		}
		c.HasAmount = true
	case src.Amount.Constant != "":
		c.Amount, c.HasAmount = b.Mapping.amount, true
	}
	return b.kindOf(fields, row, c)
}

func (b *Binding) kindOf(fields [][]byte, row uint32, c *Cells) error {
	src := b.source()
	c.Kind = b.Mapping.kind
	if b.kindCell >= 0 {
		cell := trim(fields[b.kindCell])
		w := b.kindsRead.at(cell)
		if len(cell) == 0 || w.text != string(cell) {
			kind, ok := b.values[string(cell)]
			if !ok {
				return bad(row, src.Column, cell, "the feed does not know this value; known are "+b.allowed+". Send one of them, or list it under values")
			}
			*w = word{string(cell), kind}
		}
		c.Kind = w.means
	}
	if b.feed.Kind == sellthrough.Stock {
		return nil
	}
	if c.Qty < 0 && b.Mapping.negative != 0 {
		c.Kind = b.Mapping.negative
	}
	if k := sellthrough.Kind(c.Kind); k != sellthrough.ReturnIn && k != sellthrough.ReturnOut {
		return nil
	}
	qty := b.feed.Columns.Qty.Column
	if src.Unsigned {
		if c.Qty < 0 || c.HasAmount && c.Amount < 0 {
			return bad(row, qty, nil, "a return is negative although the feed writes returns without a minus (unsigned); write both quantity and amount positive, or take unsigned out")
		}
		c.Qty, c.Amount = -c.Qty, -c.Amount
	} else if c.Qty > 0 {
		return bad(row, qty, c.Qty.Append(nil), "a return has a positive quantity; write it with a minus, or set columns.kind.unsigned where the partner writes returns without one")
	}
	return nil
}

// Line reads one row into l, for what is not hot.
func (b *Binding) Line(fields [][]byte, row uint32, l *sellthrough.Line) error {
	var c Cells
	if err := b.MapTo(fields, row, &c); err != nil {
		return err
	}
	*l = c.Line(b.feed.Kind)
	return nil
}

// Header is the header row of a CSV body as Bind wants it.
func Header(fields [][]byte) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = string(f)
	}
	return slices.Clip(names)
}

// Line gives the cells as a value that outlives them.
func (c *Cells) Line(kind sellthrough.FeedKind) sellthrough.Line {
	l := sellthrough.Line{
		Row: c.Row, Document: string(c.Document), LineKey: string(c.LineKey), Location: string(c.Location), Item: string(c.Item), Unit: string(c.Unit),
		Currency: string(c.Currency), Counterparty: string(c.Counterparty), Serial: string(c.Serial), Qty: c.Qty, Amount: c.Amount, HasAmount: c.HasAmount,
		At: c.At, Day: c.Day, Version: c.Version, Function: c.Function, More: c.more(),
	}
	if kind == sellthrough.Stock {
		l.Level = sellthrough.Level(c.Kind)
	} else {
		l.Kind = sellthrough.Kind(c.Kind)
	}
	return l
}
