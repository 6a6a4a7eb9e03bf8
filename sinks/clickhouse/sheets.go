package clickhouse

import (
	"slices"

	"sellthrough/transform/reference"
)

// sheetTable is the table of a sheet of reference data.
type sheetTable struct {
	Name    string
	Columns []sheetColumn
}

type sheetColumn struct{ Name, Type string }

// Shown is the column as the view of the sheet shows it: a day as a date, millionths as a decimal.
func (c sheetColumn) Shown() string {
	switch {
	case c.Type == "Int64":
		return "reinterpret(" + c.Name + ", 'Decimal(18, 6)') AS " + c.Name
	case c.Name == "day":
		return "toDate32(day) AS date"
	case c.Name == "from_day", c.Name == "to_day":
		return "toDate32(" + c.Name + ") AS " + c.Name[:len(c.Name)-len("day")] + "date"
	}
	return c.Name
}

// Sheets are the tables of all sheets but those whose tables and views are written by hand.
func (m *model) Sheets() []sheetTable {
	types := map[reference.Type]string{reference.Text: "String", reference.Whole: "Int32", reference.Date: "Int32", reference.Decimal: "Int64", reference.Period: "String"}
	var out []sheetTable
	for _, k := range reference.SheetKinds() {
		if slices.Contains([]string{"partners", "organisation", "ranging", "calendar", "reporting"}, k.Name) {
			continue
		}
		t := sheetTable{Name: k.Name}
		for _, c := range k.Columns {
			t.Columns = append(t.Columns, sheetColumn{c.StoredName(), types[c.Type]})
			if c.Type == reference.Period {
				t.Columns = append(t.Columns, sheetColumn{"from_day", "Int32"}, sheetColumn{"to_day", "Int32"})
			}
		}
		out = append(out, t)
	}
	return out
}
