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
	Text    Type = iota // String
	Whole               // Int32
	Date                // Int32, days since 1970-01-01
	Decimal             // Int64, millionths
	Period              // String as written: 2026, 2026-H1, 2026-Q1 or 2026-03; its days are two Int32 more, from_day and to_day
)

// Column of a sheet.
type Column struct {
	Name     string // in the file
	Stored   string // in the ledger; default Name
	Type     Type
	Optional bool
	Missing  int32    // what an empty cell of type Whole or Date stands for
	Least    *int64   // of a Decimal, in millionths: what it must not be below
	OneOf    []string // Text only; empty: anything
	Check    func(cell string) error
}

// Kind of a sheet: a file of the reference folder that no line is read by, only reports. A sheet is kept whole with each
// version, as the tables are that lines are read by.
type Kind struct {
	Name    string // of its table, behind ref_
	File    string
	Columns []Column
	Key     []string                                              // columns that tell rows apart; where the sheet has from and to, at one time; empty: rows may be equal
	Check   func(cells map[string]string) (column, reason string) // of a row as a whole; nil: none
	Derived bool                                                  // has no file: see derivedSheets
}

// Sheet is the rows of a file: for each column a []string, []int32 or []int64.
type Sheet struct {
	Kind Kind
	Rows int
	text map[string][]string
	num  map[string][]int32
	dec  map[string][]int64
	line []int // in the file
}

// Strings is a column of type Text, by its name in the file.
func (s *Sheet) Strings(column string) []string { return s.text[column] }

// Numbers is a column of type Whole or Date; "from" and "to" are also the days of a Period.
func (s *Sheet) Numbers(column string) []int32 { return s.num[column] }

// Decimals is a column of type Decimal, in millionths.
func (s *Sheet) Decimals(column string) []int64 { return s.dec[column] }

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
	text, num, dec := map[string]string{}, map[string]int32{}, map[string]int64{}
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
		case Decimal:
			d, err := r.decimal(c.Name, 0)
			if err != nil {
				return err
			}
			if cell != "" && c.Least != nil && int64(d) < *c.Least {
				return r.fault(c.Name, "must not be below "+sellthrough.Decimal(*c.Least).String())
			}
			dec[c.Name] = int64(d)
		case Period:
			from, to, err := period(cell)
			if err != nil {
				return r.fault(c.Name, err.Error())
			}
			text[c.Name], num["from"], num["to"] = cell, int32(from), int32(to)
		}
	}
	if s.Kind.Check != nil {
		if column, reason := s.Kind.Check(r.cells); reason != "" {
			return r.fault(column, reason)
		}
	}
	if to, ok := num["to"]; ok && to < num["from"] {
		return r.fault("to", "lies before from")
	}
	if s.text == nil {
		s.text, s.num, s.dec = map[string][]string{}, map[string][]int32{}, map[string][]int64{}
	}
	for name, v := range text {
		s.text[name] = append(s.text[name], v)
	}
	for name, v := range num {
		s.num[name] = append(s.num[name], v)
	}
	for name, v := range dec {
		s.dec[name] = append(s.dec[name], v)
	}
	s.line = append(s.line, r.line)
	s.Rows++
	return nil
}

// key of row i: the cells of its key, with a zero byte between them.
func (s *Sheet) key(i int) string {
	var parts []string
	for _, name := range s.Kind.Key {
		if t, ok := s.text[name]; ok {
			parts = append(parts, t[i])
		} else if d, ok := s.dec[name]; ok {
			parts = append(parts, sellthrough.Decimal(d[i]).String())
		} else {
			parts = append(parts, fmt.Sprint(s.num[name][i]))
		}
	}
	return strings.Join(parts, "\x00")
}

// span is when row i holds.
func (s *Sheet) span(i int) (from, to sellthrough.Day) {
	if _, ok := s.num["from"]; !ok || s.Kind.Name == "calendar" {
		return sellthrough.Day(Always), sellthrough.Day(Never)
	}
	return sellthrough.Day(s.num["from"][i]), sellthrough.Day(s.num["to"][i])
}
