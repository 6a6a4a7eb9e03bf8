package mapping

import (
	"sellthrough"
	"sellthrough/internal/config"
)

// moreCells is where what only some feeds say of a line comes from.
type moreCells struct {
	any   bool
	texts [more]text
	until int // −1: nowhere
}

// The places of some columns in the order of sellthrough.Block.MoreColumns.
const (
	atCustomer = 0
	atSegment  = 1
	atTitle    = 3
)

func (m *Mapping) bindMore(from func(config.Source) text, at func(string) int) moreCells {
	c := &m.feed.Columns
	out := moreCells{until: at(c.Until.Column)}
	out.any = out.until >= 0
	for i, s := range [more]config.Source{c.Customer.Source, c.Segment.Source, c.Salesperson, c.Title.Source, c.Reason, c.RefersTo, c.Destination} {
		out.texts[i] = from(s)
		out.texts[i].optional = true
		out.any = out.any || s.Set()
	}
	return out
}

// readMore reads what only some feeds say.
func (b *Binding) readMore(fields [][]byte, row uint32, c *Cells) error {
	for i := range b.more.texts {
		t := &b.more.texts[i]
		if t.index < 0 && len(t.constant) == 0 {
			continue
		}
		cell, err := b.text(t, fields, row)
		if i == atCustomer {
			if err != nil { // whose value is not told
				return bad(row, t.column, nil, "this can't be a customer's name or number; look at the column")
			}
			if cell = b.hide(cell); len(cell) == 0 {
				continue
			}
		}
		if err != nil {
			return err
		}
		if len(cell) > 0 {
			if coded := b.codes(i); coded != nil && t.index >= 0 {
				word, ok := coded[string(cell)]
				if !ok {
					return bad(row, t.column, cell, "the feed does not know this value; send a known one, or list it under values")
				}
				cell = word
			}
			c.More[i], c.HasMore = cell, true
		}
	}
	return b.readUntil(fields, row, c)
}

func (b *Binding) hide(customer []byte) []byte {
	if len(customer) == 0 || b.Hide == nil {
		return nil
	}
	return b.Hide(customer)
}

func (b *Binding) codes(column int) map[string][]byte {
	switch column {
	case atSegment:
		return b.coded[0]
	case atTitle:
		return b.coded[1]
	}
	return nil
}

func (b *Binding) readUntil(fields [][]byte, row uint32, c *Cells) error {
	if b.more.until < 0 {
		return nil
	}
	src := &b.feed.Columns.Until
	cell := trim(fields[b.more.until])
	if len(cell) == 0 {
		return nil
	}
	s, err := b.stamp(&b.until, cell, src.Column, row)
	if err != nil {
		return err
	}
	c.Until = s.Wall()
	if s.HasOffset {
		c.Until -= int64(s.Offset)
	}
	if day := sellthrough.Day(s.Day); day < sellthrough.FirstDay || day > sellthrough.LastDay {
		return bad(row, src.Column, cell, "the year is not between 1990 and 2079; correct it")
	}
	c.HasMore = true
	return nil
}

func (c *Cells) more() (m sellthrough.More) {
	if !c.HasMore {
		return m
	}
	for i, s := range m.Strings() {
		*s = string(c.More[i])
	}
	m.Until = c.Until
	return m
}

// Customer is which field of a row is the end customer; −1: none.
func (b *Binding) Customer() int { return b.more.texts[atCustomer].index }
