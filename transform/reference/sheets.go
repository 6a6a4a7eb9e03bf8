package reference

import (
	"fmt"
	"slices"
	"strings"

	"sellthrough"
)

// Type is what a column of a sheet holds.
type Type uint8

// The types, and how the ledger keeps them.
const (
	Text  Type = iota // String
	Whole             // Int32
	Date              // Int32, days since 1970-01-01
)

// Column of a sheet.
type Column struct {
	Name     string // in the file
	Stored   string // in the ledger; default Name
	Type     Type
	Optional bool
	Missing  int32    // what an empty cell of type Whole or Date stands for
	OneOf    []string // Text only; empty: anything
	Check    func(cell string) error
}

// Kind of a sheet: a file of the reference folder that no line is read by, only reports. A sheet is kept whole with each
// version, as the tables are that lines are read by.
type Kind struct {
	Name    string // of its table, behind ref_
	File    string
	Columns []Column
	Key     []string // columns that tell rows apart; where the sheet has from and to, at one time
}

// Sheet is the rows of a file: for each column a []string or []int32.
type Sheet struct {
	Kind Kind
	Rows int
	text map[string][]string
	num  map[string][]int32
	line []int // in the file
}

// Strings is a column of type Text, by its name in the file.
func (s *Sheet) Strings(column string) []string { return s.text[column] }

// Numbers is a column of type Whole or Date.
func (s *Sheet) Numbers(column string) []int32 { return s.num[column] }

// Always and Never bound what has no date.
const (
	Always int32 = 0
	Never  int32 = 120529 // 2299-12-31, the last day of ClickHouse's Date32
)

// Tiers and ChannelTypes of a partner, from the top of the channel down.
var (
	Tiers        = []string{"vendor", "national-distributor", "regional-distributor", "dealer", "retailer"}
	ChannelTypes = []string{"online-store", "own-store", "national-chain", "specialist", "regional-agent", "marketplace", "franchise", "direct"}
	Statuses     = []string{"active", "suspended", "ended"}
	Frequencies  = []string{"day", "week", "month"}
)

func from() Column {
	return Column{Name: "from", Stored: "from_day", Type: Date, Optional: true, Missing: Always}
}

func to() Column {
	return Column{Name: "to", Stored: "to_day", Type: Date, Optional: true, Missing: Never}
}

// SheetKinds are the sheets of a reference folder.
func SheetKinds() []Kind {
	return []Kind{
		{Name: "partners", File: "partners.csv", Key: []string{"partner"}, Columns: []Column{
			{Name: "partner"},
			{Name: "name", Optional: true},
			{Name: "tier", Optional: true, OneOf: Tiers},
			{Name: "channel_type", Optional: true, OneOf: ChannelTypes},
			{Name: "status", Optional: true, OneOf: Statuses},
			{Name: "since", Stored: "since_day", Type: Date, Optional: true, Missing: Always},
			{Name: "until", Stored: "until_day", Type: Date, Optional: true, Missing: Never},
			{Name: "currency", Optional: true},
			{Name: "time_zone", Optional: true, Check: zone},
			{Name: "week_start", Optional: true, OneOf: []string{"monday", "saturday", "sunday"}},
		}},
		{Name: "organisation", File: "organisation.csv", Key: []string{"node", "partner"}, Columns: []Column{
			{Name: "node"}, {Name: "parent", Optional: true}, {Name: "name", Optional: true}, {Name: "partner", Optional: true}, from(), to(),
		}},
		{Name: "ranging", File: "ranging.csv", Key: []string{"location", "item"}, Columns: []Column{
			{Name: "location"}, {Name: "item", Stored: "product"}, from(), to(), {Name: "lead_days", Type: Whole, Optional: true},
		}},
		{Name: "calendar", File: "calendar.csv", Key: []string{"name", "year"}, Columns: []Column{
			{Name: "name"}, {Name: "year", Type: Whole}, {Name: "from", Stored: "from_day", Type: Date}, {Name: "to", Stored: "to_day", Type: Date},
		}},
		{Name: "reporting", File: "reporting.csv", Key: []string{"feed"}, Columns: []Column{
			{Name: "feed"},
			{Name: "frequency", OneOf: Frequencies},
			{Name: "weekdays", Optional: true, Check: weekdays},
			{Name: "due", Check: clock},
			{Name: "grace_days", Type: Whole, Optional: true},
			from(), to(),
		}},
	}
}

// header is the columns as readFile wants them: ? marks those that may be missing.
func (k Kind) header() []string {
	out := make([]string, len(k.Columns))
	for i, c := range k.Columns {
		if out[i] = c.Name; c.Optional {
			out[i] += "?"
		}
	}
	return out
}

// StoredName is the column's name in the ledger.
func (c Column) StoredName() string {
	if c.Stored != "" {
		return c.Stored
	}
	return c.Name
}

// read adds a row; a row with a fault is not added.
func (s *Sheet) read(r row) error {
	text, num := map[string]string{}, map[string]int32{}
	for _, c := range s.Kind.Columns {
		cell := r.cells[c.Name]
		switch c.Type {
		case Text:
			if cell != "" && len(c.OneOf) > 0 && !slices.Contains(c.OneOf, cell) {
				return r.fault(c.Name, "must be one of "+strings.Join(c.OneOf, ", "))
			}
			if cell != "" && c.Check != nil {
				if err := c.Check(cell); err != nil {
					return r.fault(c.Name, err.Error())
				}
			}
			text[c.Name] = cell
		case Date:
			num[c.Name] = c.Missing
			if cell != "" {
				d, err := r.day(c.Name)
				if err != nil {
					return err
				}
				num[c.Name] = int32(d)
			}
		case Whole:
			num[c.Name] = c.Missing
			if cell != "" {
				n, err := whole(cell)
				if err != nil {
					return r.fault(c.Name, err.Error())
				}
				num[c.Name] = n
			}
		}
	}
	if to, ok := num["to"]; ok && to < num["from"] {
		return r.fault("to", "lies before from")
	}
	if s.text == nil {
		s.text, s.num = map[string][]string{}, map[string][]int32{}
	}
	for name, v := range text {
		s.text[name] = append(s.text[name], v)
	}
	for name, v := range num {
		s.num[name] = append(s.num[name], v)
	}
	s.line = append(s.line, r.line)
	s.Rows++
	return nil
}

// key of row i, for people.
func (s *Sheet) key(i int) string {
	var parts []string
	for _, name := range s.Kind.Key {
		if t, ok := s.text[name]; ok {
			parts = append(parts, t[i])
		} else {
			parts = append(parts, fmt.Sprint(s.num[name][i]))
		}
	}
	return strings.Join(parts, " ")
}

// span is when row i holds.
func (s *Sheet) span(i int) (from, to sellthrough.Day) {
	if _, ok := s.num["from"]; !ok || s.Kind.Name == "calendar" {
		return sellthrough.Day(Always), sellthrough.Day(Never)
	}
	return sellthrough.Day(s.num["from"][i]), sellthrough.Day(s.num["to"][i])
}
