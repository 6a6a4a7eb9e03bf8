package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"text/tabwriter"

	"sellthrough"
	"sellthrough/sinks/clickhouse"
)

// shownCells is how many cells of a difference a terminal gets to see; the file has them all.
const shownCells = 40

// differences shows what replays change: as a table for a person, and as CSV.
type differences struct {
	out io.Writer
	csv *csv.Writer // nil: none
}

func newDifferences(out io.Writer, file *os.File) *differences {
	d := &differences{out: out}
	if file != nil {
		d.csv = csv.NewWriter(file)
		_ = d.csv.Write([]string{"partner", "feed_kind", "day", "product", "kind", "currency", "lines_added", "lines_removed", "lines_changed", "units_before", "units_after", "amount_before", "amount_after"}) // end tells
	}
	return d
}

func (d *differences) note(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

// show shows the difference that a replay of a partner makes.
func (d *differences) show(p sellthrough.PartnerID, cells []clickhouse.Difference, alone int64) error {
	if len(cells) == 0 {
		d.note("partner %s: nothing differs", p)
	} else {
		w := tabwriter.NewWriter(d.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "day\tproduct\tkind\tadded\tremoved\tchanged\tunits before\tafter\tamount before\tafter\t")
		var sum clickhouse.Difference
		money := map[string][2]int64{}
		for i, c := range cells {
			if d.csv != nil {
				_ = d.csv.Write([]string{
					string(p), string(c.Feed), c.Day.String(), c.Product, c.Kind, c.Currency, whole(c.Added), whole(c.Removed), whole(c.Changed),
					micros(c.UnitsBefore), micros(c.UnitsAfter), micros(c.MoneyBefore), micros(c.MoneyAfter),
				}) // end tells
			}
			sum.Added, sum.Removed, sum.Changed = sum.Added+c.Added, sum.Removed+c.Removed, sum.Changed+c.Changed
			if c.Feed != sellthrough.Stock { // levels are never added
				sum.UnitsBefore, sum.UnitsAfter = sum.UnitsBefore+c.UnitsBefore, sum.UnitsAfter+c.UnitsAfter
				m := money[c.Currency]
				money[c.Currency] = [2]int64{m[0] + c.MoneyBefore, m[1] + c.MoneyAfter}
			}
			if i < shownCells {
				product := c.Product
				if product == "" {
					product = "(unmatched)"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\n", c.Day, product, c.Kind, c.Added, c.Removed, c.Changed,
					micros(c.UnitsBefore), micros(c.UnitsAfter), micros(c.MoneyBefore), micros(c.MoneyAfter), c.Currency)
			}
		}
		fmt.Fprintf(w, "total\t\t\t%d\t%d\t%d\t%s\t%s\t\t\t\t\n", sum.Added, sum.Removed, sum.Changed, micros(sum.UnitsBefore), micros(sum.UnitsAfter))
		for currency, m := range money {
			if m != [2]int64{} {
				fmt.Fprintf(w, "total\t\t\t\t\t\t\t\t%s\t%s\t%s\n", micros(m[0]), micros(m[1]), currency)
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if len(cells) > shownCells {
			d.note("and %d more cells; --csv FILE has them all", len(cells)-shownCells)
		}
	}
	if alone > 0 {
		d.note("%d lines were said anew since the shadow began and are left alone", alone)
	}
	return nil
}

func (d *differences) end() error {
	if d.csv == nil {
		return nil
	}
	d.csv.Flush()
	if err := d.csv.Error(); err != nil {
		return fmt.Errorf("write the difference: %w", err)
	}
	return nil
}

func whole(n int64) string  { return strconv.FormatInt(n, 10) }
func micros(n int64) string { return sellthrough.Decimal(n).String() }
