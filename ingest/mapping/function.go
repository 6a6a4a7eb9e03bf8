package mapping

import (
	"fmt"
	"slices"
	"strings"

	"sellthrough"
)

// functions reads which cells say what a document does.
func (m *Mapping) functions() error {
	values := m.feed.Columns.Function.Values
	if len(values) == 0 {
		values = map[string]string{}
		for _, n := range sellthrough.Functions() {
			values[n] = n
		}
	}
	m.does = map[string]sellthrough.Function{}
	var cells []string
	for cell, name := range values {
		f, ok := sellthrough.FunctionOf(name)
		if !ok {
			return fmt.Errorf("%q is not known; write one of %s", name, strings.Join(sellthrough.Functions(), ", "))
		}
		m.does[cell] = f
		cells = append(cells, cell)
	}
	slices.Sort(cells)
	m.doing = strings.Join(cells, ", ")
	return nil
}

// does reads what the row's document does. A cancellation is no line, whatever else stands in the row; nor is the word of
// a replacement that names neither item nor quantity.
func (b *Binding) does(fields [][]byte, row uint32, c *Cells) error {
	src := &b.feed.Columns
	cell := trim(fields[b.function])
	w := b.functionsRead.at(cell)
	f, ok := sellthrough.Function(w.means), len(cell) > 0 && w.text == string(cell)
	if !ok {
		if f, ok = b.Mapping.does[string(cell)]; ok {
			*w = word{string(cell), uint8(f)}
		}
	}
	switch {
	case len(cell) == 0 && src.Function.Optional:
		return nil
	case len(cell) == 0:
		return bad(row, src.Function.Column, nil, empty)
	case !ok:
		return bad(row, src.Function.Column, cell, "the feed does not know what a document of this kind does to earlier ones; known are "+b.doing+". Send one of them, or list it under columns.function.values")
	}
	if c.Function = f; f != sellthrough.Cancel && f != sellthrough.Replace {
		return nil
	}
	var reason string
	if b.previous >= 0 {
		if c.Previous, reason = code(fields[b.previous]); reason != "" {
			return bad(row, src.Previous.Column, fields[b.previous], reason)
		}
	}
	blank := func(i int) bool { return i < 0 || len(trim(fields[i])) == 0 }
	if c.Whole = f == sellthrough.Cancel || blank(b.item.index) && blank(b.qty); !c.Whole {
		return nil
	}
	if b.document.index >= 0 {
		if c.Document, reason = code(fields[b.document.index]); reason != "" {
			return bad(row, b.document.column, fields[b.document.index], reason)
		}
	}
	if len(c.Document)+len(c.Previous) == 0 {
		return bad(row, b.document.column, nil, "the document says of itself: "+f.String()+", but has no number, so it is not known which one is meant; send its number")
	}
	return b.versionOf(fields, row, c)
}
