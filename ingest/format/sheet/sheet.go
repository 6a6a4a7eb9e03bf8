// Package sheet reads tables as people lay them out, whatever syntax their rows came in: titles above the header, a
// header of several rows, totals and footers below the data, a column for every store. It turns rows of cells into rows
// under named columns and gives the cells no meaning.
//
// A layout is what the feed configures; Detect proposes one from the first rows, with its evidence. Reading by a
// layout guesses nothing: a header is the row that names every column the feed reads, and a row is a total only when
// the cell that tells one item from another is empty or is the word for a total itself.
//
// Total rows are not data and not thrown away either: they are control totals. The Reader adds up the columns that it is
// told to and hands both numbers on; what a mismatch means is the caller's to say.
package sheet

import "sellthrough"

// Source gives records: csv, xlsx, xls and html have it. A refusal of row 0 is the whole body's.
type Source interface {
	Next() (fields [][]byte, row uint32, err error)
}

// expecter is a source that wants to know how many fields a record has, from the header on; 0 is not known yet.
type expecter interface{ Expect(width int) }

// Fault is a cell that a source can't give as text: an error of a formula, a number that lost digits.
type Fault struct {
	Column int // from 0
	Value  string
	Reason string
}

// faulty is a source that finds faults in cells of its last record. One in a column that the feed reads refuses the
// row.
type faulty interface{ Faults() []Fault }

// Layout says how a table is laid out. The zero value is a header of one row, wherever it stands, and data until the end.
type Layout struct {
	HeaderRow  int      `yaml:"header_row"`  // where the header begins, as the file counts its rows; 0: the first row, among the first 50, that names every column the feed reads
	HeaderRows int      `yaml:"header_rows"` // rows of the header; default 1. The texts of a column are joined by "/"; an empty cell of an upper row takes the text left of it, as merged cells leave it
	Totals     []string `yaml:"totals"`      // words of a total row beside those that are known (Totals lists them)
	KeepTotals bool     `yaml:"keep_totals"` // rows that look like totals or footers are data
	BlankTotal bool     `yaml:"blank_total"` // a row without a key, but with figures, is a total although no word says so
	Footers    []string `yaml:"footers"`     // beginnings of rows that are remarks, beside those that are known
	Unpivot    Unpivot  `yaml:"unpivot"`
}

// Unpivot makes a row of every column, or group of columns, that stands for a store. A header of one row names the stores:
// the cell goes under Value. A header of two rows names the store above and what its cells say below: the names below
// are the columns. A group whose cells are all empty says nothing and is no row; zero is a figure.
type Unpivot struct {
	Name   string   `yaml:"name"`   // of the new column that says which group a row is of; empty: no groups
	Value  string   `yaml:"value"`  // of the new column with the cell, where a group is one column
	Keep   []string `yaml:"keep"`   // columns that go with every group
	Ignore []string `yaml:"ignore"` // columns that are neither, as the sum over all stores
}

// Options are what a Reader is to look for.
type Options struct {
	Names  []string // the columns that the feed reads; they find the header, and their cells must have no faults
	Key    []string // of them, those that every row of data fills, the item first: they tell a total from data
	Header []string // names of the columns of a table without a header row; empty: it has one
	Sums   []string // columns to add up for control totals, by their names in the header
	Number func([]byte) (sellthrough.Decimal, bool)
	Total  func(Total) // is handed every total row; nil: they are skipped
}

// The kinds of totals, by what they add up.
const (
	Grand   = "grand"   // every row so far
	Sub     = "sub"     // the rows since the last total
	Running = "running" // every row so far, told in between
)

// Total is a row of a table that adds others up.
type Total struct {
	Row    uint32
	Label  string   // the word that says so; empty where only the missing key does
	Kind   string   // Grand, Sub or Running
	Names  []string // of the columns
	Values []string // as written
	Checks []Check  // of the columns that were added up and hold a figure here
}

// Check compares a figure of a total row with the rows above it.
type Check struct {
	Column string
	Says   sellthrough.Decimal
	Adds   sellthrough.Decimal // of all rows, for Sub of those since the last total
	Agrees bool                // with all rows, or with those since the last total where the word leaves that open
	Unsure bool                // a cell above could not be read, so that the comparison proves nothing
}

// Counts is what a Reader met beside data.
type Counts struct {
	Titles  int // rows above the header
	Totals  int
	Footers int
	Headers int // the header again, further down
	Blank   int // groups of a row without a figure
}
