package edi

import (
	"bytes"
	"strconv"

	"sellthrough"
)

// Class says how quantities of one item hang together.
type Class uint8

// The classes.
const (
	Plain   Class = iota // a quantity of its own
	Gross                // sold, returns not taken off
	Net                  // sold, returns taken off
	Total                // sold in all, of which Part is a part
	Part                 // sold by one of several ways
	Back                 // returned
	Ignored              // counts for nothing
)

// Code is what a quantity code means.
type Code struct {
	Kind  string // a movement kind, or
	Level string // a stock level, or
	Open  string // what the standard leaves open, for a refusal
	Sure  bool   // the dialect says so
	Class Class
}

// Base is what the quantities of one statement share, by column.
type Base [own][]byte

// Fact is one quantity.
type Fact struct {
	Row      uint32
	Segment  string // name of the segment at Row
	Qty      []byte
	Number   sellthrough.Decimal
	Location []byte // nil: that of the base
	Serial   []byte
	Amount   []byte
	Code     Code
	Sub      bool // has a location of its own, which may be a part of a total
	Base     *Base

	why *sellthrough.Refusal
}

// Group gathers the quantities of one item, or of one sale, decides which of them count, and gives them out as rows. It
// belongs to one reader.
type Group struct {
	Dialect *Dialect
	Facts   []Fact
	Context [columns][]byte // of line, document and interchange
	Retail  bool            // returns come from end customers, as sales go to them

	own     []slot // of the columns that a quantity has of its own
	shared  []slot // of those that belong to its line or document
	asked   [columns]bool
	fields  [][]byte
	stands  bool // the shared fields are those of the row before
	charset *Charset
	source  *Scanner
	next    int
	last    *Fact
	limit   int
	full    bool
	ready   bool // decided
	arena   []byte
	bases   []*Base
	used    int  // of bases
	act     Fact // the row that speaks of the document as a whole
	acting  bool // it is to be given out next
	places  map[uint64]struct{}
	key     []byte
	words   [8]struct { // kinds and levels as spell wrote them last
		name string
		text []byte
	}
	skipped map[string]*int
}

// slot is where a column stands in a row.
type slot struct {
	column Column
	at     int
	named  bool
}

// NewGroup makes a group that gives rows of the columns want, of what src reads.
func NewGroup(want []Column, d *Dialect, src *Scanner) *Group {
	g := &Group{
		fields: make([][]byte, len(want)), Dialect: d, source: src, limit: src.Limit.Group, skipped: map[string]*int{}, places: map[uint64]struct{}{},
	}
	g.charset, _ = NewCharset(d.Charset)
	for i, c := range want {
		g.asked[c] = true
		if s := (slot{c, i, named(c)}); c < own || c == Customer { // who bought follows from what a quantity means
			g.own = append(g.own, s)
		} else {
			g.shared = append(g.shared, s)
		}
	}
	return g
}

// Asked says whether the feed reads a column.
func (g *Group) Asked(c Column) bool { return g.asked[c] }

// SetCharset gives the character set that an interchange declares.
func (g *Group) SetCharset(c *Charset) { g.charset = c }

// Base gives an empty base that lives as long as the group.
func (g *Group) Base() *Base {
	if g.used == len(g.bases) {
		g.bases = append(g.bases, new(Base))
	}
	b := g.bases[g.used]
	g.used++
	*b = Base{}
	return b
}

// Keep copies b for as long as the group lives.
func (g *Group) Keep(b []byte) []byte {
	if b == nil {
		return nil
	}
	if cap(g.arena)-len(g.arena) < len(b) { // what was kept before stays where it is
		g.arena = make([]byte, 0, max(4<<10, 2*cap(g.arena), len(b)))
	}
	from := len(g.arena)
	g.arena = append(g.arena, b...)
	return g.arena[from:len(g.arena):len(g.arena)]
}

// Add adds a quantity. Beyond the limit the group is refused.
func (g *Group) Add(f *Fact) {
	if len(g.Facts) >= g.limit {
		g.full = true
		return
	}
	g.Facts = append(g.Facts, *f)
}

// Refuse adds a refusal in its place among the rows.
func (g *Group) Refuse(row uint32, segment, column string, value []byte, reason string) {
	r, _ := sellthrough.AsRefusal(sellthrough.Bad(row, column, string(bytes.ToValidUTF8(value[:min(len(value), 150)], []byte("\uFFFD"))), reason))
	if len(g.Facts) >= g.limit {
		g.full = true
		return
	}
	g.Facts = append(g.Facts, Fact{Row: row, Segment: segment, why: r})
}

// Act gives out, before the group's quantities, a row that has nothing but the columns of the document: what it does.
func (g *Group) Act(row uint32, segment string) {
	g.act, g.acting = Fact{Row: row, Segment: segment}, true
}

// Skip counts a code that counts for nothing.
func (g *Group) Skip(code []byte) {
	if n := g.skipped[string(code)]; n != nil {
		*n++
	} else if len(g.skipped) < 100 {
		one := 1
		g.skipped[string(code)] = &one
	}
}

// Skipped are the codes that counted for nothing, and how often they occurred.
func (g *Group) Skipped() map[string]int {
	m := make(map[string]int, len(g.skipped))
	for code, n := range g.skipped {
		m[code] = *n
	}
	return m
}

// Empty asks whether there is nothing to give.
func (g *Group) Empty() bool { return len(g.Facts) == 0 && !g.acting }

// Settle does with what a line came to what its document asks for, and says whether it replaces another. That of a document which
// cancels is nothing, whatever is wrong with it.
func (g *Group) Settle(does string) (replaces bool) {
	if g.Empty() {
		return false
	}
	if does == Cancel {
		g.Reset()
	}
	return does == Replace
}

// Reset begins anew.
func (g *Group) Reset() {
	g.Facts, g.next, g.full, g.ready, g.arena, g.used, g.acting = g.Facts[:0], 0, false, false, g.arena[:0], 0, false
	g.stands = false
}

// Last is the segment of the row that Next gave last.
func (g *Group) Last() (segment string, row uint32) {
	if g.last == nil {
		return "", 0
	}
	return g.last.Segment, g.last.Row
}

// Next gives the next row or refusal of a group that is decided; ok is false where none is left, and the group begins
// anew.
func (g *Group) Next() (fields [][]byte, row uint32, ok bool, err error) {
	if !g.ready {
		return nil, 0, false, nil
	}
	if g.acting {
		g.acting, g.stands = false, false
		return g.row(&g.act, true)
	}
	for g.next < len(g.Facts) {
		f := &g.Facts[g.next]
		g.next++
		if f.why != nil {
			g.last = f
			return nil, f.Row, true, f.why
		}
		if f.Code.Class != Ignored {
			return g.row(f, false)
		}
	}
	g.Reset()
	return nil, 0, false, nil
}

// row gives the fields of a quantity, or those of the document alone. Nothing is read between the quantities of a group, so
// that what they share is looked at once.
func (g *Group) row(f *Fact, document bool) (fields [][]byte, row uint32, ok bool, err error) {
	g.last = f
	for _, s := range g.own {
		var v []byte
		if !document {
			v = g.value(f, s.column)
		}
		if s.named && v != nil && g.source.High {
			if v, err = g.text(s.column, v, f.Row); err != nil {
				return nil, f.Row, true, err
			}
		}
		g.fields[s.at] = v
	}
	if g.stands {
		return g.fields, f.Row, true, nil
	}
	for _, s := range g.shared {
		v := g.Context[s.column]
		if document && s.column < Message {
			v = nil
		}
		if s.named && v != nil && g.source.High {
			if v, err = g.text(s.column, v, f.Row); err != nil {
				return nil, f.Row, true, err
			}
		}
		g.fields[s.at] = v
	}
	g.stands = !document
	return g.fields, f.Row, true, nil
}

// text gives a value in UTF-8.
func (g *Group) text(c Column, v []byte, row uint32) ([]byte, error) {
	text, reason := g.charset.Text(v)
	if reason != "" {
		return nil, sellthrough.Bad(row, Columns[c].Name, string(bytes.ToValidUTF8(v[:min(len(v), 150)], []byte("\uFFFD"))), reason)
	}
	return text, nil
}

// value is that of a column that a quantity has of its own. It may stand in the line or document all the same.
func (g *Group) value(f *Fact, c Column) []byte {
	switch c {
	case Qty:
		return f.Qty
	case Serial:
		return f.Serial
	case Amount:
		return f.Amount
	case Location:
		if f.Location != nil {
			return f.Location
		}
	case LocationName:
		if f.Location != nil && !f.Sub {
			return nil // the name is that of the party, not of the store in a split
		}
	case Counterparty, CounterpartyName:
		if g.asked[Customer] && g.ends(f) {
			return nil // it is the end customer
		}
	case Customer:
		return g.customer(f)
	case At:
		if f.Code.Level != "" && f.Base != nil && f.Base[At] == nil {
			return f.Base[BusinessDate] // a level of a day, as most reports have it
		}
	case Kind:
		return g.spell(f.Code.Kind)
	case Level:
		return g.spell(f.Code.Level)
	}
	if f.Base != nil {
		if v := f.Base[c]; v != nil {
			return v
		}
	}
	return g.Context[c]
}

var texts = func() map[string][]byte {
	m := map[string][]byte{}
	for _, n := range append(sellthrough.Kinds(sellthrough.Sales), sellthrough.Levels()...) {
		m[n] = []byte(n)
	}
	return m
}()

// spell is a kind's or level's name; mostly that of one of the rows before.
func (g *Group) spell(name string) []byte {
	if name == "" {
		return nil
	}
	w := &g.words[(len(name)+int(name[len(name)-1]))&7]
	if name != w.name {
		w.name, w.text = name, texts[name]
	}
	return w.text
}

// named asks whether a column holds what a partner writes freely; numbers, days and our own words are ASCII.
func named(c Column) bool {
	switch c {
	case Qty, Kind, Level, Price, Amount, At, BusinessDate, PeriodFrom, PeriodTo, DocumentDate, Function, Coverage, Message:
		return false
	}
	return true
}

// Serials gives a line with one serial per unit as a row for each, so that a unit is found by its serial. The amount is
// shared out exactly.
func (g *Group) Serials(f *Fact, serials [][]byte) {
	n, count := len(serials), f.Number
	if count < 0 {
		count = -count
	}
	if !g.asked[Serial] || n == 0 || f.Code.Level != "" && (n > 1 || count != sellthrough.One) {
		g.Add(f) // units in stock are one level, whatever their serials
		return
	}
	if n == 1 && count == sellthrough.One {
		f.Serial = serials[0]
		g.Add(f)
		return
	}
	if count != sellthrough.Decimal(n)*sellthrough.One {
		g.Refuse(f.Row, f.Segment, "serial", serials[0], "the line has "+strconv.Itoa(n)+" serial numbers for a quantity of "+f.Number.String()+"; send one for each unit, or none")
		return
	}
	unit, one := []byte("1"), sellthrough.One
	if f.Number < 0 {
		unit, one = []byte("-1"), -sellthrough.One
	}
	var amount, part sellthrough.Decimal
	if f.Amount != nil {
		var err error
		if amount, err = sellthrough.ParseDecimal(f.Amount); err != nil {
			g.Refuse(f.Row, f.Segment, "amount", f.Amount, err.Error()+"; correct it")
			return
		}
		const cent = sellthrough.One / 100
		part = amount / sellthrough.Decimal(n) / cent * cent
	}
	for i, s := range serials {
		f.Qty, f.Number, f.Serial = unit, one, s
		if f.Amount != nil {
			share := part
			if i == n-1 {
				share = amount - part*sellthrough.Decimal(n-1)
			}
			f.Amount = share.Append(nil)
		}
		g.Add(f)
	}
}
