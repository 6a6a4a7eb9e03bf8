// Package mapping gives records a meaning: by a feed's configuration it turns the fields of a row into a line, whatever
// syntax the row came in. It guesses nothing. A cell that could be read in two ways, or in none, refuses the line with
// the partner's own column name, the value and what to do.
//
// The hot path allocates nothing: MapTo gives views into the row, and a Builder copies each distinct text once into
// the dictionary of a block.
package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sellthrough"
	"sellthrough/ingest/mapping/layout"
	"sellthrough/internal/config"
)

// Mapping is how the rows of one feed are read. It is safe for concurrent use.
type Mapping struct {
	feed     *config.Feed
	columns  []string // every column that is read, once
	numbers  convention
	at       clock
	business clock
	values   map[string]uint8 // cell → kind or level
	allowed  string           // the cells of values, for people
	kind     uint8            // the constant
	negative uint8
	qty      sellthrough.Decimal // constant
	amount   sellthrough.Decimal
	version  uint64
	until    clock
	coded    [2]map[string][]byte            // of segment and title: cell → word
	does     map[string]sellthrough.Function // cell → function
	doing    string                          // the cells of does, for people
}

// New makes the mapping of a validated feed.
func New(feed *config.Feed) (*Mapping, error) {
	m := &Mapping{feed: feed, values: map[string]uint8{}}
	c := &feed.Columns
	wrap := func(what string, err error) error { return fmt.Errorf("feed %s: %s: %w", feed.ID, what, err) }
	var err error
	if m.numbers, err = newConvention(feed.Numbers); err != nil {
		return nil, wrap("numbers", err)
	}
	if m.at, err = newClock(&c.At); err != nil {
		return nil, wrap("at", err)
	}
	if m.business, err = newClock(&c.BusinessDate); err != nil {
		return nil, wrap("business_date", err)
	}
	if m.until, err = newClock(&c.Until); err != nil {
		return nil, wrap("until", err)
	}
	m.business.place, m.until.place = 1, 2
	m.coded = [...]map[string][]byte{words(&c.Segment, sellthrough.Segments), words(&c.Title, sellthrough.Titles)}
	if err := m.kinds(); err != nil {
		return nil, wrap("kind", err)
	}
	if c.Qty.Constant != "" {
		if m.qty, err = sellthrough.ParseDecimal(c.Qty.Constant); err != nil {
			return nil, wrap("qty", err)
		}
	}
	if c.Amount.Constant != "" {
		if m.amount, err = sellthrough.ParseDecimal(c.Amount.Constant); err != nil {
			return nil, wrap("amount", err)
		}
	}
	if c.Version.Constant != "" {
		v, reason := parseVersion([]byte(c.Version.Constant))
		if reason != "" {
			return nil, fmt.Errorf("feed %s: version: %s", feed.ID, reason)
		}
		m.version = v
	}
	if err := m.functions(); err != nil {
		return nil, wrap("function", err)
	}
	add := func(name string) {
		if name != "" && !slices.Contains(m.columns, name) {
			m.columns = append(m.columns, name)
		}
	}
	for _, s := range []config.Source{
		c.Document, c.Location, c.Item, c.Unit, c.Currency, c.Counterparty, c.Serial, c.Version, c.Function.Source, c.Previous, c.Qty,
		c.Amount.Source, c.Kind.Source, c.Level.Source, c.At.Source, c.BusinessDate.Source,
		c.Customer.Source, c.Segment.Source, c.Salesperson, c.Title.Source, c.Reason, c.RefersTo, c.Destination, c.Until.Source,
	} {
		add(s.Column)
	}
	add(c.Amount.Price)
	for _, k := range feed.Identity.LineKey {
		add(k)
	}
	return m, nil
}

// Columns are the names that the feed reads, each once, in a fixed order. A reader of NDJSON is given them, and its
// rows are then bound by them: Bind(m.Columns()).
func (m *Mapping) Columns() []string { return slices.Clone(m.columns) }

// words are the cells that a coded column knows.
func words(c *config.Coded, known []string) map[string][]byte {
	if !c.Set() {
		return nil
	}
	out := map[string][]byte{}
	for cell, word := range c.Values {
		out[cell] = []byte(word)
	}
	if len(out) == 0 {
		for _, word := range known {
			out[word] = []byte(word)
		}
	}
	return out
}

func (m *Mapping) source() *config.KindSource {
	if m.feed.Kind == sellthrough.Stock {
		return &m.feed.Columns.Level
	}
	return &m.feed.Columns.Kind
}

func (m *Mapping) kinds() error {
	names, of := sellthrough.Kinds(m.feed.Kind), func(s string) (uint8, bool) { k, ok := sellthrough.KindOf(s); return uint8(k), ok }
	if m.feed.Kind == sellthrough.Stock {
		names, of = sellthrough.Levels(), func(s string) (uint8, bool) { l, ok := sellthrough.LevelOf(s); return uint8(l), ok }
	}
	src := m.source()
	values := src.Values
	if len(values) == 0 {
		values = map[string]string{}
		for _, n := range names {
			values[n] = n
		}
	}
	var cells []string
	for cell, name := range values {
		k, ok := of(name)
		if !ok {
			return fmt.Errorf("%q is not known; write one of %s", name, strings.Join(names, ", "))
		}
		m.values[cell] = k
		cells = append(cells, cell)
	}
	slices.Sort(cells)
	m.allowed = strings.Join(cells, ", ")
	for name, k := range map[string]*uint8{src.Constant: &m.kind, src.Negative: &m.negative} {
		if name == "" {
			continue
		}
		v, ok := of(name)
		if !ok {
			return fmt.Errorf("%q is not known; write one of %s", name, strings.Join(names, ", "))
		}
		*k = v
	}
	if src.Column == "" && src.Constant == "" {
		m.kind = 1 // sell_out, on_hand
	}
	if src.Negative == src.Constant {
		m.negative = 0
	}
	return nil
}

// clock reads the times of one column.
type clock struct {
	layouts []*layout.Layout
	zone    *time.Location // nil: wall clock
	text    string         // the layouts, for people
	offset  bool           // a time has to carry an offset
	strict  bool           // a time must not carry one
	place   int            // in Binding.whens
}

func newClock(t *config.Time) (clock, error) {
	c := clock{text: "YYYY-MM-DD or YYYY-MM-DDTHH:mm:ss", offset: t.Zone == config.ZoneWritten}
	zone, err := t.Location()
	if err != nil {
		return clock{}, err
	}
	c.zone = zone
	for _, text := range t.Layouts {
		l, err := layout.Compile(text)
		if err != nil {
			return clock{}, err
		}
		c.layouts = append(c.layouts, l)
	}
	if len(t.Layouts) > 0 {
		c.text = strings.Join(t.Layouts, " or ")
	}
	c.strict = zone == nil && !c.offset && len(t.Layouts) == 0
	return c, nil
}

func (c *clock) parse(b []byte) (layout.Stamp, error) {
	if len(c.layouts) == 0 {
		return layout.ISO(b)
	}
	result := layout.ErrShape
	for _, l := range c.layouts {
		s, err := l.Parse(b)
		if err == nil {
			return s, nil
		}
		if err != layout.ErrShape {
			result = err
		}
	}
	return layout.Stamp{}, result
}

// KeyColumns are the columns that every line fills, the item's first: by them a line is told from a total.
func (m *Mapping) KeyColumns() []string {
	c := &m.feed.Columns
	var out []string
	for _, s := range []config.Source{c.Item, c.Document, c.Location} {
		if s.Column != "" && !s.Optional {
			out = append(out, s.Column)
		}
	}
	return out
}

// Figures are the columns that can be added up.
func (m *Mapping) Figures() []string {
	var out []string
	for _, s := range []config.Source{m.feed.Columns.Qty, m.feed.Columns.Amount.Source} {
		if s.Column != "" {
			out = append(out, s.Column)
		}
	}
	return out
}

// Number reads a figure by the feed's convention.
func (m *Mapping) Number(cell []byte) (sellthrough.Decimal, bool) {
	d, reason := m.numbers.parse(cell, true)
	return d, reason == ""
}
